//! The integration tests: one binary, one module a behaviour.

/// What each of the 37 functions does, told by a script of its own.
#[cfg(feature = "bevy")]
mod api;
/// How each of the 37 functions is called wrongly, and that nothing comes of it.
#[cfg(feature = "bevy")]
mod api_errors;
/// What a script may say and what is refused when it is loaded.
mod compile;
/// The scripts that stand in the documents.
mod documents;
/// What happens in a game is told to scripts: damage, death, things, effects, messages, time.
#[cfg(feature = "bevy")]
mod events;
/// Scripts as files that change on disk.
#[cfg(all(feature = "bevy", feature = "file_watcher"))]
mod files;
/// The components behind the functions, and the functions in front of them.
#[cfg(feature = "bevy")]
mod gameplay;
/// What the language does and how state is kept, without Bevy.
mod language;
/// What a script may call, by whom it was written.
mod permissions;
/// What is written about the API is up to date, and its examples do what they say.
mod reference;
/// What scripts do in an app, tick by tick.
#[cfg(feature = "bevy")]
mod runtime;
/// The scripts that come with the crate do what they say.
#[cfg(feature = "bevy")]
mod scripts;
/// The world that tests of the API play in.
#[cfg(feature = "bevy")]
mod stage;
/// The standard functions against the lists of Rhai's, and against what backends make of them.
mod standard;
/// Scripts that somebody watches, and what a program is.
mod watched;

//! The integration tests: one binary, one module a behaviour.

/// What a script may say and what is refused when it is loaded.
mod compile;
/// Scripts as files that change on disk.
#[cfg(all(feature = "bevy", feature = "file_watcher"))]
mod files;
/// The components behind the functions, and the functions in front of them.
#[cfg(feature = "bevy")]
mod gameplay;
/// What the language does and how state is kept, without Bevy.
mod language;
/// What scripts do in an app, tick by tick.
#[cfg(feature = "bevy")]
mod runtime;

//! The integration tests: one binary, one module a behaviour.

use bevy_cscript::alloc::Counting;

/// Counts, so that limits of the heap can be tried.
#[global_allocator]
static ALLOC: Counting = Counting::system();

/// Everything that scripts can call, against a written list.
mod allow_list;
/// What each of the 37 functions does, told by a script of its own.
#[cfg(feature = "bevy")]
mod api;
/// How each of the 37 functions is called wrongly, and that nothing comes of it.
#[cfg(feature = "bevy")]
mod api_errors;
/// Whether bytes that are charged for are those that are taken.
mod bytes;
/// What a script may say and what is refused when it is loaded.
mod compile;
/// Results that are the same on every machine, against numbers that are written down.
mod determined;
/// The scripts that stand in the documents.
mod documents;
/// What happens in a game is told to scripts: damage, death, things, effects, messages, time.
#[cfg(feature = "bevy")]
mod events;
/// Scripts as files that change on disk.
#[cfg(all(feature = "bevy", feature = "file_watcher"))]
mod files;
/// A folder of scripts that is written to while a game watches it.
#[cfg(all(feature = "bevy", feature = "file_watcher"))]
mod folder;
/// The components behind the functions, and the functions in front of them.
#[cfg(feature = "bevy")]
mod gameplay;
/// Scripts as modders write them, which no limit stops.
mod honest;
/// What the language does and how state is kept, without Bevy.
mod language;
/// Scripts that import others.
#[cfg(feature = "bevy")]
mod libraries;
/// What a script may use.
mod limits;
/// Steps that scripts ask for, when there are many of them.
#[cfg(feature = "bevy")]
mod moves;
/// What a script may call, by whom it was written.
mod permissions;
/// What is written about the API is up to date, and its examples do what they say.
mod reference;
/// What was saved and resumed does the same for the same fuel.
mod resumed;
/// Instances of one script that are called one after the other.
mod rounds;
/// What scripts do in an app, tick by tick.
#[cfg(feature = "bevy")]
mod runtime;
/// Games that are saved and loaded go on as if nothing had been.
#[cfg(feature = "bevy")]
mod save;
/// The scripts that come with the crate do what they say.
#[cfg(feature = "bevy")]
mod scripts;
/// Those who are updated together.
#[cfg(feature = "bevy")]
mod seats;
/// Mods beside each other: shares of a tick, quarantine.
#[cfg(feature = "bevy")]
mod shares;
/// The tool signs, verifies and packs; OpenSSL reads what it wrote.
#[cfg(feature = "cli")]
mod signing;
/// Scripts that are updated once in a while, or not at all.
#[cfg(feature = "bevy")]
mod sleep;
/// The world that tests of the API play in.
#[cfg(feature = "bevy")]
mod stage;
/// The standard functions against the lists of Rhai's, and against what backends make of them.
mod standard;
/// Who wrote a script and whether it is let in: signatures, mods, packages, policies.
mod trust;
/// Signatures, manifests and packages as files that come and change while a game runs.
#[cfg(all(feature = "bevy", feature = "file_watcher"))]
mod trusted_files;
/// Scripts that somebody watches, and what a program is.
mod watched;

//! Scripts for the entities of a Bevy game: sandboxed, deterministic, reloaded while the game runs.
//!
//! A `.rhai` file is an asset. A [`CScript`](runtime::CScript) component attaches it to an entity. The
//! plugin calls the functions that the script defines, such as `on_update()`; they read the world
//! and ask for changes through a table of functions, and through nothing else.
//!
//! ```
//! use bevy::prelude::*;
//! use bevy_cscript::{prelude::*, testing::ScriptTestApp};
//!
//! let mut app = ScriptTestApp::new();
//! let script = app.script(
//!     "lift.rhai",
//!     "let trips = 0;
//!     fn on_update() {
//!         if move_towards(entity_id, [0, 10, 0], 16.0 * delta_time) {
//!             trips += 1;
//!             teleport(entity_id, [0, 0, 0]);
//!         }
//!     }",
//! );
//! let lift = app.spawn(script);
//! app.ticks(100);
//! assert_eq!(app.get(lift, "trips"), Value::Int(2));
//! ```
//!
//! In a game the script is a file: `CScript::new(assets.load("scripts/lift.rhai"))`.
//!
//! # What to read
//!
//! - People who write scripts: the scripting guide, `docs/scripting-guide.md`, the language,
//!   `docs/language.md`, and the standard functions, `docs/standard-functions.md`.
//! - People who write the game: the host guide, `docs/host-guide.md`, then [`runtime`].
//! - People who want to know how it works: `docs/architecture.md`, then the modules from the bottom up.
//!
//! # Floors
//!
//! | module | what is there |
//! |---|---|
//! | [`contract`] | the words that all others speak; no Rhai, no Bevy |
//! | [`trust`] | who wrote a script, and what follows |
//! | [`api`] | the functions that scripts call, in one table |
//! | [`script`] | from text to calls; no Bevy |
//! | [`authority`] | what machines of one game say to each other, and how it is judged |
//! | [`runtime`] | the Bevy plugin (feature `bevy`, on by default) |
//! | `cli` | the `cscript` tool (feature `cli`) |
//! | `testing` | the harness (feature `testing`) |
//!
//! # What is promised
//!
//! - A call that fails changes nothing: its commands are dropped, its state is put back.
//! - A version that does not verify or compile never replaces one that runs.
//! - The result does not depend on the number of threads, the order of running, or the clock.
//! - Data from outside never panics. *If a script, a file or an event can make the plugin panic, this
//!   is a bug.* The one exception is code of the host: a panic in it is caught and reported.
//! - A script that is stopped by a limit is stopped at the same place on every machine that runs it on
//!   the same backend.
//!
//! Scripts are compiled to a program of our own, which bounds what each of them may cost. A second
//! backend, stock Rhai, is there to compare with; it cannot bound as much and runs
//! [trusted](trust::TrustLevel) scripts only. See [`script::Backend`].

pub mod alloc;
pub mod api;
pub mod authority;
#[cfg(feature = "cli")]
pub mod cli;
pub mod contract;
#[cfg(feature = "bevy")]
pub mod runtime;
pub mod script;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod trust;

/// What most games and their plugins import.
#[cfg(feature = "bevy")]
pub mod prelude {
    pub use crate::{
        api::{Amount, ApiFault, Category, Finite, Live, Place, Point, ScriptContext, Standing},
        contract::{ScriptEvent, ScriptId, ScriptLimits, Value},
        runtime::{
            Access, Asleep, CScript, ErrorPolicy, KeepsAwake, Script, ScriptFunction,
            ScriptMetrics, ScriptStatus, ScriptSystems, ScriptingAppExt, ScriptingPlugin,
            SleepBeyond, Tag, world_hash,
        },
        script::ScriptThreads,
    };
}

/// The documents' code blocks, compiled and run.
#[cfg(all(doctest, feature = "bevy", feature = "testing"))]
mod documents {
    #[doc = include_str!("../README.md")]
    struct Readme;
    #[doc = include_str!("../docs/architecture.md")]
    struct Architecture;
    #[doc = include_str!("../docs/host-guide.md")]
    struct HostGuide;
    #[doc = include_str!("../docs/language.md")]
    struct Language;
    #[doc = include_str!("../docs/determinism.md")]
    struct Determinism;
    #[doc = include_str!("../docs/multiplayer.md")]
    struct Multiplayer;
    #[doc = include_str!("../docs/scripting-guide.md")]
    struct ScriptingGuide;
    #[doc = include_str!("../docs/signing.md")]
    struct Signing;
}

//! Sandboxed, deterministic Rhai scripting for Bevy.

pub mod api;
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
        api::{Amount, ApiFault, Category, Finite, Live, Name, Place, Point, ScriptContext},
        contract::{ScriptEvent, ScriptId, ScriptLimits, Value},
        runtime::{
            Access, CScript, ErrorPolicy, Script, ScriptFunction, ScriptMetrics, ScriptStatus,
            ScriptSystems, ScriptingAppExt, ScriptingPlugin, Tag, world_hash,
        },
        script::ScriptThreads,
    };
}

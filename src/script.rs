//! From verified text to calls: parse, check, compile, state, instances. No Bevy, no clock, no files.
//!
//! ```
//! use bevy_cscript::{
//!     contract::ScriptSource,
//!     script::ScriptCompiler,
//!     trust::{TrustPolicy, Verified},
//! };
//!
//! let source = ScriptSource::new("counter.rhai", "let n = 0; fn on_update() { n += 1; }");
//! let verified = Verified::check(source, &TrustPolicy::default())?;
//! let script = ScriptCompiler::default().compile(&verified).map_err(|e| e[0].clone())?;
//! assert_eq!(script.state_names(), ["n"]);
//! # Ok::<(), bevy_cscript::contract::ScriptError>(())
//! ```

mod backend;
mod calls;
mod compile;
mod compiled;
mod compiled_script;
mod import_path;
mod imports;
mod instance;
mod join;
mod libraries;
mod marks;
mod outline;
mod parsed;
mod processors;
mod reference;
mod round;
#[cfg_attr(
    not(feature = "bevy"),
    expect(dead_code, reason = "the runtime calls the same instances again and again")
)]
mod seats;
mod self_test;
pub mod standard;
mod state;
mod units;
mod workers;

pub use backend::Backend;
pub use calls::Calls;
pub use compile::ScriptCompiler;
pub(crate) use compiled::{AtOnce, LaneFn, LaneFns, Val};
pub use compiled_script::{CompiledScript, FunctionId};
pub use import_path::ImportPath;
pub use instance::{Migration, ScriptInstance};
pub use join::{EngineFingerprint, JoinDifference, JoinOffer, OfferedScript};
pub use libraries::Libraries;
#[cfg(feature = "bevy")]
pub(crate) use marks::{mixed, mixed_four, mixed_six};
pub use round::{Round, UsedAbreast};
#[cfg(feature = "bevy")]
pub(crate) use seats::{Seat, Seats};
pub use self_test::SelfTestError;
pub use state::{StateError, StateSnapshot};
pub use workers::{ScriptThreads, ScriptWorkers};

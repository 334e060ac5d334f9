//! The words that every other floor speaks: identities, values, limits, events, commands, errors,
//! and the [`WorldView`] through which scripts see a game. No I/O, no Rhai, no Bevy.

mod callback;
mod command;
mod error;
mod event;
mod id;
mod limits;
mod report;
mod source;
mod value;
mod world;

pub use callback::{CALLBACKS, Callback, CallbackSpec};
pub use command::ScriptCommand;
pub use error::{ErrorKind, Frame, Position, ScriptError, Stage};
pub use event::{ScriptEvent, Target};
pub use id::ScriptId;
pub use limits::ScriptLimits;
pub use report::{LogLevel, LogLine, RunReport};
pub use source::ScriptSource;
pub use value::{Value, ValueKind};
#[cfg(feature = "bevy")]
pub(crate) use value::{hash_bytes, hash_vec3};
pub use world::{ComponentFault, WorldView};

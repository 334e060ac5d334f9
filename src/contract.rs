//! The words that every other floor speaks: identities, values, limits, events, commands, errors,
//! and the [`WorldView`] through which scripts see a game. No I/O, no Rhai, no Bevy.

mod callback;
mod caps;
mod command;
mod component_view;
mod error;
mod event;
mod id;
mod inventory;
mod limits;
mod refusal;
mod report;
mod source;
mod space;
mod timers;
mod value;
mod vitals;
mod world;

pub use callback::{CALLBACKS, Callback, CallbackSpec};
pub(crate) use caps::Cap;
pub use caps::TickCaps;
pub use command::{AnimationOptions, ScriptCommand, SoundOptions, SoundPlace};
pub use component_view::ComponentView;
pub use error::{ErrorKind, Frame, Position, ScriptError, Stage};
pub use event::{ScriptEvent, Target};
pub use id::ScriptId;
pub use inventory::{Pack, Stack};
pub use limits::{SafetyLimits, ScriptLimits};
pub use refusal::Refusal;
pub use report::{LogLevel, LogLine, RunReport};
pub use source::ScriptSource;
pub use space::{Body, Neighbor, RayHit, Shape, Space, Way};
pub(crate) use space::{facing, is_finite, moved_towards};
pub use timers::{TIMERS, Timer, Timers, ticks_of};
pub use value::{Value, ValueKind};
pub(crate) use value::{hash_bytes, hash_vec3};
pub use vitals::{StatusEffect, Vitals};
pub use world::{ComponentFault, WorldView};

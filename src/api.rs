//! The functions that scripts call: one table, one file a category, and the [`ScriptContext`] that
//! each of them is handed. No Bevy, no clock, no files.
//!
//! A function is a plain Rust function over typed arguments:
//!
//! ```
//! use bevy_cscript::api::{ApiFault, ScriptContext, Standing};
//! use glam::Vec3;
//!
//! fn height(_: &mut ScriptContext<'_>, entity: Standing) -> Result<f64, ApiFault> {
//!     Ok(f64::from(entity.at.y))
//! }
//! ```
//!
//! What a script passes is checked on the way in by the argument's type: [`Standing`] refuses ids that
//! do not exist and entities without a place, [`Finite`] refuses NaN, and so on. The table adds the names
//! of the function and of the argument to the message.

mod arg;
mod audio_visual;
mod carry;
mod category;
mod combat;
mod context;
mod fault;
mod function;
mod inventory;
mod movement;
mod overlay;
mod progression;
mod random;
pub mod reference;
mod returned;
mod scalar;
mod table;
mod tactical;
mod universal;
mod utility;
mod vector;

pub use arg::{
    Accepts, Amount, Arg, Count, Finite, Handed, Live, Name, Passed, PassedObject, Place, Point,
    Shown, Span, Standing, Text,
};
pub use category::Category;
pub(crate) use context::{BeforeLanes, CallsAlike, LaneCalls};
pub use context::{Begun, CallScope, CallsAhead, ScriptContext, Watched};
pub use fault::ApiFault;
pub(crate) use function::DirectFn;
pub use function::{ApiFunction, Native, NativeFn, Overload, Parameter};
pub(crate) use progression::Progression;
pub use returned::{Answer, Returned};
pub use scalar::{AnyColumn, Column, Scalar};
pub(crate) use scalar::{LANES, each, lanes_of, which};
pub use table::{ApiTable, TableError, closest};

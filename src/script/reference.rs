//! The reference backend: stock Rhai, hardened as far as it goes.
//!
//! One [`rhai::Engine`] a script, all of them sharing one module of functions. A call borrows a
//! scope that holds the script's constants, lends it the instance's state, and takes the state back:
//! variables that the function cannot change are moved, the others are copied first, so that a call
//! that fails changes nothing.

mod convert;
mod faults;
mod library;
mod meter;
mod natives;
mod operators;
mod program;
mod session;
mod tally;

pub(crate) use convert::{check_plain, from_value, to_value};
pub(super) use faults::{describe, kind_of};
pub(crate) use natives::{Library, Standard, needs};
pub(crate) use program::{ReferenceProgram, parse, parser};

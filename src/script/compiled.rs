//! The compiled backend: a script becomes a program of our own, metered, bounded and equal on every
//! machine.

mod alike;
mod callable;
mod convert;
mod fault;
mod heap;
mod lanes;
mod library;
mod literal;
mod lower;
mod machine;
mod native;
mod op;
mod operators;
mod plain;
mod program;
mod script;
mod show;
mod steps;
mod val;

use self::val::Range;
pub(crate) use self::{
    convert::{from_value, to_value},
    lanes::{AtOnce, Kept, LaneFn, LaneFns, Lanes},
    library::natives,
    machine::{Last, Machine, Turns},
    program::Library,
    script::{Caller, CompiledProgram, library},
    val::Val,
};

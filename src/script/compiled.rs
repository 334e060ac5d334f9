//! The compiled backend: a script becomes a program of our own, metered, bounded and equal on every
//! machine.

mod callable;
mod convert;
mod fault;
mod heap;
mod literal;
mod lower;
mod library;
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

pub(crate) use self::{
    convert::{from_value, to_value},
    program::Library,
    script::{CompiledProgram, library},
    val::Val,
};
use self::val::Range;

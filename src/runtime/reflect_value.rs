//! Components as scripts see them: conversion between [`bevy::reflect`] values and [`Value`].
//!
//! | Rust | script |
//! |---|---|
//! | `bool`, integers, floats, `char`, strings, [`Name`](bevy::prelude::Name) | the same |
//! | `Vec3`, `Vec3A` | `Vec3` |
//! | struct, `Vec2`, `Vec4`, `Quat` | map of its fields |
//! | tuple struct | what it wraps if that is one field, else an array |
//! | tuple, list, array, set | array; `()` for the empty tuple |
//! | map with strings or integers as keys | map |
//! | `Option` | `()` or what is inside |
//! | other enum | the variant's name, or a map from that name to what the variant holds |
//!
//! Everything else is [`ReflectValueError::Unsupported`]. That covers Bevy's `Entity`: its bits
//! differ between server and client, so scripts must never hold them.

mod build;
mod form;
mod leaf;
mod plan;
mod read;
mod write;

use std::{borrow::Cow, fmt};

use bevy::reflect::Type;

use crate::contract::Value;

pub(crate) use form::Form;
pub(crate) use plan::Plan;

/// Values deeper than this are refused in both directions: a component may hold itself through a
/// list, and a script that wraps it once per tick must not reach the end of the stack.
const MAX_DEPTH: usize = 64;

/// Why a component cannot be read or patched. Each `path` starts at the component's type, as in
/// `Health.current` or `Inventory.items[2]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReflectValueError {
    /// The type has no form in scripts, as `Entity`, handles and opaque types of the host. The
    /// host should not expose this component, or mark the field `#[reflect(ignore)]`.
    #[error("{path}: scripts cannot hold a {type_path}")]
    Unsupported {
        /// Where it stands.
        path: String,
        /// The Rust type.
        type_path: String,
    },
    /// The patch needs a new element, entry or variant, but the host has not told how to make
    /// one. Its type should be registered with `#[reflect(Default)]` or `FromReflect`.
    #[error("{path}: the host has not registered how to make a {type_path}")]
    NotConstructible {
        /// Where it was to go.
        path: String,
        /// The Rust type.
        type_path: String,
    },
    /// A new value of a type without a default leaves fields out. The script should give them.
    #[error("{path}: a new {type_path} needs more fields; left out: {}", .missing.join(", "))]
    MissingFields {
        /// Where it was to go.
        path: String,
        /// The Rust type.
        type_path: String,
        /// The fields that the patch leaves out.
        missing: Vec<String>,
    },
    /// The patch names a field that the struct does not have, mostly a typing error.
    #[error("{path}: no field {field:?}; there are: {}", .known.join(", "))]
    UnknownField {
        /// The struct.
        path: String,
        /// The name in the patch.
        field: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// The patch names a variant that the enum does not have, mostly a typing error.
    #[error("{path}: no variant {variant:?}; there are: {}", .known.join(", "))]
    UnknownVariant {
        /// The enum.
        path: String,
        /// The name in the patch.
        variant: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// The patch holds another type than the field takes.
    #[error("{path}: expected {expected}, got {found}")]
    Mismatch {
        /// The field.
        path: String,
        /// What it takes.
        expected: Cow<'static, str>,
        /// What the patch holds.
        found: String,
    },
    /// The number fits in neither the field (on writing) nor a script's integer (on reading).
    #[error("{path}: {number} is out of range for {range}")]
    OutOfRange {
        /// The field.
        path: String,
        /// The number.
        number: String,
        /// The type that is too small for it.
        range: &'static str,
    },
    /// The patch holds a NaN or an infinite number, which would spread through the host's sums.
    #[error("{path}: expected a finite number")]
    NotFinite {
        /// The field.
        path: String,
    },
    /// The value nests deeper than 64 levels.
    #[error("{path}: nested too deeply")]
    TooDeep {
        /// The level that is one too many.
        path: String,
    },
}

type Result<T, E = ReflectValueError> = std::result::Result<T, E>;

/// Where in a component we are: a chain of stack frames, so that only errors allocate.
#[derive(Clone, Copy)]
struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
    depth: usize,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    /// The component, a field, a variant or a key.
    Name(&'a str),
    /// An element.
    Index(usize),
}

impl Path<'static> {
    const fn root(name: &'static str) -> Self {
        Self { parent: None, step: Step::Name(name), depth: 0 }
    }
}

impl<'a> Path<'a> {
    fn name(&'a self, name: &'a str) -> Result<Self> {
        self.child(Step::Name(name))
    }

    fn index(&'a self, index: usize) -> Result<Self> {
        self.child(Step::Index(index))
    }

    fn child(&'a self, step: Step<'a>) -> Result<Self> {
        let child = Self { parent: Some(self), step, depth: self.depth + 1 };
        if child.depth > MAX_DEPTH {
            return Err(ReflectValueError::TooDeep { path: child.to_string() });
        }
        Ok(child)
    }

    fn unsupported(&self, type_path: &str) -> ReflectValueError {
        ReflectValueError::Unsupported { path: self.to_string(), type_path: type_path.to_owned() }
    }

    fn not_constructible(&self, type_path: &str) -> ReflectValueError {
        let path = self.to_string();
        ReflectValueError::NotConstructible { path, type_path: type_path.to_owned() }
    }

    fn unknown_field(&self, field: &str, known: Vec<String>) -> ReflectValueError {
        ReflectValueError::UnknownField { path: self.to_string(), field: field.to_owned(), known }
    }

    fn mismatch(&self, expected: impl Into<Cow<'static, str>>, found: &Value) -> ReflectValueError {
        ReflectValueError::Mismatch {
            path: self.to_string(),
            expected: expected.into(),
            found: found.kind().to_string(),
        }
    }

    fn not_finite(&self) -> ReflectValueError {
        ReflectValueError::NotFinite { path: self.to_string() }
    }

    fn out_of_range(&self, number: impl fmt::Display, range: &'static str) -> ReflectValueError {
        let number = number.to_string();
        ReflectValueError::OutOfRange { path: self.to_string(), number, range }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Name(name) if self.parent.is_none() => f.write_str(name),
            Step::Name(name) => write!(f, ".{name}"),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

/// `Option` is an enum to reflection but not to scripts.
fn is_option(ty: &Type) -> bool {
    ty.ident() == Some("Option") && ty.module_path() == Some("core::option")
}

#[cfg(test)]
mod compare;
#[cfg(test)]
use {
    bevy::reflect::PartialReflect,
    compare::{apply_value, to_value},
};
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

use glam::Vec3;

use super::callable::FnValue;
use super::heap::{Blob, Dict, HEADER, Key, List, Small, Text, Weight};
use super::steps::Steps;

/// A value of a running script: 16 bytes, plain data or shared until written.
///
/// Cycles cannot exist: what closures share lies in cells that belong to the call and are known by
/// number.
#[derive(Clone, Default)]
pub(crate) enum Val {
    #[default]
    Unit,
    Bool(bool),
    Char(char),
    Int(i64),
    Float(f64),
    Vec3(Vec3),
    /// A variable that closures share, by its number. Never inside another value.
    Cell(u32),
    // Up to here all lies in the value itself: one comparison tells.
    Text(Arc<Text>),
    Array(Arc<List>),
    Map(Arc<Dict>),
    Blob(Arc<Blob>),
    Range(Arc<Small<Range>>),
    Fn(Arc<FnValue>),
    /// What `range(..)`, `chars()` and `bits()` give: only good for `for`.
    Steps(Arc<Small<Steps>>),
}

const _: () = assert!(size_of::<Val>() == 16, "registers are two words");

/// `start..end` or `start..=end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) inclusive: bool,
}

/// Bytes of what a `for` takes its items from, and of text that it may hold on to.
const STEPS: usize = HEADER + 16;

impl Val {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(Arc::new(Text::new(text.into())))
    }

    pub(crate) fn array(items: Vec<Self>) -> Self {
        Self::Array(Arc::new(List::new(items)))
    }

    pub(crate) fn map(entries: BTreeMap<Key, Self>) -> Self {
        Self::Map(Arc::new(Dict::new(entries)))
    }

    pub(crate) fn blob(bytes: Vec<u8>) -> Self {
        Self::Blob(Arc::new(Blob::new(bytes)))
    }

    pub(crate) fn range(start: i64, end: i64, inclusive: bool) -> Self {
        Self::Range(Arc::new(Small::new(Range { start, end, inclusive }, HEADER)))
    }

    pub(crate) fn steps(steps: Steps) -> Self {
        Self::Steps(Arc::new(Small::new(steps, STEPS)))
    }

    /// What `type_of` says.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Unit => "()",
            Self::Bool(_) => "bool",
            Self::Char(_) => "char",
            Self::Int(_) => "i64",
            Self::Float(_) => "f64",
            Self::Vec3(_) => "Vec3",
            Self::Text(_) => "string",
            Self::Array(_) => "array",
            Self::Map(_) => "map",
            Self::Blob(_) => "blob",
            Self::Range(range) if range.inclusive => "range=",
            Self::Range(_) | Self::Steps(_) => "range",
            Self::Fn(_) => "Fn",
            Self::Cell(_) => "shared",
        }
    }

    /// What it weighs in the list or map that holds it.
    pub(crate) fn weight(&self) -> Weight {
        match self {
            Self::Text(text) => Weight::of_text(text.len()),
            Self::Array(list) => list.weight_kept(),
            Self::Map(dict) => dict.weight(),
            Self::Blob(blob) => Weight::of_blob(blob.len()),
            Self::Range(_) => Weight::of_bytes(HEADER),
            _ => Weight::default(),
        }
    }

    /// Whether it is the very same value: the same bits, or the same place in memory. As long as the
    /// original is there, whoever writes to a copy of it makes that another value.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unit, Self::Unit) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Char(a), Self::Char(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Vec3(a), Self::Vec3(b)) => {
                a.to_array().map(f32::to_bits) == b.to_array().map(f32::to_bits)
            }
            (Self::Text(a), Self::Text(b)) => Arc::ptr_eq(a, b),
            (Self::Array(a), Self::Array(b)) => Arc::ptr_eq(a, b),
            (Self::Map(a), Self::Map(b)) => Arc::ptr_eq(a, b),
            (Self::Blob(a), Self::Blob(b)) => Arc::ptr_eq(a, b),
            (Self::Range(a), Self::Range(b)) => Arc::ptr_eq(a, b),
            (Self::Fn(a), Self::Fn(b)) => Arc::ptr_eq(a, b),
            (Self::Steps(a), Self::Steps(b)) => Arc::ptr_eq(a, b),
            (Self::Cell(a), Self::Cell(b)) => a == b,
            _ => false,
        }
    }

    /// Makes this a copy of another value, without moving either as a whole: reading a value right after
    /// its parts were written stalls the processor.
    #[inline(always)]
    pub(crate) fn assign(&mut self, other: &Self) {
        match other {
            Self::Int(value) => self.put_int(*value),
            Self::Float(value) => self.put_float(*value),
            Self::Bool(value) => self.put_bool(*value),
            Self::Vec3(value) => self.put_vec3(*value),
            Self::Unit => self.put_unit(),
            other => self.assign_slowly(other),
        }
    }

    /// Moves a value here. A scalar may stay where it was, too: for registers that nobody reads again.
    #[inline(always)]
    pub(crate) fn take_from(&mut self, other: &mut Self) {
        if other.is_inline() {
            self.assign(other);
        } else {
            *self = std::mem::take(other);
        }
    }

    #[inline(never)]
    fn assign_slowly(&mut self, other: &Self) {
        *self = other.clone();
    }

    /// Drops what is here, if there is anything to drop: asking is cheaper than calling what would find out.
    /// What comes instead must be made after that, or it is built in memory first and copied as a whole.
    #[inline(always)]
    fn make_room(&mut self) {
        if !self.is_inline() {
            self.clear();
        }
    }

    #[inline(never)]
    fn clear(&mut self) {
        *self = Self::Unit;
    }

    #[inline(always)]
    pub(crate) fn put_unit(&mut self) {
        self.make_room();
        std::mem::forget(std::mem::replace(self, Self::Unit));
    }

    #[inline(always)]
    pub(crate) fn put_int(&mut self, value: i64) {
        self.make_room();
        std::mem::forget(std::mem::replace(self, Self::Int(value)));
    }

    #[inline(always)]
    pub(crate) fn put_float(&mut self, value: f64) {
        self.make_room();
        std::mem::forget(std::mem::replace(self, Self::Float(value)));
    }

    #[inline(always)]
    pub(crate) fn put_bool(&mut self, value: bool) {
        self.make_room();
        std::mem::forget(std::mem::replace(self, Self::Bool(value)));
    }

    #[inline(always)]
    pub(crate) fn put_vec3(&mut self, value: Vec3) {
        self.make_room();
        std::mem::forget(std::mem::replace(self, Self::Vec3(value)));
    }

    /// Whether it lies in the value itself: copying it and dropping it cost nothing.
    pub(crate) const fn is_inline(&self) -> bool {
        matches!(
            self,
            Self::Unit
                | Self::Bool(_)
                | Self::Char(_)
                | Self::Int(_)
                | Self::Float(_)
                | Self::Vec3(_)
                | Self::Cell(_)
        )
    }
}

impl From<bool> for Val {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<i64> for Val {
    fn from(i: i64) -> Self {
        Self::Int(i)
    }
}

impl From<f64> for Val {
    fn from(x: f64) -> Self {
        Self::Float(x)
    }
}

impl From<char> for Val {
    fn from(c: char) -> Self {
        Self::Char(c)
    }
}

impl From<Vec3> for Val {
    fn from(v: Vec3) -> Self {
        Self::Vec3(v)
    }
}

impl From<String> for Val {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&str> for Val {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<Vec<Self>> for Val {
    fn from(items: Vec<Self>) -> Self {
        Self::array(items)
    }
}

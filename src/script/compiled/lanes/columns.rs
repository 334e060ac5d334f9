use std::cell::Cell;

use glam::Vec3;

use crate::{
    api::{Column, LANES, LaneCalls, each},
    script::compiled::Val,
};

/// The types that columns hold. A register may be of several, each with a column of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Unit,
    Bool,
    Int,
    Float,
    Vec3,
}

impl Kind {
    /// That of a value, if columns can hold it.
    pub(super) const fn of(value: &Val) -> Option<Self> {
        Some(match value {
            Val::Unit => Self::Unit,
            Val::Bool(_) => Self::Bool,
            Val::Int(_) => Self::Int,
            Val::Float(_) => Self::Float,
            Val::Vec3(_) => Self::Vec3,
            _ => return None,
        })
    }

    /// That of a type as references write it.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "()" => Self::Unit,
            "bool" => Self::Bool,
            "int" => Self::Int,
            "float" => Self::Float,
            "Vec3" => Self::Vec3,
            _ => return None,
        })
    }

    /// A value of the kind with which any operator works that works at all.
    pub(super) const fn sample(self) -> Val {
        match self {
            Self::Unit => Val::Unit,
            Self::Bool => Val::Bool(true),
            Self::Int => Val::Int(1),
            Self::Float => Val::Float(1.0),
            Self::Vec3 => Val::Vec3(Vec3::ONE),
        }
    }
}

/// What a function of the API gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(super) kind: Kind,
    /// Whether it may be a unit instead.
    pub(super) is_optional: bool,
}

impl Answered {
    /// That of a type as references write it, if columns can hold it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let optional = name.strip_suffix(" | ()");
        let kind = Kind::named(optional.unwrap_or(name))?;
        Some(Self { kind, is_optional: optional.is_some() })
    }
}

/// A column of a kind, by its number among those of that kind. There are none of units: all are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) kind: Kind,
    pub(super) column: u16,
}

/// Columns of what every call is given, if it asks for it.
#[derive(Clone, Copy, Default)]
pub(super) struct Given {
    pub(super) entity: Option<Place>,
    pub(super) delta_time: Option<Place>,
}

/// What the registers and variables of all lanes hold.
#[derive(Default)]
pub(super) struct Columns {
    pub(super) bools: Vec<Column<bool>>,
    pub(super) ints: Vec<Column<i64>>,
    pub(super) floats: Vec<Column<f64>>,
    pub(super) vec3s: Vec<Column<Vec3>>,
}

/// How many columns there are of each kind.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) bools: u16,
    pub(super) ints: u16,
    pub(super) floats: u16,
    pub(super) vec3s: u16,
}

impl Counts {
    /// One more column.
    pub(super) const fn add(&mut self, kind: Kind) -> Place {
        let count = match kind {
            Kind::Unit => return Place { kind, column: 0 },
            Kind::Bool => &mut self.bools,
            Kind::Int => &mut self.ints,
            Kind::Float => &mut self.floats,
            Kind::Vec3 => &mut self.vec3s,
        };
        let column = *count;
        *count += 1;
        Place { kind, column }
    }

    pub(super) const fn sum(self) -> usize {
        self.bools as usize + self.ints as usize + self.floats as usize + self.vec3s as usize
    }
}

fn fit<T: Copy + Default>(columns: &mut Vec<Column<T>>, count: u16) {
    if columns.len() < usize::from(count) {
        columns.resize_with(count.into(), || std::array::from_fn(|_| Cell::default()));
    }
}

impl Columns {
    /// Makes sure that there are so many.
    pub(super) fn fit(&mut self, counts: Counts) {
        fit(&mut self.bools, counts.bools);
        fit(&mut self.ints, counts.ints);
        fit(&mut self.floats, counts.floats);
        fit(&mut self.vec3s, counts.vec3s);
    }

    /// What a lane has in a column.
    #[inline]
    pub(super) fn get(&self, Place { kind, column }: Place, lane: usize) -> Val {
        fn of<T: Copy>(columns: &[Column<T>], column: u16, lane: usize) -> Option<T> {
            columns.get(usize::from(column))?.get(lane).map(Cell::get)
        }
        let value = match kind {
            Kind::Unit => None,
            Kind::Bool => of(&self.bools, column, lane).map(Val::Bool),
            Kind::Int => of(&self.ints, column, lane).map(Val::Int),
            Kind::Float => of(&self.floats, column, lane).map(Val::Float),
            Kind::Vec3 => of(&self.vec3s, column, lane).map(Val::Vec3),
        };
        value.unwrap_or_default()
    }

    /// Puts something into a column; `false` if it is of another kind.
    #[inline]
    pub(super) fn put(&self, Place { kind, column }: Place, lane: usize, value: &Val) -> bool {
        fn to<T>(columns: &[Column<T>], column: u16, lane: usize, value: T) -> bool {
            let place = columns.get(usize::from(column)).and_then(|column| column.get(lane));
            place.is_some_and(|place| {
                place.set(value);
                true
            })
        }
        match (kind, value) {
            (Kind::Unit, Val::Unit) => true,
            (Kind::Bool, Val::Bool(value)) => to(&self.bools, column, lane, *value),
            (Kind::Int, Val::Int(value)) => to(&self.ints, column, lane, *value),
            (Kind::Float, Val::Float(value)) => to(&self.floats, column, lane, *value),
            (Kind::Vec3, Val::Vec3(value)) => to(&self.vec3s, column, lane, *value),
            _ => false,
        }
    }

    /// Puts values into a column, from the first lane on; the lanes for which they are of another kind.
    pub(super) fn load<'v>(
        &self,
        Place { kind, column }: Place,
        values: impl Iterator<Item = Option<&'v Val>>,
    ) -> u64 {
        fn load<'v, T>(
            columns: &[Column<T>],
            column: u16,
            values: impl Iterator<Item = Option<&'v Val>>,
            read: impl Fn(&Val) -> Option<T>,
        ) -> u64 {
            let Some(column) = columns.get(usize::from(column)) else { return u64::MAX };
            let mut misfits = 0;
            for ((place, value), lane) in column.iter().zip(values).zip(0..) {
                match value.and_then(&read) {
                    Some(value) => place.set(value),
                    None => misfits |= 1 << lane,
                }
            }
            misfits
        }
        match kind {
            Kind::Unit => values
                .zip(0..)
                .map(|(value, lane)| u64::from(!matches!(value, Some(Val::Unit))) << lane)
                .fold(0, |a, b| a | b),
            Kind::Bool => load(&self.bools, column, values, |value| match value {
                Val::Bool(value) => Some(*value),
                _ => None,
            }),
            Kind::Int => load(&self.ints, column, values, |value| match value {
                Val::Int(value) => Some(*value),
                _ => None,
            }),
            Kind::Float => load(&self.floats, column, values, |value| match value {
                Val::Float(value) => Some(*value),
                _ => None,
            }),
            Kind::Vec3 => load(&self.vec3s, column, values, |value| match value {
                Val::Vec3(value) => Some(*value),
                _ => None,
            }),
        }
    }

    /// Copies a column of another set of columns, for the lanes in a mask.
    pub(super) fn take(&self, mask: u64, to: Place, from: &Self, of: u16) {
        fn take<T: Copy>(mask: u64, to: &[Column<T>], from: &[Column<T>], (to_at, at): (u16, u16)) {
            let (to, from) = (to.get(usize::from(to_at)), from.get(usize::from(at)));
            let (Some(to), Some(from)) = (to, from) else { return };
            each(mask, |lane| to[lane].set(from[lane].get()));
        }
        let at = (to.column, of);
        match to.kind {
            Kind::Unit => {}
            Kind::Bool => take(mask, &self.bools, &from.bools, at),
            Kind::Int => take(mask, &self.ints, &from.ints, at),
            Kind::Float => take(mask, &self.floats, &from.floats, at),
            Kind::Vec3 => take(mask, &self.vec3s, &from.vec3s, at),
        }
    }

    /// Fills the columns of what every call is given.
    pub(super) fn give(&self, given: Given, calls: &LaneCalls) {
        let Given { entity, delta_time } = given;
        if let Some(to) = entity.and_then(|place| self.ints.get(usize::from(place.column))) {
            calls.put_entities(to);
        }
        if let Some(to) = delta_time.and_then(|place| self.floats.get(usize::from(place.column))) {
            calls.put_delta_times(to);
        }
    }

    /// Puts the same into a column for all lanes.
    pub(super) fn fill(&self, place: Place, value: &Val) {
        for lane in 0..LANES {
            self.put(place, lane, value);
        }
    }
}

use std::{collections::BTreeMap, sync::Arc};

use glam::Vec3;
use twox_hash::XxHash3_64;

use super::{compiled::Val, state::ScriptState};
use crate::contract::Value;

/// Hashes of an instance's variables. A call only notes which variables it may have changed; those are hashed
/// again when somebody asks. Equal on every machine and both backends.
#[derive(Clone, Debug)]
#[repr(C)]
pub(super) struct Marks {
    /// A bit for each variable that may have changed; the last bit is for the 64th and all behind it.
    dirty: u64,
    sum: u64,
    of: Box<[u64]>,
}

impl Default for Marks {
    fn default() -> Self {
        Self { dirty: ALL, sum: 0, of: Box::default() }
    }
}

/// All variables.
pub(super) const ALL: u64 = u64::MAX;

/// So many variables have a bit of their own.
pub(super) const OWN_BITS: u16 = 63;

/// The bit of a variable.
pub(super) const fn bit(variable: u16) -> u64 {
    1 << if variable < OWN_BITS { variable } else { OWN_BITS }
}

impl Marks {
    /// Takes note that variables may have changed.
    pub(super) const fn touch(&mut self, bits: u64) {
        self.dirty |= bits;
    }

    /// Hashes what may have changed.
    #[inline]
    pub(super) fn refresh(&mut self, state: &ScriptState) {
        if self.dirty != 0 {
            self.hash_changed(state);
        }
    }

    fn hash_changed(&mut self, state: &ScriptState) {
        let count = state.len();
        if self.of.len() != count {
            (self.of, self.sum, self.dirty) = (vec![0; count].into(), 0, ALL);
        }
        let mut dirty = self.dirty;
        while dirty != 0 {
            let bit = dirty.trailing_zeros() as usize;
            dirty &= dirty - 1;
            let end = if bit == 63 { count } else { bit + 1 };
            for i in bit..end.min(count) {
                if let Some(place) = self.of.get_mut(i) {
                    let mark = mark(state, i);
                    self.sum = self.sum.wrapping_sub(*place).wrapping_add(mark);
                    *place = mark;
                }
            }
        }
        self.dirty = 0;
    }

    /// The hash of all variables as it was when they were [hashed](Self::refresh) last.
    pub(super) const fn hash(&self) -> u64 {
        self.sum
    }

    /// The hash of all variables.
    #[inline]
    pub(super) fn sum(&self, state: &ScriptState) -> u64 {
        if self.dirty == 0 && self.of.len() == state.len() {
            return self.sum;
        }
        let mut fresh = self.clone();
        fresh.refresh(state);
        fresh.sum
    }
}

/// The mark of a variable.
pub(super) fn of(variable: u16, value: &Val) -> u64 {
    mark_of(u64::from(variable), value)
}

fn mark(state: &ScriptState, i: usize) -> u64 {
    let seed = i as u64;
    match state {
        ScriptState::Compiled(slots) => {
            slots.get(i).map_or_else(|| unit(seed), |it| mark_of(seed, it))
        }
        ScriptState::Reference(_) => mark_of(seed, &state.get(i).unwrap_or_default()),
    }
}

/// What there is to see of a value, on either side of the wall between scripts and the host.
enum Look<'v, V: Marked> {
    Unit,
    Bool(bool),
    Int(i64),
    Float(f64),
    Char(char),
    Vec3(Vec3),
    Text(&'v str),
    Bytes(&'v [u8]),
    Range(i64, i64, bool),
    List(&'v [V]),
    Map(&'v BTreeMap<V::Key, V>),
}

/// A value that has a mark: the same one, whoever keeps it.
trait Marked: Sized {
    type Key: AsRef<str>;
    fn look(&self) -> Look<'_, Self>;
}

impl Marked for Value {
    type Key = String;

    fn look(&self) -> Look<'_, Self> {
        match self {
            Self::Unit => Look::Unit,
            Self::Bool(x) => Look::Bool(*x),
            Self::Int(x) => Look::Int(*x),
            Self::Float(x) => Look::Float(*x),
            Self::Char(c) => Look::Char(*c),
            Self::Vec3(v) => Look::Vec3(*v),
            Self::String(text) => Look::Text(text),
            Self::Blob(bytes) => Look::Bytes(bytes),
            Self::Range { start, end, inclusive } => Look::Range(*start, *end, *inclusive),
            Self::Array(items) => Look::List(items),
            Self::Map(entries) => Look::Map(entries),
        }
    }
}

impl Marked for Val {
    type Key = Arc<str>;

    fn look(&self) -> Look<'_, Self> {
        match self {
            Self::Bool(x) => Look::Bool(*x),
            Self::Int(x) => Look::Int(*x),
            Self::Float(x) => Look::Float(*x),
            Self::Char(c) => Look::Char(*c),
            Self::Vec3(v) => Look::Vec3(*v),
            Self::Text(text) => Look::Text(text),
            Self::Blob(bytes) => Look::Bytes(bytes),
            Self::Range(range) => Look::Range(range.start, range.end, range.inclusive),
            Self::Array(items) => Look::List(items),
            Self::Map(entries) => Look::Map(entries),
            // The others are not kept.
            Self::Unit | Self::Cell(_) | Self::Fn(_) | Self::Steps(_) => Look::Unit,
        }
    }
}

/// The mark of a value in a place. Takes no memory, and time by the size of the value.
fn mark_of<V: Marked>(place: u64, value: &V) -> u64 {
    match value.look() {
        Look::Unit => unit(place),
        Look::Bool(x) => mixed(place, 1, u64::from(x)),
        Look::Int(x) => mixed(place, 2, x.cast_unsigned()),
        Look::Float(x) => mixed(place, 3, float_bits(x)),
        Look::Char(c) => mixed(place, 4, u64::from(c)),
        Look::Vec3(v) => mixed_vec3(place, v),
        Look::Text(text) => mixed(place, 6, XxHash3_64::oneshot(text.as_bytes())),
        Look::Bytes(bytes) => mixed(place, 7, XxHash3_64::oneshot(bytes)),
        Look::Range(start, end, inclusive) => {
            let start = mixed(place, 8 + u64::from(inclusive), start.cast_unsigned());
            mixed(start, 8, end.cast_unsigned())
        }
        // Each of the marks of what is in it knows its place, so a sum will do.
        Look::List(items) => {
            let marks = (0..).zip(items).map(|(i, item)| mark_of(i, item));
            mixed(place, 10, sum(items.len(), marks))
        }
        Look::Map(entries) => {
            let mark = |(key, value): (&V::Key, &V)| {
                mark_of(XxHash3_64::oneshot(key.as_ref().as_bytes()), value)
            };
            mixed(place, 11, sum(entries.len(), entries.iter().map(mark)))
        }
    }
}

fn sum(count: usize, marks: impl Iterator<Item = u64>) -> u64 {
    marks.fold(count as u64, u64::wrapping_add)
}

const fn unit(place: u64) -> u64 {
    mixed(place, 0, 0)
}

fn mixed_vec3(seed: u64, v: Vec3) -> u64 {
    let [x, y, z] = v.to_array().map(|part| if part.is_nan() { f32::NAN } else { part });
    let xy = u64::from(x.to_bits()) << 32 | u64::from(y.to_bits());
    mixed(mixed(seed, 5, xy), 5, u64::from(z.to_bits()))
}

const fn float_bits(x: f64) -> u64 {
    if x.is_nan() { 0x7ff8_0000_0000_0000 } else { x.to_bits() }
}

/// Any odd numbers with about as many ones as zeros would do.
#[cfg(feature = "bevy")]
const KEYS: [u64; 6] = [
    0x7ef7_738c_6f80_a2f1,
    0x4e58_3ae8_19e0_ca0f,
    0x648e_20aa_7c26_dd63,
    0x8e51_9fd1_3450_388d,
    0x0427_4c0e_4822_b205,
    0xacc5_3218_2de1_2d2b,
];

/// Six numbers made one, side by side and not one after the other, which is quicker.
#[cfg(feature = "bevy")]
pub(crate) const fn mixed_six([a, b, c, d, e, f]: [u64; 6]) -> u64 {
    mixed_four([a, b, c, d]).wrapping_add(folded(e ^ KEYS[4], f ^ KEYS[5]).rotate_left(42))
}

/// The same of four.
#[cfg(feature = "bevy")]
pub(crate) const fn mixed_four([a, b, c, d]: [u64; 4]) -> u64 {
    let [one, two] = [folded(a ^ KEYS[0], b ^ KEYS[1]), folded(c ^ KEYS[2], d ^ KEYS[3])];
    one.wrapping_add(two.rotate_left(21))
}

/// Three numbers made one, such that sums of them tell what was summed.
pub(crate) const fn mixed(seed: u64, a: u64, b: u64) -> u64 {
    const KEYS: [u64; 3] = [0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3];
    folded(folded(a ^ KEYS[0], seed ^ KEYS[1]) ^ b, KEYS[2])
}

/// Both halves of a product in one.
const fn folded(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values that are near each other.
    fn values() -> Vec<Value> {
        let mut values = vec![Value::Unit, true.into(), false.into(), Value::map()];
        for x in -50..50_i64 {
            values.extend([Value::Int(x), Value::Float(x as f64)]);
            let part = x as f32;
            values.push(Value::Vec3(Vec3::new(part, 1.5, 2.5)));
            values.push(Value::Vec3(Vec3::new(3.5, part, 2.5)));
            values.push(Value::Vec3(Vec3::new(3.5, 1.5, part)));
            values.push(Value::Range { start: x, end: 60, inclusive: true });
            values.push(Value::Range { start: x, end: 60, inclusive: false });
            values.push(Value::Range { start: -60, end: x, inclusive: false });
            values.push(Value::String(x.to_string()));
            values.push(Value::Blob(x.to_string().into_bytes()));
            values.push(Value::Array(vec![x.into()]));
            values.push(Value::Array(vec![x.into(), Value::Unit]));
            values.push(Value::Array(vec![Value::Unit, x.into()]));
            values.push(Value::Array(vec![Value::Array(vec![x.into()])]));
            values.push(Value::Map([("a".to_owned(), x.into())].into()));
            values.push(Value::Map([("b".to_owned(), x.into())].into()));
            values.push(Value::Map([(x.to_string(), Value::Unit)].into()));
        }
        values.extend(('a'..='z').map(Value::Char));
        values.extend((0..5).map(|count| Value::Array(vec![Value::Unit; count])));
        values
    }

    #[test]
    fn neighbouring_values_have_other_marks() {
        let mut seen = std::collections::HashSet::new();
        for place in 0..20 {
            for value in values() {
                assert!(seen.insert(mark_of(place, &value)), "{place}: {value:?}");
            }
        }
        assert_eq!(mark_of(1, &Value::Float(f64::NAN)), mark_of(1, &Value::Float(-f64::NAN)));
        let nan = |x| mark_of(1, &Value::Vec3(Vec3::new(0.0, x, 0.0)));
        assert_eq!(nan(f32::NAN), nan(-f32::NAN));
    }

    #[test]
    fn a_value_has_the_same_mark_on_both_backends() {
        for value in values() {
            let compiled = crate::script::compiled::from_value(&value);
            assert_eq!(mark_of(7, &compiled), mark_of(7, &value), "{value:?}");
        }
    }

    #[test]
    fn the_bits_of_many_variables() {
        assert_eq!([0, 2, 63, 900].map(bit), [1, 4, 1 << 63, 1 << 63]);
    }
}

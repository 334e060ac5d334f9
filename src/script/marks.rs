use std::hash::Hasher as _;

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

fn mark(state: &ScriptState, i: usize) -> u64 {
    let seed = i as u64;
    match state {
        ScriptState::Compiled(slots) => match slots.get(i) {
            Some(Val::Int(x)) => mixed(seed, 2, x.cast_unsigned()),
            Some(Val::Float(x)) => mixed(seed, 3, float_bits(*x)),
            Some(Val::Bool(x)) => mixed(seed, 1, u64::from(*x)),
            Some(Val::Unit) => mixed(seed, 0, 0),
            Some(Val::Vec3(v)) => mixed_vec3(seed, *v),
            _ => mark_of(seed, &state.get(i).unwrap_or_default()),
        },
        ScriptState::Reference(_) => mark_of(seed, &state.get(i).unwrap_or_default()),
    }
}

fn mark_of(seed: u64, value: &Value) -> u64 {
    match value {
        Value::Int(x) => mixed(seed, 2, x.cast_unsigned()),
        Value::Float(x) => mixed(seed, 3, float_bits(*x)),
        Value::Bool(x) => mixed(seed, 1, u64::from(*x)),
        Value::Unit => mixed(seed, 0, 0),
        Value::Vec3(v) => mixed_vec3(seed, *v),
        // These take memory to be hashed.
        other => {
            let mut hasher = XxHash3_64::default();
            other.hash_canonical(&mut hasher);
            mixed(seed, 4, hasher.finish())
        }
    }
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

    #[test]
    fn neighbouring_values_have_other_marks() {
        let mut seen = std::collections::HashSet::new();
        for seed in 0..20 {
            for x in -50..50_i64 {
                assert!(seen.insert(mark_of(seed, &Value::Int(x))));
                assert!(seen.insert(mark_of(seed, &Value::Float(x as f64))));
                let x = x as f32;
                for v in [Vec3::new(x, 1.5, 2.5), Vec3::new(3.5, x, 2.5), Vec3::new(3.5, 1.5, x)] {
                    assert!(seen.insert(mark_of(seed, &Value::Vec3(v))));
                }
            }
            for value in [Value::Unit, true.into(), false.into(), "a".into(), Value::map()] {
                assert!(seen.insert(mark_of(seed, &value)));
            }
        }
        assert_eq!(mark_of(1, &Value::Float(f64::NAN)), mark_of(1, &Value::Float(-f64::NAN)));
        let nan = |x| mark_of(1, &Value::Vec3(Vec3::new(0.0, x, 0.0)));
        assert_eq!(nan(f32::NAN), nan(-f32::NAN));
    }

    #[test]
    fn the_bits_of_many_variables() {
        assert_eq!([0, 2, 63, 900].map(bit), [1, 4, 1 << 63, 1 << 63]);
    }
}

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// Numbers that look random, the same in each run.
pub(crate) struct Chance(ChaCha8Rng);

impl Chance {
    /// Those of a name.
    pub(crate) fn new(name: &str) -> Self {
        let seed = name.bytes().fold(7_u64, |seed, byte| seed.wrapping_mul(31) + u64::from(byte));
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// From 0 up to, but not including, `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.0.next_u64() % end.max(1) as u64) as usize
    }
}

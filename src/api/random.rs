use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use crate::contract::ScriptId;

/// The random numbers of one call: a ChaCha8 stream keyed by (world seed, script id, tick, callback),
/// so that they depend on nothing else, neither on what other scripts drew nor on the thread.
///
/// Made at the first number that a call asks for.
pub(crate) struct CallRandom(ChaCha8Rng);

impl CallRandom {
    pub(crate) fn new(world_seed: u64, id: ScriptId, tick: u64, callback: u64) -> Self {
        let mut key = [0_u8; 32];
        key[..8].copy_from_slice(&world_seed.to_le_bytes());
        key[8..16].copy_from_slice(&id.0.to_le_bytes());
        key[16..24].copy_from_slice(&tick.to_le_bytes());
        key[24..].copy_from_slice(&callback.to_le_bytes());
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A float in 0..1 with 53 random bits.
    pub(crate) fn unit(&mut self) -> f64 {
        const SCALE: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.0.next_u64() >> 11) as f64 * SCALE
    }

    /// An integer in 0..bound, every one equally likely; 0 for a bound of 0.
    ///
    /// Multiplies and takes the high half, and draws again in the few cases that would favour some
    /// numbers.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let wide = u128::from(self.0.next_u64()) * u128::from(bound);
            if wide as u64 >= threshold {
                return (wide >> 64) as u64;
            }
        }
    }

    /// An integer in low..=high; `low` if the range is empty.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        if high <= low {
            return low;
        }
        let span = high.wrapping_sub(low) as u64;
        let offset = match span.checked_add(1) {
            Some(bound) => self.below(bound),
            None => self.0.next_u64(),
        };
        low.wrapping_add(offset as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_depend_on_every_part_of_the_key_and_on_nothing_else() {
        let draw =
            |seed, id, tick, callback| CallRandom::new(seed, ScriptId(id), tick, callback).unit();
        assert_eq!(draw(1, 2, 3, 4), draw(1, 2, 3, 4));
        for other in [draw(0, 2, 3, 4), draw(1, 0, 3, 4), draw(1, 2, 0, 4), draw(1, 2, 3, 0)] {
            assert_ne!(draw(1, 2, 3, 4), other);
        }
    }

    #[test]
    fn numbers_stay_in_range_and_reach_both_ends() {
        let mut random = CallRandom::new(7, ScriptId(1), 0, 0);
        let mut seen = [0_u32; 6];
        for _ in 0..6_000 {
            let n = random.between(1, 6);
            assert!((1..=6).contains(&n));
            seen[(n - 1) as usize] += 1;
            assert!((0.0..1.0).contains(&random.unit()));
        }
        // 1,000 expected, standard deviation 29: six of them either way.
        assert!(seen.iter().all(|n| (820..1180).contains(n)), "{seen:?}");
        assert_eq!(random.between(5, 5), 5);
        assert_eq!(random.between(5, 4), 5);
        let extreme = random.between(i64::MIN, i64::MAX);
        assert_ne!(extreme, random.between(i64::MIN, i64::MAX));
    }

    #[test]
    fn the_stream_is_pinned() {
        // Saved games and servers rely on these numbers; they may change in a major version only.
        let mut random = CallRandom::new(42, ScriptId(7), 100, 5);
        let drawn = [random.below(1_000_000), random.below(1_000_000), random.below(1_000_000)];
        assert_eq!(drawn, PINNED);
    }

    const PINNED: [u64; 3] = [495_333, 874_383, 307_946];
}

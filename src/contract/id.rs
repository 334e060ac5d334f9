use std::fmt;

use serde::{Deserialize, Serialize};

/// The name by which scripts know an entity: an `i64` that is the same on server and client and in
/// every run of the same game.
///
/// The runtime gives ids in spawn order, starting at 1, to every entity that is spawned with
/// [`ScriptId::AUTO`] (the default); a host that keeps its own stable numbers sets them instead.
/// Ids given to entities that a script spawns are derived from the spawner, the tick and a counter
/// and are at least [`ScriptId::FIRST_DERIVED`].
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
// Scenes and inspectors of a Bevy app hold ids too; only this derive knows of it.
#[cfg_attr(feature = "bevy", derive(bevy::reflect::Reflect), reflect(PartialEq, Hash))]
pub struct ScriptId(pub i64);

impl ScriptId {
    /// Asks the runtime for the next free id.
    pub const AUTO: Self = Self(0);
    /// Ids from here on are derived for entities that scripts spawn. Hosts stay below.
    pub const FIRST_DERIVED: Self = Self(1 << 62);

    /// The id of the `counter`-th entity that `spawner` spawns in the callback `salt` of `tick`.
    ///
    /// Equal inputs give equal ids on every machine; the result is never below
    /// [`ScriptId::FIRST_DERIVED`].
    #[must_use]
    pub fn derived(spawner: Self, tick: u64, salt: u64, counter: u32) -> Self {
        let mut bytes = [0_u8; 28];
        bytes[..8].copy_from_slice(&spawner.0.to_le_bytes());
        bytes[8..16].copy_from_slice(&tick.to_le_bytes());
        bytes[16..24].copy_from_slice(&salt.to_le_bytes());
        bytes[24..].copy_from_slice(&counter.to_le_bytes());
        let hash = twox_hash::XxHash3_64::oneshot(&bytes);
        Self(((hash >> 2) as i64) | Self::FIRST_DERIVED.0)
    }
}

impl fmt::Display for ScriptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_ids_differ_in_every_input_and_stay_in_their_range() {
        let base = ScriptId::derived(ScriptId(1), 2, 3, 4);
        assert_eq!(base, ScriptId::derived(ScriptId(1), 2, 3, 4));
        for other in [
            ScriptId::derived(ScriptId(2), 2, 3, 4),
            ScriptId::derived(ScriptId(1), 3, 3, 4),
            ScriptId::derived(ScriptId(1), 2, 4, 4),
            ScriptId::derived(ScriptId(1), 2, 3, 5),
        ] {
            assert_ne!(base, other);
            assert!(other >= ScriptId::FIRST_DERIVED);
        }
    }
}

use serde::{Deserialize, Serialize};

use super::TrustLevel;
use crate::contract::ScriptLimits;

/// What scripts may use, by how far they are believed.
///
/// ```
/// use bevy_cscript::{contract::ScriptLimits, trust::LevelLimits};
///
/// // Mods of this game may think longer.
/// let limits = LevelLimits {
///     mods: ScriptLimits { fuel: 100_000, ..ScriptLimits::for_mods() },
///     ..LevelLimits::default()
/// };
/// // The same for everybody.
/// let equal = LevelLimits::from(ScriptLimits::untrusted());
/// assert_eq!(equal.trusted, equal.mods);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LevelLimits {
    /// For scripts by strangers. Default: [`ScriptLimits::untrusted`].
    pub untrusted: ScriptLimits,
    /// For scripts by modders. Default: [`ScriptLimits::for_mods`].
    pub mods: ScriptLimits,
    /// For scripts of the game itself. Default: [`ScriptLimits::trusted`].
    pub trusted: ScriptLimits,
}

impl Default for LevelLimits {
    fn default() -> Self {
        Self {
            untrusted: ScriptLimits::untrusted(),
            mods: ScriptLimits::for_mods(),
            trusted: ScriptLimits::trusted(),
        }
    }
}

/// The same limits for every level.
impl From<ScriptLimits> for LevelLimits {
    fn from(limits: ScriptLimits) -> Self {
        Self { untrusted: limits.clone(), mods: limits.clone(), trusted: limits }
    }
}

impl LevelLimits {
    /// The limits that are part of the result; see [`ScriptLimits::consensus`].
    #[must_use]
    pub fn consensus(self) -> Self {
        let Self { untrusted, mods, trusted } = self;
        Self {
            untrusted: untrusted.consensus(),
            mods: mods.consensus(),
            trusted: trusted.consensus(),
        }
    }

    /// The limits of a level.
    #[must_use]
    pub const fn of(&self, level: TrustLevel) -> &ScriptLimits {
        match level {
            TrustLevel::Untrusted => &self.untrusted,
            TrustLevel::Mod => &self.mods,
            TrustLevel::Trusted => &self.trusted,
        }
    }
}

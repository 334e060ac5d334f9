use serde::{Deserialize, Serialize};

/// How far a script is believed. A value, never a cargo feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TrustLevel {
    /// Written by strangers.
    Untrusted,
    /// Written by a modder whom the host chose.
    Mod,
    /// Part of the game.
    Trusted,
}

/// What to do with a script that carries no signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Unsigned {
    /// Run it at this level.
    Allow(TrustLevel),
    /// Do not run it.
    Refuse,
}

/// Which scripts a host accepts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustPolicy {
    /// What to do with a script that carries no signature. Default: **`Allow(Trusted)`**, for a
    /// game that runs its own scripts.
    pub unsigned: Unsigned,
}

impl Default for TrustPolicy {
    fn default() -> Self {
        Self { unsigned: Unsigned::Allow(TrustLevel::Trusted) }
    }
}

use serde::{Deserialize, Serialize};

use super::Permissions;

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

/// Which scripts a host accepts, and what they may call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrustPolicy {
    /// What to do with a script that carries no signature. Default: **`Allow(Trusted)`**, for a
    /// game that runs its own scripts.
    pub unsigned: Unsigned,
    /// The most that a script of each level may call.
    pub ceilings: Ceilings,
}

impl Default for TrustPolicy {
    fn default() -> Self {
        Self { unsigned: Unsigned::Allow(TrustLevel::Trusted), ceilings: Ceilings::default() }
    }
}

/// The most that a script may call, by its level. Nothing that a script or a mod says of itself
/// gives it more.
///
/// ```
/// use bevy_cscript::trust::{Ceilings, Permissions};
///
/// // Mods of this game may also trade, by functions that the game added.
/// let mut ceilings = Ceilings::default();
/// ceilings.mods = ceilings.mods.and(["economy"]);
/// // Strangers may only look.
/// ceilings.untrusted = Permissions::only(["tactical"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ceilings {
    /// For scripts by strangers. Default: **`tactical` and `audio_visual`**: they look around and
    /// are seen and heard, and change nothing that the game counts.
    pub untrusted: Permissions,
    /// For scripts by modders. Default: **the six categories that come with the crate**
    /// (`movement`, `combat`, `tactical`, `utility`, `audio_visual`, `inventory`). A category of
    /// the host's own must be named.
    pub mods: Permissions,
    /// For scripts of the game itself. Default: **all**, the host's own categories included.
    pub trusted: Permissions,
}

impl Default for Ceilings {
    fn default() -> Self {
        let looks = ["tactical", "audio_visual"];
        let acts = ["movement", "combat", "utility", "inventory"];
        Self {
            untrusted: Permissions::only(looks),
            mods: Permissions::only(looks).and(acts),
            trusted: Permissions::All,
        }
    }
}

impl Ceilings {
    /// The most that a script of a level may call.
    #[must_use]
    pub const fn of(&self, level: TrustLevel) -> &Permissions {
        match level {
            TrustLevel::Untrusted => &self.untrusted,
            TrustLevel::Mod => &self.mods,
            TrustLevel::Trusted => &self.trusted,
        }
    }
}

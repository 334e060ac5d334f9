use serde::{Deserialize, Serialize};

use super::{KeyRing, Permissions, Revocations};

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

/// What to do with a script that carries no signature, or none that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Unsigned {
    /// Run it at this level.
    Allow(TrustLevel),
    /// Run it at this level, and say in the log that it is not signed.
    Warn(TrustLevel),
    /// Do not run it.
    Refuse,
}

/// Which scripts a host accepts, and what they may call. A value: it can be written down in TOML or JSON,
/// compared, and changed while the game runs.
///
/// The three presets are [`development`](Self::development), [`client`](Self::client) and
/// [`server`](Self::server); the last two believe no signature until they are given [keys](KeyRing).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrustPolicy {
    /// What to do with a script that carries no signature. Default: **`Allow(Trusted)`**, for a
    /// game that runs its own scripts.
    pub unsigned: Unsigned,
    /// What to do with a script whose signature does not hold, for whatever reason but that it was
    /// revoked. Default: **`Refuse`**. A developer who edits signed scripts allows it.
    pub broken: Unsigned,
    /// The most that a script of each level may call.
    pub ceilings: Ceilings,
    /// Whose signatures are believed. Default: **nobody's**.
    pub keys: KeyRing,
    /// What is no longer believed. Default: **nothing**.
    pub revoked: Revocations,
    /// The game's id: signatures for other games are refused. Default: **`None`**, all games' are taken.
    pub game: Option<String>,
    /// Whether an older version than one that was accepted is refused. Default: **true**.
    pub no_rollback: bool,
    /// Whether signatures that ended are refused. Default: **true**.
    pub no_expired: bool,
}

impl Default for TrustPolicy {
    fn default() -> Self {
        Self {
            unsigned: Unsigned::Allow(TrustLevel::Trusted),
            broken: Unsigned::Refuse,
            ceilings: Ceilings::default(),
            keys: KeyRing::new(),
            revoked: Revocations::default(),
            game: None,
            no_rollback: true,
            no_expired: true,
        }
    }
}

impl TrustPolicy {
    /// For who writes scripts: everything runs as the game's own, and the log names signatures that do not
    /// hold. Older and ended versions are taken.
    #[must_use]
    pub fn development() -> Self {
        Self {
            broken: Unsigned::Warn(TrustLevel::Trusted),
            no_rollback: false,
            no_expired: false,
            ..Self::default()
        }
    }

    /// For who plays: unsigned scripts run as strangers' and the log names them; signatures count.
    #[must_use]
    pub fn client() -> Self {
        Self { unsigned: Unsigned::Warn(TrustLevel::Untrusted), ..Self::default() }
    }

    /// For a server: nothing runs that is not signed by a known key.
    #[must_use]
    pub fn server() -> Self {
        Self { unsigned: Unsigned::Refuse, ..Self::default() }
    }

    /// The preset of a name: `development`, `client` or `server`.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        match name {
            "development" => Some(Self::development()),
            "client" => Some(Self::client()),
            "server" => Some(Self::server()),
            _ => None,
        }
    }

    /// A policy as it is written down in TOML; what is left out is as in [`TrustPolicy::default`].
    ///
    /// ```
    /// use bevy_cscript::trust::{TrustLevel, TrustPolicy, Unsigned};
    ///
    /// let policy = TrustPolicy::from_toml(r#"
    ///     unsigned = "Refuse"
    ///     broken = { Warn = "Untrusted" }
    ///     game = "arena"
    ///     [ceilings]
    ///     mods = { Only = ["movement", "tactical"] }
    ///     [[keys]]
    ///     name = "Ada"
    ///     key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    ///     level = "Mod"
    /// "#)?;
    /// assert_eq!(policy.broken, Unsigned::Warn(TrustLevel::Untrusted));
    /// assert_eq!(policy.keys.iter().count(), 1);
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    /// What is wrong with the text, and where.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// The same with these keys.
    #[must_use]
    pub fn with_keys(mut self, keys: KeyRing) -> Self {
        self.keys = keys;
        self
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
#[serde(default, deny_unknown_fields)]
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

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{KeyId, Permissions, PublicKey, TrustLevel};

/// The keys whose signatures count, and for how much.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<KnownKey>", into = "Vec<KnownKey>")]
pub struct KeyRing(BTreeMap<KeyId, KnownKey>);

/// A key in a [`KeyRing`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownKey {
    /// Whose it is, for people.
    #[serde(default)]
    pub name: String,
    /// The key.
    pub key: PublicKey,
    /// The level of what it signed.
    pub level: TrustLevel,
    /// The most that what it signed may call, below what the policy allows the level. Default: **all** of
    /// that.
    #[serde(default = "all")]
    pub ceiling: Permissions,
    /// The key that took its place, and the counter with which it said so. What it signed before is believed.
    #[serde(default)]
    pub replaced_by: Option<KeyId>,
    /// Whether it may sign lists of what is revoked. Default: **false**.
    #[serde(default)]
    pub may_revoke: bool,
}

const fn all() -> Permissions {
    Permissions::All
}

impl KnownKey {
    /// A key, its level, and no other restriction than that of the level.
    #[must_use]
    pub fn new(name: impl Into<String>, key: PublicKey, level: TrustLevel) -> Self {
        let name = name.into();
        Self { name, key, level, ceiling: all(), replaced_by: None, may_revoke: false }
    }

    /// The same, for signatures of scripts that call no more than this.
    #[must_use]
    pub fn within(mut self, ceiling: Permissions) -> Self {
        self.ceiling = ceiling;
        self
    }

    /// The same, and it may sign lists of what is revoked.
    #[must_use]
    pub const fn that_revokes(mut self) -> Self {
        self.may_revoke = true;
        self
    }
}

impl KeyRing {
    /// A ring of no keys: nothing that is signed is believed.
    #[must_use]
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Adds a key; of two entries for one key the later counts.
    #[must_use]
    pub fn with(mut self, key: KnownKey) -> Self {
        self.add(key);
        self
    }

    /// Adds a key; of two entries for one key the later counts.
    pub fn add(&mut self, key: KnownKey) {
        self.0.insert(key.key.id(), key);
    }

    /// Removes a key. What it signed is then signed by an unknown key.
    pub fn remove(&mut self, id: KeyId) -> Option<KnownKey> {
        self.0.remove(&id)
    }

    /// A key by its id.
    #[must_use]
    pub fn get(&self, id: KeyId) -> Option<&KnownKey> {
        self.0.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: KeyId) -> Option<&mut KnownKey> {
        self.0.get_mut(&id)
    }

    /// All keys, by their ids.
    pub fn iter(&self) -> impl Iterator<Item = &KnownKey> {
        self.0.values()
    }
}

impl From<Vec<KnownKey>> for KeyRing {
    fn from(keys: Vec<KnownKey>) -> Self {
        Self(keys.into_iter().map(|key| (key.key.id(), key)).collect())
    }
}

impl From<KeyRing> for Vec<KnownKey> {
    fn from(ring: KeyRing) -> Self {
        ring.0.into_values().collect()
    }
}

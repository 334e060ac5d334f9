use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Digest, KeyId};

/// What is no longer believed, whoever signed it and whatever else a policy says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Revocations {
    /// Keys, for instance those that were stolen.
    pub keys: BTreeSet<KeyId>,
    /// Files: scripts or others of a mod, by the digest of their bytes.
    pub files: BTreeSet<Digest>,
}

impl Revocations {
    /// Revokes what another list revokes, too.
    pub fn add(&mut self, other: &Self) {
        self.keys.extend(&other.keys);
        self.files.extend(&other.files);
    }
}

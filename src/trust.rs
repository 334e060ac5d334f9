//! Who wrote a script, and what follows from that: keys, signatures, mods, policies, permissions and the
//! [`Verified`] seal. No Rhai, no Bevy, no files, no clock.

mod digest;
mod hex;
mod key;
mod key_ring;
mod limits;
mod manifest;
mod mod_path;
mod package;
mod papers;
mod permissions;
mod policy;
mod revocation;
mod secret_key;
mod signature;
mod statement;
mod trust_host;
mod verifier;
mod verify;

pub use digest::Digest;
pub use key::{KeyError, KeyId, PublicKey};
pub use key_ring::{KeyRing, KnownKey};
pub use limits::LevelLimits;
pub use manifest::{API_VERSION, MANIFEST_BYTES, ModManifest};
pub use mod_path::{ModPath, ModPathError};
pub use package::{PACKAGE_BYTES, Package};
pub use papers::{ModPapers, Paper, Papers};
pub use permissions::Permissions;
pub use policy::{Ceilings, TrustLevel, TrustPolicy, Unsigned};
pub use revocation::Revocations;
pub use secret_key::SecretKey;
pub use signature::{SIGNATURE_BYTES, SignedStatement};
pub use statement::{Claim, FileClaim, Statement, is_id};
pub use trust_host::{Counters, TrustHost, TrustMemory};
pub use verifier::Verifier;
pub use verify::{ModLabel, Signer, Verified};

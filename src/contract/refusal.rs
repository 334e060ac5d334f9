use std::fmt;

use serde::{Deserialize, Serialize};

/// The rule by which a script or a mod was refused. What is refused does not run; an older version that
/// runs goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no signature and the policy asks for one. Sign it: `cscript sign`.
    Unsigned,
    /// The signature is no signature: cut off, of another format, or changed by an editor. Sign anew.
    Malformed,
    /// A signature, a manifest or a package has more bytes or files than are read.
    TooLarge,
    /// A file beside the script is there and cannot be read.
    Unreadable,
    /// The key is not in the key ring. Whoever runs the game adds it, if they trust it.
    UnknownKey,
    /// The key accepts signatures that nobody made with it. Make another one: `cscript keygen`.
    WeakKey,
    /// The key or the file is on the list of what was revoked. Nothing makes it good again.
    Revoked,
    /// The key was replaced by another one, and this signature is newer than the last by the old key.
    Replaced,
    /// The signature is not one of this key for this text.
    BadSignature,
    /// The signature is for something else: a script's for a mod, or the other way round.
    OtherKind,
    /// The signature is for another game.
    OtherGame,
    /// The signature is for another mod than the manifest names.
    OtherMod,
    /// The signature does not name this file.
    NotListed,
    /// The file is signed, under another name. Give it its name back.
    Renamed,
    /// The file holds what another file of the mod should hold.
    Swapped,
    /// The file ends before the signed one does.
    Truncated,
    /// The file is not the one that was signed.
    Changed,
    /// A file that the signature names is not there.
    Missing,
    /// The time that the signer gave is over. Sign anew with a later one.
    Expired,
    /// The signature ends at a time, and the host does not tell the time.
    NoClock,
    /// A newer version was accepted before.
    RolledBack,
    /// The host cannot read or write the highest counters. Mend its store.
    Store,
    /// `mod.toml` says something that it may not, or not clearly.
    Manifest,
    /// The mod was written for another version of the API.
    ApiVersion,
    /// The package is not one that `cscript pack` makes.
    Package,
    /// A path leads out of the mod, or is one that not every system can have.
    Path,
}

impl Refusal {
    /// Its word: short, of small letters, always the same.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Malformed => "malformed",
            Self::TooLarge => "too-large",
            Self::Unreadable => "unreadable",
            Self::UnknownKey => "unknown-key",
            Self::WeakKey => "weak-key",
            Self::Revoked => "revoked",
            Self::Replaced => "replaced",
            Self::BadSignature => "bad-signature",
            Self::OtherKind => "other-kind",
            Self::OtherGame => "other-game",
            Self::OtherMod => "other-mod",
            Self::NotListed => "not-listed",
            Self::Renamed => "renamed",
            Self::Swapped => "swapped",
            Self::Truncated => "truncated",
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Expired => "expired",
            Self::NoClock => "no-clock",
            Self::RolledBack => "rolled-back",
            Self::Store => "store",
            Self::Manifest => "manifest",
            Self::ApiVersion => "api-version",
            Self::Package => "package",
            Self::Path => "path",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

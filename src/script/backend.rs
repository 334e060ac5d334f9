use serde::{Deserialize, Serialize};

/// What runs a script. Both mean the same; docs/language.md lists where they differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Backend {
    /// A program of our own: metered, bounded, equal on every machine, and many times faster.
    #[default]
    Compiled,
    /// Stock Rhai, hardened as far as it goes: for scripts that are [trusted](crate::trust::TrustLevel)
    /// and want something that the compiler refuses, and to compare with.
    Reference,
}

impl std::fmt::Display for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Compiled => "compiled",
            Self::Reference => "reference",
        })
    }
}

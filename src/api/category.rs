use std::{borrow::Cow, fmt};

/// A family of functions. Permissions are granted by category.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Category(Cow<'static, str>);

impl Category {
    /// What every script may call; needs no permission.
    pub const UNIVERSAL: Self = Self(Cow::Borrowed("universal"));
    /// Where things are and where they go.
    pub const MOVEMENT: Self = Self(Cow::Borrowed("movement"));
    /// Who is hurt, healed, alive.
    pub const COMBAT: Self = Self(Cow::Borrowed("combat"));
    /// Who is near, who sees whom.
    pub const TACTICAL: Self = Self(Cow::Borrowed("tactical"));
    /// What is heard and seen.
    pub const AUDIO_VISUAL: Self = Self(Cow::Borrowed("audio_visual"));
    /// Who carries what.
    pub const INVENTORY: Self = Self(Cow::Borrowed("inventory"));
    /// Tags, components, spawning, distances.
    pub const UTILITY: Self = Self(Cow::Borrowed("utility"));

    /// A category of the host's own.
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self(name.into())
    }

    /// The name, as permissions write it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

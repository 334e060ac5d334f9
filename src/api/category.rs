use std::{borrow::Cow, fmt};

/// A family of functions. Permissions are granted by category.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Category(Cow<'static, str>);

impl Category {
    /// What every script may call; needs no permission.
    pub const UNIVERSAL: Self = Self(Cow::Borrowed("universal"));
    /// Where things are and where they go.
    pub const MOVEMENT: Self = Self(Cow::Borrowed("movement"));
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

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// What a script may call: categories of functions, by name. What needs no permission is not told
/// here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Permissions {
    /// Every category, the host's own included.
    All,
    /// These and no others.
    Only(BTreeSet<String>),
}

impl Permissions {
    /// No category at all.
    #[must_use]
    pub const fn none() -> Self {
        Self::Only(BTreeSet::new())
    }

    /// These categories and no others.
    #[must_use]
    pub fn only<S: Into<String>>(categories: impl IntoIterator<Item = S>) -> Self {
        Self::Only(categories.into_iter().map(Into::into).collect())
    }

    /// These categories as well.
    #[must_use]
    pub fn and<S: Into<String>>(self, categories: impl IntoIterator<Item = S>) -> Self {
        match self {
            Self::All => Self::All,
            Self::Only(mut own) => {
                own.extend(categories.into_iter().map(Into::into));
                Self::Only(own)
            }
        }
    }

    /// What both allow.
    #[must_use]
    pub fn within(self, ceiling: &Self) -> Self {
        match (self, ceiling) {
            (own, Self::All) => own,
            (Self::All, ceiling) => ceiling.clone(),
            (Self::Only(own), Self::Only(ceiling)) => {
                Self::Only(own.intersection(ceiling).cloned().collect())
            }
        }
    }

    /// Whether functions of a category may be called.
    #[must_use]
    pub fn allows(&self, category: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(own) => own.contains(category),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceiling_takes_away_and_never_adds() {
        let some = Permissions::only(["combat", "economy"]);
        let other = Permissions::only(["combat", "movement"]);
        assert_eq!(some.clone().within(&other), Permissions::only(["combat"]));
        assert_eq!(some.clone().within(&Permissions::All), some);
        assert_eq!(Permissions::All.within(&some), some);
        assert_eq!(some.clone().within(&Permissions::none()), Permissions::none());
        assert_eq!(Permissions::none().within(&Permissions::All), Permissions::none());
        assert_eq!(Permissions::All.within(&Permissions::All), Permissions::All);
    }

    #[test]
    fn more_can_be_granted_one_by_one() {
        let some = Permissions::none().and(["combat"]).and(["economy"]);
        assert_eq!(some, Permissions::only(["economy", "combat"]));
        assert!(some.allows("combat") && !some.allows("movement") && !some.allows(""));
        assert_eq!(Permissions::All.and(["combat"]), Permissions::All);
        assert!(Permissions::All.allows("anything"));
    }
}

use std::collections::{BTreeMap, BTreeSet};

use bevy::prelude::*;
use serde::{Deserialize, Serialize};

/// Whose side an entity is on. Without it it has neither friends nor foes.
#[derive(
    Component, Clone, Debug, Default, PartialEq, Eq, Hash, Reflect, Serialize, Deserialize,
)]
#[reflect(Component, Default, PartialEq, Hash, Serialize, Deserialize)]
pub struct Team(pub String);

/// Which teams fight each other: all different ones, unless they are at peace.
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq)]
pub struct Hostility {
    /// Which teams each is at peace with; every pair stands in both.
    peaceful: BTreeMap<String, BTreeSet<String>>,
}

impl Hostility {
    /// Whether the members of one team fight those of another.
    #[must_use]
    pub fn are_hostile(&self, team: &str, other: &str) -> bool {
        team != other && self.peaceful.get(team).is_none_or(|friends| !friends.contains(other))
    }

    /// Makes peace between two teams.
    pub fn make_peace(&mut self, team: &str, other: &str) {
        for (one, friend) in [(team, other), (other, team)] {
            self.peaceful.entry(one.to_owned()).or_default().insert(friend.to_owned());
        }
    }

    /// Sets two teams against each other.
    pub fn make_war(&mut self, team: &str, other: &str) {
        for (one, friend) in [(team, other), (other, team)] {
            if let Some(friends) = self.peaceful.get_mut(one) {
                friends.remove(friend);
                if friends.is_empty() {
                    self.peaceful.remove(one);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_teams_fight_until_they_make_peace() {
        let mut hostility = Hostility::default();
        assert!(hostility.are_hostile("red", "blue"));
        assert!(!hostility.are_hostile("red", "red"));
        hostility.make_peace("red", "blue");
        assert!(!hostility.are_hostile("blue", "red"));
        assert!(hostility.are_hostile("red", "green"));
        hostility.make_peace("green", "red");
        hostility.make_war("blue", "red");
        assert!(hostility.are_hostile("red", "blue"));
        assert!(!hostility.are_hostile("red", "green"));
        hostility.make_war("red", "green");
        assert_eq!(hostility, Hostility::default());
    }
}

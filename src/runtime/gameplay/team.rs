use std::collections::BTreeSet;

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
    /// Pairs at peace, the lesser name first.
    peaceful: BTreeSet<(String, String)>,
}

impl Hostility {
    /// Whether the members of one team fight those of another.
    #[must_use]
    pub fn are_hostile(&self, team: &str, other: &str) -> bool {
        team != other
            && !self
                .peaceful
                .iter()
                .any(|(a, b)| (a == team && b == other) || (a == other && b == team))
    }

    /// Makes peace between two teams.
    pub fn make_peace(&mut self, team: &str, other: &str) {
        self.peaceful.insert(ordered(team, other));
    }

    /// Sets two teams against each other.
    pub fn make_war(&mut self, team: &str, other: &str) {
        self.peaceful.remove(&ordered(team, other));
    }
}

fn ordered(team: &str, other: &str) -> (String, String) {
    let (a, b) = if team <= other { (team, other) } else { (other, team) };
    (a.to_owned(), b.to_owned())
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
        hostility.make_war("blue", "red");
        assert!(hostility.are_hostile("red", "blue"));
    }
}

use serde::{Deserialize, Serialize};

/// How well an entity is. One place holds the rules of hurting and healing; the world and what a call
/// sees of its own writes both follow them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vitals {
    /// Health, 0 when dead.
    pub health: f32,
    /// The most health it can have.
    pub max: f32,
    /// What is taken off every hit.
    pub armor: f32,
}

impl Vitals {
    /// Whether it has any health.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.health > 0.0
    }

    /// Takes a hit and gives the damage after armor; the dead take none.
    pub fn hurt(&mut self, amount: f32) -> f32 {
        if !self.is_alive() {
            return 0.0;
        }
        let damage = (amount - self.armor.max(0.0)).max(0.0);
        self.health = (self.health - damage).max(0.0);
        damage
    }

    /// Heals and gives the health really gained; the dead gain none.
    pub fn heal(&mut self, amount: f32) -> f32 {
        if !self.is_alive() {
            return 0.0;
        }
        let healed = (self.health + amount).min(self.max.max(self.health));
        let gained = healed - self.health;
        self.health = healed;
        gained
    }

    /// Sets health to a value between 0 and the maximum.
    pub fn set(&mut self, value: f32) {
        self.health = value.clamp(0.0, self.max.max(0.0));
    }
}

/// Something that works on an entity for a while.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bevy", derive(bevy::reflect::Reflect))]
pub struct StatusEffect {
    /// What it is.
    pub name: String,
    /// Seconds to go.
    pub remaining: f32,
    /// How strong it is.
    pub magnitude: f32,
}

impl StatusEffect {
    /// Adds this effect to others. Of two with one name, the longer remaining time and the greater
    /// magnitude stay.
    pub fn add_to(self, effects: &mut Vec<Self>) {
        match effects.iter_mut().find(|effect| effect.name == self.name) {
            Some(same) => {
                same.remaining = same.remaining.max(self.remaining);
                same.magnitude = same.magnitude.max(self.magnitude);
            }
            None => effects.push(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn armor_is_taken_off_every_hit_and_the_dead_feel_nothing() {
        let mut vitals = Vitals { health: 10.0, max: 20.0, armor: 2.0 };
        assert_eq!((vitals.hurt(5.0), vitals.health), (3.0, 7.0));
        assert_eq!((vitals.hurt(1.0), vitals.health), (0.0, 7.0));
        assert_eq!((vitals.heal(100.0), vitals.health), (13.0, 20.0));
        assert_eq!((vitals.hurt(100.0), vitals.health), (98.0, 0.0));
        assert!(!vitals.is_alive());
        assert_eq!((vitals.hurt(100.0), vitals.heal(5.0), vitals.health), (0.0, 0.0, 0.0));
        vitals.set(99.0);
        assert_eq!(vitals.health, 20.0);
        vitals.set(-1.0);
        assert_eq!(vitals.health, 0.0);
    }

    #[test]
    fn the_longer_time_and_the_greater_magnitude_stay() {
        let effect =
            |remaining, magnitude| StatusEffect { name: "slow".into(), remaining, magnitude };
        let mut effects = vec![effect(5.0, 1.0)];
        effect(2.0, 3.0).add_to(&mut effects);
        assert_eq!(effects, [effect(5.0, 3.0)]);
        StatusEffect { name: "burn".into(), ..effect(1.0, 1.0) }.add_to(&mut effects);
        assert_eq!(effects.len(), 2);
    }
}

use bevy::prelude::*;
use serde::{Deserialize, Serialize};

use super::StatusEffects;
use crate::contract::ScriptId;

/// How well an entity is: `get_health`, `apply_damage`, `heal` and the like.
///
/// At 0 it is dead: it takes no damage, is not healed, and is nobody's enemy or ally.
#[derive(Component, Clone, Copy, Debug, PartialEq, Reflect, Serialize, Deserialize)]
#[require(Armor, StatusEffects)]
#[reflect(Component, Default, PartialEq, Serialize, Deserialize)]
pub struct Health {
    /// What is left, 0 to `max`.
    pub current: f32,
    /// The most it can have.
    pub max: f32,
}

impl Health {
    /// Full health.
    #[must_use]
    pub const fn full(max: f32) -> Self {
        Self { current: max, max }
    }
}

/// Full health of 100.
impl Default for Health {
    fn default() -> Self {
        Self::full(100.0)
    }
}

/// What is taken off every hit. Default: **0**.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Component, Default, PartialEq, Serialize, Deserialize)]
pub struct Armor(pub f32);

/// A script hurt an entity. Scripts of the entity hear it as `on_damage(amount, source)`.
#[derive(Message, Clone, Debug, PartialEq)]
pub struct Damaged {
    /// The entity.
    pub entity: Entity,
    /// The damage after armor.
    pub amount: f32,
    /// What kind of damage; empty for none in particular.
    pub kind: String,
    /// Whose script it was.
    pub source: ScriptId,
}

/// An entity's health has reached 0. Its scripts hear it as `on_death(source)`, once.
#[derive(Message, Clone, Debug, PartialEq, Eq)]
pub struct Died {
    /// The entity.
    pub entity: Entity,
    /// Whose script it was.
    pub source: ScriptId,
}

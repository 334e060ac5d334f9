use bevy::prelude::*;
use serde::{Deserialize, Serialize};

/// How much damage an entity threatens to do, for `threat_level`. Default: **0**.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Component, Default, PartialEq, Serialize, Deserialize)]
pub struct AttackPower(pub f32);

/// How far an entity sees, in units, for `threat_level`. Default: **20**; without the component it
/// sees everything.
#[derive(Component, Clone, Copy, Debug, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Component, Default, PartialEq, Serialize, Deserialize)]
pub struct SightRange(pub f32);

impl Default for SightRange {
    fn default() -> Self {
        Self(20.0)
    }
}

/// How high above its position an entity's eyes are, in units, for `line_of_sight` and `cover_score`.
/// Default: **1.6**; without the component they are at its position.
#[derive(Component, Clone, Copy, Debug, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Component, Default, PartialEq, Serialize, Deserialize)]
pub struct EyeHeight(pub f32);

impl Default for EyeHeight {
    fn default() -> Self {
        Self(1.6)
    }
}

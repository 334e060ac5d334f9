use bevy::prelude::*;
use serde::{Deserialize, Serialize};

use crate::contract::Shape;

/// What of an entity stands in the way of `raycast`, `line_of_sight` and `cover_score`: a ball or a
/// box around its position. Default: **a ball of radius 0.5**.
///
/// Boxes lie along the axes of the world whichever way the entity faces. Only entities with a
/// [`ScriptId`](crate::contract::ScriptId) have one. With physics, an entity that has a collider is met
/// there, and its hitbox does not count.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Component, Default, PartialEq, Serialize, Deserialize)]
pub struct Hitbox(pub Shape);

use std::collections::BTreeMap;

use bevy::prelude::*;
use serde::{Deserialize, Serialize};

use crate::contract::Pack;

/// What an entity carries: `add_to_inventory`, `has_item` and the like.
#[derive(Component, Clone, Debug, PartialEq, Eq, Reflect, Serialize, Deserialize)]
#[reflect(Component, Default, PartialEq, Serialize, Deserialize)]
pub struct Inventory(pub Pack);

impl Inventory {
    /// An empty inventory with so many slots.
    #[must_use]
    pub const fn with_slots(slots: u32) -> Self {
        Self(Pack { stacks: Vec::new(), slots })
    }
}

/// An empty inventory with 20 slots.
impl Default for Inventory {
    fn default() -> Self {
        Self::with_slots(20)
    }
}

/// Things were put into an entity's inventory. Its scripts hear it as `on_item_gained(item, count)`.
#[derive(Message, Clone, Debug, PartialEq, Eq)]
pub struct ItemGained {
    /// The entity.
    pub entity: Entity,
    /// What.
    pub item: String,
    /// How many found room.
    pub count: u32,
}

/// The items that there are, and how many of each fit in one slot. Scripts can only handle items that
/// stand here.
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq)]
pub struct ItemDefinitions(pub BTreeMap<String, u32>);

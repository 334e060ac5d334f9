use std::collections::{BTreeSet, HashMap};

use bevy::{
    ecs::{lifecycle::HookContext, world::DeferredWorld},
    prelude::*,
};
use serde::{Deserialize, Serialize};

use crate::contract::ScriptId;

/// A word by which scripts find an entity: `get_tag`, `set_tag`, `find_entity_by_tag`.
///
/// Immutable, because an index is kept of it: insert it anew to change it.
#[derive(
    Component, Clone, Debug, Default, PartialEq, Eq, Hash, Reflect, Serialize, Deserialize,
)]
#[component(immutable, on_insert = enter, on_discard = leave)]
#[reflect(Component, Default, PartialEq, Hash, Serialize, Deserialize)]
pub struct Tag(pub String);

/// Which entities have which tag.
#[derive(Resource, Default)]
pub(super) struct TagIndex(HashMap<String, BTreeSet<Entity>>);

impl TagIndex {
    /// The entities that have a tag.
    pub(super) fn get(&self, tag: &str) -> impl Iterator<Item = Entity> {
        self.0.get(tag).into_iter().flatten().copied()
    }
}

fn enter(mut world: DeferredWorld<'_>, HookContext { entity, .. }: HookContext) {
    let Some(Tag(tag)) = world.get::<Tag>(entity).cloned() else { return };
    if let Some(mut index) = world.get_resource_mut::<TagIndex>() {
        index.0.entry(tag).or_default().insert(entity);
    }
}

fn leave(mut world: DeferredWorld<'_>, HookContext { entity, .. }: HookContext) {
    let Some(Tag(tag)) = world.get::<Tag>(entity).cloned() else { return };
    if let Some(mut index) = world.get_resource_mut::<TagIndex>()
        && let Some(entities) = index.0.get_mut(&tag)
    {
        entities.remove(&entity);
        if entities.is_empty() {
            index.0.remove(&tag);
        }
    }
}

/// The id of an entity, for ordering.
pub(super) fn id_of(world: &World, entity: Entity) -> Option<ScriptId> {
    world.get::<ScriptId>(entity).copied()
}

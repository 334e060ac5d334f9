use std::collections::{BTreeSet, HashMap};

use bevy::{
    ecs::{lifecycle::HookContext, world::DeferredWorld},
    prelude::*,
};
use serde::{Deserialize, Serialize};

use super::ids::ScriptIds;
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

/// Which ids have which tag, lowest first.
#[derive(Resource, Default)]
pub(super) struct TagIndex(HashMap<String, BTreeSet<ScriptId>>);

impl TagIndex {
    /// The ids that have a tag, in order.
    pub(super) fn get(&self, tag: &str) -> impl Iterator<Item = ScriptId> {
        self.0.get(tag).into_iter().flatten().copied()
    }
}

/// The id and the tag of an entity that has both, if the id is really its own.
fn tagged(world: &DeferredWorld<'_>, entity: Entity) -> Option<(ScriptId, String)> {
    let id = *world.get::<ScriptId>(entity)?;
    let is_own = world.get_resource::<ScriptIds>()?.entity(id) == Some(entity);
    is_own.then(|| world.get::<Tag>(entity).map(|Tag(tag)| (id, tag.clone())))?
}

/// Enters an entity that has got a tag, or an id.
pub(super) fn index(world: &mut DeferredWorld<'_>, entity: Entity) {
    if let Some((id, tag)) = tagged(world, entity)
        && let Some(mut index) = world.get_resource_mut::<TagIndex>()
    {
        index.0.entry(tag).or_default().insert(id);
    }
}

/// Strikes out an entity that is about to lose its tag, or its id.
pub(super) fn forget(world: &mut DeferredWorld<'_>, entity: Entity) {
    if let Some((id, tag)) = tagged(world, entity)
        && let Some(mut index) = world.get_resource_mut::<TagIndex>()
        && let Some(ids) = index.0.get_mut(&tag)
    {
        ids.remove(&id);
        if ids.is_empty() {
            index.0.remove(&tag);
        }
    }
}

fn enter(mut world: DeferredWorld<'_>, HookContext { entity, .. }: HookContext) {
    index(&mut world, entity);
}

fn leave(mut world: DeferredWorld<'_>, HookContext { entity, .. }: HookContext) {
    forget(&mut world, entity);
}

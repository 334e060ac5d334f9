use std::collections::HashMap;

use bevy::{
    ecs::{
        component::{ComponentMutability as _, Immutable, StorageType},
        lifecycle::{ComponentHook, HookContext},
        world::DeferredWorld,
    },
    prelude::*,
};

use super::{bind::Unbound, roster::Roster, tag};
use crate::contract::ScriptId;

/// A component. Entities that carry one exist for scripts, all others do not.
///
/// An entity spawned with [`ScriptId::AUTO`] (or with [`CScript`](super::CScript) and no id) gets
/// the next free number; so ids follow spawn order.
impl Component for ScriptId {
    const STORAGE_TYPE: StorageType = StorageType::Table;
    type Mutability = Immutable;

    fn on_insert() -> Option<ComponentHook> {
        Some(claim)
    }

    fn on_discard() -> Option<ComponentHook> {
        Some(release)
    }
}

const _: () = assert!(!<ScriptId as Component>::Mutability::MUTABLE, "ids are the index's keys");

/// Which entity has which id.
#[derive(Resource, Debug, Default)]
pub struct ScriptIds {
    /// Ids that the runtime gave, by number.
    dense: Vec<Option<Entity>>,
    /// All others.
    sparse: HashMap<ScriptId, Entity>,
    last: i64,
}

/// Below this an id has its own place in a list.
const DENSE: i64 = 1 << 20;

impl ScriptIds {
    /// The entity of an id.
    #[must_use]
    pub fn entity(&self, id: ScriptId) -> Option<Entity> {
        if (0..DENSE).contains(&id.0) {
            self.dense.get(id.0 as usize).copied().flatten()
        } else {
            self.sparse.get(&id).copied()
        }
    }

    /// All ids and their entities, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (ScriptId, Entity)> {
        let dense = self.dense.iter().enumerate();
        dense
            .filter_map(|(id, entity)| entity.map(|entity| (ScriptId(id as i64), entity)))
            .chain(self.sparse.iter().map(|(id, entity)| (*id, *entity)))
    }

    /// The last number that was given.
    pub(super) const fn last(&self) -> i64 {
        self.last
    }

    /// Goes on behind this number.
    pub(super) const fn set_last(&mut self, last: i64) {
        self.last = last;
    }

    fn next(&mut self) -> ScriptId {
        loop {
            self.last += 1;
            let id = ScriptId(self.last);
            if self.entity(id).is_none() {
                return id;
            }
        }
    }

    fn set(&mut self, id: ScriptId, entity: Option<Entity>) {
        if !(0..DENSE).contains(&id.0) {
            match entity {
                Some(entity) => self.sparse.insert(id, entity),
                None => self.sparse.remove(&id),
            };
            return;
        }
        let i = id.0 as usize;
        if i >= self.dense.len() {
            self.dense.resize(i + 1, None);
        }
        self.dense[i] = entity;
    }
}

fn claim(mut world: DeferredWorld<'_>, HookContext { entity, .. }: HookContext) {
    let Some(wanted) = world.get::<ScriptId>(entity).copied() else { return };
    let Some(mut ids) = world.get_resource_mut::<ScriptIds>() else { return };
    let taken = ids.entity(wanted).is_some_and(|other| other != entity);
    if wanted != ScriptId::AUTO && !taken {
        ids.set(wanted, Some(entity));
        tag::index(&mut world, entity);
        // Its scripts are called in another place from now on, if it has any that run.
        if let Some(mut roster) = world.get_resource_mut::<Roster>() {
            roster.mark_stale();
        }
        if let Some(mut unbound) = world.get_resource_mut::<Unbound>() {
            unbound.0.push(entity);
        }
        return;
    }
    let id = ids.next();
    ids.set(id, Some(entity));
    if taken {
        warn!("script id {wanted} is taken; the later entity gets {id} instead");
    }
    world.commands().entity(entity).insert(id);
}

fn release(mut world: DeferredWorld<'_>, HookContext { entity, .. }: HookContext) {
    let Some(id) = world.get::<ScriptId>(entity).copied() else { return };
    tag::forget(&mut world, entity);
    if let Some(mut ids) = world.get_resource_mut::<ScriptIds>()
        && ids.entity(id) == Some(entity)
    {
        ids.set(id, None);
    }
}

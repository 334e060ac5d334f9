use std::{collections::HashMap, sync::Arc};

use bevy::{
    ecs::{entity::EntityHashMap, lifecycle::HookContext, world::DeferredWorld},
    prelude::*,
};

use crate::authority::ClientId;

/// Whose entity it is: who claims what its scripts do, and out of whose share of a tick they are run. The
/// coordinator gives it, with an order, so that it is the same on all machines in every tick.
///
/// An owned entity's scripts are held to the [budget of the tick](crate::runtime::TickBudget) whoever signed them, all
/// those of one client together.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq, Reflect)]
#[component(immutable, on_insert = note, on_discard = forget)]
#[reflect(Component)]
pub struct Owner(pub ClientId);

/// Whose entities are whose, for the stages.
#[derive(Resource, Default)]
pub(crate) struct Owners {
    /// With the name of each owner.
    owners: EntityHashMap<(ClientId, Arc<str>)>,
    names: HashMap<ClientId, Arc<str>>,
    /// How often it was given or taken.
    changes: u64,
}

impl Owners {
    /// How often an entity was given to somebody or taken away.
    pub(crate) const fn changes(&self) -> u64 {
        self.changes
    }

    /// All entities that somebody owns, in any order.
    pub(crate) fn owned(&self) -> impl Iterator<Item = Entity> {
        self.owners.keys().copied()
    }

    pub(crate) fn of(&self, entity: Entity) -> Option<ClientId> {
        self.owners.get(&entity).map(|(client, _)| *client)
    }

    /// The name under which an entity's scripts share a tick with others, if somebody owns it. No mod has
    /// such a name.
    pub(crate) fn payer(&self, entity: Entity) -> Option<&Arc<str>> {
        self.owners.get(&entity).map(|(_, name)| name)
    }
}

fn note(mut world: DeferredWorld<'_>, HookContext { entity, .. }: HookContext) {
    let Some(Owner(client)) = world.get::<Owner>(entity).copied() else { return };
    if let Some(mut owners) = world.get_resource_mut::<Owners>() {
        let Owners { names, changes, owners } = &mut *owners;
        let name = names.entry(client).or_insert_with(|| format!("client {client}").into());
        owners.insert(entity, (client, name.clone()));
        *changes += 1;
    }
}

fn forget(mut world: DeferredWorld<'_>, HookContext { entity, .. }: HookContext) {
    if let Some(mut owners) = world.get_resource_mut::<Owners>() {
        owners.changes += 1;
        owners.owners.remove(&entity);
    }
}

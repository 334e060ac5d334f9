use avian3d::{
    collider_tree::{ColliderTreeProxyFlags, ColliderTreeProxyKey, ColliderTrees},
    collision::contact_types::ContactEdgeFlags,
    prelude::{ColliderMarker, CollisionStart, ContactGraph},
};
use bevy::prelude::*;

use super::{CollisionEventsEnabled, TriggerVolume, owner};
use crate::{
    contract::{Callback, ScriptId},
    runtime::cscript::CScript,
};

/// Colliders and volumes that are new, and entities whose scripts are.
#[derive(Resource, Default)]
pub(in crate::runtime) struct Fresh(Vec<Entity>);

impl Fresh {
    pub(in crate::runtime) fn note(&mut self, entity: Entity) {
        self.0.push(entity);
    }
}

/// On colliders for which scripts want contacts reported, and the game had not asked for it.
#[derive(Component)]
pub(super) struct Reporting;

pub(super) fn note_collider(added: On<Add, ColliderMarker>, mut fresh: ResMut<Fresh>) {
    fresh.note(added.entity);
}

pub(super) fn note_volume(added: On<Add, TriggerVolume>, mut fresh: ResMut<Fresh>) {
    fresh.note(added.entity);
}

/// Lets those colliders report contacts whose scripts define a callback for them, and no others: the
/// engine writes no event for a pair of which neither side asks for it.
pub(super) fn listen(world: &mut World) {
    let mut fresh = std::mem::take(&mut world.resource_mut::<Fresh>().0);
    if fresh.is_empty() {
        return;
    }
    let mut next = 0;
    while let Some(entity) = fresh.get(next).copied() {
        next += 1;
        // Colliders below belong to it, too, unless they have an id of their own.
        let below = world.get::<Children>(entity).into_iter().flatten();
        let below = below.filter(|child| world.get::<ScriptId>(**child).is_none());
        fresh.extend(below.copied().collect::<Vec<_>>());
    }
    fresh.sort_unstable();
    fresh.dedup();
    for collider in fresh {
        let Ok(entity) = world.get_entity(collider) else { continue };
        if !entity.contains::<ColliderMarker>() {
            continue;
        }
        let reports = entity.contains::<CollisionEventsEnabled>();
        let is_ours = entity.contains::<Reporting>();
        match (wants_contacts(world, collider), reports) {
            (true, false) => {
                world.entity_mut(collider).insert((CollisionEventsEnabled, Reporting));
                mark(world, collider, true);
            }
            (false, true) if is_ours => {
                world.entity_mut(collider).remove::<(CollisionEventsEnabled, Reporting)>();
                mark(world, collider, false);
            }
            _ => {}
        }
    }
}

fn wants_contacts(world: &World, collider: Entity) -> bool {
    let callbacks = if world.get::<TriggerVolume>(collider).is_some() {
        [Callback::OnTrigger, Callback::OnTriggerExit]
    } else {
        [Callback::OnCollision, Callback::OnCollisionEnd]
    };
    match owner(world, collider) {
        Some((owner, _)) => world
            .get::<CScript>(owner)
            .is_some_and(|scripts| callbacks.iter().any(|it| scripts.may_be_told(*it))),
        // Whoever comes into a volume that is nobody's may want to know.
        None => world.get::<TriggerVolume>(collider).is_some(),
    }
}

/// The engine looks for the component only when a collider is new; what it has noted since is changed
/// here. What touches already counts as beginning to touch now.
fn mark(world: &mut World, collider: Entity, reports: bool) {
    if let Some(key) = world.get::<ColliderTreeProxyKey>(collider).copied()
        && key != ColliderTreeProxyKey::PLACEHOLDER
        && let Some(mut trees) = world.get_resource_mut::<ColliderTrees>()
        && let Some(proxy) = trees.get_proxy_mut(key)
    {
        proxy.flags.set(ColliderTreeProxyFlags::CONTACT_EVENTS, reports);
    }
    if !reports {
        return;
    }
    let Some(mut graph) = world.get_resource_mut::<ContactGraph>() else { return };
    let mut touching = Vec::new();
    for edge in graph.contact_edges_with_mut(collider) {
        edge.flags.insert(ContactEdgeFlags::CONTACT_EVENTS);
        if edge.flags.contains(ContactEdgeFlags::TOUCHING) {
            touching.push(CollisionStart {
                collider1: edge.collider1,
                collider2: edge.collider2,
                body1: edge.body1,
                body2: edge.body2,
            });
        }
    }
    world.write_message_batch(touching);
}

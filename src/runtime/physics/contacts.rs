use std::collections::{BTreeMap, HashMap, HashSet};

use avian3d::prelude::{CollisionEnd, CollisionStart, ContactGraph, Sensor};
use bevy::{ecs::message::MessageCursor, prelude::*};

use super::{TriggerVolume, owner};
use crate::{
    contract::{Callback, ScriptId, Value},
    runtime::{cscript::CScript, event_queue::tell, ids::ScriptIds},
};

/// Who touches whom, of those whose scripts hear of it.
#[derive(Resource, Default)]
pub(super) struct Contacts {
    /// Pairs of colliders, the lower entity first.
    pairs: HashMap<(Entity, Entity), Vec<Bond>>,
    /// How many pairs of colliders make each bond: entities may have several.
    bonds: BTreeMap<Bond, u32>,
    started: MessageCursor<CollisionStart>,
    ended: MessageCursor<CollisionEnd>,
}

/// What an entity is told of, in the order in which it is told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Bond {
    /// Who is told.
    subject: ScriptId,
    /// Who touches it; `None` for what scripts do not know.
    other: Option<ScriptId>,
    /// The name of the volume, if it is about one.
    volume: Option<String>,
}

/// What became of a bond in a tick.
#[derive(Default)]
struct Change {
    was: bool,
    began: bool,
}

/// Takes note of what began and ended to touch in a step of the engine and tells the scripts, by the ids
/// of both. What order the engine has does not matter.
pub(super) fn note(world: &mut World) {
    world.resource_scope(|world, mut contacts: Mut<'_, Contacts>| {
        let Contacts { pairs, bonds, started, ended } = &mut *contacts;
        let started: Vec<_> = started.read(world.resource()).copied().collect();
        let ended: Vec<_> = ended.read(world.resource()).copied().collect();
        if started.is_empty() && ended.is_empty() {
            return;
        }
        let mut changes: BTreeMap<Bond, Change> = BTreeMap::new();
        let begun: HashSet<_> =
            started.iter().map(|start| pair(start.collider1, start.collider2)).collect();
        for start in &started {
            let pair = pair(start.collider1, start.collider2);
            if pairs.contains_key(&pair) {
                continue;
            }
            let made = bonds_of(world, pair.0, pair.1);
            if made.is_empty() {
                continue;
            }
            for bond in &made {
                let count = bonds.entry(bond.clone()).or_default();
                let change =
                    changes.entry(bond.clone()).or_insert(Change { was: *count > 0, began: false });
                change.began = true;
                *count += 1;
            }
            pairs.insert(pair, made);
        }
        for end in &ended {
            let pair = pair(end.collider1, end.collider2);
            // A collider that was exchanged ends to touch and begins again; one that began may be gone
            // now. The engine knows which came last.
            if begun.contains(&pair) && is_touching(world, pair) {
                continue;
            }
            for bond in pairs.remove(&pair).into_iter().flatten() {
                let Some(count) = bonds.get_mut(&bond) else { continue };
                changes.entry(bond.clone()).or_insert(Change { was: true, began: false });
                *count -= 1;
                if *count == 0 {
                    bonds.remove(&bond);
                }
            }
        }
        for (bond, Change { was, began }) in changes {
            let is = bonds.contains_key(&bond);
            if !was && began {
                bond.tell(world, true);
            }
            if !is {
                bond.tell(world, false);
            }
        }
    });
}

fn is_touching(world: &World, (a, b): (Entity, Entity)) -> bool {
    let graph = world.get_resource::<ContactGraph>();
    graph.and_then(|graph| graph.get(a, b)).is_some_and(|(edge, _)| edge.is_touching())
}

const fn is_before(a: Entity, b: Entity) -> bool {
    a.to_bits() <= b.to_bits()
}

const fn pair(a: Entity, b: Entity) -> (Entity, Entity) {
    if is_before(a, b) { (a, b) } else { (b, a) }
}

/// Whom a contact of two colliders is told to.
fn bonds_of(world: &World, a: Entity, b: Entity) -> Vec<Bond> {
    let side = |collider| {
        let volume = world.get::<TriggerVolume>(collider).map(|volume| &volume.name);
        (owner(world, collider), volume, world.get::<Sensor>(collider).is_some())
    };
    let hears = |entity: Entity, callbacks: [Callback; 2]| {
        world
            .get::<CScript>(entity)
            .is_some_and(|scripts| callbacks.iter().any(|it| scripts.may_be_told(*it)))
    };
    let ((a, a_volume, a_sensor), (b, b_volume, b_sensor)) = (side(a), side(b));
    let mut bonds = Vec::new();
    if a.is_some() && a == b {
        return bonds;
    }
    let id = |side: Option<(Entity, ScriptId)>| side.map(|(_, id)| id);
    // Sensors without a name are the game's own.
    if (a_sensor && a_volume.is_none()) || (b_sensor && b_volume.is_none()) {
        return bonds;
    }
    let mut add = |told: Option<(Entity, ScriptId)>, other, volume: Option<&String>| {
        let callbacks = match volume {
            Some(_) => [Callback::OnTrigger, Callback::OnTriggerExit],
            None => [Callback::OnCollision, Callback::OnCollisionEnd],
        };
        if let Some((_, subject)) = told.filter(|(entity, _)| hears(*entity, callbacks)) {
            bonds.push(Bond { subject, other, volume: volume.cloned() });
        }
    };
    match (a_sensor, b_sensor) {
        (false, false) => {
            add(a, id(b), None);
            add(b, id(a), None);
        }
        // Walls and the ground do not come and go.
        (true, false) if b.is_some() => add(a.or(b), id(a.and(b)), a_volume),
        (false, true) if a.is_some() => add(b.or(a), id(b.and(a)), b_volume),
        _ => {}
    }
    bonds
}

impl Bond {
    fn tell(&self, world: &mut World, begins: bool) {
        let Some(entity) = world.resource::<ScriptIds>().entity(self.subject) else { return };
        let other = || self.other.map_or(Value::Unit, Value::from);
        let callback = match (&self.volume, begins) {
            (None, true) => Callback::OnCollision,
            (None, false) => Callback::OnCollisionEnd,
            (Some(_), true) => Callback::OnTrigger,
            (Some(_), false) => Callback::OnTriggerExit,
        };
        tell(world, entity, callback, || match &self.volume {
            Some(name) => vec![name.as_str().into(), other()],
            None => vec![other()],
        });
    }
}

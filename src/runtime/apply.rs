//! The commands of scripts done to the world. Nothing else writes it for them.

pub(super) mod combat;
mod fighters;
mod movers;
mod moves;

use std::panic::{AssertUnwindSafe, catch_unwind};

use bevy::prelude::*;

pub(super) use self::{
    fighters::FightState,
    movers::MoverState,
    moves::{Asked, Moves, Row, TableState},
};
use super::{
    cscript::CScript,
    event_queue::EventQueue,
    expose::ExposedComponents,
    host_function::{Effects, HostCall},
    ids::ScriptIds,
    load::ScriptHost,
    pace::Paces,
    plugin::{Pass, ScriptClock},
    prefab::Prefabs,
    report::{Reports, ScriptPublished},
    settle::PassCommands,
    show::{ScriptShow, SoundLimit, Sounds},
    tag::Tag,
};
use crate::contract::{Callback, ScriptCommand, ScriptEvent, ScriptId, Target, Value};

/// Entities that scripts destroyed and whose `on_destroy` runs in the next pass of events.
#[derive(Resource, Default)]
pub(super) struct Dying {
    /// Destroyed since the last pass of events began.
    pub(super) new: Vec<Entity>,
    /// Their last events are running.
    pub(super) last: Vec<Entity>,
}

/// Does what the scripts asked for, in the order of (id, slot, call).
pub(super) fn apply(world: &mut World) {
    let asked = std::mem::take(&mut world.resource_mut::<PassCommands>().0);
    if *world.resource::<Pass>() == Pass::Events {
        let mut dying = world.resource_mut::<Dying>();
        dying.last = std::mem::take(&mut dying.new);
    }
    if !asked.iter().all(Asked::is_empty) {
        world.resource_scope(|world, mut reports: Mut<'_, Reports>| {
            world.resource_scope(|world, mut state: Mut<'_, MoverState>| {
                apply_all(world, &mut state, &mut reports, asked);
            });
        });
    }
    for entity in std::mem::take(&mut world.resource_mut::<Dying>().last) {
        if let Ok(entity) = world.get_entity_mut(entity) {
            entity.despawn();
        }
    }
}

fn apply_all(world: &mut World, state: &mut MoverState, reports: &mut Reports, asked: Vec<Asked>) {
    let mut asked = asked.into_iter().peekable();
    // Whether all stand where the pass saw them.
    let mut is_as_seen = true;
    while let Some(next) = asked.next() {
        match next {
            Asked::Moves(moves) => {
                let mut moves = vec![moves];
                let is_moves = |asked: &Asked| matches!(asked, Asked::Moves(_));
                while let Some(Asked::Moves(more)) = asked.next_if(is_moves) {
                    moves.push(more);
                }
                apply_moves(world, state, reports, (moves, is_as_seen));
            }
            Asked::Commands(batch) => {
                is_as_seen &= batch.is_empty();
                apply_commands(world, state, reports, batch);
            }
        }
    }
}

fn apply_moves(
    world: &mut World,
    state: &mut MoverState,
    reports: &mut Reports,
    (moves, is_as_seen): (Vec<Moves>, bool),
) {
    reports.metrics.commands += moves.iter().map(Moves::count).sum::<usize>() as u64;
    if !is_as_seen && movers::have_parents(world, state, &moves) {
        // Something that was done before has put somebody below somebody else. Who moves first counts then.
        for moves in moves {
            movers::apply(world, state, reports, moves.commands());
        }
        return;
    }
    let host = world.resource::<ScriptHost>().clone();
    let others = world.resource_scope(|world, mut tables| {
        world.resource_scope(|world, mut paces: Mut<'_, Paces>| {
            moves::apply(world, &mut tables, (host.workers(), &mut paces.moves), moves)
        })
    });
    movers::take_steps(world, state, reports, others);
}

fn apply_commands(
    world: &mut World,
    movers: &mut MoverState,
    reports: &mut Reports,
    commands: Vec<ScriptCommand>,
) {
    reports.metrics.commands += commands.len() as u64;
    world.resource_scope(|world, mut fighters: Mut<'_, FightState>| {
        let mut commands = commands.into_iter();
        while !commands.as_slice().is_empty() {
            let moved = movers::apply(world, movers, reports, commands.as_slice());
            commands.by_ref().take(moved).for_each(drop);
            let fought = fighters::apply(world, &mut fighters, reports, commands.as_slice());
            commands.by_ref().take(fought).for_each(drop);
            if moved + fought == 0
                && let Some(command) = commands.next()
            {
                apply_command(world, reports, command);
            }
        }
    });
}

fn apply_command(world: &mut World, reports: &mut Reports, command: ScriptCommand) {
    match command {
        ScriptCommand::Spawn { id, prefab, position } => {
            spawn(world, reports, id, &prefab, position);
        }
        ScriptCommand::Publish { topic, value } => {
            let args = vec![Value::String(topic.to_string()), (*value).clone()];
            let callback = Callback::OnMessage.name().to_owned();
            world.resource_mut::<EventQueue>().push_message(ScriptEvent {
                callback,
                args,
                target: Target::All,
            });
            world.write_message(ScriptPublished { topic: topic.into(), value: *value });
        }
        ScriptCommand::Host { function, caller, args } => {
            let Some(effect) = world.resource::<Effects>().0.get(&*function).cloned() else {
                return;
            };
            let call = HostCall { caller, args: &args };
            guarded(reports, &function, || effect(world, &call));
        }
        ScriptCommand::ApplyStatusEffect { id, effect } => {
            with_entity(world, reports, id, "apply_status_effect", |world, entity| {
                combat::apply_effect(world, entity, *effect);
            });
        }
        ScriptCommand::ClearStatusEffects { id } => {
            with_entity(world, reports, id, "clear_status_effects", combat::clear_effects);
        }
        ScriptCommand::AddItems { id, item, count } => {
            let mut lost = 0;
            with_entity(world, reports, id, "add_to_inventory", |world, entity| {
                lost = combat::add_items(world, entity, &item, count);
            });
            if lost > 0 {
                reports.warn(&format!(
                    "add_to_inventory: {lost} \"{item}\" found no room on entity {id}: another script filled it in the same pass"
                ));
            }
        }
        ScriptCommand::RemoveItems { id, item, count } => {
            let mut there = true;
            with_entity(world, reports, id, "remove_from_inventory", |world, entity| {
                there = combat::remove_items(world, entity, &item, count);
            });
            if !there {
                reports.warn(&format!(
                    "remove_from_inventory: entity {id} has no {count} \"{item}\" left: another script took them in the same pass"
                ));
            }
        }
        ScriptCommand::PlaySound { .. }
        | ScriptCommand::StopSound { .. }
        | ScriptCommand::PlayAnimation { .. }
        | ScriptCommand::SpawnParticle { .. }
        | ScriptCommand::ShakeScreen { .. } => show(world, reports, command),
        // Done by `movers` and `fighters`.
        ScriptCommand::ApplyDamage { .. }
        | ScriptCommand::Heal { .. }
        | ScriptCommand::SetHealth { .. }
        | ScriptCommand::SetPosition { .. }
        | ScriptCommand::MoveTowards { .. }
        | ScriptCommand::Teleport { .. }
        | ScriptCommand::Face { .. } => {}
        ScriptCommand::SetTag { id, tag } => {
            with_entity(world, reports, id, "set_tag", |world, entity| {
                let Ok(mut entity) = world.get_entity_mut(entity) else { return };
                if tag.is_empty() {
                    entity.remove::<Tag>();
                } else {
                    entity.insert(Tag(tag.into()));
                }
            });
        }
        ScriptCommand::SetComponent { id, name, value } => {
            let Some(entity) = world.resource::<ScriptIds>().entity(id) else {
                reports.nobody(id, "set_component");
                return;
            };
            let exposed = world.resource::<ExposedComponents>().writable(&name).copied();
            if let Err(fault) = exposed.and_then(|exposed| exposed.write(world, entity, &value)) {
                // It fitted when the script asked; another command came in between.
                reports.warn(&format!("set_component on entity {id}: {fault}"));
            }
        }
        ScriptCommand::Destroy { id } => {
            with_entity(world, reports, id, "destroy_entity", destroy);
        }
    }
}

/// Sends on what is to be heard or seen.
fn show(world: &mut World, reports: &mut Reports, command: ScriptCommand) {
    reports.metrics.shows += 1;
    match command {
        ScriptCommand::PlaySound { handle, source, ref options, .. } => {
            let (clock, limit) =
                (*world.resource::<ScriptClock>(), *world.resource::<SoundLimit>());
            let mut sounds = world.resource_mut::<Sounds>();
            if let Some(handle) = sounds.start(handle, source, options.looped, &clock, limit) {
                world.write_message(ScriptShow(ScriptCommand::StopSound { handle }));
            }
        }
        ScriptCommand::StopSound { handle } => world.resource_mut::<Sounds>().stop(handle),
        _ => {}
    }
    world.write_message(ScriptShow(command));
}

fn with_entity(
    world: &mut World,
    reports: &mut Reports,
    id: ScriptId,
    command: &'static str,
    change: impl FnOnce(&mut World, Entity),
) {
    match world.resource::<ScriptIds>().entity(id) {
        Some(entity) => change(world, entity),
        None => reports.nobody(id, command),
    }
}

/// Runs code of the host; a panic in it is reported and ends there.
fn guarded(reports: &mut Reports, what: &str, work: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(work)) {
        let text = payload
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        reports.metrics.errors += 1;
        reports.warn(&format!("`{what}` of the host panicked while it took effect: {text}"));
    }
}

fn spawn(world: &mut World, reports: &mut Reports, id: ScriptId, prefab: &str, position: Vec3) {
    let Some(make) = world.resource::<Prefabs>().0.get(prefab).cloned() else { return };
    if world.resource::<ScriptIds>().entity(id).is_some() {
        reports.warn(&format!("entity {id} exists already and is not spawned again"));
        return;
    }
    let mut entity = world.spawn((id, Transform::from_translation(position)));
    guarded(reports, prefab, || {
        make(&mut entity);
        // The prefab may have brought a place of its own; which way it faces is its business.
        if let Some(mut place) = entity.get_mut::<Transform>() {
            place.translation = position;
        }
    });
}

/// Removes an entity and its children; those with something to say at their end say it first.
fn destroy(world: &mut World, entity: Entity) {
    let mut family = vec![entity];
    let mut next = 0;
    while let Some(member) = family.get(next).copied() {
        if let Some(children) = world.get::<Children>(member) {
            family.extend(children.iter());
        }
        next += 1;
    }
    let ends = [Callback::OnDestroy, Callback::Cleanup];
    let mut waits = false;
    for member in family {
        let Some(id) = world.get::<ScriptId>(member).copied() else { continue };
        let Some(mut script) = world.get_mut::<CScript>(member) else { continue };
        let mut defined = [false; 2];
        for slot in script.bypass_change_detection().slots_mut() {
            if slot.dying {
                waits = true;
                continue;
            }
            slot.dying = true;
            let Some(instance) = slot.instance_mut() else { continue };
            for (defined, end) in defined.iter_mut().zip(ends) {
                *defined |= instance.script().callback(end).is_some();
            }
        }
        for (defined, end) in defined.into_iter().zip(ends) {
            if defined {
                waits = true;
                let event = ScriptEvent::custom(end.name(), []).to(id);
                world.resource_mut::<EventQueue>().push_end(event);
            }
        }
    }
    if waits {
        let mut dying = world.resource_mut::<Dying>();
        if !dying.new.contains(&entity) {
            dying.new.push(entity);
        }
    } else {
        world.despawn(entity);
    }
}

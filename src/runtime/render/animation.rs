use std::time::Duration;

use bevy::{animation::transition::AnimationTransitions, ecs::message::MessageCursor, prelude::*};

use crate::{
    contract::{AnimationOptions, ScriptCommand, ScriptId},
    runtime::{AnimationClips, ids::ScriptIds, show::ScriptShow},
};

/// Starts the clips that scripts asked for.
pub(super) fn play(world: &mut World, mut cursor: Local<MessageCursor<ScriptShow>>) {
    let wanted: Vec<_> = cursor
        .read(world.resource())
        .filter_map(|ScriptShow(command)| match command {
            ScriptCommand::PlayAnimation { id, name, options } => {
                Some((*id, name.clone(), *options))
            }
            _ => None,
        })
        .collect();
    for (id, name, options) in wanted {
        start(world, id, &name, options);
    }
}

fn start(world: &mut World, id: ScriptId, name: &str, options: AnimationOptions) -> Option<()> {
    let entity = world.resource::<ScriptIds>().entity(id)?;
    let node = *world.get::<AnimationClips>(entity)?.0.get(name)?;
    let player = player_of(world, entity)?;
    let node = AnimationNodeIndex::new(node as usize);
    if world.get::<AnimationTransitions>(player).is_none() {
        world.entity_mut(player).insert(AnimationTransitions::new());
    }
    let mut parts = world.query::<(&mut AnimationPlayer, &mut AnimationTransitions)>();
    let (mut player, mut transitions) = parts.get_mut(world, player).ok()?;
    let blend = Duration::try_from_secs_f32(options.blend).unwrap_or_default();
    let active = transitions.play(&mut player, node, blend);
    active.set_speed(options.speed);
    if options.repeat {
        active.repeat();
    }
    Some(())
}

/// The entity itself, or the first below it that has a player.
fn player_of(world: &World, entity: Entity) -> Option<Entity> {
    let mut family = vec![entity];
    let mut next = 0;
    while let Some(member) = family.get(next).copied() {
        if world.get::<AnimationPlayer>(member).is_some() {
            return Some(member);
        }
        family.extend(world.get::<Children>(member).into_iter().flatten());
        next += 1;
    }
    None
}

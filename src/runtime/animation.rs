//! What scripts animate moves: `play_animation` through Bevy's animation.

use std::time::Duration;

use bevy::{
    animation::{ActiveAnimation, RepeatAnimation, transition::AnimationTransitions},
    ecs::message::MessageCursor,
    prelude::*,
};

use super::{AnimationClips, ids::ScriptIds, show::ScriptShow};
use crate::contract::{AnimationOptions, ScriptCommand, ScriptId};

/// Plays the clips that scripts ask for. Add it where they are seen, after `AnimationPlugin` and
/// [`ScriptingPlugin`](super::ScriptingPlugin); a server leaves it out and the game is the same. Needs no
/// renderer.
///
/// It works on entities with [`AnimationClips`] and an `AnimationPlayer` with its graph, on the entity
/// itself or the first one below it. A clip that plays already begins anew, but for one that repeats.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScriptAnimationPlugin;

impl Plugin for ScriptAnimationPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(Update, play);
    }
}

/// Starts the clips that scripts asked for.
fn play(world: &mut World, mut cursor: Local<MessageCursor<ScriptShow>>) {
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
    let repeats = |active: &ActiveAnimation| active.repeat_mode() == RepeatAnimation::Forever;
    if options.repeat
        && transitions.get_main_animation() == Some(node)
        && let Some(active) = player.animation_mut(node).filter(|active| repeats(active))
    {
        // Scripts ask in every tick.
        active.set_speed(options.speed);
        return Some(());
    }
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

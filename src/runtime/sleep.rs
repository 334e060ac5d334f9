use bevy::{
    ecs::{lifecycle::HookContext, world::DeferredWorld},
    prelude::*,
};

use super::{plugin::ScriptClock, roster::Roster, view::Places};
use crate::contract::ScriptId;

/// While an entity has this, `on_update` of its scripts is not called, and they cost nothing. Events and
/// timers still reach them.
///
/// Insert and remove it as you like, or let [`SleepBeyond`] do it. What is called in a tick is part of
/// the game's result: in multiplayer the same entities must sleep on all machines.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Reflect)]
#[component(storage = "SparseSet", on_insert = fall_asleep, on_remove = wake)]
#[reflect(Component, Default, PartialEq)]
pub struct Asleep;

/// Puts an entity to sleep while it is farther than so many units from everything that
/// [keeps it awake](KeepsAwake). If nothing does in the whole world, nobody sleeps.
///
/// An entity is looked at once in 16 ticks, when its turn comes by its id.
///
/// ```
/// use bevy::prelude::*;
/// use bevy_cscript::prelude::*;
///
/// fn populate(mut commands: Commands, assets: Res<AssetServer>) {
///     commands.spawn((Transform::default(), KeepsAwake, Name::new("player")));
///     let hare = CScript::new(assets.load("scripts/hare.rhai"));
///     commands.spawn((Transform::from_xyz(90.0, 0.0, 0.0), hare, SleepBeyond(60.0)));
/// }
/// ```
#[derive(Component, Clone, Copy, Debug, PartialEq, Reflect)]
#[component(on_remove = wake_up)]
#[reflect(Component, PartialEq)]
pub struct SleepBeyond(
    /// The distance, in units.
    pub f32,
);

/// Scripts near it are awake: mostly a player, or a camera.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Reflect)]
#[reflect(Component, Default, PartialEq)]
pub struct KeepsAwake;

/// Puts an entity to sleep while no camera sees it. For scripts that only show something: what is seen
/// differs from machine to machine, and on a server nothing is.
#[cfg(feature = "render")]
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq, Reflect)]
#[component(on_remove = wake_up)]
#[reflect(Component, Default, PartialEq)]
pub struct SleepUnseen;

/// In so many ticks all are looked at once.
const ROUND: u64 = 16;

pub(super) fn build(app: &mut App) {
    app.register_type::<Asleep>().register_type::<SleepBeyond>().register_type::<KeepsAwake>();
    #[cfg(feature = "render")]
    app.register_type::<SleepUnseen>();
}

fn fall_asleep(mut world: DeferredWorld<'_>, HookContext { entity, .. }: HookContext) {
    if let Some(mut roster) = world.get_resource_mut::<Roster>() {
        roster.put_to_sleep(entity, true);
    }
}

fn wake(mut world: DeferredWorld<'_>, HookContext { entity, .. }: HookContext) {
    if let Some(mut roster) = world.get_resource_mut::<Roster>() {
        roster.put_to_sleep(entity, false);
    }
}

/// Nothing will wake an entity that is no longer watched.
fn wake_up(mut world: DeferredWorld<'_>, HookContext { entity, .. }: HookContext) {
    if let Ok(mut entity) = world.commands().get_entity(entity) {
        entity.try_remove::<Asleep>();
    }
}

type Sleepers<'w, 's, D> = Query<'w, 's, (Entity, &'static ScriptId, D, Has<Asleep>)>;

/// Puts entities to sleep by distance, and wakes them.
pub(super) fn sleep_by_distance(
    clock: Res<ScriptClock>,
    sleepers: Sleepers<'_, '_, &'static SleepBeyond>,
    waking: Query<'_, '_, Entity, With<KeepsAwake>>,
    places: Places<'_, '_>,
    mut commands: Commands,
) {
    if sleepers.is_empty() {
        return;
    }
    let waking: Vec<Vec3> = waking.iter().filter_map(|entity| places.translation(entity)).collect();
    for (entity, id, SleepBeyond(distance), sleeps) in &sleepers {
        if !clock.tick.wrapping_add_signed(id.0).is_multiple_of(ROUND) {
            continue;
        }
        let is_near = |place: Vec3| waking.iter().any(|other| other.distance(place) <= *distance);
        // What has no place is not far away.
        let awake = waking.is_empty() || places.translation(entity).is_none_or(is_near);
        turn(&mut commands, entity, sleeps, awake);
    }
}

/// Puts entities to sleep that no camera sees, and wakes those that are seen.
#[cfg(feature = "render")]
pub(super) fn sleep_unseen(
    sleepers: Query<
        '_,
        '_,
        (Entity, &'static bevy::camera::visibility::ViewVisibility, Has<Asleep>),
        With<SleepUnseen>,
    >,
    mut commands: Commands,
) {
    for (entity, seen, sleeps) in &sleepers {
        turn(&mut commands, entity, sleeps, seen.get());
    }
}

fn turn(commands: &mut Commands<'_, '_>, entity: Entity, sleeps: bool, awake: bool) {
    if sleeps && awake {
        commands.entity(entity).try_remove::<Asleep>();
    } else if !sleeps && !awake {
        commands.entity(entity).try_insert(Asleep);
    }
}

//! The world as scripts reach it past the queue: lent to functions of the languages' engines.

use std::{cell::Cell, ptr::NonNull};

use bevy::{ecs::system::SystemParam, prelude::*};
use stage::{Grid, Place};

#[derive(Component)]
pub struct Number(pub i64);

#[derive(Component)]
pub struct Health(pub f32);

/// The entities of the numbers, from 0 on.
#[derive(Resource)]
pub struct Scripted(pub Vec<Entity>);

/// Whom blows and cures meet when all have had their turn.
#[derive(Resource, Default)]
pub struct Changes(pub Vec<(Entity, f32)>);

impl Scripted {
    pub fn entity(&self, id: i64) -> Entity {
        usize::try_from(id).ok().and_then(|i| self.0.get(i)).copied().unwrap_or(Entity::PLACEHOLDER)
    }
}

/// What scripts read and write of Bevy's world.
#[derive(SystemParam)]
pub struct Parts<'w, 's> {
    pub scripted: Res<'w, Scripted>,
    pub changes: ResMut<'w, Changes>,
    pub places: Query<'w, 's, &'static mut Transform>,
    pub healths: Query<'w, 's, &'static Health>,
}

impl Parts<'_, '_> {
    /// Everybody's place, by their numbers.
    pub fn all_places(&self) -> Vec<Place> {
        let place = |entity: &Entity| {
            self.places.get(*entity).map_or([f32::NAN; 3], |place| place.translation.to_array())
        };
        self.scripted.0.iter().map(place).collect()
    }
}

/// What scripts reach in a tick.
pub struct Reach<'a, 'w, 's> {
    pub parts: &'a mut Parts<'w, 's>,
    /// Who is near, if scripts ask for it.
    pub grid: Option<Grid>,
}

thread_local! {
    static LENT: Cell<Option<NonNull<()>>> = const { Cell::new(None) };
}

/// Lends a world to the functions of scripts for as long as some work takes.
pub fn lend<R>(reach: &mut Reach<'_, '_, '_>, work: impl FnOnce() -> R) -> R {
    /// Takes it back, panic or not.
    struct Back;
    impl Drop for Back {
        fn drop(&mut self) {
            LENT.set(None);
        }
    }
    let _back = Back;
    LENT.set(Some(NonNull::from(reach).cast()));
    work()
}

/// Does something with the world that was lent, if one is.
fn with<R>(work: impl FnOnce(&mut Reach<'_, '_, '_>) -> Option<R>) -> Option<R> {
    // Taken out meanwhile, so that nobody gets it twice.
    let lent = LENT.take()?;
    // SAFETY: `lend` borrows it exclusively until it takes it back, and it is only there if nobody
    // else has it. Its lifetimes cannot leave `work`, which takes it with any.
    let result = work(unsafe { lent.cast::<Reach<'_, '_, '_>>().as_mut() });
    LENT.set(Some(lent));
    result
}

pub fn get_position(id: i64) -> Option<Vec3> {
    with(|Reach { parts, .. }| {
        parts.places.get(parts.scripted.entity(id)).ok().map(|place| place.translation)
    })
}

pub fn move_towards(id: i64, to: Place, step: f64) -> Option<bool> {
    with(|Reach { parts, .. }| {
        let mut place = parts.places.get_mut(parts.scripted.entity(id)).ok()?;
        let there = stage::moved(place.translation.to_array(), to, step);
        place.translation = Vec3::from(there);
        Some(there == to)
    })
}

/// Whom there is to hit; -1 for nobody.
pub fn get_nearest_enemy(id: i64, sight: f64) -> Option<i64> {
    let place = get_position(id)?.to_array();
    with(|Reach { grid, .. }| {
        let found = grid.as_ref()?.nearest_enemy(usize::try_from(id).ok()?, place, sight);
        Some(found.map_or(-1, |enemy| enemy as i64))
    })
}

pub fn change_health(id: i64, by: f64) -> Option<()> {
    with(|Reach { parts, .. }| {
        let entity = parts.scripted.entity(id);
        parts.changes.0.push((entity, by as f32));
        Some(())
    })
}

pub fn get_health(id: i64) -> Option<f64> {
    with(|Reach { parts, .. }| {
        parts.healths.get(parts.scripted.entity(id)).ok().map(|health| f64::from(health.0))
    })
}

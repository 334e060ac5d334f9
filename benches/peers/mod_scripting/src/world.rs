//! What the functions of scripts do with the world. Entities are known to scripts by their numbers.

use bevy::prelude::*;
use bevy_mod_scripting::bindings::{InteropError, WorldExtensions, WorldGuard};
use stage::Grid;

#[derive(Component)]
pub struct Number(pub i64);

#[derive(Component)]
pub struct Health(pub f32);

/// The entities of the numbers, from 0 on.
#[derive(Resource)]
pub struct Scripted(pub Vec<Entity>);

/// Who is near, if scripts ask for it.
#[derive(Resource, Default)]
pub struct Near(pub Option<Grid>);

/// Whom blows and cures meet when all have had their turn.
#[derive(Resource, Default)]
pub struct Changes(pub Vec<(Entity, f32)>);

type Result<T> = std::result::Result<T, InteropError>;

/// The number of the entity whose script runs.
pub fn me(world: &WorldGuard<'_>) -> Result<i64> {
    let attached = world.current_attachment().0.and_then(|attachment| attachment.entity());
    let entity = attached.ok_or_else(|| InteropError::str("no script runs"))?;
    world
        .with_component(entity, |number: Option<&Number>| number.map(|number| number.0))?
        .ok_or_else(|| InteropError::missing_entity(entity))
}

fn entity(world: &WorldGuard<'_>, id: i64) -> Result<Entity> {
    let found =
        |scripted: &Scripted| usize::try_from(id).ok().and_then(|i| scripted.0.get(i).copied());
    world.with_resource(found)?.ok_or_else(|| InteropError::str("no such entity"))
}

fn place(world: &WorldGuard<'_>, entity: Entity) -> Result<[f32; 3]> {
    world
        .with_component(entity, |place: Option<&Transform>| {
            place.map(|at| at.translation.to_array())
        })?
        .ok_or_else(|| InteropError::missing_entity(entity))
}

pub fn distance_to(world: &WorldGuard<'_>, id: i64, to: [f32; 3]) -> Result<f64> {
    Ok(stage::distance(place(world, entity(world, id)?)?, to))
}

pub fn move_towards(world: &WorldGuard<'_>, id: i64, to: [f32; 3], step: f64) -> Result<bool> {
    let entity = entity(world, id)?;
    let walk = |place: Option<Mut<Transform>>| {
        place.map(|mut place| {
            let there = stage::moved(place.translation.to_array(), to, step);
            place.translation = Vec3::from(there);
            there == to
        })
    };
    world.with_component_mut(entity, walk)?.ok_or_else(|| InteropError::missing_entity(entity))
}

pub fn get_nearest_enemy(world: &WorldGuard<'_>, id: i64, sight: f64) -> Result<Option<i64>> {
    let place = place(world, entity(world, id)?)?;
    world.with_resource(|near: &Near| {
        let grid = near.0.as_ref()?;
        grid.nearest_enemy(id as usize, place, sight).map(|i| i as i64)
    })
}

pub fn change_health(world: &WorldGuard<'_>, id: i64, by: f64) -> Result<()> {
    let entity = entity(world, id)?;
    world.with_resource_mut(|mut changes: Mut<Changes>| changes.0.push((entity, by as f32)))
}

pub fn get_health(world: &WorldGuard<'_>, id: i64) -> Result<f64> {
    let entity = entity(world, id)?;
    world
        .with_component(entity, |health: Option<&Health>| health.map(|it| f64::from(it.0)))?
        .ok_or_else(|| InteropError::missing_entity(entity))
}

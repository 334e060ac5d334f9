//! The functions of scripts.

use bevy::prelude::*;
#[cfg(feature = "luau")]
use mlua::Vector;
use mlua::{Error, Lua, Result};
use stage::moved;

use crate::world::{Reach, with};

pub fn register(lua: &Lua) -> Result<()> {
    let globals = lua.globals();
    #[cfg(feature = "luau")]
    {
        let get_position = |_: &Lua, number: usize| {
            with(|reach| place_of(reach, number).map(|at| Vector::new(at.x, at.y, at.z)))
        };
        globals.set("get_position", lua.create_function(get_position)?)?;
        let move_towards = |_: &Lua, (number, to, step): (usize, Vector, f64)| {
            with(|reach| walk(reach, number, [to.x(), to.y(), to.z()], step))
        };
        globals.set("move_towards", lua.create_function(move_towards)?)?;
    }
    #[cfg(not(feature = "luau"))]
    {
        let get_position = |_: &Lua, number: usize| {
            with(|reach| place_of(reach, number).map(|at| (at.x, at.y, at.z)))
        };
        globals.set("get_position", lua.create_function(get_position)?)?;
        let move_towards = |_: &Lua, (number, x, y, z, step): (usize, f32, f32, f32, f64)| {
            with(|reach| walk(reach, number, [x, y, z], step))
        };
        globals.set("move_towards", lua.create_function(move_towards)?)?;
    }
    let get_nearest_enemy = |_: &Lua, (number, sight): (usize, f64)| {
        with(|reach| {
            let place = place_of(reach, number)?.to_array();
            let found =
                reach.grid.as_ref().and_then(|grid| grid.nearest_enemy(number - 1, place, sight));
            Ok(found.map(|i| i + 1))
        })
    };
    globals.set("get_nearest_enemy", lua.create_function(get_nearest_enemy)?)?;
    let change = |number: usize, amount: f32| {
        with(|reach| {
            let entity = reach.entity(number)?;
            reach.changes.push((entity, amount));
            Ok(())
        })
    };
    let apply_damage = move |_: &Lua, (number, amount): (usize, f32)| change(number, -amount);
    globals.set("apply_damage", lua.create_function(apply_damage)?)?;
    let heal = move |_: &Lua, (number, amount): (usize, f32)| change(number, amount);
    globals.set("heal", lua.create_function(heal)?)?;
    let get_health = |_: &Lua, number: usize| {
        with(|reach| {
            let entity = reach.entity(number)?;
            reach.parts.healths.get(entity).map(|health| health.0).map_err(Error::external)
        })
    };
    globals.set("get_health", lua.create_function(get_health)?)
}

fn place_of(reach: &Reach<'_, '_, '_>, number: usize) -> Result<Vec3> {
    let entity = reach.entity(number)?;
    reach.parts.places.get(entity).map(|place| place.translation).map_err(Error::external)
}

fn walk(reach: &mut Reach<'_, '_, '_>, number: usize, to: [f32; 3], step: f64) -> Result<bool> {
    let entity = reach.entity(number)?;
    let mut place = reach.parts.places.get_mut(entity).map_err(Error::external)?;
    let there = moved(place.translation.to_array(), to, step);
    place.translation = Vec3::from(there);
    Ok(there == to)
}

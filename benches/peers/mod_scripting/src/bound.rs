//! The functions of scripts through bevy_mod_scripting's own bindings: typed arguments, no reflection.

use bevy::prelude::*;
use bevy_mod_scripting::{bindings::FunctionCallContext, prelude::*};

use crate::world;

pub fn register(world: &mut World) {
    type Context = FunctionCallContext;
    NamespaceBuilder::<GlobalNamespace>::new_unregistered(world)
        .register("me", |ctxt: Context| world::me(&ctxt.world()?))
        .register("distance_to", |ctxt: Context, id: i64, x: f32, y: f32, z: f32| {
            world::distance_to(&ctxt.world()?, id, [x, y, z])
        })
        .register("move_towards", |ctxt: Context, id: i64, x: f32, y: f32, z: f32, step: f64| {
            world::move_towards(&ctxt.world()?, id, [x, y, z], step)
        })
        .register("get_nearest_enemy", |ctxt: Context, id: i64, sight: f64| {
            world::get_nearest_enemy(&ctxt.world()?, id, sight)
        })
        .register("apply_damage", |ctxt: Context, id: i64, amount: f64| {
            world::change_health(&ctxt.world()?, id, -amount)
        })
        .register("heal", |ctxt: Context, id: i64, amount: f64| {
            world::change_health(&ctxt.world()?, id, amount)
        })
        .register("get_health", |ctxt: Context, id: i64| world::get_health(&ctxt.world()?, id));
}

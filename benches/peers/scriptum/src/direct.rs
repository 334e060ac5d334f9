//! The functions of scripts as functions of the languages' engines, past the queue.

use bevy::math::Vec3;
use bevy_scriptum::{
    Runtime,
    runtimes::{
        lua::prelude::LuaRuntime,
        rhai::prelude::{BevyVec3, RhaiRuntime},
    },
};
use mlua::Lua;
use rhai::EvalAltResult;

use crate::world;

/// A language whose functions can be registered so.
pub trait Direct: Runtime {
    fn register(&mut self);
}

impl Direct for RhaiRuntime {
    fn register(&mut self) {
        type Fallible<T> = Result<T, Box<EvalAltResult>>;
        fn there<T>(found: Option<T>) -> Fallible<T> {
            found.ok_or_else(|| "no such entity".into())
        }
        let distance = |a: BevyVec3, b: BevyVec3| stage::distance(a.0.to_array(), b.0.to_array());
        self.with_engine_mut(|engine| {
            engine
                .register_fn("distance", distance)
                .register_fn("get_position", |id: i64| there(world::get_position(id)).map(BevyVec3))
                .register_fn("move_towards", |id: i64, to: BevyVec3, step: f64| {
                    there(world::move_towards(id, to.0.to_array(), step))
                })
                .register_fn("get_nearest_enemy", |id: i64, sight: f64| {
                    there(world::get_nearest_enemy(id, sight))
                })
                .register_fn("apply_damage", |id: i64, amount: f64| {
                    there(world::change_health(id, -amount))
                })
                .register_fn("heal", |id: i64, amount: f64| there(world::change_health(id, amount)))
                .register_fn("get_health", |id: i64| there(world::get_health(id)));
        });
    }
}

impl Direct for LuaRuntime {
    fn register(&mut self) {
        self.with_engine_mut(|lua| register(lua)).expect("functions can be registered");
    }
}

fn register(lua: &Lua) -> mlua::Result<()> {
    fn there<T>(found: Option<T>) -> mlua::Result<T> {
        found.ok_or_else(|| mlua::Error::runtime("no such entity"))
    }
    let globals = lua.globals();
    let get_position =
        |_: &Lua, id: i64| there(world::get_position(id)).map(|Vec3 { x, y, z }| (x, y, z));
    globals.set("get_position", lua.create_function(get_position)?)?;
    let move_towards = |_: &Lua, (id, x, y, z, step): (i64, f32, f32, f32, f64)| {
        there(world::move_towards(id, [x, y, z], step))
    };
    globals.set("move_towards", lua.create_function(move_towards)?)?;
    let get_nearest_enemy =
        |_: &Lua, (id, sight): (i64, f64)| there(world::get_nearest_enemy(id, sight));
    globals.set("get_nearest_enemy", lua.create_function(get_nearest_enemy)?)?;
    let apply_damage = |_: &Lua, (id, amount): (i64, f64)| there(world::change_health(id, -amount));
    globals.set("apply_damage", lua.create_function(apply_damage)?)?;
    let heal = |_: &Lua, (id, amount): (i64, f64)| there(world::change_health(id, amount));
    globals.set("heal", lua.create_function(heal)?)?;
    let get_health = |_: &Lua, id: i64| there(world::get_health(id));
    globals.set("get_health", lua.create_function(get_health)?)
}

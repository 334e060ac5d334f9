//! bevy_mod_scripting with the Lua that is built in.

use bevy_mod_scripting::{
    bindings::{InteropError, ThreadWorldContainer, WorldGuard},
    core::script::ContextPolicy,
    lua::{
        LuaContext,
        mlua::{self, Function},
    },
    prelude::*,
};
use stage::Workload;

use crate::{Way, world};

/// The plugin: one context for all entities.
pub fn plugin(way: Way) -> LuaScriptingPlugin {
    let mut plugin = LuaScriptingPlugin::default().set_context_policy(ContextPolicy::shared());
    crate::load_quickly(&mut plugin.scripting_plugin.processing_pipeline_plugin);
    if way == Way::Direct {
        plugin.scripting_plugin.context_pre_handling_initializers.clear();
        plugin = plugin.add_context_initializer(|_, context| {
            register(context).map_err(|error| InteropError::string(error.to_string()))
        });
    }
    plugin
}

pub fn text(workload: Workload) -> String {
    let text = match workload {
        Workload::Empty => include_str!("../scripts/empty.lua"),
        Workload::Undefined | Workload::Events => include_str!("../scripts/undefined.lua"),
        Workload::Counter => include_str!("../scripts/counter.lua"),
        Workload::Patrol => include_str!("../scripts/patrol.lua"),
        Workload::Skirmish => include_str!("../scripts/skirmish.lua"),
        Workload::Crunch => include_str!("../scripts/crunch.lua"),
    };
    text.to_owned()
}

/// The functions of scripts as functions of Lua, past the bindings.
fn register(lua: &mut LuaContext) -> mlua::Result<()> {
    fn within<T>(work: impl FnOnce(&WorldGuard<'_>) -> Result<T, InteropError>) -> mlua::Result<T> {
        let context = ThreadWorldContainer.try_get_context().map_err(InteropError::from);
        context.and_then(|it| work(&it.world)).map_err(mlua::Error::external)
    }
    let globals = lua.globals();
    globals.set("me", lua.create_function(|_, ()| within(world::me))?)?;
    let distance_to = |_: &mlua::Lua, (id, x, y, z): (i64, f32, f32, f32)| {
        within(|world| world::distance_to(world, id, [x, y, z]))
    };
    globals.set("distance_to", lua.create_function(distance_to)?)?;
    let move_towards = |_: &mlua::Lua, (id, x, y, z, step): (i64, f32, f32, f32, f64)| {
        within(|world| world::move_towards(world, id, [x, y, z], step))
    };
    globals.set("move_towards", lua.create_function(move_towards)?)?;
    let get_nearest_enemy = |_: &mlua::Lua, (id, sight): (i64, f64)| {
        within(|world| world::get_nearest_enemy(world, id, sight))
    };
    globals.set("get_nearest_enemy", lua.create_function(get_nearest_enemy)?)?;
    let apply_damage = |_: &mlua::Lua, (id, amount): (i64, f64)| {
        within(|world| world::change_health(world, id, -amount))
    };
    globals.set("apply_damage", lua.create_function(apply_damage)?)?;
    let heal = |_: &mlua::Lua, (id, amount): (i64, f64)| {
        within(|world| world::change_health(world, id, amount))
    };
    globals.set("heal", lua.create_function(heal)?)?;
    let get_health = |_: &mlua::Lua, id: i64| within(|world| world::get_health(world, id));
    globals.set("get_health", lua.create_function(get_health)?)
}

/// What scripts keep of an entity.
pub fn value(context: &mut LuaContext, id: usize) -> Option<f64> {
    let value_of: Option<Function> = context.globals().get("value_of").ok()?;
    value_of.map_or(Some(0.0), |value_of| value_of.call(id).ok())
}

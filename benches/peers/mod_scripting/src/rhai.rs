//! bevy_mod_scripting with Rhai.

use bevy_mod_scripting::{
    bindings::{InteropError, ThreadWorldContainer, WorldExtensions},
    core::error::ScriptError,
    prelude::*,
    rhai::{
        RhaiScriptContext,
        rhai::{Array, Dynamic, EvalAltResult},
    },
};
use stage::{CRUNCH_SEED, ROUTE, Workload};

use crate::{Way, world};

/// The plugin: one context for all entities.
pub fn plugin(workload: Workload, way: Way) -> RhaiScriptingPlugin {
    let begin = match workload {
        Workload::Crunch => state::<CRUNCH_SEED>,
        _ => state::<0>,
    };
    let mut plugin = RhaiScriptingPlugin::default()
        .set_context_policy(bevy_mod_scripting::core::script::ContextPolicy::shared())
        .add_context_initializer(begin);
    crate::load_quickly(&mut plugin.scripting_plugin.processing_pipeline_plugin);
    if way == Way::Direct {
        plugin.scripting_plugin.context_pre_handling_initializers.clear();
        plugin = plugin.add_runtime_initializer(register);
    }
    plugin
}

pub fn text(workload: Workload, way: Way) -> String {
    let text = match workload {
        Workload::Empty => include_str!("../scripts/empty.rhai"),
        Workload::Undefined | Workload::Events => include_str!("../scripts/undefined.rhai"),
        Workload::Counter => include_str!("../scripts/counter.rhai"),
        Workload::Patrol => include_str!("../scripts/patrol.rhai"),
        Workload::Skirmish => include_str!("../scripts/skirmish.rhai"),
        Workload::Crunch => include_str!("../scripts/crunch.rhai"),
    };
    match way {
        Way::Bound => text.to_owned(),
        // Functions of the engine are called by their names alone.
        Way::Direct => text.replace(".call(", "("),
    }
}

/// The variables that scripts share. They are put there from here, because the text is run again for each
/// entity, and what it declares then is there so many times.
fn state<const BEGIN: i64>(
    _: &ScriptAttachment,
    context: &mut RhaiScriptContext,
) -> Result<(), InteropError> {
    let scope = &mut context.scope;
    if scope.contains("values") {
        return Ok(());
    }
    let world = ThreadWorldContainer.try_get_context()?.world;
    let count = world.with_resource(|scripted: &world::Scripted| scripted.0.len())?;
    let axis = |axis: usize| -> Array {
        ROUTE.iter().map(|place| Dynamic::from_float(f64::from(place[axis]))).collect()
    };
    scope.push("route_x", axis(0));
    scope.push("route_z", axis(2));
    scope.push("values", vec![Dynamic::from_int(BEGIN); count]);
    scope.push("id", 0_i64);
    scope.push("waypoint", 0_i64);
    scope.push_dynamic("enemy", Dynamic::UNIT);
    Ok(())
}

/// The functions of scripts as functions of the engine, past the bindings.
fn register(runtime: &bevy_mod_scripting::rhai::RhaiRuntime) -> Result<(), ScriptError> {
    type Fallible<T> = Result<T, Box<EvalAltResult>>;
    fn within<T>(
        work: impl FnOnce(&bevy_mod_scripting::bindings::WorldGuard<'_>) -> Result<T, InteropError>,
    ) -> Fallible<T> {
        let context = ThreadWorldContainer.try_get_context().map_err(InteropError::from);
        context.and_then(|it| work(&it.world)).map_err(|error| format!("{error:?}").into())
    }
    let mut engine = runtime.write();
    engine
        .register_fn("me", || within(world::me))
        .register_fn("distance_to", |id: i64, x: f64, y: f64, z: f64| {
            within(|world| world::distance_to(world, id, [x as f32, y as f32, z as f32]))
        })
        .register_fn("move_towards", |id: i64, x: f64, y: f64, z: f64, step: f64| {
            within(|world| world::move_towards(world, id, [x as f32, y as f32, z as f32], step))
        })
        .register_fn("get_nearest_enemy", |id: i64, sight: f64| -> Fallible<Dynamic> {
            let found = within(|world| world::get_nearest_enemy(world, id, sight))?;
            Ok(found.map_or(Dynamic::UNIT, Dynamic::from_int))
        })
        .register_fn("apply_damage", |id: i64, amount: f64| {
            within(|world| world::change_health(world, id, -amount))
        })
        .register_fn("heal", |id: i64, amount: f64| {
            within(|world| world::change_health(world, id, amount))
        })
        .register_fn("get_health", |id: i64| within(|world| world::get_health(world, id)));
    Ok(())
}

/// What scripts keep of an entity.
pub fn value(context: &mut RhaiScriptContext, id: usize) -> Option<f64> {
    let values = context.scope.get_value_ref::<Array>("values")?;
    values.get(id)?.as_int().ok().map(|value| value as f64)
}

//! bevy_mod_scripting, with a callback for each entity in every tick.
//!
//! The setting is a language and a way: `rhai`, `lua` have their functions through the library's own
//! bindings; `rhai-direct`, `lua-direct` register them with the engine of the language, and leave out
//! what the library does before each call. All entities share one context, as the text of a script
//! would else be run for each of them.

mod bound;
mod lua;
mod rhai;
mod world;

use std::process::ExitCode;

use bevy::{
    asset::AssetPlugin,
    ecs::schedule::{ScheduleLabel, SingleThreadedExecutor},
    prelude::*,
};
use bevy_mod_scripting::{
    BMSPlugin,
    bindings::garbage_collector,
    core::{
        IntoScriptPluginParams,
        event::ScriptErrorEvent,
        pipeline::{PipelineRun, ScriptLoadingPipeline},
        script::ScriptContexts,
    },
    lua::LuaScriptingPlugin as LuaPlugin,
    prelude::*,
    rhai::RhaiScriptingPlugin as RhaiPlugin,
};
use stage::{Contestant, FULL_HEALTH, Grid, Job, Outcome, Place, Workload};

use self::world::{Changes, Health, Near, Number, Scripted};

#[cfg(all(feature = "lua54", feature = "luajit"))]
compile_error!("one Lua at a time: `--no-default-features --features luajit`");

fn main() -> ExitCode {
    stage::serve(Modded::start)
}

/// How scripts reach the functions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Through the library's bindings.
    Bound,
    /// As functions of the language's engine.
    Direct,
}

#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
struct Tick;

callback_labels!(OnUpdate => "on_update");

/// Loading calls nothing that these scripts do not have.
fn load_quickly<P: IntoScriptPluginParams>(pipeline: &mut ScriptLoadingPipeline<P>) {
    pipeline.on_script_loaded_callback = false;
    pipeline.on_script_reloaded_callback = false;
    pipeline.on_script_unloaded_callback = false;
}

struct Modded {
    app: App,
    is_lua: bool,
    workload: Workload,
}

impl Modded {
    fn start(job: &Job) -> Self {
        let (is_lua, way) = match job.setting.as_str() {
            "rhai" => (false, Way::Bound),
            "rhai-direct" => (false, Way::Direct),
            "lua" => (true, Way::Bound),
            "lua-direct" => (true, Way::Direct),
            setting => panic!("no such setting: {setting}"),
        };
        let workload = job.workload;
        let mut app = App::new();
        // Without the types of the game in every script's globals: these scripts use none, and a list
        // of them is made for each script that is read.
        let globals =
            CoreScriptGlobalsPlugin { filter: |_| false, register_static_references: false };
        let plugins = BMSPlugin.set(globals).set(rhai::plugin(workload, way)).set(lua::plugin(way));
        app.add_plugins((MinimalPlugins, AssetPlugin::default(), plugins));
        app.init_resource::<Near>().init_resource::<Changes>();
        app.register_type::<Transform>();
        let world = app.world_mut();
        world.register_component::<Number>();
        world.register_component::<Health>();
        if way == Way::Bound {
            bound::register(world);
        }
        let mut schedule = Schedule::new(Tick);
        schedule.set_executor(SingleThreadedExecutor::new());
        if workload == Workload::Skirmish {
            schedule.add_systems(find_near.before(send));
        }
        let rest = (heal_and_hurt, garbage_collector, forget_messages).chain();
        if is_lua {
            schedule.add_systems((send, event_handler::<OnUpdate, LuaPlugin>, rest).chain());
        } else {
            schedule.add_systems((send, event_handler::<OnUpdate, RhaiPlugin>, rest).chain());
        }
        app.add_schedule(schedule);
        app.finish();
        app.cleanup();

        let (text, language) = if is_lua {
            (lua::text(workload), Language::Lua)
        } else {
            (rhai::text(workload, way), Language::Rhai)
        };
        let script = app
            .world_mut()
            .resource_mut::<Assets<ScriptAsset>>()
            .add(ScriptAsset::new(text).with_language(language));
        let mut scripted = Vec::new();
        for (number, place) in stage::places(job, 0).into_iter().enumerate() {
            let place = Transform::from_translation(Vec3::from(place));
            let number = Number(number as i64);
            let fighter = (place, number, Health(FULL_HEALTH));
            scripted.push(app.world_mut().spawn(fighter).id());
        }
        app.world_mut().insert_resource(Scripted(scripted.clone()));
        for entity in scripted {
            app.world_mut().entity_mut(entity).insert(ScriptComponent::new([script.clone()]));
        }
        let mut modded = Self { app, is_lua, workload };
        modded.app.update();
        if is_lua {
            modded.app.update_until_all_scripts_processed::<LuaPlugin>();
        } else {
            modded.app.update_until_all_scripts_processed::<RhaiPlugin>();
        }
        modded
    }

    fn scripted(&self) -> Vec<Entity> {
        self.app.world().resource::<Scripted>().0.clone()
    }

    /// Asks the one context that there is.
    fn ask<P: IntoScriptPluginParams, R>(
        &self,
        question: impl FnOnce(&mut P::C) -> R,
    ) -> Option<R> {
        let contexts = self.app.world().resource::<ScriptContexts<P>>().read();
        let (_, context) = contexts.first_resident_from_each_context().next()?;
        let context = context.as_loaded()?;
        let mut context = context.lock();
        Some(question(&mut context))
    }
}

fn send(mut events: MessageWriter<ScriptCallbackEvent>) {
    events.write(ScriptCallbackEvent::new_for_all_scripts(OnUpdate, vec![]));
}

fn find_near(scripted: Res<Scripted>, places: Query<&Transform>, mut near: ResMut<Near>) {
    let place =
        |entity: &Entity| places.get(*entity).map_or([f32::NAN; 3], |at| at.translation.to_array());
    near.0 = Some(Grid::new(&scripted.0.iter().map(place).collect::<Vec<_>>()));
}

fn heal_and_hurt(mut changes: ResMut<Changes>, mut healths: Query<&mut Health>) {
    for (entity, change) in changes.0.drain(..) {
        if let Ok(mut health) = healths.get_mut(entity) {
            health.0 = (health.0 + change).clamp(0.0, FULL_HEALTH);
        }
    }
}

/// What a frame does with messages; and sees to it that no script has failed.
fn forget_messages(
    mut calls: ResMut<Messages<ScriptCallbackEvent>>,
    mut errors: ResMut<Messages<ScriptErrorEvent>>,
) {
    calls.update();
    if let Some(event) = errors.drain().next() {
        panic!("a script failed: {:?}", event.error);
    }
}

impl Contestant for Modded {
    fn tick(&mut self) {
        self.app.world_mut().run_schedule(Tick);
    }

    fn put(&mut self, places: &[Place]) {
        for (entity, place) in self.scripted().into_iter().zip(places) {
            if let Some(mut transform) = self.app.world_mut().get_mut::<Transform>(entity) {
                transform.translation = Vec3::from(*place);
            }
        }
    }

    fn outcomes(&mut self) -> Vec<Outcome> {
        let scripted = self.scripted();
        let numbers = 0..scripted.len();
        let has_value =
            matches!(self.workload, Workload::Counter | Workload::Patrol | Workload::Crunch);
        let values: Option<Vec<f64>> = if !has_value {
            None
        } else if self.is_lua {
            self.ask::<LuaPlugin, _>(|context| {
                numbers.map(|id| lua::value(context, id).unwrap_or(f64::NAN)).collect()
            })
        } else {
            self.ask::<RhaiPlugin, _>(|context| {
                numbers.map(|id| rhai::value(context, id).unwrap_or(f64::NAN)).collect()
            })
        };
        let outcome = |(i, entity): (usize, Entity)| {
            let entity = self.app.world().entity(entity);
            let place = entity.get::<Transform>();
            let place = place.map_or([f32::NAN; 3], |place| place.translation.to_array());
            let value = match self.workload {
                Workload::Skirmish => entity.get::<Health>().map(|health| f64::from(health.0)),
                _ if has_value => values.as_ref().map(|values| values[i]),
                _ => Some(0.0),
            };
            Outcome { place, value: value.unwrap_or(f64::NAN) }
        };
        scripted.into_iter().enumerate().map(outcome).collect()
    }
}

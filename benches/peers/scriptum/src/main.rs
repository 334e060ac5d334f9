//! bevy_scriptum, with a callback for each entity in every tick.
//!
//! Functions of a host are systems here. A call of one is put in a queue, and what it returns is a
//! promise. What scripts read is therefore handed to them as arguments, which is the quickest way; what
//! they change goes through the queue.
//!
//! The setting is the language, `rhai` or `lua`; with `-direct` behind it functions are registered with
//! the engine of the language, which bevy_scriptum allows, and act at once on a world that is lent to them.

mod direct;
mod world;

use std::process::ExitCode;

use bevy::{
    asset::AssetPlugin,
    ecs::schedule::{ExecutorKind, ScheduleLabel},
    prelude::*,
};
use bevy_scriptum::{
    FuncArgs, Runtime,
    prelude::*,
    runtimes::{
        lua::prelude::{LuaRuntime, LuaScriptData},
        rhai::prelude::{BevyVec3, RhaiRuntime, RhaiScriptData},
    },
};
use stage::{Contestant, FULL_HEALTH, Grid, Job, Outcome, Place, SIGHT, Workload};

use self::{
    direct::Direct,
    world::{Changes, Health, Number, Parts, Reach, Scripted},
};

fn main() -> ExitCode {
    stage::serve(Scriptum::start)
}

#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
struct Tick;

/// The systems that call scripts.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
struct Calls;

/// Asks a script what it has come to.
type Ask = fn(&mut World, Entity, i64) -> Option<f64>;

struct Scriptum {
    app: App,
    workload: Workload,
    ask: Ask,
}

impl Scriptum {
    fn start(job: &Job) -> Self {
        let workload = job.workload;
        let mut app = App::new();
        app.add_plugins((MinimalPlugins, AssetPlugin::default()));
        app.init_resource::<Changes>();
        let mut tick = Schedule::new(Tick);
        tick.set_executor_kind(ExecutorKind::SingleThreaded);
        app.add_schedule(tick);
        let (language, is_direct) = match job.setting.strip_suffix("-direct") {
            Some(language) => (language, true),
            None => (job.setting.as_str(), false),
        };
        let ask: Ask = match language {
            "rhai" => {
                app.add_scripting::<RhaiRuntime>(|runtime| {
                    if !is_direct {
                        let runtime =
                            runtime.add_function("move_towards".to_owned(), move_towards_vector);
                        runtime
                            .add_function("apply_damage".to_owned(), apply_damage)
                            .add_function("heal".to_owned(), heal);
                    }
                });
                let text = rhai_text(workload, is_direct);
                begin::<RhaiRuntime>(&mut app, job, text, is_direct);
                if workload == Workload::Patrol && !is_direct {
                    app.add_systems(Tick, call_with_vector.in_set(Calls));
                }
                |world, entity, id| {
                    let value = value_of::<RhaiRuntime>(world, entity, id)?;
                    value.0.as_int().ok().map(|value| value as f64)
                }
            }
            "lua" => {
                app.add_scripting::<LuaRuntime>(|runtime| {
                    if !is_direct {
                        let runtime = runtime.add_function("move_towards".to_owned(), move_towards);
                        runtime
                            .add_function("apply_damage".to_owned(), apply_damage)
                            .add_function("heal".to_owned(), heal);
                    }
                });
                let text = lua_text(workload, is_direct);
                begin::<LuaRuntime>(&mut app, job, text, is_direct);
                if workload == Workload::Patrol && !is_direct {
                    app.add_systems(Tick, call_with_place.in_set(Calls));
                }
                |world, entity, id| {
                    let value = value_of::<LuaRuntime>(world, entity, id)?;
                    let runtime = world.resource::<LuaRuntime>();
                    runtime.with_engine(|lua| lua.registry_value(&value.0).ok())
                }
            }
            setting => panic!("no such setting: {setting}"),
        };
        Self { app, workload, ask }
    }

    fn scripted(&self) -> Vec<Entity> {
        self.app.world().resource::<Scripted>().0.clone()
    }
}

fn lua_text(workload: Workload, is_direct: bool) -> &'static str {
    match workload {
        Workload::Empty => include_str!("../scripts/empty.lua"),
        Workload::Counter => include_str!("../scripts/counter.lua"),
        Workload::Patrol if is_direct => include_str!("../scripts/patrol_direct.lua"),
        Workload::Patrol => include_str!("../scripts/patrol.lua"),
        Workload::Skirmish if is_direct => include_str!("../scripts/skirmish_direct.lua"),
        Workload::Skirmish => include_str!("../scripts/skirmish.lua"),
        Workload::Crunch => include_str!("../scripts/crunch.lua"),
        Workload::Undefined | Workload::Events => panic!("bevy_scriptum fails here"),
    }
}

fn rhai_text(workload: Workload, is_direct: bool) -> &'static str {
    match workload {
        Workload::Empty => include_str!("../scripts/empty.rhai"),
        Workload::Counter => include_str!("../scripts/counter.rhai"),
        Workload::Patrol if is_direct => include_str!("../scripts/patrol_direct.rhai"),
        Workload::Patrol => include_str!("../scripts/patrol.rhai"),
        Workload::Skirmish if is_direct => include_str!("../scripts/skirmish_direct.rhai"),
        Workload::Skirmish => include_str!("../scripts/skirmish.rhai"),
        Workload::Crunch => include_str!("../scripts/crunch.rhai"),
        Workload::Undefined | Workload::Events => panic!("bevy_scriptum fails here"),
    }
}

/// Sets everything up for a language.
fn begin<R: Direct>(app: &mut App, job: &Job, text: &str, is_direct: bool)
where
    (): for<'a> FuncArgs<'a, R::Value, R>,
    (i64,): for<'a> FuncArgs<'a, R::Value, R>,
    (i64, i64, f64): for<'a> FuncArgs<'a, R::Value, R>,
{
    app.world_mut().resource_mut::<R>().register();
    app.edit_schedule(R::Schedule::default(), |schedule| {
        schedule.set_executor_kind(ExecutorKind::SingleThreaded);
    });
    match job.workload {
        Workload::Empty => app.add_systems(Tick, call_plain::<R>.in_set(Calls)),
        Workload::Patrol if is_direct => {
            app.add_systems(Tick, call_with_world::<R, false>.in_set(Calls))
        }
        // What is handed to them depends on the language.
        Workload::Patrol => app,
        Workload::Skirmish if is_direct => {
            app.add_systems(Tick, call_with_world::<R, true>.in_set(Calls))
        }
        Workload::Skirmish => app.add_systems(Tick, call_with_enemy::<R>.in_set(Calls)),
        _ => app.add_systems(Tick, call_with_number::<R>.in_set(Calls)),
    };
    app.add_systems(Tick, (run_queue::<R>, heal_and_hurt).chain().after(Calls));
    app.finish();
    app.cleanup();
    let script = app
        .world_mut()
        .resource_mut::<Assets<R::ScriptAsset>>()
        .add(R::ScriptAsset::from(text.to_owned()));
    let mut scripted = Vec::new();
    for (number, place) in stage::places(job, 0).into_iter().enumerate() {
        let place = Transform::from_translation(Vec3::from(place));
        let script = Script::<R::ScriptAsset>::new(script.clone());
        let entity = (place, Number(number as i64), Health(FULL_HEALTH), script);
        scripted.push(app.world_mut().spawn(entity).id());
    }
    app.insert_resource(Scripted(scripted));
    // Here the scripts are read.
    app.world_mut().run_schedule(R::Schedule::default());
    let world = app.world_mut();
    let ready = world.query::<&R::ScriptData>().iter(world).count();
    assert_eq!(ready, job.entities, "all scripts run");
}

fn move_towards(
    In((id, x, y, z, step)): In<(i64, f64, f64, f64, f64)>,
    scripted: Res<Scripted>,
    mut places: Query<&mut Transform>,
) {
    if let Ok(mut place) = places.get_mut(scripted.entity(id)) {
        let to = [x as f32, y as f32, z as f32];
        place.translation = Vec3::from(stage::moved(place.translation.to_array(), to, step));
    }
}

fn move_towards_vector(
    In((id, to, step)): In<(i64, BevyVec3, f64)>,
    scripted: Res<Scripted>,
    places: Query<&mut Transform>,
) {
    let [x, y, z] = to.0.to_array().map(f64::from);
    move_towards(In((id, x, y, z, step)), scripted, places);
}

fn apply_damage(
    In((id, amount)): In<(i64, f64)>,
    scripted: Res<Scripted>,
    mut changes: ResMut<Changes>,
) {
    changes.0.push((scripted.entity(id), -amount as f32));
}

fn heal(In((id, amount)): In<(i64, f64)>, scripted: Res<Scripted>, mut changes: ResMut<Changes>) {
    changes.0.push((scripted.entity(id), amount as f32));
}

/// What bevy_scriptum does in a frame, the calls that scripts have made at its end.
fn run_queue<R: Runtime>(world: &mut World) {
    world.run_schedule(R::Schedule::default());
}

/// Calls `on_update` of one script.
fn call<R: Runtime>(
    runtime: &R,
    data: &mut R::ScriptData,
    entity: Entity,
    arguments: impl for<'a> FuncArgs<'a, R::Value, R> + Send + 'static,
) {
    if let Err(error) = runtime.call_fn("on_update", data, entity, arguments) {
        panic!("a script failed: {error}");
    }
}

fn call_plain<R: Runtime>(mut scripts: Query<(Entity, &mut R::ScriptData)>, runtime: Res<R>)
where
    (): for<'a> FuncArgs<'a, R::Value, R>,
{
    for (entity, mut data) in &mut scripts {
        call(&*runtime, &mut data, entity, ());
    }
}

fn call_with_number<R: Runtime>(
    mut scripts: Query<(Entity, &mut R::ScriptData, &Number)>,
    runtime: Res<R>,
) where
    (i64,): for<'a> FuncArgs<'a, R::Value, R>,
{
    for (entity, mut data, number) in &mut scripts {
        call(&*runtime, &mut data, entity, (number.0,));
    }
}

fn call_with_vector(
    mut scripts: Query<(Entity, &mut RhaiScriptData, &Number, &Transform)>,
    runtime: Res<RhaiRuntime>,
) {
    for (entity, mut data, number, place) in &mut scripts {
        call(&*runtime, &mut data, entity, (number.0, BevyVec3(place.translation)));
    }
}

fn call_with_world<R: Runtime, const HAS_GRID: bool>(
    mut scripts: Query<(Entity, &mut R::ScriptData, &Number)>,
    runtime: Res<R>,
    mut parts: Parts,
) where
    (i64,): for<'a> FuncArgs<'a, R::Value, R>,
{
    let grid = HAS_GRID.then(|| Grid::new(&parts.all_places()));
    world::lend(&mut Reach { parts: &mut parts, grid }, || {
        for (entity, mut data, number) in &mut scripts {
            call(&*runtime, &mut data, entity, (number.0,));
        }
    });
}

fn call_with_place(
    mut scripts: Query<(Entity, &mut LuaScriptData, &Number, &Transform)>,
    runtime: Res<LuaRuntime>,
) {
    for (entity, mut data, number, place) in &mut scripts {
        let [x, y, z] = place.translation.to_array().map(f64::from);
        call(&*runtime, &mut data, entity, (number.0, x, y, z));
    }
}

fn call_with_enemy<R: Runtime>(
    mut scripts: Query<(Entity, &mut R::ScriptData, &Number, &Transform, &Health)>,
    runtime: Res<R>,
) where
    (i64, i64, f64): for<'a> FuncArgs<'a, R::Value, R>,
{
    let mut places: Vec<(i64, Place)> = scripts
        .iter()
        .map(|(_, _, number, place, _)| (number.0, place.translation.to_array()))
        .collect();
    places.sort_unstable_by_key(|(number, _)| *number);
    let grid = Grid::new(&places.into_iter().map(|(_, place)| place).collect::<Vec<_>>());
    for (entity, mut data, number, place, health) in &mut scripts {
        let place = place.translation.to_array();
        let enemy = grid.nearest_enemy(number.0 as usize, place, SIGHT);
        let enemy = enemy.map_or(-1, |enemy| enemy as i64);
        call(&*runtime, &mut data, entity, (number.0, enemy, f64::from(health.0)));
    }
}

fn heal_and_hurt(mut changes: ResMut<Changes>, mut healths: Query<&mut Health>) {
    for (entity, change) in changes.0.drain(..) {
        if let Ok(mut health) = healths.get_mut(entity) {
            health.0 = (health.0 + change).clamp(0.0, FULL_HEALTH);
        }
    }
}

fn value_of<R: Runtime>(world: &mut World, entity: Entity, id: i64) -> Option<R::Value>
where
    (i64,): for<'a> FuncArgs<'a, R::Value, R>,
{
    world.resource_scope(|world, runtime: Mut<R>| {
        let mut data = world.get_mut::<R::ScriptData>(entity)?;
        runtime.call_fn("value_of", &mut data, entity, (id,)).ok()
    })
}

impl Contestant for Scriptum {
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
        let (workload, ask) = (self.workload, self.ask);
        let scripted = self.scripted();
        let world = self.app.world_mut();
        let outcome = |(i, entity): (usize, Entity)| {
            let value = match workload {
                Workload::Empty => Some(0.0),
                Workload::Skirmish => world.get::<Health>(entity).map(|it| f64::from(it.0)),
                _ => ask(world, entity, i as i64),
            };
            let place = world.get::<Transform>(entity);
            Outcome {
                place: place.map_or([f32::NAN; 3], |place| place.translation.to_array()),
                value: value.unwrap_or(f64::NAN),
            }
        };
        scripted.into_iter().enumerate().map(outcome).collect()
    }
}

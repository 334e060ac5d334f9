//! Glue on mlua as somebody writes it who knows it: one Lua, a table of state for each entity, functions
//! over a borrowed world. Nothing is metered, nothing undone when a script fails.
//!
//! The setting says who calls the scripts: `each` calls `on_update` from Rust for each entity, so that an
//! error in one leaves the others alone; `all` calls once and lets Lua go through the entities.

mod functions;
mod world;

use std::process::ExitCode;

use bevy::{
    ecs::schedule::{ScheduleLabel, SingleThreadedExecutor},
    prelude::*,
};
use mlua::{Function, Lua};
use stage::{Contestant, DELTA_TIME, FULL_HEALTH, Grid, Job, Outcome, Place, Workload};

use self::world::{Health, Parts, Reach, Scripted};

#[cfg(all(feature = "luau", feature = "luajit"))]
compile_error!("one Lua at a time: `--no-default-features --features luajit`");

fn main() -> ExitCode {
    stage::serve(Glue::start)
}

#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
struct Tick;

/// Who goes through the entities.
enum Callbacks {
    /// The script has no callback.
    None,
    Each(Function),
    All(Function),
}

/// The scripts; not sent between threads, as no Lua is.
struct Scripts {
    callbacks: Callbacks,
    count: usize,
    value: Function,
    has_grid: bool,
    _lua: Lua,
}

fn text(workload: Workload) -> &'static str {
    match workload {
        Workload::Empty => include_str!("../scripts/empty.lua"),
        Workload::Undefined | Workload::Events => include_str!("../scripts/undefined.lua"),
        Workload::Counter => include_str!("../scripts/counter.lua"),
        #[cfg(feature = "luau")]
        Workload::Patrol => include_str!("../scripts/patrol.luau"),
        #[cfg(not(feature = "luau"))]
        Workload::Patrol => include_str!("../scripts/patrol.lua"),
        Workload::Skirmish => include_str!("../scripts/skirmish.lua"),
        Workload::Crunch => include_str!("../scripts/crunch.lua"),
    }
}

impl Scripts {
    fn new(job: &Job) -> mlua::Result<Self> {
        let lua = Lua::new();
        #[cfg(feature = "luau")]
        {
            // Level 2 inlines; machine code is made of all that can be.
            lua.set_compiler(mlua::chunk::Compiler::new().set_optimization_level(2));
            lua.enable_jit(true);
        }
        functions::register(&lua)?;
        #[cfg(feature = "luau")]
        lua.sandbox(true)?;
        let chunk = lua.load(text(job.workload)).set_name(job.workload.name());
        let (on_update, new, value): (Option<Function>, Function, Function) = chunk.call(())?;
        let is_defined = on_update.is_some();
        // The states stay in Lua: it holds only some thousand values for its host.
        let host = lua.load(include_str!("../scripts/host.lua")).set_name("host");
        let (each, all, value) = host.call((on_update, new, value, job.entities))?;
        let callbacks = match job.setting.as_str() {
            _ if !is_defined => Callbacks::None,
            "all" => Callbacks::All(all),
            _ => Callbacks::Each(each),
        };
        let has_grid = job.workload == Workload::Skirmish;
        Ok(Self { callbacks, count: job.entities, value, has_grid, _lua: lua })
    }

    fn run(&self) {
        match &self.callbacks {
            Callbacks::None => {}
            Callbacks::All(all) => {
                if let Err(error) = all.call::<()>(DELTA_TIME) {
                    error!("{error}");
                }
            }
            Callbacks::Each(each) => {
                for entity in 1..=self.count {
                    if let Err(error) = each.call::<()>((entity, DELTA_TIME)) {
                        error!("entity {entity}: {error}");
                    }
                }
            }
        }
    }
}

fn run_scripts(scripts: NonSend<Scripts>, scripted: Res<Scripted>, mut parts: Parts) {
    let grid = scripts.has_grid.then(|| {
        let place = |entity: &Entity| {
            parts.places.get(*entity).map_or([f32::NAN; 3], |place| place.translation.to_array())
        };
        Grid::new(&scripted.0.iter().map(place).collect::<Vec<_>>())
    });
    let mut reach = Reach { scripted: &scripted.0, parts: &mut parts, grid, changes: Vec::new() };
    world::lend(&mut reach, || scripts.run());
    let changes = std::mem::take(&mut reach.changes);
    for (entity, change) in changes {
        if let Ok(mut health) = parts.healths.get_mut(entity) {
            health.0 = (health.0 + change).clamp(0.0, FULL_HEALTH);
        }
    }
}

struct Glue {
    world: World,
    workload: Workload,
}

impl Glue {
    fn start(job: &Job) -> Self {
        let mut world = World::new();
        let mut schedule = Schedule::new(Tick);
        schedule.set_executor(SingleThreadedExecutor::new()).add_systems(run_scripts);
        world.add_schedule(schedule);
        world.insert_non_send(Scripts::new(job).expect("the scripts begin"));
        let mut scripted = Vec::new();
        for place in stage::places(job, 0) {
            let mut entity = world.spawn(Transform::from_translation(Vec3::from(place)));
            if job.workload == Workload::Skirmish {
                entity.insert(Health(FULL_HEALTH));
            }
            scripted.push(entity.id());
        }
        world.insert_resource(Scripted(scripted));
        Self { world, workload: job.workload }
    }

    fn scripted(&self) -> Vec<Entity> {
        self.world.resource::<Scripted>().0.clone()
    }
}

impl Contestant for Glue {
    fn tick(&mut self) {
        self.world.run_schedule(Tick);
    }

    fn put(&mut self, places: &[Place]) {
        for (entity, place) in self.scripted().into_iter().zip(places) {
            if let Some(mut transform) = self.world.get_mut::<Transform>(entity) {
                transform.translation = Vec3::from(*place);
            }
        }
    }

    fn outcomes(&mut self) -> Vec<Outcome> {
        let scripts = self.world.non_send::<Scripts>();
        let outcome = |(i, entity): (usize, Entity)| {
            let entity = self.world.entity(entity);
            let place = entity.get::<Transform>();
            let place = place.map_or([f32::NAN; 3], |place| place.translation.to_array());
            let value = match self.workload {
                Workload::Skirmish => entity.get::<Health>().map(|health| f64::from(health.0)),
                _ => scripts.value.call(i + 1).ok(),
            };
            Outcome { place, value: value.unwrap_or(f64::NAN) }
        };
        self.scripted().into_iter().enumerate().map(outcome).collect()
    }
}

//! bevy_cscript as a game runs it: the plugin, metered and checked with the limits that it comes with,
//! and all of `ScriptTick`: scripts collected, run, and what they ask for applied.
//!
//! The setting is the number of script threads, and after a `/` how many entities are a client's, and so held to a
//! share of the tick as mods are: `2/100`.

mod scripts;

use std::process::ExitCode;

use bevy::prelude::*;
use bevy_cscript::{
    authority::ClientId,
    contract::TickCaps,
    prelude::*,
    runtime::{
        EventBudget, ScriptTick, TickBudget,
        authority::Owner,
        gameplay::{Damaged, Health, Team},
    },
    testing::ScriptTestApp,
};
use stage::{Contestant, FULL_HEALTH, Job, Outcome, Place, Workload};

fn main() -> ExitCode {
    stage::serve(Ours::start)
}

struct Ours {
    app: ScriptTestApp,
    entities: Vec<Entity>,
    job: Job,
    ticks: usize,
}

impl Ours {
    fn start(job: &Job) -> Self {
        let (threads, held) = job.setting.split_once('/').unwrap_or((&job.setting, "0"));
        let number = |text: &str| text.parse::<usize>().expect("the setting is made of numbers");
        let (threads, held) = (ScriptThreads::Fixed(number(threads)), number(held));
        let mut app =
            ScriptTestApp::with(ScriptingPlugin { threads, ..ScriptingPlugin::default() });
        // Nothing is put off to another tick, so that what is measured is what was asked for.
        app.world_mut().insert_resource(EventBudget(usize::MAX));
        let caps = TickCaps { commands: usize::MAX, ..TickCaps::default() };
        let fuel = u64::MAX / 2;
        app.world_mut().insert_resource(TickBudget { fuel, caps, ..TickBudget::default() });
        let scripts: Vec<_> = (0..job.scripts)
            .map(|i| app.script(&format!("{i}.rhai"), &scripts::text(job, i)))
            .collect();
        // From here on the plugin knows the scripts, and who has one starts in the next tick.
        app.ticks(3);
        let mut entities = Vec::new();
        for (i, place) in stage::places(job, 0).into_iter().enumerate() {
            let place = Transform::from_translation(Vec3::from(place));
            let script = CScript::new(scripts[i % scripts.len()].clone());
            let mut entity = app.world_mut().spawn((place, script));
            if job.workload == Workload::Skirmish {
                let team = ["red", "blue"][stage::side(i)];
                entity.insert((Team(team.to_owned()), Health::full(FULL_HEALTH)));
            }
            // Spread among all.
            if (i + 1) * held / job.entities > i * held / job.entities {
                entity.insert(Owner(ClientId(1)));
            }
            entities.push(entity.id());
        }
        Self { app, entities, job: job.clone(), ticks: 0 }
    }

    fn ring_bells(&mut self) {
        for i in self.job.events_of(self.ticks) {
            let id = self.app.id(self.entities[i]);
            self.app.send(ScriptEvent::custom("on_bell", [Value::Int(1)]).to(id));
        }
    }
}

impl Contestant for Ours {
    fn tick(&mut self) {
        if self.job.events > 0 {
            self.ring_bells();
        }
        self.app.world_mut().run_schedule(ScriptTick);
        if self.job.events > 0 {
            // A frame drops the messages of the one before the last.
            self.app.world_mut().resource_mut::<Messages<ScriptEvent>>().update();
        }
        self.ticks += 1;
    }

    fn put(&mut self, places: &[Place]) {
        // A frame drops the messages of the one before the last.
        self.app.world_mut().resource_mut::<Messages<Damaged>>().update();
        for (entity, place) in self.entities.iter().zip(places) {
            if let Some(mut transform) = self.app.world_mut().get_mut::<Transform>(*entity) {
                transform.translation = Vec3::from(*place);
            }
        }
    }

    fn outcomes(&mut self) -> Vec<Outcome> {
        let app = &self.app;
        let value = |entity: Entity| match scripts::variable(self.job.workload) {
            Some(variable) => match app.get(entity, variable) {
                Value::Int(n) => n as f64,
                _ => f64::NAN,
            },
            None => app.world().get::<Health>(entity).map_or(0.0, |it| f64::from(it.current)),
        };
        let outcome = |entity: &Entity| {
            let place = app.world().get::<Transform>(*entity);
            let place = place.map_or([f32::NAN; 3], |place| place.translation.to_array());
            Outcome { place, value: value(*entity) }
        };
        self.entities.iter().map(outcome).collect()
    }
}

use std::{collections::BTreeMap, sync::Arc};

use bevy_cscript::{
    api::{ApiTable, CallScope, ScriptContext},
    contract::{
        Callback, ErrorKind, Pack, ScriptError, ScriptId, ScriptLimits, ScriptSource, Shape, Stack,
        Value, Vitals,
    },
    script::{ScriptCompiler, ScriptInstance},
    testing::{FakeEntity, FakeWorld},
    trust::{TrustLevel, TrustPolicy, Unsigned, Verified},
};
use glam::Vec3;

/// How a case ended: the kind of its first error, or that there was none.
pub(crate) type Counts = BTreeMap<&'static str, u64>;

/// Where cases are run: bytes to a source, to a script, to calls.
pub(crate) struct Stand {
    compiler: ScriptCompiler,
    policy: TrustPolicy,
    world: FakeWorld,
}

impl Stand {
    pub(crate) fn new() -> Self {
        // What the clock says has no place here: a case does the same each time.
        let limits = ScriptLimits::for_mods().consensus();
        let mut world = FakeWorld::default();
        for id in 1..=6_i64 {
            let entity = FakeEntity {
                tag: format!("t{id}"),
                team: if id % 2 == 0 { "a" } else { "b" }.to_owned(),
                vitals: Some(Vitals { health: 50.0, max: 100.0, armor: 1.0 }),
                shape: Some(Shape::Sphere { radius: 1.0 }),
                pack: Some(Pack {
                    stacks: vec![Stack { item: "coin".into(), count: 3 }],
                    slots: 3,
                }),
                components: [("Stats".to_owned(), Value::map().with("power", 1.0))].into(),
                ..FakeEntity::at(Vec3::new(id as f32, 0.0, 2.0))
            };
            world.entities.insert(ScriptId(id), entity);
        }
        world.exposed.insert("Stats".to_owned(), true);
        world.prefabs.insert("spark".to_owned());
        world.items.insert("coin".to_owned(), 10);
        let policy =
            TrustPolicy { unsigned: Unsigned::Allow(TrustLevel::Mod), ..TrustPolicy::default() };
        let compiler = ScriptCompiler::new(ApiTable::default(), limits);
        Self { compiler, policy, world }
    }

    /// Runs a case to its end: loads, starts, calls back for two ticks, takes state out and puts it back.
    /// A panic is what is looked for; one of the host's functions that was caught counts as one.
    pub(crate) fn run(&self, bytes: Vec<u8>) -> &'static str {
        let source = ScriptSource::new("case.rhai", bytes);
        let Ok(source) = Verified::check(source, &self.policy) else { return "refused" };
        let script = match self.compiler.compile(&source) {
            Ok(script) => Arc::new(script),
            Err(errors) => {
                errors.iter().for_each(|error| drop(error.to_string()));
                return "refused";
            }
        };
        let mut first = None;
        let mut note = |result: Result<(), ScriptError>| {
            if let Err(error) = result {
                assert!(error.kind != ErrorKind::Host, "a native panicked: {error}");
                drop(error.to_string());
                first.get_or_insert(error.kind);
            }
        };
        let mut context = self.context(0);
        let started = ScriptInstance::start(script.clone(), &mut context);
        drop(context.take_commands());
        match started {
            Err(error) => note(Err(error)),
            Ok(mut instance) => {
                for tick in 0..2 {
                    for (callback, args) in [
                        (Callback::OnUpdate, vec![]),
                        (Callback::OnMessage, vec![Value::from("t"), Value::Int(1)]),
                        (Callback::OnDamage, vec![Value::Float(1.0), Value::Int(2)]),
                    ] {
                        let Some(function) = script.callback(callback) else { continue };
                        let mut context = self.context(tick);
                        note(instance.call(function, &args, &mut context));
                    }
                }
                let snapshot = instance.snapshot();
                if let Err(error) = instance.restore(&snapshot) {
                    panic!("what was kept cannot be kept: {error}");
                }
                let again = instance.reloaded(script, &mut self.context(3));
                note(again.map(drop));
            }
        }
        first.map_or("ends", |kind| match kind {
            ErrorKind::Fuel => "fuel",
            ErrorKind::Memory => "memory",
            ErrorKind::Time => "time",
            _ => "error",
        })
    }

    fn context(&self, tick: u64) -> ScriptContext<'_> {
        let mut context = ScriptContext::new(CallScope {
            world: &self.world,
            world_seed: 1,
            tick,
            delta_time: 1.0 / 64.0,
        });
        context.begin(ScriptId(1), tick);
        context
    }
}

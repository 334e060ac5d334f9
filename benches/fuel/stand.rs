use std::{cell::Cell, collections::BTreeMap, sync::Arc, time::Duration};

use bevy_cscript::{
    api::{ApiTable, CallScope, ScriptContext},
    contract::{
        Callback, ErrorKind, Pack, SafetyLimits, ScriptId, ScriptLimits, ScriptSource, Shape,
        Stack, Value, Vitals,
    },
    script::{CompiledScript, ScriptCompiler, ScriptInstance, StateSnapshot},
    testing::{FakeEntity, FakeWorld},
    trust::{TrustLevel, TrustPolicy, Unsigned, Verified},
};
use glam::Vec3;

use super::{
    clock,
    operands::{maker, script},
};

/// What one turn of a body costs beside its loop.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) nanoseconds: f64,
    pub(crate) units: f64,
}

impl Cost {
    pub(crate) fn per_unit(self) -> f64 {
        self.nanoseconds / self.units
    }
}

/// Where operations are run: the limits of mods, but for fuel and commands.
pub(crate) struct Stand {
    compiler: ScriptCompiler,
    /// With the limits of strangers, and a clock in place of fuel.
    clocked: ScriptCompiler,
    policy: TrustPolicy,
    world: FakeWorld,
    /// The large values.
    kept: StateSnapshot,
    /// What an empty loop of 1,000 turns costs, by itself and around a `try`.
    empty: Cell<[Option<Run>; 2]>,
}

/// A call: its least time, and its fuel.
#[derive(Clone, Copy)]
struct Run {
    nanoseconds: f64,
    units: f64,
}

/// Why a body cannot be run so often.
enum Ends {
    /// With an error that a script can catch.
    Error,
    /// At a limit, or it does not compile.
    Limit,
}

/// Nanoseconds that a run should take: long beside the clock's grain, short beside a search.
const LONG: f64 = 150_000.0;
const RUNS: usize = 4;
const DEADLINE: Duration = Duration::from_millis(2);

impl Stand {
    pub(crate) fn new() -> Self {
        let limits = ScriptLimits {
            fuel: u64::MAX / 4,
            start_fuel: u64::MAX / 4,
            commands: 100_000,
            memory_bytes: 64 * 1024 * 1024,
            state_bytes: 64 * 1024 * 1024,
            ..ScriptLimits::for_mods().consensus()
        };
        let policy =
            TrustPolicy { unsigned: Unsigned::Allow(TrustLevel::Mod), ..TrustPolicy::default() };
        let compiler = ScriptCompiler::new(ApiTable::default(), limits);
        let strangers = ScriptLimits::untrusted();
        let safety = SafetyLimits { deadline: Some(DEADLINE), ..strangers.safety };
        let strangers = ScriptLimits {
            fuel: u64::MAX / 4,
            commands: 1_000_000,
            state_bytes: 64 * 1024 * 1024,
            safety,
            ..strangers
        };
        let clocked = ScriptCompiler::new(ApiTable::default(), strangers);
        let kept = StateSnapshot(BTreeMap::new());
        let mut stand =
            Self { compiler, clocked, policy, world: world(), kept, empty: Cell::default() };
        stand.kept = stand.made();
        stand
    }

    /// The large values.
    fn made(&self) -> StateSnapshot {
        let made =
            self.compiled(&self.compiler, &maker()).expect("what makes large values compiles");
        let mut context = self.context();
        let mut instance = ScriptInstance::start(made.clone(), &mut context).expect("and starts");
        let function = made.callback(Callback::OnSpawn).expect("and has this function");
        instance.call(function, &[], &mut context).expect("which ends");
        instance.snapshot()
    }

    fn compiled(&self, compiler: &ScriptCompiler, text: &str) -> Option<Arc<CompiledScript>> {
        let source = ScriptSource::new("bench.rhai", text.as_bytes().to_vec());
        let verified = Verified::check(source, &self.policy).ok()?;
        compiler.compile(&verified).ok().map(Arc::new)
    }

    /// Nanoseconds of a plain loop's instruction.
    pub(crate) fn base(&self) -> f64 {
        let cost = self.cost("let n = 0; while n < 1000 { n += 1; }");
        cost.expect("a plain loop ends").per_unit()
    }

    /// What a body costs; `None` if it cannot be run.
    pub(crate) fn cost(&self, body: &str) -> Option<Cost> {
        let caught = match body.split_once(";;") {
            Some((once, body)) => format!("{once};; try {{ {body} }} catch {{ }}"),
            None => format!("try {{ {body} }} catch {{ }}"),
        };
        let (body, is_caught, few) = match self.turns(body, 8) {
            Ok(few) => (body, false, few),
            Err(Ends::Error) => (&*caught, true, self.turns(&caught, 8).ok()?),
            Err(Ends::Limit) => return None,
        };
        let empty = self.empty(is_caught)?;
        let of_turn = |run: Run, turns: f64| Cost {
            nanoseconds: run.nanoseconds / turns - empty.nanoseconds / 1e3,
            units: run.units / turns - empty.units / 1e3,
        };
        // What is made before the loop counts, too, in few turns.
        let base = self.turns(body, 0).ok()?;
        let each = ((few.nanoseconds - base.nanoseconds) / 8.0).max(1.0);
        let mut turns = (LONG / each).clamp(4.0, 20_000.0) as usize;
        // What grows in place may reach a limit; then fewer turns have to do.
        let run = loop {
            match self.turns(body, turns) {
                Ok(run) => break run,
                Err(_) if turns > 8 => turns /= 4,
                Err(_) => return None,
            }
        };
        let run =
            Run { nanoseconds: run.nanoseconds - base.nanoseconds, units: run.units - base.units };
        let cost = of_turn(run, turns as f64);
        // A body that is cheaper than an empty one is too short to be measured.
        (cost.units >= 0.5 && cost.nanoseconds > 0.0).then_some(cost)
    }

    /// How many nanoseconds after the deadline a call ended that does nothing but this; `None` if something
    /// else ended it.
    pub(crate) fn overrun(&self, body: &str) -> Option<f64> {
        let mut bodies = vec![body.to_owned()];
        if !body.contains(";;") {
            bodies.push(format!("try {{ {body} }} catch {{ }}"));
        }
        bodies.iter().find_map(|body| {
            let script = self.compiled(&self.clocked, &script(body, 1_000_000_000))?;
            let mut context = self.context();
            let mut instance = ScriptInstance::start(script.clone(), &mut context).ok()?;
            instance.restore(&self.kept).ok()?;
            let function = script.callback(Callback::OnUpdate)?;
            let mut context = self.context();
            let started = clock::nanoseconds();
            let called = instance.call(function, &[], &mut context);
            let taken = clock::nanoseconds() - started;
            let is_ended = called.is_err_and(|error| error.kind == ErrorKind::Time);
            is_ended.then_some(taken - DEADLINE.as_nanos() as f64)
        })
    }

    fn empty(&self, is_caught: bool) -> Option<Run> {
        let mut known = self.empty.get();
        let place = &mut known[usize::from(is_caught)];
        if place.is_none() {
            let body = if is_caught { "try { } catch { }" } else { "" };
            let (all, none) = (self.turns(body, 1_000).ok()?, self.turns(body, 0).ok()?);
            *place = Some(Run {
                nanoseconds: all.nanoseconds - none.nanoseconds,
                units: all.units - none.units,
            });
        }
        let found = *place;
        self.empty.set(known);
        found
    }

    fn turns(&self, body: &str, turns: usize) -> Result<Run, Ends> {
        self.run(&script(body, turns))
    }

    fn run(&self, text: &str) -> Result<Run, Ends> {
        let script = self.compiled(&self.compiler, text).ok_or(Ends::Limit)?;
        let mut best = f64::INFINITY;
        let mut units = 0;
        let mut context = self.context();
        let Ok(mut instance) = ScriptInstance::start(script.clone(), &mut context) else {
            return Err(Ends::Limit);
        };
        instance.restore(&self.kept).map_err(|_| Ends::Limit)?;
        let function = script.callback(Callback::OnUpdate).ok_or(Ends::Limit)?;
        for _ in 0..RUNS {
            let mut context = self.context();
            let started = clock::nanoseconds();
            let called = instance.call(function, &[], &mut context);
            let taken = clock::nanoseconds() - started;
            best = best.min(taken);
            units = context.take_fuel();
            called.map_err(|error| match error.kind {
                ErrorKind::Fuel | ErrorKind::Memory | ErrorKind::Time => Ends::Limit,
                _ => Ends::Error,
            })?;
        }
        Ok(Run { nanoseconds: best, units: units as f64 })
    }

    fn context(&self) -> ScriptContext<'_> {
        let mut context = ScriptContext::new(CallScope {
            world: &self.world,
            world_seed: 1,
            tick: 1,
            delta_time: 1.0 / 64.0,
        });
        context.begin(ScriptId(1), 1);
        context
    }
}

/// 32 entities in a square, of two teams.
fn world() -> FakeWorld {
    let mut world = FakeWorld::default();
    for id in 1..=32_i64 {
        let entity = FakeEntity {
            tag: format!("tag{id}"),
            team: if id % 2 == 1 { "red" } else { "blue" }.to_owned(),
            vitals: Some(Vitals { health: 100.0, max: 100.0, armor: 1.0 }),
            attack_power: 5.0,
            eye_height: 1.7,
            shape: Some(Shape::Sphere { radius: 0.5 }),
            pack: Some(Pack { stacks: vec![Stack { item: "coin".into(), count: 5 }], slots: 8 }),
            components: [("Stats".to_owned(), Value::map().with("power", 10.0))].into(),
            animations: Some(["walk".to_owned()].into()),
            ..FakeEntity::at(Vec3::new((id % 8) as f32 * 3.0, 0.0, (id / 8) as f32 * 3.0))
        };
        world.entities.insert(ScriptId(id), entity);
    }
    world.prefabs.insert("spark".into());
    world.particle_effects.insert("dust".into());
    world.exposed.insert("Stats".into(), true);
    world.items.insert("coin".into(), 10);
    world
}

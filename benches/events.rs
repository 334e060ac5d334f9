//! What it costs to tell a script of an event, above the bare call, each figure beside its floor.
//!
//! `cargo bench --bench events` prints the table.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench prints its table")]

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use bevy::prelude::*;
use bevy_cscript::{
    api::{CallScope, ScriptContext},
    contract::ScriptSource,
    prelude::*,
    runtime::{EventBudget, ScriptMetrics, ScriptTick},
    script::{ScriptCompiler, ScriptInstance},
    testing::{FakeWorld, ScriptTestApp},
    trust::{TrustPolicy, Verified},
};

const ENTITIES: i64 = 1_000;
const ROUNDS: usize = 60;
const DEFINED: &str = "let n = 0; fn on_bell(x) { n += x; }";
const DEAF: &str = "let n = 0;";

fn main() {
    println!("medians of {ROUNDS} rounds, {ENTITIES} entities, one script thread\n");
    println!("{:<54} {:>9} {:>9}", "", "measured", "floor");
    let bare = bare_call();
    println!("{:<54} {bare:>6.0} ns", "bare call of the function");
    let (told, events) = dispatch(DEFINED);
    assert!(events > 0, "they are told");
    figure("event to a defined callback, above the bare call", told - bare, 1_000.0);
    let (deaf, events) = dispatch(DEAF);
    assert_eq!(events, 0, "nothing is queued");
    println!("{:<54} {deaf:>6.0} ns", "event to an undefined one: read, and not queued");
    let quiet = broadcast();
    figure("message that nobody listens to", quiet, 1_000.0);
}

fn figure(what: &str, measured: f64, floor: f64) {
    let verdict = if measured <= floor { "" } else { "   <- missed" };
    println!("{what:<54} {measured:>6.0} ns {floor:>6.0} ns{verdict}");
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_nanos() as f64
}

/// Nanoseconds of a call, in a loop over as many instances.
fn bare_call() -> f64 {
    let source = Verified::check(ScriptSource::new("bare.rhai", DEFINED), &TrustPolicy::default())
        .expect("it is accepted");
    let script = Arc::new(ScriptCompiler::default().compile(&source).expect("it compiles"));
    let world = FakeWorld::default();
    let scope = CallScope { world: &world, world_seed: 0, tick: 0, delta_time: 1.0 / 64.0 };
    let mut context = ScriptContext::new(scope);
    let mut instances: Vec<_> = (0..ENTITIES)
        .map(|_| ScriptInstance::start(script.clone(), &mut context).expect("it starts"))
        .collect();
    let function = script.function("on_bell").expect("it is there");
    let args = [Value::Int(1)];
    let times = (0..ROUNDS).map(|_| {
        let began = Instant::now();
        for (id, instance) in instances.iter_mut().enumerate() {
            context.begin(ScriptId(id as i64), 1);
            black_box(instance.call(function, &args, &mut context)).expect("it works");
        }
        began.elapsed()
    });
    median(times.collect()) / ENTITIES as f64
}

fn app(text: &str) -> ScriptTestApp {
    let plugin = ScriptingPlugin { threads: ScriptThreads::Fixed(1), ..ScriptingPlugin::default() };
    let mut app = ScriptTestApp::with(plugin);
    app.world_mut().insert_resource(EventBudget(usize::MAX));
    let script = app.script("bench.rhai", text);
    for _ in 0..ENTITIES {
        app.spawn(script.clone());
    }
    app.ticks(3);
    app
}

fn tick(app: &mut ScriptTestApp) -> Duration {
    let began = Instant::now();
    app.world_mut().run_schedule(ScriptTick);
    began.elapsed()
}

/// Nanoseconds of an event to one entity, sending it included; and how many were told.
fn dispatch(text: &str) -> (f64, u64) {
    let mut app = app(text);
    let (mut quiet, mut loud) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        quiet.push(tick(&mut app));
        let began = Instant::now();
        for id in 1..=ENTITIES {
            app.send(ScriptEvent::custom("on_bell", [Value::Int(1)]).to(ScriptId(id)));
        }
        let sent = began.elapsed();
        loud.push(sent + tick(&mut app));
        // The messages of a frame are dropped at its end.
        app.world_mut().resource_mut::<Messages<ScriptEvent>>().update();
    }
    let events = app.world().resource::<ScriptMetrics>().events;
    ((median(loud) - median(quiet)) / ENTITIES as f64, events)
}

/// Nanoseconds of a message to all, of whom nobody has an `on_message`.
fn broadcast() -> f64 {
    let mut app = app(DEAF);
    let (mut quiet, mut loud) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        quiet.push(tick(&mut app));
        for _ in 0..100 {
            app.send(ScriptEvent::custom("on_message", ["news".into(), Value::Unit]));
        }
        loud.push(tick(&mut app));
        app.world_mut().resource_mut::<Messages<ScriptEvent>>().update();
    }
    (median(loud) - median(quiet)) / 100.0
}

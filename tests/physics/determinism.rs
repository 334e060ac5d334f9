use std::{
    env,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    process::Command,
};

use avian3d::prelude::*;
use bevy::{
    ecs::message::MessageCursor,
    prelude::*,
    tasks::{ComputeTaskPool, TaskPoolBuilder},
};
use bevy_cscript::{
    prelude::*,
    runtime::{ScriptMetrics, ScriptPublished},
    testing::ScriptTestApp,
};

use crate::stage::{floor, without_faults};

const THREADS: &str = "PHYSICS_TEST_THREADS";
const BODIES: i64 = 200;

/// Says what it hears, in the order in which it is called; jumps now and then, so that the towers fall.
const BODY: &str = "\
fn on_collision(other) { publish(\"begin\", [entity_id, other]); }
fn on_collision_end(other) { publish(\"end\", [entity_id, other]); }
fn on_update() {
    if random_bool(0.005) { set_position(entity_id, get_position(entity_id) + vec3(random(), 1, random())); }
    if get_velocity(entity_id).y < -15.0 { teleport(entity_id, [random_range(-3, 3), 6, 0]); }
}";

/// Runs in a process of its own, because Bevy's threads are the process's. Says what came of it.
#[test]
#[ignore = "the other test runs it, with a number of threads"]
fn tower() {
    let Some(threads) = env::var(THREADS).ok().and_then(|threads| threads.parse().ok()) else {
        return;
    };
    ComputeTaskPool::get_or_init(|| TaskPoolBuilder::new().num_threads(threads).build());
    let mut app = ScriptTestApp::with(ScriptingPlugin {
        threads: ScriptThreads::Fixed(threads),
        world_seed: 7,
        ..ScriptingPlugin::default()
    });
    app.app().add_plugins(PhysicsPlugins::default());
    let script = app.script("body.rhai", BODY);
    app.world_mut().spawn((ScriptId(1000), floor()));
    for i in 0..BODIES {
        let (tower, level) = (i % 10, i / 10);
        let at = Transform::from_xyz(tower as f32 * 1.2 - 6.0, 0.5 + level as f32 * 1.01, 0.0);
        let cube = (RigidBody::Dynamic, Collider::cuboid(1.0, 1.0, 1.0), at);
        app.world_mut().spawn((ScriptId(i + 1), cube, CScript::new(script.clone())));
    }
    let mut order = DefaultHasher::new();
    let mut cursor = MessageCursor::<ScriptPublished>::default();
    for _ in 0..600 {
        app.tick();
        for ScriptPublished { topic, value } in cursor.read(app.world().resource()) {
            format!("{topic} {value}").hash(&mut order);
        }
    }
    without_faults(&mut app);
    let events = app.world().resource::<ScriptMetrics>().events;
    println!("result: {:016x} after {events} events, {:016x}", app.hash(), order.finish());
}

fn run(threads: usize) -> String {
    let itself = env::current_exe().unwrap_or_else(|error| panic!("{error}"));
    let output = Command::new(itself)
        .args(["determinism::tower", "--exact", "--ignored", "--nocapture"])
        .env(THREADS, threads.to_string())
        .output()
        .unwrap_or_else(|error| panic!("{error}"));
    let text = String::from_utf8_lossy(&output.stdout);
    let result = text.lines().find_map(|line| line.split_once("result: "));
    let errors = String::from_utf8_lossy(&output.stderr);
    result.unwrap_or_else(|| panic!("{text}\n{errors}")).1.to_owned()
}

#[test]
fn two_hundred_bodies_do_the_same_on_one_thread_and_on_two() {
    let one = run(1);
    println!("{one}");
    assert_eq!(one, run(2));
    assert_eq!(one, run(2), "and again");
    let events = one.split(' ').nth(2).and_then(|events| events.parse::<u64>().ok());
    assert!(events.is_some_and(|events| events > 1_000), "much happens: {one}");
}

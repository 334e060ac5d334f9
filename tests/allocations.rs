//! A pass takes no memory for a call that works with numbers and vectors.
//!
//! A binary of its own with one test, because it counts the heap of the whole process.

use bevy::prelude::*;
use bevy_cscript::{prelude::*, runtime::ScriptTick, testing::ScriptTestApp};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

const SCRIPTS: [(&str, &str); 4] = [
    ("empty", "fn on_update() { }"),
    ("counter", "let n = 0; let sum = 0.0; fn on_update() { n += 1; sum += n * 0.5; }"),
    ("patrol", include_str!("../assets/scripts/patrol.rhai")),
    (
        "gameplay",
        "let back = vec3(0, 0, 0); let near = false;
         fn on_update() {
             let here = get_position(entity_id);
             near = distance(here, back) < 3.0 && is_alive(entity_id) && get_health(entity_id) > 2;
             if near { set_position(entity_id, here + vec3(0.1, 0, 0)); } else { teleport(entity_id, back); }
             face_direction(entity_id, vec3(1, 0, 0.5));
             heal(entity_id, 0.5);
             for i in 0..10 { back.y = i * 0.01; }
         }",
    ),
];

/// How often memory is asked for in a pass with so many entities. A pass that other work on the machine has
/// interrupted is cut into more batches, and each of them asks; so the least of several passes counts.
fn asked(text: &str, entities: usize) -> usize {
    let threads = ScriptThreads::Fixed(1);
    let mut app = ScriptTestApp::with(ScriptingPlugin { threads, ..ScriptingPlugin::default() });
    let script = app.script("case.rhai", text);
    for i in 0..entities {
        let place = Transform::from_xyz((i % 10) as f32, 0.0, (i / 10) as f32);
        let health = bevy_cscript::runtime::gameplay::Health::full(5.0);
        app.world_mut().spawn((place, health, CScript::new(script.clone())));
    }
    app.ticks(5);
    assert!(app.take_faults().is_empty(), "{:?}", app.take_faults());
    let mut pass = || {
        let region = Region::new(ALLOCATOR);
        app.world_mut().run_schedule(ScriptTick);
        let stats = region.change();
        stats.allocations + stats.reallocations
    };
    (0..10).map(|_| pass()).min().unwrap_or_default()
}

#[test]
fn a_call_that_works_with_numbers_and_vectors_takes_no_memory() {
    for (name, text) in SCRIPTS {
        let (few, many) = (asked(text, 500), asked(text, 4_000));
        // Lists that hold an item for each of them grow by doubling.
        assert!(many <= few + 24, "{name}: {few} times for 500 entities, {many} for 4,000");
        assert!(few > 0, "nothing was counted");
    }
}

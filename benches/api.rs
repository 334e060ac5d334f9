//! The price list of the API: what a call of each function costs inside a script, and what that is
//! above bare Rhai calling an empty function with the same arguments.
//!
//! `cargo bench --bench api` prints the table, `cargo bench --bench api -- get_ line_of` the rows that begin
//! so. A price is the difference between a loop with the call and the same loop without it, medians of
//! interleaved rounds.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench prints its table")]

use std::time::{Duration, Instant};

use bevy::prelude::*;
use bevy_cscript::{
    api::{ApiTable, Category},
    contract::Shape,
    prelude::*,
    runtime::{
        ScriptTick,
        gameplay::{Armor, AttackPower, Health, Hitbox, Inventory, Team},
    },
    testing::ScriptTestApp,
};
use rhai::{CallFnOptions, Dynamic, Engine, OptimizationLevel, Scope};

/// The calls that are priced, and whether they only read.
const CALLS: &[(&str, bool)] = &[
    ("get_position(2)", true),
    ("set_position(2, there)", false),
    ("move_towards(2, there, 1.0)", false),
    ("teleport(2, there)", false),
    ("face_direction(2, there)", false),
    ("get_velocity(2)", true),
    ("apply_damage(2, 0.5)", false),
    ("heal(2, 0.5)", false),
    ("get_health(2)", true),
    ("set_health(2, 7.0)", false),
    ("is_alive(2)", true),
    ("get_armor(2)", true),
    ("apply_status_effect(2, \"slow\", 1.0)", false),
    ("clear_status_effects(2)", false),
    ("get_nearest_enemy(1)", true),
    ("get_allies_in_radius(1, 5.0)", true),
    ("raycast(eye, ahead, 100.0)", true),
    ("line_of_sight(1, 2)", true),
    ("cover_score(1, 2)", true),
    ("threat_level(1)", true),
    ("get_tag(2)", true),
    ("set_tag(2, \"x\")", false),
    ("get_component(2, \"Stats\")", true),
    ("set_component(2, \"Stats\", value)", false),
    ("spawn_entity(\"spark\", there)", false),
    ("destroy_entity(spawn_entity(\"spark\", there))", false),
    ("find_entity_by_tag(\"crate\")", true),
    ("distance(there, 2)", true),
    ("play_sound(\"sounds/horn.ogg\")", false),
    ("stop_sound(7)", true),
    ("play_animation(2, \"wave\")", false),
    ("spawn_particle(\"dust\", there)", false),
    ("screen_shake(0.5, 0.5)", false),
    ("add_to_inventory(2, \"coin\", 1)", false),
    ("remove_from_inventory(2, \"coin\", 1)", false),
    ("has_item(2, \"coin\")", true),
    ("get_item_count(2, \"coin\")", true),
];

/// Calls in a loop; writes stay below what a call may do with the limits raised.
const TURNS: usize = 500;
const ROUNDS: usize = 21;

#[derive(Component, Reflect, Default)]
#[reflect(Component, Default)]
struct Stats {
    power: f32,
}

fn main() {
    every_function_is_priced();
    println!(
        "ns a call, medians of {ROUNDS} rounds of {TURNS} calls; writes include applying them\n"
    );
    println!("{:<44} {:>8} {:>8} {:>8}  floor", "", "ours", "empty", "above");
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let is_wanted = |call: &str| wanted.is_empty() || wanted.iter().any(|w| call.starts_with(&**w));
    for (call, reads) in CALLS.iter().filter(|(call, _)| is_wanted(call)) {
        let ours = price(&mut stage(&script(call), 0), &mut stage(&script(""), 0));
        let empty = bare(call);
        // A read may cost 1.3 times the empty call, and 100 ns for what it reads.
        let floor = if *reads { empty * 1.3 + 100.0 } else { f64::INFINITY };
        let verdict = if ours <= floor { "" } else { "   <- missed" };
        let floor = if *reads { format!("{floor:.0}") } else { "-".to_owned() };
        println!("{call:<44} {ours:>8.0} {empty:>8.0} {:>8.0}  {floor}{verdict}", ours - empty);
    }
    let call = "get_nearest_enemy(1)";
    if !is_wanted(call) {
        return;
    }
    let once = format!("fn on_update() {{ {call}; for i in 0..{TURNS} {{ }} }}");
    let mut once = stage(&once, 10_000);
    let ours = price(&mut stage(&script(call), 10_000), &mut once);
    let verdict = if ours <= 5_000.0 { "" } else { "   <- missed" };
    println!("\n{call} among 10,000: {ours:.0} ns, floor 5000{verdict}");
    let index = price(&mut once, &mut stage(&script(""), 10_000)) * TURNS as f64;
    println!("building the index of 10,000, once in a pass that asks: {:.0} µs", index / 1e3);
}

fn every_function_is_priced() {
    let table = ApiTable::default();
    for function in table.iter().filter(|row| *row.category() != Category::UNIVERSAL) {
        let named = |(call, _): &&(&str, bool)| call.starts_with(&format!("{}(", function.name()));
        assert!(CALLS.iter().any(|call| named(&call)), "{} has no price", function.name());
    }
}

fn script(call: &str) -> String {
    format!(
        "const there = vec3(1, 2, 3); const eye = vec3(0, 0.5, 0); const ahead = vec3(3, 0, 4);
        const value = #{{ power: 1.0 }};
        fn on_update() {{ for i in 0..{TURNS} {{ {call}; }} }}"
    )
}

fn stage(text: &str, crowd: usize) -> ScriptTestApp {
    let mut app = ScriptTestApp::with(ScriptingPlugin {
        threads: ScriptThreads::Fixed(1),
        limits: ScriptLimits { fuel: 1_000_000, commands: 10_000, ..ScriptLimits::default() }
            .into(),
        ..ScriptingPlugin::default()
    });
    app.app()
        .define_item("coin", u32::MAX)
        .register_particle_effect("dust")
        .register_prefab("spark", |_| {})
        .expose_component::<Stats>("Stats", Access::ReadWrite);
    let script = app.script("bench.rhai", text);
    let world = app.world_mut();
    let red = || Team("red".to_owned());
    world.spawn((ScriptId(1), Transform::default(), red(), CScript::new(script)));
    world.spawn((
        ScriptId(2),
        Transform::from_xyz(3.0, 0.0, 4.0),
        (Health::full(1e9), Armor(0.0), AttackPower(1.0), Hitbox::default(), Stats::default()),
        (Team("blue".to_owned()), Tag("crate".to_owned()), Inventory::with_slots(4)),
    ));
    // A place to fight in: walls to see past, to hide behind and to hit, friends and enemies around.
    for i in 0..24 {
        let angle = i as f32 / 24.0 * std::f32::consts::TAU;
        let place = Transform::from_xyz(8.0 * angle.cos(), 0.0, 8.0 * angle.sin());
        let wall = Hitbox(Shape::Box { half: Vec3::new(0.4, 2.0, 0.4) });
        world.spawn((ScriptId(100 + i), place, wall));
    }
    for i in 0..16 {
        let angle = (i as f32 + 0.5) / 16.0 * std::f32::consts::TAU;
        let radius = if i % 2 == 0 { 4.5 } else { 7.0 };
        let place = Transform::from_xyz(radius * angle.cos(), 0.0, radius * angle.sin());
        let team = if i % 2 == 0 { red() } else { Team("blue".to_owned()) };
        let fighter = (Health::full(10.0), AttackPower(1.0), Hitbox::default(), team);
        world.spawn((ScriptId(200 + i), place, fighter));
    }
    for i in 0..crowd {
        let place = Transform::from_xyz((i % 100) as f32 + 5.0, 0.0, (i / 100) as f32 + 5.0);
        let team = if i % 2 == 0 { "red" } else { "blue" };
        world.spawn((ScriptId(1000 + i as i64), place, Team(team.to_owned())));
    }
    app.ticks(2);
    let faults = app.take_faults();
    assert!(faults.is_empty(), "{}", faults[0].error);
    app
}

/// The difference that the call makes, in ns a call.
fn price(with: &mut ScriptTestApp, without: &mut ScriptTestApp) -> f64 {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (app, times) in [&mut *with, &mut *without].into_iter().zip(&mut times) {
            times.push(timed(|| app.world_mut().run_schedule(ScriptTick)));
        }
    }
    let [with, without] = times.map(median);
    (with.as_secs_f64() - without.as_secs_f64()) * 1e9 / TURNS as f64
}

/// What bare Rhai takes to call functions of the same names that do nothing.
fn bare(call: &str) -> f64 {
    let mut engine = Engine::new();
    engine.set_optimization_level(OptimizationLevel::None);
    engine.register_type_with_name::<Vec3>("Vec3");
    for function in ApiTable::default().iter() {
        let name = function.name();
        for overload in function.overloads() {
            match overload.parameters.len() {
                0 => engine.register_fn(name, || 2_i64),
                1 => engine.register_fn(name, |_: Dynamic| 2_i64),
                2 => engine.register_fn(name, |_: Dynamic, _: Dynamic| 2_i64),
                _ => engine.register_fn(name, |_: Dynamic, _: Dynamic, _: Dynamic| 2_i64),
            };
        }
    }
    let loops = [call, ""].map(|call| {
        let text = format!("fn on_update() {{ for i in 0..{TURNS} {{ {call}; }} }}");
        engine.compile(text).expect("it is a script")
    });
    let mut scope = Scope::new();
    for name in ["there", "eye", "ahead"] {
        scope.push_constant(name, Vec3::ONE);
    }
    scope.push_constant("value", rhai::Map::new());
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (ast, times) in loops.iter().zip(&mut times) {
            times.push(timed(|| {
                let options = CallFnOptions::new().eval_ast(false);
                let called = engine.call_fn_with_options::<Dynamic>(
                    options,
                    &mut scope,
                    ast,
                    "on_update",
                    (),
                );
                assert!(called.is_ok(), "{called:?}");
            }));
        }
    }
    let [with, without] = times.map(median);
    (with.as_secs_f64() - without.as_secs_f64()) * 1e9 / TURNS as f64
}

fn timed(work: impl FnOnce()) -> Duration {
    let began = Instant::now();
    work();
    began.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

//! What compiling costs beside parsing alone.

use std::{fmt::Write, hint::black_box};

use bevy_cscript::{
    contract::ScriptSource,
    script::ScriptCompiler,
    trust::{TrustPolicy, Verified},
};
use rhai::{Engine, OptimizationLevel};

use crate::measure::{Sample, pair};

/// A script of 200 lines, as a modder might write it: the one of `benches/tick.rs`.
fn long_script() -> String {
    let mut text = String::from("const SPEED = 2.5;\nlet target = ();\nlet anger = 0;\n");
    for i in 0..28 {
        let plan = format_args!(
            "fn plan_{i}(distance, health) {{\n    if health < {i} && distance > 4.5 {{ return \"flee\"; }}\n    let score = distance * 0.5 + health * {i}.0;\n    for step in 0..{i} {{ score += step * 0.1; }}\n    if score > 10.0 {{ \"attack\" }}\n    else {{ \"wait\" }}\n}}\n"
        );
        text.write_fmt(plan).expect("text takes text");
    }
    text.push_str("fn on_update() { if plan_1(1.0, 2) == \"wait\" { anger += 1; } }\n");
    text
}

/// Ours, from text to a script that can be called, and Rhai's parser alone.
pub fn measured(rounds: usize) -> [Sample; 2] {
    let text = long_script();
    assert_eq!(text.lines().count(), 200);
    let source = ScriptSource::new("long.rhai", text.as_str());
    let source =
        Verified::check(source, &TrustPolicy::default()).expect("unsigned scripts are allowed");
    let compiler = ScriptCompiler::default();
    let mut engine = Engine::new();
    engine.set_optimization_level(OptimizationLevel::None);
    pair(
        rounds,
        || {
            black_box(compiler.compile(&source)).expect("it compiles");
        },
        || {
            black_box(engine.compile(&text)).expect("it is a script");
        },
    )
}

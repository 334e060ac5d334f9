//! Programs at random, saved and loaded before every call beside being left alone. On the compiled backend,
//! which is what games run that save.

use std::sync::{Arc, LazyLock};

use bevy_cscript::{
    api::{ApiTable, CallScope, ScriptContext},
    contract::{ScriptLimits, ScriptSource},
    script::{CompiledScript, ScriptCompiler, ScriptInstance},
    trust::{TrustPolicy, Verified},
};

use super::{
    choices::Choices,
    generated::number,
    generator::program,
    stage::{ME, WORLD},
};

/// Within limits that some of them reach.
static COMPILERS: LazyLock<[ScriptCompiler; 3]> = LazyLock::new(|| {
    let limits = ScriptLimits::for_mods().consensus();
    let memory = ScriptLimits { memory_bytes: 3_000, ..limits.clone() };
    let fuel = ScriptLimits { fuel: 300, ..limits.clone() };
    [limits, memory, fuel].map(|limits| ScriptCompiler::new(ApiTable::default(), limits))
});

/// All that a call does, and what it costs.
fn call(script: &CompiledScript, instance: &mut ScriptInstance, tick: u64) -> String {
    let mut context = context(tick);
    let Some(function) = script.function("on_update") else { return String::new() };
    let result = instance.call(function, &[], &mut context);
    let (fuel, log, commands) = (context.take_fuel(), context.take_log(), context.take_commands());
    format!("{fuel} {result:?} {commands:?} {log:?} {:?}", instance.snapshot())
}

fn context(tick: u64) -> ScriptContext<'static> {
    let scope = CallScope { world: &*WORLD, world_seed: 5, tick, delta_time: 1.0 / 64.0 };
    let mut context = ScriptContext::new(scope);
    context.begin(ME, 0);
    context
}

/// The first call that is not the same; how many calls were compared.
fn differ(compiler: &ScriptCompiler, text: &str) -> Result<u64, String> {
    let source = Verified::check(ScriptSource::new("a.rhai", text), &TrustPolicy::default());
    let Ok(script) = compiler.compile(&source.expect("unsigned ones are let in")) else {
        return Ok(0);
    };
    let script = Arc::new(script);
    let Ok(mut never) = ScriptInstance::start(script.clone(), &mut context(0)) else {
        return Ok(0);
    };
    let mut always = never.clone();
    let calls = 6;
    for tick in 1..=calls {
        always = ScriptInstance::resumed(script.clone(), &always.snapshot())
            .map_err(|error| format!("tick {tick} cannot be resumed: {error}"))?;
        let (ours, theirs) = (call(&script, &mut never, tick), call(&script, &mut always, tick));
        if ours != theirs {
            return Err(format!("tick {tick}:\n  {ours}\n  {theirs}"));
        }
    }
    Ok(calls)
}

#[test]
fn generated_programs_cost_and_do_the_same_when_they_are_resumed() {
    let (seed, programs) = (number("DIFF_SEED", 0), number("DIFF_PROGRAMS", 2_000));
    let mut calls = 0;
    for index in 0..programs {
        let text = program(&mut Choices::random(seed, index));
        for compiler in &*COMPILERS {
            match differ(compiler, &text) {
                Ok(compared) => calls += compared,
                Err(difference) => panic!("program {index} of seed {seed}, {difference}\n{text}"),
            }
        }
    }
    assert!(calls > programs * 12, "most of them run: {calls} calls of {programs} programs");
}

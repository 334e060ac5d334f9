use std::{cell::RefCell, sync::Arc};

use bevy_cscript::{
    api::{ApiTable, CallScope, ScriptContext},
    contract::{ScriptId, ScriptLimits, ScriptSource, Value},
    script::{Backend, CompiledScript, ScriptCompiler, ScriptInstance},
    testing::FakeWorld,
    trust::{TrustPolicy, Verified},
};

const SCRIPT: &str = "let n = 0;
fn twice(x) {
    x * 2
}
fn on_update() {
    if n == 0 {
        n = twice(21);
    }
}";

fn compiler() -> ScriptCompiler {
    ScriptCompiler::new(ApiTable::default(), ScriptLimits::default())
}

fn compiled(compiler: &ScriptCompiler, text: &str) -> Arc<CompiledScript> {
    let source = Verified::check(ScriptSource::new("a.rhai", text), &TrustPolicy::default())
        .unwrap_or_else(|error| panic!("{error}"));
    Arc::new(compiler.compile(&source).unwrap_or_else(|errors| panic!("{}", errors[0])))
}

/// What is seen of a call of `on_update`, and the fuel that it used.
fn seen(compiler: &ScriptCompiler) -> (Vec<String>, u64) {
    let script = compiled(compiler, SCRIPT);
    let seen = RefCell::new(Vec::new());
    let world = FakeWorld::default();
    let scope = CallScope { world: &world, world_seed: 0, tick: 0, delta_time: 0.1 };
    let mut context = ScriptContext::new(scope).watched_by(|statement| {
        let place = statement.place.map(|place| place.to_string()).unwrap_or_default();
        seen.borrow_mut().push(format!("{} {place}", statement.function));
    });
    context.begin(ScriptId(1), 0);
    let mut instance = ScriptInstance::start(script.clone(), &mut context)
        .unwrap_or_else(|error| panic!("{error}"));
    let _ = context.take_fuel();
    seen.borrow_mut().clear();
    let Some(on_update) = script.function("on_update") else { panic!("it is there") };
    instance.call(on_update, &[], &mut context).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(instance.get("n"), Some(Value::Int(42)));
    let fuel = context.take_fuel();
    drop(context);
    (seen.into_inner(), fuel)
}

#[test]
fn each_statement_is_told_with_its_place_and_costs_nothing() {
    let (statements, watched) = seen(&compiler().watched());
    assert_eq!(statements, ["on_update 6:5", "on_update 7:11", "twice 3:7"]);
    let (statements, unwatched) = seen(&compiler());
    assert_eq!(statements, Vec::<String>::new());
    assert_eq!(watched, unwatched);
}

#[test]
fn the_identity_is_that_of_text_compiler_limits_and_functions() {
    let identity = |compiler: &ScriptCompiler, text: &str| compiled(compiler, text).identity();
    let first = identity(&compiler(), SCRIPT);
    assert_eq!(first, identity(&compiler(), SCRIPT));
    assert_ne!(first, identity(&compiler(), &SCRIPT.replace("21", "22")));
    assert_ne!(first, identity(&compiler().with_backend(Backend::Reference), "let n = 0;"));
    let limits = ScriptLimits { fuel: 1, ..ScriptLimits::default() };
    assert_ne!(first, identity(&ScriptCompiler::new(ApiTable::default(), limits), SCRIPT));
}

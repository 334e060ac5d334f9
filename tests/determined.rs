//! What does not depend on the machine: results against numbers that are written down, not against another run
//! on the same one.

use std::{fmt::Write as _, path::Path, sync::Arc};

use bevy_cscript::{
    api::{ApiTable, CallScope, ScriptContext},
    contract::{Callback, ScriptId, ScriptLimits, ScriptSource, Value},
    script::{ScriptCompiler, ScriptInstance},
    testing::{FakeEntity, FakeWorld, ScriptRunner},
    trust::{TrustLevel, TrustPolicy, Unsigned, Verified},
};

/// Places where functions of a platform's own library differ from each other: some of 100 numbers in each.
fn numbers() -> Vec<f64> {
    (1..=400_i32).map(|i| f64::from(i) * 0.731_234_5 - 100.0).collect()
}

/// All functions of floats that IEEE 754 leaves to whoever writes them are those of `libm`, bit for bit.
#[test]
fn maths_is_that_of_libm_bit_for_bit() {
    type One = fn(f64) -> f64;
    let unit = |x: f64| x / 200.0;
    let above = |x: f64| 1.0 + (x + 101.0) / 20.0;
    let all = |x: f64| x;
    let small = |x: f64| x / 10.0;
    let functions: [(&str, One, fn(f64) -> f64); 15] = [
        ("sin", libm::sin, all),
        ("cos", libm::cos, all),
        ("tan", libm::tan, all),
        ("asin", libm::asin, unit),
        ("acos", libm::acos, unit),
        ("atan", libm::atan, all),
        ("sinh", libm::sinh, small),
        ("cosh", libm::cosh, small),
        ("tanh", libm::tanh, small),
        ("asinh", libm::asinh, all),
        ("acosh", libm::acosh, above),
        ("atanh", libm::atanh, unit),
        ("exp", libm::exp, small),
        ("ln", libm::log, above),
        ("sqrt", libm::sqrt, above),
    ];
    let run = |call: &str, inputs: &[Value]| {
        let text = format!("let out = []; fn act(list) {{ out = list.map(|x| {call}); }}");
        let mut runner = ScriptRunner::new(&text).unwrap_or_else(|errors| panic!("{}", errors[0]));
        let world = FakeWorld::default();
        runner.start(&world, ScriptId(1)).unwrap_or_else(|error| panic!("{error}"));
        runner
            .call(&world, "act", &[Value::Array(inputs.to_vec())])
            .unwrap_or_else(|error| panic!("{call}: {error}"));
        let Value::Array(out) = runner.get("out") else { panic!("{call} gives no list") };
        let bits = |value: &Value| match value {
            Value::Float(x) => x.to_bits(),
            other => panic!("{call} gives {other:?}"),
        };
        out.iter().map(bits).collect::<Vec<_>>()
    };
    for (name, wanted, range) in functions {
        let inputs: Vec<f64> = numbers().into_iter().map(range).collect();
        let values: Vec<_> = inputs.iter().map(|x| Value::Float(*x)).collect();
        let wanted: Vec<_> = inputs.iter().map(|x| wanted(*x).to_bits()).collect();
        assert_eq!(run(&format!("{name}(x)"), &values), wanted, "{name}");
        assert_eq!(run(&format!("x.{name}()"), &values), wanted, "{name}");
        assert_eq!(run(&format!("Fn(\"{name}\").call(x)"), &values), wanted, "{name}");
    }
    let pairs: [(&str, fn(f64) -> f64); 5] = [
        ("log(x, 3.7)", |x| libm::log(x) / libm::log(3.7)),
        ("x ** 1.37", |x| libm::pow(x, 1.37)),
        ("{ let y = x; y **= 2.5; y }", |x| libm::pow(x, 2.5)),
        ("hypot(x, 3.7)", |x| libm::hypot(x, 3.7)),
        ("atan(x, 3.7)", |x| libm::atan2(x, 3.7)),
    ];
    for (call, wanted) in pairs {
        let inputs: Vec<f64> = numbers().into_iter().map(above).collect();
        let values: Vec<_> = inputs.iter().map(|x| Value::Float(*x)).collect();
        let wanted: Vec<_> = inputs.iter().map(|x| wanted(*x).to_bits()).collect();
        assert_eq!(run(call, &values), wanted, "{call}");
    }
}

/// What a script says and does, without what it pays: prices may change.
fn told(text: &[u8]) -> String {
    let policy =
        TrustPolicy { unsigned: Unsigned::Allow(TrustLevel::Mod), ..TrustPolicy::default() };
    let compiler = ScriptCompiler::new(ApiTable::default(), ScriptLimits::for_mods().consensus());
    let mut world = FakeWorld::default();
    world.entities.extend((1..=8).map(|id| (ScriptId(id), FakeEntity::default())));
    let source = Verified::check(ScriptSource::new("det.rhai", text), &policy);
    let script = match compiler.compile(&source.unwrap_or_else(|error| panic!("{error}"))) {
        Ok(script) => Arc::new(script),
        Err(errors) => return format!("  refused: {}\n", errors[0]),
    };
    let mut said = String::new();
    let context = |tick| {
        let scope = CallScope { world: &world, world_seed: 77, tick, delta_time: 1.0 / 64.0 };
        let mut context = ScriptContext::new(scope);
        context.begin(ScriptId(1), 1);
        context
    };
    let note = |said: &mut String, what: &str, context: &mut ScriptContext<'_>| {
        // The last lines of a flood depend on where it was stopped, and so on prices.
        for line in context.take_log().0.iter().take(12) {
            let _ = writeln!(said, "  {what} says {}", line.text);
        }
        for command in context.take_commands().iter().take(12) {
            let _ = writeln!(said, "  {what} wants {command:?}");
        }
    };
    let mut first = context(0);
    let started = ScriptInstance::start(script.clone(), &mut first);
    note(&mut said, "it", &mut first);
    let mut instance = match started {
        Ok(instance) => instance,
        Err(error) => return format!("{said}  ends with {:?} {error}\n", error.kind),
    };
    for tick in 1..=2 {
        for callback in [Callback::OnSpawn, Callback::OnUpdate] {
            let Some(function) = script.callback(callback) else { continue };
            let mut context = context(tick);
            let called = instance.call(function, &[], &mut context);
            note(&mut said, &format!("tick {tick}"), &mut context);
            if let Err(error) = called {
                let _ = writeln!(said, "  tick {tick} ends with {:?} {error}", error.kind);
            }
        }
    }
    for (name, value) in instance.snapshot().0 {
        let _ = writeln!(said, "  {name} is {value:?}");
    }
    said
}

/// `BLESS=1 cargo test --test tests -- determined` writes it anew.
#[test]
fn scripts_about_determinism_do_what_is_written_down() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let files = std::fs::read_dir(here.join("hostile")).unwrap();
    let mut files: Vec<_> = files
        .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("det_"))
        .collect();
    files.sort();
    assert!(files.len() >= 24, "{files:?}");
    let mut found = String::new();
    for file in files {
        let text = std::fs::read(here.join("hostile").join(&file)).unwrap();
        let _ = write!(found, "{file}\n{}", told(&text));
    }
    let place = here.join("determined.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&place, &found).unwrap();
    }
    let wanted = std::fs::read_to_string(&place).unwrap();
    for (found, wanted) in found.lines().zip(wanted.lines()) {
        assert_eq!(found, wanted);
    }
    assert_eq!(found.lines().count(), wanted.lines().count());
}

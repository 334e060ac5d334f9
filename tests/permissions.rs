use std::sync::Arc;

use bevy_cscript::{
    api::{ApiFault, ApiFunction, ApiTable, CallScope, Category, ScriptContext},
    contract::{
        ErrorKind, ScriptCommand, ScriptError, ScriptId, ScriptLimits, ScriptSource, Value,
    },
    script::{CompiledScript, ScriptCompiler, ScriptInstance},
    testing::{FakeEntity, FakeWorld},
    trust::{Ceilings, Permissions, TrustLevel, TrustPolicy, Unsigned, Verified},
};
use glam::Vec3;

/// The crate's functions, and two of a game that has a market.
fn table() -> ApiTable {
    let mut table = ApiTable::default();
    for name in ["sell", "buy"] {
        let function = ApiFunction::new(name, Category::new("economy"), "Trades.")
            .overload(["count"], |_: &mut ScriptContext<'_>, count: i64| {
                Ok::<_, ApiFault>(count * 2)
            });
        if let Err(error) = table.add(function) {
            panic!("{error}");
        }
    }
    table
}

fn source(text: &str, policy: &TrustPolicy) -> Verified<ScriptSource> {
    Verified::check(ScriptSource::new("a.rhai", text), policy).unwrap_or_else(|e| panic!("{e}"))
}

fn level(level: TrustLevel) -> TrustPolicy {
    TrustPolicy { unsigned: Unsigned::Allow(level), ..TrustPolicy::default() }
}

/// A policy that grants these categories.
fn granting<const N: usize>(categories: [&str; N]) -> TrustPolicy {
    TrustPolicy {
        unsigned: Unsigned::Allow(TrustLevel::Mod),
        ceilings: Ceilings { mods: Permissions::only(categories), ..Ceilings::default() },
        ..TrustPolicy::default()
    }
}

fn compile(text: &str, policy: &TrustPolicy) -> Result<CompiledScript, Vec<ScriptError>> {
    ScriptCompiler::new(table(), ScriptLimits::default()).compile(&source(text, policy))
}

/// The errors of a script, each as `line:col message`; all must be of one kind.
#[track_caller]
fn refused(text: &str, policy: &TrustPolicy) -> Vec<String> {
    let errors = match compile(text, policy) {
        Ok(_) => return Vec::new(),
        Err(errors) => errors,
    };
    for error in &errors {
        assert_eq!(error.kind, ErrorKind::Permission, "{error}");
    }
    let show = |error: &ScriptError| match error.position {
        Some(position) => format!("{position} {}", error.message),
        None => format!("- {}", error.message),
    };
    errors.iter().map(show).collect()
}

/// Runs `on_update` once; gives its commands and the value of `result`.
fn run(script: CompiledScript) -> Result<(Vec<ScriptCommand>, Value), ScriptError> {
    let mut world = FakeWorld::default();
    world.entities.insert(ScriptId(1), FakeEntity::at(Vec3::ZERO));
    let mut context =
        ScriptContext::new(CallScope { world: &world, world_seed: 0, tick: 0, delta_time: 0.0 });
    context.begin(ScriptId(1), 0);
    let script = Arc::new(script);
    let mut instance = ScriptInstance::start(script.clone(), &mut context)?;
    let Some(on_update) = script.function("on_update") else { panic!("there is nothing to run") };
    instance.call(on_update, &[], &mut context)?;
    Ok((context.take_commands(), instance.get("result").unwrap_or_default()))
}

#[test]
fn a_call_without_permission_is_refused_at_its_place() {
    let script =
        "fn on_update() {\n    let at = get_position(entity_id);\n    teleport(entity_id, at);\n}";
    assert_eq!(
        refused(script, &granting(["utility"])),
        [
            "2:14 `get_position` needs permission \"movement\"",
            "3:5 `teleport` needs permission \"movement\"",
        ]
    );
    assert!(refused(script, &granting(["movement"])).is_empty());
}

#[test]
fn no_way_of_writing_a_name_gets_around_it() {
    for (body, place) in [
        ("get_tag(1);", "2:1"),
        ("1.get_tag();", "2:3"),
        ("entity_id.get_tag();", "2:11"),
        ("let f = Fn(\"get_tag\");", "2:12"),
        ("Fn(\"get_tag\").call(1);", "2:4"),
        ("call(Fn(\"get_tag\"), 1);", "2:9"),
        ("let f = get_tag;", "2:9"),
        ("[1].map(|x| get_tag(x));", "2:13"),
        ("[1].map(Fn(\"get_tag\"));", "2:12"),
        ("let m = #{ act: Fn(\"get_tag\") };", "2:20"),
        ("get_tag!(1);", "2:1"),
        ("get_tag(1, 2, 3);", "2:1"),
        ("if false { get_tag(1); }", "2:12"),
        ("`${get_tag(1)}`;", "2:4"),
    ] {
        let text = format!("fn on_update() {{\n{body}\n}}");
        let expected = format!("{place} `get_tag` needs permission \"utility\"");
        assert_eq!(refused(&text, &granting(["movement"])), [expected], "{body}");
    }
    let at_the_top = refused("let x = get_tag(1); const Y = get_tag(1);", &granting([]));
    assert_eq!(at_the_top.len(), 2, "{at_the_top:?}");
}

#[test]
fn a_name_made_while_the_script_runs_finds_nothing() {
    for body in [
        "Fn(\"set\" + \"_tag\").call(1, \"x\");",
        "call(Fn(\"set\" + \"_tag\"), 1, \"x\");",
        "[1].map(Fn(\"set\" + \"_tag\"));",
        "let m = #{ act: Fn(\"set\" + \"_tag\") }; m.act(\"x\");",
        "let name = \"set_tag\"; Fn(name).call(1, \"x\");",
        "let m = #{ set_tag: 0, f: || 0 }; let e = 1; e.set_tag(\"x\");",
    ] {
        let text = format!("let result = 0; fn on_update() {{ {body} result = 1; }}");
        let script = compile(&text, &granting(["movement"])).unwrap_or_else(|e| panic!("{}", e[0]));
        let error = run(script).expect_err(body);
        assert_eq!(error.kind, ErrorKind::Permission, "{body}: {error}");
        assert_eq!(error.message, "`set_tag` needs permission \"utility\"", "{body}");
        assert!(error.position.is_some(), "{body}: {error}");
    }
    // With the permission the same names work.
    let text =
        "let result = 0; fn on_update() { Fn(\"set\" + \"_tag\").call(1, \"x\"); result = 1; }";
    let script = compile(text, &granting(["utility"])).unwrap_or_else(|e| panic!("{}", e[0]));
    let (commands, result) = run(script).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((commands.len(), result), (1, Value::Int(1)));
}

#[test]
fn a_script_may_catch_the_refusal_and_still_does_nothing() {
    let text = "let result = (); fn on_update() {
        try { Fn(\"set\" + \"_tag\").call(1, \"x\"); } catch (e) { result = e.kind; }
    }";
    let script = compile(text, &granting([])).unwrap_or_else(|e| panic!("{}", e[0]));
    let (commands, result) = run(script).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(result, Value::from("permission"));
    assert!(commands.is_empty(), "{commands:?}");
}

#[test]
fn constants_have_no_more_permissions_than_the_rest() {
    let errors = compile("const X = Fn(\"dist\" + \"ance\").call(1, 1);", &granting([]))
        .expect_err("no permission");
    assert_eq!(errors[0].kind, ErrorKind::Permission, "{}", errors[0]);
}

#[test]
fn what_is_universal_or_of_the_language_needs_no_permission() {
    let text = "let result = 0; fn on_update() {
        let v = vec3(1, 2, 3); info(v.length()); print(tick()); publish(\"a\", random());
        result = [1, 2].map(|x| x * 2).len() + \"abc\".len();
    }";
    let script = compile(text, &granting([])).unwrap_or_else(|e| panic!("{}", e[0]));
    let (_, result) = run(script).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(result, Value::Int(5));
}

#[test]
fn the_level_decides_what_may_be_called() {
    let moves = "fn on_update() { teleport(entity_id, [0, 0]); }";
    let trades = "fn on_update() { sell(1); }";
    for (at, may_move, may_trade) in [
        (TrustLevel::Trusted, true, true),
        (TrustLevel::Mod, true, false),
        (TrustLevel::Untrusted, false, false),
    ] {
        assert_eq!(refused(moves, &level(at)).is_empty(), may_move, "{at:?}");
        assert_eq!(refused(trades, &level(at)).is_empty(), may_trade, "{at:?}");
    }
    assert_eq!(
        refused(trades, &level(TrustLevel::Mod)),
        ["1:18 `sell` needs permission \"economy\""]
    );
}

#[test]
fn a_host_category_is_granted_by_its_name() {
    let ceilings =
        Ceilings { mods: Ceilings::default().mods.and(["economy"]), ..Ceilings::default() };
    let policy = TrustPolicy {
        unsigned: Unsigned::Allow(TrustLevel::Mod),
        ceilings,
        ..TrustPolicy::default()
    };
    let text = "let result = 0; fn on_update() { result = sell(2) + Fn(\"buy\").call(3); }";
    let script = compile(text, &policy).unwrap_or_else(|e| panic!("{}", e[0]));
    assert!(script.granted().allows("economy") && script.granted().allows("movement"));
    let (_, result) = run(script).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(result, Value::Int(10));
}

#[test]
fn mods_may_call_every_category_of_the_crate_and_names_are_spelt_right() {
    let defaults = Ceilings::default();
    let mut categories: Vec<_> = ApiTable::default()
        .iter()
        .map(|function| function.category().clone())
        .filter(|category| *category != Category::UNIVERSAL)
        .collect();
    categories.dedup();
    for category in &categories {
        assert!(defaults.mods.allows(category.name()), "{category}");
    }
    assert!(!defaults.mods.allows("universal") && !defaults.mods.allows("economy"));
}

#[test]
fn a_manifest_asks_for_less_and_never_gets_more() {
    let compiler = ScriptCompiler::new(table(), ScriptLimits::default());
    let text = "fn on_update() { get_tag(1); sell(1); }";
    let check = |policy: &TrustPolicy, asked: Permissions| {
        compiler.compile(&source(text, policy).asking_for(&asked)).map_or_else(
            |errors| errors.iter().map(|e| e.message.clone()).collect(),
            |_| Vec::new(),
        )
    };
    let (tag, sell) = (
        "`get_tag` needs permission \"utility\"".to_owned(),
        "`sell` needs permission \"economy\"".to_owned(),
    );
    let trusted = level(TrustLevel::Trusted);
    assert!(check(&trusted, Permissions::only(["utility", "economy"])).is_empty());
    assert_eq!(check(&trusted, Permissions::only(["utility"])), std::slice::from_ref(&sell));
    assert_eq!(check(&trusted, Permissions::none()), [tag, sell.clone()]);
    assert_eq!(check(&level(TrustLevel::Mod), Permissions::All), [sell]);
}

#[test]
fn one_compiler_keeps_scripts_of_different_permissions_apart() {
    let compiler = ScriptCompiler::new(table(), ScriptLimits::default());
    let text = "let result = 0; fn on_update() { result = Fn(\"se\" + \"ll\").call(1); }";
    for _ in 0..2 {
        for (at, may) in [(TrustLevel::Mod, false), (TrustLevel::Trusted, true)] {
            let script = compiler.compile(&source(text, &level(at)));
            let script = script.unwrap_or_else(|e| panic!("{}", e[0]));
            assert_eq!(run(script).is_ok(), may, "{at:?}");
        }
    }
}

#[test]
fn a_method_that_a_script_gave_its_own_map_needs_no_permission() {
    let text = "let result = 0;
        fn on_update() { let o = #{ get_tag: |x| x + 1 }; result = o.get_tag(1); }";
    let script = compile(text, &granting([])).unwrap_or_else(|e| panic!("{}", e[0]));
    let (_, result) = run(script).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(result, Value::Int(2));
}

//! What a script may use: by its level, before it is parsed, while it runs, and what it keeps.

use std::time::Duration;

use bevy_cscript::{
    api::ApiTable,
    contract::{ErrorKind, SafetyLimits, ScriptError, ScriptId, ScriptLimits, ScriptSource, Value},
    script::{Backend, ScriptCompiler},
    testing::{FakeWorld, ScriptRunner},
    trust::{LevelLimits, TrustLevel, TrustPolicy, Unsigned, Verified},
};

fn compile_at(level: TrustLevel, text: &str) -> Result<(), Vec<ScriptError>> {
    let policy = TrustPolicy { unsigned: Unsigned::Allow(level), ..TrustPolicy::default() };
    let source = Verified::check(ScriptSource::new("a.rhai", text), &policy);
    let source = source.map_err(|error| vec![error])?;
    ScriptCompiler::new(ApiTable::default(), LevelLimits::default()).compile(&source).map(drop)
}

#[test]
fn who_is_believed_less_may_use_less() {
    let of = |limits: ScriptLimits| {
        [
            limits.fuel,
            limits.start_fuel,
            limits.memory_bytes as u64,
            limits.state_bytes as u64,
            limits.source_bytes as u64,
            limits.tokens as u64,
            limits.commands as u64,
            limits.log_lines as u64,
            limits.log_line_bytes as u64,
        ]
    };
    let LevelLimits { untrusted, mods, trusted } = LevelLimits::default();
    let [untrusted, mods, trusted] = [untrusted, mods, trusted].map(of);
    for ((untrusted, mods), trusted) in untrusted.iter().zip(mods).zip(trusted) {
        assert!(*untrusted <= mods && mods <= trusted, "{untrusted} {mods} {trusted}");
    }
    assert_eq!(LevelLimits::from(ScriptLimits::for_mods()).of(TrustLevel::Trusted).fuel, 100_000);
}

#[test]
fn each_level_is_held_to_its_own_limits() {
    let text = format!("// {}\nlet x = 1;", "long ".repeat(8_000));
    assert!(compile_at(TrustLevel::Trusted, &text).is_ok());
    assert!(compile_at(TrustLevel::Mod, &text).is_ok());
    let errors = compile_at(TrustLevel::Untrusted, &text).expect_err("it is too long");
    assert_eq!(errors[0].kind, ErrorKind::Memory);
    assert!(errors[0].message.contains("the limit is 32768"), "{}", errors[0]);
}

#[test]
fn the_reference_is_for_the_game_itself() {
    for level in [TrustLevel::Untrusted, TrustLevel::Mod, TrustLevel::Trusted] {
        let policy = TrustPolicy { unsigned: Unsigned::Allow(level), ..TrustPolicy::default() };
        let source = Verified::check(ScriptSource::new("a.rhai", "let n = 1;"), &policy);
        let source = source.expect("it may come in");
        let compiler = ScriptCompiler::new(ApiTable::default(), LevelLimits::default())
            .with_backend(Backend::Reference);
        let compiled = compiler.compile(&source);
        if level == TrustLevel::Trusted {
            assert!(compiled.is_ok(), "{:?}", compiled.err());
            continue;
        }
        let errors = compiled.expect_err("it is refused");
        assert_eq!(errors[0].kind, ErrorKind::Permission);
        let message = &errors[0].message;
        assert!(message.contains("for trusted scripts only"), "{message}");
        assert!(message.contains("let the compiled backend run this"), "{message}");
    }
}

fn refused(text: &str, limits: ScriptLimits) -> ScriptError {
    match ScriptRunner::with("a.rhai", text, ApiTable::default(), limits) {
        Ok(_) => panic!("it is accepted: {text}"),
        Err(mut errors) => errors.remove(0),
    }
}

#[test]
fn a_text_is_counted_before_the_parser_has_built_anything_of_it() {
    let limits = || ScriptLimits { tokens: 20, nesting: 4, ..ScriptLimits::default() };
    let cases = [
        ("let a = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];", ErrorKind::Memory, "more than 20 words"),
        ("let a = [[[[[1]]]]];", ErrorKind::Memory, "nested more than 4 deep"),
        ("let a = ((#{b: {[1]}}));", ErrorKind::Memory, "nested more than 4 deep"),
        ("fn f(a, b, c) {\n (a + (b)) }", ErrorKind::Memory, ""),
    ];
    for (text, kind, part) in &cases[..3] {
        let error = refused(text, limits());
        assert_eq!(error.kind, *kind, "{error}");
        assert!(error.message.contains(part), "{error}");
        assert_eq!(error.position.map(|place| place.line), Some(1));
    }
    let fits = ScriptRunner::with("a.rhai", cases[3].0, ApiTable::default(), limits());
    assert!(fits.is_ok(), "{:?}", fits.err());
}

#[test]
fn parameters_are_counted_while_they_are_read() {
    let limits = || ScriptLimits { parameters: 2, ..ScriptLimits::default() };
    for text in [
        "fn f(a, b, c) {}",
        "private fn f(a, b, c) {}",
        "let f = |a, b, c| a;",
        "fn f() { [1].map(|a, b, c| a) }",
        "fn f(a) { let g = [|b, c, d| b]; }",
    ] {
        let error = refused(text, limits());
        assert_eq!(error.message, "a function takes at most 2 parameters", "{text}");
        assert_eq!(error.kind, ErrorKind::Compile);
    }
    for text in [
        "fn f(a, b) { f(1, 2); }",
        "fn f() { let a = 1 | 2 | 3; let b = [a | 1, 2, 3]; f3(a | 1, 2, 3) } fn f3(a, b) {} fn f3() {}",
        "fn f(a) { (a | 1) | 2 } let g = [1, 2, 3, 4].map(|x| [x, x, x, x]);",
        "fn f() { switch 1 { 1 | 2 | 3 => [4, 5, 6], _ => [] } }",
        "let f = || [1, 2, 3, 4];",
    ] {
        let compiled = ScriptRunner::with("a.rhai", text, ApiTable::default(), limits());
        let errors = compiled.err().unwrap_or_default();
        let counted = errors.iter().any(|error| error.message.contains("takes at most"));
        assert!(!counted, "{text}: {errors:?}");
    }
}

#[test]
fn what_is_kept_is_bounded_all_together() {
    let text = "let a = []; let b = []; let n = 0;
        fn fill(count) { n += 1; a = []; b = []; for i in 0..count { a.push(i); b.push(i); } }";
    let limits = ScriptLimits { state_bytes: 4_000, ..ScriptLimits::default() };
    let mut runner = match ScriptRunner::with("a.rhai", text, ApiTable::default(), limits) {
        Ok(runner) => runner,
        Err(errors) => panic!("{errors:?}"),
    };
    let world = FakeWorld::default();
    runner.start(&world, ScriptId(1)).expect("it starts");
    runner.call(&world, "fill", &[Value::Int(100)]).expect("3,384 bytes fit");
    let before = (runner.get("a"), runner.get("n"));
    let error = runner.call(&world, "fill", &[Value::Int(130)]).expect_err("4,344 bytes do not");
    assert_eq!(error.kind, ErrorKind::Memory);
    assert!(error.message.contains("keeps 4344 bytes, the limit is 4000"), "{error}");
    assert_eq!((runner.get("a"), runner.get("n")), before, "nothing has changed");
    runner.call(&world, "fill", &[Value::Int(10)]).expect("it goes on");
}

#[test]
fn the_clock_ends_a_call_and_nothing_catches_that() {
    let text = "let n = 0; fn spin() { n += 1; loop { try { loop {} } catch { } } }";
    let safety =
        SafetyLimits { deadline: Some(Duration::from_millis(2)), ..SafetyLimits::default() };
    let limits = ScriptLimits { fuel: u64::MAX, safety, ..ScriptLimits::default() };
    let mut runner = match ScriptRunner::with("a.rhai", text, ApiTable::default(), limits) {
        Ok(runner) => runner,
        Err(errors) => panic!("{errors:?}"),
    };
    let world = FakeWorld::default();
    runner.start(&world, ScriptId(1)).expect("it starts");
    let error = runner.call(&world, "spin", &[]).expect_err("it never ends");
    assert_eq!(error.kind, ErrorKind::Time, "{error}");
    assert_eq!(runner.get("n"), Value::Int(0));
}

#[test]
fn a_call_stops_at_the_same_step_whether_somebody_looks_at_the_clock() {
    let text = "let n = 0; let m = 0;
        fn spin() { m += 1; let a = [3, 1, 2]; for i in 0..1000000 { n += a.len(); a.sort(); } }";
    let place = |safety| {
        let limits = ScriptLimits { fuel: 12_345, safety, ..ScriptLimits::default() };
        let mut runner = match ScriptRunner::with("a.rhai", text, ApiTable::default(), limits) {
            Ok(runner) => runner,
            Err(errors) => panic!("{errors:?}"),
        };
        let world = FakeWorld::default();
        runner.start(&world, ScriptId(1)).expect("it starts");
        let error = runner.call(&world, "spin", &[]).expect_err("it is too long");
        (error.kind, error.position, error.message)
    };
    let clock = SafetyLimits { deadline: Some(Duration::from_secs(3_600)), ..Default::default() };
    let without = place(SafetyLimits::default());
    assert_eq!(without.0, ErrorKind::Fuel);
    assert_eq!(without, place(clock));
}

/// Calls `grow` with 20,000 bytes of heap and no other bound that it reaches.
fn stopped_by_the_heap(backend: Backend, text: &str) {
    let safety = SafetyLimits { heap_bytes: Some(20_000), ..SafetyLimits::default() };
    let limits = ScriptLimits {
        fuel: 10_000_000,
        memory_bytes: 1 << 30,
        string_bytes: 1 << 30,
        array_items: 1 << 30,
        safety,
        ..ScriptLimits::default()
    };
    let mut runner = match ScriptRunner::on(backend, "a.rhai", text, ApiTable::default(), limits) {
        Ok(runner) => runner,
        Err(errors) => panic!("{errors:?}"),
    };
    let world = FakeWorld::default();
    assert!(runner.start(&world, ScriptId(1)).is_ok());
    let Err(error) = runner.call(&world, "grow", &[]) else { panic!("{backend:?} lets it") };
    assert_eq!(error.kind, ErrorKind::Memory, "{error}");
    assert!(error.message.contains("more of the heap than it may"), "{error}");
    assert_eq!(runner.get("n"), Value::Int(0));
}

#[test]
fn the_heap_ends_a_call_where_it_is_counted() {
    let text = "let n = 0; fn grow() { n += 1; let all = []; try { loop { all.push(`${all.len()} and some more text`); } } catch { } }";
    stopped_by_the_heap(Backend::Compiled, text);
    stopped_by_the_heap(Backend::Reference, text);
}

/// What lies in a range that ends before it begins is there twice afterwards; no limit of Rhai sees it.
#[test]
fn a_string_that_doubles_by_a_reversed_range_is_stopped_by_the_heap() {
    let text = "let n = 0; fn grow() { n += 1; let s = \"abc\"; try { for i in 0..24 { s[-1..1] = \"\"; } } catch { } }";
    stopped_by_the_heap(Backend::Reference, text);
}

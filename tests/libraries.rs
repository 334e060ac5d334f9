//! Libraries: what of them is refused, what they may do, and what they are to a game.

use bevy::prelude::*;
use bevy_cscript::{
    api::ApiTable,
    contract::{ErrorKind, Position, ScriptError, ScriptId, ScriptLimits, ScriptSource, Stage},
    prelude::*,
    runtime::ScriptReloaded,
    script::{Backend, CompiledScript, ImportPath, Libraries, ScriptCompiler},
    testing::{FakeWorld, ScriptRunner, ScriptTestApp},
    trust::{Ceilings, Permissions, TrustLevel, TrustPolicy, Unsigned, Verified},
};

type Files<'a> = &'a [(&'a str, &'a str)];

const BOTH: [Backend; 2] = [Backend::Compiled, Backend::Reference];

fn within(
    backend: Backend,
    limits: ScriptLimits,
    text: &str,
    libraries: Files<'_>,
) -> Result<ScriptRunner, Vec<ScriptError>> {
    let table = ApiTable::default();
    ScriptRunner::importing(backend, "scripts/a.rhai", text, libraries, table, limits)
}

/// Why a script is refused: the place, the kind and the message of each error. Both backends say the
/// same.
fn errors(text: &str, libraries: Files<'_>) -> Vec<String> {
    let [compiled, reference] = BOTH.map(|backend| {
        let errors = within(backend, ScriptLimits::default(), text, libraries).err();
        errors.unwrap_or_default().iter().map(ToString::to_string).collect::<Vec<_>>()
    });
    assert_eq!(compiled, reference);
    compiled
}

#[test]
fn what_a_library_may_not_have_is_told_there_and_at_the_import() {
    let text = "import \"b\" as b;\nlet x = b::f();";
    let library = "const C = 1;\nlet n = 0;\nfn f() { C }\nif n == 0 { print(n); }";
    assert_eq!(
        errors(text, &[("scripts/b.rhai", library)]),
        [
            "scripts/b.rhai:2:1: a library has functions and constants only; make `n` a `const`, or let those keep it who import this",
            "scripts/b.rhai:4:1: a library has functions and constants only",
            "scripts/a.rhai:1:1: `scripts/b.rhai` is no library: a library has functions and constants only",
        ]
    );
}

#[test]
fn an_error_in_a_library_is_told_once_whoever_imports_it() {
    let text = "import \"b\" as b; import \"c\" as c; import \"b\" as again; let x = b::f() + c::g() + again::f();";
    let b = "fn f() {\n  unknown_thing\n}";
    let c = "import \"b\" as b;\nfn g() { b::f() + b::nothing() }";
    assert_eq!(
        errors(text, &[("scripts/b.rhai", b), ("scripts/c.rhai", c)]),
        [
            "scripts/b.rhai:2:3: unknown variable `unknown_thing`",
            "scripts/c.rhai:2:19: `scripts/b.rhai` has no function `nothing`",
        ]
    );
    let broken = "fn f( {";
    let found = errors(text, &[("scripts/b.rhai", broken), ("scripts/c.rhai", c)]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("scripts/b.rhai:1:"), "{found:?}");
}

#[test]
fn circles_are_refused_with_their_chain() {
    let me = errors("import \"a\" as me; fn f() { me::f() }", &[]);
    assert_eq!(
        me,
        [
            "scripts/a.rhai:1:1: imports go in a circle: scripts/a.rhai -> scripts/a.rhai; take one of them out"
        ]
    );
    let files: Files<'_> = &[
        ("scripts/b.rhai", "import \"lib/c\" as c; fn f() { c::f() }"),
        ("scripts/lib/c.rhai", "import \"/scripts/a\" as a; fn f() { a::f() }"),
    ];
    assert_eq!(
        errors("import \"b\" as b; fn f() { b::f() }", files),
        [
            "scripts/lib/c.rhai:1:1: imports go in a circle: scripts/a.rhai -> scripts/b.rhai -> scripts/lib/c.rhai -> scripts/a.rhai; take one of them out"
        ]
    );
}

fn limit(limits: ScriptLimits, text: &str, libraries: Files<'_>) -> Option<(ErrorKind, String)> {
    let [compiled, reference] = BOTH.map(|backend| {
        let errors = within(backend, limits.clone(), text, libraries).err()?;
        assert_eq!(errors.len(), 1, "{errors:?}");
        Some((errors[0].kind, errors[0].to_string()))
    });
    assert_eq!(compiled, reference);
    compiled
}

#[test]
fn the_number_the_depth_and_the_size_of_libraries_are_limited() {
    let default = ScriptLimits::default();
    assert_eq!((default.libraries, default.import_depth), (32, 8));

    let many = |count: usize| -> (String, Vec<(String, String)>) {
        let text = (0..count).map(|i| format!("import \"l{i}\" as l{i};\n")).collect();
        let file = |i| (format!("scripts/l{i}.rhai"), format!("fn f{i}() {{ {i} }}"));
        (text, (0..count).map(file).collect())
    };
    let of = |count| {
        let (text, files) = many(count);
        let files: Vec<_> = files.iter().map(|(path, text)| (&**path, &**text)).collect();
        limit(ScriptLimits::default(), &text, &files)
    };
    assert_eq!(of(32), None);
    let message = "scripts/a.rhai:33:1: a script may have 32 libraries, and 262144 bytes with all of them; this is more";
    assert_eq!(of(33), Some((ErrorKind::Memory, message.to_owned())));
    assert_eq!(of(200).map(|(kind, _)| kind), Some(ErrorKind::Memory));

    let limits = ScriptLimits { import_depth: 1, ..ScriptLimits::default() };
    let files: Files<'_> = &[
        ("scripts/b.rhai", "import \"c\" as c; fn f() { c::g() }"),
        ("scripts/c.rhai", "fn g() { 1 }"),
    ];
    let text = "import \"b\" as b; let x = b::f();";
    let (kind, message) = limit(limits, text, files).expect("too deep");
    assert_eq!(kind, ErrorKind::Memory);
    assert_eq!(message, "scripts/a.rhai:1:1: imports are nested deeper than the limit of 1");
    // The longest way counts, whichever is looked at first.
    let limits = ScriptLimits { import_depth: 2, ..ScriptLimits::default() };
    let both = "import \"c\" as c; import \"b\" as b; let x = b::f() + c::g();";
    assert_eq!(limit(limits.clone(), both, files), None);
    let files: Files<'_> = &[
        files[0],
        ("scripts/c.rhai", "import \"d\" as d; fn g() { d::h() }"),
        ("scripts/d.rhai", "fn h() { 1 }"),
    ];
    for text in [both, text] {
        assert_eq!(
            limit(limits.clone(), text, files).map(|found| found.0),
            Some(ErrorKind::Memory)
        );
    }

    let large = format!("fn f() {{ 1 }} // {}", "x".repeat(1_000));
    let files: Files<'_> = &[("scripts/b.rhai", &large)];
    let with = |source_bytes, total_source_bytes| {
        let limits = ScriptLimits { source_bytes, total_source_bytes, ..ScriptLimits::default() };
        limit(limits, text, files).map(|(kind, message)| {
            assert_eq!(kind, ErrorKind::Memory);
            message
        })
    };
    assert_eq!(with(2_000, 2_000), None);
    let size = large.len();
    let alone = format!("scripts/b.rhai: the file has {size} bytes, the limit is 1000");
    assert_eq!(with(1_000, 2_000), Some(alone));
    let together = "scripts/a.rhai:1:1: a script may have 32 libraries, and 1020 bytes with all of them; this is more";
    assert_eq!(with(2_000, 1_020), Some(together.to_owned()));
}

fn policy(level: TrustLevel, ceilings: &Ceilings) -> TrustPolicy {
    TrustPolicy {
        unsigned: Unsigned::Allow(level),
        ceilings: ceilings.clone(),
        ..TrustPolicy::default()
    }
}

fn verified(path: &str, text: &str, level: TrustLevel) -> Verified<ScriptSource> {
    let ceilings = Ceilings { mods: Permissions::only(["movement"]), ..Ceilings::default() };
    Verified::check(ScriptSource::new(path, text), &policy(level, &ceilings))
        .unwrap_or_else(|error| panic!("{error}"))
}

/// A script of one level with a library of another.
fn compiled(
    script: (&str, TrustLevel),
    library: (&str, TrustLevel),
) -> Result<CompiledScript, Vec<ScriptError>> {
    let compiler = ScriptCompiler::default();
    let source = verified("a.rhai", script.0, script.1);
    let libraries = Libraries::read(&compiler, &source, |path| {
        Ok(verified(path.as_str(), library.0, library.1))
    });
    compiler.compile_with(&source, &libraries)
}

#[test]
fn a_library_may_do_what_its_importer_may() {
    use TrustLevel::{Mod, Trusted, Untrusted};
    let text = "import \"b\" as b; fn on_update() { b::f(entity_id); }";
    let hurts = "fn f(e) {\n  apply_damage(e, 1.0)\n}";
    let moves = "fn f(e) { teleport(e, [0, 0]); }";
    let why = |script, library| {
        compiled((text, script), library).err().map(|errors| {
            assert_eq!(errors.len(), 1, "{errors:?}");
            (errors[0].kind, errors[0].to_string())
        })
    };
    assert_eq!(why(Trusted, (hurts, Trusted)), None);
    assert_eq!(why(Mod, (moves, Mod)), None);
    // A mod gains nothing by it that the library comes with the game.
    let denied = "b.rhai:2:3: `apply_damage` needs permission \"combat\"".to_owned();
    assert_eq!(why(Mod, (hurts, Mod)), Some((ErrorKind::Permission, denied.clone())));
    assert_eq!(why(Mod, (hurts, Trusted)), Some((ErrorKind::Permission, denied)));
    assert_eq!(why(Mod, (moves, Trusted)), None);
    // What is believed less does not get into what is believed more.
    for (script, library) in [(Trusted, Mod), (Trusted, Untrusted), (Mod, Untrusted)] {
        let (kind, message) = why(script, (moves, library)).expect("refused");
        assert_eq!(kind, ErrorKind::Permission);
        assert!(message.starts_with("a.rhai:1:1: library `b.rhai` is believed less"), "{message}");
    }
}

#[test]
fn names_made_at_run_time_get_a_library_no_further() {
    let text = "import \"b\" as b; let out = (); fn on_update() { out = b::f(entity_id); }";
    let library = "fn f(e) { try { Fn(\"apply_\" + \"damage\").call(e, 1.0); } catch (e) { return e.message; } }";
    let script =
        compiled((text, TrustLevel::Mod), (library, TrustLevel::Trusted)).expect("compiles");
    let script = std::sync::Arc::new(script);
    let world = FakeWorld::default();
    let mut context = bevy_cscript::api::ScriptContext::new(bevy_cscript::api::CallScope {
        world: &world,
        world_seed: 0,
        tick: 0,
        delta_time: 0.1,
    });
    context.begin(ScriptId(1), 0);
    let mut instance =
        bevy_cscript::script::ScriptInstance::start(script.clone(), &mut context).expect("starts");
    let update = script.function("on_update").expect("a function");
    instance.call(update, &[], &mut context).expect("what is refused is caught");
    let out = instance.get("out").expect("a variable");
    assert_eq!(out.to_string(), "`apply_damage` needs permission \"combat\"");
}

#[test]
fn libraries_must_be_verified_and_be_what_they_say() {
    let compiler = ScriptCompiler::default();
    let source = verified("x/a.rhai", "import \"b\" as b; let n = b::f();", TrustLevel::Trusted);
    let why = |libraries: &Libraries| {
        let errors = compiler.compile_with(&source, libraries).expect_err("refused");
        assert_eq!(errors.len(), 1, "{errors:?}");
        (errors[0].kind, errors[0].to_string())
    };
    let refuse = TrustPolicy { unsigned: Unsigned::Refuse, ..TrustPolicy::default() };
    let unsigned = Libraries::read(&compiler, &source, |path| {
        Verified::check(path.source("fn f() { 1 }"), &refuse)
    });
    let (kind, message) = why(&unsigned);
    assert_eq!(kind, ErrorKind::Signature);
    assert!(
        message.starts_with("x/a.rhai:1:1: library `x/b.rhai`: the script is not signed"),
        "{message}"
    );
    let other = Libraries::read(&compiler, &source, |_| {
        Ok(verified("y/other.rhai", "fn f() { 1 }", TrustLevel::Trusted))
    });
    assert_eq!(
        why(&other),
        (ErrorKind::Host, "x/a.rhai:1:1: library `x/b.rhai` was read as `y/other.rhai`".to_owned())
    );
    assert_eq!(
        why(&Libraries::default()),
        (
            ErrorKind::NotFound,
            "x/a.rhai:1:1: library `x/b.rhai` was not read by whoever compiles this".to_owned()
        )
    );
}

#[test]
fn what_a_file_imports_is_known_without_compiling_it() {
    let compiler = ScriptCompiler::default();
    let imports = |text: &str| {
        let found = compiler.imports(&verified("x/a.rhai", text, TrustLevel::Trusted));
        found.map(|paths| paths.iter().map(ImportPath::to_string).collect::<Vec<_>>())
    };
    assert_eq!(imports("let import_duty = 1;"), Ok(Vec::new()));
    assert_eq!(
        imports("import \"b\" as b; import \"/lib/c\" as c; import \"b\" as d; nothing();"),
        Ok(vec!["lib/c.rhai".to_owned(), "x/b.rhai".to_owned()])
    );
    assert!(imports("import ..").is_err());
    assert!(imports("import \"../b\" as b;").is_err());
}

#[test]
fn the_identity_and_the_hash_of_a_script_are_those_of_its_libraries_too() {
    let of = |text: &str, library: &str| {
        let script = compiled((text, TrustLevel::Trusted), (library, TrustLevel::Trusted));
        let script = script.unwrap_or_else(|errors| panic!("{}", errors[0]));
        (script.identity(), script.source_hash())
    };
    let text = "import \"b\" as b; let n = b::f();";
    let same = of(text, "fn f() { 1 }");
    assert_eq!(same, of(text, "fn f() { 1 }"));
    let other = of(text, "fn f() { 2 }");
    assert_ne!(same.0, other.0);
    assert_ne!(same.1, other.1);
    // The same bytes under another name.
    let renamed = of("import \"c\" as b; let n = b::f();", "fn f() { 1 }");
    assert_ne!(same.0, renamed.0);
}

#[test]
fn a_runtime_error_names_the_library_on_both_backends() {
    let text = "import \"lib/b\" as b;\nfn on_update() {\n  b::f(0);\n}";
    let library = "fn f(x) {\n  g(x)\n}\nfn g(x) {\n  10 / x\n}";
    for backend in BOTH {
        let files = [("scripts/lib/b.rhai", library)];
        let mut runner = within(backend, ScriptLimits::default(), text, &files)
            .unwrap_or_else(|errors| panic!("{}", errors[0]));
        let world = FakeWorld::default();
        runner.start(&world, ScriptId(4)).expect("starts");
        let mut error = runner.call(&world, "on_update", &[]).expect_err("fails");
        error.entity = None;
        assert_eq!((error.stage, error.kind), (Stage::Run, ErrorKind::Runtime));
        assert_eq!(error.path, "scripts/lib/b.rhai");
        assert_eq!(error.position, Some(Position { line: 5, column: 6 }));
        assert_eq!(
            error.to_string(),
            "scripts/lib/b.rhai:5:6: Division by zero: 10 / 0\n    in g, called at scripts/lib/b.rhai:2:3\n    in f, called at scripts/a.rhai:3:6\n    in on_update"
        );
    }
}

#[test]
fn a_game_with_libraries_is_the_same_on_both_backends_and_any_number_of_threads() {
    let text = r#"
        import "lib/ways" as ways;
        let home = get_position(entity_id);
        let steps = 0;
        fn on_update() {
            if ways::walk(entity_id, ways::goal(home, steps), ways::SPEED * delta_time) { steps += 1; }
        }"#;
    let ways = r#"
        import "/lib/ring" as ring;
        const SPEED = ring::SIZE * 2.0;
        fn goal(home, n) { home + ring::corner(n) * 0.3 + vec3(random() * 0.1, 0, 0) }
        fn walk(e, to, step) { move_towards(e, to, step) }"#;
    let ring = r#"
        const SIZE = 4;
        const CORNERS = [vec3(0, 0, 0), vec3(SIZE, 0, 0), vec3(SIZE, 0, SIZE), vec3(0, 0, SIZE)];
        fn corner(n) { CORNERS[n % CORNERS.len()] }"#;
    let hashes: Vec<u64> =
        [(Backend::Compiled, 1), (Backend::Compiled, 3), (Backend::Reference, 1)]
            .into_iter()
            .map(|(backend, threads)| {
                let threads = ScriptThreads::Fixed(threads);
                let plugin = ScriptingPlugin { backend, threads, world_seed: 9, ..default() };
                let mut app = ScriptTestApp::with(plugin);
                app.library("lib/ways.rhai", ways);
                app.library("lib/ring.rhai", ring);
                let script = app.script("a.rhai", text);
                for i in 0..50_u8 {
                    let at = Transform::from_xyz(f32::from(i) * 3.0, 0.0, 0.0);
                    app.world_mut().spawn((at, CScript::new(script.clone())));
                }
                app.ticks(120);
                assert!(app.take_faults().is_empty());
                world_hash(app.world_mut())
            })
            .collect();
    assert_eq!(hashes[0], hashes[1]);
    assert_eq!(hashes[0], hashes[2]);
    assert_ne!(hashes[0], 0);
}

#[test]
fn a_refused_script_is_told_of_by_its_own_name_and_the_library_by_its_errors() {
    let mut app = ScriptTestApp::new();
    app.library("b.rhai", "fn f() { nothing }");
    let script = app.script("a.rhai", "import \"b\" as b; let n = b::f();");
    let entity = app.spawn(script);
    app.ticks(2);
    let told: Vec<ScriptReloaded> = app.take_reloads();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].path.as_str(), told[0].refused.len()), ("a.rhai", 1));
    assert_eq!(told[0].refused[0].path, "b.rhai");
    let ScriptStatus::Failed { reason } = app.status(entity) else { panic!("it failed") };
    assert!(reason.starts_with("b.rhai:1:10: unknown variable `nothing`"), "{reason}");
}

#[test]
fn a_name_with_two_meanings_is_refused_by_the_reference_alone() {
    let text = "import \"b\" as b; fn f() { 1 } let n = f() + b::f();";
    let files: Files<'_> = &[("scripts/b.rhai", "fn f() { 2 }")];
    assert!(within(Backend::Compiled, ScriptLimits::default(), text, files).is_ok());
    let found = within(Backend::Reference, ScriptLimits::default(), text, files).err();
    let found = found.expect("refused");
    assert_eq!(found[0].kind, ErrorKind::Compile);
    assert!(found[0].message.contains("on this backend"), "{}", found[0]);
}

use bevy::prelude::*;
use bevy_cscript::{
    contract::{ErrorKind, Stage, Value},
    prelude::*,
    runtime::ScriptReloaded,
    testing::ScriptTestApp,
};

use crate::folder::{Folder, rename, spawn, until, until_ready};

const COUNTER: &str = "let n = 0; fn on_update() { n += 1; }";

/// Runs ticks until so many messages came about a file, and gives them.
fn told(app: &mut ScriptTestApp, file: &str, count: usize) -> Vec<ScriptReloaded> {
    let mut told: Vec<ScriptReloaded> = Vec::new();
    until(app, &format!("{file} is told of"), |app| {
        told.extend(app.take_reloads().into_iter().filter(|reload| reload.path == file));
        told.len() >= count
    });
    told
}

#[test]
fn a_file_is_read_and_runs() {
    let folder = Folder::new();
    folder.write("a.rhai", COUNTER);
    let mut app = folder.app(ScriptingPlugin::default());
    let entity = spawn(&mut app, "a.rhai");
    assert_eq!(app.status(entity), ScriptStatus::Loading);
    until_ready(&mut app, entity);
    let before = app.get(entity, "n").as_int();
    assert!(before.is_some());
    app.ticks(3);
    assert_eq!(app.get(entity, "n").as_int(), before.map(|n| n + 3));
    assert!(app.take_reloads().is_empty(), "a first version is no reload");
    assert!(app.take_faults().is_empty());
}

#[test]
fn a_saved_file_takes_over_in_every_entity_with_its_state() {
    let folder = Folder::new();
    folder.write("a.rhai", "let n = 0; let old = 1; fn on_update() { n += 1; }");
    let mut app = folder.app(ScriptingPlugin::default());
    let entities: Vec<_> = (0..3).map(|_| spawn(&mut app, "a.rhai")).collect();
    until_ready(&mut app, entities[2]);
    app.ticks(5);
    // Nothing counts any more, so what was kept stays to be seen.
    folder.write("a.rhai", "let n = 0; let seen = (); fn on_reload(old) { seen = old; }");
    let reload = &told(&mut app, "a.rhai", 1)[0];
    assert!(reload.refused.is_empty(), "{reload:?}");
    assert_eq!(reload.instances, 3);
    assert_eq!(reload.migration.kept, ["n"]);
    assert_eq!(reload.migration.reset, ["seen"]);
    assert_eq!(reload.migration.dropped, ["old"]);
    for entity in entities {
        let n = app.get(entity, "n");
        assert!(n.as_int() >= Some(5), "{n}");
        assert_eq!(app.get(entity, "seen").get("n"), Some(&n));
        assert_eq!(app.status(entity), ScriptStatus::Ready);
    }
    assert!(app.take_faults().is_empty());
}

#[test]
fn a_broken_file_is_told_once_and_the_version_before_it_goes_on() {
    let folder = Folder::new();
    folder.write("a.rhai", COUNTER);
    let mut app = folder.app(ScriptingPlugin::default());
    let entity = spawn(&mut app, "a.rhai");
    until_ready(&mut app, entity);

    folder.put("a.rhai", "let n = 0;\nfn on_update( { n += 1; }");
    let refused = told(&mut app, "a.rhai", 1);
    let before = app.get(entity, "n").as_int();
    app.ticks(100);
    assert_eq!(app.get(entity, "n").as_int(), before.map(|n| n + 100));
    assert_eq!(app.status(entity), ScriptStatus::Ready);
    assert_eq!((refused.len(), refused[0].instances), (1, 0));
    let error = &refused[0].refused[0];
    assert_eq!((error.stage, error.kind), (Stage::Compile, ErrorKind::Syntax));
    assert!(error.to_string().starts_with("a.rhai:2:"), "{error}");
    assert!(app.take_reloads().is_empty(), "told once");
    assert!(app.take_faults().is_empty());

    folder.put("a.rhai", "let n = 0; let mended = true;");
    let mended = told(&mut app, "a.rhai", 1);
    assert!(mended[0].refused.is_empty(), "{mended:?}");
    assert_eq!(app.get(entity, "mended"), Value::Bool(true));
    assert!(app.get(entity, "n").as_int() >= before.map(|n| n + 100));
}

#[test]
fn a_file_that_is_deleted_and_restored_goes_on() {
    let folder = Folder::new();
    folder.write("a.rhai", COUNTER);
    folder.write("marker.rhai", "let n = 0;");
    let mut app = folder.app(ScriptingPlugin::default());
    let (entity, marker) = (spawn(&mut app, "a.rhai"), spawn(&mut app, "marker.rhai"));
    until_ready(&mut app, entity);
    until_ready(&mut app, marker);

    folder.remove("a.rhai");
    // What is told of later than the deletion is told of: so was the deletion.
    folder.put("marker.rhai", "let n = 0; let more = 0;");
    told(&mut app, "marker.rhai", 1);
    let before = app.get(entity, "n").as_int();
    app.ticks(10);
    assert_eq!(app.get(entity, "n").as_int(), before.map(|n| n + 10));
    assert_eq!(app.status(entity), ScriptStatus::Ready);

    folder.write("a.rhai", "let n = 0; let restored = 1;");
    until(&mut app, "the restored file runs", |app| app.get(entity, "restored") == Value::Int(1));
    assert!(app.get(entity, "n").as_int() >= before.map(|n| n + 10));

    // Both before anybody looks.
    folder.remove("a.rhai");
    folder.write("a.rhai", "let n = 0; let again = 2;");
    until(&mut app, "the file runs again", |app| app.get(entity, "again") == Value::Int(2));
    assert!(app.get(entity, "n").as_int() >= before.map(|n| n + 10));
    assert!(app.take_reloads().iter().all(|reload| reload.refused.is_empty()));
    assert!(app.take_faults().is_empty());
}

#[test]
fn files_are_followed_through_the_ways_in_which_editors_save() {
    let folder = Folder::new();
    folder.write("a.rhai", "let version = 0; const NOW = 1; fn on_spawn() { version = NOW; }");
    let mut app = folder.app(ScriptingPlugin::default());
    let entity = spawn(&mut app, "a.rhai");
    until_ready(&mut app, entity);
    assert_eq!(app.get(entity, "version"), Value::Int(1));

    let text = |n: i64| {
        format!("let version = 0; const NOW = {n}; fn on_reload(old_state) {{ version = NOW; }}")
    };
    // Write beside it, then put that in its place.
    folder.write(".a.rhai.swp", text(2));
    rename(&folder.file(".a.rhai.swp"), &folder.file("a.rhai"));
    until(&mut app, "a file that was put over it", |app| {
        app.get(entity, "version") == Value::Int(2)
    });
    // Put it aside as a backup, then write it anew.
    rename(&folder.file("a.rhai"), &folder.file("a.rhai~"));
    folder.write("a.rhai", text(3));
    until(&mut app, "a file that was written anew", |app| {
        app.get(entity, "version") == Value::Int(3)
    });
    // Empty it, then write it.
    folder.write("a.rhai", "");
    folder.write("a.rhai", text(4));
    until(&mut app, "a file that was emptied first", |app| {
        app.get(entity, "version") == Value::Int(4)
    });
    assert_eq!(app.status(entity), ScriptStatus::Ready);
    assert!(app.take_faults().is_empty());
}

#[test]
fn files_that_are_no_scripts_fail_with_their_reason_and_start_when_mended() {
    let folder = Folder::new();
    folder.write("bytes.rhai", b"let x = 1;\nlet y = \"\xff\";");
    folder.write("big.rhai", " ".repeat(1024 * 1024));
    folder.write("empty.rhai", "");
    folder.write("good.rhai", COUNTER);
    let mut app = folder.app(ScriptingPlugin::default());
    let cases = [
        ("bytes.rhai", ErrorKind::Syntax, "bytes.rhai: not a text file: line 2 is not UTF-8"),
        (
            "big.rhai",
            ErrorKind::Memory,
            "big.rhai: the file has more than 262144 bytes, which is the limit",
        ),
        ("missing.rhai", ErrorKind::NotFound, "missing.rhai: cannot be read: "),
    ]
    .map(|(file, kind, reason)| (file, kind, reason, spawn(&mut app, file)));
    let (empty, good) = (spawn(&mut app, "empty.rhai"), spawn(&mut app, "good.rhai"));

    let mut reloads = Vec::new();
    until(&mut app, "all are read", |app| {
        reloads.extend(app.take_reloads());
        let is_read = |entity| app.status(entity) != ScriptStatus::Loading;
        cases.iter().all(|(.., entity)| is_read(*entity)) && is_read(empty) && is_read(good)
    });
    // The message may come in the tick after the status.
    app.ticks(10);
    reloads.extend(app.take_reloads());
    for (file, kind, reason, entity) in cases {
        let ScriptStatus::Failed { reason: found } = app.status(entity) else {
            panic!("{file}: {:?}", app.status(entity));
        };
        assert!(found.starts_with(reason), "{found}");
        let told: Vec<_> = reloads.iter().filter(|reload| reload.path == file).collect();
        assert_eq!(told.len(), 1, "{file}: {told:?}");
        let refused = &told[0].refused;
        assert_eq!((refused.len(), refused[0].stage, refused[0].kind), (1, Stage::Load, kind));
    }
    assert_eq!(reloads.len(), 3, "an empty file is a script: {reloads:?}");
    assert_eq!(app.status(empty), ScriptStatus::Ready);
    assert_eq!(app.status(good), ScriptStatus::Ready);
    assert!(app.get(good, "n").as_int() >= Some(10), "its neighbours do not hold it up");

    for (file, ..) in cases {
        folder.put(file, "let n = 7;");
    }
    for (.., entity) in cases {
        until_ready(&mut app, entity);
        assert_eq!(app.get(entity, "n"), Value::Int(7));
    }
    assert!(app.take_faults().is_empty());
}

#[test]
fn a_running_script_outlives_files_that_are_no_scripts() {
    let folder = Folder::new();
    folder.write("a.rhai", COUNTER);
    let mut app = folder.app(ScriptingPlugin::default());
    let entity = spawn(&mut app, "a.rhai");
    until_ready(&mut app, entity);
    let cases: [(&[u8], ErrorKind, &str); 3] = [
        (b"let n = \"\xff\";", ErrorKind::Syntax, "not a text file: line 1 is not UTF-8"),
        (
            &vec![b' '; 1024 * 1024],
            ErrorKind::Memory,
            "the file has more than 262144 bytes, which is the limit",
        ),
        (b"", ErrorKind::NotFound, "the file is empty now"),
    ];
    for (bytes, kind, message) in cases {
        folder.put("a.rhai", bytes);
        let refused = told(&mut app, "a.rhai", 1);
        assert_eq!(refused[0].refused.len(), 1, "{refused:?}");
        let error = &refused[0].refused[0];
        assert_eq!((error.kind, error.message.as_str()), (kind, message));
        let before = app.get(entity, "n").as_int();
        app.ticks(3);
        assert_eq!(app.get(entity, "n").as_int(), before.map(|n| n + 3), "{message}");
        assert_eq!(app.status(entity), ScriptStatus::Ready, "{message}");
    }
    assert!(app.take_faults().is_empty());
}

#[test]
fn two_files_that_change_between_two_ticks_both_take_over() {
    let folder = Folder::new();
    for file in ["a.rhai", "b.rhai"] {
        folder.write(file, COUNTER);
    }
    let mut app = folder.app(ScriptingPlugin::default());
    let (a, b) = (spawn(&mut app, "a.rhai"), spawn(&mut app, "b.rhai"));
    // One entity that carries both.
    let server = app.world().resource::<AssetServer>().clone();
    let both = CScript::new(server.load("a.rhai")).and(server.load("b.rhai"));
    let both = app.world_mut().spawn(both).id();
    for entity in [a, b, both] {
        until_ready(&mut app, entity);
    }
    app.ticks(2);
    folder.put("a.rhai", "let n = 0; let a = 1;");
    folder.put("b.rhai", "let n = 0; let b = 2;");
    let mut reloads = Vec::new();
    until(&mut app, "both are told of", |app| {
        reloads.extend(app.take_reloads());
        reloads.len() >= 2
    });
    app.ticks(10);
    reloads.extend(app.take_reloads());
    reloads.sort_by(|x, y| x.path.cmp(&y.path));
    let told: Vec<_> =
        reloads.iter().map(|r| (r.path.as_str(), r.instances, r.refused.len())).collect();
    assert_eq!(told, [("a.rhai", 2, 0), ("b.rhai", 2, 0)]);
    assert_eq!((app.get(a, "a"), app.get(b, "b")), (Value::Int(1), Value::Int(2)));
    assert_eq!((app.get(both, "a"), app.get(both, "b")), (Value::Int(1), Value::Int(2)));
    assert!(app.get(a, "n").as_int() >= Some(2));
    assert!(app.take_faults().is_empty());
}

#[test]
fn a_script_is_loaded_again_when_a_library_of_its_library_changes() {
    let folder = Folder::new();
    folder.write(
        "a.rhai",
        "import \"b\" as b; let n = 0; let seen = 0; fn on_update() { n += 1; seen = b::f(); }",
    );
    folder.write("b.rhai", "import \"/c\" as c; fn f() { c::VALUE * 10 }");
    folder.write("c.rhai", "const VALUE = 1;");
    folder.write("other.rhai", COUNTER);
    let mut app = folder.app(ScriptingPlugin::default());
    let (entity, other) = (spawn(&mut app, "a.rhai"), spawn(&mut app, "other.rhai"));
    until_ready(&mut app, entity);
    until_ready(&mut app, other);
    app.ticks(5);
    assert_eq!(app.get(entity, "seen"), Value::Int(10));
    let before = app.get(entity, "n").as_int();
    assert!(app.take_reloads().is_empty());

    folder.put("c.rhai", "const VALUE = 2;");
    let reload = told(&mut app, "a.rhai", 1);
    assert_eq!((reload[0].instances, reload[0].refused.len()), (1, 0));
    app.ticks(1);
    assert_eq!(app.get(entity, "seen"), Value::Int(20));
    assert!(app.get(entity, "n").as_int() > before, "state is kept");

    // A broken library is a refused version of the script, and names its own file.
    folder.put("b.rhai", "import \"/c\" as c;\nfn f() { c::VALEU }");
    let refused = told(&mut app, "a.rhai", 1);
    assert_eq!(refused[0].refused.len(), 1);
    let error = refused[0].refused[0].to_string();
    assert_eq!(error, "b.rhai:2:10: `c.rhai` has no constant `VALEU`; did you mean `VALUE`?");
    app.ticks(3);
    assert_eq!(app.get(entity, "seen"), Value::Int(20), "the version before it goes on");

    folder.put("b.rhai", "fn f() { 5 }");
    assert!(told(&mut app, "a.rhai", 1)[0].refused.is_empty());
    app.ticks(1);
    assert_eq!(app.get(entity, "seen"), Value::Int(5));
    assert!(app.take_faults().is_empty());
}

#[test]
fn scripts_that_import_each_other_are_refused_and_can_be_mended() {
    let folder = Folder::new();
    folder.write("a.rhai", "import \"b\" as b; let n = 0; fn f() { b::g() }");
    folder.write("b.rhai", "import \"a\" as a; fn g() { a::f() }");
    let mut app = folder.app(ScriptingPlugin::default());
    let (a, b) = (spawn(&mut app, "a.rhai"), spawn(&mut app, "b.rhai"));
    for (entity, chain) in [(a, "a.rhai -> b.rhai -> a.rhai"), (b, "b.rhai -> a.rhai -> b.rhai")] {
        until(&mut app, "it is refused", |app| app.status(entity) != ScriptStatus::Loading);
        let ScriptStatus::Failed { reason } = app.status(entity) else { panic!("it is refused") };
        assert!(reason.contains(chain), "{reason}");
    }
    // Bevy would follow a circle of dependencies without end.
    folder.put("b.rhai", "import \"a\" as a; fn g() { a::f() } // still");
    app.ticks(50);
    folder.put("b.rhai", "fn g() { 7 }");
    until_ready(&mut app, b);
    folder.put("a.rhai", "import \"b\" as b; let n = b::g();");
    until_ready(&mut app, a);
    assert_eq!(app.get(a, "n"), Value::Int(7));
    folder.put("b.rhai", "fn g() { 8 } // again");
    told(&mut app, "a.rhai", 1);
}

#[test]
fn a_library_that_is_missing_is_told_of_at_its_import() {
    let folder = Folder::new();
    folder.write("a.rhai", "import \"b\" as b;\nlet n = b::f();");
    let mut app = folder.app(ScriptingPlugin::default());
    let entity = spawn(&mut app, "a.rhai");
    until(&mut app, "it is refused", |app| app.status(entity) != ScriptStatus::Loading);
    let ScriptStatus::Failed { reason } = app.status(entity) else { panic!("it is refused") };
    assert!(reason.starts_with("a.rhai:1:1: library `b.rhai` cannot be read: "), "{reason}");
    folder.write("b.rhai", "fn f() { 3 }");
    folder.put("a.rhai", "import \"b\" as b; let n = b::f();");
    until_ready(&mut app, entity);
    assert_eq!(app.get(entity, "n"), Value::Int(3));
}

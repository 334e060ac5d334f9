//! Hostile scripts, run as users run them: `cscript attack tests/hostile`.
//!
//! The first line of each script says its class, what is expected of it in words, and the outcome that
//! the run is held against.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::Arc,
};

use bevy_cscript::{
    api::{ApiTable, CallScope, ScriptContext},
    contract::{Callback, ScriptId, ScriptLimits, ScriptSource, Value as CallValue},
    script::{ScriptCompiler, ScriptInstance, ScriptThreads, ScriptWorkers},
    testing::{FakeEntity, FakeWorld},
    trust::{TrustLevel, TrustPolicy, Unsigned, Verified},
};
use serde_json::Value;

fn attack(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cscript"));
    match command.arg("attack").args(args).output() {
        Ok(output) => output,
        Err(error) => panic!("the tool starts: {error}"),
    }
}

fn rows(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in: {text}"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile")
}

fn one(name: &str) -> String {
    folder().join(name).display().to_string()
}

/// Runs all scripts at a level, and gives what each of them did, in a form to compare.
fn contained(level: &str, more: &[&str]) -> BTreeMap<String, String> {
    let folder = folder().display().to_string();
    let output = attack(&[&[&*folder, "--json", "--trust", level], more].concat());
    let rows = rows(&output);
    let breaches: Vec<String> = rows
        .iter()
        .filter(|row| row["is_contained"] != true)
        .map(|row| format!("{}: {}", row["file"], row["breaches"]))
        .collect();
    assert!(breaches.is_empty(), "at level {level}:\n{}", breaches.join("\n"));
    assert_eq!(output.status.code(), Some(0), "nothing was breached");
    assert!(rows.len() >= 300, "there are only {} scripts", rows.len());
    let done = rows.iter().map(|row| (row["file"].to_string(), row["ran"]["digest"].to_string()));
    done.collect()
}

#[test]
fn all_are_contained_for_strangers() {
    contained("untrusted", &[]);
}

#[test]
fn all_are_contained_for_modders_and_do_the_same_whatever_runs_beside_them() {
    let one = contained("mod", &["--jobs", "1"]);
    let four = contained("mod", &["--jobs", "4"]);
    assert_eq!(one, four);
}

#[test]
fn all_are_contained_for_the_game_itself() {
    contained("trusted", &[]);
}

/// What a script does when it is started and called some times by itself: errors with their places, fuel,
/// commands, log, and what it keeps.
fn done(compiler: &ScriptCompiler, bytes: &[u8]) -> String {
    let policy =
        TrustPolicy { unsigned: Unsigned::Allow(TrustLevel::Mod), ..TrustPolicy::default() };
    let mut world = FakeWorld::default();
    world.entities.extend((1..=8).map(|id| (ScriptId(id), FakeEntity::default())));
    let source = ScriptSource::new("hostile.rhai", bytes.to_vec());
    let source = Verified::check(source, &policy).map_err(|error| vec![error]);
    let script = match source.and_then(|source| compiler.compile(&source)) {
        Ok(script) => Arc::new(script),
        Err(errors) => return format!("{errors:?}"),
    };
    let mut text = String::new();
    let context = |tick| {
        let scope = CallScope { world: &world, world_seed: 1, tick, delta_time: 1.0 / 64.0 };
        let mut context = ScriptContext::new(scope);
        context.begin(ScriptId(1), 1);
        context
    };
    let mut first = context(0);
    let started = ScriptInstance::start(script.clone(), &mut first);
    text += &format!("{} {:?} ", first.take_fuel(), first.take_commands());
    let mut instance = match started {
        Ok(instance) => instance,
        Err(error) => return format!("{text}{error:?}"),
    };
    for tick in 1..=3 {
        for callback in [Callback::OnSpawn, Callback::OnUpdate, Callback::OnMessage] {
            let Some(function) = script.callback(callback) else { continue };
            let args: &[CallValue] = if callback == Callback::OnMessage {
                &[CallValue::Int(1), CallValue::Unit]
            } else {
                &[]
            };
            let mut context = context(tick);
            let called = instance.call(function, args, &mut context);
            text += &format!(
                "{called:?} {} {:?} {:?} ",
                context.take_fuel(),
                context.take_commands(),
                context.take_log()
            );
        }
    }
    format!("{text}{:?}", instance.snapshot())
}

#[test]
fn each_does_the_same_on_one_thread_and_on_eight() {
    let compiler = ScriptCompiler::new(ApiTable::default(), ScriptLimits::for_mods().consensus());
    let files = std::fs::read_dir(folder()).unwrap_or_else(|error| panic!("{error}"));
    let mut files: Vec<PathBuf> = files
        .map(|file| file.unwrap_or_else(|error| panic!("{error}")).path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "rhai"))
        .collect();
    files.sort();
    let on = |threads| {
        let workers = ScriptWorkers::new(ScriptThreads::Fixed(threads));
        let workers = workers.unwrap_or_else(|error| panic!("{error}"));
        let mut all = files.clone();
        let batches = workers.run_batches(&mut all, 1, |paths: &mut [PathBuf]| {
            let read = |path: &PathBuf| std::fs::read(path).unwrap_or_default();
            paths.iter().map(|path| done(&compiler, &read(path))).collect::<Vec<_>>()
        });
        batches.into_iter().flatten().collect::<Vec<String>>()
    };
    let (one, eight) = (on(1), on(8));
    assert_eq!(one.len(), files.len());
    for ((path, one), eight) in files.iter().zip(&one).zip(&eight) {
        assert!(one == eight, "{}:\n{one}\n{eight}", path.display());
    }
    let failed = one.iter().filter(|text| text.contains("Err(")).count();
    assert!(failed >= 80, "only {failed} were stopped");
}

#[test]
fn each_says_what_it_is_and_no_two_are_the_same() {
    let mut bodies: BTreeMap<Vec<u8>, PathBuf> = BTreeMap::new();
    let mut classes = BTreeSet::new();
    let files = std::fs::read_dir(folder()).unwrap_or_else(|error| panic!("{error}"));
    for file in files {
        let path = file.unwrap_or_else(|error| panic!("{error}")).path();
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{error}"));
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
        let (line, body) = bytes.split_at(end);
        let line = String::from_utf8_lossy(line);
        let field = |name: &str| {
            let mut fields = line.trim_start_matches("// ").split("; ");
            let value = fields.find_map(|field| field.strip_prefix(name)?.strip_prefix(": "));
            value.filter(|value| !value.is_empty()).map(str::to_owned)
        };
        for name in ["class", "expect", "outcome"] {
            assert!(field(name).is_some(), "{}: the first line has no {name}", path.display());
        }
        classes.extend(field("class"));
        if let Some(other) = bodies.insert(body.to_vec(), path.clone()) {
            panic!("{} and {} are the same", path.display(), other.display());
        }
    }
    assert!(classes.len() >= 10, "{classes:?}");
}

/// A harness that finds nothing is worth nothing: stock Rhai with every limit set is held against the
/// same bars.
#[test]
fn what_stock_rhai_does_wrong_is_found() {
    for (file, what) in [
        ("stack_08_eval_recursion.rhai", "signal"),
        ("host_02_sleep_float.rhai", "no end after"),
        ("mem_37_curry_double_take.rhai", "512 MiB"),
        ("host_03_sleep_huge_float.rhai", "panic"),
        ("panic_01_sort_no_order.rhai", "panic"),
        ("mem_36_cycle_leak_loop.rhai", "dropping it left"),
        ("cpu_104_callback_long_name.rhai", "no end after"),
        ("det_04_timestamp_seed.rhai", "outcome ends, expected error"),
        ("host_10_eval_code.rhai", "outcome ends, expected refused"),
        ("parse_29_dup_vars_shadow.rhai", "no end after"),
        ("cpu_06_nested_map_callbacks3.rhai", "no end after"),
    ] {
        let file = one(file);
        // What ends in another way may take its time on a busy machine.
        let timeout = if what == "no end after" { "3" } else { "120" };
        let stock = attack(&[&file, "--json", "--backend", "stock", "--timeout", timeout]);
        assert_eq!(stock.status.code(), Some(1), "{file}");
        let breaches = rows(&stock)[0]["breaches"].to_string();
        // Where there are no signals the exit code is told.
        let what = if cfg!(unix) || what != "signal" { what } else { "exit code" };
        assert!(breaches.contains(what), "{file}: {what:?} is not in {breaches}");

        let ours = attack(&[&file, "--json"]);
        assert_eq!(ours.status.code(), Some(0), "{file}: {}", rows(&ours)[0]);
    }
}

#[test]
fn a_bar_that_is_too_low_is_broken() {
    let file = one("cpu_20_loop_in_callback.rhai");
    for (bar, what) in [("--call-ms", "a call took"), ("--compile-ms", "compiling took")] {
        let output = attack(&[&file, bar, "0.000001", "--json"]);
        assert_eq!(output.status.code(), Some(1));
        let breaches = rows(&output)[0]["breaches"].to_string();
        assert!(breaches.contains(what), "{breaches}");
    }
}

/// A folder of its own for a test, gone when the test is over.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap_or_else(|error| panic!("{error}"));
        Self(path)
    }

    fn path(&self) -> String {
        self.0.display().to_string()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap_or_else(|error| panic!("{error}"));
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_first_line_is_held_against_the_run() {
    let scratch = Scratch::new("first_line");
    scratch.write("a.rhai", "// class: mine; expect: it stops; outcome: fuel\nlet x = 1;");
    scratch.write("b.rhai", "// outcome: nonsense\nlet x = 1;");
    scratch.write("c.rhai", "let x = 1;");
    scratch.write("d.rhai", "// outcome: ends; level: mod\nfn on_update() { get_tag(1); }");
    let output = attack(&[&scratch.path(), "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let rows = rows(&output);
    let breaches: Vec<_> = rows.iter().map(|row| row["breaches"].to_string()).collect();
    assert!(breaches[0].contains("outcome ends, expected fuel"), "{}", breaches[0]);
    assert!(breaches[1].contains("there are ends, refused"), "{}", breaches[1]);
    assert_eq!((&*breaches[2], &*breaches[3]), ("[]", "[]"));
    let files: Vec<_> = rows.iter().map(|row| &row["file"]).collect();
    assert_eq!(files, ["a.rhai", "b.rhai", "c.rhai", "d.rhai"]);
    assert_eq!(rows[3]["outcome"], "refused");

    let table = attack(&[&scratch.path(), "--trust", "mod"]);
    let table = String::from_utf8_lossy(&table.stdout).into_owned();
    assert!(table.contains("BREACH: outcome ends, expected fuel"), "{table}");
    assert!(
        table.contains("4 scripts at level mod on the compiled backend: 2 contained, 2 breaches"),
        "{table}"
    );
}

#[test]
fn wrong_usage_says_what_to_do() {
    let scratch = Scratch::new("usage");
    let empty = scratch.path();
    for (args, words) in [
        (&[&*empty][..], "there is no `.rhai` file below this folder"),
        (&["no/such/folder"], "no such file or folder"),
        (&[&*empty, "--backend", "reference"], "runs trusted scripts only; add `--trust trusted`"),
        (&[&*empty, "--timeout", "0"], "leaves no time to run"),
    ] {
        let output = attack(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains(words), "{args:?}: {text}");
    }
    assert_eq!(attack(&[&empty, "--trust", "king"]).status.code(), Some(2));
    assert_eq!(attack(&[]).status.code(), Some(2));
}

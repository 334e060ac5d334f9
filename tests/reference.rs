use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use bevy_cscript::{
    api::{Accepts, ApiFunction, ApiTable, reference},
    script::standard,
    testing::ScriptRunner,
};

use crate::standard::{Verdict, lists};

const BLESS: &str = "BLESS=1 cargo test reference";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file that is made from the table, by its place in the repository.
fn generated() -> BTreeMap<PathBuf, String> {
    let table = ApiTable::default();
    let definitions = Path::new("assets/definitions");
    let mut files = BTreeMap::from([
        ("docs/scripting-api-reference.md".into(), reference::markdown(&table)),
        ("docs/standard-functions.md".into(), standard::markdown_with(&compared())),
        (definitions.join("api.json"), reference::json(&table)),
    ]);
    for (name, text) in reference::definitions(&table) {
        files.insert(definitions.join(name), text);
    }
    files
}

/// How the standard functions compare to those of stock Rhai, out of the lists in `tests/standard`.
fn compared() -> String {
    let (entries, _) = lists().unwrap_or_else(|error| panic!("{error}"));
    let count = |verdict| entries.iter().filter(|entry| entry.verdict == verdict).count();
    let (same, different) = (count(Verdict::Same), count(Verdict::Different));
    let mut text = format!(
        "## Compared with stock Rhai\n\nOf the functions in Rhai's own packages, each counted once for \
         each way of calling it, {same} do\nthe same here, {different} differ in a corner, and {} are \
         absent. Both backends have the same functions; a\ntest calls each of them on both.\n",
        count(Verdict::Absent),
    );
    for (verdict, title) in [(Verdict::Different, "Different"), (Verdict::Absent, "Absent")] {
        text.push_str(&format!("\n### {title}\n\n"));
        let listed: Vec<_> = entries.iter().filter(|entry| entry.verdict == verdict).collect();
        let mut reasons: Vec<&str> = Vec::new();
        for entry in &listed {
            if !reasons.contains(&entry.reason.as_str()) {
                reasons.push(&entry.reason);
            }
        }
        for reason in reasons {
            text.push_str(&format!("- {reason}:\n"));
            for entry in listed.iter().filter(|entry| entry.reason == reason) {
                text.push_str(&format!("  - `{}`\n", entry.called()));
            }
        }
    }
    text
}

/// What lies where generated files lie and is not one of them.
fn left_over(files: &BTreeMap<PathBuf, String>) -> Vec<PathBuf> {
    let folder = Path::new("assets/definitions");
    let entries = fs::read_dir(root().join(folder)).into_iter().flatten().flatten();
    entries
        .map(|entry| folder.join(entry.file_name()))
        .filter(|path| !files.contains_key(path))
        .collect()
}

/// The first line in which two texts differ.
fn difference(old: &str, new: &str) -> Option<String> {
    if old == new {
        return None;
    }
    let same = old.lines().zip(new.lines()).take_while(|(old, new)| old == new).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(the end)").to_owned();
    Some(format!("line {}: there is `{}`, wanted is `{}`", same + 1, line(old), line(new)))
}

#[test]
fn files_are_as_the_table_says() {
    let files = generated();
    let left_over = left_over(&files);
    if std::env::var_os("BLESS").is_some_and(|value| value != "0") {
        for path in left_over {
            fs::remove_file(root().join(path)).expect("a left-over file goes");
        }
        for (path, text) in files {
            let path = root().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
            fs::write(path, text).expect("a generated file can be written");
        }
        return;
    }
    let mut stale: Vec<_> = files
        .iter()
        .filter_map(|(path, text)| {
            let old = fs::read_to_string(root().join(path)).unwrap_or_default();
            difference(&old, text).map(|found| format!("{}: {found}", path.display()))
        })
        .collect();
    stale.extend(left_over.iter().map(|path| format!("{}: not wanted", path.display())));
    assert!(stale.is_empty(), "run `{BLESS}`; not up to date:\n{}", stale.join("\n"));
}

#[test]
fn every_standard_function_is_on_the_page() {
    let page = standard::markdown();
    for function in standard::functions() {
        let signature = function.signature.replace('|', "\\|");
        assert!(page.contains(&format!("\n| `{signature}` | {} |", function.doc)), "{signature}");
    }
    let with = standard::markdown_with("## More to say\n\nSo it is.\n");
    assert!(with.contains("\n- [More to say](#more-to-say)\n") && with.ends_with("\nSo it is.\n"));
    assert!(with.starts_with(page.lines().next().expect("a line")));
}

#[test]
fn a_difference_is_found_where_it_is() {
    assert_eq!(difference("a\nb\n", "a\nb\n"), None);
    let found = difference("a\nb\n", "a\nc\n").expect("b is not c");
    assert_eq!(found, "line 2: there is `b`, wanted is `c`");
    assert!(difference("a\n", "a\nb\n").is_some_and(|found| found.contains("(the end)")));
    assert!(difference("a", "a\n").is_some(), "also in the last line break");
}

/// The functions that any whole number is good for.
const TAKE_ANY_INT: [&str; 3] = ["cancel", "is_alive", "stop_sound"];

/// Whether an argument of the right type can be wrong: an entity can be gone, a number NaN, a name
/// empty. Vectors and truth values are always fine, and so is what takes anything.
fn can_fail(function: &ApiFunction) -> bool {
    let parameters = function.overloads().iter().flat_map(|overload| &overload.parameters);
    let picky = parameters.filter(|p| !p.accepts.contains(&Accepts::Anything));
    picky.flat_map(|parameter| parameter.accepts).any(|accepts| match accepts {
        Accepts::Int => !TAKE_ANY_INT.contains(&function.name()),
        Accepts::Float | Accepts::Str | Accepts::Array | Accepts::Map => true,
        Accepts::Bool | Accepts::Vec3 | Accepts::Anything => false,
    })
}

#[test]
fn every_function_is_documented() {
    let table = ApiTable::default();
    let mut missing = Vec::new();
    for function in table.iter() {
        let name = function.name();
        let mut check = |fine: bool, what: &str| {
            if !fine {
                missing.push(format!("{name}: {what}"));
            }
        };
        check(function.doc().ends_with('.'), "a text that ends with a full stop");
        check(!can_fail(function) || !function.error_docs().is_empty(), "its errors");
        for error in function.error_docs() {
            check(!error.ends_with('.'), "errors without full stops, which stand in lists");
        }
        let example = function.example_script();
        check(!example.is_empty(), "an example");
        check(
            example.contains("fn on_spawn()") || example.contains("fn on_update()"),
            "an example that is run: it defines on_spawn or on_update",
        );
        match ScriptRunner::new(example) {
            Ok(runner) => {
                let warnings = runner.script().warnings();
                check(warnings.is_empty(), &format!("an example without {warnings:?}"));
                let calls = runner.script().calls_api(name);
                check(calls, "an example that calls the function");
            }
            Err(errors) => check(false, &format!("an example without {errors:?}")),
        }
    }
    assert!(missing.is_empty(), "missing in the table:\n{}", missing.join("\n"));
}

#[test]
fn data_holds_what_the_table_holds_in_its_order() {
    let table = ApiTable::default();
    let rows: Vec<serde_json::Value> =
        serde_json::from_str(&reference::json(&table)).expect("it is JSON");
    assert_eq!(rows.len(), table.iter().count());
    let mut last = (0, String::new());
    let order = ["movement", "combat", "tactical", "utility", "audio_visual", "inventory"];
    for row in &rows {
        let name = row["name"].as_str().expect("a name");
        let function = table.get(name).expect("it is in the table");
        assert_eq!(row["category"], function.category().name());
        assert_eq!(row["doc"], function.doc());
        assert_eq!(row["signature"], serde_json::json!(function.signatures()));
        assert_eq!(row["errors"], serde_json::json!(function.error_docs()));
        let category = order.iter().position(|category| row["category"] == *category);
        let place = (category.unwrap_or(order.len()), name.to_owned());
        assert!(last < place, "{name} comes after {}", last.1);
        last = place;
    }
}

#[test]
fn every_function_is_on_the_page_and_in_one_definition_file() {
    let table = ApiTable::default();
    let page = reference::markdown(&table);
    let files = reference::definitions(&table);
    for function in table.iter() {
        let name = function.name();
        assert_eq!(page.matches(&format!("\n### `{name}`\n")).count(), 1, "{name}");
        assert!(page.contains(&format!("- [`{name}`](#{name})\n")), "{name} is in the contents");
        assert!(page.contains(function.example_script()), "{name} has its example");
        for signature in function.signatures() {
            assert!(page.contains(&format!("\n{signature}\n")), "{signature}");
        }
        for (file, text) in &files {
            let here = text.matches(&format!("\nfn {name}(")).count();
            let wanted = *file == format!("{}.d.rhai", function.category());
            assert_eq!(here, if wanted { function.overloads().len() } else { 0 }, "{name}: {file}");
        }
    }
}

/// The world that the page promises to examples, and what happens in it.
#[cfg(feature = "bevy")]
mod examples {
    use bevy::prelude::*;
    use bevy_cscript::{
        api::ApiTable,
        contract::{ScriptId, Value},
        prelude::*,
        runtime::gameplay::{Armor, AttackPower, Health, Hitbox, Inventory, Team},
        testing::ScriptTestApp,
    };

    #[derive(Component, Reflect, Default)]
    #[reflect(Component, Default)]
    struct Stats {
        power: f32,
        level: u8,
    }

    /// Everything that examples may rely on. What is here is told on the page, too: `STAGE` in
    /// `src/api/reference/markdown.rs`.
    fn stage(example: &str) -> (ScriptTestApp, Entity) {
        let mut app = ScriptTestApp::new();
        app.app()
            .expose_component::<Stats>("Stats", Access::ReadWrite)
            .register_prefab("spark", |_| {})
            .register_particle_effect("dust")
            .define_item("coin", 10);
        let script = app.script("example.rhai", example);
        let me = (
            ScriptId(1),
            Tag("me".to_owned()),
            Team("red".to_owned()),
            Transform::default(),
            Health::full(100.0),
            CScript::new(script),
        );
        let me = app.world_mut().spawn(me).id();
        app.world_mut().spawn((
            ScriptId(2),
            Tag("crate".to_owned()),
            Team("blue".to_owned()),
            Transform::from_xyz(3.0, 0.0, 4.0),
            Stats { power: 10.0, level: 1 },
            Health { current: 20.0, max: 30.0 },
            Armor(2.0),
            AttackPower(10.0),
            Hitbox::default(),
            Inventory::with_slots(2),
        ));
        (app, me)
    }

    /// What goes wrong when an example runs for some ticks.
    fn run(example: &str) -> Vec<String> {
        let (mut app, me) = stage(example);
        app.ticks(5);
        let mut wrong: Vec<_> = app.take_faults().iter().map(|f| f.error.to_string()).collect();
        if app.status(me) != ScriptStatus::Ready {
            wrong.push(format!("it is {:?} in the end", app.status(me)));
        }
        wrong
    }

    #[test]
    fn every_example_does_what_it_says() {
        let table = ApiTable::default();
        let mut wrong = Vec::new();
        for function in table.iter() {
            let found = run(function.example_script());
            wrong.extend(found.into_iter().map(|text| format!("{}: {text}", function.name())));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn an_example_that_says_something_false_is_found() {
        for (example, expected) in [
            ("fn on_spawn() { if get_tag(2) != \"barrel\" { throw \"no barrel\"; } }", "no barrel"),
            ("let n = 0; fn on_update() { n += 1; if n == 5 { throw \"late\"; } }", "late"),
            ("fn on_update() { get_position(3); }", "no entity has the id 3"),
            ("fn on_update() { ", "example.rhai"),
        ] {
            let found = run(example).join("\n");
            assert!(found.contains(expected), "{example}: {found}");
        }
    }

    #[test]
    fn the_stage_is_as_the_page_says() {
        let (mut app, me) = stage(
            "let seen = []; fn on_spawn() {
                seen = [entity_id, get_position(1), get_tag(1), get_position(2), get_tag(2),
                    get_component(2, \"Stats\"), spawn_entity(\"spark\", [0, 0]) != (),
                    get_health(1), get_health(2), heal(2, 100), get_armor(2), get_nearest_enemy(1),
                    get_item_count(2, \"coin\"), add_to_inventory(2, \"coin\", 100)];
            }",
        );
        app.tick();
        let stats = Value::map().with("power", 10.0).with("level", 1_i64);
        let wanted: [Value; 14] = [
            1_i64.into(),
            Vec3::ZERO.into(),
            "me".into(),
            Vec3::new(3.0, 0.0, 4.0).into(),
            "crate".into(),
            stats,
            true.into(),
            100.0.into(),
            20.0.into(),
            10.0.into(),
            2.0.into(),
            2_i64.into(),
            0_i64.into(),
            20_i64.into(),
        ];
        assert_eq!(app.get(me, "seen"), Value::Array(wanted.into()));
    }
}

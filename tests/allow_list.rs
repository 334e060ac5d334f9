//! Everything that scripts can call, found by trying and compared with a written list.
//!
//! Tried are all names that anybody knows of: those of our tables, of the reference, of all of Rhai's own
//! packages, the words of the language, and what attackers would like. Each is called by its name, through
//! a pointer, and under a name that is put together at run time, for each level of trust.
//! `BLESS=1` writes the list anew; read what changed before you commit it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use bevy_cscript::{
    api::{ApiFault, ApiFunction, ApiTable, Category, ScriptContext},
    script::{
        Backend,
        standard::{self, StandardForm},
    },
    trust::TrustLevel,
};

use self::probe::Probe;

/// Scripts that try.
mod probe;

/// What nobody may reach, at any level, on any backend, by any name.
const NEVER: [&str; 27] = [
    "eval",
    "curry",
    "sleep",
    "exit",
    "import",
    "export",
    "parse_json",
    "elapsed",
    "back_trace",
    "get_fn_metadata_list",
    "take",
    "tag",
    "system",
    "exec",
    "open",
    "read_file",
    "write_file",
    "load",
    "require",
    "env",
    "getenv",
    "fetch",
    "connect",
    "thread_spawn",
    "abort",
    "panic",
    "set_timeout",
];

/// Words of the language that look like functions, and marks of inner names.
const WORDS: [&str; 26] = [
    "call",
    "Fn",
    "type_of",
    "is_shared",
    "is_def_var",
    "is_def_fn",
    "print",
    "debug",
    "this",
    "global",
    "self",
    "super",
    "spawn",
    "go",
    "async",
    "await",
    "yield",
    "new",
    "use",
    "module",
    "package",
    "index$get",
    "index$set",
    "anon$0",
    "get$len",
    "on_update",
];

const OPERATORS: [&str; 36] = [
    "+", "-", "*", "/", "%", "**", "<<", ">>", "&", "|", "^", "==", "!=", "<", "<=", ">", ">=",
    "&&", "||", "??", "in", "!in", "..", "..=", "+=", "-=", "*=", "/=", "%=", "**=", "<<=", ">>=",
    "&=", "|=", "[]", "[] =",
];

fn universe(table: &ApiTable) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = standard::functions()
        .filter(|function| function.form == StandardForm::Function)
        .map(|function| function.name.to_owned())
        .collect();
    names.extend(standard::of_the_reference().into_iter().map(|(name, _)| name));
    names.extend(table.iter().map(|function| function.name().to_owned()));
    names.extend(crate::standard::names_of_stock_rhai());
    names.extend(NEVER.into_iter().chain(WORDS).map(str::to_owned));
    names.remove("on_update");
    names
}

/// The words for who reaches something.
fn probes(table: impl Fn() -> ApiTable) -> Vec<(&'static str, Probe)> {
    let compiled = |level| Probe::new(Backend::Compiled, level, table());
    vec![
        ("untrusted", compiled(TrustLevel::Untrusted)),
        ("mod", compiled(TrustLevel::Mod)),
        ("trusted", compiled(TrustLevel::Trusted)),
        ("reference", Probe::new(Backend::Reference, TrustLevel::Trusted, table())),
    ]
}

type Reached = BTreeMap<String, Vec<&'static str>>;

fn note(reached: &mut Reached, what: String, who: &'static str) {
    let all = reached.entry(what).or_default();
    if !all.contains(&who) {
        all.push(who);
    }
}

fn list(table: impl Fn() -> ApiTable) -> String {
    let names = universe(&table());
    let is_name = |name: &&String| name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let (mut direct, mut pointer, mut built) = (Reached::new(), Reached::new(), Reached::new());
    let (mut properties, mut operators) = (Reached::new(), Reached::new());
    let mut readable: BTreeSet<String> = names.iter().filter(is_name).cloned().collect();
    readable.extend(
        standard::functions()
            .filter(|f| matches!(f.form, StandardForm::Getter | StandardForm::Setter))
            .map(|f| f.name.to_owned()),
    );
    for (who, mut probe) in probes(&table) {
        for name in &names {
            for (found, way) in [
                (probe.built(name), &mut built),
                (probe.pointer(name), &mut pointer),
                (probe.direct(name), &mut direct),
            ] {
                found.into_iter().for_each(|count| note(way, format!("{name}/{count}"), who));
            }
        }
        for name in &readable {
            let [read, write] = probe.property(name);
            for type_name in read.into_iter().filter(|t| *t != "map") {
                note(&mut properties, format!("{type_name}.{name}"), who);
            }
            for type_name in write.into_iter().filter(|t| *t != "map") {
                note(&mut properties, format!("{type_name}.{name} ="), who);
            }
        }
        for operator in OPERATORS {
            for pair in probe.operator(operator) {
                note(&mut operators, pair, who);
            }
        }
    }
    let mut text = String::from(
        "What scripts can reach, and who: scripts of a level on the compiled backend, or trusted ones on the\n\
         reference. Made by a test; see tests/allow_list.rs. Maps have every property.\n",
    );
    for (title, reached) in [
        ("Functions by name: name/arguments that are taken when a script is loaded", direct),
        ("Functions through a pointer to a name that stands in the text", pointer),
        ("Functions under a name that is put together at run time", built),
        ("Properties", properties),
        ("Operators and indices, by the types of the operands", operators),
    ] {
        text += &format!("\n== {title}\n");
        for (what, who) in reached {
            let who = who.join(" ");
            let who = if who == "untrusted mod trusted reference" { "all" } else { &who };
            text += &format!("{what}: {who}\n");
        }
    }
    text
}

#[test]
fn nothing_is_reached_that_is_not_on_the_list() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/allow_list/reached.txt");
    let found = list(ApiTable::default);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &found).unwrap_or_else(|error| panic!("{error}"));
    }
    let written = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}"));
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (found_lines, written_lines) = (lines(&found), lines(&written));
    let new: Vec<_> = found_lines.difference(&written_lines).collect();
    let gone: Vec<_> = written_lines.difference(&found_lines).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "reached and not on the list: {new:#?}\non the list and not reached: {gone:#?}\n\
         If this is meant: BLESS=1 cargo test --features cli --test tests allow_list"
    );
    for line in written.lines() {
        let name = line.split(['/', ':']).next().unwrap_or_default();
        assert!(!NEVER.contains(&name), "nobody may reach `{line}`");
        for name in NEVER {
            assert!(!line.contains(&format!(".{name}")), "nobody may reach `{line}`");
        }
    }
}

/// The search is worth something only if it finds what is added.
#[test]
fn what_is_added_is_found() {
    let table = || {
        let mut table = ApiTable::default();
        let sell = ApiFunction::new("sleep", Category::new("economy"), "Sleeps.")
            .overload(["count"], |_: &mut ScriptContext<'_>, count: i64| Ok::<_, ApiFault>(count));
        if let Err(error) = table.add(sell) {
            panic!("{error}");
        }
        table
    };
    for (who, mut probe) in probes(table) {
        let expected = match who {
            "trusted" | "reference" => BTreeSet::from([1]),
            _ => BTreeSet::new(),
        };
        assert_eq!(probe.built("sleep"), expected, "{who}");
        assert_eq!(probe.pointer("sleep"), expected, "{who}");
        assert_eq!(probe.direct("sleep"), expected, "{who}");
        assert!(probe.property("len")[0].contains("array"), "{who}");
        assert!(probe.operator("+").contains("int + float"), "{who}");
        assert!(!probe.operator("-").contains("array - array"), "{who}");
    }
}

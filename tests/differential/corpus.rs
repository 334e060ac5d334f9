//! Small scripts by feature of the language, each with what becomes of it.
//!
//! A file is a list of cases:
//!
//! ```text
//! //# name of the case
//! // = the value of `out` after three updates
//! let out = ();
//! fn on_update() { out = 1 + 1; }
//! ```
//!
//! For a script that fails, the first error: `// ! kind line:column`, where line 1 is the first line
//! of the script itself, below the expectation, and under it `// : message` and a line for each call
//! on the way there. `// > level text` is a line that the first update wrote to the log.
//!
//! A script that imports brings its libraries: each begins below a line `//@ its/path.rhai`, and goes on
//! to the next one or the end of the case. Their lines count from there; a place in one of them has its
//! path in front.
//!
//! The scripts are run by every backend, held against what is written and against one another.
//! `BLESS=1` writes what the first backend says. Where another backend is meant to differ, its own
//! expectation stands below, each line with its name: `// compiled = ..`. The line `// compiled ?` asks
//! for one, and it is written when the cases are blessed.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write,
    fs,
    path::PathBuf,
};

use super::{
    outcome::{Backend, Outcome, Own, Verdict, run_with},
    stage::calls,
};
use bevy_cscript::script::{ScriptThreads, ScriptWorkers};

/// A script and what is expected of it.
struct Case {
    file: String,
    name: String,
    /// The lines of the expectation.
    expected: String,
    /// Those of the backends that are meant to differ, by their names.
    others: BTreeMap<String, String>,
    text: String,
}

/// What a backend is called in a case.
fn name(backend: Backend) -> String {
    format!("{backend:?}").to_lowercase()
}

/// The text of a file up to its first case, and its cases.
fn read(path: &PathBuf) -> (String, Vec<Case>) {
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut parts = text.split("//# ");
    let head = parts.next().unwrap_or_default().to_owned();
    let cases = parts.map(|part| {
        let (name, rest) = part.split_once('\n').unwrap_or((part, ""));
        let (mut expected, mut text) = (String::new(), rest);
        let mut others: BTreeMap<String, String> = BTreeMap::new();
        while let Some((line, below)) = text.split_once('\n') {
            match expectation(line) {
                Some((None, line)) => expected.push_str(&(line + "\n")),
                Some((Some(backend), line)) => {
                    others.entry(backend).or_default().push_str(&(line + "\n"));
                }
                None => break,
            }
            text = below;
        }
        let (file, name) = (file.clone(), name.trim().to_owned());
        Case { file, name, expected, others, text: text.trim_end().to_owned() + "\n" }
    });
    (head, cases.collect())
}

/// A line of an expectation without the name of the backend, and that name, if it has one.
fn expectation(line: &str) -> Option<(Option<String>, String)> {
    let (backend, rest) = match line.strip_prefix("// ")?.split_once(' ') {
        Some((word, rest)) if Backend::ALL.iter().any(|backend| name(*backend) == word) => {
            (Some(word.to_owned()), rest)
        }
        _ => (None, &line[3..]),
    };
    let is_mark = rest.starts_with(['=', '!', ':', '>', '?'])
        && (rest.len() == 1 || rest.as_bytes()[1] == b' ');
    is_mark.then(|| (backend, format!("// {rest}")))
}

/// Ours, or one to try something in.
fn folder() -> PathBuf {
    let ours = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/differential");
    std::env::var_os(FOLDER).map_or_else(ours, PathBuf::from)
}

const FOLDER: &str = "DIFF_CASES";

fn files() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).expect("the folder of the cases");
    let paths = entries.map(|entry| entry.expect("an entry of the folder").path());
    let mut files: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "rhai")).collect();
    files.sort();
    files
}

/// The expectation that an outcome fulfils.
fn describe(outcome: &Outcome) -> String {
    let mut lines = String::new();
    let mut line = |mark: &str, text: &str| {
        let mut text = text.replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t");
        if mark == ">" && text.chars().count() > 100 {
            text = text.chars().take(100).collect::<String>() + " ..";
        }
        let _ = writeln!(lines, "{}", format!("// {mark} {text}").trim_end());
    };
    match outcome.first_error() {
        Some(fault) => {
            line("!", &format!("{} {}", fault.kind, fault.place));
            line(":", &fault.message);
            let frames: Vec<_> =
                fault.stack.iter().filter(|(_, at)| at.position.is_some()).collect();
            for same in frames.chunk_by(|a, b| a == b) {
                let (function, at) = same[0];
                let times = match same.len() {
                    1 => String::new(),
                    times => format!(", {times} times"),
                };
                line(":", &format!("in {function}, called at {at}{times}"));
            }
        }
        None => line("=", &outcome.out),
    }
    let first_update = outcome.steps.iter().find(|step| step.function == "on_update");
    for text in first_update.iter().flat_map(|step| &step.log) {
        line(">", text);
    }
    lines
}

/// A script without the libraries below it, and those by their paths.
fn split(text: &str) -> (&str, Vec<(String, String)>) {
    let mut parts = text.split("//@ ");
    let script = parts.next().unwrap_or_default();
    let libraries = parts.map(|part| {
        let (path, text) = part.split_once('\n').unwrap_or((part, ""));
        (path.trim().to_owned(), text.to_owned())
    });
    (script, libraries.collect())
}

/// The outcome of a script with its libraries.
fn outcome(backend: Backend, text: &str, more: &str) -> Outcome {
    let (script, libraries) = split(text);
    run_with(backend, "script", &format!("{script}{more}"), &libraries, &calls(3))
}

/// The outcomes of a script on all backends.
fn outcomes(text: &str) -> Vec<Outcome> {
    Backend::ALL.iter().map(|backend| outcome(*backend, text, "")).collect()
}

/// The expectation that a backend fulfils, with its name in every line.
fn describe_as(backend: Backend, outcome: &Outcome) -> String {
    let name = name(backend);
    describe(outcome).replace("\n// ", &format!("\n// {name} ")).replacen(
        "// ",
        &format!("// {name} "),
        1,
    )
}

/// What two backends disagree in, if they do.
pub(super) fn disagreement(
    title: &str,
    outcomes: &[Outcome],
    may_differ: impl Fn(Backend) -> bool,
) -> Option<String> {
    let (first, others) = outcomes.split_first()?;
    let mut text = String::new();
    for (other, backend) in others.iter().zip(&Backend::ALL[1..]) {
        if !may_differ(*backend) && first.compare(other, Own::Fuel) == Verdict::Different {
            let _ = write!(
                text,
                "{title}\n    {:?}\n{}    {backend:?}\n{}",
                Backend::ALL[0],
                first.beside(other),
                other.beside(first)
            );
        }
    }
    (!text.is_empty()).then_some(text)
}

#[test]
fn corpus_cases_do_what_they_say_on_every_backend() {
    let bless = std::env::var_os("BLESS").is_some();
    let workers = ScriptWorkers::new(ScriptThreads::Auto).expect("threads can be started");
    let mut count = 0;
    let mut wrong = Vec::new();
    for path in files() {
        let (head, mut cases) = read(&path);
        let mut names = HashSet::new();
        for case in &cases {
            assert!(names.insert(&case.name), "{}: two cases `{}`", case.file, case.name);
        }
        let found = workers.run_batches(&mut cases, 16, |cases| {
            cases.iter().map(|case| outcomes(&case.text)).collect::<Vec<_>>()
        });
        count += cases.len();
        let mut blessed = head;
        for (case, outcomes) in cases.iter().zip(found.into_iter().flatten()) {
            let title = format!("{}: {}", case.file, case.name);
            let described = describe(&outcomes[0]);
            let _ = write!(blessed, "//# {}\n{described}", case.name);
            if !bless && described != case.expected {
                let expected = &case.expected;
                wrong.push(format!("{title}\nexpected\n{expected}found\n{described}"));
            }
            for (backend, outcome) in Backend::ALL.iter().zip(&outcomes).skip(1) {
                let Some(expected) = case.others.get(&name(*backend)) else { continue };
                let found = describe(outcome);
                if found != described {
                    blessed += &describe_as(*backend, outcome);
                }
                if !bless && found != *expected {
                    wrong.push(format!("{title}\n{backend:?}\n{expected}found\n{found}"));
                }
            }
            let _ = writeln!(blessed, "{}", case.text);
            let may_differ = |backend| case.others.contains_key(&name(backend));
            wrong.extend(disagreement(&title, &outcomes, may_differ));
        }
        if bless {
            fs::write(&path, blessed.trim_end().to_owned() + "\n")
                .expect("the file can be written");
        }
    }
    println!("{count} cases");
    let is_ours = std::env::var_os(FOLDER).is_none();
    assert!(count >= 450 || !is_ours, "only {count} cases");
    assert!(wrong.is_empty(), "{} of {count} cases:\n\n{}", wrong.len(), wrong.join("\n"));
}

/// The reference looks up operators in another way once `**` occurs anywhere in a script. Of all cases
/// these alone show it: in the words of a message, and by when the left side is looked at.
const POWER_SHOWS: [&str; 3] = [
    "int overflow of negation",
    "the right side of an operator changes the variable on the left",
    "the right side of a comparison by closure changes the captured variable on the left",
];

#[test]
fn a_power_elsewhere_in_the_script_changes_nothing() {
    let workers = ScriptWorkers::new(ScriptThreads::Auto).expect("threads can be started");
    let mut wrong = Vec::new();
    for path in files() {
        let (_, mut cases) = read(&path);
        let found = workers.run_batches(&mut cases, 16, |cases| {
            let differs = |case: &Case| {
                let outcome = |more| outcome(Backend::Reference, &case.text, more);
                let plain = outcome("");
                let powered = outcome("\nfn power_elsewhere() { 2 ** 2 }\n");
                let is_different = plain.compare(&powered, Own::Fuel) == Verdict::Different;
                (is_different != POWER_SHOWS.contains(&case.name.as_str())).then(|| {
                    format!(
                        "{}: {}\n    without\n{}    with\n{}",
                        case.file,
                        case.name,
                        plain.beside(&powered),
                        powered.beside(&plain)
                    )
                })
            };
            cases.iter().filter_map(differs).collect::<Vec<_>>()
        });
        wrong.extend(found.into_iter().flatten());
    }
    assert!(wrong.is_empty(), "{} cases:\n\n{}", wrong.len(), wrong.join("\n"));
}

/// The fixtures that the tables of docs/language.md name.
#[test]
fn every_fixture_that_the_language_names_is_there() {
    let mut known = HashSet::new();
    let mut kinds = HashSet::new();
    for path in files() {
        let kind = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        known.extend(read(&path).1.into_iter().map(|case| format!("{kind}: {}", case.name)));
        kinds.insert(kind);
    }
    let text = include_str!("../../docs/language.md");
    let mut count = 0;
    for line in text.lines().filter(|line| line.starts_with('|')) {
        for quoted in line.split('`').skip(1).step_by(2) {
            let Some((kind, _)) = quoted.split_once(": ") else { continue };
            if kinds.contains(kind) {
                count += 1;
                assert!(known.contains(quoted), "`{quoted}` is named and is no case");
            }
        }
    }
    assert!(count > 150, "only {count} fixtures are named");
}

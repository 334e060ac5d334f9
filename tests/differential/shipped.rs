//! The scripts that come with the crate, with all that may happen to them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    corpus::disagreement,
    outcome::{Backend, run_with},
    stage::calls,
};
use bevy_cscript::script::{ScriptThreads, ScriptWorkers};

/// All scripts below a folder of `assets`.
fn scripts(folder: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        let entries = fs::read_dir(folder).expect("a folder of scripts");
        for path in entries.map(|entry| entry.expect("an entry of the folder").path()) {
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|end| end == "rhai") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(folder), &mut found);
    found.sort();
    found
}

/// The functions that a script defines for the host, by their text.
fn callbacks(text: &str) -> impl Iterator<Item = &str> {
    let names = text.lines().filter_map(|line| line.strip_prefix("fn ")?.split('(').next());
    names.filter(|name| name.starts_with("on_"))
}

#[test]
fn shipped_scripts_do_the_same_on_every_backend() {
    let workers = ScriptWorkers::new(ScriptThreads::Fixed(1)).expect("a thread can be started");
    let paths: Vec<_> = ["scripts", "tests"].into_iter().flat_map(scripts).collect();
    assert!(paths.len() > 30, "only {} scripts", paths.len());
    let libraries: Vec<(String, String)> = paths
        .iter()
        .filter(|path| path.parent().is_some_and(|folder| folder.ends_with("lib")))
        .map(|path| (path.display().to_string(), fs::read_to_string(path).expect("a text")))
        .collect();
    assert!(!libraries.is_empty());
    let mut wrong = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("a text");
        let title = path.display().to_string();
        let calls = calls(5);
        for name in callbacks(&text) {
            assert!(calls.iter().any(|call| call.function == name), "{title}: `{name}`");
        }
        let run_all = || {
            let run = |backend: &Backend| run_with(*backend, &title, &text, &libraries, &calls);
            Backend::ALL.iter().map(run)
        };
        let outcomes: Vec<_> = workers.run(|| run_all().collect());
        assert!(outcomes[0].refused.is_empty(), "{title}\n{}", outcomes[0]);
        // Those below `tests` are for a world of their own and may fail in this one.
        let fails = outcomes[0].first_error().is_some();
        assert!(!fails || title.contains("assets/tests"), "{title}\n{}", outcomes[0]);
        wrong.extend(disagreement(&title, &outcomes, |_| false));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

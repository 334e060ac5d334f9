use bevy_cscript::{api::ApiTable, contract::ScriptLimits, script::Backend, testing::ScriptRunner};

const DOCUMENTS: [(&str, &str); 5] = [
    ("README.md", include_str!("../README.md")),
    ("docs/architecture.md", include_str!("../docs/architecture.md")),
    ("docs/host-guide.md", include_str!("../docs/host-guide.md")),
    ("docs/language.md", include_str!("../docs/language.md")),
    ("docs/scripting-guide.md", include_str!("../docs/scripting-guide.md")),
];

/// The scripts that stand in a document between its fences.
fn scripts(text: &str) -> Vec<String> {
    let mut scripts = Vec::new();
    let mut open: Option<String> = None;
    for line in text.lines() {
        match &mut open {
            Some(script) if line == "```" => {
                scripts.push(std::mem::take(script));
                open = None;
            }
            Some(script) => {
                script.push_str(line);
                script.push('\n');
            }
            None if line == "```rhai" => open = Some(String::new()),
            None => {}
        }
    }
    scripts
}

#[test]
fn every_script_in_the_documents_compiles_without_a_warning() {
    let mut count = 0;
    for (name, text) in DOCUMENTS {
        // Scripts of a document stand side by side, whatever folder it is in.
        let name = name.rsplit('/').next().unwrap_or(name);
        let mut libraries: Vec<(String, String)> = Vec::new();
        for script in scripts(text) {
            count += 1;
            // A library stands in a document before the script that imports it.
            if let Some(path) = script.lines().next().and_then(|line| line.strip_prefix("// lib/"))
            {
                libraries.push((format!("lib/{path}"), script));
                continue;
            }
            let (api, limits) = (ApiTable::default(), ScriptLimits::default());
            let texts: Vec<_> = libraries.iter().map(|(path, text)| (&**path, &**text)).collect();
            match ScriptRunner::importing(Backend::Compiled, name, &script, &texts, api, limits) {
                Ok(runner) => {
                    let warnings = runner.script().warnings();
                    assert!(warnings.is_empty(), "{name}: {}\n{script}", warnings[0]);
                }
                Err(errors) => panic!("{name}: {}\n{script}", errors[0]),
            }
        }
    }
    assert!(count >= 7, "only {count} scripts were found");
}

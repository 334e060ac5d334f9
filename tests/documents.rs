use bevy_cscript::testing::ScriptRunner;

const DOCUMENTS: [(&str, &str); 4] = [
    ("README.md", include_str!("../README.md")),
    ("docs/architecture.md", include_str!("../docs/architecture.md")),
    ("docs/host-guide.md", include_str!("../docs/host-guide.md")),
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
        for script in scripts(text) {
            count += 1;
            match ScriptRunner::new(&script) {
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

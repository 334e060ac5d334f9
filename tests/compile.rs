use bevy_cscript::{
    api::ApiTable,
    contract::{ErrorKind, ScriptError, ScriptLimits, ScriptSource},
    script::ScriptCompiler,
    testing::ScriptRunner,
    trust::{TrustPolicy, Verified},
};

/// The errors of a script, each as `line:col message`.
fn errors(text: &str) -> Vec<String> {
    match ScriptRunner::new(text) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(show).collect(),
    }
}

fn show(error: &ScriptError) -> String {
    let place = error.position.map_or_else(|| "-".to_owned(), |position| position.to_string());
    format!("{place} {}", error.message)
}

fn warnings(text: &str) -> Vec<String> {
    let runner = ScriptRunner::new(text).unwrap_or_else(|errors| panic!("{}", errors[0]));
    runner.script().warnings().iter().map(show).collect()
}

#[test]
fn an_empty_file_is_a_script_that_does_nothing() {
    for text in ["", "  \n\n", "// nothing but a comment"] {
        let runner = ScriptRunner::new(text).expect("an empty script compiles");
        assert!(runner.script().state_names().is_empty());
        assert_eq!(runner.script().function("on_update"), None);
    }
}

#[test]
fn a_syntax_error_names_its_place() {
    let failed = ScriptRunner::new("let x = 1;\nfn on_update() { x = ; }").err().expect("an error");
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].kind, ErrorKind::Syntax);
    assert_eq!(failed[0].position.map(|p| (p.line, p.column)), Some((2, 22)));
    assert!(failed[0].to_string().starts_with("test.rhai:2:22: "), "{}", failed[0]);
}

#[test]
fn bytes_that_are_not_text_are_refused_with_their_line() {
    let source = ScriptSource::new("bad.rhai", b"let x = 1;\nlet y = \"\xff\";".to_vec());
    let source = Verified::check(source, &TrustPolicy::default()).expect("unsigned is allowed");
    let errors = ScriptCompiler::default().compile(&source).expect_err("not UTF-8");
    assert_eq!(errors[0].to_string(), "bad.rhai: not a text file: line 2 is not UTF-8");
}

#[test]
fn a_file_over_the_limit_is_refused_unread() {
    let text = " ".repeat(1024 * 1024);
    let errors = ScriptRunner::new(&text).err().expect("too large");
    assert_eq!(errors[0].kind, ErrorKind::Memory);
    assert!(errors[0].message.contains("1048576 bytes"), "{}", errors[0]);
}

#[test]
fn helpers_that_name_state_must_be_called_with_a_bang() {
    let script = "let n = 0;\nfn step() { n += 1; }\nfn on_update() { step(); }";
    assert_eq!(
        errors(script),
        ["3:18 `step` uses `n` of the script; on this backend call it as `step!(..)`"]
    );
    assert_eq!(errors(&script.replace("step(); }", "step!(); }")), Vec::<String>::new());
}

#[test]
fn the_bang_is_needed_all_the_way_down() {
    let script = "let n = 0;
fn leaf() { n += 1; }
fn middle() { leaf!(); }
fn on_update() { middle(); }";
    assert_eq!(
        errors(script),
        ["4:18 `middle` uses `n` of the script; on this backend call it as `middle!(..)`"]
    );
}

#[test]
fn pointers_methods_and_closures_cannot_reach_state_and_say_so() {
    let found = errors(
        "let n = 0;
fn add(x) { n + x }
fn on_update() {
    let f = Fn(\"add\");
    let g = add;
    [1].map(|x| add!(x));
}",
    );
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.iter().all(|error| error.contains("`n`")), "{found:?}");
}

#[test]
fn unknown_variables_are_found_with_the_nearest_name() {
    assert_eq!(
        errors("let waypoint = 0;\nfn on_update() { waypiont += 1; }"),
        ["2:18 unknown variable `waypiont`; did you mean `waypoint`?"]
    );
    assert_eq!(errors("let a = 1; let b = a + 1; fn on_update() { b = a; }"), Vec::<String>::new());
}

#[test]
fn all_errors_are_reported_in_the_order_of_the_text() {
    let found = errors(
        "const SPEED = 1.0;
fn on_update(dt) { SPEED = 2.0; }
fn on_collision(other) { nobody; entity_id = 3; }
fn distance(a, b) { 0.0 }",
    );
    assert_eq!(
        found,
        [
            "2:18 callback `on_update` takes no parameters",
            "2:20 `SPEED` is a constant and cannot be assigned to",
            "3:26 unknown variable `nobody`",
            "3:34 `entity_id` is given and cannot be assigned to",
            "4:19 `distance` is a function of the API; choose another name",
        ]
    );
}

#[test]
fn what_a_sandboxed_script_may_not_contain_is_refused_with_its_place() {
    for (text, place) in [
        ("import \"other\" as other;", "1:1"),
        ("let x = 1; export x as y;", "1:12"),
        ("export let x = 1;", "1:8"),
        ("fn on_update() { eval(\"1\"); }", "1:18"),
        ("fn on_update() {\n  a::b();\n}", "2:6"),
        ("const X = 1; fn on_update() { global::X; }", "1:39"),
    ] {
        let found = errors(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].starts_with(place), "{text}: {found:?}");
    }
}

#[test]
fn constants_depend_on_constants_only() {
    assert_eq!(
        errors("const A = 2; let x = 1; const B = A * 3; fn f() { B }"),
        Vec::<String>::new()
    );
    let found = errors("let x = 1;\nconst B = x + 1;");
    assert!(found[0].contains("`x` is none"), "{found:?}");
    let found = errors("const P = get_position(1);");
    assert!(found[0].contains("no entity has the id 1"), "{found:?}");
    let found = errors("const L = { loop {} 1 };");
    assert!(found[0].contains("fuel"), "{found:?}");
}

#[test]
fn probable_mistakes_are_warnings() {
    assert_eq!(
        warnings("fn on_colision(other) {}"),
        ["1:23 `on_colision` is never called by the runtime; did you mean `on_collision`?"]
    );
    assert_eq!(
        warnings("let n = 0; fn on_update() { let n = 1; }"),
        ["1:29 this `n` hides the script's own `n`"]
    );
    assert_eq!(
        warnings("let distance = 0;"),
        ["- variable `distance` has the name of a function of the API"]
    );
    assert!(warnings("let n = 0; fn on_update() { n += 1; }").is_empty());
}

#[test]
fn limits_of_the_text_hold() {
    let with = |text: &str, limits: ScriptLimits| {
        ScriptRunner::with("test.rhai", text, ApiTable::default(), limits).err().map(|e| e[0].kind)
    };
    let limits = ScriptLimits { functions: 2, parameters: 2, ..ScriptLimits::default() };
    assert_eq!(with("fn a() {} fn b() {}", limits.clone()), None);
    assert_eq!(with("fn a() {} fn b() {} fn c() {}", limits.clone()), Some(ErrorKind::Memory));
    assert_eq!(with("fn a(x, y, z) {}", limits), Some(ErrorKind::Compile));
    let deep = format!("let x = {}1{};", "(".repeat(100), ")".repeat(100));
    assert_eq!(with(&deep, ScriptLimits::default()), Some(ErrorKind::Memory));
}

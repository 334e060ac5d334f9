use bevy_cscript::{
    api::ApiTable,
    contract::{ErrorKind, ScriptError, ScriptId, ScriptLimits, ScriptSource},
    script::{Backend, ScriptCompiler},
    testing::{FakeWorld, ScriptRunner},
    trust::{TrustPolicy, Verified},
};

/// The errors of a script, each as `line:col message`.
fn errors(text: &str) -> Vec<String> {
    told(ScriptRunner::new(text))
}

fn told(runner: Result<ScriptRunner, Vec<ScriptError>>) -> Vec<String> {
    runner.err().unwrap_or_default().iter().map(show).collect()
}

fn show(error: &ScriptError) -> String {
    let place = error.position.map_or_else(|| "-".to_owned(), |position| position.to_string());
    format!("{place} {}", error.message)
}

/// A script whose `on_update` does this.
fn doing(body: &str) -> String {
    format!("let n = 0; let m = #{{}}; fn on_update() {{\n{body}\n}}")
}

/// What is said about a line of code, without its place.
#[track_caller]
fn fault(body: &str) -> String {
    let found = errors(&doing(body));
    assert_eq!(found.len(), 1, "{body}: {found:?}");
    let (place, message) = found[0].split_once(' ').unwrap_or_default();
    assert!(place.starts_with("2:"), "{body}: {found:?}");
    message.to_owned()
}

#[track_caller]
fn assert_honest(text: &str) {
    assert_eq!(errors(text), Vec::<String>::new(), "{text}");
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

/// The errors of a script on the reference backend, which cannot do all that the other can.
fn reference_errors(text: &str) -> Vec<String> {
    let (api, limits) = (ApiTable::default(), ScriptLimits::default());
    let runner = ScriptRunner::on(Backend::Reference, "test.rhai", text, api, limits);
    told(runner)
}

#[test]
fn helpers_that_name_state_must_be_called_with_a_bang() {
    let script = "let n = 0;\nfn step() { n += 1; }\nfn on_update() { step(); }";
    assert_eq!(
        reference_errors(script),
        ["3:18 `step` uses `n` of the script; on this backend call it as `step!(..)`"]
    );
    assert_eq!(reference_errors(&script.replace("step(); }", "step!(); }")), Vec::<String>::new());
}

#[test]
fn the_bang_is_needed_all_the_way_down() {
    let script = "let n = 0;
fn leaf() { n += 1; }
fn middle() { leaf!(); }
fn on_update() { middle(); }";
    assert_eq!(
        reference_errors(script),
        ["4:18 `middle` uses `n` of the script; on this backend call it as `middle!(..)`"]
    );
}

#[test]
fn pointers_methods_and_closures_cannot_reach_state_and_say_so() {
    let found = reference_errors(
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
fn helpers_pointers_and_closures_reach_state_by_name() {
    let script = "let n = 0; let seen = [];
fn step() { n += 1; }
fn add(x) { step(); n + x }
fn on_update() {
    let f = Fn(\"add\");
    let g = add;
    seen = [f.call(1), g.call(1), [1].map(|x| add(x)), 5.add(), [7].map(|x| { n += x; n })];
}
fn int.add() { n * this }";
    assert_eq!(errors(script), Vec::<String>::new());
    let mut runner = ScriptRunner::new(script).unwrap_or_else(|errors| panic!("{}", errors[0]));
    let world = FakeWorld::default();
    runner.start(&world, ScriptId(1)).unwrap_or_else(|error| panic!("{error}"));
    runner.call(&world, "on_update", &[]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(runner.get("seen").to_string(), "[2, 3, [4], 15, [10]]");
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
        ["1:1 variable `distance` has the name of a function of the API"]
    );
    assert!(warnings("let n = 0; fn on_update() { n += 1; }").is_empty());
}

#[test]
fn two_variables_of_one_name_are_a_warning_at_the_second() {
    assert_eq!(
        warnings("let n = 0;\nlet m = 1;\n  let n = 2;\nfn on_colision() {}"),
        [
            "3:3 `n` is declared a second time; the first one is lost",
            "4:18 `on_colision` is never called by the runtime; did you mean `on_collision`?",
        ]
    );
    assert!(
        warnings("let n = 0; { let n = 1; } for n in 0..3 {} fn f() { let a = 1; let a = 2; }")
            .is_empty()
    );
}

#[test]
fn unknown_functions_are_found_with_the_nearest_name() {
    assert_eq!(
        errors("fn on_update() {\n    move_toward(entity_id, [0, 0], 1);\n}"),
        ["2:5 unknown function `move_toward`; did you mean `move_towards`?"]
    );
    for (body, message) in [
        ("get_postion(1);", "unknown function `get_postion`; did you mean `get_position`?"),
        ("halve(2);", "unknown function `halve`"),
        ("parse_json(\"{}\");", "unknown function `parse_json`"),
        ("let a = [1]; a.psuh(2);", "unknown method `psuh`; did you mean `push`?"),
        ("\"ab\".to_uper();", "unknown method `to_uper`; did you mean `to_upper`?"),
        ("m.a.b.fly();", "unknown method `fly`"),
        ("m?.fly();", "unknown method `fly`"),
        ("n.fly(1).to_string();", "unknown method `fly`"),
        ("if true { while n < 1 { fly() } }", "unknown function `fly`"),
        ("switch n { 1 => fly(), _ => 0 }", "unknown function `fly`"),
        ("switch n { 1 if fly() => 1, _ => 0 }", "unknown function `fly`"),
        ("switch n { 1 => 1, _ => fly() }", "unknown function `fly`"),
        ("let s = `a ${fly()} b`;", "unknown function `fly`"),
        ("[1, #{ a: fly() }];", "unknown function `fly`"),
        ("try { fly(); } catch (e) { }", "unknown function `fly`"),
        ("try { } catch { fly(); }", "unknown function `fly`"),
        ("m[fly()] = 1;", "unknown function `fly`"),
        ("[1].map(|x| fly(x));", "unknown function `fly`"),
        ("return fly();", "unknown function `fly`"),
        ("for i in fly() { }", "unknown function `fly`"),
        ("n = n ?? fly();", "unknown function `fly`"),
        ("fly!();", "unknown function `fly`"),
        (
            "let f = |x| x; f(1);",
            "unknown function `f`; what a variable holds is called by `f.call(..)`",
        ),
    ] {
        assert_eq!(fault(body), message, "{body}");
    }
    assert_eq!(errors("let x = fly();"), ["1:9 unknown function `fly`"]);
    assert_eq!(errors("const X = fly();"), ["1:11 unknown function `fly`"]);
    assert_eq!(
        errors("fn halve(x) { x / 2 } fn on_update() { hlave(2); }"),
        ["1:40 unknown function `hlave`; did you mean `halve`?"]
    );
}

#[test]
fn a_wrong_number_of_arguments_is_found() {
    for (body, message) in [
        ("distance(1, 2, 3);", "`distance` takes 2 arguments, 3 were given"),
        ("distance(1);", "`distance` takes 2 arguments, 1 was given"),
        ("tick(1);", "`tick` takes no arguments, 1 was given"),
        ("get_position();", "`get_position` takes 1 argument, 0 were given"),
        ("range(1, 2, 3, 4);", "`range` takes 2 or 3 arguments, 4 were given"),
        (
            "entity_id.get_position(1);",
            "`get_position` takes no arguments as a method, 1 was given",
        ),
        ("1.tick();", "`tick` cannot be called as a method"),
        ("[1].push();", "`push` takes 1 argument as a method, 0 were given"),
        ("type_of(1, 2);", "`type_of` takes 1 argument, 2 were given"),
        ("is_def_fn(\"a\");", "`is_def_fn` takes 2 or 3 arguments, 1 was given"),
        ("call();", "`call` takes at least 1 argument, 0 were given"),
        ("print(1, 2);", "`print` takes 0 or 1 arguments, 2 were given"),
    ] {
        assert_eq!(fault(body), message, "{body}");
    }
    assert_eq!(
        errors("fn f(a) {} fn f(a, b) {} fn f(a, b, c) {} fn on_update() { f(); 1.f(); }"),
        [
            "1:60 `f` takes 1, 2 or 3 arguments, 0 were given",
            "1:67 `f` takes 1, 2 or 3 arguments as a method, 0 were given"
        ]
    );
}

#[test]
fn pointers_to_nothing_are_found() {
    assert_eq!(
        fault("let f = Fn(\"get_positon\");"),
        "unknown function `get_positon`; did you mean `get_position`?"
    );
    assert_eq!(fault("Fn(\"no way\");"), "unknown function `no way`");
    assert_eq!(fault("Fn(\"print\");"), "`Fn` cannot point to `print`; use a closure");
    assert_eq!(
        fault("let f = distance;"),
        "`distance` is no variable; to point to the function write `Fn(\"distance\")`"
    );
    for honest in [
        "Fn(\"distance\").call(1, 1);",
        "Fn(\"len\").call(\"abc\");",
        "Fn(\"on_update\");",
        "on_update.name;",
        "Fn(\"dist\" + \"ance\").call(1, 1);",
    ] {
        assert_honest(&doing(honest));
    }
}

#[test]
fn honest_scripts_are_not_refused() {
    for body in [
        // Closures and function pointers, in all the ways of calling them.
        "let f = |x| x + 1; f.call(1); call(f, 1); f.call();",
        "let a = 1; let f = |x, y| x + y + a; f.call(1, 2);",
        "let fs = [|x| x, |x| -x]; fs[0].call(1); for f in fs { f.call(2); }",
        "[1, 2].map(|x| x * 2).filter(|x| x > 2).reduce(|sum, x| sum + x, 0);",
        "[1, 2].map(|x, i| x * i).some(|x| x > 2);",
        "[3, 1].sort(|a, b| a - b); [3, 1].for_each(|i| this += i);",
        "let f = |x| x; f.name; f.is_anonymous;",
        // Maps with functions in them.
        "let o = #{ hp: 1, hurt: |by| this.hp -= by }; o.hurt(1);",
        "let o = #{}; o.hurt = |by| by; o.hurt(1);",
        "let o = #{}; o[\"hurt\"] = |by| by; o.hurt(1);",
        "let o = #{}; o.set(\"hurt\", |by| by); o.hurt(1);",
        "let o = #{ inner: #{} }; o.inner.hurt = Fn(\"abs\"); o.inner.hurt();",
        "let o = #{}; for k in [\"left\", \"right\"] { o[k] = |x| x; } o.left(1);",
        "let o = #{}; o[\"on_\" + n] = |x| x; o.on_0(1);",
        "let o = #{}; o[`on_${n}`] = |x| x; o.on_0(1);",
        "let o = #{}; o.set(\"on_\" + n, |x| x); o.on_0(1);",
        "let o = #{ a: #{} }; o.a[\"on_\" + n] = |x| x; o.a.on_0(1);",
        "let o = #{}; o[\"on_\" + n] = #{ act: |x| x }; o.on_0.act(1);",
        "let o = #{ heal: |by| by, len: |a, b, c| a }; o.heal(1); o.len(1, 2, 3);",
        // Standard methods, called both ways.
        "let s = \"a,b\"; s.split(\",\").len(); len(s); s.sub_string(1); s.sub_string(0, 1); s.pad(5, 'x');",
        "let s = \"a\"; s.replace(\"a\", \"b\"); s.contains(\"a\"); s.index_of(\"a\"); s += 'c'; s.crop(1); s.trim();",
        "let a = [1]; a.push(2); push(a, 3); a.insert(0, 1); a += 4; a.pop(); a.shift(); a.truncate(1); a.splice(0, 1, [2]);",
        "let a = [1, 2]; a.index_of(2); a.extract(0..1); a.drain(|x| x > 1); a.dedup(); a.reverse(); a.chunks;",
        "let m = #{ a: 1 }; m.keys(); m.values(); m.contains(\"a\"); m.remove(\"a\"); m.mixin(#{ b: 2 }); m.get(\"b\"); m.clear();",
        "let b = blob(4, 0); b.len(); b[0] = 1; b.push(2); b.parse_le_int(0, 2); b.write_be(0, 2, 5); b.as_string();",
        "let x = 3.7; x.floor(); x.to_int(); sqrt(x); x.max(1.0); min(1, 2); PI(); sin(x); (5).is_odd(); atan(1.0, 2.0);",
        "let x = 5; x.get_bit(0); x.set_bit(1, true); x.bits.len(); for b in x.bits() { }",
        "range(0, 5); range(0, 5, 2); (0..5).contains(3); for i in range(0, 5) { } 'a'.to_upper();",
        "to_string(1); 1.to_string(); to_debug([1]); parse_int(\"1\"); parse_int(\"f\", 16); parse_float(\"1\"); type_of(1); (1).type_of();",
        // Properties and operators.
        "let v = vec3(1, 2, 3); v.x += v.y; v.length(); v.normalize().dot(v); cross(v, v); -v;",
        "m.a = 1; m[\"b\"] = 2; m?.c; m?[\"d\"]; m.e.f ?? 1;",
        "1 in [1, 2]; 1 !in [1, 2]; \"a\" in m; 'a' in \"abc\"; 3 in 0..5; !true; 2 ** 3; 1 << 2; 5 % 3;",
        // Control flow.
        "switch n { 0 => print(), 1 | 2 => print(1), 3..5 if n > 3 => debug(n), _ => () }",
        "try { throw #{ kind: \"mine\" }; } catch (e) { log(e.kind); } do { n += 1; } until n > 3;",
        "let x = if n > 1 { 1 } else { 2 }; let y = loop { break 5; }; while n < 2 { n += 1; continue; }",
        "for (x, i) in [1, 2] { print(x + i); } return;",
        // What the language itself makes calls of.
        "is_def_var(\"n\"); is_def_fn(\"on_update\", 0); is_def_fn(\"int\", \"f\", 0); is_shared(n); n.is_shared();",
        // Overloads by number of arguments.
        "random_range(1, 2); random_range(1.0, 2.0); random(); distance(entity_id, [0, 0]);",
        "entity_id.get_position(); entity_id.set_tag(\"x\"); get_position(entity_id).distance([0, 0]);",
    ] {
        assert_honest(&doing(body));
    }
    for script in [
        // Own functions: overloads, methods, types, `this`, recursion, use before definition.
        "fn a(x) { b(x, 1) } fn b(x, y) { x.c(y) } fn c(y) { this + y } fn b(x) { a(x) }",
        "fn int.double() { this * 2 } fn on_update() { (5).double(); }",
        "fn Vec3.up() { this.y += 1.0; } fn on_update() { let v = vec3(0, 0, 0); v.up(); }",
        "fn len(a, b) { a + b } fn on_update() { len(1, 2); len(\"abc\"); [1].len(); }",
        "private fn hidden() { 1 } fn on_update() { hidden(); }",
        "fn apply(f, x) { f.call(x) } fn on_update() { apply(|x| x, 1); apply(Fn(\"abs\"), -1); }",
        "fn turn(x) { -x } fn on_update() { [1].map(turn); let f = turn; f.call(1); #{ act: turn }.act(); }",
        "let n = 0; fn count(by) { n += by; } fn on_update() { count!(1); }",
        "fn show() { print(this.name); } fn on_update() { let o = #{ name: \"x\", show: show }; o.show(); }",
        "fn fill(o) { o.act = |x| x; o } fn on_update() { fill(#{}).act(1); }",
        "const TABLE = #{ half: 0.5 }; fn on_update() { TABLE.half.floor(); TABLE.keys(); }",
    ] {
        assert_honest(script);
    }
}

#[test]
fn the_example_scripts_are_not_refused() {
    for name in ["herald", "patrol", "spawner", "wanderer"] {
        let path = format!("{}/assets/scripts/{name}.rhai", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).expect("the script is there");
        assert_honest(&text);
        assert!(warnings(&text).is_empty(), "{name}");
    }
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

#[test]
fn constants_may_have_locals_and_call_functions_that_do() {
    for (text, value) in [
        ("const A = { let s = 0; for i in 0..4 { s += i; } s };", "6"),
        ("fn sq(x) { let y = x; y *= x; y } const A = sq(3);", "9"),
        (
            "const B = 2; let x = 1; const A = { let l = [B]; l.push(x_of(B)); l }; fn x_of(A) { A * 10 }",
            "[2, 20]",
        ),
        ("const B = 1; let n = 5; const C = 2; const A = [B, C];", "[1, 2]"),
    ] {
        let text = format!("{text}\nlet result = A;");
        let mut runner = ScriptRunner::new(&text).unwrap_or_else(|e| panic!("{text}: {}", e[0]));
        let world = bevy_cscript::testing::FakeWorld::default();
        runner
            .start(&world, bevy_cscript::contract::ScriptId(1))
            .unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(runner.get("result").to_string(), value, "{text}");
    }
}

#[test]
fn a_constant_is_declared_once() {
    for text in [
        "const A = 1;\nconst A = 2;",
        "let A = 1;\nconst A = 2;",
        "const A = 1;\nlet A = 2;",
        "const SPEED = 1.0; let t = 0;\nconst SPEED = 2.0;",
    ] {
        let found = errors(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].starts_with("2:1 ") && found[0].contains("declared twice"), "{found:?}");
    }
}

#[test]
fn a_mark_at_the_beginning_of_a_file_is_no_part_of_it() {
    assert_eq!(errors("\u{feff}let x = 1;"), Vec::<String>::new());
}

#[test]
fn a_file_full_of_mistakes_is_told_in_short_and_soon() {
    use std::fmt::Write as _;
    let mut text = String::new();
    for i in 0..4_000 {
        let _ = writeln!(text, "unknown_{i};");
    }
    let found = errors(&text);
    assert_eq!(found.len(), 33);
    assert_eq!(found[32], "- and 3968 more errors");
    let mut text = String::new();
    for i in 0..300 {
        let _ = writeln!(text, "let v{i} = 1;");
    }
    assert_eq!(
        errors(&text),
        ["- 300 top-level variables and constants are over the limit of 256"]
    );
}

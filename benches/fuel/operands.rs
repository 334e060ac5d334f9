/// Large values, and how they are made. They are made once and kept as state.
const LARGE: &[(&str, &str)] = &[
    ("long", r#"let x = ""; x.pad(16000, "a"); x"#),
    ("wide", r#"let x = ""; x.pad(4000, "😀"); x"#),
    ("almost", r#"let x = ""; x.pad(8000, "a"); x += "b"; x"#),
    ("spaces", r#"let x = ""; x.pad(16000, " "); x"#),
    ("words", r#"let x = ""; x.pad(16000, "a b "); x"#),
    ("digits", r#"let x = ""; x.pad(16000, "7"); x"#),
    ("upper", r#"let x = ""; x.pad(5000, "ﬃ"); x"#),
    ("full", r#"let x = []; x.pad(1000, 1); x"#),
    ("floats", r#"let x = []; for i in 0..1000 { x.push(i * 1.1e-300 + 0.1); } x"#),
    ("down", r#"let x = []; for i in 0..1000 { x.push(1000 - i); } x"#),
    ("mixed", r#"let x = []; for i in 0..1000 { x.push((i * 7919) % 1000); } x"#),
    ("texts", r#"let x = []; for i in 0..900 { x.push(`t${i}`); } x"#),
    (
        "longs",
        r#"let x = []; for i in 0..8 { let s = ""; s.pad(2000, "a"); s += i; x.push(s); } x"#,
    ),
    (
        "mixture",
        r#"let x = []; for i in 0..300 { x.push(i); x.push(`t${i}`); x.push(i * 0.5); } x"#,
    ),
    ("deep", r#"let x = 1; for i in 0..31 { x = [x]; } x"#),
    ("rows", r#"let x = []; for i in 0..30 { let row = []; row.pad(30, i); x.push(row); } x"#),
    ("twins", r#"let x = []; let t = ""; t.pad(16, "a"); x.pad(900, t); x"#),
    ("units", r#"let x = []; x.pad(1000, ()); x"#),
    ("nothings", r#"let x = []; x.pad(990, []); x"#),
    ("broad", r#"let x = #{}; for i in 0..256 { x["k" + i] = i; } x"#),
    (
        "wordy",
        r#"let x = #{}; for i in 0..256 { x["a_rather_long_name_of_an_entry_" + i] = i * 0.1; } x"#,
    ),
    ("nested", r#"let x = #{}; for i in 0..31 { x = #{ a: x }; } x"#),
    ("crowd", r#"let x = []; for i in 0..120 { x.push(#{ a: i, b: "x" }); } x"#),
    ("bytes", r#"blob(1000, 7)"#),
    ("zeros", r#"blob(1000, 0)"#),
];

/// A script whose state is the large values.
pub(crate) fn maker() -> String {
    let mut text = declarations();
    text.push_str("fn on_spawn() {");
    for (i, (name, _)) in LARGE.iter().enumerate() {
        text.push_str(&format!("kept_{name} = make{i}();\n"));
    }
    text.push_str("}\n");
    for (i, (_, body)) in LARGE.iter().enumerate() {
        text.push_str(&format!("fn make{i}() {{ {body} }}\n"));
    }
    text
}

fn declarations() -> String {
    LARGE.iter().map(|(name, _)| format!("let kept_{name} = ();\n")).collect()
}

/// A script that runs a body so many times. What stands in front of `;;` in it is run once.
pub(crate) fn script(body: &str, turns: usize) -> String {
    let mut text = declarations();
    text.push_str(AROUND);
    for (name, _) in LARGE {
        text.push_str(&format!("let {name} = kept_{name};\n"));
    }
    let (once, body) = body.split_once(";;").unwrap_or(("", body));
    text.push_str(&format!("{SMALL}\n{once}\nfor i in 0..{turns} {{ {body} }} }}"));
    text
}

/// Functions and state of every script.
const AROUND: &str = r#"
let state = [1];
let kept = 1;
const FIXED = [1, 2, 3];
fn f(x) { x } fn f(x, y) { y } fn f() { 3 }
fn deeper(n) { if n > 0 { deeper(n - 1) } }
fn fails(n) { if n > 0 { fails(n - 1) } else { throw 1 } }
fn on_spawn() { }
fn on_update() {
"#;

/// Small values, and functions.
const SMALL: &str = r#"
let pointers = []; pointers.pad(900, |x| x);
let text = "hello"; let list = [3, 1, 2]; let small = #{ a: 1, b: 2 }; let pair = blob(8, 3); let number = 5; let real = 0.3;
let at = vec3(3, 0, 4); let both = 0..10; let all = 0..1000; let ending = 0..=7; let closure = |x| x; let mine = 1; let holder = || mine;
let order = |a, b| a - b; let named = Fn("f"); let built = Fn("ab" + "s"); let yes = |x| true; let no = |x| false; let sum = |a, b| a; let longname = Fn(long);
"#;

/// Operands of a type as signatures write it: most are names of what [`PRELUDE`] makes.
pub(crate) fn operands(kind: &str) -> Vec<&'static str> {
    let kinds = kind.split(" | ");
    let mut all: Vec<_> = kinds.flat_map(|kind| of_kind(kind.trim()).iter().copied()).collect();
    all.dedup();
    all
}

fn of_kind(kind: &str) -> &'static [&'static str] {
    match kind {
        "int" => &[
            "number",
            "0",
            "1",
            "-1",
            "2",
            "31",
            "63",
            "255",
            "500",
            "999",
            "1000",
            "9223372036854775807",
            "(-9223372036854775807 - 1)",
            "i",
        ],
        "float" => &[
            "real",
            "0.0",
            "-0.0",
            "1.5",
            "1e308",
            "-1e308",
            "5e-324",
            "2.2250738585072014e-308",
            "(0.0 / 0.0)",
            "(1.0 / 0.0)",
            "123456789.123456789",
            "0.1",
            "1e22",
            "1e-7",
            "709.7",
            "1e15",
        ],
        "bool" => &["true", "false"],
        "char" => &["'a'", "'b'", "'😀'", "'\\u0000'", "'ﬃ'", "' '"],
        "string" => &[
            "text",
            "\"\"",
            "\"a\"",
            "\"b\"",
            "\"f\"",
            "\"abs\"",
            "\"no such\"",
            "long",
            "wide",
            "almost",
            "spaces",
            "words",
            "digits",
            "upper",
            "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"",
            "\"aa\"",
            "\"😀\"",
            "\"ab\"",
            "\"-12.5e3\"",
            "\"coin\"",
            "\"spark\"",
            "\"Stats\"",
            "\"tag7\"",
            "\"walk\"",
            "\"dust\"",
            "\"sounds/a.ogg\"",
            "\"on_spawn\"",
            "`t${i}`",
        ],
        "array" => &[
            "list",
            "[]",
            "[1]",
            "full",
            "floats",
            "down",
            "mixed",
            "texts",
            "longs",
            "mixture",
            "deep",
            "rows",
            "twins",
            "units",
            "pointers",
            "nothings",
            "crowd",
            "FIXED",
            "[1, 2]",
            "[long]",
            "[1.5, 2.5, -0.5]",
        ],
        "map" => &[
            "small",
            "#{}",
            "broad",
            "wordy",
            "nested",
            "#{ a: full }",
            "#{ a: long }",
            "#{ volume: 0.5 }",
            "#{ power: 2.0 }",
        ],
        "blob" => &["pair", "blob()", "bytes", "zeros", "blob(1, 255)"],
        "range" => {
            &["both", "all", "ending", "(0..0)", "(3..1)", "(500..999)", "(0..9223372036854775807)"]
        }
        "Fn" => &[
            "closure",
            "named",
            "built",
            "order",
            "yes",
            "no",
            "sum",
            "holder",
            "longname",
            "|x| [x, x]",
            "|| this",
            "|| { this = 1; }",
        ],
        "Vec3" => {
            &["at", "vec3(0, 0, 0)", "vec3(3e38, 3e38, -3e38)", "vec3(1e-40, 0, 1)", "[1, 2, 3]"]
        }
        "()" => &["()"],
        _ => &[
            "number", "real", "true", "'a'", "text", "long", "wide", "digits", "list", "full",
            "floats", "texts", "longs", "deep", "rows", "twins", "crowd", "mixture", "pointers",
            "nothings", "small", "broad", "wordy", "nested", "bytes", "both", "closure",
            "longname", "at", "()", "0", "2", "1e308", "5e-324",
        ],
    }
}

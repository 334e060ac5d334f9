/// What stands above every body: a loop follows, and a closing brace.
pub(crate) const PRELUDE: &str = r#"
let state = [1];
let kept = 1;
const FIXED = [1, 2, 3];
fn f(x) { x } fn f(x, y) { y } fn f() { 3 }
fn deeper(n) { if n > 0 { deeper(n - 1) } }
fn fails(n) { if n > 0 { fails(n - 1) } else { throw 1 } }
fn on_spawn() { }
fn on_update() {
let long = ""; long.pad(16000, "a"); let wide = ""; wide.pad(4000, "😀");
let almost = ""; almost.pad(8000, "a"); almost += "b"; let spaces = ""; spaces.pad(16000, " "); let words = ""; words.pad(16000, "a b ");
let digits = ""; digits.pad(16000, "7"); let upper = ""; upper.pad(5000, "ﬃ");
let full = []; full.pad(1000, 1); let floats = []; for i in 0..1000 { floats.push(i * 1.1e-300 + 0.1); }
let down = []; for i in 0..1000 { down.push(1000 - i); } let mixed = []; for i in 0..1000 { mixed.push((i * 7919) % 1000); }
let texts = []; for i in 0..900 { texts.push(`t${i}`); } let longs = []; for i in 0..8 { let s = ""; s.pad(2000, "a"); s += i; longs.push(s); }
let mixture = []; for i in 0..300 { mixture.push(i); mixture.push(`t${i}`); mixture.push(i * 0.5); }
let deep = 1; for i in 0..31 { deep = [deep]; } let rows = []; for i in 0..30 { let row = []; row.pad(30, i); rows.push(row); }
let twins = []; { let t = ""; t.pad(16, "a"); twins.pad(900, t); } let units = []; units.pad(1000, ());
let pointers = []; pointers.pad(900, |x| x); let nothings = []; nothings.pad(990, []);
let broad = #{}; for i in 0..256 { broad["k" + i] = i; } let wordy = #{}; for i in 0..256 { wordy["a_rather_long_name_of_an_entry_" + i] = i * 0.1; }
let nested = #{}; { let m = #{}; for i in 0..31 { m = #{ a: m }; } nested = m; } let crowd = []; for i in 0..120 { crowd.push(#{ a: i, b: "x" }); }
let bytes = blob(1000, 7); let zeros = blob(1000, 0);
let text = "hello"; let list = [3, 1, 2]; let small = #{ a: 1, b: 2 }; let pair = blob(8, 3); let number = 5; let real = 0.3;
let at = vec3(3, 0, 4); let both = 0..10; let all = 0..1000; let ending = 0..=7; let closure = |x| x; let shared = 1; let holder = || shared;
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

use crate::chance::Chance;

/// Expressions of every type at its edges.
const EDGES: &[&str] = &[
    "()", "true", "false", "0", "1", "-1", "2", "7", "63", "64", "65", "255", "256", "1000", "1001",
    "9223372036854775807", "(-9223372036854775807 - 1)", "4294967296", "0.0", "-0.0", "0.5", "-1.5", "1e308",
    "-1e308", "5e-324", "(0.0 / 0.0)", "(1.0 / 0.0)", "(-1.0 / 0.0)", "9.3e18", "'a'", "'\\u0000'",
    "'😀'", "\"\"", "\"a\"", "\"é😀\"", "\"a,b,,c\"", "\"-12\"", "\"1e5\"", "\"\\x00\\n\"", "long", "wide",
    "\"f\"", "\"no such\"", "\"coin\"", "\"spark\"", "\"Stats\"", "[]", "[1]", "[1, 2, 3]", "[3, 1, 2, 1]", "[(), 'a', \"b\", 1.5]",
    "[[1], [2, [3]]]", "[1.0, (0.0 / 0.0), -1.0]", "[0, 0, 0]", "[1e30, 0.0]", "full", "deep", "#{}", "#{ a: 1 }",
    "#{ a: #{ b: [] }, c: 2 }", "#{ \"\": 0, \"x y\": 1 }", "broad", "blob()", "blob(1, 255)", "blob(9, 7)",
    "blob(1000, 1)", "0..0", "1..3", "-2..2", "3..1", "0..9223372036854775807", "0..=0", "1..=3",
    "(-9223372036854775807)..=9223372036854775807", "vec3(0, 0, 0)", "vec3(1, -2, 3)", "vec3(3e38, 3e38, -3e38)",
    "|| 1", "|x| x", "|x| true", "|x| ()", "|x, y| x", "|x, y| 0", "|x, y| false", "|x, y| { throw 1 }",
    "|x| { throw \"no\" }", "|x| [x, x]", "|a, b, c| a", "|x| { state.push(x); x }", "|| this", "|| { this = 1; }",
    "|| { this.a = this; }", "Fn(\"f\")", "Fn(\"abs\")", "Fn(\"no such\")", "entity_id", "2", "state",
];

/// What stands above every case: large values that need more than an expression.
pub(crate) const LARGE: &str = "let state = [1];
fn f(x) { x } fn f(x, y) { y } fn f() { 3 }
fn on_update() {
let long = \"\"; long.pad(16000, \"ab\"); let wide = \"\"; wide.pad(4000, \"😀\");
let full = []; full.pad(1000, 1); let deep = 1; for i in 0..31 { deep = [deep]; }
let broad = #{}; for i in 0..256 { broad[\"k\" + i] = i; }
";

pub(crate) fn edge(chance: &mut Chance) -> &'static str {
    chance.of(EDGES)
}

//! Whether the bytes that scripts are charged for are those that they take: the least limit with which a script
//! gets through, beside what the allocator says.

use bevy_cscript::{
    alloc,
    api::ApiTable,
    contract::{ErrorKind, ScriptId, ScriptLimits},
    testing::{FakeEntity, FakeWorld, ScriptRunner},
};

/// What makes something large of a kind: the variables and functions of a script, and the body of the call.
const MAKERS: &[(&str, &str, &str)] = &[
    ("text by characters", "let k = \"\";", "for i in 0..9000 { k += 'x'; }"),
    ("text by halves", "let k = \"x\";", "for i in 0..13 { k += k; }"),
    ("short texts", "let k = [];", "for i in 0..900 { k.push(`${i}`); }"),
    ("empty texts", "let k = [];", "for i in 0..900 { let t = `${i}`; t.clear(); k.push(t); }"),
    (
        "texts that shrank",
        "let k = [];",
        "for i in 0..30 { let t = \"\"; t.pad(4000, 'x'); t.truncate(3); k.push(t); }",
    ),
    ("pieces of text", "let k = [];", "let t = \"\"; t.pad(1800, \"a \"); k = t.split(\" \");"),
    ("characters", "let k = [];", "let t = \"\"; t.pad(999, \"é\"); k = t.split();"),
    ("numbers", "let k = [];", "for i in 0..1000 { k.push(i * 1.5); }"),
    ("numbers at once", "let k = [];", "k.pad(1000, 1);"),
    ("numbers in front", "let k = [];", "for i in 0..400 { k.insert(0, i); }"),
    (
        "lists that shrank",
        "let k = [];",
        "for i in 0..30 { let l = []; l.pad(900, 1); l.truncate(2); k.push(l); }",
    ),
    (
        "lists that were filtered",
        "let k = [];",
        "let l = []; l.pad(900, 7); for i in 0..30 { k.push(l.filter(|x, n| n < 3)); }",
    ),
    (
        "lists that were mapped",
        "let k = [];",
        "let l = []; l.pad(30, 7); for i in 0..30 { k.push(l.map(|x| x + i)); }",
    ),
    ("pairs", "let k = [];", "for i in 0..330 { k.push([i, 1]); }"),
    ("empty lists", "let k = [];", "for i in 0..990 { k.push([]); }"),
    (
        "deep lists",
        "let k = [];",
        "for i in 0..30 { let l = [i]; for j in 0..29 { l = [l]; } k.push(l); }",
    ),
    (
        "rows",
        "let k = [];",
        "for i in 0..30 { let l = []; for j in 0..31 { l.push(j); } k.push(l); }",
    ),
    ("a map", "let k = #{};", "for i in 0..250 { k[`key ${i}`] = i; }"),
    ("a map from behind", "let k = #{};", "for i in 0..250 { k[`key ${999 - i}`] = i; }"),
    (
        "a map that shrank",
        "let k = #{};",
        "for i in 0..250 { k[`k${(i * 97) % 250 + 100}`] = i; } for i in 0..250 { if i % 5 != 0 { k.remove(`k${i + 100}`); } }",
    ),
    (
        "long names",
        "let k = #{};",
        "let t = \"\"; t.pad(150, 'x'); for i in 0..100 { k[t + i] = i; }",
    ),
    ("small maps", "let k = [];", "for i in 0..120 { k.push(#{ a: i, b: 2 }); }"),
    ("empty maps", "let k = [];", "for i in 0..900 { k.push(#{}); }"),
    ("names of one", "let k = [];", "for i in 0..250 { let m = #{}; m[`n${i}`] = 1; k.push(m); }"),
    (
        "nested maps",
        "let k = #{};",
        "for i in 0..8 { let m = #{}; for j in 0..28 { m = #{ a: m }; } k[`m${i}`] = m; }",
    ),
    ("maps of lists", "let k = #{};", "for i in 0..200 { k[`m${i}`] = [i, `t${i}`]; }"),
    ("bytes", "let k = [];", "for i in 0..9 { k.push(blob(100, 7)); }"),
    ("bytes by bytes", "let k = blob();", "for i in 0..900 { k.push(7); }"),
    ("small blobs", "let k = [];", "for i in 0..240 { k.push(blob(2, 7)); }"),
    (
        "ranges in variables",
        "let k = []; let l = [];",
        "for i in 0..900 { k.push(i..); l.push(0..=i); }",
    ),
    ("ranges", "let k = [];", "for i in 0..900 { k.push(i..i + 9); }"),
    ("vectors", "let k = [];", "for i in 0..900 { k.push(vec3(i, 1, 2)); }"),
    ("sorted", "let k = [];", "for i in 0..900 { k.push((i * 7919) % 997); } k.sort();"),
    (
        "sorted by a closure",
        "let k = [];",
        "for i in 0..300 { k.push((i * 7919) % 997); } k.sort(|a, b| b - a);",
    ),
    (
        "copies that differ",
        "let k = [];",
        "let l = []; l.pad(40, 1); for i in 0..24 { l[0] = i; k.push(l); }",
    ),
    ("text of values", "let k = \"\";", "let l = []; l.pad(900, 123456); k = `${l}`;"),
    (
        "JSON",
        "let k = \"\";",
        "let m = #{}; for i in 0..200 { m[`key${i}`] = i; } k = m.to_json();",
    ),
    (
        "replaced text",
        "let k = \"\";",
        "let t = \"\"; t.pad(1000, 'x'); t.replace(\"x\", \"0123456789\"); k = t;",
    ),
    (
        "many variables",
        "let k = []; let l = []; let m = [];",
        "for i in 0..900 { k.push(i); l.push(`${i}`); m.push([]); }",
    ),
];

/// The same for what is not kept: closures, what they share, errors, commands, timers.
const PASSING: &[(&str, &str)] = &[
    ("closures", "let l = []; for i in 0..900 { l.push(|x| x + 1); }"),
    ("closures that share", "let l = []; for i in 0..400 { let n = i; l.push(|| n); }"),
    (
        "closures that share much",
        "let l = []; for i in 0..100 { let t = `${i}`; t.pad(150, 'x'); l.push(|| t); }",
    ),
    (
        "iterators",
        "let l = []; for i in 0..300 { l.push(range(0, i, 2)); l.push(\"abc\".chars()); l.push(i.bits()); }",
    ),
    ("pointers", "let l = []; for i in 0..900 { l.push(Fn(`name_${i}`)); }"),
    ("errors", "let l = []; for i in 0..20 { try { [][i]; } catch (e) { l.push(e); } }"),
    ("thrown", "let l = []; for i in 0..100 { try { throw [i, i, i]; } catch (e) { l.push(e); } }"),
    ("messages", "let l = []; l.pad(300, 1.5); for i in 0..60 { l[0] = i; publish(`t${i}`, l); }"),
    (
        "messages of maps",
        "for i in 0..60 { publish(\"t\", #{ a: #{ b: [i, i], c: `${i} and more text` } }); }",
    ),
    (
        "messages of texts",
        "let l = []; for i in 0..400 { l.push(`${i}`); } for i in 0..60 { publish(\"t\", l); }",
    ),
    ("long topics", "let t = \"\"; t.pad(2000, 'x'); for i in 0..60 { publish(t, i); }"),
    ("tags", "let t = \"\"; t.pad(200, 'x'); for i in 0..60 { set_tag(1, t + i); }"),
    ("recursion", "fn_deep(25, \"\");"),
    (
        "text that is thrown away",
        "for i in 0..200 { let t = \"\"; t.pad(16000, 'x'); t = t.to_upper(); }",
    ),
    (
        "lists in the air",
        "let l = []; l.pad(400, 1); for i in 0..20 { let m = l + l.extract(0, 40); m = m.filter(|x| true).map(|x| [x]); }",
    ),
];

/// Enough for everything here; how much of it is used is the question.
const PLENTY: usize = 8 * 1024 * 1024;
/// Bytes of what is no value and does not grow with values: registers, frames, the context, and room to sort
/// a list in.
const MACHINE: usize = 24 * 1024;
/// Bytes that an allowance of percents is too fine for.
const GRAIN: usize = 64;

fn limits() -> ScriptLimits {
    ScriptLimits {
        fuel: 10_000_000,
        memory_bytes: PLENTY,
        state_bytes: PLENTY,
        ..ScriptLimits::default().consensus()
    }
}

/// What a call takes of the heap: at its highest, and what stays when it is over.
struct Taken {
    peak: usize,
    kept: usize,
}

/// Calls `on_update` once; the error's kind, if it fails.
fn call(text: &str, limits: ScriptLimits) -> Result<Taken, ErrorKind> {
    let runner = ScriptRunner::with("a.rhai", text, ApiTable::default(), limits);
    let mut runner = runner.unwrap_or_else(|errors| panic!("{}: {text}", errors[0]));
    let mut world = FakeWorld::default();
    world.entities.insert(ScriptId(1), FakeEntity::default());
    runner.start(&world, ScriptId(1)).unwrap_or_else(|error| panic!("{error}: {text}"));
    // What is made once and kept by the machine is made now.
    runner.call(&world, "warm_up", &[]).unwrap_or_else(|error| panic!("{error}: {text}"));
    alloc::reset_thread_peak();
    let before = alloc::thread().live;
    let called = runner.call(&world, "on_update", &[]);
    let now = alloc::thread();
    match called {
        Ok(commands) => {
            drop(commands);
            let kept = alloc::thread().live - before;
            let bytes = |bytes: isize| usize::try_from(bytes).unwrap_or_default();
            Ok(Taken { peak: bytes(now.peak - before), kept: bytes(kept) })
        }
        Err(error) if error.kind == ErrorKind::Memory => Err(error.kind),
        Err(error) => panic!("{error}: {text}"),
    }
}

/// The least of a limit with which a script gets through.
fn least(text: &str, with: impl Fn(usize) -> ScriptLimits) -> usize {
    let (mut too_little, mut enough) = (0, PLENTY);
    while enough - too_little > 64 {
        let middle = usize::midpoint(too_little, enough);
        match call(text, with(middle)) {
            Ok(_) => enough = middle,
            Err(_) => too_little = middle,
        }
    }
    enough
}

fn script(variables: &str, body: &str) -> String {
    format!(
        "{variables} fn warm_up() {{ let n = 0; }}
         fn fn_deep(n, t) {{ let u = t + \"0123456789\"; if n > 0 {{ fn_deep(n - 1, u); }} }}
         fn on_update() {{ {body} }}"
    )
}

/// Whether more was taken than was charged for and so many percent.
fn is_beyond(taken: usize, charged: usize, percent: usize) -> bool {
    taken * 100 > charged * (100 + percent)
}

#[test]
fn what_is_charged_for_is_what_is_taken() {
    let mut wrong = Vec::new();
    let mut see = |what: &str, kind: &str, taken: usize, charged: usize, percent: usize| {
        let line = format!("{what}: {taken} bytes {kind}, charged for {charged}");
        if is_beyond(taken, charged, percent) {
            wrong.push(line);
        }
    };
    for (what, variables, body) in MAKERS {
        let text = script(variables, body);
        let taken = call(&text, limits()).unwrap_or_else(|kind| panic!("{what}: {kind}"));
        let memory = least(&text, |memory_bytes| ScriptLimits { memory_bytes, ..limits() });
        let state = least(&text, |state_bytes| ScriptLimits { state_bytes, ..limits() });
        see(what, "at the highest", taken.peak.saturating_sub(MACHINE), memory, 10);
        see(what, "kept", taken.kept.saturating_sub(GRAIN), state, 10);
    }
    for (what, body) in PASSING {
        let text = script("", body);
        let taken = call(&text, limits()).unwrap_or_else(|kind| panic!("{what}: {kind}"));
        let memory = least(&text, |memory_bytes| ScriptLimits { memory_bytes, ..limits() });
        see(what, "at the highest", taken.peak.saturating_sub(MACHINE), memory, 10);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(alloc::is_active(), "nothing was counted");
}

/// The bar is one that can be broken: half of the bytes would not do.
#[test]
fn what_is_not_charged_for_would_be_seen() {
    let text = script("let k = [];", "for i in 0..900 { k.push(`text ${i}`); }");
    let taken = call(&text, limits()).unwrap_or_else(|kind| panic!("{kind}"));
    assert!(taken.kept > 60_000 && taken.peak > taken.kept, "{} {}", taken.kept, taken.peak);
    let state = least(&text, |state_bytes| ScriptLimits { state_bytes, ..limits() });
    assert!(!is_beyond(taken.kept, state, 10) && is_beyond(taken.kept, state / 2, 10));
}

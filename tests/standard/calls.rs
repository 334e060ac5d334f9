use std::sync::{Arc, LazyLock};

use bevy_cscript::{
    api::{CallScope, ScriptContext},
    contract::{ErrorKind, ScriptId, ScriptSource, Value},
    script::{Backend, ScriptCompiler, ScriptInstance},
    testing::FakeWorld,
    trust::{TrustPolicy, Verified},
};

use super::{Entry, Row, Verdict, lists, rows};

const BACKENDS: [Backend; 2] = [Backend::Compiled, Backend::Reference];

/// Functions that arguments may point to or name.
const ASKED: &str = "
fn asked(a) { type_of(a) == \"i64\" }
fn asked(a, b) { to_debug(a) < to_debug(b) }
";

/// Arguments of each type, so that one call is tried in several ways.
const TRIES: usize = 3;

/// What arguments are called.
const VARIABLES: [&str; 4] = ["a", "b", "c", "d"];

/// An argument of a type, for a place among the arguments.
fn sample(of: &str, place: usize, attempt: usize) -> &'static str {
    const INTS: [[&str; 4]; TRIES] = [["6", "1", "2", "3"], ["-3", "9", "2", "-1"], ["0"; 4]];
    const FLOATS: [[&str; 4]; TRIES] = [
        ["2.5", "-0.5", "0.25", "1.0"],
        ["1.0", "4.0", "1.5", "-0.5"],
        ["-7.75", "0.0", "1.0", "0.5"],
    ];
    let samples: [&str; TRIES] = match of {
        "()" => ["()"; TRIES],
        "bool" => ["true", "false", "true"],
        "int" => return INTS[attempt][place],
        "float" => return FLOATS[attempt][place],
        "char" => ["'e'", "'É'", "' '"],
        // Also the name of a function.
        "string" => ["\"asked\"", "\"-12\"", "\" a ké\""],
        "array" => ["[3, 1, 2, 2]", "[\"b\", \"asked\"]", "[]"],
        "map" => ["#{ a: 1, b: [2] }", "#{ b: 3, c: 'x' }", "#{}"],
        "blob" => ["blob(9, 65)", "blob(3, 200)", "blob()"],
        "range" => ["1..3", "-4..2", "5..1"],
        "range=" => ["1..=3", "-4..=2", "5..=1"],
        "Fn" => ["Fn(\"asked\")"; TRIES],
        "Vec3" => ["vec3(1, 2.5, -3)", "vec3(0, 0, 0)", "vec3(-1, 0, 8)"],
        "any" => ["2", "\"asked\"", "[1]"],
        other => panic!("there is no sample of {other}"),
    };
    samples[attempt]
}

/// A call of a name as lists have it, of `a`, `b` and so on.
fn call(name: &str, arguments: usize) -> String {
    let names = &VARIABLES[..arguments];
    if let Some(property) = name.strip_prefix("get$") {
        format!("a.{property}")
    } else if let Some(property) = name.strip_prefix("set$") {
        format!("a.{property} = b")
    } else if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        format!("{name}({})", names.join(", "))
    } else {
        format!("a {name} b")
    }
}

/// A script that makes a listed call with arguments of its types.
fn script(entry: &Entry, attempt: usize) -> String {
    let Entry { name, parameters: types, returns, .. } = entry;
    let argument = |(i, of): (usize, &String)| {
        // Text may have to name a function that arrays can ask.
        let names = of == "string" && types[0] == "array";
        format!("let {} = {}; ", VARIABLES[i], sample(of, i, if names { 0 } else { attempt }))
    };
    let given: String = types.iter().enumerate().map(argument).collect();
    let assigns = name.starts_with("set$") || name == "+=";
    let call = call(name, types.len());
    let call = if assigns { format!("{call}; let r = ();") } else { format!("let r = {call};") };
    // What only `for` can use has no text of its own.
    let items = match returns.as_str() {
        "range" => {
            "let items = []; for i in r { items.push(i); if items.len() > 20 { break; } } r = items;"
        }
        _ => "kind = type_of(r);",
    };
    let receiver = if types.is_empty() { "()" } else { "a" };
    format!(
        "let out = \"\"; let kind = \"range\"; {ASKED}
        fn on_update() {{ {given} {call} {items} out = to_debug([r, {receiver}]); }}"
    )
}

/// What becomes of a script.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// What it made, the type of that, and what it wrote to the log.
    Made {
        out: String,
        kind: String,
        log: Vec<String>,
    },
    /// There is no such function for these arguments.
    Unknown,
    Failed(ErrorKind, String),
}

/// Runs a script, and gives the fuel of `on_update`, too.
fn run(backend: Backend, text: &str) -> (Outcome, u64) {
    static COMPILERS: LazyLock<[ScriptCompiler; 2]> =
        LazyLock::new(|| BACKENDS.map(|backend| ScriptCompiler::default().with_backend(backend)));
    let [compiled, reference] = &*COMPILERS;
    let compiler = if backend == Backend::Compiled { compiled } else { reference };
    let failed = |kind, message: String| match kind {
        ErrorKind::NotFound => Outcome::Unknown,
        kind => Outcome::Failed(kind, message),
    };

    let source = ScriptSource::new("script", text);
    let source =
        Verified::check(source, &TrustPolicy::default()).unwrap_or_else(|error| panic!("{error}"));
    let script = match compiler.compile(&source) {
        Ok(script) => Arc::new(script),
        Err(errors) => return (failed(errors[0].kind, errors[0].message.clone()), 0),
    };
    let world = FakeWorld::default();
    let mut context =
        ScriptContext::new(CallScope { world: &world, world_seed: 0, tick: 0, delta_time: 1.0 });
    context.begin(ScriptId(1), 0);
    let mut instance = ScriptInstance::start(script.clone(), &mut context)
        .unwrap_or_else(|error| panic!("{error}"));
    let _ = context.take_fuel();
    let Some(id) = script.function("on_update") else { panic!("it is there") };
    context.begin(ScriptId(1), 1);
    let called = instance.call(id, &[], &mut context);
    let fuel = context.take_fuel();
    let text = |name: &str| match instance.get(name) {
        Some(Value::String(text)) => text,
        other => panic!("{name} is {other:?}"),
    };
    let outcome = match called {
        Err(error) => failed(error.kind, error.message),
        Ok(()) => Outcome::Made {
            out: text("out"),
            kind: text("kind"),
            log: context.take_log().0.into_iter().map(|line| line.text).collect(),
        },
    };
    (outcome, fuel)
}

/// What functions of the API stand before: one writes a line, one gives the time of the game.
const OF_THE_API: [&str; 2] = ["log(float)", "timestamp()"];

/// What is wrong with what the backends make of a call.
fn judge(entry: &Entry, rows: &[Row], attempt: usize) -> Option<String> {
    let called = entry.called();
    if OF_THE_API.contains(&called.as_str()) {
        return None;
    }
    let text = script(entry, attempt);
    let (ours, _) = run(Backend::Compiled, &text);
    let (theirs, _) = run(Backend::Reference, &text);
    let what = match (entry.verdict, &ours, &theirs) {
        (Verdict::Absent, Outcome::Made { .. }, _) => "absent, but can be called",
        (Verdict::Absent, _, Outcome::Made { .. }) => "absent, but the reference can call it",
        (Verdict::Same | Verdict::Different, Outcome::Unknown, _) => "listed, but cannot be called",
        (Verdict::Same | Verdict::Different, _, Outcome::Unknown) => "not in the reference",
        (Verdict::Same, ..) if ours != theirs => "not the same",
        (Verdict::Same | Verdict::Different, Outcome::Made { kind, .. }, _) => {
            let kind = match kind.as_str() {
                "i64" => "int",
                "f64" => "float",
                kind => kind.trim_end_matches('='),
            };
            let row = rows.iter().find(|row| row.takes(&entry.name, &entry.parameters))?;
            if row.returns.iter().any(|returns| returns == "any" || returns == kind) {
                return None;
            }
            return Some(format!("{}: gives {kind}: {}", entry.place, row.signature));
        }
        _ => return None,
    };
    Some(format!("{}: `{called}` is {what}:\n  {ours:?}\n  {theirs:?}", entry.place))
}

#[test]
fn listed_functions_do_what_the_lists_say() {
    let (entries, _) = lists().expect("the lists are there");
    let rows = rows();
    let mut wrong = Vec::new();
    for entry in entries.iter().filter(|entry| entry.can_be_called()) {
        wrong.extend((0..TRIES).filter_map(|attempt| judge(entry, &rows, attempt)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_list_that_lies_is_found() {
    let rows = rows();
    let found = |line: &str| judge(&Entry::parse(String::new(), line).unwrap(), &rows, 0);
    for (line, wanted) in [
        ("len(array: array) -> int | absent: of a lie", "but can be called"),
        ("len(value: int) -> int | same", "cannot be called"),
        ("blob(len: int, value: string) -> blob | same", "cannot be called"),
        ("nothing(of: int) -> int | same", "cannot be called"),
    ] {
        assert!(
            found(line).is_some_and(|found| found.contains(wanted)),
            "{line}: {:?}",
            found(line)
        );
    }
    assert_eq!(found("len(array: array) -> int | same"), None);
    // What `every_row_is_listed` leaves out.
    assert_eq!(found("range(range: range=, step: int) -> range | absent: as in Rhai"), None);
}

/// What a call costs beside its arguments, on a receiver of a size.
fn cost(row: &Row, of: &str, types: &[String], size: usize) -> u64 {
    let receiver = match of {
        "string" => format!("let a = \"\"; a.pad({size}, 'x');"),
        "array" => format!("let a = []; a.pad({size}, 7);"),
        "blob" => format!("let a = blob({size}, 65);"),
        "map" => format!("let a = #{{}}; for i in 0..{size} {{ a[\"k\" + (1000 + i)] = i; }}"),
        other => panic!("{other} has no size"),
    };
    let others: String = types
        .iter()
        .enumerate()
        .skip(1)
        .map(|(i, of)| format!("let {} = {}; ", VARIABLES[i], sample(of, i, 0)))
        .collect();
    let fuel = |call: &str| {
        let text = format!(
            "let out = \"\"; let kind = \"\"; {ASKED} fn on_update() {{ {receiver} {others} {call} }}"
        );
        let (outcome, fuel) = run(Backend::Compiled, &text);
        assert!(matches!(outcome, Outcome::Made { .. }), "{}: {outcome:?}\n{text}", row.signature);
        fuel
    };
    let call = call(&row.name, types.len());
    let assigns = row.name.starts_with("set$") || row.name == "+=";
    let call = if assigns { format!("{call};") } else { format!("let r = {call};") };
    fuel(&call) - fuel("")
}

#[test]
fn prices_grow_with_the_receiver_as_the_table_says() {
    let (small, large) = (16, 208);
    let mut wrong = Vec::new();
    for row in rows() {
        let Some(types) = row.combinations().into_iter().next() else { continue };
        let Some(of) =
            types.first().filter(|of| ["string", "array", "blob", "map"].contains(&of.as_str()))
        else {
            continue;
        };
        if row.name == "parse_int" || row.name == "parse_float" {
            // The text is no number.
            continue;
        }
        let (few, many) = (cost(&row, of, &types, small), cost(&row, of, &types, large));
        let fits = match row.price {
            "nothing" => few == many,
            "its receiver" | "its arguments" => many >= few + (large - small) as u64 / 16,
            _ => many >= few,
        };
        if !fits {
            let Row { signature, price, .. } = row;
            wrong.push(format!(
                "{signature}: `{price}`, but {few} for {small} and {many} for {large}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn standard_functions_that_arrays_ask_are_paid_for() {
    const ITEMS: u64 = 208;
    for asked in [
        "all(Fn(\"is_odd\"))",
        "all(\"is_odd\")",
        "for_each(Fn(\"is_odd\"))",
        "map(Fn(\"to_hex\"))",
        "find(Fn(\"is_even\"))",
        "reduce(Fn(\"max\"), 1)",
        "zip(a, Fn(\"max\"))",
        "order(Fn(\"max\"))",
    ] {
        let given = format!("let a = []; a.pad({ITEMS}, 7);");
        let fuel = |call: &str| {
            let text =
                format!("let out = \"\"; let kind = \"\"; fn on_update() {{ {given} {call} }}");
            let (outcome, fuel) = run(Backend::Compiled, &text);
            assert!(matches!(outcome, Outcome::Made { .. }), "{call}: {outcome:?}");
            fuel
        };
        let cost = fuel(&format!("a.{asked};")) - fuel("");
        assert!(cost >= ITEMS, "{asked}: {cost}");
    }
}

#[test]
fn constants_are_refused_where_the_table_says() {
    let (entries, _) = lists().expect("the lists are there");
    let rows = rows();
    let (mut wrong, mut refusals) = (Vec::new(), 0);
    let listed = entries.iter().filter(|entry| entry.verdict != Verdict::Absent);
    for entry in listed.filter(|entry| !OF_THE_API.contains(&entry.called().as_str())) {
        let Entry { name, parameters, .. } = entry;
        let Some((_, others)) = VARIABLES[..parameters.len()].split_first() else { continue };
        let function = call(name, parameters.len());
        if !function.starts_with(&format!("{name}(")) {
            continue;
        }
        let row = rows.iter().find(|row| row.takes(name, parameters));
        let changes = row.is_some_and(|row| row.changes);
        for attempt in 0..TRIES {
            let text = script(entry, attempt)
                .replace("let a = ", "const a = ")
                .replace(&function, &format!("a.{name}({})", others.join(", ")));
            let (ours, _) = run(Backend::Compiled, &text);
            let (theirs, _) = run(Backend::Reference, &text);
            let refused = |outcome: &Outcome| match outcome {
                Outcome::Failed(_, message) => message.contains("constant"),
                _ => false,
            };
            refusals += usize::from(refused(&ours));
            if refused(&ours) != changes || refused(&theirs) != changes {
                wrong.push(format!("{}: {changes}\n  {ours:?}\n  {theirs:?}", entry.called()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refusals > 100, "only {refusals} were refused");
}

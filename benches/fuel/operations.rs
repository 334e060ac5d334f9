use bevy_cscript::{
    api::ApiTable,
    script::standard::{self, StandardForm, StandardFunction},
};

use super::{chance::Chance, operands::operands};

/// Something that a script can do, with operands to choose.
pub(crate) struct Operation {
    pub(crate) name: String,
    /// For each operand what it may be.
    pools: Vec<Vec<&'static str>>,
    /// Ways of writing it, with `{0}`, `{1}` where operands stand.
    forms: Vec<String>,
}

impl Operation {
    fn new(name: impl Into<String>, kinds: &[&str], forms: Vec<String>) -> Self {
        let pools = kinds.iter().map(|kind| operands(kind)).collect();
        Self { name: name.into(), pools, forms }
    }

    /// Whether there is nothing to search.
    pub(crate) fn is_one(&self) -> bool {
        self.forms.len() == 1 && self.pools.iter().all(|pool| pool.len() == 1)
    }

    pub(crate) fn any(&self, chance: &mut Chance) -> (Vec<usize>, usize) {
        let choices = self.pools.iter().map(|pool| chance.below(pool.len())).collect();
        (choices, chance.below(self.forms.len()))
    }

    /// Choices of which one is another.
    pub(crate) fn changed(
        &self,
        choices: &[usize],
        form: usize,
        chance: &mut Chance,
    ) -> (Vec<usize>, usize) {
        let mut choices = choices.to_vec();
        let which = chance.below(choices.len() + 1);
        match (choices.get_mut(which), self.pools.get(which)) {
            (Some(choice), Some(pool)) => {
                *choice = chance.below(pool.len());
                (choices, form)
            }
            _ => (choices, chance.below(self.forms.len())),
        }
    }

    /// What is run.
    pub(crate) fn body(&self, choices: &[usize], form: usize) -> String {
        let mut body = self.forms.get(form).cloned().unwrap_or_default();
        for (i, (choice, pool)) in choices.iter().zip(&self.pools).enumerate() {
            body = body.replace(&format!("{{{i}}}"), pool.get(*choice).copied().unwrap_or("()"));
        }
        body
    }
}

pub(crate) fn operations() -> Vec<Operation> {
    let mut all: Vec<_> = standard::functions().map(|function| standard_row(&function)).collect();
    for function in ApiTable::default().iter() {
        for overload in function.overloads() {
            let kinds: Vec<_> = overload.parameters.iter().map(|p| p.type_name).collect();
            let names: Vec<_> = overload.parameters.iter().map(|p| p.name.as_str()).collect();
            let name = format!("api {}({})", function.name(), names.join(", "));
            all.push(Operation::new(name, &kinds, calls(function.name(), kinds.len(), false)));
        }
    }
    for operator in [
        "+", "-", "*", "/", "%", "**", "<<", ">>", "&", "|", "^", "==", "!=", "<", "<=", ">", ">=",
        "in", "!in", "??", "..", "..=",
    ] {
        let forms = vec![
            format!("{{0}} {operator} {{1}};"),
            format!("if {{0}} {operator} {{1}} {{ }}"),
            format!("let r = {{0}}; r {operator} r;"),
        ];
        all.push(Operation::new(format!("operator {operator}"), &["any", "any"], forms.clone()));
        for kind in ["int", "float", "string", "array", "map"] {
            let name = format!("operator {operator} of {kind}");
            all.push(Operation::new(name, &[kind, kind], forms.clone()));
        }
    }
    for operator in ["+=", "-=", "*=", "/=", "%=", "**=", "<<=", ">>=", "&=", "|=", "^="] {
        let forms = [
            "let r = {0}; r OP {1};",
            "let r = [{0}]; r[0] OP {1};",
            "let r = #{ a: {0} }; r.a OP {1};",
            "kept = {0}; kept OP {1};",
            "mine = {0}; mine OP {1};",
        ];
        let forms: Vec<_> = forms.iter().map(|form| form.replace("OP", operator)).collect();
        all.push(Operation::new(format!("assign {operator}"), &["any", "any"], forms.clone()));
        for kind in ["int", "float", "string"] {
            let name = format!("assign {operator} of {kind}");
            all.push(Operation::new(name, &[kind, kind], forms.clone()));
        }
    }
    all.extend(LANGUAGE.iter().map(|(name, kinds, forms)| {
        let forms = forms.iter().map(|form| (*form).to_owned()).collect();
        Operation::new(format!("language {name}"), kinds, forms)
    }));
    all
}

/// As a function, as a method, by a name that is put together; and on a receiver that nothing else holds.
fn calls(name: &str, count: usize, changes: bool) -> Vec<String> {
    let all: Vec<_> = (0..count).map(|i| format!("{{{i}}}")).collect();
    let mut forms = vec![format!("{name}({});", all.join(", "))];
    if let [receiver, rest @ ..] = &*all {
        let rest = rest.join(", ");
        forms.push(format!("let r = {receiver}; r.{name}({rest});"));
        forms.push(format!("let r = [{receiver}]; r[0].{name}({rest});"));
        forms.push(format!("Fn(\"{name}\").call({});", all.join(", ")));
        if changes {
            forms.push(format!("let r = {receiver};; r.{name}({rest});"));
            forms.push(format!("kept = {receiver}; kept.{name}({rest});"));
        }
    }
    forms
}

fn standard_row(function: &StandardFunction) -> Operation {
    let StandardFunction { name, form, receiver, arguments, signature, changes, .. } = *function;
    let mut kinds: Vec<&str> = receiver.into_iter().collect();
    let written = signature.split(" -> ").next().unwrap_or(signature);
    let rest = match form {
        StandardForm::Function => {
            let inside = written.split_once('(').map_or("", |(_, inside)| inside);
            let mut parameters = inside.trim_end_matches(')').split(", ");
            if receiver.is_some() {
                parameters.next();
            }
            parameters.collect()
        }
        StandardForm::Getter => Vec::new(),
        StandardForm::Setter => {
            written.split_once(" = ").map(|(_, value)| vec![value]).unwrap_or_default()
        }
        StandardForm::Operator => written
            .rsplit_once(&format!(" {name} "))
            .map(|(_, value)| vec![value])
            .unwrap_or_default(),
    };
    kinds.extend(
        rest.iter()
            .map(|parameter| parameter.split_once(": ").map_or(*parameter, |(_, kind)| kind)),
    );
    kinds.retain(|kind| !kind.is_empty());
    kinds.resize(arguments, "any");
    let forms = match form {
        StandardForm::Function => calls(name, arguments, changes),
        StandardForm::Getter => vec![format!("{{0}}.{name};"), format!("let r = {{0}}; r.{name};")],
        StandardForm::Setter => vec![
            format!("let r = {{0}}; r.{name} = {{1}};"),
            format!("let r = [{{0}}]; r[0].{name} = {{1}};"),
        ],
        StandardForm::Operator
            if name.ends_with('=') && !["==", "!=", "<=", ">="].contains(&name) =>
        {
            vec![
                format!("let r = {{0}}; r {name} {{1}};"),
                format!("let r = [{{0}}]; r[0] {name} {{1}};"),
            ]
        }
        StandardForm::Operator if arguments == 1 => vec![format!("{name}{{0}};")],
        StandardForm::Operator => {
            vec![format!("{{0}} {name} {{1}};"), format!("let r = {{0}}; r {name} {{1}};")]
        }
    };
    Operation::new(signature, &kinds, forms)
}

type Named = (&'static str, &'static [&'static str], &'static [&'static str]);

/// What the language itself does.
const LANGUAGE: &[Named] = &[
    (
        "index",
        &["array | map | string | blob", "int | string | range"],
        &[
            "{0}[{1}];",
            "let r = {0}; r[{1}] = 1;",
            "let r = [{0}]; r[0][{1}];",
            "kept = {0}; kept[{1}];",
        ],
    ),
    ("index of an int", &["int", "int | range"], &["{0}[{1}];", "let r = {0}; r[{1}] = true;"]),
    (
        "write to a copy",
        &["array"],
        &["let r = {0}; r[0] = 1;", "kept = {0}; kept[0] = 1;", "let r = {0}; r[0] += 1;"],
    ),
    (
        "write to a map's copy",
        &["map"],
        &["let r = {0}; r.a = 1;", "kept = {0}; kept.b = 1;", "let r = {0}; r[\"k7\"] += 1;"],
    ),
    (
        "a deep path",
        &["any"],
        &[
            "let r = #{ a: #{ b: [{0}] } }; r.a.b[0];",
            "let r = #{ a: #{ b: [{0}] } }; r.a.b[0] = {0};",
            "let r = rows; r[29][29] = {0};",
            "let r = nested; r.a.a.a.a.a.a.a.a.a = {0};",
        ],
    ),
    ("elvis", &["any"], &["{0} ?? 1;", "let r = (); r?.a; r ?? {0};"]),
    (
        "array",
        &["any", "any"],
        &[
            "[{0}, {1}, {0}];",
            "[[{0}], [{1}]];",
            "[];",
            "[{0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}];",
        ],
    ),
    ("map", &["any", "any"], &["#{ a: {0}, b: {1} };", "#{};", "#{ a: #{ b: {0} }, c: {1} };"]),
    ("text of", &["any"], &["`${{0}}`;", "`a${{0}}b${{0}}`;", "\"\" + {0};"]),
    ("print", &["any"], &["print({0});", "debug({0});"]),
    ("copy", &["any"], &["let r = {0};", "let r = {0}; let s = r; s = 1;", "kept = {0};"]),
    (
        "closure",
        &["any"],
        &[
            "let r = {0}; let c = || r; c.call();",
            "let r = {0}; |x| x + r;",
            "let c = |a, b| a; c.call({0}, 1);",
        ],
    ),
    (
        "pointer",
        &["string"],
        &["Fn({0});", "Fn({0}).call(1);", "is_def_fn({0}, 1);", "is_def_var({0});"],
    ),
    ("call", &["any", "any"], &["f({0}, {1});", "f();", "f({0});", "{0}.f();", "deeper(28);"]),
    (
        "throw",
        &["any"],
        &[
            "throw {0};",
            "try { throw {0}; } catch (e) { e; }",
            "try { throw {0}; } catch (e) { throw; }",
            "try { try { throw {0}; } catch { throw {0}; } } catch { }",
        ],
    ),
    (
        "error",
        &["any"],
        &[
            "try { {0}.no_such; } catch (e) { }",
            "try { no_such_at_all({0}); } catch { }",
            "try { {0} - {0} } catch { }",
            "try { let x = [][3]; } catch { }",
            "try { fails(28); } catch { }",
            "try { deeper(99); } catch { }",
            "try { Fn(\"nope\").call({0}); } catch (e) { }",
            "try { get_position({0}); } catch { }",
            "try { get_component(1, long); } catch { }",
            "try { spawn_entity(long, at); } catch { }",
            "try { after(1, long); } catch (e) { }",
            "try { parse_int(long); } catch (e) { e; }",
        ],
    ),
    (
        "error to text",
        &["any"],
        &["try { {0}.no_such; } catch (e) { `${e}`; }", "try { throw {0}; } catch (e) { `${e}`; }"],
    ),
    ("type_of", &["any"], &["type_of({0});", "type_of({0}) == \"int\";"]),
    (
        "switch",
        &["any"],
        &[
            "switch {0} { 1 => 2, \"a\" => 3, 'x' => 4, 5..10 => 6, _ => 7 };",
            "switch {0} { 1 | 2 | 3 => 0, _ => 1 };",
            "switch {0} { \"hello\" => 1, _ => 2 };",
        ],
    ),
    ("for", &["any"], &["for x in {0} { }", "for x in {0} { break; }", "for (x, n) in {0} { }"]),
    (
        "for over texts",
        &["string"],
        &[
            "for c in {0}.chars() { }",
            "for c in {0}.split() { }",
            "for c in {0}.split(\" \") { }",
            "for c in {0}.to_blob() { }",
            "for c in {0}.chars(-1, 1) { }",
        ],
    ),
    ("for over maps", &["map"], &["for k in {0}.keys() { }", "for v in {0}.values() { }"]),
    (
        "for over numbers",
        &["range"],
        &[
            "for x in (0..10).step_by(3) { }",
            "for x in {0} { if x > 20 { break; } }",
            "for b in 12345.bits() { }",
            "for x in range(0, 10, 2) { }",
            "for x in range(0.0, 1.0, 0.1) { }",
        ],
    ),
    (
        "if",
        &["bool"],
        &[
            "if {0} { } else { }",
            "let r = {0} && {0} || {0};",
            "while {0} { break; }",
            "let r = if {0} { 1 } else { 2 };",
            "!{0};",
        ],
    ),
    (
        "state",
        &["any"],
        &[
            "state = {0};",
            "kept = {0}; kept == {0};",
            "state.push({0}); state.clear();",
            "state = [{0}]; state[0] = {0};",
        ],
    ),
    (
        "this",
        &["any"],
        &[
            "let r = #{ a: {0}, m: || this.a }; r.m();",
            "let r = #{ a: {0}, m: || { this.a = 1; } }; r.m();",
            "list.map(|| this);",
            "list.for_each(|| { this = {0}; });",
        ],
    ),
    (
        "map methods",
        &["any"],
        &[
            "small.contains(\"a\");",
            "broad[`k${i % 256}`];",
            "let m = broad; m[`k${i % 256}`] = {0};",
            "let m = #{}; m[long] = {0};",
            "let m = #{}; m[`n${i}`] = {0};",
        ],
    ),
    (
        "sort",
        &["array"],
        &[
            "let r = {0}; r.sort();",
            "let r = {0}; r.sort(order);",
            "let r = {0}; r.sort_desc();",
            "let r = {0}; r.order();",
            "let r = {0}; r.dedup();",
        ],
    ),
    ("constant", &[], &["FIXED;", "FIXED[1];", "entity_id;", "delta_time;"]),
    (
        "numbers to text",
        &["float"],
        &[
            "({0}).to_string();",
            "`${{0}}`;",
            "let r = [{0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}]; `${r}`;",
            "({0}).to_debug();",
        ],
    ),
    (
        "moves, then searches",
        &[],
        &[
            "for n in 1..33 { set_position(n, at); } for n in 1..33 { get_nearest_enemy(n); }",
            "for n in 1..33 { set_position(n, at); } for n in 1..33 { cover_score(n, 1); }",
            "for n in 1..33 { set_position(n, at); } for n in 1..33 { line_of_sight(n, 1); }",
            "for n in 1..33 { set_position(n, at); } for n in 1..33 { threat_level(n); }",
            "for n in 1..33 { set_tag(n, `x${n}`); } for n in 1..33 { find_entity_by_tag(\"x33\"); }",
            "for n in 1..33 { destroy_entity(n); } for n in 1..33 { is_alive(n); }",
        ],
    ),
    (
        "effects",
        &["string"],
        &[
            "for n in 0..100 { apply_status_effect(1, `e${n}`, 1); }",
            "apply_status_effect(1, {0}, 1);",
            "add_to_inventory(2, \"coin\", 1);",
            "remove_from_inventory(2, \"coin\", 1);",
        ],
    ),
    (
        "timers",
        &[],
        &[
            "let t = after(1, \"on_spawn\"); cancel(t);",
            "try { after(1, \"no_such_function\"); } catch { }",
        ],
    ),
];

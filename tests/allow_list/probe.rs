use std::{collections::BTreeSet, sync::Arc};

use bevy_cscript::{
    api::{ApiTable, CallScope, ScriptContext},
    contract::{ErrorKind, ScriptError, ScriptId, ScriptLimits, ScriptSource, Value},
    script::{Backend, CompiledScript, ScriptCompiler, ScriptInstance},
    testing::{FakeEntity, FakeWorld},
    trust::{TrustLevel, TrustPolicy, Unsigned, Verified},
};

/// Values of every type that scripts have, in the order of [`TYPES`].
const VALUES: &str = "[(), true, 7, 1.5, 'c', \"ab\", [1, 2], #{ a: 1 }, blob(3, 1), 1..3, 1..=3, \
    vec3(1, 2, 3), |x| x]";
pub(super) const TYPES: [&str; 13] = [
    "()", "bool", "int", "float", "char", "string", "array", "map", "blob", "range", "range=",
    "Vec3", "Fn",
];

/// Most arguments that are tried.
pub(super) const MOST: usize = 4;

/// Asks a backend, for scripts of a level, what can be reached.
pub(super) struct Probe {
    compiler: ScriptCompiler,
    policy: TrustPolicy,
    world: FakeWorld,
    /// Calls what is named in `name`, with every number of arguments.
    built: ScriptInstance,
}

impl Probe {
    pub(super) fn new(backend: Backend, level: TrustLevel, table: ApiTable) -> Self {
        let limits = ScriptLimits {
            fuel: 1 << 40,
            start_fuel: 1 << 40,
            ..ScriptLimits::default().consensus()
        };
        let compiler = ScriptCompiler::new(table, limits).with_backend(backend);
        let policy = TrustPolicy { unsigned: Unsigned::Allow(level), ..TrustPolicy::default() };
        let mut world = FakeWorld::default();
        for id in 1..=9 {
            world.entities.insert(ScriptId(id), FakeEntity::at(glam::Vec3::X * id as f32));
        }
        let script =
            compiled(&compiler, &policy, &by_built_name()).unwrap_or_else(|e| panic!("{}", e[0]));
        let built = started(script, &world);
        Self { compiler, policy, world, built }
    }

    /// With how many arguments something is called under a name that is put together at run time.
    pub(super) fn built(&mut self, name: &str) -> BTreeSet<usize> {
        // In two parts, so that nothing can see the name in the text.
        let cut = name.chars().count() / 2;
        let parts: (String, String) =
            (name.chars().take(cut).collect(), name.chars().skip(cut).collect());
        for (variable, value) in [("first", parts.0.into()), ("second", parts.1.into())] {
            if let Err(error) = self.built.set(variable, &value) {
                panic!("{error}");
            }
        }
        let called = called(&mut self.built, &self.world);
        match called {
            Ok(()) => numbers(self.built.get("reached")),
            // A word of the language is no name of a function, and closures have no name to be called by.
            Err(error)
                if error.message.contains("reserved")
                    || error.message.contains("no function takes these arguments") =>
            {
                BTreeSet::new()
            }
            Err(error) => panic!("{name}: {error}"),
        }
    }

    /// With how many arguments a call by name is taken when a script is loaded.
    pub(super) fn direct(&self, name: &str) -> BTreeSet<usize> {
        self.loads(|arguments| format!("let a = (); {name}({arguments});"), "a")
    }

    /// With how many arguments a pointer to a name that stands in the text can be called; only whether
    /// there is one is known before it is.
    pub(super) fn pointer(&mut self, name: &str) -> BTreeSet<usize> {
        let text = format!("fn on_update() {{ let f = Fn(\"{name}\"); }}");
        match compiled(&self.compiler, &self.policy, &text) {
            Ok(_) => self.built(name),
            Err(_) => BTreeSet::new(),
        }
    }

    fn loads(&self, body: impl Fn(&str) -> String, argument: &str) -> BTreeSet<usize> {
        let loads = |count: usize| {
            let arguments = vec![argument; count].join(", ");
            let text = format!("fn on_update() {{ {} }}", body(&arguments));
            compiled(&self.compiler, &self.policy, &text).is_ok()
        };
        (0..=MOST).filter(|count| loads(*count)).collect()
    }

    /// The types whose values have a property that can be read, and those whose can be written.
    pub(super) fn property(&self, name: &str) -> [BTreeSet<&'static str>; 2] {
        // The first element of each list says for which values nothing was wrong with the property.
        let read = format!("let x = a.{name};");
        let write = format!(
            "let b = a; for c in v {{ try {{ b.{name} = c; if i !in n {{ n.push(i); }} }} catch {{ }} }}"
        );
        [self.types(&read), self.types(&write)]
    }

    fn types(&self, statement: &str) -> BTreeSet<&'static str> {
        let body = format!("for (a, i) in v {{ try {{ {statement} n.push(i); }} catch {{ }} }}");
        let body = if statement.contains("n.push") {
            format!("for (a, i) in v {{ {statement} }}")
        } else {
            body
        };
        let places = self.places(&body);
        places.into_iter().filter_map(|place| TYPES.get(place).copied()).collect()
    }

    /// The pairs of types on which an operator works, each as `int + float`.
    pub(super) fn operator(&self, operator: &str) -> BTreeSet<String> {
        let expression = match operator {
            "[]" => "x = a[b];".to_owned(),
            "[] =" => "x = a; x[b] = c;".to_owned(),
            _ if operator.ends_with('=')
                && !["==", "!=", "<=", ">=", "..="].contains(&operator) =>
            {
                format!("x = a; x {operator} b;")
            }
            _ => format!("x = a {operator} b;"),
        };
        let call = if operator == "[] =" {
            format!(
                "for c in v {{ try {{ {expression} if i * 100 + j !in n {{ n.push(i * 100 + j); }} }} catch {{ }} }}"
            )
        } else {
            format!(
                "try {{ {expression} n.push(i * 100 + j); }} catch (e) {{ {NOT_MISSING} n.push(i * 100 + j); }} }}"
            )
        };
        let body = format!("let x = (); for (a, i) in v {{ for (b, j) in v {{ {call} }} }}");
        let places = self.places(&body);
        let pair = |place: usize| {
            Some(format!("{} {operator} {}", TYPES.get(place / 100)?, TYPES.get(place % 100)?))
        };
        places.into_iter().filter_map(pair).collect()
    }

    /// Runs statements that note numbers in `n`; none if they are refused.
    fn places(&self, body: &str) -> BTreeSet<usize> {
        let text = format!(
            "let reached = []; fn on_update() {{ let v = {VALUES}; let n = []; {body} n.dedup(); reached = n; }}"
        );
        let Ok(script) = compiled(&self.compiler, &self.policy, &text) else {
            return BTreeSet::new();
        };
        let mut instance = started(script, &self.world);
        match called(&mut instance, &self.world) {
            Ok(()) => numbers(instance.get("reached")),
            Err(error) => panic!("{error} in {text}"),
        }
    }
}

/// The head of an `if`: the error `e` is another than that there is no such function for these types.
const NOT_MISSING: &str = "if type_of(e) == \"map\" && e.error != \"ErrorFunctionNotFound\" && e.error != \"ErrorIndexingType\" && e.error != \"ErrorMismatchDataType\" {";

fn by_built_name() -> String {
    let mut tries = String::new();
    let head = "catch (e) { if !is_missing(e, name)";
    let mut add = |loops: &str, arguments: &str, count: usize, ends: &str| {
        tries += &format!(
            "{loops} try {{ f.call({arguments}); if {count} !in n {{ n.push({count}); }} }} {head} && {count} !in n {{ n.push({count}); }} }} {ends}\n"
        );
        tries += "n.dedup();\n";
    };
    add("", "", 0, "");
    add("for a in v {", "a", 1, "}");
    add("for a in v { for b in v {", "a, b", 2, "} }");
    add("for a in v { for b in v { for c in s {", "a, b, c", 3, "} } }");
    add("for a in v { for b in [7, \"ab\"] { for d in v {", "a, b, 7, d", 4, "} } }");
    format!(
        "let first = \"\"; let second = \"\"; let reached = [];
        fn is_missing(e, name) {{
            if type_of(e) != \"map\" {{ return false; }}
            if \"kind\" in e && e.kind == \"permission\" {{ return true; }}
            \"error\" in e && e.error == \"ErrorFunctionNotFound\" && e.function.starts_with(name)
        }}
        fn on_update() {{
            let name = first + second; let v = {VALUES}; let s = [7, 1.5, \"ab\", [1], #{{}}, blob(1), |x| x, |x, y| x]; let n = [];
            let f = Fn(name);
            {tries}
            reached = n;
        }}"
    )
}

fn numbers(value: Option<Value>) -> BTreeSet<usize> {
    let Some(Value::Array(items)) = value else { panic!("{value:?} is no list") };
    items.iter().filter_map(|item| usize::try_from(item.as_int()?).ok()).collect()
}

fn compiled(
    compiler: &ScriptCompiler,
    policy: &TrustPolicy,
    text: &str,
) -> Result<Arc<CompiledScript>, Vec<ScriptError>> {
    let source = Verified::check(ScriptSource::new("probe.rhai", text), policy);
    let source = source.unwrap_or_else(|error| panic!("{error}"));
    compiler.compile(&source).map(Arc::new)
}

fn context(world: &FakeWorld) -> ScriptContext<'_> {
    let scope = CallScope { world, world_seed: 0, tick: 0, delta_time: 0.0 };
    let mut context = ScriptContext::new(scope);
    context.begin(ScriptId(1), 0);
    context
}

fn started(script: Arc<CompiledScript>, world: &FakeWorld) -> ScriptInstance {
    ScriptInstance::start(script, &mut context(world)).unwrap_or_else(|e| panic!("{e}"))
}

fn called(instance: &mut ScriptInstance, world: &FakeWorld) -> Result<(), ScriptError> {
    let Some(id) = instance.script().function("on_update") else { panic!("nothing to call") };
    let result = instance.call(id, &[], &mut context(world));
    if let Err(error) = &result {
        assert!(error.kind != ErrorKind::Host, "{error}");
    }
    result
}

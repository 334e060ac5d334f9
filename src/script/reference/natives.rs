//! The functions of the API as Rhai calls them.

use std::{
    any::TypeId,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use glam::Vec3;
use rhai::{
    Array, Dynamic, Engine, EvalAltResult, FuncRegistration, ImmutableString, Map, Module,
    Position, RhaiFunc, Shared,
};

use super::{convert, library, operators};
use crate::{
    api::{Accepts, ApiFault, ApiTable, Category, NativeFn, Overload, Passed, ScriptContext},
    contract::{ErrorKind, LogLevel, Value},
};

/// What a native reaches the host through. Rhai hands functions nothing of the host's that is
/// borrowed, so the context of the running call stands in a scoped thread-local.
pub(super) trait Host {
    fn call(&mut self, native: &NativeFn, passed: &[Passed<'_>]) -> Result<Value, Box<ApiFault>>;
    fn log(&mut self, level: LogLevel, text: &str);
}

impl Host for ScriptContext<'_> {
    fn call(&mut self, native: &NativeFn, passed: &[Passed<'_>]) -> Result<Value, Box<ApiFault>> {
        let mut given = Value::Unit;
        native(self, passed, &mut given)?;
        Ok(given)
    }

    fn log(&mut self, level: LogLevel, text: &str) {
        ScriptContext::log(self, level, text);
    }
}

scoped_tls_hkt::scoped_thread_local! {
    static mut HOST: for<'a> &'a mut (dyn Host + 'a)
}

/// Runs something in which natives reach `context`.
pub(super) fn with_host<R>(context: &mut ScriptContext<'_>, work: impl FnOnce() -> R) -> R {
    HOST.set(context, work)
}

/// Writes a line for `print` and `debug`.
pub(super) fn log(level: LogLevel, text: &str) {
    if HOST.is_set() {
        HOST.with(|host| host.log(level, text));
    }
}

/// The functions that every script may call: the standard ones and the operators of our types.
pub(crate) struct Standard {
    module: Module,
    arities: BTreeMap<String, BTreeSet<usize>>,
}

/// What the engine itself makes of a call, and with how many arguments. `call` takes any number.
const BUILT_IN: [(&str, &[usize]); 5] = [
    ("type_of", &[1]),
    ("is_shared", &[1]),
    ("is_def_var", &[1]),
    ("is_def_fn", &[2, 3]),
    ("Fn", &[1]),
];

impl Standard {
    pub(crate) fn new() -> Self {
        let mut module = library::standard_library();
        operators::register(&mut module);
        module.build_index();

        let mut arities: BTreeMap<String, BTreeSet<usize>> = BUILT_IN
            .iter()
            .map(|(name, counts)| ((*name).to_owned(), counts.iter().copied().collect()))
            .collect();
        // Only an engine shows what a module holds.
        let mut engine = Engine::new_raw();
        engine.register_global_module(module.clone().into());
        let all = engine.collect_fn_metadata(
            None,
            |info| Some((info.metadata.name.to_string(), info.metadata.num_params)),
            true,
        );
        for (name, count) in all {
            // Operators and properties are functions too, of names that nobody can write.
            if rhai::is_valid_identifier(&name) {
                arities.entry(name).or_default().insert(count);
            }
        }
        Self { module, arities }
    }

    /// With how many arguments a function can be called; `None` if there is no such function.
    pub(crate) fn arities(&self, name: &str) -> Option<&BTreeSet<usize>> {
        self.arities.get(name)
    }

    /// The names of all functions, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.arities.keys().map(String::as_str)
    }

    /// All that a script may call if some categories of the table are denied to it. One module,
    /// because Rhai looks through modules one after the other.
    pub(crate) fn library(&self, api: &ApiTable, denied: &BTreeSet<Category>) -> Library {
        let mut module = self.module.clone();
        let mut missing = BTreeMap::new();
        for function in api.iter() {
            if denied.contains(function.category()) {
                missing.insert(
                    function.name().to_owned(),
                    needs(function.name(), function.category()),
                );
                continue;
            }
            for overload in function.overloads() {
                register(&mut module, function.name(), overload);
            }
        }
        module.build_index();
        Library { module: module.into(), missing: missing.into() }
    }
}

/// What the error says when a permission is missing.
pub(crate) fn needs(function: &str, category: &Category) -> String {
    format!("`{function}` needs permission \"{category}\"")
}

/// The functions that a script may call, and what is said about those that it may not.
#[derive(Clone)]
pub(crate) struct Library {
    module: Shared<Module>,
    /// Names of functions that are denied, with the error.
    missing: Arc<BTreeMap<String, String>>,
}

impl Library {
    /// Lets an engine call the functions.
    pub(super) fn install(&self, engine: &mut Engine) {
        engine.register_type_with_name::<Vec3>("Vec3");
        engine.register_global_module(self.module.clone());
        if self.missing.is_empty() {
            return;
        }
        // A denied function is not there at all; only names made while the script runs get so far.
        let missing = self.missing.clone();
        #[expect(deprecated, reason = "marked so because it may change; rhai is pinned")]
        engine.on_missing_function(move |name, _, _, _| match missing.get(name) {
            Some(message) => Err(thrown(Box::new(ApiFault {
                kind: ErrorKind::Permission,
                message: message.clone(),
            }))),
            None => Ok(None),
        });
    }
}

/// Registers a function once for each combination of types that it takes, because Rhai finds exact
/// types at once, and once for anything at all, so that wrong types get our error and not "function
/// not found".
fn register(module: &mut Module, name: &str, overload: &Overload) {
    let mut combinations: Vec<Vec<TypeId>> = vec![Vec::new()];
    for parameter in &overload.parameters {
        combinations = combinations
            .into_iter()
            .flat_map(|before| {
                parameter.accepts.iter().map(move |accepts| {
                    let mut types = before.clone();
                    types.push(type_id(*accepts));
                    types
                })
            })
            .collect();
    }
    let anything = vec![TypeId::of::<Dynamic>(); overload.parameters.len()];
    if !combinations.contains(&anything) {
        combinations.push(anything);
    }
    for types in combinations {
        let native = overload.native.clone();
        // A method borrows its first argument, so that nothing is copied; a pure one may be called
        // on constants.
        let func = RhaiFunc::Method {
            func: Shared::new(move |_, args: &mut [&mut Dynamic]| call(&native, args)),
            has_context: false,
            is_pure: true,
            is_volatile: true,
        };
        FuncRegistration::new(name).in_global_namespace().set_into_module_raw(module, types, func);
    }
}

const fn type_id(accepts: Accepts) -> TypeId {
    match accepts {
        Accepts::Bool => TypeId::of::<bool>(),
        Accepts::Int => TypeId::of::<i64>(),
        Accepts::Float => TypeId::of::<f64>(),
        Accepts::Str => TypeId::of::<ImmutableString>(),
        Accepts::Vec3 => TypeId::of::<Vec3>(),
        Accepts::Array => TypeId::of::<Array>(),
        Accepts::Map => TypeId::of::<Map>(),
        Accepts::Anything => TypeId::of::<Dynamic>(),
    }
}

/// The most parameters that [`Native`](crate::api::Native) is implemented for.
const MAX_ARGUMENTS: usize = 5;

fn call(native: &NativeFn, args: &mut [&mut Dynamic]) -> Result<Dynamic, Box<EvalAltResult>> {
    // Shared cells cannot be borrowed for as long as the call takes.
    let mut copies: [Option<Dynamic>; MAX_ARGUMENTS] = Default::default();
    for (copy, arg) in copies.iter_mut().zip(&*args) {
        if arg.is_shared() {
            *copy = Some(arg.flatten_clone());
        }
    }
    let arg = |i: usize| copies[i].as_ref().unwrap_or(&*args[i]);
    let count = args.len().min(MAX_ARGUMENTS);
    let mut texts: [Option<ImmutableString>; MAX_ARGUMENTS] = Default::default();
    let mut objects: [Option<convert::Object<'_>>; MAX_ARGUMENTS] = Default::default();
    for i in 0..count {
        if arg(i).is_string() {
            texts[i] = arg(i).read_lock::<ImmutableString>().map(|text| text.clone());
        } else {
            objects[i] = Some(convert::Object(arg(i)));
        }
    }
    let mut passed = [Passed::Unit; MAX_ARGUMENTS];
    for i in 0..count {
        let arg = arg(i);
        passed[i] = if let Ok(n) = arg.as_int() {
            Passed::Int(n)
        } else if let Some(v) = arg.read_lock::<Vec3>() {
            Passed::Vec3(*v)
        } else if let Ok(x) = arg.as_float() {
            Passed::Float(x)
        } else if let Some(text) = &texts[i] {
            Passed::Str(text)
        } else if let Ok(b) = arg.as_bool() {
            Passed::Bool(b)
        } else if arg.is_unit() {
            Passed::Unit
        } else if let Some(object) = &objects[i] {
            Passed::Other(object)
        } else {
            Passed::Unit
        };
    }
    let result = HOST.with(|host| host.call(native, &passed[..count]));
    result.map(convert::from_owned).map_err(thrown)
}

/// The error that a script may catch: a map with `kind` and `message`.
fn thrown(fault: Box<ApiFault>) -> Box<EvalAltResult> {
    let mut map = Map::new();
    map.insert("kind".into(), fault.kind.to_string().into());
    map.insert("message".into(), fault.message.into());
    Box::new(EvalAltResult::ErrorRuntime(map.into(), Position::NONE))
}

//! The standard functions of the reference backend: Rhai's own packages, chosen one by one, with
//! the entries that a hostile or careless script could misuse replaced in the same module.
//!
//! - [`maths`]: `libm` in place of the platform's functions.
//! - [`strings`]: text that grows, text made of containers, and splitting.
//! - [`arrays`]: sorting, removing duplicates, callbacks that gather results, and blobs.
//!
//! Entries that Rhai already bounds by the size of their arguments stay as they are: `append`,
//! `insert`, `splice`, `extract`, `+` of two strings, arrays, blobs or maps, `mixin`, `to_upper`,
//! `to_blob`, `as_string`. They make at most a small multiple of what the script already holds,
//! and the engine checks the result.
//!
//! The text of a function pointer, and its `name`, hold a hash that differs between processes when
//! it is a closure. They stay, because logs are read by people; such text must not reach state or
//! messages.

mod arrays;
mod maths;
mod strings;

use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicBlobPackage, BasicFnPackage, BasicIteratorPackage,
    BasicMapPackage, BasicMathPackage, BasicStringPackage, BitFieldPackage, LogicPackage,
    MoreStringPackage, Package,
};
use rhai::{
    Array, Dynamic, Engine, EvalAltResult, FuncRegistration, Map, Module, Position, RhaiNativeFunc,
};

/// Every standard function that scripts of the reference backend can call.
///
/// The module is the same for all scripts; share one between engines.
pub(crate) fn standard_library() -> Module {
    let mut module = stock_functions();
    maths::replace(&mut module);
    strings::replace(&mut module);
    arrays::replace(&mut module);
    module.build_index();
    module
}

/// Rhai's packages, as they come.
///
/// Left out on purpose:
/// - `BasicTimePackage`: it reads the clock, so two machines would disagree.
/// - `LanguageCorePackage`: `sleep` blocks the thread, `parse_json` runs the parser behind the
///   operation count, `exit` looks like success to the host, the list of functions comes in the
///   order of a hash table, and tags and `take` reach into values that the host owns.
/// - `DebuggingPackage`: it shows the call stack of the host's own scripts.
///
/// `eval` is a keyword of the engine and no package: the engine's builder disables it.
fn stock_functions() -> Module {
    let mut module = Module::new();
    ArithmeticPackage::init(&mut module);
    LogicPackage::init(&mut module);
    BasicStringPackage::init(&mut module);
    MoreStringPackage::init(&mut module);
    BasicArrayPackage::init(&mut module);
    BasicBlobPackage::init(&mut module);
    BasicMapPackage::init(&mut module);
    BasicIteratorPackage::init(&mut module);
    BasicMathPackage::init(&mut module);
    BitFieldPackage::init(&mut module);
    BasicFnPackage::init(&mut module);
    // A function looked up lazily hashes the whole package again, and callbacks from natives start
    // with an empty cache. It also keeps the functions out of the allow list that tests print.
    module.register_lazy_functions();
    module
}

/// What a native function of this library hands to the engine when it refuses.
type Fault = Box<EvalAltResult>;

/// A run-time error that names the function.
fn refuse(message: impl Into<String>) -> Fault {
    EvalAltResult::ErrorRuntime(message.into().into(), Position::NONE).into()
}

/// The error for a result over a limit: `` `pad`: the array `` is shown with "too large" after it.
fn too_large(function: &str, what: &str) -> Fault {
    EvalAltResult::ErrorDataTooLarge(format!("`{function}`: the {what}"), Position::NONE).into()
}

/// Puts a function that leaves its first argument alone in place of the stock one.
fn put<A: 'static, const N: usize, const X: bool, R, const F: bool>(
    module: &mut Module,
    name: &str,
    function: impl RhaiNativeFunc<A, N, X, R, F> + Send + Sync + 'static,
) where
    R: Clone + Send + Sync + 'static,
{
    FuncRegistration::new(name).set_into_module(module, function);
}

/// Puts a function that changes its first argument in place of the stock one, so that the engine
/// keeps it away from constants.
fn put_changing<A: 'static, const N: usize, const X: bool, R, const F: bool>(
    module: &mut Module,
    name: &str,
    function: impl RhaiNativeFunc<A, N, X, R, F> + Send + Sync + 'static,
) where
    R: Clone + Send + Sync + 'static,
{
    FuncRegistration::new(name).with_purity(false).set_into_module(module, function);
}

/// The sizes that the engine allows. Unlimited becomes a bound that still fits into memory: a
/// limit that the host forgot must not let one call abort the process.
#[derive(Clone, Copy)]
struct Room {
    bytes: usize,
    items: usize,
    entries: usize,
}

impl Room {
    const WITHOUT_LIMIT: usize = 1 << 20;

    fn of(engine: &Engine) -> Self {
        let bound = |limit| match limit {
            0 => Self::WITHOUT_LIMIT,
            limit => limit,
        };
        Self {
            bytes: bound(engine.max_string_size()),
            items: bound(engine.max_array_size()),
            entries: bound(engine.max_map_size()),
        }
    }

    fn check_bytes(self, function: &str, bytes: usize) -> Result<(), Fault> {
        if bytes > self.bytes {
            return Err(too_large(function, "string"));
        }
        Ok(())
    }

    fn check_items(self, function: &str, items: usize) -> Result<(), Fault> {
        if items > self.items {
            return Err(too_large(function, "array"));
        }
        Ok(())
    }

    fn check(self, function: &str, size: Size) -> Result<(), Fault> {
        self.check_items(function, size.items)?;
        if size.entries > self.entries {
            return Err(too_large(function, "map"));
        }
        if size.bytes > self.bytes {
            return Err(too_large(function, "text in the result"));
        }
        Ok(())
    }
}

/// How much a value holds, nested values included, counted as the engine counts. Map keys count
/// as text here, which the engine leaves out.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
struct Size {
    bytes: usize,
    items: usize,
    entries: usize,
}

impl Size {
    /// The size of `value` as an element of an array or as the value of a map entry.
    fn of_nested(value: &Dynamic) -> Self {
        let mut size = Self::default();
        if let Ok(array) = value.as_array_ref() {
            size = Self::of_array(&array);
        } else if let Ok(map) = value.as_map_ref() {
            size = Self::of_map(&map);
        } else if let Ok(text) = value.as_immutable_string_ref() {
            size.bytes = text.len();
        } else if let Ok(blob) = value.as_blob_ref() {
            size.items = blob.len().saturating_add(1);
        }
        size
    }

    fn of_array(array: &Array) -> Self {
        array.iter().fold(Self::default(), |size, value| size.plus(Self::of_element(value)))
    }

    fn of_map(map: &Map) -> Self {
        map.iter().fold(Self::default(), |size, (key, value)| size.plus(Self::of_entry(key, value)))
    }

    /// What an array grows by when `value` is added to it.
    fn of_element(value: &Dynamic) -> Self {
        let mut size = Self::of_nested(value);
        size.items = size.items.saturating_add(1);
        size
    }

    /// What a map grows by when `value` is added to it under `key`.
    fn of_entry(key: &str, value: &Dynamic) -> Self {
        let mut size = Self::of_nested(value);
        size.entries = size.entries.saturating_add(1);
        size.bytes = size.bytes.saturating_add(key.len());
        size
    }

    fn plus(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            items: self.items.saturating_add(other.items),
            entries: self.entries.saturating_add(other.entries),
        }
    }

    fn times(self, count: usize) -> Self {
        Self {
            bytes: self.bytes.saturating_mul(count),
            items: self.items.saturating_mul(count),
            entries: self.entries.saturating_mul(count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rhai::OptimizationLevel;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, Mutex};

    fn limited(mut engine: Engine) -> Engine {
        engine
            .set_max_string_size(16384)
            .set_max_array_size(1000)
            .set_max_map_size(256)
            .set_optimization_level(OptimizationLevel::None);
        engine
    }

    /// The engine under test.
    pub(super) fn hardened() -> Engine {
        let mut engine = Engine::new_raw();
        engine.register_global_module(standard_library().into());
        engine.set_fast_operators(false);
        limited(engine)
    }

    /// Rhai as it comes.
    pub(super) fn stock() -> Engine {
        limited(Engine::new())
    }

    /// Ordinary use must not show a difference.
    #[track_caller]
    pub(super) fn assert_same(script: &str) {
        let run = |engine: Engine| match engine.eval::<Dynamic>(script) {
            Ok(value) => format!("{value:?}"),
            Err(error) => panic!("{script}: {error}"),
        };
        assert_eq!(run(hardened()), run(stock()), "{script}");
    }

    /// The error of a script, without the calls around it.
    #[track_caller]
    pub(super) fn fault(script: &str) -> EvalAltResult {
        match hardened().eval::<Dynamic>(script) {
            Ok(value) => panic!("{script} gave {value:?}"),
            Err(error) => innermost(*error),
        }
    }

    fn innermost(error: EvalAltResult) -> EvalAltResult {
        match error {
            EvalAltResult::ErrorInFunctionCall(_, _, inner, _) => innermost(*inner),
            other => other,
        }
    }

    /// What a script is told when it is refused.
    #[track_caller]
    pub(super) fn refusal(script: &str) -> String {
        match fault(script) {
            EvalAltResult::ErrorRuntime(message, _) => message.to_string(),
            other => panic!("{script}: {other}"),
        }
    }

    /// Refused here, before the engine measures what was made.
    #[track_caller]
    pub(super) fn assert_too_large(script: &str) {
        match fault(script) {
            EvalAltResult::ErrorDataTooLarge(message, _) if message.starts_with('`') => {}
            other => panic!("{script}: {other}"),
        }
    }

    /// What `print` and `debug` show.
    pub(super) fn printed(mut engine: Engine, script: &str) -> Vec<String> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (prints, debugs) = (lines.clone(), lines.clone());
        engine.on_print(move |line| prints.lock().unwrap().push(line.to_string()));
        engine.on_debug(move |line, _, _| debugs.lock().unwrap().push(line.to_string()));
        engine.run(script).expect(script);
        drop(engine);
        Arc::into_inner(lines).unwrap().into_inner().unwrap()
    }

    /// Runs a script once for each of its operations, asks it at that operation, and only there,
    /// to stop, and counts how often it went on.
    pub(super) fn swallowed_stops(engine: fn() -> Engine, script: &str) -> usize {
        let run = |stop_at: u64| {
            let operations = Arc::new(AtomicU64::new(0));
            let counted = operations.clone();
            let mut engine = engine();
            engine.on_print(|_| ());
            engine.on_progress(move |_| {
                let operation = counted.fetch_add(1, Ordering::Relaxed) + 1;
                (operation == stop_at).then_some(Dynamic::UNIT)
            });
            let result = engine.run(script).map_err(|error| innermost(*error));
            (operations.load(Ordering::Relaxed), result)
        };
        let (operations, result) = run(u64::MAX);
        result.expect(script);
        assert!(operations > 0, "{script}");
        (1..=operations)
            .filter(|&at| !matches!(run(at).1, Err(EvalAltResult::ErrorTerminated(..))))
            .count()
    }

    #[test]
    fn every_entry_replaces_a_stock_one() {
        // Rhai has no native `**` and `**=` for 64-bit floats: three and two are new.
        let (variables, functions, iterators) = stock_functions().count();
        assert_eq!(standard_library().count(), (variables, functions + 5, iterators));
        assert!(functions > 500, "{functions}");
    }

    #[test]
    fn what_is_left_out_is_not_there() {
        for call in ["sleep(1)", "timestamp()", "parse_json(\"{}\")", "exit()"] {
            let missing = matches!(fault(call), EvalAltResult::ErrorFunctionNotFound(..));
            assert!(missing, "{call}");
            assert!(stock().compile(call).is_ok());
        }
        let list = fault("get_fn_metadata_list()");
        assert!(matches!(list, EvalAltResult::ErrorFunctionNotFound(..)));
    }

    #[test]
    fn sizes_are_counted_as_the_engine_counts() {
        let value = hardened()
            .eval::<Dynamic>(r#"[1, [2, 3], #{a: "xyz", b: [4]}, "ab", blob(5, 0)]"#)
            .expect("a value");
        let expected = Size { bytes: 3 + 2 + 2, items: 5 + 2 + 1 + 6, entries: 2 };
        assert_eq!(Size::of_nested(&value), expected);
        assert_eq!(expected.times(usize::MAX).items, usize::MAX);
    }
}

use std::{
    collections::{BTreeSet, HashMap},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use rhai::EvalAltResult;

use super::{
    Val, convert,
    fault::{Fault, Left, Trouble, What},
    library::natives,
    lower,
    machine::{Entry, Machine, shown_name},
    program::{ApiCall, Library, Program},
    show::{Style, shown},
};
use crate::{
    api::{ApiTable, Category, ScriptContext},
    contract::{ErrorKind, Frame, ScriptError, Stage, Value},
    script::{
        outline::Outline,
        reference::{describe, kind_of},
        units::Unit,
    },
};

/// A script compiled for the compiled backend.
pub(crate) struct CompiledProgram {
    program: Program,
    /// The functions of the outline, in its order.
    functions: Vec<u32>,
    start: u32,
    state: Vec<String>,
}

/// All that a script may call if some categories of the table are denied to it.
pub(crate) fn library(api: &ApiTable, denied: &BTreeSet<Category>) -> Arc<Library> {
    let mut made = Library::default();
    let mut rows: HashMap<(&'static str, usize), Vec<_>> = HashMap::new();
    for native in natives() {
        rows.entry((native.name, native.arity)).or_default().push(native);
    }
    for ((name, arity), rows) in rows {
        made.natives.entry(name).or_default().push((arity, rows.into()));
    }
    for function in api.iter() {
        let name = function.name();
        if denied.contains(function.category()) {
            let category = function.category();
            let message = format!("`{name}` needs permission \"{category}\"");
            made.denied.insert(name.to_owned(), message);
            continue;
        }
        for overload in function.overloads() {
            let accepts = overload.parameters.iter().map(|parameter| parameter.accepts).collect();
            let price = ApiCall::PRICE + function.fuel();
            let call = ApiCall { code: overload.direct.clone(), accepts, price };
            made.api.insert((name.to_owned(), overload.parameters.len()), call);
        }
    }
    Arc::new(made)
}

impl CompiledProgram {
    /// Lowers a script whose files were checked, and evaluates the constants.
    ///
    /// # Errors
    /// It uses what this backend does not have, or a constant cannot be evaluated.
    pub(crate) fn new(
        units: &[Unit<'_>],
        outlines: &[Outline],
        library: Arc<Library>,
        watched: bool,
        context: &mut ScriptContext<'_>,
    ) -> Result<Self, Vec<ScriptError>> {
        let lowered = lower::lower(units, outlines, library, watched)?;
        let mut program = lowered.program;
        let count = outlines.iter().map(|outline| outline.constants.len()).sum();
        let mut constants = vec![Val::Unit; count];
        // Those of libraries first.
        for (outline, function) in outlines.iter().zip(lowered.constants) {
            if outline.constants.is_empty() {
                continue;
            }
            let fuel = context.limits().start_fuel;
            let entry = Entry { function, args: &[], fuel };
            let called = guarded(|| {
                Machine::default().call(&program, &mut [], Some(&mut constants), context, &entry).0
            });
            judged(&program, Stage::Compile, &[], called).map_err(|error| vec![*error])?;
        }
        program.constants = constants;
        let state = outlines.last().map(|outline| outline.state.clone()).unwrap_or_default();
        Ok(Self { program, functions: lowered.functions, start: lowered.start, state })
    }

    /// The value of a constant, by its place in the outline.
    pub(crate) fn constant(&self, i: usize) -> Option<Value> {
        convert::to_value(self.program.constants.get(i)?).ok()
    }

    /// Runs the code at the top level once and gives the state that it leaves.
    pub(crate) fn start(
        &self,
        context: &mut ScriptContext<'_>,
    ) -> Result<Vec<Val>, Box<ScriptError>> {
        let mut state = vec![Val::Unit; self.state.len()];
        let fuel = context.fuel_within(context.limits().start_fuel);
        let entry = Entry { function: self.start, args: &[], fuel };
        self.enter(Stage::Bind, &entry, &mut state, context)?;
        Ok(state)
    }

    /// The variables that a call of a function may change.
    pub(crate) fn may_change(&self, function: usize) -> &[u16] {
        let function =
            self.functions.get(function).and_then(|i| self.program.functions.get(*i as usize));
        function.map_or(&[], |function| &function.may_change)
    }

    /// Calls a function. If it fails the state is as it was before.
    pub(crate) fn call(
        &self,
        function: usize,
        state: &mut [Val],
        args: &[Value],
        context: &mut ScriptContext<'_>,
    ) -> Result<(), Box<ScriptError>> {
        let Some(function) = self.functions.get(function).copied() else { return Ok(()) };
        let fuel = context.fuel_within(context.limits().fuel);
        if args.is_empty() {
            let entry = Entry { function, args: &[], fuel };
            return self.enter(Stage::Run, &entry, state, context);
        }
        let args: Vec<Val> = args.iter().map(convert::from_value).collect();
        self.enter(Stage::Run, &Entry { function, args: &args, fuel }, state, context)
    }

    fn enter(
        &self,
        stage: Stage,
        entry: &Entry<'_>,
        state: &mut [Val],
        context: &mut ScriptContext<'_>,
    ) -> Result<(), Box<ScriptError>> {
        // Any program can run on any machine; a batch of calls needs one.
        let kept = context.kept().take().and_then(|kept| kept.downcast::<Machine>().ok());
        let mut machine = kept.unwrap_or_default();
        let mut left = 0;
        let called = guarded(|| {
            let (result, rest) = machine.call(&self.program, state, None, context, entry);
            left = rest;
            result
        });
        context.spend(entry.fuel - left);
        if called.is_err() {
            // It may hold anything.
            machine.put_back(&self.program, entry.function, state);
        }
        *context.kept() = Some(machine);
        if matches!(called, Ok(Ok(()))) {
            return Ok(());
        }
        match judged(&self.program, stage, &self.state, called) {
            Ok(()) => Ok(()),
            Err(mut error) => {
                // What cannot be kept has no place, and no stack.
                if !error.stack.is_empty() {
                    let function = self.program.functions.get(entry.function as usize);
                    error.position = error.position.or(function.and_then(|function| function.at));
                }
                Err(error)
            }
        }
    }
}

/// Runs something; `Err` with the message if a function of the host panicked in it.
fn guarded<R>(work: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        payload
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned())
    })
}

/// What became of a call.
fn judged(
    program: &Program,
    stage: Stage,
    state: &[String],
    called: Result<Result<(), Fault>, String>,
) -> Result<(), Box<ScriptError>> {
    match called {
        Ok(Ok(())) => Ok(()),
        Ok(Err(fault)) => Err(Box::new(told(program, stage, state, fault))),
        Err(panic) => {
            let message = format!("a function of the host panicked: {panic}");
            Err(Box::new(ScriptError::new(stage, ErrorKind::Host, &*program.path, message)))
        }
    }
}

/// A fault in the words that hosts and modders read.
#[cold]
fn told(program: &Program, stage: Stage, state: &[String], fault: Fault) -> ScriptError {
    let Trouble { what, at, file, mut frames } = fault.into_trouble();
    let path = file.map_or(&program.path, |file| program.path_of(file));
    let (kind, message) = match what {
        What::Thrown(value) => thrown(&value),
        What::Error(mut error) => {
            // Some natives say in which of them it happened.
            while let EvalAltResult::ErrorInFunctionCall(name, _, inner, _) = error {
                let (function, file) = (name.into(), file.unwrap_or_default());
                frames.insert(0, Left { function, file, called_at: at });
                error = *inner;
            }
            describe(&error)
        }
        What::Stopped(kind, message) => (kind, message),
        What::Unkept(slot, what) => {
            let name = state.get(usize::from(slot)).map_or("", String::as_str);
            let message = format!("variable `{name}` cannot be kept: {what}");
            return ScriptError::new(stage, ErrorKind::Runtime, &*program.path, message);
        }
        What::NoOverload => (ErrorKind::NotFound, "no function takes these arguments".to_owned()),
    };
    let mut error = ScriptError::new(stage, kind, &**path, message).at(at);
    // Each is called in the file of the next one.
    let files: Vec<u16> = frames.iter().map(|left| left.file).collect();
    let callers = files.iter().skip(1).chain(files.last());
    error.stack = frames
        .iter()
        .zip(callers)
        .filter(|(left, _)| &*left.function != lower::START)
        .map(|(left, caller)| Frame {
            function: shown_name(&left.function),
            called_at: left.called_at,
            called_in: match left.called_at {
                Some(_) => program.path_of(*caller).to_string(),
                None => String::new(),
            },
        })
        .collect();
    error
}

/// What is said of a value that was thrown.
fn thrown(value: &Val) -> (ErrorKind, String) {
    const MOST: usize = 1024;
    if let Val::Map(dict) = value
        && let Some(message) = dict.get("message")
    {
        let kind = dict.get("kind").map(|kind| shown(kind, Style::Print, MOST));
        let kind = kind.map_or(ErrorKind::Runtime, |kind| kind_of(&kind));
        return (kind, shown(message, Style::Print, MOST));
    }
    match value {
        Val::Unit => (ErrorKind::Runtime, "thrown".to_owned()),
        other => (ErrorKind::Runtime, shown(other, Style::Print, MOST)),
    }
}

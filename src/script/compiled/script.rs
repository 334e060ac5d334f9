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
    machine::{Entry, Run, shown_name},
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
                Run::begin(&program, Some(&mut constants), context)
                    .call(&entry, &mut Box::default())
                    .0
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
    ) -> Result<Box<[Val]>, Box<ScriptError>> {
        let mut state: Box<[Val]> = vec![Val::Unit; self.state.len()].into();
        let fuel = context.fuel_within(context.limits().start_fuel);
        let entry = Entry { function: self.start, args: &[], fuel };
        let mut caller = self.caller(context);
        let started = caller.enter(Stage::Bind, &entry, &mut state);
        caller.close();
        started.map(|()| state)
    }

    /// Makes ready to call functions, one after the other, within the limits that the context holds.
    pub(crate) fn caller<'a, 'w>(&'a self, context: &'a mut ScriptContext<'w>) -> Caller<'a, 'w> {
        let fuel = context.limits().fuel;
        Caller { program: self, run: Run::begin(&self.program, None, context), fuel }
    }
}

/// Calls functions of a program.
pub(crate) struct Caller<'a, 'w> {
    program: &'a CompiledProgram,
    run: Run<'a, 'w>,
    /// What a call may use.
    fuel: u64,
}

impl<'w> Caller<'_, 'w> {
    /// The context of the calls.
    pub(crate) const fn context(&mut self) -> &mut ScriptContext<'w> {
        self.run.context()
    }

    /// Which variables the last call that succeeded has changed, as [bits](crate::script::marks::bit).
    pub(crate) const fn changed(&self) -> u64 {
        self.run.changed()
    }

    /// Gives back to the context what can be used again.
    pub(crate) fn close(self) {
        self.run.finish();
    }

    /// Calls a function. If it fails the state is as it was before.
    pub(crate) fn call(
        &mut self,
        function: usize,
        state: &mut Box<[Val]>,
        args: &[Value],
    ) -> Result<(), Box<ScriptError>> {
        let Some(function) = self.program.functions.get(function).copied() else { return Ok(()) };
        let fuel = self.run.context().fuel_within(self.fuel);
        if args.is_empty() {
            return self.enter(Stage::Run, &Entry { function, args: &[], fuel }, state);
        }
        let args: Vec<Val> = args.iter().map(convert::from_value).collect();
        self.enter(Stage::Run, &Entry { function, args: &args, fuel }, state)
    }

    fn enter(
        &mut self,
        stage: Stage,
        entry: &Entry<'_>,
        state: &mut Box<[Val]>,
    ) -> Result<(), Box<ScriptError>> {
        let run = &mut self.run;
        let mut left = 0;
        let called = guarded(|| {
            let (result, rest) = run.call(entry, state);
            left = rest;
            result
        });
        self.run.context().spend(entry.fuel - left);
        if matches!(called, Ok(Ok(()))) {
            return Ok(());
        }
        if called.is_err() {
            // It may hold anything.
            self.run.break_off(entry.function, state);
        }
        self.failed(stage, entry.function, called)
    }

    #[cold]
    fn failed(
        &self,
        stage: Stage,
        function: u32,
        called: Result<Result<(), Fault>, String>,
    ) -> Result<(), Box<ScriptError>> {
        let CompiledProgram { program, state, .. } = self.program;
        judged(program, stage, state, called).map_err(|mut error| {
            // What cannot be kept has no place, and no stack.
            if !error.stack.is_empty() {
                let function = program.functions.get(function as usize);
                error.position = error.position.or(function.and_then(|function| function.at));
            }
            error
        })
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

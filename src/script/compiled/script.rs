use std::{
    any::Any,
    collections::{BTreeSet, HashMap},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Arc, OnceLock},
};

use glam::Vec3;
use rhai::EvalAltResult;

use super::{
    Val,
    alike::share,
    convert,
    fault::{Fault, Left, Trouble, What},
    lanes::{Answered, Kept, Lanes, Plan},
    library::natives,
    lower,
    machine::{Last, Machine, Run, Turns, shown_name},
    program::{ApiCall, Library, Program},
    show::{Style, shown},
};
use crate::{
    api::{ApiTable, BeforeLanes, CallsAlike, Category, LANES, ScriptContext},
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
    /// How each of the functions is done for many instances at a time, once that was asked.
    plans: Box<[OnceLock<Option<Plan>>]>,
    /// The state that the first instance started with.
    first: OnceLock<Box<[Val]>>,
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
            let lanes = overload.lanes.clone().zip(Answered::named(overload.returns));
            let call = ApiCall { code: overload.direct.clone(), accepts, price, lanes };
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
        let mut machine = Machine::take();
        let count = outlines.iter().map(|outline| outline.constants.len()).sum();
        let mut constants = vec![Val::Unit; count];
        // Those of libraries first.
        for (outline, function) in outlines.iter().zip(lowered.constants) {
            if outline.constants.is_empty() {
                continue;
            }
            let fuel = context.limits().start_fuel;
            let mut run = Run::begin(&program, &mut machine, Some(&mut constants), context, fuel);
            let mut state = Box::default();
            let mut one = One { state: &mut state, called: Ok(0) };
            let cause = match guarded(|| run.turns(function, &mut one, Last::Nobody)) {
                Ok(Ok(())) => continue,
                Ok(Err(fault)) => Cause::Fault(fault),
                Err(panic) => Cause::Panic(panic),
            };
            return Err(vec![*judged(&program, Stage::Compile, &[], cause)]);
        }
        machine.leave();
        program.constants = constants;
        let state = outlines.last().map(|outline| outline.state.clone()).unwrap_or_default();
        let (functions, start) = (lowered.functions, lowered.start);
        let plans = functions.iter().map(|_| OnceLock::new()).collect();
        Ok(Self { program, functions, start, state, plans, first: OnceLock::new() })
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
        let mut machine = Machine::take();
        let fuel = context.limits().start_fuel;
        let mut caller = self.caller_with(&mut machine, context, fuel);
        let started = caller.one(Stage::Bind, self.start, &mut state);
        machine.leave();
        started?;
        let first = self.first.get_or_init(|| state.clone());
        share(&mut state, first);
        Ok(state)
    }

    /// How a function is done for many instances side by side whose variables are like those of one.
    pub(crate) fn plan_like(&self, function: usize, state: &[Val]) -> Option<&Plan> {
        let (plan, number) = (self.plans.get(function)?, self.functions.get(function)?);
        plan.get_or_init(|| Plan::new(&self.program, *number, state)).as_ref()
    }

    /// The same, if that was asked before.
    pub(crate) fn plan(&self, function: usize) -> Option<&Plan> {
        self.plans.get(function)?.get()?.as_ref()
    }

    /// Makes ready to call functions, one after the other, within the limits that the context holds.
    #[inline(always)]
    pub(crate) fn caller<'a, 'w>(
        &'a self,
        machine: &'a mut Machine,
        context: &'a mut ScriptContext<'w>,
    ) -> Caller<'a, 'w> {
        let fuel = context.limits().fuel;
        self.caller_with(machine, context, fuel)
    }

    #[inline(always)]
    fn caller_with<'a, 'w>(
        &'a self,
        machine: &'a mut Machine,
        context: &'a mut ScriptContext<'w>,
        fuel: u64,
    ) -> Caller<'a, 'w> {
        Caller { program: self, run: Run::begin(&self.program, machine, None, context, fuel) }
    }
}

/// Calls functions of a program.
pub(crate) struct Caller<'a, 'w> {
    program: &'a CompiledProgram,
    run: Run<'a, 'w>,
}

impl<'w> Caller<'_, 'w> {
    /// The context of the calls.
    pub(crate) const fn context(&mut self) -> &mut ScriptContext<'w> {
        self.run.context()
    }

    /// Calls a function; gives the variables that it has changed, as
    /// [bits](crate::script::marks::bit). If it fails the state is as it was before.
    pub(crate) fn call(
        &mut self,
        function: usize,
        state: &mut Box<[Val]>,
        args: &[Value],
    ) -> Result<u64, Box<ScriptError>> {
        let Some(function) = self.program.functions.get(function).copied() else { return Ok(0) };
        if args.is_empty() {
            return self.one(Stage::Run, function, state);
        }
        self.run.hand(args.iter().map(convert::from_value).collect());
        let called = self.one(Stage::Run, function, state);
        self.run.hand(Vec::new());
        called
    }

    /// Calls a function without arguments for one instance after the other.
    pub(crate) fn each(&mut self, function: usize, turns: &mut dyn Turns<'w>) {
        // Of one that is not there nothing comes, but all have had their turn.
        let function = self.program.functions.get(function).copied().unwrap_or(u32::MAX);
        self.turns(Stage::Run, function, turns);
    }

    /// Whether it may be worth calling a function for many instances at a time.
    pub(crate) fn may_go_abreast(&self, function: usize) -> bool {
        let plan = self.program.plans.get(function);
        plan.is_some_and(|plan| match plan.get() {
            None => true,
            Some(plan) => plan.as_ref().is_some_and(Plan::is_awake),
        })
    }

    /// Calls a function for the instances in the lanes, as far as that goes side by side, given the variables of
    /// each; `None` if it does not go at all. What it then leaves of each is that of a [`call`](Self::call).
    pub(crate) fn abreast(
        &mut self,
        function: usize,
        lanes: &mut Lanes,
        states: &mut [&mut [Val]],
    ) -> Option<BeforeLanes> {
        let plan = self.program.plan_like(function, states.first()?)?;
        if !self.run.goes_so_deep(plan.depth()) {
            return None;
        }
        // Whoever shares what is left may use no more than his part of it, or they might use more together.
        let part = self.run.context().purse() / states.len().max(1) as u64;
        let limit = self.run.first_fuel().min(part);
        lanes.go(plan, self.run.context(), states, limit)
    }

    /// The same, for the instances in the lanes of a mask, whose variables are kept; given their calls, and what says where
    /// their entities stood and of whom that is known.
    pub(crate) fn abreast_again(
        &mut self,
        function: usize,
        lanes: &mut Lanes,
        (kept, mask): (&mut Kept, u64),
        (calls, stand): (CallsAlike<'_>, impl FnOnce(&mut [Vec3; LANES]) -> u64),
    ) -> Option<BeforeLanes> {
        lanes.nobody_is_done();
        let plan = self.program.plan(function)?;
        if !self.run.goes_so_deep(plan.depth()) {
            return None;
        }
        if plan.asks() {
            lanes.begin_alike(mask, calls, stand);
        }
        let limit = self.run.first_fuel();
        lanes.go_on(plan, self.run.context(), kept, (mask, limit))
    }

    fn one(
        &mut self,
        stage: Stage,
        function: u32,
        state: &mut Box<[Val]>,
    ) -> Result<u64, Box<ScriptError>> {
        let mut one = One { state, called: Ok(0) };
        self.turns(stage, function, &mut one);
        one.called
    }

    fn turns(&mut self, stage: Stage, function: u32, turns: &mut dyn Turns<'w>) {
        let mut last = Last::Nobody;
        loop {
            let run = &mut self.run;
            let cause = match guarded(|| run.turns(function, turns, last)) {
                Ok(Ok(())) => return,
                Ok(Err(fault)) => Cause::Fault(fault),
                // No script had a part in it.
                Err(panic) if turns.is_between() => resume_unwind(panic),
                Err(panic) => {
                    run.break_off();
                    Cause::Panic(panic)
                }
            };
            last = Last::Failed(self.failed(stage, function, cause));
        }
    }

    #[cold]
    fn failed(&self, stage: Stage, function: u32, cause: Cause) -> Box<ScriptError> {
        let CompiledProgram { program, state, .. } = self.program;
        let mut error = judged(program, stage, state, cause);
        // What cannot be kept has no place, and no stack.
        if !error.stack.is_empty() {
            let function = program.functions.get(function as usize);
            error.position = error.position.or(function.and_then(|function| function.at));
        }
        error
    }
}

/// One call and no other.
struct One<'s> {
    state: &'s mut Box<[Val]>,
    called: Result<u64, Box<ScriptError>>,
}

impl Turns<'_> for One<'_> {
    fn next(&mut self, _: &mut ScriptContext<'_>, state: &mut Box<[Val]>, last: Last) -> bool {
        std::mem::swap(self.state, state);
        match last {
            Last::Nobody => return true,
            Last::Done(changed) => self.called = Ok(changed),
            Last::Failed(error) => self.called = Err(error),
        }
        false
    }

    fn is_between(&self) -> bool {
        false
    }
}

/// Runs something; `Err` with what it panicked with if a function of the host did so.
fn guarded<R>(work: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(work))
}

/// What is said of a call that has not come to its end.
enum Cause {
    Fault(Fault),
    Panic(Box<dyn Any + Send>),
}

#[cold]
fn judged(program: &Program, stage: Stage, state: &[String], cause: Cause) -> Box<ScriptError> {
    let panic = match cause {
        Cause::Fault(fault) => return Box::new(told(program, stage, state, fault)),
        Cause::Panic(panic) => panic,
    };
    let words = panic.downcast_ref::<&str>().copied();
    let words = words.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let message = format!("a function of the host panicked: {}", words.unwrap_or("no message"));
    Box::new(ScriptError::new(stage, ErrorKind::Host, &*program.path, message))
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

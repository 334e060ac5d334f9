use std::{fmt, hash::Hasher as _, sync::Arc};

use twox_hash::XxHash3_64;

use super::{
    CompiledScript, FunctionId, StateError, StateSnapshot,
    calls::placed,
    compiled_script::Program,
    marks::{self, Marks},
    state::ScriptState,
};
use crate::{
    api::ScriptContext,
    contract::{ScriptError, TIMERS, Timer, Timers, Value, ValueKind},
};

/// A script at work for one entity: the compiled script, which it shares, and its own state.
// What every call looks at comes first, and lies in one line of memory.
#[derive(Clone)]
#[repr(C)]
pub struct ScriptInstance {
    script: Arc<CompiledScript>,
    state: ScriptState,
    marks: Marks,
    timers: Timers,
}

/// What a call of an instance works on.
pub(super) struct Parts<'i> {
    pub(super) state: &'i mut ScriptState,
    pub(super) timers: &'i mut Timers,
    pub(super) marks: &'i mut Marks,
}

impl fmt::Debug for ScriptInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptInstance")
            .field("script", &self.script)
            .field("state", &self.snapshot())
            .finish()
    }
}

/// What became of the variables when a new version of a script took over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Migration {
    /// Variables that kept their value: same name, and same type or declared as `()`.
    pub kept: Vec<String>,
    /// Variables that took the new version's value: new, or of another type than before.
    pub reset: Vec<String>,
    /// Variables that the new version no longer has.
    pub dropped: Vec<String>,
    /// Functions that timers would have called, and that the new version no longer has.
    pub timers_dropped: Vec<String>,
}

impl ScriptInstance {
    /// Runs the script's top level for `context`'s entity.
    ///
    /// # Errors
    /// The top level failed; its commands are to be abandoned.
    pub fn start(
        script: Arc<CompiledScript>,
        context: &mut ScriptContext<'_>,
    ) -> Result<Self, ScriptError> {
        context.hold_to(script.shared_limits());
        let started = match &script.program {
            Program::Compiled(program) => {
                program.start(context).map(ScriptState::Compiled).map_err(|error| *error)
            }
            Program::Reference(program) => program.start(context).map(ScriptState::Reference),
        };
        match started {
            Ok(state) => {
                Ok(Self { script, state, timers: Timers::default(), marks: Marks::default() })
            }
            Err(error) => Err(*placed(Box::new(error), context)),
        }
    }

    /// An instance as it was when its state was copied. Runs nothing.
    ///
    /// # Errors
    /// The snapshot lacks a variable of the script or has one that the script has not, or a value is over a
    /// limit.
    pub fn resumed(
        script: Arc<CompiledScript>,
        snapshot: &StateSnapshot,
    ) -> Result<Self, StateError> {
        let names = script.state_names();
        if let Some(missing) = names.iter().find(|name| !snapshot.0.contains_key(*name)) {
            return Err(StateError::Missing(missing.clone()));
        }
        let state = ScriptState::empty(&script.program, names.len());
        let marks = Marks::default();
        let mut instance = Self { script, state, timers: Timers::default(), marks };
        instance.restore(snapshot)?;
        Ok(instance)
    }

    /// Calls a function of the script with as many of `args` as it takes.
    ///
    /// # Errors
    /// The call failed: its state is as it was before, its commands are dropped.
    pub fn call(
        &mut self,
        function: FunctionId,
        args: &[Value],
        context: &mut ScriptContext<'_>,
    ) -> Result<(), ScriptError> {
        self.run(function, args, context).map_err(|error| *error)
    }

    /// The same. An error is large, and so many calls have none that it comes in a box.
    pub(crate) fn run(
        &mut self,
        function: FunctionId,
        args: &[Value],
        context: &mut ScriptContext<'_>,
    ) -> Result<(), Box<ScriptError>> {
        let Self { script, state, timers, marks } = self;
        let parts = Parts { state, timers, marks };
        script.calls(context, |calls| calls.run(function, args, parts))
    }

    /// Whether it is this script that it runs.
    #[inline]
    pub(crate) fn runs(&self, script: &CompiledScript) -> bool {
        std::ptr::eq(Arc::as_ptr(&self.script), script)
    }

    /// What a call works on.
    pub(super) const fn parts(&mut self) -> Parts<'_> {
        let Self { state, timers, marks, .. } = self;
        Parts { state, timers, marks }
    }

    /// Starts a new version of the script and moves over every variable whose name and type still
    /// match; a variable that the new version declares as `()` takes any type.
    ///
    /// # Errors
    /// The new version's top level failed; this instance stays as it is.
    pub fn reloaded(
        &self,
        script: Arc<CompiledScript>,
        context: &mut ScriptContext<'_>,
    ) -> Result<(Self, Migration), ScriptError> {
        let mut new = Self::start(script, context)?;
        let mut migration = Migration::default();
        let old_names = self.script.state_names();
        let script = new.script.clone();
        for (i, name) in script.state_names().iter().enumerate() {
            let old = old_names.iter().position(|other| other == name);
            let old = old.and_then(|old| self.state.get(old));
            let new_kind = new.state.get(i).unwrap_or_default().kind();
            let kept = old.is_some_and(|old| {
                // `let target = ();` says nothing of what will be kept there.
                (old.kind() == new_kind || new_kind == ValueKind::Unit)
                    && new.state.set(i, &old, script.limits()).is_ok()
            });
            if kept {
                new.marks.touch(marks::ALL);
                migration.kept.push(name.clone());
            } else {
                migration.reset.push(name.clone());
            }
        }
        new.timers = self.timers.clone();
        migration.timers_dropped = new.timers.retain(|timer| may_be_timed(&script, timer));
        migration.dropped = old_names
            .iter()
            .filter(|name| !new.script.state_names().contains(name))
            .cloned()
            .collect();
        Ok((new, migration))
    }

    /// The script.
    #[must_use]
    pub const fn script(&self) -> &Arc<CompiledScript> {
        &self.script
    }

    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Value> {
        let i = self.script.state_names().iter().position(|other| other == name)?;
        self.state.get(i)
    }

    /// Sets a variable.
    ///
    /// # Errors
    /// There is no such variable, or the value is over a limit. Nothing is changed then.
    pub fn set(&mut self, name: &str, value: &Value) -> Result<(), StateError> {
        let names = self.script.state_names();
        let slot = names
            .iter()
            .position(|other| other == name)
            .ok_or_else(|| StateError::Unknown(name.to_owned()))?;
        self.marks.touch(marks::ALL);
        let set = self.state.set(slot, value, self.script.limits());
        set.map_err(|message| StateError::TooLarge { name: name.to_owned(), message })
    }

    /// A copy of all variables.
    #[must_use]
    pub fn snapshot(&self) -> StateSnapshot {
        let names = self.script.state_names().iter().cloned().enumerate();
        let values = names.map(|(i, name)| (name, self.state.get(i).unwrap_or_default()));
        let timers = Some((TIMERS.to_owned(), self.timers.to_value()));
        StateSnapshot(values.chain(timers.filter(|_| self.script.sets_timers())).collect())
    }

    /// A hash of all variables and timers, equal on every machine that keeps the same ones. All NaNs count
    /// as one.
    #[must_use]
    #[inline]
    pub fn state_hash(&self) -> u64 {
        let state = self.marks.sum(&self.state);
        if self.script.sets_timers() { self.with_timers(state) } else { state }
    }

    fn with_timers(&self, state: u64) -> u64 {
        let mut hasher = XxHash3_64::default();
        self.timers.to_value().hash_canonical(&mut hasher);
        hasher.finish() ^ state
    }

    /// The same, and the next time only what has changed since is hashed.
    #[cfg(feature = "bevy")]
    #[inline]
    pub(crate) fn refreshed_hash(&mut self) -> u64 {
        self.marks.refresh(&self.state);
        self.state_hash()
    }

    /// The timers that it has set.
    #[must_use]
    pub const fn timers(&self) -> &Timers {
        &self.timers
    }

    /// Takes what its timers call in a tick, with their ids, in order.
    pub fn take_due(&mut self, tick: u64) -> Vec<(FunctionId, i64)> {
        if !self.timers.is_due(tick) {
            return Vec::new();
        }
        let due = self.timers.take_due(tick).into_iter();
        due.filter_map(|timer| Some((self.script.function(&timer.function)?, timer.id))).collect()
    }

    /// Sets every variable that a snapshot names, and the timers if it has any. Timers for functions
    /// that this version of the script lacks are left out.
    ///
    /// # Errors
    /// The first variable that cannot be set; those before it are set.
    pub fn restore(&mut self, snapshot: &StateSnapshot) -> Result<(), StateError> {
        let variables = snapshot.0.iter().filter(|(name, _)| *name != TIMERS);
        for (name, value) in variables {
            self.set(name, value)?;
        }
        let Some(saved) = snapshot.0.get(TIMERS) else { return Ok(()) };
        let mut timers = Timers::from_value(saved).ok_or(StateError::BadTimers)?;
        let limit = self.script.limits().timers;
        if timers.list().len() > limit {
            let message = format!("a script may have at most {limit}");
            return Err(StateError::TooLarge { name: TIMERS.to_owned(), message });
        }
        timers.retain(|timer| may_be_timed(&self.script, timer));
        self.timers = timers;
        Ok(())
    }
}

/// Whether a version of a script can have a timer: one that sets none has none.
fn may_be_timed(script: &CompiledScript, timer: &Timer) -> bool {
    script.sets_timers() && script.function(&timer.function).is_some()
}

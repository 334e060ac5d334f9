use std::sync::Arc;

use super::{
    CompiledScript, FunctionId, ScriptState, StateError, StateSnapshot,
    compile::Program,
    reference::{self, check_plain},
};
use crate::{
    api::ScriptContext,
    contract::{ScriptError, Value},
};

/// A script at work for one entity: the compiled script, which it shares, and its own state.
#[derive(Clone, Debug)]
pub struct ScriptInstance {
    script: Arc<CompiledScript>,
    state: ScriptState,
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
        let started = match &script.program {
            Program::Reference(program) => program.start(context),
        };
        match started {
            Ok(state) => Ok(Self { script, state }),
            Err(error) => Err(placed(error, context)),
        }
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
        let called = match &self.script.program {
            Program::Reference(program) => {
                program.call(function.index(), &mut self.state, args, context)
            }
        };
        called.map_err(|error| placed(error, context))
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
        for (i, name) in new.script.state_names().iter().enumerate() {
            let old = old_names.iter().position(|other| other == name);
            match old.and_then(|old| self.state.slots.get(old)) {
                // `let target = ();` says nothing of what will be kept there.
                Some(old)
                    if old.type_id() == new.state.slots[i].type_id()
                        || new.state.slots[i].is_unit() =>
                {
                    new.state.slots[i] = old.clone();
                    migration.kept.push(name.clone());
                }
                _ => migration.reset.push(name.clone()),
            }
        }
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
        self.state.slots.get(i).map(|slot| reference::to_value(slot).unwrap_or_default())
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
            .and_then(|i| self.state.slots.get_mut(i))
            .ok_or_else(|| StateError::Unknown(name.to_owned()))?;
        let value = reference::from_value(value);
        check_plain(&value, self.script.limits()).map_err(|fault| StateError::TooLarge {
            name: name.to_owned(),
            message: fault.message,
        })?;
        *slot = value;
        Ok(())
    }

    /// A copy of all variables.
    #[must_use]
    pub fn snapshot(&self) -> StateSnapshot {
        let values =
            self.state.slots.iter().map(|slot| reference::to_value(slot).unwrap_or_default());
        StateSnapshot(self.script.state_names().iter().cloned().zip(values).collect())
    }

    /// Sets every variable that a snapshot names.
    ///
    /// # Errors
    /// The first variable that cannot be set; those before it are set.
    pub fn restore(&mut self, snapshot: &StateSnapshot) -> Result<(), StateError> {
        snapshot.0.iter().try_for_each(|(name, value)| self.set(name, value))
    }
}

fn placed(mut error: ScriptError, context: &mut ScriptContext<'_>) -> ScriptError {
    context.abandon();
    error.entity = Some(context.entity());
    error
}

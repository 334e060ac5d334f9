use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use rhai::Dynamic;

use super::{
    compiled::{self, Val},
    compiled_script::Program,
    reference,
};
use crate::contract::{ScriptLimits, Value};

/// The values of one instance's variables, in the order of
/// [`CompiledScript::state_names`](super::CompiledScript::state_names), as the backend that runs the
/// script keeps them.
#[derive(Clone)]
pub(super) enum ScriptState {
    Compiled(Box<[Val]>),
    Reference(Box<[Dynamic]>),
}

impl ScriptState {
    /// So many variables for a program, each `()`.
    pub(super) fn empty(program: &Program, count: usize) -> Self {
        let unit = Value::Unit;
        match program {
            Program::Compiled(_) => {
                Self::Compiled((0..count).map(|_| compiled::from_value(&unit)).collect())
            }
            Program::Reference(_) => {
                Self::Reference((0..count).map(|_| reference::from_value(&unit)).collect())
            }
        }
    }

    /// How many variables there are.
    pub(super) const fn len(&self) -> usize {
        match self {
            Self::Compiled(slots) => slots.len(),
            Self::Reference(slots) => slots.len(),
        }
    }

    /// A copy of a variable.
    pub(super) fn get(&self, i: usize) -> Option<Value> {
        match self {
            Self::Compiled(slots) => {
                slots.get(i).map(|slot| compiled::to_value(slot).unwrap_or_default())
            }
            Self::Reference(slots) => {
                slots.get(i).map(|slot| reference::to_value(slot).unwrap_or_default())
            }
        }
    }

    /// Sets a variable, if it may hold such a value.
    ///
    /// # Errors
    /// What is wrong with the value.
    pub(super) fn set(
        &mut self,
        i: usize,
        value: &Value,
        limits: &ScriptLimits,
    ) -> Result<(), String> {
        // What one backend may keep, the other may.
        let checked = reference::from_value(value);
        reference::check_plain(&checked, limits).map_err(|fault| fault.message)?;
        match self {
            Self::Compiled(slots) => {
                if let Some(slot) = slots.get_mut(i) {
                    *slot = compiled::from_value(value);
                }
            }
            Self::Reference(slots) => {
                if let Some(slot) = slots.get_mut(i) {
                    *slot = checked;
                }
            }
        }
        Ok(())
    }
}

/// A copy of an instance's variables by name, and of its timers under [`TIMERS`](crate::contract::TIMERS)
/// if the script sets any: for saved games, tests and tools.
///
/// Timers go off in ticks, so the number of the tick belongs to a saved game, too.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StateSnapshot(pub BTreeMap<String, Value>);

/// Why a variable could not be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// The script has no such variable, or the instance has not started.
    #[error("the script has no variable `{0}`")]
    Unknown(String),
    /// A snapshot lacks a variable.
    #[error("the saved state has no variable `{0}`")]
    Missing(String),
    /// What stands in the place of the timers is none.
    #[error("what the snapshot has under \"{}\" is no list of timers", crate::contract::TIMERS)]
    BadTimers,
    /// The value is over one of the limits.
    #[error("`{name}`: {message}")]
    TooLarge {
        /// The variable.
        name: String,
        /// Which limit.
        message: String,
    },
}

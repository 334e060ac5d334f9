use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::contract::Value;

/// The values of one instance's variables, in the order of
/// [`CompiledScript::state_names`](super::CompiledScript::state_names), as the backend that runs the
/// script keeps them.
#[derive(Clone, Debug, Default)]
pub struct ScriptState {
    pub(super) slots: Vec<rhai::Dynamic>,
}

/// A copy of an instance's variables by name: for saved games, tests and tools.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StateSnapshot(pub BTreeMap<String, Value>);

/// Why a variable could not be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// The script has no such variable, or the instance has not started.
    #[error("the script has no variable `{0}`")]
    Unknown(String),
    /// The value is over one of the limits.
    #[error("`{name}`: {message}")]
    TooLarge {
        /// The variable.
        name: String,
        /// Which limit.
        message: String,
    },
}

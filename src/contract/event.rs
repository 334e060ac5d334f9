use serde::{Deserialize, Serialize};

use super::{ScriptId, Value};

/// Whom an event is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Target {
    /// One entity.
    One(ScriptId),
    /// Every entity whose scripts define the callback.
    All,
}

/// Something that happened, to be told to scripts in the next event pass.
///
/// Only scripts that define a function of the event's name are called; for all others the event
/// costs nothing. A script's function may take fewer parameters than the event has arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScriptEvent {
    /// The name of the function that is called.
    pub callback: String,
    /// Its arguments.
    pub args: Vec<Value>,
    /// Whom it is for.
    pub target: Target,
}

impl ScriptEvent {
    /// An event of the host's own, for every script that defines a function of this name.
    ///
    /// Narrow it with [`ScriptEvent::to`].
    #[must_use]
    pub fn custom(callback: impl Into<String>, args: impl IntoIterator<Item = Value>) -> Self {
        Self { callback: callback.into(), args: args.into_iter().collect(), target: Target::All }
    }

    /// The same event for one entity only.
    #[must_use]
    pub fn to(mut self, id: ScriptId) -> Self {
        self.target = Target::One(id);
        self
    }
}

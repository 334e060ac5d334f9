use std::time::Duration;

use crate::{
    contract::ScriptLimits,
    trust::{LevelLimits, TrustLevel},
};

/// What a script of a level may use: the one place that the tool has it from.
///
/// Without a deadline these are the limits of the script's own work alone, and two runs do the same.
pub(super) fn limits(level: TrustLevel, deadline: Option<Duration>) -> ScriptLimits {
    let mut limits = LevelLimits::default().of(level).clone().consensus();
    limits.safety.deadline = deadline;
    limits
}

use std::time::Duration;

use super::Level;
use crate::{contract::ScriptLimits, trust::LevelLimits};

/// What the scripts may use: the preset of their level. The clock is looked at only on request, so that
/// what stops a script is the same on every machine.
pub(super) fn limits(trust: Level, deadline_ms: Option<f64>) -> ScriptLimits {
    let mut limits = LevelLimits::default().of(trust.trust()).clone().consensus();
    limits.safety.deadline = deadline_ms.and_then(|ms| Duration::try_from_secs_f64(ms / 1e3).ok());
    limits
}

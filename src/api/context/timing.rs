//! The timers of a script, lent to the calls that may set some.

use std::sync::Arc;

use super::ScriptContext;
use crate::{
    api::{ApiFault, closest},
    contract::{Timers, ticks_of},
};

/// The timers of a script during a call.
pub(super) struct Lent {
    now: Timers,
    /// How they were when the call began, once it has changed them.
    before: Option<Timers>,
    /// The functions that there are to be called.
    functions: Arc<[String]>,
}

impl ScriptContext<'_> {
    /// Lends the script's timers to the call that begins.
    pub(crate) fn lend_timers(&mut self, timers: Timers, functions: Arc<[String]>) {
        self.lent = Some(Lent { now: timers, before: None, functions });
    }

    /// Takes the timers back: as the call left them, or as they were if it failed.
    pub(crate) fn timers_back(&mut self, succeeded: bool) -> Timers {
        self.lent.take().map_or_else(Timers::default, |Lent { now, before, .. }| match before {
            Some(before) if !succeeded => before,
            _ => now,
        })
    }

    /// Lets a function of the script be called after so many seconds, and then again and again if it
    /// `repeats`; gives the timer's id.
    ///
    /// # Errors
    /// The script has no such function, has [`ScriptLimits::timers`](crate::contract::ScriptLimits)
    /// already, or its top level is running.
    pub fn set_timer(
        &mut self,
        seconds: f64,
        function: &str,
        repeats: bool,
    ) -> Result<i64, ApiFault> {
        let (tick, limit) = (self.scope.tick, self.limits.timers);
        let ticks = ticks_of(seconds, self.scope.delta_time);
        let Some(Lent { now, before, functions }) = &mut self.lent else {
            return Err(ApiFault::new(
                "timers cannot be set by the top of the file, which runs again at each reload; set them in `on_spawn`",
            ));
        };
        if !functions.iter().any(|name| name == function) {
            // Each name is compared with each, letter by letter.
            let letters =
                |name: &String| 4 + (name.len().min(64) * function.len().min(64) / 4) as u64;
            self.owed.set(self.owed.get().saturating_add(functions.iter().map(letters).sum()));
            let hint = closest(function, functions.iter().map(String::as_str))
                .map_or_else(String::new, |name| format!("; did you mean \"{name}\"?"));
            return Err(ApiFault::not_found(format!(
                "the script has no function \"{function}\"{hint}"
            )));
        }
        if now.list().len() >= limit {
            return Err(ApiFault::too_large(format!("a script may have at most {limit} timers")));
        }
        before.get_or_insert_with(|| now.clone());
        Ok(now.set(tick.saturating_add(ticks), if repeats { ticks } else { 0 }, function))
    }

    /// Forgets a timer; `false` if the script has none of this id.
    pub fn cancel_timer(&mut self, id: i64) -> bool {
        let Some(Lent { now, before, .. }) = &mut self.lent else { return false };
        if now.list().iter().all(|timer| timer.id != id) {
            return false;
        }
        before.get_or_insert_with(|| now.clone());
        now.cancel(id)
    }
}

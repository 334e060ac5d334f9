//! The line on the terminal that is written over again and again, and the log above it.

use std::{
    io::{IsTerminal as _, StderrLock, Write as _, stderr},
    time::{Duration, Instant},
};

use bevy::prelude::*;
use bevy_cscript::{prelude::*, runtime::ScriptMetrics};

/// From one line to the next.
const INTERVAL: Duration = Duration::from_millis(250);

/// Back to the beginning of the line, and wipe it.
const WIPE: &[u8] = b"\r\x1b[2K";

/// Whether somebody may be looking.
pub(crate) fn is_terminal() -> bool {
    stderr().is_terminal()
}

/// Wipes the progress line. That a terminal has gone away is no reason to stop.
pub(crate) fn clear_line() {
    if is_terminal() {
        let _ = stderr().write_all(WIPE);
    }
}

/// Where the log is written: over the progress line, which comes back below it.
pub(crate) fn log_writer() -> StderrLock<'static> {
    clear_line();
    stderr().lock()
}

/// The progress line.
pub(crate) struct Progress {
    wanted: bool,
    last: Instant,
    /// Ticks and callbacks when it was last shown.
    shown: (u64, u64),
}

impl Default for Progress {
    fn default() -> Self {
        Self { wanted: is_terminal(), last: Instant::now(), shown: (0, 0) }
    }
}

impl Progress {
    pub(crate) fn is_due(&self) -> bool {
        self.wanted && self.last.elapsed() >= INTERVAL
    }

    pub(crate) fn show(&mut self, world: &mut World, metrics: &ScriptMetrics) {
        let entities = world.query::<&CScript>().iter(world).count();
        let ticks = metrics.ticks.saturating_sub(self.shown.0).max(1);
        let callbacks = metrics.callbacks.saturating_sub(self.shown.1) / ticks;
        self.shown = (metrics.ticks, metrics.callbacks);
        self.last = Instant::now();
        let line = format!(
            "tick {}  {entities} entities  {callbacks} callbacks a tick  {} errors  {} us a tick",
            metrics.ticks,
            metrics.errors,
            metrics.tick_time.as_micros(),
        );
        clear_line();
        let _ = stderr().write_all(line.as_bytes());
    }
}

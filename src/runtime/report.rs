use std::{collections::HashMap, sync::Arc, time::Duration};

use bevy::prelude::*;

use crate::{
    contract::{LogLevel, LogLine, Position, RunReport, ScriptError, ScriptId, Value},
    script::{CompiledScript, Migration},
};

/// A call or a start of a script failed. It has changed nothing.
#[derive(Message, Clone, Debug)]
pub struct ScriptFault {
    /// The entity whose script it was.
    pub entity: Entity,
    /// What went wrong.
    pub error: ScriptError,
    /// Whether the script stands still because of it.
    pub paused: bool,
}

/// A script file changed, or was refused when it was first read.
#[derive(Message, Clone, Debug)]
pub struct ScriptReloaded {
    /// The script.
    pub path: String,
    /// How many instances run the new version now.
    pub instances: usize,
    /// What became of their variables.
    pub migration: Migration,
    /// Why the new version was refused; the old one goes on then.
    pub refused: Vec<ScriptError>,
}

/// A script wrote a line.
#[derive(Message, Clone, Debug)]
pub struct ScriptLogged {
    /// The entity whose script wrote it.
    pub entity: Entity,
    /// The script.
    pub path: Arc<str>,
    /// The line.
    pub line: LogLine,
}

/// A script published something. Scripts that listen hear it in the next pass of events.
#[derive(Message, Clone, Debug, PartialEq)]
pub struct ScriptPublished {
    /// What it is about.
    pub topic: String,
    /// What it says.
    pub value: Value,
}

/// What scripts did since the app started.
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq)]
pub struct ScriptMetrics {
    /// Ticks.
    pub ticks: u64,
    /// Calls of callbacks.
    pub callbacks: u64,
    /// Commands.
    pub commands: u64,
    /// Commands to let something be heard or seen; part of `commands`. A server counts them, too.
    pub shows: u64,
    /// Failed calls, failed starts and refused versions.
    pub errors: u64,
    /// Instances that took over a new version.
    pub reloads: u64,
    /// Steps.
    pub fuel: u64,
    /// Calls that did not fit into the [budget](super::TickBudget) of their tick and were made later;
    /// updates that were left out are among them.
    pub put_off: u64,
    /// Events that nobody heard: their entity was gone, or its script paused or switched off.
    pub unheard: u64,
    /// Calls for events and timers that were handed to scripts.
    pub events: u64,
    /// Events that the [`EventBudget`](super::EventBudget) of the last tick has left for the next one.
    pub waiting: u64,
    /// Events and messages that were dropped because far too many waited.
    pub dropped: u64,
    /// How long the last tick took; the only figure here that differs from run to run.
    pub tick_time: Duration,
}

/// What the stages have to tell, until the report stage tells it.
#[derive(Resource, Default)]
pub(super) struct Reports {
    pub(super) metrics: ScriptMetrics,
    faults: Vec<ScriptFault>,
    logged: Vec<ScriptLogged>,
    suppressed: u64,
    reloads: Vec<ScriptReloaded>,
    warnings: Vec<Warning>,
    /// How often each fault or warning was seen.
    seen: HashMap<Sight, u64>,
}

/// Something to warn of.
struct Warning {
    /// What makes two warnings the same.
    what: String,
    text: String,
}

/// So many lines of scripts go to the log in a tick; the rest is counted.
const MOST_LINES: usize = 200;

/// What makes two faults the same for the log: the place and the kind; texts may hold numbers that
/// differ each time.
#[derive(PartialEq, Eq, Hash)]
struct Sight {
    path: String,
    position: Option<Position>,
    what: String,
}

/// So many different faults are told apart; after that the memory begins anew.
const REMEMBERED: usize = 1024;

impl Reports {
    pub(super) fn fault(&mut self, entity: Entity, error: ScriptError, paused: bool) {
        self.metrics.errors += 1;
        self.faults.push(ScriptFault { entity, error, paused });
    }

    pub(super) fn wrote(&mut self, entity: Entity, path: &Arc<str>, report: RunReport) {
        self.suppressed += u64::from(report.log_suppressed);
        let room = MOST_LINES.saturating_sub(self.logged.len());
        self.suppressed += report.log.len().saturating_sub(room) as u64;
        self.logged.extend(report.log.into_iter().map(|line| ScriptLogged {
            entity,
            path: path.clone(),
            line,
        }));
    }

    pub(super) fn reloaded(&mut self, path: &Arc<str>, migration: Migration) {
        self.metrics.reloads += 1;
        let same =
            |reload: &&mut ScriptReloaded| *reload.path == **path && reload.refused.is_empty();
        if let Some(same) = self.reloads.iter_mut().find(same) {
            same.instances += 1;
            return;
        }
        let path = path.to_string();
        self.reloads.push(ScriptReloaded { path, instances: 1, migration, refused: Vec::new() });
    }

    /// A version that cannot run; `replaces` says whether an older one goes on instead.
    pub(super) fn refused(&mut self, path: &str, errors: &[ScriptError], replaces: bool) {
        self.metrics.errors += 1;
        for error in errors {
            if let Some(times) = self.count(&error.path, error.position, &error.message) {
                let note = if replaces { "\n    the version before it goes on" } else { "" };
                error!(target: "script", "{error}{note}{times}");
            }
        }
        self.reloads.push(ScriptReloaded {
            path: path.to_owned(),
            instances: 0,
            migration: Migration::default(),
            refused: errors.to_vec(),
        });
    }

    /// A version whose top level failed where an older one runs.
    pub(super) fn declined(&mut self, path: &str, error: &ScriptError) {
        let same = |reload: &ScriptReloaded| {
            reload.path == path
                && reload.refused.first().is_some_and(|other| other.message == error.message)
        };
        if !self.reloads.iter().any(same) {
            self.reloads.push(ScriptReloaded {
                path: path.to_owned(),
                instances: 0,
                migration: Migration::default(),
                refused: vec![error.clone()],
            });
        }
    }

    /// Tells of what is probably not meant in a script.
    pub(super) fn warn_of(&self, script: &CompiledScript) {
        for warning in script.warnings() {
            warn!(target: "script", "{warning}");
        }
    }

    pub(super) fn warn(&mut self, text: &str) {
        self.warnings.push(Warning { what: text.to_owned(), text: text.to_owned() });
    }

    /// A command was given for an entity that is gone.
    pub(super) fn nobody(&mut self, id: ScriptId, command: &'static str) {
        let text = format!("{command} does nothing: entity {id} is gone");
        self.warnings.push(Warning { what: command.to_owned(), text });
    }

    /// Whether to tell of something that may have been told before: the first time, and then at 10,
    /// 100, 1,000 .. times; gives what to add about that.
    fn count(&mut self, path: &str, position: Option<Position>, what: &str) -> Option<String> {
        if self.seen.len() >= REMEMBERED {
            self.seen.clear();
        }
        let sight = Sight { path: path.to_owned(), position, what: what.to_owned() };
        let count = self.seen.entry(sight).or_default();
        *count += 1;
        match *count {
            1 => Some(String::new()),
            count if is_power_of_ten(count) => Some(format!("\n    so far {count} times")),
            _ => None,
        }
    }
}

const fn is_power_of_ten(mut count: u64) -> bool {
    while count > 1 && count.is_multiple_of(10) {
        count /= 10;
    }
    count == 1
}

/// Tells what there is to tell: logs once, sends messages, publishes the metrics.
pub(super) fn report(
    mut reports: ResMut<Reports>,
    mut metrics: ResMut<ScriptMetrics>,
    mut queue: ResMut<super::event_queue::EventQueue>,
    mut faults: MessageWriter<ScriptFault>,
    mut logged: MessageWriter<ScriptLogged>,
    mut reloaded: MessageWriter<ScriptReloaded>,
) {
    let reports = &mut *reports;
    for line in std::mem::take(&mut reports.logged) {
        let ScriptLogged { path, line: LogLine { level, text }, .. } = &line;
        match level {
            LogLevel::Debug => debug!(target: "script", "{path}: {text}"),
            LogLevel::Info => info!(target: "script", "{path}: {text}"),
            LogLevel::Warn => warn!(target: "script", "{path}: {text}"),
            LogLevel::Error => error!(target: "script", "{path}: {text}"),
        }
        logged.write(line);
    }
    let suppressed = std::mem::take(&mut reports.suppressed);
    if suppressed > 0 {
        reports.warnings.push(Warning {
            what: "too many lines".to_owned(),
            text: format!("{suppressed} lines of script logs were too many in this tick"),
        });
    }
    for reload in std::mem::take(&mut reports.reloads) {
        if reload.refused.is_empty() {
            let Migration { kept, reset, dropped, timers_dropped } = &reload.migration;
            info!(
                target: "script",
                "{}: reloaded in {} instances; kept {kept:?}, reset {reset:?}, dropped {dropped:?}",
                reload.path, reload.instances
            );
            if !timers_dropped.is_empty() {
                info!(
                    target: "script",
                    "{}: dropped timers that would have called {timers_dropped:?}", reload.path
                );
            }
        }
        reloaded.write(reload);
    }
    for fault in std::mem::take(&mut reports.faults) {
        let ScriptError { path, position, kind, .. } = &fault.error;
        if let Some(times) = reports.count(path, *position, &kind.to_string()) {
            let note = if fault.paused { "\n    it is paused" } else { "" };
            error!(target: "script", "{}{note}{times}", fault.error);
        }
        faults.write(fault);
    }
    for Warning { what, text } in std::mem::take(&mut reports.warnings) {
        if let Some(times) = reports.count("", None, &what) {
            warn!(target: "script", "{text}{times}");
        }
    }
    reports.metrics.unheard += std::mem::take(&mut queue.unheard);
    reports.metrics.events += std::mem::take(&mut queue.told);
    reports.metrics.waiting = queue.left;
    let dropped = std::mem::take(&mut queue.dropped);
    reports.metrics.dropped += dropped;
    reports.metrics.ticks += 1;
    reports.metrics.tick_time = metrics.tick_time;
    metrics.clone_from(&reports.metrics);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_fault_is_told_at_powers_of_ten() {
        let mut reports = Reports::default();
        let told: Vec<u32> =
            (1..=1_000).filter(|_| reports.count("a.rhai", None, "no").is_some()).collect();
        assert_eq!(told, [1, 10, 100, 1_000]);
        assert!(reports.count("b.rhai", None, "no").is_some());
    }
}

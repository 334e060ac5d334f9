use std::sync::Arc;

use super::{
    collect::{Call, Calls, Job, Start, Work},
    error_policy::ErrorPolicy,
    run::{BatchOutcome, Note, What},
};
use crate::{
    api::{CallScope, ScriptContext},
    contract::{Callback, ErrorKind, RunReport, TIMERS, Value},
    script::{FunctionId, ScriptInstance, StateSnapshot},
};

/// Does the jobs of one batch, one after the other.
pub(super) struct BatchRunner<'w> {
    context: ScriptContext<'w>,
    policy: ErrorPolicy,
    outcome: BatchOutcome,
    /// The job at hand.
    index: usize,
    /// How many of its calls come with its start.
    starting: u64,
}

/// What tells a call from all others of its entity in this tick: what is called, in which slot, and
/// how many calls its job made before. Updates count as the 0th.
const fn salt(function: u64, slot: u16, ordinal: u64) -> u64 {
    function ^ ((slot as u64) << 48).wrapping_add(ordinal.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// The salt of the top level, which has no name.
const START: u64 = 0;

impl<'w> BatchRunner<'w> {
    pub(super) fn new(scope: CallScope<'w>, policy: ErrorPolicy) -> Self {
        let context = ScriptContext::new(scope);
        Self { context, policy, outcome: BatchOutcome::default(), index: 0, starting: 0 }
    }

    pub(super) fn run(mut self, jobs: &mut [Job]) -> BatchOutcome {
        self.outcome.jobs = jobs.len();
        for (i, job) in jobs.iter_mut().enumerate() {
            self.index = i;
            self.starting = 0;
            if let Work::Start(_) = job.work {
                self.start(job);
            }
            self.call_all(job);
        }
        self.outcome.commands = self.context.take_commands();
        self.outcome
    }

    fn call_all(&mut self, job: &mut Job) {
        let Job { id, slot, faults, work: Work::Call(instance), calls, .. } = job else { return };
        let mut call = |runner: &mut Self, function: FunctionId, args: &[Value], ordinal: u64| {
            let salt = salt(instance.script().salt(function), *slot, ordinal);
            runner.context.begin(*id, salt);
            let called = instance.call(function, args, &mut runner.context);
            runner.outcome.calls += 1;
            runner.note_log(instance.script().path());
            let Err(error) = called else { return true };
            *faults = faults.saturating_add(1);
            let pauses = error.kind == ErrorKind::Host || runner.policy.pauses(*faults);
            let starting = ordinal != 0 && ordinal <= runner.starting;
            runner.note(What::Failed { error: Box::new(error), pauses, starting });
            !pauses
        };
        match calls {
            Calls::Update(function) => {
                call(self, *function, &[], 0);
            }
            Calls::Events(events) => {
                let mut done = 0;
                for Call { function, args } in &*events {
                    done += 1;
                    if !call(self, *function, args, done) {
                        break;
                    }
                }
                let left_out = events.len() - done as usize;
                if left_out > 0 {
                    self.note(What::LeftOut(left_out));
                }
            }
        }
    }

    /// Starts an instance; the calls that come with a start go before those that wait already.
    fn start(&mut self, job: &mut Job) {
        let Work::Start(start) = std::mem::replace(&mut job.work, Work::Nothing) else { return };
        self.context.begin(job.id, salt(START, job.slot, 0));
        let (Start::Fresh { new, .. } | Start::Reload { old: _, new, .. }) = &start;
        let new = new.clone();
        let mut first = Vec::new();
        let mut add = |callback, args: Vec<Value>| {
            let args = args.into();
            first.extend(new.callback(callback).map(|function| Call { function, args }));
        };
        let started = match start {
            Start::Fresh { new, config } => {
                add(Callback::Init, Vec::new());
                if let Some(config) = config {
                    add(Callback::Configure, vec![config]);
                }
                add(Callback::OnSpawn, Vec::new());
                let started = ScriptInstance::start(new, &mut self.context);
                started.map(|instance| (instance, None)).map_err(|error| (error, None))
            }
            Start::Reload { old, new, goes_on } => match old.reloaded(new, &mut self.context) {
                Ok((instance, migration)) => {
                    let StateSnapshot(mut state) = old.snapshot();
                    state.remove(TIMERS);
                    add(Callback::OnReload, vec![Value::Map(state)]);
                    Ok((instance, Some(migration)))
                }
                Err(error) => Err((error, Some((old, goes_on)))),
            },
        };
        self.note_log(new.path());
        let Calls::Events(waiting) = &mut job.calls else { return };
        match started {
            Ok((instance, migration)) => {
                let migration_is_none = migration.is_none();
                self.note(What::Started(migration));
                job.work = Work::Call(Box::new(instance));
                if migration_is_none {
                    self.starting = first.len() as u64;
                }
                first.append(waiting);
                *waiting = first;
            }
            Err((error, old)) => {
                self.note(What::StartFailed { error: Box::new(error), version: new.clone() });
                let known = |call: &Call| {
                    let (old, goes_on) = old.as_ref()?;
                    let function = old.script().function(new.function_name(call.function))?;
                    goes_on.then(|| Call { function, args: call.args.clone() })
                };
                // What was meant for the new version, the old one hears.
                let heard: Vec<_> = waiting.iter().filter_map(known).collect();
                let left_out = waiting.len() - heard.len();
                if left_out > 0 {
                    self.note(What::LeftOut(left_out));
                }
                *waiting = heard;
                if let Some((old, _)) = old {
                    job.work = Work::Call(old);
                }
            }
        }
    }

    fn note(&mut self, what: What) {
        self.outcome.notes.push(Note { job: self.index, what });
    }

    fn note_log(&mut self, path: &Arc<str>) {
        self.outcome.fuel += self.context.take_fuel();
        let (log, log_suppressed) = self.context.take_log();
        if !log.is_empty() || log_suppressed > 0 {
            let report = RunReport { log, log_suppressed, ..RunReport::default() };
            self.note(What::Wrote { path: path.clone(), report });
        }
    }
}

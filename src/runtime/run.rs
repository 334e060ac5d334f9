use bevy::prelude::*;

use super::{
    collect::{Call, Calls, EventQueue, Job, PassJobs, Start, Work},
    error_policy::ErrorPolicy,
    load::ScriptHost,
    plugin::{ScriptClock, ScriptSettings},
    view::WorldWindow,
};
use crate::{
    api::{CallScope, ScriptContext},
    contract::{Callback, ErrorKind, RunReport, ScriptCommand, ScriptError, Value},
    script::{FunctionId, Migration, ScriptInstance, StateSnapshot},
};

/// What the jobs of a pass did, in the order of (id, slot, call).
#[derive(Resource, Default)]
pub(super) struct PassOutcome {
    pub(super) batches: Vec<BatchOutcome>,
    /// The jobs, with their instances.
    pub(super) jobs: Vec<Job>,
}

/// What one batch of jobs did.
#[derive(Default)]
pub(super) struct BatchOutcome {
    pub(super) commands: Vec<ScriptCommand>,
    pub(super) notes: Vec<Note>,
    /// How many jobs it had.
    pub(super) jobs: usize,
    pub(super) calls: u64,
    pub(super) fuel: u64,
}

/// Something about one script that is not a command.
pub(super) struct Note {
    /// Which job of the batch.
    pub(super) job: usize,
    pub(super) what: What,
}

pub(super) enum What {
    /// It started, with a new version if there is a migration.
    Started(Option<Migration>),
    /// It could not start; with a new version the old one goes on.
    StartFailed(Box<ScriptError>),
    /// A call failed, and because of that the script is paused.
    Failed { error: Box<ScriptError>, pauses: bool },
    /// It wrote lines.
    Wrote(RunReport),
    /// Calls were left out, because the script was paused by an earlier one.
    LeftOut(usize),
}

/// From how many jobs on several threads are worth waking: below this one batch is done sooner.
const BREAK_EVEN: usize = 256;
/// How many batches each thread gets, so that one slow batch does not make all wait.
const BATCHES_PER_THREAD: usize = 4;

/// Runs the jobs of this pass on the script threads.
pub(super) fn run(world: &mut World) {
    let mut jobs = std::mem::take(&mut world.resource_mut::<PassJobs>().jobs);
    if jobs.is_empty() {
        return;
    }
    let host = world.resource::<ScriptHost>().clone();
    let clock = *world.resource::<ScriptClock>();
    let settings = *world.resource::<ScriptSettings>();
    let workers = host.workers();
    let batch_size = if jobs.len() < BREAK_EVEN || workers.count() == 1 {
        jobs.len()
    } else {
        jobs.len().div_ceil(workers.count() * BATCHES_PER_THREAD)
    };
    let batches = WorldWindow::open(world, |view| {
        let scope = CallScope {
            world: view,
            limits: host.limits(),
            world_seed: settings.world_seed,
            tick: clock.tick,
            delta_time: clock.delta_time,
        };
        workers.run_batches(&mut jobs, batch_size, |batch| {
            let mut runner = Runner {
                context: ScriptContext::new(scope),
                policy: settings.error_policy,
                outcome: BatchOutcome::default(),
            };
            runner.outcome.jobs = batch.len();
            for (i, job) in batch.iter_mut().enumerate() {
                runner.run(i, job);
            }
            runner.finish()
        })
    });
    let left_out: usize = batches
        .iter()
        .flat_map(|batch| &batch.notes)
        .map(|note| if let What::LeftOut(calls) = note.what { calls } else { 0 })
        .sum();
    world.resource_mut::<EventQueue>().unheard += left_out as u64;
    let mut outcome = world.resource_mut::<PassOutcome>();
    outcome.batches = batches;
    outcome.jobs = jobs;
}

/// Does the jobs of one batch, one after the other.
struct Runner<'w> {
    context: ScriptContext<'w>,
    policy: ErrorPolicy,
    outcome: BatchOutcome,
}

/// The call of which a job's random numbers and ids depend: what is called, in which slot, and how
/// many calls of this job came before.
const fn salt(function: u64, slot: u16, ordinal: u64) -> u64 {
    function ^ ((slot as u64) << 48).wrapping_add(ordinal.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// The salt of the top level.
const START: u64 = 0;

impl Runner<'_> {
    fn run(&mut self, index: usize, job: &mut Job) {
        let mut ordinal = 0;
        let first_calls = match std::mem::replace(&mut job.work, Work::Nothing) {
            Work::Start(start) => match self.start(index, job, start) {
                Some((instance, calls)) => {
                    job.work = Work::Call(instance);
                    calls
                }
                None => return,
            },
            work => {
                job.work = work;
                Vec::new()
            }
        };
        let Work::Call(instance) = &mut job.work else { return };
        let mut calls = first_calls.len();
        let mut done = 0;
        let mut paused = false;
        let mut call = |runner: &mut Self, function: FunctionId, args: &[Value]| {
            if paused {
                return;
            }
            done += 1;
            ordinal += 1;
            let salt = salt(instance.script().salt(function), job.slot, ordinal);
            runner.context.begin(job.id, salt);
            let called = instance.call(function, args, &mut runner.context);
            runner.outcome.calls += 1;
            runner.note_log(index);
            if let Err(error) = called {
                job.faults = job.faults.saturating_add(1);
                paused = error.kind == ErrorKind::Host || runner.policy.pauses(job.faults);
                let what = What::Failed { error: Box::new(error), pauses: paused };
                runner.outcome.notes.push(Note { job: index, what });
            }
        };
        for (function, args) in &first_calls {
            call(self, *function, args);
        }
        match &job.calls {
            Calls::Update(function) => {
                calls += 1;
                call(self, *function, &[]);
            }
            Calls::Events(events) => {
                calls += events.len();
                for Call { function, args } in events {
                    call(self, *function, args);
                }
            }
        }
        if done < calls {
            self.outcome.notes.push(Note { job: index, what: What::LeftOut(calls - done) });
        }
    }

    /// Starts an instance; gives the calls that come with a start, too.
    fn start(
        &mut self,
        index: usize,
        job: &mut Job,
        start: Start,
    ) -> Option<(Box<ScriptInstance>, Vec<(FunctionId, Vec<Value>)>)> {
        self.context.begin(job.id, salt(START, job.slot, 0));
        let mut calls = Vec::new();
        let started = match start {
            Start::Fresh { new, config } => {
                let started = ScriptInstance::start(new.clone(), &mut self.context);
                let mut add = |callback, args: Vec<Value>| {
                    calls.extend(new.callback(callback).map(|function| (function, args)));
                };
                add(Callback::Init, Vec::new());
                if let Some(config) = config {
                    add(Callback::Configure, vec![config]);
                }
                add(Callback::OnSpawn, Vec::new());
                started.map(|instance| (Box::new(instance), None)).map_err(|error| (error, None))
            }
            Start::Reload { old, new } => match old.reloaded(new.clone(), &mut self.context) {
                Ok((instance, migration)) => {
                    if let Some(function) = new.callback(Callback::OnReload) {
                        let StateSnapshot(state) = old.snapshot();
                        calls.push((function, vec![Value::Map(state)]));
                    }
                    Ok((Box::new(instance), Some(migration)))
                }
                Err(error) => Err((error, Some(old))),
            },
        };
        self.note_log(index);
        match started {
            Ok((instance, migration)) => {
                self.outcome.notes.push(Note { job: index, what: What::Started(migration) });
                Some((instance, calls))
            }
            Err((error, old)) => {
                let what = What::StartFailed(Box::new(error));
                self.outcome.notes.push(Note { job: index, what });
                // The old version goes on, and hears the events that were meant for the new one next
                // time.
                if let Some(old) = old {
                    job.work = Work::Call(old);
                }
                None
            }
        }
    }

    fn note_log(&mut self, job: usize) {
        self.outcome.fuel += self.context.take_fuel();
        let (log, log_suppressed) = self.context.take_log();
        if !log.is_empty() || log_suppressed > 0 {
            let report = RunReport { log, log_suppressed, ..RunReport::default() };
            self.outcome.notes.push(Note { job, what: What::Wrote(report) });
        }
    }

    fn finish(mut self) -> BatchOutcome {
        self.outcome.commands = self.context.take_commands();
        self.outcome
    }
}

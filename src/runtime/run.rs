use std::sync::Arc;

use bevy::prelude::*;

use super::{
    batch::BatchRunner,
    collect::{Job, PassJobs},
    event_queue::EventQueue,
    load::ScriptHost,
    plugin::{ScriptClock, ScriptSettings},
    view::WorldWindow,
};
use crate::{
    api::CallScope,
    contract::{RunReport, ScriptCommand, ScriptError},
    script::{CompiledScript, Migration},
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
    StartFailed { error: Box<ScriptError>, version: Arc<CompiledScript> },
    /// A call failed, and because of that the script is paused.
    Failed {
        error: Box<ScriptError>,
        pauses: bool,
        /// Whether it was one of the calls that come with a start.
        starting: bool,
    },
    /// It wrote lines.
    Wrote { path: Arc<str>, report: RunReport },
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
            BatchRunner::new(scope, settings.error_policy).run(batch)
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

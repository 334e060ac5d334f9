mod done;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bevy::prelude::*;

use self::done::{AllHeld, Done, cut};
use super::{
    apply::Moves,
    authority::Owners,
    batch::BatchRunner,
    budget::{TickBudget, TickUse},
    collect::{Job, PassJobs},
    event_queue::EventQueue,
    hash_record::HashRecord,
    load::ScriptHost,
    pace::{Pace, Paces},
    plugin::{Pass, ScriptClock, ScriptSettings},
    quarantine::Discipline,
    roster::{DueTogether, Noticed, Roster, RosterEntry},
    shares,
    stretches::Stretch,
    updates::{Mark, Updates},
    view::WorldWindow,
};
use crate::{
    api::CallScope,
    contract::{RunReport, ScriptCommand, ScriptError},
    script::{CompiledScript, Migration, ScriptWorkers},
};

/// What the jobs of a pass did, in the order of (id, slot, call).
#[derive(Resource, Default)]
pub(super) struct PassOutcome {
    pub(super) batches: Vec<BatchOutcome>,
    /// The jobs, with their instances.
    pub(super) jobs: Vec<Job>,
    /// What was put off to the next tick.
    pub(super) put_off: u64,
}

/// What one batch of jobs did.
#[derive(Default)]
pub(super) struct BatchOutcome {
    pub(super) commands: Vec<ScriptCommand>,
    /// All commands, if they are moves: then there are no others.
    pub(super) moves: Option<Moves>,
    pub(super) notes: Vec<Note>,
    /// How many jobs it had.
    pub(super) jobs: usize,
    /// Jobs of updates where they are, of which there is something to be noted.
    pub(super) told: Vec<Job>,
    /// What updates where they are found out about the roster.
    pub(super) noticed: Noticed,
    /// After how many of the commands those of others belong who are held to a share, in order.
    pub(super) gaps: Vec<usize>,
    /// How many commands each of them has given.
    pub(super) ends: Vec<usize>,
    /// Hashes of what each script keeps now, if somebody wants them.
    pub(super) states: Vec<Option<u64>>,
    pub(super) calls: u64,
    pub(super) fuel: u64,
    /// How long they took. Only [`Pace`] may ask: it differs from machine to machine.
    pub(super) took: Duration,
}

impl BatchOutcome {
    /// Makes moves of the commands, if they are nothing else.
    pub(super) fn find_moves(&mut self, window: &WorldWindow<'_>) {
        match Moves::of(std::mem::take(&mut self.commands), window) {
            Ok(moves) => self.moves = Some(moves),
            Err(commands) => self.commands = commands,
        }
    }
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

/// Runs the jobs of this pass on the script threads.
pub(super) fn run(world: &mut World) {
    let mut pass_jobs = world.resource_mut::<PassJobs>();
    let mut jobs = std::mem::take(&mut pass_jobs.jobs);
    let in_place = pass_jobs.in_place;
    let noticed = std::mem::take(&mut pass_jobs.noticed);
    if jobs.is_empty() && !in_place {
        world.resource_mut::<Roster>().note(&noticed);
        return;
    }
    let host = world.resource::<ScriptHost>().clone();
    let clock = *world.resource::<ScriptClock>();
    let settings = *world.resource::<ScriptSettings>();
    let workers = host.workers();
    let budget = *world.resource::<TickBudget>();
    let mut used = std::mem::take(&mut *world.resource_mut::<TickUse>());
    let owners = std::mem::take(&mut *world.resource_mut::<Owners>());
    let pass = *world.resource::<Pass>();
    let hashing = world.resource::<HashRecord>().is_on;
    let mut paces = *world.resource::<Paces>();
    let pace = paces.of(pass);
    let lane = used.lane(pass, &budget);
    let mut roster = std::mem::take(&mut *world.resource_mut::<Roster>());
    let done = WorldWindow::open(world, |view| {
        let scope = CallScope {
            world: view,
            world_seed: settings.world_seed,
            tick: clock.tick,
            delta_time: clock.delta_time,
        };
        let discipline = settings.discipline;
        let manner = (discipline, hashing);
        if in_place {
            let updates = Updates { window: view, scope, discipline, hashing };
            let DueTogether { stretches, paced, held } = roster.due_together(clock.tick);
            if held.is_empty() {
                let mut batches = run_together((stretches, paced), &[], pace, workers, updates);
                let told = batches.iter_mut().flat_map(|batch| std::mem::take(&mut batch.told));
                return Done { jobs: told.collect(), batches, ..Done::default() };
            }
            let purses = (&budget, &mut used, &owners);
            let (held, of_held) = shares::update(held, updates, lane, purses, workers);
            let mut held = AllHeld::of(held);
            let free = (stretches, paced);
            let batches = run_together(free, &held.marks, pace, workers, updates);
            held.sums.noticed.add(of_held);
            return Done::among(held, batches, view);
        }
        let is_held = |job: &Job| shares::is_held(job.is_trusted, owners.of(job.entity).is_some());
        if !jobs.iter().any(is_held) {
            let batches = run_free(&mut jobs, pace, workers, scope, manner);
            return Done { batches, jobs, ..Done::default() };
        }
        let (held, free): (Vec<_>, Vec<_>) =
            jobs.into_iter().enumerate().partition(|(_, job)| is_held(job));
        let mut pieces =
            shares::run(held, lane, (&budget, &mut used, &owners), workers, (scope, discipline));
        let (places, mut free): (Vec<_>, Vec<_>) = free.into_iter().unzip();
        let batches = run_free(&mut free, pace, workers, scope, manner);
        pieces.extend(cut(batches, places, free));
        pieces.sort_unstable_by_key(|piece| piece.place);
        Done::put_together(pieces)
    });
    roster.note(&noticed);
    done.batches.iter().for_each(|batch| roster.note(&batch.noticed));
    *world.resource_mut::<Roster>() = roster;
    *world.resource_mut::<Paces>() = paces;
    *world.resource_mut::<TickUse>() = used;
    *world.resource_mut::<Owners>() = owners;
    let left_out: usize = done
        .batches
        .iter()
        .flat_map(|batch| &batch.notes)
        .map(|note| if let What::LeftOut(calls) = note.what { calls } else { 0 })
        .sum();
    world.resource_mut::<EventQueue>().unheard += left_out as u64;
    world.resource_mut::<PassJobs>().put_off(done.put_off, done.not_started);
    let mut outcome = world.resource_mut::<PassOutcome>();
    outcome.batches = done.batches;
    outcome.jobs = done.jobs;
    outcome.put_off = done.count;
}

/// Runs jobs that are held to nothing but their own limits.
fn run_free(
    jobs: &mut [Job],
    pace: &mut Pace,
    workers: &ScriptWorkers,
    scope: CallScope<'_>,
    (discipline, hashing): (Discipline, bool),
) -> Vec<BatchOutcome> {
    let batch_size = pace.batch_size(jobs.len(), workers);
    let outcomes = workers.run_batches(jobs, batch_size, |batch| {
        let began = Instant::now();
        let mut outcome = BatchRunner::new(scope, discipline).hashing(hashing).run(batch);
        outcome.took = began.elapsed();
        outcome
    });
    pace.note(jobs.len(), outcomes.iter().map(|outcome| outcome.took).sum());
    outcomes
}

/// Updates scripts where they are, those that run the same one together; others have left their marks.
fn run_together(
    (stretches, paced): (&mut [Stretch], &[RosterEntry]),
    marks: &[Mark],
    pace: &mut Pace,
    workers: &ScriptWorkers,
    updates: Updates<'_>,
) -> Vec<BatchOutcome> {
    let due = stretches.iter().map(|stretch| stretch.count).sum::<usize>() + paced.len();
    let batch_size = pace.pieces(due, stretches.len(), workers);
    let (mut paced, mut marks) = (paced, marks);
    let batches = stretches.chunks_mut(batch_size).map(|stretches| {
        let last = stretches.last().map_or(0, |stretch| stretch.number);
        let paced = split_off(&mut paced, |entry| entry.stretch <= last);
        (stretches, paced, split_off(&mut marks, |mark| mark.stretch <= last))
    });
    let outcomes = workers.run_each(batches, |(stretches, paced, marks)| {
        let began = Instant::now();
        let mut outcome = updates.run_together(stretches, paced, marks);
        outcome.took = began.elapsed();
        outcome
    });
    pace.note(due, outcomes.iter().map(|outcome| outcome.took).sum());
    outcomes
}

/// Takes the first of a list off it for which something holds.
fn split_off<'a, T>(list: &mut &'a [T], holds: impl Fn(&T) -> bool) -> &'a [T] {
    let (first, rest) = list.split_at(list.partition_point(holds));
    *list = rest;
    first
}

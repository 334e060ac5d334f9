//! Updates of scripts where they live. Most of what a tick does is this, so no job is made of it and nothing is
//! moved: each thread goes through its part of the roster.

mod held;
mod together;
mod walk;

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

use atomic_refcell::AtomicRefMut;
use bevy::math::Vec3;

pub(super) use self::held::{HeldDone, HeldUpdates, Mark};
use super::{
    batch::{counted, salt, told},
    collect::Job,
    cscript::CScript,
    quarantine::Discipline,
    roster::RosterEntry,
    run::BatchOutcome,
    view::WorldWindow,
};
use crate::{
    api::{CallScope, CallsAhead, ScriptContext},
    contract::ScriptError,
    script::{CompiledScript, Round, ScriptInstance, UsedAbreast},
};

/// How the scripts of one batch are updated, one after the other.
#[derive(Clone, Copy)]
pub(super) struct Updates<'w> {
    pub(super) window: &'w WorldWindow<'w>,
    pub(super) scope: CallScope<'w>,
    pub(super) discipline: Discipline,
    /// Whether to hash what scripts keep, while it is at hand.
    pub(super) hashing: bool,
}

/// A script that is to be updated.
struct Due<'w> {
    whose: Whose<'w>,
    instance: AtomicRefMut<'w, ScriptInstance>,
}

impl Deref for Due<'_> {
    type Target = ScriptInstance;

    #[inline(always)]
    fn deref(&self) -> &ScriptInstance {
        &self.instance
    }
}

impl DerefMut for Due<'_> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut ScriptInstance {
        &mut self.instance
    }
}

/// Whose script it is.
#[derive(Clone, Copy)]
struct Whose<'w> {
    entry: &'w RosterEntry,
    scripts: &'w CScript,
    /// Where its commands belong.
    rank: u32,
}

/// In which order scripts come, and whether they may be called.
trait Way<'w> {
    /// The next one that is to be updated now.
    fn next(
        &mut self,
        context: &mut ScriptContext<'_>,
        outcome: &mut BatchOutcome,
    ) -> Option<Due<'w>>;

    /// Whether it may be asked for several before it hears how the first of them ended.
    fn runs_ahead(&self) -> bool;

    /// Finds so many at the most who run the same script, and where they stand if that is at hand; gives somebody who
    /// does not, if that is who comes next.
    fn next_many(
        &mut self,
        context: &mut ScriptContext<'_>,
        outcome: &mut BatchOutcome,
        searched: (&CompiledScript, usize),
        found: impl FnMut(Due<'w>, Option<Vec3>),
    ) -> Option<Due<'w>>;

    /// Whether whoever it has found is still to be called.
    fn goes_on(&self) -> bool {
        true
    }

    /// Hears of a call that has come to its end side by side with others.
    fn counts_abreast(&mut self, _: &Whose<'w>, _: &UsedAbreast, _: &mut ScriptContext<'_>) {}

    /// Hears before anybody else how a call of a script ended that may use so much fuel. `false` if it is to be as
    /// if it had not begun.
    fn counts(
        &mut self,
        whose: &Whose<'w>,
        limit: u64,
        context: &mut ScriptContext<'_>,
        outcome: &mut BatchOutcome,
        error: Option<&ScriptError>,
    ) -> bool;
}

impl<'w> Updates<'w> {
    /// Takes what all of them have asked for.
    fn finish(&self, context: &mut ScriptContext<'_>, outcome: &mut BatchOutcome) {
        outcome.commands = context.take_commands();
        // Else it is put together with what others have asked for.
        if outcome.gaps.is_empty() {
            outcome.find_moves(self.window);
        }
        outcome.jobs = outcome.told.len();
    }

    /// Updates whoever comes.
    #[inline(always)]
    fn follow<W: Way<'w>>(
        &self,
        way: &mut W,
        context: &mut ScriptContext<'w>,
        outcome: &mut BatchOutcome,
    ) {
        let mut next = way.next(context, outcome);
        while way.goes_on()
            && let Some(first) = next
        {
            let Some(function) = first.whose.entry.on_update else { break };
            // Neighbours mostly run the same script.
            let script = first.instance.script().clone();
            let mut neighbours = Neighbours {
                updates: *self,
                way,
                outcome,
                script: &script,
                salt: script.salt(function),
                next: Some(first),
            };
            script.calls(context, |calls| calls.each(function, &mut neighbours));
            next = neighbours.next;
        }
    }
}

/// Puts what is to be told in the order of (id, slot).
fn in_order(BatchOutcome { told, notes, .. }: &mut BatchOutcome) {
    let mut places: Vec<usize> = (0..told.len()).collect();
    places.sort_by_key(|place| told.get(*place).map(|job| (job.id, job.slot)));
    let mut ranks = vec![0; told.len()];
    for (rank, place) in places.into_iter().enumerate() {
        if let Some(of) = ranks.get_mut(place) {
            *of = rank;
        }
    }
    for note in notes.iter_mut() {
        note.job = ranks.get(note.job).copied().unwrap_or_default();
    }
    // Stable: those of one job stay in order.
    notes.sort_by_key(|note| note.job);
    told.sort_by_key(|job| (job.id, job.slot));
}

/// Updates of neighbours for as long as they run the same script.
struct Neighbours<'u, 'w, W> {
    updates: Updates<'w>,
    way: &'u mut W,
    outcome: &'u mut BatchOutcome,
    script: &'u Arc<CompiledScript>,
    /// Of the function that is called.
    salt: u64,
    /// Who comes next, if it is known.
    next: Option<Due<'w>>,
}

impl<'w, W: Way<'w>> Round for Neighbours<'_, 'w, W> {
    type Turn = Due<'w>;

    #[inline(always)]
    fn next(&mut self, context: &mut ScriptContext<'_>) -> Option<Self::Turn> {
        let due = self.due(context)?;
        let Whose { entry, rank, .. } = due.whose;
        context.begin(entry.id, salt(self.salt, entry.slot, 0));
        context.span(entry.every);
        context.set_rank(rank);
        Some(due)
    }

    #[inline(always)]
    fn next_many(
        &mut self,
        context: &mut ScriptContext<'_>,
        script: &CompiledScript,
        calls: &mut CallsAhead<'_, Due<'w>>,
    ) {
        let Self { way, outcome, salt: function, next, .. } = self;
        let first = calls.count();
        if let Some(due) = next.take() {
            if !due.instance.runs(script) {
                *next = Some(due);
                return;
            }
            calls.add_unbegun(due, None);
        }
        let room = calls.room();
        let found = |due, stood| drop(calls.add_unbegun(due, stood));
        *next = way.next_many(context, outcome, (script, room), found);
        // By themselves: finding them keeps enough in mind.
        let to_come = context.calls_to_come();
        calls.begin(first, |Due { whose: Whose { entry, rank, .. }, .. }| {
            let salt = salt(*function, entry.slot, 0);
            to_come.call(entry.id, salt, (entry.every, *rank))
        });
    }

    fn runs_ahead(&self) -> bool {
        self.way.runs_ahead()
    }

    #[inline(always)]
    fn done(
        &mut self,
        context: &mut ScriptContext<'_>,
        Due { whose, mut instance }: Due<'w>,
        called: Result<(), Box<ScriptError>>,
    ) {
        let limit = self.script.limits().fuel;
        let error = called.as_ref().err().map(|error| &**error);
        if !self.way.counts(&whose, limit, context, self.outcome, error) {
            return;
        }
        self.note_state(&whose, &mut instance);
        drop(instance);
        counted(self.outcome, context);
        if called.is_err() || context.has_log() {
            self.tell(&whose, context, called);
        }
    }

    fn goes_on(&self) -> bool {
        self.way.goes_on()
    }

    #[inline(always)]
    fn done_abreast(
        &mut self,
        context: &mut ScriptContext<'_>,
        Due { whose, mut instance }: Due<'w>,
        used: &UsedAbreast,
    ) {
        self.way.counts_abreast(&whose, used, context);
        self.note_state(&whose, &mut instance);
        self.outcome.calls += 1;
        self.outcome.fuel += used.fuel;
    }

    #[inline(always)]
    fn done_many(
        &mut self,
        context: &mut ScriptContext<'_>,
        turns: &mut Vec<Due<'w>>,
        used: &[UsedAbreast],
    ) {
        for (Due { whose, instance }, used) in turns.iter_mut().zip(used) {
            self.way.counts_abreast(whose, used, context);
            self.note_state(whose, instance);
        }
        self.outcome.calls += turns.len() as u64;
        self.outcome.fuel += used.iter().map(|used| used.fuel).sum::<u64>();
        turns.clear();
    }
}

impl<'w, W: Way<'w>> Neighbours<'_, 'w, W> {
    /// Takes note of the hash of what a script keeps after its call, if somebody wants it.
    #[inline(always)]
    fn note_state(&self, whose: &Whose<'_>, instance: &mut ScriptInstance) {
        whose.scripts.note_state(self.updates.hashing.then(|| instance.refreshed_hash()));
    }

    /// The next one, if it runs the same script.
    #[inline(always)]
    fn due(&mut self, context: &mut ScriptContext<'_>) -> Option<Due<'w>> {
        if !self.way.goes_on() {
            return None;
        }
        let due = match self.next.take() {
            Some(due) => due,
            None => self.way.next(context, self.outcome)?,
        };
        if !due.instance.runs(self.script) {
            self.next = Some(due);
            return None;
        }
        Some(due)
    }

    /// Takes note of a call of which there is something to be told.
    #[cold]
    #[inline(never)]
    fn tell(
        &mut self,
        Whose { entry, scripts, .. }: &Whose<'_>,
        context: &mut ScriptContext<'_>,
        called: Result<(), Box<ScriptError>>,
    ) {
        let Self { updates, outcome, script, .. } = self;
        let slot = scripts.slots().get(usize::from(entry.slot));
        let (Some(slot), Some(function)) = (slot, entry.on_update) else { return };
        slot.resident.judge(|faults| {
            let job = outcome.told.len();
            told(outcome, (job, context), script, (updates.discipline, faults), called, false);
        });
        outcome.told.push(Job::done(entry, function));
    }
}

//! Updates of scripts where they live. Most of what a tick does is this, so no job is made of it and nothing is
//! moved: each thread goes through its part of the roster.

use std::{slice::Iter, sync::Arc};

use atomic_refcell::AtomicRefMut;

use super::{
    apply::Moves,
    batch::{counted, salt, told},
    collect::Job,
    cscript::CScript,
    quarantine::Discipline,
    roster::RosterEntry,
    run::BatchOutcome,
    view::WorldWindow,
};
use crate::{
    api::{CallScope, ScriptContext},
    contract::ScriptError,
    script::{CompiledScript, Round, ScriptInstance},
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

/// Whose script it is.
struct Whose<'w> {
    entry: &'w RosterEntry,
    scripts: &'w CScript,
}

impl<'w> Updates<'w> {
    pub(super) fn run(&self, entries: &'w [RosterEntry]) -> BatchOutcome {
        let mut context = ScriptContext::new(self.scope);
        let mut outcome = BatchOutcome::default();
        let mut entries = entries.iter();
        let mut next = self.next(&mut entries, &mut outcome);
        while let Some(first) = next {
            let Some(function) = first.whose.entry.on_update else { break };
            // Neighbours mostly run the same script.
            let script = first.instance.script().clone();
            let mut neighbours = Neighbours {
                updates: self,
                entries: &mut entries,
                outcome: &mut outcome,
                script: &script,
                salt: script.salt(function),
                next: Some(first),
                at_hand: None,
            };
            script.calls(&mut context, |calls| calls.each(function, &mut neighbours));
            next = neighbours.next;
        }
        match Moves::of(context.take_commands(), self.window) {
            Ok(moves) => outcome.moves = Some(moves),
            Err(commands) => outcome.commands = commands,
        }
        outcome.jobs = outcome.told.len();
        outcome
    }

    /// The next one that is to be updated now.
    #[inline(always)]
    fn next(
        &self,
        entries: &mut Iter<'w, RosterEntry>,
        outcome: &mut BatchOutcome,
    ) -> Option<Due<'w>> {
        for entry in entries {
            let Some((scripts, disabled)) = self.window.scripts(entry.entity) else {
                outcome.noticed.stale = true;
                continue;
            };
            let Some(slot) = outcome.noticed.of(entry, scripts, disabled) else { continue };
            if let Some(instance) = slot.called() {
                return Some(Due { whose: Whose { entry, scripts }, instance });
            }
            outcome.noticed.stale = true;
        }
        None
    }
}

/// Updates of neighbours for as long as they run the same script.
struct Neighbours<'u, 'w> {
    updates: &'u Updates<'w>,
    entries: &'u mut Iter<'w, RosterEntry>,
    outcome: &'u mut BatchOutcome,
    script: &'u Arc<CompiledScript>,
    /// Of the function that is called.
    salt: u64,
    /// Who comes next, if it is known.
    next: Option<Due<'w>>,
    /// Whose call runs.
    at_hand: Option<Whose<'w>>,
}

impl<'w> Round for Neighbours<'_, 'w> {
    type Turn = AtomicRefMut<'w, ScriptInstance>;

    #[inline(always)]
    fn next(&mut self, context: &mut ScriptContext<'_>) -> Option<Self::Turn> {
        let due = match self.next.take() {
            Some(due) => due,
            None => self.updates.next(self.entries, self.outcome)?,
        };
        if !due.instance.runs(self.script) {
            self.next = Some(due);
            return None;
        }
        let Due { whose, instance } = due;
        context.begin(whose.entry.id, salt(self.salt, whose.entry.slot, 0));
        context.span(whose.entry.every);
        self.at_hand = Some(whose);
        Some(instance)
    }

    #[inline(always)]
    fn done(
        &mut self,
        context: &mut ScriptContext<'_>,
        mut instance: Self::Turn,
        called: Result<(), Box<ScriptError>>,
    ) {
        let Some(whose) = self.at_hand.take() else { return };
        let state = self.updates.hashing.then(|| instance.refreshed_hash());
        whose.scripts.note_state(state);
        drop(instance);
        counted(self.outcome, context);
        if called.is_err() || context.has_log() {
            self.tell(&whose, context, called);
        }
    }
}

impl Neighbours<'_, '_> {
    /// Takes note of a call of which there is something to be told.
    #[cold]
    #[inline(never)]
    fn tell(
        &mut self,
        Whose { entry, scripts }: &Whose<'_>,
        context: &mut ScriptContext<'_>,
        called: Result<(), Box<ScriptError>>,
    ) {
        let Self { updates, outcome, script, .. } = self;
        let slot = scripts.slots().get(usize::from(entry.slot));
        let (Some(slot), Some(function)) = (slot, entry.on_update) else { return };
        slot.judge(|faults| {
            let job = outcome.told.len();
            told(outcome, (job, context), script, (updates.discipline, faults), called, false);
        });
        outcome.told.push(Job::done(entry, function));
    }
}

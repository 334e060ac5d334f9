//! Updates of scripts where they live. Most of what a tick does is this, so no job is made of it and nothing is
//! moved: each thread goes through its part of the roster.

use std::{
    slice::Iter,
    sync::{Arc, MutexGuard},
};

use super::{
    apply::Moves,
    batch::{ended, salt},
    collect::Job,
    cscript::{CScript, Resident},
    quarantine::Discipline,
    roster::RosterEntry,
    run::BatchOutcome,
    view::WorldWindow,
};
use crate::{
    api::{CallScope, ScriptContext},
    contract::ScriptError,
    script::{CompiledScript, FunctionId, Round, ScriptInstance},
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
    entry: &'w RosterEntry,
    function: FunctionId,
    scripts: &'w CScript,
    resident: MutexGuard<'w, Resident>,
}

impl<'w> Updates<'w> {
    pub(super) fn run(&self, entries: &'w [RosterEntry]) -> BatchOutcome {
        let mut context = ScriptContext::new(self.scope);
        let mut outcome = BatchOutcome::default();
        let mut entries = entries.iter();
        let mut next = self.next(&mut entries, &mut outcome);
        while let Some(first) = next {
            let Some(instance) = &first.resident.instance else { break };
            // Neighbours mostly run the same script.
            let (script, function) = (instance.script().clone(), first.function);
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
        let commands = context.take_commands();
        outcome.moves = Moves::of(&commands, self.window);
        if outcome.moves.is_none() {
            outcome.commands = commands;
        }
        outcome.jobs = outcome.told.len();
        outcome
    }

    /// The next one that is to be updated now.
    #[inline]
    fn next(
        &self,
        entries: &mut Iter<'w, RosterEntry>,
        outcome: &mut BatchOutcome,
    ) -> Option<Due<'w>> {
        for entry in entries {
            let Some(function) = entry.on_update else { continue };
            let Some((scripts, disabled)) = self.window.scripts(entry.entity) else {
                outcome.noticed.stale = true;
                continue;
            };
            let Some(slot) = outcome.noticed.of(entry, scripts, disabled) else { continue };
            let resident = slot.resident();
            if resident.instance.is_some() {
                return Some(Due { entry, function, scripts, resident });
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
    at_hand: Option<Due<'w>>,
}

impl Round for Neighbours<'_, '_> {
    type Turn = Box<ScriptInstance>;

    #[inline]
    fn next(&mut self, context: &mut ScriptContext<'_>) -> Option<Self::Turn> {
        let due = self.next.take();
        let mut due = due.or_else(|| self.updates.next(self.entries, self.outcome))?;
        let Some(instance) = due.resident.instance.take_if(|own| own.runs(self.script)) else {
            self.next = Some(due);
            return None;
        };
        context.begin(due.entry.id, salt(self.salt, due.entry.slot, 0));
        context.span(due.entry.every);
        self.at_hand = Some(due);
        Some(instance)
    }

    #[inline]
    fn done(
        &mut self,
        context: &mut ScriptContext<'_>,
        mut instance: Self::Turn,
        called: Result<(), Box<ScriptError>>,
    ) {
        let Some(mut due) = self.at_hand.take() else { return };
        let Self { updates: Updates { discipline, hashing, .. }, outcome, script, .. } = self;
        let told = (outcome.notes.len(), outcome.told.len());
        let judge = (*discipline, &mut due.resident.faults);
        ended(outcome, (told.1, context), script, judge, called, false);
        if outcome.notes.len() > told.0 {
            outcome.told.push(Job::done(due.entry, due.function));
        }
        due.scripts.note_state(hashing.then(|| instance.refreshed_hash()));
        due.resident.instance = Some(instance);
    }
}

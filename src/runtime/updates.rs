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
    script::{Calls, CompiledScript, FunctionId},
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
            let script = instance.script().clone();
            // Neighbours mostly run the same script.
            next = script.calls(&mut context, |calls| {
                let mut due = first;
                loop {
                    self.update(&mut due, &script, calls, &mut outcome);
                    drop(due);
                    due = self.next(&mut entries, &mut outcome)?;
                    if !due.runs(&script) {
                        return Some(due);
                    }
                }
            });
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
                outcome.turns.stale = true;
                continue;
            };
            let Some(slot) = outcome.turns.of(entry, scripts, disabled) else { continue };
            let resident = slot.resident();
            if resident.instance.is_some() {
                return Some(Due { entry, function, scripts, resident });
            }
            outcome.turns.stale = true;
        }
        None
    }

    #[inline]
    fn update(
        &self,
        due: &mut Due<'w>,
        script: &CompiledScript,
        calls: &mut Calls<'_, '_>,
        outcome: &mut BatchOutcome,
    ) {
        let Due { entry, function, scripts, resident } = due;
        let Resident { instance: Some(instance), faults } = &mut **resident else { return };
        let context = calls.context();
        context.begin(entry.id, salt(script.salt(*function), entry.slot, 0));
        context.span(entry.every);
        let called = calls.call(instance, *function, &[]);
        let told = (outcome.notes.len(), outcome.told.len());
        let judge = (self.discipline, faults);
        ended(outcome, (told.1, calls.context()), script, judge, called, false);
        if outcome.notes.len() > told.0 {
            outcome.told.push(Job::done(entry, *function));
        }
        scripts.note_state(self.hashing.then(|| instance.refreshed_hash()));
    }
}

impl Due<'_> {
    fn runs(&self, script: &Arc<CompiledScript>) -> bool {
        self.resident.instance.as_ref().is_some_and(|own| Arc::ptr_eq(own.script(), script))
    }
}

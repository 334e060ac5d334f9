use bevy::{ecs::entity_disabling::Disabled, prelude::*};

use super::{
    apply::Asked,
    authority::{Ledger, Owners},
    collect::{Job, Start, Work},
    cscript::{CScript, ScriptStatus},
    quarantine::Wardens,
    report::Reports,
    roster::{Roster, RosterEntry},
    run::{PassOutcome, What},
};
use crate::{contract::ScriptCommand, script::Migration};

/// What the calls of the pass asked for, batch by batch, in order.
#[derive(Resource, Default)]
pub(super) struct PassCommands(pub(super) Vec<Asked>);

/// Gives the instances back to their entities and takes note of how their calls ended.
pub(super) fn settle(
    mut outcome: ResMut<PassOutcome>,
    mut commands: ResMut<PassCommands>,
    mut reports: ResMut<Reports>,
    mut roster: ResMut<Roster>,
    mut wardens: Wardens<'_>,
    (mut ledger, owners): (ResMut<Ledger>, Res<Owners>),
    #[cfg(feature = "avian3d")] mut fresh: ResMut<super::physics::Fresh>,
    mut scripts: Query<&mut CScript, Allow<Disabled>>,
) {
    let PassOutcome { batches, jobs, put_off } = &mut *outcome;
    reports.metrics.put_off += std::mem::take(put_off);
    let mut jobs = jobs.drain(..);
    for batch in batches.drain(..) {
        reports.metrics.callbacks += batch.calls;
        reports.metrics.fuel += batch.fuel;
        let mut notes = batch.notes.into_iter().peekable();
        let mut first = 0;
        for (i, job) in jobs.by_ref().take(batch.jobs).enumerate() {
            if ledger.is_kept() {
                let end = first + batch.ends.get(i).copied().unwrap_or_default();
                let given = batch.commands.get(first..end).unwrap_or_default();
                enter(&mut ledger, &owners, wardens.clock.tick, &job, given);
                first = end;
            }
            let mut own = Vec::new();
            while let Some(note) = notes.next_if(|note| note.job == i) {
                own.push(note.what);
            }
            // Gone if the host despawned it in between.
            let Ok(mut script) = scripts.get_mut(job.entity) else { continue };
            let state = batch.states.get(i).copied().flatten();
            if own.is_empty() {
                put_back(script.bypass_change_detection(), job, state);
                continue;
            }
            let started = take_note(&mut script, (&mut reports, &mut wardens), job, own);
            if let Some(entry) = started {
                #[cfg(feature = "avian3d")]
                fresh.note(entry.entity);
                roster.add(entry);
            }
        }
        commands.0.push(match batch.moves {
            Some(moves) => Asked::Moves(moves),
            None => Asked::Commands(batch.commands),
        });
    }
}

/// Takes notes of what a job did, if anybody wants some.
fn enter(ledger: &mut Ledger, owners: &Owners, tick: u64, job: &Job, given: &[ScriptCommand]) {
    let owner = owners.of(job.entity);
    if ledger.wants(owner, tick, job.id, job.slot)
        && let Work::Call(instance) = &job.work
    {
        ledger.note((tick, job.id, job.slot), owner, instance, given);
    }
}

/// Puts an instance back into its slot, with the hash of what it keeps if that is known.
#[inline]
fn put_back(script: &mut CScript, job: Job, state: Option<u64>) {
    if let Some(slot) = script.slots_mut().get_mut(usize::from(job.slot)) {
        let instance = match job.work {
            Work::Stayed => return,
            Work::Call(instance) => Some(instance),
            Work::Start(start) => match *start {
                Start::Reload { old, .. } => Some(old),
                Start::Fresh { .. } => None,
            },
            Work::Nothing => None,
        };
        *slot.instance_mut() = instance;
        *slot.resident.faults_mut() = job.faults;
    }
    script.note_state(state);
}

/// Puts an instance back and brings its slot into the state that the job ended in; gives its entry
/// for the roster if it has just started.
fn take_note(
    script: &mut Mut<'_, CScript>,
    (reports, wardens): (&mut Reports, &mut Wardens<'_>),
    job: Job,
    notes: Vec<What>,
) -> Option<RosterEntry> {
    let Job { id, entity, slot, .. } = job;
    put_back(script.bypass_change_detection(), job, None);
    let resident = &script.slots().get(usize::from(slot))?.resident;
    let compiled = resident.script().map(|script| script.clone());
    let mut status = None;
    let mut entry = None;
    let mut declined = None;
    let every = script.slots().get(usize::from(slot))?.every();
    let mut uninitialised = script.slots().get(usize::from(slot))?.uninitialised;
    let failed_before =
        matches!(script.slots().get(usize::from(slot))?.status(), ScriptStatus::Failed { .. });
    let mended = || failed_before.then(Migration::default);
    for what in notes {
        match what {
            What::Started(migration) => {
                uninitialised = false;
                status = Some(ScriptStatus::Ready);
                if let Some(script) = &compiled {
                    entry = Some(RosterEntry::new(id, slot, entity, every, script));
                    let changed = migration.is_some();
                    if changed && wardens.paused.contains(script.mod_name()) {
                        wardens.paused.resume(script.mod_name());
                    } else if let Some(reason) = wardens.stands_still(script) {
                        status = Some(ScriptStatus::Paused { reason });
                    }
                    // A script that could not start before and can now was reloaded, too.
                    if let Some(migration) = migration.or_else(mended) {
                        reports.reloaded(script.path(), migration);
                    }
                }
            }
            What::StartFailed { error, version } => {
                match &compiled {
                    Some(_) => reports.declined(version.path(), &error),
                    None => status = Some(ScriptStatus::Failed { reason: error.to_string() }),
                }
                reports.fault(entity, *error, compiled.is_none());
                declined = Some(version);
            }
            What::Failed { error, pauses, starting } => {
                uninitialised |= starting;
                if pauses {
                    let reason = error.to_string();
                    if let Some(script) = &compiled {
                        wardens.note(script, &reason);
                    }
                    status = Some(ScriptStatus::Paused { reason });
                }
                reports.fault(entity, *error, pauses);
            }
            What::Wrote { path, report } => reports.wrote(entity, &path, report),
            What::LeftOut(_) => {}
        }
    }
    let state = script.bypass_change_detection().slots_mut().get_mut(usize::from(slot))?;
    state.uninitialised = uninitialised;
    if declined.is_some() {
        state.declined = declined;
    }
    if let Some(status) = status {
        // Here a change is a change.
        script.slots_mut().get_mut(usize::from(slot))?.set_status(status);
    }
    entry
}

/// Takes note that scripts may have been removed between ticks.
pub(super) fn forget_removed(mut removed: RemovedComponents<CScript>, mut roster: ResMut<Roster>) {
    if removed.read().count() > 0 {
        roster.mark_stale();
    }
}

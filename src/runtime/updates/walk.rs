use bevy::math::Vec3;

use super::{Due, Updates, Way, Whose};
use crate::{
    api::ScriptContext,
    contract::ScriptError,
    runtime::{
        cscript::{CScript, ScriptSlot},
        roster::{Noticed, RosterEntry},
        run::BatchOutcome,
        view::{Finger, WorldWindow},
    },
    script::CompiledScript,
};

/// A way through the roster. Who comes next is looked up one turn ahead, so that the memory that it takes is
/// fetched while the call at hand runs.
pub(super) struct Walk<'w, I> {
    updates: Updates<'w>,
    entries: I,
    finger: Finger<'w>,
    ahead: Option<(Whose<'w>, &'w ScriptSlot)>,
    /// Where the walk was before it looked ahead.
    before: (I, Finger<'w>),
    /// Whether those who run the same script are called side by side.
    side_by_side: bool,
}

impl<'w, I: Iterator<Item = (u32, &'w RosterEntry)> + Clone> Walk<'w, I> {
    /// On its first step.
    pub(super) fn new(
        updates: Updates<'w>,
        entries: I,
        side_by_side: bool,
        outcome: &mut BatchOutcome,
    ) -> Self {
        let finger = Finger::new();
        let before = (entries.clone(), finger);
        let mut walk = Self { updates, entries, finger, ahead: None, before, side_by_side };
        walk.look_ahead(outcome);
        walk
    }

    /// Looks up who comes after the one at hand.
    #[inline(always)]
    fn look_ahead(&mut self, outcome: &mut BatchOutcome) {
        self.before = (self.entries.clone(), self.finger);
        self.ahead = self.find(outcome);
    }

    /// Looks up who comes next.
    #[inline(always)]
    fn find(&mut self, outcome: &mut BatchOutcome) -> Option<(Whose<'w>, &'w ScriptSlot)> {
        let Self { updates, entries, finger, .. } = self;
        entries.find_map(|(rank, entry)| {
            let (scripts, slot) = look(updates.window, entry, finger, &mut outcome.noticed)?;
            Some((Whose { entry, scripts, rank }, slot))
        })
    }
}

impl<'w, I: Iterator<Item = (u32, &'w RosterEntry)> + Clone> Way<'w> for Walk<'w, I> {
    #[inline(always)]
    fn next(&mut self, _: &mut ScriptContext<'_>, outcome: &mut BatchOutcome) -> Option<Due<'w>> {
        loop {
            let (whose, slot) = self.ahead.take().or_else(|| self.find(outcome))?;
            self.look_ahead(outcome);
            if let Some(instance) = slot.resident.called() {
                return Some(Due { whose, instance });
            }
            outcome.noticed.stale = true;
        }
    }

    #[inline(never)]
    fn next_many(
        &mut self,
        _: &mut ScriptContext<'_>,
        outcome: &mut BatchOutcome,
        (script, most): (&CompiledScript, usize),
        mut found: impl FnMut(Due<'w>, Option<Vec3>),
    ) -> Option<Due<'w>> {
        let asks_place = script.calls_any_api();
        // Nobody needs to be looked up ahead: many are, before the first of them is called. What is asked for again and
        // again is at hand here rather than in `self`.
        let Self { updates, entries, finger, ahead, before, .. } = self;
        let (mut all, mut at) = if ahead.take().is_some() {
            (before.0.clone(), before.1)
        } else {
            (entries.clone(), *finger)
        };
        let noticed = &mut outcome.noticed;
        let (mut left, mut stranger) = (most, None);
        while left > 0
            && let Some((rank, entry)) = all.next()
        {
            let Some((scripts, slot)) = look(updates.window, entry, &mut at, noticed) else {
                continue;
            };
            let Some(instance) = slot.resident.called() else {
                noticed.stale = true;
                continue;
            };
            let due = Due { whose: Whose { entry, scripts, rank }, instance };
            if !due.instance.runs(script) {
                stranger = Some(due);
                break;
            }
            let place = if asks_place { at.place(entry.entity) } else { None };
            found(due, place);
            left -= 1;
        }
        (*finger, *entries) = (at, all);
        stranger
    }

    fn runs_ahead(&self) -> bool {
        self.side_by_side
    }

    #[inline(always)]
    fn counts(
        &mut self,
        _: &Whose<'w>,
        _: u64,
        _: &mut ScriptContext<'_>,
        _: &mut BatchOutcome,
        _: Option<&ScriptError>,
    ) -> bool {
        true
    }
}

/// Looks up the script of an entry, if it is to be updated now.
#[inline(always)]
pub(super) fn look<'w>(
    window: &'w WorldWindow<'w>,
    entry: &RosterEntry,
    finger: &mut Finger<'w>,
    noticed: &mut Noticed,
) -> Option<(&'w CScript, &'w ScriptSlot)> {
    let Some((scripts, disabled)) = window.scripts(entry.entity, finger) else {
        noticed.stale = true;
        return None;
    };
    Some((scripts, noticed.of(entry, scripts, disabled)?))
}

//! Updates of scripts that are held to a share of the tick: those of mods, and of clients' entities. Each mod's
//! and each client's come one after the other for as long as its share pays for them.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use super::{Due, Updates, Way, Whose};
use crate::{
    api::ScriptContext,
    contract::{ScriptError, ScriptId},
    runtime::{
        authority::Owners,
        budget::TickUse,
        cscript::ScriptSlot,
        roster::{Noticed, RosterEntry},
        run::BatchOutcome,
        shares::{Account, Sharing, fell_short},
        view::{Finger, WorldWindow},
    },
};

/// The updates of one mod or client.
pub(in crate::runtime) struct HeldUpdates<'w> {
    account: Account,
    queue: Vec<(Whose<'w>, &'w ScriptSlot)>,
    /// How many of them are done.
    done: usize,
    outcome: BatchOutcome,
    /// Whose the commands are.
    marks: Vec<Mark>,
}

/// Somebody who has given commands, how many, and where they belong among those of others who are not held.
#[derive(Clone, Copy)]
pub(in crate::runtime) struct Mark {
    id: ScriptId,
    slot: u16,
    pub(in crate::runtime) count: usize,
    pub(in crate::runtime) stretch: u32,
    pub(super) rank: u32,
}

impl Mark {
    /// In this order they come.
    pub(in crate::runtime) const fn key(&self) -> (ScriptId, u16) {
        (self.id, self.slot)
    }
}

/// What the updates of one mod or client have done.
pub(in crate::runtime) struct HeldDone {
    pub(in crate::runtime) outcome: BatchOutcome,
    /// Whose the commands are, by (id, slot).
    pub(in crate::runtime) marks: Vec<Mark>,
    /// How many did not fit into the tick.
    pub(in crate::runtime) put_off: usize,
}

impl<'w> HeldUpdates<'w> {
    /// Those of some who are held, by whom they are charged to.
    pub(in crate::runtime) fn of(
        entries: &'w [RosterEntry],
        window: &'w WorldWindow<'w>,
        owners: &Owners,
        mut open: impl FnMut(&Arc<str>) -> Account,
        noticed: &mut Noticed,
    ) -> Vec<Self> {
        let mut places = BTreeMap::new();
        let mut all: Vec<Self> = Vec::new();
        // Neighbours are mostly charged to the same one.
        let (mut last, mut finger) = (0, Finger::new());
        for entry in entries {
            let Some((scripts, disabled)) = window.scripts(entry.entity, &mut finger) else {
                noticed.stale = true;
                continue;
            };
            let Some(slot) = noticed.of(entry, scripts, disabled) else { continue };
            let Some(instance) = slot.resident.called() else {
                noticed.stale = true;
                continue;
            };
            let payer = owners.payer(entry.entity);
            let name = payer.unwrap_or_else(|| instance.script().mod_name());
            if all.get(last).is_none_or(|one| !Arc::ptr_eq(&one.account.name, name)) {
                last = match places.entry(name.clone()) {
                    Entry::Occupied(place) => *place.get(),
                    Entry::Vacant(free) => {
                        all.push(Self::new(open(name)));
                        *free.insert(all.len() - 1)
                    }
                };
            }
            if let Some(one) = all.get_mut(last) {
                one.queue.push((Whose { entry, scripts, rank: 0 }, slot));
            }
        }
        all
    }

    fn new(account: Account) -> Self {
        let (queue, outcome, marks) = (Vec::new(), BatchOutcome::default(), Vec::new());
        Self { account, queue, done: 0, outcome, marks }
    }

    /// Lets the update that was put off last time begin.
    pub(in crate::runtime) fn rotate(&mut self, used: &mut TickUse) {
        let Some(first) = used.take_first(&self.account.name) else { return };
        let at = self.queue.iter().position(|(of, _)| (of.entry.id, of.entry.slot) >= first);
        self.queue.rotate_left(at.unwrap_or_default());
    }

    /// Does as many as the account pays for.
    pub(in crate::runtime) fn go_on(&mut self, updates: &Updates<'w>) {
        let Self { account, queue, done, outcome, marks } = self;
        let mut context = ScriptContext::new(updates.scope);
        context.share(account.left, account.caps);
        let mut way = HeldWay { account, queue, done, marks, given: 0, is_over: false };
        updates.follow(&mut way, &mut context, outcome);
        account.caps = context.caps_left().unwrap_or(account.caps);
        context.move_commands(&mut outcome.commands);
    }

    /// What became of them; takes note of what is put off.
    pub(in crate::runtime) fn finish(mut self, used: &mut TickUse) -> HeldDone {
        let next = self.queue.get(self.done).map(|(of, _)| (of.entry.id, of.entry.slot));
        self.account.close(next, used);
        // Those that began because they had been put off stand before others that come first.
        let comes_later = |pair: &[Mark]| match pair {
            [a, b] => a.key() > b.key(),
            _ => false,
        };
        if let Some(turn) = self.marks.windows(2).position(comes_later) {
            let early = self.marks.iter().take(turn + 1).map(|mark| mark.count).sum();
            self.marks.rotate_left(turn + 1);
            self.outcome.commands.rotate_left(early);
        }
        let Self { queue, done, outcome, marks, .. } = self;
        HeldDone { outcome, marks, put_off: queue.len() - done }
    }
}

impl Sharing for HeldUpdates<'_> {
    fn account(&self) -> &Account {
        &self.account
    }

    fn account_mut(&mut self) -> &mut Account {
        &mut self.account
    }

    fn needs(&self) -> Option<u64> {
        let (_, slot) = self.queue.get(self.done)?;
        Some(slot.resident.script()?.limits().fuel)
    }
}

/// From one to the next until the account is empty.
struct HeldWay<'q, 'w> {
    account: &'q mut Account,
    queue: &'q [(Whose<'w>, &'w ScriptSlot)],
    done: &'q mut usize,
    marks: &'q mut Vec<Mark>,
    /// How many commands those have given who are done.
    given: usize,
    /// Whether the last one was one too many.
    is_over: bool,
}

impl<'w> Way<'w> for HeldWay<'_, 'w> {
    #[inline]
    fn next(&mut self, _: &mut ScriptContext<'_>, outcome: &mut BatchOutcome) -> Option<Due<'w>> {
        while !self.is_over && self.account.left > 0 {
            let (whose, slot) = *self.queue.get(*self.done)?;
            if let Some(instance) = slot.resident.called() {
                return Some(Due { whose, instance });
            }
            outcome.noticed.stale = true;
            *self.done += 1;
        }
        None
    }

    #[inline]
    fn counts(
        &mut self,
        whose: &Whose<'w>,
        limit: u64,
        context: &mut ScriptContext<'_>,
        outcome: &mut BatchOutcome,
        error: Option<&ScriptError>,
    ) -> bool {
        let fuel = context.take_fuel();
        outcome.fuel += fuel;
        self.is_over = fell_short(self.account.left, limit, error);
        self.account.spend(fuel);
        context.share_fuel(self.account.left);
        if self.is_over {
            // What it wrote it will write again.
            context.take_log();
            return false;
        }
        *self.done += 1;
        let count = context.command_count() - self.given;
        if count > 0 {
            self.given += count;
            let RosterEntry { id, slot, stretch, rank, .. } = *whose.entry;
            self.marks.push(Mark { id, slot, count, stretch, rank });
        }
        true
    }
}

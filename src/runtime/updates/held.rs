//! Updates of scripts that are held to a share of the tick: those of mods, and of clients' entities. Each mod's
//! and each client's are done in their order, side by side where that goes, for as long as its share pays for them.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use bevy::math::Vec3;

use super::{Due, Updates, Way, Whose};
use crate::{
    api::ScriptContext,
    contract::{ScriptError, ScriptId},
    runtime::{
        authority::Owners,
        budget::TickUse,
        cscript::{CScript, ScriptSlot},
        roster::{Noticed, RosterEntry},
        run::BatchOutcome,
        shares::{Account, Sharing, fell_short},
        view::{Finger, WorldWindow},
    },
    script::{CompiledScript, UsedAbreast},
};

/// The updates of one mod or client.
pub(in crate::runtime) struct HeldUpdates<'w> {
    account: Account,
    queue: Vec<Waiting<'w>>,
    /// How many of them are done.
    done: usize,
    outcome: BatchOutcome,
    /// Whose the commands are.
    marks: Vec<Mark>,
}

/// Somebody who is to be updated.
#[derive(Clone, Copy)]
struct Waiting<'w> {
    entry: &'w RosterEntry,
    scripts: &'w CScript,
    slot: &'w ScriptSlot,
    /// Where he stands, if that is at hand.
    stood: Option<Vec3>,
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
            let Some(script) = slot.resident.script() else {
                noticed.stale = true;
                continue;
            };
            let payer = owners.payer(entry.entity);
            let name = payer.unwrap_or_else(|| script.mod_name());
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
                let stood = finger.place(entry.entity);
                one.queue.push(Waiting { entry, scripts, slot, stood });
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
        let at = self.queue.iter().position(|one| one.entry.key() >= first);
        self.queue.rotate_left(at.unwrap_or_default());
    }

    /// Does as many as the account pays for.
    pub(in crate::runtime) fn go_on(&mut self, updates: &Updates<'w>) {
        let Self { account, queue, done, outcome, marks } = self;
        let mut context = ScriptContext::new(updates.scope);
        context.share(account.left, account.caps);
        let mut way = HeldWay { account, queue, at: *done, done, marks, given: 0, is_over: false };
        updates.follow(&mut way, &mut context, outcome);
        if way.goes_on() {
            // The last ones may not have been there.
            *way.done = queue.len();
        }
        account.caps = context.caps_left().unwrap_or(account.caps);
        context.move_commands(&mut outcome.commands);
    }

    /// What became of them; takes note of what is put off.
    pub(in crate::runtime) fn finish(mut self, used: &mut TickUse) -> HeldDone {
        let next = self.queue.get(self.done).map(|one| one.entry.key());
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
        let next = self.queue.get(self.done)?;
        Some(next.slot.resident.script()?.limits().fuel)
    }
}

/// From one to the next until the account is empty.
struct HeldWay<'q, 'w> {
    account: &'q mut Account,
    queue: &'q [Waiting<'w>],
    /// Who comes next.
    at: usize,
    done: &'q mut usize,
    marks: &'q mut Vec<Mark>,
    /// How many commands those have given who are done.
    given: usize,
    /// Whether the last one was one too many.
    is_over: bool,
}

impl<'w> HeldWay<'_, 'w> {
    /// The next one who is there, and where he stands, if that is at hand.
    #[inline]
    fn find(&mut self, outcome: &mut BatchOutcome) -> Option<(Due<'w>, Option<Vec3>)> {
        loop {
            let Waiting { entry, scripts, slot, stood } = self.queue.get(self.at).copied()?;
            let rank = self.at as u32;
            self.at += 1;
            if let Some(instance) = slot.resident.called() {
                return Some((Due { whose: Whose { entry, scripts, rank }, instance }, stood));
            }
            outcome.noticed.stale = true;
        }
    }

    /// Takes note that one is done, and of how many commands he has given.
    #[inline]
    fn note(&mut self, whose: &Whose<'w>, count: usize) {
        // Who is held has no other rank.
        *self.done = whose.rank as usize + 1;
        if count > 0 {
            self.given += count;
            let RosterEntry { id, slot, stretch, rank, .. } = *whose.entry;
            self.marks.push(Mark { id, slot, count, stretch, rank });
        }
    }
}

impl<'w> Way<'w> for HeldWay<'_, 'w> {
    #[inline]
    fn next(&mut self, _: &mut ScriptContext<'_>, outcome: &mut BatchOutcome) -> Option<Due<'w>> {
        if self.goes_on() { Some(self.find(outcome)?.0) } else { None }
    }

    fn runs_ahead(&self) -> bool {
        true
    }

    fn goes_on(&self) -> bool {
        !self.is_over && self.account.left > 0
    }

    #[inline(never)]
    fn next_many(
        &mut self,
        _: &mut ScriptContext<'_>,
        outcome: &mut BatchOutcome,
        (script, most): (&CompiledScript, usize),
        mut found: impl FnMut(Due<'w>, Option<Vec3>),
    ) -> Option<Due<'w>> {
        if !self.goes_on() {
            return None;
        }
        for _ in 0..most {
            let (due, stood) = self.find(outcome)?;
            if !due.instance.runs(script) {
                return Some(due);
            }
            found(due, stood);
        }
        None
    }

    #[inline]
    fn counts_abreast(
        &mut self,
        whose: &Whose<'w>,
        used: &UsedAbreast,
        context: &mut ScriptContext<'_>,
    ) {
        self.account.spend(used.fuel);
        context.share_fuel(self.account.left);
        self.note(whose, used.commands);
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
        let count = context.command_count() - self.given;
        self.note(whose, count);
        true
    }
}

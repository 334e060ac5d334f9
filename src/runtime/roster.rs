use std::collections::{BTreeSet, HashMap};

use bevy::{ecs::entity::EntityHashSet, prelude::*};

use super::{
    authority::Owners,
    cscript::{CScript, ScriptSlot},
    shares,
    stretches::{Stretch, Stretches},
};
use crate::{
    contract::{Callback, ScriptId},
    script::{CompiledScript, FunctionId},
    trust::TrustLevel,
};

/// Every running script, in the order in which they are called.
#[derive(Resource, Default)]
pub(super) struct Roster {
    entries: Vec<RosterEntry>,
    /// Those that define `on_message`.
    listeners: Vec<RosterEntry>,
    /// Those whose scripts set timers.
    timed: Vec<RosterEntry>,
    /// Those that are updated and not held to a share, in pieces.
    stretches: Stretches,
    /// Those of them that are updated once in so many ticks, by that number and their turn.
    paced: HashMap<(u32, u32), Vec<RosterEntry>>,
    /// Those numbers.
    paces: BTreeSet<u32>,
    /// Those that are updated and [held](shares::is_held) to a share.
    held: Vec<RosterEntry>,
    /// Whether some of those are not updated in every tick.
    are_held_paced: bool,
    /// Those that are updated in the tick that runs.
    due: Due,
    /// Not yet in their place.
    added: Vec<RosterEntry>,
    /// Entities that are not updated.
    asleep: EntityHashSet,
    /// Entities that clients own, as of so many changes.
    owned: EntityHashSet,
    owned_as_of: u64,
    stale: bool,
    /// Whether some fell asleep, woke, changed their pace or their owner.
    turned: bool,
}

/// Some of those that are updated in a tick, by (id, slot).
#[derive(Default)]
struct Due {
    paced: Vec<RosterEntry>,
    held: Vec<RosterEntry>,
}

/// Those that are updated in a tick.
pub(super) struct DueTogether<'r> {
    /// In every tick, and not held to a share, stretch by stretch.
    pub(super) stretches: &'r mut [Stretch],
    /// The others who are not held, by (id, slot).
    pub(super) paced: &'r [RosterEntry],
    /// Those who are held, by (id, slot).
    pub(super) held: &'r [RosterEntry],
}

/// A running script.
#[derive(Clone, Copy, Debug)]
pub(super) struct RosterEntry {
    pub(super) id: ScriptId,
    pub(super) slot: u16,
    pub(super) entity: Entity,
    pub(super) on_update: Option<FunctionId>,
    /// It is updated in every so many ticks.
    pub(super) every: u32,
    /// Whether it defines `on_message`.
    pub(super) listens: bool,
    /// Whether it may have timers.
    pub(super) timed: bool,
    /// Whether it is the game's own.
    pub(super) is_trusted: bool,
    /// The script, by its [number](CompiledScript::serial).
    pub(super) script: u64,
    /// Of those who are updated, the [stretch](Stretches) that it is in, and its place there; of those who are held to a share, the
    /// place of whoever comes next.
    pub(super) stretch: u32,
    pub(super) rank: u32,
}

/// What was found out about entries while it was their turn.
#[derive(Default)]
pub(super) struct Noticed {
    /// Whether some are gone.
    pub(super) stale: bool,
    /// In how many ticks some are updated once from now on.
    pub(super) paces: Vec<(ScriptId, u16, u32)>,
}

impl Noticed {
    /// Adds what was found out elsewhere.
    pub(super) fn add(&mut self, mut other: Self) {
        self.stale |= other.stale;
        self.paces.append(&mut other.paces);
    }

    /// Takes note that a script is updated in more ticks than before, or in fewer.
    #[cold]
    #[inline(never)]
    fn add_pace(&mut self, entry: &RosterEntry, slot: &ScriptSlot) {
        self.paces.push((entry.id, entry.slot, slot.every()));
    }

    /// The slot of an entry if it is to be updated now, given the scripts of its entity and whether that is
    /// disabled.
    #[inline]
    pub(super) fn of<'s>(
        &mut self,
        entry: &RosterEntry,
        scripts: &'s CScript,
        disabled: bool,
    ) -> Option<&'s ScriptSlot> {
        let Some(slot) = scripts.slots().get(usize::from(entry.slot)) else {
            self.stale = true;
            return None;
        };
        if slot.every() != entry.every {
            self.add_pace(entry, slot);
        }
        (!disabled && slot.is_running() && !slot.dying).then_some(slot)
    }
}

impl RosterEntry {
    pub(super) fn new(
        id: ScriptId,
        slot: u16,
        entity: Entity,
        every: u32,
        script: &CompiledScript,
    ) -> Self {
        Self {
            id,
            slot,
            entity,
            on_update: script.callback(Callback::OnUpdate),
            every,
            listens: script.callback(Callback::OnMessage).is_some(),
            timed: script.sets_timers(),
            is_trusted: script.level() == TrustLevel::Trusted,
            script: script.serial(),
            stretch: 0,
            rank: 0,
        }
    }

    /// In this order they come.
    pub(super) const fn key(&self) -> (ScriptId, u16) {
        (self.id, self.slot)
    }

    /// What is called: which function of which script, in which slot.
    pub(super) const fn call(&self) -> (u64, Option<FunctionId>, u16) {
        (self.script, self.on_update, self.slot)
    }

    /// Whether it is the same as another, wherever that stands.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (self.id, self.entity, self.call()) == (other.id, other.entity, other.call())
    }

    /// Whether it is updated in a tick, if it is not asleep.
    fn is_due(&self, tick: u64) -> bool {
        self.on_update.is_some()
            && (self.every <= 1 || tick % u64::from(self.every) == u64::from(self.turn()))
    }

    /// In which tick of its so many its turn is: neighbours are called in different ones.
    const fn turn(&self) -> u32 {
        self.id.0.wrapping_neg().rem_euclid(self.every as i64) as u32
    }
}

impl Roster {
    /// Adds a script that has started, or started anew.
    pub(super) fn add(&mut self, entry: RosterEntry) {
        self.added.push(entry);
    }

    /// Says that some entries may be gone.
    pub(super) fn mark_stale(&mut self) {
        self.stale = true;
    }

    /// Stops the updates of an entity's scripts, or lets them go on.
    pub(super) fn put_to_sleep(&mut self, entity: Entity, sleeps: bool) {
        self.turned |=
            if sleeps { self.asleep.insert(entity) } else { self.asleep.remove(&entity) };
    }

    /// Takes note of what was found out about entries.
    pub(super) fn note(&mut self, noticed: &Noticed) {
        self.stale |= noticed.stale;
        for (id, slot, every) in &noticed.paces {
            let place = self.entries.binary_search_by_key(&(*id, *slot), |e| (e.id, e.slot));
            if let Ok(place) = place {
                self.entries[place].every = *every;
                self.turned = true;
            }
        }
    }

    /// Drops entries that `is_gone`, if any may be.
    pub(super) fn prune(&mut self, is_gone: impl Fn(&RosterEntry) -> bool) {
        if std::mem::take(&mut self.stale) {
            self.entries.retain(|entry| !is_gone(entry));
            self.turned = true;
        }
    }

    /// All running scripts by (id, slot).
    pub(super) fn ordered(&mut self) -> &[RosterEntry] {
        if !self.added.is_empty() {
            // Stable, so of two entries for one place the later one comes last.
            self.entries.append(&mut self.added);
            self.entries.sort_by_key(|entry| (entry.id, entry.slot));
            self.entries.dedup_by(|later, earlier| {
                let same = (later.id, later.slot) == (earlier.id, earlier.slot);
                if same {
                    *earlier = *later;
                }
                same
            });
            self.turned = true;
        }
        if std::mem::take(&mut self.turned) {
            self.choose();
        }
        &self.entries
    }

    /// Those that define `on_message`, by (id, slot).
    pub(super) fn listeners(&mut self) -> &[RosterEntry] {
        self.ordered();
        &self.listeners
    }

    /// Those that may have timers, by (id, slot).
    pub(super) fn timed(&mut self) -> &[RosterEntry] {
        self.ordered();
        &self.timed
    }

    /// Takes note of whose entities are whose.
    pub(super) fn note_owners(&mut self, owners: &Owners) {
        if self.owned_as_of != owners.changes() {
            self.owned_as_of = owners.changes();
            let owned = owners.owned().collect();
            // They may have been given to whom they belonged to.
            if owned != self.owned {
                self.owned = owned;
                self.turned = true;
            }
        }
    }

    /// Those that are updated in a tick, by (id, slot).
    pub(super) fn due(&mut self, tick: u64) -> impl Iterator<Item = &RosterEntry> {
        self.ordered();
        let Self { entries, asleep, .. } = self;
        entries.iter().filter(move |entry| entry.is_due(tick) && !asleep.contains(&entry.entity))
    }

    /// The same, by how they are updated.
    pub(super) fn due_together(&mut self, tick: u64) -> DueTogether<'_> {
        self.ordered();
        let Self { stretches, paced, paces, held, are_held_paced, due, .. } = self;
        due.paced.clear();
        for every in &*paces {
            let turn = (tick % u64::from(*every)) as u32;
            due.paced.extend(paced.get(&(*every, turn)).into_iter().flatten());
        }
        // Each of them is in order, and this sort merges what is.
        due.paced.sort_by_key(RosterEntry::key);
        let held = if *are_held_paced {
            due.held.clear();
            due.held.extend(held.iter().filter(|entry| entry.is_due(tick)));
            &due.held
        } else {
            held
        };
        DueTogether { stretches: stretches.all_mut(), paced: &due.paced, held }
    }

    fn choose(&mut self) {
        let chosen = |is_wanted: fn(&RosterEntry) -> bool| {
            self.entries.iter().filter(|entry| is_wanted(entry)).copied().collect()
        };
        self.listeners = chosen(|entry| entry.listens);
        self.timed = chosen(|entry| entry.timed);
        self.paced.clear();
        self.paces.clear();
        let is_updated = |entry: &&RosterEntry| {
            entry.on_update.is_some() && !self.asleep.contains(&entry.entity)
        };
        let is_held = |entry: &RosterEntry| {
            shares::is_held(entry.is_trusted, self.owned.contains(&entry.entity))
        };
        let updated = self.entries.iter().filter(is_updated).copied();
        let (held, mut free): (Vec<_>, Vec<_>) = updated.partition(is_held);
        self.are_held_paced = held.iter().any(|entry| entry.every > 1);
        self.held = held;
        self.stretches.renew(&mut free);
        for entry in &mut self.held {
            let next = free.partition_point(|other| other.key() < entry.key());
            (entry.stretch, entry.rank) = match (free.get(next), free.last()) {
                (Some(next), _) => (next.stretch, next.rank),
                (None, Some(last)) => (last.stretch, last.rank + 1),
                (None, None) => (0, 0),
            };
        }
        for entry in free.into_iter().filter(|entry| entry.every > 1) {
            self.paces.insert(entry.every);
            self.paced.entry((entry.every, entry.turn())).or_default().push(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_ordered_and_the_newest_counts() {
        let mut world = World::new();
        let entities: Vec<_> = (0..3).map(|_| world.spawn_empty().id()).collect();
        let entry = |id, slot, entity: usize| RosterEntry {
            id: ScriptId(id),
            slot,
            entity: entities[entity],
            on_update: None,
            every: 1,
            listens: false,
            timed: false,
            is_trusted: true,
            script: 1,
            stretch: 0,
            rank: 0,
        };
        let mut roster = Roster::default();
        for added in [entry(3, 0, 0), entry(1, 1, 1), entry(1, 0, 1)] {
            roster.add(added);
        }
        let order = |entries: &[RosterEntry]| -> Vec<_> {
            entries.iter().map(|e| (e.id.0, e.slot, e.entity)).collect()
        };
        assert_eq!(
            order(roster.ordered()),
            [(1, 0, entities[1]), (1, 1, entities[1]), (3, 0, entities[0])]
        );
        roster.add(entry(3, 0, 2));
        roster.mark_stale();
        roster.prune(|entry| entry.slot == 1);
        assert_eq!(order(roster.ordered()), [(1, 0, entities[1]), (3, 0, entities[2])]);
    }

    #[test]
    fn scripts_take_turns_and_the_sleeping_are_left_out() {
        let mut world = World::new();
        let entities: Vec<_> = (0..4).map(|_| world.spawn_empty().id()).collect();
        let mut roster = Roster::default();
        for (i, every) in [(0, 1), (1, 3), (2, 3), (3, u32::MAX)] {
            let on_update = Some(FunctionId::FIRST);
            let (id, entity) = (ScriptId(i), entities[i as usize]);
            let (listens, timed, is_trusted) = (false, false, true);
            roster.add(RosterEntry {
                id,
                slot: 0,
                entity,
                on_update,
                every,
                listens,
                timed,
                is_trusted,
                script: 1,
                stretch: 0,
                rank: 0,
            });
        }
        let due = |roster: &mut Roster, tick| -> Vec<_> {
            roster.due(tick).map(|entry| entry.id.0).collect()
        };
        let long = u64::from(u32::MAX) - 3;
        assert_eq!(
            [0, 1, 2, 3].map(|tick| due(&mut roster, tick)),
            [vec![0], vec![0, 2], vec![0, 1], vec![0]]
        );
        assert_eq!(due(&mut roster, long), [0, 3]);
        roster.put_to_sleep(entities[0], true);
        assert_eq!(due(&mut roster, 1), [2]);
        let paces = vec![(ScriptId(2), 0, 1), (ScriptId(9), 0, 1)];
        roster.note(&Noticed { paces, stale: false });
        assert_eq!(due(&mut roster, 3), [2]);
        roster.put_to_sleep(entities[0], false);
        assert_eq!(due(&mut roster, 3), [0, 2]);
    }
}

use bevy::prelude::*;

use crate::{
    contract::{Callback, ScriptId},
    script::{CompiledScript, FunctionId},
};

/// Every running script, in the order in which they are called.
#[derive(Resource, Default)]
pub(super) struct Roster {
    entries: Vec<RosterEntry>,
    /// Those that define `on_message`.
    listeners: Vec<RosterEntry>,
    /// Those whose scripts set timers.
    timed: Vec<RosterEntry>,
    /// Not yet in their place.
    added: Vec<RosterEntry>,
    stale: bool,
}

/// A running script.
#[derive(Clone, Copy, Debug)]
pub(super) struct RosterEntry {
    pub(super) id: ScriptId,
    pub(super) slot: u16,
    pub(super) entity: Entity,
    pub(super) on_update: Option<FunctionId>,
    /// Whether it defines `on_message`.
    pub(super) listens: bool,
    /// Whether it may have timers.
    pub(super) timed: bool,
}

impl RosterEntry {
    pub(super) fn new(id: ScriptId, slot: u16, entity: Entity, script: &CompiledScript) -> Self {
        Self {
            id,
            slot,
            entity,
            on_update: script.callback(Callback::OnUpdate),
            listens: script.callback(Callback::OnMessage).is_some(),
            timed: script.sets_timers(),
        }
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

    /// Drops entries that `is_gone`, if any may be.
    pub(super) fn prune(&mut self, is_gone: impl Fn(&RosterEntry) -> bool) {
        if std::mem::take(&mut self.stale) {
            self.entries.retain(|entry| !is_gone(entry));
            self.choose();
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

    fn choose(&mut self) {
        let chosen = |is_wanted: fn(&RosterEntry) -> bool| {
            self.entries.iter().filter(|entry| is_wanted(entry)).copied().collect()
        };
        self.listeners = chosen(|entry| entry.listens);
        self.timed = chosen(|entry| entry.timed);
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
            listens: false,
            timed: false,
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
}

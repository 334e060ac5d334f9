use bevy::prelude::*;

use crate::{contract::ScriptId, script::FunctionId};

/// Every running script, in the order in which they are called.
#[derive(Resource, Default)]
pub(super) struct Roster {
    entries: Vec<RosterEntry>,
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
        }
        &self.entries
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

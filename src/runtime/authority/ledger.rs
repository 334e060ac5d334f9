use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use bevy::prelude::*;

use crate::{
    authority::{ClientId, Gate, Work},
    contract::{ScriptCommand, ScriptId},
    script::{CompiledScript, ScriptInstance},
};

/// What scripts did in the last ticks, for those who claim it, compare it, or look at it. Empty unless one
/// of the roles asked for notes.
#[derive(Resource, Default)]
pub struct Ledger {
    ticks: VecDeque<(u64, BTreeMap<(ScriptId, u16), Entry>)>,
    /// Of all scripts.
    pub(super) all: bool,
    /// Of what anybody owns, as far as it is picked.
    pub(super) owned: Option<Pick>,
    /// Of what this client owns.
    pub(super) own: Option<ClientId>,
}

/// Notes of one script in one tick.
pub(super) struct Entry {
    pub(super) owner: Option<ClientId>,
    pub(super) script: Arc<CompiledScript>,
    pub(super) work: Work,
    /// Whether somebody has claimed it.
    pub(super) claimed: bool,
}

/// Which claims are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pick {
    /// One in so many; all if it is 0 or 1.
    pub(super) one_in: u64,
    /// What nobody else knows, so that nobody else knows which.
    pub(super) salt: u64,
}

impl Pick {
    pub(super) fn takes(self, tick: u64, id: ScriptId, slot: u16) -> bool {
        if self.one_in <= 1 {
            return true;
        }
        let salt = self.salt ^ u64::from(slot);
        ScriptId::derived(id, tick, salt, 0).0.cast_unsigned().is_multiple_of(self.one_in)
    }
}

impl Ledger {
    /// Whether anybody wants notes.
    pub(crate) const fn is_kept(&self) -> bool {
        self.all || self.owned.is_some() || self.own.is_some()
    }

    /// Whether notes are wanted of a script.
    pub(crate) fn wants(
        &self,
        owner: Option<ClientId>,
        tick: u64,
        id: ScriptId,
        slot: u16,
    ) -> bool {
        self.all
            || owner.is_some_and(|owner| {
                self.own == Some(owner) || self.owned.is_some_and(|pick| pick.takes(tick, id, slot))
            })
    }

    /// Takes notes of what a script did in a pass.
    pub(crate) fn note(
        &mut self,
        (tick, id, slot): (u64, ScriptId, u16),
        owner: Option<ClientId>,
        instance: &ScriptInstance,
        commands: &[ScriptCommand],
    ) {
        if self.ticks.back().is_none_or(|(last, _)| *last != tick) {
            // A game that was put back to an earlier tick begins its notes anew.
            if self.ticks.back().is_some_and(|(last, _)| *last > tick) {
                self.ticks.clear();
            }
            self.ticks.push_back((tick, BTreeMap::new()));
            while self.ticks.front().is_some_and(|(first, _)| tick - first > Gate::WINDOW) {
                self.ticks.pop_front();
            }
        }
        let Some((_, entries)) = self.ticks.back_mut() else { return };
        let entry = entries.entry((id, slot)).or_insert_with(|| Entry {
            owner,
            script: instance.script().clone(),
            work: Work::default(),
            claimed: false,
        });
        entry.script = instance.script().clone();
        entry.work.commands.extend_from_slice(commands);
        entry.work.state = instance.state_hash();
    }

    fn tick(&self, tick: u64) -> Option<&BTreeMap<(ScriptId, u16), Entry>> {
        self.ticks.iter().rev().find(|(other, _)| *other == tick).map(|(_, entries)| entries)
    }

    pub(super) fn entries(&self, tick: u64) -> impl Iterator<Item = (ScriptId, u16, &Entry)> {
        let entries = self.tick(tick).into_iter().flatten();
        entries.map(|((id, slot), entry)| (*id, *slot, entry))
    }

    pub(super) fn entry(&mut self, tick: u64, id: ScriptId, slot: u16) -> Option<&mut Entry> {
        let entries = self.ticks.iter_mut().rev().find(|(other, _)| *other == tick);
        entries?.1.get_mut(&(id, slot))
    }

    /// What a script did in a tick, if notes of it were taken and it is not too long ago.
    #[must_use]
    pub fn work(&self, tick: u64, entity: ScriptId, slot: u16) -> Option<&Work> {
        Some(&self.tick(tick)?.get(&(entity, slot))?.work)
    }

    /// All that was noted of a tick, by entity and script.
    pub fn works(&self, tick: u64) -> impl Iterator<Item = (ScriptId, u16, &Work)> {
        self.entries(tick).map(|(id, slot, entry)| (id, slot, &entry.work))
    }
}

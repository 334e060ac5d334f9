use std::collections::HashMap;

use glam::{DQuat, Vec3};

use super::carry::Carry;
use crate::contract::{Pack, ScriptId, StatusEffect, Value, Vitals};

/// What a call has written so far, laid over the world it reads: the one place that makes a script
/// see its own writes. Where things are and how they fare have lists of their own: that is what most calls write, and a
/// row of these is small.
// What every function asks for stands first.
#[repr(C)]
#[derive(Default)]
pub(crate) struct Overlay {
    /// Whether anything was written.
    is_written: bool,
    /// Whether anything was but places.
    is_more: bool,
    /// Whether anything that was there before was put or turned, and all below it with it.
    has_moved: bool,
    /// Whether anything is destroyed, and all below it with it.
    has_destroyed: bool,
    places: Written<Placed>,
    turns: Written<Turned>,
    vitals: Written<Vitals>,
    others: Written<EntityWrites>,
    /// Sounds that the call has started (`true`) or stopped.
    sounds: Vec<(i64, bool)>,
}

/// What a call wrote of one entity beside where it is and how it fares; `None` where it wrote nothing.
#[derive(Default)]
pub(crate) struct EntityWrites {
    /// `true` once spawned, `false` once destroyed.
    pub(crate) exists: Option<bool>,
    pub(crate) velocity: Option<Vec3>,
    pub(crate) tag: Option<Box<str>>,
    /// What exposed components hold after what was written to them.
    pub(crate) components: Vec<(Box<str>, Value)>,
    pub(crate) effects: Option<Vec<StatusEffect>>,
    pub(crate) pack: Option<Pack>,
}

/// Where a call put an entity.
pub(crate) struct Placed {
    pub(crate) at: Vec3,
    pub(crate) carried: Before,
}

/// Which way a call turned an entity.
pub(crate) struct Turned {
    pub(crate) to: DQuat,
    pub(crate) carried: Before,
}

/// How what is above an entity had carried it until the call put or turned it. Mostly nothing above it
/// was moved, and then this is to be small: every call that moves something makes one.
#[derive(Default)]
pub(crate) struct Before(Option<Box<Carry>>);

impl From<Carry> for Before {
    fn from(carry: Carry) -> Self {
        Self((carry != Carry::NONE).then(|| Box::new(carry)))
    }
}

impl Before {
    pub(crate) fn get(&self) -> Carry {
        self.0.as_deref().copied().unwrap_or(Carry::NONE)
    }
}

impl Overlay {
    /// How an entity fares, if the call has changed that.
    #[inline]
    pub(crate) fn vitals_of(&self, id: ScriptId) -> Option<Vitals> {
        self.vitals.get(id).copied()
    }

    /// Changes how an entity fares.
    #[inline]
    pub(crate) fn set_vitals(&mut self, id: ScriptId, vitals: Vitals) {
        self.vitals.set(id, vitals);
        (self.is_written, self.is_more) = (true, true);
    }

    /// What the call wrote of an entity beside where it is and how it fares.
    #[inline]
    pub(crate) fn get(&self, id: ScriptId) -> Option<&EntityWrites> {
        self.others.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: ScriptId) -> &mut EntityWrites {
        (self.is_written, self.is_more) = (true, true);
        self.others.entry(id, EntityWrites::default)
    }

    /// Where the call has put an entity, if it has.
    #[inline]
    pub(crate) fn place_of(&self, id: ScriptId) -> Option<&Placed> {
        self.places.get(id)
    }

    /// Which way the call has turned an entity, if it has.
    pub(crate) fn turn_of(&self, id: ScriptId) -> Option<&Turned> {
        self.turns.get(id)
    }

    /// Puts an entity that was there before the call at a place.
    #[inline]
    pub(crate) fn place(&mut self, id: ScriptId, placed: Placed) {
        self.places.set(id, placed);
        (self.is_written, self.has_moved) = (true, true);
    }

    /// Puts an entity that the call has spawned at its first place.
    pub(crate) fn place_new(&mut self, id: ScriptId, at: Vec3) {
        self.places.set(id, Placed { at, carried: Before::default() });
        self.is_written = true;
    }

    /// Turns an entity that was there before the call.
    pub(crate) fn turn(&mut self, id: ScriptId, turned: Turned) {
        self.turns.set(id, turned);
        (self.is_written, self.is_more, self.has_moved) = (true, true, true);
    }

    pub(crate) fn destroy(&mut self, id: ScriptId) {
        self.get_mut(id).exists = Some(false);
        self.has_destroyed = true;
    }

    /// Takes note that the call has started a sound, or stopped it.
    pub(crate) fn sound(&mut self, handle: i64, plays: bool) {
        self.sounds.push((handle, plays));
        (self.is_written, self.is_more) = (true, true);
    }

    /// Whether a sound plays, if the call has started or stopped it.
    pub(crate) fn plays(&self, handle: i64) -> Option<bool> {
        let own = self.sounds.iter().rev().find(|(other, _)| *other == handle);
        own.map(|(_, plays)| *plays)
    }

    pub(crate) const fn has_moved(&self) -> bool {
        self.has_moved
    }

    pub(crate) const fn has_destroyed(&self) -> bool {
        self.has_destroyed
    }

    /// Whether the call put or turned an entity, so that what is below it is elsewhere now.
    pub(crate) fn carries(&self, id: ScriptId) -> bool {
        self.places.get(id).is_some() || self.turns.get(id).is_some()
    }

    /// All that the call put or turned, each once.
    pub(crate) fn carriers(&self) -> impl Iterator<Item = ScriptId> {
        let turned = self.turns.ids().filter(|id| self.places.get(*id).is_none());
        self.places.ids().chain(turned)
    }

    /// What the call wrote of entities beside where they are and how they fare.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ScriptId, &EntityWrites)> {
        self.others.entries.iter().map(|(id, writes)| (*id, writes))
    }

    /// Of how many entities the call has written something beside that.
    pub(crate) const fn len(&self) -> u64 {
        self.others.entries.len() as u64
    }

    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        !self.is_written
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        if self.is_empty() {
            return;
        }
        self.places.clear();
        (self.is_written, self.has_moved) = (false, false);
        if self.is_more {
            self.forget();
        }
    }

    #[inline(never)]
    fn forget(&mut self) {
        self.turns.clear();
        self.vitals.clear();
        self.others.clear();
        self.sounds.clear();
        (self.is_more, self.has_destroyed) = (false, false);
    }
}

/// One kind of writes, by entity, in the order in which entities were first written of.
struct Written<T> {
    entries: Vec<(ScriptId, T)>,
    /// Filled once a call touches more entities than are quickly searched.
    index: HashMap<ScriptId, usize>,
}

const SEARCHED: usize = 8;

impl<T> Default for Written<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), index: HashMap::new() }
    }
}

impl<T> Written<T> {
    #[inline]
    fn get(&self, id: ScriptId) -> Option<&T> {
        let i = self.find(id)?;
        self.entries.get(i).map(|(_, written)| written)
    }

    #[inline]
    fn set(&mut self, id: ScriptId, written: T) {
        match self.find(id).and_then(|i| self.entries.get_mut(i)) {
            Some((_, place)) => *place = written,
            None => self.add(id, written),
        }
    }

    fn entry(&mut self, id: ScriptId, new: impl FnOnce() -> T) -> &mut T {
        let i = self.find(id).unwrap_or_else(|| {
            self.add(id, new());
            self.entries.len() - 1
        });
        &mut self.entries[i].1
    }

    #[inline]
    fn add(&mut self, id: ScriptId, written: T) {
        self.entries.push((id, written));
        if self.entries.len() > SEARCHED {
            self.index_last();
        }
    }

    #[cold]
    fn index_last(&mut self) {
        let count = self.entries.len();
        let from = if self.index.is_empty() { 0 } else { count - 1 };
        self.index.extend((from..count).map(|i| (self.entries[i].0, i)));
    }

    #[inline]
    fn find(&self, id: ScriptId) -> Option<usize> {
        // Most calls only read.
        if self.entries.is_empty() { None } else { self.search(id) }
    }

    fn search(&self, id: ScriptId) -> Option<usize> {
        if self.entries.len() > SEARCHED {
            self.index.get(&id).copied()
        } else {
            self.entries.iter().position(|(other, _)| *other == id)
        }
    }

    fn ids(&self) -> impl Iterator<Item = ScriptId> {
        self.entries.iter().map(|(id, _)| *id)
    }

    #[inline]
    fn clear(&mut self) {
        self.entries.clear();
        if !self.index.is_empty() {
            self.index.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_entities_are_found_again() {
        let mut overlay = Overlay::default();
        for i in 0..100 {
            overlay.get_mut(ScriptId(i)).velocity = Some(Vec3::splat(i as f32));
            overlay.get_mut(ScriptId(i / 2)).exists = Some(true);
        }
        assert_eq!(overlay.iter().count(), 100);
        for i in 0..100 {
            let found = overlay.get(ScriptId(i)).and_then(|writes| writes.velocity);
            assert_eq!(found, Some(Vec3::splat(i as f32)));
        }
        assert!(overlay.get(ScriptId(100)).is_none());
        overlay.clear();
        assert!(overlay.get(ScriptId(1)).is_none());
    }
}

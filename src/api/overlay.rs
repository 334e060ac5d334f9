use std::collections::HashMap;

use glam::{DQuat, Vec3};

use super::carry::Carry;
use crate::contract::{Pack, ScriptId, StatusEffect, Value, Vitals};

/// What a call has written so far, laid over the world it reads: the one place that makes a script
/// see its own writes.
#[derive(Default)]
pub(crate) struct Overlay {
    entries: Vec<(ScriptId, EntityWrites)>,
    /// Filled once a call touches more entities than are quickly searched.
    index: HashMap<ScriptId, usize>,
    /// Whether anything that was there before was put or turned, and all below it with it.
    has_moved: bool,
    /// Whether anything is destroyed, and all below it with it.
    has_destroyed: bool,
}

/// What a call wrote of one entity; `None` where it wrote nothing.
#[derive(Default)]
pub(crate) struct EntityWrites {
    /// `true` once spawned, `false` once destroyed.
    pub(crate) exists: Option<bool>,
    pub(crate) position: Option<Placed>,
    pub(crate) rotation: Option<Turned>,
    pub(crate) velocity: Option<Vec3>,
    pub(crate) tag: Option<Box<str>>,
    /// What exposed components hold after what was written to them.
    pub(crate) components: Vec<(Box<str>, Value)>,
    pub(crate) vitals: Option<Vitals>,
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

impl EntityWrites {
    /// Whether what is below the entity is elsewhere now.
    pub(crate) const fn carries(&self) -> bool {
        self.position.is_some() || self.rotation.is_some()
    }
}

const SEARCHED: usize = 8;

impl Overlay {
    pub(crate) fn get(&self, id: ScriptId) -> Option<&EntityWrites> {
        self.find(id).map(|i| &self.entries[i].1)
    }

    pub(crate) fn get_mut(&mut self, id: ScriptId) -> &mut EntityWrites {
        let i = match self.find(id) {
            Some(i) => i,
            None => {
                self.entries.push((id, EntityWrites::default()));
                let count = self.entries.len();
                if count > SEARCHED {
                    let from = if self.index.is_empty() { 0 } else { count - 1 };
                    self.index.extend((from..count).map(|i| (self.entries[i].0, i)));
                }
                count - 1
            }
        };
        &mut self.entries[i].1
    }

    /// Puts an entity that was there before the call at a place.
    pub(crate) fn place(&mut self, id: ScriptId, placed: Placed) {
        self.get_mut(id).position = Some(placed);
        self.has_moved = true;
    }

    /// Turns an entity that was there before the call.
    pub(crate) fn turn(&mut self, id: ScriptId, turned: Turned) {
        self.get_mut(id).rotation = Some(turned);
        self.has_moved = true;
    }

    pub(crate) fn destroy(&mut self, id: ScriptId) {
        self.get_mut(id).exists = Some(false);
        self.has_destroyed = true;
    }

    pub(crate) const fn has_moved(&self) -> bool {
        self.has_moved
    }

    pub(crate) const fn has_destroyed(&self) -> bool {
        self.has_destroyed
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (ScriptId, &EntityWrites)> {
        self.entries.iter().map(|(id, writes)| (*id, writes))
    }

    /// How many entities the call has written of.
    pub(crate) const fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.index.clear();
        self.has_moved = false;
        self.has_destroyed = false;
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

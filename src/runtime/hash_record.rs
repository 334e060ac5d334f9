use std::collections::VecDeque;

use bevy::{ecs::entity_disabling::Disabled, prelude::*};

use super::{
    cscript::CScript,
    gameplay::{Armor, Health, Inventory, StatusEffects},
    plugin::ScriptClock,
    tag::Tag,
};
use crate::{
    contract::ScriptId,
    script::{mixed, mixed_four, mixed_six},
};

/// A hash of each of the last ticks, of the world and of every entity in it, kept while the game runs: the
/// first thing that two machines compare.
///
/// It covers places, tags, health, armor, what works on an entity, what it carries, and the variables and timers of its
/// scripts. Of variables only those are hashed again that a call may have changed. What the game exposes is in
/// [`world_hash`](super::world_hash), which looks at everything anew. Both are equal on machines that run the same
/// game, and different from each other.
#[derive(Resource, Debug)]
pub struct HashRecord {
    /// Whether ticks are hashed. Default: **true**.
    pub is_on: bool,
    ticks: VecDeque<TickHashes>,
}

/// The hashes of a tick.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TickHashes {
    /// The tick.
    pub tick: u64,
    /// Of the whole.
    pub world: u64,
    /// Of each entity; in no particular order.
    pub entities: Vec<(ScriptId, u64)>,
}

impl TickHashes {
    /// The entities that are not the same in another machine's hashes of this tick, or only on one side, by id.
    #[must_use]
    pub fn differences(&self, theirs: &Self) -> Vec<ScriptId> {
        let sorted = |hashes: &Self| {
            let mut entities = hashes.entities.clone();
            entities.sort_unstable();
            entities
        };
        let (ours, theirs) = (sorted(self), sorted(theirs));
        let missing =
            |from: &[(ScriptId, u64)], it: &(ScriptId, u64)| from.binary_search(it).is_err();
        let mut found: Vec<_> = ours
            .iter()
            .filter(|it| missing(&theirs, it))
            .chain(theirs.iter().filter(|it| missing(&ours, it)))
            .map(|(id, _)| *id)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// So many ticks are kept.
const KEPT: usize = 16;

impl Default for HashRecord {
    fn default() -> Self {
        Self { is_on: true, ticks: VecDeque::new() }
    }
}

impl HashRecord {
    /// The last ticks, the oldest first.
    #[must_use]
    pub fn ticks(&self) -> impl DoubleEndedIterator<Item = &TickHashes> {
        self.ticks.iter()
    }

    /// The hashes of a tick, if it is one of the last.
    #[must_use]
    pub fn tick(&self, tick: u64) -> Option<&TickHashes> {
        self.ticks.iter().rev().find(|it| it.tick == tick)
    }
}

/// Hashes the tick that has run.
pub(super) fn record(
    mut record: ResMut<HashRecord>,
    clock: Res<ScriptClock>,
    mut scripted: Query<
        (
            &ScriptId,
            Option<&Transform>,
            Option<&mut CScript>,
            Option<&Tag>,
            (Option<&Health>, Option<&Armor>),
            (Option<&StatusEffects>, Option<&Inventory>),
        ),
        Allow<Disabled>,
    >,
) {
    if !record.is_on {
        return;
    }
    // The list of the oldest tick is used again.
    let mut hashes = if record.ticks.len() >= KEPT { record.ticks.pop_front() } else { None }
        .unwrap_or_default();
    hashes.entities.clear();
    let mut world = 0_u64;
    for (id, place, script, tag, (health, armor), (effects, inventory)) in &mut scripted {
        let mut hash = id.0.cast_unsigned();
        if let Some(place) = place {
            hash = mixed_place(hash, place);
        }
        if let Some(Tag(tag)) = tag {
            hash = mixed(hash, text(tag), 2);
        }
        if let Some(health) = health {
            let armor = armor.map_or(0, |armor| bits(armor.0));
            hash = mixed(hash, bits(health.current) | bits(health.max) << 32, armor | 3 << 32);
        }
        for effect in effects.map_or(&[][..], |effects| &effects.0) {
            let numbers = bits(effect.remaining) | bits(effect.magnitude) << 32;
            hash = mixed(hash, text(&effect.name), numbers);
        }
        for stack in inventory.map_or(&[][..], |inventory| &inventory.0.stacks) {
            hash = mixed(hash, text(&stack.item), u64::from(stack.count));
        }
        if let Some(mut script) = script {
            let states = script.bypass_change_detection().states_hash();
            hash = hash.rotate_left(17).wrapping_add(states);
        }
        world = world.wrapping_add(hash);
        hashes.entities.push((*id, hash));
    }
    (hashes.tick, hashes.world) = (clock.tick, mixed(world, clock.tick, 5));
    record.ticks.push_back(hashes);
}

/// The hash of an entity with its place. All NaNs count as one.
#[inline]
fn mixed_place(hash: u64, place: &Transform) -> u64 {
    const ONE: u32 = 1_f32.to_bits();
    let Transform { translation, rotation, scale } = place;
    let (ab, c) = (bits(translation.x) | bits(translation.y) << 32, bits(translation.z));
    // Most never turn or grow. Bit by bit, and number by number: as lists they would be written out first.
    let turned = rotation.x.to_bits() | rotation.y.to_bits() | rotation.z.to_bits();
    let grown = [rotation.w, scale.x, scale.y, scale.z].map(|x| x.to_bits() ^ ONE);
    if turned | grown[0] | grown[1] | grown[2] | grown[3] == 0 {
        return mixed_four([ab, c, hash, 0]);
    }
    let [d, e, f, g] = rotation.to_array().map(bits);
    let [h, i, j] = scale.to_array().map(bits);
    mixed_six([ab, c | d << 32, e | f << 32, g | h << 32, i | j << 32, hash])
}

fn bits(x: f32) -> u64 {
    u64::from(if x.is_nan() { f32::NAN.to_bits() } else { x.to_bits() })
}

fn text(text: &str) -> u64 {
    twox_hash::XxHash3_64::oneshot(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_nans_are_one_and_nothing_else_is() {
        let nan = |bits: u32| f32::from_bits(f32::NAN.to_bits() | bits);
        let nans = [f32::NAN, -f32::NAN, nan(1), nan(1 << 31 | 5)];
        let others = [0.0, -0.0, 1.0, 2.0, f32::MAX, f32::INFINITY, f32::NEG_INFINITY];
        type Put = fn(&mut Transform, f32);
        let puts: [Put; 10] = [
            |it, x| it.translation.x = x,
            |it, x| it.translation.y = x,
            |it, x| it.translation.z = x,
            |it, x| it.rotation.x = x,
            |it, x| it.rotation.y = x,
            |it, x| it.rotation.z = x,
            |it, x| it.rotation.w = x,
            |it, x| it.scale.x = x,
            |it, x| it.scale.y = x,
            |it, x| it.scale.z = x,
        ];
        let mut seen = std::collections::HashSet::new();
        for put in puts {
            let at = |x| {
                let mut place = Transform::IDENTITY;
                put(&mut place, x);
                mixed_place(7, &place)
            };
            assert!(nans.iter().all(|x| at(*x) == at(f32::NAN)));
            seen.extend(others.map(at));
            seen.insert(at(f32::NAN));
        }
        // Each number in each place is told from all others, but that there are several ways of writing the
        // place of which all else differs by one number: 0 in seven places, 1 in four.
        assert_eq!(seen.len(), 10 * 8 - 6 - 3);
        assert_ne!(mixed_place(7, &Transform::IDENTITY), mixed_place(8, &Transform::IDENTITY));
    }
}

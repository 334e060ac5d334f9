//! Who is updated together: neighbours by id, and among them those who run the same script.

use std::{collections::BTreeMap, sync::Arc};

use super::{roster::RosterEntry, view::Spot};
use crate::{
    api::Progression,
    contract::ScriptId,
    script::{FunctionId, Seats},
};

/// Some of those who are updated and not held to a share, in the order of (id, slot). What they ask for is put in order when all have had their
/// turn, so within a stretch they may come in any order.
pub(super) struct Stretch {
    /// From 0.
    pub(super) number: u32,
    /// From whom on; the first stretch has all before that, too.
    first: Key,
    /// Those who run the same script and are updated in every tick.
    pub(super) cohorts: Vec<Cohort>,
    /// The others who are updated in every tick.
    pub(super) loose: Vec<RosterEntry>,
    /// How many are updated in every tick.
    pub(super) count: usize,
}

/// Up to 64 who run the same script and are updated in every tick.
pub(super) struct Cohort {
    /// Who they are, in order: each has the seat of this number.
    pub(super) members: Box<[RosterEntry]>,
    /// What is called, and of which of the scripts of each.
    pub(super) on_update: Option<FunctionId>,
    pub(super) slot: u16,
    /// Their entities, as bits, for finding them.
    pub(super) entities: Progression,
    /// Of each its id and where in its stretch it stands: all that its call asks for.
    pub(super) ids: Progression,
    pub(super) ranks: Progression,
    /// Where their variables are, once somebody has taken a seat.
    pub(super) seats: Option<Arc<Seats>>,
    /// When each one's scripts were changed last, as far as that is known. Whoever's are not changed since still has his
    /// seat or has been called home from it.
    pub(super) seen: Progression,
    /// Where each was found last, if they do not lie side by side.
    pub(super) spots: Box<[Spot]>,
    /// Whether it pays to call them side by side.
    pub(super) rest: Rest,
}

/// For how many ticks something is not tried that did not pay: twice as many each time.
#[derive(Clone, Copy, Default)]
pub(super) struct Rest {
    left: u32,
    last: u32,
}

/// In this order they come.
type Key = (ScriptId, u16);

/// Fewer than these are called one after the other.
const FEWEST: usize = 5;

/// Among more different scripts in a stretch hardly anybody would find company.
const MOST_SCRIPTS: usize = 16;

/// All stretches, and how long they are.
#[derive(Default)]
pub(super) struct Stretches {
    all: Vec<Stretch>,
    /// How many calls in a tick one should be.
    length: usize,
}

impl Stretches {
    /// All of them, in order.
    pub(super) fn all_mut(&mut self) -> &mut [Stretch] {
        &mut self.all
    }

    /// Takes note of all who are updated and not held to a share, in order, and tells each where it belongs. Stretches of which nobody came or went
    /// stay as they are.
    pub(super) fn renew(&mut self, entries: &mut [RosterEntry]) {
        let length = length(entries);
        // Not anew for each script that comes and goes.
        if length > self.length || length * 4 <= self.length {
            *self = Self { all: Vec::new(), length };
        }
        let length = self.length;
        let mut parts = self.parts(entries);
        join_small(&mut parts, length as f64);
        let mut rest = entries;
        for Part { stretch, count, weight } in parts {
            let (mut members, others) = std::mem::take(&mut rest).split_at_mut(count);
            rest = others;
            let is_long = weight > 2.0 * length as f64 || stretch.is_none();
            let pieces = if is_long { (weight / length as f64).ceil() as usize } else { 1 };
            let mut stretch = stretch;
            for left in (1..=pieces.max(1)).rev() {
                let count = members.len().div_ceil(left);
                let (piece, others) = std::mem::take(&mut members).split_at_mut(count);
                members = others;
                let stretch = stretch.take();
                self.all.extend(Stretch::renewed(stretch, piece, self.all.len() as u32));
            }
        }
    }

    /// Who is in which of the stretches that there are, and behind whom.
    fn parts(&mut self, entries: &[RosterEntry]) -> Vec<Part> {
        let mut rest = entries;
        let mut old = std::mem::take(&mut self.all).into_iter().peekable();
        let mut parts = Vec::new();
        loop {
            let stretch = old.next();
            let count = match old.peek() {
                Some(next) => rest.partition_point(|entry| entry.key() < next.first),
                None => rest.len(),
            };
            let (members, others) = rest.split_at(count);
            rest = others;
            parts.push(Part { stretch, count, weight: weight(members) });
            if old.peek().is_none() {
                return parts;
            }
        }
    }
}

/// Some of those who are updated: those of a stretch, or all.
struct Part {
    stretch: Option<Stretch>,
    count: usize,
    weight: f64,
}

/// How many calls in a tick they come to.
fn weight(members: &[RosterEntry]) -> f64 {
    members.iter().map(|entry| 1.0 / f64::from(entry.every.max(1))).sum()
}

/// How long stretches are: the more scripts there are, the longer, so that those who run the same one find company. What is
/// close in memory is still used about the same time.
fn length(entries: &[RosterEntry]) -> usize {
    let mut scripts: Vec<u64> = Vec::new();
    for entry in entries {
        if scripts.last() != Some(&entry.script) && !scripts.contains(&entry.script) {
            scripts.push(entry.script);
            if scripts.len() == MOST_SCRIPTS {
                break;
            }
        }
    }
    // Powers of two, for the same reason.
    scripts.len().max(1).next_power_of_two() * Seats::COUNT
}

/// Lets stretches of which little is left be one with those before them.
fn join_small(parts: &mut Vec<Part>, length: f64) {
    parts.dedup_by(|later, earlier| {
        let joins = later.weight < length / 4.0 && earlier.weight + later.weight <= length;
        if joins {
            earlier.count += later.count;
            earlier.weight += later.weight;
        }
        joins
    });
}

impl Rest {
    /// The fewest ticks, and the most.
    const LONG: [u32; 2] = [16, 1_024];

    /// Whether it is over. Asked once in a tick.
    pub(super) const fn is_over(&mut self) -> bool {
        let is_over = self.left == 0;
        self.left = self.left.saturating_sub(1);
        is_over
    }

    /// Takes note of whether it has paid.
    pub(super) fn note(&mut self, pays: bool) {
        let [fewest, most] = Self::LONG;
        self.last = if pays { 0 } else { (self.last * 2).clamp(fewest, most) };
        self.left = self.last;
    }
}

impl Stretch {
    /// A stretch with these members, who are told that they are in it, and their order. `None` without members. What is as
    /// it was stays.
    fn renewed(old: Option<Self>, members: &mut [RosterEntry], number: u32) -> Option<Self> {
        let first = members.first()?.key();
        (0..)
            .zip(&mut *members)
            .for_each(|(rank, entry)| (entry.stretch, entry.rank) = (number, rank));
        let (first, mut old) =
            old.map_or((first, Vec::new()), |old| (old.first.min(first), old.cohorts));
        let mut groups: BTreeMap<_, Vec<RosterEntry>> = BTreeMap::new();
        for entry in members.iter().filter(|entry| entry.every <= 1) {
            groups.entry(entry.call()).or_default().push(*entry);
        }
        let count = groups.values().map(Vec::len).sum();
        let (mut cohorts, mut loose) = (Vec::new(), Vec::new());
        for group in groups.into_values() {
            if group.len() < FEWEST {
                loose.extend(group);
                continue;
            }
            let count = group.len().div_ceil(Seats::COUNT);
            for members in group.chunks(group.len().div_ceil(count)) {
                let is_it = |cohort: &Cohort| cohort.has(members);
                let known = old.iter().position(is_it).map(|at| old.swap_remove(at));
                cohorts.push(Cohort::renewed(known, members));
            }
        }
        Some(Self { number, first, cohorts, loose, count })
    }
}

impl Cohort {
    /// Whether these are its members.
    fn has(&self, members: &[RosterEntry]) -> bool {
        let pairs = self.members.iter().zip(members);
        self.members.len() == members.len() && pairs.into_iter().all(|(a, b)| a.is_same(b))
    }

    fn renewed(known: Option<Self>, members: &[RosterEntry]) -> Self {
        let of = |number: fn(&RosterEntry) -> u64| Progression::of(members.iter().map(number));
        let ids = of(|entry| entry.id.0.cast_unsigned());
        let ranks = of(|entry| entry.rank.into());
        match known {
            Some(known) => Self { members: members.into(), ids, ranks, ..known },
            None => Self {
                on_update: members.first().and_then(|entry| entry.on_update),
                slot: members.first().map_or(0, |entry| entry.slot),
                ids,
                ranks,
                entities: of(|entry| entry.entity.to_bits()),
                seen: of(|_| 0),
                members: members.into(),
                seats: None,
                spots: vec![Spot::default(); members.len()].into(),
                rest: Rest::default(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use bevy::prelude::*;

    use super::*;

    fn entries(
        ids: impl IntoIterator<Item = i64>,
        script: impl Fn(i64) -> u64,
    ) -> Vec<RosterEntry> {
        let entity = World::new().spawn_empty().id();
        let entry = |id| RosterEntry {
            id: ScriptId(id),
            slot: 0,
            entity,
            on_update: Some(FunctionId::FIRST),
            every: 1,
            listens: false,
            timed: false,
            is_trusted: true,
            script: script(id),
            stretch: 0,
            rank: 0,
        };
        ids.into_iter().map(entry).collect()
    }

    /// How many are in each cohort, and loose, by stretch.
    fn shape(stretches: &Stretches) -> Vec<(Vec<usize>, usize)> {
        let shape = |stretch: &Stretch| {
            let cohorts = stretch.cohorts.iter().map(|cohort| cohort.members.len());
            (cohorts.collect(), stretch.loose.len())
        };
        stretches.all.iter().map(shape).collect()
    }

    /// Marks all cohorts, so that it can be seen which of them stay.
    fn mark(stretches: &mut Stretches) {
        let cohorts = stretches.all.iter_mut().flat_map(|stretch| &mut stretch.cohorts);
        cohorts.for_each(|cohort| cohort.rest.left = 7);
    }

    fn marked(stretches: &Stretches) -> Vec<bool> {
        let cohorts = stretches.all.iter().flat_map(|stretch| &stretch.cohorts);
        cohorts.map(|cohort| cohort.rest.left == 7).collect()
    }

    #[test]
    fn neighbours_of_one_script_are_together() {
        let mut stretches = Stretches::default();
        let mut all = entries(0..200, |_| 1);
        stretches.renew(&mut all);
        assert_eq!(shape(&stretches), vec![(vec![50], 0); 4]);
        let places: Vec<_> = all.iter().map(|entry| (entry.stretch, entry.rank)).collect();
        assert_eq!(
            [places[0], places[49], places[50], places[199]],
            [(0, 0), (0, 49), (1, 0), (3, 49)]
        );

        // Three scripts in turn, of one of which there are few; some are not updated in every tick.
        let mut all = entries(0..240, |id| if id % 60 == 0 { 3 } else { id.cast_unsigned() % 2 });
        all.iter_mut().skip(200).for_each(|entry| entry.every = 4);
        stretches.renew(&mut all);
        assert_eq!(shape(&stretches), [(vec![48, 48, 50, 50], 4)]);
        assert_eq!(
            all.iter().map(|entry| entry.rank).collect::<Vec<_>>(),
            (0..240).collect::<Vec<_>>()
        );
        stretches.renew(&mut []);
        assert_eq!(shape(&stretches), []);
    }

    #[test]
    fn only_those_are_made_anew_of_whom_somebody_came_or_went() {
        let mut stretches = Stretches::default();
        stretches.renew(&mut entries((0..256).map(|id| id * 10), |_| 1));
        assert_eq!(shape(&stretches), vec![(vec![64], 0); 4]);
        mark(&mut stretches);
        // One comes into the second, one leaves the third.
        let ids = (0..256).map(|id| id * 10).chain([705]).filter(|id| *id != 1_500);
        let mut ids: Vec<i64> = ids.collect();
        ids.sort_unstable();
        stretches.renew(&mut entries(ids, |_| 1));
        assert_eq!(
            shape(&stretches),
            [(vec![64], 0), (vec![33, 32], 0), (vec![63], 0), (vec![64], 0)]
        );
        assert_eq!(marked(&stretches), [true, false, false, false, true]);
    }

    #[test]
    fn what_is_long_is_cut_and_what_is_short_is_joined() {
        let mut stretches = Stretches::default();
        stretches.renew(&mut entries((0..128).map(|id| id * 100), |_| 1));
        mark(&mut stretches);
        // Many come into the second.
        let ids = (0..64).map(|id| id * 100).chain(6_400..6_600);
        stretches.renew(&mut entries(ids, |_| 1));
        assert_eq!(
            shape(&stretches),
            [(vec![64], 0), (vec![50], 0), (vec![50], 0), (vec![50], 0), (vec![50], 0)]
        );
        assert_eq!(marked(&stretches), [true, false, false, false, false]);
        // Few are left in all but the first.
        let ids = (0..32).map(|id| id * 100).chain([6_410, 6_420, 6_599]);
        stretches.renew(&mut entries(ids, |_| 1));
        assert_eq!(shape(&stretches), [(vec![35], 0)]);
    }

    #[test]
    fn what_did_not_pay_is_tried_less_and_less() {
        let mut rest = Rest::default();
        let mut waits = Vec::new();
        for _ in 0..9 {
            rest.note(false);
            let mut ticks = 0;
            while !rest.is_over() {
                ticks += 1;
            }
            waits.push(ticks);
        }
        assert_eq!(waits, [16, 32, 64, 128, 256, 512, 1_024, 1_024, 1_024]);
        rest.note(true);
        assert!(rest.is_over());
        rest.note(false);
        assert_eq!(rest.left, 16);
    }
}

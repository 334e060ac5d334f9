use std::{
    collections::{BTreeSet, HashMap},
    sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
};

use super::{
    columns::{Counts, Given, Kind, Place},
    copies::spare_copies,
    flat::Flat,
    liveness::drop_unread,
    op::LaneOp,
    typing::Typing,
};
use crate::script::{
    compiled::{Val, program::Program},
    marks,
};

/// How a function is done for many instances side by side, if their variables are of certain types.
pub(crate) struct Plan {
    /// From 1; no two plans of a process have the same.
    pub(super) number: u64,
    pub(super) ops: Box<[LaneOp]>,
    /// Fuel of each of them.
    pub(super) costs: Box<[u64]>,
    /// The variables that the call reads or writes, by number. Others are looked at where they are.
    pub(super) variables: Box<[Variable]>,
    /// How many columns keep them from one round of calls to the next.
    pub(super) kept: Counts,
    /// The variables that are lists of which it reads items.
    pub(super) lists: Box<[u16]>,
    /// Whether it calls functions of the API.
    pub(super) asks: bool,
    pub(super) given: Given,
    /// Columns that hold the same all the time.
    pub(super) constants: Box<[(Place, Val)]>,
    pub(super) counts: Counts,
    depth: usize,
    /// For how many rounds the plan rests, because too many calls had to be made by themselves.
    rests: AtomicU32,
}

/// A variable that has columns.
pub(super) struct Variable {
    pub(super) slot: u16,
    /// Its [bit](marks::bit).
    pub(super) bit: u64,
    pub(super) is_written: bool,
    /// Where calls have it.
    pub(super) place: Place,
    /// Where it is [kept](super::Kept).
    pub(super) kept: Place,
}

/// Of the columns of all kinds. So much memory stays with a thread.
pub(super) const MOST_COLUMNS: usize = 96;
/// A plan that does not pay is tried again after so many rounds.
const REST: u32 = 16;

impl Plan {
    /// A plan for instances whose variables are like those of one that is at hand; `None` if there would be
    /// nothing to be done side by side.
    pub(crate) fn new(program: &Program, function: u32, state: &[Val]) -> Option<Self> {
        let flat = Flat::of(program, function)?;
        let typing = Typing::of(program, &flat, state)?;
        let ends = typing.lines.iter().any(|(op, _)| matches!(op, LaneOp::End));
        if !ends || typing.counts.sum() > MOST_COLUMNS {
            return None;
        }
        let (mut ops, costs): (Vec<_>, Vec<_>) = typing.lines.into_iter().unzip();
        spare_copies(&mut ops);
        drop_unread(&mut ops, typing.counts);
        find_last_calls(&mut ops);
        let mut kept = Counts::default();
        let mut variables: Vec<_> = typing.variables.into_iter().collect();
        variables.sort_unstable_by_key(|(slot, _)| *slot);
        let variables = variables.into_iter().map(|(slot, place)| Variable {
            slot,
            bit: marks::bit(slot),
            is_written: typing.written.contains(&slot),
            place,
            kept: kept.add(place.kind),
        });
        let variables = variables.collect();
        let lists: BTreeSet<_> = ops.iter().filter_map(LaneOp::list).collect();
        static LAST: AtomicU64 = AtomicU64::new(0);
        Some(Self {
            number: LAST.fetch_add(1, Relaxed) + 1,
            asks: ops.iter().any(|op| matches!(op, LaneOp::Api(_))),
            lists: lists.into_iter().collect(),
            ops: ops.into(),
            costs: costs.into(),
            variables,
            kept,
            constants: typing.constants.into(),
            given: typing.given,
            counts: typing.counts,
            depth: flat.depth,
            rests: AtomicU32::new(0),
        })
    }

    /// Whether it matters whose call it is.
    pub(crate) const fn asks(&self) -> bool {
        let Given { entity, delta_time } = self.given;
        self.asks || entity.is_some() || delta_time.is_some()
    }

    /// The variables that it writes.
    pub(super) fn written(&self) -> impl Iterator<Item = &Variable> {
        self.variables.iter().filter(|variable| variable.is_written)
    }

    /// How many calls of functions are open at the most, the first one not counted.
    pub(crate) const fn depth(&self) -> usize {
        self.depth
    }

    /// Whether it is worth trying at the moment. What comes out is the same in any case.
    pub(crate) fn is_awake(&self) -> bool {
        match self.rests.load(Relaxed) {
            0 => true,
            left => {
                self.rests.store(left - 1, Relaxed);
                false
            }
        }
    }

    /// Lets it rest: fewer than half of a group came to their end.
    pub(super) fn rest(&self) {
        self.rests.store(REST, Relaxed);
    }
}

/// Finds the calls of the API after which a script calls no other.
fn find_last_calls(ops: &mut [LaneOp]) {
    let is_last = |at: usize| {
        let mut seen = vec![false; ops.len()];
        let mut waiting: Vec<usize> = ops[at].next(at).collect();
        while let Some(line) = waiting.pop() {
            let (Some(op), Some(seen)) = (ops.get(line), seen.get_mut(line)) else { continue };
            if std::mem::replace(seen, true) {
                continue;
            }
            if let LaneOp::Api(_) = op {
                return false;
            }
            waiting.extend(op.next(line));
        }
        true
    };
    let last: Vec<bool> =
        (0..ops.len()).map(|at| matches!(ops[at], LaneOp::Api(_)) && is_last(at)).collect();
    for (op, last) in ops.iter_mut().zip(last) {
        if let LaneOp::Api(call) = op {
            call.asks_again = !last;
        }
    }
}

/// Columns of registers and variables, made as they are asked for.
#[derive(Default)]
pub(super) struct Places {
    registers: HashMap<(usize, u8), Place>,
    pub(super) counts: Counts,
}

impl Places {
    /// The column of a register for values of a kind.
    pub(super) fn of(&mut self, register: usize, kind: Kind) -> Place {
        *self.registers.entry((register, kind as u8)).or_insert_with(|| self.counts.add(kind))
    }
}

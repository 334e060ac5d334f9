//! Columns that hold the same. What is a copy is read where the original is, and the copy may be left out. While
//! calls go side by side no list changes, so an item that was read once is at hand, too, for as long as the index
//! is what it was.

use super::{
    columns::{Kind, Place},
    op::{Col, LaneOp},
};

/// How often a line is looked at, on average. Whoever writes scripts chooses how often what is known changes.
const MOST_STEPS: usize = 16;
/// So much is kept in mind of each kind.
const MOST_HELD: usize = 16;

/// What columns hold at a line, whichever way a call has come there.
#[derive(Clone, Default, PartialEq, Eq)]
struct Held {
    /// Columns that are copies of others of their kind: which, and of which.
    copies: Vec<(Place, Col)>,
    items: Vec<Item>,
}

/// An item of a list that a column holds.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Item {
    slot: u16,
    /// The column of the index, or that of which it is a copy.
    index: Col,
    to: Place,
}

/// Lets lines read originals instead of copies, and copy items that are at hand instead of reading them again.
pub(super) fn spare_copies(ops: &mut [LaneOp]) {
    let before = held_before(ops);
    for (op, held) in ops.iter_mut().zip(before) {
        let (LaneOp::Item { slot, index, to }, Some(held)) = (&*op, held) else { continue };
        if let Some(from) = held.item(*slot, *index, to.kind) {
            *op = LaneOp::Copy { kind: to.kind, to: to.column, from };
        }
    }
    let before = held_before(ops);
    for (op, held) in ops.iter_mut().zip(before) {
        if let Some(held) = held {
            op.reads(|kind, column| *column = held.original(kind, *column));
        }
    }
}

/// What columns hold before each line; `None` if no call comes there, or if finding out takes too long.
fn held_before(ops: &[LaneOp]) -> Vec<Option<Held>> {
    let mut before: Vec<Option<Held>> = vec![None; ops.len()];
    let mut waiting = Vec::new();
    if let Some(first) = before.first_mut() {
        *first = Some(Held::default());
        waiting.push(0);
    }
    let mut left = MOST_STEPS * ops.len();
    // Each time a line comes again less is known of it.
    while let Some(at) = waiting.pop() {
        let Some(rest) = left.checked_sub(1) else { return vec![None; ops.len()] };
        left = rest;
        let (Some(op), Some(Some(held))) = (ops.get(at), before.get(at)) else { continue };
        let after = held.after(op);
        for next in op.next(at) {
            let Some(place) = before.get_mut(next) else { continue };
            let is_new = match place {
                Some(held) => held.keep_common(&after),
                None => {
                    *place = Some(after.clone());
                    true
                }
            };
            if is_new {
                waiting.push(next);
            }
        }
    }
    before
}

impl Held {
    /// The column of which one is a copy, or it itself.
    fn original(&self, kind: Kind, column: Col) -> Col {
        let copy = self.copies.iter().find(|(to, _)| *to == Place { kind, column });
        copy.map_or(column, |(_, from)| *from)
    }

    /// The column with an item.
    fn item(&self, slot: u16, index: Col, kind: Kind) -> Option<Col> {
        let wanted = (slot, self.original(Kind::Int, index), kind);
        let item = self.items.iter().find(|it| (it.slot, it.index, it.to.kind) == wanted)?;
        Some(item.to.column)
    }

    /// What is held after a line.
    fn after(&self, op: &LaneOp) -> Self {
        let mut after = self.clone();
        op.writes().for_each(|written| after.forget(written));
        match *op {
            LaneOp::Copy { kind, to, from } => {
                let from = self.original(kind, from);
                if to != from && after.copies.len() < MOST_HELD {
                    after.copies.push((Place { kind, column: to }, from));
                }
            }
            LaneOp::Item { slot, index, to } => {
                let index = self.original(Kind::Int, index);
                let stays = to != Place { kind: Kind::Int, column: index };
                if stays && after.items.len() < MOST_HELD {
                    after.items.push(Item { slot, index, to });
                }
            }
            _ => {}
        }
        after
    }

    /// Forgets what hangs on a column that is written.
    fn forget(&mut self, written: Place) {
        let is_written = |kind, column| written == Place { kind, column };
        self.copies.retain(|(to, from)| *to != written && !is_written(to.kind, *from));
        self.items.retain(|item| item.to != written && !is_written(Kind::Int, item.index));
    }

    /// Forgets what is not so on another way, too; says whether there was such a thing.
    fn keep_common(&mut self, other: &Self) -> bool {
        let count = self.copies.len() + self.items.len();
        self.copies.retain(|copy| other.copies.contains(copy));
        self.items.retain(|item| other.items.contains(item));
        self.copies.len() + self.items.len() < count
    }
}

#[cfg(test)]
mod tests {
    use super::{super::liveness::drop_unread, *};
    use crate::script::compiled::lanes::columns::Counts;

    const COUNTS: Counts = Counts { bools: 1, ints: 3, floats: 1, vec3s: 3 };

    const fn vec3(column: Col) -> Place {
        Place { kind: Kind::Vec3, column }
    }

    /// `variable 0 -> register 1`, and the item of list 7 at that index.
    fn read(to: Col) -> [LaneOp; 2] {
        let item = LaneOp::Item { slot: 7, index: 1, to: vec3(to) };
        [LaneOp::Copy { kind: Kind::Int, to: 1, from: 0 }, item]
    }

    fn part(of: Col) -> LaneOp {
        LaneOp::Part { to: 0, of, part: 0 }
    }

    fn spared(ops: impl IntoIterator<Item = LaneOp>) -> Vec<LaneOp> {
        let mut ops: Vec<_> = ops.into_iter().chain([LaneOp::End]).collect();
        spare_copies(&mut ops);
        drop_unread(&mut ops, COUNTS);
        ops
    }

    /// Which lines read items, and of which column the last part is.
    fn reads(ops: &[LaneOp]) -> (Vec<usize>, Option<Col>) {
        let items = ops.iter().enumerate().filter(|(_, op)| matches!(op, LaneOp::Item { .. }));
        let part = ops.iter().rev().find_map(|op| match op {
            LaneOp::Part { of, .. } => Some(*of),
            _ => None,
        });
        (items.map(|(line, _)| line).collect(), part)
    }

    #[test]
    fn an_item_is_read_once_and_nothing_is_copied() {
        let ops = spared(read(0).into_iter().chain([part(0)]).chain(read(1)).chain([part(1)]));
        assert_eq!(reads(&ops), (vec![1], Some(0)));
        assert!(matches!(ops[1], LaneOp::Item { index: 0, .. }), "of the variable itself");
        assert!(!ops.iter().any(|op| matches!(op, LaneOp::Copy { .. })));
    }

    #[test]
    fn where_the_index_has_changed_it_is_read_again() {
        let step = LaneOp::IntsNoted { bit: 1, to: 0, b: 2 };
        let ops = spared(read(0).into_iter().chain([step]).chain(read(1)).chain([part(1)]));
        assert_eq!(reads(&ops), (vec![1, 4], Some(1)));
        // A copy of what was there before stays one.
        let late = LaneOp::Item { slot: 7, index: 1, to: vec3(1) };
        let step = LaneOp::IntsNoted { bit: 1, to: 0, b: 2 };
        let ops = spared(read(0).into_iter().chain([step, late, part(1)]));
        assert_eq!(reads(&ops), (vec![1, 3], Some(1)));
        assert!(matches!(ops[0], LaneOp::Copy { to: 1, from: 0, .. }));
        assert!(matches!(ops[3], LaneOp::Item { index: 1, .. }));
    }

    #[test]
    fn where_an_item_is_overwritten_it_is_read_again() {
        let other = LaneOp::Item { slot: 8, index: 0, to: vec3(0) };
        let ops = spared(read(0).into_iter().chain([other]).chain(read(1)).chain([part(1)]));
        assert_eq!(reads(&ops), (vec![1, 2, 4], Some(1)));
    }

    #[test]
    fn what_only_one_of_two_ways_has_read_is_not_at_hand() {
        // 0: to 3 or on; 1, 2: a way that reads; 3, 4: both read; 5.
        let skip = LaneOp::JumpIs { is: true, condition: 0, to: 3 };
        let ops = spared([skip].into_iter().chain(read(0)).chain(read(1)).chain([part(1)]));
        assert_eq!(reads(&ops), (vec![2, 4], Some(1)));
        // 5: back to 0, so that what is known there is what is known at both.
        let again = LaneOp::JumpIs { is: true, condition: 0, to: 0 };
        let ops = spared(read(0).into_iter().chain(read(1)).chain([part(1), again]));
        assert_eq!(reads(&ops), (vec![1], Some(0)));
    }
}

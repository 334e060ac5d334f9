//! Which columns are read later on.

use super::{
    columns::{Counts, Kind},
    op::LaneOp,
    plan::MOST_COLUMNS,
};

/// Columns, each a bit.
type Columns = u128;

const _: () = assert!(MOST_COLUMNS <= Columns::BITS as usize);

/// The bit of a column; none of units, which hold nothing.
fn bit(counts: Counts, kind: Kind, column: u16) -> Columns {
    let before = match kind {
        Kind::Unit => return 0,
        Kind::Bool => 0,
        Kind::Int => counts.bools,
        Kind::Float => counts.bools + counts.ints,
        Kind::Vec3 => counts.bools + counts.ints + counts.floats,
    };
    1_u128.checked_shl(u32::from(before + column)).unwrap_or_default()
}

/// Leaves out copies that nobody reads, and takes note of calls whose answer nobody does.
pub(super) fn drop_unread(ops: &mut [LaneOp], counts: Counts) {
    let before = read_from(ops, counts);
    for (at, op) in ops.iter_mut().enumerate() {
        let later = op.next(at).filter_map(|next| before.get(next)).fold(0, |a, b| a | b);
        match op {
            LaneOp::Copy { kind, to, .. } if later & bit(counts, *kind, *to) == 0 => {
                *op = LaneOp::Skip;
            }
            LaneOp::Give { kind, to, next, .. } if later & bit(counts, *kind, *to) == 0 => {
                *op = LaneOp::Jump { to: *next };
            }
            LaneOp::Api(call) => {
                call.is_used = later & bit(counts, call.to.kind, call.to.column) != 0;
            }
            _ => {}
        }
    }
}

/// The columns that are read from each line on before they are written.
fn read_from(ops: &mut [LaneOp], counts: Counts) -> Vec<Columns> {
    let own: Vec<(Columns, Columns)> = ops
        .iter_mut()
        .map(|op| {
            let changed = op.changes().map_or(0, |it| bit(counts, it.kind, it.column));
            let mut read = changed;
            op.reads(|kind, column| read |= bit(counts, kind, *column));
            let written = match op {
                // At the end of its loop it writes nothing.
                LaneOp::Next { .. } => 0,
                op => op.writes().fold(0, |all, it| all | bit(counts, it.kind, it.column)),
            };
            (read, written & !changed)
        })
        .collect();
    let mut before = vec![0; ops.len()];
    // Columns only come in, so this ends: after as many rounds as loops lie in each other, and two.
    loop {
        let mut is_done = true;
        for (at, op) in ops.iter().enumerate().rev() {
            let later = op.next(at).filter_map(|next| before.get(next)).fold(0, |a, b| a | b);
            let Some((read, written)) = own.get(at) else { continue };
            let now = read | (later & !written);
            if let Some(place) = before.get_mut(at)
                && *place != now
            {
                (*place, is_done) = (now, false);
            }
        }
        if is_done {
            return before;
        }
    }
}

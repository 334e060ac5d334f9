//! Scalars that many calls of scripts hold side by side.

use std::cell::Cell;

use glam::{Vec3, Vec4};

use super::Passed;
use crate::contract::is_finite;

/// How many calls are done at a time: as many as a mask has bits.
pub(crate) const LANES: usize = 64;

/// What each of the calls holds. Cells, because an instruction may read the column that it writes.
pub type Column<T> = [Cell<T>; LANES];

/// A column of any kind. There are none of units: all are alike.
#[derive(Clone, Copy)]
#[expect(missing_docs, reason = "each is of the type of that name")]
pub enum AnyColumn<'a> {
    Unit,
    Bool(&'a Column<bool>),
    Int(&'a Column<i64>),
    Float(&'a Column<f64>),
    Vec3(&'a Column<Vec3>),
}

/// A type of which there are columns.
pub trait Scalar: Copy {
    /// A column of it.
    #[doc(hidden)]
    type In<'a>: Copy;
    /// The column, if it is of this type.
    #[doc(hidden)]
    fn column(column: AnyColumn<'_>) -> Option<Self::In<'_>>;
    /// What one call has there.
    #[doc(hidden)]
    fn get(column: Self::In<'_>, lane: usize) -> Self;
    /// Gives one call something.
    #[doc(hidden)]
    fn set(column: Self::In<'_>, lane: usize, value: Self);
    /// As a script passes it.
    fn passed(self) -> Passed<'static>;
    /// What was passed, if it is of this type.
    fn of(passed: Passed<'_>) -> Option<Self>;
}

impl Scalar for () {
    type In<'a> = ();

    #[inline(always)]
    fn column(column: AnyColumn<'_>) -> Option<()> {
        matches!(column, AnyColumn::Unit).then_some(())
    }

    #[inline(always)]
    fn get((): (), _: usize) {}

    #[inline(always)]
    fn set((): (), _: usize, (): ()) {}

    #[inline(always)]
    fn passed(self) -> Passed<'static> {
        Passed::Unit
    }

    #[inline(always)]
    fn of(passed: Passed<'_>) -> Option<()> {
        matches!(passed, Passed::Unit).then_some(())
    }
}

macro_rules! scalar {
    ($($type:ty => $name:ident,)*) => {
        $(impl Scalar for $type {
            type In<'a> = &'a Column<$type>;

            #[inline(always)]
            fn column(column: AnyColumn<'_>) -> Option<Self::In<'_>> {
                if let AnyColumn::$name(column) = column { Some(column) } else { None }
            }

            #[inline(always)]
            fn get(column: Self::In<'_>, lane: usize) -> Self {
                column[lane % LANES].get()
            }

            #[inline(always)]
            fn set(column: Self::In<'_>, lane: usize, value: Self) {
                column[lane % LANES].set(value);
            }

            #[inline(always)]
            fn passed(self) -> Passed<'static> {
                Passed::$name(self)
            }

            #[inline(always)]
            fn of(passed: Passed<'_>) -> Option<Self> {
                if let Passed::$name(value) = passed { Some(value) } else { None }
            }
        })*
    };
}

scalar! {
    bool => Bool,
    i64 => Int,
    f64 => Float,
    Vec3 => Vec3,
}

/// The lanes of a mask in which a vector is finite.
// By itself: all functions that take points have this in common.
#[inline(never)]
pub(super) fn points(column: &Column<Vec3>, mask: u64) -> u64 {
    // All are looked at together first: four of them are three times four numbers, one behind the other. Times zero, only
    // what is finite is zero.
    let (fours, _) = column.as_chunks::<4>();
    let mut sums = [Vec4::ZERO; 3];
    for [a, b, c, d] in fours {
        let (a, b, c, d) = (a.get(), b.get(), c.get(), d.get());
        sums[0] += Vec4::new(a.x, a.y, a.z, b.x) * 0.0;
        sums[1] += Vec4::new(b.y, b.z, c.x, c.y) * 0.0;
        sums[2] += Vec4::new(c.z, d.x, d.y, d.z) * 0.0;
    }
    if sums[0] + sums[1] + sums[2] == Vec4::ZERO {
        mask
    } else {
        which(mask, |lane| is_finite(column[lane].get()))
    }
}

/// The lanes of a mask in which there is an [`Amount`](super::Amount).
#[inline(never)]
pub(super) fn amounts(column: &Column<f64>, mask: u64) -> u64 {
    const MOST: f64 = f32::MAX as f64;
    // As above: the bits of positive numbers are in their order, and NaN is above them all.
    let any = column.iter().fold(0, |any, at| {
        let bits = at.get().to_bits();
        any | bits | MOST.to_bits().wrapping_sub(bits)
    });
    if any >> 63 == 0 {
        mask
    } else {
        which(mask, |lane| (0.0..=MOST).contains(&column[lane].get()))
    }
}

/// The numbers of the lanes in a mask.
#[inline(always)]
pub(crate) fn lanes_of(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lane = mask.trailing_zeros() as usize;
        mask &= mask.checked_sub(1)?;
        Some(lane)
    })
}

/// Does something for each lane in a mask.
#[inline(always)]
pub(crate) fn each(mask: u64, mut work: impl FnMut(usize)) {
    // All of the first so many: then the lanes lie side by side in memory, too.
    let count = mask.trailing_ones() as usize;
    if mask.count_ones() as usize == count {
        (0..count).for_each(work);
    } else {
        lanes_of(mask).for_each(&mut work);
    }
}

/// The lanes of a mask for which something holds.
#[inline(always)]
pub(crate) fn which(mask: u64, holds: impl Fn(usize) -> bool) -> u64 {
    let mut found: u64 = 0;
    let count = mask.trailing_ones();
    if mask.count_ones() == count {
        // As above. Bits that go round need not be put in their places one by one.
        for lane in 0..count as usize {
            found = (found | u64::from(holds(lane))).rotate_right(1);
        }
        return found.rotate_left(count);
    }
    lanes_of(mask).for_each(|lane| found |= u64::from(holds(lane)) << lane);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column<T: Copy>(usual: T, others: &[(usize, T)]) -> Column<T> {
        let column: Column<T> = std::array::from_fn(|_| Cell::new(usual));
        others.iter().for_each(|(lane, value)| column[*lane].set(*value));
        column
    }

    #[test]
    fn points_are_finite() {
        let usual = Vec3::new(f32::MAX, f32::MIN, -0.0);
        assert_eq!(points(&column(usual, &[]), u64::MAX), u64::MAX);
        let others = [
            (0, Vec3::new(f32::NAN, 0.0, 0.0)),
            (5, Vec3::new(0.0, f32::INFINITY, 0.0)),
            (6, Vec3::new(f32::MIN_POSITIVE, 1e-45, -1e-45)),
            (63, Vec3::new(0.0, 0.0, f32::NEG_INFINITY)),
        ];
        for (lane, other) in others {
            let unfit = if other.is_finite() { 0 } else { 1 << lane };
            assert_eq!(points(&column(usual, &[(lane, other)]), u64::MAX), !unfit, "{other}");
        }
        assert_eq!(points(&column(usual, &others), 0b110_0001), 0b100_0000);
        assert_eq!(points(&column(usual, &others), 0b1110), 0b1110);
    }

    #[test]
    fn amounts_are_finite_and_not_negative() {
        let most = f64::from(f32::MAX);
        assert_eq!(amounts(&column(most, &[(3, 0.0), (4, 5e-324)]), u64::MAX), u64::MAX);
        let unfit = [most.next_up(), -5e-324, -1.0, f64::NAN, -f64::NAN, f64::INFINITY];
        for (lane, x) in unfit.into_iter().enumerate() {
            assert_eq!(amounts(&column(1.0, &[(lane, x)]), u64::MAX), !(1 << lane), "{x}");
        }
        // It is one, though its bits say that it is negative.
        assert_eq!(amounts(&column(-0.0, &[(1, -2.0)]), 0b111), 0b101);
    }

    #[test]
    fn lanes_are_those_of_the_mask() {
        for mask in [0, 1, 0b101, 0xff, u64::MAX, u64::MAX - 1, 1 << 63] {
            let (mut dense, mut sparse) = (0_u64, 0_u64);
            each(mask, |lane| dense |= 1 << lane);
            lanes_of(mask).for_each(|lane| sparse |= 1 << lane);
            assert_eq!((dense, sparse), (mask, mask));
            for holds in [0, 1, 0b110, u64::MAX, 1 << 63, 0x5555_5555_5555_5555] {
                assert_eq!(which(mask, |lane| holds >> lane & 1 == 1), mask & holds);
            }
        }
    }
}

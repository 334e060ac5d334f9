//! Scalars that many calls of scripts hold side by side.

use std::cell::Cell;

use glam::Vec3;

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
    // All are looked at together first, as numbers that processors compare several of at a time. In the exponent of what is
    // not finite all bits are set, so one more carries over.
    let infinite = |x: f32| (x.to_bits() & 0x7fff_ffff).wrapping_add(0x0080_0000);
    let any = column.iter().fold(0, |any, at| {
        let Vec3 { x, y, z } = at.get();
        any | infinite(x) | infinite(y) | infinite(z)
    });
    if any >> 31 == 0 { mask } else { each(mask, |lane| is_finite(column[lane].get())) }
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
        each(mask, |lane| (0.0..=MOST).contains(&column[lane].get()))
    }
}

/// The lanes of a mask for which something holds.
#[inline(always)]
fn each(mask: u64, holds: impl Fn(usize) -> bool) -> u64 {
    let bit = |lane: usize| u64::from(mask >> lane & 1 == 1 && holds(lane)) << lane;
    (0..LANES).fold(0, |found, lane| found | bit(lane))
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
}

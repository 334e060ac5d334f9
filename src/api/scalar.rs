//! Scalars that many calls of scripts hold side by side.

use std::cell::Cell;

use glam::Vec3;

use super::Passed;

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

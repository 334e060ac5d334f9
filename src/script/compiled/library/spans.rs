//! Which part of a list a script means by a place and a length, or by a range.

use super::super::Val;

/// The part from `start` that is `length` long, as far as there is one. A negative start counts
/// from the end, and one before the beginning is the beginning.
pub(super) fn part(size: usize, start: i64, length: i64) -> (usize, usize) {
    let distance = usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX);
    let start = if start < 0 { size.saturating_sub(distance) } else { distance.min(size) };
    let length = usize::try_from(length.max(0)).unwrap_or(usize::MAX);
    (start, length.min(size - start))
}

/// The one place that `index` means, if there is such a place. A negative one counts from the end.
pub(super) fn place(size: usize, index: i64) -> Option<usize> {
    let distance = usize::try_from(index.unsigned_abs()).ok()?;
    let place = if index < 0 { size.checked_sub(distance)? } else { distance };
    (place < size).then_some(place)
}

/// A start and a length, given as such or as a range, and the arguments after them. `None` if the
/// arguments begin with neither.
///
/// A range does not begin before 0, and one with its end included that ends before it begins has
/// one place.
pub(super) fn span(arguments: &[Val]) -> Option<(i64, i64, &[Val])> {
    match arguments {
        [Val::Range(range), others @ ..] => {
            let start = range.start.max(0);
            let end = range.end.max(start);
            let length =
                if range.inclusive { end.min(i64::MAX - 1) - start + 1 } else { end - start };
            Some((start, length, others))
        }
        [Val::Int(start), Val::Int(length), others @ ..] => Some((*start, *length, others)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_cut_to_what_is_there() {
        assert_eq!(part(5, 1, 3), (1, 3));
        assert_eq!(part(5, 1, i64::MAX), (1, 4));
        assert_eq!(part(5, -2, 9), (3, 2));
        assert_eq!(part(5, -9, 2), (0, 2));
        assert_eq!(part(5, i64::MIN, 2), (0, 2));
        assert_eq!(part(5, 5, 2), (5, 0));
        assert_eq!(part(5, i64::MAX, 2), (5, 0));
        assert_eq!(part(5, 2, -1), (2, 0));
        assert_eq!(part(0, -1, 1), (0, 0));
    }

    #[test]
    fn places_are_there_or_not() {
        assert_eq!(place(3, 0), Some(0));
        assert_eq!(place(3, 2), Some(2));
        assert_eq!(place(3, 3), None);
        assert_eq!(place(3, -1), Some(2));
        assert_eq!(place(3, -3), Some(0));
        assert_eq!(place(3, -4), None);
        assert_eq!(place(0, 0), None);
        assert_eq!(place(3, i64::MIN), None);
    }

    #[test]
    fn ranges_have_a_start_and_a_length() {
        let of = |start, end, inclusive| {
            let (start, length, _) = span(&[Val::range(start, end, inclusive)]).unwrap();
            (start, length)
        };
        assert_eq!(of(2, 5, false), (2, 3));
        assert_eq!(of(2, 5, true), (2, 4));
        assert_eq!(of(-2, 5, false), (0, 5));
        assert_eq!(of(5, 2, false), (5, 0));
        assert_eq!(of(5, 2, true), (5, 1));
        assert_eq!(of(0, i64::MAX, true), (0, i64::MAX));
        assert_eq!(of(i64::MAX, i64::MAX, true), (i64::MAX, 0));
        assert!(span(&[Val::Int(1)]).is_none());
    }
}

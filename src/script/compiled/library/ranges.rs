//! Ranges, numbers in steps, and the bits of a number one after the other.

use super::super::{
    Range, Val,
    fault::Fault,
    machine::Run,
    native::{Effect, Native, NativeCode, Price, Receiver},
    steps::Steps,
};

const fn row(
    name: &'static str,
    arity: usize,
    receiver: Receiver,
    code: NativeCode,
    signature: &'static str,
    doc: &'static str,
) -> Native {
    let (price, effect) = (Price::Nothing, Effect::Pure);
    Native { name, arity, receiver, signature, doc, price, effect, code }
}

const ROWS: &[Native] = &[
    row("start", 1, Receiver::Range, start, START[0], START[1]),
    row("get$start", 1, Receiver::Range, start, "range.start -> int", START[1]),
    row("end", 1, Receiver::Range, end, END[0], END[1]),
    row("get$end", 1, Receiver::Range, end, "range.end -> int", END[1]),
    row("is_inclusive", 1, Receiver::Range, is_inclusive, INCLUSIVE[0], INCLUSIVE[1]),
    row(
        "get$is_inclusive",
        1,
        Receiver::Range,
        is_inclusive,
        "range.is_inclusive -> bool",
        INCLUSIVE[1],
    ),
    row("is_exclusive", 1, Receiver::Range, is_exclusive, EXCLUSIVE[0], EXCLUSIVE[1]),
    row(
        "get$is_exclusive",
        1,
        Receiver::Range,
        is_exclusive,
        "range.is_exclusive -> bool",
        EXCLUSIVE[1],
    ),
    row("is_empty", 1, Receiver::Range, is_empty, EMPTY[0], EMPTY[1]),
    row("get$is_empty", 1, Receiver::Range, is_empty, "range.is_empty -> bool", EMPTY[1]),
    Native {
        // Like the reference, which takes looking into a range for a change.
        effect: Effect::Changes,
        ..row(
            "contains",
            2,
            Receiver::Range,
            contains,
            "contains(range: range, value: int) -> bool",
            "Whether a number lies in a range; `value in range` says the same.",
        )
    },
    row(
        "range",
        2,
        Receiver::Int,
        range,
        "range(from: int, to: int) -> range",
        "The numbers from one to before another, as `from..to`.",
    ),
    row(
        "range",
        3,
        Receiver::Int,
        int_steps,
        "range(from: int, to: int, step: int) -> range",
        "The numbers from one to before another in steps, for a `for`; a negative step goes down.",
    ),
    row(
        "range",
        2,
        Receiver::Range,
        range_steps,
        "range(range: range, step: int) -> range",
        "The numbers of a range without its end in steps, for a `for`.",
    ),
    row(
        "range",
        3,
        Receiver::Float,
        float_steps,
        "range(from: float, to: float, step: float) -> range",
        "The numbers from one to before another in steps, for a `for`; a negative step goes down.",
    ),
    row("bits", 1, Receiver::Int, bits, "bits(value: int) -> range", BITS),
    row("get$bits", 1, Receiver::Int, bits, "value.bits -> range", BITS),
    row(
        "bits",
        2,
        Receiver::Int,
        bits_of_part,
        "bits(value: int, from: int | range) -> range",
        "The bits from a place on, or in a range, lowest first, for a `for`.",
    ),
    row(
        "bits",
        3,
        Receiver::Int,
        bits_of_part,
        "bits(value: int, from: int, len: int) -> range",
        "So many bits from a place on, lowest first, for a `for`.",
    ),
];

pub(super) fn natives() -> Vec<Native> {
    ROWS.to_vec()
}

const START: [&str; 2] = ["start(range: range) -> int", "Where a range begins."];
const END: [&str; 2] = ["end(range: range) -> int", "Where a range ends."];
const INCLUSIVE: [&str; 2] =
    ["is_inclusive(range: range) -> bool", "Whether the end belongs to a range."];
const EXCLUSIVE: [&str; 2] =
    ["is_exclusive(range: range) -> bool", "Whether the end does not belong to a range."];
const EMPTY: [&str; 2] = ["is_empty(range: range) -> bool", "Whether no number lies in a range."];
const BITS: &str = "All bits of a number, lowest first, for a `for`.";

fn of(value: &Val) -> Result<Range, Fault> {
    match value {
        Val::Range(range) => Ok(***range),
        _ => Err(Fault::no_overload()),
    }
}

fn start(_: &mut Run<'_, '_>, range: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    Ok(Val::Int(of(range)?.start))
}

fn end(_: &mut Run<'_, '_>, range: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    Ok(Val::Int(of(range)?.end))
}

fn is_inclusive(_: &mut Run<'_, '_>, range: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    Ok(Val::Bool(of(range)?.inclusive))
}

fn is_exclusive(_: &mut Run<'_, '_>, range: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    Ok(Val::Bool(!of(range)?.inclusive))
}

fn is_empty(_: &mut Run<'_, '_>, range: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    let Range { start, end, inclusive } = of(range)?;
    Ok(Val::Bool(if inclusive { start > end } else { start >= end }))
}

fn contains(_: &mut Run<'_, '_>, range: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(value)] = rest else { return Err(Fault::no_overload()) };
    let Range { start, end, inclusive } = of(range)?;
    Ok(Val::Bool(start <= *value && if inclusive { *value <= end } else { *value < end }))
}

fn range(_: &mut Run<'_, '_>, from: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    match (from, rest) {
        (Val::Int(from), [Val::Int(to)]) => Ok(Val::range(*from, *to, false)),
        _ => Err(Fault::no_overload()),
    }
}

fn steps(steps: Result<Steps, Fault>) -> Result<Val, Fault> {
    steps.map(Val::steps)
}

fn int_steps(_: &mut Run<'_, '_>, from: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    match (from, rest) {
        (Val::Int(from), [Val::Int(to), Val::Int(step)]) => steps(Steps::ints(*from, *to, *step)),
        _ => Err(Fault::no_overload()),
    }
}

fn range_steps(_: &mut Run<'_, '_>, range: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    match (of(range)?, rest) {
        (Range { start, end, inclusive: false }, [Val::Int(step)]) => {
            steps(Steps::ints(start, end, *step))
        }
        _ => Err(Fault::no_overload()),
    }
}

fn float_steps(_: &mut Run<'_, '_>, from: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    match (from, rest) {
        (Val::Float(from), [Val::Float(to), Val::Float(step)]) => {
            steps(Steps::floats(*from, *to, *step))
        }
        _ => Err(Fault::no_overload()),
    }
}

fn bits(_: &mut Run<'_, '_>, value: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    match value {
        Val::Int(value) => steps(Steps::bits(*value, 0, i64::MAX)),
        _ => Err(Fault::no_overload()),
    }
}

fn bits_of_part(_: &mut Run<'_, '_>, value: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let Val::Int(value) = value else { return Err(Fault::no_overload()) };
    let (from, length) = match rest {
        [Val::Int(from)] => (*from, i64::MAX),
        [Val::Int(from), Val::Int(length)] => (*from, *length),
        [Val::Range(range)] => part(range),
        _ => return Err(Fault::no_overload()),
    };
    steps(Steps::bits(*value, from, length))
}

/// The start and the length that a range means. It does not begin before 0, and one that ends before
/// it begins is empty.
fn part(range: &Range) -> (i64, i64) {
    let start = range.start.max(0);
    if range.inclusive {
        (start, range.end.max(start - 1).min(i64::MAX - 1) - start + 1)
    } else {
        (start, range.end.max(start) - start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_a_start_and_a_length() {
        let of = |start, end, inclusive| part(&Range { start, end, inclusive });
        assert_eq!(of(2, 5, false), (2, 3));
        assert_eq!(of(2, 5, true), (2, 4));
        assert_eq!(of(-2, 5, true), (0, 6));
        assert_eq!(of(5, 2, false), (5, 0));
        assert_eq!(of(5, 2, true), (5, 0));
        assert_eq!(of(0, -1, true), (0, 0));
        assert_eq!(of(0, i64::MAX, true), (0, i64::MAX));
        assert_eq!(of(i64::MAX, i64::MAX, true), (i64::MAX, 0));
    }
}

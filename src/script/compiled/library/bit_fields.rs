//! The bits of an integer: 64, of which the lowest is number 0. Negative numbers count from the
//! highest.

use rhai::{EvalAltResult, Position};

use super::super::{
    Val,
    fault::Fault,
    machine::Run,
    native::{Effect, Native, NativeCode, Price, Receiver},
};
use super::spans;

const fn row(
    name: &'static str,
    arity: usize,
    effect: Effect,
    code: NativeCode,
    signature: &'static str,
    doc: &'static str,
) -> Native {
    let (receiver, price) = (Receiver::Int, Price::Nothing);
    Native { name, arity, receiver, signature, doc, price, effect, code }
}

use Effect::{Changes, Pure};

const ROWS: [Native; 6] = [
    row(
        "get_bit",
        2,
        Pure,
        get_bit,
        "get_bit(value: int, bit: int) -> bool",
        "Whether a bit is set.",
    ),
    row(
        "set_bit",
        3,
        Changes,
        set_bit,
        "set_bit(value: int, bit: int, on: bool)",
        "Sets or clears a bit.",
    ),
    row(
        "get_bits",
        2,
        Pure,
        get_bits,
        "get_bits(value: int, range: range) -> int",
        "The number that some of the bits make.",
    ),
    row(
        "get_bits",
        3,
        Pure,
        get_bits,
        "get_bits(value: int, start: int, bits: int) -> int",
        "The number that some of the bits make.",
    ),
    row(
        "set_bits",
        3,
        Changes,
        set_bits,
        "set_bits(value: int, range: range, new_value: int)",
        "Puts the lowest bits of a number in place of some of the bits.",
    ),
    row(
        "set_bits",
        4,
        Changes,
        set_bits,
        "set_bits(value: int, start: int, bits: int, new_value: int)",
        "Puts the lowest bits of a number in place of some of the bits.",
    ),
];

pub(super) fn natives() -> Vec<Native> {
    ROWS.to_vec()
}

const BITS: usize = 64;

fn no_such_bit(bit: i64) -> Fault {
    EvalAltResult::ErrorBitFieldBounds(BITS, bit, Position::NONE).into()
}

fn place(bit: i64) -> Result<usize, Fault> {
    spans::place(BITS, bit).ok_or_else(|| no_such_bit(bit))
}

fn int(value: &mut Val) -> Result<&mut i64, Fault> {
    match value {
        Val::Int(value) => Ok(value),
        _ => Err(Fault::no_overload()),
    }
}

fn get_bit(_: &mut Run<'_, '_>, value: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(bit)] = rest else { return Err(Fault::no_overload()) };
    let bit = place(*bit)?;
    Ok(Val::Bool((*int(value)? >> bit) & 1 != 0))
}

fn set_bit(_: &mut Run<'_, '_>, value: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(bit), Val::Bool(on)] = rest else { return Err(Fault::no_overload()) };
    let mask = 1 << place(*bit)?;
    let value = int(value)?;
    *value = if *on { *value | mask } else { *value & !mask };
    Ok(Val::Unit)
}

fn get_bits(_: &mut Run<'_, '_>, value: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let Some((span, [])) = span(rest) else { return Err(Fault::no_overload()) };
    let Some(Field { start, mask }) = Field::new(span)? else { return Ok(Val::Int(0)) };
    Ok(Val::Int((*int(value)? >> start) & mask))
}

fn set_bits(_: &mut Run<'_, '_>, value: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let Some((span, [Val::Int(new)])) = span(rest) else { return Err(Fault::no_overload()) };
    if let Some(Field { start, mask }) = Field::new(span)? {
        let value = int(value)?;
        *value = (*value & !(mask << start)) | ((new & mask) << start);
    }
    Ok(Val::Unit)
}

/// Which bits arguments mean.
enum Span {
    Length(i64, i64),
    /// Up to this one, which is included.
    To(i64, i64),
}

/// A range, or a start and a number of bits, and the arguments after them.
fn span(rest: &[Val]) -> Option<(Span, &[Val])> {
    match rest {
        [Val::Range(range), others @ ..] => {
            let start = range.start.max(0);
            let span = if range.inclusive {
                Span::To(start, range.end.max(start - 1))
            } else {
                Span::Length(start, range.end.max(start) - start)
            };
            Some((span, others))
        }
        [Val::Int(start), Val::Int(bits), others @ ..] => {
            Some((Span::Length(*start, *bits), others))
        }
        _ => None,
    }
}

/// Some of the bits: how far up they begin and, moved down to 0, which they are.
#[derive(Debug, PartialEq, Eq)]
struct Field {
    start: usize,
    mask: i64,
}

impl Field {
    /// `None` if there are no bits in it.
    fn new(span: Span) -> Result<Option<Self>, Fault> {
        let (start, bits) = match span {
            Span::Length(start, bits) => (start, bits),
            Span::To(_, end) if end >= BITS as i64 => return Err(no_such_bit(end)),
            Span::To(start, end) => (start, end - start + 1),
        };
        if bits <= 0 {
            return Ok(None);
        }
        let start = place(start)?;
        let bits = usize::try_from(bits).unwrap_or(BITS).min(BITS - start);
        let mask = if bits == BITS { -1 } else { ((1_u64 << bits) - 1) as i64 };
        Ok(Some(Self { start, mask }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(start: i64, end: i64, inclusive: bool) -> Option<Option<Field>> {
        let range = [Val::range(start, end, inclusive)];
        let (span, _) = span(&range).unwrap();
        Field::new(span).ok()
    }

    #[test]
    fn fields_are_cut_to_the_bits_that_there_are() {
        let some = |start, mask| Some(Some(Field { start, mask }));
        assert_eq!(field(2, 5, false), some(2, 0b111));
        assert_eq!(field(2, 5, true), some(2, 0b1111));
        assert_eq!(field(-3, 2, false), some(0, 0b11));
        assert_eq!(field(1, i64::MAX, false), some(1, i64::MAX));
        assert_eq!(field(0, 63, true), some(0, -1));
        assert_eq!(field(0, 64, true), None);
        assert_eq!(field(64, 65, false), None);
        assert_eq!(field(5, 2, true), Some(None));
        assert_eq!(field(5, 2, false), Some(None));
        assert_eq!(field(i64::MAX, i64::MAX, true), None);
        assert_eq!(field(i64::MIN, i64::MIN, true), Some(None));
    }
}

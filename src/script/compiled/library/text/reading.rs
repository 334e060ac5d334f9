//! What text holds: its length, its characters, what is found in it, and the numbers it spells.

use std::cmp::Ordering;

use super::{
    Fault, Native, Price, Run, Val, at, count, cut, offset, pattern, reads, shared, size, sought,
    text,
};
use crate::script::compiled::{Range, steps::Steps};

pub(super) const ROWS: [Native; 22] = [
    reads("len", 1, len, "len(text: string) -> int", "How many characters there are."),
    reads("get$len", 1, len, "text.len -> int", "How many characters there are."),
    reads("is_empty", 1, is_empty, "is_empty(text: string) -> bool", IS_EMPTY).free(),
    reads("get$is_empty", 1, is_empty, "text.is_empty -> bool", IS_EMPTY).free(),
    reads("bytes", 1, bytes, "bytes(text: string) -> int", BYTES).free(),
    reads("get$bytes", 1, bytes, "text.bytes -> int", BYTES).free(),
    reads(
        "to_blob",
        1,
        to_blob,
        "to_blob(text: string) -> blob",
        "The bytes of the text in UTF-8.",
    ),
    at(
        Price::All,
        reads(
            "contains",
            2,
            contains,
            "contains(text: string, part: string | char) -> bool",
            "Whether the part is somewhere in the text; `part in text` says the same.",
        ),
    ),
    reads(
        "starts_with",
        2,
        starts_with,
        "starts_with(text: string, part: string | char) -> bool",
        "Whether the text begins with the part.",
    ),
    reads(
        "ends_with",
        2,
        ends_with,
        "ends_with(text: string, part: string | char) -> bool",
        "Whether the text ends with the part.",
    ),
    at(
        Price::All,
        reads(
            "index_of",
            2,
            index_of,
            "index_of(text: string, part: string | char) -> int",
            "The place where the part is first found, or -1.",
        ),
    ),
    at(
        Price::All,
        reads(
            "index_of",
            3,
            index_of,
            "index_of(text: string, part: string | char, start: int) -> int",
            "The place where the part is first found from `start` on, or -1; a negative start counts \
         from the end.",
        ),
    ),
    reads(
        "get",
        2,
        get,
        "get(text: string, index: int) -> char | ()",
        "The character at a place, or `()` if there is none; a negative index counts from the end.",
    ),
    at(
        Price::All,
        reads(
            "max",
            2,
            max,
            "max(a: string, b: string) -> string",
            "The one of two texts that comes last in the order of their characters.",
        ),
    ),
    at(
        Price::All,
        reads(
            "min",
            2,
            min,
            "min(a: string, b: string) -> string",
            "The one of two texts that comes first in the order of their characters.",
        ),
    ),
    reads(
        "parse_int",
        1,
        parse_int,
        "parse_int(text: string) -> int",
        "The whole number that the text spells, or an error.",
    ),
    reads(
        "parse_int",
        2,
        parse_int,
        "parse_int(text: string, base: int) -> int",
        "The whole number that the text spells in a base from 2 to 36, or an error.",
    ),
    reads(
        "parse_float",
        1,
        parse_float,
        "parse_float(text: string) -> float",
        "The number that the text spells, or an error.",
    ),
    reads("chars", 1, chars, "chars(text: string) -> range", CHARS),
    reads("get$chars", 1, chars, "text.chars -> range", CHARS),
    reads(
        "chars",
        2,
        chars,
        "chars(text: string, start: int | range) -> range",
        "The characters of a part of the text, for a `for`.",
    ),
    reads(
        "chars",
        3,
        chars,
        "chars(text: string, start: int, length: int) -> range",
        "So many characters from `start` on, for a `for`; a negative start counts from the end.",
    ),
];

const IS_EMPTY: &str = "Whether there is no character.";
const BYTES: &str = "How many bytes the text takes in UTF-8.";
const CHARS: &str = "All characters one after the other, for a `for`.";

fn len(_: &mut Run<'_, '_>, receiver: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    Ok(count(text(receiver)?.chars().count()))
}

fn is_empty(_: &mut Run<'_, '_>, receiver: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    Ok(text(receiver)?.is_empty().into())
}

fn bytes(_: &mut Run<'_, '_>, receiver: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    Ok(count(text(receiver)?.len()))
}

fn to_blob(run: &mut Run<'_, '_>, receiver: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    let bytes = text(receiver)?.as_bytes();
    run.fits_items(bytes.len())?;
    Ok(Val::blob(bytes.to_vec()))
}

fn contains(run: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [part] = rest else { return Err(Fault::no_overload()) };
    Ok(text(receiver)?.contains(sought(run, part, &mut [0; 4])?).into())
}

fn starts_with(_: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [part] = rest else { return Err(Fault::no_overload()) };
    Ok(text(receiver)?.starts_with(pattern(part, &mut [0; 4])?).into())
}

fn ends_with(_: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [part] = rest else { return Err(Fault::no_overload()) };
    Ok(text(receiver)?.ends_with(pattern(part, &mut [0; 4])?).into())
}

fn index_of(run: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let (part, start) = match rest {
        [part] => (part, 0),
        [part, Val::Int(start)] => (part, *start),
        _ => return Err(Fault::no_overload()),
    };
    let mut buffer = [0; 4];
    let part = sought(run, part, &mut buffer)?;
    let text = text(receiver)?;
    Ok(place_of(text, part, start).map_or(Val::Int(-1), count))
}

/// The number of the character at which `part` is found, at `start` or behind it.
fn place_of(text: &str, part: &str, start: i64) -> Option<usize> {
    if text.is_empty() {
        return None;
    }
    let from = match start.cmp(&0) {
        Ordering::Equal => 0,
        Ordering::Greater => {
            let from = offset(text, size(start));
            if from == text.len() {
                return None;
            }
            from
        }
        Ordering::Less => {
            let distance = usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX);
            offset(text, text.chars().count().saturating_sub(distance))
        }
    };
    let (_, searched) = cut(text, from);
    let found = from + searched.find(part)?;
    Some(cut(text, found).0.chars().count())
}

fn get(_: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(index)] = rest else { return Err(Fault::no_overload()) };
    Ok(character(text(receiver)?, *index).map_or(Val::Unit, Val::Char))
}

/// The character at a place; a negative one counts from the end.
fn character(text: &str, index: i64) -> Option<char> {
    if index >= 0 {
        return text.chars().nth(usize::try_from(index).ok()?);
    }
    let distance = usize::try_from(index.unsigned_abs()).ok()?;
    text.chars().rev().nth(distance.checked_sub(1)?)
}

fn max(_: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [second @ Val::Text(_)] = rest else { return Err(Fault::no_overload()) };
    let first = text(receiver)? >= text(second)?;
    Ok(if first { receiver.clone() } else { second.clone() })
}

fn min(_: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [second @ Val::Text(_)] = rest else { return Err(Fault::no_overload()) };
    let first = text(receiver)? <= text(second)?;
    Ok(if first { receiver.clone() } else { second.clone() })
}

fn parse_int(_: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let text = text(receiver)?;
    let base = match rest {
        [] => 10,
        [Val::Int(base)] => *base,
        _ => return Err(Fault::no_overload()),
    };
    let radix = u32::try_from(base).ok().filter(|radix| (2..=36).contains(radix));
    let radix = radix.ok_or_else(|| Fault::arithmetic(format!("Invalid radix: '{base}'")))?;
    i64::from_str_radix(text.trim(), radix).map(Val::Int).map_err(|error| {
        Fault::arithmetic(format!("Error parsing integer number '{text}': {error}"))
    })
}

fn parse_float(_: &mut Run<'_, '_>, receiver: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    let text = text(receiver)?;
    match text.trim().parse::<f64>() {
        // Of those there are two, and only one is allowed.
        Ok(x) if x.is_nan() => Ok(Val::Float(f64::NAN)),
        Ok(x) => Ok(Val::Float(x)),
        Err(error) => {
            Err(Fault::arithmetic(format!("Error parsing floating-point number '{text}': {error}")))
        }
    }
}

fn chars(_: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let (start, length) = match rest {
        [] => (0, i64::MAX),
        [Val::Int(start)] => (*start, i64::MAX),
        [Val::Range(range)] => covered(***range),
        [Val::Int(start), Val::Int(length)] => (*start, *length),
        _ => return Err(Fault::no_overload()),
    };
    Ok(Val::steps(Steps::chars(shared(receiver)?, start, length)))
}

/// The start and the length of a range; other than for lists, it may have no length with its end
/// included.
fn covered(range: Range) -> (i64, i64) {
    let start = range.start.max(0);
    if range.inclusive {
        let end = range.end.max(start - 1).min(i64::MAX - 1);
        (start, end - start + 1)
    } else {
        (start, range.end.max(start) - start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_by_character() {
        assert_eq!(place_of("aé€é", "é", 0), Some(1));
        assert_eq!(place_of("aé€é", "é", 2), Some(3));
        assert_eq!(place_of("aé€é", "é", -1), Some(3));
        assert_eq!(place_of("aé€é", "é", -2), Some(3));
        assert_eq!(place_of("aé€é", "é", i64::MIN), Some(1));
        assert_eq!(place_of("aé€é", "é", 4), None);
        assert_eq!(place_of("aé€é", "é", i64::MAX), None);
        assert_eq!(place_of("abc", "", 2), Some(2));
        assert_eq!(place_of("abc", "", 3), None);
        assert_eq!(place_of("", "", 0), None);
    }

    #[test]
    fn characters_are_counted_from_both_ends() {
        let at = |index| character("aé€", index);
        assert_eq!([at(0), at(2), at(3)], [Some('a'), Some('€'), None]);
        assert_eq!([at(-1), at(-3), at(-4)], [Some('€'), Some('a'), None]);
        assert_eq!([at(i64::MAX), at(i64::MIN)], [None, None]);
    }

    #[test]
    fn ranges_of_characters_may_be_empty() {
        let of = |start, end, inclusive| covered(Range { start, end, inclusive });
        assert_eq!(of(1, 3, false), (1, 2));
        assert_eq!(of(1, 3, true), (1, 3));
        assert_eq!(of(3, 1, false), (3, 0));
        assert_eq!(of(3, 1, true), (3, 0));
        assert_eq!(of(0, -5, true), (0, 0));
        assert_eq!(of(-5, -1, true), (0, 0));
        assert_eq!(of(0, i64::MAX, true), (0, i64::MAX));
        assert_eq!(of(i64::MAX, i64::MAX, true), (i64::MAX, 0));
        assert_eq!(of(i64::MIN, i64::MIN, true), (0, 0));
    }
}

//! Text and characters: making, reading, cutting and changing them.

mod changing;
mod characters;
mod making;
mod parts;
mod reading;

use std::sync::Arc;

use super::super::{
    Val,
    fault::Fault,
    heap::Text,
    machine::Run,
    native::{Effect, Native, NativeCode, Price, Receiver},
    operators::copied,
};

pub(super) fn natives() -> Vec<Native> {
    [&making::ROWS[..], &reading::ROWS, &parts::ROWS, &changing::ROWS, &characters::ROWS].concat()
}

/// A row for text that only looks at it.
const fn reads(
    name: &'static str,
    arity: usize,
    code: NativeCode,
    signature: &'static str,
    doc: &'static str,
) -> Native {
    let (receiver, price, effect) = (Receiver::Text, Price::Receiver, Effect::Pure);
    Native { name, arity, receiver, signature, doc, price, effect, code }
}

/// A row for text that changes it.
const fn changes(
    name: &'static str,
    arity: usize,
    code: NativeCode,
    signature: &'static str,
    doc: &'static str,
) -> Native {
    Native { effect: Effect::Changes, ..reads(name, arity, code, signature, doc) }
}

/// The row at another price.
const fn at(price: Price, row: Native) -> Native {
    Native { price, ..row }
}

/// The row for a receiver of another type.
const fn of(receiver: Receiver, row: Native) -> Native {
    Native { receiver, ..row }
}

fn shared(value: &Val) -> Result<&Arc<Text>, Fault> {
    match value {
        Val::Text(text) => Ok(text),
        _ => Err(Fault::no_overload()),
    }
}

fn text(value: &Val) -> Result<&str, Fault> {
    shared(value).map(|text| text.as_str())
}

/// Text that is about to be changed: one's own from here on, and paid for.
fn own<'v>(run: &mut Run<'_, '_>, value: &'v mut Val) -> Result<&'v mut Text, Fault> {
    let Val::Text(text) = value else { return Err(Fault::no_overload()) };
    run.charge(copied(text, text.len() / 16))?;
    Ok(Arc::make_mut(text))
}

/// Text or a character, as text.
fn pattern<'v>(value: &'v Val, buffer: &'v mut [u8; 4]) -> Result<&'v str, Fault> {
    match value {
        Val::Text(text) => Ok(text),
        Val::Char(c) => Ok(c.encode_utf8(buffer)),
        _ => Err(Fault::no_overload()),
    }
}

/// Text or a character that is looked for. Making ready for the search costs by its length.
fn sought<'v>(
    run: &mut Run<'_, '_>,
    value: &'v Val,
    buffer: &'v mut [u8; 4],
) -> Result<&'v str, Fault> {
    let part = pattern(value, buffer)?;
    run.charge((part.len() / 8) as u64)?;
    Ok(part)
}

/// What it costs to copy so much text.
const fn copying(bytes: usize) -> u64 {
    (bytes / 16) as u64
}

/// Whether the native `name` may make a text of so many bytes.
fn fits(run: &Run<'_, '_>, name: &str, bytes: usize) -> Result<(), Fault> {
    if bytes > run.limits().string_bytes {
        return Err(Fault::too_large(&format!("`{name}`: the string")));
    }
    Ok(())
}

fn count(len: usize) -> Val {
    Val::Int(i64::try_from(len).unwrap_or(i64::MAX))
}

fn size(number: i64) -> usize {
    usize::try_from(number.max(0)).unwrap_or(usize::MAX)
}

/// Where in the bytes of a text the character number `place` begins; the end if there is none.
fn offset(text: &str, place: usize) -> usize {
    text.char_indices().nth(place).map_or(text.len(), |(at, _)| at)
}

/// The two pieces of a text before and after a place between two bytes.
fn cut(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_there_once() {
        let rows = natives();
        for (i, row) in rows.iter().enumerate() {
            let same = |other: &&Native| {
                (other.name, other.arity, other.receiver) == (row.name, row.arity, row.receiver)
            };
            assert_eq!(rows.iter().take(i).find(same).map(|row| row.signature), None);
            assert!(!row.doc.is_empty() && row.doc.ends_with('.'), "{}", row.name);
        }
    }

    #[test]
    fn offsets_are_between_characters() {
        assert_eq!(["aé€", ""].map(|text| offset(text, 0)), [0, 0]);
        assert_eq!([1, 2, 3, 9, usize::MAX].map(|place| offset("aé€", place)), [1, 3, 6, 6, 6]);
        assert_eq!(cut("aé€", 3), ("aé", "€"));
        assert_eq!(cut("aé€", 6), ("aé€", ""));
    }
}

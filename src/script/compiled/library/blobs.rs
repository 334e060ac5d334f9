//! Blobs: bytes, by place, by part, and as numbers and text.

mod numbers;
mod parts;

use std::sync::Arc;

use super::super::{
    Val,
    fault::Fault,
    heap::Blob,
    machine::Run,
    native::{Effect, Native, NativeCode, Price, Receiver},
    operators::copied,
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
    let (receiver, price) = (Receiver::Blob, Price::Work);
    Native { name, arity, receiver, signature, doc, price, effect, code }
}

const fn makes(arity: usize, receiver: Receiver, signature: &'static str) -> Native {
    let doc = "New bytes, so many of one value, which is 0 if none is given.";
    let (name, price, effect, code) = ("blob", Price::Work, Effect::Pure, blob);
    Native { name, arity, receiver, signature, doc, price, effect, code }
}

use Effect::{Changes, Pure};

const ROWS: [Native; 23] = [
    makes(0, Receiver::Nothing, "blob() -> blob").free(),
    makes(1, Receiver::Int, "blob(len: int) -> blob"),
    makes(2, Receiver::Int, "blob(len: int, value: int) -> blob"),
    row("len", 1, Pure, len, "len(blob: blob) -> int", "How many bytes there are.").free(),
    row("get$len", 1, Pure, len, "blob.len -> int", "How many bytes there are.").free(),
    row("is_empty", 1, Pure, is_empty, "is_empty(blob: blob) -> bool", "Whether there is no byte.")
        .free(),
    row("get$is_empty", 1, Pure, is_empty, "blob.is_empty -> bool", "Whether there is no byte.")
        .free(),
    row(
        "to_array",
        1,
        Pure,
        to_array,
        "to_array(blob: blob) -> array",
        "An array of the bytes as numbers.",
    ),
    row(
        "as_string",
        1,
        Pure,
        as_string,
        "as_string(blob: blob) -> string",
        "The bytes read as UTF-8; what is none becomes replacement characters.",
    ),
    row(
        "contains",
        2,
        Pure,
        contains,
        "contains(blob: blob, value: int) -> bool",
        "Whether a byte is there; `value in blob` says the same.",
    ),
    row(
        "get",
        2,
        Pure,
        get,
        "get(blob: blob, index: int) -> int",
        "The byte at a place, or 0 if there is none. A negative place counts from the end.",
    )
    .free(),
    row(
        "set",
        3,
        Changes,
        set,
        "set(blob: blob, index: int, value: int)",
        "Writes the byte at a place, if there is one. A negative place counts from the end.",
    )
    .free(),
    row("push", 2, Changes, push, "push(blob: blob, value: int)", "Adds a byte at the end.").free(),
    row(
        "append",
        2,
        Changes,
        append,
        "append(blob: blob, more: int | char | string | blob)",
        "Adds a byte, the UTF-8 bytes of text, or other bytes at the end.",
    ),
    row(
        "insert",
        3,
        Changes,
        insert,
        "insert(blob: blob, index: int, value: int)",
        "Puts a byte in before the one at a place, or at the end if there is none.",
    ),
    row(
        "pad",
        3,
        Changes,
        pad,
        "pad(blob: blob, len: int, value: int)",
        "Adds bytes of one value until there are so many.",
    ),
    row(
        "pop",
        1,
        Changes,
        pop,
        "pop(blob: blob) -> int",
        "Takes the last byte out and gives it, or 0 if there is none.",
    )
    .free(),
    row(
        "shift",
        1,
        Changes,
        shift,
        "shift(blob: blob) -> int",
        "Takes the first byte out and gives it, or 0 if there is none.",
    ),
    row(
        "remove",
        2,
        Changes,
        remove,
        "remove(blob: blob, index: int) -> int",
        "Takes the byte at a place out and gives it, or 0 if there is none.",
    ),
    row("clear", 1, Changes, clear, "clear(blob: blob)", "Takes all bytes out.").free(),
    row(
        "truncate",
        2,
        Changes,
        truncate,
        "truncate(blob: blob, len: int)",
        "Keeps no more than so many bytes from the beginning.",
    )
    .free(),
    row(
        "chop",
        2,
        Changes,
        chop,
        "chop(blob: blob, len: int)",
        "Keeps no more than so many bytes up to the end.",
    ),
    row("reverse", 1, Changes, reverse, "reverse(blob: blob)", "Puts the bytes in reverse order."),
];

pub(super) fn natives() -> Vec<Native> {
    [&ROWS[..], &parts::ROWS, &numbers::ROWS].concat()
}

fn shared(value: &Val) -> Result<&Arc<Blob>, Fault> {
    match value {
        Val::Blob(blob) => Ok(blob),
        _ => Err(Fault::no_overload()),
    }
}

/// A blob that is about to be changed: one's own from here on, and paid for.
fn own<'v>(run: &mut Run<'_, '_>, value: &'v mut Val) -> Result<&'v mut Blob, Fault> {
    let Val::Blob(blob) = value else { return Err(Fault::no_overload()) };
    run.charge(copied(blob, blob.len() / 16))?;
    Ok(Arc::make_mut(blob))
}

/// What it costs to move so many bytes.
const fn moved(bytes: usize) -> u64 {
    (bytes / 16) as u64
}

const fn lowest_byte(value: i64) -> u8 {
    (value & 0xff) as u8
}

fn byte(byte: Option<u8>) -> Val {
    Val::Int(byte.map_or(0, i64::from))
}

fn size(length: i64) -> usize {
    usize::try_from(length.max(0)).unwrap_or(usize::MAX)
}

fn blob(run: &mut Run<'_, '_>, length: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let value = match rest {
        [] => 0,
        [Val::Int(value)] => *value,
        _ => return Err(Fault::no_overload()),
    };
    let length = match length {
        Val::Unit => 0,
        Val::Int(length) => size(*length),
        _ => return Err(Fault::no_overload()),
    };
    run.fits_items(length)?;
    run.charge(moved(length))?;
    Ok(Val::blob(vec![lowest_byte(value); length]))
}

fn len(_: &mut Run<'_, '_>, blob: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    Ok(Val::Int(i64::try_from(shared(blob)?.len()).unwrap_or(i64::MAX)))
}

fn is_empty(_: &mut Run<'_, '_>, blob: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    Ok(shared(blob)?.is_empty().into())
}

fn to_array(run: &mut Run<'_, '_>, blob: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    let blob = shared(blob)?;
    run.fits_items(blob.len())?;
    run.charge(blob.len() as u64)?;
    Ok(Val::array(blob.iter().map(|&byte| Val::Int(byte.into())).collect()))
}

fn as_string(run: &mut Run<'_, '_>, blob: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    let blob = shared(blob)?;
    run.charge(moved(blob.len()))?;
    let replacement = char::REPLACEMENT_CHARACTER.len_utf8();
    let chunk = |valid: &str, invalid: &[u8]| {
        valid.len() + if invalid.is_empty() { 0 } else { replacement }
    };
    let bytes = blob.utf8_chunks().map(|part| chunk(part.valid(), part.invalid())).sum();
    run.fits_text(bytes)?;
    run.charge(moved(bytes))?;
    Ok(Val::text(String::from_utf8_lossy(blob)))
}

fn contains(run: &mut Run<'_, '_>, blob: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(value)] = rest else { return Err(Fault::no_overload()) };
    let blob = shared(blob)?;
    run.charge(moved(blob.len()))?;
    Ok(blob.contains(&lowest_byte(*value)).into())
}

fn get(_: &mut Run<'_, '_>, blob: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(index)] = rest else { return Err(Fault::no_overload()) };
    let blob = shared(blob)?;
    let (index, _) = spans::part(blob.len(), *index, 0);
    Ok(byte(blob.get(index).copied()))
}

fn set(run: &mut Run<'_, '_>, blob: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(index), Val::Int(value)] = rest else { return Err(Fault::no_overload()) };
    let (index, _) = spans::part(shared(blob)?.len(), *index, 0);
    own(run, blob)?.edit(|bytes| {
        if let Some(byte) = bytes.get_mut(index) {
            *byte = lowest_byte(*value);
        }
    });
    Ok(Val::Unit)
}

/// Adds bytes at the end.
fn extend(run: &mut Run<'_, '_>, blob: &mut Val, more: &[u8]) -> Result<Val, Fault> {
    run.fits_items(shared(blob)?.len().saturating_add(more.len()))?;
    run.charge(moved(more.len()))?;
    own(run, blob)?.edit(|bytes| bytes.extend_from_slice(more));
    Ok(Val::Unit)
}

fn push(run: &mut Run<'_, '_>, blob: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(value)] = rest else { return Err(Fault::no_overload()) };
    extend(run, blob, &[lowest_byte(*value)])
}

fn append(run: &mut Run<'_, '_>, blob: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    match rest {
        [Val::Int(value)] => extend(run, blob, &[lowest_byte(*value)]),
        [Val::Char(c)] => extend(run, blob, c.encode_utf8(&mut [0; 4]).as_bytes()),
        [Val::Text(text)] => extend(run, blob, text.as_bytes()),
        [Val::Blob(more)] => extend(run, blob, more),
        _ => Err(Fault::no_overload()),
    }
}

fn insert(run: &mut Run<'_, '_>, blob: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(index), Val::Int(value)] = rest else { return Err(Fault::no_overload()) };
    let length = shared(blob)?.len();
    let (index, _) = spans::part(length, *index, 0);
    run.fits_items(length + 1)?;
    run.charge(moved(length - index))?;
    own(run, blob)?.edit(|bytes| bytes.insert(index, lowest_byte(*value)));
    Ok(Val::Unit)
}

fn pad(run: &mut Run<'_, '_>, blob: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(length), Val::Int(value)] = rest else { return Err(Fault::no_overload()) };
    let (length, there) = (size(*length), shared(blob)?.len());
    run.fits_items(length)?;
    if length > there {
        run.charge(moved(length - there))?;
        own(run, blob)?.edit(|bytes| bytes.resize(length, lowest_byte(*value)));
    }
    Ok(Val::Unit)
}

fn pop(run: &mut Run<'_, '_>, blob: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    Ok(byte(own(run, blob)?.edit(Vec::pop)))
}

/// Takes the byte at a place out, if there is such a place.
fn take(run: &mut Run<'_, '_>, blob: &mut Val, index: Option<usize>) -> Result<Val, Fault> {
    let length = shared(blob)?.len();
    let Some(index) = index.filter(|&index| index < length) else { return Ok(byte(None)) };
    run.charge(moved(length - index))?;
    Ok(byte(Some(own(run, blob)?.edit(|bytes| bytes.remove(index)))))
}

fn shift(run: &mut Run<'_, '_>, blob: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    take(run, blob, Some(0))
}

fn remove(run: &mut Run<'_, '_>, blob: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(index)] = rest else { return Err(Fault::no_overload()) };
    let index = spans::place(shared(blob)?.len(), *index);
    take(run, blob, index)
}

fn clear(_: &mut Run<'_, '_>, blob: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    *blob = Val::blob(Vec::new());
    Ok(Val::Unit)
}

fn truncate(run: &mut Run<'_, '_>, blob: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(length)] = rest else { return Err(Fault::no_overload()) };
    own(run, blob)?.edit(|bytes| bytes.truncate(size(*length)));
    Ok(Val::Unit)
}

fn chop(run: &mut Run<'_, '_>, blob: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(length)] = rest else { return Err(Fault::no_overload()) };
    let there = shared(blob)?.len();
    let dropped = there.saturating_sub(size(*length));
    if dropped > 0 {
        run.charge(moved(there - dropped))?;
        own(run, blob)?.edit(|bytes| drop(bytes.drain(..dropped)));
    }
    Ok(Val::Unit)
}

fn reverse(run: &mut Run<'_, '_>, blob: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    run.charge(moved(shared(blob)?.len()))?;
    own(run, blob)?.edit(|bytes| bytes.reverse());
    Ok(Val::Unit)
}

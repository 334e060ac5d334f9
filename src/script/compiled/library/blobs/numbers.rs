//! Numbers and text in the bytes of blobs. Floats stay out: the bits of a NaN would show there, and
//! they differ between machines.

use super::super::super::{Val, fault::Fault, machine::Run, native::Native};
use super::super::spans;
use super::{Changes, Pure, own, row, shared};

pub(super) const ROWS: [Native; 12] = [
    row(
        "parse_le_int",
        2,
        Pure,
        |_, blob, rest| parse(blob, rest, i64::from_le_bytes),
        "parse_le_int(blob: blob, range: range) -> int",
        PARSE_LE,
    )
    .free(),
    row(
        "parse_le_int",
        3,
        Pure,
        |_, blob, rest| parse(blob, rest, i64::from_le_bytes),
        "parse_le_int(blob: blob, start: int, len: int) -> int",
        PARSE_LE,
    )
    .free(),
    row(
        "parse_be_int",
        2,
        Pure,
        |_, blob, rest| parse(blob, rest, i64::from_be_bytes),
        "parse_be_int(blob: blob, range: range) -> int",
        PARSE_BE,
    )
    .free(),
    row(
        "parse_be_int",
        3,
        Pure,
        |_, blob, rest| parse(blob, rest, i64::from_be_bytes),
        "parse_be_int(blob: blob, start: int, len: int) -> int",
        PARSE_BE,
    )
    .free(),
    row(
        "write_le",
        3,
        Changes,
        |run, blob, rest| write_int(run, blob, rest, i64::to_le_bytes, "write_le"),
        "write_le(blob: blob, range: range, value: int)",
        WRITE_LE,
    )
    .free(),
    row(
        "write_le",
        4,
        Changes,
        |run, blob, rest| write_int(run, blob, rest, i64::to_le_bytes, "write_le"),
        "write_le(blob: blob, start: int, len: int, value: int)",
        WRITE_LE,
    )
    .free(),
    row(
        "write_be",
        3,
        Changes,
        |run, blob, rest| write_int(run, blob, rest, i64::to_be_bytes, "write_be"),
        "write_be(blob: blob, range: range, value: int)",
        WRITE_BE,
    )
    .free(),
    row(
        "write_be",
        4,
        Changes,
        |run, blob, rest| write_int(run, blob, rest, i64::to_be_bytes, "write_be"),
        "write_be(blob: blob, start: int, len: int, value: int)",
        WRITE_BE,
    )
    .free(),
    row(
        "write_utf8",
        3,
        Changes,
        write_utf8,
        "write_utf8(blob: blob, range: range, text: string)",
        WRITE_UTF8,
    ),
    row(
        "write_utf8",
        4,
        Changes,
        write_utf8,
        "write_utf8(blob: blob, start: int, len: int, text: string)",
        WRITE_UTF8,
    ),
    row(
        "write_ascii",
        3,
        Changes,
        write_ascii,
        "write_ascii(blob: blob, range: range, text: string)",
        WRITE_ASCII,
    ),
    row(
        "write_ascii",
        4,
        Changes,
        write_ascii,
        "write_ascii(blob: blob, start: int, len: int, text: string)",
        WRITE_ASCII,
    ),
];

const PARSE_LE: &str = "The number in up to 8 bytes, the lowest first.";
const PARSE_BE: &str = "The number in up to 8 bytes, the highest first; fewer are its highest.";
const WRITE_LE: &str = "Writes up to 8 bytes of a number, the lowest first.";
const WRITE_BE: &str = "Writes up to 8 bytes of a number, the highest first.";
const WRITE_UTF8: &str = "Writes the UTF-8 bytes of a text, as far as they go into the part.";
const WRITE_ASCII: &str = "Writes the ASCII characters of a text, as far as they go into the part.";

fn parse(blob: &Val, rest: &[Val], number: fn([u8; 8]) -> i64) -> Result<Val, Fault> {
    let Some((start, length, [])) = spans::span(rest) else { return Err(Fault::no_overload()) };
    let blob = shared(blob)?;
    let (start, length) = spans::part(blob.len(), start, length);
    let mut buffer = [0; 8];
    for (to, from) in buffer.iter_mut().zip(blob.iter().skip(start).take(length)) {
        *to = *from;
    }
    Ok(Val::Int(number(buffer)))
}

fn write_int(
    run: &mut Run<'_, '_>,
    blob: &mut Val,
    rest: &[Val],
    bytes: fn(i64) -> [u8; 8],
    name: &str,
) -> Result<Val, Fault> {
    let (start, length, value) = match spans::span(rest) {
        Some((start, length, [Val::Int(value)])) => (start, length, value),
        Some((_, _, [Val::Float(_)])) => return Err(left_out(name)),
        _ => return Err(Fault::no_overload()),
    };
    write(run, blob, (start, length), bytes(*value).into_iter())
}

/// The bits of a NaN differ between machines, and the bytes of a blob would show them.
fn left_out(function: &str) -> Fault {
    Fault::refused(format!("`{function}`: left out for floats, NaN bits differ between machines"))
}

fn write_utf8(run: &mut Run<'_, '_>, blob: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let Some((start, length, [Val::Text(text)])) = spans::span(rest) else {
        return Err(Fault::no_overload());
    };
    run.charge((text.len() / 16) as u64)?;
    write(run, blob, (start, length), text.bytes())
}

fn write_ascii(run: &mut Run<'_, '_>, blob: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let Some((start, length, [Val::Text(text)])) = spans::span(rest) else {
        return Err(Fault::no_overload());
    };
    run.charge((text.len() / 16) as u64)?;
    // Characters that are not ASCII have no byte that is.
    write(run, blob, (start, length), text.bytes().filter(u8::is_ascii))
}

/// Writes bytes over a part, as many as there are and go into it.
fn write(
    run: &mut Run<'_, '_>,
    blob: &mut Val,
    (start, length): (i64, i64),
    bytes: impl Iterator<Item = u8>,
) -> Result<Val, Fault> {
    let (start, length) = spans::part(shared(blob)?.len(), start, length);
    if length > 0 {
        own(run, blob)?.edit(|blob| {
            for (to, from) in blob.iter_mut().skip(start).take(length).zip(bytes) {
                *to = from;
            }
        });
    }
    Ok(Val::Unit)
}

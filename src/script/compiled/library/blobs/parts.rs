//! Parts of blobs: taken out, copied, replaced. A part is a range, or a start and a length.

use super::super::super::{Val, fault::Fault, machine::Run, native::Native};
use super::super::spans;
use super::{Changes, moved, own, row, shared};

pub(super) const ROWS: [Native; 9] = [
    row(
        "splice",
        3,
        Changes,
        splice,
        "splice(blob: blob, range: range, replacement: blob)",
        "Puts other bytes in place of a part.",
    ),
    row(
        "splice",
        4,
        Changes,
        splice,
        "splice(blob: blob, start: int, len: int, replacement: blob)",
        "Puts other bytes in place of a part; at the end if the part is empty.",
    ),
    row(
        "extract",
        2,
        Changes,
        extract,
        "extract(blob: blob, from: int | range) -> blob",
        "A copy of a part, or of all bytes from a place on.",
    ),
    row(
        "extract",
        3,
        Changes,
        extract,
        "extract(blob: blob, start: int, len: int) -> blob",
        "A copy of a part.",
    ),
    row(
        "split",
        2,
        Changes,
        split,
        "split(blob: blob, index: int) -> blob",
        "Takes out all bytes from a place on and gives them.",
    ),
    row(
        "drain",
        2,
        Changes,
        drain,
        "drain(blob: blob, range: range) -> blob",
        "Takes a part out and gives it.",
    ),
    row(
        "drain",
        3,
        Changes,
        drain,
        "drain(blob: blob, start: int, len: int) -> blob",
        "Takes a part out and gives it.",
    ),
    row(
        "retain",
        2,
        Changes,
        retain,
        "retain(blob: blob, range: range) -> blob",
        "Takes out all but a part and gives what it took.",
    ),
    row(
        "retain",
        3,
        Changes,
        retain,
        "retain(blob: blob, start: int, len: int) -> blob",
        "Takes out all but a part and gives what it took.",
    ),
];

fn splice(run: &mut Run<'_, '_>, blob: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let Some((start, length, [Val::Blob(replacement)])) = spans::span(rest) else {
        return Err(Fault::no_overload());
    };
    let there = shared(blob)?.len();
    let (start, length) = spans::part(there, start, length);
    // An empty part is taken for the end.
    let start = if length == 0 { there } else { start };
    let after = (there - length).saturating_add(replacement.len());
    run.fits_items(after)?;
    run.charge(moved(replacement.len() + there - start))?;
    own(run, blob)?.edit(|bytes| {
        bytes.splice(start..start + length, replacement.iter().copied());
    });
    Ok(Val::Unit)
}

fn extract(run: &mut Run<'_, '_>, blob: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let (start, length) = match (&*rest, spans::span(rest)) {
        (_, Some((start, length, []))) => (start, length),
        ([Val::Int(start)], _) => (*start, i64::MAX),
        _ => return Err(Fault::no_overload()),
    };
    let blob = shared(blob)?;
    let (start, length) = spans::part(blob.len(), start, length);
    run.charge(moved(length))?;
    Ok(Val::blob(blob.iter().skip(start).take(length).copied().collect()))
}

/// Takes out the bytes from `start` on, as many as `length`.
fn take(
    run: &mut Run<'_, '_>,
    blob: &mut Val,
    (start, length): (usize, usize),
) -> Result<Vec<u8>, Fault> {
    if length == 0 {
        return Ok(Vec::new());
    }
    run.charge(moved(shared(blob)?.len() - start))?;
    Ok(own(run, blob)?.edit(|bytes| bytes.drain(start..start + length).collect()))
}

fn split(run: &mut Run<'_, '_>, blob: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(index)] = rest else { return Err(Fault::no_overload()) };
    let part = spans::part(shared(blob)?.len(), *index, i64::MAX);
    take(run, blob, part).map(Val::blob)
}

fn drain(run: &mut Run<'_, '_>, blob: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let Some((start, length, [])) = spans::span(rest) else { return Err(Fault::no_overload()) };
    let part = spans::part(shared(blob)?.len(), start, length);
    take(run, blob, part).map(Val::blob)
}

fn retain(run: &mut Run<'_, '_>, blob: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let Some((start, length, [])) = spans::span(rest) else { return Err(Fault::no_overload()) };
    // No length at all leaves everything where it is; a part of none that is there takes all.
    if length <= 0 {
        return Ok(Val::blob(Vec::new()));
    }
    let there = shared(blob)?.len();
    let (start, length) = spans::part(there, start, length);
    if length == 0 {
        return take(run, blob, (0, there)).map(Val::blob);
    }
    run.charge(moved(there))?;
    let kept = take(run, blob, (start, length))?;
    Ok(std::mem::replace(blob, Val::blob(kept)))
}

//! Parts of arrays: copied, replaced, cut off.

use std::mem;

use super::super::super::{
    Val,
    fault::Fault,
    machine::Run,
    native::{Effect, Native},
};
use super::super::spans;
use super::{change, list, made, row};

use Effect::Changes;

pub(super) const ROWS: &[Native] = &[
    row(
        "truncate",
        2,
        Changes,
        truncate,
        "truncate(array: array, len: int)",
        "Takes items out at the end until there are no more than so many.",
    ),
    row(
        "chop",
        2,
        Changes,
        chop,
        "chop(array: array, len: int)",
        "Takes items out at the beginning until there are no more than so many.",
    ),
    row(
        "splice",
        3,
        Changes,
        splice,
        "splice(array: array, range: range, replace: array)",
        "Puts the items of another array in place of a part.",
    ),
    row(
        "splice",
        4,
        Changes,
        splice,
        "splice(array: array, start: int, len: int, replace: array)",
        "Puts the items of another array in place of a part.",
    ),
    // Like the reference, which takes copying a part for a change.
    row(
        "extract",
        2,
        Changes,
        extract_tail,
        "extract(array: array, start: int) -> array",
        "A copy of all items from a place on.",
    ),
    row(
        "extract",
        2,
        Changes,
        extract,
        "extract(array: array, range: range) -> array",
        "A copy of a part.",
    ),
    row(
        "extract",
        3,
        Changes,
        extract,
        "extract(array: array, start: int, len: int) -> array",
        "A copy of a part.",
    ),
    row(
        "split",
        2,
        Changes,
        split,
        "split(array: array, index: int) -> array",
        "Takes all items from a place on out and gives them.",
    ),
    row(
        "drain",
        2,
        Changes,
        drain,
        "drain(array: array, range: range) -> array",
        "Takes a part out and gives it.",
    ),
    row(
        "drain",
        3,
        Changes,
        drain,
        "drain(array: array, start: int, len: int) -> array",
        "Takes a part out and gives it.",
    ),
    row(
        "retain",
        2,
        Changes,
        retain,
        "retain(array: array, range: range) -> array",
        "Takes all items outside of a part out and gives them; none if the part is empty.",
    ),
    row(
        "retain",
        3,
        Changes,
        retain,
        "retain(array: array, start: int, len: int) -> array",
        "Takes all items outside of a part out and gives them; none if the part is empty.",
    ),
];

/// How many items a length from a script leaves of so many.
fn left(size: usize, len: i64) -> usize {
    usize::try_from(len.max(0)).unwrap_or(usize::MAX).min(size)
}

fn truncate(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(len)] = rest else { return Err(Fault::no_overload()) };
    let size = list(array)?.len();
    let left = left(size, *len);
    if left < size {
        run.charge(left as u64)?;
        change(run, array, |list| list.edit(|items| items.truncate(left)))?;
    }
    Ok(Val::Unit)
}

fn chop(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(len)] = rest else { return Err(Fault::no_overload()) };
    let size = list(array)?.len();
    let left = left(size, *len);
    if left < size {
        run.charge(left as u64)?;
        change(run, array, |list| list.edit(|items| drop(items.drain(..size - left))))?;
    }
    Ok(Val::Unit)
}

fn splice(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let Some((start, length, [Val::Array(replace)])) = spans::span(rest) else {
        return Err(Fault::no_overload());
    };
    let size = list(array)?.len();
    if size == 0 {
        *array = Val::Array(replace.clone());
        return Ok(Val::Unit);
    }
    let (start, length) = spans::part(size, start, length);
    let len = (size - length).saturating_add(replace.len());
    run.fits_items(len)?;
    run.charge((size as u64).saturating_add(replace.len() as u64))?;
    change(run, array, |list| {
        list.edit(|items| drop(items.splice(start..start + length, replace.iter().cloned())));
    })?;
    Ok(Val::Unit)
}

fn extract(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let Some((start, length, [])) = spans::span(rest) else { return Err(Fault::no_overload()) };
    copy(run, array, start, length)
}

fn extract_tail(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(start)] = rest else { return Err(Fault::no_overload()) };
    copy(run, array, *start, i64::MAX)
}

fn copy(run: &mut Run<'_, '_>, array: &Val, start: i64, length: i64) -> Result<Val, Fault> {
    let items = list(array)?;
    let (start, length) = spans::part(items.len(), start, length);
    run.charge(length as u64)?;
    made(run, items.get(start..start + length).unwrap_or_default().to_vec())
}

fn split(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(index)] = rest else { return Err(Fault::no_overload()) };
    let size = list(array)?.len();
    let (start, length) = spans::part(size, *index, i64::MAX);
    if length == 0 {
        return Ok(Val::array(Vec::new()));
    }
    if start == 0 {
        return Ok(mem::replace(array, Val::array(Vec::new())));
    }
    run.charge(size as u64)?;
    let taken = change(run, array, |list| list.edit(|items| items.split_off(start)))?;
    made(run, taken)
}

fn drain(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let Some((start, length, [])) = spans::span(rest) else { return Err(Fault::no_overload()) };
    let size = list(array)?.len();
    let (start, length) = spans::part(size, start, length);
    if length == 0 {
        return Ok(Val::array(Vec::new()));
    }
    run.charge(size as u64)?;
    let taken =
        change(run, array, |list| list.edit(|items| items.drain(start..start + length).collect()))?;
    made(run, taken)
}

fn retain(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let Some((start, length, [])) = spans::span(rest) else { return Err(Fault::no_overload()) };
    let size = list(array)?.len();
    let (start, length) = spans::part(size, start, length);
    if length == 0 {
        return Ok(Val::array(Vec::new()));
    }
    run.charge(size as u64)?;
    let taken = change(run, array, |list| {
        list.edit(|items| {
            let mut taken: Vec<Val> = items.drain(..start).collect();
            taken.extend(items.drain(length..));
            taken
        })
    })?;
    made(run, taken)
}

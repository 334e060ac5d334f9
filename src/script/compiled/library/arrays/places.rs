//! Arrays item by item: reading, adding, taking out.

use std::mem;

use super::super::super::{
    Val,
    fault::Fault,
    heap::{List, Weight},
    machine::Run,
    native::{Effect, Native},
};
use super::super::{equality, spans};
use super::{change, check_room, count, list, made, row};

use Effect::{Changes, Pure};

pub(super) const ROWS: &[Native] = &[
    row("len", 1, Pure, len, "len(array: array) -> int", "How many items there are.").free(),
    row("get$len", 1, Pure, len, "array.len -> int", "How many items there are.").free(),
    row(
        "is_empty",
        1,
        Pure,
        is_empty,
        "is_empty(array: array) -> bool",
        "Whether there is no item.",
    )
    .free(),
    row("get$is_empty", 1, Pure, is_empty, "array.is_empty -> bool", "Whether there is no item.")
        .free(),
    // Like the reference, which takes reading an item for a change.
    row(
        "get",
        2,
        Changes,
        get,
        "get(array: array, index: int) -> any",
        "The item at a place, or `()` if there is none. A negative place counts from the end.",
    )
    .free(),
    row(
        "set",
        3,
        Changes,
        set,
        "set(array: array, index: int, value: any)",
        "Replaces the item at a place, if there is one. A negative place counts from the end.",
    )
    .free(),
    row("push", 2, Changes, push, "push(array: array, item: any)", "Adds an item at the end.")
        .free(),
    row(
        "append",
        2,
        Changes,
        append,
        "append(array: array, more: array)",
        "Adds the items of another array at the end.",
    ),
    row(
        "insert",
        3,
        Changes,
        insert,
        "insert(array: array, index: int, item: any)",
        "Puts an item in before the one at a place, or at the end if there is none.",
    ),
    row(
        "pad",
        3,
        Changes,
        pad,
        "pad(array: array, len: int, item: any)",
        "Adds copies of an item until there are so many.",
    ),
    row(
        "pop",
        1,
        Changes,
        pop,
        "pop(array: array) -> any",
        "Takes the last item out and gives it, or `()` if there is none.",
    ),
    row(
        "shift",
        1,
        Changes,
        shift,
        "shift(array: array) -> any",
        "Takes the first item out and gives it, or `()` if there is none.",
    ),
    row(
        "remove",
        2,
        Changes,
        remove,
        "remove(array: array, index: int) -> any",
        "Takes the item at a place out and gives it, or `()` if there is none.",
    ),
    row("clear", 1, Changes, clear, "clear(array: array)", "Takes all items out.").free(),
    row(
        "reverse",
        1,
        Changes,
        reverse,
        "reverse(array: array)",
        "Turns the order of the items around.",
    ),
    row(
        "+",
        2,
        Pure,
        joined,
        "array + more: array -> array",
        "An array with the items of one and then those of the other.",
    ),
    row(
        "==",
        2,
        Pure,
        equals,
        "array == other: array -> bool",
        "Whether both have as many items, each equal to the other's at its place.",
    ),
    row(
        "!=",
        2,
        Pure,
        differs,
        "array != other: array -> bool",
        "Whether they differ in the number of items or in one of them.",
    ),
];

fn len(_: &mut Run<'_, '_>, array: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    Ok(count(list(array)?.len()))
}

fn is_empty(_: &mut Run<'_, '_>, array: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    Ok(Val::Bool(list(array)?.is_empty()))
}

fn get(_: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(index)] = rest else { return Err(Fault::no_overload()) };
    let items = list(array)?;
    let (index, _) = spans::part(items.len(), *index, 0);
    Ok(items.get(index).cloned().unwrap_or_default())
}

fn set(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(index), value] = rest else { return Err(Fault::no_overload()) };
    let len = list(array)?.len();
    let (index, _) = spans::part(len, *index, 0);
    if index < len {
        let value = mem::take(value);
        change(run, array, |list| list.with_item(index, |item| *item = value))?;
    }
    Ok(Val::Unit)
}

fn push(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [item] = rest else { return Err(Fault::no_overload()) };
    let item = mem::take(item);
    change(run, array, |list| list.push(item))?;
    Ok(Val::Unit)
}

fn append(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Array(more)] = rest else { return Err(Fault::no_overload()) };
    if more.is_empty() {
        return Ok(Val::Unit);
    }
    let len = list(array)?.len();
    if len == 0 {
        *array = Val::Array(more.clone());
        return Ok(Val::Unit);
    }
    run.fits_items(len.saturating_add(more.len()))?;
    run.charge(more.len() as u64)?;
    change(run, array, |list| more.iter().for_each(|item| list.push(item.clone())))?;
    Ok(Val::Unit)
}

fn insert(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(index), item] = rest else { return Err(Fault::no_overload()) };
    let len = list(array)?.len();
    let (index, _) = spans::part(len, *index, 0);
    let item = mem::take(item);
    run.charge((len - index) as u64)?;
    change(run, array, |list| list.insert(index, item))?;
    Ok(Val::Unit)
}

fn pad(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(len), item] = rest else { return Err(Fault::no_overload()) };
    let items = list(array)?;
    let len = usize::try_from((*len).max(0)).unwrap_or(usize::MAX);
    let missing = len.saturating_sub(items.len());
    if missing == 0 {
        return Ok(Val::Unit);
    }
    check_room(run, "pad", padded(items, missing, item))?;
    run.charge(missing as u64)?;
    change(run, array, |list| (0..missing).for_each(|_| list.push(item.clone())))?;
    Ok(Val::Unit)
}

/// Bytes of a value in a list.
const VALUE: u32 = size_of::<Val>() as u32;

/// What an array weighs with so many more items.
fn padded(list: &List, missing: usize, item: &Val) -> Weight {
    let missing = u32::try_from(missing).unwrap_or(u32::MAX);
    let (own, added) = (list.weight(), item.weight());
    let total = |own: u32, added: u32| own.saturating_add(added.saturating_mul(missing));
    Weight {
        items: total(own.items, added.items.saturating_add(1)),
        entries: total(own.entries, added.entries),
        bytes: total(own.bytes, added.bytes),
        depth: own.depth.max(added.depth.saturating_add(1)),
        held: total(own.held, added.held.saturating_add(VALUE)),
    }
}

/// Takes the item at a place out.
fn take(run: &mut Run<'_, '_>, array: &mut Val, index: usize) -> Result<Val, Fault> {
    let items = list(array)?;
    let behind = items.len().saturating_sub(index);
    if behind == 0 {
        return Ok(Val::Unit);
    }
    let moved = if items.weight().depth > List::SHALLOW { items.len() } else { behind };
    run.charge(moved as u64)?;
    Ok(change(run, array, |list| list.remove(index))?.unwrap_or_default())
}

fn pop(run: &mut Run<'_, '_>, array: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    match list(array)?.len().checked_sub(1) {
        Some(last) => take(run, array, last),
        None => Ok(Val::Unit),
    }
}

fn shift(run: &mut Run<'_, '_>, array: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    take(run, array, 0)
}

fn remove(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(index)] = rest else { return Err(Fault::no_overload()) };
    match spans::place(list(array)?.len(), *index) {
        Some(index) => take(run, array, index),
        None => Ok(Val::Unit),
    }
}

fn clear(_: &mut Run<'_, '_>, array: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    if !list(array)?.is_empty() {
        *array = Val::array(Vec::new());
    }
    Ok(Val::Unit)
}

fn reverse(run: &mut Run<'_, '_>, array: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    run.charge(list(array)?.len() as u64)?;
    change(run, array, |list| list.edit(|items| items.reverse()))?;
    Ok(Val::Unit)
}

fn joined(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Array(more)] = rest else { return Err(Fault::no_overload()) };
    let items = list(array)?;
    if more.is_empty() {
        return Ok(array.clone());
    }
    if items.is_empty() {
        return Ok(Val::Array(more.clone()));
    }
    let len = items.len().saturating_add(more.len());
    run.fits_items(len)?;
    run.charge(len as u64)?;
    made(run, [&items[..], &more[..]].concat())
}

fn equals(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [other @ Val::Array(_)] = rest else { return Err(Fault::no_overload()) };
    equality::equal(run, array, other).map(Val::Bool)
}

fn differs(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [other @ Val::Array(_)] = rest else { return Err(Fault::no_overload()) };
    equality::equal(run, array, other).map(|equal| Val::Bool(!equal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_padding_adds_is_known_before() {
        let item = Val::array(vec!["four".into(), Val::map(Default::default()), 1.into()]);
        let list = List::new(vec!["ab".into()]);
        let mut longer = list.clone();
        (0..7).for_each(|_| longer.push(item.clone()));
        assert_eq!(padded(&list, 7, &item), longer.weight());
        assert_eq!(padded(&list, usize::MAX, &item).items, u32::MAX);
    }

    #[test]
    fn lists_know_their_weight_as_items_come_and_go() {
        let mut list = List::new(vec![1.into(), "two".into()]);
        list.insert(0, Val::array(vec!["four".into()]));
        list.insert(9, 3.into());
        assert_eq!(list.weight(), List::new(list.to_vec()).weight());
        assert!(list.remove(4).is_none());
        while list.remove(0).is_some() {}
        assert_eq!(list.weight(), List::new(Vec::new()).weight());
        for _ in 0..100 {
            list = List::new(vec![Val::Array(list.into()), 1.into()]);
            list.remove(0);
            assert!(list.weight().depth <= List::SHALLOW);
        }
    }
}

//! Maps: reading, changing, joining, comparing; and functions that call back for each entry.

mod entries;

use std::sync::Arc;

use super::super::{
    Val,
    fault::Fault,
    heap::Dict,
    machine::Run,
    native::{Effect, Native, NativeCode, Price, Receiver},
    operators::copied,
};
use super::equality;

const fn row(
    name: &'static str,
    arity: usize,
    effect: Effect,
    code: NativeCode,
    signature: &'static str,
    doc: &'static str,
) -> Native {
    let (receiver, price) = (Receiver::Map, Price::Work);
    Native { name, arity, receiver, signature, doc, price, effect, code }
}

use Effect::{CallsWithItems, Changes, ChangesAndCalls, Pure};

const ROWS: [Native; 19] = [
    row("len", 1, Pure, len, "len(map: map) -> int", "How many entries there are.").free(),
    row("is_empty", 1, Pure, is_empty, "is_empty(map: map) -> bool", "Whether there is no entry.")
        .free(),
    row(
        "contains",
        2,
        Pure,
        contains,
        "contains(map: map, key: string) -> bool",
        "Whether there is an entry of that key; `key in map` says the same.",
    ),
    row(
        "get",
        2,
        Pure,
        get,
        "get(map: map, key: string) -> any",
        "The value under a key, or `()` if there is none.",
    ),
    row(
        "set",
        3,
        Changes,
        set,
        "set(map: map, key: string, value: any)",
        "Puts a value under a key, in place of the one that is there.",
    ),
    row("clear", 1, Changes, clear, "clear(map: map)", "Takes all entries out."),
    row(
        "remove",
        2,
        Changes,
        remove,
        "remove(map: map, key: string) -> any",
        "Takes an entry out and gives its value, or `()` if there is none.",
    ),
    row(
        "mixin",
        2,
        Changes,
        mix_in,
        "mixin(map: map, other: map)",
        "Adds the entries of another map; under the same key the other's value wins.",
    ),
    row(
        "+=",
        2,
        Changes,
        mix_in,
        "map += other: map",
        "Adds the entries of another map; under the same key the other's value wins.",
    ),
    row(
        "+",
        2,
        Pure,
        joined,
        "map + other: map -> map",
        "A map with the entries of both; under the same key the second one's value wins.",
    ),
    row(
        "fill_with",
        2,
        Changes,
        fill_with,
        "fill_with(map: map, other: map)",
        "Adds those entries of another map whose keys are not there.",
    ),
    row(
        "==",
        2,
        Pure,
        equals,
        "map == other: map -> bool",
        "Whether both have the same keys with equal values.",
    ),
    row(
        "!=",
        2,
        Pure,
        differs,
        "map != other: map -> bool",
        "Whether a key is in one of them only, or its values differ.",
    ),
    row("keys", 1, Pure, keys, "keys(map: map) -> array", "All keys, in order."),
    row("values", 1, Pure, values, "values(map: map) -> array", "All values, in order of keys."),
    row(
        "map",
        2,
        CallsWithItems,
        entries::map,
        "map(map: map, mapper: Fn) -> map",
        "A map of the same keys with what a function makes of each key and value.",
    ),
    row(
        "filter",
        2,
        CallsWithItems,
        entries::filter,
        "filter(map: map, filter: Fn) -> map",
        "A map of the entries for whose key and value a function says `true`.",
    ),
    row(
        "drain",
        2,
        ChangesAndCalls,
        entries::drain,
        "drain(map: map, filter: Fn) -> map",
        "Takes out the entries for whose key and value a function says `true`, and gives them.",
    ),
    row(
        "retain",
        2,
        ChangesAndCalls,
        entries::retain,
        "retain(map: map, filter: Fn) -> map",
        "Takes out all other entries than those for which a function says `true`, and gives them.",
    ),
];

pub(super) fn natives() -> Vec<Native> {
    ROWS.to_vec()
}

fn dict(value: &Val) -> Result<&Arc<Dict>, Fault> {
    match value {
        Val::Map(dict) => Ok(dict),
        _ => Err(Fault::no_overload()),
    }
}

/// A map that is about to be changed: one's own from here on, and paid for.
fn own<'v>(run: &mut Run<'_, '_>, value: &'v mut Val) -> Result<&'v mut Dict, Fault> {
    let Val::Map(dict) = value else { return Err(Fault::no_overload()) };
    run.charge(copied(dict, dict.len()))?;
    Ok(Arc::make_mut(dict))
}

/// What it costs to copy or find so much text.
const fn text(bytes: usize) -> u64 {
    (bytes / 16) as u64
}

fn count(len: usize) -> Val {
    Val::Int(i64::try_from(len).unwrap_or(i64::MAX))
}

fn len(_: &mut Run<'_, '_>, map: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    Ok(count(dict(map)?.len()))
}

fn is_empty(_: &mut Run<'_, '_>, map: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    Ok(dict(map)?.is_empty().into())
}

fn contains(run: &mut Run<'_, '_>, map: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Text(key)] = rest else { return Err(Fault::no_overload()) };
    run.charge(1 + text(key.len()))?;
    Ok(dict(map)?.contains_key(key.as_str()).into())
}

fn get(run: &mut Run<'_, '_>, map: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Text(key)] = rest else { return Err(Fault::no_overload()) };
    run.charge(text(key.len()))?;
    Ok(dict(map)?.get(key.as_str()).cloned().unwrap_or_default())
}

fn set(run: &mut Run<'_, '_>, map: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Text(key), value] = rest else { return Err(Fault::no_overload()) };
    run.charge(text(key.len()))?;
    let map = own(run, map)?;
    let value = std::mem::take(value);
    if map.contains_key(key.as_str()) {
        map.with_entry(key, |there| *there = value);
    } else {
        map.insert(key.as_str().into(), value);
    }
    let weight = map.weight();
    run.fits(weight)?;
    Ok(Val::Unit)
}

fn clear(run: &mut Run<'_, '_>, map: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    run.charge(dict(map)?.len() as u64)?;
    *map = Val::map([].into());
    Ok(Val::Unit)
}

fn remove(run: &mut Run<'_, '_>, map: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Text(key)] = rest else { return Err(Fault::no_overload()) };
    run.charge(text(key.len()))?;
    if !dict(map)?.contains_key(key.as_str()) {
        return Ok(Val::Unit);
    }
    Ok(own(run, map)?.remove(key).unwrap_or_default())
}

/// Adds entries of one map to another; `wins` says whether in place of those that are there.
fn add(run: &mut Run<'_, '_>, map: &mut Val, more: &Dict, wins: bool) -> Result<(), Fault> {
    run.charge(2 * more.len() as u64)?;
    let map = own(run, map)?;
    for (key, value) in more.iter() {
        if wins || !map.contains_key(key) {
            map.insert(key.clone(), value.clone());
        }
    }
    let weight = map.weight();
    run.fits(weight)
}

fn mix_in(run: &mut Run<'_, '_>, map: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Map(more)] = rest else { return Err(Fault::no_overload()) };
    if !more.is_empty() {
        add(run, map, more, true)?;
    }
    Ok(Val::Unit)
}

fn joined(run: &mut Run<'_, '_>, map: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Map(more)] = rest else { return Err(Fault::no_overload()) };
    if dict(map)?.is_empty() {
        return Ok(Val::Map(more.clone()));
    }
    let mut sum = map.clone();
    if !more.is_empty() {
        add(run, &mut sum, more, true)?;
    }
    Ok(sum)
}

fn fill_with(run: &mut Run<'_, '_>, map: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Map(more)] = rest else { return Err(Fault::no_overload()) };
    if dict(map)?.is_empty() {
        *map = Val::Map(more.clone());
    } else if !more.is_empty() {
        add(run, map, more, false)?;
    }
    Ok(Val::Unit)
}

fn equals(run: &mut Run<'_, '_>, map: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [other @ Val::Map(_)] = rest else { return Err(Fault::no_overload()) };
    equality::equal(run, map, other).map(Val::Bool)
}

fn differs(run: &mut Run<'_, '_>, map: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [other @ Val::Map(_)] = rest else { return Err(Fault::no_overload()) };
    equality::equal(run, map, other).map(|equal| Val::Bool(!equal))
}

fn keys(run: &mut Run<'_, '_>, map: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    let map = dict(map)?;
    let bytes = map.keys().map(|key| key.len()).sum();
    run.fits_items(map.len())?;
    run.fits_text(bytes)?;
    // Each becomes a text of its own.
    run.charge(3 * map.len() as u64 + text(bytes))?;
    Ok(Val::array(map.keys().map(|key| Val::text(&**key)).collect()))
}

fn values(run: &mut Run<'_, '_>, map: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    let map = dict(map)?;
    run.fits_items(map.len())?;
    run.charge(map.len() as u64)?;
    let values = Val::array(map.values().cloned().collect());
    run.fits(values.weight())?;
    Ok(values)
}

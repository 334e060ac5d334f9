//! Functions that ask a function of the script about each entry of a map.
//!
//! It is called with the value as `this` and the key, or with the key and the value. What it makes
//! of `this` is the entry's value from then on.

use std::sync::Arc;

use super::super::super::{
    Val,
    callable::FnValue,
    fault::Fault,
    heap::{Dict, Key},
    machine::Run,
};
use super::{dict, own, text};

/// Asks about one entry.
fn ask(
    run: &mut Run<'_, '_>,
    caller: &'static str,
    asked: &FnValue,
    key: &Key,
    value: &mut Val,
) -> Result<Val, Fault> {
    run.charge(1 + text(key.len()))?;
    run.call_back(caller, asked, Some(value), &[Val::text(&**key)], &[], Some(1))
}

/// Asks about an entry of a map that stays as it is, but for what becomes of `this`.
fn ask_in_place(
    run: &mut Run<'_, '_>,
    caller: &'static str,
    asked: &FnValue,
    map: &mut Val,
    (key, old): (&Key, &Val),
) -> Result<(Val, Val), Fault> {
    let mut value = old.clone();
    let answer = ask(run, caller, asked, key, &mut value);
    // What it did to `this` before it failed is done.
    if run.may_have_changed_this() {
        let map = own(run, map)?;
        map.with_entry(key, |there| *there = value.clone());
        let weight = map.weight();
        run.fits(weight)?;
    }
    Ok((answer?, value))
}

const fn is_true(answer: &Val) -> bool {
    matches!(answer, Val::Bool(true))
}

pub(super) fn map(run: &mut Run<'_, '_>, map: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Fn(mapper)] = rest else { return Err(Fault::no_overload()) };
    let entries = dict(map)?.clone();
    let mut mapped = Dict::new([].into());
    for (key, value) in entries.iter() {
        let (answer, _) = ask_in_place(run, "map", mapper, map, (key, value))?;
        mapped.insert(key.clone(), answer);
        run.fits(mapped.weight())?;
    }
    Ok(Val::Map(Arc::new(mapped)))
}

pub(super) fn filter(run: &mut Run<'_, '_>, map: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Fn(filter)] = rest else { return Err(Fault::no_overload()) };
    let entries = dict(map)?.clone();
    let mut filtered = Dict::new([].into());
    for (key, value) in entries.iter() {
        let (answer, value) = ask_in_place(run, "filter", filter, map, (key, value))?;
        if is_true(&answer) {
            filtered.insert(key.clone(), value);
            run.fits(filtered.weight())?;
        }
    }
    Ok(Val::Map(Arc::new(filtered)))
}

pub(super) fn drain(run: &mut Run<'_, '_>, map: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Fn(filter)] = rest else { return Err(Fault::no_overload()) };
    let (kept, taken) = parted(run, "drain", filter, map, |answer| !is_true(answer))?;
    *map = kept;
    taken
}

pub(super) fn retain(run: &mut Run<'_, '_>, map: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Fn(filter)] = rest else { return Err(Fault::no_overload()) };
    let (kept, taken) = parted(run, "retain", filter, map, is_true)?;
    *map = kept;
    taken
}

/// What stays in a map, and what is taken out of it. If the function fails, the entry that it was
/// asked about is lost and all after it stay.
fn parted(
    run: &mut Run<'_, '_>,
    caller: &'static str,
    filter: &FnValue,
    map: &Val,
    stays: impl Fn(&Val) -> bool,
) -> Result<(Val, Result<Val, Fault>), Fault> {
    let entries = dict(map)?.clone();
    let (mut kept, mut taken) = (Dict::new([].into()), Dict::new([].into()));
    let mut failed = None;
    // Each may move into another map.
    run.charge(3 * entries.len() as u64)?;
    for (key, value) in entries.iter() {
        let mut value = value.clone();
        if failed.is_some() {
            kept.insert(key.clone(), value);
            continue;
        }
        match ask(run, caller, filter, key, &mut value) {
            Ok(answer) => {
                let part = if stays(&answer) { &mut kept } else { &mut taken };
                part.insert(key.clone(), value);
                let weight = part.weight();
                run.fits(weight)?;
            }
            Err(fault) => failed = Some(fault),
        }
    }
    let taken = failed.map_or_else(|| Ok(Val::Map(Arc::new(taken))), Err);
    Ok((Val::Map(Arc::new(kept)), taken))
}

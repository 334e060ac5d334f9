//! Arrays: by place, by part, searched, sorted, and functions that call back for each item.

mod ask;
mod each;
mod parts;
mod places;
mod search;
mod sorting;

use std::sync::Arc;

use super::super::{
    Val,
    fault::Fault,
    heap::{List, Weight},
    machine::Run,
    native::{Effect, Native, NativeCode, Price, Receiver},
    operators::copied,
};

pub(super) fn natives() -> Vec<Native> {
    [places::ROWS, parts::ROWS, search::ROWS, sorting::ROWS, each::ROWS].concat()
}

const fn row(
    name: &'static str,
    arity: usize,
    effect: Effect,
    code: NativeCode,
    signature: &'static str,
    doc: &'static str,
) -> Native {
    let (receiver, price) = (Receiver::Array, Price::Work);
    Native { name, arity, receiver, signature, doc, price, effect, code }
}

fn list(value: &Val) -> Result<&Arc<List>, Fault> {
    match value {
        Val::Array(list) => Ok(list),
        _ => Err(Fault::no_overload()),
    }
}

/// A number of items, or a place among them, as scripts see it.
fn count(len: usize) -> Val {
    Val::Int(i64::try_from(len).unwrap_or(i64::MAX))
}

/// Changes an array in place and holds what becomes of it against the limits. Pays for the copy if
/// the array is shared, not for the change.
fn change<R>(
    run: &mut Run<'_, '_>,
    array: &mut Val,
    change: impl FnOnce(&mut List) -> R,
) -> Result<R, Fault> {
    let Val::Array(list) = array else { return Err(Fault::no_overload()) };
    run.charge(copied(list, list.len()))?;
    let list = Arc::make_mut(list);
    let result = change(list);
    let weight = list.weight();
    run.fits(weight)?;
    Ok(result)
}

/// A new array, within the limits.
fn made(run: &Run<'_, '_>, items: Vec<Val>) -> Result<Val, Fault> {
    let list = List::new(items);
    run.fits(list.weight())?;
    Ok(Val::Array(Arc::new(list)))
}

/// Whether a function may make an array that weighs so much. The function says so itself: it is one
/// that could make a large array of little.
fn check_room(run: &Run<'_, '_>, function: &str, weight: Weight) -> Result<(), Fault> {
    let limits = run.limits();
    let what = if weight.items as usize > limits.array_items {
        "array"
    } else if weight.entries as usize > limits.map_items {
        "map"
    } else if weight.bytes as usize > limits.string_bytes {
        "text in the result"
    } else {
        return run.fits(weight);
    };
    Err(Fault::too_large(&format!("`{function}`: the {what}")))
}

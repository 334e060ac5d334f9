//! Finding items: by value, or by asking a function of the script.

use rhai::EvalAltResult;

use super::super::super::{
    Val,
    fault::{Fault, What},
    machine::Run,
    native::{Effect, Native},
};
use super::super::{equality, spans};
use super::{ask::Question, count, list, row};

use Effect::{CallsWithItems, Pure};

pub(super) const ROWS: &[Native] = &[
    row(
        "contains",
        2,
        Pure,
        contains,
        "contains(array: array, value: any) -> bool",
        "Whether an item equals a value; `value in array` says the same.",
    ),
    row(
        "index_of",
        2,
        CallsWithItems,
        index_of,
        "index_of(array: array, filter: Fn | string) -> int",
        "The place of the first item for which a function says `true`, or -1. A text that names no \
         function is looked for itself.",
    ),
    row(
        "index_of",
        2,
        Pure,
        index_of_value,
        "index_of(array: array, value: any) -> int",
        "The place of the first item that equals a value, or -1.",
    ),
    row(
        "index_of",
        3,
        CallsWithItems,
        index_of,
        "index_of(array: array, filter: Fn | string, start: int) -> int",
        "As `index_of` with a function, from a place on. A negative place counts from the end.",
    ),
    row(
        "index_of",
        3,
        Pure,
        index_of_value,
        "index_of(array: array, value: any, start: int) -> int",
        "As `index_of` with a value, from a place on. A negative place counts from the end.",
    ),
    row(
        "find",
        2,
        CallsWithItems,
        find,
        "find(array: array, filter: Fn) -> any",
        "The first item for which a function says `true`, or `()`.",
    ),
    row(
        "find",
        3,
        CallsWithItems,
        find,
        "find(array: array, filter: Fn, start: int) -> any",
        "As `find`, from a place on. A negative place counts from the end.",
    ),
    row(
        "find_map",
        2,
        CallsWithItems,
        find_map,
        "find_map(array: array, mapper: Fn) -> any",
        "The first value other than `()` that a function makes of an item, or `()`.",
    ),
    row(
        "find_map",
        3,
        CallsWithItems,
        find_map,
        "find_map(array: array, mapper: Fn, start: int) -> any",
        "As `find_map`, from a place on. A negative place counts from the end.",
    ),
];

/// Who calls the functions, as errors tell; for `find` it is this one, too.
const CALLER: &str = "index_of";

/// The argument that says what to look for, and the place to begin at.
fn wanted(rest: &[Val]) -> Result<(&Val, i64), Fault> {
    match rest {
        [wanted] => Ok((wanted, 0)),
        [wanted, Val::Int(start)] => Ok((wanted, *start)),
        _ => Err(Fault::no_overload()),
    }
}

/// The first place from `start` on whose item equals a value.
fn place_of(
    run: &mut Run<'_, '_>,
    array: &Val,
    value: &Val,
    start: i64,
) -> Result<Option<usize>, Fault> {
    let items = list(array)?;
    let (start, _) = spans::part(items.len(), start, 0);
    for (index, item) in items.iter().enumerate().skip(start) {
        if equals(run, item, value)? {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

/// Whether an item equals a value. Ranges with and without their end cannot be compared, but are not
/// of one type: here they just differ.
fn equals(run: &mut Run<'_, '_>, item: &Val, value: &Val) -> Result<bool, Fault> {
    if let (Val::Range(item), Val::Range(value)) = (item, value)
        && item.inclusive != value.inclusive
    {
        return Ok(false);
    }
    equality::is_item(run, item, value)
}

fn contains(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [value] = rest else { return Err(Fault::no_overload()) };
    Ok(Val::Bool(place_of(run, array, value, 0)?.is_some()))
}

fn position(found: Option<usize>) -> Val {
    found.map_or(Val::Int(-1), count)
}

fn index_of_value(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let (value, start) = wanted(rest)?;
    place_of(run, array, value, start).map(position)
}

/// The first place from `start` on for whose item the answer is yes.
fn asked_for(
    run: &mut Run<'_, '_>,
    array: &mut Val,
    question: &Question,
    start: i64,
) -> Result<Option<usize>, Fault> {
    let size = list(array)?.len();
    let (start, _) = spans::part(size, start, 0);
    for index in start..size {
        if question.is_true_of(run, array, index)? {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

fn index_of(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let (filter, start) = wanted(rest)?;
    match filter {
        Val::Fn(_) => {
            let question = Question::new(run, CALLER, filter)?;
            asked_for(run, array, &question, start).map(position)
        }
        Val::Text(name) => {
            if let Ok(question) = Question::new(run, CALLER, filter) {
                match asked_for(run, array, &question, start) {
                    Ok(found) => return Ok(position(found)),
                    Err(mut fault) => {
                        if !is_missing(&mut fault, name) {
                            return Err(fault);
                        }
                    }
                }
            }
            place_of(run, array, filter, start).map(position)
        }
        _ => Err(Fault::no_overload()),
    }
}

/// Whether there is no function of a name: it is missing itself, not one that it calls.
fn is_missing(fault: &mut Fault, name: &str) -> bool {
    let trouble = fault.trouble();
    let is_missing = matches!(
        &trouble.what,
        What::Error(EvalAltResult::ErrorFunctionNotFound(signature, _))
            if signature.starts_with(name)
    );
    is_missing && trouble.frames.iter().all(|left| *left.function == *CALLER)
}

fn find(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let (filter @ Val::Fn(_), start) = wanted(rest)? else { return Err(Fault::no_overload()) };
    let question = Question::new(run, CALLER, filter)?;
    let found = asked_for(run, array, &question, start)?;
    let items = list(array)?;
    Ok(found.and_then(|index| items.get(index).cloned()).unwrap_or_default())
}

fn find_map(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let (mapper @ Val::Fn(_), start) = wanted(rest)? else { return Err(Fault::no_overload()) };
    let question = Question::new(run, "find_map", mapper)?;
    let size = list(array)?.len();
    let (start, _) = spans::part(size, start, 0);
    for index in start..size {
        let value = question.ask(run, array, index, &[], Some(0))?;
        if !matches!(value, Val::Unit) {
            return Ok(value);
        }
    }
    Ok(Val::Unit)
}

//! Functions that ask a function of the script about each item.

use std::{mem, sync::Arc};

use super::super::super::{
    Val,
    fault::Fault,
    heap::List,
    machine::Run,
    native::{Effect, Native},
};
use super::{ask::Question, change, check_room, count, list, made, row};

use Effect::{CallsWithItems, ChangesAndCalls};

pub(super) const ROWS: &[Native] = &[
    row(
        "for_each",
        2,
        ChangesAndCalls,
        for_each,
        "for_each(array: array, function: Fn)",
        "Calls a function for each item, which is `this`, with its place.",
    ),
    row(
        "map",
        2,
        CallsWithItems,
        map,
        "map(array: array, mapper: Fn | string) -> array",
        "An array of what a function makes of each item.",
    ),
    row(
        "filter",
        2,
        CallsWithItems,
        filter,
        "filter(array: array, filter: Fn) -> array",
        "An array of the items for which a function says `true`.",
    ),
    row(
        "filter",
        2,
        ChangesAndCalls,
        filter_by_name,
        "filter(array: array, filter: string) -> array",
        "An array of the items for which the function of a name says `true`.",
    ),
    row(
        "some",
        2,
        CallsWithItems,
        some,
        "some(array: array, filter: Fn | string) -> bool",
        "Whether a function says `true` for one of the items.",
    ),
    row(
        "all",
        2,
        CallsWithItems,
        all,
        "all(array: array, filter: Fn | string) -> bool",
        "Whether a function says `true` for all items.",
    ),
    row(
        "reduce",
        2,
        CallsWithItems,
        reduce,
        "reduce(array: array, reducer: Fn | string) -> any",
        "What a function makes of `()` and the first item, then of that and the next one, and so on.",
    ),
    row(
        "reduce",
        3,
        CallsWithItems,
        reduce,
        "reduce(array: array, reducer: Fn | string, initial: any) -> any",
        "What a function makes of a value and the first item, then of that and the next, and so on.",
    ),
    row(
        "reduce_rev",
        2,
        CallsWithItems,
        reduce_rev,
        "reduce_rev(array: array, reducer: Fn | string) -> any",
        "As `reduce`, from the last item to the first.",
    ),
    row(
        "reduce_rev",
        3,
        CallsWithItems,
        reduce_rev,
        "reduce_rev(array: array, reducer: Fn | string, initial: any) -> any",
        "As `reduce`, from the last item to the first.",
    ),
    row(
        "zip",
        3,
        CallsWithItems,
        zip,
        "zip(array: array, other: array, zipper: Fn) -> array",
        "An array of what a function makes of the items at each place that both arrays have.",
    ),
    row(
        "drain",
        2,
        ChangesAndCalls,
        drain,
        "drain(array: array, filter: Fn | string) -> array",
        "Takes out the items for which a function says `true`, and gives them.",
    ),
    row(
        "retain",
        2,
        ChangesAndCalls,
        retain,
        "retain(array: array, filter: Fn | string) -> array",
        "Takes out all other items than those for which a function says `true`, and gives them.",
    ),
];

fn for_each(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [function @ Val::Fn(_)] = rest else { return Err(Fault::no_overload()) };
    let question = Question::new(run, "for_each", function)?;
    for index in 0..list(array)?.len() {
        question.ask(run, array, index, &[], None)?;
    }
    Ok(Val::Unit)
}

fn map(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [mapper] = rest else { return Err(Fault::no_overload()) };
    let question = Question::new(run, "map", mapper)?;
    let size = list(array)?.len();
    let mut mapped = Gathered::new("map", size);
    for index in 0..size {
        let value = question.ask(run, array, index, &[], Some(0))?;
        mapped.push(run, value)?;
    }
    Ok(mapped.into_array())
}

fn filter(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [filter @ Val::Fn(_)] = rest else { return Err(Fault::no_overload()) };
    let question = Question::new(run, "filter", filter)?;
    filtered(run, array, &question)
}

fn filter_by_name(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [name @ Val::Text(_)] = rest else { return Err(Fault::no_overload()) };
    let question = Question::new(run, "filter", name)?;
    filtered(run, array, &question)
}

fn filtered(run: &mut Run<'_, '_>, array: &mut Val, question: &Question) -> Result<Val, Fault> {
    let mut found = Vec::new();
    for index in 0..list(array)?.len() {
        if question.is_true_of(run, array, index)? {
            found.extend(list(array)?.get(index).cloned());
        }
    }
    made(run, found)
}

fn some(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [filter] = rest else { return Err(Fault::no_overload()) };
    let question = Question::new(run, "some", filter)?;
    for index in 0..list(array)?.len() {
        if question.is_true_of(run, array, index)? {
            return Ok(Val::Bool(true));
        }
    }
    Ok(Val::Bool(false))
}

fn all(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [filter] = rest else { return Err(Fault::no_overload()) };
    let question = Question::new(run, "all", filter)?;
    for index in 0..list(array)?.len() {
        if !question.is_true_of(run, array, index)? {
            return Ok(Val::Bool(false));
        }
    }
    Ok(Val::Bool(true))
}

fn reduce(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let indices = 0..list(array)?.len();
    reduced(run, "reduce", array, rest, indices)
}

fn reduce_rev(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let indices = (0..list(array)?.len()).rev();
    reduced(run, "reduce_rev", array, rest, indices)
}

fn reduced(
    run: &mut Run<'_, '_>,
    caller: &'static str,
    array: &mut Val,
    rest: &mut [Val],
    mut indices: impl Iterator<Item = usize>,
) -> Result<Val, Fault> {
    let (reducer, initial) = match rest {
        [reducer] => (reducer, Val::Unit),
        [reducer, initial] => (reducer, mem::take(initial)),
        _ => return Err(Fault::no_overload()),
    };
    let question = Question::new(run, caller, reducer)?;
    indices.try_fold(initial, |result, index| question.ask(run, array, index, &[result], Some(1)))
}

fn zip(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Array(other), zipper @ Val::Fn(_)] = rest else { return Err(Fault::no_overload()) };
    let question = Question::new(run, "zip", zipper)?;
    let items = list(array)?;
    let mut zipped = Gathered::new("zip", items.len().min(other.len()));
    for (index, (item, other)) in items.iter().zip(other.iter()).enumerate() {
        let value = question.about_both(run, item, other, &[count(index)])?;
        zipped.push(run, value)?;
    }
    Ok(zipped.into_array())
}

fn drain(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [filter] = rest else { return Err(Fault::no_overload()) };
    let question = Question::new(run, "drain", filter)?;
    sift(run, array, &question, false)
}

fn retain(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [filter] = rest else { return Err(Fault::no_overload()) };
    let question = Question::new(run, "retain", filter)?;
    sift(run, array, &question, true)
}

/// Takes out the items for which the answer is not `stays`. If a call fails, those before are out.
fn sift(
    run: &mut Run<'_, '_>,
    array: &mut Val,
    question: &Question,
    stays: bool,
) -> Result<Val, Fault> {
    let size = list(array)?.len();
    let mut staying = Vec::with_capacity(size);
    let mut failed = Ok(());
    for index in 0..size {
        match question.is_true_of(run, array, index) {
            Ok(answer) => staying.push(answer == stays),
            Err(fault) => {
                failed = Err(fault);
                break;
            }
        }
    }
    if !staying.contains(&false) {
        return failed.map(|()| Val::array(Vec::new()));
    }
    run.charge(size as u64)?;
    let taken = change(run, array, |list| {
        list.edit(|items| {
            let mut staying = staying.into_iter();
            let (left, taken) =
                mem::take(items).into_iter().partition(|_| staying.next().unwrap_or(true));
            *items = left;
            taken
        })
    })?;
    failed?;
    made(run, taken)
}

/// An array of results, held against the limits while it grows.
struct Gathered {
    function: &'static str,
    list: List,
}

impl Gathered {
    fn new(function: &'static str, expected: usize) -> Self {
        Self { function, list: List::new(Vec::with_capacity(expected)) }
    }

    fn push(&mut self, run: &Run<'_, '_>, value: Val) -> Result<(), Fault> {
        self.list.push(value);
        check_room(run, self.function, self.list.weight())
    }

    fn into_array(self) -> Val {
        Val::Array(Arc::new(self.list))
    }
}

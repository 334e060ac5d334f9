//! Sorting, and removing what repeats. Errors of a function that is asked go out, whatever it
//! answers is taken for an answer, and the array is as it was until all answers are there.

use std::{cmp::Ordering, mem::discriminant};

use super::super::super::{
    Val,
    fault::Fault,
    machine::Run,
    native::{Effect, Native},
};
use super::{ask::Question, change, list, made, row};

use Effect::{Changes, ChangesAndCalls};

pub(super) const ROWS: &[Native] = &[
    row(
        "sort",
        1,
        Changes,
        |run, array, _| sort(run, "sort", array, Ordering::Less),
        "sort(array: array)",
        "Puts items of one type in rising order.",
    ),
    row(
        "sort_desc",
        1,
        Changes,
        |run, array, _| sort(run, "sort_desc", array, Ordering::Greater),
        "sort_desc(array: array)",
        "Puts items of one type in falling order.",
    ),
    row(
        "sort",
        2,
        ChangesAndCalls,
        |run, array, rest| sort_asking(run, "sort", array, rest),
        "sort(array: array, comparer: Fn | string)",
        "Puts items in the order of a function, which says `true` or a number below 0 if its first \
         argument comes before the second.",
    ),
    row(
        "sort_by",
        2,
        ChangesAndCalls,
        |run, array, rest| match rest {
            [Val::Fn(_)] => sort_asking(run, "sort_by", array, rest),
            _ => Err(Fault::no_overload()),
        },
        "sort_by(array: array, comparer: Fn)",
        "As `sort` with a function.",
    ),
    // Like the reference, which takes ordering a copy for a change.
    row(
        "order",
        1,
        Changes,
        |run, array, _| naturally(run, "order", array, Ordering::Less),
        "order(array: array) -> array",
        "A copy in rising order of an array with items of one type.",
    ),
    row(
        "order_desc",
        1,
        Changes,
        |run, array, _| naturally(run, "order_desc", array, Ordering::Greater),
        "order_desc(array: array) -> array",
        "A copy in falling order of an array with items of one type.",
    ),
    row(
        "order",
        2,
        ChangesAndCalls,
        |run, array, rest| order_asking(run, "order", array, rest),
        "order(array: array, comparer: Fn) -> array",
        "A copy of an array in the order of a function, as for `sort`.",
    ),
    row(
        "order_by",
        2,
        ChangesAndCalls,
        |run, array, rest| order_asking(run, "order_by", array, rest),
        "order_by(array: array, comparer: Fn) -> array",
        "A copy of an array in the order of a function, as for `sort`.",
    ),
    row(
        "dedup",
        1,
        Changes,
        dedup,
        "dedup(array: array)",
        "Takes out each item that equals the one before it.",
    ),
    row(
        "dedup",
        2,
        ChangesAndCalls,
        dedup_asking,
        "dedup(array: array, comparer: Fn | string)",
        "Takes out each item that a function says to be the same as the one left before it.",
    ),
];

fn sort(
    run: &mut Run<'_, '_>,
    function: &str,
    array: &mut Val,
    first: Ordering,
) -> Result<Val, Fault> {
    *array = naturally(run, function, array, first)?;
    Ok(Val::Unit)
}

fn sort_asking(
    run: &mut Run<'_, '_>,
    function: &'static str,
    array: &mut Val,
    rest: &[Val],
) -> Result<Val, Fault> {
    let [comparer] = rest else { return Err(Fault::no_overload()) };
    let question = Question::new(run, function, comparer)?;
    *array = ordered(run, array, function, &question)?;
    Ok(Val::Unit)
}

fn order_asking(
    run: &mut Run<'_, '_>,
    function: &'static str,
    array: &Val,
    rest: &[Val],
) -> Result<Val, Fault> {
    let [comparer @ Val::Fn(_)] = rest else { return Err(Fault::no_overload()) };
    let question = Question::new(run, function, comparer)?;
    ordered(run, array, function, &question)
}

/// A copy of an array, in the order that a function of the script says.
fn ordered(
    run: &mut Run<'_, '_>,
    array: &Val,
    function: &str,
    question: &Question,
) -> Result<Val, Fault> {
    let items = list(array)?;
    if items.len() <= 1 {
        return Ok(array.clone());
    }
    // Asked about (right, left) and only for "comes before", a comparer such as `|a, b| a < b`
    // keeps equal items in their order.
    let sorted =
        merge_sorted(items, |right, left| match question.about_both(run, right, left, &[])? {
            Val::Bool(before) => Ok(before),
            Val::Int(order) => Ok(order < 0),
            found => Err(Fault::refused(format!(
                "`{function}`: the comparer must return an int or a bool, not {}",
                found.type_name(),
            ))),
        })?;
    made(run, sorted)
}

/// A copy of an array with items of one type, in their own order.
fn naturally(
    run: &mut Run<'_, '_>,
    function: &str,
    array: &Val,
    first: Ordering,
) -> Result<Val, Fault> {
    let items = list(array)?;
    if items.len() <= 1 {
        return Ok(array.clone());
    }
    run.charge(items.len() as u64)?;
    for (left, right) in items.iter().zip(items.iter().skip(1)) {
        if discriminant(left) != discriminant(right) || left.type_name() != right.type_name() {
            return Err(Fault::refused(format!(
                "`{function}`: elements of different types ({} and {}) cannot be sorted",
                left.type_name(),
                right.type_name(),
            )));
        }
    }
    let sorted = merge_sorted(items, |right, left| {
        run.charge(1 + right.weight().steps().min(left.weight().steps()))?;
        natural_order(right, left).map(|order| order == first).ok_or_else(|| {
            let found = left.type_name();
            Fault::refused(format!("`{function}`: values of type {found} have no order"))
        })
    })?;
    made(run, sorted)
}

/// The order of two values of one type. NaN comes after all numbers: an order that contradicts
/// itself would make the result depend on the way of sorting.
fn natural_order(left: &Val, right: &Val) -> Option<Ordering> {
    match (left, right) {
        (Val::Int(left), Val::Int(right)) => Some(left.cmp(right)),
        (Val::Float(left), Val::Float(right)) => {
            let nan_last = left.is_nan().cmp(&right.is_nan());
            Some(left.partial_cmp(right).unwrap_or(nan_last))
        }
        (Val::Text(left), Val::Text(right)) => Some(left.as_str().cmp(right.as_str())),
        (Val::Char(left), Val::Char(right)) => Some(left.cmp(right)),
        (Val::Bool(left), Val::Bool(right)) => Some(left.cmp(right)),
        (Val::Unit, Val::Unit) => Some(Ordering::Equal),
        _ => None,
    }
}

/// A sorted copy, with at most `n * log2(n)` questions, whatever the answers are. Equal items keep
/// their order.
///
/// `comes_first` is asked about an item and one that stands before it.
fn merge_sorted(
    items: &[Val],
    mut comes_first: impl FnMut(&Val, &Val) -> Result<bool, Fault>,
) -> Result<Vec<Val>, Fault> {
    let mut order: Vec<&Val> = items.iter().collect();
    let mut merged = Vec::with_capacity(items.len());
    let mut width = 1;
    while width < items.len() {
        merged.clear();
        for run in order.chunks(width * 2) {
            let (mut left, mut right) = run.split_at(width.min(run.len()));
            while let ([l, left_rest @ ..], [r, right_rest @ ..]) = (left, right) {
                if comes_first(r, l)? {
                    merged.push(*r);
                    right = right_rest;
                } else {
                    merged.push(*l);
                    left = left_rest;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(&mut order, &mut merged);
        width *= 2;
    }
    Ok(order.into_iter().cloned().collect())
}

fn dedup(run: &mut Run<'_, '_>, array: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    // Values that cannot be compared are not equal here.
    let stays = first_of_each(list(array)?, |kept, next| run.equal(kept, next))?;
    leave(run, array, stays)
}

fn dedup_asking(run: &mut Run<'_, '_>, array: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [comparer] = rest else { return Err(Fault::no_overload()) };
    let question = Question::new(run, "dedup", comparer)?;
    let stays = first_of_each(list(array)?, |kept, next| {
        match question.about_both(run, kept, next, &[])? {
            Val::Bool(same) => Ok(same),
            found => Err(Fault::refused(format!(
                "`dedup`: the comparer must return a bool, not {}",
                found.type_name(),
            ))),
        }
    })?;
    leave(run, array, stays)
}

/// For each item, whether it is not the same as the one that stays before it.
fn first_of_each(
    items: &[Val],
    mut same: impl FnMut(&Val, &Val) -> Result<bool, Fault>,
) -> Result<Vec<bool>, Fault> {
    let Some((mut last, rest)) = items.split_first() else { return Ok(Vec::new()) };
    let mut stays = vec![true];
    for next in rest {
        let differs = !same(last, next)?;
        if differs {
            last = next;
        }
        stays.push(differs);
    }
    Ok(stays)
}

/// Takes all items out but those that stay.
fn leave(run: &mut Run<'_, '_>, array: &mut Val, stays: Vec<bool>) -> Result<Val, Fault> {
    if stays.contains(&false) {
        run.charge(stays.len() as u64)?;
        let mut stays = stays.into_iter();
        change(run, array, |list| {
            list.edit(|items| items.retain(|_| stays.next().unwrap_or(true)));
        })?;
    }
    Ok(Val::Unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ints(items: &[Val]) -> Vec<i64> {
        let int = |item: &Val| match item {
            Val::Int(i) => *i,
            other => panic!("{}", other.type_name()),
        };
        items.iter().map(int).collect()
    }

    fn sorted(items: &[i64], before: impl Fn(i64, i64) -> bool) -> Vec<i64> {
        let items: Vec<Val> = items.iter().map(|&i| i.into()).collect();
        let asked = |right: &Val, left: &Val| match (right, left) {
            (Val::Int(right), Val::Int(left)) => Ok(before(*right, *left)),
            _ => Err(Fault::no_overload()),
        };
        ints(&merge_sorted(&items, asked).ok().expect("no error"))
    }

    #[test]
    fn any_answers_give_an_order() {
        let numbers: Vec<i64> = (0..1000).map(|i| i * 7919 % 1009).collect();
        let mut expected = numbers.clone();
        expected.sort_unstable();
        assert_eq!(sorted(&numbers, |right, left| right < left), expected);
        for answer in [|_, _| true, |_, _| false, |a: i64, b: i64| (a ^ b) % 3 == 0] {
            let mut shuffled = sorted(&numbers, answer);
            shuffled.sort_unstable();
            assert_eq!(shuffled, expected);
        }
        assert!(sorted(&[], |_, _| true).is_empty());
    }

    #[test]
    fn equal_items_keep_their_order() {
        let numbers = [31, 12, 11, 32, 22, 21, 13];
        let by_tens = sorted(&numbers, |right, left| right / 10 < left / 10);
        assert_eq!(by_tens, [12, 11, 13, 22, 21, 31, 32]);
    }

    #[test]
    fn nan_comes_last() {
        let order = |a: f64, b: f64| natural_order(&a.into(), &b.into());
        assert_eq!(order(1.0, f64::NAN), Some(Ordering::Less));
        assert_eq!(order(f64::NAN, 1.0), Some(Ordering::Greater));
        assert_eq!(order(f64::NAN, f64::NAN), Some(Ordering::Equal));
        assert_eq!(natural_order(&Val::Unit, &1.into()), None);
    }

    #[test]
    fn repeated_items_are_told_from_the_one_that_stays() {
        let items: Vec<Val> = [3, 2, 4, 4, 5, 1].iter().map(|&i: &i64| i.into()).collect();
        let falls = |kept: &Val, next: &Val| {
            Ok(natural_order(kept, next).is_some_and(|order| order != Ordering::Less))
        };
        let stays = first_of_each(&items, falls).ok().expect("no error");
        assert_eq!(stays, [true, false, true, false, true, false]);
    }
}

//! Arrays and blobs: growing, sorting, removing duplicates, and callbacks that gather results.

use super::{Fault, Room, Size, put, put_changing, refuse, too_large};
use rhai::{
    Array, Blob, Dynamic, EvalAltResult, FnPtr, ImmutableString, Map, NativeCallContext, OP_EQUALS,
};
use std::any::TypeId;
use std::cmp::Ordering;
use std::mem;

/// Replaces what grows an array or a blob in one step, what gathers the results of callbacks, and
/// what asks a callback for an order or for equality.
pub(super) fn replace(module: &mut rhai::Module) {
    put_changing(module, "pad", pad_array);
    put_changing(module, "pad", pad_blob);
    put(module, "blob", |context: NativeCallContext, length: i64| new_blob(&context, length, 0));
    put(module, "blob", |context: NativeCallContext, length: i64, value: i64| {
        new_blob(&context, length, value)
    });
    // The stock one gives bytes, which no operator takes and state cannot keep.
    module.set_iter(TypeId::of::<Blob>(), |blob| {
        Box::new(blob.cast::<Blob>().into_iter().map(|byte| i64::from(byte).into()))
    });
    replace_gathering(module);
    replace_sorting(module);
    replace_dedup(module);
}

/// A length from a script; the stock functions take a negative one for zero.
fn length(length: i64) -> usize {
    usize::try_from(length.max(0)).unwrap_or(usize::MAX)
}

/// A position as a script sees it.
fn position(index: usize) -> Dynamic {
    i64::try_from(index).unwrap_or(i64::MAX).into()
}

/// `value` without its tie to a variable that a closure shares. Values in containers are never
/// shared; the engine relies on that.
fn unshared(function: &str, value: Dynamic) -> Result<Dynamic, Fault> {
    if !value.is_shared() {
        return Ok(value);
    }
    match value.read_lock::<Dynamic>() {
        Some(inner) => Ok(inner.clone()),
        None => Err(refuse(format!("`{function}`: the value is in use"))),
    }
}

/// The stock version trusts its sizes.
fn pad_array(
    context: NativeCallContext,
    array: &mut Array,
    target: i64,
    item: Dynamic,
) -> Result<(), Fault> {
    let target = length(target);
    let missing = target.saturating_sub(array.len());
    if missing == 0 {
        return Ok(());
    }
    let item = unshared("pad", item)?;
    let room = Room::of(context.engine());
    // The element count alone is cheap to know, the nested sizes are not.
    room.check_items("pad", target)?;
    let size = Size::of_array(array).plus(Size::of_element(&item).times(missing));
    room.check("pad", size)?;
    array.resize(target, item);
    Ok(())
}

fn pad_blob(
    context: NativeCallContext,
    blob: &mut Blob,
    target: i64,
    value: i64,
) -> Result<(), Fault> {
    let target = length(target);
    check_blob(&context, "pad", target)?;
    if target > blob.len() {
        blob.resize(target, lowest_byte(value));
    }
    Ok(())
}

fn new_blob(context: &NativeCallContext, target: i64, value: i64) -> Result<Blob, Fault> {
    let target = length(target);
    check_blob(context, "blob", target)?;
    Ok(vec![lowest_byte(value); target])
}

fn check_blob(context: &NativeCallContext, function: &str, length: usize) -> Result<(), Fault> {
    if length > Room::of(context.engine()).items {
        return Err(too_large(function, "blob"));
    }
    Ok(())
}

fn lowest_byte(value: i64) -> u8 {
    value.to_le_bytes()[0]
}

/// The stock versions gather all results first and let the engine measure them afterwards.
fn replace_gathering(module: &mut rhai::Module) {
    put(module, "map", map_array);
    put(module, "map", |context: NativeCallContext, array: &mut Array, mapper: ImmutableString| {
        map_array(context, array, FnPtr::new(mapper)?)
    });
    put(module, "zip", zip_arrays);
    put(module, "map", map_entries);
}

fn map_array(context: NativeCallContext, array: &mut Array, mapper: FnPtr) -> Result<Array, Fault> {
    let mut mapped = Gathered::new(&context, "map", array.len());
    for (index, item) in array.iter_mut().enumerate() {
        let extra = [position(index)];
        mapped.push(mapper.call_raw_with_extra_args(
            "map",
            &context,
            Some(item),
            [],
            extra,
            Some(0),
        )?)?;
    }
    Ok(mapped.values)
}

fn zip_arrays(
    context: NativeCallContext,
    left: &mut Array,
    right: Array,
    zipper: FnPtr,
) -> Result<Array, Fault> {
    let mut zipped = Gathered::new(&context, "zip", left.len().min(right.len()));
    for (index, (left, right)) in left.iter().zip(right).enumerate() {
        let arguments = [left.clone(), right];
        let extra = [position(index)];
        zipped.push(
            zipper.call_raw_with_extra_args("zip", &context, None, arguments, extra, None)?,
        )?;
    }
    Ok(zipped.values)
}

fn map_entries(context: NativeCallContext, map: &mut Map, mapper: FnPtr) -> Result<Map, Fault> {
    let room = Room::of(context.engine());
    let mut size = Size::default();
    let mut mapped = Map::new();
    for (key, item) in map.iter_mut() {
        let arguments = [key.clone().into()];
        let value =
            mapper.call_raw_with_extra_args("map", &context, Some(item), arguments, [], Some(1))?;
        let value = unshared("map", value)?;
        size = size.plus(Size::of_entry(key, &value));
        room.check("map", size)?;
        mapped.insert(key.clone(), value);
    }
    Ok(mapped)
}

/// An array of results, measured while it grows.
struct Gathered {
    function: &'static str,
    room: Room,
    size: Size,
    values: Array,
}

impl Gathered {
    fn new(context: &NativeCallContext, function: &'static str, expected: usize) -> Self {
        Self {
            function,
            room: Room::of(context.engine()),
            size: Size::default(),
            values: Array::with_capacity(expected),
        }
    }

    fn push(&mut self, value: Dynamic) -> Result<(), Fault> {
        let value = unshared(self.function, value)?;
        self.size = self.size.plus(Size::of_element(&value));
        self.room.check(self.function, self.size)?;
        self.values.push(value);
        Ok(())
    }
}

/// The stock versions take an error of the comparer for an answer, so a script that was stopped
/// would go on, and some of them panic when the answers contradict each other.
fn replace_sorting(module: &mut rhai::Module) {
    put_changing(
        module,
        "sort",
        |context: NativeCallContext, array: &mut Array, comparer: FnPtr| {
            sort_by(&context, "sort", array, &comparer)
        },
    );
    put_changing(
        module,
        "sort_by",
        |context: NativeCallContext, array: &mut Array, comparer: FnPtr| {
            sort_by(&context, "sort_by", array, &comparer)
        },
    );
    put_changing(
        module,
        "sort",
        |context: NativeCallContext, array: &mut Array, comparer: ImmutableString| {
            sort_by(&context, "sort", array, &FnPtr::new(comparer)?)
        },
    );
    put_changing(
        module,
        "order",
        |context: NativeCallContext, array: &mut Array, comparer: FnPtr| {
            let mut ordered = array.clone();
            sort_by(&context, "order", &mut ordered, &comparer).map(|()| ordered)
        },
    );
    put_changing(
        module,
        "order_by",
        |context: NativeCallContext, array: &mut Array, comparer: FnPtr| {
            let mut ordered = array.clone();
            sort_by(&context, "order_by", &mut ordered, &comparer).map(|()| ordered)
        },
    );
    for (sort, order, first) in
        [("sort", "order", Ordering::Less), ("sort_desc", "order_desc", Ordering::Greater)]
    {
        put_changing(module, sort, move |context: NativeCallContext, array: &mut Array| {
            sort_naturally(&context, sort, array, first)
        });
        put_changing(module, order, move |context: NativeCallContext, array: &mut Array| {
            let mut ordered = array.clone();
            sort_naturally(&context, order, &mut ordered, first).map(|()| ordered)
        });
    }
}

fn sort_by(
    context: &NativeCallContext,
    function: &str,
    array: &mut Array,
    comparer: &FnPtr,
) -> Result<(), Fault> {
    // Asked about (right, left) and only for "comes before", a comparer such as `|a, b| a < b`
    // keeps equal elements in their order, as it does in the stock version.
    merge_sort(array, |right, left| {
        let answer = comparer.call_raw(context, None, [right.clone(), left.clone()])?;
        if let Ok(before) = answer.as_bool() {
            return Ok(before);
        }
        answer.as_int().map(|order| order < 0).map_err(|found| {
            let found = context.engine().map_type_name(found);
            refuse(format!("`{function}`: the comparer must return an int or a bool, not {found}"))
        })
    })
}

fn sort_naturally(
    context: &NativeCallContext,
    function: &str,
    array: &mut Array,
    first: Ordering,
) -> Result<(), Fault> {
    if array.len() <= 1 {
        return Ok(());
    }
    let engine = context.engine();
    for pair in array.windows(2) {
        let [left, right] = pair else { continue };
        if left.type_id() != right.type_id() {
            return Err(refuse(format!(
                "`{function}`: elements of different types ({} and {}) cannot be sorted",
                engine.map_type_name(left.type_name()),
                engine.map_type_name(right.type_name()),
            )));
        }
    }
    merge_sort(array, |right, left| {
        natural_order(right, left).map(|order| order == first).ok_or_else(|| {
            let found = engine.map_type_name(left.type_name());
            refuse(format!("`{function}`: values of type {found} have no order"))
        })
    })
}

/// The order of two values of one type. NaN comes after all numbers: an order that contradicts
/// itself would make the result depend on the way of sorting.
fn natural_order(left: &Dynamic, right: &Dynamic) -> Option<Ordering> {
    if let (Ok(left), Ok(right)) = (left.as_int(), right.as_int()) {
        Some(left.cmp(&right))
    } else if let (Ok(left), Ok(right)) = (left.as_float(), right.as_float()) {
        let nan_last = left.is_nan().cmp(&right.is_nan());
        Some(left.partial_cmp(&right).unwrap_or(nan_last))
    } else if let (Ok(left), Ok(right)) =
        (left.as_immutable_string_ref(), right.as_immutable_string_ref())
    {
        Some(left.as_str().cmp(right.as_str()))
    } else if let (Ok(left), Ok(right)) = (left.as_char(), right.as_char()) {
        Some(left.cmp(&right))
    } else if let (Ok(left), Ok(right)) = (left.as_bool(), right.as_bool()) {
        Some(left.cmp(&right))
    } else {
        (left.is_unit() && right.is_unit()).then_some(Ordering::Equal)
    }
}

/// Sorts with at most `n * log2(n)` questions, whatever the answers are. Equal elements keep their
/// order; after an error the array is as it was.
///
/// `comes_first` is asked about an element and one that stands before it.
fn merge_sort(
    array: &mut Array,
    mut comes_first: impl FnMut(&Dynamic, &Dynamic) -> Result<bool, Fault>,
) -> Result<(), Fault> {
    let mut order: Vec<usize> = (0..array.len()).collect();
    let mut merged = Vec::with_capacity(array.len());
    let mut width = 1;
    while width < array.len() {
        merged.clear();
        for run in order.chunks(width * 2) {
            let (mut left, mut right) = run.split_at(width.min(run.len()));
            while let ([l, left_rest @ ..], [r, right_rest @ ..]) = (left, right) {
                if comes_first(&array[*r], &array[*l])? {
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
        mem::swap(&mut order, &mut merged);
        width *= 2;
    }
    let mut unsorted = mem::take(array);
    array.extend(order.into_iter().map(|index| mem::take(&mut unsorted[index])));
    Ok(())
}

/// The stock versions take an error of the comparer for "not equal".
fn replace_dedup(module: &mut rhai::Module) {
    put_changing(module, "dedup", |context: NativeCallContext, array: &mut Array| {
        dedup(array, |kept, next| equal(&context, kept, next))
    });
    put_changing(
        module,
        "dedup",
        |context: NativeCallContext, array: &mut Array, comparer: FnPtr| {
            dedup_by(&context, array, &comparer)
        },
    );
    put_changing(
        module,
        "dedup",
        |context: NativeCallContext, array: &mut Array, comparer: ImmutableString| {
            dedup_by(&context, array, &FnPtr::new(comparer)?)
        },
    );
}

fn dedup_by(context: &NativeCallContext, array: &mut Array, comparer: &FnPtr) -> Result<(), Fault> {
    dedup(array, |kept, next| {
        let answer = comparer.call_raw(context, None, [kept.clone(), next.clone()])?;
        answer.as_bool().map_err(|found| {
            let found = context.engine().map_type_name(found);
            refuse(format!("`dedup`: the comparer must return a bool, not {found}"))
        })
    })
}

/// `kept == next`; values for which nobody defined `==` are not equal.
fn equal(context: &NativeCallContext, kept: &Dynamic, next: &Dynamic) -> Result<bool, Fault> {
    let (mut kept, mut next) = (kept.clone(), next.clone());
    match context.call_native_fn_raw(OP_EQUALS, true, &mut [&mut kept, &mut next]) {
        Ok(answer) => Ok(answer.as_bool().unwrap_or(false)),
        Err(error) => match *error {
            EvalAltResult::ErrorFunctionNotFound(ref missing, _)
                if missing.starts_with(OP_EQUALS) =>
            {
                Ok(false)
            }
            _ => Err(error),
        },
    }
}

/// Removes elements that equal the one kept before them; after an error the array is as it was.
fn dedup(
    array: &mut Array,
    mut same: impl FnMut(&Dynamic, &Dynamic) -> Result<bool, Fault>,
) -> Result<(), Fault> {
    let Some((first, rest)) = array.split_first() else {
        return Ok(());
    };
    let mut last = first;
    let mut keep = vec![true];
    for next in rest {
        let differs = !same(last, next)?;
        if differs {
            last = next;
        }
        keep.push(differs);
    }
    let mut keep = keep.into_iter();
    array.retain(|_| keep.next().unwrap_or(true));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{
        assert_same, assert_too_large, fault, hardened, refusal, stock, swallowed_stops,
    };
    use super::*;

    #[test]
    fn padding_ordinary_arrays_is_as_in_rhai() {
        assert_same("let a = [1]; a.pad(4, 0); a");
        assert_same("let a = [1]; a.pad(3, [2, #{x: 3}]); a");
        assert_same("let a = [1, 2]; a.pad(2, 0); a.pad(1, 0); a.pad(-5, 0); a");
        assert_same("let a = []; let x = 5; let f = || x; a.pad(2, x); x = 6; a");
        assert_same("let a = []; a.pad(1000, 0); a.len()");
    }

    #[test]
    fn padding_checks_nested_sizes() {
        let long = r#"let s = ""; s.pad(9000, 'x'); let a = [];"#;
        for script in [
            "let a = []; a.pad(1001, 0)",
            "let a = []; a.pad(0x7fff_ffff_ffff_ffff, 0)",
            "let a = []; a.pad(900, [1, 2, 3, 4])",
            "let b = []; b.pad(99, 0); let a = []; a.pad(11, b)",
            "let a = []; a.pad(100, blob(100))",
            "let a = []; a.pad(257, #{k: 1})",
            &format!("{long} a.pad(2, s)"),
            &format!("{long} a.pad(2, #{{s: s}})"),
        ] {
            assert_too_large(script);
        }
    }

    #[test]
    fn blobs_are_made_and_padded_within_the_limit() {
        assert_same("let b = blob(3, 7); b.pad(5, 0x1ff); b.pad(2, 1); b.pad(-1, 1); b");
        assert_same("blob(-3).len() + blob(0).len() + blob(4).len()");
        for script in [
            "let b = blob(); b.pad(1001, 0)",
            "let b = blob(); b.pad(0x7fff_ffff_ffff_ffff, 0)",
            "blob(1001)",
            "blob(0x7fff_ffff_ffff_ffff, 1)",
        ] {
            assert_too_large(script);
        }
    }

    #[test]
    fn forgotten_limits_are_no_way_to_abort() {
        let mut engine = hardened();
        engine.set_max_array_size(0).set_max_string_size(0);
        for script in [
            "blob(0x7fff_ffff_ffff_ffff)",
            "let a = []; a.pad(0x7fff_ffff_ffff_ffff, 0)",
            "let b = blob(); b.pad(0x7fff_ffff_ffff_ffff, 1)",
            r#"let s = ""; s.pad(0x7fff_ffff_ffff_ffff, "ab")"#,
        ] {
            let error = engine.eval::<Dynamic>(script).expect_err(script);
            assert!(matches!(*error, EvalAltResult::ErrorDataTooLarge(..)), "{error}");
        }
    }

    #[test]
    fn gathering_is_as_in_rhai() {
        assert_same("[1, 2, 3].map(|x| x * 2)");
        assert_same("[1, 2, 3].map(|x, i| x * i)");
        assert_same("let a = [1, 2]; let b = a.map(|| this + 1); [a, b]");
        assert_same("fn twice(x) { x * 2 } [1, 2].map(\"twice\")");
        assert_same("fn sum(a, b, i) { a + b + i } [1, 2].zip([3, 4, 5], Fn(\"sum\"))");
        assert_same("[1, 2].zip([3], |a, b| a + b)");
        assert_same("#{a: 1, b: 2}.map(|k, v| k + v)");
        assert_same("let x = 1; let f = || x; let a = [1].map(|e| x); x = 2; a");
    }

    #[test]
    fn gathering_stops_as_soon_as_it_is_too_large() {
        let long =
            r#"let b = []; b.pad(99, 0); let a = []; a.pad(11, 0); let s = ""; s.pad(9000, 'x');"#;
        for (call, calls) in [
            ("a.map(|x| { called(); b })", 11),
            ("a.map(|x| { called(); s })", 2),
            (r#"fn f(x) { called(); let s = ""; s.pad(9000, 'x'); s } a.map("f")"#, 2),
            ("a.zip(a, |x, y| { called(); s })", 2),
            ("#{a: 1, b: 2, c: 3}.map(|k, v| { called(); s })", 2),
        ] {
            let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
            let mut engine = hardened();
            let counted = count.clone();
            engine.register_fn("called", move || {
                counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            });
            let error = engine.eval::<Dynamic>(&format!("{long} {call}")).expect_err(call);
            assert!(matches!(*error, EvalAltResult::ErrorDataTooLarge(..)), "{error}");
            assert_eq!(count.load(std::sync::atomic::Ordering::Relaxed), calls, "{call}");
        }
    }

    #[test]
    fn sorting_is_as_in_rhai() {
        for values in [
            "[]",
            "[Fn(\"f\")]",
            "[3, 1, 2, 1]",
            "[2.5, -1.0, 1e9, -0.0, 0.0]",
            r#"["b", "a", "ab", "", "ä", "Z"]"#,
            "['b', 'a', 'z', 'ä']",
            "[true, false, true]",
            "[(), ()]",
        ] {
            for call in ["sort()", "sort_desc()"] {
                assert_same(&format!("let a = {values}; a.{call}; a"));
            }
            for call in ["order()", "order_desc()"] {
                assert_same(&format!("let a = {values}; [a.{call}, a]"));
            }
        }
        for comparer in [
            "|a, b| a - b",
            "|a, b| b - a",
            "|a, b| a < b",
            "|a, b| a > b",
            // Stability shows: the last digit is not compared.
            "|a, b| a / 10 - b / 10",
            "|a, b| a / 10 > b / 10",
        ] {
            let fill = "let a = []; for i in 0..100 { a.push(i * 37 % 101); }";
            assert_same(&format!("{fill} a.sort({comparer}); a"));
            assert_same(&format!("{fill} a.sort_by({comparer}); a"));
            assert_same(&format!("{fill} [a.order({comparer}), a]"));
            assert_same(&format!("{fill} [a.order_by({comparer}), a]"));
        }
        assert_same("fn down(a, b) { b - a } let a = [1, 3, 2]; a.sort(\"down\"); a");
    }

    #[test]
    fn merge_sort_agrees_with_the_standard_library() {
        let mut state = 1_u64;
        for length in 0..200_usize {
            let mut values: Vec<(i64, usize)> = Vec::new();
            for place in 0..length {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                values.push(((state >> 60) as i64, place));
            }
            let mut array: Array = values.iter().map(|&pair| Dynamic::from(pair)).collect();
            let key = |value: &Dynamic| value.clone().cast::<(i64, usize)>().0;
            let mut questions = 0_usize;
            let sorted = merge_sort(&mut array, |right, left| {
                questions += 1;
                Ok(key(right) < key(left))
            });
            assert!(sorted.is_ok());
            values.sort_by_key(|&(key, _)| key);
            let array: Vec<_> = array.into_iter().map(Dynamic::cast).collect();
            assert_eq!(values, array);
            assert!(questions <= length * length.max(1).ilog2() as usize + length);
        }
    }

    #[test]
    fn contradicting_comparers_end_with_the_same_elements() {
        for comparer in ["|a, b| 1", "|a, b| -1", "|a, b| true", "|a, b| (a * b) % 3 - 1"] {
            let sum = hardened().eval::<i64>(&format!(
                "let a = []; for i in 0..500 {{ a.push(i); }} a.sort({comparer}); \
                 a.reduce(|sum, x| sum + x, 0)"
            ));
            assert_eq!(sum.expect("sorted"), 499 * 500 / 2, "{comparer}");
        }
    }

    #[test]
    fn nan_sorts_last() {
        let sorted = hardened().eval::<String>(
            "let a = []; for i in 0..9 { a.push(if i % 2 == 0 { 0.0/0.0 } else { 9.0 - i }); } \
             a.sort(); a.to_string()",
        );
        assert_eq!(sorted.expect("sorted"), "[2.0, 4.0, 6.0, 8.0, NaN, NaN, NaN, NaN, NaN]");
    }

    #[test]
    fn what_has_no_order_is_refused() {
        assert_eq!(
            refusal("[1, 2.0].sort()"),
            "`sort`: elements of different types (i64 and f64) cannot be sorted"
        );
        assert_eq!(
            refusal("[[1], [2]].sort_desc()"),
            "`sort_desc`: values of type array have no order"
        );
        assert!(refusal("[#{}, #{}].order()").starts_with("`order`"));
        assert!(refusal("[1, 'a'].order_desc()").starts_with("`order_desc`"));
        assert_eq!(
            refusal("[1, 2].sort(|a, b| \"less\")"),
            "`sort`: the comparer must return an int or a bool, not string"
        );
        assert!(refusal("[1, 2].order_by(|a, b| ())").starts_with("`order_by`"));
        assert!(refusal("[1, 1].dedup(|a, b| 1)").starts_with("`dedup`"));
    }

    #[test]
    fn errors_of_comparers_come_through_and_leave_the_array() {
        for call in [
            "a.sort(|a, b| { throw \"no\" })",
            "a.sort_by(|a, b| { throw \"no\" })",
            "a.order(|a, b| { throw \"no\" })",
            "a.order_by(|a, b| { throw \"no\" })",
            "a.dedup(|a, b| { throw \"no\" })",
            "a.sort(\"no\")",
            "a.dedup(\"no\")",
        ] {
            let script = format!("fn no(a, b) {{ throw \"no\" }} let a = [2, 2, 1]; {call}");
            let _ = fault(&script);
            let kept = format!(
                "fn no(a, b) {{ throw \"no\" }} let a = [2, 2, 1]; try {{ {call}; }} catch {{}} \
                 a.to_string()"
            );
            let kept = hardened().eval::<String>(&kept);
            assert_eq!(kept.expect("caught"), "[2, 2, 1]", "{call}");
        }
        assert_eq!(swallowed_stops(hardened, "let a = [1, 2]; a.dedup()"), 0);
        assert!(matches!(
            fault("[2, 1].sort(Fn(\"nowhere\"))"),
            EvalAltResult::ErrorFunctionNotFound(..)
        ));
        assert!(matches!(
            fault("[2, 1].dedup(Fn(\"nowhere\"))"),
            EvalAltResult::ErrorFunctionNotFound(..)
        ));
    }

    #[test]
    fn a_stop_inside_a_comparer_is_not_swallowed() {
        for call in ["sort", "sort_by", "order", "order_by", "dedup"] {
            let script = format!("let a = [3, 1, 2]; a.{call}(|a, b| {{ let c = a; c == b }})");
            assert_eq!(swallowed_stops(hardened, &script), 0, "{call}");
            assert!(swallowed_stops(stock, &script) > 0, "{call}");
        }
    }

    #[test]
    fn other_callbacks_of_rhai_pass_errors_on() {
        for call in [
            "map",
            "filter",
            "for_each",
            "find",
            "find_map",
            "index_of",
            "some",
            "all",
            "reduce",
            "reduce_rev",
            "drain",
            "retain",
        ] {
            let callback = if call.starts_with("reduce") { "|r, x|" } else { "|x|" };
            let script = format!("let a = [1, 2]; a.{call}({callback} {{ throw 7 }}); 0");
            assert!(matches!(fault(&script), EvalAltResult::ErrorRuntime(..)), "{call}");
        }
        for call in ["map", "filter", "drain", "retain"] {
            let script = format!("let m = #{{a: 1}}; m.{call}(|k, v| {{ throw 7 }}); 0");
            assert!(matches!(fault(&script), EvalAltResult::ErrorRuntime(..)), "{call}");
        }
    }

    #[test]
    fn dedup_is_as_in_rhai() {
        assert_same("let a = [1, 1, 2, 2, 1, 1.0, 1]; a.dedup(); a");
        assert_same(r#"let a = ["a", "a", 'a', 1, (), ()]; a.dedup(); a"#);
        assert_same("let a = [[1], [1], [2], #{x: 1}, #{x: 1}]; a.dedup(); a");
        assert_same("let a = [Fn(\"f\"), Fn(\"f\")]; a.dedup(); a.len()");
        assert_same("let a = []; a.dedup(); a");
        assert_same("let a = [1, 2, 2, 2, 3, 1, 2, 3, 4, 3, 3, 2, 1]; a.dedup(|a, b| a >= b); a");
        assert_same("fn f(a, b) { a >= b } let a = [3, 2, 4, 4, 5]; a.dedup(\"f\"); a");
    }

    #[test]
    fn constants_are_not_changed() {
        for call in ["pad(9, 0)", "sort()", "sort(|a, b| a - b)", "dedup()"] {
            let script = format!("const A = [2, 1]; A.{call}");
            for engine in [hardened(), stock()] {
                let error = engine.eval::<Dynamic>(&script).expect_err(call);
                assert!(
                    matches!(*error, EvalAltResult::ErrorNonPureMethodCallOnConstant(..)),
                    "{call}: {error}"
                );
            }
        }
    }
}

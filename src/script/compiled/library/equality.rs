//! `==` of containers, value by value.

use rhai::{EvalAltResult, Position};

use super::super::{Val, fault::Fault, machine::Run, operators};

/// Whether two values are equal, as the operator `==` has it, paid for.
///
/// # Errors
/// Two values at the same place are of one type for which nobody defined `==`, or the fuel does
/// not suffice.
pub(super) fn equal(run: &mut Run<'_, '_>, a: &Val, b: &Val) -> Result<bool, Fault> {
    run.charge(a.weight().compared_with(b.weight()))?;
    compared(a, b)
}

/// As [`equal`], for an item that is looked for: what is of another type is another value.
///
/// # Errors
/// As [`equal`].
pub(super) fn is_item(run: &mut Run<'_, '_>, item: &Val, value: &Val) -> Result<bool, Fault> {
    if item.type_name() != value.type_name() && are_incomparable(item, value) {
        run.charge(1)?;
        return Ok(false);
    }
    equal(run, item, value)
}

// No deeper than values may be nested.
fn compared(a: &Val, b: &Val) -> Result<bool, Fault> {
    match (a, b) {
        (Val::Array(a), Val::Array(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            for (a, b) in a.iter().zip(b.iter()) {
                // Items of different types differ, even where the operator itself would fail.
                if a.type_name() != b.type_name() && are_incomparable(a, b) {
                    return Ok(false);
                }
                // So do containers in an array with something in them that cannot be compared.
                let same = match compared(a, b) {
                    Err(_) if matches!(a, Val::Array(_) | Val::Map(_)) => false,
                    same => same?,
                };
                if !same {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        (Val::Map(a), Val::Map(b)) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            for (key, a) in a.iter() {
                let Some(b) = b.get(key) else { return Ok(false) };
                if !compared(a, b)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        _ if are_incomparable(a, b) => {
            let signature = format!("== ({}, {})", a.type_name(), b.type_name());
            Err(EvalAltResult::ErrorFunctionNotFound(signature, Position::NONE).into())
        }
        _ => Ok(operators::equal(a, b)),
    }
}

/// Whether the operators that compare are not defined for two values.
fn are_incomparable(a: &Val, b: &Val) -> bool {
    match (a, b) {
        (Val::Fn(_), Val::Fn(_)) | (Val::Blob(_), Val::Char(_)) => true,
        (Val::Range(a), Val::Range(b)) => a.inclusive != b.inclusive,
        (Val::Steps(_), Val::Steps(_)) => a.type_name() == b.type_name(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::script::compiled::{callable::FnValue, heap::Key};

    fn function() -> Val {
        Val::Fn(FnValue::named("f", 0).into())
    }

    fn map(value: Val) -> Val {
        Val::map(BTreeMap::from([(Key::from("a"), value)]))
    }

    #[test]
    fn containers_are_compared_by_what_they_hold() {
        let same = |a: &Val, b: &Val| compared(a, b).ok();
        let one = map(Val::array(vec![1.into(), "x".into()]));
        assert_eq!(same(&one, &map(Val::array(vec![1.0.into(), 'x'.into()]))), Some(true));
        assert_eq!(same(&one, &map(Val::array(vec![1.into()]))), Some(false));
        assert_eq!(same(&map(Val::Unit), &Val::map(BTreeMap::new())), Some(false));
        assert_eq!(same(&map(Val::Unit), &map(1.into())), Some(false));
    }

    #[test]
    fn what_cannot_be_compared_is_an_error() {
        let same = |a: &Val, b: &Val| compared(a, b).ok();
        assert_eq!(same(&map(function()), &map(function())), None);
        assert_eq!(same(&map(function()), &map(1.into())), Some(false));
        let (bytes, letter) = (Val::blob(vec![65]), Val::Char('A'));
        assert_eq!(same(&map(bytes.clone()), &map(letter.clone())), None);
        assert_eq!(same(&map(letter), &map(bytes)), Some(false));
        let (open, closed) = (Val::range(0, 1, false), Val::range(0, 1, true));
        assert_eq!(same(&map(open.clone()), &map(closed.clone())), None);
        assert_eq!(same(&Val::array(vec![open]), &Val::array(vec![closed])), Some(false));
        let (one, two) = (Val::array(vec![function()]), Val::array(vec![map(function())]));
        assert_eq!(same(&one, &one), None);
        assert_eq!(same(&two, &two), Some(false));
        assert_eq!(same(&map(one.clone()), &map(one)), None);
        assert_eq!(same(&map(two.clone()), &map(two)), Some(false));
    }
}

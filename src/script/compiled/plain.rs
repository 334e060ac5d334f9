//! What may be kept from call to call: plain data.

use super::Val;

/// Whether a value holds plain data only. Looks, and copies nothing.
///
/// # Errors
/// What it holds that is none.
pub(crate) fn check(value: &Val) -> Result<(), String> {
    match value {
        Val::Fn(_) => Err("a function pointer is not plain data".to_owned()),
        Val::Steps(_) => Err(format!("a {} is not plain data", value.type_name())),
        Val::Cell(_) => Err("a value shared with a closure is not plain data".to_owned()),
        Val::Array(list) => list.iter().try_for_each(check),
        Val::Map(dict) => dict.values().try_for_each(check),
        _ => Ok(()),
    }
}

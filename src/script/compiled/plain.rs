//! What may be kept from call to call: plain data, with no room to spare.

use std::sync::Arc;

use super::Val;

/// Whether a value holds plain data only, and whether nothing in it has room to spare. Looks, and copies
/// nothing.
///
/// # Errors
/// What it holds that is no plain data.
pub(crate) fn check(value: &Val) -> Result<bool, String> {
    match value {
        Val::Fn(_) => Err("a function pointer is not plain data".to_owned()),
        Val::Steps(_) => Err(format!("a {} is not plain data", value.type_name())),
        Val::Cell(_) => Err("a value shared with a closure is not plain data".to_owned()),
        Val::Array(list) => {
            let mut is_tight = list.is_tight();
            for item in list.iter() {
                is_tight &= check(item)?;
            }
            Ok(is_tight)
        }
        Val::Map(dict) => {
            let mut is_tight = true;
            for value in dict.values() {
                is_tight &= check(value)?;
            }
            Ok(is_tight)
        }
        Val::Text(text) => Ok(text.is_tight()),
        Val::Blob(blob) => Ok(blob.is_tight()),
        _ => Ok(true),
    }
}

/// Gives back all room that a value has to spare, so that what is kept takes what is counted, and so
/// that what was saved and loaded again grows as what was not.
pub(crate) fn tighten(value: &mut Val) {
    if check(value) != Ok(false) {
        return;
    }
    match value {
        Val::Text(text) => Arc::make_mut(text).tighten(),
        Val::Blob(blob) => Arc::make_mut(blob).tighten(),
        Val::Array(list) => Arc::make_mut(list).tighten(tighten),
        Val::Map(dict) => Arc::make_mut(dict).tighten(tighten),
        _ => {}
    }
}

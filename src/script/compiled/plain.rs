//! What may be kept from call to call: plain data, with nothing about it that tells what it was before. What
//! was saved and loaded is made anew; from what was not it must not differ in anything that decides where a call
//! is stopped.

use std::sync::Arc;

use super::Val;

/// Whether a value holds plain data only, and whether it is as one that is made anew: nothing in it has room to
/// spare or takes itself for deeper than it is. Looks, and copies nothing.
///
/// # Errors
/// What it holds that is no plain data.
pub(crate) fn check(value: &Val) -> Result<bool, String> {
    Ok(look(value)?.0)
}

/// The same, and how deep it is.
fn look(value: &Val) -> Result<(bool, u32), String> {
    match value {
        Val::Fn(_) => Err("a function pointer is not plain data".to_owned()),
        Val::Steps(_) => Err(format!("a {} is not plain data", value.type_name())),
        Val::Cell(_) => Err("a value shared with a closure is not plain data".to_owned()),
        Val::Array(list) => {
            let (mut is_tight, mut depth) = (list.is_tight(), 1);
            for item in list.iter() {
                let (tight, deep) = look(item)?;
                is_tight &= tight;
                depth = depth.max(deep + 1);
            }
            Ok((is_tight && list.weight().depth == depth, depth))
        }
        Val::Map(dict) => {
            let (mut is_tight, mut depth) = (true, 1);
            for value in dict.values() {
                let (tight, deep) = look(value)?;
                is_tight &= tight;
                depth = depth.max(deep + 1);
            }
            Ok((is_tight && dict.weight().depth == depth, depth))
        }
        Val::Text(text) => Ok((text.is_tight(), 0)),
        Val::Blob(blob) => Ok((blob.is_tight(), 0)),
        _ => Ok((true, 0)),
    }
}

/// Makes a value as if it were made anew, so that what is kept takes what is counted, and so that what was
/// saved and loaded again grows as what was not.
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

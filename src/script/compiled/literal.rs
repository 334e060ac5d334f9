use std::collections::BTreeMap;

use rhai::{Dynamic, Expr};

use super::{Val, heap::Key};

/// The value of a literal; `None` if it is none.
pub(crate) fn of(expression: &Expr) -> Option<Val> {
    Some(match expression {
        Expr::Unit(_) => Val::Unit,
        Expr::BoolConstant(b, _) => Val::Bool(*b),
        Expr::IntegerConstant(i, _) => Val::Int(*i),
        Expr::FloatConstant(x, _) => Val::Float(**x),
        Expr::CharConstant(c, _) => Val::Char(*c),
        Expr::StringConstant(text, _) => Val::text(text.as_str()),
        Expr::Array(items, _) => Val::array(items.iter().map(of).collect::<Option<Vec<_>>>()?),
        Expr::Map(entries, _) => {
            let entries = entries
                .0
                .iter()
                .map(|(key, value)| Some((Key::from(key.name.as_str()), of(value)?)));
            Val::map(entries.collect::<Option<BTreeMap<_, _>>>()?)
        }
        _ => return None,
    })
}

/// A value that the parser has computed, such as the value of a case.
pub(crate) fn of_dynamic(value: &Dynamic) -> Option<Val> {
    if let Ok(i) = value.as_int() {
        return Some(Val::Int(i));
    }
    if let Ok(x) = value.as_float() {
        return Some(Val::Float(x));
    }
    if let Ok(b) = value.as_bool() {
        return Some(Val::Bool(b));
    }
    if let Ok(c) = value.as_char() {
        return Some(Val::Char(c));
    }
    if value.is_unit() {
        return Some(Val::Unit);
    }
    if let Ok(text) = value.as_immutable_string_ref() {
        return Some(Val::text(text.as_str()));
    }
    if let Some(range) = value.read_lock::<std::ops::Range<i64>>() {
        return Some(Val::range(range.start, range.end, false));
    }
    if let Some(range) = value.read_lock::<std::ops::RangeInclusive<i64>>() {
        return Some(Val::range(*range.start(), *range.end(), true));
    }
    if let Ok(items) = value.as_array_ref() {
        return Some(Val::array(items.iter().map(of_dynamic).collect::<Option<Vec<_>>>()?));
    }
    if let Ok(map) = value.as_map_ref() {
        let entries =
            map.iter().map(|(key, value)| Some((Key::from(key.as_str()), of_dynamic(value)?)));
        return Some(Val::map(entries.collect::<Option<BTreeMap<_, _>>>()?));
    }
    None
}

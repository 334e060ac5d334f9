//! Between values of running scripts and plain data of the host.

use std::{collections::BTreeMap, sync::Arc};

use glam::Vec3;

use super::{Val, heap::Key};
use crate::{
    api::{Answer, ApiFault, Handed, Passed, PassedObject},
    contract::{ComponentView, ScriptId, Value},
};

pub(crate) fn from_value(value: &Value) -> Val {
    match value {
        Value::String(text) => Val::text(text.as_str()),
        Value::Blob(bytes) => Val::blob(bytes.clone()),
        Value::Array(items) => Val::array(items.iter().map(from_value).collect()),
        Value::Map(map) => {
            let entries =
                map.iter().map(|(key, value)| (Key::from(key.as_str()), from_value(value)));
            Val::map(entries.collect::<BTreeMap<_, _>>())
        }
        Value::Unit => Val::Unit,
        Value::Bool(b) => Val::Bool(*b),
        Value::Int(i) => Val::Int(*i),
        Value::Float(x) => Val::Float(*x),
        Value::Char(c) => Val::Char(*c),
        Value::Vec3(v) => Val::Vec3(*v),
        Value::Range { start, end, inclusive } => Val::range(*start, *end, *inclusive),
    }
}

/// As [`from_value`], without copying text and bytes.
pub(crate) fn from_owned(value: Value) -> Val {
    match value {
        Value::Int(i) => Val::Int(i),
        Value::Float(x) => Val::Float(x),
        Value::Vec3(v) => Val::Vec3(v),
        Value::Bool(b) => Val::Bool(b),
        Value::Unit => Val::Unit,
        Value::String(text) => Val::text(text),
        Value::Blob(bytes) => Val::blob(bytes),
        Value::Array(items) => Val::array(items.into_iter().map(from_owned).collect()),
        other => from_value(&other),
    }
}

/// A component with the keys that it comes with.
fn from_view(view: ComponentView) -> Val {
    match view {
        ComponentView::Value(value) => from_owned(value),
        ComponentView::Array(items) => Val::array(items.into_iter().map(from_view).collect()),
        ComponentView::Map { keys, values } => {
            let mut entries = BTreeMap::new();
            for (key, value) in keys.iter().zip(values) {
                entries.insert(key.clone(), from_view(value));
            }
            Val::map(entries)
        }
    }
}

/// A copy as plain data.
///
/// # Errors
/// It holds a function pointer or something else that is not plain data.
pub(crate) fn to_value(value: &Val) -> Result<Value, ApiFault> {
    Ok(match value {
        Val::Unit => Value::Unit,
        Val::Bool(b) => Value::Bool(*b),
        Val::Char(c) => Value::Char(*c),
        Val::Int(i) => Value::Int(*i),
        Val::Float(x) => Value::Float(*x),
        Val::Vec3(v) => Value::Vec3(*v),
        Val::Text(text) => Value::String(text.to_string()),
        Val::Blob(bytes) => Value::Blob(bytes.to_vec()),
        Val::Range(range) => {
            Value::Range { start: range.start, end: range.end, inclusive: range.inclusive }
        }
        Val::Array(items) => {
            // Collected with their errors they would get twice the room that they need.
            let mut values = Vec::with_capacity(items.len());
            for item in items.iter() {
                values.push(to_value(item)?);
            }
            Value::Array(values)
        }
        Val::Map(dict) => {
            let entries = dict.iter().map(|(key, value)| Ok((key.to_string(), to_value(value)?)));
            Value::Map(entries.collect::<Result<_, ApiFault>>()?)
        }
        Val::Fn(_) | Val::Steps(_) | Val::Cell(_) => {
            return Err(ApiFault::new(format!("a {} is not plain data", type_name(value))));
        }
    })
}

/// What messages call a value's type.
pub(crate) fn type_name(value: &Val) -> &'static str {
    match value {
        Val::Int(_) => "int",
        Val::Float(_) => "float",
        Val::Range(_) => "range",
        Val::Fn(_) => "function pointer",
        other => other.type_name(),
    }
}

/// Registers, as functions of the API look at them.
impl Handed for [Val] {
    #[inline]
    fn passed(&self, at: usize) -> Passed<'_> {
        match self.get(at) {
            Some(Val::Int(i)) => Passed::Int(*i),
            Some(Val::Float(x)) => Passed::Float(*x),
            Some(Val::Vec3(v)) => Passed::Vec3(*v),
            Some(Val::Bool(b)) => Passed::Bool(*b),
            Some(Val::Unit) | None => Passed::Unit,
            Some(Val::Text(text)) => Passed::Str(text),
            Some(other) => Passed::Other(other),
        }
    }
}

impl PassedObject for Val {
    fn type_name(&self) -> String {
        type_name(self).to_owned()
    }

    fn to_value(&self) -> Result<Value, ApiFault> {
        to_value(self)
    }

    fn numbers(&self) -> Option<([f64; 3], usize)> {
        let Self::Array(items) = self else { return None };
        if !(2..=3).contains(&items.len()) {
            return None;
        }
        let mut numbers = [0.0; 3];
        for (number, item) in numbers.iter_mut().zip(items.iter()) {
            *number = match item {
                Self::Int(i) => *i as f64,
                Self::Float(x) => *x,
                _ => return None,
            };
        }
        Some((numbers, items.len()))
    }

    fn shown(&self) -> String {
        to_value(self).map_or_else(|_| format!("<{}>", type_name(self)), |value| value.to_string())
    }
}

/// A register takes what a function gives.
impl Answer for Val {
    fn bool(&mut self, value: bool) {
        self.put_bool(value);
    }
    fn int(&mut self, value: i64) {
        self.put_int(value);
    }
    fn float(&mut self, value: f64) {
        self.put_float(value);
    }
    fn vec3(&mut self, value: Vec3) {
        self.put_vec3(value);
    }
    fn ids(&mut self, ids: &[ScriptId]) {
        *self = Self::array(ids.iter().map(|id| Self::Int(id.0)).collect());
    }
    fn map(&mut self, keys: &[Arc<str>], values: &[Value]) {
        let mut entries = BTreeMap::new();
        for (key, value) in keys.iter().zip(values) {
            entries.insert(key.clone(), from_value(value));
        }
        *self = Self::map(entries);
    }
    fn component(&mut self, view: ComponentView) {
        *self = from_view(view);
    }
    fn value(&mut self, value: Value) {
        *self = from_owned(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::compiled::heap::live_bytes;

    #[test]
    fn a_view_is_given_and_counted_as_the_value_that_it_shows() {
        let inner = ComponentView::Map {
            keys: ["z", "a"].map(Arc::from).into(),
            values: vec![Value::from("text").into(), Value::Int(1).into()],
        };
        let view = ComponentView::Map {
            keys: ["list", "inner", "nothing"].map(Arc::from).into(),
            values: vec![
                ComponentView::Array(vec![inner.clone(), Value::Float(0.5).into()]),
                inner,
                ComponentView::Map { keys: [].into(), values: vec![] },
            ],
        };
        let measured = |make: &dyn Fn() -> Val| {
            let before = live_bytes();
            let made = make();
            (live_bytes() - before, made)
        };
        let value = Value::from(view.clone());
        let (shown_bytes, shown) = measured(&|| from_view(view.clone()));
        let (bytes, plain) = measured(&|| from_value(&value));
        assert_eq!(to_value(&shown), Ok(value));
        assert_eq!(shown.weight(), plain.weight());
        assert_eq!(shown_bytes, bytes);
    }
}

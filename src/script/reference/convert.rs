//! Between Rhai's values and ours.

use glam::Vec3;
use rhai::{Array, Blob, Dynamic, ImmutableString, Map};

use crate::{
    api::{ApiFault, PassedObject},
    contract::{ScriptLimits, Value},
};

type ExclusiveRange = std::ops::Range<i64>;
type InclusiveRange = std::ops::RangeInclusive<i64>;

/// How deeply plain data may be nested: everything that walks a value recurses.
pub(crate) const MAX_DEPTH: usize = 32;

pub(crate) fn from_value(value: &Value) -> Dynamic {
    match value {
        Value::Unit => Dynamic::UNIT,
        Value::Bool(b) => (*b).into(),
        Value::Int(i) => (*i).into(),
        Value::Float(x) => (*x).into(),
        Value::Char(c) => (*c).into(),
        Value::String(text) => text.as_str().into(),
        Value::Vec3(v) => Dynamic::from(*v),
        Value::Range { start, end, inclusive: false } => Dynamic::from(*start..*end),
        Value::Range { start, end, inclusive: true } => Dynamic::from(*start..=*end),
        Value::Blob(bytes) => Dynamic::from_blob(bytes.clone()),
        Value::Array(items) => Dynamic::from_array(items.iter().map(from_value).collect()),
        Value::Map(map) => {
            Dynamic::from_map(map.iter().map(|(k, v)| (k.as_str().into(), from_value(v))).collect())
        }
    }
}

/// As [`from_value`], without copying the text.
pub(crate) fn from_owned(value: Value) -> Dynamic {
    match value {
        Value::String(text) => text.into(),
        Value::Blob(bytes) => Dynamic::from_blob(bytes),
        Value::Array(items) => Dynamic::from_array(items.into_iter().map(from_owned).collect()),
        other => from_value(&other),
    }
}

/// A copy as plain data; shared cells are read through.
///
/// # Errors
/// It holds a function pointer or something else that is not plain data, or is nested too deeply.
pub(crate) fn to_value(value: &Dynamic) -> Result<Value, ApiFault> {
    to_nested_value(value, 0)
}

fn to_nested_value(value: &Dynamic, depth: usize) -> Result<Value, ApiFault> {
    if depth > MAX_DEPTH {
        return Err(ApiFault::too_large(format!("values may be nested {MAX_DEPTH} deep at most")));
    }
    if let Ok(i) = value.as_int() {
        return Ok(Value::Int(i));
    }
    if let Ok(x) = value.as_float() {
        return Ok(Value::Float(x));
    }
    if let Ok(b) = value.as_bool() {
        return Ok(Value::Bool(b));
    }
    if value.is_unit() {
        return Ok(Value::Unit);
    }
    if let Some(v) = value.read_lock::<Vec3>() {
        return Ok(Value::Vec3(*v));
    }
    if let Some(text) = value.read_lock::<ImmutableString>() {
        return Ok(Value::String(text.to_string()));
    }
    if let Ok(c) = value.as_char() {
        return Ok(Value::Char(c));
    }
    if let Some(items) = value.read_lock::<Array>() {
        let items = items.iter().map(|item| to_nested_value(item, depth + 1));
        return items.collect::<Result<_, _>>().map(Value::Array);
    }
    if let Some(map) = value.read_lock::<Map>() {
        let entries = map.iter().map(|(key, value)| {
            to_nested_value(value, depth + 1).map(|value| (key.to_string(), value))
        });
        return entries.collect::<Result<_, _>>().map(Value::Map);
    }
    if let Some(bytes) = value.read_lock::<Blob>() {
        return Ok(Value::Blob(bytes.clone()));
    }
    if let Some(range) = value.read_lock::<ExclusiveRange>() {
        return Ok(Value::Range { start: range.start, end: range.end, inclusive: false });
    }
    if let Some(range) = value.read_lock::<InclusiveRange>() {
        return Ok(Value::Range { start: *range.start(), end: *range.end(), inclusive: true });
    }
    Err(ApiFault::new(format!("a {} is not plain data", type_name(value))))
}

/// Whether a value can be kept as it is: plain data, not shared, not too deep, not too large. Looks,
/// and copies nothing.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check_plain(value: &Dynamic, limits: &ScriptLimits) -> Result<(), ApiFault> {
    // Scalars are most of what scripts keep.
    if !value.is_shared()
        && (value.is_int() || value.is_float() || value.is_bool() || value.is_unit())
    {
        return Ok(());
    }
    let mut items = 0;
    check_nested(value, limits, 0, &mut items)
}

fn check_nested(
    value: &Dynamic,
    limits: &ScriptLimits,
    depth: usize,
    items: &mut usize,
) -> Result<(), ApiFault> {
    if depth > MAX_DEPTH {
        return Err(ApiFault::too_large(format!("values may be nested {MAX_DEPTH} deep at most")));
    }
    *items += 1;
    if value.is_shared() {
        return Err(ApiFault::new("a value shared with a closure is not plain data"));
    }
    if let Some(items_in) = value.read_lock::<Array>() {
        items_in.iter().try_for_each(|item| check_nested(item, limits, depth + 1, items))?;
        if *items > limits.array_items.saturating_add(limits.map_items) {
            return Err(ApiFault::too_large("more elements than a variable may hold"));
        }
        return Ok(());
    }
    if let Some(map) = value.read_lock::<Map>() {
        map.values().try_for_each(|value| check_nested(value, limits, depth + 1, items))?;
        if map.len() > limits.map_items {
            let limit = limits.map_items;
            return Err(ApiFault::too_large(format!("a map may have {limit} entries at most")));
        }
        return match map.keys().find(|key| key.len() > limits.string_bytes) {
            Some(_) => Err(ApiFault::too_large("a key is longer than a string may be")),
            None => Ok(()),
        };
    }
    let bytes = value
        .read_lock::<ImmutableString>()
        .map(|text| text.len())
        .or_else(|| value.read_lock::<Blob>().map(|blob| blob.len()));
    if bytes.is_some_and(|bytes| bytes > limits.string_bytes) {
        let limit = limits.string_bytes;
        return Err(ApiFault::too_large(format!(
            "a string or blob may have {limit} bytes at most"
        )));
    }
    let is_plain = value.is_int()
        || value.is_float()
        || value.is_bool()
        || value.is_unit()
        || value.is_string()
        || value.is_char()
        || value.is_blob()
        || value.is::<Vec3>()
        || value.is::<ExclusiveRange>()
        || value.is::<InclusiveRange>();
    if is_plain {
        Ok(())
    } else {
        Err(ApiFault::new(format!("a {} is not plain data", type_name(value))))
    }
}

/// What scripts call a value's type.
pub(crate) fn type_name(value: &Dynamic) -> String {
    if value.is::<Vec3>() {
        return "Vec3".to_owned();
    }
    if value.is_fnptr() {
        return "function pointer".to_owned();
    }
    match value.type_name() {
        "i64" => "int",
        "f64" => "float",
        name if name.starts_with("core::ops::range::Range") => "range",
        name => name,
    }
    .to_owned()
}

/// A value on its way into a function of the API.
pub(crate) struct Object<'a>(pub(crate) &'a Dynamic);

impl PassedObject for Object<'_> {
    fn type_name(&self) -> String {
        type_name(self.0)
    }

    fn to_value(&self) -> Result<Value, ApiFault> {
        to_value(self.0)
    }

    fn numbers(&self) -> Option<([f64; 3], usize)> {
        let items = self.0.read_lock::<Array>()?;
        if !(2..=3).contains(&items.len()) {
            return None;
        }
        let mut numbers = [0.0; 3];
        for (number, item) in numbers.iter_mut().zip(items.iter()) {
            *number = item.as_float().or_else(|_| item.as_int().map(|i| i as f64)).ok()?;
        }
        Some((numbers, items.len()))
    }

    fn shown(&self) -> String {
        to_value(self.0)
            .map_or_else(|_| format!("<{}>", type_name(self.0)), |value| value.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_data_survives_the_way_there_and_back() {
        let value = Value::map()
            .with("unit", ())
            .with("int", 7_i64)
            .with("float", 0.5)
            .with("char", 'x')
            .with("text", "hello")
            .with("at", Vec3::new(1.0, 2.0, 3.0))
            .with("list", vec![1_i64, 2])
            .with("blob", Value::Blob(vec![1, 2]))
            .with("range", Value::Range { start: 1, end: 4, inclusive: true })
            .with("other", Value::Range { start: 1, end: 4, inclusive: false });
        assert_eq!(to_value(&from_value(&value)), Ok(value.clone()));
        assert_eq!(to_value(&from_owned(value.clone())), Ok(value.clone()));
        assert!(check_plain(&from_value(&value), &ScriptLimits::default()).is_ok());
    }

    #[test]
    fn what_is_not_plain_or_too_deep_is_refused() {
        let limits = ScriptLimits::default();
        let mut deep = Dynamic::from_array(Vec::new());
        for _ in 0..=MAX_DEPTH {
            deep = Dynamic::from_array(vec![deep]);
        }
        assert!(to_value(&deep).is_err());
        assert!(check_plain(&deep, &limits).is_err());
        let Ok(pointer) = rhai::FnPtr::new("f") else { panic!("`f` is a name") };
        let pointer = Dynamic::from(pointer);
        assert!(to_value(&pointer).is_err());
        assert!(check_plain(&Dynamic::from_array(vec![pointer]), &limits).is_err());
        assert!(check_plain(&Dynamic::from(1_i64).into_shared(), &limits).is_err());
        let many = Dynamic::from_array(vec![Dynamic::UNIT; 2_000]);
        assert!(check_plain(&many, &limits).is_err());
    }
}

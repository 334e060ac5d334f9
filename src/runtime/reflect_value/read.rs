use std::{borrow::Cow, collections::BTreeMap};

use bevy::reflect::{
    PartialReflect, ReflectRef,
    enums::{Enum, VariantType},
};

use super::{Path, Result, is_option, leaf::Leaf};
use crate::contract::Value;

/// Reads a value by looking at what is there.
pub(super) fn read(reflected: &dyn PartialReflect, path: Path<'_>) -> Result<Value> {
    if let Some(leaf) = Leaf::of_value(reflected)
        && let Some(read) = (leaf.read)(reflected, path)
    {
        return read;
    }
    match reflected.reflect_ref() {
        ReflectRef::Struct(target) => read_named(target.iter_fields(), path),
        ReflectRef::TupleStruct(target) => match target.field(0) {
            Some(inner) if target.field_len() == 1 => read(inner, path),
            _ => read_items(target.iter_fields(), path),
        },
        ReflectRef::Tuple(tuple) if tuple.field_len() == 0 => Ok(Value::Unit),
        ReflectRef::Tuple(tuple) => read_items(tuple.iter_fields(), path),
        ReflectRef::List(list) => read_items(list.iter(), path),
        ReflectRef::Array(array) => read_items(array.iter(), path),
        // Hash order differs from run to run, so it may decide neither the order of what is read
        // nor which of several errors is reported.
        ReflectRef::Set(set) => {
            let items = set.iter().map(|item| read(item, path.index(0)?));
            let mut items: Vec<Result<Value>> = items.collect();
            items.sort_by_cached_key(|item| match item {
                Err(error) => (0, error.to_string()),
                Ok(value) => (1, value.to_string()),
            });
            items.into_iter().collect::<Result<_>>().map(Value::Array)
        }
        ReflectRef::Map(map) => {
            let entries = map.iter().map(|(key, value)| Some((read_key(key)?, value)));
            let Some(entries) = entries.collect::<Option<BTreeMap<_, _>>>() else {
                return Err(path.unsupported(map.reflect_type_path()));
            };
            read_named(entries.iter().map(|(key, value)| (&**key, *value)), path)
        }
        ReflectRef::Enum(target) => read_enum(target, path),
        // Opaque types that are no leaf, and functions if the host turns on Bevy's feature for them.
        _ => Err(path.unsupported(reflected.reflect_type_path())),
    }
}

fn read_named<'a>(
    fields: impl Iterator<Item = (&'a str, &'a dyn PartialReflect)>,
    path: Path<'_>,
) -> Result<Value> {
    let mut map = BTreeMap::new();
    for (name, field) in fields {
        map.insert(name.to_owned(), read(field, path.name(name)?)?);
    }
    Ok(Value::Map(map))
}

fn read_items<'a>(
    items: impl Iterator<Item = &'a dyn PartialReflect>,
    path: Path<'_>,
) -> Result<Value> {
    let items = items.enumerate().map(|(i, item)| read(item, path.index(i)?));
    items.collect::<Result<Vec<_>>>().map(Value::Array)
}

fn read_enum(target: &dyn Enum, path: Path<'_>) -> Result<Value> {
    let variant = target.variant_name();
    if target.get_represented_type_info().is_some_and(|info| is_option(info.ty())) {
        return target.field_at(0).map_or(Ok(Value::Unit), |inner| read(inner, path));
    }
    let inside = path.name(variant)?;
    let payload = match target.variant_type() {
        VariantType::Unit => return Ok(Value::String(variant.to_owned())),
        VariantType::Struct => {
            let fields = target.iter_fields();
            read_named(fields.filter_map(|field| Some((field.name()?, field.value()))), inside)?
        }
        VariantType::Tuple => match target.field_at(0) {
            Some(inner) if target.field_len() == 1 => read(inner, inside)?,
            _ => read_items(target.iter_fields().map(|field| field.value()), inside)?,
        },
    };
    Ok(Value::map().with(variant, payload))
}

fn read_key(key: &dyn PartialReflect) -> Option<Cow<'_, str>> {
    text(key).map(Cow::Borrowed).or_else(|| whole_number(key).map(Cow::Owned))
}

/// The digits of an integer, whichever of the twelve types it has.
fn whole_number(key: &dyn PartialReflect) -> Option<String> {
    macro_rules! digits {
        ($($int:ty)*) => {
            None$(.or_else(|| key.try_downcast_ref::<$int>().map(ToString::to_string)))*
        };
    }
    digits! { i64 i32 u32 u64 u8 i8 i16 u16 usize isize i128 u128 }
}

fn text(opaque: &dyn PartialReflect) -> Option<&str> {
    None.or_else(|| opaque.try_downcast_ref::<String>().map(String::as_str))
        .or_else(|| opaque.try_downcast_ref::<Cow<'static, str>>().map(AsRef::as_ref))
        .or_else(|| opaque.try_downcast_ref::<&'static str>().copied())
}

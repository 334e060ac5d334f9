use std::{borrow::Cow, collections::BTreeMap, fmt::Display};

use bevy::{
    prelude::Name,
    reflect::{
        PartialReflect, ReflectRef,
        enums::{Enum, VariantType},
    },
};
use glam::{Vec3, Vec3A};

use super::{Path, Result, is_option};
use crate::contract::Value;

/// Evaluates `$out` with `$i` as the integer in `$reflected`, whichever of the twelve types it has.
macro_rules! match_int {
    ($reflected:expr, |$i:ident| $out:expr) => {
        match_int!($reflected, |$i| $out, i64 i32 u32 u64 u8 i8 i16 u16 usize isize i128 u128)
    };
    ($reflected:expr, |$i:ident| $out:expr, $($int:ty)*) => {
        None$(.or_else(|| $reflected.try_downcast_ref::<$int>().map(|$i| $out)))*
    };
}

/// The value as a script sees it, see [the table](super).
pub(crate) fn to_value(reflected: &dyn PartialReflect) -> Result<Value> {
    read(reflected, Path::root(reflected))
}

fn read(reflected: &dyn PartialReflect, path: Path<'_>) -> Result<Value> {
    // Most of what components hold.
    if let Some(x) = reflected.try_downcast_ref::<f32>() {
        return Ok(Value::Float(f64::from(*x)));
    }
    match reflected.reflect_ref() {
        ReflectRef::Struct(target) => {
            if let Some(v) = reflected.try_downcast_ref::<Vec3>() {
                return Ok(Value::Vec3(*v));
            }
            if let Some(v) = reflected.try_downcast_ref::<Vec3A>() {
                return Ok(Value::Vec3((*v).into()));
            }
            read_named(target.iter_fields(), path)
        }
        ReflectRef::TupleStruct(target) => {
            // Its only field is a hashed string, which reflection cannot look into.
            if let Some(name) = reflected.try_downcast_ref::<Name>() {
                return Ok(Value::String(name.as_str().to_owned()));
            }
            match target.field(0) {
                Some(inner) if target.field_len() == 1 => read(inner, path),
                _ => read_items(target.iter_fields(), path),
            }
        }
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
        ReflectRef::Opaque(opaque) => read_opaque(opaque, path),
        // `Function` exists only if the host turns on Bevy's feature for it.
        #[allow(unreachable_patterns, reason = "depends on a feature of another crate")]
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

fn read_opaque(opaque: &dyn PartialReflect, path: Path<'_>) -> Result<Value> {
    if let Some(x) = opaque.try_downcast_ref::<f64>() {
        Ok(Value::Float(*x))
    } else if let Some(b) = opaque.try_downcast_ref::<bool>() {
        Ok(Value::Bool(*b))
    } else if let Some(int) = match_int!(opaque, |i| read_int(*i, path)) {
        int
    } else if let Some(text) = text(opaque) {
        Ok(Value::String(text.to_owned()))
    } else if let Some(c) = opaque.try_downcast_ref::<char>() {
        Ok(Value::Char(*c))
    } else {
        Err(path.unsupported(opaque.reflect_type_path()))
    }
}

fn read_int<T>(int: T, path: Path<'_>) -> Result<Value>
where
    T: Copy + Display,
    i64: TryFrom<T>,
{
    i64::try_from(int).map(Value::Int).map_err(|_too_large| path.out_of_range(int, "int"))
}

fn read_key(key: &dyn PartialReflect) -> Option<Cow<'_, str>> {
    text(key).map(Cow::Borrowed).or_else(|| match_int!(key, |i| Cow::Owned(i.to_string())))
}

fn text(opaque: &dyn PartialReflect) -> Option<&str> {
    None.or_else(|| opaque.try_downcast_ref::<String>().map(String::as_str))
        .or_else(|| opaque.try_downcast_ref::<Cow<'static, str>>().map(AsRef::as_ref))
        .or_else(|| opaque.try_downcast_ref::<&'static str>().copied())
}

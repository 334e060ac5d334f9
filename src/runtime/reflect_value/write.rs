use std::{any::type_name, borrow::Cow};

use bevy::{
    prelude::Name,
    reflect::{
        PartialReflect, ReflectMut, TypeRegistry,
        array::Array,
        enums::{DynamicEnum, Enum, VariantInfo},
        list::List,
        map::Map,
        set::Set,
        structs::Struct,
        tuple::Tuple,
        tuple_struct::TupleStruct,
    },
};
use glam::{Vec3, Vec3A};

use super::{
    Path, ReflectValueError, Result,
    build::{Choice, build, build_key, build_variant, choose, missing},
};
use crate::contract::Value;

/// Writes what `patch` names into `target`; see [the table](super) for what stands for what.
///
/// Structs, maps and the active variant of an enum keep what the patch leaves out; lists and sets
/// are replaced. A new element, entry or variant starts from the default of its type if that is
/// registered in `registry`, else the patch must hold all of it.
///
/// After an error `target` may be partly written: patch a clone.
pub(crate) fn apply_value(
    target: &mut dyn PartialReflect,
    patch: &Value,
    registry: &TypeRegistry,
) -> Result<()> {
    let path = Path::root(target);
    write(target, patch, path, registry)
}

pub(super) fn write(
    target: &mut dyn PartialReflect,
    patch: &Value,
    path: Path<'_>,
    registry: &TypeRegistry,
) -> Result<()> {
    match target.reflect_mut() {
        ReflectMut::Struct(fields) => {
            if !matches!(patch, Value::Map(_)) {
                if let Some(v) = fields.as_partial_reflect_mut().try_downcast_mut::<Vec3>() {
                    *v = vec3(patch, path)?;
                    return Ok(());
                }
                if let Some(v) = fields.as_partial_reflect_mut().try_downcast_mut::<Vec3A>() {
                    *v = vec3(patch, path)?.into();
                    return Ok(());
                }
            }
            write_named(fields, patch, path, registry)
        }
        ReflectMut::TupleStruct(fields) => {
            if let Some(name) = fields.as_partial_reflect_mut().try_downcast_mut::<Name>() {
                name.set(string(patch, path)?.to_owned());
                return Ok(());
            }
            write_payload(fields, patch, path, registry)
        }
        ReflectMut::Tuple(fields) if fields.field_len() == 0 => unit(patch, path),
        ReflectMut::Tuple(fields) => write_items(fields, patch, path, registry),
        ReflectMut::Array(items) => write_items(items, patch, path, registry),
        ReflectMut::List(list) => write_list(list, patch, path, registry),
        ReflectMut::Set(set) => write_set(set, patch, path, registry),
        ReflectMut::Map(map) => write_map(map, patch, path, registry),
        ReflectMut::Enum(target) => write_enum(target, patch, path, registry),
        ReflectMut::Opaque(opaque) => write_opaque(opaque, patch, path),
        // `Function` exists only if the host turns on Bevy's feature for it.
        #[allow(unreachable_patterns, reason = "depends on a feature of another crate")]
        _ => Err(path.unsupported(target.reflect_type_path())),
    }
}

/// What has fields with names: structs and struct variants.
trait Named {
    fn slot(&mut self, name: &str) -> Option<&mut dyn PartialReflect>;
    fn names(&self) -> Vec<String>;
}

/// What has numbered fields: everything tuple-like, and arrays.
trait Numbered {
    fn slot(&mut self, index: usize) -> Option<&mut dyn PartialReflect>;
    fn count(&self) -> usize;
}

impl Named for dyn Struct + '_ {
    fn slot(&mut self, name: &str) -> Option<&mut dyn PartialReflect> {
        self.field_mut(name)
    }

    fn names(&self) -> Vec<String> {
        self.iter_fields().map(|(name, _)| name.to_owned()).collect()
    }
}

impl Named for dyn Enum + '_ {
    fn slot(&mut self, name: &str) -> Option<&mut dyn PartialReflect> {
        self.field_mut(name)
    }

    fn names(&self) -> Vec<String> {
        self.iter_fields().filter_map(|field| field.name().map(str::to_owned)).collect()
    }
}

macro_rules! numbered {
    ($($of:ident: $slot:ident, $count:ident;)*) => {
        $(impl Numbered for dyn $of + '_ {
            fn slot(&mut self, index: usize) -> Option<&mut dyn PartialReflect> {
                self.$slot(index)
            }

            fn count(&self) -> usize {
                self.$count()
            }
        })*
    };
}

numbered! {
    TupleStruct: field_mut, field_len;
    Tuple: field_mut, field_len;
    Enum: field_at_mut, field_len;
    Array: get_mut, len;
}

fn write_named<T: Named + ?Sized>(
    target: &mut T,
    patch: &Value,
    path: Path<'_>,
    registry: &TypeRegistry,
) -> Result<()> {
    let Value::Map(entries) = patch else {
        return Err(path.mismatch("a map", patch));
    };
    for (name, value) in entries {
        match target.slot(name) {
            Some(field) => write(field, value, path.name(name)?, registry)?,
            None => return Err(path.unknown_field(name, target.names())),
        }
    }
    Ok(())
}

/// A single field stands for itself, more are an array.
fn write_payload<T: Numbered + ?Sized>(
    target: &mut T,
    patch: &Value,
    path: Path<'_>,
    registry: &TypeRegistry,
) -> Result<()> {
    if target.count() == 1
        && let Some(field) = target.slot(0)
    {
        return write(field, patch, path, registry);
    }
    write_items(target, patch, path, registry)
}

fn write_items<T: Numbered + ?Sized>(
    target: &mut T,
    patch: &Value,
    path: Path<'_>,
    registry: &TypeRegistry,
) -> Result<()> {
    for (i, item) in exactly(target.count(), patch, path)?.iter().enumerate() {
        if let Some(slot) = target.slot(i) {
            write(slot, item, path.index(i)?, registry)?;
        }
    }
    Ok(())
}

fn write_list(
    target: &mut dyn List,
    patch: &Value,
    path: Path<'_>,
    registry: &TypeRegistry,
) -> Result<()> {
    let Value::Array(items) = patch else {
        return Err(path.mismatch("an array", patch));
    };
    let Some(info) = target.get_represented_list_info() else {
        return Err(path.unsupported(target.reflect_type_path()));
    };
    let build = |(i, item)| build(&info.item_ty(), item, path.index(i)?, registry);
    let built = items.as_slice().iter().enumerate().map(build).collect::<Result<Vec<_>>>()?;
    target.drain();
    built.into_iter().for_each(|item| target.push(item));
    Ok(())
}

fn write_set(
    target: &mut dyn Set,
    patch: &Value,
    path: Path<'_>,
    registry: &TypeRegistry,
) -> Result<()> {
    let Value::Array(items) = patch else {
        return Err(path.mismatch("an array", patch));
    };
    let info = target.get_represented_type_info().and_then(|info| info.as_set().ok());
    let Some(info) = info else {
        return Err(path.unsupported(target.reflect_type_path()));
    };
    let build = |(i, item)| build(&info.value_ty(), item, path.index(i)?, registry);
    let built = items.as_slice().iter().enumerate().map(build).collect::<Result<Vec<_>>>()?;
    target.drain();
    for item in built {
        target.insert_boxed(item);
    }
    Ok(())
}

fn write_map(
    target: &mut dyn Map,
    patch: &Value,
    path: Path<'_>,
    registry: &TypeRegistry,
) -> Result<()> {
    let Value::Map(entries) = patch else {
        return Err(path.mismatch("a map", patch));
    };
    let Some(info) = target.get_represented_map_info() else {
        return Err(path.unsupported(target.reflect_type_path()));
    };
    for (name, value) in entries {
        let key = build_key(&info.key_ty(), name, path)?;
        let path = path.name(name)?;
        if let Some(slot) = target.get_mut(&*key) {
            write(slot, value, path, registry)?;
        } else {
            let value = build(&info.value_ty(), value, path, registry)?;
            target.insert_boxed(key, value);
        }
    }
    Ok(())
}

fn write_enum(
    target: &mut dyn Enum,
    patch: &Value,
    path: Path<'_>,
    registry: &TypeRegistry,
) -> Result<()> {
    let Some(info) = target.get_represented_type_info().and_then(|info| info.as_enum().ok()) else {
        return Err(path.unsupported(target.reflect_type_path()));
    };
    let choice = choose(info, patch, path)?;
    let inside = choice.path(&path)?;
    let Choice { variant, payload, .. } = choice;
    if target.variant_name() == variant.name() {
        return match variant {
            VariantInfo::Unit(_) => unit(payload, inside),
            VariantInfo::Tuple(_) => write_payload(target, payload, inside, registry),
            VariantInfo::Struct(_) => write_named(target, payload, inside, registry),
        };
    }
    let built = build_variant(variant, payload, inside, registry)?;
    target
        .try_apply(&DynamicEnum::new(variant.name(), built))
        .map_err(|_incomplete| missing(info.ty(), choice.fields(), payload, inside))
}

fn write_opaque(opaque: &mut dyn PartialReflect, patch: &Value, path: Path<'_>) -> Result<()> {
    macro_rules! write_as {
        ($($ty:ty => $value:expr;)*) => {
            $(if let Some(slot) = opaque.try_downcast_mut::<$ty>() {
                *slot = $value;
                return Ok(());
            })*
        };
    }
    macro_rules! write_as_int {
        ($($int:ty)*) => {
            write_as! { $($int => int(patch, path)?;)* }
        };
    }
    write_as! {
        f32 => single(patch, path)?;
        f64 => double(patch, path)?;
        bool => patch.as_bool().ok_or_else(|| path.mismatch("a bool", patch))?;
        String => string(patch, path)?.to_owned();
        Cow<'static, str> => Cow::Owned(string(patch, path)?.to_owned());
        char => match patch {
            Value::Char(c) => *c,
            _ => return Err(path.mismatch("a char", patch)),
        };
    }
    write_as_int! { i64 i32 u32 u64 u8 i8 i16 u16 usize isize i128 u128 }
    Err(path.unsupported(opaque.reflect_type_path()))
}

pub(super) fn unit(patch: &Value, path: Path<'_>) -> Result<()> {
    if *patch == Value::Unit { Ok(()) } else { Err(path.mismatch("()", patch)) }
}

/// The items of an array that must have `count` of them.
pub(super) fn exactly<'a>(count: usize, patch: &'a Value, path: Path<'_>) -> Result<&'a [Value]> {
    match patch {
        Value::Array(items) if items.len() == count => Ok(items),
        Value::Array(items) => Err(ReflectValueError::Mismatch {
            path: path.to_string(),
            expected: format!("an array of {count}").into(),
            found: format!("an array of {}", items.len()),
        }),
        _ => Err(path.mismatch(format!("an array of {count}"), patch)),
    }
}

fn string<'a>(patch: &'a Value, path: Path<'_>) -> Result<&'a str> {
    patch.as_str().ok_or_else(|| path.mismatch("a string", patch))
}

fn double(patch: &Value, path: Path<'_>) -> Result<f64> {
    let x = patch.as_float().ok_or_else(|| path.mismatch("a number", patch))?;
    if x.is_finite() { Ok(x) } else { Err(path.not_finite()) }
}

fn single(patch: &Value, path: Path<'_>) -> Result<f32> {
    let x = double(patch, path)?;
    let rounded = x as f32;
    if rounded.is_finite() { Ok(rounded) } else { Err(path.out_of_range(x, "f32")) }
}

fn int<T: TryFrom<i128>>(patch: &Value, path: Path<'_>) -> Result<T> {
    let wide = match patch {
        Value::Int(i) => i128::from(*i),
        _ => {
            let x = double(patch, path)?;
            if x.fract() != 0.0 {
                return Err(ReflectValueError::Mismatch {
                    path: path.to_string(),
                    expected: "a whole number".into(),
                    found: x.to_string(),
                });
            }
            // The cast would silently take everything beyond for the largest number.
            if x.abs() >= i128::MAX as f64 {
                return Err(path.out_of_range(x, type_name::<T>()));
            }
            x as i128
        }
    };
    T::try_from(wide).map_err(|_too_large| path.out_of_range(wide, type_name::<T>()))
}

fn vec3(patch: &Value, path: Path<'_>) -> Result<Vec3> {
    let number = |i, item| single(item, path.index(i)?);
    match patch {
        Value::Vec3(v) if v.is_finite() => Ok(*v),
        Value::Vec3(_) => Err(path.not_finite()),
        Value::Array(items) => match items.as_slice() {
            [x, z] => Ok(Vec3::new(number(0, x)?, 0.0, number(1, z)?)),
            [x, y, z] => Ok(Vec3::new(number(0, x)?, number(1, y)?, number(2, z)?)),
            _ => Err(ReflectValueError::Mismatch {
                path: path.to_string(),
                expected: "2 or 3 numbers".into(),
                found: format!("an array of {}", items.len()),
            }),
        },
        _ => Err(path.mismatch("a Vec3", patch)),
    }
}

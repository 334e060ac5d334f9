use bevy::reflect::{
    PartialReflect, ReflectMut, TypeRegistry,
    array::Array,
    enums::{DynamicEnum, Enum, VariantInfo},
    list::List,
    map::Map,
    set::Set,
    structs::Struct,
    tuple::Tuple,
    tuple_struct::TupleStruct,
};

use super::{
    Path, ReflectValueError, Result,
    build::{Choice, build, build_key, build_variant, choose, missing},
    leaf::Leaf,
};
use crate::contract::Value;

/// Writes a patch by looking at what is there.
pub(super) fn write(
    target: &mut dyn PartialReflect,
    patch: &Value,
    path: Path<'_>,
    registry: &TypeRegistry,
) -> Result<()> {
    if let Some(leaf) = Leaf::of_value(target)
        && let Some(done) = (leaf.write)(target, patch, path)
    {
        return done;
    }
    match target.reflect_mut() {
        ReflectMut::Struct(fields) => write_named(fields, patch, path, registry),
        ReflectMut::TupleStruct(fields) => write_payload(fields, patch, path, registry),
        ReflectMut::Tuple(fields) if fields.field_len() == 0 => unit(patch, path),
        ReflectMut::Tuple(fields) => write_items(fields, patch, path, registry),
        ReflectMut::Array(items) => write_items(items, patch, path, registry),
        ReflectMut::List(list) => write_list(list, patch, path, registry),
        ReflectMut::Set(set) => write_set(set, patch, path, registry),
        ReflectMut::Map(map) => write_map(map, patch, path, registry),
        ReflectMut::Enum(target) => write_enum(target, patch, path, registry),
        // Opaque types that are no leaf, and functions if the host turns on Bevy's feature for them.
        _ => Err(path.unsupported(target.reflect_type_path())),
    }
}

/// What has fields with names: structs and struct variants.
trait Named {
    fn slot(&mut self, name: &str) -> Option<&mut dyn PartialReflect>;
    fn names(&self) -> Vec<String>;
}

/// What has numbered fields: everything tuple-like, and arrays.
pub(super) trait Numbered {
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

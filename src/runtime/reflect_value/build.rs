//! New values for places that hold none yet: elements, entries, and variants that become active.

use std::{borrow::Cow, slice};

use bevy::{
    prelude::ReflectDefault,
    reflect::{
        NamedField, PartialReflect, Reflect, ReflectFromReflect, Type, TypeInfo, TypeRegistry,
        UnnamedField,
        array::DynamicArray,
        enums::{DynamicEnum, DynamicVariant, EnumInfo, VariantInfo},
        list::DynamicList,
        map::DynamicMap,
        set::DynamicSet,
        structs::DynamicStruct,
        tuple::DynamicTuple,
        tuple_struct::DynamicTupleStruct,
    },
};

use super::{
    Path, ReflectValueError, Result, is_option,
    write::{exactly, unit, write},
};
use crate::contract::Value;

type Boxed = Box<dyn PartialReflect>;

/// A new value of type `ty`: its default with `patch` written into it, or else made from `patch`
/// alone.
///
/// The result is always of the concrete type; reflected collections panic on anything else.
pub(super) fn build(
    ty: &Type,
    patch: &Value,
    path: Path<'_>,
    registry: &TypeRegistry,
) -> Result<Boxed> {
    let info = registry.get_type_info(ty.id());
    if let Some(mut blank) = blank(ty, info, registry) {
        write(blank.as_partial_reflect_mut(), patch, path, registry)?;
        return Ok(blank.into_partial_reflect());
    }
    let Some(info) = info else {
        return Err(path.not_constructible(ty.path()));
    };
    // What a refusal has to look at: the patch, or what it holds for a variant.
    let (mut payload, mut fields, mut inside) = (patch, [].iter(), path);
    let parts: Boxed = match info {
        TypeInfo::Struct(info) => {
            fields = info.iter();
            Box::new(build_named(info.iter(), patch, path, registry)?)
        }
        TypeInfo::TupleStruct(info) => {
            Box::new(DynamicTupleStruct::from(build_payload(info.iter(), patch, path, registry)?))
        }
        TypeInfo::Tuple(info) => Box::new(build_items(info.iter(), patch, path, registry)?),
        TypeInfo::Array(info) => {
            let items = exactly(info.capacity(), patch, path)?.iter().enumerate();
            let item = |(i, item)| build(&info.item_ty(), item, path.index(i)?, registry);
            Box::new(DynamicArray::new(items.map(item).collect::<Result<_>>()?))
        }
        TypeInfo::Enum(info) => {
            let choice = choose(info, patch, path)?;
            fields = choice.fields();
            payload = choice.payload;
            inside = choice.path(&path)?;
            let built = build_variant(choice.variant, payload, inside, registry)?;
            Box::new(DynamicEnum::new(choice.variant.name(), built))
        }
        TypeInfo::Opaque(_) => return Err(path.unsupported(ty.path())),
        TypeInfo::List(_) | TypeInfo::Map(_) | TypeInfo::Set(_) => {
            return Err(path.not_constructible(ty.path()));
        }
    };
    let Some(from_reflect) = registry.get_type_data::<ReflectFromReflect>(ty.id()) else {
        return Err(path.not_constructible(ty.path()));
    };
    match from_reflect.from_reflect(&*parts) {
        Some(built) => Ok(built.into_partial_reflect()),
        None => Err(missing(ty, fields, payload, inside)),
    }
}

/// A value of that type to write into, if there is one that says nothing.
fn blank(ty: &Type, info: Option<&TypeInfo>, registry: &TypeRegistry) -> Option<Box<dyn Reflect>> {
    if let Some(default) = registry.get_type_data::<ReflectDefault>(ty.id()) {
        return Some(default.default());
    }
    // Bevy registers neither this default nor those of collections.
    if ty.is::<Cow<'static, str>>() {
        return Some(Box::new(Cow::Borrowed("")));
    }
    let empty: Boxed = match info? {
        TypeInfo::List(_) => Box::new(DynamicList::default()),
        TypeInfo::Map(_) => Box::new(DynamicMap::default()),
        TypeInfo::Set(_) => Box::new(DynamicSet::default()),
        _ => return None,
    };
    registry.get_type_data::<ReflectFromReflect>(ty.id())?.from_reflect(&*empty)
}

/// The key of a map entry that scripts call `name`.
pub(super) fn build_key(ty: &Type, name: &str, path: Path<'_>) -> Result<Boxed> {
    macro_rules! parse_as {
        ($($int:ty)*) => {
            $(if ty.is::<$int>() {
                return match name.parse::<$int>() {
                    Ok(key) => Ok(Box::new(key)),
                    Err(_) => Err(ReflectValueError::Mismatch {
                        path: path.to_string(),
                        expected: concat!("names that are numbers (", stringify!($int), ")").into(),
                        found: format!("{name:?}"),
                    }),
                };
            })*
        };
    }
    if ty.is::<String>() {
        return Ok(Box::new(name.to_owned()));
    }
    if ty.is::<Cow<'static, str>>() {
        return Ok(Box::new(Cow::<'static, str>::Owned(name.to_owned())));
    }
    parse_as! { i64 i32 u32 u64 u8 i8 i16 u16 usize isize i128 u128 }
    Err(path.unsupported(ty.path()))
}

/// The variant that a patch selects and what it says about the variant's fields.
pub(super) struct Choice<'a> {
    pub(super) variant: &'static VariantInfo,
    pub(super) payload: &'a Value,
    /// Scripts do not see the variants of an `Option`.
    bare: bool,
}

impl Choice<'_> {
    pub(super) fn path<'p>(&self, path: &'p Path<'p>) -> Result<Path<'p>> {
        if self.bare { Ok(*path) } else { path.name(self.variant.name()) }
    }

    pub(super) fn fields(&self) -> slice::Iter<'static, NamedField> {
        match self.variant {
            VariantInfo::Struct(info) => info.iter(),
            VariantInfo::Tuple(_) | VariantInfo::Unit(_) => [].iter(),
        }
    }
}

pub(super) fn choose<'a>(
    info: &'static EnumInfo,
    patch: &'a Value,
    path: Path<'_>,
) -> Result<Choice<'a>> {
    const NOTHING: &Value = &Value::Unit;
    let bare = is_option(info.ty());
    let (name, payload) = match patch {
        Value::Unit if bare => ("None", NOTHING),
        _ if bare => ("Some", patch),
        Value::String(name) => (name.as_str(), NOTHING),
        Value::Map(map) => match map.first_key_value() {
            Some((name, payload)) if map.len() == 1 => (name.as_str(), payload),
            _ => return Err(path.mismatch("a map with one entry, the variant", patch)),
        },
        _ => return Err(path.mismatch("the name of a variant, or a map from it", patch)),
    };
    let Some(variant) = info.variant(name) else {
        return Err(ReflectValueError::UnknownVariant {
            path: path.to_string(),
            variant: name.to_owned(),
            known: info.variant_names().iter().map(ToString::to_string).collect(),
        });
    };
    let unit = matches!(variant, VariantInfo::Unit(_));
    if matches!(patch, Value::String(_)) && !bare && !unit {
        return Err(path.mismatch(format!("a map with the entry {name}"), patch));
    }
    Ok(Choice { variant, payload, bare })
}

pub(super) fn build_variant(
    variant: &'static VariantInfo,
    payload: &Value,
    path: Path<'_>,
    registry: &TypeRegistry,
) -> Result<DynamicVariant> {
    match variant {
        VariantInfo::Unit(_) => unit(payload, path).map(DynamicVariant::from),
        VariantInfo::Tuple(info) => {
            build_payload(info.iter(), payload, path, registry).map(DynamicVariant::Tuple)
        }
        VariantInfo::Struct(info) => {
            build_named(info.iter(), payload, path, registry).map(DynamicVariant::Struct)
        }
    }
}

fn build_named(
    fields: slice::Iter<'_, NamedField>,
    patch: &Value,
    path: Path<'_>,
    registry: &TypeRegistry,
) -> Result<DynamicStruct> {
    let Value::Map(entries) = patch else {
        return Err(path.mismatch("a map", patch));
    };
    let mut built = DynamicStruct::default();
    for (name, value) in entries {
        let Some(field) = fields.clone().find(|field| field.name() == name) else {
            let known = fields.map(|field| field.name().to_owned()).collect();
            return Err(path.unknown_field(name, known));
        };
        built.insert_boxed(field.name(), build(field.ty(), value, path.name(name)?, registry)?);
    }
    Ok(built)
}

/// A single field stands for itself, more are an array.
fn build_payload(
    fields: slice::Iter<'_, UnnamedField>,
    patch: &Value,
    path: Path<'_>,
    registry: &TypeRegistry,
) -> Result<DynamicTuple> {
    let [field] = fields.as_slice() else {
        return build_items(fields, patch, path, registry);
    };
    let mut built = DynamicTuple::default();
    built.insert_boxed(build(field.ty(), patch, path, registry)?);
    Ok(built)
}

fn build_items(
    fields: slice::Iter<'_, UnnamedField>,
    patch: &Value,
    path: Path<'_>,
    registry: &TypeRegistry,
) -> Result<DynamicTuple> {
    let items = exactly(fields.len(), patch, path)?;
    let mut built = DynamicTuple::default();
    for (i, (field, item)) in fields.zip(items).enumerate() {
        built.insert_boxed(build(field.ty(), item, path.index(i)?, registry)?);
    }
    Ok(built)
}

/// Why a value with these fields could not be made of `payload`.
pub(super) fn missing(
    ty: &Type,
    fields: slice::Iter<'_, NamedField>,
    payload: &Value,
    path: Path<'_>,
) -> ReflectValueError {
    let missing =
        fields.map(bevy::reflect::NamedField::name).filter(|name| payload.get(name).is_none());
    let missing: Vec<_> = missing.map(str::to_owned).collect();
    if missing.is_empty() {
        return path.not_constructible(ty.path());
    }
    let type_path = ty.path().to_owned();
    ReflectValueError::MissingFields { path: path.to_string(), type_path, missing }
}

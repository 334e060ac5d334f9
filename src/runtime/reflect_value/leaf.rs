//! What is one value to scripts and holds nothing: numbers, text, positions.

use std::{any::TypeId, any::type_name, borrow::Cow, fmt::Display};

use bevy::{prelude::Name, reflect::PartialReflect};
use glam::{Vec3, Vec3A};

use super::{Path, ReflectValueError, Result};
use crate::contract::Value;

/// How values of one type are read and written. Each does nothing and gives `None` for a value that
/// is of another type after all.
#[derive(Clone, Copy)]
pub(super) struct Leaf {
    pub(super) read: fn(&dyn PartialReflect, Path<'_>) -> Option<Result<Value>>,
    /// Does nothing either if the type is not written as a whole: text that is fixed, a vector of
    /// which the patch names single axes.
    pub(super) write: fn(&mut dyn PartialReflect, &Value, Path<'_>) -> Option<Result<()>>,
}

macro_rules! leaves {
    ($id:ident: $($ty:ty => |$x:ident, $at:ident| $read:expr, |$slot:ident, $patch:ident, $to:ident| $write:expr;)*) => {
        $(if $id == TypeId::of::<$ty>() {
            return Some(Leaf {
                read: |reflected, $at| {
                    let $x = reflected.try_downcast_ref::<$ty>()?;
                    Some($read)
                },
                write: |target, $patch, $to| {
                    let $slot = target.try_downcast_mut::<$ty>()?;
                    $write
                },
            });
        })*
    };
}

/// Puts what came of a patch into its place.
fn put<T>(slot: &mut T, value: Result<T>) -> Option<Result<()>> {
    Some(value.map(|value| *slot = value))
}

impl Leaf {
    /// The leaf of a type, if it is one.
    pub(super) fn of(id: TypeId) -> Option<Self> {
        macro_rules! integers {
            ($($int:ty)*) => {
                leaves! { id: $($int => |i, at| read_int(*i, at), |slot, patch, to| put(slot, int(patch, to));)* }
            };
        }
        // Most of what components hold comes first.
        leaves! { id:
            f32 => |x, _at| Ok(Value::Float(f64::from(*x))),
                |slot, patch, to| put(slot, single(patch, to));
            Vec3 => |v, _at| Ok(Value::Vec3(*v)),
                |slot, patch, to| whole(patch).and_then(|patch| put(slot, vec3(patch, to)));
            bool => |b, _at| Ok(Value::Bool(*b)),
                |slot, patch, to| put(slot, patch.as_bool().ok_or_else(|| to.mismatch("a bool", patch)));
        }
        integers! { i64 i32 u32 u64 u8 i8 i16 u16 usize isize i128 u128 }
        leaves! { id:
            f64 => |x, _at| Ok(Value::Float(*x)),
                |slot, patch, to| put(slot, double(patch, to));
            String => |text, _at| Ok(Value::String(text.clone())),
                |slot, patch, to| put(slot, string(patch, to).map(str::to_owned));
            Cow<'static, str> => |text, _at| Ok(Value::String(text.clone().into_owned())),
                |slot, patch, to| put(slot, string(patch, to).map(|text| Cow::Owned(text.to_owned())));
            &'static str => |text, _at| Ok(Value::String((*text).to_owned())),
                |_slot, _patch, _to| None;
            // A tuple struct, whose only field is a hashed string that reflection cannot look into.
            Name => |name, _at| Ok(Value::String(name.as_str().to_owned())),
                |slot, patch, to| Some(string(patch, to).map(|text| slot.set(text.to_owned())));
            char => |c, _at| Ok(Value::Char(*c)),
                |slot, patch, to| put(slot, match patch {
                    Value::Char(c) => Ok(*c),
                    _ => Err(to.mismatch("a char", patch)),
                });
            Vec3A => |v, _at| Ok(Value::Vec3((*v).into())),
                |slot, patch, to| whole(patch).and_then(|patch| put(slot, vec3(patch, to).map(Vec3A::from)));
        }
        None
    }

    /// The leaf that a value is, if it is one.
    pub(super) fn of_value(reflected: &dyn PartialReflect) -> Option<Self> {
        Self::of(reflected.try_as_reflect()?.as_any().type_id())
    }
}

fn read_int<T>(int: T, path: Path<'_>) -> Result<Value>
where
    T: Copy + Display,
    i64: TryFrom<T>,
{
    i64::try_from(int).map(Value::Int).map_err(|_too_large| path.out_of_range(int, "int"))
}

/// The patch, unless it names single fields.
const fn whole(patch: &Value) -> Option<&Value> {
    if matches!(patch, Value::Map(_)) { None } else { Some(patch) }
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

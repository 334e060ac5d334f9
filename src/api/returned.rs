use std::sync::{Arc, LazyLock};

use glam::Vec3;

use super::Scalar;
use crate::contract::{ComponentView, RayHit, ScriptId, Value};

/// Where what a function gives goes: a register of the backend that called it. Scalars get there
/// without a detour.
pub trait Answer {
    /// A boolean.
    fn bool(&mut self, value: bool);
    /// An integer.
    fn int(&mut self, value: i64);
    /// A float.
    fn float(&mut self, value: f64);
    /// A vector.
    fn vec3(&mut self, value: Vec3);
    /// An array of ids.
    fn ids(&mut self, ids: &[ScriptId]);
    /// A map, of as many keys as values.
    fn map(&mut self, keys: &[Arc<str>], values: &[Value]);
    /// A component.
    fn component(&mut self, view: ComponentView) {
        self.value(view.into());
    }
    /// Anything.
    fn value(&mut self, value: Value);
}

impl Answer for Value {
    fn bool(&mut self, value: bool) {
        *self = Self::Bool(value);
    }
    fn int(&mut self, value: i64) {
        *self = Self::Int(value);
    }
    fn float(&mut self, value: f64) {
        *self = Self::Float(value);
    }
    fn vec3(&mut self, value: Vec3) {
        *self = Self::Vec3(value);
    }
    fn ids(&mut self, ids: &[ScriptId]) {
        *self = ids.to_vec().into();
    }
    fn map(&mut self, keys: &[Arc<str>], values: &[Value]) {
        let entries = keys.iter().zip(values);
        *self = Self::Map(entries.map(|(key, value)| (key.to_string(), value.clone())).collect());
    }
    fn value(&mut self, value: Value) {
        *self = value;
    }
}

/// What a function returns to a script.
pub trait Returned {
    /// How references write this type.
    const TYPE: &'static str;
    /// The scalar that it is; `()` if it is none.
    type Scalar: Scalar;
    /// Whether it may be `()` instead.
    const IS_OPTIONAL: bool = false;
    /// Gives the script its value.
    fn give<A: Answer + ?Sized>(self, answer: &mut A);
}

/// What a script finds in a [`RayHit`]; made once, for rays are cast often.
static HIT: LazyLock<[Arc<str>; 4]> =
    LazyLock::new(|| ["entity", "position", "normal", "distance"].map(Arc::from));

macro_rules! returned {
    ($(
        $type:ty => $name:literal, $scalar:ty $(, $optional:literal)?,
        |$value:ident, $answer:ident| $give:expr;
    )*) => {
        $(impl Returned for $type {
            const TYPE: &'static str = $name;
            type Scalar = $scalar;
            $(const IS_OPTIONAL: bool = $optional;)?
            #[inline]
            fn give<A: Answer + ?Sized>(self, $answer: &mut A) {
                let $value = self;
                $give;
            }
        })*
    };
}

returned! {
    () => "()", (), |_unit, answer| answer.value(Value::Unit);
    bool => "bool", bool, |value, answer| answer.bool(value);
    i64 => "int", i64, |value, answer| answer.int(value);
    f64 => "float", f64, |value, answer| answer.float(value);
    Vec3 => "Vec3", Vec3, |value, answer| answer.vec3(value);
    ScriptId => "int", i64, |value, answer| answer.int(value.0);
    Option<ScriptId> => "int | ()", i64, true, |value, answer| match value {
        Some(id) => answer.int(id.0),
        None => answer.value(Value::Unit),
    };
    String => "string", (), |value, answer| answer.value(value.into());
    Value => "any", (), |value, answer| answer.value(value);
    Option<Value> => "any | ()", (), |value, answer| answer.value(value.into());
    Option<ComponentView> => "any | ()", (), |view, answer| match view {
        Some(view) => answer.component(view),
        None => answer.value(Value::Unit),
    };
    Vec<ScriptId> => "array", (), |value, answer| answer.ids(&value);
    Option<RayHit> => "map | ()", (), |value, answer| match value {
        Some(RayHit { entity, position, normal, distance }) => {
            let values = [entity.into(), position.into(), normal.into(), distance.into()];
            answer.map(&*HIT, &values);
        }
        None => answer.value(Value::Unit),
    };
    Vec<Value> => "array", (), |value, answer| answer.value(value.into());
}

use glam::Vec3;

use crate::contract::{ScriptId, Value};

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
    fn value(&mut self, value: Value) {
        *self = value;
    }
}

/// What a function returns to a script.
pub trait Returned {
    /// How references write this type.
    const TYPE: &'static str;
    /// Gives the script its value.
    fn give(self, answer: &mut dyn Answer);
}

macro_rules! returned {
    ($($type:ty => $name:literal, |$value:ident, $answer:ident| $give:expr;)*) => {
        $(impl Returned for $type {
            const TYPE: &'static str = $name;
            fn give(self, $answer: &mut dyn Answer) {
                let $value = self;
                $give;
            }
        })*
    };
}

returned! {
    () => "()", |_unit, answer| answer.value(Value::Unit);
    bool => "bool", |value, answer| answer.bool(value);
    i64 => "int", |value, answer| answer.int(value);
    f64 => "float", |value, answer| answer.float(value);
    Vec3 => "Vec3", |value, answer| answer.vec3(value);
    ScriptId => "int", |value, answer| answer.int(value.0);
    Option<ScriptId> => "int | ()", |value, answer| match value {
        Some(id) => answer.int(id.0),
        None => answer.value(Value::Unit),
    };
    String => "string", |value, answer| answer.value(value.into());
    Value => "any", |value, answer| answer.value(value);
    Option<Value> => "any | ()", |value, answer| answer.value(value.into());
    Vec<ScriptId> => "array", |value, answer| answer.value(value.into());
    Vec<Value> => "array", |value, answer| answer.value(value.into());
}

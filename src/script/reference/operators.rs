//! Operators and properties of `Vec3` for Rhai.

use glam::Vec3;
use rhai::{EvalAltResult, FuncRegistration, Module, Position};

/// Adds them to a module.
pub(super) fn register(module: &mut Module) {
    /// One operator for a vector and a number, for both kinds of number.
    macro_rules! scaled {
        ($operator:literal, $apply:expr) => {
            set(module, $operator).set_into_module(module, |v: Vec3, x: f64| $apply(v, x as f32));
            set(module, $operator).set_into_module(module, |v: Vec3, x: i64| $apply(v, x as f32));
        };
    }
    set(module, "+").set_into_module(module, |a: Vec3, b: Vec3| a + b);
    set(module, "-").set_into_module(module, |a: Vec3, b: Vec3| a - b);
    set(module, "*").set_into_module(module, |a: Vec3, b: Vec3| a * b);
    set(module, "/").set_into_module(module, |a: Vec3, b: Vec3| a / b);
    set(module, "-").set_into_module(module, |v: Vec3| -v);
    set(module, "==").set_into_module(module, |a: Vec3, b: Vec3| a == b);
    set(module, "!=").set_into_module(module, |a: Vec3, b: Vec3| a != b);
    scaled!("*", |v: Vec3, x| v * x);
    scaled!("/", |v: Vec3, x| v / x);
    set(module, "*").set_into_module(module, |x: f64, v: Vec3| v * x as f32);
    set(module, "*").set_into_module(module, |x: i64, v: Vec3| v * x as f32);
    set(module, "to_string").set_into_module(module, |v: &mut Vec3| show(*v));
    set(module, "to_debug").set_into_module(module, |v: &mut Vec3| show(*v));
    for (axis, name) in ["x", "y", "z"].into_iter().enumerate() {
        FuncRegistration::new_getter(name)
            .set_into_module(module, move |v: &mut Vec3| f64::from(v[axis]));
        FuncRegistration::new_setter(name)
            .set_into_module(module, move |v: &mut Vec3, x: f64| put(v, axis, x));
        FuncRegistration::new_setter(name)
            .set_into_module(module, move |v: &mut Vec3, x: i64| put(v, axis, x as f64));
    }
    module.set_custom_type::<Vec3>("Vec3");
}

fn set(_: &Module, name: &'static str) -> FuncRegistration {
    FuncRegistration::new(name).in_global_namespace()
}

fn show(v: Vec3) -> String {
    crate::contract::Value::Vec3(v).to_string()
}

fn put(v: &mut Vec3, axis: usize, x: f64) -> Result<(), Box<EvalAltResult>> {
    if !(x as f32).is_finite() {
        let message = format!("a part of a Vec3 must be finite, got {x}");
        return Err(Box::new(EvalAltResult::ErrorRuntime(message.into(), Position::NONE)));
    }
    v[axis] = x as f32;
    Ok(())
}

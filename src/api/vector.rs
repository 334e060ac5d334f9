//! What can be done with a `Vec3`, beside its operators and `.x .y .z`.

use glam::Vec3;

use super::{ApiFault, ApiFunction, Category, Finite, ScriptContext};

type Context<'a, 'w> = &'a mut ScriptContext<'w>;

pub(super) fn functions() -> Vec<ApiFunction> {
    let row = |name, doc| ApiFunction::new(name, Category::UNIVERSAL, doc);
    vec![
        row("vec3", "A position or a direction.").overload(["x", "y", "z"], vec3),
        row("length", "The length of a vector.").overload(["v"], length),
        row("normalize", "The same direction with length 1; the zero vector stays zero.")
            .overload(["v"], normalize),
        row("dot", "The dot product.").overload(["a", "b"], dot),
        row("cross", "The cross product.").overload(["a", "b"], cross),
        row("lerp", "The point between `a` (t = 0) and `b` (t = 1); t outside 0..=1 goes beyond.")
            .overload(["a", "b", "t"], lerp),
    ]
}

fn vec3(_: Context<'_, '_>, x: Finite, y: Finite, z: Finite) -> Result<Vec3, ApiFault> {
    Ok(Vec3::new(x.0 as f32, y.0 as f32, z.0 as f32))
}

fn length(_: Context<'_, '_>, v: Vec3) -> Result<f64, ApiFault> {
    Ok(f64::from(v.length()))
}

fn normalize(_: Context<'_, '_>, v: Vec3) -> Result<Vec3, ApiFault> {
    Ok(v.normalize_or_zero())
}

fn dot(_: Context<'_, '_>, a: Vec3, b: Vec3) -> Result<f64, ApiFault> {
    Ok(f64::from(a.dot(b)))
}

fn cross(_: Context<'_, '_>, a: Vec3, b: Vec3) -> Result<Vec3, ApiFault> {
    Ok(a.cross(b))
}

fn lerp(_: Context<'_, '_>, a: Vec3, b: Vec3, t: Finite) -> Result<Vec3, ApiFault> {
    Ok(a.lerp(b, t.0 as f32))
}

//! What can be done with a `Vec3`, beside its operators and `.x .y .z`.

use glam::Vec3;

use super::{ApiFault, ApiFunction, Category, Finite, ScriptContext};

type Context<'a, 'w> = &'a mut ScriptContext<'w>;

pub(super) fn functions() -> Vec<ApiFunction> {
    let row = |name, doc| ApiFunction::new(name, Category::UNIVERSAL, doc).abreast().plain();
    vec![
        row("vec3", "A position or a direction.")
            .errors(["a number is NaN or infinite", "a number is too large for a 32-bit float"])
            .example(
                "\
fn on_spawn() {
    let v = vec3(1, 2.5, -3);
    v.y += 0.5;
    if v != vec3(1, 3, -3) { throw v; }
    if v * 2 - v != v { throw \"arithmetic goes part by part\"; }
}",
            )
            .overload(["x", "y", "z"], vec3),
        row("length", "The length of a vector.")
            .example(
                "\
fn on_spawn() {
    if vec3(3, 0, 4).length() != 5.0 { throw vec3(3, 0, 4).length(); }
}",
            )
            .overload(["v"], length),
        row("normalize", "The same direction with length 1; the zero vector stays zero.")
            .example(
                "\
fn on_spawn() {
    if vec3(0, 0, 9).normalize() != vec3(0, 0, 1) { throw \"of length 1\"; }
    if vec3(0, 0, 0).normalize() != vec3(0, 0, 0) { throw \"zero stays zero\"; }
}",
            )
            .overload(["v"], normalize),
        row("dot", "The dot product.")
            .example(
                "\
fn on_spawn() {
    if vec3(1, 2, 3).dot(vec3(4, 5, 6)) != 32.0 { throw \"4 + 10 + 18\"; }
}",
            )
            .overload(["a", "b"], dot),
        row("cross", "The cross product.")
            .example(
                "\
fn on_spawn() {
    if vec3(1, 0, 0).cross(vec3(0, 1, 0)) != vec3(0, 0, 1) { throw \"x cross y is z\"; }
}",
            )
            .overload(["a", "b"], cross),
        row("lerp", "The point between `a` (t = 0) and `b` (t = 1); t outside 0..=1 goes beyond.")
            .errors(["`t` is NaN or infinite"])
            .example(
                "\
fn on_spawn() {
    let middle = vec3(0, 0, 0).lerp(vec3(10, 0, 4), 0.5);
    if middle != vec3(5, 0, 2) { throw middle; }
}",
            )
            .overload(["a", "b", "t"], lerp),
    ]
}

fn vec3(_: Context<'_, '_>, x: Finite, y: Finite, z: Finite) -> Result<Vec3, ApiFault> {
    let v = Vec3::new(x.0 as f32, y.0 as f32, z.0 as f32);
    if v.is_finite() {
        Ok(v)
    } else {
        Err(ApiFault::new("its parts are 32-bit floats; one is too large"))
    }
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

//! The parts of a `Vec3`.

use super::super::{
    Val,
    fault::Fault,
    machine::Run,
    native::{Effect, Native, NativeCode, Price, Receiver},
};

const fn reads(name: &'static str, code: NativeCode, signature: &'static str) -> Native {
    let doc = "One part of the vector.";
    let (receiver, price, effect) = (Receiver::Vec3, Price::Nothing, Effect::Pure);
    Native { name, arity: 1, receiver, signature, doc, price, effect, code }
}

const fn writes(name: &'static str, code: NativeCode, signature: &'static str) -> Native {
    let doc = "Writes one part of the vector, which must be finite.";
    let (receiver, price, effect) = (Receiver::Vec3, Price::Nothing, Effect::Changes);
    Native { name, arity: 2, receiver, signature, doc, price, effect, code }
}

const ROWS: [Native; 6] = [
    reads("get$x", get::<0>, "v.x -> float"),
    reads("get$y", get::<1>, "v.y -> float"),
    reads("get$z", get::<2>, "v.z -> float"),
    writes("set$x", set::<0>, "v.x = value: float | int"),
    writes("set$y", set::<1>, "v.y = value: float | int"),
    writes("set$z", set::<2>, "v.z = value: float | int"),
];

pub(super) fn natives() -> Vec<Native> {
    ROWS.to_vec()
}

fn get<const AXIS: usize>(
    _: &mut Run<'_, '_>,
    vector: &mut Val,
    _: &mut [Val],
) -> Result<Val, Fault> {
    let Val::Vec3(v) = vector else { return Err(Fault::no_overload()) };
    Ok(Val::Float(v.to_array()[AXIS].into()))
}

fn set<const AXIS: usize>(
    _: &mut Run<'_, '_>,
    vector: &mut Val,
    rest: &mut [Val],
) -> Result<Val, Fault> {
    let x = match rest {
        [Val::Float(x)] => *x,
        [Val::Int(x)] => *x as f64,
        _ => return Err(Fault::no_overload()),
    };
    let Val::Vec3(v) = vector else { return Err(Fault::no_overload()) };
    let part = x as f32;
    if !part.is_finite() {
        return Err(Fault::refused(format!("a part of a Vec3 must be finite, got {x}")));
    }
    let mut parts = v.to_array();
    parts[AXIS] = part;
    *v = parts.into();
    Ok(Val::Unit)
}

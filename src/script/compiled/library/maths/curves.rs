//! Angles, powers of e, logarithms and roots.

use std::f64::consts;

use super::super::super::{Val, fault::Fault, machine::Run, native::Native};
use super::{Float, Nothing, as_float, canonical, of_one, row};

pub(super) const ROWS: [Native; 23] = [
    row(Nothing, "E", 0, |_, _, _| Ok(Val::Float(consts::E)), "E() -> float", "Euler's number."),
    row(
        Nothing,
        "PI",
        0,
        |_, _, _| Ok(Val::Float(consts::PI)),
        "PI() -> float",
        "Half a turn in radians.",
    ),
    row(Float, "sin", 1, |run, x, _| wave(run, x, libm::sin), "sin(x: float) -> float", "Sine."),
    row(Float, "cos", 1, |run, x, _| wave(run, x, libm::cos), "cos(x: float) -> float", "Cosine."),
    row(Float, "tan", 1, |run, x, _| wave(run, x, libm::tan), "tan(x: float) -> float", "Tangent."),
    row(
        Float,
        "sinh",
        1,
        |_, x, _| of_one(x, libm::sinh),
        "sinh(x: float) -> float",
        "Hyperbolic sine.",
    ),
    row(
        Float,
        "cosh",
        1,
        |_, x, _| of_one(x, libm::cosh),
        "cosh(x: float) -> float",
        "Hyperbolic cosine.",
    ),
    row(
        Float,
        "tanh",
        1,
        |_, x, _| of_one(x, libm::tanh),
        "tanh(x: float) -> float",
        "Hyperbolic tangent.",
    ),
    row(
        Float,
        "asin",
        1,
        |_, x, _| of_one(x, libm::asin),
        "asin(x: float) -> float",
        "The angle of a sine.",
    ),
    row(
        Float,
        "acos",
        1,
        |_, x, _| of_one(x, libm::acos),
        "acos(x: float) -> float",
        "The angle of a cosine.",
    ),
    row(
        Float,
        "atan",
        1,
        |_, x, _| of_one(x, libm::atan),
        "atan(x: float) -> float",
        "The angle of a tangent.",
    ),
    row(
        Float,
        "atan",
        2,
        |_, y, rest| of_two(y, rest, libm::atan2),
        "atan(y: float, x: float) -> float",
        "The angle of the point (x, y), in radians.",
    ),
    row(
        Float,
        "asinh",
        1,
        |_, x, _| of_one(x, libm::asinh),
        "asinh(x: float) -> float",
        "What has this hyperbolic sine.",
    ),
    row(
        Float,
        "acosh",
        1,
        |_, x, _| of_one(x, libm::acosh),
        "acosh(x: float) -> float",
        "What has this hyperbolic cosine.",
    ),
    row(
        Float,
        "atanh",
        1,
        |_, x, _| of_one(x, libm::atanh),
        "atanh(x: float) -> float",
        "What has this hyperbolic tangent.",
    ),
    row(
        Float,
        "hypot",
        2,
        |_, x, rest| of_two(x, rest, libm::hypot),
        "hypot(x: float, y: float) -> float",
        "The distance of the point (x, y) from the origin.",
    ),
    row(
        Float,
        "to_radians",
        1,
        |_, x, _| of_one(x, f64::to_radians),
        "to_radians(x: float) -> float",
        "An angle in radians that is given in degrees.",
    ),
    row(
        Float,
        "to_degrees",
        1,
        |_, x, _| of_one(x, f64::to_degrees),
        "to_degrees(x: float) -> float",
        "An angle in degrees that is given in radians.",
    ),
    row(
        Float,
        "sqrt",
        1,
        |_, x, _| of_one(x, f64::sqrt),
        "sqrt(x: float) -> float",
        "The square root; NaN for a negative number.",
    ),
    row(
        Float,
        "exp",
        1,
        |_, x, _| of_one(x, libm::exp),
        "exp(x: float) -> float",
        "E to the power of a number.",
    ),
    row(
        Float,
        "ln",
        1,
        |_, x, _| of_one(x, libm::log),
        "ln(x: float) -> float",
        "The logarithm to the base E.",
    ),
    row(
        Float,
        "log",
        1,
        |run, x, _| {
            // The dearest of the curves.
            run.charge(5)?;
            of_one(x, libm::log10)
        },
        "log(x: float) -> float",
        "The logarithm to the base 10. Where the API has its `log`, that one is called: write \
         `log(x, 10.0)`.",
    ),
    row(
        Float,
        "log",
        2,
        |_, x, rest| of_two(x, rest, |x, base| libm::log(x) / libm::log(base)),
        "log(x: float, base: float) -> float",
        "The logarithm to any base.",
    ),
];

/// A function that first takes whole turns off an angle, which takes long for a large one.
fn wave(run: &mut Run<'_, '_>, x: &Val, function: fn(f64) -> f64) -> Result<Val, Fault> {
    run.charge(2)?;
    of_one(x, function)
}

/// A function of two floats for the table.
fn of_two(first: &Val, rest: &[Val], function: impl FnOnce(f64, f64) -> f64) -> Result<Val, Fault> {
    let [Val::Float(second)] = rest else { return Err(Fault::no_overload()) };
    as_float(first).map(|first| Val::Float(canonical(function(first, *second))))
}

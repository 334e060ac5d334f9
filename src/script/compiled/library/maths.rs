//! Maths: integers and floats, the smaller and the greater of two, and whole numbers of floats.
//!
//! Whatever is not exact by IEEE 754 goes through `libm`, and every NaN is the one NaN.

mod curves;

use super::super::{
    Val,
    fault::Fault,
    machine::Run,
    native::{Effect, Native, NativeCode, Price, Receiver},
};

const fn row(
    receiver: Receiver,
    name: &'static str,
    arity: usize,
    code: NativeCode,
    signature: &'static str,
    doc: &'static str,
) -> Native {
    let (price, effect) = (Price::Nothing, Effect::Pure);
    Native { name, arity, receiver, signature, doc, price, effect, code }
}

use Receiver::{Char, Float, Int, Nothing};

const ROWS: [Native; 39] = [
    row(Int, "is_zero", 1, int_is_zero, "is_zero(x: int) -> bool", IS_ZERO),
    row(Int, "get$is_zero", 1, int_is_zero, "x.is_zero -> bool", IS_ZERO),
    row(Int, "is_odd", 1, is_odd, "is_odd(x: int) -> bool", IS_ODD),
    row(Int, "get$is_odd", 1, is_odd, "x.is_odd -> bool", IS_ODD),
    row(Int, "is_even", 1, is_even, "is_even(x: int) -> bool", IS_EVEN),
    row(Int, "get$is_even", 1, is_even, "x.is_even -> bool", IS_EVEN),
    row(Int, "abs", 1, int_abs, "abs(x: int) -> int", "The number without its sign."),
    row(Int, "sign", 1, int_sign, "sign(x: int) -> int", SIGN),
    row(Int, "to_int", 1, itself, "to_int(x: int) -> int", "The number itself."),
    row(Int, "to_float", 1, to_float, "to_float(x: int) -> float", "The nearest float."),
    row(Int, "max", 2, int_max, "max(x: int, y: int) -> int", MAX),
    row(Int, "max", 2, max, "max(x: int, y: float) -> float", MAX),
    row(Int, "min", 2, int_min, "min(x: int, y: int) -> int", MIN),
    row(Int, "min", 2, min, "min(x: int, y: float) -> float", MIN),
    row(Char, "to_int", 1, char_to_int, "to_int(c: char) -> int", "The number of a character."),
    row(Float, "is_zero", 1, is_zero, "is_zero(x: float) -> bool", IS_ZERO),
    row(Float, "get$is_zero", 1, is_zero, "x.is_zero -> bool", IS_ZERO),
    row(Float, "abs", 1, abs, "abs(x: float) -> float", "The number without its sign."),
    row(Float, "sign", 1, sign, "sign(x: float) -> int", SIGN),
    row(Float, "to_int", 1, to_int, "to_int(x: float) -> int", "The number without its fraction."),
    row(Float, "to_float", 1, itself, "to_float(x: float) -> float", "The number itself."),
    row(Float, "max", 2, max, "max(x: float, y: float | int) -> float", MAX),
    row(Float, "min", 2, min, "min(x: float, y: float | int) -> float", MIN),
    row(Float, "floor", 1, floor, "floor(x: float) -> float", FLOOR),
    row(Float, "get$floor", 1, floor, "x.floor -> float", FLOOR),
    row(Float, "ceiling", 1, ceiling, "ceiling(x: float) -> float", CEILING),
    row(Float, "get$ceiling", 1, ceiling, "x.ceiling -> float", CEILING),
    row(Float, "round", 1, round, "round(x: float) -> float", ROUND),
    row(Float, "get$round", 1, round, "x.round -> float", ROUND),
    row(Float, "int", 1, int, "int(x: float) -> float", INT),
    row(Float, "get$int", 1, int, "x.int -> float", INT),
    row(Float, "fraction", 1, fraction, "fraction(x: float) -> float", FRACTION),
    row(Float, "get$fraction", 1, fraction, "x.fraction -> float", FRACTION),
    row(Float, "is_nan", 1, is_nan, "is_nan(x: float) -> bool", IS_NAN),
    row(Float, "get$is_nan", 1, is_nan, "x.is_nan -> bool", IS_NAN),
    row(Float, "is_finite", 1, is_finite, "is_finite(x: float) -> bool", IS_FINITE),
    row(Float, "get$is_finite", 1, is_finite, "x.is_finite -> bool", IS_FINITE),
    row(Float, "is_infinite", 1, is_infinite, "is_infinite(x: float) -> bool", IS_INFINITE),
    row(Float, "get$is_infinite", 1, is_infinite, "x.is_infinite -> bool", IS_INFINITE),
];

const IS_ZERO: &str = "Whether it is zero.";
const IS_ODD: &str = "Whether division by 2 leaves a rest.";
const IS_EVEN: &str = "Whether division by 2 leaves no rest.";
const SIGN: &str = "-1, 0 or 1.";
const MAX: &str = "The greater of two numbers.";
const MIN: &str = "The smaller of two numbers.";
const FLOOR: &str = "The next whole number that is not greater.";
const CEILING: &str = "The next whole number that is not smaller.";
const ROUND: &str = "The nearest whole number; a half goes away from zero.";
const INT: &str = "The number without its fraction.";
const FRACTION: &str = "What is behind the point.";
const IS_NAN: &str = "Whether it is no number.";
const IS_FINITE: &str = "Whether it is neither infinite nor NaN.";
const IS_INFINITE: &str = "Whether it is infinite.";

pub(super) fn natives() -> Vec<Native> {
    [&ROWS[..], &curves::ROWS].concat()
}

/// The one NaN.
const fn canonical(x: f64) -> f64 {
    if x.is_nan() { f64::NAN } else { x }
}

fn as_int(value: &Val) -> Result<i64, Fault> {
    match value {
        Val::Int(i) => Ok(*i),
        _ => Err(Fault::no_overload()),
    }
}

fn as_float(value: &Val) -> Result<f64, Fault> {
    match value {
        Val::Float(x) => Ok(*x),
        _ => Err(Fault::no_overload()),
    }
}

/// A function of one float for the table.
fn of_one(value: &Val, function: impl FnOnce(f64) -> f64) -> Result<Val, Fault> {
    as_float(value).map(|x| Val::Float(canonical(function(x))))
}

fn itself(_: &mut Run<'_, '_>, value: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    Ok(value.clone())
}

fn int_is_zero(_: &mut Run<'_, '_>, x: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    as_int(x).map(|x| Val::Bool(x == 0))
}

fn is_odd(_: &mut Run<'_, '_>, x: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    as_int(x).map(|x| Val::Bool(x % 2 != 0))
}

fn is_even(_: &mut Run<'_, '_>, x: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    as_int(x).map(|x| Val::Bool(x % 2 == 0))
}

fn int_abs(_: &mut Run<'_, '_>, x: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    let x = as_int(x)?;
    let overflow = || Fault::arithmetic(format!("Negation overflow: -{x}"));
    x.checked_abs().map(Val::Int).ok_or_else(overflow)
}

fn int_sign(_: &mut Run<'_, '_>, x: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    as_int(x).map(|x| Val::Int(x.signum()))
}

fn to_float(_: &mut Run<'_, '_>, x: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    as_int(x).map(|x| Val::Float(x as f64))
}

fn char_to_int(_: &mut Run<'_, '_>, c: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    match c {
        Val::Char(c) => Ok(Val::Int(u32::from(*c).into())),
        _ => Err(Fault::no_overload()),
    }
}

fn int_max(_: &mut Run<'_, '_>, x: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(y)] = rest else { return Err(Fault::no_overload()) };
    as_int(x).map(|x| Val::Int(x.max(*y)))
}

fn int_min(_: &mut Run<'_, '_>, x: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(y)] = rest else { return Err(Fault::no_overload()) };
    as_int(x).map(|x| Val::Int(x.min(*y)))
}

/// Two numbers, one of which is a float.
fn two(x: &Val, rest: &[Val]) -> Result<(f64, f64), Fault> {
    match (x, rest) {
        (Val::Float(x), [Val::Float(y)]) => Ok((*x, *y)),
        (Val::Float(x), [Val::Int(y)]) => Ok((*x, *y as f64)),
        (Val::Int(x), [Val::Float(y)]) => Ok((*x as f64, *y)),
        _ => Err(Fault::no_overload()),
    }
}

// The second number where they cannot be compared, unlike `f64::max` and `f64::min`.
fn max(_: &mut Run<'_, '_>, x: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    two(x, rest).map(|(x, y)| Val::Float(canonical(if x >= y { x } else { y })))
}

fn min(_: &mut Run<'_, '_>, x: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    two(x, rest).map(|(x, y)| Val::Float(canonical(if x <= y { x } else { y })))
}

fn is_zero(_: &mut Run<'_, '_>, x: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    as_float(x).map(|x| Val::Bool(x == 0.0))
}

fn abs(_: &mut Run<'_, '_>, x: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    of_one(x, f64::abs)
}

fn sign(_: &mut Run<'_, '_>, x: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    let x = as_float(x)?;
    if x.is_nan() {
        return Err(Fault::arithmetic("Sign of NaN is undefined"));
    }
    Ok(Val::Int(i64::from(x > 0.0) - i64::from(x < 0.0)))
}

fn to_int(_: &mut Run<'_, '_>, x: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    let x = as_float(x)?;
    if x > i64::MAX as f64 || x < i64::MIN as f64 {
        return Err(Fault::arithmetic(format!("Integer overflow: to_int({x})")));
    }
    // NaN is 0, and 2^63 the greatest integer.
    Ok(Val::Int(x as i64))
}

fn floor(_: &mut Run<'_, '_>, x: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    of_one(x, f64::floor)
}

fn ceiling(_: &mut Run<'_, '_>, x: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    of_one(x, f64::ceil)
}

fn round(_: &mut Run<'_, '_>, x: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    of_one(x, f64::round)
}

fn int(_: &mut Run<'_, '_>, x: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    of_one(x, f64::trunc)
}

fn fraction(_: &mut Run<'_, '_>, x: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    of_one(x, f64::fract)
}

fn is_nan(_: &mut Run<'_, '_>, x: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    as_float(x).map(|x| Val::Bool(x.is_nan()))
}

fn is_finite(_: &mut Run<'_, '_>, x: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    as_float(x).map(|x| Val::Bool(x.is_finite()))
}

fn is_infinite(_: &mut Run<'_, '_>, x: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    as_float(x).map(|x| Val::Bool(x.is_infinite()))
}

//! Arithmetic. Integers never wrap around, floats have one NaN, and nothing depends on the machine.

use super::{super::Val, Fault, Operator};

#[cold]
fn overflow(what: &str, a: i64, sign: &str, b: i64) -> Fault {
    Fault::arithmetic(format!("{what} overflow: {a} {sign} {b}"))
}

pub(in super::super) fn add(a: i64, b: i64) -> Result<i64, Fault> {
    a.checked_add(b).ok_or_else(|| overflow("Addition", a, "+", b))
}

pub(in super::super) fn subtract(a: i64, b: i64) -> Result<i64, Fault> {
    a.checked_sub(b).ok_or_else(|| overflow("Subtraction", a, "-", b))
}

pub(in super::super) fn multiply(a: i64, b: i64) -> Result<i64, Fault> {
    a.checked_mul(b).ok_or_else(|| overflow("Multiplication", a, "*", b))
}

pub(in super::super) fn divide(a: i64, b: i64) -> Result<i64, Fault> {
    a.checked_div(b).ok_or_else(|| {
        if b == 0 {
            Fault::arithmetic(format!("Division by zero: {a} / {b}"))
        } else {
            overflow("Division", a, "/", b)
        }
    })
}

pub(in super::super) fn remainder(a: i64, b: i64) -> Result<i64, Fault> {
    a.checked_rem(b)
        .ok_or_else(|| Fault::arithmetic(format!("Modulo division by zero or overflow: {a} % {b}")))
}

fn power(a: i64, b: i64) -> Result<i64, Fault> {
    if b < 0 {
        return Err(Fault::arithmetic(format!("Integer raised to a negative power: {a} ** {b}")));
    }
    let exponent = u32::try_from(b).ok();
    exponent
        .and_then(|exponent| a.checked_pow(exponent))
        .ok_or_else(|| Fault::arithmetic(format!("Exponential overflow: {a} ** {b}")))
}

fn shifted_left(a: i64, b: i64) -> i64 {
    match u32::try_from(b) {
        Ok(bits) => a.checked_shl(bits).unwrap_or(0),
        Err(_) if b < 0 => shifted_right(a, b.checked_abs().unwrap_or(i64::MAX)),
        Err(_) => 0,
    }
}

fn shifted_right(a: i64, b: i64) -> i64 {
    match u32::try_from(b) {
        Ok(bits) => a.checked_shr(bits).unwrap_or(a >> 63),
        Err(_) if b < 0 => shifted_left(a, b.checked_abs().unwrap_or(i64::MAX)),
        Err(_) => a >> 63,
    }
}

/// The one NaN.
pub(in super::super) fn canonical(x: f64) -> f64 {
    if x.is_nan() { f64::NAN } else { x }
}

fn float(operator: Operator, a: f64, b: f64) -> Option<f64> {
    Some(canonical(match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide => a / b,
        Operator::Remainder => a % b,
        Operator::Power => libm::pow(a, b),
        _ => return None,
    }))
}

fn int(operator: Operator, a: i64, b: i64) -> Option<Result<i64, Fault>> {
    Some(match operator {
        Operator::Add => add(a, b),
        Operator::Subtract => subtract(a, b),
        Operator::Multiply => multiply(a, b),
        Operator::Divide => divide(a, b),
        Operator::Remainder => remainder(a, b),
        Operator::Power => power(a, b),
        Operator::ShiftLeft => Ok(shifted_left(a, b)),
        Operator::ShiftRight => Ok(shifted_right(a, b)),
        Operator::And => Ok(a & b),
        Operator::Or => Ok(a | b),
        Operator::Xor => Ok(a ^ b),
        _ => return None,
    })
}

pub(super) fn built_in(operator: Operator, a: &Val, b: &Val) -> Option<Result<Val, Fault>> {
    use Operator as O;
    Some(Ok(match (a, b) {
        (Val::Int(a), Val::Int(b)) => return Some(int(operator, *a, *b)?.map(Val::Int)),
        (Val::Float(a), Val::Float(b)) => Val::Float(float(operator, *a, *b)?),
        (Val::Float(a), Val::Int(b)) => Val::Float(float(operator, *a, *b as f64)?),
        (Val::Int(a), Val::Float(b)) => Val::Float(float(operator, *a as f64, *b)?),
        (Val::Bool(a), Val::Bool(b)) => Val::Bool(match operator {
            O::And => a & b,
            O::Or => a | b,
            O::Xor => a ^ b,
            _ => return None,
        }),
        (Val::Vec3(a), Val::Vec3(b)) => Val::Vec3(match operator {
            O::Add => *a + *b,
            O::Subtract => *a - *b,
            O::Multiply => *a * *b,
            O::Divide => *a / *b,
            _ => return None,
        }),
        (Val::Vec3(v), Val::Int(_) | Val::Float(_)) => {
            let scale = number(b)? as f32;
            Val::Vec3(match operator {
                O::Multiply => *v * scale,
                O::Divide => *v / scale,
                _ => return None,
            })
        }
        (Val::Int(_) | Val::Float(_), Val::Vec3(v)) if operator == O::Multiply => {
            Val::Vec3(*v * number(a)? as f32)
        }
        _ => return None,
    }))
}

const fn number(value: &Val) -> Option<f64> {
    match value {
        Val::Int(i) => Some(*i as f64),
        Val::Float(x) => Some(*x),
        _ => None,
    }
}

//! Comparisons. Floats that differ by no more than the last digit count as equal, and values of
//! different types are not equal and not in order: so has it the language.

use super::{super::Val, Operator};

/// What a comparison gives; `None` if the operator is none, or has no meaning for these types.
pub(super) fn built_in(operator: Operator, a: &Val, b: &Val) -> Option<bool> {
    use Operator as O;
    if !matches!(
        operator,
        O::Equal | O::NotEqual | O::Less | O::LessOrEqual | O::Greater | O::GreaterOrEqual
    ) {
        return None;
    }
    Some(match (a, b) {
        (Val::Int(a), Val::Int(b)) => ordered(operator, a, b),
        (Val::Float(a), Val::Float(b)) => floats(operator, *a, *b),
        (Val::Float(a), Val::Int(b)) => floats(operator, *a, *b as f64),
        (Val::Int(a), Val::Float(b)) => floats(operator, *a as f64, *b),
        (Val::Bool(a), Val::Bool(b)) => ordered(operator, a, b),
        (Val::Char(a), Val::Char(b)) => ordered(operator, a, b),
        (Val::Text(a), Val::Text(b)) => ordered(operator, a.as_str(), b.as_str()),
        (Val::Char(a), Val::Text(b)) => {
            let mut b = b.chars();
            ordered(operator, &[Some(*a), None], &[b.next(), b.next()])
        }
        (Val::Text(a), Val::Char(b)) => {
            let mut a = a.chars();
            ordered(operator, &[a.next(), a.next()], &[Some(*b), None])
        }
        (Val::Unit, Val::Unit) => operator == O::Equal,
        (Val::Blob(a), Val::Blob(b)) => same(operator, a[..] == b[..])?,
        // What the language has no meaning for, although the types differ.
        (Val::Blob(_), Val::Char(_)) => return None,
        (Val::Range(a), Val::Range(b)) if a.inclusive != b.inclusive => {
            return (operator == O::NotEqual).then_some(true);
        }
        (Val::Range(a), Val::Range(b)) => same(operator, ***a == ***b)?,
        (Val::Vec3(a), Val::Vec3(b)) => same(operator, a == b)?,
        _ if std::mem::discriminant(a) == std::mem::discriminant(b) => return None,
        _ => operator == O::NotEqual,
    })
}

fn ordered<T: PartialOrd + ?Sized>(operator: Operator, a: &T, b: &T) -> bool {
    match operator {
        Operator::Equal => a == b,
        Operator::NotEqual => a != b,
        Operator::Less => a < b,
        Operator::LessOrEqual => a <= b,
        Operator::Greater => a > b,
        _ => a >= b,
    }
}

/// Of types that can be equal but not in order.
const fn same(operator: Operator, equal: bool) -> Option<bool> {
    match operator {
        Operator::Equal => Some(equal),
        Operator::NotEqual => Some(!equal),
        _ => None,
    }
}

/// Compares floats by how far they are apart in relation to the greater one.
#[inline]
pub(in super::super) fn floats(operator: Operator, a: f64, b: f64) -> bool {
    use Operator as O;
    // Nobody has to divide to see that they are far apart: `scale` is never more than the greatest of these.
    let greater = |a: f64, b: f64| if a > b { a } else { b };
    let far = greater(greater(a.abs(), b.abs()), 1.0) * (1024.0 * f64::EPSILON);
    if a - b > far {
        matches!(operator, O::NotEqual | O::Greater | O::GreaterOrEqual)
    } else if b - a > far {
        matches!(operator, O::NotEqual | O::Less | O::LessOrEqual)
    } else {
        near_floats(operator, a, b)
    }
}

#[inline(never)]
fn near_floats(operator: Operator, a: f64, b: f64) -> bool {
    let scale = if a * b == 0.0 { 1.0 } else { a.abs().max(b.abs()) };
    if scale == 0.0 {
        return matches!(
            operator,
            Operator::Equal | Operator::LessOrEqual | Operator::GreaterOrEqual
        );
    }
    let epsilon = f64::EPSILON;
    match operator {
        Operator::Equal => (a - b).abs() / scale <= epsilon,
        Operator::NotEqual => (a - b).abs() / scale > epsilon,
        Operator::Greater => (a - b) / scale > epsilon,
        Operator::GreaterOrEqual => (a - b) / scale > -epsilon,
        Operator::Less => (b - a) / scale > epsilon,
        _ => (b - a) / scale > -epsilon,
    }
}

/// Whether two values are equal, as `==` has it; values that cannot be compared are not.
pub(crate) fn equal(a: &Val, b: &Val) -> bool {
    match (a, b) {
        (Val::Array(a), Val::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equal(a, b))
        }
        (Val::Map(a), Val::Map(b)) => {
            a.len() == b.len()
                && a.iter().zip(b.iter()).all(|((ka, a), (kb, b))| ka == kb && equal(a, b))
        }
        _ => built_in(Operator::Equal, a, b).unwrap_or(false),
    }
}

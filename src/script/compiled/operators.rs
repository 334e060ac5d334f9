//! What operators mean, for each pair of types. Whatever is not here may be a row of the table of
//! standard functions under the operator's name.

mod compare;
mod numbers;

use std::sync::Arc;

pub(crate) use self::compare::equal;
pub(super) use self::compare::floats as compare_floats;
pub(super) use self::numbers::{add, canonical, multiply, remainder, subtract};
use super::{Val, fault::Fault, machine::Run};

/// An operator with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
    ShiftLeft,
    ShiftRight,
    And,
    Or,
    Xor,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Range,
    RangeInclusive,
}

impl Operator {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 19] = [
        Self::Add,
        Self::Subtract,
        Self::Multiply,
        Self::Divide,
        Self::Remainder,
        Self::Power,
        Self::ShiftLeft,
        Self::ShiftRight,
        Self::And,
        Self::Or,
        Self::Xor,
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
        Self::Range,
        Self::RangeInclusive,
    ];

    /// As scripts write it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Power => "**",
            Self::ShiftLeft => "<<",
            Self::ShiftRight => ">>",
            Self::And => "&",
            Self::Or => "|",
            Self::Xor => "^",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Range => "..",
            Self::RangeInclusive => "..=",
        }
    }

    /// As scripts write it together with an assignment.
    pub(crate) const fn assigning_name(self) -> &'static str {
        match self {
            Self::Add => "+=",
            Self::Subtract => "-=",
            Self::Multiply => "*=",
            Self::Divide => "/=",
            Self::Remainder => "%=",
            Self::Power => "**=",
            Self::ShiftLeft => "<<=",
            Self::ShiftRight => ">>=",
            Self::And => "&=",
            Self::Or => "|=",
            Self::Xor => "^=",
            other => other.name(),
        }
    }

    /// The operator of a name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.name() == name)
    }
}

/// Fuel for what an operator looks at, beside what its result costs: a search costs as any other, and
/// bytes are compared in great steps.
pub(super) fn steps(operator: Operator, a: &Val, b: &Val) -> u64 {
    use Operator as O;
    let (searched, compared) = match (operator, a, b) {
        (O::Subtract, Val::Text(a), Val::Text(_) | Val::Char(_)) => (a.len(), 0),
        (
            O::Equal | O::NotEqual | O::Less | O::LessOrEqual | O::Greater | O::GreaterOrEqual,
            Val::Text(a),
            Val::Text(b),
        ) => (0, a.len().min(b.len())),
        (O::Equal | O::NotEqual, Val::Blob(a), Val::Blob(b)) => (0, a.len().min(b.len())),
        (O::Add, Val::Text(_) | Val::Char(_), Val::Text(_) | Val::Char(_)) => (0, 0),
        (O::Range | O::RangeInclusive, ..) => (0, 0),
        (O::Power, ..) => return POWER,
        _ => return 0,
    };
    OWN + (searched / 4 + compared / 64) as u64
}

/// Fuel for what takes more than an instruction: it allocates, or looks at what does not lie in registers.
const OWN: u64 = 1;
/// Fuel for a power of floats, whose bits are the same on every machine.
const POWER: u64 = 4;

/// What the language itself makes of two operands that both lie in the value itself; `None` if it has no meaning for
/// them, or one of them does not.
pub(super) fn plain(operator: Operator, a: &Val, b: &Val) -> Option<Result<Val, Fault>> {
    if let Some(result) = compare::built_in(operator, a, b) {
        return Some(Ok(Val::Bool(result)));
    }
    numbers::built_in(operator, a, b)
}

/// What the language itself makes of two operands; `None` if it has no meaning for them.
pub(super) fn built_in(
    run: &Run<'_, '_>,
    operator: Operator,
    a: &Val,
    b: &Val,
) -> Option<Result<Val, Fault>> {
    use Operator as O;
    if let Some(result) = plain(operator, a, b) {
        return Some(result);
    }
    Some(match (operator, a, b) {
        (O::Add, Val::Text(a), Val::Text(b)) => joined(run, a, b),
        (O::Add, Val::Text(a), Val::Char(b)) => joined(run, a, b.encode_utf8(&mut [0; 4])),
        (O::Add, Val::Char(a), Val::Text(b)) => joined(run, a.encode_utf8(&mut [0; 4]), b),
        (O::Add, Val::Char(a), Val::Char(b)) => {
            joined(run, a.encode_utf8(&mut [0; 4]), b.encode_utf8(&mut [0; 4]))
        }
        (O::Add, Val::Text(_), Val::Unit) => Ok(a.clone()),
        (O::Add, Val::Unit, Val::Text(_)) => Ok(b.clone()),
        // So has it the language: from nothing nothing is taken, and the other text remains.
        (O::Subtract, Val::Text(a), Val::Text(_)) if a.is_empty() => Ok(b.clone()),
        (O::Subtract, Val::Text(a), Val::Text(b)) => Ok(without(a, b)),
        (O::Subtract, Val::Text(a), Val::Char(b)) => Ok(without(a, b.encode_utf8(&mut [0; 4]))),
        (O::Add, Val::Blob(bytes), Val::Blob(more)) => {
            if more.is_empty() {
                return Some(Ok(a.clone()));
            }
            if bytes.is_empty() {
                return Some(Ok(b.clone()));
            }
            extended(run, bytes, more)
        }
        (O::Add, Val::Blob(bytes), Val::Char(c)) => {
            extended(run, bytes, c.encode_utf8(&mut [0; 4]).as_bytes())
        }
        (O::Range, Val::Int(start), Val::Int(end)) => Ok(Val::range(*start, *end, false)),
        (O::Range, Val::Int(start), Val::Unit) => Ok(Val::range(*start, i64::MAX, false)),
        (O::Range, Val::Unit, Val::Int(end)) => Ok(Val::range(0, *end, false)),
        (O::RangeInclusive, Val::Int(start), Val::Int(end)) => Ok(Val::range(*start, *end, true)),
        (O::RangeInclusive, Val::Int(start), Val::Unit) => Ok(Val::range(*start, i64::MAX, true)),
        (O::RangeInclusive, Val::Unit, Val::Int(end)) => Ok(Val::range(0, *end, true)),
        _ => return None,
    })
}

fn joined(run: &Run<'_, '_>, a: &str, b: &str) -> Result<Val, Fault> {
    let bytes = a.len() + b.len();
    run.fits_text(bytes)?;
    let mut text = String::with_capacity(bytes);
    text.push_str(a);
    text.push_str(b);
    Ok(Val::text(text))
}

/// A text without any occurrence of another.
fn without(a: &str, b: &str) -> Val {
    // Making ready for the search costs by the length of what is searched for.
    if b.is_empty() || b.len() > a.len() { Val::text(a) } else { Val::text(a.replace(b, "")) }
}

fn extended(run: &Run<'_, '_>, bytes: &[u8], more: &[u8]) -> Result<Val, Fault> {
    run.fits_items(bytes.len() + more.len())?;
    Ok(Val::blob([bytes, more].concat()))
}

/// Does `target operator= value` in place where that means something of its own, or is cheaper than
/// making a new value. Gives the value back if it does not.
pub(super) fn assign_in_place(
    run: &mut Run<'_, '_>,
    operator: Operator,
    target: &mut Val,
    value: Val,
) -> Result<Option<Val>, Fault> {
    if operator != Operator::Add {
        return Ok(Some(value));
    }
    match (&mut *target, value) {
        (Val::Char(_), Val::Text(more)) if more.is_empty() => {}
        (Val::Text(text), Val::Text(more)) => {
            let bytes = text.len() + more.len();
            run.fits_text(bytes)?;
            run.charge(appended(text, text.len(), more.len()))?;
            Arc::make_mut(text).edit(|text| text.push_str(&more));
        }
        (Val::Text(text), Val::Char(c)) => {
            run.fits_text(text.len() + c.len_utf8())?;
            run.charge(appended(text, text.len(), 1))?;
            Arc::make_mut(text).edit(|text| text.push(c));
        }
        (Val::Array(list), Val::Array(more)) => {
            if more.is_empty() {
                return Ok(None);
            }
            run.fits_items(list.len() + more.len())?;
            run.charge(copied(list, list.len()) + more.len() as u64)?;
            let list = Arc::make_mut(list);
            for item in more.iter() {
                list.push(item.clone());
            }
            let weight = list.weight();
            run.fits(weight)?;
        }
        (Val::Array(list), value) => {
            run.charge(copied(list, list.len()))?;
            let list = Arc::make_mut(list);
            list.push(value);
            let weight = list.weight();
            run.fits(weight)?;
        }
        (Val::Blob(blob), Val::Blob(more)) => push_bytes(run, blob, &more)?,
        (Val::Blob(blob), Val::Int(byte)) => push_bytes(run, blob, &[(byte & 0xff) as u8])?,
        (Val::Blob(blob), Val::Char(c)) => {
            push_bytes(run, blob, c.encode_utf8(&mut [0; 4]).as_bytes())?;
        }
        (Val::Blob(blob), Val::Text(text)) => push_bytes(run, blob, text.as_bytes())?,
        (_, value) => return Ok(Some(value)),
    }
    Ok(None)
}

/// What it costs to make a list one's own before writing: nothing if nobody shares it.
pub(super) fn copied<T>(shared: &Arc<T>, len: usize) -> u64 {
    if Arc::strong_count(shared) > 1 { COPY + len as u64 } else { 0 }
}

/// Fuel for copying a list or map however small it is.
const COPY: u64 = 4;

fn appended<T>(shared: &Arc<T>, len: usize, more: usize) -> u64 {
    copied(shared, len / 16) + (more / 16) as u64
}

fn push_bytes(
    run: &mut Run<'_, '_>,
    blob: &mut Arc<super::heap::Blob>,
    more: &[u8],
) -> Result<(), Fault> {
    run.fits_items(blob.len() + more.len())?;
    run.charge(appended(blob, blob.len(), more.len()))?;
    Arc::make_mut(blob).edit(|bytes| bytes.extend_from_slice(more));
    Ok(())
}

/// What the language itself makes of one operand; `None` if it has no meaning for it.
pub(super) fn unary(name: &str, a: &Val) -> Option<Result<Val, Fault>> {
    Some(match (name, a) {
        ("!", Val::Bool(b)) => Ok(Val::Bool(!b)),
        ("-", Val::Int(i)) => {
            i.checked_neg().map(Val::Int).ok_or_else(|| Fault::arithmetic("integer overflow"))
        }
        ("-", Val::Float(x)) => Ok(Val::Float(-x)),
        ("-", Val::Vec3(v)) => Ok(Val::Vec3(-*v)),
        ("+", Val::Int(_) | Val::Float(_)) => Ok(a.clone()),
        _ => return None,
    })
}

//! What `for` runs over.

use std::sync::Arc;

use rhai::EvalAltResult;

use super::{Run, WINDOW};
use crate::script::compiled::{
    Val,
    fault::Fault,
    operators::{self, Operator},
    steps::Steps,
};

/// Readies a value: what to run over in the first register, how far it has come in the second.
pub(super) fn ready(window: &mut [Val; WINDOW], at: u8) -> Result<(), Fault> {
    let (at, next) = (usize::from(at), usize::from(at.wrapping_add(1)));
    let begin = match &window[at] {
        Val::Range(range) => {
            let range = ***range;
            let (over, start) = counting(range.start, range.end, range.inclusive);
            window[at] = over;
            start
        }
        Val::Array(_) | Val::Text(_) | Val::Blob(_) => Val::Int(0),
        Val::Steps(_) => Val::Unit,
        _ => return Err(EvalAltResult::ErrorFor(rhai::Position::NONE).into()),
    };
    window[next] = begin;
    Ok(())
}

/// Integers from one to before another: a register with the end, one with the next.
fn counting(start: i64, end: i64, inclusive: bool) -> (Val, Val) {
    if !inclusive {
        return (Val::Int(end), Val::Int(start));
    }
    match end.checked_add(1) {
        Some(end) => (Val::Int(end), Val::Int(start)),
        None => (Val::steps(Steps::up_to_the_last(start)), Val::Unit),
    }
}

impl Run<'_, '_> {
    /// Readies `start..end`, whose ends lie in the two registers.
    pub(super) fn ready_range(
        &mut self,
        base: usize,
        at: u8,
        inclusive: bool,
    ) -> Result<(), Fault> {
        let at = base + usize::from(at);
        let read = |at: usize| self.machine.registers.get(at).cloned().unwrap_or_default();
        let (start, end) = (read(at), read(at + 1));
        let (over, begin) = match (&start, &end) {
            (Val::Int(start), Val::Int(end)) => counting(*start, *end, inclusive),
            _ => {
                let operator = if inclusive { Operator::RangeInclusive } else { Operator::Range };
                let range = self.operate(operator, &start, &end)?;
                match range {
                    Val::Range(range) => counting(range.start, range.end, range.inclusive),
                    _ => return Err(EvalAltResult::ErrorFor(rhai::Position::NONE).into()),
                }
            }
        };
        self.set_register(at, over);
        self.set_register(at + 1, begin);
        Ok(())
    }

    /// An operator between two values, whatever they are.
    pub(super) fn operate(&mut self, operator: Operator, a: &Val, b: &Val) -> Result<Val, Fault> {
        // Beside its instruction: it is not one of those that the loop does by itself.
        self.charge(1 + operators::steps(operator, a, b))?;
        if let Some(result) = operators::built_in(self, operator, a, b) {
            let result = result?;
            if !result.is_inline() {
                self.charge(result.weight().steps())?;
                self.fits_memory()?;
            }
            return Ok(result);
        }
        self.call_named(operator.name(), a.clone(), &mut [b.clone()])
    }
}

/// The next item, and how far that is: `None` at the end.
#[inline(never)]
pub(super) fn next(window: &mut [Val; WINDOW], at: u8) -> Option<Val> {
    let (over, next) = (usize::from(at), usize::from(at.wrapping_add(1)));
    let reached = match &window[next] {
        Val::Int(reached) => usize::try_from(*reached).ok()?,
        _ => 0,
    };
    let (item, reached) = match &mut window[over] {
        Val::Array(list) => (list.get(reached)?.clone(), reached + 1),
        Val::Text(text) => {
            let c = text.get(reached..)?.chars().next()?;
            (Val::Char(c), reached + c.len_utf8())
        }
        Val::Blob(blob) => (Val::Int(i64::from(*blob.get(reached)?)), reached + 1),
        Val::Steps(steps) => return Arc::make_mut(steps).next(),
        _ => return None,
    };
    window[next] = Val::Int(reached as i64);
    Some(item)
}

use std::sync::Arc;

use rhai::EvalAltResult;

use super::{Val, fault::Fault, heap::Text};

/// Numbers, characters or bits one after the other, made as a `for` asks for them.
#[derive(Clone)]
pub(crate) enum Steps {
    Ints {
        next: i64,
        end: i64,
        step: i64,
        direction: i8,
    },
    Floats {
        next: f64,
        end: f64,
        step: f64,
        direction: i8,
    },
    Chars {
        text: Arc<Text>,
        from: usize,
        left: u64,
    },
    Bits {
        bits: i64,
        left: u8,
    },
    /// The integers from one to the greatest that there is.
    ToLast {
        next: Option<i64>,
    },
}

impl Steps {
    /// The numbers from `start` to before `end`.
    ///
    /// # Errors
    /// The step is zero.
    pub(crate) fn ints(start: i64, end: i64, step: i64) -> Result<Self, Fault> {
        let mut direction = 0;
        if let Some(second) = start.checked_add(step) {
            if second == start {
                return Err(zero_step());
            }
            direction = match (start < end, second > start) {
                (true, true) => 1,
                (false, false) if start > end => -1,
                _ => 0,
            };
        }
        Ok(Self::Ints { next: start, end, step, direction })
    }

    /// As [`ints`](Self::ints), for floats.
    pub(crate) fn floats(start: f64, end: f64, step: f64) -> Result<Self, Fault> {
        let second = start + step;
        if second == start {
            return Err(zero_step());
        }
        let direction = if start < end && second > start {
            1
        } else if start > end && second < start {
            -1
        } else {
            0
        };
        Ok(Self::Floats { next: start, end, step, direction })
    }

    /// Characters of a text from the one at `start`, which counts from the end if it is negative.
    pub(crate) fn chars(text: &Arc<Text>, start: i64, length: i64) -> Self {
        let skipped = if start >= 0 {
            usize::try_from(start).unwrap_or(usize::MAX)
        } else {
            let count = text.chars().count() as u64;
            usize::try_from(count.saturating_sub(start.unsigned_abs())).unwrap_or(usize::MAX)
        };
        let from = text.char_indices().nth(skipped).map_or(text.len(), |(at, _)| at);
        let left = u64::try_from(length).unwrap_or(0);
        Self::Chars { text: text.clone(), from, left }
    }

    /// The bits of a number from the one at `start`, which counts from the highest if it is negative.
    ///
    /// # Errors
    /// There is no such bit.
    pub(crate) fn bits(bits: i64, start: i64, length: i64) -> Result<Self, Fault> {
        let from = match start {
            0..64 => start as u8,
            -64..0 => (start + 64) as u8,
            _ => {
                let none = rhai::Position::NONE;
                return Err(EvalAltResult::ErrorBitFieldBounds(64, start, none).into());
            }
        };
        let left = u8::try_from(length.clamp(0, i64::from(64 - from))).unwrap_or(0);
        Ok(Self::Bits { bits: bits >> from, left })
    }

    /// The integers from `start` to the greatest that there is.
    pub(crate) const fn up_to_the_last(start: i64) -> Self {
        Self::ToLast { next: Some(start) }
    }
}

fn zero_step() -> Fault {
    let none = rhai::Position::NONE;
    let cause = EvalAltResult::ErrorArithmetic("step value cannot be zero".to_owned(), none);
    let name = "range".to_owned();
    EvalAltResult::ErrorInFunctionCall(name, String::new(), Box::new(cause), none).into()
}

impl Iterator for Steps {
    type Item = Val;

    fn next(&mut self) -> Option<Val> {
        match self {
            Self::Ints { next, end, step, direction } => {
                if *direction == 0 {
                    return None;
                }
                let value = *next;
                *next = value.checked_add(*step)?;
                if (*direction > 0 && *next >= *end) || (*direction < 0 && *next <= *end) {
                    *direction = 0;
                }
                Some(Val::Int(value))
            }
            Self::Floats { next, end, step, direction } => {
                if *direction == 0 {
                    return None;
                }
                let value = *next;
                *next = value + *step;
                if (*direction > 0 && *next >= *end) || (*direction < 0 && *next <= *end) {
                    *direction = 0;
                }
                Some(Val::Float(value))
            }
            Self::Chars { text, from, left } => {
                if *left == 0 {
                    return None;
                }
                let c = text.get(*from..)?.chars().next()?;
                *from += c.len_utf8();
                *left -= 1;
                Some(Val::Char(c))
            }
            Self::ToLast { next } => {
                let value = (*next)?;
                *next = value.checked_add(1);
                Some(Val::Int(value))
            }
            Self::Bits { bits, left } => {
                if *left == 0 {
                    return None;
                }
                let bit = *bits & 1 != 0;
                *bits >>= 1;
                *left -= 1;
                Some(Val::Bool(bit))
            }
        }
    }
}

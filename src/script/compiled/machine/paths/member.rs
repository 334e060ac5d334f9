//! What an index makes out of a value that holds no values: characters, bits, bytes.

use std::sync::Arc;

use rhai::EvalAltResult;

use super::super::Run;
use crate::script::compiled::{
    Range, Val,
    fault::Fault,
    show::{self, Style},
};

const BITS: i64 = 64;

pub(super) fn read_member(value: &Val, index: &Val) -> Result<Val, Fault> {
    match (value, index) {
        (Val::Blob(bytes), index) => {
            let place = super::list_place(bytes.len(), index)?;
            Ok(Val::Int(bytes.get(place).copied().map_or(0, i64::from)))
        }
        (Val::Text(text), Val::Int(index)) => {
            let place = char_place(text, *index)?;
            Ok(text.chars().nth(place).map_or(Val::Unit, Val::Char))
        }
        (Val::Text(text), Val::Range(range)) => {
            let (start, length) = slice(text, range)?;
            if start == 0 && length >= text.chars().count() {
                return Ok(value.clone());
            }
            Ok(Val::text(text.chars().skip(start).take(length).collect::<String>()))
        }
        (Val::Int(bits), Val::Int(index)) => {
            let bit = bit_place(*index)?;
            Ok(Val::Bool(bits >> bit & 1 != 0))
        }
        (Val::Int(bits), Val::Range(range)) => {
            let (shift, mask) = bit_field(range)?;
            Ok(Val::Int((bits & mask) >> shift))
        }
        (Val::Text(_) | Val::Int(_), other) => Err(Fault::mismatch("i64", other.type_name())),
        _ => {
            let what = format!("{} [{}]", value.type_name(), index.type_name());
            Err(EvalAltResult::ErrorIndexingType(what, rhai::Position::NONE).into())
        }
    }
}

pub(super) fn write_member(
    run: &mut Run<'_, '_>,
    value: &mut Val,
    index: &Val,
    member: Val,
) -> Result<(), Fault> {
    match (&mut *value, index) {
        (Val::Blob(bytes), index) => {
            let Val::Int(byte) = member else {
                return Err(Fault::mismatch("INT", member.type_name()));
            };
            let place = super::list_place(bytes.len(), index)?;
            Arc::make_mut(bytes).edit(|bytes| {
                if let Some(slot) = bytes.get_mut(place) {
                    *slot = (byte & 0xff) as u8;
                }
            });
        }
        (Val::Text(text), Val::Int(index)) => {
            let Val::Char(c) = member else {
                return Err(Fault::mismatch("char", member.type_name()));
            };
            let place = char_place(text, *index)?;
            let changed: String =
                text.chars().enumerate().map(|(i, old)| if i == place { c } else { old }).collect();
            run.fits_text(changed.len())?;
            *value = Val::text(changed);
        }
        (Val::Text(text), Val::Range(range)) => {
            let (start, end) = ends(text, range)?;
            // What is inside a list or map is quoted here, as Rhai has it.
            let middle = match &member {
                Val::Array(_) | Val::Map(_) => {
                    run.charge(1 + member.weight().steps())?;
                    show::shown(&member, Style::Debug, run.limits().string_bytes)
                }
                _ => run.show(&member)?,
            };
            let count = text.chars().count();
            // Where the rest goes on: before the beginning, if the range is reversed.
            let rest = match range.inclusive {
                _ if text.is_empty() => count,
                false => end.min(count),
                true => end.min(count - 1) + 1,
            };
            let changed: String = text
                .chars()
                .take(start)
                .chain(middle.chars())
                .chain(text.chars().skip(rest))
                .collect();
            run.fits_text(changed.len())?;
            *value = Val::text(changed);
        }
        (Val::Int(bits), Val::Int(index)) => {
            let Val::Bool(set) = member else {
                return Err(Fault::mismatch("bool", member.type_name()));
            };
            let bit = 1 << bit_place(*index)?;
            if set {
                *bits |= bit;
            } else {
                *bits &= !bit;
            }
        }
        (Val::Int(bits), Val::Range(range)) => {
            let Val::Int(new) = member else {
                return Err(Fault::mismatch("integer", member.type_name()));
            };
            let (shift, mask) = bit_field(range)?;
            *bits = (*bits & !mask) | ((new << shift) & mask);
        }
        _ => {
            let what =
                format!("{} [{}] = {}", value.type_name(), index.type_name(), member.type_name());
            return Err(EvalAltResult::ErrorIndexingType(what, rhai::Position::NONE).into());
        }
    }
    Ok(())
}

/// Which character of a text an index means; negative ones count from the end.
fn char_place(text: &str, index: i64) -> Result<usize, Fault> {
    let count = text.chars().count();
    let place = if index >= 0 {
        usize::try_from(index).ok()
    } else {
        usize::try_from(index.unsigned_abs()).ok().and_then(|back| count.checked_sub(back))
    };
    place.filter(|place| *place < count).ok_or_else(|| outside_text(count, index))
}

fn outside_text(count: usize, index: i64) -> Fault {
    EvalAltResult::ErrorStringBounds(count, index, rhai::Position::NONE).into()
}

/// The two ends of a range of characters, counted from the first one.
fn ends(text: &str, range: &Range) -> Result<(usize, usize), Fault> {
    if text.is_empty() {
        return Ok((0, 0));
    }
    let count = text.chars().count();
    let from_end = |index: i64| {
        usize::try_from(index.unsigned_abs()).ok().and_then(|back| count.checked_sub(back))
    };
    let start = match usize::try_from(range.start) {
        Ok(start) => start,
        Err(_) => from_end(range.start).ok_or_else(|| outside_text(count, range.start))?,
    };
    let end = match usize::try_from(range.end) {
        Ok(end) => end,
        Err(_) => from_end(range.end).unwrap_or(0),
    };
    Ok((start, end))
}

/// Where a range of characters begins, and how many it has at most.
fn slice(text: &str, range: &Range) -> Result<(usize, usize), Fault> {
    let (start, end) = ends(text, range)?;
    let length = if !range.inclusive {
        end.saturating_sub(start)
    } else if start == 0 && end.saturating_add(1) >= text.chars().count() {
        usize::MAX
    } else if end > start {
        (end - start).saturating_add(1)
    } else {
        0
    };
    Ok((start, length))
}

fn outside_bits(index: i64) -> Fault {
    EvalAltResult::ErrorBitFieldBounds(BITS as usize, index, rhai::Position::NONE).into()
}

/// Which bit an index means; negative ones count from the highest.
fn bit_place(index: i64) -> Result<u32, Fault> {
    let place = if index < 0 { index.checked_add(BITS) } else { Some(index) };
    place
        .filter(|place| (0..BITS).contains(place))
        .and_then(|place| u32::try_from(place).ok())
        .ok_or_else(|| outside_bits(index))
}

/// How far a field of bits lies from the lowest, and its mask.
fn bit_field(range: &Range) -> Result<(u32, i64), Fault> {
    let inside = |index: i64| (0..BITS).contains(&index);
    let (start, end) = (range.start, range.end);
    // One after the last.
    let end = if range.inclusive {
        let end = if end == i64::MAX { BITS - 1 } else { end };
        if !inside(start) {
            return Err(outside_bits(start));
        }
        if !inside(end) {
            return Err(outside_bits(end));
        }
        end + 1
    } else {
        let end = if end == i64::MAX { BITS } else { end };
        if !inside(start) {
            return Err(outside_bits(start));
        }
        if !(0..=BITS).contains(&end) {
            return Err(outside_bits(end));
        }
        end
    };
    if end <= start {
        return Ok((0, 0));
    }
    let length = (end - start) as u32;
    let mask = if length >= 64 { -1 } else { (((1_u64 << length) - 1) << start) as i64 };
    // The whole of it is not shifted.
    Ok((start as u32, mask))
}

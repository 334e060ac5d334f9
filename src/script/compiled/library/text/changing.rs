//! Changing text in place.

use super::{
    Fault, Native, Price, Run, Val, at, changes, copying, fits, offset, own, pattern, reads, size,
    sought, text,
};

pub(super) const ROWS: [Native; 13] = [
    at(
        Price::All,
        changes(
            "remove",
            2,
            remove,
            "remove(text: string, part: string | char)",
            "Takes out every occurrence of a part.",
        ),
    ),
    changes("clear", 1, clear, "clear(text: string)", "Takes all characters out.").free(),
    changes(
        "truncate",
        2,
        truncate,
        "truncate(text: string, length: int)",
        "Takes out all characters behind the first so many.",
    ),
    changes(
        "trim",
        1,
        trim,
        "trim(text: string)",
        "Takes white space out at the beginning and at the end.",
    ),
    changes(
        "pop",
        1,
        pop,
        "pop(text: string) -> char | ()",
        "Takes the last character out and gives it, or `()` if there is none.",
    )
    .free(),
    changes(
        "pop",
        2,
        pop_many,
        "pop(text: string, length: int) -> string",
        "Takes the last so many characters out and gives them.",
    ),
    changes(
        "set",
        3,
        set,
        "set(text: string, index: int, character: char)",
        "Puts another character at a place, if there is one; a negative index counts from the end.",
    ),
    at(
        Price::All,
        changes(
            "replace",
            3,
            replace,
            "replace(text: string, part: string | char, with: string | char)",
            "Puts something else in place of every occurrence of a part.",
        ),
    ),
    at(
        Price::All,
        changes(
            "pad",
            3,
            pad,
            "pad(text: string, length: int, padding: string | char)",
            "Adds padding at the end until there are so many characters.",
        ),
    ),
    reads("to_upper", 1, to_upper, "to_upper(text: string) -> string", "The text in upper case."),
    reads("to_lower", 1, to_lower, "to_lower(text: string) -> string", "The text in lower case."),
    changes("make_upper", 1, make_upper, "make_upper(text: string)", "Makes it upper case."),
    changes("make_lower", 1, make_lower, "make_lower(text: string)", "Makes it lower case."),
];

fn remove(run: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [part] = rest else { return Err(Fault::no_overload()) };
    let mut buffer = [0; 4];
    let part = sought(run, part, &mut buffer)?;
    let whole = text(receiver)?;
    if !part.is_empty() && whole.contains(part) {
        run.charge(copying(whole.len()))?;
        *receiver = Val::text(whole.replace(part, ""));
    }
    Ok(Val::Unit)
}

fn clear(_: &mut Run<'_, '_>, receiver: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    if !text(receiver)?.is_empty() {
        *receiver = Val::text("");
    }
    Ok(Val::Unit)
}

fn truncate(run: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(length)] = rest else { return Err(Fault::no_overload()) };
    let whole = text(receiver)?;
    let end = offset(whole, size(*length));
    if end < whole.len() {
        own(run, receiver)?.edit(|text| text.truncate(end));
    }
    Ok(Val::Unit)
}

fn trim(run: &mut Run<'_, '_>, receiver: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    let whole = text(receiver)?;
    let end = whole.trim_end().len();
    let start = whole.len() - whole.trim_start().len();
    if (start, end) != (0, whole.len()) {
        own(run, receiver)?.edit(|text| {
            text.truncate(end);
            text.drain(..start.min(end));
        });
    }
    Ok(Val::Unit)
}

fn pop(run: &mut Run<'_, '_>, receiver: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    if text(receiver)?.is_empty() {
        return Ok(Val::Unit);
    }
    let last = own(run, receiver)?.edit(String::pop);
    Ok(last.map_or(Val::Unit, Val::Char))
}

fn pop_many(run: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(length)] = rest else { return Err(Fault::no_overload()) };
    let whole = text(receiver)?;
    let at = tail(whole, size(*length));
    if at == 0 {
        return Ok(std::mem::replace(receiver, Val::text("")));
    }
    let popped = Val::text(whole.get(at..).unwrap_or_default());
    if at < whole.len() {
        own(run, receiver)?.edit(|text| text.truncate(at));
    }
    Ok(popped)
}

/// Where the last so many characters begin.
fn tail(text: &str, length: usize) -> usize {
    match length.checked_sub(1) {
        Some(others) => text.char_indices().nth_back(others).map_or(0, |(at, _)| at),
        None => text.len(),
    }
}

fn set(run: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(index), Val::Char(character)] = rest else { return Err(Fault::no_overload()) };
    let whole = text(receiver)?;
    let place = if *index >= 0 {
        usize::try_from(*index).ok().and_then(|index| whole.char_indices().nth(index))
    } else {
        let others = usize::try_from(index.unsigned_abs() - 1).ok();
        others.and_then(|others| whole.char_indices().nth_back(others))
    };
    if let Some((at, old)) = place {
        run.fits_text(whole.len() - old.len_utf8() + character.len_utf8())?;
        let new = character.encode_utf8(&mut [0; 4]).to_owned();
        own(run, receiver)?.edit(|text| text.replace_range(at..at + old.len_utf8(), &new));
    }
    Ok(Val::Unit)
}

fn replace(run: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [part, substitute] = rest else { return Err(Fault::no_overload()) };
    let (mut first, mut second) = ([0; 4], [0; 4]);
    let (part, substitute) = (sought(run, part, &mut first)?, pattern(substitute, &mut second)?);
    let whole = text(receiver)?;
    let found = whole.matches(part).count();
    // An empty text is left empty, though the empty text is found in it.
    if found == 0 || whole.is_empty() {
        return Ok(Val::Unit);
    }
    let removed = part.len().saturating_mul(found);
    let added = substitute.len().saturating_mul(found);
    let bytes = whole.len().saturating_sub(removed).saturating_add(added);
    fits(run, "replace", bytes)?;
    run.charge(found as u64 + copying(bytes))?;
    *receiver = Val::text(whole.replace(part, substitute));
    Ok(Val::Unit)
}

fn pad(run: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Int(length), padding] = rest else { return Err(Fault::no_overload()) };
    let mut buffer = [0; 4];
    let padding = pattern(padding, &mut buffer)?;
    let whole = text(receiver)?;
    let padding_length = padding.chars().count();
    if padding_length == 0 {
        return Err(Fault::refused("`pad`: the padding is empty"));
    }
    let missing = size(*length).saturating_sub(whole.chars().count());
    if missing == 0 {
        return Ok(Val::Unit);
    }
    let (repeats, over) = (missing / padding_length, missing % padding_length);
    let rest = padding.get(..offset(padding, over)).unwrap_or_default();
    let added = padding.len().saturating_mul(repeats).saturating_add(rest.len());
    fits(run, "pad", whole.len().saturating_add(added))?;
    run.charge(copying(added))?;
    own(run, receiver)?.edit(|text| {
        text.push_str(&padding.repeat(repeats));
        text.push_str(rest);
    });
    Ok(Val::Unit)
}

/// The text in another case; `None` if it is in that already.
fn upper(run: &mut Run<'_, '_>, text: &str) -> Result<Option<String>, Fault> {
    if text.chars().all(char::is_uppercase) {
        return Ok(None);
    }
    pay_for_case(run, text)?;
    run.fits_text(text.chars().flat_map(char::to_uppercase).map(char::len_utf8).sum())?;
    Ok(Some(text.to_uppercase()))
}

fn lower(run: &mut Run<'_, '_>, text: &str) -> Result<Option<String>, Fault> {
    if text.chars().all(char::is_lowercase) {
        return Ok(None);
    }
    pay_for_case(run, text)?;
    // A sigma is as long at the end of a word as it is elsewhere.
    run.fits_text(text.chars().flat_map(char::to_lowercase).map(char::len_utf8).sum())?;
    Ok(Some(text.to_lowercase()))
}

/// Each character is looked up by itself.
fn pay_for_case(run: &mut Run<'_, '_>, text: &str) -> Result<(), Fault> {
    run.charge((text.len() / 4) as u64)
}

fn to_upper(run: &mut Run<'_, '_>, receiver: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    let made = upper(run, text(receiver)?)?;
    Ok(made.map_or_else(|| receiver.clone(), Val::text))
}

fn to_lower(run: &mut Run<'_, '_>, receiver: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    let made = lower(run, text(receiver)?)?;
    Ok(made.map_or_else(|| receiver.clone(), Val::text))
}

fn make_upper(run: &mut Run<'_, '_>, receiver: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    if let Some(made) = upper(run, text(receiver)?)? {
        *receiver = Val::text(made);
    }
    Ok(Val::Unit)
}

fn make_lower(run: &mut Run<'_, '_>, receiver: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    if let Some(made) = lower(run, text(receiver)?)? {
        *receiver = Val::text(made);
    }
    Ok(Val::Unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_characters_are_counted_from_the_end() {
        assert_eq!([0, 1, 2, 3, 4].map(|length| tail("aé€", length)), [6, 3, 1, 0, 0]);
        assert_eq!(tail("aé€", usize::MAX), 0);
        assert_eq!([tail("", 0), tail("", 1)], [0, 0]);
    }
}

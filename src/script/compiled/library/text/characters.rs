//! Single characters.

use super::{Fault, Native, Receiver, Run, Val, changes, of, reads};

const fn for_char(row: Native) -> Native {
    of(Receiver::Char, row).free()
}

pub(super) const ROWS: [Native; 6] = [
    for_char(reads("to_upper", 1, to_upper, "to_upper(character: char) -> char", UPPER)),
    for_char(reads("to_lower", 1, to_lower, "to_lower(character: char) -> char", LOWER)),
    for_char(changes(
        "make_upper",
        1,
        make_upper,
        "make_upper(character: char)",
        "Makes it upper case, if that is one character.",
    )),
    for_char(changes(
        "make_lower",
        1,
        make_lower,
        "make_lower(character: char)",
        "Makes it lower case, if that is one character.",
    )),
    for_char(reads("max", 2, max, "max(a: char, b: char) -> char", "The one of higher number.")),
    for_char(reads("min", 2, min, "min(a: char, b: char) -> char", "The one of lower number.")),
];

const UPPER: &str = "The character in upper case, or as it is if that is more than one.";
const LOWER: &str = "The character in lower case, or as it is if that is more than one.";

fn char(value: &Val) -> Result<char, Fault> {
    match value {
        Val::Char(c) => Ok(*c),
        _ => Err(Fault::no_overload()),
    }
}

/// The one character that a case consists of, or else the one that it was made of.
fn single(c: char, mut cased: impl Iterator<Item = char>) -> Val {
    match (cased.next(), cased.next()) {
        (Some(only), None) => only.into(),
        _ => c.into(),
    }
}

fn to_upper(_: &mut Run<'_, '_>, receiver: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    char(receiver).map(|c| single(c, c.to_uppercase()))
}

fn to_lower(_: &mut Run<'_, '_>, receiver: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    char(receiver).map(|c| single(c, c.to_lowercase()))
}

fn make_upper(run: &mut Run<'_, '_>, receiver: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    *receiver = to_upper(run, receiver, &mut [])?;
    Ok(Val::Unit)
}

fn make_lower(run: &mut Run<'_, '_>, receiver: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    *receiver = to_lower(run, receiver, &mut [])?;
    Ok(Val::Unit)
}

fn max(_: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Char(second)] = rest else { return Err(Fault::no_overload()) };
    Ok(char(receiver)?.max(*second).into())
}

fn min(_: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [Val::Char(second)] = rest else { return Err(Fault::no_overload()) };
    Ok(char(receiver)?.min(*second).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_of_several_characters_is_none() {
        let upper = |c: char| char(&single(c, c.to_uppercase())).ok();
        assert_eq!(upper('é'), Some('É'));
        assert_eq!(upper('ß'), Some('ß'));
        assert_eq!(char(&single('İ', 'İ'.to_lowercase())).ok(), Some('İ'));
    }
}

//! Parts of text: cutting out, splitting, and single characters.

use super::{
    super::spans::{part, span},
    Fault, Native, Price, Run, Val, at, changes, copying, cut, offset, own, reads, size, sought,
    text,
};

pub(super) const ROWS: [Native; 10] = [
    reads(
        "sub_string",
        2,
        sub_string,
        "sub_string(text: string, start: int | range) -> string",
        "The part of the text from `start` on, or that of a range; a negative start counts from \
         the end.",
    ),
    reads(
        "sub_string",
        3,
        sub_string,
        "sub_string(text: string, start: int, length: int) -> string",
        "The part of the text that begins at `start` and has so many characters.",
    ),
    changes(
        "crop",
        2,
        crop,
        "crop(text: string, start: int | range)",
        "Takes everything out that is before `start`, or not in a range.",
    ),
    changes(
        "crop",
        3,
        crop,
        "crop(text: string, start: int, length: int)",
        "Takes everything out but so many characters from `start` on.",
    ),
    at(
        Price::All,
        reads(
            "split",
            1,
            split_at_spaces,
            "split(text: string) -> array",
            "The words of the text, which are separated by white space.",
        ),
    ),
    at(
        Price::All,
        reads(
            "split",
            2,
            split,
            "split(text: string, at: string | char | int) -> array",
            "The pieces between the places where a part is found; or the two pieces before and behind \
         a place, which counts from the end if it is not positive.",
        ),
    ),
    at(
        Price::All,
        reads(
            "split",
            3,
            split,
            "split(text: string, at: string | char, pieces: int) -> array",
            "The pieces between the places where a part is found, the rest in the last one of so many.",
        ),
    ),
    at(
        Price::All,
        reads(
            "split_rev",
            2,
            split_back,
            "split_rev(text: string, at: string | char) -> array",
            "The pieces between the places where a part is found, the last piece first.",
        ),
    ),
    at(
        Price::All,
        reads(
            "split_rev",
            3,
            split_back,
            "split_rev(text: string, at: string | char, pieces: int) -> array",
            "The pieces between the places where a part is found, the last first, and the rest in the \
         last one of so many.",
        ),
    ),
    reads(
        "to_chars",
        1,
        to_chars,
        "to_chars(text: string) -> array",
        "All characters of the text.",
    ),
];

/// A start and a length as scripts give them: as two numbers, as a range, or as a start only.
fn stretch(arguments: &[Val]) -> Result<(i64, i64), Fault> {
    match (span(arguments), arguments) {
        (Some((start, length, [])), _) => Ok((start, length)),
        (None, [Val::Int(start)]) => Ok((*start, i64::MAX)),
        _ => Err(Fault::no_overload()),
    }
}

/// The bytes of so many characters from `start` on: where they begin and end.
fn between(text: &str, start: i64, length: i64) -> (usize, usize) {
    let (start, length) = part(text.chars().count(), start, length);
    let from = offset(text, start);
    let (_, behind) = cut(text, from);
    (from, from + offset(behind, length))
}

fn sub_string(run: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let (start, length) = stretch(rest)?;
    let text = text(receiver)?;
    let (from, to) = between(text, start, length);
    if (from, to) == (0, text.len()) {
        return Ok(receiver.clone());
    }
    run.charge(copying(to - from))?;
    Ok(Val::text(text.get(from..to).unwrap_or_default()))
}

fn crop(run: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let (start, length) = stretch(rest)?;
    let text = text(receiver)?;
    let (from, to) = between(text, start, length);
    if (from, to) != (0, text.len()) {
        own(run, receiver)?.edit(|text| {
            text.truncate(to);
            text.drain(..from);
        });
    }
    Ok(Val::Unit)
}

fn split_at_spaces(run: &mut Run<'_, '_>, receiver: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    let text = text(receiver)?;
    if text.is_empty() {
        return Ok(Val::array(vec![receiver.clone()]));
    }
    // Every character is looked up, twice.
    run.charge(copying(text.len()))?;
    pieces(run, "split", text.split_whitespace())
}

fn split(run: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    if let [Val::Int(place)] = rest {
        let (before, behind) = halves(text(receiver)?, *place);
        run.charge(copying(before.len() + behind.len()))?;
        return Ok(Val::array(vec![before.into(), behind.into()]));
    }
    let mut buffer = [0; 4];
    let (at, most) = separator(run, rest, &mut buffer)?;
    let text = text(receiver)?;
    match most {
        Some(most) if !text.is_empty() => pieces(run, "split", text.splitn(most, at)),
        _ => Ok(Val::array(vec![receiver.clone()])),
    }
}

fn split_back(run: &mut Run<'_, '_>, receiver: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let mut buffer = [0; 4];
    let (at, most) = separator(run, rest, &mut buffer)?;
    let text = text(receiver)?;
    match most {
        Some(most) if !text.is_empty() => pieces(run, "split_rev", text.rsplitn(most, at)),
        _ => Ok(Val::array(vec![receiver.clone()])),
    }
}

/// What to split at, and into how many pieces at most: `None` if it stays in one piece.
fn separator<'v>(
    run: &mut Run<'_, '_>,
    arguments: &'v [Val],
    buffer: &'v mut [u8; 4],
) -> Result<(&'v str, Option<usize>), Fault> {
    let (at, most) = match arguments {
        [at] => (at, Some(usize::MAX)),
        [at, Val::Int(most)] => (at, Some(size(*most)).filter(|most| *most > 1)),
        _ => return Err(Fault::no_overload()),
    };
    Ok((sought(run, at, buffer)?, most))
}

/// The pieces before and behind a place, which counts from the end if it is not positive. One that
/// is too far from the end is the beginning, and so the end is behind everything.
fn halves(text: &str, place: i64) -> (&str, &str) {
    let at = if place > 0 {
        size(place)
    } else {
        let distance = usize::try_from(place.unsigned_abs()).unwrap_or(usize::MAX);
        text.chars().count().saturating_sub(distance)
    };
    cut(text, offset(text, at))
}

fn pieces<'t>(
    run: &mut Run<'_, '_>,
    name: &str,
    pieces: impl Iterator<Item = &'t str> + Clone,
) -> Result<Val, Fault> {
    let (count, bytes) =
        pieces.clone().fold((0, 0), |(count, bytes), piece| (count + 1, bytes + piece.len()));
    fits_array(run, name, count)?;
    run.charge(2 * count as u64 + copying(bytes))?;
    let pieces = Val::array(pieces.map(Val::from).collect());
    run.fits(pieces.weight())?;
    Ok(pieces)
}

fn to_chars(run: &mut Run<'_, '_>, receiver: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    let text = text(receiver)?;
    let count = text.chars().count();
    fits_array(run, "to_chars", count)?;
    run.charge(count as u64)?;
    Ok(Val::array(text.chars().map(Val::Char).collect()))
}

fn fits_array(run: &Run<'_, '_>, name: &str, items: usize) -> Result<(), Fault> {
    if items > run.limits().array_items {
        return Err(Fault::too_large(&format!("`{name}`: the array")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lie_between_characters() {
        let of = |start, length| {
            let (from, to) = between("aé€b", start, length);
            "aé€b".get(from..to)
        };
        assert_eq!(of(0, i64::MAX), Some("aé€b"));
        assert_eq!(of(1, 2), Some("é€"));
        assert_eq!(of(-2, 1), Some("€"));
        assert_eq!(of(-9, 2), Some("aé"));
        assert_eq!(of(i64::MIN, 1), Some("a"));
        assert_eq!(of(4, 1), Some(""));
        assert_eq!(of(i64::MAX, i64::MAX), Some(""));
        assert_eq!(of(1, -1), Some(""));
        assert_eq!(between("", -1, 1), (0, 0));
    }

    #[test]
    fn halves_are_counted_from_both_ends() {
        assert_eq!(halves("aé€", 1), ("a", "é€"));
        assert_eq!(halves("aé€", 3), ("aé€", ""));
        assert_eq!(halves("aé€", i64::MAX), ("aé€", ""));
        assert_eq!(halves("aé€", 0), ("aé€", ""));
        assert_eq!(halves("aé€", -1), ("aé", "€"));
        assert_eq!(halves("aé€", -3), ("", "aé€"));
        assert_eq!(halves("aé€", -4), ("", "aé€"));
        assert_eq!(halves("aé€", i64::MIN), ("", "aé€"));
        assert_eq!(halves("", 0), ("", ""));
    }

    #[test]
    fn starts_and_lengths_are_given_in_three_ways() {
        let (number, range) = (Val::Int(1), Val::range(1, 3, false));
        assert_eq!(stretch(std::slice::from_ref(&number)).ok(), Some((1, i64::MAX)));
        assert_eq!(stretch(&[number.clone(), Val::Int(2)]).ok(), Some((1, 2)));
        assert_eq!(stretch(std::slice::from_ref(&range)).ok(), Some((1, 2)));
        assert!(stretch(&[range, number]).is_err());
        assert!(stretch(&[Val::Unit]).is_err());
    }
}

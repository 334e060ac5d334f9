//! Text out of values: printing, numbers in other notations, and joining.

use super::{
    Fault, Native, Price, Receiver, Run, Val, at, changes, copying, fits, of, own, reads, text,
};
use crate::{
    contract::LogLevel,
    script::compiled::show::{Part, Style, joined, json as json_of, show, shown_for},
};

/// What is made is paid for as it is made.
const fn makes(receiver: Receiver, row: Native) -> Native {
    at(Price::Work, of(receiver, row))
}

use Receiver::{Anything, Blob, Int, Map, Nothing, Text};

pub(super) const ROWS: [Native; 15] = [
    makes(
        Anything,
        reads(
            "print",
            1,
            print,
            "print(value: any)",
            "Writes a value to the log, for information.",
        ),
    ),
    of(Nothing, reads("print", 0, print_nothing, "print()", "Writes an empty line to the log."))
        .free(),
    makes(
        Anything,
        reads(
            "debug",
            1,
            debug,
            "debug(value: any)",
            "Writes a value to the log, to find mistakes.",
        ),
    ),
    of(Nothing, reads("debug", 0, debug_nothing, "debug()", "Writes an empty line to the log."))
        .free(),
    makes(
        Anything,
        reads(
            "to_string",
            1,
            to_string,
            "to_string(value: any) -> string",
            "The value as `print` writes it; a list or map is cut where text may not be longer.",
        ),
    ),
    makes(
        Anything,
        reads(
            "to_debug",
            1,
            to_debug,
            "to_debug(value: any) -> string",
            "The value as `debug` writes it, with text in quotes.",
        ),
    ),
    makes(Map, reads("to_json", 1, json, "to_json(map: map) -> string", "The map as JSON text.")),
    of(Int, reads("to_hex", 1, to_hex, "to_hex(number: int) -> string", "The number in base 16."))
        .free(),
    of(
        Int,
        reads("to_octal", 1, to_octal, "to_octal(number: int) -> string", "The number in base 8."),
    )
    .free(),
    of(
        Int,
        reads(
            "to_binary",
            1,
            to_binary,
            "to_binary(number: int) -> string",
            "The number in base 2.",
        ),
    )
    .free(),
    makes(
        Text,
        reads(
            "+",
            2,
            after,
            "text + value: any -> string",
            "The text with the printed value behind it.",
        ),
    ),
    makes(
        Blob,
        reads(
            "+",
            2,
            before,
            "blob + text: string -> string",
            "The bytes, read as UTF-8, and the text.",
        ),
    ),
    makes(
        Anything,
        reads("+", 2, before, "value + text: string -> string", "The printed value and the text."),
    ),
    makes(
        Text,
        changes("+=", 2, assign, "text += value: any", "Writes the printed value behind the text."),
    ),
    makes(
        Text,
        changes(
            "append",
            2,
            append,
            "append(text: string, value: any)",
            "Writes the printed value behind the text; a blob is read as UTF-8.",
        ),
    ),
];

fn print(run: &mut Run<'_, '_>, value: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    if let Val::Text(text) = value {
        run.charge(copying(text.len()))?;
        run.log(LogLevel::Info, text);
    } else {
        let text = shown_for(run, "print", value, Style::Print)?;
        run.log(LogLevel::Info, &text);
    }
    Ok(Val::Unit)
}

fn print_nothing(run: &mut Run<'_, '_>, _: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    run.log(LogLevel::Info, "");
    Ok(Val::Unit)
}

fn debug(run: &mut Run<'_, '_>, value: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    let text = shown_for(run, "debug", value, Style::Debug)?;
    run.log(LogLevel::Debug, &text);
    Ok(Val::Unit)
}

fn debug_nothing(run: &mut Run<'_, '_>, _: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    run.log(LogLevel::Debug, "");
    Ok(Val::Unit)
}

fn to_string(run: &mut Run<'_, '_>, value: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    match value {
        Val::Text(_) => Ok(value.clone()),
        _ => show(run, value, Style::Print).map(Val::text),
    }
}

fn to_debug(run: &mut Run<'_, '_>, value: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    show(run, value, Style::Debug).map(Val::text)
}

fn json(run: &mut Run<'_, '_>, map: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    let Val::Map(map) = map else { return Err(Fault::no_overload()) };
    json_of(run, map).map(Val::text)
}

fn int(value: &Val) -> Result<i64, Fault> {
    match value {
        Val::Int(i) => Ok(*i),
        _ => Err(Fault::no_overload()),
    }
}

fn to_hex(_: &mut Run<'_, '_>, number: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    Ok(format!("{:x}", int(number)?).into())
}

fn to_octal(_: &mut Run<'_, '_>, number: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    Ok(format!("{:o}", int(number)?).into())
}

fn to_binary(_: &mut Run<'_, '_>, number: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    Ok(format!("{:b}", int(number)?).into())
}

fn part(value: &Val) -> Part<'_> {
    match value {
        Val::Text(text) => Part::Bare(text),
        Val::Blob(blob) => Part::Utf8(blob),
        value => Part::Value(value),
    }
}

fn after(run: &mut Run<'_, '_>, first: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    let [second] = rest else { return Err(Fault::no_overload()) };
    let limit = run.limits().string_bytes;
    joined(run, "+", limit, &[part(first), part(second)]).map(Val::text)
}

fn before(run: &mut Run<'_, '_>, first: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    match rest {
        [Val::Text(_)] => after(run, first, rest),
        _ => Err(Fault::no_overload()),
    }
}

fn assign(run: &mut Run<'_, '_>, target: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    put_behind(run, "+=", target, rest)
}

fn append(run: &mut Run<'_, '_>, target: &mut Val, rest: &mut [Val]) -> Result<Val, Fault> {
    put_behind(run, "append", target, rest)
}

fn put_behind(
    run: &mut Run<'_, '_>,
    name: &str,
    target: &mut Val,
    rest: &mut [Val],
) -> Result<Val, Fault> {
    let [value] = rest else { return Err(Fault::no_overload()) };
    let length = text(target)?.len();
    if let Val::Text(more) = value {
        if !more.is_empty() {
            fits(run, name, length.saturating_add(more.len()))?;
            run.charge(copying(more.len()))?;
            own(run, target)?.edit(|text| text.push_str(more));
        }
        return Ok(Val::Unit);
    }
    let left = run.limits().string_bytes.saturating_sub(length);
    let more = joined(run, name, left, &[part(value)])?;
    if !more.is_empty() {
        own(run, target)?.edit(|text| text.push_str(&more));
    }
    Ok(Val::Unit)
}

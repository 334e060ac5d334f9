//! The text of values, as scripts print it and as the host reads it.

mod json;
mod pen;

use self::pen::{Pen, Stop};
use super::{Val, fault::Fault, heap::Dict, machine::Run};

/// What a text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// People: text stands bare, and `()` is nothing.
    Print,
    /// Finding mistakes: text is quoted.
    Debug,
}

/// One of the things that a text is put together from.
#[derive(Clone, Copy)]
pub(crate) enum Part<'a> {
    Bare(&'a str),
    /// Bytes; those that are no text become `\u{fffd}`.
    Utf8(&'a [u8]),
    /// A value, printed.
    Value(&'a Val),
}

/// What `to_string` and `to_debug` give. Paid for as it is written.
///
/// # Errors
/// The fuel does not suffice, or the text is longer than text may be; but a printed list or map is
/// cut instead, so that a back-tick string fails only for its own length.
pub(crate) fn show(run: &mut Run<'_, '_>, value: &Val, style: Style) -> Result<String, Fault> {
    match (style, value) {
        (Style::Debug, _) => shown_for(run, "to_debug", value, style),
        (Style::Print, Val::Array(_) | Val::Map(_)) => cut(run, value),
        (Style::Print, _) => shown_by(run, value, style).map_err(|stop| match stop {
            Stop::Full => Fault::too_large("Length of string"),
            Stop::Fault(fault) => fault,
        }),
    }
}

/// The text of a value for the native of the name `caller`. Paid for as it is written.
///
/// # Errors
/// The fuel does not suffice, or the text is longer than text may be.
pub(crate) fn shown_for(
    run: &mut Run<'_, '_>,
    caller: &str,
    value: &Val,
    style: Style,
) -> Result<String, Fault> {
    shown_by(run, value, style).map_err(|stop| stop.into_fault(caller))
}

/// Several parts in one text of at most `limit` bytes, for the native of the name `caller`. Paid for
/// as it is written.
///
/// # Errors
/// The fuel does not suffice, or the text is longer than that.
pub(crate) fn joined(
    run: &mut Run<'_, '_>,
    caller: &str,
    limit: usize,
    parts: &[Part<'_>],
) -> Result<String, Fault> {
    let mut pay = |units| run.charge(units);
    let mut pen = Pen::new(limit, &mut pay);
    let written = parts.iter().try_for_each(|part| match part {
        Part::Bare(text) => pen.put(format_args!("{text}")),
        Part::Utf8(bytes) => pen.utf8(bytes),
        Part::Value(value) => pen.value(value, Style::Print),
    });
    written.map_err(|stop| stop.into_fault(caller))?;
    Ok(pen.into_text())
}

/// A map as JSON. Paid for as it is written.
///
/// # Errors
/// There is a closure in it, the fuel does not suffice, or the text is longer than text may be.
pub(crate) fn json(run: &mut Run<'_, '_>, map: &Dict) -> Result<String, Fault> {
    let limit = run.limits().string_bytes;
    let mut pay = |units| run.charge(units);
    let mut pen = Pen::new(limit, &mut pay);
    json::map(&mut pen, map).map_err(|stop| stop.into_fault("to_json"))?;
    Ok(pen.into_text())
}

/// The text of a value for the host; it ends with `...` where it would be longer than `limit`.
pub(crate) fn shown(value: &Val, style: Style, limit: usize) -> String {
    let mut free = |_| Ok(());
    let mut pen = Pen::new(limit, &mut free).for_host();
    match pen.value(value, style) {
        Ok(()) => pen.into_text(),
        Err(_) => pen.into_cut_text(),
    }
}

fn shown_by(run: &mut Run<'_, '_>, value: &Val, style: Style) -> Result<String, Stop> {
    let limit = run.limits().string_bytes;
    // For the text itself, however short it is.
    run.charge(1).map_err(Stop::Fault)?;
    let mut pay = |units| run.charge(units);
    let mut pen = Pen::new(limit, &mut pay);
    pen.value(value, style)?;
    Ok(pen.into_text())
}

fn cut(run: &mut Run<'_, '_>, value: &Val) -> Result<String, Fault> {
    let limit = run.limits().string_bytes;
    let mut pay = |units| run.charge(units);
    let mut pen = Pen::new(limit, &mut pay);
    match pen.value(value, Style::Print) {
        Ok(()) => Ok(pen.into_text()),
        Err(Stop::Full) => Ok(pen.into_cut_text()),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

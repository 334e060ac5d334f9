//! What every script may call: the log, the time, random numbers, messages.

use super::{ApiFault, ApiFunction, Category, Finite, Name, ScriptContext, Shown, Span};
use crate::contract::{LogLevel, ScriptCommand, Value};

type Context<'a, 'w> = &'a mut ScriptContext<'w>;

pub(super) fn functions() -> Vec<ApiFunction> {
    let row = |name, doc| ApiFunction::new(name, Category::UNIVERSAL, doc);
    let log = |name, doc, level| {
        row(name, doc).overload(["text"], move |context: Context<'_, '_>, text: Shown| {
            context.log(level, &text.0);
            Ok(())
        })
    };
    vec![
        log("log", "Writes a line to the log; `print` does the same.", LogLevel::Info),
        log("info", "Writes a line to the log.", LogLevel::Info),
        log("warn", "Writes a warning to the log.", LogLevel::Warn),
        log("error", "Writes an error to the log.", LogLevel::Error),
        row("tick", "The number of this tick, from 0.").overload([], tick),
        row("time", "Seconds since the first tick: ticks times the length of a tick.")
            .overload([], time),
        row("timestamp", "The same as `time`; scripts have no clock.").overload([], time),
        row("random", "A random float from 0 up to, but not including, 1.").overload([], random),
        row(
            "random_range",
            "A random number: of two ints, both ends included; of floats, from `a` up to, but not including, `b`.",
        )
        .overload(["a", "b"], random_range),
        row("random_bool", "True with probability `p`, which must lie in 0..=1.")
            .overload(["p"], random_bool),
        row("choose", "One element of an array; () when it is empty.").overload(["array"], choose),
        row("shuffle", "The elements of an array in a random order; the array itself stays as it is.")
            .overload(["array"], shuffle),
        row(
            "publish",
            "Sends a message to every script that defines `on_message`, in the next event pass.",
        )
        .overload(["topic", "value"], publish),
    ]
}

fn tick(context: Context<'_, '_>) -> Result<i64, ApiFault> {
    Ok(context.tick() as i64)
}

fn time(context: Context<'_, '_>) -> Result<f64, ApiFault> {
    Ok(context.tick() as f64 * context.delta_time())
}

fn random(context: Context<'_, '_>) -> Result<f64, ApiFault> {
    Ok(context.random().unit())
}

fn random_range(context: Context<'_, '_>, a: Span, b: Span) -> Result<Value, ApiFault> {
    let float = |span| match span {
        Span::Int(i) => i as f64,
        Span::Float(x) => x,
    };
    let ordered = match (a, b) {
        (Span::Int(a), Span::Int(b)) => a <= b,
        (a, b) => float(a) <= float(b),
    };
    if !ordered {
        return Err(ApiFault::new(format!("`b` ({}) is below `a` ({})", float(b), float(a))));
    }
    Ok(match (a, b) {
        (Span::Int(a), Span::Int(b)) => Value::Int(context.random().between(a, b)),
        (a, b) => {
            let (a, b) = (float(a), float(b));
            let x = a + (b - a) * context.random().unit();
            // Rounding may reach the end that does not belong to the range.
            Value::Float(if x < b || a == b { x } else { a })
        }
    })
}

fn random_bool(context: Context<'_, '_>, p: Finite) -> Result<bool, ApiFault> {
    if !(0.0..=1.0).contains(&p.0) {
        return Err(ApiFault::new(format!("`p`: must lie in 0..=1, got {}", p.0)));
    }
    Ok(context.random().unit() < p.0)
}

fn choose(context: Context<'_, '_>, mut array: Vec<Value>) -> Result<Option<Value>, ApiFault> {
    if array.is_empty() {
        return Ok(None);
    }
    let i = context.random().below(array.len() as u64) as usize;
    Ok(Some(array.swap_remove(i)))
}

fn shuffle(context: Context<'_, '_>, mut array: Vec<Value>) -> Result<Vec<Value>, ApiFault> {
    for i in (1..array.len()).rev() {
        let j = context.random().below(i as u64 + 1) as usize;
        array.swap(i, j);
    }
    Ok(array)
}

fn publish(context: Context<'_, '_>, topic: Name, value: Value) -> Result<(), ApiFault> {
    context.command(ScriptCommand::Publish { topic: topic.0.into(), value: Box::new(value) })
}

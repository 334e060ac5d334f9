//! What every script may call: the log, the time, random numbers, messages.

use super::{Amount, ApiFault, ApiFunction, Category, Finite, Name, ScriptContext, Shown, Span};
use crate::contract::{LogLevel, ScriptCommand, Value};

type Context<'a, 'w> = &'a mut ScriptContext<'w>;

const NOT_DATA: &str = "an element is not plain data, such as a function";

const TIMER_ERRORS: [&str; 4] = [
    "`seconds` is negative, NaN or infinite",
    "`function` is empty, or the script has no function of this name",
    "it is called by the code at the top of the file",
    "the script has as many timers as it may have",
];

pub(super) fn functions() -> Vec<ApiFunction> {
    let row = |name, doc| ApiFunction::new(name, Category::UNIVERSAL, doc);
    let log = |name, doc, example, level| {
        row(name, doc).costs(4).example(example).overload(
            ["text"],
            move |context: Context<'_, '_>, text: Shown| {
                context.log(level, &text.0);
                Ok(())
            },
        )
    };
    vec![
        log(
            "log",
            "Writes a line to the log; `print` does the same.",
            "fn on_spawn() { log(`entity ${entity_id} is there`); }",
            LogLevel::Info,
        ),
        log(
            "info",
            "Writes a line to the log.",
            "fn on_spawn() { info(#{ at: get_position(entity_id) }); }",
            LogLevel::Info,
        ),
        log(
            "warn",
            "Writes a warning to the log.",
            "fn on_spawn() { warn(\"the bridge is not safe\"); }",
            LogLevel::Warn,
        ),
        log(
            "error",
            "Writes an error to the log; the script goes on.",
            "fn on_spawn() { error(\"nobody set a destination\"); }",
            LogLevel::Error,
        ),
        row("tick", "The number of this tick, from 0.")
            .example(
                "\
let last = ();

fn on_update() {
    if last != () && tick() != last + 1 { throw `${tick()} after ${last}`; }
    last = tick();
}",
            )
            .overload([], tick),
        row("time", "Seconds since the first tick: ticks times the length of a tick.")
            .example(
                "\
fn on_update() {
    if time() != tick() * delta_time { throw `${time()} s in tick ${tick()}`; }
}",
            )
            .overload([], time),
        row("timestamp", "The same as `time`; scripts have no clock.")
            .example(
                "\
fn on_update() {
    if timestamp() != time() { throw \"there is one time only\"; }
}",
            )
            .overload([], time),
        row("random", "A random float from 0 up to, but not including, 1.")
            .example(
                "\
fn on_update() {
    let x = random();
    if x < 0.0 || x >= 1.0 { throw `${x} is out of range`; }
}",
            )
            .overload([], random),
        row(
            "random_range",
            "A random number: of two ints, both ends included; of floats, from `a` up to, but not including, `b`.",
        )
        .errors(["`a` or `b` is NaN or infinite", "`b` is below `a`"])
        .example(
            "\
fn on_update() {
    let die = random_range(1, 6);
    if die < 1 || die > 6 { throw `the die shows ${die}`; }
    let angle = random_range(0.0, 360.0);
    if angle < 0.0 || angle >= 360.0 { throw `${angle} is out of range`; }
}",
        )
        .overload(["a", "b"], random_range),
        row("random_bool", "True with probability `p`, which must lie in 0..=1.")
            .errors(["`p` is below 0, above 1, NaN or infinite"])
            .example(
                "\
fn on_update() {
    if random_bool(0.0) { throw \"never\"; }
    if !random_bool(1.0) { throw \"always\"; }
}",
            )
            .overload(["p"], random_bool),
        row("choose", "One element of an array; () when it is empty.")
            .errors([NOT_DATA])
            .example(
                "\
fn on_spawn() {
    let greetings = [\"hello\", \"well met\"];
    let said = choose(greetings);
    if !(said in greetings) { throw said; }
    if choose([]) != () { throw \"out of nothing\"; }
}",
            )
            .overload(["array"], choose),
        row("shuffle", "The elements of an array in a random order; the array itself stays as it is.")
            .errors([NOT_DATA])
            .example(
                "\
fn on_spawn() {
    let deck = [1, 2, 3, 4];
    let mixed = shuffle(deck);
    for card in deck {
        if !(card in mixed) { throw `${card} is lost`; }
    }
    if deck != [1, 2, 3, 4] { throw \"the deck itself stays as it is\"; }
}",
            )
            .overload(["array"], shuffle),
        row(
            "after",
            "Calls a function of this script once, after so many seconds, and returns the number to cancel it by. The function may take that number as a parameter. Ticks decide, not the clock.",
        )
        .costs(8)
        .errors(TIMER_ERRORS)
        .example(
            "\
let armed = 0;
let burst = ();

fn on_spawn() { armed = after(3 * delta_time, \"explode\"); }

fn explode(timer) { burst = [timer, tick()]; }

fn on_update() {
    if tick() == 2 && burst != () { throw \"too early\"; }
    if tick() == 4 && burst != [armed, 3] { throw `it burst at ${burst}`; }
}",
        )
        .overload(["seconds", "function"], |context: Context<'_, '_>, seconds: Amount, function: Name| {
            context.set_timer(seconds.0, &function.0, false)
        }),
        row(
            "every",
            "As `after`, and then again and again in the same rhythm, until it is cancelled.",
        )
        .costs(8)
        .errors(TIMER_ERRORS)
        .example(
            "\
let beats = 0;

fn on_spawn() { every(2 * delta_time, \"beat\"); }

fn beat(timer) {
    beats += 1;
    if beats == 2 { cancel(timer); }
}

fn on_update() {
    if beats != min(tick() / 2, 2) { throw `${beats} beats in tick ${tick()}`; }
}",
        )
        .overload(["seconds", "function"], |context: Context<'_, '_>, seconds: Amount, function: Name| {
            context.set_timer(seconds.0, &function.0, true)
        }),
        row(
            "cancel",
            "Forgets a timer of this script; false when it has gone off or was cancelled before.",
        )
        .example(
            "\
fn on_spawn() {
    let timer = after(60, \"on_spawn\");
    if !cancel(timer) { throw \"it was still to come\"; }
    if cancel(timer) { throw \"it is cancelled\"; }
}",
        )
        .overload(["timer"], |context: Context<'_, '_>, timer: i64| Ok(context.cancel_timer(timer))),
        row(
            "publish",
            "Sends a message to every script that defines `on_message`, in the next event pass; if that script has `const TOPICS = [..]`, only if the topic is one of them.",
        )
        .errors([
            "`topic` is empty",
            "`value` is, or holds, something that is not plain data, such as a function",
        ])
        .example(
            "\
let heard = false;
let ticks = 0;

fn on_spawn() { publish(\"alarm\", #{ by: entity_id }); }

fn on_message(topic, value) {
    if topic == \"alarm\" && value.by == entity_id { heard = true; }
}

fn on_update() {
    ticks += 1;
    if ticks > 1 && !heard { throw \"the sender hears it, too\"; }
}",
        )
        .overload(["topic", "value"], publish),
    ]
}

fn tick(context: Context<'_, '_>) -> Result<i64, ApiFault> {
    Ok(context.tick() as i64)
}

fn time(context: Context<'_, '_>) -> Result<f64, ApiFault> {
    Ok(context.tick() as f64 * context.tick_seconds())
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
            let u = context.random().unit();
            // Not `a + (b - a) * u`: the difference may be too large for a float.
            let x = a * (1.0 - u) + b * u;
            // Rounding may reach the end that does not belong to the range.
            Value::Float(if (a..b).contains(&x) || a == b { x } else { a })
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

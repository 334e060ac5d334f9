//! What can be asked of a function pointer.

use super::super::{
    Val,
    fault::Fault,
    machine::Run,
    native::{Effect, Native, NativeCode, Price, Receiver},
};

const fn row(
    name: &'static str,
    code: NativeCode,
    signature: &'static str,
    doc: &'static str,
) -> Native {
    let (receiver, price, effect) = (Receiver::Fn, Price::Work, Effect::Pure);
    Native { name, arity: 1, receiver, signature, doc, price, effect, code }
}

const NAME: &str = "The name of the function that a pointer points to.";
const ANONYMOUS: &str = "Whether a pointer points to a closure.";

const ROWS: &[Native] = &[
    row("name", name, "name(pointer: Fn) -> string", NAME),
    row("get$name", name, "pointer.name -> string", NAME),
    row("is_anonymous", is_anonymous, "is_anonymous(pointer: Fn) -> bool", ANONYMOUS).free(),
    row("get$is_anonymous", is_anonymous, "pointer.is_anonymous -> bool", ANONYMOUS).free(),
];

pub(super) fn natives() -> Vec<Native> {
    ROWS.to_vec()
}

fn name(run: &mut Run<'_, '_>, pointer: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    let Val::Fn(pointer) = pointer else { return Err(Fault::no_overload()) };
    run.fits_text(pointer.name.len())?;
    run.charge((pointer.name.len() / 16) as u64)?;
    Ok(Val::text(&*pointer.name))
}

fn is_anonymous(_: &mut Run<'_, '_>, pointer: &mut Val, _: &mut [Val]) -> Result<Val, Fault> {
    let Val::Fn(pointer) = pointer else { return Err(Fault::no_overload()) };
    Ok(Val::Bool(pointer.closure.is_some()))
}

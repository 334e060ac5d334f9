//! Errors on their way to a `catch`, or out.

use std::{collections::BTreeMap, sync::Arc};

use rhai::EvalAltResult;

use super::Run;
use crate::{
    contract::Position,
    script::compiled::{
        Val,
        fault::{Fault, Left, Trouble, What},
        heap::Key,
        op::Reg,
    },
};

/// Fuel for an error of the language that is caught: it is written out in words, and made a map.
const CAUGHT_ERROR: u64 = 24;
/// The same for each function that it left.
const LEFT_FRAME: u64 = 4;
/// Fuel for a value that was thrown and is caught.
const CAUGHT_VALUE: u64 = 12;

/// An open `try`.
pub(super) struct Handler {
    /// The frame that it stands in.
    pub(super) frame: usize,
    pub(super) catch: u32,
    pub(super) error: Reg,
}

/// What a `catch` handles.
pub(super) struct Caught {
    pub(super) frame: usize,
    error: Reg,
    trouble: Trouble,
}

impl Run<'_, '_> {
    pub(super) fn open_try(&mut self, catch: u32, error: Reg) {
        let frame = self.machine.frames.len().saturating_sub(1);
        self.machine.is_untidy = true;
        self.machine.handlers.push(Handler { frame, catch, error });
    }

    /// Takes an error to the nearest `catch` above `floor` that may see it.
    ///
    /// # Errors
    /// There is none; all frames from `floor` on are closed.
    #[cold]
    pub(super) fn unwind(&mut self, fault: Fault, floor: usize) -> Result<(), Fault> {
        let mut fault = fault.at(self.place());
        let file = self.file();
        fault.trouble().file.get_or_insert(file);
        let catchable = fault.is_catchable();
        let handler = match self.machine.handlers.last() {
            Some(handler) if catchable && handler.frame >= floor => self.machine.handlers.pop(),
            _ => None,
        };
        let target = handler.as_ref().map_or(floor, |handler| handler.frame + 1);
        while self.machine.frames.len() > target {
            let Some(function) = self.pop_frame() else { break };
            let (name, file) = (self.name_of(function), self.program.file_of(function));
            let called_at = if self.machine.frames.len() > floor { self.place() } else { None };
            fault.trouble().frames.push(Left { function: name, file, called_at });
        }
        let Some(handler) = handler else { return Err(fault) };
        let trouble = fault.into_trouble();
        let price = match &trouble.what {
            What::Thrown(_) => CAUGHT_VALUE,
            _ => CAUGHT_ERROR + LEFT_FRAME * trouble.frames.len() as u64,
        };
        if let Err(stop) = self.charge(price) {
            return self.unwind(stop, floor);
        }
        let value = self.error_value(&trouble);
        // Its words may quote what the script made long.
        if let Err(stop) = self.charge(value.weight().steps()) {
            return self.unwind(stop, floor);
        }
        let Some(frame) = self.machine.frames.last_mut() else { return Ok(()) };
        frame.pc = handler.catch;
        let at = frame.base as usize + usize::from(handler.error);
        self.set_register(at, value);
        self.machine
            .caught
            .retain(|caught| caught.frame != handler.frame || caught.error != handler.error);
        let (frame, error) = (handler.frame, handler.error);
        self.machine.caught.push(Caught { frame, error, trouble });
        Ok(())
    }

    /// What `throw` without a value throws again.
    pub(super) fn caught_again(&mut self, error: Reg, at: Option<Position>) -> Fault {
        let frame = self.machine.frames.len().saturating_sub(1);
        let position = self
            .machine
            .caught
            .iter()
            .rposition(|caught| caught.frame == frame && caught.error == error);
        match position.map(|i| self.machine.caught.remove(i)) {
            Some(caught) => Fault::again(caught.trouble, at),
            None => Fault::thrown(Val::Unit),
        }
    }

    /// What a `catch` finds in its variable: what was thrown, or a map that describes the error.
    fn error_value(&self, trouble: &Trouble) -> Val {
        let error = match &trouble.what {
            What::Thrown(value) => return value.clone(),
            What::Error(error) => copy(error),
            What::Stopped(..) | What::Unkept(..) | What::NoOverload => return Val::Unit,
        };
        let mut error = error;
        error.set_position(to_rhai(trouble.at));
        for Left { function, file, called_at } in &trouble.frames {
            error = EvalAltResult::ErrorInFunctionCall(
                function.to_string(),
                self.program.path_of(*file).to_string(),
                Box::new(error),
                to_rhai(*called_at),
            );
        }
        let at = error.position();
        error.clear_position();
        let mut entries: BTreeMap<Key, Val> = BTreeMap::new();
        let mut set = |key: &str, value: Val| entries.insert(key.into(), value);
        set("message", Val::text(error.to_string()));
        set("source", Val::text(&**self.program.path_of(self.file())));
        if let Some(line) = at.line() {
            set("line", Val::Int(line as i64));
            set("position", Val::Int(at.position().unwrap_or(0) as i64));
        }
        for (key, value) in fields(&error) {
            set(key, value);
        }
        Val::map(entries)
    }
}

fn to_rhai(at: Option<Position>) -> rhai::Position {
    at.map_or(rhai::Position::NONE, |at| rhai::Position::new(at.line, at.column))
}

/// Rhai's errors cannot be copied; those that the machine makes can be made again.
fn copy(error: &EvalAltResult) -> EvalAltResult {
    use EvalAltResult as E;
    let none = rhai::Position::NONE;
    match error {
        E::ErrorFunctionNotFound(name, _) => E::ErrorFunctionNotFound(name.clone(), none),
        E::ErrorInFunctionCall(name, source, inner, _) => {
            E::ErrorInFunctionCall(name.clone(), source.clone(), Box::new(copy(inner)), none)
        }
        E::ErrorUnboundThis(_) => E::ErrorUnboundThis(none),
        E::ErrorMismatchDataType(a, b, _) => E::ErrorMismatchDataType(a.clone(), b.clone(), none),
        E::ErrorMismatchOutputType(a, b, _) => {
            E::ErrorMismatchOutputType(a.clone(), b.clone(), none)
        }
        E::ErrorArrayBounds(len, index, _) => E::ErrorArrayBounds(*len, *index, none),
        E::ErrorStringBounds(len, index, _) => E::ErrorStringBounds(*len, *index, none),
        E::ErrorBitFieldBounds(len, index, _) => E::ErrorBitFieldBounds(*len, *index, none),
        E::ErrorIndexingType(what, _) => E::ErrorIndexingType(what.clone(), none),
        E::ErrorFor(_) => E::ErrorFor(none),
        E::ErrorVariableNotFound(name, _) => E::ErrorVariableNotFound(name.clone(), none),
        E::ErrorPropertyNotFound(name, _) => E::ErrorPropertyNotFound(name.clone(), none),
        E::ErrorAssignmentToConstant(name, _) => E::ErrorAssignmentToConstant(name.clone(), none),
        E::ErrorNonPureMethodCallOnConstant(name, _) => {
            E::ErrorNonPureMethodCallOnConstant(name.clone(), none)
        }
        E::ErrorDotExpr(what, _) => E::ErrorDotExpr(what.clone(), none),
        E::ErrorArithmetic(what, _) => E::ErrorArithmetic(what.clone(), none),
        E::ErrorDataTooLarge(what, _) => E::ErrorDataTooLarge(what.clone(), none),
        E::ErrorStackOverflow(_) => E::ErrorStackOverflow(none),
        E::ErrorParsing(kind, _) => E::ErrorParsing(kind.clone(), none),
        other => E::ErrorRuntime(other.to_string().into(), none),
    }
}

/// What the map of a caught error says beside its message, by the kind of error.
fn fields(error: &EvalAltResult) -> Vec<(&'static str, Val)> {
    use EvalAltResult as E;
    let text = |text: &String| Val::text(text.as_str());
    let (name, mut fields) = match error {
        E::ErrorFunctionNotFound(name, _) => {
            ("ErrorFunctionNotFound", vec![("function", text(name))])
        }
        E::ErrorNonPureMethodCallOnConstant(name, _) => {
            ("ErrorNonPureMethodCallOnConstant", vec![("function", text(name))])
        }
        E::ErrorInFunctionCall(name, source, ..) => {
            ("ErrorInFunctionCall", vec![("function", text(name)), ("source", text(source))])
        }
        E::ErrorMismatchDataType(wanted, got, _) => {
            ("ErrorMismatchDataType", vec![("requested", text(wanted)), ("actual", text(got))])
        }
        E::ErrorMismatchOutputType(wanted, got, _) => {
            ("ErrorMismatchOutputType", vec![("requested", text(wanted)), ("actual", text(got))])
        }
        E::ErrorArrayBounds(len, index, _) => ("ErrorArrayBounds", bounds(*len, *index)),
        E::ErrorStringBounds(len, index, _) => ("ErrorStringBounds", bounds(*len, *index)),
        E::ErrorBitFieldBounds(len, index, _) => ("ErrorBitFieldBounds", bounds(*len, *index)),
        E::ErrorVariableNotFound(name, _) => {
            ("ErrorVariableNotFound", vec![("variable", text(name))])
        }
        E::ErrorPropertyNotFound(name, _) => {
            ("ErrorPropertyNotFound", vec![("variable", text(name))])
        }
        E::ErrorAssignmentToConstant(name, _) => {
            ("ErrorAssignmentToConstant", vec![("variable", text(name))])
        }
        E::ErrorDotExpr(what, _) => ("ErrorDotExpr", vec![("property", text(what))]),
        E::ErrorIndexingType(what, _) => ("ErrorIndexingType", vec![("type", text(what))]),
        E::ErrorUnboundThis(_) => ("ErrorUnboundThis", Vec::new()),
        E::ErrorFor(_) => ("ErrorFor", Vec::new()),
        E::ErrorArithmetic(..) => ("ErrorArithmetic", Vec::new()),
        _ => ("ErrorRuntime", Vec::new()),
    };
    fields.push(("error", Val::text(name)));
    fields
}

fn bounds(len: usize, index: i64) -> Vec<(&'static str, Val)> {
    vec![("length", Val::Int(len as i64)), ("index", Val::Int(index))]
}

/// The name of a function in messages.
pub(crate) fn shown_name(name: &Arc<str>) -> String {
    if name.starts_with("anon$") { "a closure".to_owned() } else { name.to_string() }
}

//! Rhai's errors in our words. They are translated once, here.

use rhai::{EvalAltResult, Map, ParseError, ParseErrorType};

use super::super::outline::position;
use crate::contract::{ErrorKind, Frame, ScriptError, Stage};

/// A syntax error.
pub(super) fn from_parse(path: &str, error: &ParseError) -> ScriptError {
    let kind = match error.err_type() {
        ParseErrorType::ExprTooDeep
        | ParseErrorType::TooManyFunctions
        | ParseErrorType::LiteralTooLarge(..) => ErrorKind::Memory,
        _ => ErrorKind::Syntax,
    };
    ScriptError::new(Stage::Compile, kind, path, error.err_type().to_string())
        .at(position(error.position()))
}

/// An error of a call. `callback` is the function that the runtime called, if it called one.
pub(super) fn from_eval(
    path: &str,
    stage: Stage,
    callback: Option<&str>,
    error: EvalAltResult,
) -> ScriptError {
    let mut frames = Vec::new();
    let mut error = error;
    // From the outermost call inwards.
    let (kind, message, at) = loop {
        match error {
            EvalAltResult::ErrorInFunctionCall(name, _, inner, at) => {
                let function =
                    if name.starts_with("anon$") { "a closure".to_owned() } else { name };
                frames.push(Frame { function, called_at: position(at) });
                error = *inner;
            }
            mut innermost => {
                let nearest = frames.iter().rev().find_map(|frame| frame.called_at);
                let at = position(innermost.position()).or(nearest);
                // The place is said once, in front.
                innermost.clear_position();
                let (kind, message) = describe(&innermost);
                break (kind, message, at);
            }
        }
    };
    frames.reverse();
    frames.extend(callback.map(|name| Frame { function: name.to_owned(), called_at: None }));
    let mut translated = ScriptError::new(stage, kind, path, message).at(at);
    translated.stack = frames;
    translated
}

/// The kind of an error and what is said of it, without its place.
pub(crate) fn describe(error: &EvalAltResult) -> (ErrorKind, String) {
    use EvalAltResult as E;
    let message = || error.to_string();
    match error {
        E::ErrorRuntime(thrown, _) => {
            if let Some(map) = thrown.read_lock::<Map>() {
                let text = |key: &str| map.get(key).map(ToString::to_string);
                if let Some(message) = text("message") {
                    return (
                        text("kind").map_or(ErrorKind::Runtime, |kind| kind_of(&kind)),
                        message,
                    );
                }
            }
            (
                ErrorKind::Runtime,
                if thrown.is_unit() { "thrown".to_owned() } else { thrown.to_string() },
            )
        }
        E::ErrorTerminated(..) | E::ErrorTooManyOperations(..) => (
            ErrorKind::Fuel,
            "the call used up its fuel; look for a loop that does not end".to_owned(),
        ),
        E::ErrorStackOverflow(_) => (ErrorKind::Memory, "calls are nested too deeply".to_owned()),
        E::ErrorDataTooLarge(..) | E::ErrorTooManyVariables(_) | E::ErrorTooManyModules(_) => {
            (ErrorKind::Memory, message())
        }
        E::ErrorFunctionNotFound(signature, _) => {
            (ErrorKind::NotFound, format!("no function takes these arguments: {signature}"))
        }
        E::ErrorVariableNotFound(..)
        | E::ErrorPropertyNotFound(..)
        | E::ErrorIndexNotFound(..)
        | E::ErrorModuleNotFound(..) => (ErrorKind::NotFound, message()),
        E::ErrorParsing(..) => (ErrorKind::Syntax, message()),
        _ => (ErrorKind::Runtime, message()),
    }
}

/// The kind that an error map names; [`ErrorKind::Runtime`] for what is none of ours.
pub(crate) fn kind_of(name: &str) -> ErrorKind {
    [ErrorKind::NotFound, ErrorKind::Memory, ErrorKind::Permission]
        .into_iter()
        .find(|kind| kind.to_string() == name)
        .unwrap_or(ErrorKind::Runtime)
}

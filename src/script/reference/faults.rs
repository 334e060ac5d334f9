//! Rhai's errors in our words. They are translated once, here.

use std::collections::{HashMap, HashSet};

use rhai::{EvalAltResult, Map, ParseError, ParseErrorType};

use super::{
    super::{outline::position, units::Unit},
    meter::Stop,
};
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

/// The files of a script that imports, to tell in which of them something happened.
#[derive(Default)]
pub(super) struct Files {
    libraries: HashSet<String>,
    /// The files of closures, whose names Rhai makes.
    closures: HashMap<String, String>,
}

impl Files {
    pub(super) fn new(units: &[Unit<'_>]) -> Self {
        if units.len() < 2 {
            return Self::default();
        }
        let closures = units.iter().flat_map(|unit| {
            let names = unit.parsed.functions.iter().map(|function| function.def.name.as_str());
            let anonymous = names.filter(|name| name.starts_with("anon$"));
            anonymous.map(|name| (name.to_owned(), unit.path().to_owned()))
        });
        let libraries = units.iter().map(|unit| unit.path().to_owned());
        Self { libraries: libraries.collect(), closures: closures.collect() }
    }

    /// The file that a function stands in, by what Rhai says of it; otherwise that of its caller.
    fn of<'a>(&'a self, function: &str, source: &str, caller: &'a str) -> &'a str {
        if let Some(file) = self.closures.get(function) {
            return file;
        }
        self.libraries.get(source).map_or(caller, String::as_str)
    }
}

/// An error of a call that began in the file `own`. `callback` is the function that the runtime called, if it called one.
pub(super) fn from_eval(
    files: &Files,
    own: &str,
    stage: Stage,
    callback: Option<&str>,
    error: EvalAltResult,
) -> ScriptError {
    let mut frames: Vec<Frame> = Vec::new();
    let mut error = error;
    let mut file = own;
    // From the outermost call inwards.
    let (kind, message, at, path) = loop {
        match error {
            EvalAltResult::ErrorInFunctionCall(name, source, inner, at) => {
                let called_at = position(at);
                let called_in = called_at.map_or_else(String::new, |_| file.to_owned());
                file = files.of(&name, &source, file);
                let function =
                    if name.starts_with("anon$") { "a closure".to_owned() } else { name };
                frames.push(Frame { function, called_at, called_in });
                error = *inner;
            }
            mut innermost => {
                let own = position(innermost.position());
                let nearest = || frames.iter().rev().find(|frame| frame.called_at.is_some());
                let (at, path) = match (own, nearest()) {
                    (None, Some(frame)) => (frame.called_at, frame.called_in.clone()),
                    (at, _) => (at, file.to_owned()),
                };
                // The place is said once, in front.
                innermost.clear_position();
                let (kind, message) = describe(&innermost);
                break (kind, message, at, path);
            }
        }
    };
    frames.reverse();
    frames.extend(callback.map(|name| Frame {
        function: name.to_owned(),
        called_at: None,
        called_in: String::new(),
    }));
    let mut translated = ScriptError::new(stage, kind, path, message).at(at);
    translated.stack = frames;
    translated
}

/// The kind of an error and what is said of it, without its place.
pub(crate) fn describe(error: &EvalAltResult) -> (ErrorKind, String) {
    use EvalAltResult as E;
    let message = || error.to_string();
    let told = |stop: Stop| {
        let (kind, message) = stop.told();
        (kind, message.to_owned())
    };
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
        E::ErrorTerminated(token, _) => told(Stop::of(token)),
        E::ErrorTooManyOperations(..) => told(Stop::Fuel),
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

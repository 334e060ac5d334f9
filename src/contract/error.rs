use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Refusal, ScriptId};

/// The stage of a script's way at which something went wrong. One word a stage, everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Stage {
    /// Reading the file.
    Load,
    /// Checking who wrote it.
    Verify,
    /// Parsing and checking what it says.
    Compile,
    /// Giving an entity its own copy of the script's state.
    Bind,
    /// Gathering the calls of a tick.
    Collect,
    /// Calling the script.
    Run,
    /// Doing to the world what the script asked for.
    Apply,
    /// Telling people.
    Report,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Load => "load",
            Self::Verify => "verify",
            Self::Compile => "compile",
            Self::Bind => "bind",
            Self::Collect => "collect",
            Self::Run => "run",
            Self::Apply => "apply",
            Self::Report => "report",
        })
    }
}

/// What went wrong. Every layer uses these kinds and no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A file, entity, function, component, prefab or variable of that name does not exist. Check
    /// the spelling; for files, that they lie below the asset folder.
    NotFound,
    /// The text is not a script: unreadable bytes or a syntax error at the position given.
    Syntax,
    /// The text parses but cannot be run as written (an assignment to a constant, a callback with
    /// too many parameters). The message says what to write instead.
    Compile,
    /// The script did something that has no result: a wrong type, an index out of range, a bad
    /// argument, its own `throw`.
    Runtime,
    /// The call used up [`ScriptLimits::fuel`](super::ScriptLimits::fuel). Look for a loop that
    /// does not end, or spread the work over several ticks.
    Fuel,
    /// The wall clock ran out. Never part of the result that machines compare.
    Time,
    /// A value grew over one of the sizes in [`ScriptLimits`](super::ScriptLimits), or calls were
    /// nested too deeply.
    Memory,
    /// The script uses something that it was not granted.
    Permission,
    /// The script is not one that the trust policy accepts. [`ScriptError::refusal`] says by which rule.
    Signature,
    /// A bug in a function of the host: it panicked. The game goes on; mend the host.
    Host,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "not found",
            Self::Syntax => "syntax",
            Self::Compile => "compile",
            Self::Runtime => "runtime",
            Self::Fuel => "fuel",
            Self::Time => "time",
            Self::Memory => "memory",
            Self::Permission => "permission",
            Self::Signature => "signature",
            Self::Host => "host",
        })
    }
}

/// A place in a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// The line, from 1.
    pub line: u16,
    /// The character in the line, from 1.
    pub column: u16,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One function of a script's call stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// The function.
    pub function: String,
    /// Where it was called; `None` for the callback itself, which the runtime called.
    pub called_at: Option<Position>,
    /// The file in which that is: the script, or a library.
    pub called_in: String,
}

/// What went wrong with a script, where, and at which stage.
///
/// Shown as `path:line:column: message`, followed by the entity and the call stack, innermost
/// first.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub struct ScriptError {
    /// At which stage it happened.
    pub stage: Stage,
    /// What kind of thing happened.
    pub kind: ErrorKind,
    /// The rule of the trust policy, where that refused it.
    pub refusal: Option<Refusal>,
    /// The file: the script, or a library of it.
    pub path: String,
    /// The place in it, where there is one.
    pub position: Option<Position>,
    /// What happened and what to do, in words.
    pub message: String,
    /// The script's call stack, innermost function first.
    pub stack: Vec<Frame>,
    /// The entity that the script ran for.
    pub entity: Option<ScriptId>,
}

impl ScriptError {
    /// An error without a position, a stack and an entity.
    #[must_use]
    pub fn new(
        stage: Stage,
        kind: ErrorKind,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            stage,
            kind,
            refusal: None,
            path: path.into(),
            position: None,
            message: message.into(),
            stack: Vec::new(),
            entity: None,
        }
    }

    /// A file that the trust policy does not accept.
    #[must_use]
    pub fn refused(refusal: Refusal, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            refusal: Some(refusal),
            ..Self::new(Stage::Verify, ErrorKind::Signature, path, message)
        }
    }

    /// The same error as one of a script, which says so if it is about another file: its signature, for
    /// instance, or the manifest of its mod.
    #[must_use]
    pub fn of(mut self, script: &str) -> Self {
        if self.path != script {
            let file = std::mem::replace(&mut self.path, script.to_owned());
            self.message = format!("{file}: {}", self.message);
        }
        self
    }

    /// The same error at a place in the script.
    #[must_use]
    pub fn at(mut self, position: Option<Position>) -> Self {
        self.position = position;
        self
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(position) = self.position {
            write!(f, ":{position}")?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(refusal) = self.refusal {
            write!(f, " [{refusal}]")?;
        }
        for frame in &self.stack {
            write!(f, "\n    in {}", frame.function)?;
            if let Some(position) = frame.called_at {
                write!(f, ", called at {}:{position}", frame.called_in)?;
            }
        }
        if let Some(entity) = self.entity {
            write!(f, "\n    for entity {entity}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_names_place_stack_and_entity() {
        let mut error =
            ScriptError::new(Stage::Run, ErrorKind::Runtime, "a.rhai", "division by zero")
                .at(Some(Position { line: 3, column: 7 }));
        assert_eq!(error.to_string(), "a.rhai:3:7: division by zero");
        error.stack = vec![
            Frame {
                function: "half".into(),
                called_at: Some(Position { line: 9, column: 5 }),
                called_in: "b.rhai".into(),
            },
            Frame { function: "on_update".into(), called_at: None, called_in: String::new() },
        ];
        error.entity = Some(ScriptId(4));
        assert_eq!(
            error.to_string(),
            "a.rhai:3:7: division by zero\n    in half, called at b.rhai:9:5\n    in on_update\n    for entity 4"
        );
    }
}

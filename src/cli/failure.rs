use std::{
    fmt::Display,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use crate::contract::ScriptError;

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub(super) enum Failure {
    /// It was asked for something else than it can do. Exit code 2.
    Usage(String),
    /// It tried. Exit code 1.
    Failed(String),
    /// Nobody listens to what it says.
    Silenced,
}

impl Failure {
    /// Something of the system about a file.
    pub(super) fn at(path: &Path, what: impl Display) -> Self {
        Self::Failed(format!("{}: {what}", path.display()))
    }
}

impl From<ScriptError> for Failure {
    fn from(error: ScriptError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// What writing to stdout fails with; files say so with [`Failure::at`].
impl From<io::Error> for Failure {
    fn from(_: io::Error) -> Self {
        Self::Silenced
    }
}

/// Says on stderr what went wrong, and gives the exit code.
pub(super) fn tell(done: Result<ExitCode, Failure>) -> io::Result<ExitCode> {
    let (code, text) = match done {
        Ok(code) => return Ok(code),
        Err(Failure::Silenced) => return Ok(ExitCode::SUCCESS),
        Err(Failure::Failed(text)) => (1, text),
        Err(Failure::Usage(text)) => (2, text),
    };
    writeln!(io::stderr(), "error: {text}")?;
    Ok(ExitCode::from(code))
}

use super::ScriptError;

/// How important a line of a script's log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// `debug(..)`.
    Debug,
    /// `print(..)`, `log(..)`, `info(..)`.
    Info,
    /// `warn(..)`.
    Warn,
    /// `error(..)`.
    Error,
}

/// One line that a script wrote, already cut to its limit and free of control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Its importance.
    pub level: LogLevel,
    /// Its text.
    pub text: String,
}

/// What one call did, beside its commands.
#[derive(Clone, Debug, Default)]
pub struct RunReport {
    /// Steps used.
    pub fuel: u64,
    /// Lines written, at most [`ScriptLimits::log_lines`](super::ScriptLimits::log_lines).
    pub log: Vec<LogLine>,
    /// Lines beyond that limit.
    pub log_suppressed: u32,
    /// Why the call failed, if it did. Its commands are then dropped and its state is put back.
    pub error: Option<Box<ScriptError>>,
}

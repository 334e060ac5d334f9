use serde::{Deserialize, Serialize};

use crate::contract::ErrorKind;

/// How a script ended, if it did: by the first of its calls that did not end well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    /// All of its calls ended well.
    Ends,
    /// It was refused before it ran, or called what it was not granted.
    Refused,
    /// It used up its fuel.
    Fuel,
    /// It made something too large or nested too deeply.
    Memory,
    /// The clock ran out.
    Time,
    /// It failed in another way.
    Error,
    /// It made the host panic, whether or not somebody caught that.
    Panic,
}

impl Outcome {
    /// All of them, as the first line of a script writes them.
    const NAMES: [(&str, Self); 7] = [
        ("ends", Self::Ends),
        ("refused", Self::Refused),
        ("fuel", Self::Fuel),
        ("memory", Self::Memory),
        ("time", Self::Time),
        ("error", Self::Error),
        ("panic", Self::Panic),
    ];

    pub(super) fn named(name: &str) -> Result<Self, String> {
        let found = Self::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, outcome)| *outcome).ok_or_else(|| {
            let known: Vec<_> = Self::NAMES.iter().map(|(known, _)| *known).collect();
            format!("the first line expects the outcome `{name}`; there are {}", known.join(", "))
        })
    }

    pub(super) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, outcome)| *outcome == self).map_or("", |(name, _)| name)
    }

    /// How an error ends a call that was running.
    pub(super) const fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Fuel => Self::Fuel,
            ErrorKind::Memory => Self::Memory,
            ErrorKind::Time => Self::Time,
            ErrorKind::Permission => Self::Refused,
            // In this tool all functions are ours.
            ErrorKind::Host => Self::Panic,
            _ => Self::Error,
        }
    }
}

use serde::{Deserialize, Serialize};

use super::ScriptCommand;

/// What the scripts of one mod may ask for in one tick, all together. A consensus limit: what is over it
/// is an error of the call that asked, the same on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TickCaps {
    /// Commands of any kind. Default: **4,096**.
    pub commands: usize,
    /// Entities spawned. Default: **64**.
    pub spawns: usize,
    /// Messages published. Default: **256**.
    pub messages: usize,
    /// Sounds started. Default: **64**.
    pub sounds: usize,
    /// Lines of the log; the rest are counted, not kept. Default: **100**.
    pub log_lines: usize,
}

impl Default for TickCaps {
    fn default() -> Self {
        Self { commands: 4_096, spawns: 64, messages: 256, sounds: 64, log_lines: 100 }
    }
}

/// What a command is counted as, beside being one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cap {
    Spawn,
    Message,
    Sound,
    Nothing,
}

impl Cap {
    /// Of a command.
    #[inline(always)]
    pub(crate) const fn of(command: &ScriptCommand) -> Self {
        match command {
            ScriptCommand::Spawn { .. } => Self::Spawn,
            ScriptCommand::Publish { .. } => Self::Message,
            ScriptCommand::PlaySound { .. } => Self::Sound,
            _ => Self::Nothing,
        }
    }
}

impl TickCaps {
    /// Takes a command off what is left.
    ///
    /// # Errors
    /// Nothing is left; in words, of what.
    pub(crate) fn take(&mut self, cap: Cap) -> Result<(), &'static str> {
        let special = match cap {
            Cap::Spawn => Some((&mut self.spawns, "entities to spawn")),
            Cap::Message => Some((&mut self.messages, "messages")),
            Cap::Sound => Some((&mut self.sounds, "sounds")),
            Cap::Nothing => None,
        };
        for (left, what) in special.into_iter().chain([(&mut self.commands, "commands")]) {
            *left = left.checked_sub(1).ok_or(what)?;
        }
        Ok(())
    }
}

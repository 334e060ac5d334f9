use std::hash::Hasher as _;

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use super::Seal;
use crate::{
    contract::{ScriptCommand, ScriptId},
    script::CompiledScript,
    trust::{Digest, KeyId},
};

/// What a client says that one script of one of its entities did in a tick.
///
/// The seal is the client's, for this stay; the script is named by its bytes, by the program that they were
/// compiled to and by who signed it. So a claim is good for one session, one tick and one version of a script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Whose stay it is of, and its place among the client's messages.
    pub seal: Seal,
    /// The tick.
    pub tick: u64,
    /// The entity.
    pub entity: ScriptId,
    /// Which of the entity's scripts.
    pub slot: u16,
    /// The digest of the script's bytes.
    pub script: Digest,
    /// The [identity](CompiledScript::identity) of the program.
    pub program: u64,
    /// Who signed the script; `None` if nobody did.
    pub signed_by: Option<SignedBy>,
    /// What it asked for, in order.
    pub commands: Vec<ScriptCommand>,
    /// What its variables and timers were in the end, as a [hash](crate::script::ScriptInstance::state_hash).
    pub state: u64,
    /// The hash of all of it.
    pub result: u64,
}

/// A signature under a script, as far as it matters to who knows the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedBy {
    /// The key.
    pub key: KeyId,
    /// What was signed: the id of the mod or of the script.
    pub id: String,
    /// Which version.
    pub counter: u64,
}

impl SignedBy {
    /// Who signed a script, if anybody did.
    #[must_use]
    pub fn of(script: &CompiledScript) -> Option<Self> {
        let signer = script.signer()?;
        Some(Self { key: signer.key, id: signer.id.clone(), counter: signer.counter })
    }
}

/// What one script of one entity did in a tick.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Work {
    /// What it asked for, in order.
    pub commands: Vec<ScriptCommand>,
    /// What its variables and timers were in the end, as a hash.
    pub state: u64,
}

impl Work {
    /// A hash of what a script asked for, equal on every machine.
    #[must_use]
    pub fn commands_hash(&self) -> u64 {
        commands_hash(&self.commands)
    }

    /// A hash of all that it did in a tick.
    #[must_use]
    pub fn result(&self, tick: u64, entity: ScriptId, slot: u16) -> u64 {
        result(tick, entity, slot, self.commands_hash(), self.state)
    }
}

impl Claim {
    /// A hash of the commands, equal on every machine.
    #[must_use]
    pub fn commands_hash(&self) -> u64 {
        commands_hash(&self.commands)
    }

    /// Whether its parts belong together: the result is that of the commands and the state.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let commands = commands_hash(&self.commands);
        self.result == result(self.tick, self.entity, self.slot, commands, self.state)
    }
}

fn commands_hash(commands: &[ScriptCommand]) -> u64 {
    let mut hasher = XxHash3_64::default();
    hasher.write(&(commands.len() as u64).to_le_bytes());
    for command in commands {
        command.hash_canonical(&mut hasher);
    }
    hasher.finish()
}

fn result(tick: u64, entity: ScriptId, slot: u16, commands: u64, state: u64) -> u64 {
    let mut bytes = [0; 34];
    let parts =
        [tick, entity.0.cast_unsigned(), commands, state].into_iter().flat_map(u64::to_le_bytes);
    for (byte, part) in bytes.iter_mut().zip(parts.chain(slot.to_le_bytes())) {
        *byte = part;
    }
    XxHash3_64::oneshot(&bytes)
}

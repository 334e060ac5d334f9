use serde::{Deserialize, Serialize};

use super::Nonce;
use crate::contract::ScriptId;

/// What is said of a claim, or of a wish: that it holds, or why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Of whose stay.
    pub nonce: Nonce,
    /// Of which of the client's messages.
    pub sequence: u64,
    /// The tick that it spoke of.
    pub tick: u64,
    /// The entity that it spoke of.
    pub entity: ScriptId,
    /// Which of its scripts.
    pub slot: u16,
    /// `Ok(true)`: it was compared and holds. `Ok(false)`: the referee's policy did not pick it, and it was not
    /// compared. Else why it is refused.
    pub outcome: Result<bool, Objection>,
}

/// Why a claim or a wish is refused. Nothing of it came into the world.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error, Serialize, Deserialize,
)]
#[non_exhaustive]
pub enum Objection {
    /// It is of another stay, or of somebody who was not admitted.
    #[error("it is of another session; join again")]
    OtherSession,
    /// It was there before, or one that was sent later was.
    #[error("it was sent again, or came behind one that was sent later")]
    Replayed,
    /// Its tick is gone for so long that nobody knows of it.
    #[error("its tick is over for too long")]
    TooLate,
    /// Its tick was not ordered yet.
    #[error("its tick has not come yet")]
    TooEarly,
    /// The entity is somebody else's, or nobody's.
    #[error("the entity is not the client's")]
    NotYours,
    /// It is not for clients to say.
    #[error("clients may not say this")]
    NotAllowed,
    /// There is no such entity, or it has no such script, or that did not run in this tick.
    #[error("the script did not run in this tick")]
    DidNotRun,
    /// The script is another one, or may call other functions.
    #[error("the script is another one here; take the server's version")]
    OtherScript,
    /// It names another signature, or none where there is one.
    #[error("the script is signed by somebody else here")]
    OtherSigner,
    /// The policy no longer takes the script: its key or its file was revoked, or its key was removed.
    #[error("the script is not believed any more; take a newer version")]
    NotBelieved,
    /// Its result is not that of its own commands and state.
    #[error("its parts do not belong together")]
    Garbled,
    /// The script asked for something else.
    #[error("the script gave other commands")]
    Commands,
    /// The script's variables or timers are others.
    #[error("the script's state is another one")]
    State,
    /// This script's work of this tick was claimed already.
    #[error("it was claimed already")]
    Again,
    /// The client made more work than it may.
    #[error("the client has made too much work")]
    OverBudget,
}

impl Objection {
    /// Whether only somebody who cheats, or whose game does not do the same as ours, has it held against
    /// them: not what a bad line or a busy moment brings.
    #[must_use]
    pub const fn is_grave(&self) -> bool {
        !matches!(self, Self::TooLate | Self::TooEarly | Self::OverBudget | Self::NotBelieved)
    }
}

use serde::{Deserialize, Serialize};

use super::{Claim, ClientId, Nonce, Verdict};
use crate::{
    contract::{ScriptEvent, ScriptId},
    script::{JoinDifference, JoinOffer},
};

/// What a client or a separate referee sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToServer {
    /// It wants to join.
    Hello(Box<Hello>),
    /// It wants its entity's scripts to be told something.
    Wish(Wish),
    /// What its scripts did.
    Claim(Box<Claim>),
    /// Of a referee: what it says of a claim that it was given.
    Finding {
        /// The referee's own stay.
        seal: Seal,
        /// Whose claim it was.
        client: ClientId,
        /// What it says.
        verdict: Verdict,
    },
}

/// What the coordinator sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToClient {
    /// Come in.
    Welcome(Box<Welcome>),
    /// Stay out.
    Refused {
        /// Of the [hello](Hello::nonce) that this answers, or of the stay that it ends.
        nonce: Nonce,
        /// Why.
        refusal: Refusal,
    },
    /// A tick may run.
    Order {
        /// Of the stay that it is for, and its place among the orders of this stay.
        seal: Seal,
        /// What is ordered.
        order: Order,
    },
    /// What is said of a claim or a wish.
    Verdict(Verdict),
    /// To a referee: look at this.
    Examine {
        /// Whose it is.
        client: ClientId,
        /// What they say.
        claim: Box<Claim>,
    },
}

/// What every message of somebody who was admitted carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// The stay.
    pub nonce: Nonce,
    /// Its place among the sender's messages of this stay; each has a higher one than the one before.
    pub sequence: u64,
}

/// Somebody wants to join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// A [fresh](Nonce::fresh) one: the answer carries it, so that none of an earlier hello is taken for it.
    pub nonce: Nonce,
    /// What for.
    pub role: Role,
    /// Its engine and its scripts.
    pub offer: JoinOffer,
}

/// What somebody joins for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Role {
    /// To play: it owns entities and claims what their scripts do.
    Executor,
    /// To check what others claim. Only those whom the coordinator's host named are let in for it.
    Referee,
}

/// What somebody who was admitted is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// Of the [hello](Hello::nonce) that this answers.
    pub answers: Nonce,
    /// Its number.
    pub client: ClientId,
    /// Its stay. It is of what was offered, too: of the engine and of all scripts.
    pub nonce: Nonce,
    /// The seed of all random numbers of scripts.
    pub world_seed: u64,
    /// Ids for entities that its own game spawns: the first, and the first behind them.
    pub ids: (i64, i64),
    /// The tick that runs next.
    pub tick: u64,
    /// The world before that tick, as a save; `None` if nothing has happened yet.
    pub world: Option<Vec<u8>>,
}

/// Why somebody is not let in, or not let stay.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Refusal {
    /// The engines or the scripts are not the same.
    #[error("the games are not the same: {}", first(.0))]
    Differs(Vec<JoinDifference>),
    /// Nobody more can be taken in.
    #[error("the game is full")]
    Full,
    /// The coordinator knows no world to give to who comes late.
    #[error("the game has begun, and nobody here has its world")]
    Begun,
    /// It may not join for this.
    #[error("not admitted as a referee; the server's host names who is")]
    NotAllowed,
    /// It asked again before it may.
    #[error("asked again too soon; wait a moment, longer each time")]
    TooSoon,
    /// Too much that it said was refused.
    #[error("too much of what was sent was refused")]
    Expelled,
}

fn first(differences: &[JoinDifference]) -> String {
    let shown: Vec<_> = differences.iter().take(3).map(ToString::to_string).collect();
    let more = differences.len().saturating_sub(3);
    if more > 0 { format!("{}; {more} more", shown.join("; ")) } else { shown.join("; ") }
}

/// That a tick may run, and what comes with it. Every machine does what orders say before it runs the tick, and
/// runs none without.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// The tick.
    pub tick: u64,
    /// Whose entities are whose from now on, where that changes.
    pub owners: Vec<(ScriptId, Option<ClientId>)>,
    /// What scripts are told, in order.
    pub events: Vec<ScriptEvent>,
}

/// A client wants one of its entities to be told something. It comes with the next order, or not at all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wish {
    /// Whose stay it is of.
    pub seal: Seal,
    /// The tick after which it was sent.
    pub tick: u64,
    /// What, and to which entity: to [one](crate::contract::Target::One) of the client's.
    pub event: ScriptEvent,
}

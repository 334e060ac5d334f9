//! What machines of one game say to each other, and how the one that decides holds it against what it
//! did itself. Plain data and rules: no Bevy, no network, no clock.
//!
//! Each machine runs the same scripts on the same world, tick by tick, in the order that one of them (the
//! *coordinator*) gives out. Who owns an entity *claims* what its scripts did; a *referee* has run the same tick
//! in its own sandbox, from its own state and its own world, and compares. So a claim cannot bring anything into
//! the world: it can only agree with it, or not.
//!
//! | module | what is there |
//! |---|---|
//! | `session` | who somebody is: [`ClientId`], [`Nonce`] |
//! | `message` | all that is said: [`ToServer`], [`ToClient`] |
//! | `wire` | messages as bytes, and back: bounded, and never a panic |
//! | `claim` | what a script is said to have done: [`Claim`], [`Work`] |
//! | `verdict` | what is said of a claim: [`Verdict`], [`Objection`] |
//! | `gate` | whether a message is of this session, new, and of this time |
//! | `purse` | how much work somebody may make |

mod claim;
mod gate;
mod message;
mod purse;
mod session;
mod verdict;
mod wire;

pub use claim::{Claim, SignedBy, Work};
pub use gate::Gate;
pub use message::{Hello, Order, Refusal, Role, Seal, ToClient, ToServer, Welcome, Wish};
pub use purse::Purse;
pub use session::{ClientId, Nonce};
pub use verdict::{Objection, Verdict};
pub use wire::{MESSAGE_BYTES, WORLD_BYTES, WireError};

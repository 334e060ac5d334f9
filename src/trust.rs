//! Who wrote a script, and what follows from that: levels, policies and the [`Verified`] seal.
//! No Rhai, no Bevy.

mod policy;
mod verify;

pub use policy::{TrustLevel, TrustPolicy, Unsigned};
pub use verify::Verified;

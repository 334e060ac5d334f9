//! Who wrote a script, and what follows from that: levels, policies, permissions and the
//! [`Verified`] seal. No Rhai, no Bevy.

mod limits;
mod permissions;
mod policy;
mod verify;

pub use limits::LevelLimits;
pub use permissions::Permissions;
pub use policy::{Ceilings, TrustLevel, TrustPolicy, Unsigned};
pub use verify::Verified;

//! Sandboxed, deterministic Rhai scripting for Bevy.

pub mod api;
pub mod contract;
pub mod script;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod trust;

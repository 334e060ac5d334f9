//! The harness that this crate tests itself with, for your scripts and plugins too.
//!
//! - [`FakeWorld`] and [`ScriptRunner`] run a script without Bevy, on the calling thread.
//! - `ScriptTestApp` (needs the `bevy` feature) runs scripts in a small headless app, one tick at a
//!   time.

#[cfg(feature = "bevy")]
mod app;
mod fake_world;
mod runner;

#[cfg(feature = "bevy")]
pub use app::ScriptTestApp;
pub use fake_world::{FakeEntity, FakeWorld};
pub use runner::ScriptRunner;

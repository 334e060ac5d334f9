//! The harness that this crate tests itself with, for your scripts and plugins too.
//!
//! - [`FakeWorld`] and [`ScriptRunner`] run a script without Bevy, on the calling thread.
//! - `ScriptTestApp` (with the `bevy` feature) runs scripts in a small headless app, one tick at a
//!   time.

mod fake_world;
mod runner;

pub use fake_world::{FakeEntity, FakeWorld};
pub use runner::ScriptRunner;

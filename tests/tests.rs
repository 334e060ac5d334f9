//! The integration tests: one binary, one module a behaviour.

/// What a script may say and what is refused when it is loaded.
mod compile;
/// What the language does and how state is kept, without Bevy.
mod language;
/// What scripts do in an app, tick by tick.
#[cfg(feature = "bevy")]
mod runtime;

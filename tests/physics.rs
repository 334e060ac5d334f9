//! What real physics tells scripts, and what scripts do to real bodies. Headless, with avian3d as games
//! use it.

/// Bodies are moved, put to rest and asked for their velocity; rays meet them.
#[path = "physics/bodies.rs"]
mod bodies;
/// Collisions and volumes become calls.
#[path = "physics/contacts.rs"]
mod contacts;
/// Many bodies give the same result on any number of threads.
#[path = "physics/determinism.rs"]
mod determinism;
/// Far too many collisions in one tick.
#[path = "physics/flood.rs"]
mod flood;
/// The world that these tests play in.
#[path = "physics/stage.rs"]
mod stage;

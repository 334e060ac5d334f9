//! The stage of the peers: what has to be done, what must come out, and how a contestant is told to
//! begin. It knows neither Bevy nor a script language, so it is the same code in every package.
//!
//! A contestant is a process. It is started with a [`Job`], sets itself up, and then answers lines on
//! its standard input, see [`serve`]. While nobody asks it anything it waits and costs nothing, so
//! the processes of all contestants can be run in turn.

mod expected;
mod grid;
mod job;
mod places;
mod rules;
mod serve;
mod usage;
mod workload;

pub use self::{
    expected::expected,
    grid::Grid,
    job::Job,
    places::{Place, places},
    rules::{distance, moved},
    serve::serve,
    workload::{
        CRUNCH_SEED, DAMAGE, DELTA_TIME, FULL_HEALTH, HEAL, REACH, ROUTE, SIGHT, SPEED, WEAK,
        Workload, side,
    },
};

/// The scripts of all entities in the hands of one contestant.
pub trait Contestant {
    /// Does one whole tick, all that a game would have of it included.
    fn tick(&mut self);

    /// Puts all entities somewhere else; not timed. Called before each tick if
    /// [the workload moves](Workload::moves).
    fn put(&mut self, places: &[Place]);

    /// What each entity came to, in their order.
    fn outcomes(&mut self) -> Vec<Outcome>;
}

/// What an entity came to: where it is, and what the workload counts, see [`Workload`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    pub place: Place,
    pub value: f64,
}

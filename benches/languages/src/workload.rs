//! What is done, and how often.

/// What `on_update` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// `counter += 1` on a variable that lasts.
    Counter,
    /// Patrol: position, element of a list, distance, then the next waypoint or a move.
    Patrol,
    /// 1,000 turns of a linear congruential generator of integers.
    Turns,
    /// 100 calls of a function with two arguments.
    Calls,
}

impl Workload {
    pub const ALL: [Self; 4] = [Self::Counter, Self::Patrol, Self::Turns, Self::Calls];

    /// The short name, as PERFORMANCE.md has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "s1",
            Self::Patrol => "s2",
            Self::Turns => "s3",
            Self::Calls => "s4",
        }
    }

    /// In a few words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Counter => "s1 counter",
            Self::Patrol => "s2 patrol",
            Self::Turns => "s3 1,000 turns",
            Self::Calls => "s4 100 calls",
        }
    }

    /// The script for ours and for stock Rhai.
    pub const fn rhai(self) -> &'static str {
        match self {
            Self::Counter => include_str!("../scripts/s1.rhai"),
            Self::Patrol => include_str!("../scripts/s2.rhai"),
            Self::Turns => include_str!("../scripts/s3.rhai"),
            Self::Calls => include_str!("../scripts/s4.rhai"),
        }
    }

    /// The variable that tells what a script came to.
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Patrol => "waypoint",
            Self::Turns => "seed",
            Self::Calls => "total",
        }
    }

    /// How many calls each contestant makes in a round: equal for all, and enough for the clock where
    /// they are quick.
    pub const fn calls(self) -> usize {
        match self {
            Self::Counter => 10_000,
            Self::Patrol => 2_000,
            Self::Turns => 8,
            Self::Calls => 100,
        }
    }
}

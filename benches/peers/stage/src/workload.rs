//! What is done in a tick, and the numbers in it. The scripts of all contestants have the same.

/// Seconds of a tick.
pub const DELTA_TIME: f64 = 1.0 / 64.0;

/// Units from a waypoint at which it counts as reached.
pub const REACH: f64 = 1.0;
/// Units a second.
pub const SPEED: f64 = 5.0;
/// The waypoints of a patrol.
pub const ROUTE: [[f32; 3]; 4] =
    [[0.0, 0.0, 0.0], [10.0, 0.0, 0.0], [10.0, 0.0, 10.0], [0.0, 0.0, 10.0]];

/// Units within which enemies are looked for.
pub const SIGHT: f64 = 10.0;
/// What a blow takes.
pub const DAMAGE: f32 = 1.0;
/// Who has less health than this heals itself.
pub const WEAK: f32 = 50.0;
/// By how much.
pub const HEAL: f32 = 40.0;
pub const FULL_HEALTH: f32 = 100.0;

/// What the generator of random numbers begins with.
pub const CRUNCH_SEED: i64 = 12_345;

/// What each entity does in a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// A callback without anything in it.
    Empty,
    /// A script that does not define the callback.
    Undefined,
    /// 1 more in a variable that lasts. Its value is that variable.
    Counter,
    /// The patrol: position, element of a list, distance, then the next waypoint or a move. Its value is the
    /// number of the waypoint, from 0.
    Patrol,
    /// Hits the nearest enemy and heals itself when it is weak. Blows and cures take effect when all
    /// have had their turn. Its value is the health.
    Skirmish,
    /// 1,000 turns of a linear congruential generator of integers that fit a double, too. Its value is
    /// where the generator stands.
    Crunch,
    /// Events that add to a variable. Its value is that variable.
    Events,
}

impl Workload {
    pub const ALL: [Self; 7] = [
        Self::Empty,
        Self::Undefined,
        Self::Counter,
        Self::Patrol,
        Self::Skirmish,
        Self::Crunch,
        Self::Events,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Undefined => "undefined",
            Self::Counter => "counter",
            Self::Patrol => "patrol",
            Self::Skirmish => "skirmish",
            Self::Crunch => "crunch",
            Self::Events => "events",
        }
    }

    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|workload| workload.name() == name)
    }

    /// Whether the game moves the entities between the ticks.
    pub const fn moves(self) -> bool {
        matches!(self, Self::Skirmish)
    }
}

/// The side that an entity fights on: 0 or 1.
pub const fn side(entity: usize) -> usize {
    entity % 2
}

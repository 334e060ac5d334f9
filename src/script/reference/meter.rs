//! Fuel, counted by ourselves: Rhai loses its own count inside functions that natives call back. And the
//! heap, which Rhai does not look at.

use std::cell::Cell;

use rhai::{Dynamic, Engine};

use crate::{
    alloc,
    contract::{ErrorKind, SafetyLimits},
};

/// What is left to the call that runs on a thread.
#[derive(Clone, Copy)]
struct Meter {
    fuel: u64,
    /// What the thread's heap may reach. Nothing is above it unless the game counts.
    heap_limit: isize,
    stopped: Option<Stop>,
}

/// Why a call was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Fuel,
    Heap,
}

thread_local! {
    static METER: Cell<Meter> =
        const { Cell::new(Meter { fuel: 0, heap_limit: isize::MAX, stopped: None }) };
}

/// Makes every step of an engine cost one unit of its thread's fuel, and look at the heap: a step may
/// double what the call holds.
///
/// Once a call is stopped every further step fails too, so that a native which swallows the error
/// cannot go on.
pub(super) fn install(engine: &mut Engine) {
    engine.set_max_operations(0);
    engine.on_progress(|_| {
        METER.with(|cell| {
            let mut meter = cell.get();
            let stop = meter.step();
            cell.set(meter);
            stop.map(Stop::token)
        })
    });
}

/// Sets what the next call on this thread may use up.
pub(super) fn fill(fuel: u64, safety: &SafetyLimits) {
    let room = safety.heap_bytes.and_then(|bytes| isize::try_from(bytes).ok());
    let heap_limit = room.map_or(isize::MAX, |room| alloc::thread().live.saturating_add(room));
    METER.set(Meter { fuel, heap_limit, stopped: None });
}

/// The fuel that is left.
pub(super) fn left() -> u64 {
    METER.get().fuel
}

/// Why the call was stopped, if it was, whatever it returned.
pub(super) fn stopped() -> Option<Stop> {
    METER.get().stopped
}

impl Meter {
    fn step(&mut self) -> Option<Stop> {
        if self.stopped.is_none() {
            if self.heap_limit < isize::MAX && alloc::thread().live > self.heap_limit {
                self.stopped = Some(Stop::Heap);
            } else if let Some(fuel) = self.fuel.checked_sub(1) {
                self.fuel = fuel;
            } else {
                self.stopped = Some(Stop::Fuel);
            }
        }
        self.stopped
    }
}

impl Stop {
    /// What Rhai's error carries.
    pub(super) fn token(self) -> Dynamic {
        Dynamic::from_bool(self == Self::Heap)
    }

    /// From what Rhai's error carries.
    pub(super) fn of(token: &Dynamic) -> Self {
        if token.as_bool() == Ok(true) { Self::Heap } else { Self::Fuel }
    }

    /// What is said of it.
    pub(super) const fn told(self) -> (ErrorKind, &'static str) {
        match self {
            Self::Fuel => {
                (ErrorKind::Fuel, "the call used up its fuel; look for a loop that does not end")
            }
            Self::Heap => (ErrorKind::Memory, "the call holds more of the heap than it may"),
        }
    }
}

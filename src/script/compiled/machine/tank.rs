use std::time::{Duration, Instant};

use super::Run;
use crate::{
    alloc,
    contract::{ErrorKind, SafetyLimits},
    script::compiled::fault::Fault,
};

/// The fuel of a call, but for what it has at hand, and the clock and the heap that are looked at when it takes
/// more. Where there is nothing to look at a call takes all at once.
pub(super) struct Tank {
    load: Load,
    /// What it is for a call that gets all that it may use.
    full: Load,
    /// What such a call has at hand first.
    first: u64,
    /// A context must have more than this, or a call may not get all that it may use. If the heap is looked at,
    /// no context has.
    enough: u64,
    portion: u64,
    deadline: Option<Duration>,
    /// When the first portion was used up: short calls never ask for the time.
    since: Option<Instant>,
    /// What a call may add to the thread's heap; nothing is counted unless the game uses the allocator.
    heap: Option<isize>,
    /// What the heap may reach.
    heap_limit: isize,
}

#[derive(Clone, Copy, Default)]
struct Load {
    /// What the call was given.
    given: u64,
    /// What of that it has not taken.
    rest: u64,
}

/// Fuel between two looks at the clock: some 10 µs of usual work.
const PORTION: u64 = 1_024;

impl Tank {
    /// An empty one, for calls that may use `limit` each.
    pub(super) fn new(safety: &SafetyLimits, limit: u64) -> Self {
        let SafetyLimits { deadline, heap_bytes, .. } = *safety;
        let heap = heap_bytes.filter(|_| alloc::is_active());
        let heap = heap.map(|bytes| isize::try_from(bytes).unwrap_or(isize::MAX));
        let looks = deadline.is_some() || heap.is_some();
        let portion = if looks { PORTION } else { u64::MAX };
        let full = Load { given: limit, rest: limit.saturating_sub(portion) };
        Self {
            load: Load::default(),
            full,
            first: full.given - full.rest,
            enough: if heap.is_some() { u64::MAX } else { limit },
            portion,
            deadline,
            since: None,
            heap,
            heap_limit: 0,
        }
    }

    /// Fills it for a call that has no more than `purse`, and gives what is taken first.
    #[inline(never)]
    fn fill_within(&mut self, purse: u64) -> u64 {
        if let Some(bytes) = self.heap {
            self.heap_limit = alloc::thread().live.saturating_add(bytes);
        }
        let given = self.full.given.min(purse);
        self.load = Load { given, rest: given.saturating_sub(self.portion) };
        given - self.load.rest
    }

    /// Pours out what is left.
    pub(super) const fn empty(&mut self) {
        self.load.rest = 0;
    }

    /// Whether the heap holds too much.
    fn is_heavy(&self) -> bool {
        self.heap.is_some() && alloc::thread().live > self.heap_limit
    }

    /// Whether the time is up.
    fn is_late(&mut self) -> bool {
        let Some(deadline) = self.deadline else { return false };
        if self.load.given - self.load.rest <= self.portion {
            // It is the first portion that was used up; the time is that of an earlier call.
            self.since = None;
        }
        let since = *self.since.get_or_insert_with(Instant::now);
        since.elapsed() > deadline
    }
}

impl Run<'_, '_> {
    /// Gives a call the fuel that it may use.
    #[inline(always)]
    pub(super) fn fill(&mut self) {
        let (purse, tank) = (self.context.purse(), &mut self.tank);
        self.fuel = if purse > tank.enough {
            tank.load = tank.full;
            tank.first
        } else {
            tank.fill_within(purse)
        };
    }

    /// What a call may use before the clock or the heap is looked at, if it gets all that it may use.
    pub(crate) const fn first_fuel(&self) -> u64 {
        self.tank.first
    }

    /// Tells the context what the call has used.
    #[inline(always)]
    pub(super) fn settle(&mut self) {
        self.context.spend(self.tank.load.given - self.fuel_left());
    }

    /// Pays for what the fuel at hand does not suffice for.
    ///
    /// # Errors
    /// There is no more, or the time is up, or the heap is full; the call ends.
    #[cold]
    #[inline(never)]
    pub(super) fn refuel(&mut self, units: u64) -> Result<(), Fault> {
        let all = self.fuel_left();
        let Some(left) = all.checked_sub(units) else {
            (self.fuel, self.tank.load.rest) = (0, 0);
            return Err(Fault::out_of_fuel());
        };
        if self.tank.is_heavy() {
            let message = "the call holds more of the heap than it may";
            return Err(Fault::stopped(ErrorKind::Memory, message));
        }
        if self.tank.is_late() {
            return Err(Fault::stopped(
                ErrorKind::Time,
                "the call took too long; spread the work over several ticks",
            ));
        }
        self.fuel = left.min(self.tank.portion);
        self.tank.load.rest = left - self.fuel;
        Ok(())
    }

    /// All the fuel that the call has left.
    pub(super) const fn fuel_left(&self) -> u64 {
        self.fuel + self.tank.load.rest
    }
}

use std::time::{Duration, Instant};

use super::Run;
use crate::{
    alloc,
    contract::{ErrorKind, SafetyLimits},
    script::compiled::fault::Fault,
};

/// The fuel that a call has beside what it is using up, and the clock and the heap that are looked at
/// when it takes more. Where there is nothing to look at a call takes all at once.
pub(super) struct Tank {
    rest: u64,
    portion: u64,
    deadline: Option<Duration>,
    /// When the first portion was used up: short calls never ask for the time.
    since: Option<Instant>,
    /// What a call may add to the thread's heap; nothing is counted unless the game uses the allocator.
    heap: Option<isize>,
    /// What the heap may reach.
    heap_limit: isize,
}

/// Fuel between two looks at the clock: some 10 µs of usual work.
const PORTION: u64 = 1_024;

impl Tank {
    /// An empty one.
    pub(super) fn new(safety: &SafetyLimits) -> Self {
        let SafetyLimits { deadline, heap_bytes, .. } = *safety;
        let heap = heap_bytes.filter(|_| alloc::is_active());
        let heap = heap.map(|bytes| isize::try_from(bytes).unwrap_or(isize::MAX));
        let looks = deadline.is_some() || heap.is_some();
        let portion = if looks { PORTION } else { u64::MAX };
        Self { rest: 0, portion, deadline, since: None, heap, heap_limit: 0 }
    }

    /// Holds the fuel of a call, and gives what it begins with.
    #[inline(always)]
    pub(super) fn fill(&mut self, fuel: u64) -> u64 {
        self.since = None;
        if let Some(bytes) = self.heap {
            self.heap_limit = alloc::thread().live.saturating_add(bytes);
        }
        self.rest = fuel.saturating_sub(self.portion);
        fuel - self.rest
    }

    /// Pours out what is left.
    pub(super) const fn empty(&mut self) {
        self.rest = 0;
    }

    /// Whether the heap holds too much.
    fn is_heavy(&self) -> bool {
        self.heap.is_some() && alloc::thread().live > self.heap_limit
    }

    /// Whether the time is up.
    fn is_late(&mut self) -> bool {
        let Some(deadline) = self.deadline else { return false };
        let since = *self.since.get_or_insert_with(Instant::now);
        since.elapsed() > deadline
    }
}

impl Run<'_, '_> {
    /// Pays for what the fuel at hand does not suffice for.
    ///
    /// # Errors
    /// There is no more, or the time is up, or the heap is full; the call ends.
    #[cold]
    #[inline(never)]
    pub(super) fn refuel(&mut self, units: u64) -> Result<(), Fault> {
        let all = self.fuel_left();
        let Some(left) = all.checked_sub(units) else {
            (self.fuel, self.tank.rest) = (0, 0);
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
        self.tank.rest = left - self.fuel;
        Ok(())
    }

    /// All the fuel that the call has left.
    pub(super) const fn fuel_left(&self) -> u64 {
        self.fuel + self.tank.rest
    }
}

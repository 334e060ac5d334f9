use std::time::Duration;

use crate::alloc;

/// What a piece of work cost.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    /// CPU of the thread that did it.
    pub(super) cpu: Duration,
    /// Bytes by which the heap of the process was larger at its highest than before.
    pub(super) heap: u64,
}

impl Cost {
    /// The dearer of two, in each respect.
    pub(super) fn or(self, other: Self) -> Self {
        Self { cpu: self.cpu.max(other.cpu), heap: self.heap.max(other.heap) }
    }
}

/// Does something on this thread and says what it cost.
pub(super) fn measured<R>(work: impl FnOnce() -> R) -> (R, Cost) {
    alloc::reset_peak();
    let before = alloc::process();
    let started = cpu();
    let result = work();
    let cpu = cpu().saturating_sub(started);
    let heap = alloc::process().peak.saturating_sub(before.live);
    (result, Cost { cpu, heap: u64::try_from(heap).unwrap_or_default() })
}

/// The CPU time of this thread, from some point on.
#[cfg(unix)]
fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.try_into().unwrap_or_default(),
        time.tv_nsec.try_into().unwrap_or_default(),
    )
}

/// Where there is no such clock, the time that passed: never less.
#[cfg(not(unix))]
fn cpu() -> Duration {
    use std::{sync::OnceLock, time::Instant};
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// Nanoseconds that this thread has worked, from some point on: what else runs on the machine is not in them.
#[cfg(unix)]
pub(crate) fn nanoseconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Where there is no such clock, those that passed.
#[cfg(not(unix))]
pub(crate) fn nanoseconds() -> f64 {
    use std::{sync::OnceLock, time::Instant};
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_nanos() as f64
}

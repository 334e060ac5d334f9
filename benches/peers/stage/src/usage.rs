//! What the process has used.

use std::time::{Duration, Instant};

use cpu_time::ProcessTime;

/// Time on the clock on the wall, and time that all threads of the process ran.
#[derive(Clone, Copy, Default)]
pub struct Spent {
    pub wall: Duration,
    pub cpu: Duration,
}

impl std::ops::AddAssign for Spent {
    fn add_assign(&mut self, more: Self) {
        self.wall += more.wall;
        self.cpu += more.cpu;
    }
}

/// What some work takes.
pub fn spent(work: impl FnOnce()) -> Spent {
    let cpu = ProcessTime::now();
    let wall = Instant::now();
    work();
    let wall = wall.elapsed();
    Spent { wall, cpu: cpu.elapsed() }
}

/// Bytes of memory that the process holds; nothing where the system does not say it as Linux does.
pub fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1_024)
}

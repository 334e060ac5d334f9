use std::time::Duration;

use super::{AttackOptions, limits::limits};

/// What a run may cost at the most. Whatever costs more is a breach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bars {
    /// CPU of one call, or of dropping all that is left.
    pub(super) call: Duration,
    /// CPU of compiling.
    pub(super) compile: Duration,
    /// Bytes by which the heap may grow in a call: what limits allow, a fifth more, and [`MACHINE`].
    pub(super) heap: u64,
    /// Bytes of heap that an instance may hold between two calls: what limits allow, a tenth more, and
    /// [`INSTANCE`].
    pub(super) kept: u64,
    /// Bytes by which the heap may grow while a script is compiled.
    pub(super) compile_heap: u64,
    /// Bytes that may be left when the script is gone.
    pub(super) left: u64,
    /// Whether a call may be stopped by the clock, whatever is expected.
    pub(super) has_deadline: bool,
}

/// Bytes for the machine's own registers: 20,719 were seen at the greatest depth of calls.
const MACHINE: u64 = 32 * 1024;
/// Bytes that an instance takes beside what its variables hold: 256 of them lie in it.
const INSTANCE: u64 = 8 * 1024;
/// How many bytes the parsed form of a byte of text may need.
const BYTES_FOR_A_BYTE: usize = 256;

impl Bars {
    pub(super) fn new(options: &AttackOptions) -> Self {
        let deadline = options.deadline_ms.map(Duration::from_millis);
        let limits = limits(options.trust.trust(), deadline);
        // A fifth of a microsecond for a unit of fuel: five times what the worst row of `benches/fuel` takes.
        let fuel = limits.fuel.max(limits.start_fuel) as f64;
        let call = deadline.map_or(fuel / 5e3, |deadline| deadline.as_secs_f64() * 1e3 + 0.5);
        // Unoptimised code is some five times as slow, and no player runs it.
        let slow = if cfg!(debug_assertions) { 5.0 } else { 1.0 };
        let time = |ms: Option<f64>, usual: f64| {
            Duration::try_from_secs_f64(ms.unwrap_or(usual * slow) / 1e3).unwrap_or(Duration::MAX)
        };
        Self {
            call: time(options.call_ms, call),
            compile: time(options.compile_ms, 100.0),
            heap: (limits.memory_bytes as u64).saturating_mul(6) / 5 + MACHINE,
            kept: (limits.state_bytes as u64).saturating_mul(11) / 10 + INSTANCE,
            compile_heap: limits.source_bytes.saturating_mul(BYTES_FOR_A_BYTE) as u64,
            left: 64 * 1024,
            has_deadline: deadline.is_some(),
        }
    }
}

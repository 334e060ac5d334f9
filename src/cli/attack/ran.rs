use std::hash::Hasher;

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use super::{measure::Cost, outcome::Outcome};

/// What a child says of its script: one line of JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Ran {
    pub(super) outcome: Outcome,
    /// The words of the first error.
    pub(super) message: String,
    /// Calls that were made, the start included.
    pub(super) calls: u32,
    /// Fuel of all calls.
    pub(super) fuel: u64,
    /// CPU of everything, from the first byte to the last drop.
    pub(super) cpu_ms: f64,
    pub(super) compile_ms: f64,
    /// CPU of the dearest call.
    pub(super) call_ms: f64,
    pub(super) compile_bytes: u64,
    /// The most that the heap grew in a call.
    pub(super) peak_bytes: u64,
    /// What the instance held on the heap when nothing was called any more.
    pub(super) kept_bytes: u64,
    /// What was left on the heap when all was dropped.
    pub(super) left_bytes: u64,
    /// A hash of what each call did: its error with its place, its fuel, commands, log, and the state
    /// at the end. Equal on every machine.
    pub(super) digest: String,
}

/// A [`Ran`] in the making.
pub(super) struct Notes {
    outcome: Outcome,
    message: String,
    calls: u32,
    fuel: u64,
    compile: Cost,
    call: Cost,
    total_ms: f64,
    kept: u64,
    digest: XxHash3_64,
}

/// Characters of a message that are passed on.
const LONGEST: usize = 300;

impl Notes {
    pub(super) fn new() -> Self {
        Self {
            outcome: Outcome::Ends,
            message: String::new(),
            calls: 0,
            fuel: 0,
            compile: Cost::default(),
            call: Cost::default(),
            total_ms: 0.0,
            kept: 0,
            digest: XxHash3_64::default(),
        }
    }

    pub(super) fn compiled(&mut self, cost: Cost) {
        self.compile = cost;
        self.total_ms += cost.cpu.as_secs_f64() * 1e3;
    }

    pub(super) fn called(&mut self, fuel: u64, cost: Cost) {
        self.calls += 1;
        self.fuel += fuel;
        self.dropped(cost);
        self.saw(&fuel.to_string());
    }

    /// Giving memory back is work, too.
    pub(super) fn dropped(&mut self, cost: Cost) {
        self.call = self.call.or(cost);
        self.total_ms += cost.cpu.as_secs_f64() * 1e3;
    }

    pub(super) fn kept(&mut self, bytes: u64) {
        self.kept = bytes;
    }

    /// A call did not end well. The first one says how the script ends.
    pub(super) fn failed(&mut self, outcome: Outcome, message: &str) {
        self.saw(message);
        if self.outcome == Outcome::Ends {
            self.outcome = outcome;
            self.message = message.chars().take(LONGEST).collect();
        }
    }

    /// Something that must be the same on every machine.
    pub(super) fn saw(&mut self, what: &str) {
        self.digest.write(&(what.len() as u64).to_le_bytes());
        self.digest.write(what.as_bytes());
    }

    pub(super) fn finish(self, left_bytes: u64) -> Ran {
        Ran {
            outcome: self.outcome,
            message: self.message,
            calls: self.calls,
            fuel: self.fuel,
            cpu_ms: self.total_ms,
            compile_ms: self.compile.cpu.as_secs_f64() * 1e3,
            call_ms: self.call.cpu.as_secs_f64() * 1e3,
            compile_bytes: self.compile.heap,
            peak_bytes: self.call.heap,
            kept_bytes: self.kept,
            left_bytes,
            digest: format!("{:016x}", self.digest.finish()),
        }
    }
}

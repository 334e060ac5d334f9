//! How the jobs of a pass are cut into batches, by how long jobs took lately. What comes out of a pass
//! does not depend on it.

use std::time::Duration;

use bevy::prelude::*;

use super::plugin::Pass;
use crate::script::ScriptWorkers;

/// How long jobs take, in passes of events and of updates, and moves of what they ask for.
#[derive(Resource, Clone, Copy, Default)]
pub(super) struct Paces {
    events: Pace,
    updates: Pace,
    pub(super) moves: Pace,
}

/// How long a job takes, in nanoseconds, as a moving average. 0 until some were done.
#[derive(Clone, Copy, Default)]
pub(super) struct Pace(f64);

/// Waking a thread takes some 20 to 40 us; a pass that is done in less than this stays on one thread.
const BREAK_EVEN: f64 = 80_000.0;

/// The same where none must be woken.
const BREAK_EVEN_AWAKE: f64 = 30_000.0;

/// No batch is to be shorter: with 8 us two threads were slower.
const SHORTEST: f64 = 20_000.0;

/// How many batches each thread gets, so that one slow batch does not make all wait.
const BATCHES_PER_THREAD: usize = 24;

/// The most jobs of a batch. What they ask for is looked at again when they are done, and is to lie in the processor's
/// caches still.
const MOST: usize = 4_096;

/// What is assumed of a job before any was done: that of a short script.
const ASSUMED: f64 = 300.0;

impl Paces {
    pub(super) const fn of(&mut self, pass: Pass) -> &mut Pace {
        match pass {
            Pass::Events | Pass::PutOff => &mut self.events,
            Pass::Update => &mut self.updates,
        }
    }
}

impl Pace {
    /// How many jobs a batch gets.
    pub(super) fn batch_size(self, jobs: usize, workers: &ScriptWorkers) -> usize {
        self.size(jobs, workers.count(), workers.are_awake())
    }

    /// How many pieces a batch gets, if the jobs come in so many pieces that are about as long as each other.
    pub(super) fn pieces(self, jobs: usize, pieces: usize, workers: &ScriptWorkers) -> usize {
        even(pieces, jobs.div_ceil(self.batch_size(jobs, workers).max(1)), workers.count())
    }

    fn size(self, jobs: usize, threads: usize, are_awake: bool) -> usize {
        let Self(nanos) = self;
        let each = if nanos > 0.0 { nanos } else { ASSUMED };
        if threads == 1 {
            return jobs.min(MOST);
        }
        let break_even = if are_awake { BREAK_EVEN_AWAKE } else { BREAK_EVEN };
        if jobs as f64 * each < break_even {
            return jobs;
        }
        let shortest = (SHORTEST / each).ceil() as usize;
        // Never so many that a thread gets none.
        let size = shortest.max(jobs.div_ceil(threads * BATCHES_PER_THREAD));
        size.min(jobs.div_ceil(threads)).clamp(1, MOST)
    }

    /// Takes note of how long jobs took.
    pub(super) fn note(&mut self, jobs: usize, took: Duration) {
        if jobs == 0 {
            return;
        }
        let each = took.as_secs_f64() * 1e9 / jobs as f64;
        self.0 = if self.0 > 0.0 { self.0 * 0.75 + each * 0.25 } else { each };
    }
}

/// How many pieces each of about so many batches gets, such that no thread has much more to do than others.
fn even(pieces: usize, batches: usize, threads: usize) -> usize {
    let (least, most) = (pieces.div_ceil(batches.max(1)).max(1), pieces.div_ceil(threads).max(1));
    // What the thread has to do that has most.
    let load = |each: usize| pieces.div_ceil(each).div_ceil(threads) * each;
    (least..most).find(|each| load(*each) * 16 <= most * 17).unwrap_or_else(|| least.max(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_as_long_as_it_pays() {
        let pace = |each: u64| {
            let mut pace = Pace::default();
            pace.note(10, Duration::from_nanos(10 * each));
            pace
        };
        assert_eq!(pace(300).size(4_000, 1, false), 4_000, "one thread");
        assert_eq!(pace(300).size(10_000, 1, false), MOST, "no more than lie in the caches");
        assert_eq!(pace(1).size(1_000_000, 2, false), MOST);
        assert_eq!(pace(300).size(200, 8, false), 200, "60 us in all");
        assert_eq!(pace(300).size(9_600, 2, false), 200, "48 batches");
        assert_eq!(pace(20).size(10_000, 2, false), 1_000, "of 20 us each");
        assert_eq!(pace(10_000_000).size(2, 2, false), 1, "two long ones");
        assert_eq!(pace(10_000_000).size(3, 2, false), 1);
        assert_eq!(pace(100_000).size(4, 64, false), 1);
        assert_eq!(Pace::default().size(200, 2, false), 200);
        assert_eq!(pace(300).size(200, 2, true), 67, "nobody must be woken");
        assert!(Pace::default().size(1_000, 2, false) < 1_000);
    }

    #[test]
    fn no_thread_has_much_more_to_do_than_others() {
        assert_eq!(even(157, 1, 2), 157, "not worth two threads");
        assert_eq!(even(157, 13, 2), 16, "ten batches");
        assert_eq!(even(10, 4, 2), 5, "not 3, 3, 3 and 1");
        assert_eq!(even(3, 3, 2), 1);
        assert_eq!(even(1_000, 48, 2), 21);
        assert_eq!([even(0, 1, 2), even(1, 5, 8), even(7, 100, 8)], [1, 1, 1]);
        assert_eq!(even(64, 9, 1), 8, "one thread");
        for pieces in 1..300 {
            for (batches, threads) in [(1, 2), (7, 2), (48, 2), (10, 4), (96, 4), (40, 8)] {
                let each = even(pieces, batches, threads);
                assert!(each >= 1 && (batches == 1 || each * threads < pieces + threads));
            }
        }
    }

    #[test]
    fn what_came_last_counts_most() {
        let mut pace = Pace::default();
        pace.note(0, Duration::from_secs(1));
        assert!(pace.0 <= 0.0);
        pace.note(100, Duration::from_nanos(100_000));
        for _ in 0..20 {
            pace.note(100, Duration::from_nanos(10_000));
        }
        assert!((100.0..110.0).contains(&pace.0), "{}", pace.0);
    }
}

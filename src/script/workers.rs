use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use super::processors::Processors;

/// How many threads run scripts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ScriptThreads {
    /// As many as the machine has processors.
    #[default]
    Auto,
    /// So many; 0 counts as 1.
    Fixed(usize),
}

/// The threads on which scripts are parsed and run, and nothing else.
///
/// They are our own because of their stack: the parser recurses, and so do natives that call back
/// and the reference backend, where a script that nests calls as deeply as its limits allow needs
/// up to 6 MiB in an unoptimised build. Bevy's threads have 2 MiB.
pub struct ScriptWorkers {
    pool: rayon::ThreadPool,
    /// With the one that asks for batches to be run.
    count: usize,
    lookout: Arc<Lookout>,
    processors: Arc<Processors>,
}

/// Threads that have nothing to do look out for more for a while, because waking one takes as long as many a pass.
#[derive(Default)]
struct Lookout {
    /// How often there was something to do.
    calls: AtomicU64,
    /// How many are looking out.
    count: AtomicUsize,
}

/// For so long they do. Whoever else wants the processor has it at once.
const LOOKS_OUT: Duration = Duration::from_micros(100);

impl Lookout {
    /// Says that there is something to do.
    fn call(&self) {
        self.calls.fetch_add(1, Relaxed);
    }

    /// Looks out until there is something to do, or nothing comes.
    fn look(&self, last: u64) {
        let began = Instant::now();
        self.count.fetch_add(1, Relaxed);
        while self.calls.load(Relaxed) == last && began.elapsed() < LOOKS_OUT {
            std::thread::yield_now();
        }
        self.count.fetch_sub(1, Relaxed);
    }
}

/// Bytes of stack of a script thread; only pages that are touched cost memory.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// Bytes of stack that a thread of somebody else must have left to run a batch as it stands; with less,
/// the batch gets a stack of its own.
const STACK_NEEDED: usize = 7 * 1024 * 1024;

impl ScriptWorkers {
    /// Starts the threads.
    ///
    /// # Errors
    /// The system has no threads left to give.
    pub fn new(threads: ScriptThreads) -> Result<Self, std::io::Error> {
        let count = match threads {
            ScriptThreads::Auto => {
                std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
            }
            ScriptThreads::Fixed(count) => count.max(1),
        };
        // Whoever asks for batches to be run does its part. One more thread than there are processors
        // would only be in its way.
        let helpers = (count - 1).max(1);
        let processors = Arc::new(Processors::new());
        let joined = processors.clone();
        rayon::ThreadPoolBuilder::new()
            .num_threads(helpers)
            .stack_size(STACK_BYTES)
            .thread_name(|i| format!("script {i}"))
            .start_handler(move |_| joined.join())
            .build()
            .map(|pool| Self { pool, count, lookout: Arc::default(), processors })
            .map_err(std::io::Error::other)
    }

    /// How many threads run batches, the one that asks for it included.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Whether all of them can begin at once, because none of them sleeps.
    #[cfg(feature = "bevy")]
    pub(crate) fn are_awake(&self) -> bool {
        self.lookout.count.load(Relaxed) + 1 >= self.count
    }

    /// Does something on a script thread and waits for it.
    pub fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        self.lookout.call();
        self.pool.install(work)
    }

    /// Does something with every item, in batches of so many; see [`run_each`](Self::run_each).
    pub fn run_batches<T: Send, R: Send>(
        &self,
        items: &mut [T],
        batch_size: usize,
        work: impl Fn(&mut [T]) -> R + Sync,
    ) -> Vec<R> {
        self.run_each(items.chunks_mut(batch_size.max(1)), work)
    }

    /// Does something with every batch, on this thread and on script threads, [so many](Self::count) in all,
    /// and gives the results in the order of the batches. One batch alone is done on this thread. If this
    /// thread has little stack left, it gets a larger one for that time.
    ///
    /// Finished batches come back over a channel in whatever order they finish; here they are put
    /// in order again, so the number of threads cannot be observed.
    pub fn run_each<B: Send, R: Send>(
        &self,
        mut batches: impl ExactSizeIterator<Item = B>,
        work: impl Fn(B) -> R + Sync,
    ) -> Vec<R> {
        let count = batches.len();
        if count <= 1 {
            // Waking a thread and waiting for it takes longer than a small batch, so it is done here.
            let batch = batches.next();
            return stacker::maybe_grow(STACK_NEEDED, STACK_BYTES, || batch.map(work))
                .into_iter()
                .collect();
        }
        if self.count > 1 && self.pool.current_thread_index().is_none() {
            self.processors.keep_off_mine();
        }
        self.lookout.call();
        // Each thread has a part of its own, mostly the same in every tick, so that what it works on stays in
        // its caches. Whoever is done helps the others.
        let threads = self.count().min(count);
        let parts: Vec<_> = (0..threads).map(|_| crossbeam_channel::unbounded()).collect();
        let (done, results) = crossbeam_channel::bounded(count);
        for (i, batch) in batches.enumerate() {
            if let Some((part, _)) = parts.get(i * threads / count) {
                // All channels outlive the scope below.
                let _ = part.send((i, batch));
            }
        }
        let take_part = |own: usize| {
            for (_, part) in parts.iter().cycle().skip(own).take(threads) {
                for (i, batch) in part.try_iter() {
                    let _ = done.send((i, work(batch)));
                }
            }
        };
        let take_part = &take_part;
        self.pool.in_place_scope(|scope| {
            for own in 1..threads {
                scope.spawn(move |_| take_part(own));
            }
            // This thread has nothing better to do, and until the others are awake it has done the first.
            stacker::maybe_grow(STACK_NEEDED, STACK_BYTES, || take_part(0));
        });
        let last = self.lookout.calls.load(Relaxed);
        for _ in 1..threads {
            let lookout = self.lookout.clone();
            self.pool.spawn(move || lookout.look(last));
        }
        let mut ordered: Vec<_> = results.try_iter().collect();
        ordered.sort_unstable_by_key(|(i, _)| *i);
        ordered.into_iter().map(|(_, result)| result).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items_on_any_number_of_threads() {
        for threads in [1, 2, 8] {
            let Ok(workers) = ScriptWorkers::new(ScriptThreads::Fixed(threads)) else {
                panic!("threads can be started");
            };
            assert_eq!(workers.count(), threads);
            let mut items: Vec<u64> = (0..1_000).collect();
            let sums = workers.run_batches(&mut items, 64, |batch| {
                // The first batches take longest.
                std::thread::sleep(std::time::Duration::from_micros(1_000 / (1 + batch[0])));
                batch.iter().sum::<u64>()
            });
            let expected: Vec<u64> =
                (0..1_000).collect::<Vec<_>>().chunks(64).map(|c| c.iter().sum()).collect();
            assert_eq!(sums, expected);
        }
    }

    #[test]
    fn who_looks_out_stops_when_there_is_something_to_do_or_nothing_comes() {
        let lookout = Lookout::default();
        lookout.call();
        // Something has come since.
        lookout.look(0);
        // Nothing comes.
        lookout.look(1);
        assert_eq!(lookout.count.load(Relaxed), 0);
        let Ok(workers) = ScriptWorkers::new(ScriptThreads::Fixed(3)) else {
            panic!("threads can be started");
        };
        // Whoever looks out is in nobody's way, be it the next batches or something else.
        for round in 0..100 {
            let ran = workers.run_batches(&mut [round; 9], 1, |batch| batch[0]);
            assert_eq!((ran, workers.run(|| round)), (vec![round; 9], round));
        }
        while workers.lookout.count.load(Relaxed) > 0 {
            std::thread::yield_now();
        }
        assert!(!workers.are_awake());
    }

    /// Takes some 4 MiB of stack.
    fn deep(levels: u32) -> u64 {
        let room = std::hint::black_box([u64::from(levels); 128]);
        if levels == 0 { 0 } else { deep(levels - 1) + room[(levels % 128) as usize] }
    }

    #[test]
    fn a_batch_has_stack_enough_wherever_it_is_run() {
        let run = || {
            let Ok(workers) = ScriptWorkers::new(ScriptThreads::Fixed(2)) else {
                panic!("threads can be started");
            };
            let one = workers.run_batches(&mut [4_000], 8, |batch| deep(batch[0]));
            let several = workers.run_batches(&mut [4_000; 6], 1, |batch| deep(batch[0]));
            (one, several)
        };
        let small = std::thread::Builder::new().stack_size(128 * 1024).spawn(run);
        let done = small.map(std::thread::JoinHandle::join);
        let sum = 4_000 * 4_001 / 2;
        let Ok(Ok((one, several))) = done else { panic!("it has not come to its end") };
        assert_eq!((one, several), (vec![sum], vec![sum; 6]));
    }

    #[test]
    fn nothing_to_do_is_no_batch() {
        let Ok(workers) = ScriptWorkers::new(ScriptThreads::Fixed(1)) else {
            panic!("threads can be started");
        };
        assert!(workers.run_batches(&mut Vec::<u8>::new(), 8, |_| ()).is_empty());
    }
}

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use rustix::thread::{CpuSet, Pid, gettid, sched_getaffinity, sched_getcpu, sched_setaffinity};

/// Keeps helping threads off the processor of the thread that they help.
///
/// Where a thread is woken is up to the operating system. Linux as a guest of a hypervisor may take a processor
/// that sleeps for one that was taken away, and lets who is woken wait behind the one that woke him, who goes on for as
/// long as the batches last: of two threads one works then, while the other processor is idle.
///
/// Threads stay within the processors that they were given, and are left alone once somebody has given them others, as
/// `taskset` does; where there are more of them than other processors; and where a filter (seccomp) watches over calls of the system.
/// What else such a thread starts stays off the same processor.
pub(in crate::script) struct Processors {
    helpers: Mutex<Vec<Helper>>,
    /// The one off which they are kept.
    kept_off: AtomicUsize,
}

struct Helper {
    id: Pid,
    given: CpuSet,
    /// Those that it has now.
    set: CpuSet,
}

/// Nobody's.
const NONE: usize = usize::MAX;

/// Among more of them there is mostly one that is free, and to tell as many threads would take its time.
const MOST: u32 = 16;

impl Processors {
    pub(in crate::script) const fn new() -> Self {
        Self { helpers: Mutex::new(Vec::new()), kept_off: AtomicUsize::new(NONE) }
    }

    /// Says that the thread that asks is one that helps.
    pub(in crate::script) fn join(&self) {
        if let Ok(given) = sched_getaffinity(None)
            && (2..=MOST).contains(&given.count())
            && !is_filtered()
        {
            let helper = Helper { id: gettid(), given, set: given };
            self.helpers.lock().unwrap_or_else(PoisonError::into_inner).push(helper);
            self.kept_off.store(NONE, Relaxed);
        }
    }

    /// Keeps those who help off the processor of the thread that asks. Costs some nanoseconds if it is still the same one, else two or
    /// three calls of the system for each of them.
    pub(in crate::script) fn keep_off_mine(&self) {
        let mine = sched_getcpu();
        if self.kept_off.swap(mine, Relaxed) != mine
            && let Ok(own) = sched_getaffinity(None)
        {
            let mut helpers = self.helpers.lock().unwrap_or_else(PoisonError::into_inner);
            let count = helpers.len();
            helpers.retain_mut(|helper| helper.keep_off(mine, &own, count));
        }
    }
}

/// Whether calls of the system are filtered, as hardened services have it, or that is not known: a filter may end the
/// process for one that it does not expect.
fn is_filtered() -> bool {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let seccomp = status.lines().find_map(|line| line.strip_prefix("Seccomp:"));
    seccomp.is_none_or(|mode| mode.trim() != "0")
}

impl Helper {
    /// Says whether it can be told so again, as one of so many. `own` are those of whom it helps.
    fn keep_off(&mut self, processor: usize, own: &CpuSet, count: usize) -> bool {
        // Somebody else knows better.
        if sched_getaffinity(Some(self.id)).ok() != Some(self.set) {
            return false;
        }
        let mut set = self.given;
        let given = (0..CpuSet::MAX_CPU).filter(|it| self.given.is_set(*it));
        given.filter(|it| *it == processor || !own.is_set(*it)).for_each(|it| set.unset(it));
        // Each must have one; and who is kept to one processor has a reason for it.
        if (set.count() as usize) < count || set == self.set {
            return true;
        }
        let is_set = sched_setaffinity(Some(self.id), &set).is_ok();
        if is_set {
            self.set = set;
        }
        is_set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(processors: impl IntoIterator<Item = usize>) -> CpuSet {
        let mut set = CpuSet::new();
        processors.into_iter().for_each(|processor| set.set(processor));
        set
    }

    /// Goes to one processor and keeps who helps off it; gives those that he has then.
    fn kept_off(all: &Processors, helper: Pid, mine: usize) -> Option<CpuSet> {
        let given = sched_getaffinity(None).ok()?;
        sched_setaffinity(None, &set([mine])).ok()?;
        sched_setaffinity(None, &given).ok()?;
        // It stays there, but may be elsewhere again on a busy machine.
        let at = sched_getcpu();
        all.keep_off_mine();
        (at == mine && sched_getcpu() == mine).then(|| sched_getaffinity(Some(helper)).ok())?
    }

    /// The same, tried until it stays where it goes.
    fn surely_kept_off(all: &Processors, helper: Pid, mine: usize) -> Option<CpuSet> {
        (0..1_000).find_map(|_| kept_off(all, helper, mine))
    }

    #[test]
    fn who_helps_is_kept_off_the_processor_of_whom_he_helps() {
        let Ok(given) = sched_getaffinity(None) else {
            panic!("it is known where threads may run")
        };
        let processors: Vec<_> = (0..CpuSet::MAX_CPU).filter(|it| given.is_set(*it)).collect();
        let [a, b, ..] = *processors else { return };
        if given.count() > MOST || is_filtered() {
            return;
        }
        let (all, (told, hears)) = (Processors::new(), std::sync::mpsc::channel());
        let (ends, waits) = std::sync::mpsc::channel::<()>();
        std::thread::scope(|scope| {
            let all = &all;
            scope.spawn(move || {
                all.join();
                let _ = told.send(gettid());
                let _ = waits.recv();
            });
            let Ok(helper) = hears.recv() else { panic!("it has joined") };
            let others = |one| processors.iter().copied().filter(move |it| *it != one);
            assert_eq!(surely_kept_off(all, helper, a), Some(set(others(a))));
            assert_eq!(surely_kept_off(all, helper, b), Some(set(others(b))));
            assert_eq!(surely_kept_off(all, helper, b), Some(set(others(b))));
            // Whom it helps is kept to one processor, so it is not for us to say where others are.
            assert!(sched_setaffinity(None, &set([a])).is_ok());
            all.keep_off_mine();
            assert_eq!(sched_getaffinity(Some(helper)).ok(), Some(set(others(b))));
            assert!(sched_setaffinity(None, &given).is_ok());
            // Somebody gives it others.
            assert!(sched_setaffinity(Some(helper), &given).is_ok());
            assert_eq!(surely_kept_off(all, helper, b), Some(given), "it is left alone");
            drop(ends);
        });
    }

    #[test]
    fn who_has_one_processor_stays_there() {
        let on_one = std::thread::spawn(|| {
            let Ok(given) = sched_getaffinity(None) else { return None };
            let mine = (0..CpuSet::MAX_CPU).find(|it| given.is_set(*it))?;
            sched_setaffinity(None, &set([mine])).ok()?;
            let all = Processors::new();
            all.join();
            all.keep_off_mine();
            Some(sched_getaffinity(None).ok()? == set([mine]))
        });
        assert_eq!(on_one.join().ok(), Some(Some(true)));
    }
}

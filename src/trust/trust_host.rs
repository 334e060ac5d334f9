use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

use super::KeyId;

/// What verification needs to know that no file tells: the time, and which versions were accepted before.
/// The host implements it; scripts and mods must have no way to what it stores.
pub trait TrustHost: Send + Sync + fmt::Debug {
    /// The time, in seconds of Unix time. `None` if the host does not tell it: then nothing is accepted that
    /// ends at some time, where the policy looks at that.
    fn now(&self) -> Option<u64>;

    /// The highest counter that was accepted of a [subject](super::Statement::subject) by a key.
    ///
    /// # Errors
    /// Why it cannot be known. What is asked for is refused then.
    fn highest(&self, subject: &str, key: KeyId) -> Result<Option<u64>, String>;

    /// Stores the highest counter. Called only after everything else was checked, and for no lower one
    /// than [`TrustHost::highest`] gave.
    ///
    /// # Errors
    /// Why it cannot be stored. What is asked for is refused then.
    fn remember(&self, subject: &str, key: KeyId, counter: u64) -> Result<(), String>;
}

/// Which versions were accepted: the highest counter of each subject by each key. A value that a host stores
/// where it likes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters(BTreeMap<KeyId, BTreeMap<String, u64>>);

impl Counters {
    /// The highest counter of a subject by a key.
    #[must_use]
    pub fn highest(&self, subject: &str, key: KeyId) -> Option<u64> {
        self.0.get(&key)?.get(subject).copied()
    }

    /// Takes note of a counter. Never lowers one.
    pub fn remember(&mut self, subject: &str, key: KeyId, counter: u64) {
        let highest = self.0.entry(key).or_default().entry(subject.to_owned()).or_default();
        *highest = counter.max(*highest);
    }

    /// Forgets what a key signed: after it was replaced because somebody used up its counters.
    pub fn forget(&mut self, key: KeyId) {
        self.0.remove(&key);
    }
}

/// A [`TrustHost`] that keeps the counters in memory and is told the time.
#[derive(Debug, Default)]
pub struct TrustMemory(Mutex<(Option<u64>, Counters)>);

impl TrustMemory {
    /// One that has these counters and does not tell the time.
    #[must_use]
    pub const fn new(counters: Counters) -> Self {
        Self(Mutex::new((None, counters)))
    }

    /// Sets the time, in seconds of Unix time.
    pub fn set_now(&self, now: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 = Some(now);
    }

    /// The counters so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }
}

impl TrustHost for TrustMemory {
    fn now(&self) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    fn highest(&self, subject: &str, key: KeyId) -> Result<Option<u64>, String> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).1.highest(subject, key))
    }

    fn remember(&self, subject: &str, key: KeyId, counter: u64) -> Result<(), String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.remember(subject, key, counter);
        Ok(())
    }
}

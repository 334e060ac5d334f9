use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::trust::{Counters, KeyId, TrustHost};

/// The [`TrustHost`] of a game on a computer of its own: the system's time, and the highest counters in a
/// file or, until the game ends, in memory.
///
/// Keep the file where neither scripts nor their players write; whoever deletes it can have old versions
/// accepted again.
#[derive(Debug, Default)]
pub struct TrustStore {
    file: Option<PathBuf>,
    counters: Mutex<Counters>,
}

impl TrustStore {
    /// A store that forgets when the game ends.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::default()
    }

    /// A store in a file, which need not exist yet. It is read now, and written in one step whenever a newer
    /// version was accepted.
    ///
    /// # Errors
    /// If the file is there and cannot be read or is none of ours: it is not taken for an empty one.
    pub fn open(file: impl Into<PathBuf>) -> io::Result<Self> {
        let file = file.into();
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("{}: {error}; mend or restore it", file.display()))
        };
        let counters = match fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| named(e.into()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Counters::default(),
            Err(error) => return Err(named(error)),
        };
        Ok(Self { file: Some(file), counters: Mutex::new(counters) })
    }
}

fn write(file: &Path, counters: &Counters) -> io::Result<()> {
    let aside = file.with_extension("new");
    fs::write(&aside, serde_json::to_vec_pretty(counters)?)?;
    fs::rename(&aside, file)
}

impl TrustHost for TrustStore {
    fn now(&self) -> Option<u64> {
        SystemTime::now().duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
    }

    fn highest(&self, subject: &str, key: KeyId) -> Result<Option<u64>, String> {
        Ok(self.counters.lock().unwrap_or_else(PoisonError::into_inner).highest(subject, key))
    }

    fn remember(&self, subject: &str, key: KeyId, counter: u64) -> Result<(), String> {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = counters.clone();
        next.remember(subject, key, counter);
        if let Some(file) = &self.file {
            write(file, &next).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        *counters = next;
        Ok(())
    }
}

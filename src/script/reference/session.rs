use std::{
    any::Any,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use rhai::{Caches, GlobalRuntimeState, Scope};

/// What a call needs and the next one can use again.
pub(super) struct Session {
    /// The given variables, the constants, and a place for each state variable.
    pub(super) scope: Scope<'static>,
    pub(super) global: GlobalRuntimeState,
    /// The natives that were found for each call in the text: to look them up anew is a third of
    /// what a short call costs.
    pub(super) caches: Caches,
}

/// The sessions of one program that nobody uses at the moment.
#[expect(clippy::vec_box, reason = "they are handed around boxed")]
#[derive(Clone, Default)]
pub(super) struct SessionPool(Arc<Mutex<Vec<Box<Session>>>>);

impl SessionPool {
    fn take(&self) -> Option<Box<Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn put(&self, session: Box<Session>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(session);
    }
}

/// The sessions that one batch of calls has taken out of their pools; they go back when it ends. So
/// a call takes no lock.
#[derive(Default)]
pub(super) struct OpenSessions {
    entries: Vec<Entry>,
    index: HashMap<usize, usize>,
    last: usize,
}

struct Entry {
    pool: SessionPool,
    session: Option<Box<Session>>,
}

impl OpenSessions {
    /// The sessions kept in a place that may be empty, or hold another backend's.
    pub(super) fn of(place: &mut Option<Box<dyn Any>>) -> &mut Self {
        if !place.as_ref().is_some_and(|kept| kept.is::<Self>()) {
            *place = Some(Box::new(Self::default()));
        }
        match place.as_mut().and_then(|kept| kept.downcast_mut()) {
            Some(sessions) => sessions,
            None => unreachable!("it was just put there"),
        }
    }

    /// Lends the session of a program.
    pub(super) fn take(
        &mut self,
        pool: &SessionPool,
        new: impl FnOnce() -> Session,
    ) -> Box<Session> {
        let key = Arc::as_ptr(&pool.0) as usize;
        let is_last = |entry: &Entry| Arc::ptr_eq(&entry.pool.0, &pool.0);
        if !self.entries.get(self.last).is_some_and(is_last) {
            self.last = *self.index.entry(key).or_insert_with(|| {
                self.entries.push(Entry { pool: pool.clone(), session: pool.take() });
                self.entries.len() - 1
            });
        }
        let kept = self.entries.get_mut(self.last).and_then(|entry| entry.session.take());
        kept.unwrap_or_else(|| Box::new(new()))
    }

    /// Takes back the session that was lent last.
    pub(super) fn give_back(&mut self, session: Box<Session>) {
        if let Some(entry) = self.entries.get_mut(self.last) {
            entry.session = Some(session);
        }
    }
}

impl Drop for OpenSessions {
    fn drop(&mut self) {
        for Entry { pool, session } in self.entries.drain(..) {
            if let Some(session) = session {
                pool.put(session);
            }
        }
    }
}

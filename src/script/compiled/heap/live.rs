use std::{
    cell::Cell,
    ops::{Deref, DerefMut},
};

thread_local! {
    static LIVE: Cell<i64> = const { Cell::new(0) };
}

/// Logical bytes that values made on this thread hold now, less those dropped on it. Only the
/// difference between two readings means something: what a call has added.
pub(crate) fn live_bytes() -> i64 {
    LIVE.with(Cell::get)
}

fn add(bytes: usize) {
    LIVE.with(|live| live.set(live.get().wrapping_add(bytes as i64)));
}

fn subtract(bytes: usize) {
    LIVE.with(|live| live.set(live.get().wrapping_sub(bytes as i64)));
}

/// Something on the heap whose logical size is counted as long as it lives.
pub(crate) struct Counted<T> {
    value: T,
    bytes: usize,
}

impl<T> Counted<T> {
    pub(crate) fn new(value: T, bytes: usize) -> Self {
        add(bytes);
        Self { value, bytes }
    }

    /// The size.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) const fn get(&self) -> &T {
        &self.value
    }

    /// For changes that leave the size as it is.
    pub(crate) const fn get_mut(&mut self) -> &mut T {
        &mut self.value
    }

    /// Changes it. `size` says how large it is then, of what it is and how large it was.
    pub(crate) fn edit<R>(
        &mut self,
        change: impl FnOnce(&mut T) -> R,
        size: impl FnOnce(&mut T, usize) -> usize,
    ) -> R {
        let result = change(&mut self.value);
        let bytes = size(&mut self.value, self.bytes);
        if bytes != self.bytes {
            add(bytes);
            subtract(self.bytes);
            self.bytes = bytes;
        }
        result
    }
}

/// Something small whose size never changes.
#[derive(Clone)]
pub(crate) struct Small<T>(Counted<T>);

impl<T> Small<T> {
    pub(crate) fn new(value: T, bytes: usize) -> Self {
        Self(Counted::new(value, bytes))
    }
}

impl<T> Deref for Small<T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.0.get()
    }
}

impl<T> DerefMut for Small<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}

impl<T: Clone> Clone for Counted<T> {
    fn clone(&self) -> Self {
        Self::new(self.value.clone(), self.bytes)
    }
}

impl<T> Drop for Counted<T> {
    fn drop(&mut self) {
        subtract(self.bytes);
    }
}

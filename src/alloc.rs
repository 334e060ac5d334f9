//! An allocator that counts: a second line of defence behind the bytes that scripts are charged for, and
//! a figure for metrics.
//!
//! A game sets it with one line, beside its `main`:
//!
//! ```standalone_crate
//! use bevy_cscript::alloc::{self, Counting};
//!
//! #[global_allocator]
//! static ALLOC: Counting = Counting::system();
//!
//! let before = alloc::thread();
//! let list = vec![0_u8; 1_000];
//! assert_eq!(alloc::thread().live - before.live, 1_000);
//! drop(list);
//! assert_eq!(alloc::thread().live, before.live);
//! assert!(alloc::is_active() && alloc::process().peak >= 1_000);
//! ```
//!
//! It never refuses memory: an allocator that says no ends the process. Whoever wants a bound compares
//! the counts between two calls of scripts.
//!
//! This file is the only one of the crate with `unsafe` in it, because that is how allocators are
//! written.

#![allow(unsafe_code, reason = "`GlobalAlloc` can be implemented in no other way")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

/// Counts the bytes that are asked of another allocator, by thread and in the whole process.
///
/// Costs two additions for the thread, and one atomic addition and one load for the process, at each call.
/// The counts are of bytes that were asked for; what the allocator itself needs comes on top.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counting<A = System> {
    inner: A,
}

/// Bytes on the heap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heap {
    /// Asked for and not given back. Of a thread it is below zero if it gave back more than it asked
    /// for: values may travel from thread to thread.
    pub live: isize,
    /// The most that was live since the start or since the peak was reset.
    pub peak: isize,
}

/// What is live in the process. Never below zero, if no allocator stood here before this one.
static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    // Plain numbers that were known at compile time: neither reading nor ending a thread allocates.
    static HERE: Cell<Heap> = const { Cell::new(Heap { live: 0, peak: 0 }) };
}

impl Counting {
    /// Counts what is asked of the system's allocator.
    #[must_use]
    pub const fn system() -> Self {
        Self::of(System)
    }
}

impl<A> Counting<A> {
    /// Counts what is asked of any allocator.
    #[must_use]
    pub const fn of(inner: A) -> Self {
        Self { inner }
    }
}

/// Whether the process counts: some program set the allocator, and something was asked of it.
#[must_use]
pub fn is_active() -> bool {
    PEAK.load(Relaxed) > 0
}

/// The bytes of the whole process.
#[must_use]
pub fn process() -> Heap {
    Heap { live: LIVE.load(Relaxed).cast_signed(), peak: PEAK.load(Relaxed).cast_signed() }
}

/// The bytes of the calling thread.
#[must_use]
pub fn thread() -> Heap {
    HERE.try_with(Cell::get).unwrap_or_default()
}

/// Lets the process's peak begin anew at what is live. What other threads ask for at this very moment
/// may be missing from the new peak.
pub fn reset_peak() {
    PEAK.store(LIVE.load(Relaxed).max(1), Relaxed);
}

/// Lets the calling thread's peak begin anew at what is live.
pub fn reset_thread_peak() {
    let live = thread().live;
    let _ = HERE.try_with(|here| here.set(Heap { live, peak: live }));
}

fn grew(bytes: usize) {
    let live = LIVE.fetch_add(bytes, Relaxed).wrapping_add(bytes);
    if live > PEAK.load(Relaxed) {
        PEAK.fetch_max(live, Relaxed);
    }
    // A thread that is ending may have no cell any more.
    let _ = HERE.try_with(|here| {
        let Heap { live, peak } = here.get();
        let live = live.wrapping_add_unsigned(bytes);
        here.set(Heap { live, peak: peak.max(live) });
    });
}

fn shrank(bytes: usize) {
    LIVE.fetch_sub(bytes, Relaxed);
    let _ = HERE.try_with(|here| {
        let Heap { live, peak } = here.get();
        here.set(Heap { live: live.wrapping_sub_unsigned(bytes), peak });
    });
}

// SAFETY: every method hands its arguments on, unchanged and once, to an allocator that keeps the
// contract of the trait, and gives back what that one gave; so the contract is kept if `A` keeps it. What
// stands around the calls cannot break it: `grew` and `shrank` add to atomics and to a thread-local cell
// that needs no initialisation and no destructor. They do not allocate, so they are not entered again; they
// do not unwind, because their arithmetic wraps and `try_with` gives an error where `with` would panic;
// and they touch none of the memory that is handed out.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Counting<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of this very method.
        let new = unsafe { self.inner.alloc(layout) };
        if !new.is_null() {
            grew(layout.size());
        }
        new
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the contract of this very method.
        let new = unsafe { self.inner.alloc_zeroed(layout) };
        if !new.is_null() {
            grew(layout.size());
        }
        new
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of this very method; all that we hand out is of `inner`.
        unsafe { self.inner.dealloc(old, layout) };
        shrank(layout.size());
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller keeps the contract of this very method; all that we hand out is of `inner`.
        let new = unsafe { self.inner.realloc(old, layout, new_size) };
        if !new.is_null() {
            if let Some(more) = new_size.checked_sub(layout.size()) {
                grew(more);
            } else {
                shrank(layout.size().saturating_sub(new_size));
            }
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks by hand, so that the rest of the test binary need not count.
    fn with_block<R>(size: usize, work: impl FnOnce(&Counting, *mut u8, Layout) -> R) -> R {
        let counting = Counting::system();
        let Ok(layout) = Layout::from_size_align(size, 8) else { panic!("{size} is a size") };
        // SAFETY: the layout has a size, and `work` gives the block back with it.
        let block = unsafe { counting.alloc(layout) };
        assert!(!block.is_null());
        work(&counting, block, layout)
    }

    #[test]
    fn what_is_asked_for_is_counted_until_it_is_given_back() {
        std::thread::spawn(|| {
            with_block(1_000, |counting, block, layout| {
                assert_eq!(thread(), Heap { live: 1_000, peak: 1_000 });
                assert!(is_active());
                // SAFETY: the block has this layout; the new one has the new size.
                let block = unsafe { counting.realloc(block, layout, 5_000) };
                assert_eq!(thread(), Heap { live: 5_000, peak: 5_000 });
                let Ok(layout) = Layout::from_size_align(5_000, 8) else { panic!("a size") };
                // SAFETY: as before.
                let block = unsafe { counting.realloc(block, layout, 200) };
                assert_eq!(thread(), Heap { live: 200, peak: 5_000 });
                reset_thread_peak();
                assert_eq!(thread(), Heap { live: 200, peak: 200 });
                let Ok(layout) = Layout::from_size_align(200, 8) else { panic!("a size") };
                // SAFETY: as before.
                unsafe { counting.dealloc(block, layout) };
                assert_eq!(thread(), Heap { live: 0, peak: 200 });
            });
        })
        .join()
        .unwrap_or_else(|_| panic!("the thread ends well"));
    }

    #[test]
    fn what_travels_is_counted_where_it_is_given_back() {
        let block = with_block(64, |_, block, layout| (block as usize, layout));
        let there = std::thread::spawn(move || {
            let (block, layout) = block;
            // SAFETY: the block was asked for with this layout, and nobody else has it.
            unsafe { Counting::system().dealloc(block as *mut u8, layout) };
            thread()
        });
        assert_eq!(there.join().ok(), Some(Heap { live: -64, peak: 0 }));
    }
}

//! Memory: an allocator that counts while it is told to, and what it counts of ours.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed},
    },
};

use bevy_cscript::{
    api::{CallScope, ScriptContext},
    contract::ScriptId,
    script::{Backend, CompiledScript, ScriptInstance},
};

use crate::{DELTA_TIME, contestant::ours::compiled, workload::Workload, world::Places};

/// The system's allocator. As long as nothing is counted it costs one load more.
pub struct Counting;

static IS_COUNTING: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicI64 = AtomicI64::new(0);

fn count(allocations: u64, bytes: i64) {
    if IS_COUNTING.load(Relaxed) {
        ALLOCATIONS.fetch_add(allocations, Relaxed);
        BYTES.fetch_add(bytes, Relaxed);
    }
}

// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as i64);
        // SAFETY: the caller keeps the same promises to us.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size() as i64);
        // SAFETY: the caller keeps the same promises to us.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(0, -(layout.size() as i64));
        // SAFETY: the caller keeps the same promises to us.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(1, size as i64 - layout.size() as i64);
        // SAFETY: the caller keeps the same promises to us.
        unsafe { System.realloc(place, layout, size) }
    }
}

/// How many allocations something makes, and how many bytes it leaves behind.
fn counted<R>(work: impl FnOnce() -> R) -> (R, u64, i64) {
    ALLOCATIONS.store(0, Relaxed);
    BYTES.store(0, Relaxed);
    IS_COUNTING.store(true, Relaxed);
    let result = work();
    IS_COUNTING.store(false, Relaxed);
    (result, ALLOCATIONS.load(Relaxed), BYTES.load(Relaxed))
}

/// Allocations of a call of ours, for each workload: in the midst of a pass, when the context has its
/// machine and its list of commands is long enough for those that are counted.
pub fn allocations() -> Vec<(Workload, f64)> {
    const WARM_UP: usize = 400;
    const CALLS: usize = 100;
    let measured = |workload: Workload| {
        let script = compiled(Backend::Compiled, workload.name(), workload.rhai());
        let function = script.function("on_update").expect("every workload has it");
        let places = Places::new();
        let mut context = context(&places);
        let mut instances: Vec<_> =
            (0..WARM_UP + CALLS).map(|i| start(&script, i, &mut context)).collect();
        let mut call = |i: usize, instance: &mut ScriptInstance| {
            context.begin(ScriptId(i as i64 + 1), 0);
            instance.call(function, &[], &mut context).expect("the script runs");
        };
        let (warm_up, fresh) = instances.split_at_mut(WARM_UP);
        warm_up.iter_mut().enumerate().for_each(|(i, instance)| call(i, instance));
        let calls = || fresh.iter_mut().enumerate().for_each(|(i, instance)| call(i, instance));
        let ((), allocations, _) = counted(calls);
        (workload, allocations as f64 / CALLS as f64)
    };
    Workload::ALL.into_iter().map(measured).collect()
}

fn context(places: &Places) -> ScriptContext<'_> {
    let world_seed = 0;
    ScriptContext::new(CallScope { world: places, world_seed, tick: 0, delta_time: DELTA_TIME })
}

fn start(
    script: &Arc<CompiledScript>,
    i: usize,
    context: &mut ScriptContext<'_>,
) -> ScriptInstance {
    context.begin(ScriptId(i as i64 + 1), 0);
    ScriptInstance::start(script.clone(), context).expect("it starts")
}

/// Bytes that each of many instances of the patrol takes, its place in a list included.
pub fn instance_bytes() -> f64 {
    const INSTANCES: usize = 100_000;
    let script = compiled(Backend::Compiled, "patrol", Workload::Patrol.rhai());
    let places = Places::new();
    let mut context = context(&places);
    // What the context keeps is made by the first.
    drop(start(&script, 0, &mut context));
    let (instances, _, bytes) = counted(|| {
        let mut instances = Vec::with_capacity(INSTANCES);
        instances.extend((0..INSTANCES).map(|i| start(&script, i, &mut context)));
        instances
    });
    assert_eq!(instances.len(), INSTANCES);
    bytes as f64 / INSTANCES as f64
}

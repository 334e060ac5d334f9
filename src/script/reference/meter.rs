//! Fuel, counted by ourselves: Rhai loses its own count inside functions that natives call back.

use std::cell::Cell;

use rhai::{Dynamic, Engine};

thread_local! {
    static LEFT: Cell<u64> = const { Cell::new(0) };
}

/// Makes every step of an engine cost one unit of its thread's fuel.
///
/// Once it is spent every further step fails too, so that a native which swallows the error cannot
/// go on.
pub(super) fn install(engine: &mut Engine) {
    engine.set_max_operations(0);
    engine.on_progress(|_| {
        LEFT.with(|left| {
            let fuel = left.get().saturating_sub(1);
            left.set(fuel);
            (fuel == 0).then_some(Dynamic::UNIT)
        })
    });
}

/// Sets the fuel of the next call on this thread.
pub(super) fn fill(fuel: u64) {
    LEFT.with(|left| left.set(fuel.saturating_add(1)));
}

/// What is left; `None` if the call was stopped, whatever it returned.
pub(super) fn left() -> Option<u64> {
    LEFT.with(Cell::get).checked_sub(1)
}

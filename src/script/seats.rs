use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use glam::Vec3;

use super::{
    Calls, CompiledScript, FunctionId, ScriptInstance,
    calls::Way,
    compiled::{Kept, Lanes},
    compiled_script::Program,
    instance::Parts,
    state::ScriptState,
};
use crate::api::{CallsAlike, LANES, lanes_of};

/// So many places for instances of one script that are called together in one tick after the other. As long as an
/// instance has its place, its variables are kept there, beside those of the others, and not in the instance.
///
/// A place is held with a [`Seat`]: who lets go of that has lost what was kept.
pub(crate) struct Seats {
    script: Arc<CompiledScript>,
    function: FunctionId,
    is_hashed: bool,
    /// The places that are taken, each a bit.
    taken: AtomicU64,
    kept: Mutex<Option<Kept>>,
}

/// A place among [`Seats`].
pub(crate) struct Seat {
    seats: Arc<Seats>,
    place: usize,
}

/// What became of calls of instances that have their places.
#[derive(Clone, Copy, Default)]
pub(crate) struct Seated {
    /// The places of those who have come to their end. The others are as if they had not been called.
    pub(crate) done: u64,
    pub(crate) fuel: u64,
}

impl Seats {
    /// How many places there are.
    pub(crate) const COUNT: usize = LANES;

    /// Free ones, for calls of a function without arguments; where hashes are wanted, the hash of what each keeps is
    /// known after each call.
    pub(crate) fn new(script: Arc<CompiledScript>, function: FunctionId, is_hashed: bool) -> Self {
        let (taken, kept) = (AtomicU64::new(0), Mutex::new(None));
        Self { script, function, is_hashed, taken, kept }
    }

    /// The script.
    pub(crate) const fn script(&self) -> &Arc<CompiledScript> {
        &self.script
    }

    /// Whether the hash of what each keeps is known.
    pub(crate) const fn is_hashed(&self) -> bool {
        self.is_hashed
    }

    /// The places that are taken, each a bit.
    #[inline(always)]
    pub(crate) fn taken(&self) -> u64 {
        self.taken.load(Relaxed)
    }

    /// Gives an instance of the script a place that is free. `None` if its variables cannot be kept there: it is called by
    /// itself.
    pub(crate) fn sit(
        self: &Arc<Self>,
        place: usize,
        instance: &mut ScriptInstance,
    ) -> Option<Seat> {
        let Program::Compiled(program) = &self.script.program else { return None };
        if self.script.sets_timers() || place >= Self::COUNT || !instance.runs(&self.script) {
            return None;
        }
        let Parts { state, marks, .. } = instance.parts();
        if self.is_hashed {
            marks.refresh(state);
        }
        let ScriptState::Compiled(variables) = state else { return None };
        let plan = program.plan_like(self.function.index(), variables)?;
        let mut kept = self.lock();
        if self.is_taken(place) {
            return None;
        }
        let kept = kept.get_or_insert_with(|| Kept::new(plan, self.is_hashed));
        if !kept.take(plan, place, variables, marks.hash()) {
            return None;
        }
        self.taken.fetch_or(1 << place, Relaxed);
        Some(Seat { seats: self.clone(), place })
    }

    fn is_taken(&self, place: usize) -> bool {
        self.taken() >> place & 1 == 1
    }

    fn lock(&self) -> MutexGuard<'_, Option<Kept>> {
        // What runs with the lock catches its panics, and nothing is half done then.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Whether it is this place.
    pub(crate) fn is(&self, seats: &Arc<Seats>, place: usize) -> bool {
        Arc::ptr_eq(&self.seats, seats) && self.place == place
    }

    /// The hash of what its instance keeps, if that is known.
    pub(crate) fn hash(&self) -> Option<u64> {
        let Self { seats, place } = self;
        if !seats.is_hashed {
            return None;
        }
        seats.lock().as_ref().map(|kept| kept.hash(*place))
    }

    /// Gives the place back, and the instance what it keeps.
    pub(crate) fn leave(self, instance: &mut ScriptInstance) {
        self.give(instance);
    }

    /// Gives the instance, or a copy of it, what it keeps.
    pub(crate) fn give(&self, instance: &mut ScriptInstance) {
        let Self { seats, place } = self;
        let Parts { state, marks, .. } = instance.parts();
        let (Program::Compiled(program), ScriptState::Compiled(variables)) =
            (&seats.script.program, state)
        else {
            return;
        };
        if let Some(plan) = program.plan(seats.function.index())
            && let Some(kept) = &*seats.lock()
        {
            marks.touch(kept.give(plan, *place, variables));
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.taken.fetch_and(!(1 << self.place), Relaxed);
    }
}

impl Calls<'_, '_> {
    /// Calls the instances that have places in a mask, given their calls, and what says where their entities stood and of whom
    /// that is known; then `hashed` hears of the hashes of what those keep who have come to their end, if these are wanted, and if
    /// they have changed or the place is in another mask.
    pub(crate) fn seated(
        &mut self,
        seats: &Seats,
        (mask, fresh): (u64, u64),
        calls: (CallsAlike<'_>, impl FnOnce(&mut [Vec3; LANES]) -> u64),
        mut hashed: impl FnMut(usize, u64),
    ) -> Seated {
        let Way::Compiled(caller) = &mut self.way else { return Seated::default() };
        let function = seats.function.index();
        let mut kept = seats.lock();
        let Some(kept) = &mut *kept else { return Seated::default() };
        let mut lanes = Lanes::take();
        let before = caller.abreast_again(function, &mut lanes, (kept, mask), calls);
        let done = lanes.done();
        match before {
            Some(before) if done == mask => caller.context().keep_commands(before),
            Some(before) => {
                caller.context().keep_commands_but(before, &lanes.ranks(mask & !done));
            }
            None => {}
        }
        if seats.is_hashed {
            for lane in lanes_of(lanes.touched() | done & fresh) {
                hashed(lane, kept.hash(lane));
            }
        }
        let fuel = lanes.fuel_of_done();
        lanes.leave();
        Seated { done, fuel }
    }
}

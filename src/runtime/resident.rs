//! What calls of a script work on: its instance, which is at home in its slot or has its variables elsewhere for a
//! while.

use std::{fmt, sync::Arc};

use atomic_refcell::{AtomicRef, AtomicRefCell, AtomicRefMut};

use super::quarantine::Faults;
use crate::script::{CompiledScript, ScriptInstance, Seat, Seats};

/// What calls work on. A pass updates it where it is, through a borrow of the world that all share: hence
/// the cell, which is borrowed by one thread at a time. Other passes take it away for that time.
///
/// Instances that are updated together have [seats](Seats), where their variables lie side by side. Whoever wants to change
/// any of them calls them back first, and whoever only looks, as several systems may do at once, sees a copy: nothing
/// gives out an instance whose variables are elsewhere.
#[derive(Default)]
pub(super) struct Resident(AtomicRefCell<Parts>);

#[derive(Default)]
struct Parts {
    instance: Option<Box<ScriptInstance>>,
    faults: Faults,
    seat: Option<Seat>,
}

impl Parts {
    fn come_home(&mut self) {
        if let Some(seat) = self.seat.take()
            && let Some(instance) = &mut self.instance
        {
            seat.leave(instance);
        }
    }
}

impl fmt::Debug for Resident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Resident");
        self.read(|instance| shown.field("instance", instance));
        shown.field("faults", &*self.faults()).finish()
    }
}

impl Resident {
    /// An instance, if there is one, and how often it has failed.
    pub(super) fn new(instance: Option<Box<ScriptInstance>>, faults: Faults) -> Self {
        Self(AtomicRefCell::new(Parts { instance, faults, seat: None }))
    }

    fn at_home(&mut self) -> &mut Parts {
        let parts = self.0.get_mut();
        parts.come_home();
        parts
    }

    /// Sees to it that the variables are where they belong.
    pub(super) fn call_home(&mut self) {
        self.at_home();
    }

    /// Whether there is an instance.
    pub(super) fn is_started(&self) -> bool {
        self.0.borrow().instance.is_some()
    }

    /// The script of the instance.
    pub(super) fn script(&self) -> Option<AtomicRef<'_, Arc<CompiledScript>>> {
        AtomicRef::filter_map(self.0.borrow(), |parts| Some(parts.instance.as_ref()?.script()))
    }

    /// Does something with the instance, to look at it.
    pub(super) fn read<R>(&self, read: impl FnOnce(&ScriptInstance) -> R) -> Option<R> {
        let parts = self.0.borrow();
        let instance = parts.instance.as_deref()?;
        let Some(seat) = &parts.seat else { return Some(read(instance)) };
        let mut copy = instance.clone();
        seat.give(&mut copy);
        Some(read(&copy))
    }

    /// The instance, to be called where it is.
    #[inline]
    pub(super) fn called(&self) -> Option<AtomicRefMut<'_, ScriptInstance>> {
        let mut parts = self.0.borrow_mut();
        if parts.seat.is_some() {
            parts.come_home();
        }
        AtomicRefMut::filter_map(parts, |parts| parts.instance.as_deref_mut())
    }

    /// The instance, to be changed, put in or taken away.
    pub(super) fn instance_mut(&mut self) -> &mut Option<Box<ScriptInstance>> {
        &mut self.at_home().instance
    }

    /// How often it has failed.
    pub(super) fn faults(&self) -> AtomicRef<'_, Faults> {
        AtomicRef::map(self.0.borrow(), |parts| &parts.faults)
    }

    /// The same, to be changed.
    pub(super) fn faults_mut(&mut self) -> &mut Faults {
        &mut self.0.get_mut().faults
    }

    /// Does something with how often it has failed, while it is not called.
    #[cold]
    pub(super) fn judge<R>(&self, judge: impl FnOnce(&mut Faults) -> R) -> R {
        judge(&mut self.0.borrow_mut().faults)
    }

    /// A hash of what the instance keeps, `None` if there is none.
    pub(super) fn state_hash(&self) -> Option<u64> {
        let kept = self.0.borrow().seat.as_ref().and_then(Seat::hash);
        kept.or_else(|| self.read(ScriptInstance::state_hash))
    }

    /// The same, and the next time only what has changed since is hashed.
    pub(super) fn refreshed_hash(&mut self) -> Option<u64> {
        let kept = self.0.get_mut().seat.as_ref().and_then(Seat::hash);
        kept.or_else(|| Some(self.instance_mut().as_mut()?.refreshed_hash()))
    }

    /// Whether it has a certain seat.
    pub(super) fn has_seat(&self, seats: &Arc<Seats>, place: usize) -> bool {
        self.0.borrow().seat.as_ref().is_some_and(|seat| seat.is(seats, place))
    }

    /// Takes a seat; says whether that went.
    pub(super) fn take_seat(&self, seats: &Arc<Seats>, place: usize) -> bool {
        let mut parts = self.0.borrow_mut();
        parts.come_home();
        let Parts { instance, seat, .. } = &mut *parts;
        *seat = instance.as_deref_mut().and_then(|instance| seats.sit(place, instance));
        seat.is_some()
    }
}

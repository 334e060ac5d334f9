//! One call: whose it is, and what it has done so far.

use std::{
    cell::Cell,
    ops::{Deref, DerefMut},
};

use glam::Vec3;

use super::{ScriptContext, unbegun::Unbegun};
use crate::{api::overlay::Overlay, contract::ScriptId};

/// A call that has [begun](ScriptContext::begin).
#[derive(Clone, Copy, Debug)]
pub struct Begun {
    pub(super) entity: ScriptId,
    pub(super) callback: u64,
    pub(super) delta_time: f64,
    /// Where its commands belong, if calls come in another order than that of their commands.
    pub(super) rank: u32,
}

/// What is known of a call.
// Many of them lie side by side: what every function asks for stands first.
#[repr(C)]
pub(super) struct CallState {
    pub(super) begun: Begun,
    /// Of whom it was last asked where he stood when the pass began.
    asked: Cell<ScriptId>,
    /// Where that was, if it is known.
    stood: Cell<Vec3>,
    knows: Cell<bool>,
    /// How many commands it has given, and how many bytes these hold.
    pub(super) commands: usize,
    pub(super) command_bytes: usize,
    /// What it has written.
    pub(super) overlay: Overlay,
}

/// The call at hand: the only one, or one of those that are done [side by side](super::LaneCalls).
pub(super) struct AtHand {
    pub(super) calls: Vec<CallState>,
    pub(super) at: usize,
    /// Those of them that have not begun, if they are done side by side.
    pub(super) unbegun: Option<Box<Unbegun>>,
}

impl AtHand {
    /// Nobody's.
    pub(super) fn nobody(delta_time: f64) -> Self {
        let calls = vec![CallState::nobody(delta_time)];
        Self { calls, at: 0, unbegun: None }
    }
}

impl Deref for AtHand {
    type Target = CallState;

    #[inline(always)]
    fn deref(&self) -> &CallState {
        &self.calls[self.at]
    }
}

impl DerefMut for AtHand {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut CallState {
        &mut self.calls[self.at]
    }
}

impl Begun {
    pub(crate) const fn rank(&self) -> u32 {
        self.rank
    }
}

impl CallState {
    /// That of nobody's call.
    pub(super) fn nobody(delta_time: f64) -> Self {
        let begun = Begun { entity: ScriptId::AUTO, callback: 0, delta_time, rank: 0 };
        Self {
            begun,
            asked: Cell::new(begun.entity),
            stood: Cell::default(),
            knows: Cell::new(false),
            commands: 0,
            command_bytes: 0,
            overlay: Overlay::default(),
        }
    }

    /// Where an entity stood when the pass began, if that is at hand.
    #[inline(always)]
    pub(super) fn stood(&self, id: ScriptId) -> Option<Vec3> {
        if self.asked.get() == id && self.knows.get() { Some(self.stood.get()) } else { None }
    }

    /// Takes note of who is asked of, and where that one stood.
    pub(super) fn note_asked(&self, id: ScriptId, at: Vec3) {
        self.asked.set(id);
        self.note_stood(Some(at));
    }

    /// Takes note of where that is of whom it is asked.
    #[inline(always)]
    pub(super) fn note_stood(&self, stood: Option<Vec3>) {
        self.knows.set(stood.is_some());
        if let Some(at) = stood {
            self.stood.set(at);
        }
    }

    /// That of a call that has done nothing yet.
    #[inline(always)]
    pub(super) fn begin(&mut self, begun: Begun) {
        (self.begun, self.commands, self.command_bytes) = (begun, 0, 0);
        self.overlay.clear();
    }

    /// The same, where another call has been: it is asked of its own entity first.
    #[inline(always)]
    pub(super) fn begin_anew(&mut self, begun: Begun) {
        self.asked.set(begun.entity);
        self.begin(begun);
    }
}

/// What calls of a pass are made of. See [`ScriptContext::calls_to_come`].
#[cfg(feature = "bevy")]
#[derive(Clone, Copy)]
pub(crate) struct CallsToCome {
    /// Seconds of a tick.
    tick: f64,
}

#[cfg(feature = "bevy")]
impl CallsToCome {
    /// A call for `entity` that goes for so many ticks; its commands come in the order of ranks.
    #[inline(always)]
    pub(crate) const fn call(
        self,
        entity: ScriptId,
        callback: u64,
        (ticks, rank): (u32, u32),
    ) -> Begun {
        Begun { entity, callback, delta_time: self.seconds(ticks), rank }
    }

    /// How long so many ticks take.
    #[inline(always)]
    const fn seconds(self, ticks: u32) -> f64 {
        if ticks == 1 { self.tick } else { self.tick * ticks as f64 }
    }
}

impl ScriptContext<'_> {
    /// Begins a call for `entity`. `callback` tells this call from all others of this entity in this
    /// tick: random numbers and the ids of spawned entities derive from it.
    #[inline]
    pub fn begin(&mut self, entity: ScriptId, callback: u64) {
        let delta_time = self.scope.delta_time;
        let rank = self.call.begun.rank;
        self.begin_call(&Begun { entity, callback, delta_time, rank });
    }

    /// Begins a call.
    #[inline(always)]
    pub(crate) fn begin_call(&mut self, call: &Begun) {
        self.call.begin(*call);
        if self.caps.is_some() {
            self.caps_before = self.caps;
        }
        self.derived = 0;
        self.random = None;
        self.owed.set(0);
    }

    /// The call that has begun.
    #[must_use]
    pub fn begun(&self) -> Begun {
        self.call.begun
    }

    /// What calls are made of that are to be [begun](Self::begin_call) later.
    #[cfg(feature = "bevy")]
    pub(crate) const fn calls_to_come(&self) -> CallsToCome {
        CallsToCome { tick: self.scope.delta_time }
    }

    /// Says for how many ticks the call is that has just begun.
    #[cfg(feature = "bevy")]
    pub(crate) fn span(&mut self, ticks: u32) {
        self.call.begun.delta_time = self.seconds(ticks);
    }

    /// How long so many ticks take.
    #[cfg(feature = "bevy")]
    const fn seconds(&self, ticks: u32) -> f64 {
        self.calls_to_come().seconds(ticks)
    }

    /// The entity whose script is running.
    #[must_use]
    pub fn entity(&self) -> ScriptId {
        self.call.begun.entity
    }

    /// Seconds that the call is for: of a tick, and of several for an `on_update` that is not called in
    /// each.
    #[must_use]
    pub fn delta_time(&self) -> f64 {
        self.call.begun.delta_time
    }
}

//! Calls that are done side by side: the context goes from one to the other and back.

use glam::Vec3;

use super::ScriptContext;
use crate::{
    api::overlay::Overlay,
    contract::{ScriptCommand, ScriptId},
};

/// A call that has [begun](ScriptContext::begin).
#[derive(Clone, Copy, Debug)]
pub struct Begun {
    entity: ScriptId,
    callback: u64,
    delta_time: f64,
    /// Where its commands belong, if calls come in another order than that of their commands.
    rank: u32,
}

/// What a call that is done side by side with others has done so far, while another one is at hand.
// Small, because many of them lie side by side, too.
#[derive(Default)]
pub(crate) struct Lane {
    /// Where somebody stood who was asked for last.
    stood: Option<(ScriptId, Vec3)>,
    /// How many commands it has given, and how many bytes these hold.
    commands: usize,
    command_bytes: usize,
    /// Whether there is something in the overlay.
    has_written: bool,
    /// What it has written, if it may ask for it.
    overlay: Box<Overlay>,
}

impl Begun {
    /// Whose call it is.
    pub(crate) const fn entity(&self) -> ScriptId {
        self.entity
    }

    /// Seconds that it is for.
    pub(crate) const fn delta_time(&self) -> f64 {
        self.delta_time
    }
}

impl Lane {
    /// Forgets what an earlier call has done.
    #[inline(always)]
    pub(crate) fn clear(&mut self) {
        (self.commands, self.command_bytes, self.stood) = (0, 0, None);
        if std::mem::take(&mut self.has_written) {
            self.overlay.clear();
        }
    }
}

impl ScriptContext<'_> {
    /// The call that has begun.
    #[must_use]
    pub const fn begun(&self) -> Begun {
        let Self { entity, callback, delta_time, rank, .. } = *self;
        Begun { entity, callback, delta_time, rank }
    }

    /// A call for `entity` that goes for so many ticks, [to be begun](Self::begin_call); its commands come in the order of
    /// ranks.
    #[cfg(feature = "bevy")]
    #[inline(always)]
    pub(crate) fn call_for(
        &self,
        entity: ScriptId,
        callback: u64,
        (ticks, rank): (u32, u32),
    ) -> Begun {
        Begun { entity, callback, delta_time: self.seconds(ticks), rank }
    }

    /// Begins a call.
    #[inline(always)]
    pub(crate) fn begin_call(&mut self, call: &Begun) {
        self.begin(call.entity, call.callback);
        (self.delta_time, self.rank) = (call.delta_time, call.rank);
    }

    /// How many calls so far were done side by side with others, to their ends. See
    /// [`Round::runs_ahead`](crate::script::Round::runs_ahead).
    #[must_use]
    pub const fn calls_abreast(&self) -> u64 {
        self.abreast
    }

    /// Takes note of so many more.
    pub(crate) const fn count_abreast(&mut self, calls: u32) {
        self.abreast += calls as u64;
    }

    /// Whether calls may be done side by side at the moment: if all of them together may ask for only so much, the
    /// order counts.
    pub(crate) const fn is_unshared(&self) -> bool {
        self.caps.is_none() && self.purse == u64::MAX
    }

    /// From now on [`take_commands`](Self::take_commands) gives commands in the order of the ranks of their calls.
    #[cfg(feature = "bevy")]
    pub(crate) const fn rank_commands(&mut self) {
        self.is_ranked = true;
    }

    /// Says where the commands of the call belong that has just begun.
    #[cfg(feature = "bevy")]
    pub(crate) const fn set_rank(&mut self, rank: u32) {
        self.rank = rank;
    }

    /// Adds commands of calls that were done side by side with others, and tells whose each is.
    pub(crate) fn commands_given(
        &mut self,
        commands: &mut Vec<ScriptCommand>,
        givers: &[u8],
        calls: &[Begun],
    ) {
        self.commands.append(commands);
        if self.is_ranked {
            let rank = |giver: &u8| calls.get(usize::from(*giver)).map_or(0, |call| call.rank);
            self.ranks.extend(givers.iter().map(rank));
        }
    }

    /// Adds a command of a call that was done side by side with others, which has been counted there.
    pub(crate) fn command_given(&mut self, command: ScriptCommand, call: &Begun) {
        self.commands.push(command);
        if self.is_ranked {
            self.ranks.push(call.rank);
        }
    }

    /// Makes ready for calls side by side: forgets the last call, and lends them a list of commands. Says whether their
    /// ranks count; that is to be told at the [end](Self::end_lanes).
    pub(crate) fn begin_lanes(&mut self, commands: &mut Vec<ScriptCommand>) -> bool {
        self.begin(ScriptId::AUTO, 0);
        std::mem::swap(&mut self.commands, commands);
        std::mem::take(&mut self.is_ranked)
    }

    /// Takes the own list of commands back.
    pub(crate) fn end_lanes(&mut self, commands: &mut Vec<ScriptCommand>, is_ranked: bool) {
        (self.looks_back, self.is_ranked) = (true, is_ranked);
        std::mem::swap(&mut self.commands, commands);
        self.begin(ScriptId::AUTO, 0);
    }

    /// Says whether the calls at hand may look at what they do next.
    pub(crate) const fn look_back(&mut self, looks_back: bool) {
        self.looks_back = looks_back;
    }

    /// Looks up for many calls at a time where those stood whose calls they are.
    pub(crate) fn look_where_all_stood(&self, calls: &[Begun], lanes: &mut [Lane]) {
        const MOST: usize = 64;
        let (mut ids, mut places) = ([ScriptId::AUTO; MOST], [None; MOST]);
        for (calls, lanes) in calls.chunks(MOST).zip(lanes.chunks_mut(MOST)) {
            let (ids, places) = (&mut ids[..calls.len()], &mut places[..calls.len()]);
            ids.iter_mut().zip(calls).for_each(|(id, call)| *id = call.entity);
            self.scope.world.positions(ids, places);
            for ((lane, id), place) in lanes.iter_mut().zip(ids).zip(places) {
                lane.stood = place.map(|at| (*id, at));
            }
        }
    }

    /// Goes on with a call.
    #[inline(always)]
    pub(crate) fn enter_lane(&mut self, call: &Begun, lane: &mut Lane) {
        (self.entity, self.callback, self.delta_time) =
            (call.entity, call.callback, call.delta_time);
        self.first_command = self.commands.len() - lane.commands.min(self.commands.len());
        self.command_bytes = lane.command_bytes;
        if lane.has_written {
            std::mem::swap(&mut self.overlay, &mut *lane.overlay);
        }
        self.last_stood.set(lane.stood);
    }

    /// Leaves a call; what it has written is forgotten if it asks for nothing more. Gives how many commands it has
    /// added.
    #[inline(always)]
    pub(crate) fn leave_lane(&mut self, lane: &mut Lane, asks_again: bool) -> usize {
        let commands = self.commands.len() - self.first_command;
        let added = commands - lane.commands;
        lane.commands = commands;
        lane.command_bytes = self.command_bytes;
        lane.stood = self.last_stood.get();
        if !self.overlay.is_empty() {
            self.leave_overlay(lane, asks_again);
        }
        debug_assert!(
            self.derived == 0 && self.random.is_none(),
            "a function that is done side by side must not derive numbers"
        );
        added
    }

    #[inline(never)]
    fn leave_overlay(&mut self, lane: &mut Lane, asks_again: bool) {
        if asks_again {
            std::mem::swap(&mut self.overlay, &mut *lane.overlay);
            lane.has_written = true;
        } else {
            self.overlay.clear();
        }
    }
}

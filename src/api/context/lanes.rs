//! Calls that are done side by side: the context goes from one to the other and back.

use glam::Vec3;

use super::{
    ScriptContext,
    call::{Begun, CallState},
    unbegun::{CallsAlike, Unbegun},
};
use crate::{
    api::{Column, LANES},
    contract::{ScriptCommand, ScriptId, TickCaps},
};

/// As many calls as can be done side by side; not all of them need be. The context has them while they are done.
pub(crate) struct LaneCalls {
    states: Vec<CallState>,
    /// Those that have not begun, while they are not done.
    unbegun: Option<Box<Unbegun>>,
    /// Whether all of them were to be begun together, so that it is known there what each began with.
    are_alike: bool,
}

impl LaneCalls {
    /// Nobody's.
    pub(crate) fn nobody(count: usize) -> Self {
        let states = std::iter::repeat_with(|| CallState::nobody(0.0)).take(count).collect();
        Self { states, unbegun: Some(Box::new(Unbegun::nobody())), are_alike: false }
    }

    /// The call in a lane that was not to be begun together with others.
    pub(crate) fn begun(&self, lane: usize) -> &Begun {
        debug_assert!(!self.are_alike, "it may not have begun");
        &self.states[lane].begun
    }

    /// Where the commands of the call in a lane belong.
    pub(crate) fn rank(&self, lane: usize) -> u32 {
        match &self.unbegun {
            Some(unbegun) if self.are_alike => unbegun.rank(lane),
            _ => self.begun(lane).rank(),
        }
    }

    /// Takes calls in a mask, each of which begins when that matters. `stand` says where their entities stood when the pass
    /// began, and of whom that is known.
    #[inline(always)]
    pub(crate) fn begin_alike(
        &mut self,
        mask: u64,
        calls: CallsAlike<'_>,
        stand: impl FnOnce(&mut [Vec3; LANES]) -> u64,
    ) {
        if let Some(unbegun) = &mut self.unbegun {
            unbegun.take(mask, calls, stand);
            self.are_alike = true;
        }
    }

    /// Puts the entity of each call into a column.
    pub(crate) fn put_entities(&self, to: &Column<i64>) {
        match &self.unbegun {
            Some(unbegun) if self.are_alike => unbegun.put_entities(to),
            _ => to.iter().zip(&self.states).for_each(|(to, call)| to.set(call.begun.entity.0)),
        }
    }

    /// Puts the seconds that each call is for into a column.
    pub(crate) fn put_delta_times(&self, to: &Column<f64>) {
        match &self.unbegun {
            Some(unbegun) if self.are_alike => {
                to.iter().for_each(|to| to.set(unbegun.delta_time()));
            }
            _ => to.iter().zip(&self.states).for_each(|(to, call)| to.set(call.begun.delta_time)),
        }
    }
}

/// Calls that are to be done side by side, in their order, and with each whatever belongs to it.
pub struct CallsAhead<'a, T> {
    turns: &'a mut Vec<T>,
    lanes: &'a mut [CallState],
}

impl<'a, T> CallsAhead<'a, T> {
    /// None yet: the list is emptied. There is room for as many as there are lanes.
    pub(crate) fn new(turns: &'a mut Vec<T>, calls: &'a mut LaneCalls) -> Self {
        turns.clear();
        calls.are_alike = false;
        if let Some(unbegun) = &mut calls.unbegun {
            unbegun.lanes = 0;
        }
        Self { turns, lanes: &mut calls.states }
    }

    /// For how many more there is room.
    #[must_use]
    pub const fn room(&self) -> usize {
        self.lanes.len() - self.turns.len()
    }

    /// How many there are.
    pub(crate) const fn count(&self) -> usize {
        self.turns.len()
    }

    /// Adds one. Without [room](Self::room) for it, gives back what belongs to it.
    pub fn add(&mut self, turn: T, call: Begun) -> Option<T> {
        let lane = self.count();
        let rest = self.add_unbegun(turn, None);
        if rest.is_none() {
            self.begin(lane, |_| call);
        }
        rest
    }

    /// The same, of one that is to be [begun](Self::begin) yet. `stood` is where its entity stood when the pass began, if
    /// that is known.
    #[inline(always)]
    pub(crate) fn add_unbegun(&mut self, turn: T, stood: Option<Vec3>) -> Option<T> {
        let Some(lane) = self.lanes.get_mut(self.turns.len()) else { return Some(turn) };
        // What was known there may be from another pass.
        lane.note_stood(stood);
        self.turns.push(turn);
        None
    }

    /// Begins the calls from one on, given what belongs to each.
    #[inline(always)]
    pub(crate) fn begin(&mut self, first: usize, call: impl Fn(&T) -> Begun) {
        for (turn, lane) in self.turns.iter().zip(&mut *self.lanes).skip(first) {
            lane.begin_anew(call(turn));
        }
    }
}

/// What a context had before calls were done side by side.
pub(crate) struct BeforeLanes {
    commands: usize,
    ranks: usize,
    is_ranked: bool,
    caps: Option<TickCaps>,
}

impl ScriptContext<'_> {
    /// Goes on with the call of a lane.
    #[inline(always)]
    pub(crate) fn enter(&mut self, lane: usize) {
        self.call.enter(lane);
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

    /// Whether calls share what is left of a tick.
    pub(crate) const fn is_shared(&self) -> bool {
        self.caps.is_some() || self.purse != u64::MAX
    }

    /// Whether calls that were done side by side may stand, given whether all have come to their ends and the fuel of all of
    /// them. Where they share what is left, what one of them uses may be what another one lacks: then their order counts, unless
    /// there was enough for all. If they may not, what they took of the tick's caps is given back.
    pub(crate) fn may_stand(
        &mut self,
        before: Option<&BeforeLanes>,
        (all_ended, fuel): (bool, u64),
    ) -> bool {
        if !self.is_shared() || all_ended && fuel < self.purse {
            return true;
        }
        if let Some(before) = before {
            self.caps = before.caps;
        }
        false
    }

    /// From now on each command is noted with the rank of its call, by which [`end_part`](Self::end_part) puts them in order.
    #[cfg(feature = "bevy")]
    pub(crate) const fn rank_commands(&mut self) {
        self.is_ranked = true;
    }

    /// Says where the commands of the call belong that has just begun.
    #[cfg(feature = "bevy")]
    pub(crate) fn set_rank(&mut self, rank: u32) {
        self.call.begun.rank = rank;
    }

    /// Adds a command of a call that was done side by side with others, which has been counted there.
    pub(crate) fn command_given(&mut self, command: ScriptCommand, call: &Begun) {
        self.commands.push(command);
        if self.is_ranked {
            self.ranks.push(call.rank());
        }
    }

    /// Makes ready for calls side by side: forgets the last call, and sees to it that each command can be told from those
    /// of other calls. Until they have [ended](Self::end_lanes) the context has them.
    pub(crate) fn begin_lanes(&mut self, calls: &mut LaneCalls) -> BeforeLanes {
        self.begin(ScriptId::AUTO, 0);
        if !self.is_ranked {
            // Nobody asks for their ranks afterwards.
            (0..).zip(&mut calls.states).for_each(|(rank, call)| call.begun.rank = rank);
            if let Some(unbegun) = &mut calls.unbegun {
                unbegun.rank_in_order();
            }
        }
        self.call.exchange(&mut calls.states, &mut calls.unbegun);
        let is_ranked = std::mem::replace(&mut self.is_ranked, true);
        let (commands, ranks, caps) = (self.commands.len(), self.ranks.len(), self.caps);
        BeforeLanes { commands, ranks, is_ranked, caps }
    }

    /// Gives the calls back, and puts what they asked for in their order.
    pub(crate) fn end_lanes(&mut self, calls: &mut LaneCalls, before: &BeforeLanes) {
        self.call.exchange(&mut calls.states, &mut calls.unbegun);
        debug_assert!(
            self.derived == 0 && self.random.is_none(),
            "a function that is done side by side must not derive numbers"
        );
        (self.looks_back, self.is_ranked) = (true, before.is_ranked);
        self.order_commands(before.commands, before.ranks);
        self.begin(ScriptId::AUTO, 0);
    }

    /// For how many commands each of some calls has asked that were done side by side, given their ranks, in order.
    pub(crate) fn commands_abreast(
        &self,
        before: &BeforeLanes,
        calls: impl Iterator<Item = u32>,
        mut count: impl FnMut(usize),
    ) {
        let mut ranks = self.ranks.get(before.ranks..).unwrap_or_default();
        for call in calls {
            let own = ranks.iter().take_while(|rank| **rank == call).count();
            ranks = ranks.get(own..).unwrap_or_default();
            count(own);
        }
    }

    /// Keeps all that was asked for side by side.
    #[expect(clippy::needless_pass_by_value, reason = "it is over")]
    pub(crate) fn keep_commands(&mut self, before: BeforeLanes) {
        if !before.is_ranked {
            self.ranks.truncate(before.ranks);
        }
    }

    /// The same, but for what calls of certain ranks have asked for.
    pub(crate) fn keep_commands_but(&mut self, before: BeforeLanes, ranks: &[u32]) {
        let is_ranked = before.is_ranked;
        for (rank, command) in self.take_back(before) {
            if ranks.contains(&rank) {
                continue;
            }
            self.commands.push(command);
            if is_ranked {
                self.ranks.push(rank);
            }
        }
    }

    /// Takes what was asked for side by side, each with the rank of its call, in order.
    #[expect(clippy::needless_pass_by_value, reason = "it is over")]
    pub(crate) fn take_back(
        &mut self,
        before: BeforeLanes,
    ) -> impl Iterator<Item = (u32, ScriptCommand)> + use<> {
        let commands = self.commands.split_off(before.commands);
        self.ranks.split_off(before.ranks).into_iter().zip(commands)
    }

    /// Says whether the calls at hand may look at what they do next.
    pub(crate) const fn look_back(&mut self, looks_back: bool) {
        self.looks_back = looks_back;
    }
}

//! Calls that are done side by side and have not begun: as long as a call only asks for what stands here, nothing else
//! has to be known of it.

use glam::Vec3;

use super::{
    ScriptContext,
    call::{AtHand, Begun, CallState},
};
use crate::{
    api::{Column, LANES, Progression, each},
    contract::{ScriptCommand, ScriptId},
};

/// What calls begin with, each in its lane, that are begun together.
#[derive(Clone, Copy)]
pub(crate) struct CallsAlike<'a> {
    /// The [ids](ScriptId) of their entities.
    pub(crate) entities: &'a Progression,
    /// Where the commands of each belong.
    pub(crate) ranks: &'a Progression,
    pub(crate) callback: u64,
    /// Seconds that they are for.
    pub(crate) delta_time: f64,
}

/// Calls that have not begun.
pub(super) struct Unbegun {
    /// Which they are.
    pub(super) lanes: u64,
    entities: [ScriptId; LANES],
    ranks: [u32; LANES],
    callback: u64,
    delta_time: f64,
    /// Where each one's entity stood when the pass began, as far as that is known.
    stood: [Vec3; LANES],
    is_known: u64,
}

impl Unbegun {
    pub(super) const fn nobody() -> Self {
        Self {
            lanes: 0,
            entities: [ScriptId::AUTO; LANES],
            ranks: [0; LANES],
            callback: 0,
            delta_time: 0.0,
            stood: [Vec3::ZERO; LANES],
            is_known: 0,
        }
    }

    /// Forgets all and takes these, in a mask; `stand` says where their entities stood, and of whom that is known.
    #[inline(always)]
    pub(super) fn take(
        &mut self,
        mask: u64,
        calls: CallsAlike<'_>,
        stand: impl FnOnce(&mut [Vec3; LANES]) -> u64,
    ) {
        calls.entities.put(&mut self.entities, |id| ScriptId(id.cast_signed()));
        calls.ranks.put(&mut self.ranks, |rank| rank as u32);
        (self.callback, self.delta_time) = (calls.callback, calls.delta_time);
        self.lanes = mask;
        self.is_known = stand(&mut self.stood);
    }

    /// Of what entity each call is.
    pub(super) fn put_entities(&self, to: &Column<i64>) {
        to.iter().zip(&self.entities).for_each(|(to, entity)| to.set(entity.0));
    }

    pub(super) const fn delta_time(&self) -> f64 {
        self.delta_time
    }

    pub(super) const fn rank(&self, lane: usize) -> u32 {
        self.ranks[lane % LANES]
    }

    /// Gives them ranks in the order of their lanes.
    pub(super) fn rank_in_order(&mut self) {
        (0..).zip(&mut self.ranks).for_each(|(rank, of)| *of = rank);
    }

    /// Whether these have not begun, and each names the entity whose call it is, of which it is known where it stood.
    fn name_their_own(&self, entities: &Column<i64>, mask: u64) -> bool {
        let mut differ = mask & !(self.lanes & self.is_known);
        each(mask, |lane| differ |= (entities[lane].get() ^ self.entities[lane].0) as u64);
        differ == 0
    }

    /// Lets a call begin.
    fn begin(&mut self, lane: usize, state: &mut CallState) {
        let bit = 1 << lane;
        let Self { callback, delta_time, .. } = *self;
        let (entity, rank) = (self.entities[lane], self.ranks[lane]);
        state.note_stood((self.is_known & bit != 0).then(|| self.stood[lane]));
        state.begin_anew(Begun { entity, callback, delta_time, rank });
        self.lanes &= !bit;
    }
}

impl AtHand {
    /// Exchanges the call at hand for some that are done side by side, or back.
    pub(super) fn exchange(
        &mut self,
        calls: &mut Vec<CallState>,
        unbegun: &mut Option<Box<Unbegun>>,
    ) {
        std::mem::swap(&mut self.calls, calls);
        std::mem::swap(&mut self.unbegun, unbegun);
        self.at = 0;
    }

    /// Goes to the call in a lane.
    #[inline(always)]
    pub(super) fn enter(&mut self, lane: usize) {
        self.at = lane;
        if self.unbegun.as_ref().is_some_and(|unbegun| unbegun.lanes >> lane & 1 != 0) {
            self.begin_at_hand();
        }
    }

    #[inline(never)]
    fn begin_at_hand(&mut self) {
        let Self { calls, at, unbegun } = self;
        if let (Some(state), Some(unbegun)) = (calls.get_mut(*at), unbegun) {
            unbegun.begin(*at % LANES, state);
        }
    }
}

impl ScriptContext<'_> {
    /// Gives the calls in a mask the places of the entities that they name, if each names its own and that is all that has
    /// to be known; `false` if it is not.
    pub(in crate::api) fn own_positions(
        &self,
        entities: &Column<i64>,
        mask: u64,
        to: &Column<Vec3>,
    ) -> bool {
        let Some(unbegun) = &self.call.unbegun else { return false };
        let is_all = unbegun.name_their_own(entities, mask);
        if is_all {
            each(mask, |lane| to[lane].set(unbegun.stood[lane]));
        }
        is_all
    }

    /// Adds a command for each of the calls in a mask that moves the entity it names, as made for its lane, if each names its
    /// own, none looks back, and nothing else has to be known; `false` if it is not. Who does not look back asks for
    /// nothing else afterwards, so nobody has to know that it has asked for this.
    pub(in crate::api) fn ask_own_steps(
        &mut self,
        entities: &Column<i64>,
        mask: u64,
        make: impl Fn(ScriptId, usize) -> ScriptCommand,
    ) -> bool {
        let Self { call, limits, caps, commands, ranks, is_ranked, looks_back, .. } = self;
        let Some(unbegun) = &call.unbegun else { return false };
        let may = caps.is_none() && limits.commands > 0 && !*looks_back && *is_ranked;
        if !may || !unbegun.name_their_own(entities, mask) {
            return false;
        }
        // The lanes one behind the other, so that it is known how many there are.
        let (mut lanes, mut count) = ([0_u8; LANES], 0);
        each(mask, |lane| {
            lanes[count] = lane as u8;
            count += 1;
        });
        let lanes = lanes[..count].iter().map(|lane| usize::from(*lane) % LANES);
        commands.extend(lanes.clone().map(|lane| make(unbegun.entities[lane], lane)));
        ranks.extend(lanes.map(|lane| unbegun.ranks[lane]));
        true
    }
}

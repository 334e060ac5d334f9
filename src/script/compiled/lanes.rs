//! Calls of one function for many instances at a time, side by side.
//!
//! ```text
//! Function → Flat (calls written out) → Typing (types of registers) → Plan
//! instances → Lanes: a column for each register, a lane for each call → what they changed and asked for
//! ```
//!
//! An instruction is done for up to 64 calls before the next one is looked at, so finding out what it is costs
//! next to nothing. Calls of a pass cannot see each other, so it makes no difference in which order their
//! instructions come; what they ask for is put in the order of the calls afterwards.
//!
//! Nothing is known here of errors: a call that fails, uses up its fuel, or does anything that has no column is
//! *made by itself* afterwards, from its beginning, as if nothing had happened. So there is one meaning, that of
//! the machine; a plan may leave out what it likes.

mod call;
mod columns;
mod copies;
mod flat;
mod fuel;
mod groups;
mod instruction;
mod kept;
mod liveness;
mod op;
mod optional;
mod plan;
mod run;
mod typing;

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

use glam::Vec3;

pub(crate) use self::{
    call::{AtOnce, LaneFn, LaneFns},
    columns::Answered,
    kept::Kept,
    plan::Plan,
};
use self::{columns::Columns, fuel::Fuel, groups::Groups, kept::Variables, plan::Variable};
use super::Val;
use crate::api::{
    BeforeLanes, Begun, CallsAhead, CallsAlike, LANES, LaneCalls, ScriptContext, lanes_of,
};

thread_local! {
    /// Those that were used last on this thread.
    static AT_REST: Cell<Option<Box<Lanes>>> = const { Cell::new(None) };
}

/// The calls that are at hand, and the memory that they need: it can be used again for any plan.
pub(crate) struct Lanes {
    columns: Columns,
    /// Whose constants lie in the columns, by the number of the plan.
    filled_for: u64,
    calls: LaneCalls,
    /// How many lanes are calls.
    count: usize,
    fuel: Fuel,
    /// Of each [bit](crate::script::marks::bit) the lanes that have changed a variable with it.
    changed: [u64; MARKS],
    /// The variables that those have changed who are done, as bits.
    noted: [u64; LANES],
    groups: Groups,
    /// Those that have come to their end.
    done: u64,
    /// Of these, those that have changed a variable that is kept.
    touched: u64,
}

impl Lanes {
    /// Some that nobody uses.
    pub(crate) fn take() -> Box<Self> {
        let rested = AT_REST.try_with(Cell::take).ok().flatten();
        rested.unwrap_or_else(Self::fresh)
    }

    #[cold]
    fn fresh() -> Box<Self> {
        Box::new(Self {
            columns: Columns::default(),
            filled_for: 0,
            calls: LaneCalls::nobody(LANES),
            count: 0,
            fuel: Fuel::default(),
            changed: [0; MARKS],
            noted: [0; LANES],
            groups: Groups::default(),
            done: 0,
            touched: 0,
        })
    }

    /// Leaves them to whoever comes next on this thread.
    pub(crate) fn leave(self: Box<Self>) {
        // In the end of a thread there is nobody to leave them to.
        let _: Result<(), _> = AT_REST.try_with(|rest| rest.set(Some(self)));
    }

    /// Forgets all calls and lets others be begun, with each of which something goes that is put into a list.
    pub(crate) fn begin<T>(
        &mut self,
        turns: &mut Vec<T>,
        fill: impl FnOnce(&mut CallsAhead<'_, T>),
    ) {
        fill(&mut CallsAhead::new(turns, &mut self.calls));
        (self.count, self.done) = (turns.len(), 0);
    }

    /// Takes calls of the lanes in a mask, each of which begins when that matters. `stand` says where their entities stood
    /// when the pass began, and of whom that is known.
    #[inline(always)]
    pub(crate) fn begin_alike(
        &mut self,
        mask: u64,
        calls: CallsAlike<'_>,
        stand: impl FnOnce(&mut [Vec3; LANES]) -> u64,
    ) {
        self.calls.begin_alike(mask, calls, stand);
    }

    /// Forgets who has come to his end.
    pub(crate) const fn nobody_is_done(&mut self) {
        (self.done, self.touched) = (0, 0);
    }

    /// The lanes of those who have, and have changed a variable that is [kept](Kept).
    pub(crate) const fn touched(&self) -> u64 {
        self.touched
    }

    /// The lanes of calls that have come to their end.
    pub(crate) const fn done(&self) -> u64 {
        self.done
    }

    /// The fuel that those have used.
    pub(crate) fn fuel_of_done(&self) -> u64 {
        self.fuel.sum(self.done)
    }

    /// The ranks of the calls in a mask.
    pub(crate) fn ranks(&self, mask: u64) -> Vec<u32> {
        lanes_of(mask).map(|lane| self.calls.rank(lane)).collect()
    }

    /// Leaves out all but so many calls.
    pub(crate) fn truncate(&mut self, count: usize) {
        self.count = self.count.min(count);
    }

    /// The call in a lane.
    pub(crate) fn call(&self, lane: usize) -> &Begun {
        self.calls.begun(lane)
    }

    /// Does the calls, which may use so much fuel each, as far as a plan goes, given the variables of their instances. What
    /// they ask for lies in the context afterwards, that of those included who have not come to their end.
    pub(crate) fn go(
        &mut self,
        plan: &Plan,
        context: &mut ScriptContext<'_>,
        states: &mut [&mut [Val]],
        limit: u64,
    ) -> Option<BeforeLanes> {
        let misfits = self.fill(plan, states);
        let all = if self.count < LANES { (1 << self.count) - 1 } else { u64::MAX };
        let variables = Variables::Own(states);
        let before = self.do_all(plan, context, &variables, (all & !misfits, limit));
        if context.may_stand(before.as_ref(), (self.are_done(), self.fuel_of_done())) {
            self.write_back(plan, states);
            context.count_abreast(self.done.count_ones());
            if !self.most_are_done() {
                plan.rest();
            }
        } else {
            self.done = 0;
        }
        before
    }

    /// The same, of the calls in a mask, whose variables are kept.
    pub(crate) fn go_on(
        &mut self,
        plan: &Plan,
        context: &mut ScriptContext<'_>,
        kept: &mut Kept,
        (mask, limit): (u64, u64),
    ) -> Option<BeforeLanes> {
        debug_assert!(!context.is_shared(), "it is not asked whether they may stand");
        self.fit(plan);
        kept.load(plan, &self.columns, mask);
        let before = self.do_all(plan, context, &Variables::Kept(kept), (mask, limit));
        context.count_abreast(self.done.count_ones());
        self.touched = kept.store(plan, &self.columns, self.done, &self.changed);
        before
    }

    /// Does the calls in a mask, which have their variables in the columns.
    fn do_all(
        &mut self,
        plan: &Plan,
        context: &mut ScriptContext<'_>,
        variables: &Variables<'_, '_>,
        (mask, limit): (u64, u64),
    ) -> Option<BeforeLanes> {
        self.columns.give(plan.given, &self.calls);
        self.fuel.begin(mask);
        (self.changed, self.done) = ([0; MARKS], 0);
        self.groups.begin(mask);
        // Whoever asks for nothing has nothing to do with the context.
        let before = plan.asks.then(|| context.begin_lanes(&mut self.calls));
        let ran = catch_unwind(AssertUnwindSafe(|| self.run(plan, context, variables, limit)));
        if let Some(before) = &before {
            context.end_lanes(&mut self.calls, before);
        }
        if ran.is_err() {
            // What the functions that are done side by side do cannot panic. If it does, each call is made by itself,
            // and the one at fault is found.
            self.done = 0;
        }
        before
    }

    /// Whether all calls have come to their end.
    pub(crate) const fn are_done(&self) -> bool {
        self.done.trailing_ones() as usize == self.count
    }

    /// Whether half of them have, or more.
    pub(crate) const fn most_are_done(&self) -> bool {
        self.done.count_ones() as usize * 2 >= self.count
    }

    /// Whether a call has come to its end; else it must be made by itself.
    pub(crate) const fn is_done(&self, lane: usize) -> bool {
        self.done >> lane & 1 == 1
    }

    /// The fuel of a call that has come to its end.
    pub(crate) fn fuel(&self, lane: usize) -> u64 {
        self.fuel.of(lane)
    }

    /// The variables that a call has changed which has come to its end, as [bits](crate::script::marks::bit).
    #[inline(always)]
    pub(crate) const fn noted(&self, lane: usize) -> u64 {
        self.noted[lane % LANES]
    }

    /// Makes sure that there are the columns of a plan, with its constants.
    fn fit(&mut self, plan: &Plan) {
        let Self { columns, filled_for, .. } = self;
        if *filled_for != plan.number {
            columns.fit(plan.counts);
            plan.constants.iter().for_each(|(place, value)| columns.fill(*place, value));
            *filled_for = plan.number;
        }
    }

    /// Fills the columns; gives the lanes whose variables do not fit.
    fn fill(&mut self, plan: &Plan, states: &[&mut [Val]]) -> u64 {
        self.fit(plan);
        let mut misfits = 0;
        for Variable { slot, place, .. } in &plan.variables {
            let slot = usize::from(*slot);
            misfits |= self.columns.load(*place, states.iter().map(|it| it.get(slot)));
        }
        misfits
    }

    /// Gives the variables of those who are done the values that they have now.
    fn write_back(&mut self, plan: &Plan, states: &mut [&mut [Val]]) {
        self.noted = [0; LANES];
        for Variable { slot, place, bit, .. } in plan.written() {
            for lane in lanes_of(self.done & self.changed[place_of(*bit)]) {
                self.noted[lane] |= bit;
                if let Some(state) = states.get_mut(lane)
                    && let Some(variable) = state.get_mut(usize::from(*slot))
                {
                    *variable = self.columns.get(*place, lane);
                }
            }
        }
    }
}

/// How many [bits](crate::script::marks::bit) there are for variables.
const MARKS: usize = 64;

/// Where the lanes of a bit stand.
const fn place_of(bit: u64) -> usize {
    bit.trailing_zeros() as usize % MARKS
}

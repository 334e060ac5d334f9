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
mod flat;
mod groups;
mod instruction;
mod op;
mod plan;
mod run;
mod typing;

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

pub(crate) use self::{
    call::{LaneFn, LaneFns},
    columns::Kind,
    plan::Plan,
};
use self::{columns::Columns, groups::Groups};
use super::Val;
use crate::{
    api::{Begun, Lane, ScriptContext},
    contract::ScriptCommand,
};

/// How many calls are done at a time: as many as a mask has bits.
pub(crate) const LANES: usize = 64;

thread_local! {
    /// Those that were used last on this thread.
    static AT_REST: Cell<Option<Box<Lanes>>> = const { Cell::new(None) };
}

/// The calls that are at hand, and the memory that they need: it can be used again for any plan.
pub(crate) struct Lanes {
    calls: Vec<Begun>,
    /// The variables of their instances; empty beyond those.
    states: Vec<Box<[Val]>>,
    board: Board,
    /// Commands in the order of the lanes, if they were not given so.
    ordered: Vec<(u8, u32, ScriptCommand)>,
}

/// What calls that are done side by side have done so far.
struct Board {
    columns: Columns,
    /// Whose constants lie in the columns, by the number of the plan.
    filled_for: u64,
    lanes: Vec<Lane>,
    fuel: [u64; LANES],
    /// The variables that they have changed, as [bits](crate::script::marks::bit).
    noted: [u64; LANES],
    groups: Groups,
    /// Those that have come to their end.
    done: u64,
    /// What they have asked for, and whose command each is.
    commands: Vec<ScriptCommand>,
    givers: Vec<u8>,
}

/// What a call that has come to its end leaves.
pub(crate) struct Left {
    pub(crate) fuel: u64,
    /// The variables that it has changed, as [bits](crate::script::marks::bit).
    pub(crate) noted: u64,
}

impl Lanes {
    /// Some that nobody uses.
    pub(crate) fn take() -> Box<Self> {
        let rested = AT_REST.try_with(Cell::take).ok().flatten();
        rested.unwrap_or_else(Self::fresh)
    }

    #[cold]
    fn fresh() -> Box<Self> {
        let board = Board {
            columns: Columns::default(),
            filled_for: 0,
            lanes: std::iter::repeat_with(Lane::default).take(LANES).collect(),
            fuel: [0; LANES],
            noted: [0; LANES],
            groups: Groups::default(),
            done: 0,
            commands: Vec::new(),
            givers: Vec::new(),
        };
        let states = std::iter::repeat_with(Box::default).take(LANES).collect();
        Box::new(Self { calls: Vec::with_capacity(LANES), states, board, ordered: Vec::new() })
    }

    /// Leaves them to whoever comes next on this thread.
    pub(crate) fn leave(self: Box<Self>) {
        // In the end of a thread there is nobody to leave them to.
        let _: Result<(), _> = AT_REST.try_with(|rest| rest.set(Some(self)));
    }

    /// Forgets all calls.
    pub(crate) fn clear(&mut self) {
        self.calls.clear();
        self.board.forget();
    }

    /// Adds a call, in the next lane.
    #[inline(always)]
    pub(crate) fn add(&mut self, call: Begun) {
        self.calls.push(call);
    }

    /// The call in a lane.
    pub(crate) fn call(&self, lane: usize) -> &Begun {
        &self.calls[lane]
    }

    /// For each lane the variables of its instance: to be swapped for these before, and back afterwards.
    pub(crate) fn states(&mut self) -> &mut [Box<[Val]>] {
        &mut self.states
    }

    /// Does the calls, which may use so much fuel each, as far as a plan goes.
    pub(crate) fn go(&mut self, plan: &Plan, context: &mut ScriptContext<'_>, limit: u64) {
        let Self { calls, states, board, .. } = self;
        let count = calls.len().min(LANES);
        board.begin(plan, context, calls, states);
        let is_ranked = context.begin_lanes(&mut board.commands);
        let ran =
            catch_unwind(AssertUnwindSafe(|| board.run(plan, context, (calls, states), limit)));
        context.end_lanes(&mut board.commands, is_ranked);
        if ran.is_err() {
            // What the functions that are done side by side do cannot panic. If it does, each call is made by itself,
            // and the one at fault is found.
            board.forget();
        }
        board.write_back(plan, states);
        context.count_abreast(board.done.count_ones());
        if !board.givers.is_sorted() {
            self.order();
        }
        if !self.most_are_done(count) {
            plan.rest();
        }
    }

    /// Puts commands in the order of the lanes.
    #[cold]
    fn order(&mut self) {
        let Self { board: Board { givers, commands, .. }, ordered, .. } = self;
        let all = givers.drain(..).zip(0..).zip(commands.drain(..));
        ordered.extend(all.map(|((giver, number), command)| (giver, number, command)));
        ordered.sort_unstable_by_key(|(giver, number, _)| (*giver, *number));
        for (giver, _, command) in ordered.drain(..) {
            givers.push(giver);
            commands.push(command);
        }
    }

    /// What was asked for and by which lane, in the order of the lanes. The lists are to be given back.
    pub(crate) fn take_commands(&mut self) -> (Vec<u8>, Vec<ScriptCommand>) {
        let Board { givers, commands, .. } = &mut self.board;
        (std::mem::take(givers), std::mem::take(commands))
    }

    /// Takes the lists back, so that their memory can be used again.
    pub(crate) fn give_back(&mut self, (givers, commands): (Vec<u8>, Vec<ScriptCommand>)) {
        (self.board.givers, self.board.commands) = (givers, commands);
    }

    /// Whether the first so many calls have all come to their end.
    pub(crate) const fn are_done(&self, count: usize) -> bool {
        self.board.done.trailing_ones() as usize == count
    }

    /// Whether half of so many calls have, or more.
    pub(crate) const fn most_are_done(&self, count: usize) -> bool {
        self.board.done.count_ones() as usize * 2 >= count
    }

    /// Whether a call has come to its end; else it must be made by itself.
    pub(crate) const fn is_done(&self, lane: usize) -> bool {
        self.board.done >> lane & 1 == 1
    }

    /// What a call leaves that has come to its end.
    #[inline(always)]
    pub(crate) const fn left(&self, lane: usize) -> Left {
        Left { fuel: self.board.fuel[lane % LANES], noted: self.board.noted[lane % LANES] }
    }

    /// Hands on what all have asked for.
    pub(crate) fn give_commands(&mut self, context: &mut ScriptContext<'_>) {
        let Board { commands, givers, .. } = &mut self.board;
        context.commands_given(commands, givers, &self.calls);
        givers.clear();
    }
}

impl Board {
    /// Forgets all that was done.
    fn forget(&mut self) {
        self.done = 0;
        self.commands.clear();
        self.givers.clear();
    }

    /// Makes ready: fills the columns, and leaves those out whose variables do not fit.
    fn begin(
        &mut self,
        plan: &Plan,
        context: &ScriptContext<'_>,
        calls: &[Begun],
        states: &[Box<[Val]>],
    ) {
        let Self { columns, lanes, filled_for, .. } = self;
        if *filled_for != plan.number {
            columns.fit(plan.counts);
            plan.constants.iter().for_each(|(place, value)| columns.fill(*place, value));
            *filled_for = plan.number;
        }
        let mut misfits = 0;
        for (slot, place) in &plan.variables {
            let slot = usize::from(*slot);
            misfits |= columns.load(*place, states.iter().take(calls.len()).map(|it| it.get(slot)));
        }
        columns.give(plan.given, calls);
        lanes.iter_mut().take(calls.len()).for_each(Lane::clear);
        if plan.asks_place {
            context.look_where_all_stood(calls, lanes);
        }
        (self.fuel, self.noted, self.done) = ([0; LANES], [0; LANES], 0);
        let all = if calls.len() < LANES { (1 << calls.len()) - 1 } else { u64::MAX };
        self.groups.begin(all & !misfits);
    }

    /// Gives the variables of those who are done the values that they have now.
    fn write_back(&self, plan: &Plan, states: &mut [Box<[Val]>]) {
        for (slot, place, bit) in &plan.written {
            for lane in groups::lanes_of(self.done) {
                if self.noted[lane] & bit != 0
                    && let Some(state) = states.get_mut(lane)
                    && let Some(variable) = state.get_mut(usize::from(*slot))
                {
                    *variable = self.columns.get(*place, lane);
                }
            }
        }
    }
}

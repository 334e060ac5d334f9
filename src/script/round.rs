use std::ops::DerefMut;

use super::{
    Calls, CompiledScript, FunctionId, ScriptInstance,
    calls::{Way, foreign, placed},
    compiled::{LANES, Lanes, Last, Left, Turns, Val},
    state::ScriptState,
};
use crate::{
    api::{Begun, ScriptContext},
    contract::ScriptError,
};

/// Instances of one script that are called one after the other: see [`Calls::each`].
pub trait Round {
    /// An instance while it is its turn: `&mut ScriptInstance`, or whatever holds one.
    type Turn: DerefMut<Target = ScriptInstance>;

    /// The instance that is called next, whose call it [begins](ScriptContext::begin); `None` if there is none.
    fn next(&mut self, context: &mut ScriptContext<'_>) -> Option<Self::Turn>;

    /// Whether it may be asked for several instances [ahead](Self::next_ahead). Default: **no**.
    fn runs_ahead(&self) -> bool {
        false
    }

    /// As [`next`](Self::next), but it may be asked for more before it hears of this one: then their calls are done side
    /// by side, which is quicker. What comes of them is the same, and is told in the same order.
    fn next_ahead(&mut self, context: &mut ScriptContext<'_>) -> Option<(Self::Turn, Begun)> {
        let turn = self.next(context)?;
        Some((turn, context.begun()))
    }

    /// Takes the instance back that [`next`](Self::next) gave last, and hears what has become of its call.
    ///
    /// If it failed its state is as it was before and its commands are dropped. If the instance runs another
    /// script than the others it was not called, and the error is of the kind
    /// [`Host`](crate::contract::ErrorKind::Host).
    fn done(
        &mut self,
        context: &mut ScriptContext<'_>,
        turn: Self::Turn,
        called: Result<(), Box<ScriptError>>,
    );
}

impl<'w> Calls<'_, 'w> {
    /// Calls a function without arguments for one instance after the other. A call that only counts takes half as
    /// long as with [`call`](Self::call).
    ///
    /// # Panics
    /// If the round panics. If a function of the host does so in a call, that call fails.
    pub fn each(&mut self, function: FunctionId, round: &mut impl Round) {
        if let Way::Compiled(caller) = &mut self.way
            && !self.script.sets_timers()
        {
            let goes_on = round.runs_ahead() && caller.may_go_abreast(function.index());
            let left = if goes_on { FIRST } else { usize::MAX };
            if self.each_in_turn(function, round, left) && !self.each_abreast(function, round) {
                self.each_in_turn(function, round, usize::MAX);
            }
            return;
        }
        while let Some(mut turn) = round.next(self.context()) {
            let called = self.call(&mut turn, function, &[]);
            round.done(self.context(), turn, called);
        }
    }
}

impl<'w> Calls<'_, 'w> {
    /// The same for so many at the most, one after the other without leaving the machine; says whether there may be
    /// more of them.
    fn each_in_turn(&mut self, function: FunctionId, round: &mut impl Round, left: usize) -> bool {
        let Way::Compiled(caller) = &mut self.way else { return false };
        let mut turns = InTurn { script: self.script, round, called: None, left };
        caller.each(function.index(), &mut turns);
        turns.left == 0
    }

    /// The same, many at a time; says whether all have had their turn. Else it does not pay at the moment.
    fn each_abreast<R: Round>(&mut self, function: FunctionId, round: &mut R) -> bool {
        let mut is_over = false;
        let mut lanes = Lanes::take();
        let mut turns = Vec::with_capacity(LANES);
        while !is_over {
            lanes.clear();
            let mut stranger = None;
            while turns.len() < LANES
                && let Some((turn, call)) = round.next_ahead(self.context())
            {
                if !turn.runs(self.script) {
                    stranger = Some((turn, call));
                    break;
                }
                lanes.add(call);
                turns.push(turn);
            }
            let count = turns.len();
            is_over = count < LANES && stranger.is_none();
            if count > 0 {
                self.do_abreast(function, &mut lanes, &mut turns);
            }
            let pays = lanes.most_are_done(count);
            if lanes.are_done(count) {
                lanes.give_commands(self.context());
                for (turn, lane) in turns.drain(..).zip(0..) {
                    self.end_lane(&lanes, lane, turn, round);
                }
            } else {
                self.end_abreast(function, &mut lanes, &mut turns, round);
            }
            if let Some((turn, call)) = stranger {
                self.context().begin_call(&call);
                let error = foreign(self.script, &turn);
                let error = placed(error, self.context());
                round.done(self.context(), turn, Err(error));
            }
            if !pays {
                break;
            }
        }
        lanes.leave();
        is_over
    }

    /// Does the calls of some instances as far as that goes side by side.
    fn do_abreast<T>(&mut self, function: FunctionId, lanes: &mut Lanes, turns: &mut [T])
    where
        T: DerefMut<Target = ScriptInstance>,
    {
        let Way::Compiled(caller) = &mut self.way else { return };
        for (turn, state) in turns.iter_mut().zip(lanes.states()) {
            swap(turn.parts().state, state);
        }
        caller.abreast(function.index(), lanes);
        for (turn, state) in turns.iter_mut().zip(lanes.states()) {
            swap(turn.parts().state, state);
        }
    }

    /// Hands an instance back whose call has come to its end side by side.
    #[inline(always)]
    fn end_lane<R: Round>(&mut self, lanes: &Lanes, lane: usize, mut turn: R::Turn, round: &mut R) {
        let Left { fuel, noted } = lanes.left(lane);
        let context = self.context();
        context.spend(fuel);
        turn.parts().marks.touch(noted);
        round.done(context, turn, Ok(()));
    }

    /// Makes the calls by themselves that did not go, and hands all instances back.
    #[inline(never)]
    fn end_abreast<R: Round>(
        &mut self,
        function: FunctionId,
        lanes: &mut Lanes,
        turns: &mut Vec<R::Turn>,
        round: &mut R,
    ) {
        let (mut givers, mut commands) = lanes.take_commands();
        let mut given = givers.drain(..).zip(commands.drain(..)).peekable();
        for (mut turn, lane) in turns.drain(..).zip(0..) {
            let is_done = lanes.is_done(lane);
            while let Some((_, command)) = given.next_if(|(giver, _)| usize::from(*giver) == lane) {
                if is_done {
                    self.context().command_given(command, lanes.call(lane));
                }
            }
            if is_done {
                self.end_lane(lanes, lane, turn, round);
                continue;
            }
            self.context().begin_call(lanes.call(lane));
            let called = self.run(function, &[], turn.parts());
            round.done(self.context(), turn, called);
        }
        drop(given);
        lanes.give_back((givers, commands));
    }
}

/// So many are called one after the other before it is tried to call more of them side by side: those who are but
/// few gain nothing by it.
const FIRST: usize = 4;

/// A round as the machine sees it.
struct InTurn<'a, R: Round> {
    script: &'a CompiledScript,
    round: &'a mut R,
    /// Whose call runs.
    called: Option<R::Turn>,
    /// How many may come.
    left: usize,
}

impl<'w, R: Round> Turns<'w> for InTurn<'_, R> {
    #[inline(always)]
    fn next(
        &mut self,
        context: &mut ScriptContext<'w>,
        state: &mut Box<[Val]>,
        last: Last,
    ) -> bool {
        if let Some(mut turn) = self.called.take() {
            let parts = turn.parts();
            swap(parts.state, state);
            match last {
                Last::Done(changed) => {
                    parts.marks.touch(changed);
                    self.round.done(context, turn, Ok(()));
                }
                Last::Failed(error) => self.failed(context, turn, error),
                Last::Nobody => {}
            }
        }
        while self.left > 0
            && let Some(mut turn) = self.round.next(context)
        {
            self.left -= 1;
            if turn.runs(self.script) {
                swap(turn.parts().state, state);
                self.called = Some(turn);
                return true;
            }
            let error = foreign(self.script, &turn);
            self.failed(context, turn, error);
        }
        false
    }

    fn is_between(&self) -> bool {
        self.called.is_none()
    }
}

impl<R: Round> InTurn<'_, R> {
    #[cold]
    fn failed(&mut self, context: &mut ScriptContext<'_>, turn: R::Turn, error: Box<ScriptError>) {
        let error = placed(error, context);
        self.round.done(context, turn, Err(error));
    }
}

fn swap(kept: &mut ScriptState, state: &mut Box<[Val]>) {
    match kept {
        ScriptState::Compiled(kept) => std::mem::swap(kept, state),
        ScriptState::Reference(_) => unreachable!("a state belongs to the program that made it"),
    }
}

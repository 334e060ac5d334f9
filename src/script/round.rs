use std::{array, ops::DerefMut, vec::Drain};

use super::{
    Calls, CompiledScript, FunctionId, ScriptInstance,
    calls::{Way, foreign, placed},
    compiled::{Lanes, Last, Turns, Val},
    state::ScriptState,
};
use crate::{
    api::{BeforeLanes, Begun, CallsAhead, LANES, ScriptContext},
    contract::ScriptError,
};

/// What a call has used that was done side by side with others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsedAbreast {
    /// Its fuel.
    pub fuel: u64,
    /// How many commands it has given.
    pub commands: usize,
}

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

    /// Whether those that it was asked for ahead are still to be called. Asked before calls that are made one after the other, because
    /// none of a group stands that was done side by side: who is not called then is dropped as if he had not been there, and
    /// [`done`](Self::done) does not hear of him. Default: **yes**.
    fn goes_on(&self) -> bool {
        true
    }

    /// As [`next`](Self::next), but it may be asked for more before it hears of this one: then their calls are done side
    /// by side, which is quicker. What comes of them is the same, and is told in the same order.
    fn next_ahead(&mut self, context: &mut ScriptContext<'_>) -> Option<(Self::Turn, Begun)> {
        let turn = self.next(context)?;
        Some((turn, context.begun()))
    }

    /// Adds the instances that are [called next](Self::next_ahead), and their calls, for as long as there is room, and none
    /// behind one that does not run `script`; none at all only if there are no more of them.
    fn next_many(
        &mut self,
        context: &mut ScriptContext<'_>,
        script: &CompiledScript,
        calls: &mut CallsAhead<'_, Self::Turn>,
    ) {
        let mut is_alike = true;
        while is_alike
            && calls.room() > 0
            && let Some((turn, call)) = self.next_ahead(context)
        {
            is_alike = turn.runs(script);
            calls.add(turn, call);
        }
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

    /// As [`done`](Self::done), of a call that was done side by side with others and has come to its end. It has written
    /// nothing to the log.
    #[inline]
    fn done_abreast(
        &mut self,
        context: &mut ScriptContext<'_>,
        turn: Self::Turn,
        used: &UsedAbreast,
    ) {
        context.spend(used.fuel);
        self.done(context, turn, Ok(()));
    }

    /// The same, of all calls of a list, in their order, with what each has used. The list is to be empty afterwards.
    fn done_many(
        &mut self,
        context: &mut ScriptContext<'_>,
        turns: &mut Vec<Self::Turn>,
        used: &[UsedAbreast],
    ) {
        for (turn, used) in turns.drain(..).zip(used) {
            self.done_abreast(context, turn, used);
        }
    }
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
        let mut lanes = Lanes::take();
        let mut turns = Vec::with_capacity(LANES);
        let is_over = loop {
            let script = self.script;
            lanes.begin(&mut turns, |calls| round.next_many(self.context(), script, calls));
            if turns.is_empty() {
                break true;
            }
            // Whoever runs another script stands behind all others; if somebody came behind that, it would go by itself.
            let stranger = turns.iter().position(|turn| !turn.runs(self.script));
            let count = stranger.unwrap_or(turns.len());
            lanes.truncate(count);
            let before = self.do_abreast(function, &mut lanes, &mut turns[..count]);
            let pays = lanes.most_are_done();
            if lanes.are_done() && stranger.is_none() {
                self.end_lanes(&lanes, (&mut turns, before), round);
            } else {
                self.end_abreast(function, &lanes, (turns.drain(..), before), round);
            }
            if !pays {
                break false;
            }
        };
        lanes.leave();
        is_over
    }

    /// Does the calls of some instances as far as that goes side by side.
    fn do_abreast<T>(
        &mut self,
        function: FunctionId,
        lanes: &mut Lanes,
        turns: &mut [T],
    ) -> Option<BeforeLanes>
    where
        T: DerefMut<Target = ScriptInstance>,
    {
        let Way::Compiled(caller) = &mut self.way else { return None };
        let count = turns.len();
        let mut all = turns.iter_mut().map(|turn| &mut **variables(turn.parts().state));
        let mut states: [&mut [Val]; LANES] = array::from_fn(|_| all.next().unwrap_or_default());
        caller.abreast(function.index(), lanes, &mut states[..count])
    }

    /// Hands all instances back: all calls have come to their end side by side.
    // By itself, as is whatever is done for each of them.
    #[inline(never)]
    fn end_lanes<R: Round>(
        &mut self,
        lanes: &Lanes,
        (turns, before): (&mut Vec<R::Turn>, Option<BeforeLanes>),
        round: &mut R,
    ) {
        let context = self.context();
        let count = turns.len();
        let mut used: [UsedAbreast; LANES] =
            array::from_fn(|lane| UsedAbreast { fuel: lanes.fuel(lane), commands: 0 });
        if let Some(before) = before {
            let calls = (0..count).map(|lane| lanes.call(lane).rank());
            let mut all = used.iter_mut();
            context.commands_abreast(&before, calls, |commands| {
                if let Some(used) = all.next() {
                    used.commands = commands;
                }
            });
            context.keep_commands(before);
        }
        for (turn, lane) in turns.iter_mut().zip(0..) {
            touch(turn, lanes.noted(lane));
        }
        round.done_many(context, turns, &used[..count]);
    }

    /// Makes the calls by themselves that did not go, and hands all instances back.
    #[inline(never)]
    fn end_abreast<R: Round>(
        &mut self,
        function: FunctionId,
        lanes: &Lanes,
        (turns, before): (Drain<'_, R::Turn>, Option<BeforeLanes>),
        round: &mut R,
    ) {
        let given = before.map(|before| self.context().take_back(before));
        let mut given = given.into_iter().flatten().peekable();
        for (mut turn, lane) in turns.zip(0..) {
            let (is_done, call) = (lanes.is_done(lane), lanes.call(lane));
            let mut used = UsedAbreast { fuel: lanes.fuel(lane), commands: 0 };
            while let Some((_, command)) = given.next_if(|(rank, _)| *rank == call.rank()) {
                if is_done {
                    self.context().command_given(command, call);
                    used.commands += 1;
                }
            }
            if is_done {
                touch(&mut turn, lanes.noted(lane));
                round.done_abreast(self.context(), turn, &used);
                continue;
            }
            // If anybody's call stands, all must hear how theirs ended.
            if lanes.done() == 0 && !round.goes_on() {
                break;
            }
            self.context().begin_call(call);
            let called = if turn.runs(self.script) {
                self.run(function, &[], turn.parts())
            } else {
                Err(placed(foreign(self.script, &turn), self.context()))
            };
            round.done(self.context(), turn, called);
        }
    }
}

/// Takes note of which variables of an instance a call has changed.
#[inline(always)]
fn touch(turn: &mut impl DerefMut<Target = ScriptInstance>, noted: u64) {
    // What is not written to need not be brought back to memory.
    if noted != 0 {
        turn.parts().marks.touch(noted);
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
    std::mem::swap(variables(kept), state);
}

#[inline(always)]
fn variables(kept: &mut ScriptState) -> &mut Box<[Val]> {
    match kept {
        ScriptState::Compiled(kept) => kept,
        ScriptState::Reference(_) => unreachable!("a state belongs to the program that made it"),
    }
}

use std::ops::DerefMut;

use super::{
    Calls, CompiledScript, FunctionId, ScriptInstance,
    calls::{Way, foreign, placed},
    compiled::{Last, Turns, Val},
    state::ScriptState,
};
use crate::{api::ScriptContext, contract::ScriptError};

/// Instances of one script that are called one after the other: see [`Calls::each`].
pub trait Round {
    /// An instance while it is its turn: `&mut ScriptInstance`, or whatever holds one.
    type Turn: DerefMut<Target = ScriptInstance>;

    /// The instance that is called next, whose call it [begins](ScriptContext::begin); `None` if there is none.
    fn next(&mut self, context: &mut ScriptContext<'_>) -> Option<Self::Turn>;

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
            let mut turns = InTurn { script: self.script, round, called: None };
            caller.each(function.index(), &mut turns);
            return;
        }
        while let Some(mut turn) = round.next(self.context()) {
            let called = self.call(&mut turn, function, &[]);
            round.done(self.context(), turn, called);
        }
    }
}

/// A round as the machine sees it.
struct InTurn<'a, R: Round> {
    script: &'a CompiledScript,
    round: &'a mut R,
    /// Whose call runs.
    called: Option<R::Turn>,
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
        while let Some(mut turn) = self.round.next(context) {
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

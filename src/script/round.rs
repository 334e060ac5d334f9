use super::{
    Calls, CompiledScript, FunctionId, ScriptInstance,
    calls::{Way, foreign, placed},
    compiled::{Last, Turns, Val},
    state::ScriptState,
};
use crate::{api::ScriptContext, contract::ScriptError};

/// Instances of one script that are called one after the other: see [`Calls::each`].
pub trait Round<'i> {
    /// The instance that is called next, whose call it [begins](ScriptContext::begin); `None` if there is none.
    fn next(&mut self, context: &mut ScriptContext<'_>) -> Option<&'i mut ScriptInstance>;

    /// Hears what has become of the call of the instance that [`next`](Self::next) gave last.
    ///
    /// If it failed its state is as it was before and its commands are dropped. If the instance runs another
    /// script than the others it was not called, and the error is of the kind
    /// [`Host`](crate::contract::ErrorKind::Host).
    fn done(
        &mut self,
        context: &mut ScriptContext<'_>,
        instance: &mut ScriptInstance,
        called: Result<(), Box<ScriptError>>,
    );
}

impl<'w> Calls<'_, 'w> {
    /// Calls a function without arguments for one instance after the other. A call that only counts takes half as
    /// long as with [`call`](Self::call).
    ///
    /// # Panics
    /// If the round panics. If a function of the host does so in a call, that call fails.
    pub fn each<'i>(&mut self, function: FunctionId, round: &mut impl Round<'i>) {
        if let Way::Compiled(caller) = &mut self.way
            && !self.script.sets_timers()
        {
            let mut turns = InTurn { script: self.script, round, called: None };
            caller.each(function.index(), &mut turns);
            return;
        }
        while let Some(instance) = round.next(self.context()) {
            let called = self.call(instance, function, &[]);
            round.done(self.context(), instance, called);
        }
    }
}

/// A round as the machine sees it.
struct InTurn<'a, 'i, R> {
    script: &'a CompiledScript,
    round: &'a mut R,
    /// Who is being called.
    called: Option<&'i mut ScriptInstance>,
}

impl<'i, 'w, R: Round<'i>> Turns<'w> for InTurn<'_, 'i, R> {
    fn next(
        &mut self,
        context: &mut ScriptContext<'w>,
        state: &mut Box<[Val]>,
        last: Last,
    ) -> bool {
        if let Some(instance) = self.called.take() {
            let parts = instance.parts();
            swap(parts.state, state);
            if let Last::Done(changed) = last {
                parts.marks.touch(changed);
                self.round.done(context, instance, Ok(()));
            } else {
                self.failed(context, instance, last);
            }
        }
        while let Some(instance) = self.round.next(context) {
            if std::ptr::eq(&raw const **instance.script(), self.script) {
                swap(instance.parts().state, state);
                self.called = Some(instance);
                return true;
            }
            let error = foreign(self.script, instance);
            self.failed(context, instance, Last::Failed(error));
        }
        false
    }
}

impl<'i, R: Round<'i>> InTurn<'_, 'i, R> {
    #[cold]
    fn failed(
        &mut self,
        context: &mut ScriptContext<'_>,
        instance: &mut ScriptInstance,
        last: Last,
    ) {
        if let Last::Failed(error) = last {
            let error = placed(error, context);
            self.round.done(context, instance, Err(error));
        }
    }
}

fn swap(kept: &mut ScriptState, state: &mut Box<[Val]>) {
    match kept {
        ScriptState::Compiled(kept) => std::mem::swap(kept, state),
        ScriptState::Reference(_) => unreachable!("a state belongs to the program that made it"),
    }
}

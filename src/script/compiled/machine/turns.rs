//! Calls from outside, one after the other.

use super::{
    Run,
    frames::{Back, UNBOUND},
};
use crate::{
    api::ScriptContext,
    contract::ScriptError,
    script::compiled::{Val, fault::Fault, heap::live_bytes, program::Function},
};

/// Instances of a script that are called one after the other.
pub(crate) trait Turns<'w> {
    /// Takes back the variables of the instance whose call has ended, hands over those of the next one in
    /// their place, and begins its call in the context. `false` if there is no next one.
    fn next(&mut self, context: &mut ScriptContext<'w>, state: &mut Box<[Val]>, last: Last)
    -> bool;

    /// Whether no call runs: what panics now is none of a script.
    fn is_between(&self) -> bool;

    /// Ends a call that came from outside and begins the next one in its frame; says whether there is one. If
    /// not, the frame is closed. Made for each kind of turns by itself, so that it is one call.
    fn turn_over(&mut self, run: &mut Run<'_, 'w>, function: &Function) -> bool {
        run.next_turn(self, function)
    }
}

/// What has become of a call.
pub(crate) enum Last {
    /// There was none.
    Nobody,
    /// It has changed these variables, as [bits](crate::script::marks::bit).
    Done(u64),
    /// It failed; the variables are as they were before it.
    Failed(Box<ScriptError>),
}

/// There are no others.
pub(super) struct NoTurns;

impl Turns<'_> for NoTurns {
    fn next(&mut self, _: &mut ScriptContext<'_>, _: &mut Box<[Val]>, _: Last) -> bool {
        false
    }

    fn is_between(&self) -> bool {
        false
    }
}

impl<'w> Run<'_, 'w> {
    /// Calls a function for one instance after the other until there are no more.
    ///
    /// # Errors
    /// A call failed. The variables of its instance are as they were, and are handed back when this is called
    /// again with what is to be told of it as `last`. The same holds if it panics and
    /// [`break_off`](Self::break_off) was called.
    pub(crate) fn turns(
        &mut self,
        function: u32,
        turns: &mut dyn Turns<'w>,
        mut last: Last,
    ) -> Result<(), Fault> {
        let program = self.program;
        let Some(called) = program.functions.get(function as usize) else {
            while self.hand_over(turns, last) {
                last = Last::Done(0);
            }
            return Ok(());
        };
        if !self.hand_over(turns, last) {
            return Ok(());
        }
        self.has_registers = called.registers > 0;
        self.is_handed = called.has_this || called.parameters > 0;
        let opened = self.push_frame_of(called, function, 0, 0, Back::Nobody);
        let mut ended = opened.and_then(|()| {
            self.begin_turn(called);
            self.run(0, turns)
        });
        if let Some(fault) = self.unkept.take() {
            ended = Err(fault);
        }
        if ended.is_err() {
            self.settle();
            self.put_back();
        }
        ended
    }

    /// What the calls that follow are handed.
    pub(crate) fn hand(&mut self, args: Vec<Val>) {
        self.args = args;
    }

    /// Puts the variables back as they were before a call that a panic ended.
    #[cold]
    pub(crate) fn break_off(&mut self) {
        self.fuel = 0;
        self.tank.empty();
        self.settle();
        self.put_back();
    }

    #[inline(always)]
    fn hand_over(&mut self, turns: &mut (impl Turns<'w> + ?Sized), last: Last) -> bool {
        turns.next(self.context, &mut self.state, last)
    }

    /// Gives a call from outside what it finds when its frame is open.
    #[inline(always)]
    fn begin_turn(&mut self, function: &Function) {
        self.fill();
        self.live_limit = live_bytes().wrapping_add(self.memory);
        if self.is_handed {
            self.hand_arguments(function);
        }
    }

    #[inline(never)]
    fn hand_arguments(&mut self, function: &Function) {
        let first = usize::from(function.has_this);
        if function.has_this {
            self.set_register(0, UNBOUND);
        }
        for i in 0..usize::from(function.parameters) {
            let arg = self.args.get(i).cloned().unwrap_or_default();
            self.set_register(first + i, arg);
        }
    }

    /// See [`Turns::turn_over`].
    #[inline(always)]
    fn next_turn(&mut self, turns: &mut (impl Turns<'w> + ?Sized), function: &Function) -> bool {
        if self.has_registers {
            self.machine.free_outermost(function.registers);
        }
        self.machine.tidy();
        if self.machine.journal.may_hold() {
            if let Err(fault) = self.keep() {
                // It has left the function already, and no `catch` sees it.
                self.unkept = Some(fault);
                return false;
            }
            self.machine.journal.free();
        }
        self.settle();
        let changed = self.machine.journal.take_noted();
        let is_handed = self.hand_over(turns, Last::Done(changed));
        if is_handed {
            self.begin_turn(function);
        } else {
            self.machine.frames.clear();
        }
        is_handed
    }

    /// Puts the variables back as they were before the call.
    #[cold]
    fn put_back(&mut self) {
        self.machine.put_back(&mut self.state);
        (self.natives, self.lends_constants) = (0, false);
    }
}

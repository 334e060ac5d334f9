//! What runs a program: registers, frames, and the loop over the instructions.

mod calls;
mod catch;
mod frames;
mod items;
mod journal;
mod keep;
mod lend;
mod paths;
mod pointers;
mod step;
mod tank;
mod turns;
mod work;

use std::{cell::Cell, sync::Arc};

pub(super) use self::calls::NATIVE;
pub(crate) use self::{
    catch::shown_name,
    turns::{Last, Turns},
};
use self::{frames::Frame, journal::Journal, tank::Tank};
use super::{Val, fault::Fault, program::Program};
use crate::api::ScriptContext;

/// More than any machine has, and little enough that sums of it do not overflow.
const MOST_MEMORY: i64 = 1 << 62;

/// How many registers an instruction can name.
pub(super) const WINDOW: usize = 256;

thread_local! {
    /// The machine of the calls that ended last on this thread, for those that come next: any program can run
    /// on any machine.
    static AT_REST: Cell<Option<Box<Machine>>> = const { Cell::new(None) };
}

/// How many registers a machine begins with. One that has had to take more memory for them is not kept.
const REGISTERS: usize = 4 * WINDOW;
/// The same for the bytes of its other lists together.
const KEPT_BYTES: usize = 2048;

/// Memory that a call needs and the next one can use again.
#[derive(Default)]
pub(crate) struct Machine {
    /// The registers of all frames, one above the other.
    registers: Vec<Val>,
    frames: Vec<Frame>,
    /// The open `try` blocks.
    handlers: Vec<catch::Handler>,
    /// The errors that open `catch` blocks handle.
    caught: Vec<catch::Caught>,
    /// The variables that closures share.
    cells: Vec<Val>,
    /// Whether there may be anything in the three lists above.
    is_untidy: bool,
    /// What the function that was entered last has given.
    result: Val,
    /// What a function that a native called has made of `this`.
    kept_this: Option<Val>,
    /// Whether what a native called last may have made something else of `this`.
    hands_back: bool,
    journal: Journal,
}

/// Calls of a program that run, one after the other: what is the same for all of them is made ready once.
pub(crate) struct Run<'a, 'w> {
    program: &'a Program,
    machine: &'a mut Machine,
    /// The variables of the script, while a call runs.
    state: Box<[Val]>,
    /// The constants, where they are being evaluated.
    constants: Option<&'a mut Vec<Val>>,
    context: &'a mut ScriptContext<'w>,
    /// What may be used before `tank` is asked.
    fuel: u64,
    tank: Tank,
    /// What a call may add to [`live_bytes`](super::heap::live_bytes).
    memory: i64,
    /// What they may reach.
    live_limit: i64,
    /// How many frames and natives that call back may be open.
    levels: usize,
    /// How many natives are calling back.
    natives: usize,
    /// Whether the native that calls back works on a constant, and so cannot lend it to be changed.
    lends_constants: bool,
    /// What the calls are handed.
    args: Vec<Val>,
    /// What of the call that has just ended cannot be kept.
    unkept: Option<Fault>,
    /// Whether the function that is called from outside uses registers.
    has_registers: bool,
    /// Whether it finds something in them: parameters or `this`.
    is_handed: bool,
}

impl Machine {
    /// Puts the variables back as they were before a call that failed or was broken off.
    #[cold]
    fn put_back(&mut self, state: &mut [Val]) {
        self.journal.put_back(state);
        self.clear();
    }

    /// One that no calls use.
    pub(crate) fn take() -> Box<Self> {
        // None is there if a function of the host, called by a script, calls another one; or in the thread's end.
        let rested = AT_REST.try_with(Cell::take).ok().flatten();
        rested.unwrap_or_else(Self::fresh)
    }

    #[cold]
    fn fresh() -> Box<Self> {
        Box::new(Self { registers: Vec::with_capacity(REGISTERS), ..Self::default() })
    }

    /// Leaves it to the next calls.
    pub(crate) fn leave(self: Box<Self>) {
        if self.is_small() {
            // In the end of a thread there is nobody to leave it to.
            let _: Result<(), _> = AT_REST.try_with(|rest| rest.set(Some(self)));
        }
    }

    /// Whether it takes no more memory than most calls need.
    const fn is_small(&self) -> bool {
        let others = self.cells.capacity() * size_of::<Val>()
            + self.frames.capacity() * size_of::<Frame>()
            + self.handlers.capacity() * size_of::<catch::Handler>()
            + self.caught.capacity() * size_of::<catch::Caught>();
        self.registers.capacity() <= REGISTERS && others <= KEPT_BYTES
    }

    /// Frees what the outermost frame holds, whose registers are so many, and leaves it open.
    #[inline(always)]
    fn free_outermost(&mut self, registers: u16) {
        frames::free(self.registers.iter_mut().take(usize::from(registers)));
    }

    /// Forgets what a call has left behind that did not close everything it opened.
    #[inline(always)]
    fn tidy(&mut self) {
        if self.is_untidy {
            self.handlers.clear();
            self.caught.clear();
            self.cells.clear();
            self.is_untidy = false;
        }
    }

    /// Forgets everything of a call that was broken off.
    fn clear(&mut self) {
        self.registers.iter_mut().for_each(|register| *register = Val::Unit);
        self.frames.clear();
        self.handlers.clear();
        self.caught.clear();
        self.cells.clear();
        self.result = Val::Unit;
        self.kept_this = None;
    }
}

impl<'a, 'w> Run<'a, 'w> {
    /// Makes ready for calls within the limits that the context holds at the moment, with so much fuel each.
    // Inlined, so that it is made where it is to be: copying it takes longer than making it.
    #[inline(always)]
    pub(crate) fn begin(
        program: &'a Program,
        machine: &'a mut Machine,
        constants: Option<&'a mut Vec<Val>>,
        context: &'a mut ScriptContext<'w>,
        limit: u64,
    ) -> Self {
        let limits = context.limits();
        Self {
            program,
            machine,
            state: Box::default(),
            constants,
            fuel: 0,
            tank: Tank::new(&limits.safety, limit),
            memory: i64::try_from(limits.memory_bytes).unwrap_or(i64::MAX).min(MOST_MEMORY),
            live_limit: 0,
            levels: limits.call_levels,
            natives: 0,
            lends_constants: false,
            args: Vec::new(),
            unkept: None,
            has_registers: false,
            is_handed: false,
            context,
        }
    }

    /// Whether so many calls of functions may be open within the first one.
    pub(crate) const fn goes_so_deep(&self, depth: usize) -> bool {
        depth <= self.levels
    }

    /// The context of the calls.
    pub(crate) const fn context(&mut self) -> &mut ScriptContext<'w> {
        self.context
    }
}

impl Run<'_, '_> {
    fn name_of(&self, function: u32) -> Arc<str> {
        let function = self.program.functions.get(function as usize);
        function.map_or_else(|| "".into(), |function| function.name.clone())
    }
}

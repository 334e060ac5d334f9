//! What runs a program: registers, frames, and the loop over the instructions.

mod calls;
mod catch;
mod frames;
mod items;
mod lend;
mod paths;
mod pointers;
mod step;
mod tank;
mod work;

use std::sync::Arc;

pub(crate) use self::catch::shown_name;
use self::{frames::Frame, tank::Tank};
use super::{Val, fault::Fault, program::Program};
use crate::{api::ScriptContext, contract::ErrorKind, script::marks};

/// How many registers an instruction can name.
pub(super) const WINDOW: usize = 256;

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
    /// What the function that was entered last has given.
    result: Val,
    /// What a function that a native called has made of `this`.
    kept_this: Option<Val>,
    /// Whether what a native called last may have made something else of `this`.
    hands_back: bool,
    /// What the variables were that the running function may change, in its order.
    saved: Vec<Val>,
    /// The same for those that it has changed although nobody could know, in the order of the changes.
    late: Vec<(u16, Val)>,
}

/// Calls of a program that run, one after the other: what is the same for all of them is made ready once.
pub(crate) struct Run<'a, 'w> {
    program: &'a Program,
    machine: Box<Machine>,
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
    /// Which variables the last call has changed, as [bits](crate::script::marks::bit).
    changed: u64,
}

/// What is called, and with what.
pub(crate) struct Entry<'a> {
    pub(crate) function: u32,
    pub(crate) args: &'a [Val],
    pub(crate) fuel: u64,
}

impl Machine {
    /// Puts the variables back as they were before a call that failed or was broken off.
    #[cold]
    fn put_back(&mut self, changes: &[u16], state: &mut [Val]) {
        while let Some((slot, value)) = self.late.pop() {
            if let Some(place) = state.get_mut(usize::from(slot)) {
                *place = value;
            }
        }
        for (slot, saved) in changes.iter().zip(&mut self.saved) {
            if let Some(place) = state.get_mut(usize::from(*slot)) {
                *place = std::mem::take(saved);
            }
        }
        self.clear();
    }

    /// Forgets everything of a call that was broken off.
    fn clear(&mut self) {
        self.registers.iter_mut().for_each(|register| *register = Val::Unit);
        self.frames.clear();
        self.handlers.clear();
        self.caught.clear();
        self.cells.clear();
        self.result = Val::Unit;
        self.late.clear();
        self.kept_this = None;
        self.saved.clear();
    }

    /// Takes note of what variables are; says whether any of them holds something.
    fn note(&mut self, changes: &[u16], state: &[Val]) -> bool {
        if self.saved.len() < changes.len() {
            self.saved.resize(changes.len(), Val::Unit);
        }
        let mut holds = false;
        for (saved, slot) in self.saved.iter_mut().zip(changes) {
            if let Some(value) = state.get(usize::from(*slot)) {
                saved.assign(value);
                holds |= !value.is_inline();
            }
        }
        holds
    }
}

impl<'a, 'w> Run<'a, 'w> {
    /// Makes ready for calls within the limits that the context holds at the moment. The memory that they
    /// need comes from the context, and goes back to it in the [end](Self::finish).
    pub(crate) fn begin(
        program: &'a Program,
        constants: Option<&'a mut Vec<Val>>,
        context: &'a mut ScriptContext<'w>,
    ) -> Self {
        // Any program can run on any machine; a batch of calls needs one.
        let kept = context.kept().take().and_then(|kept| kept.downcast::<Machine>().ok());
        let limits = context.limits();
        Self {
            program,
            machine: kept.unwrap_or_default(),
            state: Box::default(),
            constants,
            fuel: 0,
            tank: Tank::new(&limits.safety),
            memory: limits.memory_bytes as i64,
            live_limit: 0,
            levels: limits.call_levels,
            natives: 0,
            lends_constants: false,
            changed: 0,
            context,
        }
    }

    /// Gives back to the context what can be used again.
    pub(crate) fn finish(self) {
        *self.context.kept() = Some(self.machine);
    }

    /// The context of the calls.
    pub(crate) const fn context(&mut self) -> &mut ScriptContext<'w> {
        self.context
    }

    /// Which variables the last call that succeeded has changed, as [bits](crate::script::marks::bit); those
    /// that it changed although nobody could know are not among them.
    pub(crate) const fn changed(&self) -> u64 {
        self.changed
    }

    /// Calls a function. If it fails the variables are as they were; the fuel that is left comes
    /// second. If it panics, [`break_off`](Self::break_off) is to be called.
    pub(crate) fn call(
        &mut self,
        entry: &Entry<'_>,
        state: &mut Box<[Val]>,
    ) -> (Result<(), Fault>, u64) {
        let Some(function) = self.program.functions.get(entry.function as usize) else {
            return (Ok(()), entry.fuel);
        };
        let changes = &*function.may_change;
        let holds = self.machine.note(changes, state);
        std::mem::swap(&mut self.state, state);
        self.fuel = self.tank.fill(entry.fuel);
        self.live_limit = super::heap::live_bytes().saturating_add(self.memory);
        let mut result = self.enter_from_outside(function, entry);
        if result.is_ok() {
            result = self.keep(changes);
        }
        std::mem::swap(&mut self.state, state);
        let left = self.fuel_left();
        let machine = &mut *self.machine;
        if result.is_err() {
            machine.put_back(changes, state);
            (self.natives, self.lends_constants) = (0, false);
            return (result, left);
        }
        if holds {
            machine.saved.iter_mut().take(changes.len()).for_each(|saved| *saved = Val::Unit);
        }
        if !machine.late.is_empty() {
            machine.late.clear();
        }
        if !machine.cells.is_empty() {
            machine.cells.clear();
        }
        // Or the next call would free it, and could hold so much more.
        if !machine.result.is_inline() {
            machine.result = Val::Unit;
        }
        (Ok(()), left)
    }

    /// Puts the variables back as they were before a call that a panic ended.
    #[cold]
    pub(crate) fn break_off(&mut self, function: u32, state: &mut Box<[Val]>) {
        std::mem::swap(&mut self.state, state);
        let function = self.program.functions.get(function as usize);
        let changes = function.map_or(&[][..], |function| &*function.may_change);
        self.machine.put_back(changes, state);
        (self.natives, self.lends_constants) = (0, false);
    }
}

impl Run<'_, '_> {
    /// Whether the variables that the call may have changed can be kept.
    fn keep(&mut self, changes: &[u16]) -> Result<(), Fault> {
        let mut holds = false;
        let mut is_tight = true;
        self.changed = 0;
        for (i, slot) in changes.iter().enumerate() {
            let Some(value) = self.state.get(usize::from(*slot)) else { continue };
            // What it was is still there, so whatever was written is another value.
            if !self.machine.saved.get(i).is_some_and(|saved| saved.is_same(value)) {
                self.changed |= marks::bit(*slot);
            }
            if !value.is_inline() {
                is_tight &= self.keep_variable(*slot)?;
                holds = true;
            }
        }
        for i in 0..self.machine.late.len() {
            if let Some((slot, _)) = self.machine.late.get(i) {
                is_tight &= self.keep_variable(*slot)?;
                holds = true;
            }
        }
        if holds {
            self.keep_all()?;
        }
        if is_tight { Ok(()) } else { self.tighten(changes) }
    }

    /// Whether all that the instance keeps is within its limit.
    #[inline(never)]
    fn keep_all(&self) -> Result<(), Fault> {
        let held = |value: &Val| size_of::<Val>() as u64 + u64::from(value.weight().held);
        let bytes = self.state.iter().map(held).sum::<u64>();
        let limit = self.context.limits().state_bytes;
        if bytes > limit as u64 {
            let message = format!("the script keeps {bytes} bytes, the limit is {limit}");
            return Err(Fault::stopped(ErrorKind::Memory, message));
        }
        Ok(())
    }

    /// Makes variables what they would be if they were made anew of what is in them.
    #[cold]
    fn tighten(&mut self, changes: &[u16]) -> Result<(), Fault> {
        let late: Vec<u16> = self.machine.late.iter().map(|(slot, _)| *slot).collect();
        for slot in changes.iter().chain(&late) {
            let Some(value) = self.state.get(usize::from(*slot)) else { continue };
            self.charge(value.weight().steps())?;
            if let Some(value) = self.state.get_mut(usize::from(*slot)) {
                super::plain::tighten(value);
            }
        }
        self.fits_memory()
    }

    /// Whether a variable can be kept; gives whether it is as if it were made anew.
    #[inline(never)]
    fn keep_variable(&mut self, slot: u16) -> Result<bool, Fault> {
        let Some(value) = self.state.get(usize::from(slot)).cloned() else { return Ok(true) };
        self.charge(1 + value.weight().steps() / 16)?;
        let is_tight = super::plain::check(&value).map_err(|what| Fault::unkept(slot, what))?;
        self.fits_value(&value)?;
        Ok(is_tight)
    }

    fn name_of(&self, function: u32) -> Arc<str> {
        let function = self.program.functions.get(function as usize);
        function.map_or_else(|| "".into(), |function| function.name.clone())
    }
}

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
use crate::{api::ScriptContext, contract::ErrorKind};

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
    /// What the variables were that the running function may change, in its order.
    saved: Vec<Val>,
    /// The same for those that it has changed although nobody could know, in the order of the changes.
    late: Vec<(u16, Val)>,
}

/// A call that runs.
pub(crate) struct Run<'a, 'w> {
    program: &'a Program,
    machine: &'a mut Machine,
    /// The variables of the script.
    state: &'a mut [Val],
    /// The constants, where they are being evaluated.
    constants: Option<&'a mut Vec<Val>>,
    context: &'a mut ScriptContext<'w>,
    /// What may be used before `tank` is asked.
    fuel: u64,
    tank: Tank,
    /// What [`live_bytes`](super::heap::live_bytes) may reach.
    live_limit: i64,
    /// How many frames and natives that call back may be open.
    levels: usize,
    /// How many natives are calling back.
    natives: usize,
    /// Whether the native that calls back works on a constant, and so cannot lend it to be changed.
    lends_constants: bool,
}

/// What is called, and with what.
pub(crate) struct Entry<'a> {
    pub(crate) function: u32,
    pub(crate) args: &'a [Val],
    pub(crate) fuel: u64,
}

impl Machine {
    /// Calls a function. If it fails the variables are as they were; the fuel that is left comes
    /// second.
    pub(crate) fn call(
        &mut self,
        program: &Program,
        state: &mut [Val],
        constants: Option<&mut Vec<Val>>,
        context: &mut ScriptContext<'_>,
        entry: &Entry<'_>,
    ) -> (Result<(), Fault>, u64) {
        let Some(function) = program.functions.get(entry.function as usize) else {
            return (Ok(()), entry.fuel);
        };
        let changes = &*function.may_change;
        if self.saved.len() < changes.len() {
            self.saved.resize(changes.len(), Val::Unit);
        }
        let mut holds = false;
        for (saved, slot) in self.saved.iter_mut().zip(changes) {
            if let Some(value) = state.get(usize::from(*slot)) {
                saved.assign(value);
                holds |= !saved.is_inline();
            }
        }
        let limits = context.limits();
        let live_limit = super::heap::live_bytes().saturating_add(limits.memory_bytes as i64);
        let levels = limits.call_levels;
        let tank = Tank::new(entry.fuel, &limits.safety);
        let mut run = Run {
            program,
            machine: self,
            state,
            constants,
            context,
            fuel: tank.first(entry.fuel),
            tank,
            live_limit,
            levels,
            natives: 0,
            lends_constants: false,
        };
        let mut result = run.enter_from_outside(function, entry);
        if result.is_ok() {
            result = run.keep(changes);
        }
        let left = run.fuel_left();
        if result.is_err() {
            self.put_back(program, entry.function, state);
            return (result, left);
        }
        if holds {
            self.saved.iter_mut().take(changes.len()).for_each(|saved| *saved = Val::Unit);
        }
        if !self.late.is_empty() {
            self.late.clear();
        }
        if !self.cells.is_empty() {
            self.cells.clear();
        }
        (Ok(()), left)
    }

    /// Puts the variables back as they were before a call that failed or was broken off.
    #[cold]
    pub(crate) fn put_back(&mut self, program: &Program, function: u32, state: &mut [Val]) {
        while let Some((slot, value)) = self.late.pop() {
            if let Some(place) = state.get_mut(usize::from(slot)) {
                *place = value;
            }
        }
        let changes = program.functions.get(function as usize).map(|f| &*f.may_change);
        for (slot, saved) in changes.unwrap_or_default().iter().zip(&mut self.saved) {
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
}

impl Run<'_, '_> {
    /// Whether the variables that the call may have changed can be kept.
    fn keep(&mut self, changes: &[u16]) -> Result<(), Fault> {
        let mut holds = false;
        let mut is_tight = true;
        for slot in changes {
            let inline = self.state.get(usize::from(*slot)).is_none_or(Val::is_inline);
            if !inline {
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

    /// Gives back the room that variables have to spare.
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

    /// Whether a variable can be kept; gives whether nothing in it has room to spare.
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

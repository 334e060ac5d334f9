use rhai::EvalAltResult;

use super::{Machine, Run, WINDOW};
use crate::{
    contract::Position,
    script::compiled::{Val, fault::Fault, op::Reg, program::Function},
};

/// A function at work.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub(super) function: u32,
    /// The instruction that comes next.
    pub(super) pc: u32,
    /// Where its registers begin.
    pub(super) base: u32,
    /// How many registers it uses.
    pub(super) registers: u16,
    /// Where its caller wants the value.
    pub(super) to: Reg,
    pub(super) back: Back,
}

/// Who gets `this` back when a function ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Back {
    Nobody,
    /// The receiver of a call site.
    Receiver(u16),
    /// A native that called back.
    Native,
    /// Nobody, and it cannot be changed: it is a constant.
    Constant,
}

/// What stands for `this` where it is not bound.
pub(super) const UNBOUND: Val = Val::Cell(u32::MAX);

pub(super) const fn is_unbound(value: &Val) -> bool {
    matches!(value, Val::Cell(u32::MAX))
}

/// Frees what registers hold. What lies in the value itself may stay: nobody reads it again.
#[inline(always)]
pub(super) fn free<'v>(registers: impl Iterator<Item = &'v mut Val>) {
    for register in registers {
        if !register.is_inline() {
            *register = Val::Unit;
        }
    }
}

impl Run<'_, '_> {
    pub(super) fn set_register(&mut self, at: usize, value: Val) {
        if let Some(register) = self.machine.registers.get_mut(at) {
            *register = value;
        }
    }

    /// Opens a frame. Its registers are as they are; whoever calls fills in the arguments.
    #[inline]
    pub(super) fn push_frame(
        &mut self,
        function: u32,
        base: usize,
        to: Reg,
        back: Back,
    ) -> Result<(), Fault> {
        let program = self.program;
        match program.functions.get(function as usize) {
            Some(called) => self.push_frame_of(called, function, base, to, back),
            None => Ok(()),
        }
    }

    #[inline(always)]
    pub(super) fn push_frame_of(
        &mut self,
        called: &Function,
        function: u32,
        base: usize,
        to: Reg,
        back: Back,
    ) -> Result<(), Fault> {
        if self.machine.frames.len() + self.natives > self.levels {
            let none = rhai::Position::NONE;
            return Err(EvalAltResult::ErrorStackOverflow(none).into());
        }
        if self.machine.registers.len() < base + WINDOW {
            self.machine.registers.resize(base + WINDOW, Val::Unit);
        }
        let base = base as u32;
        self.machine.frames.push(Frame {
            function,
            pc: 0,
            base,
            registers: called.registers,
            to,
            back,
        });
        Ok(())
    }

    /// Where the registers of a function that the running one calls can begin.
    pub(super) fn next_base(&self) -> usize {
        let frame = self.machine.frames.last();
        frame.map_or(0, |frame| frame.base as usize + usize::from(frame.registers))
    }

    /// Opens a frame above the running one with everything that it finds in its registers.
    pub(super) fn open(
        &mut self,
        function: u32,
        this: Option<Val>,
        shared: &[Val],
        args: impl Iterator<Item = Val>,
        (to, back): (Reg, Back),
    ) -> Result<(), Fault> {
        let base = self.next_base();
        self.push_frame(function, base, to, back)?;
        let has_this =
            self.program.functions.get(function as usize).is_some_and(|function| function.has_this);
        let mut at = base;
        if has_this {
            self.set_register(at, this.unwrap_or(UNBOUND));
            at += 1;
        }
        for value in shared.iter().cloned().chain(args) {
            self.set_register(at, value);
            at += 1;
        }
        Ok(())
    }

    /// Ends the running function with the value in one of its registers: hands it to the caller, or
    /// leaves it as the result if there is none above `floor`. Says whether there is one.
    pub(super) fn close(&mut self, from: Reg, floor: usize) -> bool {
        let Machine { registers, frames, result, .. } = &mut *self.machine;
        let Some(frame) = frames.last() else { return false };
        let (from, to) = (frame.base as usize + usize::from(from), usize::from(frame.to));
        let has_caller = frames.len() > floor + 1;
        let caller = if has_caller { frames.get(frames.len() - 2) } else { None };
        match caller {
            Some(caller) => {
                let to = caller.base as usize + to;
                // The caller's registers lie below, and the value's own is above them all.
                if let Some((below, above)) = registers.split_at_mut_checked(from)
                    && let (Some(to), Some(from)) = (below.get_mut(to), above.first_mut())
                {
                    to.take_from(from);
                }
            }
            None => {
                if let Some(from) = registers.get_mut(from) {
                    result.take_from(from);
                }
            }
        }
        self.pop_frame();
        has_caller
    }

    /// Ends the running function with `()`.
    #[inline]
    pub(super) fn close_empty(&mut self, floor: usize) -> bool {
        let Machine { registers, frames, result, .. } = &mut *self.machine;
        let has_caller = frames.len() > floor + 1;
        if has_caller
            && let [.., caller, frame] = &**frames
            && let Some(to) = registers.get_mut(caller.base as usize + usize::from(frame.to))
        {
            *to = Val::Unit;
        } else if !result.is_inline() || floor > 0 {
            *result = Val::Unit;
        }
        self.pop_frame();
        has_caller
    }

    /// Closes the running frame: frees its registers, and gives `this` back to where it came from.
    #[inline(always)]
    pub(super) fn pop_frame(&mut self) -> Option<u32> {
        // Part by part: read as a whole it would wait for what was just written.
        let frame = self.machine.frames.last()?;
        let (number, base, back) = (frame.function, frame.base as usize, frame.back);
        let end = base + usize::from(frame.registers);
        let open = self.machine.frames.len() - 1;
        self.machine.frames.truncate(open);
        if matches!(back, Back::Receiver(_) | Back::Native) {
            self.hand_this(back, base);
        }
        if let Some(registers) = self.machine.registers.get_mut(base..end) {
            free(registers.iter_mut());
        }
        while self.machine.handlers.last().is_some_and(|handler| handler.frame >= open) {
            self.machine.handlers.pop();
        }
        while self.machine.caught.last().is_some_and(|caught| caught.frame >= open) {
            self.machine.caught.pop();
        }
        Some(number)
    }

    /// Whether `this` cannot be changed.
    pub(super) fn this_is_constant(&self) -> bool {
        self.machine.frames.last().is_some_and(|frame| frame.back == Back::Constant)
    }

    #[inline(never)]
    fn hand_this(&mut self, back: Back, base: usize) {
        let this = self.machine.registers.get_mut(base).map(std::mem::take);
        match (back, this) {
            (Back::Receiver(site), Some(this)) => self.give_back(site, this),
            (Back::Native, this) => self.machine.kept_this = this,
            _ => {}
        }
    }

    /// The file that the running function stands in.
    pub(crate) fn file(&self) -> u16 {
        self.machine.frames.last().map_or(0, |frame| self.program.file_of(frame.function))
    }

    /// Where the running function stands in the text.
    pub(super) fn place(&self) -> Option<Position> {
        let frame = self.machine.frames.last()?;
        let function = self.program.functions.get(frame.function as usize)?;
        function.places.get((frame.pc as usize).checked_sub(1)?).copied().flatten()
    }
}

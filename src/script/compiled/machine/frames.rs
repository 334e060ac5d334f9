use rhai::EvalAltResult;

use super::{Entry, Run, WINDOW};
use crate::{
    contract::Position,
    script::compiled::{Val, fault::Fault, op::Reg},
};

/// A function at work.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    pub(super) function: u32,
    /// The instruction that comes next.
    pub(super) pc: u32,
    /// Where its registers begin.
    pub(super) base: u32,
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
}

/// What stands for `this` where it is not bound.
pub(super) const UNBOUND: Val = Val::Cell(u32::MAX);

pub(super) const fn is_unbound(value: &Val) -> bool {
    matches!(value, Val::Cell(u32::MAX))
}

impl Run<'_, '_> {
    pub(super) fn enter_from_outside(&mut self, entry: &Entry<'_>) -> Result<Val, Fault> {
        self.push_frame(entry.function, 0, 0, Back::Nobody)?;
        let Some(function) = self.program.functions.get(entry.function as usize) else {
            return Ok(Val::Unit);
        };
        let mut at = 0;
        if function.has_this {
            self.set_register(0, UNBOUND);
            at = 1;
        }
        for i in 0..usize::from(function.parameters) {
            self.set_register(at + i, entry.args.get(i).cloned().unwrap_or_default());
        }
        self.run(0)
    }

    pub(super) fn set_register(&mut self, at: usize, value: Val) {
        if let Some(register) = self.machine.registers.get_mut(at) {
            *register = value;
        }
    }

    /// Opens a frame. Its registers are as they are; whoever calls fills in the arguments.
    pub(super) fn push_frame(
        &mut self,
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
        self.machine.frames.push(Frame { function, pc: 0, base, to, back });
        Ok(())
    }

    /// Where the registers of a function that the running one calls can begin.
    pub(super) fn next_base(&self) -> usize {
        self.machine.frames.last().map_or(0, |frame| {
            let function = self.program.functions.get(frame.function as usize);
            frame.base as usize + function.map_or(0, |function| usize::from(function.registers))
        })
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

    /// Closes the running frame: frees its registers, and gives `this` back to where it came from.
    pub(super) fn pop_frame(&mut self) -> Option<Frame> {
        let frame = self.machine.frames.pop()?;
        let function = self.program.functions.get(frame.function as usize)?;
        let base = frame.base as usize;
        let this = match frame.back {
            Back::Nobody => None,
            _ => self.machine.registers.get_mut(base).map(std::mem::take),
        };
        let end = base + usize::from(function.registers);
        if let Some(registers) = self.machine.registers.get_mut(base..end) {
            for register in registers {
                if !register.is_inline() {
                    *register = Val::Unit;
                }
            }
        }
        match (frame.back, this) {
            (Back::Receiver(site), Some(this)) => self.give_back(site, this),
            (Back::Native, this) => self.machine.kept_this = this,
            _ => {}
        }
        let open = self.machine.frames.len();
        while self.machine.handlers.last().is_some_and(|handler| handler.frame >= open) {
            self.machine.handlers.pop();
        }
        while self.machine.caught.last().is_some_and(|caught| caught.frame >= open) {
            self.machine.caught.pop();
        }
        Some(frame)
    }

    /// Where the running function stands in the text.
    pub(super) fn place(&self) -> Option<Position> {
        let frame = self.machine.frames.last()?;
        let function = self.program.functions.get(frame.function as usize)?;
        function.places.get((frame.pc as usize).checked_sub(1)?).copied().flatten()
    }
}

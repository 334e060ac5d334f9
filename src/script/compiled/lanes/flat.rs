use crate::script::compiled::{
    op::{Op, Reg},
    program::Program,
};

/// A function with all that it calls written out in its place, so that a register is known by one number.
pub(super) struct Flat {
    pub(super) lines: Vec<Line>,
    /// How many registers it has.
    pub(super) registers: usize,
    /// How many calls of functions are open at the most, the first one not counted.
    pub(super) depth: usize,
}

/// A line of a [`Flat`]: what an instruction does, with jumps to lines.
#[derive(Clone, Copy)]
pub(super) enum Line {
    /// An instruction of a function whose registers begin there.
    Do { op: Op, base: usize },
    /// The call of a function, which comes next; so many of its registers hold arguments.
    Enter { base: usize, arguments: usize, registers: usize },
    /// The end of a called function: from which register a value goes to which one of the caller's, and on which
    /// line that goes on.
    Leave { from: Option<usize>, to: usize, next: usize },
    /// The end of the call.
    End,
    /// Cannot be written out.
    Alone,
}

/// What is longer is not done side by side.
const MOST_LINES: usize = 512;
/// Calls within calls.
const MOST_DEPTH: usize = 8;
/// Registers of all functions that are open.
const MOST_REGISTERS: usize = 128;

impl Flat {
    pub(super) fn of(program: &Program, function: u32) -> Option<Self> {
        let called = program.functions.get(function as usize)?;
        if called.parameters > 0 || called.has_this {
            return None;
        }
        let mut flat = Self { lines: Vec::new(), registers: 0, depth: 0 };
        flat.write(program, function, 0, None, 0);
        let fits = flat.lines.len() <= MOST_LINES && flat.registers <= MOST_REGISTERS;
        fits.then_some(flat)
    }

    /// Writes out a function whose registers begin at `base` and whose value goes to a register.
    fn write(
        &mut self,
        program: &Program,
        function: u32,
        base: usize,
        to: Option<usize>,
        depth: usize,
    ) {
        let Some(function) = program.functions.get(function as usize) else {
            self.lines.push(Line::Alone);
            return;
        };
        self.depth = self.depth.max(depth);
        self.registers = self.registers.max(base + usize::from(function.registers));
        // Where each instruction has come to stand, and the lines that jump to one.
        let mut places = Vec::with_capacity(function.code.len());
        let mut jumps = Vec::new();
        let mut ends = Vec::new();
        for op in &function.code {
            if self.lines.len() > MOST_LINES {
                return;
            }
            places.push(self.lines.len());
            let line = self.lines.len();
            let leave = |from: Option<Reg>| match to {
                Some(to) => {
                    Line::Leave { from: from.map(|from| base + usize::from(from)), to, next: 0 }
                }
                None => Line::End,
            };
            match *op {
                Op::Call { to, base: at, function } => {
                    let (to, at) = (base + usize::from(to), base + usize::from(at));
                    self.call(program, u32::from(function), at, to, depth + 1);
                }
                Op::Return { from } => {
                    ends.push(line);
                    self.lines.push(leave(Some(from)));
                }
                Op::ReturnUnit => {
                    ends.push(line);
                    self.lines.push(leave(None));
                }
                mut op => {
                    if op.target().is_some() {
                        jumps.push(line);
                    }
                    self.lines.push(Line::Do { op, base });
                }
            }
        }
        // Whoever falls off the end of a function would end its call; none does.
        let after = self.lines.len();
        for line in jumps {
            if let Some(Line::Do { op, .. }) = self.lines.get_mut(line)
                && let Some(to) = op.target()
            {
                let place = places.get(*to as usize).and_then(|place| u32::try_from(*place).ok());
                *to = place.unwrap_or(u32::MAX);
            }
        }
        for line in ends {
            if let Some(Line::Leave { next, .. }) = self.lines.get_mut(line) {
                *next = after;
            }
        }
    }

    fn call(&mut self, program: &Program, function: u32, base: usize, to: usize, depth: usize) {
        let called = program.functions.get(function as usize);
        let plain = called.filter(|called| !called.has_this && called.shared == 0);
        let fits = |registers: u16| base + usize::from(registers) <= MOST_REGISTERS;
        match plain {
            Some(called) if depth <= MOST_DEPTH && fits(called.registers) => {
                let (arguments, registers) = (called.parameters.into(), called.registers.into());
                self.lines.push(Line::Enter { base, arguments, registers });
                self.write(program, function, base, Some(to), depth);
            }
            _ => self.lines.push(Line::Alone),
        }
    }
}

//! Which types registers have at each line. Types of variables are those of an instance at hand; what else cannot
//! be known before is no matter of columns.

use std::collections::{HashMap, HashSet};

use super::{
    columns::{Counts, Given, Kind, Place},
    flat::{Flat, Line},
    op::{Col, LaneOp},
    plan::Places,
};
use crate::script::compiled::{Val, op::Op, program::Program};

/// The lines of a function with the types of their operands.
pub(super) struct Typing {
    pub(super) lines: Vec<(LaneOp, u64)>,
    pub(super) variables: HashMap<u16, Place>,
    pub(super) written: HashSet<u16>,
    pub(super) constants: Vec<(Place, Val)>,
    pub(super) given: Given,
    pub(super) counts: Counts,
}

/// What is known of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) kind: Kind,
    /// A column that holds the same and does not change during the call.
    pub(super) held: Option<Place>,
    /// The column of booleans that says which calls have a value of this kind; the others have a unit. `None` if all have
    /// one.
    pub(super) there: Option<Col>,
}

impl Known {
    /// All calls have a value of a kind.
    pub(super) const fn of(kind: Kind) -> Self {
        Self { kind, held: None, there: None }
    }
}

/// What is known of all registers; `None` where even the type is not, or may be one or another.
pub(super) type Knowns = Vec<Option<Known>>;

/// How often a line is looked at, on average.
const MOST_STEPS: usize = 16;

/// What a line does to the types, and where it goes from there.
pub(super) struct Step {
    pub(super) op: LaneOp,
    /// Fuel.
    pub(super) cost: u64,
    /// Registers that it sets.
    pub(super) sets: [Option<(usize, Known)>; 2],
    /// A register of which more is known behind it: where it goes on, and where it jumps to.
    pub(super) narrows: Option<(usize, [Known; 2])>,
}

/// Finds out what lines are.
pub(super) struct Typist<'a> {
    pub(super) program: &'a Program,
    pub(super) state: &'a [Val],
    /// The line at hand.
    pub(super) line: usize,
    pub(super) places: Places,
    pub(super) given: Given,
    pub(super) variables: HashMap<u16, Place>,
    pub(super) written: HashSet<u16>,
    /// By the line that they belong to.
    pub(super) constants: HashMap<usize, (Place, Val)>,
}

impl Typing {
    /// `None` if that takes too long: whoever writes scripts chooses how often what is known changes.
    pub(super) fn of(program: &Program, flat: &Flat, state: &[Val]) -> Option<Self> {
        let mut before: Vec<Option<Knowns>> = vec![None; flat.lines.len()];
        let mut typist = Typist {
            program,
            state,
            line: 0,
            places: Places::default(),
            given: Given::default(),
            variables: HashMap::new(),
            written: HashSet::new(),
            constants: HashMap::new(),
        };
        typist.find_written(flat);
        let mut waiting = Vec::new();
        if let Some(first) = before.first_mut() {
            *first = Some(vec![None; flat.registers]);
            waiting.push(0);
        }
        let mut steps = 0;
        while let Some(at) = waiting.pop() {
            steps += 1;
            if steps > MOST_STEPS * flat.lines.len() {
                return None;
            }
            let (Some(line), Some(Some(knowns))) = (flat.lines.get(at), before.get(at)) else {
                continue;
            };
            let mut after = knowns.clone();
            let step = typist.step(at, line, &after);
            for (register, known) in step.sets.into_iter().flatten() {
                if let Some(place) = after.get_mut(register) {
                    *place = Some(known);
                }
            }
            if let Line::Enter { base, arguments, registers } = *line {
                // Registers are as they were left; nobody reads one that was not written.
                let fresh = after.get_mut(base + arguments..base + registers);
                fresh.into_iter().flatten().for_each(|known| *known = None);
            }
            for (way, next) in step.op.next(at).enumerate() {
                if let Some((register, ways)) = &step.narrows
                    && let Some(place) = after.get_mut(*register)
                {
                    *place = ways.get(way).copied();
                }
                let Some(place) = before.get_mut(next) else { continue };
                if merge(place, &after) {
                    waiting.push(next);
                }
            }
        }
        let lines = flat.lines.iter().zip(&before).enumerate();
        let lines = lines.map(|(at, (line, knowns))| match knowns {
            Some(knowns) => {
                let Step { op, cost, .. } = typist.step(at, line, knowns);
                (op, cost)
            }
            None => (LaneOp::Alone, 0),
        });
        let lines = lines.collect();
        let Typist { places, variables, written, constants, given, .. } = typist;
        let constants = constants.into_values().collect();
        Some(Self { lines, variables, written, constants, given, counts: places.counts })
    }
}

/// What is known where two ways come together; says whether that is something new.
fn merge(place: &mut Option<Knowns>, more: &Knowns) -> bool {
    let Some(knowns) = place else {
        *place = Some(more.clone());
        return true;
    };
    let mut changed = false;
    for (known, more) in knowns.iter_mut().zip(more) {
        let both = match (*known, *more) {
            (Some(a), Some(b)) if a.kind == b.kind && a.there == b.there => {
                let held = a.held.filter(|_| a.held == b.held);
                Some(Known { held, ..a })
            }
            _ => None,
        };
        changed |= *known != both;
        *known = both;
    }
    changed
}

/// An instruction that the loop does by itself costs one unit, any other operator two and what it looks at.
pub(super) const OWN: u64 = 1;

impl Step {
    const fn alone() -> Self {
        Self { op: LaneOp::Alone, cost: 0, sets: [None; 2], narrows: None }
    }

    pub(super) const fn new(op: LaneOp) -> Self {
        Self { op, cost: OWN, sets: [None; 2], narrows: None }
    }

    pub(super) const fn setting(mut self, register: usize, kind: Kind) -> Self {
        self.sets[0] = Some((register, Known::of(kind)));
        self
    }

    pub(super) const fn and_setting(mut self, register: usize, kind: Kind) -> Self {
        self.sets[1] = Some((register, Known::of(kind)));
        self
    }

    /// As [`setting`](Self::setting), if only some calls may have a value of the kind.
    pub(super) const fn setting_where(
        mut self,
        register: usize,
        kind: Kind,
        there: Option<Col>,
    ) -> Self {
        self.sets[0] = Some((register, Known { kind, held: None, there }));
        self
    }

    pub(super) const fn costing(mut self, cost: u64) -> Self {
        self.cost = cost;
        self
    }
}

impl Typist<'_> {
    /// Finds the variables that are written anywhere: the columns of others do not change.
    fn find_written(&mut self, flat: &Flat) {
        for line in &flat.lines {
            if let Line::Do { op, .. } = line
                && let Op::StoreState { slot, .. }
                | Op::AssignState { slot, .. }
                | Op::AddIntState { slot, .. } = *op
            {
                self.written.insert(slot);
            }
        }
    }

    fn step(&mut self, at: usize, line: &Line, knowns: &Knowns) -> Step {
        self.line = at;
        let step = match *line {
            Line::Do { op, base } => self.instruction(op, base, knowns),
            Line::Enter { .. } => Some(Step::new(LaneOp::Skip)),
            Line::Leave { from: None, to, next } => {
                Some(Step::new(LaneOp::Jump { to: next }).setting(to, Kind::Unit))
            }
            Line::Leave { from: Some(from), to, next } => self.leave(from, to, next, knowns),
            Line::End => Some(Step::new(LaneOp::End)),
            Line::Alone => None,
        };
        step.unwrap_or_else(Step::alone)
    }

    /// The value of a called function goes to its caller, who goes on right behind.
    fn leave(&mut self, from: usize, to: usize, next: usize, knowns: &Knowns) -> Option<Step> {
        let from = self.operand(from, knowns)?;
        let Step { op, sets, .. } = self.copy(to, from);
        let op = match op {
            LaneOp::Copy { kind, to, from } => LaneOp::Give { kind, to, from, next },
            _ => LaneOp::Jump { to: next },
        };
        Some(Step { sets, ..Step::new(op) })
    }
}

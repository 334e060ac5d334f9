//! What each instruction is side by side, and what it costs: what it costs where the machine does it.

use super::{
    columns::{Answered, Given, Kind, Place},
    op::{Arithmetic, Call, LaneOp},
    optional::{Optional, jump_if_there},
    typing::{Known, Knowns, OWN, Step, Typist},
};
use crate::script::{
    compiled::{
        Val,
        machine::NATIVE,
        native::Price,
        op::{Op, Reg},
        operators::{self, Operator},
        program::{Path, Root, Site},
    },
    marks,
};

impl Typist<'_> {
    /// What an instruction is side by side; `None` if it is not.
    #[expect(clippy::too_many_lines, reason = "an instruction set is long")]
    pub(super) fn instruction(&mut self, op: Op, base: usize, knowns: &Knowns) -> Option<Step> {
        let reg = |register: Reg| base + usize::from(register);
        let known = |register: Reg| *knowns.get(base + usize::from(register))?;
        let kind =
            |register: Reg| known(register).filter(|it| it.there.is_none()).map(|it| it.kind);
        macro_rules! operand {
            ($register:expr) => {
                self.operand(reg($register), knowns)?
            };
        }
        Some(match op {
            Op::Unit { to } => Step::new(LaneOp::Skip).setting(reg(to), Kind::Unit),
            Op::Bool { to, value } => self.constant(reg(to), Val::Bool(value))?,
            Op::Int { to, value } => self.constant(reg(to), Val::Int(value.into()))?,
            Op::Literal { to, index } => {
                let value = self.program.literals.get(usize::from(index))?.clone();
                self.constant(reg(to), value)?
            }
            Op::Constant { to, index } => {
                let value = self.program.constants.get(usize::from(index))?.clone();
                self.constant(reg(to), value)?
            }
            Op::Entity { to } => {
                let Self { given, places, .. } = self;
                let from = *given.entity.get_or_insert_with(|| places.counts.add(Kind::Int));
                self.copy(reg(to), from)
            }
            Op::DeltaTime { to } => {
                let Self { given, places, .. } = self;
                let from = *given.delta_time.get_or_insert_with(|| places.counts.add(Kind::Float));
                self.copy(reg(to), from)
            }
            Op::Copy { to, from } | Op::Take { to, from } => match known(from)? {
                Known { kind, there: Some(there), .. } => {
                    self.copy_optional(reg(to), reg(from), kind, there)
                }
                _ => {
                    let from = operand!(from);
                    self.copy(reg(to), from)
                }
            },
            Op::LoadState { to, slot } => {
                let from = self.variable(slot)?;
                self.copy(reg(to), from)
            }
            Op::StoreState { slot, from } => {
                let to = self.variable(slot)?;
                let from = operand!(from);
                // A variable that changes its type changes its column.
                if from.kind != to.kind {
                    return None;
                }
                let bit = marks::bit(slot);
                Step::new(LaneOp::Note { bit, kind: to.kind, to: to.column, from: from.column })
            }
            Op::Add { to, a, b } => {
                let (a, b) = (operand!(a), operand!(b));
                self.operate(Operator::Add, reg(to), a, b)?
            }
            Op::Subtract { to, a, b } => {
                let (a, b) = (operand!(a), operand!(b));
                self.operate(Operator::Subtract, reg(to), a, b)?
            }
            Op::Multiply { to, a, b } => {
                let (a, b) = (operand!(a), operand!(b));
                self.operate(Operator::Multiply, reg(to), a, b)?
            }
            Op::Binary { operator, to, a, b }
                if let Some(optional) = Optional::of(known(a), known(b)) =>
            {
                self.is_there(reg(to), operator, optional)?
            }
            Op::BinaryLiteral { operator, to, a, index }
                if let Some(optional) = Optional::of(known(a), self.literal(index)) =>
            {
                self.is_there(reg(to), operator, optional)?
            }
            Op::Binary { operator, to, a, b } => {
                let (a, b) = (operand!(a), operand!(b));
                let step = self.operate(operator, reg(to), a, b)?;
                let is_rest =
                    (operator, a.kind, b.kind) == (Operator::Remainder, Kind::Int, Kind::Int);
                if is_rest { step } else { step.costing(by_call(operator, a, b)) }
            }
            Op::AddInt { to, a, value } => {
                let (a, b) = (operand!(a), self.number(value)?);
                let step = self.operate(Operator::Add, reg(to), a, b)?;
                let is_own = a.kind == Kind::Int;
                if is_own { step } else { step.costing(by_call(Operator::Add, a, b)) }
            }
            Op::BinaryInt { operator, to, a, value } => {
                let (a, b) = (operand!(a), self.number(value)?);
                let step = self.operate(operator, reg(to), a, b)?;
                let is_own = a.kind == Kind::Int
                    && matches!(
                        operator,
                        Operator::Subtract | Operator::Multiply | Operator::Remainder
                    );
                if is_own { step } else { step.costing(by_call(operator, a, b)) }
            }
            Op::BinaryLiteral { operator, to, a, index } => {
                let value = self.program.literals.get(usize::from(index))?.clone();
                let (a, b) = (operand!(a), self.held(value)?);
                let step = self.operate(operator, reg(to), a, b)?;
                let is_own = match (a.kind, b.kind) {
                    (Kind::Int, Kind::Int) => operator == Operator::Remainder,
                    (Kind::Float, Kind::Float) => matches!(
                        operator,
                        Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide
                    ),
                    _ => false,
                };
                if is_own { step } else { step.costing(by_call(operator, a, b)) }
            }
            Op::Not { to, a } if kind(a)? == Kind::Bool => {
                let a = operand!(a);
                let place = self.places.of(reg(to), Kind::Bool);
                let op = LaneOp::Not { to: place.column, a: a.column };
                Step::new(op).setting(reg(to), Kind::Bool)
            }
            Op::Negate { to, a } if matches!(kind(a)?, Kind::Int | Kind::Float | Kind::Vec3) => {
                let a = operand!(a);
                let place = self.places.of(reg(to), a.kind);
                Step::new(LaneOp::Negate { to: place, a }).setting(reg(to), a.kind)
            }
            Op::Plus { to, a } if matches!(kind(a)?, Kind::Int | Kind::Float) => {
                let from = operand!(a);
                self.copy(reg(to), from)
            }
            Op::Assign { operator, to, from } => {
                let (a, b) = (operand!(to), operand!(from));
                let step = self.operate(operator, reg(to), a, b)?;
                step.costing(in_place(operator, a, b))
            }
            Op::AssignInt { operator, to, value } => {
                let (a, b) = (operand!(to), self.number(value)?);
                let step = self.operate(operator, reg(to), a, b)?;
                step.costing(in_place(operator, a, b))
            }
            Op::AssignState { operator, slot, from } => {
                let b = operand!(from);
                self.assign(operator, slot, b)?
            }
            Op::AddIntState { slot, value } => {
                let b = self.number(value)?;
                self.assign(Operator::Add, slot, b)?
            }
            Op::Jump { to } => Step::new(LaneOp::Jump { to: to as usize }),
            Op::JumpIf { condition, to } => jump_is(true, operand!(condition), to)?,
            Op::JumpUnless { condition, to } => jump_is(false, operand!(condition), to)?,
            Op::JumpIfUnit { value, to } => match known(value)? {
                Known { there: None, kind, .. } => jump_always(kind == Kind::Unit, to as usize),
                Known { there: Some(there), kind, .. } => {
                    jump_if_there(false, (reg(value), kind, there), to)
                }
            },
            Op::JumpUnlessUnit { value, to } => match known(value)? {
                Known { there: None, kind, .. } => jump_always(kind != Kind::Unit, to as usize),
                Known { there: Some(there), kind, .. } => {
                    jump_if_there(true, (reg(value), kind, there), to)
                }
            },
            Op::JumpUnlessCompare { operator, a, b, to }
                if let Some(optional) = Optional::of(known(a), known(b)) =>
            {
                let Optional { kind, there, is_first } = optional;
                let register = reg(if is_first { a } else { b });
                // It jumps where the comparison does not hold.
                let is_jumping = !optional.is_there_where_it_holds(operator)?;
                let step = jump_if_there(is_jumping, (register, kind, there), to);
                step.costing(optional.price(operator)?)
            }
            Op::JumpUnlessCompare { operator, a, b, to } => {
                let (a, b) = (operand!(a), operand!(b));
                jump_unless(operator, a, b, to as usize)?
            }
            Op::JumpUnlessCompareInt { operator, a, value, to } => {
                let (a, b) = (operand!(a), self.number(value.into())?);
                jump_unless(operator, a, b, to as usize)?
            }
            Op::CheckBool { value } if kind(value)? == Kind::Bool => Step::new(LaneOp::Skip),
            Op::IterateRange { at, inclusive } => {
                let behind = at.checked_add(1)?;
                if (kind(at)?, kind(behind)?) != (Kind::Int, Kind::Int) {
                    return None;
                }
                let (start, end) = (operand!(at).column, operand!(behind).column);
                let over = self.places.of(reg(at), Kind::Int).column;
                let next = self.places.of(reg(behind), Kind::Int).column;
                Step::new(LaneOp::Range { inclusive, start, end, over, next })
                    .setting(reg(at), Kind::Int)
                    .and_setting(reg(behind), Kind::Int)
            }
            Op::Next { at, to, exit } => {
                let behind = at.checked_add(1)?;
                if (kind(at)?, kind(behind)?) != (Kind::Int, Kind::Int) {
                    return None;
                }
                let over = self.places.of(reg(at), Kind::Int).column;
                let next = self.places.of(reg(behind), Kind::Int).column;
                let place = self.places.of(reg(to), Kind::Int).column;
                let exit = exit as usize;
                Step::new(LaneOp::Next { over, next, to: place, exit }).setting(reg(to), Kind::Int)
            }
            Op::Item { to, index, slot, .. } if kind(index)? == Kind::Int => {
                let Some(Val::Array(list)) = self.state.get(usize::from(slot)) else { return None };
                // Lists mostly hold one type; items of another one are found out.
                let kind = Kind::of(list.first()?)?;
                let (index, place) = (operand!(index), self.places.of(reg(to), kind));
                let op = LaneOp::Item { slot, index: index.column, to: place };
                Step::new(op).setting(reg(to), kind)
            }
            Op::Part { to, of, part, .. } if kind(of)? == Kind::Vec3 => {
                let of = operand!(of).column;
                let place = self.places.of(reg(to), Kind::Float).column;
                Step::new(LaneOp::Part { to: place, of, part }).setting(reg(to), Kind::Float)
            }
            Op::CallApi { to, base: at, site } => {
                let called = self.program.sites.get(usize::from(site))?;
                let api = called.api.as_ref()?;
                let (fns, answer) = api.lanes.as_ref()?;
                let answer = *answer;
                let first = reg(at);
                let mut args = Vec::new();
                for register in first..first + usize::from(called.arguments) {
                    args.push(self.operand(register, knowns)?);
                }
                let names_none = args.iter().all(|arg| arg.kind != Kind::Int);
                let code = fns.plain.as_ref().filter(|_| names_none).unwrap_or(&fns.each).clone();
                let Answered { kind, is_optional } = answer;
                let place = self.places.of(reg(to), kind);
                let there = is_optional.then(|| self.there(reg(to)));
                let (args, asks_again, is_used) = (args.into(), true, true);
                let call = Call { code, args, to: place, there, asks_again, is_used };
                Step::new(LaneOp::Api(Box::new(call))).costing(OWN + api.price).setting_where(
                    reg(to),
                    kind,
                    there,
                )
            }
            Op::CallMethod { to, site, .. } => {
                let called = self.program.sites.get(usize::from(site))?;
                let slot = length_of(called)?;
                let Some(list @ Val::Array(_)) = self.state.get(usize::from(slot)) else {
                    return None;
                };
                let row = called.natives.iter().find(|row| row.receiver.takes(list))?;
                if row.price != Price::Nothing {
                    return None;
                }
                let place = self.places.of(reg(to), Kind::Int);
                Step::new(LaneOp::Length { slot, to: place.column })
                    .costing(OWN + NATIVE)
                    .setting(reg(to), Kind::Int)
            }
            _ => return None,
        })
    }

    /// A register that becomes a constant.
    fn constant(&mut self, to: usize, value: Val) -> Option<Step> {
        let from = self.held(value)?;
        Some(self.copy(to, from))
    }

    /// The column of the constant of the line at hand.
    fn held(&mut self, value: Val) -> Option<Place> {
        let kind = Kind::of(&value)?;
        let Self { line, places, constants, .. } = self;
        let held = constants.entry(*line).or_insert_with(|| (places.counts.add(kind), value));
        Some(held.0)
    }

    fn number(&mut self, value: i32) -> Option<Place> {
        self.held(Val::Int(value.into()))
    }

    /// The column in which an operand is found.
    pub(super) fn operand(&mut self, register: usize, knowns: &Knowns) -> Option<Place> {
        let Known { kind, held, there } = (*knowns.get(register)?)?;
        if there.is_some() {
            return None;
        }
        Some(held.unwrap_or_else(|| self.places.of(register, kind)))
    }

    /// The column of a variable of the script, if it is of a type that columns hold.
    fn variable(&mut self, slot: u16) -> Option<Place> {
        if let Some(place) = self.variables.get(&slot) {
            return Some(*place);
        }
        let kind = Kind::of(self.state.get(usize::from(slot))?)?;
        let place = self.places.counts.add(kind);
        self.variables.insert(slot, place);
        Some(place)
    }

    pub(super) fn copy(&mut self, to: usize, from: Place) -> Step {
        let place = self.places.of(to, from.kind);
        let op = match from.kind {
            Kind::Unit => LaneOp::Skip,
            kind => LaneOp::Copy { kind, to: place.column, from: from.column },
        };
        let held = self.lasts(from).then_some(from);
        let known = Known { held, ..Known::of(from.kind) };
        Step { sets: [Some((to, known)), None], ..Step::new(op) }
    }

    /// Whether a column does not change during the call.
    fn lasts(&self, place: Place) -> bool {
        let Given { entity, delta_time } = self.given;
        let is_given = [entity, delta_time].contains(&Some(place));
        let mut variables = self.variables.iter();
        is_given
            || self.constants.values().any(|(constant, _)| *constant == place)
            || variables.any(|(slot, it)| *it == place && !self.written.contains(slot))
    }

    /// `to = a operator b`, as the loop does it by itself if it does.
    fn operate(&mut self, operator: Operator, to: usize, a: Place, b: Place) -> Option<Step> {
        let kind = result(operator, a, b)?;
        let place = self.places.of(to, kind);
        let (to_column, (a_column, b_column)) = (place.column, (a.column, b.column));
        let what = Arithmetic::of(operator);
        let (op, is_own) = match (what, a.kind, b.kind) {
            (Some(what), Kind::Int, Kind::Int) => {
                (LaneOp::Ints { what, to: to_column, a: a_column, b: b_column }, true)
            }
            (Some(what), Kind::Float, Kind::Float) if what != Arithmetic::Remainder => {
                (LaneOp::Floats { what, to: to_column, a: a_column, b: b_column }, true)
            }
            _ => (LaneOp::Binary { operator, to: place, a, b }, false),
        };
        let step = Step::new(op).setting(to, kind);
        Some(if is_own { step } else { step.costing(by_call(operator, a, b)) })
    }

    /// `variable operator= b`.
    fn assign(&mut self, operator: Operator, slot: u16, b: Place) -> Option<Step> {
        let to = self.variable(slot)?;
        if result(operator, to, b)? != to.kind {
            return None;
        }
        let bit = marks::bit(slot);
        let op = match (operator, to.kind, b.kind) {
            (Operator::Add, Kind::Int, Kind::Int) => {
                LaneOp::IntsNoted { bit, to: to.column, b: b.column }
            }
            _ => LaneOp::BinaryNoted { bit, operator, to, b },
        };
        Some(Step::new(op).costing(in_place(operator, to, b)))
    }
}

fn jump_is(is: bool, condition: Place, to: u32) -> Option<Step> {
    let jump = LaneOp::JumpIs { is, condition: condition.column, to: to as usize };
    (condition.kind == Kind::Bool).then(|| Step::new(jump))
}

/// The variable of the script whose length a method gives.
fn length_of(site: &Site) -> Option<u16> {
    let Path { root: Root::State(slot), steps, .. } = site.receiver.as_ref()? else { return None };
    let is_plain = site.function.is_none() && !site.typed && site.api.is_none();
    (&*site.name == "len" && site.arguments == 0 && is_plain && steps.is_empty()).then_some(*slot)
}

/// A jump of which the types say whether it is taken.
const fn jump_always(always: bool, to: usize) -> Step {
    Step::new(if always { LaneOp::Jump { to } } else { LaneOp::Skip })
}

fn jump_unless(operator: Operator, a: Place, b: Place, to: usize) -> Option<Step> {
    if result(operator, a, b)? != Kind::Bool {
        return None;
    }
    Some(match (a.kind, b.kind) {
        (Kind::Int, Kind::Int) => {
            Step::new(LaneOp::JumpUnlessInts { operator, a: a.column, b: b.column, to })
        }
        (Kind::Float, Kind::Float) => {
            Step::new(LaneOp::JumpUnlessFloats { operator, a: a.column, b: b.column, to })
        }
        _ => Step::new(LaneOp::JumpUnless { operator, a, b, to }).costing(by_call(operator, a, b)),
    })
}

/// The type of what an operator gives; `None` if the language has no meaning for it.
fn result(operator: Operator, a: Place, b: Place) -> Option<Kind> {
    let value = operators::plain(operator, &a.kind.sample(), &b.kind.sample())?;
    Kind::of(&value.ok()?)
}

fn steps(operator: Operator, a: Place, b: Place) -> u64 {
    operators::steps(operator, &a.kind.sample(), &b.kind.sample())
}

/// Fuel for an operator that the loop does not do by itself.
pub(super) fn by_call(operator: Operator, a: Place, b: Place) -> u64 {
    2 * OWN + steps(operator, a, b)
}

/// Fuel for an operator together with an assignment.
fn in_place(operator: Operator, a: Place, b: Place) -> u64 {
    OWN + steps(operator, a, b)
}

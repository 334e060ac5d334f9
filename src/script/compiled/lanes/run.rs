//! The loop over the lines.

use super::{
    Lanes,
    call::{LaneArgs, LaneCall, column_at},
    columns::{Columns, Kind, Place},
    kept::{ListOf, Variables},
    op::{Arithmetic, Call, LaneOp},
    place_of,
    plan::Plan,
};
use crate::{
    api::{Column, ScriptContext, each, which},
    script::compiled::{
        Val,
        operators::{self, Operator},
    },
};

fn column<T>(columns: &[Column<T>], number: u16) -> Option<&Column<T>> {
    columns.get(usize::from(number))
}

/// `to = work(from)` for each lane.
#[inline(always)]
fn one<A: Copy, T>(mask: u64, to: &Column<T>, a: &Column<A>, work: impl Fn(A) -> T) {
    each(mask, |lane| to[lane].set(work(a[lane].get())));
}

/// `to = work(a, b)` for each lane; the lanes for which there is no result.
#[inline(always)]
fn two<A: Copy, T>(
    mask: u64,
    (to, a, b): (&Column<T>, &Column<A>, &Column<A>),
    work: impl Fn(A, A) -> Option<T>,
) -> u64 {
    let mut failed = 0;
    each(mask, |lane| match work(a[lane].get(), b[lane].get()) {
        Some(result) => to[lane].set(result),
        None => failed |= 1 << lane,
    });
    failed
}

fn ints(mask: u64, what: Arithmetic, columns: (&Column<i64>, &Column<i64>, &Column<i64>)) -> u64 {
    match what {
        Arithmetic::Add => two(mask, columns, i64::checked_add),
        Arithmetic::Subtract => two(mask, columns, i64::checked_sub),
        Arithmetic::Multiply => two(mask, columns, i64::checked_mul),
        Arithmetic::Divide => two(mask, columns, i64::checked_div),
        Arithmetic::Remainder => two(mask, columns, i64::checked_rem),
    }
}

fn floats(mask: u64, what: Arithmetic, columns: (&Column<f64>, &Column<f64>, &Column<f64>)) -> u64 {
    let canonical = operators::canonical;
    match what {
        Arithmetic::Add => two(mask, columns, |a: f64, b| Some(canonical(a + b))),
        Arithmetic::Subtract => two(mask, columns, |a: f64, b| Some(canonical(a - b))),
        Arithmetic::Multiply => two(mask, columns, |a: f64, b| Some(canonical(a * b))),
        Arithmetic::Divide => two(mask, columns, |a: f64, b| Some(canonical(a / b))),
        Arithmetic::Remainder => two(mask, columns, |a: f64, b| Some(canonical(a % b))),
    }
}

fn compared_ints(mask: u64, operator: Operator, a: &Column<i64>, b: &Column<i64>) -> u64 {
    let lanes =
        |holds: fn(&i64, &i64) -> bool| which(mask, |lane| holds(&a[lane].get(), &b[lane].get()));
    match operator {
        Operator::Equal => lanes(i64::eq),
        Operator::NotEqual => lanes(i64::ne),
        Operator::Less => lanes(i64::lt),
        Operator::LessOrEqual => lanes(i64::le),
        Operator::Greater => lanes(i64::gt),
        _ => lanes(i64::ge),
    }
}

#[inline(never)]
fn compared_floats(mask: u64, operator: Operator, a: &Column<f64>, b: &Column<f64>) -> u64 {
    which(mask, |lane| operators::compare_floats(operator, a[lane].get(), b[lane].get()))
}

fn copy<T: Copy>(mask: u64, columns: &[Column<T>], to: u16, from: u16) {
    if let (Some(to), Some(from)) = (column(columns, to), column(columns, from)) {
        one(mask, to, from, |value| value);
    }
}

impl Columns {
    fn copy(&self, mask: u64, kind: Kind, to: u16, from: u16) {
        match kind {
            Kind::Unit => {}
            Kind::Bool => copy(mask, &self.bools, to, from),
            Kind::Int => copy(mask, &self.ints, to, from),
            Kind::Float => copy(mask, &self.floats, to, from),
            Kind::Vec3 => copy(mask, &self.vec3s, to, from),
        }
    }

    /// Any operator: the lanes for which there is no result.
    fn binary(&self, mask: u64, operator: Operator, (to, a, b): (Place, Place, Place)) -> u64 {
        which(mask, |lane| {
            let (a, b) = (self.get(a, lane), self.get(b, lane));
            match operators::plain(operator, &a, &b) {
                Some(Ok(value)) => !self.put(to, lane, &value),
                _ => true,
            }
        })
    }

    /// The lanes for which a comparison holds, and those for which it is none.
    fn compared(&self, mask: u64, operator: Operator, a: Place, b: Place) -> (u64, u64) {
        let compared = |lane| operators::plain(operator, &self.get(a, lane), &self.get(b, lane));
        let holds = which(mask, |lane| matches!(compared(lane), Some(Ok(Val::Bool(true)))));
        let fails = which(mask, |lane| matches!(compared(lane), Some(Ok(Val::Bool(false)))));
        (holds, mask & !holds & !fails)
    }

    /// Reads an item of a list for each lane: those for which there is none, or one of another type.
    #[inline(always)]
    fn read_items<'v>(
        &self,
        mask: u64,
        (to, index): (Place, &Column<i64>),
        list: impl Fn(usize) -> Option<&'v [Val]>,
    ) -> Option<u64> {
        // One below zero is a number beyond any list.
        let item = |lane: usize| list(lane)?.get(index[lane].get() as usize);
        Some(match to.kind {
            Kind::Vec3 => {
                let to = column(&self.vec3s, to.column)?;
                which(mask, |lane| match item(lane) {
                    Some(Val::Vec3(value)) => {
                        to[lane].set(*value);
                        false
                    }
                    _ => true,
                })
            }
            _ => which(mask, |lane| !item(lane).is_some_and(|item| self.put(to, lane, item))),
        })
    }

    fn negate(&self, mask: u64, to: Place, a: Place) -> u64 {
        which(mask, |lane| {
            let value = self.get(a, lane);
            match operators::unary("-", &value) {
                Some(Ok(value)) => !self.put(to, lane, &value),
                _ => true,
            }
        })
    }
}

impl Lanes {
    /// Does the calls of the lanes in a mask until each has come to its end or must be made by itself.
    pub(super) fn run(
        &mut self,
        plan: &Plan,
        context: &mut ScriptContext<'_>,
        variables: &Variables<'_, '_>,
        limit: u64,
    ) {
        while !self.groups.is_over() || self.turn(limit) {
            let line = self.groups.line;
            let (Some(op), Some(cost)) = (plan.ops.get(line), plan.costs.get(line)) else {
                self.groups.mask = 0;
                continue;
            };
            self.groups.line += 1;
            self.groups.owed += cost;
            if self.step((plan, op), context, variables, limit).is_none() {
                // What a plan names is there; if it were not, they would be done by themselves.
                self.groups.mask = 0;
            }
        }
    }

    /// Pays what the group at hand owes; whoever has used too much is done alone, where it is stopped at the right
    /// place.
    fn settle(&mut self, limit: u64) {
        let owed = std::mem::take(&mut self.groups.owed);
        let spent = self.fuel.add(self.groups.mask, owed, limit);
        if spent != 0 {
            self.leave_alone(spent);
        }
    }

    /// Leaves some to be done by themselves.
    fn leave_alone(&mut self, alone: u64) {
        self.groups.mask &= !alone;
        self.fuel.leave_out(alone);
    }

    /// Goes on with the next group.
    fn turn(&mut self, limit: u64) -> bool {
        self.settle(limit);
        self.groups.turn()
    }

    /// Goes to another line with all.
    fn jump(&mut self, to: usize, limit: u64) {
        if to < self.groups.line {
            // What goes round must end.
            self.settle(limit);
        }
        self.groups.line = to;
    }

    /// Goes to another line with some.
    fn split(&mut self, jumping: u64, to: usize, limit: u64) {
        if jumping == 0 {
            return;
        }
        if jumping == self.groups.mask {
            self.jump(to, limit);
            return;
        }
        self.settle(limit);
        let jumping = jumping & self.groups.mask;
        self.groups.mask &= !jumping;
        self.groups.wait(to, jumping);
    }

    #[expect(clippy::too_many_lines, reason = "an instruction set is long")]
    #[inline(always)]
    fn step(
        &mut self,
        (plan, op): (&Plan, &LaneOp),
        context: &mut ScriptContext<'_>,
        variables: &Variables<'_, '_>,
        limit: u64,
    ) -> Option<()> {
        let mask = self.groups.mask;
        let columns = &self.columns;
        // Those that must be done by themselves.
        let mut alone = 0;
        match op {
            LaneOp::Skip => {}
            LaneOp::Copy { kind, to, from } => columns.copy(mask, *kind, *to, *from),
            LaneOp::CopyOptional { kind, to, from, to_there, there } => {
                columns.copy(mask, *kind, *to, *from);
                columns.copy(mask, Kind::Bool, *to_there, *there);
            }
            LaneOp::Note { bit, kind, to, from } => {
                columns.copy(mask, *kind, *to, *from);
                self.changed[place_of(*bit)] |= mask;
            }
            LaneOp::Ints { what, to, a, b } => {
                let of = |number: u16| column(&columns.ints, number);
                alone = ints(mask, *what, (of(*to)?, of(*a)?, of(*b)?));
            }
            LaneOp::IntsNoted { bit, to, b } => {
                let of = |number: u16| column(&columns.ints, number);
                alone = ints(mask, Arithmetic::Add, (of(*to)?, of(*to)?, of(*b)?));
                self.changed[place_of(*bit)] |= mask;
            }
            LaneOp::Floats { what, to, a, b } => {
                let of = |number: u16| column(&columns.floats, number);
                alone = floats(mask, *what, (of(*to)?, of(*a)?, of(*b)?));
            }
            LaneOp::Binary { operator, to, a, b } => {
                alone = columns.binary(mask, *operator, (*to, *a, *b));
            }
            LaneOp::BinaryNoted { bit, operator, to, b } => {
                alone = columns.binary(mask, *operator, (*to, *to, *b));
                self.changed[place_of(*bit)] |= mask;
            }
            LaneOp::Not { to, a } => {
                let of = |number: u16| column(&columns.bools, number);
                one(mask, of(*to)?, of(*a)?, |value: bool| !value);
            }
            LaneOp::Negate { to, a } => alone = columns.negate(mask, *to, *a),
            LaneOp::Jump { to } => self.jump(*to, limit),
            LaneOp::Give { kind, to, from, next } => {
                columns.copy(mask, *kind, *to, *from);
                self.jump(*next, limit);
            }
            LaneOp::JumpIs { is, condition, to } => {
                let condition = column(&columns.bools, *condition)?;
                let jumping = which(mask, |lane| condition[lane].get() == *is);
                self.split(jumping, *to, limit);
            }
            LaneOp::JumpUnlessInts { operator, a, b, to } => {
                let of = |number: u16| column(&columns.ints, number);
                let holds = compared_ints(mask, *operator, of(*a)?, of(*b)?);
                self.split(mask & !holds, *to, limit);
            }
            LaneOp::JumpUnlessFloats { operator, a, b, to } => {
                let of = |number: u16| column(&columns.floats, number);
                let holds = compared_floats(mask, *operator, of(*a)?, of(*b)?);
                self.split(mask & !holds, *to, limit);
            }
            LaneOp::JumpUnless { operator, a, b, to } => {
                let (holds, neither) = columns.compared(mask, *operator, *a, *b);
                if neither != 0 {
                    self.leave_alone(neither);
                }
                self.split(self.groups.mask & !holds, *to, limit);
            }
            LaneOp::Range { inclusive, start, end, over, next } => {
                let of = |number: u16| column(&columns.ints, number);
                let (start, end, over, next) = (of(*start)?, of(*end)?, of(*over)?, of(*next)?);
                alone = which(mask, |lane| {
                    let (start, end) = (start[lane].get(), end[lane].get());
                    next[lane].set(start);
                    // There is no number behind the greatest one.
                    let end = if *inclusive { end.checked_add(1) } else { Some(end) };
                    end.map(|end| over[lane].set(end)).is_none()
                });
            }
            LaneOp::Next { over, next, to, exit } => {
                let of = |number: u16| column(&columns.ints, number);
                let (over, next, to) = (of(*over)?, of(*next)?, of(*to)?);
                let ended = which(mask, |lane| {
                    let value = next[lane].get();
                    if value >= over[lane].get() {
                        return true;
                    }
                    next[lane].set(value + 1);
                    to[lane].set(value);
                    false
                });
                self.split(ended, *exit, limit);
            }
            LaneOp::Item { slot, index, to } => {
                let index = column(&columns.ints, *index)?;
                let what = (*to, index);
                alone = match variables.list(plan, *slot)? {
                    ListOf::Variable(all, at) => {
                        columns.read_items(mask, what, |lane| items(variable(all, lane, at)?))?
                    }
                    ListOf::Same(list) => {
                        let same = items(list)?;
                        columns.read_items(mask, what, |_| Some(same))?
                    }
                    ListOf::Own(lists) => {
                        columns.read_items(mask, what, |lane| items(lists.get(lane)?))?
                    }
                };
            }
            LaneOp::Length { slot, to } => {
                let to = column(&columns.ints, *to)?;
                let length = |lane: usize, list: Option<&Val>| match list {
                    Some(Val::Array(list)) => {
                        to[lane].set(list.len() as i64);
                        false
                    }
                    _ => true,
                };
                alone = match variables.list(plan, *slot)? {
                    ListOf::Variable(all, at) => {
                        which(mask, |lane| length(lane, variable(all, lane, at)))
                    }
                    ListOf::Same(list) => which(mask, |lane| length(lane, Some(list))),
                    ListOf::Own(lists) => which(mask, |lane| length(lane, lists.get(lane))),
                };
            }
            LaneOp::Part { to, of, part } => {
                let (to, of) = (column(&columns.floats, *to)?, column(&columns.vec3s, *of)?);
                let part = usize::from(*part).min(2);
                one(mask, to, of, |v| f64::from(v.as_ref()[part]));
            }
            LaneOp::Api(call) => {
                alone = self.call_api(call, context, mask);
                // What a function asks for beside its price may be much.
                if self.fuel.may_be_spent(self.groups.owed, limit) {
                    self.settle(limit);
                }
            }
            LaneOp::End => {
                self.settle(limit);
                self.done |= self.groups.mask;
                self.groups.mask = 0;
            }
            LaneOp::Alone => alone = mask,
        }
        if alone != 0 {
            self.leave_alone(alone);
        }
        Some(())
    }

    fn call_api(&mut self, call: &Call, context: &mut ScriptContext<'_>, mask: u64) -> u64 {
        let Some(to) = column_at(&self.columns, call.to) else { return mask };
        let there = match call.there {
            Some(there) => {
                let Some(there) = column(&self.columns.bools, there) else { return mask };
                Some(there)
            }
            None => None,
        };
        let called = LaneCall {
            args: LaneArgs::of(&self.columns, &call.args),
            to,
            there,
            mask,
            fuel: self.fuel.own(),
        };
        context.look_back(call.asks_again || call.is_used);
        let failed = (call.code)(context, called);
        context.look_back(true);
        failed
    }
}

/// What is in a list.
#[inline(always)]
fn items(list: &Val) -> Option<&[Val]> {
    if let Val::Array(list) = list { Some(list) } else { None }
}

#[inline(always)]
fn variable<'v>(states: &'v [&mut [Val]], lane: usize, slot: usize) -> Option<&'v Val> {
    states.get(lane)?.get(slot)
}

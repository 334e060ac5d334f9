use rhai::{Expr, OpAssignment};

use super::{body::Body, scope::Place};
use crate::script::{
    compiled::{Val, literal, op::Op, operators::Operator},
    outline::position,
};

impl Body<'_, '_> {
    /// `target = value` and `target operator= value`.
    pub(super) fn assignment(&mut self, operator: &OpAssignment, target: &Expr, value: &Expr) {
        let at = position(operator.position());
        let operator =
            operator.get_op_assignment_info().and_then(|(_, _, _, _, _, name)| Operator::of(name));
        match target {
            Expr::Variable(variable, _, target_at) => {
                let name = variable.1.as_str();
                let Some(place) = self.place(variable) else {
                    self.at = position(*target_at);
                    self.unknown(name);
                    return;
                };
                if self.is_constant_variable(variable) {
                    let message = format!("`{name}` is a constant and cannot be assigned to");
                    self.lowering.refuse(position(*target_at), message);
                    return;
                }
                match operator {
                    None => self.assign(&place, value, at),
                    Some(operator) => self.update(operator, &place, value, at),
                }
            }
            Expr::ThisPtr(this_at) => {
                self.changes_this = true;
                let from = self.fresh();
                self.expression(value, from);
                let path = self.path_of(target, Vec::new(), position(*this_at));
                let op = match operator {
                    None => Op::Set { from, path },
                    Some(operator) => Op::Update { operator, from, path },
                };
                self.emit_at(at, op);
            }
            chain => {
                let from = self.fresh();
                self.expression(value, from);
                let (path, skips) = self.target(chain);
                let op = match operator {
                    None => Op::Set { from, path },
                    Some(operator) => Op::Update { operator, from, path },
                };
                self.emit_at(at, op);
                for skip in skips {
                    self.land(skip);
                }
            }
        }
    }

    fn assign(&mut self, place: &Place, value: &Expr, at: Option<crate::contract::Position>) {
        // What is written only at its very end may go straight to its variable.
        if let Place::Register(to) = place
            && matches!(value, Expr::FnCall(call, _) if call.op_token.is_some())
        {
            self.expression(value, *to);
            return;
        }
        let from = self.fresh();
        self.expression(value, from);
        self.at = at;
        self.store(place, from);
    }

    fn update(
        &mut self,
        operator: Operator,
        place: &Place,
        value: &Expr,
        at: Option<crate::contract::Position>,
    ) {
        if operator == Operator::Add
            && let Some(Val::Int(value)) = literal::of(value)
            && let Ok(value) = i32::try_from(value)
        {
            match *place {
                Place::Register(a) => {
                    self.emit_at(at, Op::AssignInt { operator, to: a, value });
                    return;
                }
                Place::State(slot) => {
                    self.emit_at(at, Op::AddIntState { slot, value });
                    return;
                }
                _ => {}
            }
        }
        let from = self.fresh();
        self.expression(value, from);
        let op = match *place {
            Place::Register(to) => Op::Assign { operator, to, from },
            Place::Shared(cell) => Op::AssignShared { operator, cell, from },
            Place::State(slot) => Op::AssignState { operator, slot, from },
            _ => return,
        };
        self.emit_at(at, op);
    }
}

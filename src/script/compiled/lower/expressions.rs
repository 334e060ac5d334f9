use rhai::{Expr, FnCallExpr, Stmt};

use super::{body::Body, glance::may_write};
use crate::contract::ErrorKind;
use crate::script::{
    compiled::{
        Val, literal,
        op::{Op, Reg},
        operators::Operator,
    },
    outline::position,
};

impl Body<'_, '_> {
    /// Evaluates an expression into a register that nothing in it reads.
    pub(super) fn expression(&mut self, expression: &Expr, to: Reg) {
        if let Some(value) = literal::of(expression) {
            self.at = position(expression.start_position());
            self.load_literal(value, to);
            return;
        }
        let mark = self.mark();
        match expression {
            Expr::Variable(variable, _, at) => {
                self.at = position(*at);
                if let Some(place) = self.place(variable) {
                    self.load(&variable.1, &place, to);
                } else {
                    self.unknown(&variable.1);
                }
            }
            Expr::ThisPtr(at) => {
                self.at = position(*at);
                self.emit(Op::LoadThis { to });
            }
            Expr::FnCall(call, at) => self.call(call, *at, to),
            Expr::Dot(..) | Expr::Index(..) => self.chain(expression, to),
            Expr::And(parts, _) => {
                let mut ends = Vec::new();
                for (i, part) in parts.iter().enumerate() {
                    self.expression(part, to);
                    let at = position(part.position());
                    if i + 1 < parts.len() {
                        ends.push(self.emit_jump(at, Op::JumpUnless { condition: to, to: 0 }));
                    } else {
                        self.emit_at(at, Op::CheckBool { value: to });
                    }
                }
                self.land_all(ends);
            }
            Expr::Or(parts, _) => {
                let mut ends = Vec::new();
                for (i, part) in parts.iter().enumerate() {
                    self.expression(part, to);
                    let at = position(part.position());
                    if i + 1 < parts.len() {
                        ends.push(self.emit_jump(at, Op::JumpIf { condition: to, to: 0 }));
                    } else {
                        self.emit_at(at, Op::CheckBool { value: to });
                    }
                }
                self.land_all(ends);
            }
            Expr::Coalesce(parts, _) => {
                let mut ends = Vec::new();
                for (i, part) in parts.iter().enumerate() {
                    self.expression(part, to);
                    if i + 1 < parts.len() {
                        let at = position(part.position());
                        ends.push(self.emit_jump(at, Op::JumpUnlessUnit { value: to, to: 0 }));
                    }
                }
                self.land_all(ends);
            }
            Expr::Stmt(block) => match block.statements() {
                [Stmt::Share(_), Stmt::Expr(closure)] if matches!(&**closure, Expr::FnCall(call, _) if call.name.as_str() == "curry") =>
                {
                    self.expression(closure, to);
                }
                statements => {
                    self.at = position(block.position());
                    self.block(statements.iter(), Some(to));
                }
            },
            Expr::InterpolatedString(parts, at) => {
                self.at = position(*at);
                self.load_literal(Val::text(""), to);
                for part in parts {
                    let mark = self.mark();
                    let value = self.operand(part, true);
                    self.emit_at(position(part.position()), Op::Interpolate { text: to, value });
                    self.release(mark);
                }
            }
            Expr::Array(items, at) => {
                self.emit_at(
                    position(*at),
                    Op::NewArray { to, capacity: u32::try_from(items.len()).unwrap_or(0) },
                );
                for item in items {
                    let mark = self.mark();
                    let value = self.fresh();
                    self.expression(item, value);
                    self.emit_at(position(item.position()), Op::Push { array: to, value });
                    self.release(mark);
                }
            }
            Expr::Map(entries, at) => {
                let empty = self.lowering.tables.literal(Val::map(Default::default()));
                self.emit_at(position(*at), Op::NewMap { to, index: empty });
                for (key, value) in &entries.0 {
                    let mark = self.mark();
                    let register = self.fresh();
                    self.expression(value, register);
                    let key = self.lowering.tables.key(&key.name);
                    let at = position(value.position());
                    self.emit_at(at, Op::Insert { map: to, value: register, key });
                    self.release(mark);
                }
            }
            // What the parser makes of a closure that shares nothing.
            Expr::DynamicConstant(value, at) => self.bare_closure(value, *at, to),
            other => {
                let at = position(other.position());
                self.lowering.refuse(at, "this expression is not available");
            }
        }
        self.release(mark);
    }

    fn land_all(&mut self, jumps: Vec<u32>) {
        for jump in jumps {
            self.land(jump);
        }
    }

    pub(super) fn unknown(&mut self, name: &str) {
        let (kind, message) = if self.sees_state {
            (ErrorKind::Compile, format!("there is no variable `{name}`"))
        } else {
            let what = format!("a constant can only use other constants, and `{name}` is none");
            (ErrorKind::Runtime, what)
        };
        self.lowering.errors.push((self.lowering.file, self.at, kind, message));
    }

    /// An operator between two values.
    pub(super) fn binary(
        &mut self,
        operator: Operator,
        call: &FnCallExpr,
        at: rhai::Position,
        to: Reg,
    ) {
        let [left, right] = &*call.args else { return };
        let at = position(at);
        let a = self.operand(left, !may_write(right));
        match literal::of(right) {
            Some(Val::Int(value)) if i32::try_from(value).is_ok() => {
                let value = value as i32;
                let op = match operator {
                    Operator::Add => Op::AddInt { to, a, value },
                    operator => Op::BinaryInt { operator, to, a, value },
                };
                self.emit_at(at, op);
            }
            Some(value) => {
                let index = self.lowering.tables.literal(value);
                self.emit_at(at, Op::BinaryLiteral { operator, to, a, index });
            }
            None => {
                let b = self.operand(right, true);
                let op = match operator {
                    Operator::Add => Op::Add { to, a, b },
                    Operator::Subtract => Op::Subtract { to, a, b },
                    Operator::Multiply => Op::Multiply { to, a, b },
                    operator => Op::Binary { operator, to, a, b },
                };
                self.emit_at(at, op);
            }
        }
    }

    /// A comparison that only decides where to go on: gives the jump that is taken if it does not
    /// hold.
    pub(super) fn comparison(&mut self, call: &FnCallExpr, at: rhai::Position) -> Option<u32> {
        use Operator as O;
        let operator = Operator::of(&call.name).filter(|operator| {
            matches!(
                operator,
                O::Equal | O::NotEqual | O::Less | O::LessOrEqual | O::Greater | O::GreaterOrEqual
            )
        })?;
        let [left, right] = &*call.args else { return None };
        let mark = self.mark();
        let a = self.operand(left, !may_write(right));
        let small = match literal::of(right) {
            Some(Val::Int(value)) => i8::try_from(value).ok(),
            _ => None,
        };
        let op = match small {
            Some(value) => Op::JumpUnlessCompareInt { operator, a, value, to: 0 },
            None => {
                let b = self.operand(right, true);
                Op::JumpUnlessCompare { operator, a, b, to: 0 }
            }
        };
        let jump = self.emit_jump(position(at), op);
        self.release(mark);
        Some(jump)
    }
}

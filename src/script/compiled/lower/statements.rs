use rhai::{ASTFlags, Expr, ImmutableString, Stmt};

use super::body::Body;
use crate::script::{
    compiled::op::{Op, Reg},
    outline::position,
};

impl Body<'_, '_> {
    /// A block: its variables end with it, its value is that of its last statement.
    pub(super) fn block<'s>(
        &mut self,
        statements: impl ExactSizeIterator<Item = &'s Stmt>,
        to: Option<Reg>,
    ) {
        let mark = self.mark();
        self.depth += 1;
        let count = statements.len();
        if count == 0 {
            self.nothing(to);
        }
        for (i, statement) in statements.enumerate() {
            self.statement(statement, if i + 1 == count { to } else { None });
        }
        self.depth -= 1;
        self.release(mark);
    }

    /// The value of what has none.
    fn nothing(&mut self, to: Option<Reg>) {
        if let Some(to) = to {
            self.emit(Op::Unit { to });
        }
    }

    /// A statement; its value is wanted if there is a register for it.
    pub(super) fn statement(&mut self, statement: &Stmt, to: Option<Reg>) {
        self.at = position(statement.position());
        if self.lowering.hooks {
            self.emit(Op::Statement);
        }
        match statement {
            Stmt::Expr(expression) => self.value_of(expression, to),
            Stmt::FnCall(call, at) => {
                let mark = self.mark();
                let result = to.unwrap_or_else(|| self.fresh());
                self.call(call, *at, result);
                self.release(mark);
            }
            Stmt::Block(block) => self.block(block.statements().iter(), to),
            Stmt::If(flow, _) => {
                let mark = self.mark();
                let otherwise = self.unless(&flow.expr);
                self.release(mark);
                self.block(flow.body.statements().iter(), to);
                let end = self.emit_jump(None, Op::Jump { to: 0 });
                for jump in otherwise {
                    self.land(jump);
                }
                self.block(flow.branch.statements().iter(), to);
                self.land(end);
            }
            Stmt::Var(parts, flags, at) => {
                let (name, value, _) = &**parts;
                let constant = flags.intersects(ASTFlags::CONSTANT);
                self.variable(&name.name, value, constant, *at);
                self.nothing(to);
            }
            Stmt::Assignment(parts) => {
                let (operator, sides) = &**parts;
                let mark = self.mark();
                self.assignment(operator, &sides.lhs, &sides.rhs);
                self.release(mark);
                self.nothing(to);
            }
            Stmt::Switch(parts, _) => self.switch(&parts.0, &parts.1, to),
            Stmt::While(flow, _) => self.while_loop(flow, to),
            Stmt::Do(flow, flags, _) => {
                self.do_loop(flow, flags.intersects(ASTFlags::NEGATED), to);
            }
            Stmt::For(parts, _) => self.for_loop(&parts.0, parts.1.as_ref(), &parts.2, to),
            Stmt::BreakLoop(value, flags, at) => {
                self.leave_loop(value.as_deref(), flags.intersects(ASTFlags::BREAK), *at);
            }
            Stmt::TryCatch(flow, _) => {
                let mark = self.mark();
                let error = self.fresh();
                let begin = self.emit_jump(self.at, Op::Try { error, catch: 0 });
                self.tries += 1;
                self.block(flow.body.statements().iter(), to);
                self.tries -= 1;
                self.emit(Op::EndTry);
                let end = self.emit_jump(None, Op::Jump { to: 0 });
                self.land(begin);
                self.caught.push((error, self.tries));
                self.depth += 1;
                let catching = self.mark();
                if let Expr::Variable(variable, _, at) = &flow.expr {
                    self.at = position(*at);
                    let register = self.fresh();
                    self.emit(Op::Copy { to: register, from: error });
                    if let super::scope::Place::Shared(at) =
                        self.declare(&variable.1, register, false)
                    {
                        self.emit(Op::Share { at });
                    }
                }
                self.block(flow.branch.statements().iter(), None);
                self.release(catching);
                self.depth -= 1;
                self.caught.pop();
                self.nothing(to);
                self.land(end);
                self.release(mark);
            }
            Stmt::Return(value, flags, at) => {
                let mark = self.mark();
                let register = self.fresh();
                match value {
                    Some(value) => self.expression(value, register),
                    None => self.emit(Op::Unit { to: register }),
                }
                let at = position(*at);
                if flags.intersects(ASTFlags::BREAK) {
                    let op = match self.caught.last() {
                        Some((error, tries)) if *tries == self.tries => {
                            Op::ThrowAgain { value: register, error: *error }
                        }
                        _ => Op::Throw { value: register },
                    };
                    self.emit_at(at, op);
                } else {
                    for _ in 0..self.tries {
                        self.emit_at(at, Op::EndTry);
                    }
                    self.emit_at(at, Op::Return { from: register });
                }
                self.release(mark);
            }
            Stmt::Share(..) | Stmt::Noop(_) => self.nothing(to),
            other => {
                self.lowering.refuse(position(other.position()), "this statement is not available");
            }
        }
    }

    fn value_of(&mut self, expression: &Expr, to: Option<Reg>) {
        let mark = self.mark();
        let result = to.unwrap_or_else(|| self.fresh());
        self.expression(expression, result);
        self.release(mark);
    }

    fn variable(
        &mut self,
        name: &ImmutableString,
        value: &Expr,
        constant: bool,
        at: rhai::Position,
    ) {
        if self.is_at_top_level() && !constant {
            let mark = self.mark();
            let register = self.fresh();
            self.expression(value, register);
            self.at = position(at);
            if let Some(slot) = self.lowering.scope().state.get(name.as_str()).copied() {
                self.emit(Op::StoreState { slot, from: register });
            }
            self.release(mark);
            return;
        }
        let register = self.fresh();
        let mark = self.mark();
        self.expression(value, register);
        self.release(mark);
        self.at = position(at);
        if let super::scope::Place::Shared(at) = self.declare(name, register, constant) {
            self.emit(Op::Share { at });
        }
    }

    /// Whether values are wanted or not, a condition: gives the jumps that are taken if it does not
    /// hold.
    pub(super) fn unless(&mut self, condition: &Expr) -> Vec<u32> {
        match condition {
            Expr::And(parts, _) => parts.iter().flat_map(|part| self.unless(part)).collect(),
            Expr::FnCall(call, at) if call.op_token.is_some() && call.args.len() == 2 => {
                match self.comparison(call, *at) {
                    Some(jump) => vec![jump],
                    None => self.unless_true(condition),
                }
            }
            _ => self.unless_true(condition),
        }
    }

    fn unless_true(&mut self, condition: &Expr) -> Vec<u32> {
        let register = self.operand(condition, true);
        let at = position(condition.position());
        vec![self.emit_jump(at, Op::JumpUnless { condition: register, to: 0 })]
    }
}

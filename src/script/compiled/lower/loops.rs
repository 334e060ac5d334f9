use rhai::{Expr, FlowControl, Ident};

use super::{body::Body, scope::Place};
use crate::script::{
    compiled::op::{Op, Reg},
    outline::position,
};

/// A loop while its body is lowered.
pub(super) struct Loop {
    /// Jumps to behind it.
    breaks: Vec<u32>,
    /// Jumps to its next turn.
    continues: Vec<u32>,
    /// Where the value of `break` goes.
    result: Option<Reg>,
    /// How many `try` were open when it began.
    tries: usize,
}

impl Body<'_, '_> {
    fn enter_loop(&mut self, result: Option<Reg>) {
        let tries = self.tries;
        self.loops.push(Loop { breaks: Vec::new(), continues: Vec::new(), result, tries });
    }

    /// Lets every `continue` of the loop go to here.
    fn land_continues(&mut self) {
        let jumps = self.loops.last_mut().map(|l| std::mem::take(&mut l.continues));
        for jump in jumps.unwrap_or_default() {
            self.land(jump);
        }
    }

    /// Ends the loop: what leaves it without a value goes to here, where it gets `()`.
    fn exit_loop(&mut self, exits: Vec<u32>) {
        let Some(inner) = self.loops.pop() else { return };
        for jump in exits {
            self.land(jump);
        }
        if let Some(to) = inner.result {
            self.emit(Op::Unit { to });
        }
        for jump in inner.breaks {
            self.land(jump);
        }
    }

    pub(super) fn while_loop(&mut self, flow: &FlowControl, to: Option<Reg>) {
        self.enter_loop(to);
        let begin = self.here();
        let at = position(flow.body.position());
        let endless = matches!(flow.expr, Expr::Unit(..) | Expr::BoolConstant(true, ..));
        let exits = if endless {
            Vec::new()
        } else {
            let mark = self.mark();
            let exits = self.unless(&flow.expr);
            self.release(mark);
            exits
        };
        self.block(flow.body.statements().iter(), None);
        self.land_continues();
        self.emit_at(at, Op::Jump { to: begin });
        self.exit_loop(exits);
    }

    pub(super) fn do_loop(&mut self, flow: &FlowControl, until: bool, to: Option<Reg>) {
        self.enter_loop(to);
        let begin = self.here();
        self.block(flow.body.statements().iter(), None);
        // `continue` goes back to the beginning without looking at the condition: so has it Rhai.
        let jumps = self.loops.last_mut().map(|l| std::mem::take(&mut l.continues));
        for jump in jumps.unwrap_or_default() {
            self.land_at(jump, begin);
        }
        let mark = self.mark();
        let exits = if until {
            let condition = self.operand(&flow.expr, true);
            let at = position(flow.expr.position());
            self.emit_at(at, Op::JumpUnless { condition, to: begin });
            Vec::new()
        } else {
            let exits = self.unless(&flow.expr);
            self.emit(Op::Jump { to: begin });
            exits
        };
        self.release(mark);
        self.exit_loop(exits);
    }

    pub(super) fn for_loop(
        &mut self,
        variable: &Ident,
        counter: Option<&Ident>,
        flow: &FlowControl,
        to: Option<Reg>,
    ) {
        let mark = self.mark();
        let place = self.fresh();
        // The place in what is run over, hidden from the script.
        self.fresh();
        self.iterated(&flow.expr, place);
        self.depth += 1;
        let declared = |body: &mut Self, name: &Ident| {
            let register = body.fresh();
            body.emit(Op::Unit { to: register });
            let place = body.declare(&name.name, register, false);
            if let Place::Shared(at) = place {
                body.emit(Op::Share { at });
            }
            (register, place)
        };
        let count = counter.map(|name| {
            let hidden = self.fresh();
            self.emit(Op::Int { to: hidden, value: -1 });
            (hidden, declared(self, name))
        });
        let (register, item) = declared(self, variable);
        self.enter_loop(to);
        let begin = self.here();
        let at = position(flow.expr.position());
        let exit = match item {
            Place::Shared(cell) => {
                let next = self.fresh();
                let exit = self.emit_jump(at, Op::Next { at: place, to: next, exit: 0 });
                self.emit(Op::StoreShared { cell, from: next });
                exit
            }
            _ => self.emit_jump(at, Op::Next { at: place, to: register, exit: 0 }),
        };
        if let Some((hidden, (register, place))) = count {
            self.emit(Op::AddInt { to: hidden, a: hidden, value: 1 });
            match place {
                Place::Shared(cell) => {
                    let next = self.fresh();
                    self.emit(Op::Copy { to: next, from: hidden });
                    self.emit(Op::StoreShared { cell, from: next });
                }
                _ => self.emit(Op::Copy { to: register, from: hidden }),
            }
        }
        self.block(flow.body.statements().iter(), None);
        self.land_continues();
        self.emit_at(position(flow.body.position()), Op::Jump { to: begin });
        self.exit_loop(vec![exit]);
        self.depth -= 1;
        self.release(mark);
    }

    /// What a `for` runs over, made ready. A range in the text is not made at all.
    fn iterated(&mut self, expression: &Expr, place: Reg) {
        let at = position(expression.start_position());
        if let Expr::FnCall(call, operator_at) = expression
            && call.op_token.is_some()
            && let ("..", [start, end]) | ("..=", [start, end]) = (&*call.name, &*call.args)
            && !matches!(start, Expr::Unit(_))
            && !matches!(end, Expr::Unit(_))
        {
            self.expression(start, place);
            self.expression(end, place + 1);
            let inclusive = call.name.as_str() == "..=";
            self.emit_at(position(*operator_at), Op::IterateRange { at: place, inclusive });
            return;
        }
        self.expression(expression, place);
        self.emit_at(at, Op::Iterate { at: place });
    }

    pub(super) fn leave_loop(&mut self, value: Option<&Expr>, breaks: bool, at: rhai::Position) {
        let Some((result, tries)) = self.loops.last().map(|l| (l.result, l.tries)) else {
            self.lowering.refuse(position(at), "there is no loop to leave here");
            return;
        };
        let mark = self.mark();
        match (value, result) {
            (Some(value), result) => {
                let register = self.fresh();
                self.expression(value, register);
                if let Some(to) = result.filter(|_| breaks) {
                    self.emit(Op::Take { to, from: register });
                }
            }
            (None, Some(to)) if breaks => self.emit(Op::Unit { to }),
            (None, _) => {}
        }
        self.release(mark);
        for _ in tries..self.tries {
            self.emit(Op::EndTry);
        }
        let jump = self.emit_jump(position(at), Op::Jump { to: 0 });
        if let Some(inner) = self.loops.last_mut() {
            if breaks {
                inner.breaks.push(jump);
            } else {
                inner.continues.push(jump);
            }
        }
    }
}

use rhai::{ASTFlags, Expr, FnCallExpr};

use super::{body::Body, scope::Place};
use crate::{
    contract::Position,
    script::{
        compiled::{
            op::{Op, Reg},
            program::{Member, Path, Root, Step},
        },
        outline::position,
    },
};

/// One part of `root.a[i].m(x)`, as the text has it.
struct Link<'e> {
    what: What<'e>,
    /// `?.` or `?[`.
    optional: bool,
    /// Where the `.` or `[` stands.
    at: Option<Position>,
    member_at: Option<Position>,
}

enum What<'e> {
    Property(&'e str),
    Index(&'e Expr),
    Method(&'e FnCallExpr, rhai::Position),
}

/// A link whose indices and arguments have been evaluated.
enum Ready<'e> {
    Step(Step),
    Method { call: &'e FnCallExpr, at: rhai::Position, base: Reg },
}

impl Body<'_, '_> {
    /// Reads a chain.
    pub(super) fn chain(&mut self, chain: &Expr, to: Reg) {
        let (root, links) = links(chain);
        let ready = self.ready(root, &links);
        let (mut start, mut start_at) = self.root(root);
        let mut steps: Vec<Step> = Vec::new();
        let mut skips = Vec::new();
        for (link, (ready, optional)) in links.iter().zip(ready) {
            if optional {
                let path = self.path(start, start_at, steps.clone());
                self.emit_at(link.at, Op::Get { to, path });
                skips.push(self.emit_jump(link.at, Op::JumpIfUnit { value: to, to: 0 }));
            }
            match ready {
                Ready::Step(step) => steps.push(step),
                Ready::Method { call, at, base } => {
                    let path = Path {
                        root: start,
                        root_at: start_at,
                        constant: None,
                        steps: std::mem::take(&mut steps).into(),
                    };
                    let result = self.fresh();
                    self.method(call, at, path, base, result);
                    start = Root::Register(result);
                    start_at = position(at);
                }
            }
        }
        if steps.is_empty()
            && let Root::Register(from) = start
        {
            self.emit(Op::Take { to, from });
        } else {
            let path = self.path(start, start_at, steps);
            let op = self.lowering.tables.reading(path, to);
            self.emit_at(links.last().and_then(|link| link.at), op);
        }
        for skip in skips {
            self.land(skip);
        }
    }

    /// A chain that is written to, and the jumps past the write if `?.` finds nothing on the way.
    pub(super) fn target(&mut self, chain: &Expr) -> (u16, Vec<u32>) {
        let (root, links) = links(chain);
        let ready = self.ready(root, &links);
        let (start, start_at) = self.root(root);
        self.changes_this |= start == Root::This;
        let mut steps: Vec<Step> = Vec::new();
        let mut skips = Vec::new();
        for (link, (ready, optional)) in links.iter().zip(ready) {
            if optional {
                let to = self.fresh();
                let path = self.path(start, start_at, steps.clone());
                self.emit_at(link.at, Op::Get { to, path });
                skips.push(self.emit_jump(link.at, Op::JumpIfUnit { value: to, to: 0 }));
            }
            match ready {
                Ready::Step(step) => steps.push(step),
                // The parser has refused this.
                Ready::Method { at, .. } => {
                    self.lowering.refuse(position(at), "a call cannot be assigned to");
                }
            }
        }
        let constant = match root {
            Expr::Variable(variable, ..) if self.is_constant_variable(variable) => {
                Some(variable.1.as_str().into())
            }
            _ => None,
        };
        let steps = steps.into();
        let path = Path { root: start, root_at: start_at, constant, steps };
        (self.lowering.tables.path(path), skips)
    }

    /// A path without any step, for `this`.
    pub(super) fn path_of(&mut self, root: &Expr, steps: Vec<Step>, at: Option<Position>) -> u16 {
        let (start, _) = self.root(root);
        self.path(start, at, steps)
    }

    fn path(&mut self, root: Root, root_at: Option<Position>, steps: Vec<Step>) -> u16 {
        self.lowering.tables.path(Path { root, root_at, constant: None, steps: steps.into() })
    }

    /// Evaluates all indices and arguments, in order, before anything of the chain is looked at.
    fn ready<'e>(&mut self, root: &Expr, links: &[Link<'e>]) -> Vec<(Ready<'e>, bool)> {
        let later_may_write: Vec<bool> = (0..links.len())
            .map(|i| links[i + 1..].iter().any(|link| !matches!(link.what, What::Property(_))))
            .collect();
        links
            .iter()
            .zip(later_may_write)
            .map(|(link, later)| {
                let step =
                    |what| Ready::Step(Step { what, at: link.at, member_at: link.member_at });
                let ready = match link.what {
                    What::Property(name) => step(Member::Property(self.lowering.tables.key(name))),
                    What::Index(index) => {
                        // What is written to is not in its place meanwhile: `n[n] = true`.
                        let stays = !later && !is_same_variable(index, root);
                        step(Member::Index(self.operand(index, stays)))
                    }
                    What::Method(call, at) => {
                        let base = self.next as Reg;
                        for argument in &call.args {
                            let register = self.fresh();
                            self.expression(argument, register);
                        }
                        Ready::Method { call, at, base }
                    }
                };
                (ready, link.optional)
            })
            .collect()
    }

    /// Where a chain begins.
    pub(super) fn root(&mut self, root: &Expr) -> (Root, Option<Position>) {
        let at = position(root.start_position());
        let root = match root {
            Expr::Variable(variable, ..) => {
                self.at = at;
                match self.place(variable) {
                    Some(Place::Register(register)) => Some(Root::Register(register)),
                    Some(Place::Shared(register)) => Some(Root::Shared(register)),
                    Some(Place::State(slot)) => Some(Root::State(slot)),
                    Some(Place::Constant(index)) => Some(Root::Constant(index)),
                    _ => None,
                }
            }
            Expr::ThisPtr(_) => Some(Root::This),
            _ => None,
        }
        .unwrap_or_else(|| {
            let register = self.fresh();
            self.expression(root, register);
            Root::Register(register)
        });
        (root, at)
    }
}

fn is_same_variable(a: &Expr, b: &Expr) -> bool {
    matches!((a, b), (Expr::Variable(a, ..), Expr::Variable(b, ..)) if a.1 == b.1)
}

/// The parts of a chain.
fn links(chain: &Expr) -> (&Expr, Vec<Link<'_>>) {
    let mut found = Vec::new();
    let (root, mut node) = match chain {
        Expr::Dot(sides, ..) | Expr::Index(sides, ..) => (&sides.lhs, Some(chain)),
        other => (other, None),
    };
    while let Some(operator) = node.take() {
        let (sides, flags, at, dot) = match operator {
            Expr::Dot(sides, flags, at) => (sides, flags, *at, true),
            Expr::Index(sides, flags, at) => (sides, flags, *at, false),
            _ => break,
        };
        let member = match &sides.rhs {
            rest @ (Expr::Dot(inner, ..) | Expr::Index(inner, ..))
                if dot || !flags.intersects(ASTFlags::BREAK) =>
            {
                node = Some(rest);
                &inner.lhs
            }
            last => last,
        };
        let what = match member {
            Expr::Property(property, _) if dot => What::Property(&property.2),
            Expr::MethodCall(call, at) if dot => What::Method(call, *at),
            index => What::Index(index),
        };
        let member_at = match member {
            Expr::Property(_, at) => position(*at),
            other => position(other.start_position()),
        };
        let optional = flags.intersects(ASTFlags::NEGATED);
        found.push(Link { what, optional, at: position(at), member_at });
    }
    (root, found)
}

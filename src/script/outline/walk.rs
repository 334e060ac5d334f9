//! One walk over the statements of a function, or of the top level: which names it uses and how.

use std::collections::{BTreeMap, BTreeSet};

use rhai::{ASTFlags, Expr, FnCallExpr, OpAssignment, Stmt, Token};

use super::position;
use crate::contract::Position;

/// How a function, or the top level, uses names that it does not declare itself.
#[derive(Debug, Default)]
pub(super) struct Use {
    /// Free names and where each first occurs.
    pub(super) names: BTreeMap<String, Option<Position>>,
    /// Free names that are assigned to.
    pub(super) assigned: BTreeMap<String, Option<Position>>,
    /// Free names whose value may be changed: assigned to, lent to a closure, or handed to something
    /// that may change them.
    pub(super) touched: BTreeSet<String>,
    /// Free names that closures capture.
    pub(super) captured: BTreeSet<String>,
    /// Calls by name.
    pub(super) calls: Vec<Call>,
    /// Functions named by a literal in `Fn("name")`.
    pub(super) pointers: Vec<(String, Option<Position>)>,
    /// Variables declared outside any block: at the top level these are the script's own.
    pub(super) declared: Vec<Declared>,
    /// Variables declared anywhere, parameters included.
    pub(super) locals: Vec<(String, Option<Position>)>,
    /// Whether `**` occurs.
    pub(super) power: bool,
    /// What scripts may not contain, and why.
    pub(super) refused: Vec<(Option<Position>, &'static str)>,
}

/// A variable declared by `let` or `const`.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) name: String,
    pub(super) constant: bool,
}

/// A call by name.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) arguments: usize,
    /// Written `name!(..)`: the function sees the caller's variables.
    pub(super) with_scope: bool,
    /// Written `value.name(..)`.
    pub(super) method: bool,
    pub(super) position: Option<Position>,
}

/// Standard functions that leave their first argument as it is. Others are taken to change it.
///
/// Those that take a closure are not among them: a closure without parameters gets each element as
/// `this` and may assign to it.
const PURE: &[&str] = &[
    "abs",
    "bytes",
    "ceiling",
    "chars",
    "contains",
    "debug",
    "ends_with",
    "extract",
    "floor",
    "get",
    "int",
    "is_empty",
    "is_infinite",
    "is_nan",
    "is_odd",
    "is_even",
    "is_zero",
    "keys",
    "len",
    "max",
    "min",
    "print",
    "round",
    "sign",
    "split",
    "sqrt",
    "starts_with",
    "sub_string",
    "to_debug",
    "to_float",
    "to_int",
    "to_lower",
    "to_string",
    "to_upper",
    "type_of",
    "values",
];

pub(super) fn is_pure_native(name: &str) -> bool {
    PURE.contains(&name)
}

const NO_EXPORT: &str = "a script has nothing to `export` to";

/// Walks the statements handed to it, one after the other.
pub(super) struct Walker<'a> {
    uses: Use,
    /// Names declared so far, a list for each open block.
    scopes: Vec<Vec<String>>,
    /// Whether a function of this name leaves its first argument as it is.
    is_pure: &'a dyn Fn(&str) -> bool,
}

impl<'a> Walker<'a> {
    pub(super) fn new(parameters: &[String], is_pure: &'a dyn Fn(&str) -> bool) -> Self {
        Self { uses: Use::default(), scopes: vec![parameters.to_vec()], is_pure }
    }

    pub(super) fn finish(self) -> Use {
        self.uses
    }

    pub(super) fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::If(flow, ..) => {
                self.expression(&flow.expr);
                self.block(flow.body.statements());
                self.block(flow.branch.statements());
            }
            Stmt::While(flow, ..) | Stmt::Do(flow, ..) => {
                self.expression(&flow.expr);
                self.block(flow.body.statements());
            }
            Stmt::Switch(switch, ..) => {
                let (value, cases) = &**switch;
                self.expression(value);
                for case in &cases.expressions {
                    self.expression(&case.lhs);
                    self.expression(&case.rhs);
                }
            }
            Stmt::For(parts, at) => {
                let (variable, counter, flow) = &**parts;
                self.expression(&flow.expr);
                self.scopes.push(Vec::new());
                self.declare(&variable.name, position(*at));
                if let Some(counter) = counter {
                    self.declare(&counter.name, position(*at));
                }
                self.block(flow.body.statements());
                self.scopes.pop();
            }
            Stmt::Var(parts, flags, at) => {
                let (name, value, _) = &**parts;
                self.expression(value);
                if flags.intersects(ASTFlags::EXPORTED) {
                    self.uses.refused.push((position(*at), NO_EXPORT));
                }
                if self.scopes.len() == 1 {
                    let constant = flags.intersects(ASTFlags::CONSTANT);
                    self.uses.declared.push(Declared { name: name.name.to_string(), constant });
                }
                self.declare(&name.name, position(*at));
            }
            Stmt::Assignment(parts) => {
                let (operator, sides) = &**parts;
                self.operator(operator);
                self.expression(&sides.lhs);
                self.expression(&sides.rhs);
                if let Some((name, at)) = root(&sides.lhs)
                    && !self.is_declared(name)
                {
                    self.uses.assigned.entry(name.to_owned()).or_insert(at);
                    self.uses.touched.insert(name.to_owned());
                }
            }
            Stmt::FnCall(call, at) => self.call(call, position(*at)),
            Stmt::Block(block) => self.block(block.statements()),
            Stmt::TryCatch(flow, ..) => {
                self.block(flow.body.statements());
                self.scopes.push(Vec::new());
                if let Expr::Variable(variable, _, at) = &flow.expr {
                    self.declare(&variable.1, position(*at));
                }
                self.block(flow.branch.statements());
                self.scopes.pop();
            }
            Stmt::Expr(expression) => self.expression(expression),
            Stmt::BreakLoop(value, ..) | Stmt::Return(value, ..) => {
                if let Some(value) = value {
                    self.expression(value);
                }
            }
            Stmt::Import(_, at) => {
                self.uses
                    .refused
                    .push((position(*at), "`import` is not available on this backend"));
            }
            Stmt::Export(_, at) => {
                self.uses.refused.push((position(*at), NO_EXPORT));
            }
            Stmt::Share(captured) => {
                for (name, _) in captured.iter() {
                    if !self.is_declared(&name.name) {
                        self.read(&name.name, position(name.pos));
                        self.uses.captured.insert(name.name.to_string());
                        self.uses.touched.insert(name.name.to_string());
                    }
                }
            }
            _ => {}
        }
    }

    fn block(&mut self, statements: &[Stmt]) {
        self.scopes.push(Vec::new());
        for statement in statements {
            self.statement(statement);
        }
        self.scopes.pop();
    }

    fn expression(&mut self, expression: &Expr) {
        match expression {
            Expr::InterpolatedString(parts, ..) | Expr::Array(parts, ..) => {
                for part in parts {
                    self.expression(part);
                }
            }
            Expr::Map(entries, ..) => {
                for (_, value) in &entries.0 {
                    self.expression(value);
                }
            }
            Expr::Variable(variable, _, at) => {
                if !variable.2.is_empty() {
                    self.uses.refused.push((
                        position(*at),
                        "names with `::` are not available; constants are known by their bare name",
                    ));
                } else if !self.is_declared(&variable.1) {
                    self.read(&variable.1, position(*at));
                }
            }
            Expr::Stmt(block) => self.block(block.statements()),
            Expr::FnCall(call, at) => self.call(call, position(*at)),
            Expr::MethodCall(call, at) => self.method(call, position(*at)),
            Expr::Dot(sides, ..) | Expr::Index(sides, ..) => {
                self.expression(&sides.lhs);
                self.expression(&sides.rhs);
                if let Some((name, _)) = root(&sides.lhs)
                    && !self.is_declared(name)
                    && self.may_change_root(&sides.rhs)
                {
                    self.uses.touched.insert(name.to_owned());
                }
            }
            Expr::And(parts, ..) | Expr::Or(parts, ..) | Expr::Coalesce(parts, ..) => {
                for part in parts.iter() {
                    self.expression(part);
                }
            }
            Expr::Custom(_, at) => {
                self.uses.refused.push((position(*at), "custom syntax is not available"));
            }
            _ => {}
        }
    }

    /// Whether the rest of a chain `root.a[b].c(..)` holds a method that may change the root.
    fn may_change_root(&self, rest: &Expr) -> bool {
        match rest {
            Expr::MethodCall(call, ..) => !(self.is_pure)(&call.name),
            Expr::Dot(sides, ..) | Expr::Index(sides, ..) => {
                self.may_change_root(&sides.lhs) || self.may_change_root(&sides.rhs)
            }
            _ => false,
        }
    }

    fn call(&mut self, call: &FnCallExpr, at: Option<Position>) {
        for argument in &call.args {
            self.expression(argument);
        }
        if !call.namespace.is_empty() {
            self.uses.refused.push((at, "functions with `::` are not available on this backend"));
            return;
        }
        match (call.name.as_str(), &*call.args) {
            ("Fn", [Expr::StringConstant(name, at)]) => {
                self.uses.pointers.push((name.to_string(), position(*at)));
            }
            // What the parser makes of a closure: its captured variables are shared already.
            ("curry", _) => return,
            _ => {}
        }
        if let Some(operator) = &call.op_token {
            self.uses.power |= *operator == Token::PowerOf;
            return;
        }
        // A native gets its first argument by reference if that is a bare variable.
        if let Some(Expr::Variable(variable, ..)) = call.args.first()
            && !self.is_declared(&variable.1)
            && !(self.is_pure)(&call.name)
        {
            self.uses.touched.insert(variable.1.to_string());
        }
        self.uses.calls.push(Call {
            name: call.name.to_string(),
            arguments: call.args.len(),
            with_scope: call.capture_parent_scope,
            method: false,
            position: at,
        });
    }

    fn method(&mut self, call: &FnCallExpr, at: Option<Position>) {
        for argument in &call.args {
            self.expression(argument);
        }
        self.uses.calls.push(Call {
            name: call.name.to_string(),
            arguments: call.args.len(),
            with_scope: false,
            method: true,
            position: at,
        });
    }

    fn operator(&mut self, operator: &OpAssignment) {
        if let Some((_, _, token, ..)) = operator.get_op_assignment_info() {
            self.uses.power |= *token == Token::PowerOfAssign;
        }
    }

    fn declare(&mut self, name: &str, at: Option<Position>) {
        self.uses.locals.push((name.to_owned(), at));
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(name.to_owned());
        }
    }

    fn is_declared(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope.iter().any(|declared| declared == name))
    }

    fn read(&mut self, name: &str, at: Option<Position>) {
        if !self.uses.names.contains_key(name) {
            self.uses.names.insert(name.to_owned(), at);
        }
    }
}

/// The variable at the left end of a chain.
fn root(expression: &Expr) -> Option<(&str, Option<Position>)> {
    match expression {
        Expr::Variable(variable, _, at) => Some((&variable.1, position(*at))),
        Expr::Dot(sides, ..) | Expr::Index(sides, ..) => root(&sides.lhs),
        _ => None,
    }
}

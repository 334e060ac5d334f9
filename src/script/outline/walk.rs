//! One walk over the statements of a function, or of the top level: which names it uses and how.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rhai::{ASTFlags, Expr, FnCallExpr, ImmutableString, Namespace, OpAssignment, Stmt, Token};

use super::position;
use crate::contract::Position;

/// How a function, or the top level, uses names that it does not declare itself.
#[derive(Debug, Default)]
pub(super) struct Use<'a> {
    /// Free names and where each first occurs.
    pub(super) names: BTreeMap<&'a str, Option<Position>>,
    /// Free names that are assigned to.
    pub(super) assigned: BTreeMap<&'a str, Option<Position>>,
    /// Free names whose value may be changed: assigned to, lent to a closure, or handed to something
    /// that may change them.
    pub(super) touched: BTreeSet<&'a str>,
    /// Free names that closures capture.
    pub(super) captured: BTreeSet<&'a str>,
    /// Calls by name.
    pub(super) calls: Vec<Call<'a>>,
    /// Names with `::` in front.
    pub(super) qualified: Vec<Qualified<'a>>,
    /// Functions named by a literal in `Fn("name")`.
    pub(super) pointers: Vec<(&'a str, Option<Position>)>,
    /// Whether it makes function pointers, closures included, other than by a function's bare name.
    pub(super) makes_pointers: bool,
    /// Words that may be keys of maps: properties, keys in literals, and all other texts.
    pub(super) keys: BTreeSet<&'a str>,
    /// Whether a function pointer may get a key that is made at run time.
    pub(super) open_keys: bool,
    /// Variables declared outside any block: at the top level these are the script's own.
    pub(super) declared: Vec<Declared<'a>>,
    /// Variables declared anywhere, parameters included.
    pub(super) locals: Vec<(&'a str, Option<Position>)>,
    /// Whether `**` occurs.
    pub(super) power: bool,
    /// What scripts may not contain, and why.
    pub(super) refused: Vec<(Option<Position>, &'static str)>,
}

/// A variable declared by `let` or `const`.
#[derive(Debug)]
pub(super) struct Declared<'a> {
    pub(super) name: &'a str,
    pub(super) constant: bool,
    pub(super) position: Option<Position>,
}

/// A call by name.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) name: &'a str,
    pub(super) arguments: usize,
    /// Written `name!(..)`: the function sees the caller's variables.
    pub(super) with_scope: bool,
    /// Written `value.name(..)`.
    pub(super) method: bool,
    pub(super) position: Option<Position>,
}

/// A name of a library: `alias::NAME` or `alias::name(..)`.
#[derive(Debug)]
pub(super) struct Qualified<'a> {
    pub(super) alias: String,
    pub(super) name: &'a str,
    /// How many arguments it is called with; `None` if it is no call.
    pub(super) arguments: Option<usize>,
    /// Whether it is assigned to.
    pub(super) assigned: bool,
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
    "is_even",
    "is_infinite",
    "is_nan",
    "is_odd",
    "is_zero",
    "keys",
    "len",
    "max",
    "min",
    "print",
    "round",
    "sign",
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
    PURE.binary_search(&name).is_ok()
}

const NO_EXPORT: &str =
    "`export` is not available; the functions and constants of a library can be used without it";

const NO_IMPORT: &str = "an `import` stands at the top of a file, outside of functions and blocks";

/// Walks the statements handed to it, one after the other.
pub(super) struct Walker<'a, 'p> {
    uses: Use<'a>,
    /// Names declared in the open blocks, in order.
    declared: Vec<&'a str>,
    /// How often each of them is among these.
    counts: HashMap<&'a str, usize>,
    /// How many blocks are open.
    depth: usize,
    /// Whether these are the statements at the top level.
    top_level: bool,
    /// Whether a function of this name leaves its first argument as it is.
    is_pure: &'p dyn Fn(&str) -> bool,
}

impl<'a, 'p> Walker<'a, 'p> {
    pub(super) fn new(
        parameters: &'a [ImmutableString],
        is_pure: &'p dyn Fn(&str) -> bool,
    ) -> Self {
        let mut walker = Self {
            uses: Use::default(),
            declared: Vec::new(),
            counts: HashMap::new(),
            depth: 0,
            top_level: false,
            is_pure,
        };
        for name in parameters {
            walker.see(name);
        }
        walker
    }

    pub(super) fn of_top_level(is_pure: &'p dyn Fn(&str) -> bool) -> Self {
        Self { top_level: true, ..Self::new(&[], is_pure) }
    }

    pub(super) fn finish(self) -> Use<'a> {
        self.uses
    }

    pub(super) fn statement(&mut self, statement: &'a Stmt) {
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
                let outside = self.enter();
                self.declare(&variable.name, position(*at));
                if let Some(counter) = counter {
                    self.declare(&counter.name, position(*at));
                }
                self.block(flow.body.statements());
                self.leave(outside);
            }
            Stmt::Var(parts, flags, at) => {
                let (name, value, _) = &**parts;
                self.expression(value);
                if flags.intersects(ASTFlags::EXPORTED) {
                    self.uses.refused.push((position(*at), NO_EXPORT));
                }
                if self.depth == 0 {
                    let constant = flags.intersects(ASTFlags::CONSTANT);
                    self.uses.declared.push(Declared {
                        name: &name.name,
                        constant,
                        position: position(*at),
                    });
                }
                self.declare(&name.name, position(*at));
            }
            Stmt::Assignment(parts) => {
                let (operator, sides) = &**parts;
                self.operator(operator);
                self.expression(&sides.lhs);
                self.expression(&sides.rhs);
                self.uses.open_keys |= may_be_pointer(&sides.rhs) && has_made_key(&sides.lhs);
                if let Expr::Variable(variable, _, at) = first(&sides.lhs)
                    && !variable.2.is_empty()
                {
                    self.qualified(&variable.2, &variable.1, None, position(*at));
                    if let Some(target) = self.uses.qualified.last_mut() {
                        target.assigned = true;
                    }
                }
                if let Some((name, at)) = root(&sides.lhs)
                    && !self.is_declared(name)
                {
                    self.uses.assigned.entry(name).or_insert(at);
                    self.uses.touched.insert(name);
                }
            }
            Stmt::FnCall(call, at) => self.call(call, position(*at)),
            Stmt::Block(block) => self.block(block.statements()),
            Stmt::TryCatch(flow, ..) => {
                self.block(flow.body.statements());
                let outside = self.enter();
                if let Expr::Variable(variable, _, at) = &flow.expr {
                    self.declare(&variable.1, position(*at));
                }
                self.block(flow.branch.statements());
                self.leave(outside);
            }
            Stmt::Expr(expression) => self.expression(expression),
            Stmt::BreakLoop(value, ..) | Stmt::Return(value, ..) => {
                if let Some(value) = value {
                    self.expression(value);
                }
            }
            // What is wrong with the others is known already.
            Stmt::Import(..) if self.top_level && self.depth == 0 => {}
            Stmt::Import(_, at) => self.uses.refused.push((position(*at), NO_IMPORT)),
            Stmt::Export(_, at) => {
                self.uses.refused.push((position(*at), NO_EXPORT));
            }
            Stmt::Share(captured) => {
                for (name, _) in captured.iter() {
                    if !self.is_declared(&name.name) {
                        self.read(&name.name, position(name.pos));
                        self.uses.captured.insert(&name.name);
                        self.uses.touched.insert(&name.name);
                    }
                }
            }
            _ => {}
        }
    }

    fn block(&mut self, statements: &'a [Stmt]) {
        let outside = self.enter();
        for statement in statements {
            self.statement(statement);
        }
        self.leave(outside);
    }

    /// Begins a block; gives how many names are declared outside of it.
    const fn enter(&mut self) -> usize {
        self.depth += 1;
        self.declared.len()
    }

    /// Ends a block, and its names with it.
    fn leave(&mut self, outside: usize) {
        self.depth -= 1;
        for name in self.declared.drain(outside..) {
            if let Some(count) = self.counts.get_mut(name) {
                *count -= 1;
            }
        }
    }

    fn expression(&mut self, expression: &'a Expr) {
        match expression {
            Expr::InterpolatedString(parts, ..) | Expr::Array(parts, ..) => {
                for part in parts {
                    self.expression(part);
                }
            }
            Expr::Map(entries, ..) => {
                for (key, value) in &entries.0 {
                    self.key(&key.name);
                    self.expression(value);
                }
            }
            Expr::Property(property, _) => self.key(&property.2),
            Expr::StringConstant(text, _) => self.key(text),
            // What the parser makes of a closure that captures nothing.
            Expr::DynamicConstant(..) => self.uses.makes_pointers = true,
            Expr::Variable(variable, _, at) => {
                if !variable.2.is_empty() {
                    self.qualified(&variable.2, &variable.1, None, position(*at));
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
                    self.uses.touched.insert(name);
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

    fn call(&mut self, call: &'a FnCallExpr, at: Option<Position>) {
        for argument in &call.args {
            self.expression(argument);
        }
        if !call.namespace.is_empty() {
            self.qualified(&call.namespace, &call.name, Some(call.args.len()), at);
            return;
        }
        match (call.name.as_str(), &*call.args) {
            ("Fn", arguments) => {
                self.uses.makes_pointers = true;
                if let [Expr::StringConstant(name, at)] = arguments {
                    self.uses.pointers.push((name, position(*at)));
                }
            }
            // What the parser makes of a closure: its captured variables are shared already.
            ("curry", _) => {
                self.uses.makes_pointers = true;
                return;
            }
            ("set", [_, key, value]) => self.set(key, value),
            _ => {}
        }
        if let Some(operator) = &call.op_token {
            self.uses.power |= *operator == Token::PowerOf;
            return;
        }
        // A native gets its first argument by reference if that is a bare variable; what `call` calls
        // gets the one behind the pointer.
        let lent =
            if call.name == "call" { &call.args[..] } else { &call.args[..1.min(call.args.len())] };
        if !(self.is_pure)(&call.name) {
            self.touch(lent);
        }
        self.uses.calls.push(Call {
            name: &call.name,
            arguments: call.args.len(),
            with_scope: call.capture_parent_scope,
            method: false,
            position: at,
        });
    }

    fn qualified(
        &mut self,
        namespace: &Namespace,
        name: &'a str,
        arguments: Option<usize>,
        at: Option<Position>,
    ) {
        let parts: Vec<&str> = namespace.path.iter().map(|part| part.name.as_str()).collect();
        self.uses.qualified.push(Qualified {
            alias: parts.join("::"),
            name,
            arguments,
            assigned: false,
            position: position(namespace.position()).or(at),
        });
    }

    /// Takes it that variables among arguments may be changed.
    fn touch(&mut self, arguments: &'a [Expr]) {
        for argument in arguments {
            if let Expr::Variable(variable, ..) = argument
                && variable.2.is_empty()
                && !self.is_declared(&variable.1)
            {
                self.uses.touched.insert(&variable.1);
            }
        }
    }

    fn method(&mut self, call: &'a FnCallExpr, at: Option<Position>) {
        if call.name == "call" {
            self.touch(&call.args);
        }
        for argument in &call.args {
            self.expression(argument);
        }
        if let ("set", [key, value]) = (call.name.as_str(), &*call.args) {
            self.set(key, value);
        }
        self.uses.calls.push(Call {
            name: &call.name,
            arguments: call.args.len(),
            with_scope: false,
            method: true,
            position: at,
        });
    }

    fn key(&mut self, key: &'a str) {
        self.uses.keys.insert(key);
    }

    /// `map.set(key, value)`.
    fn set(&mut self, key: &Expr, value: &Expr) {
        self.uses.open_keys |= is_made(key) && may_be_pointer(value);
    }

    fn operator(&mut self, operator: &OpAssignment) {
        if let Some((_, _, token, ..)) = operator.get_op_assignment_info() {
            self.uses.power |= *token == Token::PowerOfAssign;
        }
    }

    fn declare(&mut self, name: &'a str, at: Option<Position>) {
        self.uses.locals.push((name, at));
        self.see(name);
    }

    /// From here to the end of the block a name is that of a local variable.
    fn see(&mut self, name: &'a str) {
        self.declared.push(name);
        *self.counts.entry(name).or_default() += 1;
    }

    fn is_declared(&self, name: &str) -> bool {
        self.counts.get(name).is_some_and(|count| *count > 0)
    }

    fn read(&mut self, name: &'a str, at: Option<Position>) {
        self.uses.names.entry(name).or_insert(at);
    }
}

/// The variable at the left end of a chain.
fn root(expression: &Expr) -> Option<(&str, Option<Position>)> {
    match first(expression) {
        Expr::Variable(variable, _, at) if variable.2.is_empty() => {
            Some((&variable.1, position(*at)))
        }
        _ => None,
    }
}

/// Whether an expression may give a function pointer. No operator does.
fn may_be_pointer(expression: &Expr) -> bool {
    match expression {
        Expr::FnCall(call, _) => call.op_token.is_none(),
        Expr::DynamicConstant(..)
        | Expr::Variable(..)
        | Expr::MethodCall(..)
        | Expr::Stmt(_)
        | Expr::Dot(..)
        | Expr::Index(..)
        | Expr::Coalesce(..) => true,
        _ => false,
    }
}

/// Whether a key is not in the text as it is.
const fn is_made(key: &Expr) -> bool {
    !matches!(key, Expr::StringConstant(..) | Expr::IntegerConstant(..))
}

/// Whether a chain `root.a[b].c` holds an index that is made while the script runs.
fn has_made_key(chain: &Expr) -> bool {
    match chain {
        Expr::Index(sides, flags, _) if flags.intersects(ASTFlags::BREAK) => {
            is_made(&sides.rhs) || has_made_key(&sides.lhs)
        }
        // `a[b].c` is `a[(b).c]` in the tree: the key is the left end of the rest.
        Expr::Index(sides, ..) => {
            is_made(first(&sides.rhs)) || has_made_key(&sides.rhs) || has_made_key(&sides.lhs)
        }
        Expr::Dot(sides, ..) => has_made_key(&sides.lhs) || has_made_key(&sides.rhs),
        _ => false,
    }
}

fn first(expression: &Expr) -> &Expr {
    match expression {
        Expr::Dot(sides, ..) | Expr::Index(sides, ..) => first(&sides.lhs),
        _ => expression,
    }
}

use std::sync::Arc;

use rhai::{Expr, FnCallExpr};

use super::{body::Body, scope::Place};
use crate::script::{
    compiled::{
        Val,
        op::{Op, Reg},
        operators::Operator,
        program::{Path, Root, Site},
    },
    outline::position,
};

impl Body<'_, '_> {
    /// A call in function style, an operator among them.
    pub(super) fn call(&mut self, call: &FnCallExpr, at: rhai::Position, to: Reg) {
        let place = position(at);
        self.at = place;
        if call.op_token.is_some() {
            match (&*call.args, Operator::of(&call.name)) {
                ([_, _], Some(operator)) => return self.binary(operator, call, at, to),
                ([value], _) => {
                    let a = self.operand(value, true);
                    let op = match call.name.as_str() {
                        "!" => Op::Not { to, a },
                        "+" => Op::Plus { to, a },
                        _ => Op::Negate { to, a },
                    };
                    self.emit_at(place, op);
                    return;
                }
                // `!in` is a call of `contains`.
                _ => {}
            }
        }
        if !call.namespace.is_empty() {
            let function = self.imported(&call.namespace).and_then(|file| {
                self.lowering.program.named(file as u16, &call.name, call.args.len())
            });
            match function {
                Some(function) => {
                    self.call_function(function, (&call.args, call.capture_parent_scope), at, to);
                }
                None => {
                    let message = format!("there is no function `{}`", call.name);
                    self.lowering.refuse(place, message);
                }
            }
            return;
        }
        match (call.name.as_str(), &*call.args) {
            ("curry", arguments) => self.sharing_closure(arguments, at, to),
            ("call", [_, ..]) => {
                let base = self.arguments(&call.args);
                let site = self.pointer_site(call, false);
                self.emit_at(place, Op::CallPointer { to, base, site });
            }
            ("Fn", [name]) => {
                let register = self.operand(name, true);
                let at = position(name.start_position());
                self.emit_at(at, Op::MakePointer { to, name: register });
            }
            ("type_of", [value]) => {
                let value = self.operand(value, true);
                self.emit_at(place, Op::TypeOf { to, value });
            }
            ("is_shared", [value]) => {
                let register = self.fresh();
                self.expression(value, register);
                let shared = matches!(value, Expr::Variable(variable, ..)
                    if matches!(self.place(variable), Some(Place::Shared(_))));
                self.emit_at(place, Op::Bool { to, value: shared });
            }
            ("is_def_var", [Expr::StringConstant(name, _)]) => {
                let known = !matches!(self.resolve(name), None | Some(Place::Function));
                self.emit_at(place, Op::Bool { to, value: known });
            }
            ("is_def_var", [name]) => {
                let names = self.visible().into_iter().map(Val::from).collect();
                let base = self.fresh();
                self.load_literal(Val::array(names), base);
                let register = self.fresh();
                self.expression(name, register);
                let at = position(name.start_position());
                self.emit_at(at, Op::IsVariable { to, base });
            }
            ("is_def_fn", [_, _]) => {
                let base = self.arguments(&call.args);
                self.emit_at(place, Op::IsDefined { to, base });
            }
            ("is_def_fn", [_, _, _]) => {
                let base = self.arguments(&call.args);
                self.emit_at(place, Op::IsDefinedFor { to, base });
            }
            (name, arguments) => match self.lowering.function(name, arguments.len()) {
                Some(function) => {
                    let arguments = (arguments, call.capture_parent_scope);
                    self.call_function(function, arguments, at, to);
                }
                None => self.call_other(call, at, to),
            },
        }
    }

    /// Evaluates arguments into neighbouring registers. A variable that comes first is looked at
    /// last, as Rhai does.
    fn arguments(&mut self, arguments: &[Expr]) -> Reg {
        self.arguments_of(arguments, false)
    }

    /// The same; `in_order` for calls with `!`, which look at all of them in order.
    fn arguments_of(&mut self, arguments: &[Expr], in_order: bool) -> Reg {
        let base = self.next as Reg;
        let registers: Vec<Reg> = arguments.iter().map(|_| self.fresh()).collect();
        let late =
            !in_order && matches!(arguments.first(), Some(Expr::Variable(..) | Expr::ThisPtr(_)));
        let skipped = usize::from(late);
        for (argument, register) in arguments.iter().zip(&registers).skip(skipped) {
            self.expression(argument, *register);
        }
        if let (true, Some(first), Some(register)) = (late, arguments.first(), registers.first()) {
            self.expression(first, *register);
        }
        base
    }

    fn call_function(
        &mut self,
        function: u32,
        (arguments, in_order): (&[Expr], bool),
        at: rhai::Position,
        to: Reg,
    ) {
        let base = self.next as Reg;
        if self.lowering.has_this.get(function as usize) == Some(&true) {
            self.fresh();
        }
        self.arguments_of(arguments, in_order);
        let Ok(function) = u16::try_from(function) else { return };
        self.emit_at(position(at), Op::Call { to, base, function });
    }

    /// A call of a standard function or one of the API.
    fn call_other(&mut self, call: &FnCallExpr, at: rhai::Position, to: Reg) {
        let place = position(at);
        let mut site = self.site(call, call.args.len(), false);
        if site.natives.is_empty() {
            let base = self.arguments(&call.args);
            site.receiver = None;
            let site = self.lowering.tables.site(site);
            self.emit_at(place, Op::CallApi { to, base, site });
            return;
        }
        let (first, rest) = match &*call.args {
            [] => (None, &[][..]),
            [first, rest @ ..] => (Some(first), rest),
        };
        site.arguments = rest.len() as u8;
        // `!in` is an operator, and operators look at their operands in order.
        let in_order = call.op_token.is_some() || call.capture_parent_scope;
        let borrowed = !in_order && matches!(first, Some(Expr::Variable(..) | Expr::ThisPtr(_)));
        let receiver = match first {
            Some(first) if !borrowed => {
                let register = self.fresh();
                self.expression(first, register);
                Some(Path {
                    root: Root::Register(register),
                    root_at: position(first.start_position()),
                    constant: None,
                    steps: Box::default(),
                })
            }
            _ => None,
        };
        let base = self.next as Reg;
        for argument in rest {
            let register = self.fresh();
            self.expression(argument, register);
        }
        site.receiver = match (receiver, first) {
            (None, Some(first)) => {
                let (root, root_at) = self.root(first);
                // A constant is copied, and what closures share: a function changes the copy.
                let root = match root {
                    Root::Constant(index) => {
                        let to = self.fresh();
                        self.emit(Op::Constant { to, index });
                        Root::Register(to)
                    }
                    Root::Shared(cell) => {
                        let to = self.fresh();
                        self.emit(Op::LoadShared { to, cell });
                        Root::Register(to)
                    }
                    Root::Register(from) if self.is_constant_place(&Place::Register(from)) => {
                        let to = self.fresh();
                        self.emit(Op::Copy { to, from });
                        Root::Register(to)
                    }
                    root => root,
                };
                Some(Path { root, root_at, constant: None, steps: Box::default() })
            }
            (receiver, _) => receiver,
        };
        self.note_effects(&site);
        let site = self.lowering.tables.site(site);
        self.emit_at(place, Op::CallMethod { to, base, site });
    }

    /// `receiver.name(..)`, the arguments from `base` on.
    pub(super) fn method(
        &mut self,
        call: &FnCallExpr,
        at: rhai::Position,
        receiver: Path,
        base: Reg,
        to: Reg,
    ) {
        if let ("type_of" | "is_shared", []) = (call.name.as_str(), &*call.args) {
            let shared = matches!(receiver.root, Root::Shared(_)) && receiver.steps.is_empty();
            let path = self.lowering.tables.path(receiver);
            let value = self.fresh();
            self.emit_at(position(at), Op::Get { to: value, path });
            let op = match call.name.as_str() {
                "type_of" => Op::TypeOf { to, value },
                _ => Op::Bool { to, value: shared },
            };
            self.emit_at(position(at), op);
            return;
        }
        let mut site = self.site(call, call.args.len() + 1, true);
        site.arguments = call.args.len() as u8;
        site.constant = match receiver.root {
            Root::Constant(_) => true,
            Root::Register(register) => self.is_constant_place(&Place::Register(register)),
            Root::Shared(cell) => self.is_constant_place(&Place::Shared(cell)),
            _ => false,
        };
        site.receiver = Some(receiver);
        self.note_effects(&site);
        let site = self.lowering.tables.site(site);
        self.emit_at(position(at), Op::CallMethod { to, base, site });
    }

    fn is_constant_place(&self, place: &Place) -> bool {
        self.locals.iter().any(|local| local.constant && local.place == *place)
    }

    /// Takes note of a call that may change `this`.
    fn note_effects(&mut self, site: &Site) {
        let changes = site.method
            || site.function.is_some()
            || site.typed
            || &*site.name == "call"
            || site.natives.iter().any(|native| native.effect.writes_back());
        let this = site.receiver.as_ref().is_some_and(|receiver| receiver.root == Root::This);
        self.changes_this |= this && changes;
    }

    fn pointer_site(&mut self, call: &FnCallExpr, method: bool) -> u16 {
        let mut site = self.site(call, usize::MAX, method);
        site.arguments = (call.args.len() - 1) as u8;
        self.lowering.tables.site(site)
    }

    /// Everything that a name and a number of arguments can mean.
    fn site(&mut self, call: &FnCallExpr, count: usize, method: bool) -> Site {
        let name = call.name.as_str();
        let library = &self.lowering.program.library;
        let natives = library.rows(name, count).cloned().unwrap_or_else(|| Arc::from([]));
        let api = library.api.get(&(name.to_owned(), count)).cloned();
        let own = if method { count.saturating_sub(1) } else { count };
        let function = self.lowering.function(name, own);
        let typed = method
            && self.lowering.program.files.get(self.lowering.file).is_some_and(|file| {
                let mut typed = file.by_type.keys();
                typed.any(|(_, known, parameters)| **known == *name && *parameters == own)
            });
        Site {
            name: name.into(),
            file: self.lowering.file as u16,
            receiver: None,
            arguments: count.min(usize::from(u8::MAX)) as u8,
            method,
            constant: false,
            function,
            typed,
            natives,
            api,
            argument_at: call.args.first().and_then(|first| position(first.start_position())),
        }
    }
}

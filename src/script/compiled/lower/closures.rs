use std::sync::Arc;

use rhai::{Dynamic, Expr, FnPtr, ImmutableString};

use super::{body::Body, scope::Place};
use crate::script::{
    compiled::{
        Val,
        callable::FnValue,
        op::{Op, Reg},
    },
    outline::position,
};

fn pointed_to(value: &Dynamic) -> Option<String> {
    value.read_lock::<FnPtr>().map(|pointer| pointer.fn_name().to_owned())
}

impl Body<'_, '_> {
    /// A pointer to a function of this file by its name.
    pub(super) fn pointer(&self, name: &str) -> Val {
        Val::Fn(Arc::new(FnValue::named(name, self.lowering.file as u16)))
    }

    /// A closure that shares nothing, or what else the parser keeps as a value.
    pub(super) fn bare_closure(&mut self, value: &Dynamic, at: rhai::Position, to: Reg) {
        let at = position(at);
        match pointed_to(value) {
            Some(name) if name.starts_with("anon$") => self.closure(&name, &[], at, to),
            Some(name) => self.load_literal(self.pointer(&name), to),
            None => self.lowering.refuse(at, "this value is not available"),
        }
    }

    /// `curry(closure, shared..)`, which only the parser can write.
    pub(super) fn sharing_closure(&mut self, arguments: &[Expr], at: rhai::Position, to: Reg) {
        let at = position(at);
        let [Expr::DynamicConstant(value, _), shared @ ..] = arguments else {
            self.lowering.refuse(at, "`curry` is not available; a closure can do the same");
            return;
        };
        let Some(name) = pointed_to(value) else { return };
        let names: Vec<&ImmutableString> = shared
            .iter()
            .filter_map(|variable| match variable {
                Expr::Variable(variable, ..) => Some(&variable.1),
                _ => None,
            })
            .collect();
        self.closure(&name, &names, at, to);
    }

    fn closure(
        &mut self,
        name: &str,
        shared: &[&ImmutableString],
        at: Option<crate::contract::Position>,
        to: Reg,
    ) {
        self.at = at;
        let definitions = &self.lowering.scope().definitions;
        let Some(definition) = definitions.get(name).and_then(|all| all.first()) else { return };
        let mut captured = Vec::new();
        for name in shared {
            match self.resolve(name) {
                // Known by name where the closure runs.
                Some(Place::Function) => {
                    captured.push(((*name).clone(), Place::Function, true));
                }
                Some(place) => captured.push(((*name).clone(), place, self.is_constant(name))),
                None => self.unknown(name),
            }
        }
        // As Rhai names them, but by where they stand: its own names are hashes that differ from build
        // to build, and a script can see them, in a pointer as in an error.
        let place = at.map_or(0, |at| u32::from(at.line) << 16 | u32::from(at.column));
        let name: Arc<str> = format!("anon${place:08x}").into();
        let (number, sees_state) = (self.lowering.reserve(name.clone()), self.sees_state);
        let mut body = Body::of_closure(self.lowering, definition, &captured);
        body.sees_state = sees_state;
        body.finish(number, definition);
        let value = FnValue::closure(name, self.lowering.file as u16, Some(number), Box::default());
        let index = self.lowering.tables.literal(Val::Fn(Arc::new(value)));
        let cells: Vec<Reg> = captured
            .iter()
            .filter_map(|(_, place, _)| match place {
                Place::Register(register) | Place::Shared(register) => Some(*register),
                _ => None,
            })
            .collect();
        if cells.is_empty() {
            self.emit(Op::Literal { to, index });
            return;
        }
        let mark = self.mark();
        let mut first = None;
        for from in cells {
            let register = self.fresh();
            first.get_or_insert(register);
            self.emit(Op::Copy { to: register, from });
        }
        if let Some(first) = first {
            self.emit(Op::Closure { to, first, index });
        }
        self.release(mark);
    }
}

//! Functions by their names; and for the reference backend, which of them must see the variables of
//! their caller, and whether they are called so.

use std::collections::BTreeSet;

use super::{GIVEN, Survey};
use crate::contract::ErrorKind;

impl Survey<'_> {
    /// The functions of a name that can take so many arguments.
    pub(super) fn resolve(
        &self,
        name: &str,
        arguments: Option<usize>,
    ) -> impl Iterator<Item = usize> {
        self.functions
            .iter()
            .enumerate()
            .filter(move |(_, f)| {
                f.name == name && arguments.is_none_or(|count| f.parameters.len() == count)
            })
            .map(|(i, _)| i)
    }

    /// For each function, the name because of which it must see its caller's variables, if any: it
    /// names state itself, or calls with `!` something that does.
    pub(super) fn find_scope_users(&self) -> Vec<Option<String>> {
        let lent = |name: &&&str| self.is_state(name) || GIVEN.contains(name);
        let mut needs: Vec<Option<String>> = self
            .functions
            .iter()
            .map(|function| {
                let uses = &function.uses;
                let captured = uses.captured.iter().find(|name| self.constants.contains(name));
                uses.names.keys().find(lent).or(captured).map(ToString::to_string)
            })
            .collect();
        loop {
            let mut changed = false;
            for i in 0..needs.len() {
                if needs[i].is_some() {
                    continue;
                }
                let because =
                    self.functions[i].uses.calls.iter().filter(|c| c.with_scope).find_map(|call| {
                        let mut callees = self.resolve(call.name, Some(call.arguments));
                        callees.find_map(|callee| needs[callee].clone())
                    });
                changed |= because.is_some();
                needs[i] = because;
            }
            if !changed {
                return needs;
            }
        }
    }

    /// A function that needs its caller's variables must be called so that it sees them.
    pub(super) fn check_scopes(&mut self, needs_scope: &[Option<String>]) {
        let mut found = Vec::new();
        for uses in self.all_uses() {
            for call in &uses.calls {
                for callee in self.resolve(call.name, Some(call.arguments)) {
                    let (name, Some(variable)) = (call.name, &needs_scope[callee]) else {
                        continue;
                    };
                    if call.method {
                        found.push((
                            call.position,
                            format!(
                                "`{name}` uses `{variable}` and cannot be called as a method on this backend; pass `{variable}` as an argument"
                            ),
                        ));
                    } else if !call.with_scope {
                        found.push((
                            call.position,
                            format!(
                                "`{name}` uses `{variable}` of the script; on this backend call it as `{name}!(..)`"
                            ),
                        ));
                    }
                }
            }
            let by_name = uses.names.iter().map(|(name, at)| (*name, *at));
            for (name, at) in by_name.chain(uses.pointers.iter().copied()) {
                for callee in self.resolve(name, None) {
                    if let Some(variable) = &needs_scope[callee] {
                        found.push((
                            at,
                            format!(
                                "`{name}` uses `{variable}` and cannot be called through a pointer on this backend; pass `{variable}` as an argument"
                            ),
                        ));
                    }
                }
            }
        }
        for (i, variable) in needs_scope.iter().enumerate() {
            if let (true, Some(variable)) = (self.functions[i].is_closure(), variable) {
                found.push((
                    self.functions[i].position,
                    format!(
                        "a closure cannot call a function that uses `{variable}` on this backend; read `{variable}` outside of it"
                    ),
                ));
            }
        }
        for (at, message) in found {
            self.error(ErrorKind::Compile, at, message);
        }
    }

    /// What each function may change, calls with `!` included.
    pub(super) fn find_changes(&self) -> Vec<BTreeSet<usize>> {
        let mut changes: Vec<BTreeSet<usize>> = self
            .functions
            .iter()
            .map(|function| {
                let touched = &function.uses.touched;
                (0..self.state.len()).filter(|i| touched.contains(self.state[*i])).collect()
            })
            .collect();
        loop {
            let mut changed = false;
            for i in 0..changes.len() {
                for call in self.functions[i].uses.calls.iter().filter(|call| call.with_scope) {
                    for callee in self.resolve(call.name, Some(call.arguments)) {
                        let more: Vec<_> =
                            changes[callee].difference(&changes[i]).copied().collect();
                        changed |= !more.is_empty();
                        changes[i].extend(more);
                    }
                }
            }
            if !changed {
                return changes;
            }
        }
    }
}

//! Whether names stand for something, and what is probably not meant.

use std::collections::{HashMap, HashSet};

use super::{GIVEN, Survey, calls::Reach};
use crate::{
    api::closest,
    contract::{CALLBACKS, ErrorKind},
};

impl Survey<'_> {
    /// Free names must be state, constants, given, or functions; only state can be assigned to.
    pub(super) fn check_names(&mut self) {
        let mut found = Vec::new();
        let own: HashSet<&str> = self.functions.iter().map(|f| f.name).collect();
        let constants: HashSet<&str> = self.constants.iter().copied().collect();
        for uses in self.all_uses() {
            for (&name, at) in &uses.names {
                if std::ptr::eq(uses, &raw const self.body) && self.is_state(name) {
                    let message = format!("`{name}` is used before its `let`");
                    found.push((ErrorKind::NotFound, *at, message));
                    continue;
                }
                if self.is_state(name)
                    || constants.contains(name)
                    || own.contains(name)
                    || GIVEN.contains(&name)
                {
                    continue;
                }
                let fault = match self.reach(name) {
                    Reach::Denied(needs) => (ErrorKind::Permission, needs),
                    Reach::Known => {
                        let message = format!(
                            "`{name}` is no variable; to point to the function write `Fn(\"{name}\")`"
                        );
                        (ErrorKind::NotFound, message)
                    }
                    Reach::Nothing => {
                        let known = || {
                            let own = self.state.iter().chain(&self.constants).copied();
                            own.chain(GIVEN).chain(self.functions.iter().map(|f| f.name))
                        };
                        let hint = self.hint(name, known());
                        (ErrorKind::NotFound, format!("unknown variable `{name}`{hint}"))
                    }
                };
                found.push((fault.0, *at, fault.1));
            }
            for (name, at) in &uses.assigned {
                if constants.contains(name) {
                    let message = format!("`{name}` is a constant and cannot be assigned to");
                    found.push((ErrorKind::Compile, *at, message));
                } else if GIVEN.contains(name) {
                    let message = format!("`{name}` is given and cannot be assigned to");
                    found.push((ErrorKind::Compile, *at, message));
                }
            }
        }
        let mut seen: HashMap<&str, bool> = HashMap::new();
        for declared in &self.body.declared {
            let name = declared.name;
            // Constants are evaluated apart from the rest, so a name cannot be both.
            if let Some(before) = seen.insert(name, declared.constant)
                && (before || declared.constant)
            {
                let message = format!("`{name}` is declared twice; a constant is declared once");
                found.push((ErrorKind::Compile, declared.position, message));
            }
            if GIVEN.contains(&name) {
                let message = format!("`{name}` is given; choose another name for this variable");
                found.push((ErrorKind::Compile, declared.position, message));
            }
        }
        for (kind, at, message) in found {
            self.error(kind, at, message);
        }
    }

    /// The words that say what may have been meant. They cost a look at every known name, so a
    /// script full of mistakes gets them for the first few only.
    pub(super) fn hint<'k>(
        &self,
        wanted: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> String {
        match self.hints_left.get().checked_sub(1) {
            None => String::new(),
            Some(left) => {
                self.hints_left.set(left);
                closest(wanted, known)
                    .map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
            }
        }
    }

    pub(super) fn warn_of_lookalikes(&mut self) {
        let mut found = Vec::new();
        for function in self.functions.iter().filter(|f| !f.is_closure()) {
            let name = function.name;
            let is_called = || {
                self.all_uses().any(|uses| {
                    uses.calls.iter().any(|call| call.name == name)
                        || uses.pointers.iter().any(|(pointed, _)| *pointed == name)
                        || uses.names.contains_key(name)
                })
            };
            let is_callback = CALLBACKS.iter().any(|row| row.name == name);
            if !is_callback
                && let Some(near) = closest(name, CALLBACKS.iter().map(|row| row.name))
                && !is_called()
            {
                found.push((
                    function.position,
                    format!("`{name}` is never called by the runtime; did you mean `{near}`?"),
                ));
            }
            let locals = function.uses.locals.iter().copied();
            let parameters =
                function.parameters.iter().map(|name| (name.as_str(), function.position));
            for (local, at) in parameters.chain(locals) {
                if self.is_state(local) {
                    found.push((at, format!("this `{local}` hides the script's own `{local}`")));
                }
            }
        }
        for name in self.state.iter().filter(|name| self.rules.api.get(name).is_some()) {
            let message = format!("variable `{name}` has the name of a function of the API");
            found.push((self.state_places[name], message));
        }
        for (at, message) in found {
            self.warning(at, message);
        }
    }

    /// Two declarations of one name at the top level are two variables, and the first is lost.
    pub(super) fn warn_of_repeats(&mut self) {
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for declared in &self.body.declared {
            if !seen.insert(declared.name) {
                let message =
                    format!("`{}` is declared a second time; the first one is lost", declared.name);
                found.push((declared.position, message));
            }
        }
        for (at, message) in found {
            self.warning(at, message);
        }
    }
}

use std::num::NonZeroUsize;

use rhai::{ImmutableString, Namespace};

use super::body::Body;
use crate::script::{compiled::op::Reg, outline::GIVEN};

/// Where a name leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Register(Reg),
    /// A variable that closures share; the register holds its cell.
    Shared(Reg),
    State(u16),
    Constant(u16),
    Entity,
    DeltaTime,
    /// A function of the script.
    Function,
}

/// A variable as the parser gives it.
type Named = (Option<NonZeroUsize>, ImmutableString, Namespace, u64);

/// A variable of a function.
pub(super) struct Local {
    pub(super) name: ImmutableString,
    pub(super) place: Place,
    pub(super) constant: bool,
}

/// How far the variables and registers of a function went when a block began.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    locals: usize,
    next: usize,
}

impl Body<'_, '_> {
    pub(super) fn mark(&self) -> Mark {
        Mark { locals: self.locals.len(), next: self.next }
    }

    /// Ends a block.
    pub(super) fn release(&mut self, mark: Mark) {
        self.locals.truncate(mark.locals);
        self.next = mark.next;
    }

    /// A register above all that are in use.
    pub(super) fn fresh(&mut self) -> Reg {
        let register = self.next;
        self.next += 1;
        self.highest = self.highest.max(self.next);
        // Told of once, when the function is finished.
        Reg::try_from(register).unwrap_or(Reg::MAX)
    }

    /// Declares a variable in a register; from here on its name leads there.
    pub(super) fn declare(
        &mut self,
        name: &ImmutableString,
        register: Reg,
        constant: bool,
    ) -> Place {
        let place = if self.shared.contains(name.as_str()) {
            Place::Shared(register)
        } else {
            Place::Register(register)
        };
        self.locals.push(Local { name: name.clone(), place: place.clone(), constant });
        place
    }

    /// Where a name leads; `None` if nowhere.
    pub(super) fn resolve(&self, name: &str) -> Option<Place> {
        if let Some(local) = self.locals.iter().rev().find(|local| *local.name == *name) {
            return Some(local.place.clone());
        }
        if let Some(slot) = self.lowering.scope().state.get(name)
            && self.sees_state
        {
            return Some(Place::State(*slot));
        }
        if let Some(index) = self.lowering.scope().constants.get(name) {
            return Some(Place::Constant(*index));
        }
        if self.sees_state {
            if name == GIVEN[0] {
                return Some(Place::Entity);
            }
            if name == GIVEN[1] {
                return Some(Place::DeltaTime);
            }
        }
        self.lowering.scope().definitions.contains_key(name).then_some(Place::Function)
    }

    /// Where a variable leads, a constant of a library among them.
    pub(super) fn place(&self, variable: &Named) -> Option<Place> {
        let (_, name, namespace, _) = variable;
        if namespace.is_empty() {
            return self.resolve(name);
        }
        let file = self.imported(namespace)?;
        let constants = &self.lowering.files.get(file)?.constants;
        constants.get(name.as_str()).map(|index| Place::Constant(*index))
    }

    /// The file behind the name in front of `::`.
    pub(super) fn imported(&self, namespace: &Namespace) -> Option<usize> {
        match &namespace.path[..] {
            [alias] => self.lowering.scope().imports.get(alias.name.as_str()).copied(),
            _ => None,
        }
    }

    /// The names of all variables and constants that can be seen.
    pub(super) fn visible(&self) -> Vec<String> {
        let locals = self.locals.iter().map(|local| local.name.to_string());
        let state = self.lowering.scope().state.keys().filter(|_| self.sees_state).cloned();
        let given = GIVEN.iter().filter(|_| self.sees_state).map(|name| (*name).to_owned());
        let constants = self.lowering.scope().constants.keys().cloned();
        let mut names: Vec<String> = locals.chain(state).chain(given).chain(constants).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether a variable cannot be changed.
    pub(super) fn is_constant_variable(&self, variable: &Named) -> bool {
        !variable.2.is_empty() || self.is_constant(&variable.1)
    }

    /// Whether a name leads to something that cannot be changed.
    pub(super) fn is_constant(&self, name: &str) -> bool {
        match self.locals.iter().rev().find(|local| *local.name == *name) {
            Some(local) => {
                local.constant
                    || matches!(local.place, Place::Constant(_) | Place::Entity | Place::DeltaTime)
            }
            None => !matches!(self.resolve(name), Some(Place::State(_))),
        }
    }
}

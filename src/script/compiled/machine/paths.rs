//! Ways into values: `a.b[i].c`, read and written.

mod member;

use std::sync::Arc;

use rhai::EvalAltResult;

use self::member::{read_member, write_member};
use super::{
    Run,
    frames::{UNBOUND, is_unbound},
};
use crate::script::compiled::{
    Val,
    fault::Fault,
    operators::{self, Operator},
    program::{Member, Path, Root, Step},
};

/// How many bytes of an entry's name a unit pays for, where it is compared.
const KEY_BYTES: usize = 64;

/// What is done at the end of a path.
pub(super) type Change<'f> = &'f mut dyn FnMut(&mut Run<'_, '_>, &mut Val) -> Result<(), Fault>;

/// Why a path is walked.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    /// To call a method at its end.
    Call,
    /// To put there what a function has made of `this`: parts that are made, not found, stay.
    GiveBack,
    /// To assign something of this type.
    Assign(&'static str),
    /// To do an operation with something of this type and assign what comes out.
    Update(&'static str),
}

impl Purpose {
    const fn adds(self) -> bool {
        matches!(self, Self::Assign(_) | Self::Update(_))
    }
}

impl Run<'_, '_> {
    /// The value where a path begins, to look at.
    pub(super) fn root(&self, path: &Path, base: usize) -> Result<&Val, Fault> {
        let register = |at: u8| self.machine.registers.get(base + usize::from(at));
        let value = match path.root {
            Root::Register(at) => register(at),
            Root::State(slot) => self.state.get(usize::from(slot)),
            Root::Shared(at) => match register(at) {
                Some(Val::Cell(cell)) => self.machine.cells.get(*cell as usize),
                plain => plain,
            },
            Root::This => match register(0) {
                Some(value) if is_unbound(value) => return Err(unbound().at(path.root_at)),
                bound => bound,
            },
            Root::Constant(index) => {
                let constants = self.constants.as_deref().unwrap_or(&self.program.constants);
                constants.get(usize::from(index))
            }
        };
        Ok(value.unwrap_or(&UNBOUND))
    }

    /// Takes the value out of where a path begins; it must be put back.
    fn take_root(&mut self, path: &Path, base: usize) -> Result<Val, Fault> {
        self.root(path, base)?;
        if matches!(path.root, Root::Constant(_)) {
            return Ok(self.root(path, base)?.clone());
        }
        Ok(self.root_mut(path, base).map(std::mem::take).unwrap_or_default())
    }

    pub(super) fn root_mut(&mut self, path: &Path, base: usize) -> Option<&mut Val> {
        match path.root {
            Root::Register(at) => self.machine.registers.get_mut(base + usize::from(at)),
            Root::This => self.machine.registers.get_mut(base),
            Root::State(slot) => self.state.get_mut(usize::from(slot)),
            Root::Shared(at) => match self.machine.registers.get(base + usize::from(at)) {
                Some(Val::Cell(cell)) => self.machine.cells.get_mut(*cell as usize),
                _ => None,
            },
            Root::Constant(_) => None,
        }
    }

    /// Reads at the end of a path into a register.
    pub(super) fn get_path(&mut self, path: &Path, base: usize, to: u8) -> Result<(), Fault> {
        let value = self.read_path(path, base)?;
        self.set_register(base + usize::from(to), value);
        Ok(())
    }

    /// Reads at the end of a path.
    pub(super) fn read_path(&mut self, path: &Path, base: usize) -> Result<Val, Fault> {
        self.pay_for_keys(path, base)?;
        let mut value = self.root(path, base)?;
        let mut steps = path.steps.iter();
        let made = loop {
            let Some(step) = steps.next() else { return Ok(value.clone()) };
            match self.inner(value, step, base)? {
                Some(inner) => value = inner,
                None => break (value.clone(), step),
            }
        };
        // From here on values are made, not found.
        let (value, step) = made;
        let mut value = self.member(value, step, base)?;
        for step in steps {
            value = match self.inner(&value, step, base)?.cloned() {
                Some(inner) => inner,
                None => self.member(value, step, base)?,
            };
        }
        Ok(value)
    }

    /// Pays for long names of entries that are compared while they are looked for.
    fn pay_for_keys(&mut self, path: &Path, base: usize) -> Result<(), Fault> {
        for step in &*path.steps {
            if let Member::Index(at) = step.what
                && let Val::Text(key) = self.index(at, base)
                && key.len() >= KEY_BYTES
            {
                let units = (key.len() / KEY_BYTES) as u64;
                self.charge(units)?;
            }
        }
        Ok(())
    }

    /// The value inside another that a step leads to, if there is one to point at.
    pub(super) fn inner<'v>(
        &self,
        value: &'v Val,
        step: &Step,
        base: usize,
    ) -> Result<Option<&'v Val>, Fault> {
        const NOTHING: Val = Val::Unit;
        match (value, &step.what) {
            (Val::Map(dict), Member::Property(key)) => {
                Ok(Some(dict.get(&**self.key(*key)).unwrap_or(&NOTHING)))
            }
            (Val::Map(dict), Member::Index(at)) => match self.index(*at, base) {
                Val::Text(key) => Ok(Some(dict.get(key.as_str()).unwrap_or(&NOTHING))),
                other => Err(Fault::mismatch("string", other.type_name()).at(step.member_at)),
            },
            (Val::Array(list), Member::Index(at)) => {
                let index = self.index(*at, base);
                let place =
                    list_place(list.len(), index).map_err(|fault| fault.at(step.member_at))?;
                Ok(list.get(place))
            }
            _ => Ok(None),
        }
    }

    pub(super) fn key(&self, key: u16) -> &Arc<str> {
        &self.program.keys[usize::from(key)]
    }

    fn index(&self, at: u8, base: usize) -> &Val {
        self.machine.registers.get(base + usize::from(at)).unwrap_or(&UNBOUND)
    }

    /// A value that a step makes out of another: a part of a vector, a character, a bit, a property.
    fn member(&mut self, value: Val, step: &Step, base: usize) -> Result<Val, Fault> {
        match &step.what {
            Member::Property(key) => match self.property(&value, *key) {
                Some(result) => result.map_err(|fault| fault.at(step.member_at)),
                None => Err(no_property(&value, self.key(*key)).at(step.member_at)),
            },
            Member::Index(at) => {
                let index = self.index(*at, base).clone();
                self.charge(value.weight().steps())?;
                read_member(&value, &index)
                    .map_err(|fault| fault.at_member(step.member_at, step.at))
            }
        }
    }

    /// Reads a property that is a row of the table of standard functions.
    fn property(&mut self, value: &Val, key: u16) -> Option<Result<Val, Fault>> {
        if let Val::Vec3(v) = value {
            let part = match &**self.key(key) {
                "x" => v.x,
                "y" => v.y,
                "z" => v.z,
                _ => return None,
            };
            return Some(Ok(Val::Float(f64::from(part))));
        }
        let program = self.program;
        let getter = &*program.properties.get(usize::from(key))?.getter;
        let mut value = value.clone();
        match self.call_rows(getter, &mut value, &mut []) {
            Err(fault) if fault.is_no_overload() => None,
            result => Some(result),
        }
    }

    /// Writes at the end of a path.
    pub(super) fn write_path(&mut self, path: &Path, base: usize, value: Val) -> Result<(), Fault> {
        self.writable(path)?;
        let purpose = Purpose::Assign(value.type_name());
        let mut value = Some(value);
        self.change_path(path, base, purpose, &mut |_, place| {
            *place = value.take().unwrap_or_default();
            Ok(())
        })
    }

    fn writable(&self, path: &Path) -> Result<(), Fault> {
        let name = match &path.constant {
            Some(name) => name.to_string(),
            None if path.root == Root::This && self.this_is_constant() => String::new(),
            None => return Ok(()),
        };
        let none = rhai::Position::NONE;
        let fault = EvalAltResult::ErrorAssignmentToConstant(name, none);
        Err(Fault::error(fault).at(path.root_at))
    }

    /// `path operator= value`.
    pub(super) fn update_path(
        &mut self,
        operator: Operator,
        path: &Path,
        base: usize,
        value: Val,
    ) -> Result<(), Fault> {
        self.writable(path)?;
        let purpose = Purpose::Update(value.type_name());
        let mut value = Some(value);
        self.change_path(path, base, purpose, &mut |run, place| {
            run.update(operator, place, value.take().unwrap_or_default())
        })
    }

    /// `place operator= value`.
    pub(super) fn update(
        &mut self,
        operator: Operator,
        place: &mut Val,
        value: Val,
    ) -> Result<(), Fault> {
        let steps = operators::steps(operator, place, &value);
        if steps > 0 {
            self.charge(steps)?;
        }
        let Some(value) = operators::assign_in_place(self, operator, place, value)? else {
            return self.fits_memory();
        };
        if let Some(result) = operators::built_in(self, operator, place, &value) {
            *place = result?;
            if !place.is_inline() {
                self.charge(place.weight().steps())?;
                self.fits_memory()?;
            }
            return Ok(());
        }
        // A row of its own for the assignment, or the operator and an assignment.
        let mut args = [value];
        match self.call_rows(operator.assigning_name(), place, &mut args) {
            Err(fault) if fault.is_no_overload() => {
                let [value] = args;
                *place = self.call_named(operator.name(), place.clone(), &mut [value])?;
                Ok(())
            }
            other => other.map(|_| ()),
        }
    }

    /// Changes the value at the end of a path in place. Where something is assigned, an entry of a map
    /// that is not there comes into being.
    pub(super) fn change_path(
        &mut self,
        path: &Path,
        base: usize,
        purpose: Purpose,
        change: Change<'_>,
    ) -> Result<(), Fault> {
        if let Root::State(slot) = path.root {
            self.note(slot);
        }
        self.lend_root(path, base, |run, root| {
            run.walk(root, &path.steps, base, purpose, change)?;
            run.fits_value(root)
        })
    }

    /// Takes the value out of where a path begins for as long as something is done with it.
    pub(super) fn lend_root<R>(
        &mut self,
        path: &Path,
        base: usize,
        work: impl FnOnce(&mut Self, &mut Val) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        let mut root = self.take_root(path, base)?;
        let result = work(self, &mut root);
        if let Some(place) = self.root_mut(path, base) {
            *place = root;
        }
        result
    }

    fn walk(
        &mut self,
        value: &mut Val,
        steps: &[Step],
        base: usize,
        purpose: Purpose,
        change: Change<'_>,
    ) -> Result<(), Fault> {
        let Some((step, rest)) = steps.split_first() else { return change(self, value) };
        match (&mut *value, &step.what) {
            (Val::Map(dict), what) => {
                let key = match what {
                    Member::Property(key) => self.key(*key).clone(),
                    Member::Index(at) => match self.index(*at, base) {
                        Val::Text(key) => {
                            let key: Arc<str> = key.as_str().into();
                            self.charge((key.len() / 16) as u64)?;
                            key
                        }
                        other => {
                            let got = other.type_name();
                            return Err(Fault::mismatch("string", got).at(step.member_at));
                        }
                    },
                };
                self.charge(operators::copied(dict, dict.len()))?;
                let dict = Arc::make_mut(dict);
                if !dict.contains_key(&*key) {
                    if !(purpose.adds() && rest.is_empty()) {
                        // What is done to nothing is forgotten.
                        return self.walk(&mut Val::Unit, rest, base, purpose, change);
                    }
                    dict.insert(key.clone(), Val::Unit);
                }
                dict.with_entry(&key, |value| self.walk(value, rest, base, purpose, change))
                    .unwrap_or(Ok(()))
            }
            (Val::Array(list), Member::Index(at)) => {
                let index = self.index(*at, base);
                let place =
                    list_place(list.len(), index).map_err(|fault| fault.at(step.member_at))?;
                self.charge(operators::copied(list, list.len()))?;
                Arc::make_mut(list)
                    .with_item(place, |value| self.walk(value, rest, base, purpose, change))
                    .unwrap_or(Ok(()))
            }
            (_, _) if matches!(purpose, Purpose::GiveBack) => Ok(()),
            (value, Member::Index(at)) => {
                let index = self.index(*at, base).clone();
                let mut member = read_member(value, &index).map_err(|fault| {
                    let fault = match purpose {
                        Purpose::Assign(what) | Purpose::Update(what) if rest.is_empty() => {
                            fault.assigning(what)
                        }
                        _ => fault,
                    };
                    fault.at_member(step.member_at, step.at)
                })?;
                let before = member.clone();
                self.walk(&mut member, rest, base, purpose, change)?;
                if matches!(purpose, Purpose::Call) && member.is_same(&before) {
                    return Ok(());
                }
                self.charge(value.weight().steps())?;
                // Of what is wrong with the new value the assignment is to blame.
                write_member(self, value, &index, member)
            }
            (value, Member::Property(key)) => {
                let mut member = match self.property(value, *key) {
                    Some(read) => read.map_err(|fault| fault.at(step.member_at))?,
                    None if rest.is_empty() && matches!(purpose, Purpose::Assign(_)) => Val::Unit,
                    None => return Err(no_property(value, self.key(*key)).at(step.member_at)),
                };
                let before = member.clone();
                self.walk(&mut member, rest, base, purpose, change)?;
                if matches!(purpose, Purpose::Call) && member.is_same(&before) {
                    return Ok(());
                }
                self.set_property(value, *key, member, rest.is_empty())
                    .map_err(|fault| fault.at(step.member_at))
            }
        }
    }

    fn set_property(
        &mut self,
        value: &mut Val,
        key: u16,
        member: Val,
        asked: bool,
    ) -> Result<(), Fault> {
        let program = self.program;
        let setter = program.properties.get(usize::from(key)).map_or("", |rows| &*rows.setter);
        let mut args = [member];
        match self.call_rows(setter, value, &mut args) {
            Err(fault) if fault.is_no_overload() && !asked => Ok(()),
            Err(fault) if fault.is_no_overload() => {
                let [member] = &args;
                Err(no_setter(value, self.key(key), member))
            }
            other => other.map(|_| ()),
        }
    }
}

pub(super) fn unbound() -> Fault {
    EvalAltResult::ErrorUnboundThis(rhai::Position::NONE).into()
}

fn no_property(value: &Val, name: &str) -> Fault {
    let of = value.type_name();
    let text = format!("Unknown property '{name}' - a getter is not registered for type '{of}'");
    EvalAltResult::ErrorDotExpr(text, rhai::Position::NONE).into()
}

fn no_setter(value: &Val, name: &str, member: &Val) -> Fault {
    let (of, to) = (value.type_name(), member.type_name());
    let text = format!(
        "No writable property '{name}' - a setter is not registered for type '{of}' to handle '{to}'"
    );
    EvalAltResult::ErrorDotExpr(text, rhai::Position::NONE).into()
}

/// Which item of a list an index means; negative ones count from the end.
fn list_place(len: usize, index: &Val) -> Result<usize, Fault> {
    let Val::Int(index) = *index else { return Err(Fault::mismatch("i64", index.type_name())) };
    let place = if index >= 0 {
        usize::try_from(index).ok()
    } else {
        usize::try_from(index.unsigned_abs()).ok().and_then(|back| len.checked_sub(back))
    };
    place
        .filter(|place| *place < len)
        .ok_or_else(|| EvalAltResult::ErrorArrayBounds(len, index, rhai::Position::NONE).into())
}

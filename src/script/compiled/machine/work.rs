//! What instructions do when it takes more than a few steps.

use std::sync::Arc;

use super::{Run, frames::Back, pointers};
use crate::{
    api::Watched,
    script::compiled::{
        Val,
        fault::Fault,
        op::Reg,
        operators::{self, Operator},
    },
};

/// Fuel for an entry of a map that is written out, beside its instruction.
const ENTRY: u64 = 2;

impl Run<'_, '_> {
    fn register(&self, base: usize, at: Reg) -> Val {
        self.machine.registers.get(base + usize::from(at)).cloned().unwrap_or_default()
    }

    pub(super) fn operate_registers(
        &mut self,
        operator: Operator,
        base: usize,
        a: Reg,
        b: Reg,
    ) -> Result<Val, Fault> {
        let (a, b) = (self.register(base, a), self.register(base, b));
        self.operate(operator, &a, &b)
    }

    pub(super) fn operate_int(
        &mut self,
        operator: Operator,
        base: usize,
        a: Reg,
        value: i32,
    ) -> Result<Val, Fault> {
        let a = self.register(base, a);
        self.operate(operator, &a, &Val::Int(i64::from(value)))
    }

    pub(super) fn operate_literal(
        &mut self,
        operator: Operator,
        base: usize,
        a: Reg,
        index: u16,
    ) -> Result<Val, Fault> {
        let a = self.register(base, a);
        let program = self.program;
        let b = program.literals.get(usize::from(index)).unwrap_or(&Val::Unit);
        self.operate(operator, &a, b)
    }

    pub(super) fn operate_one(&mut self, name: &str, base: usize, a: Reg) -> Result<Val, Fault> {
        let a = self.register(base, a);
        match operators::unary(name, &a) {
            Some(result) => result,
            None => self.call_named(name, a, &mut []),
        }
    }

    /// `place operator= value` for a place that is taken out for as long as it takes.
    fn assign_taken(
        &mut self,
        operator: Operator,
        mut place: Val,
        value: Val,
    ) -> (Val, Result<(), Fault>) {
        let result = self.update(operator, &mut place, value);
        (place, result)
    }

    pub(super) fn assign_register(
        &mut self,
        operator: Operator,
        base: usize,
        to: Reg,
        from: Reg,
    ) -> Result<(), Fault> {
        let at = base + usize::from(to);
        let value = self.register(base, from);
        let taken = self.machine.registers.get_mut(at).map(std::mem::take).unwrap_or_default();
        let (after, result) = self.assign_taken(operator, taken, value);
        self.set_register(at, after);
        result
    }

    pub(super) fn assign_int(
        &mut self,
        operator: Operator,
        base: usize,
        to: Reg,
        value: i32,
    ) -> Result<(), Fault> {
        let at = base + usize::from(to);
        let taken = self.machine.registers.get_mut(at).map(std::mem::take).unwrap_or_default();
        let (after, result) = self.assign_taken(operator, taken, Val::Int(i64::from(value)));
        self.set_register(at, after);
        result
    }

    /// Takes note of a variable that is about to be changed.
    pub(super) fn note(&mut self, slot: u16) {
        if let Some(value) = self.state.get(usize::from(slot)) {
            self.machine.journal.note(slot, value);
        }
    }

    pub(super) fn assign_state(
        &mut self,
        operator: Operator,
        slot: u16,
        value: Val,
    ) -> Result<(), Fault> {
        self.note(slot);
        let slot = usize::from(slot);
        let taken = self.state.get_mut(slot).map(std::mem::take).unwrap_or_default();
        let (after, result) = self.assign_taken(operator, taken, value);
        if let Some(place) = self.state.get_mut(slot) {
            *place = after;
        }
        result
    }

    pub(super) fn assign_cell(
        &mut self,
        operator: Operator,
        cell: u32,
        value: Val,
    ) -> Result<(), Fault> {
        let cell = cell as usize;
        let taken = self.machine.cells.get_mut(cell).map(std::mem::take).unwrap_or_default();
        let (after, result) = self.assign_taken(operator, taken, value);
        if let Some(place) = self.machine.cells.get_mut(cell) {
            *place = after;
        }
        result
    }

    pub(super) fn push_item(&mut self, base: usize, array: Reg, value: Val) -> Result<(), Fault> {
        let at = base + usize::from(array);
        let Some(Val::Array(list)) = self.machine.registers.get_mut(at) else { return Ok(()) };
        let list = Arc::make_mut(list);
        list.push(value);
        let weight = list.weight();
        self.fits(weight)
    }

    pub(super) fn insert_entry(
        &mut self,
        base: usize,
        map: Reg,
        key: u16,
        value: Val,
    ) -> Result<(), Fault> {
        self.charge(ENTRY)?;
        let key = self.key(key).clone();
        let at = base + usize::from(map);
        let Some(Val::Map(dict)) = self.machine.registers.get_mut(at) else { return Ok(()) };
        let dict = Arc::make_mut(dict);
        dict.insert(key, value);
        let weight = dict.weight();
        self.fits(weight)
    }

    pub(super) fn interpolate(&mut self, base: usize, text: Reg, value: &Val) -> Result<(), Fault> {
        let shown = match value {
            Val::Text(text) => {
                self.charge((text.len() / 16) as u64)?;
                None
            }
            other => Some(self.show(other)?),
        };
        let at = base + usize::from(text);
        let more = match (value, &shown) {
            (Val::Text(text), _) => text.as_str(),
            (_, Some(shown)) => shown.as_str(),
            _ => "",
        };
        let Some(Val::Text(text)) = self.machine.registers.get(at) else { return Ok(()) };
        self.fits_text(text.len() + more.len())?;
        if let Some(Val::Text(text)) = self.machine.registers.get_mut(at) {
            Arc::make_mut(text).edit(|text| text.push_str(more));
        }
        self.fits_memory()
    }

    /// Opens the frame of a function whose arguments lie where its registers begin.
    pub(super) fn call_function(
        &mut self,
        function: u32,
        base: usize,
        to: Reg,
    ) -> Result<(), Fault> {
        self.push_frame(function, base, to, Back::Nobody)?;
        if self.program.functions.get(function as usize).is_some_and(|f| f.has_this) {
            self.set_register(base, super::frames::UNBOUND);
        }
        Ok(())
    }

    /// `call(pointer, ..)`.
    pub(super) fn call_pointer_at(
        &mut self,
        site: u16,
        base: usize,
        at: Reg,
        to: Reg,
    ) -> Result<Option<Val>, Fault> {
        let program = self.program;
        let Some(site) = program.sites.get(usize::from(site)) else { return Ok(None) };
        let at = base + usize::from(at);
        let mut all = self.registers_taken(at, usize::from(site.arguments) + 1);
        let callee = if all.is_empty() { Val::Unit } else { all.remove(0) };
        let Val::Fn(callee) = callee else {
            return Err(Fault::mismatch("Fn", callee.type_name()).at(site.argument_at));
        };
        self.call_pointer(&callee, None, all, (to, Back::Nobody))
    }

    /// Tells who watches the call that a statement begins.
    pub(super) fn watched(&mut self, function: u32, pc: usize) {
        let program = self.program;
        let Some(function) = program.functions.get(function as usize) else { return };
        let place = pc.checked_sub(1).and_then(|at| function.places.get(at).copied().flatten());
        let path = program.path_of(function.file);
        self.context.watch(&Watched {
            path,
            function: &function.name,
            place,
            fuel: self.fuel_left(),
        });
    }

    /// How many variables a closure shares.
    pub(super) fn shared_by(&self, function: u32) -> usize {
        self.program.functions.get(function as usize).map_or(0, |f| usize::from(f.shared))
    }

    /// Calls rows of functions without any parameter.
    pub(super) fn try_bare(
        &mut self,
        rows: &[crate::script::compiled::native::Native],
    ) -> Result<Val, Fault> {
        self.charge(super::calls::NATIVE)?;
        for row in rows {
            self.charge(row.price.units(&Val::Unit, &[]))?;
            match (row.code)(self, &mut Val::Unit, &mut []) {
                Err(fault) if fault.is_no_overload() => {}
                result => return result,
            }
        }
        Err(Fault::no_overload())
    }
}

/// `is_def_var(name)`.
pub(super) fn is_among(names: &Val, name: &Val) -> Result<bool, Fault> {
    let Val::Text(name) = name else { return Err(Fault::mismatch("string", name.type_name())) };
    let Val::Array(names) = names else { return Ok(false) };
    Ok(names.iter().any(|known| matches!(known, Val::Text(known) if ***known == ***name)))
}

/// Fuel for a pointer that is made of a name while the script runs: the name is checked and copied.
pub(super) fn name_steps(name: &Val) -> u64 {
    if let Val::Text(name) = name { 4 + (name.len() / 16) as u64 } else { 0 }
}

/// `Fn(name)`.
pub(super) fn pointer_to(name: &Val, file: u16) -> Result<Val, Fault> {
    match name {
        Val::Text(name) => pointers::pointer(name, file),
        other => Err(Fault::mismatch("string", other.type_name())),
    }
}

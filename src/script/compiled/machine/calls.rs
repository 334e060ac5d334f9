//! Calls of methods, standard functions and the API.

use rhai::EvalAltResult;

use super::{
    Run,
    frames::{Back, is_unbound},
    paths::Purpose,
};
use crate::{
    api::Accepts,
    script::compiled::{
        Val,
        fault::Fault,
        heap::Weight,
        native::Native,
        op::Reg,
        program::{ApiCall, Path, Root, Site},
    },
};

/// The most arguments that a native takes beside its receiver.
const MOST: usize = 7;
/// Fuel for finding and calling a native, beside its instruction and its own price.
pub(in crate::script::compiled) const NATIVE: u64 = 5;

impl Run<'_, '_> {
    fn take_args<const N: usize>(&mut self, at: usize, count: usize) -> [Val; N] {
        std::array::from_fn(|i| {
            if i < count {
                self.machine.registers.get_mut(at + i).map(std::mem::take).unwrap_or_default()
            } else {
                Val::Unit
            }
        })
    }

    /// Calls a method or a standard function: gives its value, or nothing if a frame is open now that
    /// will give it.
    pub(super) fn call_site(
        &mut self,
        number: u16,
        base: usize,
        args_at: Reg,
        to: Reg,
    ) -> Result<Option<Val>, Fault> {
        let program = self.program;
        let Some(site) = program.sites.get(usize::from(number)) else { return Ok(None) };
        let args_at = base + usize::from(args_at);
        if site.method
            && let Some(result) = self.call_member(number, site, base, args_at, to)?
        {
            return Ok(result);
        }
        let count = usize::from(site.arguments);
        if count > MOST {
            return Err(self.not_found(site, base, args_at));
        }
        let mut args: [Val; MOST] = self.take_args(args_at, count);
        let args = &mut args[..count];
        let result = self.call_native(site, base, args);
        result.map(Some).map_err(|fault| {
            if fault.is_no_overload() { self.no_function(site, base, args) } else { fault }
        })
    }

    /// What a script itself has for `receiver.name(..)`: `None` if it has nothing.
    fn call_member(
        &mut self,
        number: u16,
        site: &Site,
        base: usize,
        args_at: usize,
        to: Reg,
    ) -> Result<Option<Option<Val>>, Fault> {
        let Some(path) = &site.receiver else { return Ok(None) };
        let is_call = &*site.name == "call";
        let plain = site.function.is_none() && !site.typed && !is_call;
        if plain && path.steps.is_empty() && !matches!(self.root(path, base)?, Val::Map(_)) {
            return Ok(None);
        }
        let receiver = self.read_path(path, base)?;
        let count = usize::from(site.arguments);
        if is_call {
            if let Val::Fn(callee) = &receiver {
                let callee = callee.clone();
                let args = self.registers_taken(args_at, count);
                return self.call_pointer(&callee, None, args, (to, Back::Nobody)).map(Some);
            }
            if count == 0 {
                return Err(Fault::mismatch("Fn", receiver.type_name()));
            }
            let mut args = self.registers_taken(args_at, count);
            let callee = match args.remove(0) {
                Val::Fn(callee) => callee,
                other => {
                    return Err(Fault::mismatch("Fn", other.type_name()).at(site.argument_at));
                }
            };
            let back = if site.constant || self.is_constant_this(site) {
                Back::Constant
            } else {
                Back::Receiver(number)
            };
            return self.call_pointer(&callee, Some(receiver), args, (to, back)).map(Some);
        }
        if let Val::Map(dict) = &receiver
            && let Some(Val::Fn(callee)) = dict.get(&*site.name)
        {
            let callee = callee.clone();
            let args = self.registers_taken(args_at, count);
            let back = if site.constant || self.is_constant_this(site) {
                Back::Constant
            } else {
                Back::Receiver(number)
            };
            return self.call_pointer(&callee, Some(receiver), args, (to, back)).map(Some);
        }
        let typed = site
            .typed
            .then(|| self.program.typed(site.file, receiver.type_name(), &site.name, count));
        let Some(function) = typed.flatten().or(site.function) else { return Ok(None) };
        let args = self.registers_taken(args_at, count);
        let changes = self.program.functions.get(function as usize).is_some_and(|f| f.changes_this);
        let back = if !changes {
            Back::Nobody
        } else if site.constant || self.is_constant_this(site) {
            Back::Constant
        } else {
            Back::Receiver(number)
        };
        self.open(function, Some(receiver), &[], args.into_iter(), (to, back))?;
        Ok(Some(None))
    }

    pub(super) fn registers_taken(&mut self, at: usize, count: usize) -> Vec<Val> {
        let end = (at + count).min(self.machine.registers.len());
        match self.machine.registers.get_mut(at..end) {
            Some(registers) => registers.iter_mut().map(std::mem::take).collect(),
            None => Vec::new(),
        }
    }

    /// Puts what a method has made of `this` where it came from.
    pub(super) fn give_back(&mut self, site: u16, this: Val) {
        let program = self.program;
        let Some(base) = self.machine.frames.last().map(|frame| frame.base as usize) else {
            return;
        };
        let Some(path) =
            program.sites.get(usize::from(site)).and_then(|site| site.receiver.as_ref())
        else {
            return;
        };
        if is_unbound(&this) {
            return;
        }
        // A place that is gone by now has nothing to take back.
        let mut this = Some(this);
        let _ = self.change_path(path, base, Purpose::GiveBack, &mut |_, place| {
            *place = this.take().unwrap_or_default();
            Ok(())
        });
    }

    fn call_native(&mut self, site: &Site, base: usize, args: &mut [Val]) -> Result<Val, Fault> {
        let calls = site.natives.iter().any(|native| native.effect.calls());
        let constant = calls && (site.constant || self.is_constant_this(site));
        let Some(path) = &site.receiver else {
            return self
                .lending(calls, false, |run| run.call_row_or_api(site, &mut Val::Unit, args));
        };
        if calls {
            let mut copy = self.read_path(path, base)?;
            let before = copy.clone();
            let result =
                self.lending(true, constant, |run| run.call_row_or_api(site, &mut copy, args));
            let changed = !copy.is_same(&before);
            drop(before);
            if changed && constant {
                let none = rhai::Position::NONE;
                return Err(EvalAltResult::ErrorAssignmentToConstant(String::new(), none).into());
            }
            if changed {
                let mut copy = Some(copy);
                self.change_path(path, base, Purpose::Call, &mut |_, place| {
                    *place = copy.take().unwrap_or_default();
                    Ok(())
                })?;
            }
            return result;
        }
        let changes = site.natives.iter().any(|native| native.effect.changes());
        if !changes && path.steps.is_empty() {
            return self.lend_root(path, base, |run, root| run.call_row_or_api(site, root, args));
        }
        if !changes {
            let mut copy = self.read_path(path, base)?;
            return self.call_row_or_api(site, &mut copy, args);
        }
        let mut result = Ok(Val::Unit);
        self.change_path(path, base, Purpose::Call, &mut |run, place| {
            result = run.call_row_or_api(site, place, args);
            Ok(())
        })?;
        result
    }

    fn call_row_or_api(
        &mut self,
        site: &Site,
        receiver: &mut Val,
        args: &mut [Val],
    ) -> Result<Val, Fault> {
        if let Some(api) = &site.api
            && (site.natives.is_empty() || self.fits_api(api, site, receiver, args))
        {
            return self.call_api_with(api, site, receiver, args);
        }
        let constant = site.constant || self.is_constant_this(site);
        let result = self.try_rows(&site.natives, receiver, args, constant);
        match (&site.api, result) {
            (Some(api), Err(fault)) if fault.is_no_overload() => {
                self.call_api_with(api, site, receiver, args)
            }
            (_, result) => result,
        }
    }

    fn call_api_with(
        &mut self,
        api: &ApiCall,
        site: &Site,
        receiver: &Val,
        args: &[Val],
    ) -> Result<Val, Fault> {
        if site.receiver.is_none() {
            return self.api(api, args);
        }
        let all: Vec<Val> = std::iter::once(receiver).chain(args).cloned().collect();
        self.api(api, &all)
    }

    /// Runs a native. If it calls back, what it lends as `this` can be changed, or is of a constant.
    fn lending<R>(
        &mut self,
        calls: bool,
        constant: bool,
        native: impl FnOnce(&mut Self) -> R,
    ) -> R {
        if !calls {
            return native(self);
        }
        let outer = std::mem::replace(&mut self.lends_constants, constant);
        let result = native(self);
        self.lends_constants = outer;
        result
    }

    /// Whether arguments are just of the types that a function of the API is made for.
    fn fits_api(&self, api: &ApiCall, site: &Site, receiver: &Val, args: &[Val]) -> bool {
        let first = site.receiver.is_some().then_some(receiver);
        is_made_for(api, first.into_iter().chain(args))
    }

    /// Whether a method is called on a `this` that is a constant.
    fn is_constant_this(&self, site: &Site) -> bool {
        site.receiver.as_ref().is_some_and(|path| path.root == Root::This)
            && self.this_is_constant()
    }

    /// Tries rows in order until one takes the arguments.
    fn try_rows(
        &mut self,
        rows: &[Native],
        receiver: &mut Val,
        args: &mut [Val],
        constant: bool,
    ) -> Result<Val, Fault> {
        self.charge(NATIVE)?;
        for row in rows {
            if !row.receiver.takes(receiver) {
                continue;
            }
            self.charge(row.price.units(receiver, args))?;
            if constant && row.effect.changes() {
                // Whether it takes these arguments only it can tell.
                let tried = match row.effect.calls() {
                    true => Ok(Val::Unit),
                    false => (row.code)(self, &mut receiver.clone(), &mut args.to_vec()),
                };
                if matches!(&tried, Err(fault) if fault.is_no_overload()) {
                    continue;
                }
                let name = row.name.to_owned();
                let none = rhai::Position::NONE;
                return Err(EvalAltResult::ErrorNonPureMethodCallOnConstant(name, none).into());
            }
            match (row.code)(self, receiver, args) {
                Err(fault) if fault.is_no_overload() => {}
                result => {
                    if row.effect.changes() {
                        self.fits_value(receiver)?;
                    }
                    if result.as_ref().is_ok_and(|value| !value.is_inline()) {
                        self.fits_memory()?;
                    }
                    return result;
                }
            }
        }
        Err(Fault::no_overload())
    }

    /// Calls the rows of a name; [`Fault::no_overload`] if none takes the arguments.
    pub(super) fn call_rows(
        &mut self,
        name: &str,
        receiver: &mut Val,
        args: &mut [Val],
    ) -> Result<Val, Fault> {
        let program = self.program;
        match program.library.rows(name, args.len() + 1) {
            Some(rows) => self.try_rows(rows, receiver, args, false),
            None => Err(Fault::no_overload()),
        }
    }

    /// As [`call_rows`](Self::call_rows), with the error that scripts know.
    pub(super) fn call_named(
        &mut self,
        name: &str,
        mut receiver: Val,
        args: &mut [Val],
    ) -> Result<Val, Fault> {
        self.call_rows(name, &mut receiver, args).map_err(|fault| {
            if fault.is_no_overload() {
                unknown(name, std::iter::once(&receiver).chain(&*args))
            } else {
                fault
            }
        })
    }

    /// Says that a function of the API is not there.
    #[cold]
    pub(super) fn not_found(&mut self, site: &Site, base: usize, args_at: usize) -> Fault {
        let args = self.registers_taken(args_at, usize::from(site.arguments));
        self.no_function(site, base, &args)
    }

    fn no_function(&mut self, site: &Site, base: usize, args: &[Val]) -> Fault {
        if let Some(message) = self.program.library.denied.get(&*site.name) {
            return Fault::denied(message);
        }
        let receiver = site.receiver.as_ref();
        let receiver = receiver.map(|path: &Path| self.read_path(path, base).unwrap_or_default());
        unknown(&site.name, receiver.iter().chain(args))
    }

    /// Calls a function of the API, whose own price is paid, with the arguments from a register on.
    #[inline(never)]
    pub(super) fn call_api(
        &mut self,
        api: &ApiCall,
        site: &Site,
        (base, at): (usize, Reg),
        to: Reg,
    ) -> Result<(), Fault> {
        let args = self.registers_taken(base + usize::from(at), usize::from(site.arguments));
        let value = self.api_paid(api, &args)?;
        self.set_register(base + usize::from(to), value);
        Ok(())
    }

    /// Calls a function of the API.
    pub(super) fn api(&mut self, api: &ApiCall, args: &[Val]) -> Result<Val, Fault> {
        self.charge(api.price)?;
        self.api_paid(api, args)
    }

    /// Calls a function of the API whose own price is paid.
    fn api_paid(&mut self, api: &ApiCall, args: &[Val]) -> Result<Val, Fault> {
        let steps = argument_steps(args);
        self.charge(steps)?;
        let mut value = Val::Unit;
        let called = (api.code)(self.context, args, &mut value);
        self.pay_owed()?;
        called.map_err(Fault::api)?;
        if !value.is_inline() {
            self.weigh_value(&value)?;
        }
        if steps > 0 {
            // What was handed over may have become a command.
            self.fits_memory()?;
        }
        Ok(value)
    }

    /// Pays for what a function of the API has put into a register, if it may be as large as it is.
    #[inline(never)]
    pub(super) fn weigh(&mut self, base: usize, at: Reg) -> Result<(), Fault> {
        let value = self.machine.registers.get(base + usize::from(at)).cloned();
        self.weigh_value(&value.unwrap_or_default())
    }

    fn weigh_value(&mut self, answer: &Val) -> Result<(), Fault> {
        self.charge(crossing(answer.weight()))?;
        self.fits_value(answer)
    }
}

impl Run<'_, '_> {
    /// Pays for what a function of the API has found to do.
    #[inline]
    fn pay_owed(&mut self) -> Result<(), Fault> {
        match self.context.take_owed() {
            0 => Ok(()),
            units => self.charge(units),
        }
    }
}

/// Fuel for what a function of the API is handed: it may look at all of it, or keep a copy.
fn argument_steps(args: &[Val]) -> u64 {
    args.iter().filter(|value| !value.is_inline()).map(|value| crossing(value.weight())).sum()
}

/// Fuel for a value that goes from scripts to the host, or back: each entry of a map is allocated twice.
fn crossing(weight: Weight) -> u64 {
    weight.steps() + u64::from(weight.items) + 7 * u64::from(weight.entries)
}

/// Whether values are just of the types that a function of the API is made for.
pub(super) fn is_made_for<'v>(api: &ApiCall, mut args: impl Iterator<Item = &'v Val>) -> bool {
    api.accepts.iter().all(|accepts| {
        let Some(value) = args.next() else { return false };
        accepts.iter().any(|accepts| match accepts {
            Accepts::Bool => matches!(value, Val::Bool(_)),
            Accepts::Int => matches!(value, Val::Int(_)),
            Accepts::Float => matches!(value, Val::Float(_)),
            Accepts::Str => matches!(value, Val::Text(_)),
            Accepts::Vec3 => matches!(value, Val::Vec3(_)),
            Accepts::Array => matches!(value, Val::Array(_)),
            Accepts::Map => matches!(value, Val::Map(_)),
            Accepts::Anything => false,
        })
    })
}

/// No function of a name takes these arguments.
pub(super) fn unknown<'v>(name: &str, args: impl Iterator<Item = &'v Val>) -> Fault {
    let types: Vec<&str> = args
        .map(|value| match value {
            Val::Text(_) => "&str | ImmutableString | String",
            other => other.type_name(),
        })
        .collect();
    let signature = format!("{name} ({})", types.join(", "));
    EvalAltResult::ErrorFunctionNotFound(signature, rhai::Position::NONE).into()
}

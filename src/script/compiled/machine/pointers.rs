//! Calls through function pointers, by scripts and by natives that call back.

use std::sync::Arc;

use super::{
    Run,
    calls::{is_made_for, unknown},
    frames::Back,
    turns::NoTurns,
    work::name_steps,
};
use crate::script::compiled::{Val, callable::FnValue, fault::Fault, op::Reg};

/// Fuel for calling back from a native, beside the instructions of what is called.
const CALL_BACK: u64 = 6;
/// Fuel for a function that takes another number of arguments: another way of calling it is tried then.
const UNFIT: u64 = 16;
/// Fuel for looking up a function whose name is known only now.
const BY_NAME: u64 = 4;

/// What a function pointer turns out to point to.
enum Callee {
    Function(u32),
    Other,
}

impl Run<'_, '_> {
    /// Calls what a pointer points to: gives its value, or nothing if a frame is open now.
    pub(super) fn call_pointer(
        &mut self,
        callee: &FnValue,
        this: Option<Val>,
        args: Vec<Val>,
        (to, back): (Reg, Back),
    ) -> Result<Option<Val>, Fault> {
        match self.find(callee, this.as_ref(), args.len())? {
            Callee::Function(function) => {
                let changes =
                    self.program.functions.get(function as usize).is_some_and(|f| f.changes_this);
                let back = if changes && this.is_some() { back } else { Back::Nobody };
                self.open(function, this, &callee.shared, args.into_iter(), (to, back))?;
                Ok(None)
            }
            Callee::Other => {
                let mut all: Vec<Val> = this.into_iter().chain(args).collect();
                if callee.closure.is_some() {
                    self.charge(UNFIT)?;
                    return Err(self.unfit(callee, &all));
                }
                self.call_by_name(&callee.name, &mut all).map(Some)
            }
        }
    }

    fn find(&mut self, callee: &FnValue, this: Option<&Val>, args: usize) -> Result<Callee, Fault> {
        let steps = callee.name_steps();
        if steps > 0 {
            self.charge(steps)?;
        }
        if let Some(function) = callee.closure {
            let takes = self.program.functions.get(function as usize).map_or(0, |f| f.parameters);
            if usize::from(takes) == callee.shared.len() + args {
                return Ok(Callee::Function(function));
            }
            return Ok(Callee::Other);
        }
        if let Some(this) = this {
            let typed = self.program.typed(callee.file, this.type_name(), &callee.name, args);
            if let Some(function) = typed {
                return Ok(Callee::Function(function));
            }
        }
        match self.program.named(callee.file, &callee.name, args) {
            Some(function) => Ok(Callee::Function(function)),
            None => Ok(Callee::Other),
        }
    }

    /// Calls a standard function or one of the API by a name that is known only now. What is left of
    /// the first argument stays in its place.
    pub(super) fn call_by_name(&mut self, name: &str, args: &mut [Val]) -> Result<Val, Fault> {
        let program = self.program;
        if let Some(message) = program.library.denied.get(name) {
            return Err(Fault::denied(message));
        }
        self.charge(BY_NAME)?;
        let count = args.len();
        let api = program.library.api.get(&(name.to_owned(), count));
        if let Some(api) = api
            && is_made_for(api, args.iter())
        {
            return self.api(api, args);
        }
        let rows = match args {
            [] => {
                let key = program.library.rows(name, 0);
                key.map(|rows| self.try_bare(rows))
            }
            [receiver, rest @ ..] => {
                let known = program.library.rows(name, count).is_some();
                known.then(|| self.call_rows(name, receiver, rest))
            }
        };
        match (rows, api) {
            (Some(Err(fault)), Some(api)) if fault.is_no_overload() => self.api(api, args),
            (None, Some(api)) => self.api(api, args),
            (Some(Err(fault)), None) if fault.is_no_overload() => Err(unknown(name, args.iter())),
            (Some(result), _) => result,
            (None, None) => Err(unknown(name, args.iter())),
        }
    }

    /// A closure takes another number of arguments.
    fn unfit(&self, callee: &FnValue, args: &[Val]) -> Fault {
        let shared = callee.shared.iter().map(|cell| match cell {
            Val::Cell(cell) => self.machine.cells.get(*cell as usize).unwrap_or(&Val::Unit),
            other => other,
        });
        unknown(&callee.name, shared.chain(args))
    }

    /// `is_def_fn(name, parameters)`.
    pub(super) fn is_defined(
        &mut self,
        this: Option<&Val>,
        name: &Val,
        count: &Val,
    ) -> Result<bool, Fault> {
        self.charge(name_steps(name) + this.map_or(0, name_steps))?;
        let text = |value: &Val| match value {
            Val::Text(text) => Ok(Arc::<str>::from(text.as_str())),
            other => Err(Fault::mismatch("string", other.type_name())),
        };
        let this = this.map(text).transpose()?;
        let name = text(name)?;
        let Val::Int(count) = count else { return Err(Fault::mismatch("i64", count.type_name())) };
        let Ok(count) = usize::try_from(*count) else { return Ok(false) };
        Ok(match this {
            Some(this) => self.program.typed(self.file(), &this, &name, count).is_some(),
            None => self.program.named(self.file(), &name, count).is_some(),
        })
    }

    /// Calls back from a native and waits for the value.
    fn call_now(
        &mut self,
        callee: &FnValue,
        this: Option<&mut Val>,
        args: &[&Val],
    ) -> Result<Val, Fault> {
        self.machine.hands_back = false;
        self.charge(CALL_BACK)?;
        let found = self.find(callee, this.as_deref(), args.len())?;
        let Callee::Function(function) = found else {
            if callee.closure.is_some() {
                self.charge(UNFIT)?;
                let all: Vec<Val> = args.iter().map(|value| (*value).clone()).collect();
                return Err(self.unfit(callee, &all));
            }
            let mut all: Vec<Val> = this
                .iter()
                .map(|this| (**this).clone())
                .chain(args.iter().map(|v| (*v).clone()))
                .collect();
            let result = self.call_by_name(&callee.name, &mut all);
            self.machine.hands_back = false;
            if let (Some(this), Some(first)) = (this, all.into_iter().next()) {
                // What a native changes is another value in memory: the caller has the one that it was.
                self.machine.hands_back = !first.is_same(this);
                *this = first;
            }
            return result;
        };
        let floor = self.machine.frames.len();
        let changes = self.program.functions.get(function as usize).is_some_and(|f| f.changes_this);
        let back = match (this.is_some() && changes, self.lends_constants) {
            (false, _) => Back::Nobody,
            (true, false) => Back::Native,
            (true, true) => Back::Constant,
        };
        let bound = this.as_deref().cloned();
        self.natives += 1;
        let args = args.iter().map(|value| (*value).clone());
        let opened = self.open(function, bound, &callee.shared, args, (0, back));
        let result = opened.and_then(|()| self.run(floor, &mut NoTurns));
        let result = result.map(|()| std::mem::take(&mut self.machine.result));
        self.natives -= 1;
        self.machine.hands_back = false;
        if let (Back::Native, Some(this)) = (back, this)
            && let Some(kept) = self.machine.kept_this.take()
        {
            *this = kept;
            self.machine.hands_back = true;
        }
        result
    }

    /// Whether what was called back last may have made something else of `this`. Asked of the function and
    /// not of the value: a function may put there what was there before, in the same place in memory or in
    /// another, and no price may tell which.
    pub(crate) const fn may_have_changed_this(&self) -> bool {
        self.machine.hands_back
    }

    /// See [`call_back`](Self::call_back) in what is lent to natives.
    pub(super) fn call_back_with(
        &mut self,
        caller: &'static str,
        callee: &FnValue,
        mut this: Option<&mut Val>,
        args: &[Val],
        extra: &[Val],
        moved: Option<usize>,
    ) -> Result<Val, Fault> {
        let plain: Vec<&Val> = args.iter().collect();
        let place = self.place();
        let mut result = self.call_now(callee, this.as_deref_mut(), &plain);
        let mut hands_back = self.machine.hands_back;
        if extra.is_empty() && moved.is_none() {
            return result.map_err(|fault| fault.called_at(place));
        }
        if let (Some(moved), true, Err(fault)) = (moved, this.is_some(), &result)
            && fault.is_unknown(&callee.name)
            && let Some(value) = this.as_deref().cloned()
        {
            let mut all = plain.clone();
            all.insert(moved.min(all.len()), &value);
            result = self.call_now(callee, None, &all);
            hands_back |= self.machine.hands_back;
        }
        if let Err(fault) = &result
            && fault.is_unknown(&callee.name)
        {
            let value = this.as_deref().cloned();
            let mut all: Vec<&Val> = plain;
            let mut bound = this;
            if let (Some(moved), Some(value)) = (moved, &value) {
                all.insert(moved.min(all.len()), value);
                bound = None;
            }
            all.extend(extra);
            result = self.call_now(callee, bound, &all);
            hands_back |= self.machine.hands_back;
        }
        self.machine.hands_back = hands_back;
        result.map_err(|fault| fault.called_by(caller, place, self.file()))
    }
}

/// A pointer to a function of a file, of a name that may be one.
pub(crate) fn pointer(name: &str, file: u16) -> Result<Val, Fault> {
    match rhai::FnPtr::new(name) {
        Ok(_) => Ok(Val::Fn(Arc::new(FnValue::named(name, file)))),
        Err(error) => Err((*error).into()),
    }
}

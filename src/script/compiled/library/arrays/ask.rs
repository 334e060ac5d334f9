//! Asking a function of the script about the items of an array.

use std::sync::Arc;

use rhai::FnPtr;

use super::super::super::{Val, callable::FnValue, fault::Fault, machine::Run};
use super::{change, count, list};

/// A function of the script that a native asks, and the native's name.
pub(super) struct Question {
    caller: &'static str,
    asked: Arc<FnValue>,
}

impl Question {
    /// The function that an argument stands for: a pointer, or a name.
    ///
    /// # Errors
    /// [`Fault::no_overload`] if it is neither; otherwise it is a name that no function can have.
    pub(super) fn new(
        run: &mut Run<'_, '_>,
        caller: &'static str,
        argument: &Val,
    ) -> Result<Self, Fault> {
        let asked = match argument {
            Val::Fn(asked) => asked.clone(),
            Val::Text(name) => {
                run.charge(4 + (name.len() / 16) as u64)?;
                FnPtr::new(name.as_str()).map_err(|error| Fault::error(*error))?;
                Arc::new(FnValue::named(name.as_str(), run.file()))
            }
            _ => return Err(Fault::no_overload()),
        };
        Ok(Self { caller, asked })
    }

    /// Asks about the item at a place, which is `this`, or the argument at `moved` if the function
    /// takes one more. What the function makes of `this` is the item from then on, also if it fails.
    ///
    /// Paid for, because what is asked may be a native that costs nothing.
    pub(super) fn ask(
        &self,
        run: &mut Run<'_, '_>,
        array: &mut Val,
        index: usize,
        args: &[Val],
        moved: Option<usize>,
    ) -> Result<Val, Fault> {
        let Some(mut item) = list(array)?.get(index).cloned() else { return Ok(Val::Unit) };
        run.charge(1)?;
        let extra = [count(index)];
        let answer = run.call_back(self.caller, &self.asked, Some(&mut item), args, &extra, moved);
        if run.may_have_changed_this() {
            change(run, array, |list| list.with_item(index, |there| *there = item))?;
        }
        answer
    }

    /// Asks about the item at a place, which is `this` or the first argument, whether something is
    /// true of it. What is no `bool` says no.
    pub(super) fn is_true_of(
        &self,
        run: &mut Run<'_, '_>,
        array: &mut Val,
        index: usize,
    ) -> Result<bool, Fault> {
        let answer = self.ask(run, array, index, &[], Some(0))?;
        Ok(matches!(answer, Val::Bool(true)))
    }

    /// Asks about two values, which are the arguments. Paid for, as [`ask`](Self::ask).
    pub(super) fn about_both(
        &self,
        run: &mut Run<'_, '_>,
        first: &Val,
        second: &Val,
        extra: &[Val],
    ) -> Result<Val, Fault> {
        run.charge(1)?;
        let args = [first.clone(), second.clone()];
        run.call_back(self.caller, &self.asked, None, &args, extra, None)
    }
}

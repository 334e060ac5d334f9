//! What a running call lends to natives.

use super::Run;
use crate::{
    contract::{ErrorKind, LogLevel, ScriptLimits},
    script::compiled::{
        Val,
        callable::FnValue,
        fault::Fault,
        heap::{Weight, live_bytes},
        operators, show,
    },
};

/// How deeply lists and maps may be nested: everything that walks a value recurses.
pub(crate) const MAX_DEPTH: u32 = 32;

impl Run<'_, '_> {
    /// The limits of the call.
    pub(crate) fn limits(&self) -> &ScriptLimits {
        self.context.limits()
    }

    /// Pays for work.
    ///
    /// # Errors
    /// The fuel is used up; the call ends.
    pub(crate) fn charge(&mut self, units: u64) -> Result<(), Fault> {
        match self.fuel.checked_sub(units) {
            Some(left) => {
                self.fuel = left;
                Ok(())
            }
            None => self.refuel(units),
        }
    }

    /// Whether a text may have so many bytes. Ask before it is built.
    ///
    /// # Errors
    /// It may not; the call ends.
    pub(crate) fn fits_text(&self, bytes: usize) -> Result<(), Fault> {
        if bytes > self.limits().string_bytes {
            return Err(Fault::too_large("Length of string"));
        }
        Ok(())
    }

    /// Whether a list may have so many items, or a blob so many bytes. Ask before it is built.
    ///
    /// # Errors
    /// It may not; the call ends.
    pub(crate) fn fits_items(&self, items: usize) -> Result<(), Fault> {
        if items > self.limits().array_items {
            return Err(Fault::too_large("Size of array/BLOB"));
        }
        Ok(())
    }

    /// Whether a value may weigh so much.
    ///
    /// # Errors
    /// It may not; the call ends.
    pub(crate) fn fits(&self, weight: Weight) -> Result<(), Fault> {
        self.fits_text(weight.bytes as usize)?;
        self.fits_items(weight.items as usize)?;
        if weight.entries as usize > self.limits().map_items {
            return Err(Fault::too_large("Size of object map"));
        }
        if weight.depth > MAX_DEPTH {
            return Err(Fault::too_large("Nesting of arrays and maps"));
        }
        self.fits_memory()
    }

    /// Whether all values and commands together may be as large as they are.
    ///
    /// # Errors
    /// They may not; the call ends.
    pub(crate) fn fits_memory(&self) -> Result<(), Fault> {
        let commands = self.context.command_bytes() as i64;
        if live_bytes().saturating_add(commands) > self.live_limit {
            return Err(Fault::stopped(
                ErrorKind::Memory,
                "the call holds more memory than it may",
            ));
        }
        Ok(())
    }

    /// Whether a value may be as large as it is.
    ///
    /// # Errors
    /// It may not; the call ends.
    pub(crate) fn fits_value(&self, value: &Val) -> Result<(), Fault> {
        match value {
            // By itself a blob is as long as it is; among others it counts as one more.
            Val::Blob(bytes) => self.fits_items(bytes.len()),
            value if value.is_inline() => Ok(()),
            value => self.fits(value.weight()),
        }
    }

    /// Writes a line to the script's log.
    pub(crate) fn log(&mut self, level: LogLevel, text: &str) {
        self.context.log(level, text);
    }

    /// The text of a value, as `print` shows it.
    ///
    /// # Errors
    /// The fuel does not suffice, or the text is too long.
    pub(crate) fn show(&mut self, value: &Val) -> Result<String, Fault> {
        show::show(self, value, show::Style::Print)
    }

    /// Whether two values are equal, as `==` has it.
    ///
    /// # Errors
    /// The fuel does not suffice.
    pub(crate) fn equal(&mut self, a: &Val, b: &Val) -> Result<bool, Fault> {
        self.charge(a.weight().compared_with(b.weight()))?;
        Ok(operators::equal(a, b))
    }

    /// Calls what a function pointer points to, for a native of the name `caller`.
    ///
    /// First with `this` bound and `args`; if no function takes so many, with `this` as one of the
    /// arguments, at `moved`, if that is given; and then with `extra` behind them.
    ///
    /// # Errors
    /// There is no such function, or it failed. What it has made of `this` is handed back all the same, if
    /// it [may have changed](Self::may_have_changed_this) it.
    pub(crate) fn call_back(
        &mut self,
        caller: &'static str,
        callee: &FnValue,
        this: Option<&mut Val>,
        args: &[Val],
        extra: &[Val],
        moved: Option<usize>,
    ) -> Result<Val, Fault> {
        self.call_back_with(caller, callee, this, args, extra, moved)
    }
}

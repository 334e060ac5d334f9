use super::Run;
use crate::{
    contract::ErrorKind,
    script::compiled::{Val, fault::Fault, plain},
};

impl Run<'_, '_> {
    /// Whether the variables that the call has changed can be kept.
    #[inline(never)]
    pub(super) fn keep(&mut self) -> Result<(), Fault> {
        let (mut holds, mut is_tight) = (false, true);
        for slot in self.machine.journal.slots() {
            if self.state.get(usize::from(slot)).is_some_and(|value| !value.is_inline()) {
                is_tight &= self.keep_variable(slot)?;
                holds = true;
            }
        }
        if holds {
            self.keep_all()?;
        }
        if is_tight { Ok(()) } else { self.tighten() }
    }

    /// Whether all that the instance keeps is within its limit.
    #[inline(never)]
    fn keep_all(&self) -> Result<(), Fault> {
        let held = |value: &Val| size_of::<Val>() as u64 + u64::from(value.weight().held);
        let bytes = self.state.iter().map(held).sum::<u64>();
        let limit = self.context.limits().state_bytes;
        if bytes > limit as u64 {
            let message = format!("the script keeps {bytes} bytes, the limit is {limit}");
            return Err(Fault::stopped(ErrorKind::Memory, message));
        }
        Ok(())
    }

    /// Makes variables what they would be if they were made anew of what is in them.
    #[cold]
    fn tighten(&mut self) -> Result<(), Fault> {
        for slot in self.machine.journal.slots() {
            let Some(value) = self.state.get(usize::from(slot)) else { continue };
            self.charge(value.weight().steps())?;
            if let Some(value) = self.state.get_mut(usize::from(slot)) {
                plain::tighten(value);
            }
        }
        self.fits_memory()
    }

    /// Whether a variable can be kept; gives whether it is as if it were made anew.
    #[inline(never)]
    fn keep_variable(&mut self, slot: u16) -> Result<bool, Fault> {
        let Some(value) = self.state.get(usize::from(slot)).cloned() else { return Ok(true) };
        self.charge(1 + value.weight().steps() / 16)?;
        let is_tight = plain::check(&value).map_err(|what| Fault::unkept(slot, what))?;
        self.fits_value(&value)?;
        Ok(is_tight)
    }
}

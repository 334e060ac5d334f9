//! What a call sees and does of what entities carry.

use super::ScriptContext;
use crate::{
    api::ApiFault,
    contract::{Pack, ScriptCommand, ScriptId},
};

impl ScriptContext<'_> {
    /// What an entity carries, as this call sees it.
    ///
    /// # Errors
    /// It cannot carry anything.
    pub fn pack(&self, id: ScriptId) -> Result<&Pack, ApiFault> {
        let written = self.call.overlay.get(id).and_then(|writes| writes.pack.as_ref());
        written
            .or_else(|| self.scope.world.pack(id))
            .ok_or_else(|| ApiFault::not_found(format!("entity {id} has no inventory")))
    }

    /// How many of an item an entity carries, as this call sees it.
    ///
    /// # Errors
    /// It cannot carry anything.
    pub fn item_count(&self, id: ScriptId, item: &str) -> Result<u64, ApiFault> {
        let pack = self.pack(id)?;
        self.charge_for(pack);
        Ok(pack.count(item))
    }

    /// All stacks are looked at, and copied if anything changes.
    fn charge_for(&self, pack: &Pack) {
        self.charge(3 * pack.stacks.len() as u64);
    }

    /// How many of an item fit in one slot.
    ///
    /// # Errors
    /// The host has defined no item of this name.
    pub fn max_stack(&self, item: &str) -> Result<u32, ApiFault> {
        let known = self.scope.world.max_stack(item);
        known.ok_or_else(|| ApiFault::not_found(format!("no item \"{item}\" is defined")))
    }

    /// Gives an entity things; says how many fitted.
    ///
    /// # Errors
    /// It cannot carry anything, or the item is unknown; see also [`ScriptContext::command`].
    pub fn add_items(&mut self, id: ScriptId, item: &str, count: u32) -> Result<u32, ApiFault> {
        let max_stack = self.max_stack(item)?;
        let pack = self.pack(id)?;
        self.charge_for(pack);
        let has_room = pack.stacks.len() < pack.slots as usize
            || pack.stacks.iter().any(|stack| stack.item == item && stack.count < max_stack);
        if !has_room {
            return Ok(0);
        }
        let mut pack = pack.clone();
        let fitted = pack.add(item, count, max_stack);
        if fitted == 0 {
            return Ok(0);
        }
        // Only what the script was told: more might fit by the time it is done.
        self.command(ScriptCommand::AddItems { id, item: item.into(), count: fitted })?;
        self.call.overlay.get_mut(id).pack = Some(pack);
        Ok(fitted)
    }

    /// Takes things from an entity, all or none; says which.
    ///
    /// # Errors
    /// It cannot carry anything, or the item is unknown; see also [`ScriptContext::command`].
    pub fn remove_items(&mut self, id: ScriptId, item: &str, count: u32) -> Result<bool, ApiFault> {
        self.max_stack(item)?;
        let pack = self.pack(id)?;
        self.charge_for(pack);
        if pack.count(item) < u64::from(count) {
            return Ok(false);
        }
        let mut pack = pack.clone();
        pack.remove(item, count);
        self.command(ScriptCommand::RemoveItems { id, item: item.into(), count })?;
        self.call.overlay.get_mut(id).pack = Some(pack);
        Ok(true)
    }
}

//! What a call sees and does of health and status effects.

use super::ScriptContext;
use crate::{
    api::ApiFault,
    contract::{ScriptCommand, ScriptId, StatusEffect, Vitals},
};

impl ScriptContext<'_> {
    /// Health and armor, as this call sees them; `None` if the entity has none to lose.
    #[must_use]
    pub fn vitals(&self, id: ScriptId) -> Option<Vitals> {
        let written = self.call.overlay.vitals_of(id);
        written.or_else(|| self.scope.world.vitals(id))
    }

    fn need_vitals(&self, id: ScriptId) -> Result<Vitals, ApiFault> {
        self.vitals(id).ok_or_else(|| ApiFault::not_found(format!("entity {id} has no health")))
    }

    /// Health, as this call sees it; 0 when it is dead.
    ///
    /// # Errors
    /// The entity has no health.
    pub fn health(&self, id: ScriptId) -> Result<f32, ApiFault> {
        // The host may have taken more than there was.
        Ok(self.need_vitals(id)?.health.max(0.0))
    }

    /// What is taken off every hit.
    ///
    /// # Errors
    /// The entity has no health.
    pub fn armor(&self, id: ScriptId) -> Result<f32, ApiFault> {
        Ok(self.need_vitals(id)?.armor)
    }

    /// Whether an entity exists and is not dead, as this call sees it.
    #[must_use]
    pub fn is_alive(&self, id: ScriptId) -> bool {
        let written = self.call.overlay.vitals_of(id);
        self.exists(id)
            && match written {
                Some(vitals) => vitals.is_alive(),
                None => self.scope.world.is_alive(id),
            }
    }

    /// Hurts an entity; gives the damage after armor.
    ///
    /// # Errors
    /// The entity has no health; see also [`ScriptContext::command`].
    pub fn apply_damage(&mut self, id: ScriptId, amount: f32, kind: &str) -> Result<f32, ApiFault> {
        let mut vitals = self.need_vitals(id)?;
        let damage = vitals.hurt(amount);
        let source = self.entity();
        self.command(ScriptCommand::ApplyDamage { id, amount, kind: kind.into(), source })?;
        self.call.overlay.set_vitals(id, vitals);
        Ok(damage)
    }

    /// Heals an entity; gives the health really gained.
    ///
    /// # Errors
    /// The entity has no health; see also [`ScriptContext::command`].
    pub fn heal(&mut self, id: ScriptId, amount: f32) -> Result<f32, ApiFault> {
        let mut vitals = self.need_vitals(id)?;
        let gained = vitals.heal(amount);
        self.ask(|| ScriptCommand::Heal { id, amount })?;
        self.call.overlay.set_vitals(id, vitals);
        Ok(gained)
    }

    /// Sets an entity's health, clamped to what it can have.
    ///
    /// # Errors
    /// The entity has no health; see also [`ScriptContext::command`].
    pub fn set_health(&mut self, id: ScriptId, value: f32) -> Result<(), ApiFault> {
        let mut vitals = self.need_vitals(id)?;
        vitals.set(value);
        let source = self.entity();
        self.ask(|| ScriptCommand::SetHealth { id, value, source })?;
        self.call.overlay.set_vitals(id, vitals);
        Ok(())
    }

    /// What works on an entity, as this call sees it.
    ///
    /// # Errors
    /// Nothing can work on it.
    pub fn status_effects(&self, id: ScriptId) -> Result<&[StatusEffect], ApiFault> {
        let written = self.call.overlay.get(id).and_then(|writes| writes.effects.as_deref());
        written
            .or_else(|| self.scope.world.status_effects(id))
            .ok_or_else(|| ApiFault::not_found(format!("entity {id} has no status effects")))
    }

    /// Lets something work on an entity for a while.
    ///
    /// # Errors
    /// Nothing can work on it; [`ErrorKind::Memory`](crate::contract::ErrorKind::Memory) if as much works
    /// on it already as a list may have elements; see also [`ScriptContext::command`].
    pub fn apply_status_effect(
        &mut self,
        id: ScriptId,
        effect: StatusEffect,
    ) -> Result<(), ApiFault> {
        let before = self.status_effects(id)?;
        // As many as a list may have: every one of them is looked at each tick.
        let limit = self.limits().array_items;
        if before.len() >= limit && before.iter().all(|other| other.name != effect.name) {
            let message = format!("an entity may have at most {limit} status effects");
            return Err(ApiFault::too_large(message));
        }
        // All are copied, and their names compared.
        self.charge(before.iter().map(|other| 3 + other.name.len() as u64 / 16).sum());
        let mut effects = before.to_vec();
        self.command(ScriptCommand::ApplyStatusEffect { id, effect: Box::new(effect.clone()) })?;
        effect.add_to(&mut effects);
        self.call.overlay.get_mut(id).effects = Some(effects);
        Ok(())
    }

    /// Takes everything away that works on an entity; gives how many there were.
    ///
    /// # Errors
    /// Nothing can work on it; see also [`ScriptContext::command`].
    pub fn clear_status_effects(&mut self, id: ScriptId) -> Result<usize, ApiFault> {
        let count = self.status_effects(id)?.len();
        self.ask(|| ScriptCommand::ClearStatusEffects { id })?;
        self.call.overlay.get_mut(id).effects = Some(Vec::new());
        Ok(count)
    }
}

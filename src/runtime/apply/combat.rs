//! Hurting, healing, status effects, things carried.

use bevy::prelude::*;

use crate::{
    contract::{Callback, ScriptId, StatusEffect, Vitals},
    runtime::{
        event_queue::tell,
        gameplay::{
            Armor, Damaged, Died, Health, Inventory, ItemDefinitions, ItemGained,
            StatusEffectApplied, StatusEffects, end_status_effect,
        },
    },
};

/// Changes an entity's health, and tells it if that killed it.
fn change_health<R>(
    world: &mut World,
    entity: Entity,
    source: ScriptId,
    change: impl FnOnce(&mut Vitals) -> R,
) -> Option<R> {
    let armor = world.get::<Armor>(entity).map_or(0.0, |armor| armor.0);
    let mut health = world.get_mut::<Health>(entity)?;
    let mut vitals = Vitals { health: health.current, max: health.max, armor };
    let was_alive = vitals.is_alive();
    let result = change(&mut vitals);
    if health.current != vitals.health {
        health.current = vitals.health;
    }
    if was_alive && !vitals.is_alive() {
        tell(world, entity, Callback::OnDeath, || vec![source.into()]);
        world.write_message(Died { entity, source });
    }
    Some(result)
}

pub(in crate::runtime) fn damage(
    world: &mut World,
    entity: Entity,
    amount: f32,
    kind: &str,
    source: ScriptId,
) {
    let armor = world.get::<Armor>(entity).map_or(0.0, |armor| armor.0);
    let Some(health) = world.get::<Health>(entity) else { return };
    let mut before = Vitals { health: health.current, max: health.max, armor };
    let hurt = before.hurt(amount);
    if hurt > 0.0 {
        // It hears of the hit before it hears that the hit killed it.
        tell(world, entity, Callback::OnDamage, || vec![f64::from(hurt).into(), source.into()]);
        let kind = kind.to_owned();
        world.write_message(Damaged { entity, amount: hurt, kind, source });
    }
    change_health(world, entity, source, |vitals| vitals.hurt(amount));
}

pub(in crate::runtime) fn heal(world: &mut World, entity: Entity, amount: f32) {
    change_health(world, entity, ScriptId::AUTO, |vitals| vitals.heal(amount));
}

pub(in crate::runtime) fn set_health(
    world: &mut World,
    entity: Entity,
    value: f32,
    source: ScriptId,
) {
    change_health(world, entity, source, |vitals| vitals.set(value));
}

pub(in crate::runtime) fn apply_effect(world: &mut World, entity: Entity, effect: StatusEffect) {
    if let Some(mut effects) = world.get_mut::<StatusEffects>(entity) {
        effect.clone().add_to(&mut effects.0);
        world.write_message(StatusEffectApplied { entity, effect });
    }
}

pub(in crate::runtime) fn clear_effects(world: &mut World, entity: Entity) {
    let Some(mut effects) = world.get_mut::<StatusEffects>(entity) else { return };
    for StatusEffect { name, .. } in std::mem::take(&mut effects.0) {
        end_status_effect(world, entity, name);
    }
}

/// Gives an entity things; says how many found no room, because another script was quicker.
pub(in crate::runtime) fn add_items(
    world: &mut World,
    entity: Entity,
    item: &str,
    count: u32,
) -> u32 {
    let max_stack = world.resource::<ItemDefinitions>().0.get(item).copied().unwrap_or(0);
    let inventory = world.get_mut::<Inventory>(entity);
    let added = inventory.map_or(0, |mut inventory| inventory.0.add(item, count, max_stack));
    if added > 0 {
        tell(world, entity, Callback::OnItemGained, || vec![item.into(), i64::from(added).into()]);
        world.write_message(ItemGained { entity, item: item.to_owned(), count: added });
    }
    count - added
}

/// Takes things from an entity; says whether they were still there.
pub(in crate::runtime) fn remove_items(
    world: &mut World,
    entity: Entity,
    item: &str,
    count: u32,
) -> bool {
    let inventory = world.get_mut::<Inventory>(entity);
    inventory.is_some_and(|mut inventory| inventory.0.remove(item, count))
}

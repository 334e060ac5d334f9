//! Status effects, things carried.

use bevy::prelude::*;

use crate::{
    contract::{Callback, StatusEffect},
    runtime::{
        event_queue::tell,
        gameplay::{
            Inventory, ItemDefinitions, ItemGained, StatusEffectApplied, StatusEffects,
            end_status_effect,
        },
    },
};

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

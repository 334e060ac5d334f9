use bevy::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    contract::{Callback, ScriptId, StatusEffect},
    runtime::{event_queue::tell, plugin::ScriptClock},
};

/// What works on an entity at the moment. Time runs off every tick; what has none left is removed.
#[derive(Component, Clone, Debug, Default, PartialEq, Reflect, Serialize, Deserialize)]
#[reflect(Component, Default, PartialEq, Serialize, Deserialize)]
pub struct StatusEffects(pub Vec<StatusEffect>);

/// A script let something work on an entity.
#[derive(Message, Clone, Debug, PartialEq)]
pub struct StatusEffectApplied {
    /// The entity.
    pub entity: Entity,
    /// What, how long and how strongly.
    pub effect: StatusEffect,
}

/// Something no longer works on an entity: its time is over, or it was cleared. Its scripts hear it as
/// `on_status_effect_end(name)`.
#[derive(Message, Clone, Debug, PartialEq, Eq)]
pub struct StatusEffectEnded {
    /// The entity.
    pub entity: Entity,
    /// What it was.
    pub name: String,
}

/// Takes a tick off all effects.
pub(super) fn run_down(
    world: &mut World,
    affected: &mut QueryState<(Entity, Option<&ScriptId>, &mut StatusEffects)>,
) {
    let tick = world.resource::<ScriptClock>().delta_time as f32;
    let mut over = Vec::new();
    for (entity, id, mut effects) in affected.iter_mut(world) {
        if effects.0.is_empty() {
            continue;
        }
        for effect in &mut effects.0 {
            effect.remaining -= tick;
        }
        effects.0.retain(|effect| {
            let lasts = effect.remaining > 0.0;
            if !lasts {
                over.push((id.copied(), entity, effect.name.clone()));
            }
            lasts
        });
    }
    // Stable: those of one entity stay in their order.
    over.sort_by_key(|(id, ..)| *id);
    for (_, entity, name) in over {
        end(world, entity, name);
    }
}

/// Tells that something no longer works on an entity.
pub(in crate::runtime) fn end(world: &mut World, entity: Entity, name: String) {
    tell(world, entity, Callback::OnStatusEffectEnd, || vec![name.as_str().into()]);
    world.write_message(StatusEffectEnded { entity, name });
}

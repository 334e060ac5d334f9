use bevy::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{contract::StatusEffect, runtime::plugin::ScriptClock};

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

/// Something no longer works on an entity: its time is over, or a script cleared it.
#[derive(Message, Clone, Debug, PartialEq, Eq)]
pub struct StatusEffectEnded {
    /// The entity.
    pub entity: Entity,
    /// What it was.
    pub name: String,
}

/// Takes a tick off all effects.
pub(super) fn run_down(
    clock: Res<ScriptClock>,
    mut affected: Query<(Entity, &mut StatusEffects)>,
    mut ended: MessageWriter<StatusEffectEnded>,
) {
    let tick = clock.delta_time as f32;
    for (entity, mut effects) in &mut affected {
        if effects.0.is_empty() {
            continue;
        }
        for effect in &mut effects.0 {
            effect.remaining -= tick;
        }
        effects.0.retain(|effect| {
            let lasts = effect.remaining > 0.0;
            if !lasts {
                ended.write(StatusEffectEnded { entity, name: effect.name.clone() });
            }
            lasts
        });
    }
}

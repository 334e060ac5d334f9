use bevy::prelude::*;
use bevy_replicon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    contract::ScriptId,
    runtime::{CScript, HashRecord, ScriptSystems, Tag, gameplay::Health},
    script::StateSnapshot,
};

/// What the server says of a scripted entity, for clients to show: they get it on an entity of its own, which scripts do
/// not know. What a client's own scripts made of the entity is beside it, ahead by some ticks.
#[derive(Component, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// The entity.
    pub id: ScriptId,
    /// Its translation and its rotation.
    pub place: Option<(Vec3, Quat)>,
    /// Its tag; empty for none.
    pub tag: String,
    /// Its health, and the most that it can have.
    pub health: Option<(f32, f32)>,
    /// The variables of its scripts.
    pub scripts: Vec<StateSnapshot>,
}

pub(super) fn build(app: &mut App) {
    app.replicate::<Shown>().add_systems(
        FixedUpdate,
        show.after(ScriptSystems::Tick).run_if(in_state(ServerState::Running)),
    );
}

/// Brings what is shown up to date, of those entities that the last tick changed.
fn show(
    mut commands: Commands,
    record: Option<Res<HashRecord>>,
    mut last: Local<std::collections::HashMap<ScriptId, u64>>,
    scripted: Query<(
        Entity,
        &ScriptId,
        Option<&Transform>,
        Option<&Tag>,
        Option<&Health>,
        Option<&CScript>,
        Has<Shown>,
    )>,
) {
    // Without hashes all are looked at.
    let hashes: Option<std::collections::HashMap<ScriptId, u64>> = record.and_then(|record| {
        record.ticks().next_back().map(|tick| tick.entities.iter().copied().collect())
    });
    for (entity, id, place, tag, health, script, is_shown) in &scripted {
        let hash = hashes.as_ref().and_then(|hashes| hashes.get(id)).copied();
        if is_shown && hash.is_some() && last.get(id).copied() == hash {
            continue;
        }
        last.extend(hash.map(|hash| (*id, hash)));
        let shown = Shown {
            id: *id,
            place: place.map(|place| (place.translation, place.rotation)),
            tag: tag.map(|tag| tag.0.clone()).unwrap_or_default(),
            health: health.map(|health| (health.current, health.max)),
            scripts: script
                .map(|script| {
                    script.slots().iter().map(super::super::ScriptSlot::snapshot).collect()
                })
                .unwrap_or_default(),
        };
        commands.entity(entity).insert((Replicated, shown));
    }
    if last.len() > 2 * scripted.iter().len() + 64 {
        last.clear();
    }
}

use std::sync::atomic::{AtomicBool, Ordering};

use bevy::prelude::*;

use super::{plugin::ScriptClock, view};
use crate::contract::ScriptId;

/// Where an entity was a tick ago, for `get_velocity` of what no physics moves.
#[derive(Component, Clone, Copy, Debug, Default)]
pub(super) struct Motion {
    pub(super) last: Option<Vec3>,
    pub(super) velocity: Vec3,
}

/// Whether any script asks for velocities. Nothing is measured until a script is loaded that does, or
/// one asks all the same.
#[derive(Resource, Default)]
pub(super) struct MotionWanted(pub(super) AtomicBool);

/// Measures how far every scripted entity went since the last tick.
pub(super) fn track_motion(
    wanted: Res<MotionWanted>,
    clock: Res<ScriptClock>,
    mut moving: Query<(Entity, &mut Motion), With<ScriptId>>,
    places: view::Places<'_, '_>,
) {
    if !wanted.0.load(Ordering::Relaxed) {
        return;
    }
    let per_second = 1.0 / clock.delta_time as f32;
    for (entity, mut motion) in &mut moving {
        let Some(place) = places.translation(entity) else { continue };
        motion.velocity = motion.last.map_or(Vec3::ZERO, |last| (place - last) * per_second);
        motion.last = Some(place);
    }
}

use std::hash::Hasher as _;

use bevy::prelude::*;
use twox_hash::XxHash3_64;

use super::{
    cscript::CScript, expose::ExposedComponents, ids::ScriptIds, plugin::ScriptClock, tag::Tag,
};
use crate::contract::{hash_bytes, hash_vec3};

/// One number for everything that scripts can see and keep: the tick, and of every scripted entity
/// its id, place, tag, exposed components and the variables of its scripts.
///
/// Two machines that ran the same scripts with the same inputs get the same number; it is the first
/// thing to compare. Costs about a microsecond an entity.
#[must_use]
pub fn world_hash(world: &World) -> u64 {
    let mut hasher = XxHash3_64::default();
    hasher.write(&world.resource::<ScriptClock>().tick.to_le_bytes());
    let mut entities: Vec<_> = world.resource::<ScriptIds>().iter().collect();
    entities.sort_unstable_by_key(|(id, _)| *id);
    let exposed = world.resource::<ExposedComponents>();
    for (id, entity) in entities {
        hasher.write(&id.0.to_le_bytes());
        if let Some(place) = world.get::<Transform>(entity) {
            hash_vec3(place.translation, &mut hasher);
            let [x, y, z, w] = place.rotation.to_array();
            hash_vec3(Vec3::new(x, y, z), &mut hasher);
            hash_vec3(Vec3::splat(w), &mut hasher);
            hash_vec3(place.scale, &mut hasher);
        }
        if let Some(Tag(tag)) = world.get::<Tag>(entity) {
            hash_bytes(tag.as_bytes(), &mut hasher);
        }
        for (name, exposed) in &exposed.0 {
            // What cannot be shown to scripts cannot differ for them either.
            if let Ok(Some(value)) = (exposed.read)(world, entity) {
                hash_bytes(name.as_bytes(), &mut hasher);
                value.hash_canonical(&mut hasher);
            }
        }
        for slot in world.get::<CScript>(entity).map(CScript::slots).unwrap_or_default() {
            for (name, value) in &slot.snapshot().0 {
                hash_bytes(name.as_bytes(), &mut hasher);
                value.hash_canonical(&mut hasher);
            }
        }
    }
    hasher.finish()
}

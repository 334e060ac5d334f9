use std::hash::Hasher as _;

use bevy::prelude::*;
use twox_hash::XxHash3_64;

use super::gameplay::{
    Armor, AttackPower, EyeHeight, Health, Hitbox, Inventory, SightRange, StatusEffects, Team,
};
use super::{
    cscript::CScript, expose::ExposedComponents, ids::ScriptIds, plugin::ScriptClock, tag::Tag,
};
use crate::contract::{Shape, Value, hash_bytes, hash_vec3};

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
        #[cfg(feature = "avian3d")]
        if let Some(velocity) = super::physics::velocity(world, entity) {
            hash_vec3(velocity, &mut hasher);
        }
        if let Some(Tag(tag)) = world.get::<Tag>(entity) {
            hash_bytes(tag.as_bytes(), &mut hasher);
        }
        hash_gameplay(world, entity, &mut hasher);
        for (name, exposed) in &exposed.0 {
            // What cannot be shown to scripts cannot differ for them either.
            if let Ok(Some(value)) = exposed.read::<Value>(world, entity) {
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

/// The components behind the functions of the API.
fn hash_gameplay(world: &World, entity: Entity, hasher: &mut XxHash3_64) {
    if let Some(health) = world.get::<Health>(entity) {
        let armor = world.get::<Armor>(entity).map_or(0.0, |armor| armor.0);
        hash_vec3(Vec3::new(health.current, health.max, armor), hasher);
    }
    for effect in world.get::<StatusEffects>(entity).map_or(&[][..], |effects| &effects.0) {
        hash_bytes(effect.name.as_bytes(), hasher);
        hash_vec3(Vec3::new(effect.remaining, effect.magnitude, 0.0), hasher);
    }
    let number = |x: Option<f32>| Vec3::splat(x.unwrap_or(-1.0));
    hash_vec3(number(world.get::<AttackPower>(entity).map(|power| power.0)), hasher);
    hash_vec3(number(world.get::<SightRange>(entity).map(|range| range.0)), hasher);
    hash_vec3(number(world.get::<EyeHeight>(entity).map(|height| height.0)), hasher);
    if let Some(Hitbox(shape)) = world.get::<Hitbox>(entity) {
        hasher.write(&[u8::from(matches!(shape, Shape::Box { .. }))]);
        hash_vec3(shape.half_extents(), hasher);
    }
    if let Some(Team(team)) = world.get::<Team>(entity) {
        hash_bytes(team.as_bytes(), hasher);
    }
    if let Some(Inventory(pack)) = world.get::<Inventory>(entity) {
        hasher.write(&pack.slots.to_le_bytes());
        for stack in &pack.stacks {
            hash_bytes(stack.item.as_bytes(), hasher);
            hasher.write(&stack.count.to_le_bytes());
        }
    }
}

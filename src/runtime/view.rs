//! The world as scripts read it. Nothing else reads it for them.

use std::{
    any::{Any, TypeId},
    sync::{OnceLock, atomic::Ordering},
};

use bevy::{
    ecs::{
        reflect::{ReflectComponent, ReflectResource},
        system::SystemParam,
    },
    math::Affine3A,
    prelude::*,
    reflect::TypeRegistry,
};

use super::{
    expose::ExposedComponents,
    gameplay::{
        Armor, AttackPower, EyeHeight, Health, Hitbox, Hostility, Inventory, ItemDefinitions,
        SightRange, StatusEffects, Team,
    },
    ids::ScriptIds,
    motion::{Motion, MotionWanted},
    plugin::ScriptClock,
    prefab::Prefabs,
    show::{ParticleEffects, SoundFolders, Sounds},
    space::SpatialIndex,
    tag::{Tag, TagIndex},
};
use crate::contract::{
    ComponentFault, Pack, ScriptId, Shape, Space, StatusEffect, Value, Vitals, WorldView,
};

/// Borrows the world for the length of a pass and copies nothing.
pub(super) struct WorldWindow<'w> {
    world: &'w World,
    ids: &'w ScriptIds,
    tags: &'w TagIndex,
    exposed: &'w ExposedComponents,
    prefabs: &'w Prefabs,
    motion_wanted: &'w MotionWanted,
    space: OnceLock<SpatialIndex>,
    registry: &'w TypeRegistry,
    places: &'w QueryState<(&'static Transform, Option<&'static ChildOf>)>,
    motions: &'w QueryState<&'static Motion>,
    tagged: &'w QueryState<&'static Tag>,
}

/// The queries of the window, kept from pass to pass.
#[derive(Resource)]
pub(super) struct WindowQueries {
    places: QueryState<(&'static Transform, Option<&'static ChildOf>)>,
    motions: QueryState<&'static Motion>,
    tagged: QueryState<&'static Tag>,
}

impl FromWorld for WindowQueries {
    fn from_world(world: &mut World) -> Self {
        Self {
            places: QueryState::new(world),
            motions: QueryState::new(world),
            tagged: QueryState::new(world),
        }
    }
}

impl WorldWindow<'_> {
    /// Does something with a window on the world.
    pub(super) fn open<R>(world: &mut World, look: impl FnOnce(&WorldWindow<'_>) -> R) -> R {
        world.resource_scope(|world, mut queries: Mut<'_, WindowQueries>| {
            queries.places.update_archetypes(world);
            queries.motions.update_archetypes(world);
            queries.tagged.update_archetypes(world);
            let world = &*world;
            let registry = world.resource::<AppTypeRegistry>().read();
            look(&WorldWindow {
                world,
                ids: world.resource(),
                tags: world.resource(),
                exposed: world.resource(),
                prefabs: world.resource(),
                motion_wanted: world.resource(),
                space: OnceLock::new(),
                registry: &registry,
                places: &queries.places,
                motions: &queries.motions,
                tagged: &queries.tagged,
            })
        })
    }
}

/// Where an entity stands, from its own place and those of its parents: the propagated
/// [`GlobalTransform`] is as old as the last frame.
pub(super) fn global_place(world: &World, entity: Entity) -> Option<Affine3A> {
    let mut affine = world.get::<Transform>(entity)?.compute_affine();
    let mut child = entity;
    while let Some(ChildOf(parent)) = world.get::<ChildOf>(child) {
        let Some(place) = world.get::<Transform>(*parent) else { break };
        affine = place.compute_affine() * affine;
        child = *parent;
    }
    Some(affine)
}

/// Where entities stand, for systems.
#[derive(SystemParam)]
pub(super) struct Places<'w, 's> {
    places: Query<'w, 's, (&'static Transform, Option<&'static ChildOf>)>,
}

impl Places<'_, '_> {
    pub(super) fn translation(&self, entity: Entity) -> Option<Vec3> {
        let (place, parent) = self.places.get(entity).ok()?;
        let Some(ChildOf(parent)) = parent else { return Some(place.translation) };
        let mut affine = place.compute_affine();
        let mut next = Some(*parent);
        while let Some((place, parent)) = next.and_then(|entity| self.places.get(entity).ok()) {
            affine = place.compute_affine() * affine;
            next = parent.map(|ChildOf(parent)| *parent);
        }
        Some(affine.translation.into())
    }
}

impl WorldWindow<'_> {
    fn get<C: Component>(&self, id: ScriptId) -> Option<&C> {
        self.world.get(self.ids.entity(id)?)
    }
}

impl WorldView for WorldWindow<'_> {
    fn exists(&self, id: ScriptId) -> bool {
        self.ids.entity(id).is_some()
    }

    fn position(&self, id: ScriptId) -> Option<Vec3> {
        let entity = self.ids.entity(id)?;
        match self.places.get_manual(self.world, entity).ok()? {
            (place, None) => Some(place.translation),
            _ => global_place(self.world, entity).map(|affine| affine.translation.into()),
        }
    }

    fn velocity(&self, id: ScriptId) -> Vec3 {
        self.motion_wanted.0.store(true, Ordering::Relaxed);
        let motion = self.ids.entity(id).map(|entity| self.motions.get_manual(self.world, entity));
        motion.and_then(Result::ok).map_or(Vec3::ZERO, |motion| motion.velocity)
    }

    fn tag(&self, id: ScriptId) -> Option<&str> {
        let entity = self.ids.entity(id)?;
        self.tagged.get_manual(self.world, entity).ok().map(|tag| tag.0.as_str())
    }

    fn find_by_tag(&self, tag: &str, accept: &dyn Fn(ScriptId) -> bool) -> Option<ScriptId> {
        self.tags.get(tag).find(|id| accept(*id))
    }

    fn component(&self, id: ScriptId, name: &str) -> Result<Option<Value>, ComponentFault> {
        let exposed = self.exposed.get(name)?;
        self.ids.entity(id).map_or(Ok(None), |entity| (exposed.read)(self.world, entity))
    }

    fn patched_component(
        &self,
        id: ScriptId,
        name: &str,
        patches: &[&Value],
    ) -> Result<Value, ComponentFault> {
        let exposed = self.exposed.writable(name)?;
        exposed.patched(self.world, self.ids.entity(id), patches, self.registry)
    }

    fn is_prefab(&self, name: &str) -> bool {
        self.prefabs.0.contains_key(name)
    }

    fn vitals(&self, id: ScriptId) -> Option<Vitals> {
        let health = self.get::<Health>(id)?;
        let armor = self.get::<Armor>(id).map_or(0.0, |armor| armor.0);
        Some(Vitals { health: health.current, max: health.max, armor })
    }

    fn status_effects(&self, id: ScriptId) -> Option<&[StatusEffect]> {
        self.get::<StatusEffects>(id).map(|effects| effects.0.as_slice())
    }

    fn team(&self, id: ScriptId) -> Option<&str> {
        self.get::<Team>(id).map(|team| team.0.as_str())
    }

    fn are_hostile(&self, team: &str, other: &str) -> bool {
        self.world.resource::<Hostility>().are_hostile(team, other)
    }

    fn attack_power(&self, id: ScriptId) -> f32 {
        self.get::<AttackPower>(id).map_or(0.0, |power| power.0)
    }

    fn sight_range(&self, id: ScriptId) -> f32 {
        self.get::<SightRange>(id).map_or(f32::INFINITY, |range| range.0)
    }

    fn eye_height(&self, id: ScriptId) -> f32 {
        self.get::<EyeHeight>(id).map_or(0.0, |height| height.0)
    }

    fn shape(&self, id: ScriptId) -> Option<Shape> {
        self.get::<Hitbox>(id).map(|hitbox| hitbox.0)
    }

    fn space(&self) -> Option<&dyn Space> {
        Some(self.space.get_or_init(|| SpatialIndex::new(self.world, self.ids)))
    }

    fn pack(&self, id: ScriptId) -> Option<&Pack> {
        self.get::<Inventory>(id).map(|inventory| &inventory.0)
    }

    fn max_stack(&self, item: &str) -> Option<u32> {
        self.world.resource::<ItemDefinitions>().0.get(item).copied()
    }

    fn is_sound_allowed(&self, path: &str) -> bool {
        self.world.resource::<SoundFolders>().allows(path)
    }

    fn is_sound_known(&self, handle: i64) -> bool {
        self.world.resource::<Sounds>().is_known(handle, self.world.resource::<ScriptClock>())
    }

    fn is_particle_effect(&self, name: &str) -> bool {
        self.world.resource::<ParticleEffects>().0.contains(name)
    }

    fn resource(&self, type_id: TypeId) -> Option<&dyn Any> {
        let data = self.registry.get_type_data::<ReflectResource>(type_id)?;
        let _ = data;
        let component = self.registry.get_type_data::<ReflectComponent>(type_id)?;
        let id = self.world.components().get_id(type_id)?;
        let entity = self.world.resource_entities().get(id)?;
        component.reflect(self.world.entity(entity)).map(Reflect::as_any)
    }

    fn host_component(&self, id: ScriptId, type_id: TypeId) -> Option<&dyn Any> {
        let component = self.registry.get_type_data::<ReflectComponent>(type_id)?;
        let entity = self.ids.entity(id)?;
        component.reflect(self.world.entity(entity)).map(Reflect::as_any)
    }
}

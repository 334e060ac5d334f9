//! The world as scripts read it. Nothing else reads it for them.

use std::{
    any::{Any, TypeId},
    sync::atomic::Ordering,
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
    ids::ScriptIds,
    motion::{Motion, MotionWanted},
    prefab::Prefabs,
    tag::{Tag, TagIndex, id_of},
};
use crate::contract::{ComponentFault, ScriptId, Value, WorldView};

/// Borrows the world for the length of a pass and copies nothing.
pub(super) struct WorldWindow<'w> {
    world: &'w World,
    ids: &'w ScriptIds,
    tags: &'w TagIndex,
    exposed: &'w ExposedComponents,
    prefabs: &'w Prefabs,
    motion_wanted: &'w MotionWanted,
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
        let ids = self.tags.get(tag).filter_map(|entity| id_of(self.world, entity));
        ids.filter(|id| accept(*id)).min()
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

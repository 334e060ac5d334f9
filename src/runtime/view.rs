//! The world as scripts read it. Nothing else reads it for them.

mod queries;
#[cfg(feature = "avian3d")]
mod solid;
mod tables;

use std::{
    any::{Any, TypeId},
    sync::{Mutex, OnceLock, PoisonError, atomic::Ordering},
};

use bevy::{
    ecs::{
        change_detection::Tick,
        component::ComponentId,
        query::{ROQueryItem, ReadOnlyQueryData},
        reflect::{ReflectComponent, ReflectResource},
        system::SystemParam,
    },
    math::Affine3A,
    prelude::*,
    reflect::TypeRegistry,
};

use super::{
    apply::Row,
    cscript::CScript,
    expose::ExposedComponents,
    gameplay::{Health, Hostility, ItemDefinitions},
    ids::ScriptIds,
    motion::MotionWanted,
    plugin::ScriptClock,
    prefab::Prefabs,
    reflect_value::Form,
    show::{ParticleEffects, SoundFolders, Sounds},
    space::{Occupant, SpatialIndex},
    tag::TagIndex,
};
use crate::{
    api::Progression,
    contract::{
        Body, ComponentFault, ComponentView, Pack, ScriptId, Shape, Space, StatusEffect, Value,
        Vitals, WorldView,
    },
};

use self::tables::Tables;
pub(super) use self::tables::{Finger, Neighbours, Spot};
pub(super) use queries::KeptQueries;
use queries::OpenQueries;

/// Borrows the world for the length of a pass and copies nothing.
pub(super) struct WorldWindow<'w> {
    world: &'w World,
    queries: OpenQueries<'w>,
    registry: &'w TypeRegistry,
    /// The component [`ChildOf`].
    child_of: ComponentId,
    /// For whoever asks for many at a time.
    tables: Tables<'w>,
    /// Who is where in this pass, once somebody has asked.
    space: OnceLock<SpatialIndex>,
    /// Who was where when somebody asked last.
    last_space: Mutex<Option<SpatialIndex>>,
    ids: &'w ScriptIds,
    tags: &'w TagIndex,
    exposed: &'w ExposedComponents,
    prefabs: &'w Prefabs,
    motion_wanted: &'w MotionWanted,
    hostility: &'w Hostility,
    items: &'w ItemDefinitions,
    clock: &'w ScriptClock,
    sounds: &'w Sounds,
    sound_folders: &'w SoundFolders,
    particle_effects: &'w ParticleEffects,
}

impl WorldWindow<'_> {
    /// Does something with a window on the world.
    pub(super) fn open<R>(world: &mut World, look: impl FnOnce(&WorldWindow<'_>) -> R) -> R {
        let child_of = world.register_component::<ChildOf>();
        world.resource_scope(|world, mut kept: Mut<'_, KeptQueries>| {
            let KeptQueries(queries) = &mut *kept;
            let world = &*world;
            let registry = world.resource::<AppTypeRegistry>().read();
            let last_space = Mutex::new(queries.last_space.take());
            let open = queries.open(world);
            let window = WorldWindow {
                world,
                tables: Tables::new(world, &open),
                queries: open,
                registry: &registry,
                child_of,
                space: OnceLock::new(),
                last_space,
                ids: world.resource(),
                tags: world.resource(),
                exposed: world.resource(),
                prefabs: world.resource(),
                motion_wanted: world.resource(),
                hostility: world.resource(),
                items: world.resource(),
                clock: world.resource(),
                sounds: world.resource(),
                sound_folders: world.resource(),
                particle_effects: world.resource(),
            };
            let seen = look(&window);
            let WorldWindow { space, last_space, .. } = window;
            let last_space = last_space.into_inner().unwrap_or_else(PoisonError::into_inner);
            queries.last_space = space.into_inner().or(last_space);
            seen
        })
    }
}

/// A place with all that is above it, found with `look`: the propagated [`GlobalTransform`] is as old as
/// the last frame.
pub(super) fn place_under<'a>(
    place: &Transform,
    parent: Option<Entity>,
    look: impl Fn(Entity) -> Option<(&'a Transform, Option<&'a ChildOf>)>,
) -> Affine3A {
    let mut affine = place.compute_affine();
    let mut next = parent;
    while let Some((place, parent)) = next.and_then(&look) {
        affine = place.compute_affine() * affine;
        next = parent.map(|ChildOf(parent)| *parent);
    }
    affine
}

/// Which way a place faces.
pub(super) fn rotation_of(place: Affine3A) -> Quat {
    place.to_scale_rotation_translation().1
}

/// As [`WorldView::is_alive`] by itself, without looking for armor.
fn is_alive(Health { current, max }: &Health) -> bool {
    Vitals { health: *current, max: *max, armor: 0.0 }.is_alive()
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
        let affine = place_under(place, Some(*parent), |entity| self.places.get(entity).ok());
        Some(affine.translation.into())
    }
}

impl WorldWindow<'_> {
    fn get<'a, D: ReadOnlyQueryData>(
        &self,
        query: &'a Query<'_, '_, D>,
        id: ScriptId,
    ) -> Option<ROQueryItem<'a, 'a, D>> {
        query.get(self.ids.entity(id)?).ok()
    }

    /// The place of an entity that has a parent.
    fn place_below(&self, parent: Entity, place: &Transform) -> Affine3A {
        place_under(place, Some(parent), |entity| self.queries.places.get(entity).ok())
    }

    fn translation(&self, place: &Transform, parent: Option<&ChildOf>) -> Vec3 {
        match parent {
            Some(ChildOf(parent)) => self.place_below(*parent, place).translation.into(),
            None => place.translation,
        }
    }

    /// Where in the tables of the world an entity lies that has nothing above it.
    #[inline]
    pub(super) fn row<'a>(&'a self, id: ScriptId, finger: &mut Finger<'a>) -> Option<Row<'a>> {
        let entity = self.ids.entity(id)?;
        self.tables.row(entity, finger).or_else(|| self.row_elsewhere(entity))
    }

    #[inline(never)]
    fn row_elsewhere(&self, entity: Entity) -> Option<Row<'_>> {
        let location = self.world.entities().get_spawned(entity).ok()?;
        let archetype = self.world.archetypes().get(location.archetype_id)?;
        let (table, row) = (location.table_id.as_u32(), location.table_row.index_u32());
        (!archetype.contains(self.child_of)).then_some(Row { table, row, ids: &[] })
    }

    /// The scripts of an entity, and whether it is disabled.
    #[inline]
    pub(super) fn scripts<'a>(
        &'a self,
        entity: Entity,
        finger: &mut Finger<'a>,
    ) -> Option<(&'a CScript, bool)> {
        let found = self.tables.scripts(entity, finger);
        found.or_else(|| self.queries.scripts.get(entity).ok())
    }

    /// So many entities, if they lie side by side in this order and are not disabled.
    #[inline(always)]
    pub(super) fn neighbours(&self, all: &Progression, count: usize) -> Option<Neighbours<'_>> {
        self.tables.neighbours(all, count)
    }

    /// When the scripts of an entity were changed, if it is not disabled, given where it was found last. `None` says nothing.
    #[inline(always)]
    pub(super) fn scripts_changed<'a>(
        &'a self,
        entity: Entity,
        found: (&mut Spot, &mut Finger<'a>),
    ) -> Option<Tick> {
        self.tables.scripts_changed(entity, found)
    }

    /// The id of an entity that scripts know.
    fn id(&self, entity: Entity) -> Option<ScriptId> {
        let id = *self.queries.ids.get(entity).ok()?;
        (self.ids.entity(id) == Some(entity)).then_some(id)
    }

    fn read_component<F: Form>(
        &self,
        id: ScriptId,
        name: &str,
    ) -> Result<Option<F>, ComponentFault> {
        let exposed = self.exposed.get(name)?;
        self.ids.entity(id).map_or(Ok(None), |entity| exposed.read(self.world, entity))
    }

    /// Whether the physics engine knows what of an entity stands in the way of rays.
    #[cfg_attr(
        not(feature = "avian3d"),
        expect(clippy::unused_self, reason = "with physics it asks")
    )]
    fn is_solid(&self, entity: Entity) -> bool {
        #[cfg(feature = "avian3d")]
        return self.queries.physics.knows(entity);
        #[cfg(not(feature = "avian3d"))]
        {
            let _ = entity;
            false
        }
    }

    fn index(&self) -> &SpatialIndex {
        self.space.get_or_init(|| {
            let last = self.last_space.lock().unwrap_or_else(PoisonError::into_inner).take();
            let mut index = last.unwrap_or_default();
            index.refresh(|| self.occupants());
            index
        })
    }

    fn occupants(&self) -> impl Iterator<Item = Occupant<'_>> {
        let all = self.queries.occupants.iter();
        all.filter(|(entity, id, ..)| self.ids.entity(**id) == Some(*entity)).map(
            |(entity, id, place, parent, team, health, power, hitbox)| Occupant {
                id: *id,
                center: self.translation(place, parent),
                team: team.map(|team| team.0.as_str()),
                is_alive: health.is_none_or(is_alive),
                attack_power: power.map_or(0.0, |power| power.0),
                shape: hitbox.filter(|_| !self.is_solid(entity)).map(|hitbox| hitbox.0),
            },
        )
    }
}

impl WorldView for WorldWindow<'_> {
    fn exists(&self, id: ScriptId) -> bool {
        self.ids.entity(id).is_some()
    }

    fn position(&self, id: ScriptId) -> Option<Vec3> {
        let (place, parent) = self.get(&self.queries.places, id)?;
        Some(self.translation(place, parent))
    }

    fn rotation(&self, id: ScriptId) -> Quat {
        let Some((place, parent)) = self.get(&self.queries.places, id) else {
            return Quat::IDENTITY;
        };
        let above = parent.and_then(|ChildOf(parent)| {
            let (place, parent) = self.queries.places.get(*parent).ok()?;
            Some(match parent {
                Some(ChildOf(parent)) => self.place_below(*parent, place),
                None => place.compute_affine(),
            })
        });
        above.map_or(Quat::IDENTITY, rotation_of) * place.rotation
    }

    fn parent(&self, id: ScriptId) -> Option<ScriptId> {
        let mut child = self.ids.entity(id)?;
        loop {
            let ChildOf(parent) = self.queries.parents.get(child).ok()?;
            if let Some(id) = self.id(*parent) {
                return Some(id);
            }
            child = *parent;
        }
    }

    fn each_below(&self, id: ScriptId, visit: &mut dyn FnMut(ScriptId)) {
        let mut next: Vec<Entity> = self.ids.entity(id).into_iter().collect();
        while let Some(entity) = next.pop() {
            let Ok(children) = self.queries.children.get(entity) else {
                continue;
            };
            children.iter().filter_map(|child| self.id(child)).for_each(&mut *visit);
            next.extend(children.iter());
        }
    }

    fn velocity(&self, id: ScriptId) -> Vec3 {
        #[cfg(feature = "avian3d")]
        if let Some(velocity) =
            self.ids.entity(id).and_then(|entity| super::physics::velocity(self.world, entity))
        {
            return velocity;
        }
        self.motion_wanted.0.store(true, Ordering::Relaxed);
        self.get(&self.queries.motions, id).map_or(Vec3::ZERO, |motion| motion.velocity)
    }

    fn tag(&self, id: ScriptId) -> Option<&str> {
        self.get(&self.queries.tags, id).map(|tag| tag.0.as_str())
    }

    fn find_by_tag(&self, tag: &str, accept: &dyn Fn(ScriptId) -> bool) -> Option<ScriptId> {
        self.tags.get(tag).find(|id| accept(*id))
    }

    fn component(&self, id: ScriptId, name: &str) -> Result<Option<Value>, ComponentFault> {
        self.read_component(id, name)
    }

    fn component_view(
        &self,
        id: ScriptId,
        name: &str,
    ) -> Result<Option<ComponentView>, ComponentFault> {
        self.read_component(id, name)
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
        let (health, armor) = self.get(&self.queries.vitals, id)?;
        let armor = armor.map_or(0.0, |armor| armor.0);
        Some(Vitals { health: health.current, max: health.max, armor })
    }

    fn is_alive(&self, id: ScriptId) -> bool {
        self.get(&self.queries.healths, id).is_none_or(is_alive)
    }

    fn status_effects(&self, id: ScriptId) -> Option<&[StatusEffect]> {
        self.get(&self.queries.effects, id).map(|effects| effects.0.as_slice())
    }

    fn team(&self, id: ScriptId) -> Option<&str> {
        self.get(&self.queries.teams, id).map(|team| team.0.as_str())
    }

    fn are_hostile(&self, team: &str, other: &str) -> bool {
        self.hostility.are_hostile(team, other)
    }

    fn attack_power(&self, id: ScriptId) -> f32 {
        self.get(&self.queries.powers, id).map_or(0.0, |power| power.0)
    }

    fn sight_range(&self, id: ScriptId) -> f32 {
        self.get(&self.queries.sights, id).map_or(f32::INFINITY, |range| range.0)
    }

    fn eye_height(&self, id: ScriptId) -> f32 {
        self.body(id).map_or(0.0, |body| body.eye_height)
    }

    fn shape(&self, id: ScriptId) -> Option<Shape> {
        self.body(id)?.shape
    }

    fn body(&self, id: ScriptId) -> Option<Body> {
        let (place, parent, eyes, hitbox) = self.get(&self.queries.bodies, id)?;
        Some(Body {
            position: self.translation(place, parent),
            eye_height: eyes.map_or(0.0, |height| height.0),
            shape: hitbox.map(|hitbox| hitbox.0),
        })
    }

    fn space(&self) -> Option<&dyn Space> {
        #[cfg(feature = "avian3d")]
        return Some(self);
        #[cfg(not(feature = "avian3d"))]
        Some(self.index())
    }

    fn pack(&self, id: ScriptId) -> Option<&Pack> {
        self.get(&self.queries.inventories, id).map(|inventory| &inventory.0)
    }

    fn max_stack(&self, item: &str) -> Option<u32> {
        self.items.0.get(item).copied()
    }

    fn is_sound_allowed(&self, path: &str) -> bool {
        self.sound_folders.allows(path)
    }

    fn is_sound_known(&self, handle: i64) -> bool {
        self.sounds.is_known(handle, self.clock)
    }

    fn has_animation(&self, id: ScriptId, name: &str) -> Option<bool> {
        self.get(&self.queries.clips, id).map(|clips| clips.0.contains_key(name))
    }

    fn is_particle_effect(&self, name: &str) -> bool {
        self.particle_effects.0.contains(name)
    }

    fn resource(&self, type_id: TypeId) -> Option<&dyn Any> {
        self.registry.get_type_data::<ReflectResource>(type_id)?;
        let component = self.registry.get_type_data::<ReflectComponent>(type_id)?;
        let id = self.world.components().get_id(type_id)?;
        let entity = self.world.resource_entities().get(id)?;
        component.reflect(self.world.entity(entity)).map(Reflect::as_any)
    }

    fn host_component(&self, id: ScriptId, type_id: TypeId) -> Option<&dyn Any> {
        // What scripts keep is changing while they run.
        if type_id == TypeId::of::<CScript>() {
            return None;
        }
        let component = self.registry.get_type_data::<ReflectComponent>(type_id)?;
        let entity = self.ids.entity(id)?;
        component.reflect(self.world.entity(entity)).map(Reflect::as_any)
    }
}

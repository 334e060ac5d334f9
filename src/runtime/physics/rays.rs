use avian3d::prelude::{Collider, Sensor, SpatialQuery, SpatialQueryFilter};
use bevy::{ecs::system::SystemState, prelude::*};

use crate::{
    contract::{RayHit, ScriptId, Way},
    runtime::ids::ScriptIds,
};

/// What the window asks of the engine, kept from pass to pass.
pub(in crate::runtime) struct PhysicsQueries {
    rays: SystemState<SpatialQuery<'static, 'static>>,
    owners: QueryState<(Option<&'static ScriptId>, Option<&'static ChildOf>, Has<Sensor>)>,
    solids: QueryState<(), (With<Collider>, Without<Sensor>)>,
}

impl FromWorld for PhysicsQueries {
    fn from_world(world: &mut World) -> Self {
        Self {
            rays: SystemState::new(world),
            owners: QueryState::new(world),
            solids: QueryState::new(world),
        }
    }
}

impl PhysicsQueries {
    pub(in crate::runtime) fn open<'w>(&'w mut self, world: &'w World) -> OpenPhysics<'w> {
        OpenPhysics {
            // There is none in a world without the engine's plugins.
            rays: self.rays.get(world).ok(),
            owners: self.owners.query(world),
            solids: self.solids.query(world),
        }
    }
}

/// The engine as it is for the length of a pass: bodies are where the last step left them.
pub(in crate::runtime) struct OpenPhysics<'w> {
    rays: Option<SpatialQuery<'w, 'w>>,
    owners: Query<'w, 'w, (Option<&'static ScriptId>, Option<&'static ChildOf>, Has<Sensor>)>,
    solids: Query<'w, 'w, (), (With<Collider>, Without<Sensor>)>,
}

impl OpenPhysics<'_> {
    /// Whether the engine answers for what of an entity stands in the way of rays.
    pub(in crate::runtime) fn knows(&self, entity: Entity) -> bool {
        self.rays.is_some() && self.solids.contains(entity)
    }

    fn owner(&self, ids: &ScriptIds, collider: Entity) -> Option<ScriptId> {
        let mut entity = collider;
        loop {
            let (id, parent, _) = self.owners.get(entity).ok()?;
            if let Some(id) = id
                && ids.entity(*id) == Some(entity)
            {
                return Some(*id);
            }
            let ChildOf(parent) = parent?;
            entity = *parent;
        }
    }

    /// The first thing that a ray enters, of what `accept` takes; of two at one distance the lower id.
    /// What scripts do not know has no id, comes before them, and is always taken.
    pub(in crate::runtime) fn raycast(
        &self,
        ids: &ScriptIds,
        origin: Vec3,
        direction: Vec3,
        reach: f32,
        accept: &dyn Fn(ScriptId) -> bool,
    ) -> Option<RayHit> {
        let mut first: Option<RayHit> = None;
        self.along(ids, (origin, direction, reach), &mut |entity, distance, normal| {
            let is_first = first.is_none_or(|first| {
                distance.total_cmp(&first.distance).then(entity.cmp(&first.entity)).is_lt()
            });
            if is_first && entity.is_none_or(accept) {
                let position = origin + direction * distance;
                first = Some(RayHit { entity, position, normal, distance });
            }
            true
        });
        first
    }

    /// Marks the ways from a point in which something stands, of what `accept` takes.
    pub(in crate::runtime) fn block(
        &self,
        ids: &ScriptIds,
        from: Vec3,
        ways: &mut [Way],
        accept: &dyn Fn(ScriptId) -> bool,
    ) {
        for way in ways.iter_mut().filter(|way| !way.is_blocked) {
            let Some((direction, reach)) = way.ray() else { continue };
            let blocked = &mut way.is_blocked;
            self.along(ids, (from, direction, reach), &mut |entity, _, _| {
                *blocked = entity.is_none_or(accept);
                !*blocked
            });
        }
    }

    /// Visits what a ray enters, in any order, until `visit` says `false`. What it begins in it does not
    /// enter; sensors are no obstacles.
    fn along(
        &self,
        ids: &ScriptIds,
        (origin, direction, reach): (Vec3, Vec3, f32),
        visit: &mut dyn FnMut(Option<ScriptId>, f32, Vec3) -> bool,
    ) {
        let (Some(rays), Ok(direction)) = (&self.rays, Dir3::new(direction)) else { return };
        let filter = SpatialQueryFilter::DEFAULT;
        rays.ray_hits_callback(origin, direction, reach, true, &filter, |hit| {
            let is_sensor = self.owners.get(hit.entity).is_ok_and(|(.., sensor)| sensor);
            let enters = hit.distance > 0.0 && hit.distance <= reach;
            is_sensor || !enters || visit(self.owner(ids, hit.entity), hit.distance, hit.normal)
        });
    }
}

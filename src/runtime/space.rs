use std::collections::BTreeMap;

use bevy::prelude::*;
use rstar::{AABB, PointDistance, RTree, RTreeObject, primitives::GeomWithData};

use super::{
    gameplay::{Hitbox, Team},
    ids::ScriptIds,
    view::global_place,
};
use crate::contract::{RayHit, ScriptId, Shape, Space};

/// Who is where: trees of points for each team and of boxes for what stands in the way. Built when the
/// first script of a pass asks.
pub(super) struct SpatialIndex {
    teams: BTreeMap<String, RTree<GeomWithData<[f32; 3], ScriptId>>>,
    solids: RTree<Solid>,
}

struct Solid {
    id: ScriptId,
    center: Vec3,
    shape: Shape,
}

impl RTreeObject for Solid {
    type Envelope = AABB<[f32; 3]>;

    fn envelope(&self) -> Self::Envelope {
        let half = self.shape.half_extents();
        AABB::from_corners((self.center - half).to_array(), (self.center + half).to_array())
    }
}

impl SpatialIndex {
    pub(super) fn new(world: &World, ids: &ScriptIds) -> Self {
        let mut teams: BTreeMap<String, Vec<_>> = BTreeMap::new();
        let mut solids = Vec::new();
        for (id, entity) in ids.iter() {
            let (team, hitbox) = (world.get::<Team>(entity), world.get::<Hitbox>(entity));
            if team.is_none() && hitbox.is_none() {
                continue;
            }
            let Some(place) = global_place(world, entity) else { continue };
            let center = Vec3::from(place.translation);
            if !center.is_finite() {
                continue;
            }
            if let Some(Team(team)) = team {
                let point = GeomWithData::new(center.to_array(), id);
                teams.entry(team.clone()).or_default().push(point);
            }
            if let Some(Hitbox(shape)) = hitbox {
                solids.push(Solid { id, center, shape: *shape });
            }
        }
        Self {
            teams: teams.into_iter().map(|(t, points)| (t, RTree::bulk_load(points))).collect(),
            solids: RTree::bulk_load(solids),
        }
    }
}

impl Space for SpatialIndex {
    fn each_team(&self, visit: &mut dyn FnMut(&str)) {
        self.teams.keys().for_each(|team| visit(team));
    }

    fn by_distance(&self, team: &str, from: Vec3, visit: &mut dyn FnMut(ScriptId, f32) -> bool) {
        let Some(tree) = self.teams.get(team) else { return };
        let from = from.to_array();
        // The tree gives those at one distance in any order.
        let mut level: Vec<ScriptId> = Vec::new();
        let mut level_squared = 0.0;
        let mut visit_level = |level: &mut Vec<ScriptId>, squared: f32| {
            level.sort_unstable();
            level.drain(..).all(|id| visit(id, squared.sqrt()))
        };
        for point in tree.nearest_neighbor_iter(from) {
            let squared = point.distance_2(&from);
            if squared != level_squared {
                if !visit_level(&mut level, level_squared) {
                    return;
                }
                level_squared = squared;
            }
            level.push(point.data);
        }
        visit_level(&mut level, level_squared);
    }

    fn raycast(
        &self,
        origin: Vec3,
        direction: Vec3,
        max_distance: f32,
        accept: &dyn Fn(ScriptId) -> bool,
    ) -> Option<RayHit> {
        // A ray without end is as long as the world.
        let end = origin + direction * max_distance.min(1e9);
        let way = AABB::from_corners(origin.to_array(), end.to_array());
        let near = self.solids.locate_in_envelope_intersecting(way);
        let hit = |solid: &Solid| {
            let Solid { id, center, shape } = *solid;
            accept(id).then(|| shape.hit_by((id, center), origin, direction, max_distance))?
        };
        RayHit::first(near.filter_map(hit))
    }
}

//! Who is where, and what the physics engine says stands in the way. Hitboxes of entities that have no
//! collider count, too.

use bevy::prelude::*;

use super::WorldWindow;
use crate::contract::{Neighbor, RayHit, ScriptId, Space, Way};

impl Space for WorldWindow<'_> {
    fn each_team(&self, visit: &mut dyn FnMut(&str)) {
        self.index().each_team(visit);
    }

    fn by_distance(&self, team: &str, from: Vec3, visit: &mut dyn FnMut(Neighbor) -> bool) {
        self.index().by_distance(team, from, visit);
    }

    fn nearest(
        &self,
        is_wanted: &dyn Fn(&str) -> bool,
        from: Vec3,
        range: f32,
    ) -> Option<Neighbor> {
        self.index().nearest(is_wanted, from, range)
    }

    fn within(&self, team: &str, from: Vec3, range: f32, visit: &mut dyn FnMut(Neighbor)) {
        self.index().within(team, from, range, visit);
    }

    fn raycast(
        &self,
        origin: Vec3,
        direction: Vec3,
        max_distance: f32,
        accept: &dyn Fn(ScriptId) -> bool,
    ) -> Option<RayHit> {
        let physics = &self.queries.physics;
        let solid = physics.raycast(self.ids, origin, direction, max_distance, accept);
        let reach = solid.map_or(max_distance, |hit| hit.distance);
        let boxed = self.index().raycast(origin, direction, reach, accept);
        RayHit::first(solid.into_iter().chain(boxed))
    }

    fn block(&self, from: Vec3, ways: &mut [Way], accept: &dyn Fn(ScriptId) -> bool) {
        self.index().block(from, ways, accept);
        self.queries.physics.block(self.ids, from, ways, accept);
    }
}

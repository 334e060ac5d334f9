//! What a call sees of friends and foes.

use glam::Vec3;

use super::ScriptContext;
use crate::{
    api::ApiFault,
    contract::{RayHit, ScriptId, Shape},
};

impl ScriptContext<'_> {
    /// The entity's team; `None` if it has none.
    #[must_use]
    pub fn team(&self, id: ScriptId) -> Option<&str> {
        self.scope.world.team(id)
    }

    /// Where an entity's eyes are, as this call sees it.
    ///
    /// # Errors
    /// The entity has no place in the world.
    pub fn eyes(&self, id: ScriptId) -> Result<Vec3, ApiFault> {
        Ok(self.position(id)? + Vec3::Y * self.scope.world.eye_height(id))
    }

    /// The nearest living entity of a hostile team within a range; of several at one distance the
    /// lowest id.
    ///
    /// # Errors
    /// The entity has no place in the world.
    pub fn nearest_enemy(
        &self,
        id: ScriptId,
        max_range: f32,
    ) -> Result<Option<ScriptId>, ApiFault> {
        let from = self.position(id)?;
        let mut best: Option<(f32, ScriptId)> = None;
        self.each_hostile_team(id, &mut |team| {
            self.visit_team(team, from, max_range, &mut |other, distance| {
                if best.is_some_and(|best| best <= (distance, other)) {
                    return false;
                }
                best = Some((distance, other));
                true
            });
        });
        Ok(best.map(|(_, id)| id))
    }

    /// Living members of the entity's team within a radius, itself not counted; the nearest first, of
    /// several at one distance the lower id.
    ///
    /// # Errors
    /// The entity has no place in the world.
    pub fn allies(&self, id: ScriptId, radius: f32) -> Result<Vec<ScriptId>, ApiFault> {
        let from = self.position(id)?;
        let mut found = Vec::new();
        if let Some(team) = self.team(id) {
            self.visit_team(team, from, radius, &mut |other, distance| {
                if other != id {
                    found.push((distance, other));
                }
                true
            });
        }
        found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        Ok(found.into_iter().map(|(_, id)| id).collect())
    }

    /// The sum over all living hostiles in the entity's sight range of their attack power by their
    /// distance; those nearer than a unit count as if they were a unit away.
    ///
    /// # Errors
    /// The entity has no place in the world.
    pub fn threat_level(&self, id: ScriptId) -> Result<f64, ApiFault> {
        let from = self.position(id)?;
        let range = self.scope.world.sight_range(id);
        let mut threats = Vec::new();
        self.each_hostile_team(id, &mut |team| {
            self.visit_team(team, from, range, &mut |other, distance| {
                threats.push((other, distance));
                true
            });
        });
        // In the order of ids: a sum of floats depends on its order.
        threats.sort_unstable_by_key(|(other, _)| *other);
        let power = |other| f64::from(self.scope.world.attack_power(other));
        Ok(threats.iter().map(|(other, d)| power(*other) / f64::from(d.max(1.0))).sum())
    }

    /// The first thing that a ray meets, as this call sees the world.
    #[must_use]
    pub fn raycast(
        &self,
        origin: Vec3,
        direction: Vec3,
        max_distance: f32,
        accept: &dyn Fn(ScriptId) -> bool,
    ) -> Option<RayHit> {
        let moved = |id: ScriptId| {
            self.overlay.get(id).filter(|w| w.position.is_some() || w.exists == Some(false))
        };
        let standing = self.scope.world.space().and_then(|space| {
            let unmoved = |id| moved(id).is_none() && accept(id);
            space.raycast(origin, direction, max_distance, &unmoved)
        });
        let own = self.overlay.iter().filter_map(|(id, writes)| {
            let center = writes.position.filter(|_| writes.exists != Some(false) && accept(id))?;
            self.scope.world.shape(id)?.hit_by((id, center), origin, direction, max_distance)
        });
        RayHit::first(own.chain(standing))
    }

    /// Whether nothing solid stands between two points, some entities not counted.
    #[must_use]
    pub fn is_clear(&self, from: Vec3, to: Vec3, accept: &dyn Fn(ScriptId) -> bool) -> bool {
        let way = to - from;
        let Some(direction) = way.try_normalize() else { return true };
        self.raycast(from, direction, way.length(), accept).is_none()
    }

    /// The share of sample points on an entity's body that a ray from a threat's eyes does not reach.
    ///
    /// # Errors
    /// One of the two has no place in the world.
    pub fn cover_score(&self, id: ScriptId, threat: ScriptId) -> Result<f64, ApiFault> {
        let eyes = self.eyes(threat)?;
        let center = self.position(id)?;
        let shape = self.scope.world.shape(id).unwrap_or(Shape::Sphere { radius: 0.0 });
        // A little inside, so that a neighbour that touches the body does not hide it.
        let half = shape.half_extents() * 0.9;
        let body = [
            Vec3::ZERO,
            Vec3::X * half,
            Vec3::NEG_X * half,
            Vec3::Y * half,
            Vec3::NEG_Y * half,
            Vec3::Z * half,
            Vec3::NEG_Z * half,
            Vec3::Y * self.scope.world.eye_height(id),
        ];
        let others = |other| other != id && other != threat;
        let hidden = body.iter().filter(|at| !self.is_clear(eyes, center + **at, &others)).count();
        Ok(hidden as f64 / body.len() as f64)
    }

    fn each_hostile_team(&self, id: ScriptId, visit: &mut dyn FnMut(&str)) {
        let (Some(team), Some(space)) = (self.team(id), self.scope.world.space()) else { return };
        space.each_team(&mut |other| {
            if self.scope.world.are_hostile(team, other) {
                visit(other);
            }
        });
    }

    /// Visits the living members of a team within a range: first those that stand where they stood,
    /// nearest first, until `visit` says `false`; then those that this call has moved.
    fn visit_team(
        &self,
        team: &str,
        from: Vec3,
        range: f32,
        visit: &mut dyn FnMut(ScriptId, f32) -> bool,
    ) {
        let Some(space) = self.scope.world.space() else { return };
        space.by_distance(team, from, &mut |id, distance| {
            if distance > range {
                return false;
            }
            let moved = self.overlay.get(id).is_some_and(|writes| writes.position.is_some());
            if moved || !self.is_alive(id) {
                return true;
            }
            visit(id, distance)
        });
        for (id, writes) in self.overlay.iter() {
            let Some(position) = writes.position else { continue };
            let distance = from.distance(position);
            if distance <= range && self.team(id) == Some(team) && self.is_alive(id) {
                visit(id, distance);
            }
        }
    }
}

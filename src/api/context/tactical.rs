//! What a call sees of friends and foes.

use glam::Vec3;

use super::ScriptContext;
use crate::{
    api::ApiFault,
    contract::{Neighbor, RayHit, ScriptId, Shape, Space, Way},
};

/// Fuel for each that a search meets.
const SEEN: u64 = 2;
/// Fuel for each that a search by distance meets, and for each team that is searched.
const HOP: u64 = 5;

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
        Ok(self.body(id)?.eyes())
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
        let (Some(own), Some(space)) = (self.team(id), self.space_around(from)) else {
            return Ok(None);
        };
        if self.call.overlay.is_empty() {
            // Nothing is anywhere but where the index says, and nobody more or less alive.
            let is_searched = |team: &str| {
                let is_hostile = self.are_hostile(own, team);
                self.charge(if is_hostile { 2 * HOP } else { 0 });
                is_hostile
            };
            return Ok(space.nearest(&is_searched, from, max_range).map(|enemy| enemy.id));
        }
        let mut best: Option<(f32, ScriptId)> = None;
        self.each_moved_of(
            &|team| self.are_hostile(own, team),
            from,
            max_range,
            &mut |other, at| {
                best = best.filter(|best| *best <= (at, other)).or(Some((at, other)));
            },
        );
        space.each_team(&mut |team| {
            if !self.are_hostile(own, team) {
                return;
            }
            self.charge(HOP);
            space.by_distance(team, from, &mut |other| {
                self.charge(HOP);
                let at = (other.distance, other.id);
                let is_nearer = best.is_none_or(|best| at < best);
                if other.distance > max_range || !is_nearer {
                    return false;
                }
                let counts = self.is_standing(&other);
                if counts {
                    best = Some(at);
                }
                !counts
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
        let (Some(own), Some(space)) = (self.team(id), self.space_around(from)) else {
            return Ok(Vec::new());
        };
        let mut found = self.found.take();
        space.within(own, from, radius, &mut |other| {
            self.charge(SEEN);
            if other.id != id && self.is_standing(&other) {
                found.push((other.id, f64::from(other.distance)));
            }
        });
        self.each_moved_of(&|team| team == own, from, radius, &mut |other, distance| {
            if other != id {
                found.push((other, f64::from(distance)));
            }
        });
        found.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        let allies = found.drain(..).map(|(id, _)| id).collect();
        self.found.set(found);
        Ok(allies)
    }

    /// The sum over all living hostiles in the entity's sight range of their attack power by their
    /// distance; those nearer than a unit count as if they were a unit away.
    ///
    /// # Errors
    /// The entity has no place in the world.
    pub fn threat_level(&self, id: ScriptId) -> Result<f64, ApiFault> {
        let from = self.position(id)?;
        let (Some(own), Some(space)) = (self.team(id), self.space_around(from)) else {
            return Ok(0.0);
        };
        let range = self.scope.world.sight_range(id);
        let is_hostile = |team: &str| self.are_hostile(own, team);
        let mut threats = self.found.take();
        let threat = |power: f32, distance: f32| f64::from(power) / f64::from(distance.max(1.0));
        space.each_team(&mut |team| {
            if is_hostile(team) {
                self.charge(HOP);
                space.within(team, from, range, &mut |other| {
                    self.charge(SEEN);
                    if self.is_standing(&other) {
                        threats.push((other.id, threat(other.attack_power, other.distance)));
                    }
                });
            }
        });
        self.each_moved_of(&is_hostile, from, range, &mut |other, distance| {
            threats.push((other, threat(self.scope.world.attack_power(other), distance)));
        });
        // In the order of ids: a sum of floats depends on its order.
        threats.sort_unstable_by_key(|(other, _)| *other);
        // Not `sum`, which begins with -0.0.
        let level = threats.drain(..).fold(0.0, |level, (_, threat)| level + threat);
        self.found.set(threats);
        Ok(level)
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
        let mut first = self.scope.world.space().and_then(|space| {
            let unmoved = |id| accept(id) && !self.is_moved(id) && !self.has_destroyed(id);
            space.raycast(origin, direction, max_distance, &unmoved)
        });
        self.each_moved_solid(accept, &mut |shape, body| {
            let hit = shape.hit_by(body, origin, direction, max_distance);
            first = RayHit::first(first.into_iter().chain(hit));
        });
        first
    }

    /// Whether nothing solid stands between two points, some entities not counted.
    #[must_use]
    pub fn is_clear(&self, from: Vec3, to: Vec3, accept: &dyn Fn(ScriptId) -> bool) -> bool {
        let mut ways = [Way::between(from, to)];
        self.block(from, &mut ways, accept);
        let [way] = ways;
        !way.is_blocked
    }

    /// The share of sample points on an entity's body that a ray from a threat's eyes does not reach.
    ///
    /// # Errors
    /// One of the two has no place in the world.
    pub fn cover_score(&self, id: ScriptId, threat: ScriptId) -> Result<f64, ApiFault> {
        let eyes = self.eyes(threat)?;
        let body = self.body(id)?;
        // A little inside, so that a neighbour that touches the body does not hide it.
        let half = body.shape.map_or(Vec3::ZERO, |shape| shape.half_extents() * 0.9);
        let mut ways = [
            Vec3::ZERO,
            Vec3::X * half,
            Vec3::NEG_X * half,
            Vec3::Y * half,
            Vec3::NEG_Y * half,
            Vec3::Z * half,
            Vec3::NEG_Z * half,
            Vec3::Y * body.eye_height,
        ]
        .map(|at| Way::between(eyes, body.position + at));
        self.block(eyes, &mut ways, &|other| other != id && other != threat);
        let hidden = ways.iter().filter(|way| way.is_blocked).count();
        Ok(hidden as f64 / ways.len() as f64)
    }

    /// Marks the ways from a point in which something stands, as this call sees the world.
    fn block(&self, from: Vec3, ways: &mut [Way], accept: &dyn Fn(ScriptId) -> bool) {
        if let Some(space) = self.scope.world.space() {
            let unmoved = |id| accept(id) && !self.is_moved(id) && !self.has_destroyed(id);
            space.block(from, ways, &unmoved);
        }
        self.each_moved_solid(accept, &mut |shape, (_, center)| {
            ways.iter_mut().for_each(|way| way.block_with(shape, center, from));
        });
    }

    /// Who is where, seen from a point. Nobody is near what the host has put nowhere.
    fn space_around(&self, from: Vec3) -> Option<&dyn Space> {
        self.scope.world.space().filter(|_| from.is_finite())
    }

    fn are_hostile(&self, team: &str, other: &str) -> bool {
        self.scope.world.are_hostile(team, other)
    }

    /// Whether an entity is alive where it stood when the pass began.
    fn is_standing(&self, other: &Neighbor) -> bool {
        if self.call.overlay.is_empty() {
            return other.is_alive;
        }
        !self.is_moved(other.id) && self.is_alive(other.id)
    }

    /// Visits what this call has moved of some teams, if it is alive and within a range of a point.
    fn each_moved_of(
        &self,
        is_wanted: &dyn Fn(&str) -> bool,
        from: Vec3,
        range: f32,
        visit: &mut dyn FnMut(ScriptId, f32),
    ) {
        self.each_moved(&mut |id, at| {
            self.charge(SEEN);
            let distance = from.distance(at);
            if distance <= range && self.team(id).is_some_and(is_wanted) && self.is_alive(id) {
                visit(id, distance);
            }
        });
    }

    /// Visits what this call has moved and what stands in the way of rays.
    fn each_moved_solid(
        &self,
        accept: &dyn Fn(ScriptId) -> bool,
        visit: &mut dyn FnMut(Shape, (ScriptId, Vec3)),
    ) {
        self.each_moved(&mut |id, at| {
            self.charge(2 * SEEN);
            if let Some(shape) = self.scope.world.shape(id)
                && accept(id)
                && self.exists(id)
            {
                visit(shape, (id, at));
            }
        });
    }
}

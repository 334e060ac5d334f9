use glam::{Mat3, Quat, Vec3};
use serde::{Deserialize, Serialize};

use super::ScriptId;

/// What stands in the way of rays: a shape around an entity's position.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "bevy", derive(bevy::reflect::Reflect))]
pub enum Shape {
    /// A ball.
    Sphere {
        /// Its radius in units.
        radius: f32,
    },
    /// A box along the axes of the world.
    Box {
        /// Half of its size on each axis, in units.
        half: Vec3,
    },
}

impl Default for Shape {
    fn default() -> Self {
        Self::Sphere { radius: 0.5 }
    }
}

/// Whether none of its numbers is infinite or no number.
#[inline(always)]
pub(crate) fn is_finite(v: Vec3) -> bool {
    // Times zero, only what is finite is zero: three comparisons become one.
    let Vec3 { x, y, z } = v * 0.0;
    x + y + z == 0.0
}

/// The point that lies at most `step` units nearer to `target`, and never past it.
#[must_use]
pub(crate) fn moved_towards(from: Vec3, target: Vec3, step: f32) -> Vec3 {
    // In double precision: the way between two places that fit a float may not fit one.
    let way = target.as_dvec3() - from.as_dvec3();
    let (distance, step) = (way.length(), f64::from(step));
    if distance <= step {
        return target;
    }
    if step <= 0.0 { from } else { (from.as_dvec3() + way * (step / distance)).as_vec3() }
}

/// The rotation of an entity that looks along `direction`, its head up. Looking straight up or down, its
/// right hand points along X.
#[must_use]
pub(crate) fn facing(direction: Vec3) -> Quat {
    let back = -direction.try_normalize().unwrap_or(Vec3::NEG_Z);
    let right = Vec3::Y.cross(back).try_normalize().unwrap_or(Vec3::X);
    Quat::from_mat3(&Mat3::from_cols(right, back.cross(right), back))
}

/// What rays want to know of an entity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Body {
    /// Where it is.
    pub position: Vec3,
    /// How high above that its eyes are.
    pub eye_height: f32,
    /// What of it stands in the way of rays.
    pub shape: Option<Shape>,
}

impl Body {
    /// Where its eyes are.
    #[must_use]
    pub fn eyes(&self) -> Vec3 {
        self.position + Vec3::Y * self.eye_height
    }
}

/// A member of a team, seen from a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbor {
    /// Who it is.
    pub id: ScriptId,
    /// How far away, in units.
    pub distance: f32,
    /// Whether it has health left, or none to lose.
    pub is_alive: bool,
    /// How much damage it threatens to do.
    pub attack_power: f32,
}

impl Neighbor {
    /// Whether it comes before another one by (distance, id).
    #[must_use]
    pub fn is_nearer_than(&self, other: &Self) -> bool {
        (self.distance, self.id) < (other.distance, other.id)
    }
}

/// Where a ray met something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RayHit {
    /// What it met; `None` for geometry that is no scripted entity.
    pub entity: Option<ScriptId>,
    /// Where.
    pub position: Vec3,
    /// The direction in which the surface looks there, of length 1.
    pub normal: Vec3,
    /// How far from the ray's origin, in units.
    pub distance: f32,
}

impl RayHit {
    /// What a ray meets first: the nearest, of two at one distance the lower id.
    #[must_use]
    pub fn first(hits: impl Iterator<Item = Self>) -> Option<Self> {
        hits.min_by(|a, b| a.distance.total_cmp(&b.distance).then(a.entity.cmp(&b.entity)))
    }
}

impl Shape {
    /// Where a ray meets the shape of an entity at `center`, if it does within a distance.
    #[must_use]
    pub fn hit_by(
        &self,
        (id, center): (ScriptId, Vec3),
        origin: Vec3,
        direction: Vec3,
        max_distance: f32,
    ) -> Option<RayHit> {
        let (distance, normal) = self.entered_by(center, origin, direction)?;
        let position = origin + direction * distance;
        (distance <= max_distance).then_some(RayHit {
            entity: Some(id),
            position,
            normal,
            distance,
        })
    }

    /// Half the size of the smallest box along the axes that holds it.
    #[must_use]
    pub const fn half_extents(&self) -> Vec3 {
        match *self {
            Self::Sphere { radius } => Vec3::splat(radius),
            Self::Box { half } => half,
        }
    }

    /// Where a ray of a direction of length 1 enters this shape around `center`: the distance and the
    /// normal. A ray that begins inside does not enter.
    #[must_use]
    pub fn entered_by(&self, center: Vec3, origin: Vec3, direction: Vec3) -> Option<(f32, Vec3)> {
        let from = origin - center;
        let (distance, axis) = self.entered_from(from, direction)?;
        let normal = match *self {
            Self::Sphere { .. } => (from + direction * distance).normalize_or(-direction),
            Self::Box { .. } => {
                let mut normal = Vec3::ZERO;
                normal[axis] = -direction[axis].signum();
                normal
            }
        };
        Some((distance, normal))
    }

    /// The distance after which a ray enters this shape around the origin, and for a box the axis of the
    /// face that it goes through.
    fn entered_from(&self, from: Vec3, direction: Vec3) -> Option<(f32, usize)> {
        match *self {
            Self::Sphere { radius } => {
                let along = from.dot(direction);
                let outside = from.length_squared() - radius * radius;
                let under_root = along * along - outside;
                let meets = outside >= 0.0 && along < 0.0 && under_root >= 0.0;
                meets.then(|| ((-along - under_root.sqrt()).max(0.0), 0))
            }
            Self::Box { half } => {
                // Along an axis on which the ray does not move it is for ever between the faces or for
                // ever outside; on a face it is NaN, and compares and minima pass over it.
                let reach = half * direction.signum();
                let (near, far) = ((-reach - from) / direction, (reach - from) / direction);
                let mut enter = (f32::NEG_INFINITY, 0);
                let mut leave = f32::INFINITY;
                for axis in 0..3 {
                    if near[axis] > enter.0 {
                        enter = (near[axis], axis);
                    }
                    leave = leave.min(far[axis]);
                }
                (enter.0 >= 0.0 && enter.0 <= leave).then_some(enter)
            }
        }
    }
}

/// A straight way from a point to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Way {
    to: Vec3,
    /// The direction and the length.
    ray: Option<(Vec3, f32)>,
    /// Whether something stands in it.
    pub is_blocked: bool,
}

impl Way {
    /// A way on which nothing is known to stand.
    #[must_use]
    pub fn between(from: Vec3, to: Vec3) -> Self {
        let way = to - from;
        let length = way.length();
        let by = length.recip();
        // Neither too short nor too long to have a direction.
        let ray = (by.is_finite() && by > 0.0).then(|| (way * by, length));
        Self { to, ray, is_blocked: false }
    }

    /// Where it ends.
    #[must_use]
    pub const fn end(&self) -> Vec3 {
        self.to
    }

    /// The direction along it and how long it is; `None` for a way that leads nowhere.
    #[must_use]
    pub const fn ray(&self) -> Option<(Vec3, f32)> {
        self.ray
    }

    /// Marks the way, which begins at `from`, as blocked if a shape around `center` stands in it.
    pub fn block_with(&mut self, shape: Shape, center: Vec3, from: Vec3) {
        if let Some((direction, length)) = self.ray
            && !self.is_blocked
        {
            let entered = shape.entered_from(from - center, direction);
            self.is_blocked = entered.is_some_and(|(distance, _)| distance <= length);
        }
    }
}

/// Who is where, for the tactical functions. Built once a pass, and only if somebody asks.
pub trait Space: Sync {
    /// Visits the names of all teams that have members with a position, in order.
    fn each_team(&self, visit: &mut dyn FnMut(&str));

    /// Visits the members of a team by (distance from a point, id), the nearest first, until `visit`
    /// says `false`.
    fn by_distance(&self, team: &str, from: Vec3, visit: &mut dyn FnMut(Neighbor) -> bool);

    /// The nearest member of some teams that is alive and within a range of a point; of two at one distance the
    /// lower id. `is_wanted` is asked once of each team.
    fn nearest(
        &self,
        is_wanted: &dyn Fn(&str) -> bool,
        from: Vec3,
        range: f32,
    ) -> Option<Neighbor> {
        let mut nearest: Option<Neighbor> = None;
        self.each_team(&mut |team| {
            if !is_wanted(team) {
                return;
            }
            self.by_distance(team, from, &mut |neighbor| {
                let is_near = neighbor.distance <= range
                    && nearest.is_none_or(|best| neighbor.is_nearer_than(&best));
                if is_near && neighbor.is_alive {
                    nearest = Some(neighbor);
                }
                is_near && !neighbor.is_alive
            });
        });
        nearest
    }

    /// Visits the members of a team within a range of a point, in any order.
    fn within(&self, team: &str, from: Vec3, range: f32, visit: &mut dyn FnMut(Neighbor)) {
        self.by_distance(team, from, &mut |neighbor| {
            let is_near = neighbor.distance <= range;
            if is_near {
                visit(neighbor);
            }
            is_near
        });
    }

    /// The first thing that a ray meets within a distance, of those that `accept` takes; of two at one
    /// distance the lower id. `direction` has length 1.
    fn raycast(
        &self,
        origin: Vec3,
        direction: Vec3,
        max_distance: f32,
        accept: &dyn Fn(ScriptId) -> bool,
    ) -> Option<RayHit>;

    /// Marks the ways from a point in which something stands, of what `accept` takes.
    fn block(&self, from: Vec3, ways: &mut [Way], accept: &dyn Fn(ScriptId) -> bool) {
        for way in ways {
            if let Some((direction, length)) = way.ray() {
                way.is_blocked |= self.raycast(from, direction, length, accept).is_some();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finite_are_all_but_those_with_something_that_is_not() {
        let (finite, others) = (
            [0.0, -0.0, 1.0, f32::MIN_POSITIVE, 1e-45, f32::MAX, f32::MIN],
            [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, -f32::NAN],
        );
        let of_all = |x: f32, y: f32| {
            [Vec3::new(x, y, y), Vec3::new(y, x, y), Vec3::new(y, y, x), Vec3::splat(x)]
        };
        for y in finite {
            for (x, expected) in
                finite.map(|x| (x, true)).into_iter().chain(others.map(|x| (x, false)))
            {
                for v in of_all(x, y) {
                    assert_eq!((is_finite(v), v.is_finite()), (expected, expected), "{v}");
                }
            }
        }
    }

    #[test]
    fn rays_enter_balls_and_boxes_where_they_should() {
        let ball = Shape::Sphere { radius: 1.0 };
        let cube = Shape::Box { half: Vec3::splat(1.0) };
        for shape in [ball, cube] {
            let hit = shape.entered_by(Vec3::X * 5.0, Vec3::ZERO, Vec3::X);
            assert_eq!(hit, Some((4.0, Vec3::NEG_X)), "{shape:?}");
            assert_eq!(shape.entered_by(Vec3::X * -5.0, Vec3::ZERO, Vec3::X), None, "behind");
            assert_eq!(shape.entered_by(Vec3::ZERO, Vec3::ZERO, Vec3::X), None, "inside");
            assert_eq!(
                shape.entered_by(Vec3::new(5.0, 3.0, 0.0), Vec3::ZERO, Vec3::X),
                None,
                "past"
            );
        }
        // Along a face, which counts as within, and beside it.
        let edge = Vec3::new(-5.0, 1.0, 1.0);
        assert_eq!(cube.entered_by(Vec3::ZERO, edge, Vec3::X), Some((4.0, Vec3::NEG_X)));
        assert_eq!(cube.entered_by(Vec3::ZERO, edge * 1.1, Vec3::X), None);
        let slanted = Vec3::new(1.0, 1.0, 0.0).normalize();
        let (distance, normal) =
            cube.entered_by(Vec3::new(5.0, 4.5, 0.0), Vec3::ZERO, slanted).unwrap_or_default();
        assert_eq!(normal, Vec3::NEG_X);
        assert!((distance - 4.0 * 2.0_f32.sqrt()).abs() < 1e-5);
    }
}

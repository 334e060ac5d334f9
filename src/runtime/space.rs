use std::{cell::Cell, collections::BTreeMap, ops::ControlFlow};

use bevy::prelude::*;
use rstar::{
    AABB, ParentNode, PointDistance as _, RTree, RTreeNode, RTreeObject, primitives::GeomWithData,
};

use crate::contract::{Neighbor, RayHit, ScriptId, Shape, Space, Way};

/// Who is where: trees of points for each team and of boxes for what stands in the way. Built when the
/// first script of a pass asks.
///
/// How a tree grows depends on the order in which entities come; what it answers does not. Ties go by
/// id, and every search that takes a box takes all boxes around it, rounding included.
pub(super) struct SpatialIndex {
    /// In the order of their names.
    teams: Vec<(String, RTree<Member>)>,
    solids: RTree<Solid>,
}

/// What the index wants to know of an entity.
pub(super) struct Occupant<'a> {
    pub(super) id: ScriptId,
    pub(super) center: Vec3,
    pub(super) team: Option<&'a str>,
    pub(super) is_alive: bool,
    pub(super) attack_power: f32,
    pub(super) shape: Option<Shape>,
}

type Corner = [f32; 3];
type Member = GeomWithData<Corner, Fighter>;

/// A member of a team.
#[derive(Clone, Copy)]
struct Fighter {
    id: ScriptId,
    is_alive: bool,
    attack_power: f32,
}

impl Fighter {
    const fn at(self, distance: f32) -> Neighbor {
        let Self { id, is_alive, attack_power } = self;
        Neighbor { id, distance, is_alive, attack_power }
    }
}

struct Solid {
    id: ScriptId,
    center: Vec3,
    shape: Shape,
    /// A little larger than the shape, so that rounding loses no hit.
    hull: AABB<Corner>,
}

impl Solid {
    fn new(id: ScriptId, center: Vec3, shape: Shape) -> Self {
        let half = shape.half_extents().abs();
        let half = half * 1.0001 + slack(center);
        let hull = AABB::from_corners((center - half).to_array(), (center + half).to_array());
        Self { id, center, shape, hull }
    }
}

/// By how much rounding may displace a place.
fn slack(place: Vec3) -> Vec3 {
    place.abs() * 1e-6
}

impl RTreeObject for Solid {
    type Envelope = AABB<Corner>;

    fn envelope(&self) -> Self::Envelope {
        self.hull
    }
}

impl SpatialIndex {
    pub(super) fn new<'a>(all: impl Iterator<Item = Occupant<'a>>) -> Self {
        let mut teams: BTreeMap<&str, Vec<Member>> = BTreeMap::new();
        let mut solids = Vec::new();
        for one in all.filter(|one| one.center.is_finite()) {
            let Occupant { id, center, team, is_alive, attack_power, shape } = one;
            if let Some(team) = team {
                let fighter = Fighter { id, is_alive, attack_power };
                teams.entry(team).or_default().push(Member::new(center.to_array(), fighter));
            }
            if let Some(shape) = shape.filter(|shape| !shape.half_extents().is_nan()) {
                solids.push(Solid::new(id, center, shape));
            }
        }
        let tree = |(team, members): (&str, _)| (team.to_owned(), RTree::bulk_load(members));
        Self { teams: teams.into_iter().map(tree).collect(), solids: RTree::bulk_load(solids) }
    }

    fn team(&self, name: &str) -> Option<&RTree<Member>> {
        let at = self.teams.binary_search_by(|(team, _)| team.as_str().cmp(name)).ok()?;
        Some(&self.teams[at].1)
    }
}

impl Space for SpatialIndex {
    fn each_team(&self, visit: &mut dyn FnMut(&str)) {
        self.teams.iter().for_each(|(team, _)| visit(team));
    }

    fn by_distance(&self, team: &str, from: Vec3, visit: &mut dyn FnMut(Neighbor) -> bool) {
        let Some(tree) = self.team(team) else { return };
        let mut nearest = tree.nearest_neighbor_iter_with_distance_2(from.to_array());
        let mut next = || nearest.next().map(|(member, squared)| (member.data, squared.sqrt()));
        // The tree gives those at one distance in any order.
        let mut tied = Vec::new();
        let mut ahead = next();
        while let Some((fighter, distance)) = ahead {
            ahead = next();
            while let Some((other, _)) = ahead.filter(|(_, other)| *other == distance) {
                tied.push(other);
                ahead = next();
            }
            let goes_on = if tied.is_empty() {
                visit(fighter.at(distance))
            } else {
                tied.push(fighter);
                tied.sort_unstable_by_key(|fighter| fighter.id);
                tied.drain(..).all(|fighter| visit(fighter.at(distance)))
            };
            if !goes_on {
                return;
            }
        }
    }

    fn within(&self, team: &str, from: Vec3, range: f32, visit: &mut dyn FnMut(Neighbor)) {
        let Some(tree) = self.team(team) else { return };
        let from = from.to_array();
        let is_near = |hull: &AABB<Corner>| hull.distance_2(&from).sqrt() <= range;
        let _ = search(tree.root(), &is_near, &mut |member| {
            let distance = member.distance_2(&from).sqrt();
            if distance <= range {
                visit(member.data.at(distance));
            }
            ControlFlow::Continue(())
        });
    }

    fn raycast(
        &self,
        origin: Vec3,
        direction: Vec3,
        max_distance: f32,
        accept: &dyn Fn(ScriptId) -> bool,
    ) -> Option<RayHit> {
        let reach = Cell::new(max_distance);
        let beam = Beam::new(origin, direction, slack(origin), &reach);
        let mut first: Option<(f32, ScriptId, RayHit)> = None;
        let _ = search(self.solids.root(), &|hull| beam.enters(hull).is_some(), &mut |solid| {
            let Solid { id, center, shape, hull } = *solid;
            if let Some(entered) = beam.enters(&hull)
                && let Some(hit) = shape.hit_by((id, center), origin, direction, max_distance)
            {
                // It lies within the hull, whatever rounding says; so nothing that comes before it
                // is in a box that the beam enters later.
                let at = hit.distance.max(entered);
                if first.is_none_or(|(best, other, _)| (at, id) < (best, other)) && accept(id) {
                    first = Some((at, id, hit));
                    reach.set(at);
                }
            }
            ControlFlow::Continue(())
        });
        first.map(|(.., hit)| hit)
    }

    fn block(&self, from: Vec3, ways: &mut [Way], accept: &dyn Fn(ScriptId) -> bool) {
        let Some(first) = ways.first().map(Way::end) else { return };
        let (lower, upper) =
            ways.iter().fold((first, first), |(l, u), way| (l.min(way.end()), u.max(way.end())));
        // One beam that is as thick as their ends lie apart holds all of them.
        let half = (upper - lower) * 0.5;
        let middle = lower + half;
        let thickness = half * 1.0001 + slack(middle) + slack(from);
        let reach = Cell::new(1.0);
        let beam = Beam::new(from, middle - from, thickness, &reach);
        let _ = search(self.solids.root(), &|hull| beam.enters(hull).is_some(), &mut |solid| {
            let Solid { id, center, shape, hull } = *solid;
            if beam.enters(&hull).is_some() && accept(id) {
                ways.iter_mut().for_each(|way| way.block_with(shape, center, from));
                if ways.iter().all(|way| way.is_blocked) {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        });
    }
}

/// Looks at what is in a tree, but for the boxes that `enters` leaves out, until `look` breaks off.
fn search<T: RTreeObject>(
    node: &ParentNode<T>,
    enters: &impl Fn(&T::Envelope) -> bool,
    look: &mut impl FnMut(&T) -> ControlFlow<()>,
) -> ControlFlow<()> {
    for child in node.children() {
        match child {
            RTreeNode::Leaf(leaf) => look(leaf)?,
            RTreeNode::Parent(parent) if enters(&parent.envelope()) => {
                search(parent, enters, look)?;
            }
            RTreeNode::Parent(_) => {}
        }
    }
    ControlFlow::Continue(())
}

/// What lies in the way of a ray, or of several that leave one point.
#[derive(Clone, Copy)]
struct Beam<'a> {
    from: Corner,
    /// One by the direction.
    inverse: Corner,
    /// How far it reaches to all sides: a little at least, so that rounding loses no hit.
    thickness: Corner,
    /// How many times the direction it is long; may shrink while the tree is searched.
    reach: &'a Cell<f32>,
}

impl<'a> Beam<'a> {
    fn new(from: Vec3, direction: Vec3, thickness: Vec3, reach: &'a Cell<f32>) -> Self {
        let [from, inverse, thickness] =
            [from, direction.recip(), thickness].map(|vector| vector.to_array());
        Self { from, inverse, thickness, reach }
    }

    /// When it enters a box, 0 if it begins inside; `None` if it passes or does not come so far.
    fn enters(&self, hull: &AABB<Corner>) -> Option<f32> {
        let (lower, upper) = (hull.lower(), hull.upper());
        let (mut enters, mut leaves) = (0.0_f32, self.reach.get());
        for axis in 0..3 {
            let (from, inverse) = (self.from[axis], self.inverse[axis]);
            let to_lower = (lower[axis] - self.thickness[axis] - from) * inverse;
            let to_upper = (upper[axis] + self.thickness[axis] - from) * inverse;
            let (first, last) = if inverse.is_sign_negative() {
                (to_upper, to_lower)
            } else {
                (to_lower, to_upper)
            };
            // Along a face of the box it is NaN, and they take the other number.
            enters = enters.max(first);
            leaves = leaves.min(last);
        }
        (enters <= leaves).then_some(enters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Vitals, WorldView as _};
    use crate::testing::{FakeEntity, FakeWorld};

    /// Numbers that look random, the same each time.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, end: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (self.0 >> 33) % end
        }

        /// A place on a grid half a unit wide, so that many are at one distance.
        fn place(&mut self, size: u64) -> Vec3 {
            let [x, y, z] = [(); 3].map(|()| self.below(size) as f32 * 0.5);
            Vec3::new(x, y, z)
        }

        fn shape(&mut self) -> Shape {
            match self.below(4) {
                0 => Shape::Sphere { radius: self.below(5) as f32 * 0.25 },
                1 => Shape::Box { half: Vec3::new(f32::INFINITY, 0.1, 2.0) },
                _ => Shape::Box { half: self.place(4) },
            }
        }
    }

    /// A crowd, in a world that looks at everybody each time, and in two indices.
    fn crowd(numbers: &mut Numbers, count: i64, size: u64) -> (FakeWorld, [SpatialIndex; 2]) {
        let mut world = FakeWorld::default();
        for id in 0..count {
            let mut entity = FakeEntity::at(numbers.place(size));
            entity.team = ["", "blue", "red"][numbers.below(3) as usize].to_owned();
            entity.attack_power = numbers.below(9) as f32;
            let health = (numbers.below(5) as f32 - 1.0).max(0.0);
            entity.vitals = Some(Vitals { health, max: 9.0, armor: 0.0 });
            entity.shape = (numbers.below(3) == 0).then(|| numbers.shape());
            world.entities.insert(ScriptId(id), entity);
        }
        let all = || {
            world.entities.iter().map(|(id, entity)| Occupant {
                id: *id,
                center: entity.position.unwrap_or_default(),
                team: Some(entity.team.as_str()).filter(|team| !team.is_empty()),
                is_alive: world.is_alive(*id),
                attack_power: entity.attack_power,
                shape: entity.shape,
            })
        };
        let indices = [SpatialIndex::new(all()), SpatialIndex::new(all().rev())];
        (world, indices)
    }

    fn ordered(space: &dyn Space, team: &str, from: Vec3) -> Vec<Neighbor> {
        let mut seen = Vec::new();
        space.by_distance(team, from, &mut |neighbor| {
            seen.push(neighbor);
            neighbor.distance < 10.0
        });
        seen
    }

    fn near(space: &dyn Space, team: &str, from: Vec3, range: f32) -> Vec<Neighbor> {
        let mut seen = Vec::new();
        space.within(team, from, range, &mut |neighbor| seen.push(neighbor));
        seen.sort_unstable_by_key(|neighbor| neighbor.id);
        seen
    }

    #[test]
    fn an_index_says_the_same_as_looking_at_everybody() {
        let mut numbers = Numbers(1);
        let (mut hits, mut blocked) = (0, 0);
        for (count, size) in [(0, 9), (1, 9), (5, 9), (60, 20), (400, 60)] {
            let (world, indices) = crowd(&mut numbers, count, size);
            for turn in 0..100 {
                let (from, to) = (numbers.place(size), numbers.place(size));
                let team = ["blue", "red", "nobody"][turn % 3];
                let range = numbers.below(size) as f32 * 0.5;
                let direction = (to - from).normalize_or(Vec3::X);
                let odd = |id: ScriptId| id.0 % 2 == 1;
                let ray = |space: &dyn Space| space.raycast(from, direction, range, &odd);
                let ways = [(); 8].map(|()| Way::between(from, to + numbers.place(4)));
                let block = |space: &dyn Space| {
                    let mut ways = ways;
                    space.block(from, &mut ways, &odd);
                    ways
                };
                for index in &indices {
                    assert_eq!(ordered(index, team, from), ordered(&world, team, from));
                    assert_eq!(near(index, team, from, range), near(&world, team, from, range));
                    assert_eq!(ray(index), ray(&world), "from {from} to {to}");
                    assert_eq!(block(index), block(&world), "from {from} to {to}");
                }
                hits += usize::from(ray(&world).is_some());
                blocked += block(&world).iter().filter(|way| way.is_blocked).count();
            }
        }
        assert!(hits > 50 && blocked > 500, "{hits} hits and {blocked} ways say little");
    }

    #[test]
    fn a_slanted_ray_looks_only_at_what_lies_along_it() {
        let all = (0..10_000).map(|i| Occupant {
            id: ScriptId(i),
            center: Vec3::new((i % 100) as f32, 0.0, (i / 100) as f32),
            team: None,
            is_alive: true,
            attack_power: 0.0,
            shape: Some(Shape::Sphere { radius: 0.1 }),
        });
        let index = SpatialIndex::new(all);
        let (from, way) = (Vec3::new(-1.0, 0.0, -1.5), Vec3::new(102.0, 0.0, 102.0));
        let reach = Cell::new(1.0);
        let beam = Beam::new(from, way, Vec3::ZERO, &reach);
        let mut looked = 0;
        let _ = search(index.solids.root(), &|hull| beam.enters(hull).is_some(), &mut |_| {
            looked += 1;
            ControlFlow::Continue(())
        });
        assert!((100..1_000).contains(&looked), "at {looked} of 10,000");
        let none = index.raycast(from, way.normalize(), way.length(), &|_| true);
        assert_eq!(none, None, "it passes between them");
    }

    #[test]
    fn what_is_no_shape_or_stands_nowhere_is_not_met() {
        let ball = |id, center, radius| Occupant {
            id: ScriptId(id),
            center,
            team: Some("red"),
            is_alive: true,
            attack_power: 0.0,
            shape: Some(Shape::Sphere { radius }),
        };
        let index = SpatialIndex::new(
            [
                ball(1, Vec3::X * 5.0, f32::NAN),
                ball(2, Vec3::X * f32::NAN, 1.0),
                ball(3, Vec3::X * f32::INFINITY, 1.0),
                ball(4, Vec3::X * 9.0, 1.0),
                ball(5, Vec3::X * 2.0, f32::INFINITY),
            ]
            .into_iter(),
        );
        let hit = index.raycast(Vec3::ZERO, Vec3::X, 100.0, &|_| true);
        assert_eq!(hit.and_then(|hit| hit.entity), Some(ScriptId(4)), "5 is all around");
        let seen: Vec<_> =
            ordered(&index, "red", Vec3::ZERO).into_iter().map(|one| one.id.0).collect();
        assert_eq!(seen, [5, 1, 4]);
    }
}

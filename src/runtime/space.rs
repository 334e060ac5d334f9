//! Who is where, as the tactical functions ask.

mod bvh;

use std::{cell::Cell, collections::BTreeMap, ops::ControlFlow};

use bevy::prelude::*;

use self::bvh::{Bounded, Bvh, Hull};
use crate::contract::{Neighbor, RayHit, ScriptId, Shape, Space, Way};

/// Who is where: trees of points for each team and of boxes for what stands in the way. Brought up to date
/// when the first script of a pass asks: as long as the same entities come in the same order, only their
/// places are.
///
/// How a tree grows depends on the order in which entities come; what it answers does not. Ties go by
/// id, and every search that takes a box takes all boxes around it, rounding included.
#[derive(Default)]
pub(super) struct SpatialIndex {
    /// Everybody, in the order in which they come.
    known: Vec<Known>,
    /// In the order of their names.
    teams: Vec<(String, Bvh<Member>)>,
    solids: Bvh<Solid>,
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

impl Occupant<'_> {
    /// What of it stands in the way of rays.
    fn solid(&self) -> Option<Shape> {
        self.shape.filter(|shape| !shape.half_extents().is_nan())
    }
}

/// Where somebody is in the trees.
struct Known {
    id: ScriptId,
    /// Which team, and where in its tree.
    member: Option<(u32, u32)>,
    solid: Option<u32>,
}

/// A member of a team.
struct Member {
    /// Its number among all that are known.
    number: u32,
    id: ScriptId,
    center: Vec3,
    is_alive: bool,
    attack_power: f32,
}

impl Member {
    const fn new(number: usize, one: &Occupant<'_>) -> Self {
        let Occupant { id, center, is_alive, attack_power, .. } = *one;
        Self { number: number as u32, id, center, is_alive, attack_power }
    }

    const fn at(&self, distance: f32) -> Neighbor {
        let Self { id, is_alive, attack_power, .. } = *self;
        Neighbor { id, distance, is_alive, attack_power }
    }

    fn distance(&self, from: Vec3) -> f32 {
        (self.center - from).length()
    }
}

impl Bounded for Member {
    fn id(&self) -> ScriptId {
        self.id
    }

    fn center(&self) -> Vec3 {
        self.center
    }

    fn hull(&self) -> Hull {
        Hull { lower: self.center, upper: self.center }
    }

    fn counts(&self) -> bool {
        self.is_alive
    }
}

struct Solid {
    number: u32,
    id: ScriptId,
    center: Vec3,
    shape: Shape,
    /// A little larger than the shape, so that rounding loses no hit.
    hull: Hull,
}

impl Solid {
    fn new(number: usize, one: &Occupant<'_>, shape: Shape) -> Self {
        let Occupant { id, center, .. } = *one;
        let half = shape.half_extents().abs();
        let half = half * 1.0001 + slack(center);
        let hull = Hull { lower: center - half, upper: center + half };
        Self { number: number as u32, id, center, shape, hull }
    }
}

/// By how much rounding may displace a place.
fn slack(place: Vec3) -> Vec3 {
    place.abs() * 1e-6
}

impl Bounded for Solid {
    fn id(&self) -> ScriptId {
        self.id
    }

    fn center(&self) -> Vec3 {
        self.center
    }

    fn hull(&self) -> Hull {
        self.hull
    }

    fn counts(&self) -> bool {
        true
    }
}

impl SpatialIndex {
    /// Brings it up to date. `all` gives everybody, mostly in the same order as the last time.
    pub(super) fn refresh<'a, I: Iterator<Item = Occupant<'a>>>(&mut self, all: impl Fn() -> I) {
        let placed = || all().filter(|one| one.center.is_finite());
        let mut number = 0;
        let same = placed().all(|one| {
            let same = self.update(number, &one);
            number += 1;
            same
        });
        if !same || number != self.known.len() {
            *self = Self::new(placed());
            return;
        }
        let mut reordered = self.solids.refit();
        for (_, tree) in &mut self.teams {
            reordered |= tree.refit();
        }
        if reordered {
            self.note_places();
        }
    }

    /// Brings one of them up to date; `false` if somebody else was there, or in another way.
    fn update(&mut self, number: usize, one: &Occupant<'_>) -> bool {
        let Some(Known { id, member, solid }) = self.known.get(number) else { return false };
        let shape = one.solid();
        if *id != one.id
            || member.is_some() != one.team.is_some()
            || solid.is_some() != shape.is_some()
        {
            return false;
        }
        if let Some((team, place)) = *member
            && let Some((name, tree)) = self.teams.get_mut(team as usize)
        {
            if one.team != Some(name.as_str()) {
                return false;
            }
            tree.items_mut()[place as usize] = Member::new(number, one);
        }
        if let (Some(place), Some(shape)) = (*solid, shape) {
            let solid = &mut self.solids.items_mut()[place as usize];
            // Walls do not move.
            if solid.center != one.center || solid.shape != shape {
                *solid = Solid::new(number, one, shape);
            }
        }
        true
    }

    /// An index of these, who all stand somewhere.
    fn new<'a>(all: impl Iterator<Item = Occupant<'a>>) -> Self {
        let mut index = Self::default();
        let mut teams: BTreeMap<&str, Vec<Member>> = BTreeMap::new();
        let mut solids = Vec::new();
        for (number, one) in all.enumerate() {
            index.known.push(Known { id: one.id, member: None, solid: None });
            if let Some(team) = one.team {
                teams.entry(team).or_default().push(Member::new(number, &one));
            }
            if let Some(shape) = one.solid() {
                solids.push(Solid::new(number, &one, shape));
            }
        }
        let tree = |(team, members): (&str, _)| (team.to_owned(), Bvh::new(members));
        index.teams = teams.into_iter().map(tree).collect();
        index.solids = Bvh::new(solids);
        index.note_places();
        index
    }

    /// Takes note of where everybody is in the trees.
    fn note_places(&mut self) {
        for (team, (_, tree)) in self.teams.iter().enumerate() {
            for (place, member) in tree.items().iter().enumerate() {
                self.known[member.number as usize].member = Some((team as u32, place as u32));
            }
        }
        for (place, solid) in self.solids.items().iter().enumerate() {
            self.known[solid.number as usize].solid = Some(place as u32);
        }
    }

    fn team(&self, name: &str) -> Option<&Bvh<Member>> {
        let at = self.teams.binary_search_by(|(team, _)| team.as_str().cmp(name)).ok()?;
        Some(&self.teams[at].1)
    }
}

impl Space for SpatialIndex {
    fn each_team(&self, visit: &mut dyn FnMut(&str)) {
        self.teams.iter().for_each(|(team, _)| visit(team));
    }

    fn by_distance(&self, team: &str, from: Vec3, visit: &mut dyn FnMut(Neighbor) -> bool) {
        if let Some(tree) = self.team(team) {
            let distance = |member: &Member| member.distance(from);
            tree.by_distance(from, distance, &mut |member, distance| visit(member.at(distance)));
        }
    }

    fn nearest(
        &self,
        is_wanted: &dyn Fn(&str) -> bool,
        from: Vec3,
        range: f32,
    ) -> Option<Neighbor> {
        let mut nearest: Option<Neighbor> = None;
        for (_, tree) in self.teams.iter().filter(|(team, _)| is_wanted(team)) {
            let reach = nearest.map_or(range, |best| best.distance);
            if let Some((member, distance)) = tree.nearest(from, reach) {
                let found = member.at(distance);
                if nearest.is_none_or(|best| found.is_nearer_than(&best)) {
                    nearest = Some(found);
                }
            }
        }
        nearest
    }

    fn within(&self, team: &str, from: Vec3, range: f32, visit: &mut dyn FnMut(Neighbor)) {
        let Some(tree) = self.team(team) else { return };
        let enters = |hull: &Hull| (hull.distance(from) <= range).then_some(0.0);
        tree.search(&enters, &mut |member| {
            let distance = member.distance(from);
            if distance <= range {
                visit(member.at(distance));
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
        self.solids.search(&|hull| beam.enters(hull), &mut |solid| {
            let Solid { id, center, shape, hull, .. } = *solid;
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
        self.solids.search(&|hull| beam.enters(hull), &mut |solid| {
            let Solid { id, center, shape, hull, .. } = *solid;
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

/// What lies in the way of a ray, or of several that leave one point.
#[derive(Clone, Copy)]
struct Beam<'a> {
    from: Vec3,
    /// One by the direction.
    inverse: Vec3,
    /// How far it reaches to all sides: a little at least, so that rounding loses no hit.
    thickness: Vec3,
    /// How many times the direction it is long; may shrink while the tree is searched.
    reach: &'a Cell<f32>,
}

impl<'a> Beam<'a> {
    fn new(from: Vec3, direction: Vec3, thickness: Vec3, reach: &'a Cell<f32>) -> Self {
        Self { from, inverse: direction.recip(), thickness, reach }
    }

    /// When it enters a box, 0 if it begins inside; `None` if it passes or does not come so far.
    fn enters(&self, Hull { lower, upper }: &Hull) -> Option<f32> {
        let to_lower = (*lower - self.thickness - self.from) * self.inverse;
        let to_upper = (*upper + self.thickness - self.from) * self.inverse;
        let (mut enters, mut leaves) = (0.0_f32, self.reach.get());
        for axis in 0..3 {
            let (first, last) = if self.inverse[axis].is_sign_negative() {
                (to_upper[axis], to_lower[axis])
            } else {
                (to_lower[axis], to_upper[axis])
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

        fn entity(&mut self, size: u64) -> FakeEntity {
            let mut entity = FakeEntity::at(self.place(size));
            entity.team = ["", "blue", "red"][self.below(3) as usize].to_owned();
            entity.attack_power = self.below(9) as f32;
            let health = (self.below(5) as f32 - 1.0).max(0.0);
            entity.vitals = Some(Vitals { health, max: 9.0, armor: 0.0 });
            entity.shape = (self.below(3) == 0).then(|| self.shape());
            entity
        }
    }

    /// A crowd, in a world that looks at everybody each time, and in three indices.
    fn crowd(numbers: &mut Numbers, count: i64, size: u64) -> (FakeWorld, [SpatialIndex; 3]) {
        let mut world = FakeWorld::default();
        for id in 0..count {
            world.entities.insert(ScriptId(id), numbers.entity(size));
        }
        // One of them has seen everybody elsewhere before.
        let mut moved = SpatialIndex::default();
        moved.refresh(|| occupants(&world).map(|one| Occupant { center: one.center.zxy(), ..one }));
        moved.refresh(|| occupants(&world));
        let indices = [
            SpatialIndex::new(occupants(&world)),
            SpatialIndex::new(occupants(&world).rev()),
            moved,
        ];
        (world, indices)
    }

    fn occupants(world: &FakeWorld) -> impl DoubleEndedIterator<Item = Occupant<'_>> {
        world.entities.iter().map(|(id, entity)| Occupant {
            id: *id,
            center: entity.position.unwrap_or_default(),
            team: Some(entity.team.as_str()).filter(|team| !team.is_empty()),
            is_alive: world.is_alive(*id),
            attack_power: entity.attack_power,
            shape: entity.shape,
        })
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
                    for range in [range, f32::INFINITY] {
                        let nearest =
                            |space: &dyn Space| space.nearest(&|name| name == team, from, range);
                        assert_eq!(nearest(index), nearest(&world), "{team} around {from}");
                    }
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
    fn an_index_that_is_kept_says_the_same_as_a_new_one() {
        let mut numbers = Numbers(2);
        let (mut world, _) = crowd(&mut numbers, 300, 40);
        let mut kept = SpatialIndex::default();
        let mut hits = 0;
        for step in 0..120 {
            let other = ScriptId(numbers.below(300) as i64);
            match step % 10 {
                // Mostly everybody only moves, some of them far.
                0 => drop(world.entities.remove(&other)),
                3 => drop(world.entities.insert(other, numbers.entity(40))),
                6 => {
                    if let Some(entity) = world.entities.get_mut(&other) {
                        entity.position = Some(numbers.place(4_000));
                        entity.shape = entity.shape.map(|_| numbers.shape());
                    }
                }
                _ => {}
            }
            for entity in world.entities.values_mut() {
                let way = numbers.place(3) - Vec3::splat(0.5);
                entity.position = entity.position.map(|place| place + way);
            }
            kept.refresh(|| occupants(&world));
            for team in ["blue", "red"] {
                let from = numbers.place(40);
                let range = numbers.below(40) as f32;
                assert_eq!(ordered(&kept, team, from), ordered(&world, team, from), "{step}");
                assert_eq!(near(&kept, team, from, range), near(&world, team, from, range));
                for wanted in [team, ""] {
                    let is_wanted = |name: &str| wanted.is_empty() || name == wanted;
                    let nearest = |space: &dyn Space| space.nearest(&is_wanted, from, range);
                    assert_eq!(nearest(&kept), nearest(&world), "{step}");
                }
                let direction = (numbers.place(40) - from).normalize_or(Vec3::X);
                let ray = |space: &dyn Space| space.raycast(from, direction, range, &|_| true);
                assert_eq!(ray(&kept), ray(&world), "{step}: from {from} along {direction}");
                hits += usize::from(ray(&kept).is_some());
            }
        }
        assert!(hits > 50, "{hits} hits say little");
    }

    /// Distances have fewer digits than the squares that they come from: some are equal whose squares are not.
    #[test]
    fn who_is_as_near_as_another_comes_by_id_although_its_square_is_another() {
        let mut numbers = Numbers(3);
        let mut ties = 0;
        for turn in 0..200 {
            let mut world = FakeWorld::default();
            let middle = numbers.place(40);
            for id in 1..=60 {
                let direction = numbers.place(1_000) - Vec3::splat(249.3);
                let center = middle + direction.normalize() * 7.3;
                let entity = FakeEntity { team: "red".to_owned(), ..FakeEntity::at(center) };
                world.entities.insert(ScriptId(id), entity);
            }
            let index = SpatialIndex::new(occupants(&world));
            let nearest = |space: &dyn Space| space.nearest(&|_| true, middle, 100.0);
            let (Some(found), Some(expected)) = (nearest(&index), nearest(&world)) else {
                panic!("somebody is near")
            };
            assert_eq!(found, expected, "{turn}");
            let squares = world.entities.values().filter_map(|one| one.position);
            let squares: Vec<f32> = squares.map(|at| (at - middle).length_squared()).collect();
            let as_near = squares.iter().filter(|square| square.sqrt() == found.distance);
            let least = squares.iter().copied().fold(f32::INFINITY, f32::min);
            ties += usize::from(as_near.into_iter().any(|square| *square != least));
        }
        assert!(ties > 10, "{ties} ties say little");
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
        index.solids.search(&|hull| beam.enters(hull), &mut |_| {
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
        let mut index = SpatialIndex::default();
        index.refresh(|| {
            [
                ball(1, Vec3::X * 5.0, f32::NAN),
                ball(2, Vec3::X * f32::NAN, 1.0),
                ball(3, Vec3::X * f32::INFINITY, 1.0),
                ball(4, Vec3::X * 9.0, 1.0),
                ball(5, Vec3::X * 2.0, f32::INFINITY),
            ]
            .into_iter()
        });
        let hit = index.raycast(Vec3::ZERO, Vec3::X, 100.0, &|_| true);
        assert_eq!(hit.and_then(|hit| hit.entity), Some(ScriptId(4)), "5 is all around");
        let seen: Vec<_> =
            ordered(&index, "red", Vec3::ZERO).into_iter().map(|one| one.id.0).collect();
        assert_eq!(seen, [5, 1, 4]);
    }
}

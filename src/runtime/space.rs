use std::{cell::Cell, collections::BTreeMap, ops::ControlFlow};

use bevy::prelude::*;
use rstar::{
    AABB, ParentNode, PointDistance as _, RTree, RTreeNode, RTreeObject, primitives::GeomWithData,
};

use crate::contract::{RayHit, ScriptId, Shape, Space, Way};

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
pub(super) struct Body<'a> {
    pub(super) id: ScriptId,
    pub(super) center: Vec3,
    pub(super) team: Option<&'a str>,
    pub(super) shape: Option<Shape>,
}

type Corner = [f32; 3];
type Member = GeomWithData<Corner, ScriptId>;

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
        let half = half * 1.0001 + center.abs() * 1e-6;
        let hull = AABB::from_corners((center - half).to_array(), (center + half).to_array());
        Self { id, center, shape, hull }
    }
}

impl RTreeObject for Solid {
    type Envelope = AABB<Corner>;

    fn envelope(&self) -> Self::Envelope {
        self.hull
    }
}

impl SpatialIndex {
    pub(super) fn new<'a>(bodies: impl Iterator<Item = Body<'a>>) -> Self {
        let mut teams: BTreeMap<&str, Vec<Member>> = BTreeMap::new();
        let mut solids = Vec::new();
        for Body { id, center, team, shape } in bodies.filter(|body| body.center.is_finite()) {
            if let Some(team) = team {
                teams.entry(team).or_default().push(Member::new(center.to_array(), id));
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

    fn by_distance(&self, team: &str, from: Vec3, visit: &mut dyn FnMut(ScriptId, f32) -> bool) {
        let Some(tree) = self.team(team) else { return };
        let nearest = tree.nearest_neighbor_iter_with_distance_2(from.to_array());
        let mut nearest = nearest.map(|(member, squared)| (member.data, squared.sqrt())).peekable();
        // The tree gives those at one distance in any order.
        let mut tied = Vec::new();
        while let Some((id, distance)) = nearest.next() {
            while let Some((other, _)) = nearest.next_if(|(_, other)| *other == distance) {
                tied.push(other);
            }
            let goes_on = if tied.is_empty() {
                visit(id, distance)
            } else {
                tied.push(id);
                tied.sort_unstable();
                tied.drain(..).all(|id| visit(id, distance))
            };
            if !goes_on {
                return;
            }
        }
    }

    fn within(&self, team: &str, from: Vec3, range: f32, visit: &mut dyn FnMut(ScriptId, f32)) {
        let Some(tree) = self.team(team) else { return };
        let from = from.to_array();
        let is_near = |hull: &AABB<Corner>| hull.distance_2(&from).sqrt() <= range;
        let _ = search(tree.root(), &is_near, &mut |member| {
            let distance = member.distance_2(&from).sqrt();
            if distance <= range {
                visit(member.data, distance);
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
        let beam = Beam::new(origin, direction, Vec3::ZERO, &reach);
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
        let Some(first) = ways.first().map(|way| way.to) else { return };
        let (lower, upper) =
            ways.iter().fold((first, first), |(l, u), way| (l.min(way.to), u.max(way.to)));
        // One beam that is as thick as their ends lie apart holds all of them.
        let half = (upper - lower) * 0.5;
        let middle = lower + half;
        let thickness = half * 1.0001 + middle.abs() * 1e-6;
        let reach = Cell::new(1.0);
        let beam = Beam::new(from, middle - from, thickness, &reach);
        let _ = search(self.solids.root(), &|hull| beam.enters(hull).is_some(), &mut |solid| {
            let Solid { id, center, shape, hull } = *solid;
            if beam.enters(&hull).is_some() && accept(id) {
                ways.iter_mut().for_each(|way| way.block_with(shape, (id, center), from));
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
    /// How far it reaches to all sides.
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

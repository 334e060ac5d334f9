//! A hierarchy of boxes around things in space, kept from pass to pass.
//!
//! Things move a little from one pass to the next, so the tree stays and its boxes are fitted anew, which
//! takes a tenth of the time of building it. How it grows depends on the order in which things come; what
//! it answers does not.

use std::{cmp::Ordering, collections::BinaryHeap, ops::ControlFlow};

use bevy::math::Vec3;

use crate::contract::ScriptId;

/// What can be found in space.
pub(super) trait Bounded {
    /// Whose it is: of several at one distance the lower id comes first.
    fn id(&self) -> ScriptId;
    /// By this the tree is divided; finite.
    fn center(&self) -> Vec3;
    /// All of it, rounding included.
    fn hull(&self) -> Hull;
    /// Whether [`Bvh::nearest`] finds it.
    fn counts(&self) -> bool;
}

/// A box along the axes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hull {
    pub(super) lower: Vec3,
    pub(super) upper: Vec3,
}

impl Hull {
    const NOTHING: Self = Self { lower: Vec3::INFINITY, upper: Vec3::NEG_INFINITY };

    fn with(self, other: Self) -> Self {
        Self { lower: self.lower.min(other.lower), upper: self.upper.max(other.upper) }
    }

    /// How far a point is from it: never farther than from anything in it, rounding included.
    pub(super) fn distance(&self, from: Vec3) -> f32 {
        (self.lower - from).max(from - self.upper).max(Vec3::ZERO).length()
    }

    /// The sum of its sides, as far as they have an end.
    fn size(&self) -> f32 {
        let sides = self.upper - self.lower;
        sides.to_array().into_iter().filter(|side| side.is_finite()).sum()
    }
}

#[derive(Clone, Copy)]
struct Node {
    hull: Hull,
    /// Of a leaf its first item, of others the second child; the first child comes next.
    first: u32,
    /// How many items it holds; 0 if it is no leaf.
    count: u8,
    /// Whether there is something in it that counts.
    counts: bool,
}

/// The hierarchy.
pub(super) struct Bvh<T> {
    nodes: Vec<Node>,
    items: Vec<T>,
    /// How large all leaves were together when it was built.
    built: f32,
}

impl<T> Default for Bvh<T> {
    fn default() -> Self {
        Self { nodes: Vec::new(), items: Vec::new(), built: 0.0 }
    }
}

/// A leaf holds no more items.
const LEAF: usize = 8;

/// So many times larger its leaves may become before it is better built anew.
const WORN: f32 = 2.0;

impl<T: Bounded> Bvh<T> {
    /// A tree of these. They are put into another order.
    pub(super) fn new(items: Vec<T>) -> Self {
        let mut tree = Self { nodes: Vec::new(), items, built: 0.0 };
        if !tree.items.is_empty() {
            tree.divide(0, tree.items.len());
        }
        tree.built = tree.fit();
        tree
    }

    fn divide(&mut self, first: usize, end: usize) {
        let place = self.nodes.len();
        let count = end - first;
        let is_leaf = count <= LEAF;
        let leaf = if is_leaf { count as u8 } else { 0 };
        let (hull, first_item) = (Hull::NOTHING, first as u32);
        self.nodes.push(Node { hull, first: first_item, count: leaf, counts: false });
        if is_leaf {
            return;
        }
        let items = &mut self.items[first..end];
        let (lower, upper) =
            items.iter().fold((Vec3::INFINITY, Vec3::NEG_INFINITY), |(l, u), one| {
                (l.min(one.center()), u.max(one.center()))
            });
        let sides = upper - lower;
        let axis = sides.max_position();
        // By number, so that it is never deeper than it must be.
        let middle = count / 2;
        items.select_nth_unstable_by(middle, |a, b| a.center()[axis].total_cmp(&b.center()[axis]));
        self.divide(first, first + middle);
        self.nodes[place].first = self.nodes.len() as u32;
        self.divide(first + middle, end);
    }

    /// Fits all boxes to what they hold; says how large the leaves are together.
    fn fit(&mut self) -> f32 {
        let mut size = 0.0;
        // Children come behind their parents.
        for place in (0..self.nodes.len()).rev() {
            let Node { first, count, .. } = self.nodes[place];
            let first = first as usize;
            let (hull, counts) = if count == 0 {
                let (one, other) = (&self.nodes[place + 1], &self.nodes[first]);
                (one.hull.with(other.hull), one.counts | other.counts)
            } else {
                let items = &self.items[first..first + usize::from(count)];
                let hull = items.iter().map(Bounded::hull).fold(Hull::NOTHING, Hull::with);
                size += hull.size();
                (hull, items.iter().any(Bounded::counts))
            };
            (self.nodes[place].hull, self.nodes[place].counts) = (hull, counts);
        }
        size
    }

    /// Takes note that items have moved; says whether they are in another order now.
    pub(super) fn refit(&mut self) -> bool {
        let is_worn = self.fit() > self.built * WORN;
        if is_worn {
            *self = Self::new(std::mem::take(&mut self.items));
        }
        is_worn
    }

    /// The items, in the order of the tree.
    pub(super) fn items(&self) -> &[T] {
        &self.items
    }

    /// The same. If they move, [`refit`](Self::refit) must follow.
    pub(super) fn items_mut(&mut self) -> &mut [T] {
        &mut self.items
    }

    /// Visits items by (distance, id), the nearest first, until `visit` says `false`.
    pub(super) fn by_distance(
        &self,
        from: Vec3,
        distance: impl Fn(&T) -> f32,
        visit: &mut dyn FnMut(&T, f32) -> bool,
    ) {
        let Some(root) = self.nodes.first() else { return };
        let mut ahead = BinaryHeap::with_capacity(4 * LEAF);
        ahead.push(Ahead { distance: root.hull.distance(from), item: None, place: 0 });
        while let Some(Ahead { distance: at, item, place }) = ahead.pop() {
            let place = place as usize;
            if item.is_some() {
                if !visit(&self.items[place], at) {
                    return;
                }
                continue;
            }
            let Node { first, count, .. } = self.nodes[place];
            if count == 0 {
                for child in [place as u32 + 1, first] {
                    let distance = self.nodes[child as usize].hull.distance(from);
                    ahead.push(Ahead { distance, item: None, place: child });
                }
            } else {
                for place in first..first + u32::from(count) {
                    let item = &self.items[place as usize];
                    let (distance, item) = (distance(item), Some(item.id()));
                    ahead.push(Ahead { distance, item, place });
                }
            }
        }
    }

    /// What counts and is nearest to a point, within a range; of several at one distance the lower id.
    pub(super) fn nearest(
        &self,
        from: Vec3,
        range: f32,
        distance: impl Fn(&T) -> f32,
    ) -> Option<(&T, f32)> {
        // What does not count is at no distance, which is never within reach.
        let to = |place: usize| {
            let node = &self.nodes[place];
            if node.counts { node.hull.distance(from) } else { f32::NAN }
        };
        let mut best: Option<(f32, ScriptId, &T)> = None;
        let mut reach = range;
        // Of each level one child waits at most, and a level halves the number of items.
        let mut waiting = [(f32::NAN, 0_usize); u32::BITS as usize];
        let mut waits = 0;
        if !self.nodes.is_empty() {
            waiting[0] = (to(0), 0);
            waits = 1;
        }
        while waits > 0 {
            waits -= 1;
            let (at, mut place) = waiting[waits];
            let mut enters = at <= reach;
            while enters {
                let Node { first, count, .. } = self.nodes[place];
                let first = first as usize;
                if count > 0 {
                    let items = &self.items[first..first + usize::from(count)];
                    for item in items.iter().filter(|item| item.counts()) {
                        let key = (distance(item), item.id());
                        if key.0 <= reach && best.is_none_or(|(at, id, _)| key < (at, id)) {
                            best = Some((key.0, key.1, item));
                            reach = key.0;
                        }
                    }
                    break;
                }
                let (mut near, mut far) = ((to(place + 1), place + 1), (to(first), first));
                if far.0 < near.0 || near.0.is_nan() {
                    (near, far) = (far, near);
                }
                if far.0 <= reach {
                    waiting[waits] = far;
                    waits += 1;
                }
                place = near.1;
                enters = near.0 <= reach;
            }
        }
        best.map(|(at, _, item)| (item, at))
    }

    /// Looks at the items in all boxes that are entered, until `look` breaks off. `enters` says when a box
    /// is entered; what is entered earlier is looked at earlier, as far as boxes do not overlap.
    pub(super) fn search(
        &self,
        enters: &impl Fn(&Hull) -> Option<f32>,
        look: &mut impl FnMut(&T) -> ControlFlow<()>,
    ) {
        if self.nodes.first().is_some_and(|root| enters(&root.hull).is_some()) {
            let _ = self.descend(0, enters, look);
        }
    }

    fn descend(
        &self,
        place: usize,
        enters: &impl Fn(&Hull) -> Option<f32>,
        look: &mut impl FnMut(&T) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Node { first, count, .. } = self.nodes[place];
        let first = first as usize;
        if count > 0 {
            return self.items[first..first + usize::from(count)].iter().try_for_each(look);
        }
        let hull = |place: usize| &self.nodes[place].hull;
        match (enters(hull(place + 1)), enters(hull(first))) {
            (Some(one), Some(other)) => {
                let (near, far) =
                    if one <= other { (place + 1, first) } else { (first, place + 1) };
                self.descend(near, enters, look)?;
                // What was found there may have made it needless.
                if enters(hull(far)).is_some() {
                    self.descend(far, enters, look)
                } else {
                    ControlFlow::Continue(())
                }
            }
            (Some(_), None) => self.descend(place + 1, enters, look),
            (None, Some(_)) => self.descend(first, enters, look),
            (None, None) => ControlFlow::Continue(()),
        }
    }
}

/// What is still to be looked at: the nearest first, then what may hold something as near, then the
/// lower id.
struct Ahead {
    distance: f32,
    item: Option<ScriptId>,
    place: u32,
}

impl Ord for Ahead {
    fn cmp(&self, other: &Self) -> Ordering {
        // The heap gives the greatest first; `None` is less than any id.
        other.distance.total_cmp(&self.distance).then_with(|| other.item.cmp(&self.item))
    }
}

impl PartialOrd for Ahead {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ahead {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ahead {}

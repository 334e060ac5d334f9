//! A hierarchy of boxes around things in space, kept from pass to pass.
//!
//! Things move a little from one pass to the next, so the tree stays and its boxes are fitted anew, which
//! takes a tenth of the time of building it. How it grows depends on the order in which things come; what
//! it answers does not.

use std::{
    cmp::Ordering,
    collections::BinaryHeap,
    ops::{ControlFlow, Range},
};

use bevy::math::{Vec3, Vec4};

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

/// Up to four parts of a tree. Their boxes lie side by side, so that all four are looked at together.
#[derive(Clone, Copy)]
struct Node {
    /// By axis, of each part its number.
    lower: [Vec4; 3],
    upper: [Vec4; 3],
    parts: [Part; PARTS],
}

#[derive(Clone, Copy)]
struct Part {
    /// Of items the first, of another node its place, which comes behind this one.
    first: u32,
    /// How many items it holds; or it is a [node](Part::NODE), or [nothing](Part::NOTHING).
    count: u8,
    /// Whether there is something in it that counts.
    counts: bool,
}

impl Part {
    const NODE: u8 = 0;
    const NOTHING: Self = Self { first: 0, count: u8::MAX, counts: false };

    /// What there is to be looked at next.
    const fn inside(&self) -> Inside {
        let first = self.first as usize;
        match self.count {
            Self::NODE => Inside::Node(first),
            u8::MAX => Inside::Items(0..0),
            count => Inside::Items(first..first + count as usize),
        }
    }
}

/// What a part is.
enum Inside {
    Node(usize),
    Items(Range<usize>),
}

impl Node {
    const EMPTY: Self = Self {
        lower: [Vec4::INFINITY; 3],
        upper: [Vec4::NEG_INFINITY; 3],
        parts: [Part::NOTHING; PARTS],
    };

    fn hull(&self, part: usize) -> Hull {
        let [lower, upper] = [&self.lower, &self.upper]
            .map(|axes| Vec3::new(axes[0][part], axes[1][part], axes[2][part]));
        Hull { lower, upper }
    }

    fn set_hull(&mut self, part: usize, Hull { lower, upper }: Hull) {
        for axis in 0..3 {
            self.lower[axis][part] = lower[axis];
            self.upper[axis][part] = upper[axis];
        }
    }

    /// The squares of the distances of a point from all parts: never more than that from anything in them, rounding included.
    #[inline(always)]
    fn squares(&self, from: Vec3) -> Vec4 {
        let square = |axis: usize| {
            let from = Vec4::splat(from[axis]);
            let gap = (self.lower[axis] - from).max(from - self.upper[axis]).max(Vec4::ZERO);
            gap * gap
        };
        // In the order in which the square of a vector's length is summed up.
        square(0) + square(1) + square(2)
    }

    /// The parts that there are.
    fn parts(&self) -> impl Iterator<Item = (usize, &Part)> {
        self.parts.iter().enumerate().filter(|(_, part)| part.count != u8::MAX)
    }
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

/// How many parts a node has at the most.
const PARTS: usize = 4;

/// A leaf holds no more items.
const LEAF: usize = 8;

/// So many times larger its leaves may become before it is better built anew.
const WORN: f32 = 2.0;

/// Squares that differ by more than this factor have different roots.
const APART: f32 = 1.000_001;

impl<T: Bounded> Bvh<T> {
    /// A tree of these. They are put into another order.
    pub(super) fn new(items: Vec<T>) -> Self {
        let mut tree = Self { nodes: Vec::new(), items, built: 0.0 };
        if !tree.items.is_empty() {
            tree.divide(0..tree.items.len());
        }
        tree.built = tree.fit();
        tree
    }

    /// Makes a node of some items.
    fn divide(&mut self, all: Range<usize>) -> Part {
        let place = self.nodes.len();
        self.nodes.push(Node::EMPTY);
        let mut part = 0;
        for half in self.halves(all) {
            for quarter in self.halves(half) {
                self.nodes[place].parts[part] = if quarter.len() > LEAF {
                    self.divide(quarter)
                } else {
                    let (first, count) = (quarter.start as u32, quarter.len() as u8);
                    Part { first, count, counts: false }
                };
                part += 1;
            }
        }
        Part { first: place as u32, count: Part::NODE, counts: false }
    }

    /// Two halves of some items that lie apart, or all if they are few.
    fn halves(&mut self, all: Range<usize>) -> impl Iterator<Item = Range<usize>> + use<T> {
        let count = all.len();
        if count <= LEAF {
            return [Some(all), None].into_iter().flatten();
        }
        let items = &mut self.items[all.clone()];
        let (lower, upper) =
            items.iter().fold((Vec3::INFINITY, Vec3::NEG_INFINITY), |(l, u), one| {
                (l.min(one.center()), u.max(one.center()))
            });
        let sides = upper - lower;
        let axis = sides.max_position();
        // By number, so that it is never deeper than it must be.
        let half = count / 2;
        items.select_nth_unstable_by(half, |a, b| a.center()[axis].total_cmp(&b.center()[axis]));
        let middle = all.start + half;
        [Some(all.start..middle), Some(middle..all.end)].into_iter().flatten()
    }

    /// Fits all boxes to what they hold; says how large the leaves are together.
    fn fit(&mut self) -> f32 {
        let mut size = 0.0;
        // What is in a node comes behind it.
        for place in (0..self.nodes.len()).rev() {
            let mut node = self.nodes[place];
            for at in 0..PARTS {
                let (hull, counts) = match node.parts[at].inside() {
                    Inside::Node(place) => {
                        let inner = &self.nodes[place];
                        let hulls = (0..PARTS).map(|part| inner.hull(part));
                        let counts = inner.parts.iter().any(|part| part.counts);
                        (hulls.fold(Hull::NOTHING, Hull::with), counts)
                    }
                    Inside::Items(range) => {
                        let items = &self.items[range];
                        let hull = items.iter().map(Bounded::hull).fold(Hull::NOTHING, Hull::with);
                        size += hull.size();
                        (hull, items.iter().any(Bounded::counts))
                    }
                };
                node.set_hull(at, hull);
                node.parts[at].counts = counts;
            }
            self.nodes[place] = node;
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
        if self.nodes.is_empty() {
            return;
        }
        let mut ahead = BinaryHeap::with_capacity(4 * LEAF);
        ahead.push(Ahead { distance: 0.0, item: None, place: 0, count: Part::NODE });
        while let Some(Ahead { distance: at, item, place, count }) = ahead.pop() {
            if item.is_some() {
                if !visit(&self.items[place as usize], at) {
                    return;
                }
                continue;
            }
            match (Part { first: place, count, counts: false }).inside() {
                Inside::Node(place) => {
                    let node = &self.nodes[place];
                    let squares = node.squares(from);
                    ahead.extend(node.parts().map(|(at, part)| {
                        let Part { first: place, count, .. } = *part;
                        Ahead { distance: squares[at].sqrt(), item: None, place, count }
                    }));
                }
                Inside::Items(range) => ahead.extend(range.map(|place| {
                    let item = &self.items[place];
                    let (distance, item) = (distance(item), Some(item.id()));
                    Ahead { distance, item, place: place as u32, count: 0 }
                })),
            }
        }
    }

    /// What counts and has its center nearest to a point, within a range; of several at one distance the lower id.
    pub(super) fn nearest(&self, from: Vec3, range: f32) -> Option<(&T, f32)> {
        let mut search = Nearest { from, range, reach: range * range * APART, best: None };
        if !self.nodes.is_empty() {
            self.look_near(0, &mut search);
        }
        search.best.map(|(at, _, item)| (item, at))
    }

    fn look_near<'t>(&'t self, place: usize, search: &mut Nearest<'t, T>) {
        let node = &self.nodes[place];
        let mut squares = node.squares(search.from).to_array();
        for (square, part) in squares.iter_mut().zip(&node.parts) {
            // What does not count is at no distance, which is never within reach.
            *square = if part.counts { *square } else { f32::NAN };
        }
        loop {
            let (mut nearest, mut least) = (None, search.reach);
            for (at, square) in squares.iter().enumerate() {
                if *square <= least {
                    (nearest, least) = (Some(at), *square);
                }
            }
            let Some(at) = nearest else { return };
            squares[at] = f32::NAN;
            match node.parts[at].inside() {
                Inside::Node(place) => self.look_near(place, search),
                Inside::Items(range) => search.look_at(&self.items[range]),
            }
        }
    }

    /// Looks at the items in all boxes that are entered, until `look` breaks off. `enters` says when a box
    /// is entered; what is entered earlier is looked at earlier, as far as boxes do not overlap.
    pub(super) fn search(
        &self,
        enters: &impl Fn(&Hull) -> Option<f32>,
        look: &mut impl FnMut(&T) -> ControlFlow<()>,
    ) {
        if !self.nodes.is_empty() {
            let _ = self.descend(0, enters, look);
        }
    }

    fn descend(
        &self,
        place: usize,
        enters: &impl Fn(&Hull) -> Option<f32>,
        look: &mut impl FnMut(&T) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let node = &self.nodes[place];
        let mut entered = [None; PARTS];
        for (at, _) in node.parts() {
            entered[at] = enters(&node.hull(at));
        }
        let mut is_first = true;
        loop {
            let mut next: Option<(f32, usize)> = None;
            for (at, when) in entered.iter().enumerate() {
                if let Some(when) = *when
                    && next.is_none_or(|(earliest, _)| when < earliest)
                {
                    next = Some((when, at));
                }
            }
            let Some((_, at)) = next else { return ControlFlow::Continue(()) };
            entered[at] = None;
            // What was found before may have made it needless.
            if !std::mem::take(&mut is_first) && enters(&node.hull(at)).is_none() {
                continue;
            }
            match node.parts[at].inside() {
                Inside::Node(place) => self.descend(place, enters, look)?,
                Inside::Items(range) => self.items[range].iter().try_for_each(&mut *look)?,
            }
        }
    }
}

/// A search for what is nearest.
struct Nearest<'t, T> {
    from: Vec3,
    range: f32,
    /// What is farther away by the square of its distance cannot be as near as the best one.
    reach: f32,
    /// With its distance and its id.
    best: Option<(f32, ScriptId, &'t T)>,
}

impl<'t, T: Bounded> Nearest<'t, T> {
    fn look_at(&mut self, items: &'t [T]) {
        // All are measured before one is looked at: mostly only one of them may be it.
        let mut squares = [f32::NAN; LEAF];
        let mut least = self.reach;
        for (square, item) in squares.iter_mut().zip(items) {
            let own = (item.center() - self.from).length_squared();
            *square = if item.counts() { own } else { f32::NAN };
            least = if *square < least { *square } else { least };
        }
        let most = least * APART;
        for (square, item) in squares.iter().zip(items) {
            if *square <= most {
                self.compare(*square, item);
            }
        }
    }

    fn compare(&mut self, square: f32, item: &'t T) {
        let (distance, id) = (square.sqrt(), item.id());
        let is_better = self.best.is_none_or(|(at, best, _)| (distance, id) < (at, best));
        if distance <= self.range && is_better {
            self.best = Some((distance, id, item));
            self.reach = square * APART;
        }
    }
}

/// What is still to be looked at: the nearest first, then what may hold something as near, then the
/// lower id.
struct Ahead {
    distance: f32,
    item: Option<ScriptId>,
    /// Of the item, or as a [`Part`] has it.
    place: u32,
    count: u8,
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

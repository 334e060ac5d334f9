//! Who is near: the index of those contestants whose library has none. It is made anew in every tick.

use crate::{Place, side};

/// The entities of one side in squares of the ground.
struct Squares {
    /// Where each square begins in `members`; one more at the end.
    starts: Vec<u32>,
    members: Vec<(f32, f32, u32)>,
}

/// All entities in squares of the ground, each side for itself.
pub struct Grid {
    origin: [f32; 2],
    size: [usize; 2],
    sides: [Squares; 2],
}

/// Units of a square's edge: some two entities of each side.
const EDGE: f32 = 4.0;

impl Grid {
    /// The grid over so many entities; entity 0 is the first.
    pub fn new(places: &[Place]) -> Self {
        let least =
            |axis: usize| places.iter().map(|place| place[axis]).fold(f32::INFINITY, f32::min);
        let most =
            |axis: usize| places.iter().map(|place| place[axis]).fold(f32::NEG_INFINITY, f32::max);
        if places.is_empty() {
            let none = || Squares { starts: vec![0, 0], members: Vec::new() };
            return Self { origin: [0.0; 2], size: [1, 1], sides: [none(), none()] };
        }
        let origin = [least(0), least(2)];
        let size = [(0, 0), (2, 1)]
            .map(|(axis, i): (usize, usize)| ((most(axis) - origin[i]) / EDGE) as usize + 1);
        let mut grid = Self {
            origin,
            size,
            sides: [0, 1].map(|_| Squares { starts: Vec::new(), members: Vec::new() }),
        };
        for of in 0..2 {
            grid.sides[of] = grid.squares(places, of);
        }
        grid
    }

    fn squares(&self, places: &[Place], of: usize) -> Squares {
        let members = || places.iter().enumerate().filter(move |(i, _)| side(*i) == of);
        let mut starts = vec![0_u32; self.size[0] * self.size[1] + 1];
        for (_, place) in members() {
            starts[self.index(self.square(*place)) + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut sorted = vec![(0.0, 0.0, 0); starts[starts.len() - 1] as usize];
        for (i, place) in members() {
            let slot = &mut next[self.index(self.square(*place))];
            sorted[*slot as usize] = (place[0], place[2], i as u32);
            *slot += 1;
        }
        Squares { starts, members: sorted }
    }

    fn square(&self, place: Place) -> [usize; 2] {
        [0, 1].map(|i| {
            let along = (place[i * 2] - self.origin[i]) / EDGE;
            (along.max(0.0) as usize).min(self.size[i] - 1)
        })
    }

    const fn index(&self, [column, row]: [usize; 2]) -> usize {
        row * self.size[0] + column
    }

    /// The nearest of the other side within `sight` units; of several the first.
    pub fn nearest_enemy(&self, entity: usize, place: Place, sight: f64) -> Option<usize> {
        let enemies = &self.sides[1 - side(entity)];
        let [column, row] = self.square(place);
        let sight_squared = (sight * sight) as f32;
        let mut best: Option<(f32, u32)> = None;
        for ring in 0..=(sight as f32 / EDGE) as usize + 1 {
            // Nobody in this ring is nearer than this.
            let nearest_possible = ring.saturating_sub(1) as f32 * EDGE;
            if best.is_some_and(|(found, _)| found < nearest_possible * nearest_possible) {
                break;
            }
            let rows = row.saturating_sub(ring)..=(row + ring).min(self.size[1] - 1);
            for r in rows {
                let whole = r.abs_diff(row) == ring;
                let from = column.saturating_sub(ring);
                let to = (column + ring).min(self.size[0] - 1);
                for c in from..=to {
                    if !whole && c.abs_diff(column) != ring {
                        continue;
                    }
                    let square = self.index([c, r]);
                    let members =
                        enemies.starts[square] as usize..enemies.starts[square + 1] as usize;
                    for (x, z, i) in &enemies.members[members] {
                        let (dx, dz) = (x - place[0], z - place[2]);
                        let found = (dx * dx + dz * dz, *i);
                        if found.0 <= sight_squared && best.is_none_or(|best| found < best) {
                            best = Some(found);
                        }
                    }
                }
            }
        }
        best.map(|(_, i)| i as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Job, SIGHT, Workload, places};

    #[test]
    fn the_nearest_is_the_one_that_a_search_of_all_finds() {
        let job = Job::new("", Workload::Skirmish, 500);
        for tick in [0, 17, 63] {
            let places = places(&job, tick);
            let grid = Grid::new(&places);
            for (i, place) in places.iter().enumerate() {
                let squared = |j: usize| {
                    let (dx, dz) = (places[j][0] - place[0], places[j][2] - place[2]);
                    dx * dx + dz * dz
                };
                let enemies = (0..places.len()).filter(|j| side(*j) != side(i));
                let near = enemies.filter(|j| f64::from(squared(*j)) <= SIGHT * SIGHT);
                let expected = near.min_by(|a, b| squared(*a).total_cmp(&squared(*b)));
                assert_eq!(grid.nearest_enemy(i, *place, SIGHT), expected);
            }
        }
    }
}

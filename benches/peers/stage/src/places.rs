//! Where the entities are.

use crate::{Job, Workload};

/// Units along x, y and z.
pub type Place = [f32; 3];

/// Where the game puts all entities before a tick.
pub fn places(job: &Job, tick: usize) -> Vec<Place> {
    let place = |i| match job.workload {
        Workload::Skirmish => in_a_crowd(i, job.entities, tick),
        _ => around_the_square(i),
    };
    (0..job.entities).map(place).collect()
}

/// On a grid over the square that patrols walk.
fn around_the_square(i: usize) -> Place {
    [(i % 10) as f32, 0.0, (i / 10 % 10) as f32]
}

/// About 2 units from each other, everybody swaying for themselves. All coordinates are multiples of
/// 1/64, so that squares of distances are exact and everybody finds the same one nearest.
fn in_a_crowd(i: usize, entities: usize, tick: usize) -> Place {
    // An odd width, so that the sides stand like the squares of a chess board.
    let width = ((entities as f64).sqrt().ceil() as usize) | 1;
    let (column, row) = (i % width, i / width);
    let hash = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let jitter = |shift: u32| ((hash >> shift) % 64) as f32 / 64.0;
    let sway = |phase: usize| {
        let step = (tick + phase) % 64;
        step.min(64 - step) as f32 / 64.0
    };
    let x = column as f32 * 2.0 + jitter(20) + sway(7 * i);
    let z = row as f32 * 2.0 + jitter(40) + sway(13 * i + 5);
    [x, 0.0, z]
}

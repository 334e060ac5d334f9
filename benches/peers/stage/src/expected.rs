//! What must come out: every workload done plainly, on lists.

use crate::{
    CRUNCH_SEED, DAMAGE, DELTA_TIME, FULL_HEALTH, Grid, HEAL, Job, Outcome, REACH, ROUTE, SIGHT,
    SPEED, WEAK, Workload, distance, moved, places,
};

/// What each entity must have come to after so many ticks.
pub fn expected(job: &Job, ticks: usize) -> Vec<Outcome> {
    let mut outcomes: Vec<_> =
        places(job, 0).into_iter().map(|place| Outcome { place, value: 0.0 }).collect();
    match job.workload {
        Workload::Empty | Workload::Undefined => {}
        Workload::Counter => outcomes.iter_mut().for_each(|outcome| outcome.value = ticks as f64),
        Workload::Patrol => {
            for outcome in &mut outcomes {
                (0..ticks).for_each(|_| patrol(outcome));
            }
        }
        Workload::Skirmish => return skirmish(job, ticks),
        Workload::Crunch => {
            // All begin with the same number.
            let value = (0..ticks * 1_000).fold(CRUNCH_SEED, |x, _| crunch(x)) as f64;
            outcomes.iter_mut().for_each(|outcome| outcome.value = value);
        }
        Workload::Events => {
            for entity in (0..ticks).flat_map(|tick| job.events_of(tick)) {
                outcomes[entity].value += 1.0;
            }
        }
    }
    outcomes
}

fn patrol(outcome: &mut Outcome) {
    let waypoint = outcome.value as usize;
    let target = ROUTE[waypoint];
    if distance(outcome.place, target) < REACH {
        outcome.value = ((waypoint + 1) % ROUTE.len()) as f64;
    } else {
        outcome.place = moved(outcome.place, target, DELTA_TIME * SPEED);
    }
}

const fn crunch(x: i64) -> i64 {
    (x * 1_664_525 + 1_013_904_223) % 4_294_967_296
}

fn skirmish(job: &Job, ticks: usize) -> Vec<Outcome> {
    let mut healths = vec![FULL_HEALTH; job.entities];
    let mut now = places(job, 0);
    for tick in 0..ticks {
        now = places(job, tick);
        let grid = Grid::new(&now);
        let mut changes = vec![0.0; job.entities];
        for (i, place) in now.iter().enumerate() {
            if let Some(enemy) = grid.nearest_enemy(i, *place, SIGHT) {
                changes[enemy] -= DAMAGE;
            }
            if healths[i] < WEAK {
                changes[i] += HEAL;
            }
        }
        healths.iter_mut().zip(changes).for_each(|(health, change)| *health += change);
    }
    let outcome = |(place, health): (_, f32)| Outcome { place, value: f64::from(health) };
    now.into_iter().zip(healths).map(outcome).collect()
}

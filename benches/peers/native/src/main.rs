//! The floor: Bevy systems in Rust, as a game without scripts has them. One thread.

use std::process::ExitCode;

use bevy::{
    ecs::schedule::{ScheduleLabel, SingleThreadedExecutor},
    prelude::*,
};
use stage::{
    CRUNCH_SEED, Contestant, DAMAGE, DELTA_TIME, FULL_HEALTH, Grid, HEAL, Job, Outcome, Place,
    REACH, SIGHT, SPEED, WEAK, Workload,
};

fn main() -> ExitCode {
    stage::serve(Native::start)
}

#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
struct Tick;

#[derive(Component)]
struct Counter(i64);

#[derive(Component)]
struct Patrol {
    waypoint: usize,
}

#[derive(Component)]
struct Fighter {
    number: usize,
}

#[derive(Component)]
struct Health(f32);

#[derive(Component)]
struct Random(i64);

/// Whom blows and cures meet when all have had their turn, and how much more health they have then.
#[derive(Resource, Default)]
struct Changes(Vec<(usize, f32)>);

/// The entities of the numbers.
#[derive(Resource)]
struct Numbered(Vec<Entity>);

struct Native {
    world: World,
    workload: Workload,
    entities: Vec<Entity>,
}

impl Native {
    fn start(job: &Job) -> Self {
        let mut world = World::new();
        let mut schedule = Schedule::new(Tick);
        schedule.set_executor(SingleThreadedExecutor::new());
        match job.workload {
            Workload::Empty | Workload::Undefined | Workload::Events => &mut schedule,
            Workload::Counter => schedule.add_systems(count),
            Workload::Patrol => schedule.add_systems(patrol),
            Workload::Skirmish => schedule.add_systems((fight, heal_and_hurt).chain()),
            Workload::Crunch => schedule.add_systems(crunch),
        };
        world.add_schedule(schedule);
        let mut entities = Vec::new();
        for (number, place) in stage::places(job, 0).into_iter().enumerate() {
            let place = Transform::from_translation(Vec3::from(place));
            let entity = match job.workload {
                Workload::Counter => world.spawn((place, Counter(0))),
                Workload::Patrol => world.spawn((place, Patrol { waypoint: 0 })),
                Workload::Skirmish => world.spawn((place, Fighter { number }, Health(FULL_HEALTH))),
                Workload::Crunch => world.spawn((place, Random(CRUNCH_SEED))),
                Workload::Empty | Workload::Undefined | Workload::Events => world.spawn(place),
            };
            entities.push(entity.id());
        }
        world.init_resource::<Changes>();
        world.insert_resource(Numbered(entities.clone()));
        Self { world, workload: job.workload, entities }
    }
}

fn count(mut counters: Query<&mut Counter>) {
    for mut counter in &mut counters {
        counter.0 += 1;
    }
}

const ROUTE: [Vec3; 4] = [
    Vec3::new(0.0, 0.0, 0.0),
    Vec3::new(10.0, 0.0, 0.0),
    Vec3::new(10.0, 0.0, 10.0),
    Vec3::new(0.0, 0.0, 10.0),
];

fn patrol(mut patrols: Query<(&mut Transform, &mut Patrol)>) {
    for (mut place, mut patrol) in &mut patrols {
        let target = ROUTE[patrol.waypoint];
        if place.translation.distance(target) < REACH as f32 {
            patrol.waypoint = (patrol.waypoint + 1) % ROUTE.len();
        } else {
            let step = (DELTA_TIME * SPEED) as f32;
            place.translation = place.translation.move_towards(target, step);
        }
    }
}

fn fight(fighters: Query<(&Transform, &Fighter, &Health)>, mut changes: ResMut<Changes>) {
    let places: Vec<Place> =
        fighters.iter().map(|(place, ..)| place.translation.to_array()).collect();
    let grid = Grid::new(&places);
    for (place, fighter, health) in &fighters {
        let place = place.translation.to_array();
        if let Some(enemy) = grid.nearest_enemy(fighter.number, place, SIGHT) {
            changes.0.push((enemy, -DAMAGE));
        }
        if health.0 < WEAK {
            changes.0.push((fighter.number, HEAL));
        }
    }
}

fn heal_and_hurt(
    mut changes: ResMut<Changes>,
    numbered: Res<Numbered>,
    mut healths: Query<&mut Health>,
) {
    for (number, change) in changes.0.drain(..) {
        if let Ok(mut health) = healths.get_mut(numbered.0[number]) {
            health.0 = (health.0 + change).clamp(0.0, FULL_HEALTH);
        }
    }
}

fn crunch(mut all: Query<&mut Random>) {
    for mut random in &mut all {
        random.0 =
            (0..1_000).fold(random.0, |x, _| (x * 1_664_525 + 1_013_904_223) % 4_294_967_296);
    }
}

impl Contestant for Native {
    fn tick(&mut self) {
        self.world.run_schedule(Tick);
    }

    fn put(&mut self, places: &[Place]) {
        for (entity, place) in self.entities.iter().zip(places) {
            if let Some(mut transform) = self.world.get_mut::<Transform>(*entity) {
                transform.translation = Vec3::from(*place);
            }
        }
    }

    fn outcomes(&mut self) -> Vec<Outcome> {
        let value = |entity: EntityRef| match self.workload {
            Workload::Counter => entity.get::<Counter>().map(|counter| counter.0 as f64),
            Workload::Patrol => entity.get::<Patrol>().map(|patrol| patrol.waypoint as f64),
            Workload::Skirmish => entity.get::<Health>().map(|health| f64::from(health.0)),
            Workload::Crunch => entity.get::<Random>().map(|random| random.0 as f64),
            Workload::Empty | Workload::Undefined | Workload::Events => Some(0.0),
        };
        let outcome = |entity: &Entity| {
            let entity = self.world.entity(*entity);
            Outcome {
                place: entity
                    .get::<Transform>()
                    .map_or([f32::NAN; 3], |at| at.translation.to_array()),
                value: value(entity).unwrap_or(f64::NAN),
            }
        };
        self.entities.iter().map(outcome).collect()
    }
}

//! What ours costs as something of it grows.

use stage::{Job, Workload};

use crate::{
    Failure,
    builds::Builds,
    contestants::{ALL, Contestant},
    matrix::{Measured, Runner},
    options::Options,
};

/// Several lines over the same thing that grows.
pub struct Growth(pub Vec<Series>);

/// What ticks take as one thing grows.
pub struct Series {
    /// Short and without spaces.
    pub name: &'static str,
    pub title: &'static str,
    /// What grows.
    pub of: &'static str,
    pub points: Vec<Point>,
}

pub struct Point {
    pub number: usize,
    pub job: Job,
    pub measured: Measured,
}

impl Point {
    /// Median nanoseconds of a tick for each entity.
    pub fn each(&self) -> f64 {
        self.measured.wall.median() / self.job.entities as f64
    }
}

/// One thing that is made to grow.
struct Plan {
    name: &'static str,
    title: &'static str,
    of: &'static str,
    workload: Workload,
    entities: usize,
    numbers: &'static [usize],
    set: fn(&mut Job, usize),
}

const PLANS: &[Plan] = &[
    Plan {
        name: "scripts",
        title: "10,000 patrols that share so many different scripts",
        of: "scripts",
        workload: Workload::Patrol,
        entities: 10_000,
        numbers: &[1, 10, 100, 1_000],
        set: |job, n| job.scripts = n,
    },
    Plan {
        name: "variables",
        title: "1,000 counters among so many other variables",
        of: "variables",
        workload: Workload::Counter,
        entities: 1_000,
        numbers: &[1, 10, 30, 100],
        set: |job, n| job.variables = n,
    },
    Plan {
        name: "elements",
        title: "1,000 scripts that change one element of a list of so many",
        of: "elements",
        workload: Workload::Counter,
        entities: 1_000,
        numbers: &[1, 10, 100, 1_000],
        set: |job, n| job.elements = n,
    },
    Plan {
        name: "events",
        title: "so many events a tick to 10,000 entities",
        of: "events",
        workload: Workload::Events,
        entities: 10_000,
        numbers: &[1, 10, 100, 1_000, 10_000],
        set: |job, n| job.events = n,
    },
];

pub fn measured(options: &Options, builds: &Builds) -> Result<Growth, Failure> {
    let ours: &Contestant = &ALL[0];
    let series = PLANS.iter().map(|plan| {
        eprintln!("growth by {}", plan.of);
        let jobs: Vec<_> = plan
            .numbers
            .iter()
            .map(|number| {
                let mut job = Job::new(ours.setting, plan.workload, plan.entities);
                (plan.set)(&mut job, *number);
                (*number, job)
            })
            .collect();
        let mut runners = Vec::new();
        for (number, job) in jobs {
            runners.push((number, Runner::start(options, builds, ours, &job)?, job));
        }
        for round in 0..options.rounds {
            for (_, runner, _) in &mut runners {
                runner.round(round)?;
            }
        }
        let mut points = Vec::new();
        for (number, runner, job) in runners {
            let measured = runner.finish()?;
            if let Some(wrong) = &measured.wrong {
                return Err(format!("{} {}: {wrong}", number, plan.of));
            }
            points.push(Point { number, job, measured });
        }
        Ok(Series { name: plan.name, title: plan.title, of: plan.of, points })
    });
    series.collect::<Result<_, _>>().map(Growth)
}

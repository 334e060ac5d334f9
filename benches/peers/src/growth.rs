//! What ours costs as something of it grows.

use stage::{Job, Workload};

use crate::{
    builds::Builds,
    contestants::{ALL, Contestant},
    matrix::{self, Measured, Runner},
    options::Options,
    process::Process,
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
    /// What has not come out as it must.
    pub wrong: Vec<String>,
}

pub struct Point {
    pub number: usize,
    pub job: Job,
    pub measured: Measured,
}

impl Point {
    /// Median nanoseconds of a tick for each entity.
    pub fn each(&self) -> f64 {
        self.measured.time.median() / self.job.entities as f64
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
        name: "held",
        title: "10,000 patrols of which so many are held to a share of the tick",
        of: "held",
        workload: Workload::Patrol,
        entities: 10_000,
        numbers: &[1, 100, 1_000, 10_000],
        set: |job, n| job.setting = format!("{}/{n}", job.setting),
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
        numbers: &[1, 10, 100, 900],
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

pub fn measured(options: &Options, builds: &Builds) -> Growth {
    Growth(PLANS.iter().map(|plan| plan.measured(options, builds)).collect())
}

impl Plan {
    fn measured(&self, options: &Options, builds: &Builds) -> Series {
        eprintln!("growth by {}", self.of);
        let ours: &Contestant = &ALL[0];
        let runners = self.numbers.iter().map(|number| {
            let mut job = Job::new(ours.setting, self.workload, self.entities);
            (self.set)(&mut job, *number);
            let process = Process::start(builds, ours, &job).and_then(Process::ready);
            let runner = process.and_then(|process| Runner::new(options, ours, process));
            (*number, runner, job)
        });
        let mut runners: Vec<_> = runners.collect();
        for round in 0..options.rounds {
            for (_, runner, _) in &mut runners {
                matrix::in_round(runner, round);
            }
        }
        let mut series = Series {
            name: self.name,
            title: self.title,
            of: self.of,
            points: Vec::new(),
            wrong: Vec::new(),
        };
        for (number, runner, job) in runners {
            let measured = runner.and_then(Runner::finish);
            let said = |what: &str| format!("{number} {}: {what}", self.of);
            match measured {
                Err(absence) => series.wrong.push(said(&absence)),
                Ok(measured) => {
                    series.wrong.extend(measured.wrong.iter().map(|wrong| said(wrong)));
                    series.points.push(Point { number, job, measured });
                }
            }
        }
        series
    }
}

//! What two threads gain over one.

use std::time::{Duration, Instant};

use stage::{Job, Workload};

use crate::{
    builds::Builds,
    contestants::{ALL, Contestant, OURS, OURS_TWO},
    options::Options,
    process::{Absence, Process},
    sample::Sample,
};

/// With how many entities.
pub const ENTITIES: usize = 10_000;

/// How ticks come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// One right after the other, turns of half a second: as much as can be done.
    TickAfterTick,
    /// As in a game that has nothing else to do.
    SixtyASecond,
}

/// One and two threads at the same work, in turn.
pub struct Gain {
    pub workload: Workload,
    pub pace: Pace,
    /// Nanoseconds of a tick.
    pub one: Sample,
    pub two: Sample,
    /// What has not come out as it must.
    pub wrong: Vec<String>,
}

impl Pace {
    pub const fn title(self) -> &'static str {
        match self {
            Self::TickAfterTick => "tick after tick",
            Self::SixtyASecond => "60 ticks a second",
        }
    }
}

impl Gain {
    pub fn times(&self) -> f64 {
        self.one.median() / self.two.median()
    }
}

const TURN: Duration = Duration::from_millis(500);
const FRAME: Duration = Duration::from_nanos(16_666_667);

pub fn measured(options: &Options, builds: &Builds) -> Result<Vec<Gain>, Absence> {
    let plans = [
        (Workload::Patrol, Pace::TickAfterTick),
        (Workload::Patrol, Pace::SixtyASecond),
        // A tick of it takes longer than such a frame.
        (Workload::Crunch, Pace::TickAfterTick),
    ];
    plans.iter().map(|(workload, pace)| gain(options, builds, *workload, *pace)).collect()
}

fn gain(
    options: &Options,
    builds: &Builds,
    workload: Workload,
    pace: Pace,
) -> Result<Gain, Absence> {
    eprintln!("two threads, {}, {}", workload.name(), pace.title());
    let start = |name| {
        let ours: &Contestant = ALL.iter().find(|one| one.name == name).ok_or("is not there")?;
        let job = Job::new(ours.setting, workload, ENTITIES);
        let mut process = Process::start(builds, ours, &job)?.ready()?;
        // The first ticks start scripts, and show what the rest takes.
        let warm_up = (TURN.as_nanos() as f64 / process.run(3)?.wall * 3.0) as usize;
        process.run(warm_up.max(1))?;
        Ok::<_, Absence>((process, Vec::new()))
    };
    let mut both = [start(OURS)?, start(OURS_TWO)?];
    for _ in 0..options.rounds {
        for (process, ticks) in &mut both {
            ticks.push(match pace {
                Pace::TickAfterTick => turn(process)?,
                Pace::SixtyASecond => paced(process)?,
            });
        }
    }
    let mut wrong = Vec::new();
    let [one, two] = both.map(|(mut process, ticks)| {
        wrong.extend(process.check().unwrap_or_else(Some));
        Sample::new(ticks)
    });
    Ok(Gain { workload, pace, one, two, wrong })
}

/// The mean of the ticks of a turn.
fn turn(process: &mut Process) -> Result<f64, Absence> {
    let tick = process.run(1)?.wall;
    let ticks = ((TURN.as_nanos() as f64 / tick) as usize).max(1);
    Ok(process.run(ticks)?.wall / ticks as f64)
}

/// The median of a second of frames.
fn paced(process: &mut Process) -> Result<f64, Absence> {
    let mut ticks = Vec::new();
    for _ in 0..60 {
        let began = Instant::now();
        ticks.push(process.run(1)?.wall);
        std::thread::sleep(FRAME.saturating_sub(began.elapsed()));
    }
    Ok(Sample::new(ticks).median())
}

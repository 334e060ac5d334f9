//! Every contestant at every workload with every number of entities, in turn.

use std::time::{Duration, Instant};

use stage::{Job, Workload};

use crate::{
    Failure,
    builds::Builds,
    contestants::{Contestant, OURS_TWO},
    options::Options,
    process::{Absence, Process, Ran},
    sample::Sample,
};

/// What all came to.
pub struct Matrix {
    pub contestants: Vec<&'static Contestant>,
    pub workloads: Vec<Workload>,
    pub entities: Vec<usize>,
    pub cells: Vec<Cell>,
}

/// One contestant at one workload with so many entities.
pub struct Cell {
    pub name: &'static str,
    pub workload: Workload,
    pub entities: usize,
    pub result: Result<Measured, Absence>,
}

pub struct Measured {
    /// Nanoseconds of a tick on the clock that was asked for.
    pub time: Sample,
    /// On the wall, and of all threads.
    pub wall: Sample,
    pub cpu: Sample,
    /// Bytes of the whole process.
    pub memory: Option<u64>,
    /// What has not come out as it must.
    pub wrong: Option<String>,
}

impl Matrix {
    pub fn cell(&self, name: &str, workload: Workload, entities: usize) -> Option<&Cell> {
        self.cells.iter().find(|cell| {
            cell.name == name && cell.workload == workload && cell.entities == entities
        })
    }

    pub fn measured(&self, name: &str, workload: Workload, entities: usize) -> Option<&Measured> {
        self.cell(name, workload, entities)?.result.as_ref().ok()
    }

    /// The numbers of entities that a workload is done with: what only counts is the same with more.
    pub fn entities_of(&self, workload: Workload) -> Vec<usize> {
        let most = if workload == Workload::Crunch { 10_000 } else { usize::MAX };
        self.entities.iter().copied().filter(|entities| *entities <= most).collect()
    }

    /// Median nanoseconds of a tick.
    pub fn tick(&self, name: &str, workload: Workload, entities: usize) -> Option<f64> {
        Some(self.measured(name, workload, entities)?.time.median())
    }

    /// Bytes that an entity takes: what the process with most of them has beyond the one with fewest.
    pub fn bytes_an_entity(&self, name: &str, workload: Workload, entities: usize) -> Option<f64> {
        let fewest = *self.entities.iter().min()?;
        let more = self.measured(name, workload, entities)?.memory? as f64;
        let less = self.measured(name, workload, fewest)?.memory? as f64;
        (entities > fewest).then(|| ((more - less) / (entities - fewest) as f64).max(0.0))
    }

    /// Who came to other results.
    pub fn wrong(&self) -> impl Iterator<Item = String> {
        self.cells.iter().filter_map(|cell| {
            let wrong = cell.result.as_ref().ok()?.wrong.as_ref()?;
            Some(format!("{}, {}, {}: {wrong}", cell.name, cell.workload.name(), cell.entities))
        })
    }
}

pub fn measured(
    options: &Options,
    contestants: &[&'static Contestant],
    builds: &Builds,
) -> Result<Matrix, Failure> {
    let mut matrix = Matrix {
        contestants: contestants.to_vec(),
        workloads: options.workloads(),
        entities: options.entities(),
        cells: Vec::new(),
    };
    for workload in matrix.workloads.clone() {
        for entities in matrix.entities_of(workload) {
            eprintln!("{}, {entities} entities", workload.name());
            let cells = compete(options, &matrix, workload, entities, builds);
            matrix.cells.extend(cells);
        }
    }
    Ok(matrix)
}

/// Who needs longer for a tick does not take part.
const LONGEST_TICK: Duration = Duration::from_millis(1_500);
/// Who needs longer for a tick takes part in every third round only.
const LONG_TICK: Duration = Duration::from_millis(150);

/// All contestants at one workload.
fn compete(
    options: &Options,
    matrix: &Matrix,
    workload: Workload,
    entities: usize,
    builds: &Builds,
) -> Vec<Cell> {
    let contestants = matrix.contestants.iter().filter(|contestant| contestant.takes(workload));
    // All get ready at once, for that takes long; then one after the other warms up. Ours gets ready
    // first: at its start it tests whether its sandbox stops scripts by count before its clock does.
    let processes: Vec<_> = contestants
        .map(|contestant| {
            let job = Job::new(contestant.setting, workload, entities);
            let process = foreseen(matrix, contestant, workload, entities)
                .and_then(|()| Process::start(builds, contestant, &job))
                .and_then(
                    |process| if contestant.is_ours() { process.ready() } else { Ok(process) },
                );
            (*contestant, process)
        })
        .collect();
    let ready: Vec<_> = processes
        .into_iter()
        .map(|(contestant, process)| {
            let ready =
                process.and_then(|it| if contestant.is_ours() { Ok(it) } else { it.ready() });
            (contestant, ready)
        })
        .collect();
    let mut runners: Vec<_> = ready
        .into_iter()
        .map(|(contestant, process)| {
            let runner = process.and_then(|process| Runner::new(options, contestant, process));
            (contestant.name, runner)
        })
        .collect();
    for round in 0..options.rounds {
        for (_, runner) in &mut runners {
            in_round(runner, round);
        }
    }
    runners
        .into_iter()
        .map(|(name, runner)| {
            let result = runner.and_then(Runner::finish);
            if let Err(absence) = &result {
                eprintln!("    {name} is left out: {absence}");
            }
            Cell { name, workload, entities, result }
        })
        .collect()
}

/// Lets somebody have their turn, if they take part.
pub fn in_round(runner: &mut Result<Runner, Absence>, round: usize) {
    if let Ok(able) = runner
        && let Err(absence) = able.round(round)
    {
        *runner = Err(absence);
    }
}

/// Leaves out whom fewer entities have shown to be too slow.
fn foreseen(
    matrix: &Matrix,
    contestant: &Contestant,
    workload: Workload,
    entities: usize,
) -> Result<(), Absence> {
    let Some(before) = matrix.entities.iter().copied().filter(|less| *less < entities).max() else {
        return Ok(());
    };
    match matrix.cell(contestant.name, workload, before).map(|cell| &cell.result) {
        Some(Err(absence)) => Err(absence.clone()),
        Some(Ok(measured)) => {
            let tick = measured.time.median() * (entities / before) as f64;
            too_long(Duration::from_nanos(tick as u64), "about ")
        }
        None => Ok(()),
    }
}

fn too_long(tick: Duration, about: &str) -> Result<(), Absence> {
    if tick > LONGEST_TICK {
        return Err(format!("a tick takes {about}{:.1} s", tick.as_secs_f64()));
    }
    Ok(())
}

/// A contestant in the rounds.
pub struct Runner {
    process: Process,
    /// Ticks of a round.
    ticks: usize,
    /// It takes part in every so many rounds.
    every: usize,
    /// Which clock counts.
    is_by_wall: bool,
    ran: Vec<Ran>,
}

impl Runner {
    /// Warms a contestant up, and finds out how many ticks fill a round.
    pub fn new(
        options: &Options,
        contestant: &Contestant,
        mut process: Process,
    ) -> Result<Self, Absence> {
        let round = if options.quick { 8e6 } else { 16e6 };
        // The first ticks start scripts and fill caches; just-in-time compilers need some more.
        let first = process.run(1)?.wall;
        too_long(Duration::from_nanos(first as u64) / 4, "")?;
        let mut tick = process.run(1)?.wall;
        let began = Instant::now();
        let warm_up = Duration::from_nanos(2 * round as u64);
        let mut ticks = 1;
        while began.elapsed() < warm_up {
            tick = process.run(ticks)?.wall / ticks as f64;
            ticks = ((round / 2.0 / tick.max(1.0)) as usize).clamp(1, ticks * 2);
        }
        too_long(Duration::from_nanos(tick as u64), "")?;
        let every = if tick > LONG_TICK.as_nanos() as f64 { 3 } else { 1 };
        let ticks = ((round / tick.max(1.0)) as usize).clamp(1, 100_000);
        let is_by_wall = !options.cpu || contestant.name == OURS_TWO;
        Ok(Self { process, ticks, every, is_by_wall, ran: Vec::new() })
    }

    pub fn round(&mut self, round: usize) -> Result<(), Absence> {
        if round.is_multiple_of(self.every) {
            let Ran { wall, cpu } = self.process.run(self.ticks)?;
            let ticks = self.ticks as f64;
            self.ran.push(Ran { wall: wall / ticks, cpu: cpu / ticks });
        }
        Ok(())
    }

    pub fn finish(mut self) -> Result<Measured, Absence> {
        let memory = self.process.memory()?;
        let wrong = self.process.check()?;
        let wall = Sample::new(self.ran.iter().map(|ran| ran.wall).collect());
        let cpu = Sample::new(self.ran.iter().map(|ran| ran.cpu).collect());
        let time = if self.is_by_wall { wall.clone() } else { cpu.clone() };
        Ok(Measured { time, wall, cpu, memory, wrong })
    }
}

//! The lines that a contestant answers.

use std::{
    io::{BufRead, Write},
    process::ExitCode,
};

use crate::{
    Contestant, Job, Outcome, expected, places,
    usage::{Spent, resident, spent},
};

/// How far a place may be from where it must be, in units. Some languages count in single precision.
const TOLERANCE: f32 = 0.01;

/// Sets a contestant up as its arguments say, then answers lines until there are no more:
///
/// | line | answer |
/// |---|---|
/// | `run N` | nanoseconds on the wall, and of all threads, that N ticks took |
/// | `memory` | bytes that the process holds, or 0 |
/// | `check` | `equal`, or what is not as it must be |
///
/// The first line, `ready`, is said unasked.
pub fn serve<C: Contestant>(start: impl FnOnce(&Job) -> C) -> ExitCode {
    let Some(job) = Job::parse(std::env::args().skip(1)) else {
        eprintln!(
            "usage: SETTING WORKLOAD ENTITIES [scripts=N] [variables=N] [elements=N] [events=N]"
        );
        return ExitCode::FAILURE;
    };
    let mut act = Act { contestant: start(&job), job, ticks: 0 };
    let mut out = std::io::stdout();
    let said = |mut line: String, out: &mut std::io::Stdout| {
        line.push('\n');
        out.write_all(line.as_bytes()).and_then(|()| out.flush()).is_ok()
    };
    if !said("ready".to_owned(), &mut out) {
        return ExitCode::FAILURE;
    }
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let answer = match line.split_once(' ') {
            Some(("run", ticks)) => ticks.parse().ok().map(|ticks| act.run(ticks)),
            None if line == "memory" => Some(resident().unwrap_or(0).to_string()),
            None if line == "check" => Some(act.check()),
            _ => None,
        };
        let Some(answer) = answer else {
            eprintln!("not understood: {line}");
            return ExitCode::FAILURE;
        };
        if !said(answer, &mut out) {
            break;
        }
    }
    // Taking a large world down takes long, and nobody waits for it.
    std::process::exit(0);
}

struct Act<C> {
    contestant: C,
    job: Job,
    ticks: usize,
}

impl<C: Contestant> Act<C> {
    fn run(&mut self, ticks: usize) -> String {
        let mut sum = Spent::default();
        if self.job.workload.moves() {
            for tick in self.ticks..self.ticks + ticks {
                self.contestant.put(&places(&self.job, tick));
                sum += spent(|| self.contestant.tick());
            }
        } else {
            sum = spent(|| (0..ticks).for_each(|_| self.contestant.tick()));
        }
        self.ticks += ticks;
        format!("{} {}", sum.wall.as_nanos(), sum.cpu.as_nanos())
    }

    fn check(&mut self) -> String {
        let expected = expected(&self.job, self.ticks);
        let outcomes = self.contestant.outcomes();
        if outcomes.len() != expected.len() {
            return format!("{} entities instead of {}", outcomes.len(), expected.len());
        }
        let wrong =
            expected.iter().zip(&outcomes).position(|(expected, is)| !are_equal(expected, is));
        match wrong {
            None => "equal".to_owned(),
            Some(i) => format!(
                "after {} ticks entity {i} is {:?} instead of {:?}",
                self.ticks, outcomes[i], expected[i]
            ),
        }
    }
}

fn are_equal(a: &Outcome, b: &Outcome) -> bool {
    let is_near = |(a, b): (&f32, &f32)| (a - b).abs() <= TOLERANCE;
    a.value == b.value && a.place.iter().zip(&b.place).all(is_near)
}

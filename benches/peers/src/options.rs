//! What is asked for on the command line.

use std::path::PathBuf;

use stage::Workload;

use crate::contestants::{ALL, Contestant};

pub const USAGE: &str = "\
usage: peers [OPTIONS]
  --quick          fewer rounds, and no more than 10,000 entities
  --rounds N       how many rounds count (default 15)
  --only WORKLOAD  empty, undefined, counter, patrol, skirmish or crunch, and no growth; may be repeated
  --who TEXT       only contestants whose short name begins so; ours always; may be repeated
  --entities N     only so many entities; may be repeated
  --cpu            count the time that a process runs rather than the clock on the wall, on a machine that is
                   not quiet; two threads go by the wall all the same
  --no-growth      no series of growth, and nothing of two threads
  --no-build       the contestants as they were built last
  --out FOLDER     where performance.md, performance.json and images/ are written

A whole run writes to docs; one of a part only prints, unless it has --out.
";

#[derive(Clone, Debug)]
pub struct Options {
    pub quick: bool,
    pub cpu: bool,
    pub rounds: usize,
    only: Vec<Workload>,
    who: Vec<String>,
    entities: Vec<usize>,
    pub growth: bool,
    pub build: bool,
    pub out: Option<PathBuf>,
}

/// Numbers of entities.
const ENTITIES: [usize; 4] = [100, 1_000, 10_000, 100_000];

impl Options {
    pub fn parse(mut args: impl Iterator<Item = String>) -> Option<Self> {
        let mut options = Self {
            quick: false,
            cpu: false,
            rounds: 15,
            only: Vec::new(),
            who: Vec::new(),
            entities: Vec::new(),
            growth: true,
            build: true,
            out: None,
        };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--quick" => (options.quick, options.rounds) = (true, 5),
                "--rounds" => options.rounds = args.next()?.parse().ok().filter(|n| *n > 0)?,
                "--only" => {
                    options.only.push(Workload::of(&args.next()?)?);
                    options.growth = false;
                }
                "--who" => options.who.push(args.next()?),
                "--entities" => options.entities.push(args.next()?.parse().ok()?),
                "--cpu" => options.cpu = true,
                "--no-growth" => options.growth = false,
                "--no-build" => options.build = false,
                "--out" => options.out = Some(args.next()?.into()),
                _ => return None,
            }
        }
        Some(options)
    }

    /// Whether everything is measured that there is to measure.
    pub const fn is_whole(&self) -> bool {
        !self.quick
            && self.growth
            && self.only.is_empty()
            && self.who.is_empty()
            && self.entities.is_empty()
    }

    pub fn workloads(&self) -> Vec<Workload> {
        let all = Workload::ALL.into_iter().filter(|workload| *workload != Workload::Events);
        all.filter(|workload| self.only.is_empty() || self.only.contains(workload)).collect()
    }

    pub fn contestants(&self) -> Vec<&'static Contestant> {
        let is_wanted = |contestant: &&Contestant| {
            self.who.is_empty()
                || contestant.is_ours()
                || self.who.iter().any(|who| contestant.name.starts_with(who))
        };
        ALL.iter().filter(is_wanted).collect()
    }

    pub fn entities(&self) -> Vec<usize> {
        if !self.entities.is_empty() {
            return self.entities.clone();
        }
        let most = if self.quick { 10_000 } else { usize::MAX };
        ENTITIES.into_iter().filter(|entities| *entities <= most).collect()
    }
}

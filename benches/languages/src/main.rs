//! The compiled backend beside the reference backend, stock Rhai and Lua: see the README.

mod compile_time;
mod contestant;
mod measure;
mod memory;
mod report;
mod workload;
mod world;

use std::process::ExitCode;

use self::{contestant::Outcome, measure::Sample, report::Report, workload::Workload};

#[cfg(any(
    all(feature = "luau", feature = "luajit"),
    all(feature = "luau", feature = "lua54"),
    all(feature = "luajit", feature = "lua54"),
))]
compile_error!("one Lua at a time: `--no-default-features --features luajit`");

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

/// How many entities each contestant has; a call is a call for one of them, in turn.
const ENTITIES: usize = 1_000;

/// Seconds of a tick.
const DELTA_TIME: f64 = 1.0 / 64.0;

const USAGE: &str = "\
usage: languages [--json] [--rounds N] [--only PART] [--ours]
  --json         JSON instead of the table
  --rounds N     how many rounds count (default 100, at least 1)
  --only PART    s1, s2, s3, s4, compile or memory, and nothing else
  --ours         the compiled backend alone, to be profiled";

/// What can be measured beside the workloads.
const OTHER_PARTS: [&str; 2] = ["compile", "memory"];

struct Options {
    json: bool,
    rounds: usize,
    only: Option<String>,
    ours: bool,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Option<Self> {
        let mut options = Self { json: false, rounds: 100, only: None, ours: false };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--json" => options.json = true,
                "--rounds" => {
                    options.rounds = args.next()?.parse().ok().filter(|rounds| *rounds > 0)?;
                }
                "--only" => {
                    let part = args.next()?;
                    let is_known = OTHER_PARTS.contains(&part.as_str())
                        || Workload::ALL.iter().any(|workload| workload.name() == part);
                    options.only = Some(part).filter(|_| is_known);
                    options.only.as_ref()?;
                }
                "--ours" => options.ours = true,
                _ => return None,
            }
        }
        Some(options)
    }

    fn wants(&self, part: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only == part)
    }
}

fn main() -> ExitCode {
    let Some(options) = Options::parse(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::FAILURE;
    };
    let mut report = Report::new(options.rounds);
    for workload in Workload::ALL {
        if options.wants(workload.name()) {
            report.timed(workload, compete(workload, &options));
        }
    }
    if options.wants("compile") {
        report.compile_time(compile_time::measured(options.rounds));
    }
    if options.wants("memory") {
        report.allocations(memory::allocations());
        report.instance_bytes(memory::instance_bytes());
    }
    if options.json {
        println!("{}", report.json());
    } else {
        print!("{}", report.table());
    }
    ExitCode::SUCCESS
}

/// Times all contestants of a workload in turn, and sees to it that they came to the same results.
fn compete(workload: Workload, options: &Options) -> Vec<(&'static str, Sample)> {
    let mut contestants =
        if options.ours { contestant::ours(workload) } else { contestant::all(workload) };
    let samples = measure::interleaved(&mut contestants, workload.calls(), options.rounds);
    let mut outcomes: Vec<(&str, Vec<Outcome>)> =
        contestants.iter_mut().map(|(name, contestant)| (*name, contestant.outcomes())).collect();
    let (ours, expected) = outcomes.swap_remove(0);
    assert_eq!(expected.len(), ENTITIES);
    for (theirs, outcomes) in outcomes {
        for (i, (ours_is, theirs_is)) in expected.iter().zip(&outcomes).enumerate() {
            assert_eq!(ours_is, theirs_is, "{workload:?}, entity {i}: {ours} and {theirs} differ");
        }
    }
    let names: Vec<_> = contestants.iter().map(|(name, _)| *name).collect();
    names.into_iter().zip(samples).collect()
}

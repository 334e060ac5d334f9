//! What came out, beside what must.

use std::fmt::Write;

use serde_json::{Value, json};

#[cfg(feature = "luau")]
use crate::contestant::LUAU;
#[cfg(feature = "luajit")]
use crate::contestant::{LUAJIT, LUAJIT_USERDATA};
use crate::{
    ENTITIES,
    contestant::{COMPILED, STOCK, STOCK_ARGUMENTS},
    measure::Sample,
    workload::Workload,
};

/// How many times quicker than somebody ours must be at something.
const FLOORS: &[(Workload, &str, f64)] = &[
    (Workload::Counter, STOCK, 20.0),
    (Workload::Patrol, STOCK, 8.0),
    (Workload::Turns, STOCK, 14.0),
    (Workload::Calls, STOCK, 10.0),
    (Workload::Counter, STOCK_ARGUMENTS, 20.0),
    (Workload::Patrol, STOCK_ARGUMENTS, 8.0),
    (Workload::Turns, STOCK_ARGUMENTS, 14.0),
    (Workload::Calls, STOCK_ARGUMENTS, 10.0),
    #[cfg(feature = "luau")]
    (Workload::Counter, LUAU, 1.0),
    #[cfg(feature = "luau")]
    (Workload::Patrol, LUAU, 1.0),
    #[cfg(feature = "luau")]
    (Workload::Turns, LUAU, 0.95),
    #[cfg(feature = "luau")]
    (Workload::Calls, LUAU, 0.67),
    #[cfg(feature = "luajit")]
    (Workload::Counter, LUAJIT, 1.0),
    #[cfg(feature = "luajit")]
    (Workload::Patrol, LUAJIT_USERDATA, 1.0),
];

/// Allocations that a call may make.
const ALLOCATIONS: f64 = 0.0;
/// How many times as long as Rhai's parser alone compiling may take.
const COMPILE_TIME: f64 = 2.0;
/// Bytes that an instance of the patrol may take.
const INSTANCE_BYTES: f64 = 300.0;

pub struct Report {
    rounds: usize,
    timed: Vec<(Workload, Vec<(&'static str, Sample)>)>,
    /// Compiling, and parsing alone.
    compile_time: Option<[Sample; 2]>,
    figures: Vec<Figure>,
}

/// Something measured beside its floor.
struct Figure {
    what: String,
    measured: f64,
    floor: f64,
    unit: &'static str,
    /// Whether more is better.
    rises: bool,
}

impl Figure {
    fn is_kept(&self) -> bool {
        if self.rises { self.measured >= self.floor } else { self.measured <= self.floor }
    }
}

impl Report {
    pub const fn new(rounds: usize) -> Self {
        Self { rounds, timed: Vec::new(), compile_time: None, figures: Vec::new() }
    }

    /// Takes what a call took with each contestant.
    pub fn timed(&mut self, workload: Workload, samples: Vec<(&'static str, Sample)>) {
        let median = |who: &str| {
            samples.iter().find(|(name, _)| *name == who).map(|(_, sample)| sample.median())
        };
        if let Some(ours) = median(COMPILED) {
            for (_, who, floor) in FLOORS.iter().filter(|(of, ..)| *of == workload) {
                let Some(theirs) = median(who) else { continue };
                let what = format!("{}: times as quick as {who}", workload.title());
                let measured = theirs / ours;
                self.figures.push(Figure { what, measured, floor: *floor, unit: "x", rises: true });
            }
        }
        self.timed.push((workload, samples));
    }

    pub fn allocations(&mut self, of: Vec<(Workload, f64)>) {
        for (workload, measured) in of {
            let what = format!("{}: allocations a call", workload.title());
            self.figures.push(Figure {
                what,
                measured,
                floor: ALLOCATIONS,
                unit: " ",
                rises: false,
            });
        }
    }

    pub fn compile_time(&mut self, [ours, parser]: [Sample; 2]) {
        let what = "200 lines: compiling / parsing alone".to_owned();
        let measured = ours.median() / parser.median();
        self.figures.push(Figure { what, measured, floor: COMPILE_TIME, unit: "x", rises: false });
        self.compile_time = Some([ours, parser]);
    }

    pub fn instance_bytes(&mut self, measured: f64) {
        let what = "patrol: bytes an instance, 100,000 of them".to_owned();
        self.figures.push(Figure {
            what,
            measured,
            floor: INSTANCE_BYTES,
            unit: " ",
            rises: false,
        });
    }

    pub fn table(&self) -> String {
        // Text takes all text.
        self.written().unwrap_or_default()
    }

    fn written(&self) -> Result<String, std::fmt::Error> {
        let mut out = String::new();
        let rounds = self.rounds;
        writeln!(
            out,
            "a call of on_update for one of {ENTITIES} entities: ns of thread CPU time, {rounds} interleaved rounds\n\
             ours is metered; commands are taken and applied within the time\n"
        )?;
        writeln!(out, "{:<34} {:>12} {:>25} {:>12}", "", "median", "middle half", "least")?;
        for (workload, samples) in &self.timed {
            writeln!(out, "{}", workload.title())?;
            for (who, sample) in samples {
                let (from, to) = sample.spread();
                let spread = format!("{} - {}", ns(from), ns(to));
                let (median, least) = (ns(sample.median()), ns(sample.least()));
                writeln!(out, "    {who:<30} {median:>12} {spread:>25} {least:>12}")?;
            }
        }
        if let Some(samples) = &self.compile_time {
            writeln!(out, "200 lines, µs")?;
            for (who, sample) in ["ours, compiled", "Rhai's parser alone"].iter().zip(samples) {
                let (from, to) = sample.spread();
                let spread = format!("{} - {}", ns(from / 1e3), ns(to / 1e3));
                let (median, least) = (ns(sample.median() / 1e3), ns(sample.least() / 1e3));
                writeln!(out, "    {who:<30} {median:>12} {spread:>25} {least:>12}")?;
            }
        }
        writeln!(out, "\n{:<56} {:>10} {:>10}", "", "measured", "floor")?;
        for figure in &self.figures {
            let Figure { what, measured, floor, unit, .. } = figure;
            let missed = if figure.is_kept() { "" } else { "   <- missed" };
            writeln!(out, "{what:<56} {measured:>9.2}{unit} {floor:>9.2}{unit}{missed}")?;
        }
        Ok(out)
    }

    pub fn json(&self) -> Value {
        let timed = |samples: &[(&str, Sample)]| -> Vec<Value> {
            samples.iter().map(|(who, sample)| told(who, sample)).collect()
        };
        let workloads: Vec<_> = self
            .timed
            .iter()
            .map(|(workload, samples)| {
                json!({ "workload": workload.name(), "ns_a_call": timed(samples) })
            })
            .collect();
        let compile_time = self.compile_time.as_ref().map(|[ours, parser]| {
            json!([told(COMPILED, ours), told("Rhai's parser alone", parser)])
        });
        let figures: Vec<_> = self
            .figures
            .iter()
            .map(|figure| {
                json!({
                    "what": figure.what,
                    "measured": figure.measured,
                    "floor": figure.floor,
                    "better": if figure.rises { "more" } else { "less" },
                    "kept": figure.is_kept(),
                })
            })
            .collect();
        json!({
            "rounds": self.rounds,
            "entities": ENTITIES,
            "workloads": workloads,
            "compile_ns": compile_time,
            "figures": figures,
        })
    }
}

fn told(who: &str, sample: &Sample) -> Value {
    let (from, to) = sample.spread();
    json!({
        "who": who,
        "median": sample.median(),
        "middle_half": [from, to],
        "least": sample.least(),
    })
}

/// A time with as many digits as mean something.
fn ns(time: f64) -> String {
    if time < 100.0 { format!("{time:.1}") } else { format!("{time:.0}") }
}

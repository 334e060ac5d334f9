//! Whether fuel is paid by the work: for every standard function, property and operator, every function of
//! the API and everything that the language itself does, the nanoseconds for each unit of fuel with the
//! worst operands that a search finds, as multiples of a plain loop's instruction.
//!
//! Then the worst and the longest of each row are run in a loop until the clock ends the call after 2 ms, and
//! how much later it ended is told.
//!
//! `cargo bench --no-default-features --bench fuel` prints the table, the dearest last, and fails (exit code 1) if a row is
//! above 20, or if a call ended more than 0.5 ms after the clock should have ended it. A word after `--` picks the rows that have it in their name; a number is the milliseconds that
//! the search may take for each of them.
//!
//! Time is that of the thread, and only the ratios of one run say something. What seems to be worse than the
//! worst so far is measured again before it counts, because whatever else the machine does makes it slower.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a bench prints its table")]

mod chance;
mod clock;
mod operands;
mod operations;
mod stand;

use std::process::ExitCode;

use self::{
    chance::Chance,
    operations::{Operation, operations},
    stand::{Cost, Stand},
};

/// What a unit may cost, in plain instructions.
const BAR: f64 = 20.0;
/// Nanoseconds that a call may go on after it should have been ended by the clock.
const LATE: f64 = 500_000.0;
/// How many of the latest calls are told.
const TOLD: usize = 8;
/// How often something is measured, of which the median counts, if it seems to be the worst.
const AGAIN: usize = 3;
/// And the worst of a row, if it is close to the bar.
const AT_THE_END: usize = 9;
/// From where on it is close.
const CLOSE: f64 = 0.7 * BAR;

struct Row {
    name: String,
    /// What was run, and what it cost.
    worst: Option<(String, Cost)>,
    /// What took longest for one turn.
    longest: Option<(String, f64)>,
    tried: usize,
}

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let words: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let budget = words.iter().find_map(|word| word.parse::<u32>().ok()).unwrap_or(300);
    let pick = words.iter().find(|word| word.parse::<u64>().is_err());
    let stand = Stand::new();
    let base = (0..20).map(|_| stand.base()).fold(f64::INFINITY, f64::min);
    println!("a plain loop's instruction takes {base:.2} ns\n");
    let mut rows: Vec<Row> = operations()
        .into_iter()
        .filter(|operation| pick.is_none_or(|word| operation.name.contains(word.as_str())))
        .map(|operation| search(&stand, operation, f64::from(budget) * 1e6, base))
        .collect();
    rows.sort_by(|a, b| a.ratio(base).total_cmp(&b.ratio(base)));
    println!(
        "{:>7} {:>9} {:>12} {:>6}  what, and the worst of all",
        "x", "ns/unit", "units", "tried"
    );
    for row in &rows {
        println!("{}", row.line(base));
    }
    let above = rows.iter().filter(|row| row.ratio(base) > BAR).count();
    let unpaid = rows.iter().filter(|row| row.worst.is_none()).count();
    println!(
        "\n{} rows, {above} above {BAR} plain instructions a unit, {unpaid} that nothing could be called with",
        rows.len()
    );
    let is_late = late(&stand, &rows);
    if above == 0 && unpaid == 0 && !is_late { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

/// Runs the worst and the longest of each row until the clock ends it; gives whether one went on for too
/// long.
fn late(stand: &Stand, rows: &[Row]) -> bool {
    let mut all: Vec<(f64, &str)> = Vec::new();
    for row in rows {
        let bodies = [row.worst.as_ref().map(|(body, _)| body), row.longest.as_ref().map(|l| &l.0)];
        for body in bodies.into_iter().flatten() {
            let mut times: Vec<_> = (0..AGAIN).filter_map(|_| stand.overrun(body)).collect();
            times.sort_by(f64::total_cmp);
            all.extend(times.get(times.len() / 2).map(|time| (*time, body.as_str())));
        }
    }
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!(
        "\n{} calls that the clock ended after 2 ms; the latest, in ms after that:",
        all.len()
    );
    for (time, body) in all.iter().take(TOLD) {
        println!("{:>7.3}  {body}", time / 1e6);
    }
    let mut longest: Vec<_> = rows.iter().filter_map(|row| row.longest.as_ref()).collect();
    longest.sort_by(|a, b| b.1.total_cmp(&a.1));
    println!("\nthe longest turns, in ms:");
    for (body, time) in longest.iter().take(TOLD) {
        println!("{:>7.3}  {body}", time / 1e6);
    }
    all.first().is_some_and(|(time, _)| *time > LATE)
}

impl Row {
    fn ratio(&self, base: f64) -> f64 {
        self.worst.as_ref().map_or(f64::INFINITY, |(_, cost)| cost.per_unit() / base)
    }

    fn line(&self, base: f64) -> String {
        let Self { name, worst, tried, .. } = self;
        let Some((body, cost)) = worst else {
            return format!("{:>7} {:>9} {:>12} {tried:>6}  {name}", "-", "-", "-");
        };
        let (ratio, each) = (self.ratio(base), cost.per_unit());
        format!("{ratio:>7.1} {each:>9.1} {:>12.1} {tried:>6}  {name}: {body}", cost.units)
    }
}

/// Looks for the operands with which an operation is dearest for what it pays: at random first, then by
/// changing one of the worst.
fn search(stand: &Stand, operation: Operation, budget: f64, base: f64) -> Row {
    let mut chance = Chance::new(&operation.name);
    // Of the thread, so that the search is as long on a busy machine.
    let started = clock::nanoseconds();
    let mut worst: Option<(Vec<usize>, usize, String, Cost)> = None;
    let mut longest: Option<(String, f64)> = None;
    let mut tried = 0;
    while tried < 12 || clock::nanoseconds() - started < budget {
        let (choices, form) = match &worst {
            Some((choices, form, ..)) if tried % 3 != 0 => {
                operation.changed(choices, *form, &mut chance)
            }
            _ => operation.any(&mut chance),
        };
        let body = operation.body(&choices, form);
        tried += 1;
        let is_worse = |cost: &Cost| {
            worst.as_ref().is_none_or(|(.., known)| cost.per_unit() > known.per_unit())
        };
        let cost = stand.cost(&body);
        if let Some(cost) = cost
            && longest.as_ref().is_none_or(|(_, known)| cost.nanoseconds > *known)
        {
            longest = Some((body.clone(), cost.nanoseconds));
        }
        if cost.is_some_and(|cost| is_worse(&cost))
            && let Some(cost) = median(stand, &body, AGAIN).filter(is_worse)
        {
            worst = Some((choices, form, body, cost));
        }
        if operation.is_one() && tried >= 12 {
            break;
        }
    }
    let worst = worst.map(|(_, _, body, cost)| {
        let is_close = cost.per_unit() / base > CLOSE;
        let again = is_close.then(|| median(stand, &body, AT_THE_END)).flatten();
        (body, again.unwrap_or(cost))
    });
    Row { name: operation.name, worst, longest, tried }
}

/// What a body costs, as the median of some measurements.
fn median(stand: &Stand, body: &str, times: usize) -> Option<Cost> {
    let mut costs: Vec<_> = (0..times).filter_map(|_| stand.cost(body)).collect();
    costs.sort_by(|a, b| a.per_unit().total_cmp(&b.per_unit()));
    costs.get(costs.len() / 2).copied()
}

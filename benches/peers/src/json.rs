//! All figures for machines: `docs/performance.json`.

use std::path::Path;

use serde_json::{Value, json};

use crate::{
    Failure,
    floors::Figure,
    growth::Growth,
    markdown::{machine, versions},
    matrix::{Matrix, Measured},
    options::Options,
    sample::Sample,
    threads::{ENTITIES, Gain},
};

pub fn write(
    docs: &Path,
    options: &Options,
    matrix: &Matrix,
    (threads, growth): (&[Gain], Option<&Growth>),
    floors: &[Figure],
) -> Result<(), Failure> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cells: Vec<Value> = matrix
        .cells
        .iter()
        .map(|cell| {
            let mut told = json!({
                "who": cell.name,
                "workload": cell.workload.name(),
                "entities": cell.entities,
            });
            match &cell.result {
                Ok(of) => told["measured"] = measured(of),
                Err(absence) => told["left_out"] = json!(absence),
            }
            told
        })
        .collect();
    let who = |contestant: &&crate::contestants::Contestant| json!({ "who": contestant.name, "title": contestant.title });
    let floors: Vec<Value> = floors
        .iter()
        .map(|figure| {
            json!({
                "what": figure.what,
                "measured": rounded(figure.measured),
                "floor": rounded(figure.floor),
                "unit": figure.unit.trim(),
                "better": if figure.rises { "more" } else { "less" },
                "kept": figure.is_kept(),
            })
        })
        .collect();
    let growth: Vec<Value> = growth.map_or_else(Vec::new, |growth| {
        let series = growth.0.iter().map(|series| {
            let points = series.points.iter().map(|point| {
                json!({
                    series.of: point.number,
                    "entities": point.job.entities,
                    "measured": measured(&point.measured),
                })
            });
            json!({
                "by": series.of,
                "title": series.title,
                "points": points.collect::<Vec<_>>(),
            })
        });
        series.collect()
    });
    let threads: Vec<Value> = threads
        .iter()
        .map(|gain| {
            json!({
                "workload": gain.workload.name(),
                "entities": ENTITIES,
                "pace": gain.pace.title(),
                "one": time(&gain.one),
                "two": time(&gain.two),
            })
        })
        .collect();
    let all = json!({
        "machine": machine(),
        "versions": versions(here),
        "rounds": options.rounds,
        "quick": options.quick,
        "unit": "ns a tick",
        "clock": if options.cpu { "all_threads" } else { "wall" },
        "contestants": matrix.contestants.iter().map(who).collect::<Vec<_>>(),
        "floors": floors,
        "figures": cells,
        "threads": threads,
        "growth": growth,
    });
    let path = docs.join("performance.json");
    std::fs::write(&path, format!("{all:#}\n"))
        .map_err(|error| format!("{}: {error}", path.display()))
}

fn measured(of: &Measured) -> Value {
    json!({
        "wall": time(&of.wall),
        "all_threads": time(&of.cpu),
        "process_bytes": of.memory,
        "results": of.wrong.as_deref().unwrap_or("equal"),
    })
}

fn time(sample: &Sample) -> Value {
    let (from, to) = sample.spread();
    json!({
        "median": rounded(sample.median()),
        "middle_half": [rounded(from), rounded(to)],
        "least": rounded(sample.least()),
        "rounds": sample.rounds(),
    })
}

/// Nobody needs more than a thousandth.
fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

//! The figures as a part of `docs/performance.md`.

use std::{fmt::Write, path::Path};

use stage::Workload;

use crate::{
    Failure,
    contestants::{ALL, OURS},
    figures::{bytes, count, ratio, time},
    floors::Figure,
    growth::{Growth, Series},
    matrix::{Matrix, Measured},
    options::Options,
    sample::Sample,
    threads::{ENTITIES, Gain},
};

/// What the figures stand between.
const BEGIN: &str = "<!-- figures: written by `cargo run --release` in benches/peers -->";
const END: &str = "<!-- end of figures -->";

/// Puts the figures in the place of those before.
pub fn write(docs: &Path, figures: &str) -> Result<(), Failure> {
    let path = docs.join("performance.md");
    let before = std::fs::read_to_string(&path).unwrap_or_else(|_| format!("{BEGIN}\n{END}\n"));
    let parts = before.split_once(BEGIN).and_then(|(head, rest)| {
        let (_, tail) = rest.split_once(END)?;
        Some(format!("{head}{BEGIN}\n\n{figures}\n{END}{tail}"))
    });
    let text = parts.ok_or_else(|| format!("{} has no `{BEGIN}`", path.display()))?;
    std::fs::create_dir_all(docs)
        .and_then(|()| std::fs::write(&path, text))
        .map_err(|error| format!("{}: {error}", path.display()))
}

/// All figures as a text.
pub fn figures(
    here: &Path,
    options: &Options,
    matrix: &Matrix,
    (threads, growth): (&[Gain], Option<&Growth>),
    floors: &[Figure],
) -> String {
    let mut out = String::new();
    // Text takes all text.
    let _ = (|| {
        setting(&mut out, here, options)?;
        reached(&mut out, floors)?;
        for workload in &matrix.workloads {
            compared(&mut out, matrix, *workload)?;
        }
        memory(&mut out, matrix)?;
        threaded(&mut out, threads)?;
        growth.map_or(Ok(()), |growth| grown(&mut out, growth))
    })();
    out
}

fn setting(out: &mut String, here: &Path, options: &Options) -> std::fmt::Result {
    let machine = machine();
    writeln!(
        out,
        "Measured on {machine}: medians of {} interleaved rounds{}{}. {}.\n",
        options.rounds,
        if options.quick { ", a quick run" } else { "" },
        if options.cpu {
            ", time that the processes ran; two threads by the clock on the wall"
        } else {
            ""
        },
        versions(here).join(", ")
    )
}

/// The processor, and how many of it.
pub fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let name = name.map_or("an unknown processor", |(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    format!("{name}, {cores} threads, {}", std::env::consts::OS)
}

/// What was compared, by the lockfiles.
pub fn versions(here: &Path) -> Vec<String> {
    let wanted = [
        ("ours", "bevy"),
        ("mod_scripting", "bevy_mod_scripting"),
        ("mod_scripting", "rhai"),
        ("mod_scripting", "mlua"),
        ("scriptum", "bevy_scriptum"),
        ("scriptum", "bevy"),
        ("scriptum", "rhai"),
        ("scriptum", "mlua"),
        ("mlua", "mlua"),
    ];
    let version = |(package, name): &(&str, &str)| {
        let lock = std::fs::read_to_string(here.join(package).join("Cargo.lock")).ok()?;
        let (_, rest) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
        let (version, _) = rest.split_once('"')?;
        let of = match (*package, *name) {
            ("mod_scripting", "rhai" | "mlua") => " in bevy_mod_scripting",
            ("scriptum", "bevy" | "rhai" | "mlua") => " in bevy_scriptum",
            _ => "",
        };
        Some(format!("{name} {version}{of}"))
    };
    wanted.iter().filter_map(version).collect()
}

fn reached(out: &mut String, floors: &[Figure]) -> std::fmt::Result {
    if floors.is_empty() {
        return Ok(());
    }
    writeln!(out, "### The floors\n\n| what | measured | floor | |\n|---|---:|---:|---|")?;
    for figure in floors {
        let Figure { what, measured, floor, unit, rises } = figure;
        let sign = if *rises { "≥" } else { "≤" };
        let verdict = if figure.is_kept() { "kept" } else { "**missed**" };
        writeln!(out, "| {what} | {measured:.2}{unit} | {sign} {floor:.2}{unit} | {verdict} |")?;
    }
    writeln!(out)
}

fn compared(out: &mut String, matrix: &Matrix, workload: Workload) -> std::fmt::Result {
    writeln!(out, "### `{}`\n", workload.name())?;
    let entities = &matrix.entities_of(workload);
    if entities.is_empty() {
        return Ok(());
    }
    // The spread is told for the number that the floors are about.
    let spread_at = if entities.contains(&1_000) { 1_000 } else { entities[0] };
    write!(out, "| ")?;
    for entities in entities {
        write!(out, "| {} ", count(*entities))?;
    }
    writeln!(out, "| middle half at {} |", count(spread_at))?;
    writeln!(out, "|---|{}---:|", "---:|".repeat(entities.len()))?;
    let mut ahead = Vec::new();
    for contestant in matrix.contestants.iter().filter(|contestant| contestant.takes(workload)) {
        write!(out, "| {} ", contestant.title)?;
        for entities in entities {
            let cell = matrix.cell(contestant.name, workload, *entities);
            let Some(result) = cell.map(|cell| &cell.result) else { continue };
            match result {
                Ok(measured) => {
                    let tick = measured.time.median();
                    write!(out, "| {}", time(tick / *entities as f64))?;
                    let ours = matrix.tick(OURS, workload, *entities);
                    if let Some(ours) = ours.filter(|_| contestant.name != OURS) {
                        write!(out, ", {}", ratio(tick / ours))?;
                        let is_peer = !contestant.is_ours() && contestant.name != "native";
                        if is_peer && tick < ours && *entities == spread_at {
                            ahead.push(format!("{} ({})", contestant.title, ratio(ours / tick)));
                        }
                    }
                    if measured.wrong.is_some() {
                        write!(out, " **wrong result**")?;
                    }
                    write!(out, " ")?;
                }
                Err(absence) => write!(out, "| {absence} ")?,
            }
        }
        match matrix.measured(contestant.name, workload, spread_at) {
            Some(Measured { time: sample, .. }) => {
                let (from, to) = sample.spread();
                let each = spread_at as f64;
                writeln!(out, "| {} to {} |", time(from / each), time(to / each))?;
            }
            None => writeln!(out, "| |")?,
        }
    }
    if ahead.is_empty() {
        writeln!(out)
    } else {
        writeln!(
            out,
            "\nAhead of bevy_cscript on one thread at {} entities: {}.\n",
            count(spread_at),
            ahead.join(", ")
        )
    }
}

fn memory(out: &mut String, matrix: &Matrix) -> std::fmt::Result {
    let workloads: Vec<_> = matrix
        .workloads
        .iter()
        .filter(|workload| **workload != Workload::Undefined)
        .copied()
        .collect();
    let counts = matrix.entities.iter().copied().filter(|entities| *entities <= 10_000);
    let Some(entities) = counts.max().filter(|_| matrix.entities.len() > 1) else { return Ok(()) };
    if matrix.bytes_an_entity(OURS, workloads[0], entities).is_none() {
        return Ok(());
    }
    writeln!(out, "### Memory\n")?;
    writeln!(
        out,
        "What the process holds with {} entities beyond what it holds with the fewest, for each entity; \
         components that Bevy keeps, and garbage that waits to be collected, included.\n",
        count(entities)
    )?;
    write!(out, "| ")?;
    workloads.iter().try_for_each(|workload| write!(out, "| `{}` ", workload.name()))?;
    writeln!(out, "|\n|---|{}", "---:|".repeat(workloads.len()))?;
    for contestant in &matrix.contestants {
        write!(out, "| {} ", contestant.title)?;
        for workload in &workloads {
            match matrix.bytes_an_entity(contestant.name, *workload, entities) {
                Some(each) => write!(out, "| {} ", bytes(each))?,
                None => write!(out, "| ")?,
            }
        }
        writeln!(out, "|")?;
    }
    writeln!(out)
}

fn threaded(out: &mut String, threads: &[Gain]) -> std::fmt::Result {
    if threads.is_empty() {
        return Ok(());
    }
    writeln!(out, "### Two threads\n")?;
    writeln!(
        out,
        "bevy_cscript with {} entities, one thread and two in turn, by the clock on the wall.\n",
        count(ENTITIES)
    )?;
    writeln!(out, "| | one thread | two | gain |\n|---|---:|---:|---:|")?;
    for gain in threads {
        let each = |sample: &Sample| time(sample.median() / ENTITIES as f64);
        let (workload, pace) = (gain.workload.name(), gain.pace.title());
        let (one, two) = (each(&gain.one), each(&gain.two));
        writeln!(out, "| `{workload}`, {pace} | {one} | {two} | {} |", ratio(gain.times()))?;
    }
    writeln!(out)
}

fn grown(out: &mut String, growth: &Growth) -> std::fmt::Result {
    writeln!(out, "### Growth\n")?;
    writeln!(out, "{} alone.\n", ALL[0].title)?;
    for Series { name, title, of, points, .. } in &growth.0 {
        let first = points.first().and_then(|point| point.measured.memory).unwrap_or(0) as f64;
        let is_of_events = *name == "events";
        let each = if is_of_events { "a tick" } else { "an entity" };
        writeln!(out, "{}{}:\n", title[..1].to_uppercase(), &title[1..])?;
        writeln!(out, "| {of} | {each} | middle half | memory above the first |")?;
        writeln!(out, "|---:|---:|---:|---:|")?;
        for point in points {
            let entities = if is_of_events { 1.0 } else { point.job.entities as f64 };
            let (from, to) = point.measured.time.spread();
            writeln!(
                out,
                "| {} | {} | {} to {} | {} |",
                count(point.number),
                time(point.measured.time.median() / entities),
                time(from / entities),
                time(to / entities),
                bytes((point.measured.memory.unwrap_or(0) as f64 - first).max(0.0)),
            )?;
        }
        writeln!(out)?;
    }
    Ok(())
}

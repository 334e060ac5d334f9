use std::io::Write;

use serde::Serialize;

use super::{AttackOptions, header::Header, ran::Ran, watch::Ended};

/// What became of one script.
#[derive(Serialize)]
pub(super) struct Row {
    file: String,
    class: String,
    expect: String,
    outcome: &'static str,
    is_contained: bool,
    breaches: Vec<String>,
    /// What the child told; `null` if it did not live to tell.
    ran: Option<Ran>,
}

impl Row {
    pub(super) fn new(file: String, header: Header, ended: Ended, breaches: Vec<String>) -> Self {
        let (outcome, ran) = match ended {
            Ended::Ran(ran) => (ran.outcome.name(), Some(*ran)),
            Ended::Broke { outcome, .. } => (outcome, None),
        };
        let is_contained = breaches.is_empty();
        let Header { class, expect, .. } = header;
        Self { file, class, expect, outcome, is_contained, breaches, ran }
    }

    pub(super) const fn is_contained(&self) -> bool {
        self.is_contained
    }

    fn cpu(&self) -> Option<f64> {
        self.ran.as_ref().map(|ran| ran.cpu_ms)
    }

    fn peak(&self) -> Option<u64> {
        self.ran.as_ref().map(|ran| ran.peak_bytes)
    }
}

pub(super) fn json(rows: &[Row], out: &mut impl Write) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, rows)?;
    writeln!(out)
}

/// A line for each script, then the sum and the worst rows.
pub(super) fn text(
    rows: &[Row],
    options: &AttackOptions,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let width = rows.iter().map(|row| row.file.chars().count()).max().unwrap_or(0).max(4);
    writeln!(
        out,
        "{:<width$}  {:<8} {:>9} {:>16}  verdict",
        "file", "outcome", "CPU ms", "peak heap bytes"
    )?;
    for row in rows {
        let cpu = row.cpu().map_or_else(|| "-".to_owned(), |ms| format!("{ms:.2}"));
        let peak = row.peak().map_or_else(|| "-".to_owned(), |bytes| bytes.to_string());
        let verdict = if row.is_contained {
            "contained".to_owned()
        } else {
            format!("BREACH: {}", row.breaches.join("; "))
        };
        writeln!(out, "{:<width$}  {:<8} {cpu:>9} {peak:>16}  {verdict}", row.file, row.outcome)?;
    }
    let breaches = rows.iter().filter(|row| !row.is_contained).count();
    writeln!(
        out,
        "\n{} scripts at level {} on the {} backend: {} contained, {breaches} breaches",
        rows.len(),
        options.trust.name(),
        options.backend.name(),
        rows.len() - breaches,
    )?;
    worst(rows, "dearest call", |ran| ran.call_ms, |ms| format!("{ms:.2} ms"), out)?;
    worst(rows, "dearest to compile", |ran| ran.compile_ms, |ms| format!("{ms:.2} ms"), out)?;
    let bytes = |bytes: f64| format!("{bytes} bytes");
    worst(rows, "most heap in a call", |ran| ran.peak_bytes as f64, bytes, out)?;
    worst(rows, "most heap kept by an instance", |ran| ran.kept_bytes as f64, bytes, out)?;
    worst(rows, "most heap to compile", |ran| ran.compile_bytes as f64, bytes, out)?;
    worst(rows, "most left when dropped", |ran| ran.left_bytes as f64, bytes, out)
}

fn worst(
    rows: &[Row],
    what: &str,
    figure: fn(&Ran) -> f64,
    shown: impl Fn(f64) -> String,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let figures = rows.iter().filter_map(|row| row.ran.as_ref().map(|ran| (figure(ran), row)));
    match figures.max_by(|a, b| a.0.total_cmp(&b.0)) {
        Some((most, row)) => writeln!(out, "{what}: {} ({})", shown(most), row.file),
        None => Ok(()),
    }
}

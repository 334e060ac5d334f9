//! `cscript attack`: hostile scripts, each in a process of its own, and what became of them.
//!
//! ```text
//! options → files → watch (one child a file) → verdict → table or JSON
//!                     └─ child: compile, start, callbacks; measured → Ran
//! ```

mod bars;
mod child;
mod header;
mod limits;
mod measure;
mod outcome;
mod ran;
mod stand;
mod stock;
mod table;
mod verdict;
mod watch;

use std::{
    io::Write,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use clap::{Args, ValueEnum};

use self::{bars::Bars, header::Header, table::Row, watch::Watchdog};
use crate::trust::TrustLevel;

pub(super) use child::{ChildOptions, run as run_child};

/// What `attack` is told.
#[derive(Args)]
pub(super) struct AttackOptions {
    /// A folder that is searched for `.rhai` files, or one file.
    dir: PathBuf,
    /// Whose scripts they are: the level says which limits and permissions they get.
    #[arg(long, value_enum, default_value_t = Level::Untrusted)]
    trust: Level,
    /// What runs them.
    #[arg(long, value_enum, default_value_t = Target::Compiled)]
    backend: Target,
    /// Prints an array of JSON objects in place of the table.
    #[arg(long)]
    json: bool,
    /// How many processes run at a time. Default: as many as there are processors.
    #[arg(long)]
    jobs: Option<NonZeroUsize>,
    /// For how many ticks the callbacks are called.
    #[arg(long, default_value_t = 10)]
    ticks: u64,
    /// Seconds after which a process is killed and counts as hung.
    #[arg(long, default_value_t = 10)]
    timeout: u64,
    /// Milliseconds after which a call is stopped by the clock. Without it none is, so that each run does
    /// the same.
    #[arg(long)]
    deadline_ms: Option<u64>,
    /// Milliseconds of CPU that a call may take. Default: the deadline and 0.5 if there is one, else
    /// one for each 5,000 units of fuel; five times as much in builds with debug assertions.
    #[arg(long)]
    call_ms: Option<f64>,
    /// Milliseconds of CPU that compiling may take. Default: 100, and 500 in builds with debug assertions.
    #[arg(long)]
    compile_ms: Option<f64>,
}

/// Whose scripts they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Level {
    /// By strangers.
    Untrusted,
    /// By modders whom the host chose.
    Mod,
    /// Part of the game.
    Trusted,
}

/// What runs the scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Target {
    /// The compiled backend.
    Compiled,
    /// The reference backend, hardened Rhai; for `--trust trusted` only.
    Reference,
    /// Rhai as it comes with every limit set, to show what this tool finds.
    #[value(hide = true)]
    Stock,
}

impl Level {
    const fn trust(self) -> TrustLevel {
        match self {
            Self::Untrusted => TrustLevel::Untrusted,
            Self::Mod => TrustLevel::Mod,
            Self::Trusted => TrustLevel::Trusted,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Untrusted => "untrusted",
            Self::Mod => "mod",
            Self::Trusted => "trusted",
        }
    }
}

impl Target {
    const fn name(self) -> &'static str {
        match self {
            Self::Compiled => "compiled",
            Self::Reference => "reference",
            Self::Stock => "stock",
        }
    }
}

/// Runs all scripts and prints what became of them. Exit codes: 0 all are contained, 1 one is not, 2
/// there was nothing to run or no way to run it.
pub(super) fn attack(options: &AttackOptions, out: &mut impl Write) -> std::io::Result<ExitCode> {
    let setup = files(options).and_then(|files| {
        std::env::current_exe()
            .map(|program| (files, program))
            .map_err(|error| format!("this program cannot be started again: {error}"))
    });
    let (files, program) = match setup {
        Ok(setup) => setup,
        Err(message) => {
            writeln!(out, "error: {message}")?;
            return Ok(ExitCode::from(2));
        }
    };
    let watchdog = Watchdog { program, timeout: Duration::from_secs(options.timeout) };
    let rows = run_all(options, &files, &watchdog);
    if options.json {
        table::json(&rows, out)?;
    } else {
        table::text(&rows, options, out)?;
    }
    let contained = rows.iter().all(Row::is_contained);
    Ok(if contained { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn files(options: &AttackOptions) -> Result<Vec<PathBuf>, String> {
    let dir = options.dir.display();
    if options.backend == Target::Reference && options.trust != Level::Trusted {
        return Err(format!(
            "the reference backend runs trusted scripts only; add `--trust {}` or leave `--backend` out",
            Level::Trusted.name()
        ));
    }
    if options.timeout == 0 {
        return Err("`--timeout 0` leaves no time to run; give seconds, 10 is usual".to_owned());
    }
    let mut files = Vec::new();
    super::find_scripts(&options.dir, &mut files).map_err(|error| format!("{dir}: {error}"))?;
    if !options.dir.exists() {
        return Err(format!("{dir}: no such file or folder"));
    }
    if files.is_empty() {
        return Err(format!("{dir}: there is no `.rhai` file below this folder"));
    }
    files.sort();
    Ok(files)
}

/// Runs every file, some at a time, and gives the rows in the order of the files.
fn run_all(options: &AttackOptions, files: &[PathBuf], watchdog: &Watchdog) -> Vec<Row> {
    let bars = Bars::new(options);
    let jobs = options.jobs.or_else(|| std::thread::available_parallelism().ok());
    let jobs = jobs.map_or(1, NonZeroUsize::get).min(files.len());
    let next = AtomicUsize::new(0);
    let rows = Mutex::new(Vec::with_capacity(files.len()));
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some((i, file)) = {
                    let i = next.fetch_add(1, Relaxed);
                    files.get(i).map(|file| (i, file))
                } {
                    let row = run(options, file, watchdog, &bars);
                    rows.lock().unwrap_or_else(PoisonError::into_inner).push((i, row));
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    rows.sort_by_key(|(i, _)| *i);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// How often a script that seems to take too long is run before that is believed. Each run does the same, so
/// what made one of them slow and not the others was the machine: a neighbour's work counts as our CPU time
/// where processors are virtual.
const RUNS: usize = 3;

fn run(options: &AttackOptions, file: &Path, watchdog: &Watchdog, bars: &Bars) -> Row {
    let shown = file.strip_prefix(&options.dir).ok().filter(|path| !path.as_os_str().is_empty());
    let name = shown.unwrap_or(file).display().to_string().replace('\\', "/");
    let header = Header::of(file);
    let child = ChildOptions {
        file: file.to_owned(),
        trust: options.trust,
        backend: options.backend,
        ticks: options.ticks,
        deadline_ms: options.deadline_ms,
    };
    let mut ended = watchdog.run(&child);
    for _ in 1..RUNS {
        if !verdict::is_slow(&ended, bars) {
            break;
        }
        ended = ended.or_quicker(watchdog.run(&child));
    }
    let breaches = verdict::breaches(&header, &ended, bars, options.trust);
    Row::new(name, header, ended, breaches)
}

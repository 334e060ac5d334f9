//! Some hundred scripted entities in a world without a display.
//!
//! ```sh
//! cargo run --release --example arena                  # real time, until Ctrl-C
//! cargo run --release --example arena -- --ticks 600   # as fast as it can
//! cargo run --release --example arena -- --scenario skirmish
//! cargo run --release --example arena -- --ticks 600 --record run.rec
//! cargo run --release --example arena -- --replay run.rec --until 300
//! cargo run --release --example arena -- --mods mods --policy server --trust ada.pub
//! ```
//!
//! Edit the files in `assets/scripts` while it runs: a saved file takes over in the next tick, a
//! broken one is reported and the version before it goes on.

#![expect(clippy::print_stderr, reason = "it is a program for a terminal")]

mod console;
mod mods;
mod options;
mod patrol;
mod replay;
mod skirmish;
mod summary;

use std::{
    fmt::Display,
    io::Write as _,
    process::ExitCode,
    sync::OnceLock,
    thread::sleep,
    time::{Duration, Instant},
};

use bevy::{
    asset::{LoadState, io::AssetSourceBuilder},
    log::{LogPlugin, tracing_subscriber},
    prelude::*,
    time::TimeUpdateStrategy,
};
use bevy_cscript::{prelude::*, runtime::ScriptMetrics, trust::TrustPolicy};

use self::{
    console::Progress,
    options::{Asked, Options, Report, Scenario},
    replay::Heavy,
    summary::{Summary, TickTimes},
};

/// When Ctrl-C was pressed first.
static STOPPED: OnceLock<Instant> = OnceLock::new();

/// How long the scripts may take to load.
const PATIENCE: Duration = Duration::from_secs(10);

/// The ticks after which a skirmish that nobody has won is a draw.
const LONGEST_SKIRMISH: u64 = 20_000;

fn main() -> ExitCode {
    let options = match options::parse(std::env::args_os().skip(1)) {
        Ok(Asked::Run(options)) => options,
        Ok(Asked::Help) => return end(std::io::stdout().write_all(options::HELP.as_bytes())),
        Err(error) => {
            eprintln!("arena: {error}\n\n{}", options::HELP);
            return ExitCode::from(2);
        }
    };
    end(run(&options))
}

fn end(result: Result<(), impl Display>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("arena: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    ctrlc::set_handler(|| {
        // Whoever presses it again does not want to wait for the end of the tick. But the second
        // signal of a double one (`timeout` sends it to the process and to its group) is no reason
        // to go without the summary.
        if STOPPED.get_or_init(Instant::now).elapsed() > Duration::from_secs(1) {
            std::process::exit(130);
        }
    })
    .map_err(|error| format!("cannot listen for Ctrl-C: {error}"))?;

    let mut app = app(options)?;
    if options.heavy {
        replay::add_heavy_mode(&mut app);
    }
    let summary = match options.scenario {
        _ if let Some(mods) = &options.mods => {
            let refused = mods::populate(&mut app, mods)?;
            let times = play(&mut app, options.ticks, |_| false);
            Summary::of(app.world_mut(), &times).that_refused(refused)
        }
        Scenario::Patrol => {
            patrol::populate(&mut app, options.entities.unwrap_or(300))?;
            let times = run_scenario(&mut app, options, options.ticks, |_| false)?;
            Summary::of(app.world_mut(), &times)
        }
        Scenario::Skirmish => {
            skirmish::populate(&mut app, options.entities.unwrap_or(100))?;
            let ticks = options.ticks.unwrap_or(LONGEST_SKIRMISH);
            let times = run_scenario(&mut app, options, Some(ticks), skirmish::is_over)?;
            let winner = skirmish::winner(app.world_mut());
            Summary::of(app.world_mut(), &times).won_by(winner)
        }
    };
    if let Some(failed) = app.world_mut().remove_resource::<Heavy>().and_then(|heavy| heavy.0) {
        return Err(format!("saved and loaded, the world is another one: {failed}"));
    }
    match options.report {
        Report::Text => summary.print_text(),
        Report::Json => summary.print_json(),
    }
    .map_err(|error| format!("cannot write the summary: {error}"))
}

/// Plays, or runs again what was played.
fn run_scenario(
    app: &mut App,
    options: &Options,
    ticks: Option<u64>,
    is_over: fn(&mut World) -> bool,
) -> Result<TickTimes, String> {
    if let Some(file) = &options.replay {
        app.insert_resource(TimeUpdateStrategy::FixedTimesteps(1));
        let done = replay::replay(app, file, options.until)?;
        eprintln!("arena: {done} ticks ended as they were recorded");
        return Ok(TickTimes::default());
    }
    if options.record.is_some() {
        replay::begin_recording(app, options.states)?;
    }
    let times = play(app, ticks, is_over);
    if let Some(file) = &options.record {
        let ticks = replay::end_recording(app, file)?;
        eprintln!("arena: {ticks} ticks were written to {}", file.display());
    }
    Ok(times)
}

fn app(options: &Options) -> Result<App, String> {
    let mut app = App::new();
    let mut policy = TrustPolicy::default();
    if let Some(mods) = &options.mods {
        policy = mods::policy(mods)?;
        let folder = std::path::absolute(&mods.folder).map_err(|error| error.to_string())?;
        let source = AssetSourceBuilder::platform_default(&folder.to_string_lossy(), None);
        app.register_asset_source(mods::SOURCE, source);
    }
    app.add_plugins((
        // Stdout is for the summary alone; this log goes to stderr and minds the progress line.
        LogPlugin {
            fmt_layer: |_| {
                let layer = tracing_subscriber::fmt::Layer::default()
                    .without_time()
                    .with_ansi(console::is_terminal())
                    .with_writer(console::log_writer);
                Some(Box::new(layer))
            },
            ..default()
        },
        MinimalPlugins,
        AssetPlugin::default(),
        TransformPlugin,
        ScriptingPlugin {
            world_seed: options.seed,
            backend: options.backend,
            policy,
            threads: options.threads.map_or(ScriptThreads::Auto, ScriptThreads::Fixed),
            ..default()
        },
    ));
    // Time stands still until all scripts are there, so that the first tick is the first tick no
    // matter how long loading took.
    app.insert_resource(TimeUpdateStrategy::ManualDuration(Duration::ZERO));
    Ok(app)
}

/// Loads scripts and waits for them. A script that can be read but not compiled is no reason to give
/// up: it is reported, and starts as soon as somebody has mended it.
fn load<const N: usize>(
    app: &mut App,
    paths: [&'static str; N],
) -> Result<[Handle<Script>; N], String> {
    let server = app.world().resource::<AssetServer>().clone();
    let scripts = paths.map(|path| server.load(path));
    app.finish();
    app.cleanup();
    let began = Instant::now();
    loop {
        // Assets arrive at the end of a frame; Bevy's first one takes no time in any case.
        app.update();
        let mut missing = None;
        for (script, path) in scripts.iter().zip(paths) {
            match server.load_state(script) {
                LoadState::Loaded => {}
                // With RUST_BACKTRACE set, Bevy's text goes on with a backtrace.
                LoadState::Failed(error) => return Err(first_line(&error.to_string())),
                _ => missing = Some(path),
            }
        }
        let Some(missing) = missing.filter(|_| STOPPED.get().is_none()) else {
            return Ok(scripts);
        };
        if began.elapsed() > PATIENCE {
            let waited = PATIENCE.as_secs();
            return Err(format!("{missing} did not load within {waited} seconds"));
        }
        sleep(Duration::from_millis(1));
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// Runs so many ticks as fast as it can, or in real time until Ctrl-C; in any case no longer than
/// until it is over.
///
/// Every frame is one tick either way, so tick 600 is the same world at any speed.
fn play(app: &mut App, ticks: Option<u64>, is_over: fn(&mut World) -> bool) -> TickTimes {
    app.insert_resource(TimeUpdateStrategy::FixedTimesteps(1));
    let step = app.world().resource::<Time<Fixed>>().timestep();
    let mut times = TickTimes::default();
    let mut progress = Progress::default();
    let mut next_tick = Instant::now();
    let mut done = 0;
    while ticks.is_none_or(|ticks| done < ticks)
        && STOPPED.get().is_none()
        && !is_over(app.world_mut())
    {
        app.update();
        let metrics = app.world().resource::<ScriptMetrics>().clone();
        if metrics.ticks > done {
            done = metrics.ticks;
            times.add(metrics.tick_time);
        }
        if progress.is_due() {
            progress.show(app.world_mut(), &metrics);
        }
        if ticks.is_none() {
            next_tick += step;
            let now = Instant::now();
            match next_tick.checked_duration_since(now) {
                Some(early) => sleep(early),
                // Too slow, or the machine slept: what was missed is not made up for.
                None => next_tick = now,
            }
        }
    }
    console::clear_line();
    times
}

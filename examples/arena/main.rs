//! Some hundred scripted entities in a world without a display.
//!
//! ```sh
//! cargo run --release --example arena                  # real time, until Ctrl-C
//! cargo run --release --example arena -- --ticks 600   # as fast as it can
//! ```
//!
//! Edit the files in `assets/scripts` while it runs: a saved file takes over in the next tick, a
//! broken one is reported and the version before it goes on.

#![expect(clippy::print_stderr, reason = "it is a program for a terminal")]

mod console;
mod options;
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
    asset::LoadState,
    log::{LogPlugin, tracing_subscriber},
    prelude::*,
    time::TimeUpdateStrategy,
};
use bevy_cscript::{prelude::*, runtime::ScriptMetrics};

use self::{
    console::Progress,
    options::{Asked, Options, Report},
    summary::{Summary, TickTimes},
};

/// When Ctrl-C was pressed first.
static STOPPED: OnceLock<Instant> = OnceLock::new();

/// How long the scripts may take to load.
const PATIENCE: Duration = Duration::from_secs(10);

/// Units between two entities at the start.
const SPACING: f32 = 4.0;

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

    let mut app = app(options);
    let scripts = Scripts::load(&mut app)?;
    populate(&mut app, &scripts, options.entities);
    let times = play(&mut app, options.ticks);

    let summary = Summary::of(app.world_mut(), &times);
    match options.report {
        Report::Text => summary.print_text(),
        Report::Json => summary.print_json(),
    }
    .map_err(|error| format!("cannot write the summary: {error}"))
}

fn app(options: &Options) -> App {
    let mut app = App::new();
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
            threads: options.threads.map_or(ScriptThreads::Auto, ScriptThreads::Fixed),
            ..default()
        },
    ));
    // Time stands still until all scripts are there, so that the first tick is the first tick no
    // matter how long loading took.
    app.insert_resource(TimeUpdateStrategy::ManualDuration(Duration::ZERO));
    app
}

/// The scripts of the arena.
struct Scripts {
    patrol: Handle<Script>,
    wanderer: Handle<Script>,
    spawner: Handle<Script>,
    herald: Handle<Script>,
}

impl Scripts {
    /// Loads the scripts and waits for them. A script that can be read but not compiled is no
    /// reason to give up: it is reported, and starts as soon as somebody has mended it.
    fn load(app: &mut App) -> Result<Self, String> {
        let server = app.world().resource::<AssetServer>().clone();
        let scripts = Self {
            patrol: server.load("scripts/patrol.rhai"),
            wanderer: server.load("scripts/wanderer.rhai"),
            spawner: server.load("scripts/spawner.rhai"),
            herald: server.load("scripts/herald.rhai"),
        };
        let all = [&scripts.patrol, &scripts.wanderer, &scripts.spawner, &scripts.herald];

        // What the spawner makes: sparks, which have no script, and its own successor.
        let spawner = scripts.spawner.clone();
        app.register_prefab("spark", |_| {});
        app.register_prefab("spawner", move |entity| {
            entity.insert(CScript::new(spawner.clone()));
        });

        app.finish();
        app.cleanup();
        let began = Instant::now();
        loop {
            // Assets arrive at the end of a frame; Bevy's first one takes no time in any case.
            app.update();
            let mut missing = None;
            for script in all {
                match server.load_state(script) {
                    LoadState::Loaded => {}
                    // With RUST_BACKTRACE set, Bevy's text goes on with a backtrace.
                    LoadState::Failed(error) => return Err(first_line(&error.to_string())),
                    _ => missing = script.path(),
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
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// Spawns the entities, always the same ones in the same order: that is what their ids follow.
fn populate(app: &mut App, scripts: &Scripts, count: usize) {
    let side = (count as f64).sqrt().ceil() as usize;
    for i in 0..count {
        // Of every ten entities five patrol, four wander and one throws sparks; one herald will do
        // for all.
        let script = match (i, i % 10) {
            (10, _) => {
                app.world_mut().spawn(CScript::new(scripts.herald.clone()));
                continue;
            }
            (_, 0..5) => &scripts.patrol,
            (_, 5..9) => &scripts.wanderer,
            _ => &scripts.spawner,
        };
        let place = Vec3::new((i % side) as f32, 0.0, (i / side) as f32) * SPACING;
        app.world_mut().spawn((Transform::from_translation(place), CScript::new(script.clone())));
    }
}

/// Runs so many ticks as fast as it can, or in real time until Ctrl-C.
///
/// Every frame is one tick either way, so tick 600 is the same world at any speed.
fn play(app: &mut App, ticks: Option<u64>) -> TickTimes {
    app.insert_resource(TimeUpdateStrategy::FixedTimesteps(1));
    let step = app.world().resource::<Time<Fixed>>().timestep();
    let mut times = TickTimes::default();
    let mut progress = Progress::default();
    let mut next_tick = Instant::now();
    let mut done = 0;
    while ticks.is_none_or(|ticks| done < ticks) && STOPPED.get().is_none() {
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

//! A small scene with real physics: coins, a potion, lava, a door, a beast, a falling rock, and somebody
//! who walks among them.
//!
//! ```sh
//! cargo run --release --example playground --features avian3d                # 1,800 ticks, no display
//! cargo run --release --example playground --features avian3d,render         # a window
//! cargo run --release --example playground --features avian3d,render,audio   # and sound
//! ```
//!
//! Options: `--ticks N`, `--threads N`, and with `render` `--picture FILE`, which saves the window after
//! the ticks and ends.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a program for a terminal")]

mod scene;
#[cfg(feature = "render")]
mod window;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use avian3d::prelude::*;
use bevy::{log::LogPlugin, prelude::*, time::TimeUpdateStrategy};
use bevy_cscript::{
    prelude::*,
    runtime::{ParticleFile, ScriptMetrics},
};

/// What the command line says.
struct Options {
    ticks: Option<u64>,
    threads: ScriptThreads,
    picture: Option<String>,
}

fn options() -> Result<Options, String> {
    let mut options = Options { ticks: None, threads: ScriptThreads::Auto, picture: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} wants a value"));
        let number = |text: String| text.parse().map_err(|_| format!("{text} is no number"));
        match word.as_str() {
            "--ticks" => options.ticks = Some(number(value()?)?),
            "--threads" => options.threads = ScriptThreads::Fixed(number(value()?)? as usize),
            "--picture" if cfg!(feature = "render") => options.picture = Some(value()?),
            other => {
                return Err(format!(
                    "{other} is no option; there are --ticks, --threads, --picture (with the feature `render`)"
                ));
            }
        }
    }
    Ok(options)
}

fn main() -> ExitCode {
    let ended = options().and_then(|options| {
        if cfg!(feature = "render") { in_window(&options) } else { headless(&options) }
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("playground: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(feature = "render")]
fn in_window(options: &Options) -> Result<(), String> {
    let mut app = window::app(options.picture.is_some());
    add_game(&mut app, options.threads);
    window::add(&mut app, options.picture.clone(), options.ticks.unwrap_or(600));
    match app.run() {
        AppExit::Success => Ok(()),
        AppExit::Error(code) => Err(format!("the window ended with {code}")),
    }
}

#[cfg(not(feature = "render"))]
fn in_window(_: &Options) -> Result<(), String> {
    Err("build it with --features render".to_owned())
}

fn headless(options: &Options) -> Result<(), String> {
    let mut app = App::new();
    app.add_plugins((
        MinimalPlugins,
        LogPlugin::default(),
        AssetPlugin::default(),
        TransformPlugin,
    ));
    add_game(&mut app, options.threads);
    // Time stands still until all files are there, so that the first tick is the first tick no matter
    // how long loading took.
    app.insert_resource(TimeUpdateStrategy::ManualDuration(Duration::ZERO));
    app.finish();
    app.cleanup();
    let began = Instant::now();
    while !app.world().resource::<scene::Files>().are_loaded(app.world()) {
        if began.elapsed() > Duration::from_secs(10) {
            return Err("the files below assets/ cannot be loaded".to_owned());
        }
        app.update();
    }
    app.insert_resource(TimeUpdateStrategy::FixedTimesteps(1));
    for _ in 0..options.ticks.unwrap_or(1_800) {
        app.update();
    }
    scene::summary(app.world_mut()).iter().for_each(|line| println!("{line}"));
    let ScriptMetrics { callbacks, events, waiting, errors, shows, .. } =
        app.world().resource::<ScriptMetrics>();
    println!(
        "{{ \"callbacks\": {callbacks}, \"events\": {events}, \"waiting\": {waiting}, \"shows\": {shows}, \"errors\": {errors}, \"world_hash\": \"{:016x}\" }}",
        world_hash(app.world())
    );
    Ok(())
}

fn add_game(app: &mut App, threads: ScriptThreads) {
    app.add_plugins((
        ScriptingPlugin { threads, world_seed: 6, ..default() },
        PhysicsPlugins::default(),
    ));
    scene::build(app);
}

impl scene::Files {
    fn are_loaded(&self, world: &World) -> bool {
        let scripts = world.resource::<Assets<Script>>();
        self.scripts.iter().all(|script| scripts.contains(script))
            && world.resource::<Assets<ParticleFile>>().contains(&self.effects)
    }
}

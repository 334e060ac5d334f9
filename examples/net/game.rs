//! What server and clients have in common: the scripts, and how they are waited for.

use std::time::{Duration, Instant};

use bevy::{asset::LoadState, log::LogPlugin, prelude::*};
use bevy_cscript::{
    prelude::*,
    runtime::{ScriptClock, authority::AuthoritySystems, world_hash},
};

/// The scripts of the game; all machines load the same ones.
pub(crate) const SCRIPTS: [&str; 2] = ["scripts/patrol.rhai", "scripts/wanderer.rhai"];

/// How long anything may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The tick whose hash is told, and the hash once it is there.
#[derive(Resource)]
pub(crate) struct Goal {
    tick: u64,
    pub(crate) hash: Option<u64>,
}

pub(crate) fn app(ticks: u64) -> App {
    let mut app = App::new();
    app.add_plugins((
        LogPlugin::default(),
        MinimalPlugins,
        AssetPlugin::default(),
        TransformPlugin,
        ScriptingPlugin { world_seed: 7, ..default() },
    ));
    app.insert_resource(Goal { tick: ticks, hash: None }).add_systems(
        FixedUpdate,
        note_goal.after(ScriptSystems::Tick).before(AuthoritySystems::Judge),
    );
    app
}

fn note_goal(world: &mut World) {
    let is_there = world.resource::<ScriptClock>().tick == world.resource::<Goal>().tick;
    if is_there && world.resource::<Goal>().hash.is_none() {
        let hash = world_hash(world);
        world.resource_mut::<Goal>().hash = Some(hash);
    }
}

/// Loads the scripts and waits for them.
pub(crate) fn load(app: &mut App) -> Result<[Handle<Script>; SCRIPTS.len()], String> {
    let server = app.world().resource::<AssetServer>().clone();
    let scripts = SCRIPTS.map(|path| server.load(path));
    app.finish();
    app.cleanup();
    let began = Instant::now();
    loop {
        app.update();
        let states = scripts.each_ref().map(|script| server.load_state(script));
        if states.iter().all(|state| matches!(state, LoadState::Loaded)) {
            // Their arrival is told a frame later.
            app.update();
            return Ok(scripts);
        }
        if let Some(LoadState::Failed(error)) =
            states.iter().find(|state| matches!(state, LoadState::Failed(_)))
        {
            return Err(error.to_string());
        }
        if began.elapsed() > PATIENCE {
            return Err("the scripts did not load".to_owned());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// `--name value` of the command line.
pub(crate) fn option<T: std::str::FromStr>(name: &str, default: T) -> Result<T, String> {
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        if arg == name {
            let value = args.next().ok_or_else(|| format!("{name} needs a value"))?;
            return value.parse().map_err(|_| format!("{name} cannot be `{value}`"));
        }
    }
    Ok(default)
}

/// Whether `--name` is there.
#[allow(dead_code, reason = "only one of the two examples asks")]
pub(crate) fn flag(name: &str) -> bool {
    std::env::args().skip(1).any(|arg| arg == name)
}

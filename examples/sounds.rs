//! What scripts play, heard: a horn, a hum that goes round your head, and a file that is not there.
//!
//! ```sh
//! cargo run --release --example sounds --features audio
//! ```

use std::time::Duration;

use bevy::{app::ScheduleRunnerPlugin, audio::AudioPlugin, log::LogPlugin, prelude::*};
use bevy_cscript::{
    contract::ScriptSource,
    prelude::*,
    runtime::{ScriptClock, ScriptHost, audio::ScriptAudioPlugin},
};

const BAND: &str = r#"
let hum = ();
let angle = 0.0;

fn on_spawn() {
    hum = play_sound("sounds/hum.ogg", #{ looped: true, at: entity_id });
    every(2.0, "blow");
    after(1.0, "miss");
    after(8.0, "rest");
}

fn blow() { play_sound("sounds/horn.ogg", #{ volume: 0.6, speed: random_range(0.8, 1.2) }); }

// A file that is not there: one warning, however often.
fn miss() { play_sound("sounds/nothing.ogg"); play_sound("sounds/nothing.ogg"); }

fn rest() { stop_sound(hum); info("the hum is over"); }

fn on_update() {
    angle += delta_time * 1.5;
    set_position(entity_id, vec3(3.0 * cos(angle), 0, 3.0 * sin(angle)));
}
"#;

fn main() -> AppExit {
    App::new()
        .add_plugins((
            MinimalPlugins.set(ScheduleRunnerPlugin::run_loop(Duration::from_secs_f64(1.0 / 60.0))),
            (LogPlugin::default(), AssetPlugin::default(), TransformPlugin),
            (AudioPlugin::default(), ScriptingPlugin::default(), ScriptAudioPlugin),
        ))
        .add_systems(Startup, spawn)
        .add_systems(Update, end)
        .run()
}

fn spawn(mut commands: Commands, host: Res<ScriptHost>, mut scripts: ResMut<Assets<Script>>) {
    commands.spawn((Transform::default(), SpatialListener::new(0.3)));
    let band = scripts.add(host.compile(ScriptSource::new("band.rhai", BAND)));
    commands.spawn((Transform::default(), CScript::new(band)));
}

fn end(clock: Res<ScriptClock>, mut exit: MessageWriter<AppExit>) {
    // Ten seconds of 64 ticks.
    if clock.tick > 640 {
        exit.write(AppExit::Success);
    }
}

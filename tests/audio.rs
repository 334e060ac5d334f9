//! What becomes of sounds where there are ears; whether there is a device does not matter.

use std::fs;

use bevy::{
    audio::{AudioPlayer, AudioPlugin, AudioSource, PlaybackMode, PlaybackSettings},
    prelude::*,
};
use bevy_cscript::{
    prelude::*,
    runtime::audio::{ScriptAudioPlugin, ScriptVoices},
    testing::ScriptTestApp,
};

fn app() -> ScriptTestApp {
    let mut app = ScriptTestApp::new();
    app.app().add_plugins((AudioPlugin::default(), ScriptAudioPlugin));
    app
}

/// Runs until something is so.
#[track_caller]
fn until(app: &mut ScriptTestApp, is_so: impl Fn(&mut ScriptTestApp) -> bool) {
    for _ in 0..500 {
        app.tick();
        if is_so(app) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    panic!("it never came");
}

fn players(app: &mut ScriptTestApp) -> Vec<(PlaybackSettings, Vec3)> {
    let world = app.world_mut();
    let mut players =
        world.query_filtered::<(&PlaybackSettings, &Transform), With<AudioPlayer<AudioSource>>>();
    players.iter(world).map(|(settings, place)| (*settings, place.translation)).collect()
}

#[test]
fn a_sound_is_played_as_asked_goes_with_its_entity_and_is_stopped() {
    let mut app = app();
    let text = "let hum = ();
        fn on_spawn() { hum = play_sound(\"sounds/hum.ogg\", #{ looped: true, volume: 0.5, speed: 2, at: entity_id }); }
        fn on_update() { set_position(entity_id, [tick(), 2, 3]); }
        fn rest() { stop_sound(hum); }";
    let script = app.script("a.rhai", text);
    let entity = app.spawn(script);
    until(&mut app, |app| !players(app).is_empty());
    let all = players(&mut app);
    let (settings, place) = all[0];
    assert!(
        matches!(settings.mode, PlaybackMode::Loop) && settings.spatial && settings.speed == 2.0
    );
    assert_eq!(settings.volume.to_linear(), 0.5);
    assert_eq!((all.len(), place.y, place.z), (1, 2.0, 3.0));
    app.send(ScriptEvent::custom("rest", []));
    app.ticks(2);
    assert!(players(&mut app).is_empty());

    // It ends with its entity as well.
    app.send(ScriptEvent::custom("on_spawn", []));
    until(&mut app, |app| !players(app).is_empty());
    app.world_mut().entity_mut(entity).despawn();
    app.ticks(2);
    assert!(players(&mut app).is_empty());
}

#[test]
fn what_cannot_be_played_is_warned_of_once_and_the_game_goes_on() {
    let folder = std::env::temp_dir().join(format!("bevy_cscript_audio_{}", std::process::id()));
    fs::create_dir_all(folder.join("sounds")).expect("a folder can be made");
    fs::write(folder.join("sounds/broken.ogg"), b"OggS is all that it has").expect("a file");
    fs::write(folder.join("sounds/text.md"), b"no sound").expect("a file");
    let assets = AssetPlugin { file_path: folder.display().to_string(), ..default() };
    let mut app = ScriptTestApp::with_assets(ScriptingPlugin::default(), assets);
    app.app().add_plugins((AudioPlugin::default(), ScriptAudioPlugin));
    let text = "let n = 0;
        fn on_update() {
            n += 1;
            for name in [\"broken.ogg\", \"text.md\", \"absent.ogg\"] { play_sound(\"sounds/\" + name); }
        }";
    let script = app.script("a.rhai", text);
    let entity = app.spawn(script);
    until(&mut app, |app| app.world().resource::<ScriptVoices>().unusable().count() == 3);
    app.ticks(20);
    let unusable: Vec<_> =
        app.world().resource::<ScriptVoices>().unusable().map(str::to_owned).collect();
    assert_eq!(unusable, ["sounds/absent.ogg", "sounds/broken.ogg", "sounds/text.md"]);
    assert!(players(&mut app).is_empty());
    assert_eq!(app.status(entity), ScriptStatus::Ready);
    fs::remove_dir_all(folder).expect("the folder goes");
}

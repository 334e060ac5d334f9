use std::{fs, path::Path};

use bevy::prelude::*;
use bevy_cscript::{
    contract::{ScriptId, Shape},
    prelude::*,
    runtime::{
        Diverged, Recording, Replay, SaveError, ScriptRecorder, desync_report,
        gameplay::{Armor, AttackPower, EyeHeight, Health, Hitbox, Inventory, SightRange, Team},
        load_scripts, save_scripts,
    },
    testing::ScriptTestApp,
};

/// What a script that keeps a bit of everything looks like.
const KEEPER: &str = r#"
let int = 0; let float = 0.1; let text = ""; let list = []; let map = #{}; let at = vec3(0, 0, 0);
let nan = 0.0 / 0.0; let far = 1.0 / 0.0; let letter = 'a'; let heard = 0; let speed = 0.0; let sound = 0;
fn on_update() {
    int += 1; float *= 1.1; text = `${int}`; list = [int, [float, text], ()]; map = #{ a: list, b: #{ c: random() } };
    at = get_position(entity_id); speed = get_velocity(entity_id).length();
    if int % 7 == 0 { publish("seven", map.b.c); }
    if int % 5 == 0 { apply_status_effect(entity_id, "slow", 0.5, 2.0); }
    if int % 40 == 0 { throw "it stands still"; }
    if int % 30 == 0 { sound = play_sound("sounds/a.ogg"); }
}
fn on_message(topic, value) { heard += 1; }
"#;

/// Dies now and then, with a last word; what it was is hurt.
const MAYFLY: &str = r#"
let age = 0;
fn on_update() { age += 1; teleport(entity_id, [age, 0, 0]); if age == 23 { destroy_entity(entity_id); } }
fn on_destroy() { publish("gone", age); spawn_entity("mayfly", [0, 0, 0]); }
"#;

#[derive(Component, Reflect, Default)]
#[reflect(Component, Default)]
struct Lamp {
    brightness: f32,
    on: bool,
}

/// The game: what it gives to scripts, its scripts, and nobody in it yet.
struct Game {
    app: ScriptTestApp,
    scripts: Vec<Handle<Script>>,
}

const FILES: [&str; 7] =
    ["patrol", "wanderer", "spawner", "herald", "squad_tactics", "enemy_aggro", "medic"];

impl Game {
    fn new() -> Self {
        Self::with(KEEPER)
    }

    fn with(keeper: &str) -> Self {
        let mut app = ScriptTestApp::with(ScriptingPlugin {
            error_policy: ErrorPolicy::PauseAfter(2),
            world_seed: 5,
            ..default()
        });
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/scripts");
        let mut scripts =
            vec![app.script("keeper.rhai", keeper), app.script("mayfly.rhai", MAYFLY)];
        for file in FILES {
            let path = folder.join(format!("{file}.rhai"));
            let text = fs::read_to_string(&path);
            let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            scripts.push(app.script(file, &text));
        }
        app.app().define_item("bandage", 10);
        app.app().expose_component::<Lamp>("Lamp", Access::ReadWrite);
        let (mayfly, spawner) = (scripts[1].clone(), scripts[4].clone());
        app.app().register_prefab("spark", |_| {});
        app.app().register_prefab("mayfly", move |entity| {
            entity.insert(CScript::new(mayfly.clone()));
        });
        app.app().register_prefab("spawner", move |entity| {
            entity.insert(CScript::new(spawner.clone()));
        });
        Self { app, scripts }
    }

    /// Some of everybody, some of them in two scripts, below others, or switched off.
    fn populated() -> Self {
        let mut game = Self::new();
        for i in 0..36_usize {
            let script = &game.scripts[i % game.scripts.len()];
            let mut scripts = CScript::new(script.clone());
            if i % 4 == 0 {
                scripts = scripts.and(game.scripts[0].clone()).with_config(Value::from(i as i64));
            }
            scripts.slots_mut()[0].enabled = i != 20;
            scripts.slots_mut()[0].set_every([1, 1, 3, 1, 5][i % 5]);
            let place = Vec3::new((i % 6) as f32, 0.0, (i / 6) as f32) * 3.0;
            let turned = Transform::from_translation(place).looking_at(Vec3::ONE * 50.0, Vec3::Y);
            let mut entity = game.app.world_mut().spawn((
                turned,
                Team(["red", "blue"][i % 2].to_owned()),
                Health::full(60.0),
                Armor(i as f32 * 0.1),
                AttackPower(2.0),
                SightRange(30.0),
                EyeHeight(1.5),
                Hitbox(Shape::Sphere { radius: 0.4 }),
                Inventory::with_slots(4),
                scripts,
            ));
            if i % 7 == 3 {
                entity.insert(SleepBeyond(8.0));
            }
            if i % 11 == 5 {
                entity.insert(KeepsAwake);
            }
            entity.insert((Tag(format!("tag{i}")), Lamp { brightness: i as f32 * 0.3, on: true }));
        }
        let parent =
            game.app.world_mut().spawn((Transform::from_xyz(9.0, 0.0, 0.0), ScriptId::AUTO)).id();
        let keeper = CScript::new(game.scripts[0].clone());
        game.app.world_mut().spawn((Transform::from_xyz(1.0, 0.0, 0.0), ChildOf(parent), keeper));
        game
    }

    fn save(&self) -> Vec<u8> {
        save_scripts(self.app.world()).unwrap_or_else(|error| panic!("{error}"))
    }

    fn load(&mut self, bytes: &[u8]) -> bevy_cscript::runtime::Loaded {
        load_scripts(self.app.world_mut(), bytes).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// `SAVE_TICKS` says how many ticks come before the save and after it.
fn ticks() -> usize {
    std::env::var("SAVE_TICKS").ok().and_then(|ticks| ticks.parse().ok()).unwrap_or(150)
}

#[test]
fn a_loaded_game_goes_on_as_the_saved_one_did() {
    let mut first = Game::populated();
    first.app.ticks(ticks());
    let bytes = first.save();
    let at_save = first.app.hash();
    let metrics = first.app.world().resource::<ScriptMetrics>().clone();
    assert!(metrics.errors > 0 && metrics.commands > 1000, "something happened: {metrics:?}");

    // Another process, as far as that goes: other entities, other handles.
    let mut second = Game::new();
    second.app.world_mut().spawn(Transform::default());
    let lost = second.app.world_mut().spawn((ScriptId(7777), Transform::default())).id();
    second.app.ticks(3);
    let loaded = second.load(&bytes);
    assert_eq!(loaded.despawned, [ScriptId(7777)]);
    assert!(second.app.world().get_entity(lost).is_err());
    assert!(loaded.spawned.len() >= 38);
    assert_eq!(second.app.hash(), at_save);
    assert_eq!(second.save(), bytes, "what was loaded is what was saved");
    for tick in 0..ticks() {
        assert_eq!(second.app.hash(), first.app.hash(), "tick {tick} after the save");
        first.app.tick();
        second.app.tick();
    }
    assert_ne!(first.app.hash(), at_save);
}

#[test]
fn saving_and_loading_every_tick_changes_nothing() {
    let mut plain = Game::populated();
    let mut heavy = Game::populated();
    for tick in 0..ticks() {
        plain.app.tick();
        heavy.app.tick();
        assert_eq!(plain.app.hash(), heavy.app.hash(), "tick {tick}");
        let bytes = heavy.save();
        let loaded = heavy.load(&bytes);
        assert_eq!(loaded, default(), "everybody is there");
    }
}

/// Mods that want more than a tick has.
fn crowd() -> (ScriptTestApp, Vec<Handle<Script>>) {
    let text = "let n = 0; let heard = 0;
        fn on_update() { for i in 0..200 { n += 1; } }
        fn on_news(x) { for i in 0..300 { heard += x; } }";
    let policy = bevy_cscript::trust::TrustPolicy::client();
    let mut app = ScriptTestApp::with(ScriptingPlugin { policy, world_seed: 5, ..default() });
    let budget = bevy_cscript::runtime::TickBudget { fuel: 6_000, ..default() };
    app.world_mut().insert_resource(budget);
    let scripts: Vec<_> =
        ["a/x.rhai", "b/y.rhai", "c/z.rhai"].map(|path| app.script(path, text)).into();
    (app, scripts)
}

#[test]
fn what_was_put_off_is_saved_too() {
    let (mut plain, scripts) = crowd();
    let (mut heavy, others) = crowd();
    for i in 0..9 {
        plain.spawn(scripts[i % 3].clone());
        heavy.spawn(others[i % 3].clone());
    }
    for tick in 0..60_i64 {
        for app in [&mut plain, &mut heavy] {
            if tick % 7 == 3 {
                app.send(ScriptEvent::custom("on_news", [Value::from(tick)]));
            }
            app.tick();
        }
        assert_eq!(plain.hash(), heavy.hash(), "tick {tick}");
        let save = |app: &ScriptTestApp| save_scripts(app.world()).unwrap();
        assert_eq!(desync_report(&save(&plain), &save(&heavy)), Ok(Vec::new()), "tick {tick}");
        let bytes = save(&heavy);
        load_scripts(heavy.world_mut(), &bytes).unwrap();
    }
    assert!(plain.world().resource::<ScriptMetrics>().put_off > 100);
}

#[test]
fn a_version_that_waits_for_its_turn_is_not_lost_in_a_save() {
    let (mut app, scripts) = crowd();
    let text = "let n = 0; let m = 0; for i in 0..500 { m += i; } fn on_update() { n += 1; }";
    let entities: Vec<_> = (0..12).map(|_| app.spawn(scripts[0].clone())).collect();
    app.ticks(20);
    let before = app.get(entities[11], "n");
    app.replace(&scripts[0], "a/x.rhai", text);
    let mut refused = 0;
    for _ in 0..60 {
        app.tick();
        match save_scripts(app.world()) {
            Ok(_) => {}
            Err(SaveError::Reloading(path)) => {
                assert_eq!(path, "a/x.rhai");
                refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(refused > 0, "no version waited");
    assert!(save_scripts(app.world()).is_ok());
    let after = app.get(entities[11], "n");
    assert!(matches!((before, after), (Value::Int(a), Value::Int(b)) if a <= b), "it is kept");
}

#[test]
fn a_save_is_of_its_libraries_too() {
    let app = |sum: &str| {
        let mut app = ScriptTestApp::new();
        app.library("lib/sums.rhai", sum);
        let text = r#"import "lib/sums" as sums; let n = 0; fn on_update() { n = sums::next(n); }"#;
        let script = app.script("counter.rhai", text);
        app.spawn(script);
        app.ticks(3);
        app
    };
    let first = app("fn next(n) { n + 1 }");
    let bytes = save_scripts(first.world()).unwrap();
    let mut same = app("fn next(n) { n + 1 }");
    assert!(load_scripts(same.world_mut(), &bytes).is_ok());
    let mut other = app("fn next(n) { n + 2 }");
    let error = load_scripts(other.world_mut(), &bytes).unwrap_err();
    assert_eq!(error, SaveError::OtherScript("counter.rhai".to_owned()));
}

#[test]
fn a_game_is_put_back_to_where_it_was() {
    let mut game = Game::populated();
    game.app.ticks(40);
    let (bytes, at_save) = (game.save(), game.app.hash());
    game.app.ticks(30);
    let later = game.app.hash();
    // Some that are in the save are gone by now, some that are not have come.
    let loaded = game.load(&bytes);
    assert!(!loaded.spawned.is_empty() && !loaded.despawned.is_empty(), "{loaded:?}");
    assert_eq!(game.app.hash(), at_save);
    game.app.ticks(30);
    assert_eq!(game.app.hash(), later);
}

#[test]
fn a_save_needs_its_scripts_and_nothing_is_changed_without_them() {
    let mut first = Game::populated();
    first.app.ticks(10);
    let bytes = first.save();

    let mut empty = ScriptTestApp::new();
    empty.tick();
    let before = empty.hash();
    let error = load_scripts(empty.world_mut(), &bytes).unwrap_err();
    assert!(matches!(error, SaveError::NoScript(_)), "{error}");
    assert_eq!(empty.hash(), before);

    let mut other = Game::with("let int = 0;");
    other.app.ticks(3);
    let before = other.app.hash();
    let error = load_scripts(other.app.world_mut(), &bytes).unwrap_err();
    assert_eq!(error, SaveError::OtherScript("keeper.rhai".to_owned()));
    assert_eq!(other.app.hash(), before);
}

#[test]
fn bytes_that_are_no_save_are_refused() {
    let mut game = Game::new();
    let keeper = game.scripts[0].clone();
    game.app.spawn(keeper);
    game.app.ticks(3);
    let bytes = game.save();
    let before = game.app.hash();
    for length in 0..bytes.len() {
        let error = load_scripts(game.app.world_mut(), &bytes[..length]).unwrap_err();
        assert!(matches!(error, SaveError::Malformed(_)), "{length}: {error}");
    }
    let more = [&bytes[..], b"x"].concat();
    assert!(load_scripts(game.app.world_mut(), &more).is_err());
    // Lists in lists: one of MessagePack's bytes for each.
    for byte in [0x91, 0x81, 0xdd, 0xc1] {
        let deep = [&bytes[..19], &vec![byte; 1_000_000]].concat();
        assert!(load_scripts(game.app.world_mut(), &deep).is_err());
    }
    assert_eq!(game.app.hash(), before);
    // Whatever one bit makes of it, it is loaded or refused.
    for bit in (0..bytes.len() * 8).step_by(5) {
        let mut other = bytes.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        let _ = load_scripts(game.app.world_mut(), &other);
        let _ = load_scripts(game.app.world_mut(), &bytes);
    }
    assert_eq!(game.app.hash(), before);
}

/// A save of an older or a newer version of the format says that it is one.
#[test]
fn a_save_of_another_version_says_so() {
    let mut game = Game::populated();
    game.app.ticks(5);
    let (bytes, before) = (game.save(), game.app.hash());
    let at = b"bevy_cscript save\0".len();
    for version in [0, 1, 2, 4, 255] {
        let mut other = bytes.clone();
        other[at] = version;
        let error = load_scripts(game.app.world_mut(), &other).unwrap_err().to_string();
        let told = format!("it is of version {version} of the format, and this is version 3");
        assert!(error.contains(&told), "{error}");
    }
    assert_eq!(game.app.hash(), before);
}

/// Stopped before a tick it is the world as it was there, and goes on from there.
#[test]
fn a_replay_stops_where_it_is_told() {
    let recording = recorded();
    let ticks = recording.ticks.clone();
    let stop = ticks[ticks.len() / 2].tick;
    let mut game = Game::new();
    game.app.ticks(3);
    let mut replay = Replay::begin(game.app.world_mut(), recording).unwrap();
    let mut done = 0;
    while replay.feed_before(game.app.world_mut(), stop) {
        game.app.tick();
        replay.check(game.app.world()).unwrap_or_else(|error| panic!("{error}"));
        done += 1;
    }
    let clock = game.app.world().resource::<bevy_cscript::runtime::ScriptClock>().tick;
    assert_eq!(
        (clock, done),
        (stop, ticks.len() / 2 + 1),
        "its number is that of the tick to come"
    );
    assert_eq!(game.app.hash(), ticks[done - 1].hash);
    assert_ne!(game.app.hash(), ticks[done].hash);
    let mut more = 0;
    while replay.feed_before(game.app.world_mut(), u64::MAX) {
        game.app.tick();
        replay.check(game.app.world()).unwrap_or_else(|error| panic!("{error}"));
        more += 1;
    }
    assert_eq!(more, ticks.len() - done);
}

#[test]
fn what_differs_is_named_by_entity_script_and_variable() {
    let mut ours = Game::populated();
    let mut theirs = Game::populated();
    ours.app.ticks(20);
    theirs.app.ticks(20);
    assert_eq!(desync_report(&ours.save(), &theirs.save()), Ok(Vec::new()));

    // One bit of one variable of one script, in the midst of all.
    let ids = theirs.app.world().resource::<bevy_cscript::runtime::ScriptIds>();
    let entity = ids.entity(ScriptId(10)).unwrap();
    let mut entity = theirs.app.world_mut().entity_mut(entity);
    let mut script = entity.get_mut::<CScript>().unwrap();
    let float = script.get("float").and_then(|value| value.as_float()).unwrap();
    script.set("float", f64::from_bits(float.to_bits() ^ 1)).unwrap();
    let found = desync_report(&ours.save(), &theirs.save()).unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    let text = found[0].to_string();
    assert!(text.starts_with("tick 20, entity 10, keeper.rhai: `float` is Float("), "{text}");

    // A tick later it has gone to what else the script writes from it.
    ours.app.tick();
    theirs.app.tick();
    assert_ne!(ours.app.hash(), theirs.app.hash());
    let found = desync_report(&ours.save(), &theirs.save()).unwrap();
    let variables: Vec<_> = found.iter().map(|it| (it.entity, it.what.as_str())).collect();
    let id = Some(ScriptId(10));
    assert_eq!(variables, [(id, "`float`"), (id, "`list`"), (id, "`map`")]);

    // And somebody who is on one side only.
    theirs.app.world_mut().spawn((ScriptId(7777), Transform::default()));
    let found = desync_report(&ours.save(), &theirs.save()).unwrap();
    assert!(found.iter().any(|it| it.entity == Some(ScriptId(7777)) && it.ours == "nothing"));
    assert!(desync_report(&ours.save(), b"no save").is_err());
}

/// A run with events of the host, recorded from its tenth tick on.
fn recorded() -> Recording {
    let mut game = Game::populated();
    game.app.ticks(10);
    let recorder =
        ScriptRecorder::begin(game.app.world()).unwrap_or_else(|error| panic!("{error}"));
    game.app.world_mut().insert_resource(recorder);
    for tick in 0..ticks() as i64 {
        if tick % 3 == 0 {
            let args = [Value::from("host"), Value::from(tick)];
            game.app.send(ScriptEvent::custom("on_message", args.clone()));
            game.app.send(ScriptEvent::custom("on_message", args).to(ScriptId(1 + tick % 36)));
        }
        game.app.tick();
    }
    let recorder = game.app.world_mut().remove_resource::<ScriptRecorder>();
    game.app.ticks(5);
    recorder.map(ScriptRecorder::finish).unwrap_or_default()
}

/// Plays it in another process, as far as that goes; gives how many ticks went well.
fn play(recording: Recording) -> (usize, Result<(), Diverged>) {
    let mut game = Game::new();
    game.app.ticks(3);
    let mut replay = Replay::begin(game.app.world_mut(), recording);
    let replay = replay.as_mut().unwrap_or_else(|error| panic!("{error}"));
    let mut done = 0;
    while replay.feed(game.app.world_mut()) {
        game.app.tick();
        if let Err(diverged) = replay.check(game.app.world()) {
            return (done, Err(diverged));
        }
        done += 1;
    }
    (done, Ok(()))
}

#[test]
fn a_recorded_run_is_the_same_when_it_is_run_again() {
    let recording = recorded();
    assert_eq!(recording.ticks.len(), ticks());
    let bytes = recording.to_bytes().unwrap();
    assert_eq!(Recording::from_bytes(&bytes), Ok(recording));
    let read = Recording::from_bytes(&bytes).unwrap();
    assert_eq!(play(read), (ticks(), Ok(())));
    for length in 0..bytes.len().min(2000) {
        assert!(Recording::from_bytes(&bytes[..length]).is_err(), "{length}");
    }
}

#[test]
fn a_replay_that_differs_says_in_what() {
    let mut game = Game::populated();
    game.app.ticks(10);
    let recorder = ScriptRecorder::begin(game.app.world()).unwrap().with_states(1);
    game.app.world_mut().insert_resource(recorder);
    game.app.ticks(10);
    let recorder = game.app.world_mut().remove_resource::<ScriptRecorder>();
    let recording = recorder.map(ScriptRecorder::finish).unwrap_or_default();

    let mut other = Game::new();
    other.app.ticks(3);
    let mut replay = Replay::begin(other.app.world_mut(), recording).unwrap();
    for tick in 0..5 {
        assert!(replay.feed(other.app.world_mut()));
        if tick == 4 {
            // Something that was not in the recording.
            let entity = other.app.entity(ScriptId(10)).unwrap();
            let mut script = other.app.world_mut().get_mut::<CScript>(entity).unwrap();
            script.set("heard", 1_000_000_i64).unwrap();
        }
        other.app.tick();
        assert_eq!(replay.check(other.app.world()).is_ok(), tick < 4);
    }
    let report = replay.report(other.app.world()).unwrap().unwrap();
    // A script that does not compile says otherwise why.
    let variables: Vec<_> = report.iter().filter(|it| it.what.starts_with('`')).collect();
    assert_eq!(variables.len(), 1, "{report:?}");
    let text = variables[0].to_string();
    assert!(text.starts_with("tick 15, entity 10, keeper.rhai: `heard` is Int(10000"), "{text}");
}

/// The check of the check.
#[test]
fn a_run_that_differs_is_seen_in_the_tick_in_which_it_does() {
    let mut recording = recorded();
    // Early, when those who listen still run.
    let at = 3;
    assert_eq!(recording.ticks[at].events.len(), 2);
    recording.ticks[at].events.clear();
    let tick = recording.ticks[at].tick;
    let (done, diverged) = play(recording);
    assert_eq!((done, diverged.map_err(|it| it.tick)), (at, Err(tick)));
}

use bevy::prelude::*;
use bevy_cscript::{
    contract::{ScriptEvent, Value},
    prelude::*,
    runtime::{ScriptClock, load_scripts, save_scripts},
    testing::ScriptTestApp,
};

const BEAT: &str = "
let ticks = []; let spans = []; let heard = 0; let rung = 0;
fn on_update() { ticks.push(tick()); spans.push(delta_time); }
fn on_nudge() { heard += 1; if time() != tick() / 64.0 { throw `${time()}`; } }
fn on_spawn() { every(0.1, \"ring\"); }
fn ring() { rung += 1; }
";

fn ticks_of(app: &ScriptTestApp, entity: Entity) -> Vec<i64> {
    let Value::Array(ticks) = app.get(entity, "ticks") else { return Vec::new() };
    ticks.iter().map(|tick| if let Value::Int(tick) = tick { *tick } else { -1 }).collect()
}

fn clear(app: &mut ScriptTestApp, entity: Entity) {
    let mut entity = app.world_mut().entity_mut(entity);
    let Some(mut script) = entity.get_mut::<CScript>() else { panic!("it has a script") };
    let set = script.set("ticks", Value::Array(Vec::new()));
    assert_eq!(set, Ok(()));
}

#[test]
fn scripts_with_a_pace_take_turns() {
    let mut app = ScriptTestApp::new();
    let script = app.script("beat.rhai", BEAT);
    let paced = |n| CScript::new(script.clone()).every(n);
    let entities: Vec<_> = [4, 4, 4, 4, 1, 0].map(|n| app.world_mut().spawn(paced(n)).id()).into();
    app.ticks(40);
    assert!(app.take_faults().is_empty());
    let mut turns = Vec::new();
    for entity in &entities[..4] {
        let ticks = ticks_of(&app, *entity);
        assert!((9..=10).contains(&ticks.len()), "{ticks:?}");
        assert!(ticks.windows(2).all(|two| two[1] - two[0] == 4), "{ticks:?}");
        turns.push(ticks[0] % 4);
        let Value::Array(spans) = app.get(*entity, "spans") else { panic!("a list") };
        assert!(spans.iter().all(|span| *span == Value::Float(4.0 / 64.0)), "{spans:?}");
    }
    turns.sort_unstable();
    assert_eq!(turns, [0, 1, 2, 3], "each in a tick of its own");
    for entity in &entities[4..] {
        assert!(ticks_of(&app, *entity).windows(2).all(|two| two[1] - two[0] == 1));
        let Value::Array(spans) = app.get(*entity, "spans") else { panic!("a list") };
        assert_eq!(spans.first(), Some(&Value::Float(1.0 / 64.0)));
    }
}

#[test]
fn events_and_timers_are_not_paced_and_see_the_seconds_of_a_tick() {
    let mut app = ScriptTestApp::new();
    let text = format!("{BEAT}\nlet span = 0.0; fn on_tell() {{ span = delta_time; }}");
    let script = app.script("beat.rhai", &text);
    let entity = app.world_mut().spawn(CScript::new(script).every(1_000)).id();
    app.ticks(2);
    for _ in 0..3 {
        app.send(ScriptEvent::custom("on_nudge", []));
        app.send(ScriptEvent::custom("on_tell", []));
        app.tick();
    }
    app.ticks(64);
    assert!(app.take_faults().is_empty());
    assert_eq!(app.get(entity, "heard"), Value::Int(3));
    assert_eq!(app.get(entity, "span"), Value::Float(1.0 / 64.0));
    assert!(matches!(app.get(entity, "rung"), Value::Int(8..=10)), "{:?}", app.get(entity, "rung"));
    assert!(ticks_of(&app, entity).len() <= 1);
}

#[test]
fn a_new_pace_is_noticed_when_the_turn_comes() {
    let mut app = ScriptTestApp::new();
    let script = app.script("beat.rhai", BEAT);
    let entity = app.world_mut().spawn(CScript::new(script).every(8)).id();
    app.ticks(20);
    let set = |app: &mut ScriptTestApp, every| {
        let mut entity = app.world_mut().entity_mut(entity);
        let Some(mut script) = entity.get_mut::<CScript>() else { panic!("it has a script") };
        script.slots_mut()[0].set_every(every);
        assert_eq!(script.slots()[0].every(), every.max(1));
    };
    set(&mut app, 1);
    app.ticks(8);
    clear(&mut app, entity);
    app.ticks(10);
    assert_eq!(ticks_of(&app, entity).len(), 10);
    set(&mut app, 5);
    app.tick();
    clear(&mut app, entity);
    app.ticks(20);
    assert_eq!(ticks_of(&app, entity).len(), 4);
}

#[test]
fn a_pace_is_saved_with_the_script() {
    let mut app = ScriptTestApp::new();
    let script = app.script("beat.rhai", BEAT);
    let entity = app.world_mut().spawn(CScript::new(script).every(7)).id();
    app.ticks(3);
    let Ok(save) = save_scripts(app.world_mut()) else { panic!("it can be saved") };
    if let Some(mut script) = app.world_mut().entity_mut(entity).get_mut::<CScript>() {
        script.slots_mut()[0].set_every(1);
    }
    assert!(load_scripts(app.world_mut(), &save).is_ok());
    let script = app.world().get::<CScript>(entity);
    assert_eq!(script.map(|script| script.slots()[0].every()), Some(7));
    clear(&mut app, entity);
    app.ticks(14);
    assert_eq!(ticks_of(&app, entity).len(), 2);
}

#[test]
fn whoever_sleeps_hears_and_is_not_updated() {
    let mut app = ScriptTestApp::new();
    let script = app.script("beat.rhai", BEAT);
    let early = app.world_mut().spawn((CScript::new(script.clone()), Asleep)).id();
    let late = app.spawn(script);
    app.ticks(5);
    assert_eq!(ticks_of(&app, early), Vec::<i64>::new());
    assert_eq!(ticks_of(&app, late).len(), 5);
    app.world_mut().entity_mut(late).insert(Asleep);
    clear(&mut app, late);
    app.send(ScriptEvent::custom("on_nudge", []));
    app.ticks(64);
    for entity in [early, late] {
        assert_eq!(ticks_of(&app, entity), Vec::<i64>::new());
        assert_eq!(app.get(entity, "heard"), Value::Int(1));
        assert!(matches!(app.get(entity, "rung"), Value::Int(8..)));
        app.world_mut().entity_mut(entity).remove::<Asleep>();
    }
    app.ticks(3);
    assert_eq!(ticks_of(&app, early), ticks_of(&app, late));
    assert_eq!(ticks_of(&app, late).len(), 3);
    assert!(app.take_faults().is_empty());
}

#[test]
fn a_script_that_is_new_on_a_sleeper_sleeps_and_a_despawned_sleeper_is_forgotten() {
    let mut app = ScriptTestApp::new();
    let script = app.script("beat.rhai", BEAT);
    let entity = app.spawn(script.clone());
    app.ticks(2);
    app.world_mut().entity_mut(entity).insert(Asleep);
    app.world_mut().entity_mut(entity).insert(CScript::new(script.clone()));
    app.ticks(3);
    assert_eq!(ticks_of(&app, entity), Vec::<i64>::new());
    app.world_mut().entity_mut(entity).despawn();
    let other = app.spawn(script);
    app.ticks(3);
    assert_eq!(ticks_of(&app, other).len(), 3);
}

/// A player at the origin and scripts at so many units from it, which sleep beyond ten.
fn crowd(app: &mut ScriptTestApp, places: &[f32]) -> (Entity, Vec<Entity>) {
    let script = app.script("beat.rhai", BEAT);
    let player = app.world_mut().spawn((Transform::default(), KeepsAwake)).id();
    let mut spawn = |x: &f32| {
        let place = Transform::from_xyz(*x, 0.0, 0.0);
        app.world_mut().spawn((place, CScript::new(script.clone()), SleepBeyond(10.0))).id()
    };
    let crowd = places.iter().map(&mut spawn).collect();
    app.ticks(20);
    (player, crowd)
}

fn sleeping(app: &ScriptTestApp, crowd: &[Entity]) -> Vec<bool> {
    crowd.iter().map(|entity| app.world().get::<Asleep>(*entity).is_some()).collect()
}

#[test]
fn distance_puts_to_sleep_and_wakes() {
    let mut app = ScriptTestApp::new();
    let (player, crowd) = crowd(&mut app, &[0.0, 10.0, 10.5, 500.0]);
    assert_eq!(sleeping(&app, &crowd), [false, false, true, true]);
    if let Some(mut place) = app.world_mut().entity_mut(player).get_mut::<Transform>() {
        place.translation.x = 495.0;
    }
    app.ticks(17);
    assert_eq!(sleeping(&app, &crowd), [true, true, true, false]);
    clear(&mut app, crowd[3]);
    app.ticks(4);
    assert_eq!(ticks_of(&app, crowd[3]).len(), 4);
    // Where nobody keeps anybody awake, all are.
    app.world_mut().entity_mut(player).despawn();
    app.ticks(17);
    assert_eq!(sleeping(&app, &crowd), [false; 4]);
}

#[test]
fn what_has_no_place_or_is_no_longer_watched_is_awake() {
    let mut app = ScriptTestApp::new();
    let (_, mut crowd) = crowd(&mut app, &[500.0, 600.0]);
    assert_eq!(sleeping(&app, &crowd), [true, true]);
    app.world_mut().entity_mut(crowd[0]).remove::<SleepBeyond>();
    app.world_mut().entity_mut(crowd[1]).remove::<Transform>();
    let script = app.script("beat.rhai", BEAT);
    crowd.push(app.world_mut().spawn((CScript::new(script), SleepBeyond(1.0))).id());
    app.ticks(17);
    assert_eq!(sleeping(&app, &crowd), [false; 3]);
}

#[test]
fn sleep_is_the_same_in_the_same_game() {
    let play = || {
        let mut app = ScriptTestApp::new();
        let (player, _) = crowd(&mut app, &[1.0, 9.0, 11.0, 12.0, 50.0]);
        for step in 0..100 {
            if let Some(mut place) = app.world_mut().entity_mut(player).get_mut::<Transform>() {
                place.translation.x = (step % 20) as f32;
            }
            app.tick();
        }
        (app.hash(), app.world().resource::<ScriptClock>().tick)
    };
    assert_eq!(play(), play());
}

use avian3d::prelude::*;
use bevy::prelude::*;
use bevy_cscript::{
    prelude::*,
    runtime::{ScriptMetrics, physics::TriggerVolume},
    testing::ScriptTestApp,
};

use crate::stage::{WITNESS, app, ball, floor, seen, without_faults};

#[test]
fn a_falling_box_and_the_floor_are_told_once_and_again_when_it_bounces_off() {
    let mut app = app();
    let script = app.script("witness.rhai", WITNESS);
    let ground = app
        .world_mut()
        .spawn((ScriptId(1), floor(), Restitution::new(0.9), CScript::new(script.clone())))
        .id();
    let cube = app
        .world_mut()
        .spawn((
            ScriptId(2),
            RigidBody::Dynamic,
            Collider::cuboid(1.0, 1.0, 1.0),
            Restitution::new(0.9),
            Transform::from_xyz(0.0, 3.0, 0.0),
            CScript::new(script),
        ))
        .id();
    app.ticks(30);
    assert_eq!((seen(&app, ground), seen(&app, cube)), (String::new(), String::new()), "it falls");
    for _ in 0..30 {
        app.tick();
        if !seen(&app, cube).is_empty() {
            break;
        }
    }
    assert_eq!(seen(&app, cube), "[\"begin\", 1]");
    assert_eq!(seen(&app, ground), "[\"begin\", 2]");
    app.ticks(10);
    assert_eq!(seen(&app, cube), "[\"begin\", 1] [\"end\", 1]", "it flies up again");
    assert_eq!(seen(&app, ground), "[\"begin\", 2] [\"end\", 2]");
    without_faults(&mut app);
}

#[test]
fn what_lies_there_is_told_to_a_script_that_starts_later_and_once() {
    let mut app = app();
    app.world_mut().spawn(floor());
    let ball = app.world_mut().spawn(ball(2, 0.5, Vec3::Y * 0.5)).id();
    app.ticks(100);
    let script = app.script("witness.rhai", WITNESS);
    app.world_mut().entity_mut(ball).insert(CScript::new(script.clone()));
    app.ticks(5);
    assert_eq!(seen(&app, ball), "[\"begin\", ()]", "what has no id is ()");
    // A new version that hears of nothing ends it; one that does hears of it anew.
    app.replace(&script, "witness.rhai", "let seen = [];");
    app.ticks(3);
    assert!(!app.world().entity(ball).contains::<CollisionEventsEnabled>());
    app.world_mut().entity_mut(ball).insert(Transform::from_xyz(0.0, 5.0, 0.0));
    app.replace(&script, "witness.rhai", WITNESS);
    app.ticks(3);
    assert!(app.world().entity(ball).contains::<CollisionEventsEnabled>());
    app.ticks(100);
    assert!(seen(&app, ball).matches("begin").count() >= 2, "{}", seen(&app, ball));
    without_faults(&mut app);
}

/// A ball that flies through a volume of 2 units.
fn through(app: &mut ScriptTestApp, volume: impl Bundle) -> (Entity, Entity) {
    let script = app.script("witness.rhai", WITNESS);
    let at = Transform::from_xyz(0.0, 0.0, -4.0);
    let volume = app
        .world_mut()
        .spawn((RigidBody::Static, Collider::cuboid(2.0, 2.0, 2.0), at, volume))
        .id();
    let flies = (LinearVelocity(Vec3::NEG_Z * 8.0), GravityScale(0.0), CScript::new(script));
    let ball = app.world_mut().spawn((ball(7, 0.25, Vec3::ZERO), flies)).id();
    app.ticks(70);
    (volume, ball)
}

#[test]
fn a_volume_hears_who_enters_and_leaves_it_by_its_name() {
    let mut app = app();
    let script = app.script("volume.rhai", WITNESS);
    let of_itself = (ScriptId(3), TriggerVolume::new("gate"), CScript::new(script));
    let (volume, ball) = through(&mut app, of_itself);
    assert_eq!(seen(&app, volume), "[\"enter\", \"gate\", 7] [\"leave\", \"gate\", 7]");
    assert_eq!(seen(&app, ball), "", "whose volume it is hears of it");
    without_faults(&mut app);
}

#[test]
fn a_volume_below_an_entity_tells_that_one_and_one_of_nobody_tells_who_comes() {
    let mut app = app();
    let (_, ball) = through(&mut app, TriggerVolume::new("goal"));
    assert_eq!(seen(&app, ball), "[\"enter\", \"goal\", ()] [\"leave\", \"goal\", ()]");

    let mut app = self::app();
    let script = app.script("keeper.rhai", WITNESS);
    let keeper = (ScriptId(3), Transform::from_xyz(0.0, 9.0, -4.0), CScript::new(script));
    let keeper = app.world_mut().spawn((keeper, RigidBody::Static, Collider::sphere(0.5))).id();
    let place = Transform::from_xyz(0.0, -9.0, 0.0);
    let ground =
        (Collider::cuboid(2.0, 2.0, 2.0), TriggerVolume::new("ground"), place, ChildOf(keeper));
    app.world_mut().spawn(ground);
    let fly = (LinearVelocity(Vec3::NEG_Z * 8.0), GravityScale(0.0));
    app.world_mut().spawn((self::ball(7, 0.25, Vec3::ZERO), fly));
    app.ticks(70);
    assert_eq!(seen(&app, keeper), "[\"enter\", \"ground\", 7] [\"leave\", \"ground\", 7]");
    without_faults(&mut app);
}

#[test]
fn sensors_without_a_name_and_volumes_among_themselves_tell_nobody() {
    let mut app = app();
    let (_, ball) = through(&mut app, Sensor);
    assert_eq!(seen(&app, ball), "");
    let mut app = self::app();
    let script = app.script("volume.rhai", WITNESS);
    let volume = |id| {
        let shape = (RigidBody::Kinematic, Collider::sphere(1.0), Transform::default());
        (ScriptId(id), shape, TriggerVolume::new("bubble"), CScript::new(script.clone()))
    };
    let one = app.world_mut().spawn(volume(1)).id();
    app.world_mut().spawn(volume(2));
    app.ticks(5);
    assert_eq!(seen(&app, one), "");
}

#[test]
fn an_entity_of_many_colliders_is_one() {
    let mut app = app();
    app.world_mut().spawn((ScriptId(1), floor()));
    let script = app.script("witness.rhai", WITNESS);
    let table = (ScriptId(2), RigidBody::Dynamic, Transform::from_xyz(0.0, 1.0, 0.0));
    let table = app.world_mut().spawn((table, CScript::new(script))).id();
    for (x, z) in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)] {
        let leg = (Collider::cuboid(0.2, 1.0, 0.2), Transform::from_xyz(x, 0.0, z));
        app.world_mut().spawn((leg, ChildOf(table)));
    }
    app.ticks(60);
    let before = seen(&app, table);
    let of = |what: &str| before.matches(what).count();
    assert!(of("begin") >= 1 && of("begin") - of("end") == 1, "it stands: {before}");
    assert!(of("begin") < 4, "four legs are one table: {before}");
    app.world_mut().entity_mut(table).insert(Transform::from_xyz(0.0, 9.0, 0.0));
    app.ticks(5);
    let after = seen(&app, table);
    assert_eq!(after.matches("end").count(), of("end") + 1, "{after}");
    without_faults(&mut app);
}

#[test]
fn who_defines_no_callback_costs_nothing() {
    let mut app = app();
    app.world_mut().spawn((ScriptId(1), floor()));
    let script = app.script("deaf.rhai", "let n = 0; fn on_update() { n += 1; }");
    let deaf = app.world_mut().spawn((ball(2, 0.5, Vec3::Y * 1.0), CScript::new(script))).id();
    app.ticks(60);
    assert!(!app.world().entity(deaf).contains::<CollisionEventsEnabled>());
    assert!(app.world().resource::<Messages<CollisionStart>>().is_empty());
    let metrics = app.world().resource::<ScriptMetrics>();
    assert_eq!((metrics.events, metrics.unheard, metrics.waiting), (0, 0, 0));
    assert_eq!(app.get(deaf, "n"), Value::Int(60));
}

#[test]
fn nobody_is_called_after_its_end_and_the_other_hears_that_it_is_over() {
    let mut app = app();
    let script = app.script("witness.rhai", WITNESS);
    let ground = (ScriptId(1), floor(), CScript::new(script.clone()));
    let ground = app.world_mut().spawn(ground).id();
    let ball = (ball(2, 0.5, Vec3::Y * 1.0), CScript::new(script));
    let ball = app.world_mut().spawn(ball).id();
    // It is despawned between the step in which it lands and the tick in which it would hear of it.
    let mut landed = false;
    for _ in 0..60 {
        app.tick();
        landed = app.world().resource::<ContactGraph>().iter_active_touching().next().is_some();
        if landed {
            break;
        }
    }
    assert!(landed && seen(&app, ball).is_empty() && seen(&app, ground).is_empty());
    let (calls, unheard) = {
        let metrics = app.world().resource::<ScriptMetrics>();
        (metrics.callbacks, metrics.unheard)
    };
    app.world_mut().entity_mut(ball).despawn();
    app.ticks(5);
    assert_eq!(seen(&app, ground), "[\"begin\", 2] [\"end\", 2]");
    let metrics = app.world().resource::<ScriptMetrics>();
    assert_eq!((metrics.callbacks - calls, metrics.unheard - unheard), (2, 1));
    without_faults(&mut app);
}

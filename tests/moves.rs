//! Steps that scripts ask for, when there are many of them.

use bevy::prelude::*;
use bevy_cscript::{
    api::Category, contract::Value, prelude::*, runtime::ScriptIds, testing::ScriptTestApp,
};

/// More than are updated in one batch.
const MANY: i64 = 4_200;

/// An entity with the next id, at a place.
fn at(app: &mut ScriptTestApp, x: f32, script: Option<&Handle<Script>>) -> Entity {
    let entity = app.world_mut().spawn((Transform::from_xyz(x, 0.0, 0.0), ScriptId::AUTO)).id();
    if let Some(script) = script {
        app.world_mut().entity_mut(entity).insert(CScript::new(script.clone()));
    }
    entity
}

/// Where `ridden` ends up: it is put at (5, 0, 0), and its mount goes by 7 along z after that. In the same pass, before
/// either of them, a function of the host puts it on the mount.
fn ridden(threads: usize) -> Vec3 {
    let plugin =
        ScriptingPlugin { threads: ScriptThreads::Fixed(threads), ..ScriptingPlugin::default() };
    let mut app = ScriptTestApp::with(plugin);
    let (rider, mount) = (ScriptId(MANY + 2), ScriptId(MANY + 3));
    app.app().add_script_function(
        ScriptFunction::new("ride", Category::new("riding"), "Puts somebody on a mount.")
            .overload([], |_: &mut ScriptContext<'_>| Ok::<_, ApiFault>(()))
            .effect(move |world, _| {
                let ids = [rider, mount].map(|id| world.resource::<ScriptIds>().entity(id));
                if let [Some(rider), Some(mount)] = ids {
                    world.entity_mut(rider).insert(ChildOf(mount));
                }
            }),
    );
    let once = |what: &str| {
        format!("let done = false; fn on_update() {{ if !done {{ done = true; {what}; }} }}")
    };
    let marshal = app.script("marshal.rhai", &once("ride()"));
    let idle = app.script("idle.rhai", &once("()"));
    let to_five = app.script("rider.rhai", &once("set_position(entity_id, [5, 0, 0])"));
    let by_seven = app.script(
        "mount.rhai",
        &once("set_position(entity_id, get_position(entity_id) + vec3(0, 0, 7))"),
    );
    at(&mut app, 0.0, Some(&marshal));
    for _ in 0..MANY {
        at(&mut app, 0.0, Some(&idle));
    }
    let rider_entity = at(&mut app, 1.0, Some(&to_five));
    let mount_entity = at(&mut app, 3.0, Some(&by_seven));
    assert_eq!([rider_entity, mount_entity].map(|it| app.id(it)), [rider, mount]);
    // Who has children already stays in its row when another one comes.
    app.world_mut().spawn((Transform::default(), ChildOf(mount_entity)));
    app.ticks(2);
    assert!(app.take_faults().is_empty());
    let place = |entity| app.world().get::<Transform>(entity).map(|it| it.translation);
    let (Some(own), Some(mounted)) = (place(rider_entity), place(mount_entity)) else {
        panic!("they are there")
    };
    assert_eq!(mounted, Vec3::new(3.0, 0.0, 7.0));
    own + mounted
}

#[test]
fn who_is_put_on_somebody_is_carried_however_batches_are_cut() {
    let expected = Vec3::new(5.0, 0.0, 7.0);
    assert_eq!([1, 2].map(ridden), [expected; 2]);
}

#[derive(Resource, Default)]
struct Moved(Vec<ScriptId>);

/// Takes note of who was moved since it ran last.
fn note_moved(moved: Query<&ScriptId, Changed<Transform>>, mut all: ResMut<Moved>) {
    all.0 = moved.iter().copied().collect();
    all.0.sort();
}

#[test]
fn who_moves_counts_as_changed_and_nobody_else() {
    let mut app = ScriptTestApp::new();
    app.app().init_resource::<Moved>().add_systems(Last, note_moved);
    let script = app.script(
        "some.rhai",
        "let n = 0; fn on_update() { n += 1; if (entity_id + n) % 3 == 0 { move_towards(entity_id, vec3(0, 0, 0), 0.5); } }",
    );
    let all: Vec<_> = (0..200).map(|x| at(&mut app, x as f32 + 9.0, Some(&script))).collect();
    app.ticks(3);
    for _ in 0..6 {
        app.tick();
        let moves = |entity: &&Entity| {
            let Value::Int(n) = app.get(**entity, "n") else { panic!("it counts") };
            (app.id(**entity).0 + n) % 3 == 0
        };
        let expected: Vec<_> = all.iter().filter(moves).map(|entity| app.id(*entity)).collect();
        assert_eq!(app.world().resource::<Moved>().0, expected);
    }
}

use avian3d::prelude::*;
use bevy::prelude::*;
use bevy_cscript::{prelude::*, testing::ScriptTestApp};

/// Writes down everything that is told to it.
pub(crate) const WITNESS: &str = "\
let seen = [];
fn on_collision(other) { seen.push([\"begin\", other]); }
fn on_collision_end(other) { seen.push([\"end\", other]); }
fn on_trigger(name, other) { seen.push([\"enter\", name, other]); }
fn on_trigger_exit(name, other) { seen.push([\"leave\", name, other]); }
";

pub(crate) fn app() -> ScriptTestApp {
    let mut app = ScriptTestApp::new();
    app.app().add_plugins(PhysicsPlugins::default());
    app
}

/// The top of it is at height 0.
pub(crate) fn floor() -> impl Bundle {
    (RigidBody::Static, Collider::cuboid(100.0, 1.0, 100.0), Transform::from_xyz(0.0, -0.5, 0.0))
}

pub(crate) fn ball(id: i64, radius: f32, at: Vec3) -> impl Bundle {
    let place = Transform::from_translation(at);
    (ScriptId(id), RigidBody::Dynamic, Collider::sphere(radius), place)
}

/// A script's list `seen`, written as a script would write it.
pub(crate) fn seen(app: &ScriptTestApp, entity: Entity) -> String {
    let Value::Array(items) = app.get(entity, "seen") else { return "nothing".to_owned() };
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[track_caller]
pub(crate) fn without_faults(app: &mut ScriptTestApp) {
    let faults = app.take_faults();
    assert!(faults.is_empty(), "{}", faults[0].error);
}

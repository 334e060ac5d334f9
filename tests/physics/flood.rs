use avian3d::prelude::*;
use bevy::prelude::*;
use bevy_cscript::{
    prelude::*,
    runtime::{EventBudget, ScriptMetrics},
};

use crate::stage::{app, without_faults};

const PAIRS: usize = 10_000;

/// 10,000 balls, each inside of a post of its own, so that all begin to touch in the first step.
#[test]
fn ten_thousand_collisions_in_a_tick_are_told_within_the_budget_and_none_is_lost() {
    let mut app = app();
    app.world_mut().insert_resource(EventBudget(4_000));
    let script = app.script("hit.rhai", "let hits = 0; fn on_collision(other) { hits += 1; }");
    let balls: Vec<_> = (0..PAIRS)
        .map(|i| {
            let at = Transform::from_xyz((i % 100) as f32 * 4.0, 0.0, (i / 100) as f32 * 4.0);
            let post = (RigidBody::Static, Collider::sphere(0.5), at);
            app.world_mut().spawn(post);
            // Not dynamic, so that nothing moves: only that they touch is wanted.
            let at = at.with_translation(at.translation + Vec3::X * 0.25);
            let ball = (RigidBody::Dynamic, LockedAxes::ALL_LOCKED, GravityScale(0.0));
            let ball = (ball, Collider::sphere(0.5), at, CScript::new(script.clone()));
            app.world_mut().spawn(ball).id()
        })
        .collect();
    let told = |app: &bevy_cscript::testing::ScriptTestApp| {
        let metrics = app.world().resource::<ScriptMetrics>();
        (metrics.events, metrics.waiting)
    };
    app.tick();
    assert_eq!(told(&app), (0, 0), "they begin to touch after the first tick");
    app.tick();
    assert_eq!(told(&app), (4_000, 6_000));
    app.tick();
    assert_eq!(told(&app), (8_000, 2_000));
    app.tick();
    assert_eq!(told(&app), (10_000, 0));
    app.ticks(3);
    let metrics = app.world().resource::<ScriptMetrics>();
    assert_eq!((metrics.events, metrics.unheard, metrics.dropped), (10_000, 0, 0));
    for ball in balls {
        assert_eq!(app.get(ball, "hits"), Value::Int(1));
    }
    without_faults(&mut app);
}

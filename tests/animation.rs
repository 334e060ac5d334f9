//! Clips that scripts ask for move what they are clips of; no renderer is needed.

#![expect(clippy::expect_used, reason = "tests fail by panics")]

use bevy::{
    animation::{AnimatedBy, AnimationPlugin, AnimationTargetId, animated_field},
    math::curve::{FunctionCurve, Interval},
    prelude::*,
};
use bevy_cscript::{
    prelude::*,
    runtime::{AnimationClips, animation::ScriptAnimationPlugin},
    testing::ScriptTestApp,
};

/// A robot with a head below it that has the player. `nod` lowers the head by 64 units in a second,
/// `rest` puts it at 100.
struct Robot {
    app: ScriptTestApp,
    robot: Entity,
    head: Entity,
}

fn robot(text: &str) -> Robot {
    let mut app = ScriptTestApp::new();
    app.app().add_plugins((AnimationPlugin, ScriptAnimationPlugin));
    let script = app.script("robot.rhai", text);
    let world = app.world_mut();
    let name = Name::new("head");
    let target = AnimationTargetId::from_name(&name);
    let mut clip = |curve: fn(f32) -> f32| {
        let second = Interval::new(0.0, 1.0).expect("an interval");
        let heights = FunctionCurve::new(second, move |t| Vec3::Y * curve(t));
        let mut clip = AnimationClip::default();
        let translation = animated_field!(Transform::translation);
        clip.add_curve_to_target(target, AnimatableCurve::new(translation, heights));
        world.resource_mut::<Assets<AnimationClip>>().add(clip)
    };
    let clips = [clip(|t| -64.0 * t), clip(|_| 100.0)];
    let (graph, nodes) = AnimationGraph::from_clips(clips);
    let graph = world.resource_mut::<Assets<AnimationGraph>>().add(graph);
    let clips = AnimationClips::new(
        ["nod", "rest"].into_iter().zip(nodes.iter().map(|node| node.index() as u32)),
    );
    let robot = world.spawn((Transform::default(), CScript::new(script), clips)).id();
    let head = world
        .spawn((
            (Transform::default(), name, target, ChildOf(robot)),
            (AnimationPlayer::default(), AnimationGraphHandle(graph)),
        ))
        .id();
    world.entity_mut(head).insert(AnimatedBy(head));
    Robot { app, robot, head }
}

impl Robot {
    fn ticks(&mut self, count: usize) {
        self.app.ticks(count);
        let faults = self.app.take_faults();
        assert!(faults.is_empty(), "{}", faults[0].error);
    }

    fn height(&self) -> f32 {
        self.app.world().get::<Transform>(self.head).expect("a place").translation.y
    }

    /// How far it moves in `count` ticks.
    fn way(&mut self, count: usize) -> f32 {
        let before = self.height();
        self.ticks(count);
        self.height() - before
    }
}

#[test]
fn a_clip_is_played_once_at_its_speed_and_stays_at_its_end() {
    let mut robot = robot("fn on_spawn() { play_animation(entity_id, \"nod\", #{ speed: 2.0 }); }");
    robot.ticks(3);
    assert!((robot.way(10) + 20.0).abs() < 0.01, "{}", robot.height());
    robot.ticks(64);
    assert!((robot.height() + 64.0).abs() < 0.01, "{}", robot.height());
}

#[test]
fn a_clip_that_repeats_goes_on_when_it_is_asked_for_in_every_tick() {
    let mut robot =
        robot("fn on_update() { play_animation(entity_id, \"nod\", #{ repeat: true }); }");
    robot.ticks(3);
    assert!((robot.way(20) + 20.0).abs() < 0.01, "{}", robot.height());
    let before = robot.height();
    robot.ticks(64);
    assert!((robot.height() - before).abs() < 0.01, "a round is a second");
}

#[test]
fn a_clip_that_does_not_repeat_begins_anew() {
    let mut robot =
        robot("fn on_update() { if tick() % 30 == 0 { play_animation(entity_id, \"nod\"); } }");
    robot.ticks(29);
    let low = robot.height();
    assert!(low < -20.0, "{low}");
    robot.ticks(4);
    assert!(robot.height() > -6.0, "{}", robot.height());
}

#[test]
fn one_clip_takes_over_from_another_in_the_time_that_is_asked_for() {
    let mut robot = robot(
        "fn on_update() {
            if tick() == 0 { play_animation(entity_id, \"nod\", #{ speed: 0.0 }); }
            if tick() == 10 { play_animation(entity_id, \"rest\", #{ repeat: true, blend: 0.5 }); }
        }",
    );
    robot.ticks(10);
    assert_eq!(robot.height(), 0.0);
    robot.ticks(17);
    let half = robot.height();
    assert!((40.0..60.0).contains(&half), "half of the way after half of the time: {half}");
    robot.ticks(20);
    assert_eq!(robot.height(), 100.0);
}

#[test]
fn a_server_without_the_plugin_has_the_same_world() {
    let text = "fn on_update() { play_animation(entity_id, \"nod\"); }";
    let mut robot = robot(text);
    robot.ticks(5);
    let mut server = ScriptTestApp::new();
    let script = server.script("robot.rhai", text);
    let clips = AnimationClips::new([("nod", 1), ("rest", 2)]);
    let body = (Transform::default(), clips);
    server.world_mut().spawn((body, CScript::new(script)));
    server.ticks(5);
    assert!(server.take_faults().is_empty());
    assert_eq!(server.hash(), robot.app.hash());
    assert_ne!(robot.height(), 0.0, "what is only seen is not in the hash");
}

#[test]
fn nothing_to_play_on_is_no_error() {
    let mut robot = robot("fn on_update() { play_animation(entity_id, \"nod\"); }");
    let head = robot.head;
    robot.app.world_mut().entity_mut(head).remove::<AnimationPlayer>();
    robot.ticks(3);
    assert_eq!(robot.height(), 0.0);
    let body = robot.robot;
    robot.app.world_mut().entity_mut(body).remove::<AnimationClips>();
    robot.ticks(3);
    assert_eq!(robot.height(), 0.0);
}

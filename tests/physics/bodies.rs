use avian3d::prelude::*;
use bevy::prelude::*;
use bevy_cscript::{contract::Shape, prelude::*, runtime::gameplay::Hitbox};

use crate::stage::{app, ball, floor, without_faults};

fn float(value: &Value, key: &str) -> f64 {
    let part = |v: Vec3| {
        f64::from(match key {
            "x" => v.x,
            "y" => v.y,
            _ => v.z,
        })
    };
    value.as_vec3().map(part).unwrap_or_else(|| panic!("{value} is no vector"))
}

#[test]
fn velocity_is_the_engines_for_dynamic_bodies_and_measured_for_others() {
    let mut app = app();
    let text =
        "let v = (); let w = (); fn on_update() { v = get_velocity(2); w = get_velocity(3); }";
    let script = app.script("v.rhai", text);
    let me = app.spawn(script);
    app.world_mut().spawn((ball(2, 0.5, Vec3::Y * 100.0), LinearVelocity(Vec3::X * 3.0)));
    let lift = (RigidBody::Kinematic, Collider::sphere(0.5), Transform::from_xyz(9.0, 0.0, 0.0));
    app.world_mut().spawn((ScriptId(3), lift, LinearVelocity(Vec3::Z * 2.0)));
    app.ticks(33);
    let (v, w) = (app.get(me, "v"), app.get(me, "w"));
    assert_eq!(float(&v, "x"), 3.0, "{v}");
    assert!((float(&v, "y") + 9.81 * 0.5).abs() < 0.2, "{v}: half a second of falling");
    assert!((float(&w, "z") - 2.0).abs() < 1e-3, "{w}");
    without_faults(&mut app);
}

#[test]
fn bodies_go_where_scripts_put_them_and_rest_after_a_teleport() {
    let mut app = app();
    let text = "fn on_update() {
        if tick() == 20 { set_position(2, [0, 50, 30]); teleport(3, [9, 50, 60]); }
        if tick() > 20 { move_towards(4, [20, 50, 0], 0.5); }
    }";
    let script = app.script("mover.rhai", text);
    app.spawn(script);
    let [kept, rested] = [2, 3].map(|id| {
        let flies = (LinearVelocity(Vec3::X * 6.4), AngularVelocity(Vec3::Y), GravityScale(0.0));
        app.world_mut().spawn((ball(id, 0.5, Vec3::Z * id as f32 * 5.0), flies)).id()
    });
    let lift = (RigidBody::Kinematic, Collider::sphere(0.5), Transform::from_xyz(0.0, 50.0, 0.0));
    let lift = app.world_mut().spawn((ScriptId(4), lift)).id();
    app.ticks(31);
    let at =
        |entity| app.world().get::<Position>(entity).map(|position| position.0).unwrap_or_default();
    // 11 steps of 0.1 units since.
    assert!(at(kept).distance(Vec3::new(1.1, 50.0, 30.0)) < 1e-3, "{}", at(kept));
    assert!(at(rested).distance(Vec3::new(9.0, 50.0, 60.0)) < 1e-3, "{}", at(rested));
    assert_eq!(app.world().get::<AngularVelocity>(rested).map(|spin| spin.0), Some(Vec3::ZERO));
    assert!(at(lift).distance(Vec3::new(5.0, 50.0, 0.0)) < 1e-3, "{}", at(lift));
    without_faults(&mut app);
}

#[test]
fn a_sleeping_body_that_a_script_moves_wakes_and_falls() {
    let mut app = app();
    app.world_mut().spawn(floor());
    let text = "fn lift() { set_position(2, [0, 4, 0]); }";
    let script = app.script("mover.rhai", text);
    app.spawn(script);
    let ball = app.world_mut().spawn(ball(2, 0.5, Vec3::Y * 0.5)).id();
    app.ticks(200);
    assert!(app.world().entity(ball).contains::<Sleeping>());
    app.send(ScriptEvent::custom("lift", []));
    app.ticks(30);
    let height = app.world().get::<Position>(ball).map_or(0.0, |position| position.y);
    assert!(height > 1.0 && height < 3.9, "it falls: {height}");
}

#[test]
fn rays_meet_what_the_engine_knows_and_hitboxes_without_colliders() {
    let mut app = app();
    let text = "let seen = [];
        fn look() {
            seen = [];
            let hit = raycast([0, 5, 0], [0, -1, 0], 100);
            seen.push(if hit == () { \"none\" } else { [hit.entity, hit.distance, hit.normal.y] });
            hit = raycast([0, 1, 0], [1, 0, 0], 100);
            seen.push(if hit == () { \"none\" } else { [hit.entity, hit.distance] });
            hit = raycast([0, 1, 0], [-1, 0, 0], 100);
            seen.push(if hit == () { \"none\" } else { [hit.entity, hit.distance] });
            seen.push(line_of_sight(4, 5));
            seen.push(cover_score(4, 5));
            seen.push(line_of_sight(4, 6));
        }";
    let script = app.script("look.rhai", text);
    let me = app.spawn(script);
    let place = |x, y, z| Transform::from_xyz(x, y, z);
    app.world_mut().spawn(floor());
    let sensor = (Collider::cuboid(1.0, 1.0, 1.0), Sensor, place(0.0, 2.0, 0.0), ScriptId(9));
    app.world_mut().spawn((RigidBody::Static, sensor));
    // A turned box: a box along the axes would be met at 2 units.
    let turned =
        place(3.0, 1.0, 0.0).with_rotation(Quat::from_rotation_y(std::f32::consts::FRAC_PI_4));
    let solid = (RigidBody::Static, Collider::cuboid(2.0, 2.0, 2.0), turned);
    app.world_mut().spawn((ScriptId(2), solid, Hitbox(Shape::Box { half: Vec3::ONE })));
    app.world_mut().spawn((
        ScriptId(3),
        place(-3.0, 1.0, 0.0),
        Hitbox(Shape::Sphere { radius: 1.0 }),
    ));
    app.world_mut().spawn((ScriptId(4), place(3.0, 1.0, -5.0)));
    app.world_mut().spawn((ScriptId(5), place(3.0, 1.0, 5.0)));
    app.world_mut().spawn((ScriptId(6), place(9.0, 1.0, -5.0)));
    app.ticks(3);
    app.send(ScriptEvent::custom("look", []));
    app.tick();
    without_faults(&mut app);
    let Value::Array(seen) = app.get(me, "seen") else { panic!("it looked") };
    let near = |i: usize, id: Value, distance: f64| {
        let Value::Array(hit) = &seen[i] else { panic!("{i}: {}", seen[i]) };
        assert_eq!(hit[0], id, "{i}");
        let found = hit[1].as_float().unwrap_or_default();
        assert!((found - distance).abs() < 1e-3, "{i}: {found}");
    };
    near(0, Value::Unit, 5.0);
    near(1, Value::Int(2), 3.0 - 2.0_f64.sqrt());
    near(2, Value::Int(3), 2.0);
    assert_eq!(seen[3..], [Value::Bool(false), Value::Float(1.0), Value::Bool(true)]);
}

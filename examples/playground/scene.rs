//! Who is there. Nothing here knows of windows: what things look like is a [`Look`].

use avian3d::prelude::*;
use bevy::prelude::*;
use bevy_cscript::{
    prelude::*,
    runtime::{
        ParticleFile,
        gameplay::{Health, Inventory, Team},
        physics::TriggerVolume,
    },
};

/// What a thing looks like, for whoever draws it.
#[derive(Component, Clone, Copy)]
#[cfg_attr(not(feature = "render"), expect(dead_code, reason = "only windows look at it"))]
pub(crate) enum Look {
    Box(Vec3, [f32; 3]),
    Ball(f32, [f32; 3]),
    Pillar(f32, f32, [f32; 3]),
}

/// The files of the game.
#[derive(Resource)]
pub(crate) struct Files {
    pub(crate) scripts: Vec<Handle<Script>>,
    pub(crate) effects: Handle<ParticleFile>,
}

pub(crate) fn build(app: &mut App) {
    app.define_item("coin", 100).define_item("potion", 5);
    let server = app.world().resource::<AssetServer>().clone();
    let mut files =
        Files { scripts: Vec::new(), effects: server.load("effects/playground.particles.json") };
    let mut script = |name: &str| {
        let script = server.load(format!("scripts/{name}.rhai"));
        files.scripts.push(script.clone());
        CScript::new(script)
    };
    let at = Transform::from_xyz;
    let world = app.world_mut();

    let ground = (RigidBody::Static, Collider::cuboid(40.0, 1.0, 40.0), at(0.0, -0.5, 0.0));
    world.spawn((ground, Look::Box(Vec3::new(40.0, 1.0, 40.0), [0.32, 0.42, 0.3])));

    let route: Vec<Value> =
        [(-6.0, 4.0), (-2.0, 4.0), (0.0, -1.0), (6.0, 1.0), (6.0, 5.0), (-6.0, 8.0)]
            .into_iter()
            .map(|(x, z): (f64, f64)| Value::Array(vec![x.into(), z.into()]))
            .collect();
    world.spawn((
        ScriptId(1),
        (Tag("player".to_owned()), Team("people".to_owned())),
        (Health::full(100.0), Inventory::with_slots(6)),
        script("visitor").with_config(Value::map().with("route", Value::Array(route))),
        (RigidBody::Dynamic, Collider::capsule(0.4, 1.0), LockedAxes::ROTATION_LOCKED),
        at(-6.0, 0.91, 8.0),
        Look::Pillar(0.4, 1.0, [0.25, 0.5, 0.9]),
    ));

    for (i, (x, z)) in [(-4.0, 4.0), (-1.0, 1.5), (3.0, 0.0), (6.0, 3.0)].into_iter().enumerate() {
        world.spawn((
            ScriptId(10 + i as i64),
            (RigidBody::Kinematic, Collider::sphere(0.5), TriggerVolume::new("coin")),
            script("pickup_coin"),
            at(x, 0.6, z),
            Look::Ball(0.3, [1.0, 0.8, 0.1]),
        ));
    }
    world.spawn((
        ScriptId(20),
        (RigidBody::Static, Collider::cuboid(1.0, 1.0, 1.0), TriggerVolume::new("potion")),
        script("pickup_item").with_config(Value::map().with("item", "potion").with("count", 3)),
        at(-2.0, 0.5, 6.5),
        Look::Box(Vec3::splat(0.5), [0.7, 0.2, 0.8]),
    ));
    world.spawn((
        ScriptId(30),
        (RigidBody::Static, Collider::cuboid(3.0, 1.0, 2.0), TriggerVolume::new("lava")),
        script("damage_zone").with_config(Value::map().with("damage", 3).with("kind", "fire")),
        at(6.0, 0.5, 5.0),
        Look::Box(Vec3::new(3.0, 0.1, 2.0), [1.0, 0.25, 0.05]),
    ));
    let door = (
        ScriptId(40),
        (RigidBody::Kinematic, Collider::cuboid(3.0, 3.0, 0.4)),
        script("door_trigger"),
        at(-2.0, 1.5, 2.0),
        Look::Box(Vec3::new(3.0, 3.0, 0.4), [0.55, 0.35, 0.2]),
    );
    let door = world.spawn(door).id();
    world.spawn((
        Collider::cuboid(3.0, 9.0, 4.0),
        TriggerVolume::new("doorway"),
        at(0.0, 0.0, 0.0),
        ChildOf(door),
    ));
    let beast = (
        ScriptId(50),
        (Team("beasts".to_owned()), Health::full(60.0)),
        script("enemy_aggro").with_config(Value::map().with("leash", 7)),
        (RigidBody::Dynamic, Collider::capsule(0.5, 0.6), LockedAxes::ROTATION_LOCKED),
        at(8.0, 0.81, -2.5),
        Look::Pillar(0.5, 0.6, [0.75, 0.15, 0.15]),
    );
    let beast = world.spawn(beast).id();
    let ground = (Collider::sphere(5.0), TriggerVolume::new("hunting ground"));
    world.spawn((ground, at(0.0, 0.0, 0.0), ChildOf(beast)));
    world.spawn((
        ScriptId(60),
        (RigidBody::Dynamic, Collider::cuboid(1.6, 1.6, 1.6)),
        script("boulder").with_config(Value::map().with("lift", 9).with("every", 3)),
        at(-8.0, 0.81, -2.0),
        Look::Box(Vec3::splat(1.6), [0.45, 0.45, 0.48]),
    ));
    for level in 0..3 {
        for i in 0..4 - level {
            let x = -12.0 + i as f32 * 1.05 + level as f32 * 0.5;
            world.spawn((
                (RigidBody::Dynamic, Collider::cuboid(1.0, 1.0, 1.0)),
                at(x, 0.5 + level as f32 * 1.01, -6.0),
                Look::Box(Vec3::ONE, [0.7, 0.55, 0.35]),
            ));
        }
    }
    app.insert_resource(files);
}

/// What became of them.
pub(crate) fn summary(world: &mut World) -> Vec<String> {
    let mut scripted = world.query::<(&ScriptId, &CScript, Option<&Health>, Option<&Inventory>)>();
    let mut lines: Vec<_> = scripted
        .iter(world)
        .map(|(id, script, health, inventory)| {
            let mut line = format!("{id}: {:?}", script.status());
            for variable in ["rounds", "hurt", "got", "heard", "inside", "target", "crashes"] {
                if let Some(value) = script.get(variable) {
                    line += &format!(", {variable} {value}");
                }
            }
            if let Some(health) = health {
                line += &format!(", health {}", health.current);
            }
            if let Some(Inventory(pack)) = inventory {
                let stacks = pack.stacks.iter().map(|it| format!("{} {}", it.count, it.item));
                line += &format!(", carries {}", stacks.collect::<Vec<_>>().join(" and "));
            }
            (*id, line)
        })
        .collect();
    lines.sort();
    lines.into_iter().map(|(_, line)| line).collect()
}

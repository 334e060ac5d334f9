use glam::Vec3;

use crate::{
    contract::{Pack, ScriptId, Shape, Stack, Value, Vitals},
    testing::{FakeEntity, FakeWorld},
};

/// How many entities there are.
const ENTITIES: i64 = 32;

/// The world that scripts are attacked in: plain facts that stay as they are, so that every function
/// of the API has something to work on.
///
/// Entities 1 to 32 stand in a square, the script's own is 1. The odd ones are of the team `red`, the
/// even ones of `blue`; all have a tag, health, a shape and something in their packs.
pub(super) fn stand() -> FakeWorld {
    let mut world = FakeWorld::default();
    for id in 1..=ENTITIES {
        let entity = FakeEntity {
            velocity: Vec3::X,
            tag: format!("tag{id}"),
            team: if id % 2 == 1 { "red" } else { "blue" }.to_owned(),
            vitals: Some(Vitals { health: 100.0, max: 100.0, armor: 1.0 }),
            attack_power: 5.0,
            eye_height: 1.7,
            shape: Some(Shape::Sphere { radius: 0.5 }),
            pack: Some(Pack {
                stacks: vec![Stack { item: "coin".to_owned(), count: 5 }],
                slots: 8,
            }),
            components: [("Stats".to_owned(), Value::map().with("power", 10.0))].into(),
            animations: Some(["walk".to_owned()].into()),
            ..FakeEntity::at(Vec3::new((id % 8) as f32 * 3.0, 0.0, (id / 8) as f32 * 3.0))
        };
        world.entities.insert(ScriptId(id), entity);
    }
    world.prefabs.insert("spark".to_owned());
    world.particle_effects.insert("dust".to_owned());
    world.exposed.insert("Stats".to_owned(), true);
    world.items.insert("coin".to_owned(), 10);
    world
}

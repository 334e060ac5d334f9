//! One world and one order of calls for all scripts, so that backends see the same.

use std::sync::LazyLock;

use bevy_cscript::{
    contract::{CALLBACKS, Callback, Pack, ScriptId, Shape, Value, Vitals},
    testing::{FakeEntity, FakeWorld},
};
use glam::Vec3;

/// The script's entity, at the origin, of team red.
pub(super) const ME: ScriptId = ScriptId(1);
/// A player of team blue, five units away.
pub(super) const PLAYER: ScriptId = ScriptId(2);
/// A friend of team red, behind the script's entity.
const FRIEND: ScriptId = ScriptId(3);
/// A stone without health, team or inventory.
const STONE: ScriptId = ScriptId(4);

/// The world as it is before the first call.
pub(super) static WORLD: LazyLock<FakeWorld> = LazyLock::new(|| {
    let mut world = FakeWorld::default();
    let fighter = |team: &str, at: Vec3| FakeEntity {
        team: team.to_owned(),
        vitals: Some(Vitals { health: 80.0, max: 100.0, armor: 2.0 }),
        attack_power: 5.0,
        sight_range: Some(50.0),
        eye_height: 1.5,
        shape: Some(Shape::Sphere { radius: 0.5 }),
        pack: Some(Pack { slots: 4, ..Pack::default() }),
        ..FakeEntity::at(at)
    };
    let mut me = fighter("red", Vec3::ZERO);
    me.tag = "me".to_owned();
    me.components.insert("Lamp".to_owned(), Value::map().with("brightness", 8.0).with("hue", 0.25));
    let mut player = fighter("blue", Vec3::new(5.0, 0.0, 0.0));
    player.tag = "player".to_owned();
    player.velocity = Vec3::new(0.0, 0.0, 1.0);
    world.entities.insert(ME, me);
    world.entities.insert(PLAYER, player);
    world.entities.insert(FRIEND, fighter("red", Vec3::new(-3.0, 0.0, 0.0)));
    world.entities.insert(STONE, FakeEntity::at(Vec3::new(0.0, 0.0, 30.0)));
    for (item, stack) in [("coin", 10), ("potion", 10), ("arrow", 10), ("bandage", 10)]
        .into_iter()
        .chain([("brass_key", 10), ("flour", 10), ("bread", 10), ("sword", 1)])
    {
        world.items.insert(item.to_owned(), stack);
    }
    world.prefabs.extend(["spark", "spawner"].map(str::to_owned));
    world.particle_effects.insert("dust".to_owned());
    world.exposed.insert("Lamp".to_owned(), true);
    world
});

/// A call of a script.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) function: &'static str,
    pub(super) args: Vec<Value>,
    pub(super) tick: u64,
}

/// The calls of a script that is updated so often: its beginning, an update, whatever else may
/// happen to it, the other updates, its end. Those for which it has no function are left out when
/// they are made.
pub(super) fn calls(updates: u64) -> Vec<Call> {
    let call = |function: &'static str, args: Vec<Value>, tick| Call { function, args, tick };
    let callback = |callback: Callback, tick| call(callback.name(), arguments(callback), tick);
    let update = |tick| callback(Callback::OnUpdate, tick);
    let first = [Callback::Init, Callback::Configure, Callback::OnSpawn];
    let last = [Callback::OnDeath, Callback::OnDestroy, Callback::Cleanup];
    let between = CALLBACKS.iter().map(|row| row.callback).filter(|callback| {
        !first.contains(callback) && !last.contains(callback) && *callback != Callback::OnUpdate
    });

    let mut calls: Vec<Call> = first.map(|name| callback(name, 0)).into();
    calls.push(update(0));
    calls.extend(between.map(|name| callback(name, 0)));
    calls.extend(
        ["on_buy", "on_sell"]
            .map(|name| call(name, vec![PLAYER.into(), "arrow".into(), Value::Int(2)], 0)),
    );
    calls.extend((1..updates).map(update));
    calls.extend(last.map(|name| callback(name, updates)));
    calls
}

/// What a callback may be told.
fn arguments(callback: Callback) -> Vec<Value> {
    let player = || Value::from(PLAYER);
    match callback {
        Callback::Init
        | Callback::OnSpawn
        | Callback::OnUpdate
        | Callback::OnDestroy
        | Callback::Cleanup => Vec::new(),
        Callback::Configure => {
            let config = Value::map().with("damage", 4.0).with("every", 0.25).with("kind", "fire");
            vec![config.with("item", "arrow").with("count", 2_i64).with("notice", 8.0)]
        }
        Callback::OnCollision | Callback::OnCollisionEnd | Callback::OnDeath => vec![player()],
        Callback::OnTrigger | Callback::OnTriggerExit => vec!["zone".into(), player()],
        Callback::OnDamage => vec![Value::Float(7.5), player()],
        Callback::OnStatusEffectEnd => vec!["burning".into()],
        Callback::OnItemGained => vec!["coin".into(), 2.into()],
        Callback::OnMessage => vec!["gather".into(), Vec3::new(3.0, 0.0, 3.0).into()],
        Callback::OnReload => vec![Value::map().with("n", 3_i64)],
    }
}

//! The scripts in `assets/scripts`: all of them start and run, and the examples do what they say.

use std::{fs, path::Path};

use bevy::prelude::*;
use bevy_cscript::{
    api::ApiTable,
    contract::{ScriptId, ScriptLimits, ScriptSource, Shape},
    prelude::*,
    runtime::{
        ScriptPublished,
        gameplay::{
            Armor, AttackPower, EyeHeight, Health, Hitbox, Inventory, SightRange, StatusEffects,
            Team,
        },
    },
    script::{Backend, ScriptCompiler},
    testing::{ScriptRunner, ScriptTestApp},
    trust::{Ceilings, Permissions, TrustLevel, TrustPolicy, Unsigned, Verified},
};

/// The script's entity, at the origin, of team red.
const ME: ScriptId = ScriptId(1);
/// A player of team blue, five units away.
const PLAYER: ScriptId = ScriptId(2);
/// A friend of team red, behind the script's entity.
const FRIEND: ScriptId = ScriptId(3);
/// A stone without health, team or inventory.
const STONE: ScriptId = ScriptId(4);

#[derive(Component, Reflect, Default)]
#[reflect(Component, Default)]
struct Lamp {
    brightness: f32,
    hue: f32,
}

fn text(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/scripts").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The paths of all scripts below `assets/scripts`, from there.
fn all() -> Vec<String> {
    fn walk(folder: &Path, prefix: &str, found: &mut Vec<String>) -> std::io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                walk(&entry.path(), &format!("{name}/"), found)?;
            } else if name.ends_with(".rhai") {
                found.push(name);
            }
        }
        Ok(())
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/scripts");
    let mut found = Vec::new();
    walk(&folder, "", &mut found).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    found.sort();
    found
}

/// A script of `assets/scripts` on a stage that has all that any of them needs.
struct Stage {
    app: ScriptTestApp,
    published: Vec<ScriptPublished>,
}

impl Stage {
    fn new(name: &str) -> Self {
        Self::configured(name, None)
    }

    fn configured(name: &str, config: Option<Value>) -> Self {
        let mut app = ScriptTestApp::new();
        for item in ["coin", "potion", "arrow", "bandage", "brass_key", "flour", "bread"] {
            app.app().define_item(item, 10);
        }
        app.app()
            .define_item("sword", 1)
            .register_particle_effect("dust")
            .register_particle_effect("sparks")
            .expose_component::<Lamp>("Lamp", Access::ReadWrite)
            .register_prefab("spark", |_| {})
            .register_prefab("spawner", |_| {});
        for library in all().iter().filter(|name| name.starts_with("lib/")) {
            app.library(library, &text(library));
        }
        let handle = app.script(name, &text(name));
        let mut script = CScript::new(handle);
        if let Some(config) = config {
            script = script.with_config(config);
        }
        let fighter = |id: ScriptId, team: &str, at: Vec3| {
            let body = (Hitbox::default(), EyeHeight::default(), Transform::from_translation(at));
            let might = (AttackPower(5.0), SightRange::default(), Health::full(100.0));
            (id, Team(team.to_owned()), Inventory::with_slots(4), body, might)
        };
        let world = app.world_mut();
        let lamp = Lamp { brightness: 8.0, hue: 0.25 };
        world.spawn((fighter(ME, "red", Vec3::ZERO), lamp, script));
        world.spawn((fighter(PLAYER, "blue", Vec3::new(5.0, 0.0, 0.0)), Tag("player".to_owned())));
        world.spawn(fighter(FRIEND, "red", Vec3::new(-3.0, 0.0, 0.0)));
        world.spawn((STONE, Transform::from_xyz(0.0, 0.0, 30.0)));
        Self { app, published: Vec::new() }
    }

    /// Runs so many ticks, in which no script may fail.
    #[track_caller]
    fn ticks(&mut self, count: usize) {
        for _ in 0..count {
            self.app.tick();
            let faults = self.app.take_faults();
            assert!(faults.is_empty(), "{}", faults[0].error);
            let published = self.app.world().resource::<Messages<ScriptPublished>>();
            self.published.extend(published.iter_current_update_messages().cloned());
        }
    }

    /// Runs until a variable has a value, which it must have within 100 ticks.
    #[track_caller]
    fn until(&mut self, variable: &str, value: &str) {
        for _ in 0..100 {
            if self.get(variable) == value.into() {
                return;
            }
            self.ticks(1);
        }
        panic!("`{variable}` is {}, and was never {value}", self.get(variable));
    }

    fn send<const N: usize>(&mut self, callback: &str, args: [Value; N]) {
        self.app.send(ScriptEvent::custom(callback, args).to(ME));
    }

    fn enters(&mut self, who: ScriptId) {
        self.send("on_trigger", ["zone".into(), who.into()]);
    }

    fn leaves(&mut self, who: ScriptId) {
        self.send("on_trigger_exit", ["zone".into(), who.into()]);
    }

    #[track_caller]
    fn entity(&self, id: ScriptId) -> Entity {
        self.app.entity(id).unwrap_or_else(|| panic!("entity {id} is gone"))
    }

    #[track_caller]
    fn of<C: Component>(&self, id: ScriptId) -> &C {
        self.app
            .world()
            .get::<C>(self.entity(id))
            .unwrap_or_else(|| panic!("entity {id} has no {}", std::any::type_name::<C>()))
    }

    #[track_caller]
    fn insert(&mut self, id: ScriptId, bundle: impl Bundle) {
        let entity = self.entity(id);
        self.app.world_mut().entity_mut(entity).insert(bundle);
    }

    #[track_caller]
    fn health(&self, id: ScriptId) -> f32 {
        self.of::<Health>(id).current
    }

    #[track_caller]
    fn hurt(&mut self, id: ScriptId, left: f32) {
        self.insert(id, Health { current: left, max: 100.0 });
    }

    #[track_caller]
    fn place(&self, id: ScriptId) -> Vec3 {
        self.of::<Transform>(id).translation
    }

    #[track_caller]
    fn put(&mut self, id: ScriptId, at: Vec3) {
        self.insert(id, Transform::from_translation(at));
    }

    #[track_caller]
    fn count(&self, id: ScriptId, item: &str) -> u64 {
        self.of::<Inventory>(id).0.count(item)
    }

    #[track_caller]
    fn give(&mut self, id: ScriptId, item: &str, count: u32) {
        let mut inventory = self.of::<Inventory>(id).clone();
        assert_eq!(inventory.0.add(item, count, 10), count, "it has room");
        self.insert(id, inventory);
    }

    #[track_caller]
    fn get(&self, variable: &str) -> Value {
        self.app.get(self.entity(ME), variable)
    }

    fn is_there(&self, id: ScriptId) -> bool {
        self.app.entity(id).is_some()
    }

    fn heard(&self, topic: &str) -> usize {
        self.published.iter().filter(|message| message.topic == topic).count()
    }
}

fn config(key: &str, value: impl Into<Value>) -> Option<Value> {
    Some(Value::map().with(key, value))
}

#[test]
fn all_scripts_compile_without_errors_and_warnings() {
    let all = all();
    assert!(all.len() >= 19, "only {all:?}");
    let texts: Vec<(&str, String)> = all.iter().map(|name| (name.as_str(), text(name))).collect();
    let files: Vec<(&str, &str)> =
        texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    for (name, text) in &files {
        let (api, limits) = (ApiTable::default(), ScriptLimits::default());
        match ScriptRunner::importing(Backend::Compiled, name, text, &files, api, limits) {
            Ok(runner) => {
                let warnings = runner.script().warnings();
                assert!(warnings.is_empty(), "{name}: {}", warnings[0]);
            }
            Err(errors) => panic!("{name}: {}", errors[0]),
        }
    }
}

#[test]
fn all_scripts_run_and_hear_of_friend_foe_and_stone_without_faults() {
    for name in all() {
        let mut stage = Stage::new(&name);
        stage.put(STONE, Vec3::new(1.0, 0.0, 0.0));
        stage.ticks(5);
        for who in [PLAYER, FRIEND, STONE, ScriptId(999)] {
            stage.enters(who);
            stage.send("on_damage", [1.0.into(), who.into()]);
            stage.ticks(3);
        }
        for who in [PLAYER, FRIEND, STONE, ScriptId(999)] {
            stage.leaves(who);
        }
        stage.ticks(13);
    }
}

#[test]
fn the_fighters_go_away_when_they_die() {
    for name in ["enemy_patrol", "enemy_aggro", "squad_tactics", "medic"] {
        let mut stage = Stage::new(&format!("{name}.rhai"));
        stage.ticks(1);
        stage.hurt(ME, 0.0);
        stage.send("on_death", [PLAYER.into()]);
        stage.ticks(2);
        assert!(!stage.is_there(ME), "{name}");
    }
}

/// A script for a category uses every function of it, and none of any other: it runs with this one
/// permission.
#[test]
fn a_category_has_a_script_that_uses_all_of_it_and_nothing_else() {
    let categories = [
        Category::MOVEMENT,
        Category::COMBAT,
        Category::TACTICAL,
        Category::UTILITY,
        Category::AUDIO_VISUAL,
        Category::INVENTORY,
    ];
    for category in categories {
        let name = format!("api/{}.rhai", category.name());
        let text = text(&name);
        let table = ApiTable::default();
        let code: String =
            text.lines().filter_map(|line| line.split("//").next()).collect::<Vec<_>>().join("\n");
        for function in table.iter().filter(|function| *function.category() == category) {
            let call = format!("{}(", function.name());
            assert!(code.contains(&call), "{name} does not call {}", function.name());
        }
        let policy = TrustPolicy {
            unsigned: Unsigned::Allow(TrustLevel::Mod),
            ceilings: Ceilings { mods: Permissions::only([category.name()]), ..default() },
            ..default()
        };
        let source = Verified::check(ScriptSource::new(name.as_str(), text.as_str()), &policy);
        let source = source.unwrap_or_else(|error| panic!("{error}"));
        let compiler = ScriptCompiler::new(table, ScriptLimits::default());
        if let Err(errors) = compiler.compile(&source) {
            panic!("{}", errors[0]);
        }
    }
}

#[test]
fn pickup_item_gives_players_what_fits_and_keeps_the_rest() {
    let mut stage = Stage::configured(
        "pickup_item.rhai",
        Some(Value::map().with("item", "arrow").with("count", 15)),
    );
    stage.insert(PLAYER, Inventory::with_slots(1));
    stage.ticks(1);
    // Nobody else takes it, whether they could or not.
    stage.enters(FRIEND);
    stage.enters(STONE);
    stage.ticks(2);
    assert_eq!((stage.count(FRIEND, "arrow"), stage.get("left")), (0, Value::Int(15)));

    stage.enters(PLAYER);
    stage.ticks(2);
    assert_eq!((stage.count(PLAYER, "arrow"), stage.get("left")), (10, Value::Int(5)));
    assert!(stage.is_there(ME));
    stage.enters(PLAYER);
    stage.ticks(1);
    assert_eq!(stage.heard("picked_up"), 1, "nothing more fits");

    stage.insert(PLAYER, Inventory::with_slots(2));
    // Twice in one tick, and there is one rest.
    stage.enters(PLAYER);
    stage.enters(PLAYER);
    stage.ticks(2);
    assert_eq!(stage.count(PLAYER, "arrow"), 5);
    assert!(!stage.is_there(ME));
    assert_eq!(stage.heard("picked_up"), 2);
}

#[test]
fn pickup_coin_spins_until_a_player_has_it() {
    let mut stage = Stage::new("pickup_coin.rhai");
    stage.ticks(8);
    assert!(stage.place(ME).y > 0.0);
    stage.enters(STONE);
    stage.ticks(1);
    assert!(stage.is_there(ME));
    stage.enters(PLAYER);
    stage.enters(PLAYER);
    stage.ticks(2);
    assert_eq!(stage.count(PLAYER, "coin"), 1);
    assert_eq!(stage.heard("coin_collected"), 1);
    assert!(!stage.is_there(ME));

    let mut stage = Stage::new("pickup_coin.rhai");
    stage.insert(PLAYER, Inventory::with_slots(0));
    stage.enters(PLAYER);
    stage.ticks(2);
    assert!(stage.is_there(ME), "the pockets are full");
}

#[test]
fn door_trigger_opens_for_those_who_come_and_closes_behind_them() {
    let mut stage = Stage::new("door_trigger.rhai");
    stage.ticks(10);
    assert_eq!(stage.place(ME).y, 0.0);
    stage.enters(PLAYER);
    stage.ticks(2);
    stage.enters(FRIEND);
    stage.ticks(110);
    assert_eq!(stage.place(ME).y, 3.0);
    stage.leaves(PLAYER);
    stage.ticks(110);
    assert_eq!(stage.place(ME).y, 3.0, "one is still there");
    let friend = stage.entity(FRIEND);
    stage.app.world_mut().despawn(friend);
    stage.ticks(180);
    assert_eq!(stage.place(ME).y, 0.0, "nobody is there, although nobody has left");
}

#[test]
fn door_trigger_wants_its_key() {
    let mut stage = Stage::configured("door_trigger.rhai", config("key", "brass_key"));
    stage.enters(PLAYER);
    stage.ticks(10);
    assert_eq!((stage.place(ME).y, stage.heard("door_locked")), (0.0, 1));
    stage.leaves(PLAYER);
    stage.give(PLAYER, "brass_key", 1);
    stage.enters(PLAYER);
    stage.ticks(10);
    assert!(stage.place(ME).y > 0.0);
}

#[test]
fn damage_zone_burns_those_who_stand_in_it() {
    let mut stage = Stage::new("damage_zone.rhai");
    stage.insert(PLAYER, Armor(1.0));
    stage.ticks(1);
    stage.enters(PLAYER);
    stage.enters(STONE);
    // At once, and then twice a second: 4 of the 5 come through the armor.
    stage.ticks(65);
    let after_a_second = stage.health(PLAYER);
    assert!([88.0, 84.0].contains(&after_a_second), "{after_a_second}");
    assert_eq!(stage.of::<StatusEffects>(PLAYER).0[0].name, "burning");
    assert_eq!(stage.health(FRIEND), 100.0);
    stage.leaves(PLAYER);
    stage.ticks(1);
    let left = stage.health(PLAYER);
    stage.ticks(130);
    assert_eq!(stage.health(PLAYER), left);
    assert!(stage.of::<StatusEffects>(PLAYER).0.is_empty());

    stage.hurt(PLAYER, 1.0);
    stage.enters(PLAYER);
    stage.ticks(2);
    assert_eq!(stage.health(PLAYER), 0.0);
    assert_eq!(stage.get("inside").to_string(), "[]");
}

#[test]
fn enemy_aggro_hunts_whoever_comes_near_and_gives_up_far_from_home() {
    let mut stage = Stage::new("enemy_aggro.rhai");
    stage.ticks(60);
    assert_eq!(stage.place(ME), Vec3::ZERO, "it minds its own business");
    stage.enters(FRIEND);
    stage.ticks(2);
    assert_eq!(stage.get("target"), Value::Unit, "friends may come");
    stage.enters(PLAYER);
    stage.ticks(120);
    assert!(stage.place(ME).distance(stage.place(PLAYER)) <= 1.5);
    let bitten = stage.health(PLAYER);
    assert!(bitten < 100.0);

    // What cannot be bitten is let alone, even if it hurts.
    stage.put(STONE, stage.place(ME));
    stage.send("on_damage", [1.0.into(), STONE.into()]);
    stage.ticks(2);
    assert_eq!(stage.get("target"), PLAYER.into());

    // It follows, as far as its leash.
    stage.put(PLAYER, Vec3::new(40.0, 0.0, 0.0));
    stage.ticks(64);
    assert!(stage.place(ME).x > 5.0);
    stage.ticks(700);
    assert_eq!(stage.place(ME), Vec3::ZERO);
    assert_eq!(stage.health(PLAYER), bitten);

    // Who hurts it is hunted as well, until it is dead.
    stage.put(PLAYER, Vec3::new(5.0, 0.0, 0.0));
    stage.hurt(PLAYER, 10.0);
    stage.send("on_damage", [1.0.into(), PLAYER.into()]);
    stage.ticks(200);
    assert_eq!((stage.health(PLAYER), stage.get("target")), (0.0, Value::Unit));
}

#[test]
fn enemy_aggro_looks_out_if_it_is_told_to() {
    let mut stage = Stage::configured("enemy_aggro.rhai", config("notice", 10.0));
    stage.ticks(2);
    assert_eq!(stage.get("target"), PLAYER.into());
}

#[test]
fn enemy_patrol_walks_its_route_and_leaves_it_for_enemies_in_sight() {
    let route = [Vec3::new(0.0, 0.0, 4.0), Vec3::ZERO].map(Value::from).to_vec();
    let mut stage = Stage::configured("enemy_patrol.rhai", config("route", route));
    stage.put(PLAYER, Vec3::new(50.0, 0.0, 0.0));
    stage.ticks(64);
    assert!(stage.place(ME).z > 3.0);
    stage.ticks(64);
    assert!(stage.place(ME).z < 1.0);

    stage.put(PLAYER, Vec3::new(8.0, 0.0, 0.0));
    let wall = Hitbox(Shape::Box { half: Vec3::new(0.5, 5.0, 5.0) });
    stage.insert(STONE, (wall, Transform::from_xyz(5.0, 0.0, 0.0)));
    stage.ticks(64);
    assert_eq!((stage.place(ME).x, stage.health(PLAYER)), (0.0, 100.0), "a wall hides it");
    stage.put(STONE, Vec3::new(5.0, 0.0, 90.0));
    stage.ticks(256);
    assert!(stage.health(PLAYER) < 100.0);
}

#[test]
fn merchant_buys_and_sells_all_or_nothing() {
    fn order(stage: &mut Stage, callback: &str, item: &str, count: i64) -> [u64; 4] {
        stage.send(callback, [PLAYER.into(), item.into(), count.into()]);
        stage.ticks(1);
        let coins = |id| stage.count(id, "coin");
        [coins(PLAYER), stage.count(PLAYER, item), coins(ME), stage.count(ME, item)]
    }
    let mut stage = Stage::new("merchant.rhai");
    stage.give(ME, "potion", 5);
    stage.give(ME, "coin", 10);
    stage.give(PLAYER, "coin", 12);
    assert_eq!(order(&mut stage, "on_buy", "potion", 2), [2, 2, 20, 3]);
    // Too dear, too many, unheard of, not wanted at all.
    assert_eq!(order(&mut stage, "on_buy", "potion", 1), [2, 2, 20, 3]);
    assert_eq!(order(&mut stage, "on_buy", "potion", 4), [2, 2, 20, 3]);
    assert_eq!(order(&mut stage, "on_buy", "potion", 0), [2, 2, 20, 3]);
    assert_eq!(order(&mut stage, "on_buy", "potion", -1), [2, 2, 20, 3]);
    assert_eq!(order(&mut stage, "on_buy", "bread", 1), [2, 0, 20, 0]);
    // Half the price back.
    assert_eq!(order(&mut stage, "on_sell", "potion", 2), [7, 0, 15, 5]);
    assert_eq!(order(&mut stage, "on_sell", "potion", 1), [7, 0, 15, 5]);
    assert_eq!(stage.get("trades"), Value::Int(2));
    assert_eq!((stage.heard("traded"), stage.heard("refused")), (2, 6));

    // No room for a potion beside eleven coins in two slots: the coins come back.
    let mut stage = Stage::new("merchant.rhai");
    stage.insert(PLAYER, Inventory::with_slots(2));
    stage.give(ME, "potion", 5);
    stage.give(PLAYER, "coin", 20);
    assert_eq!(order(&mut stage, "on_buy", "potion", 1), [20, 0, 0, 5]);
    assert_eq!(stage.heard("refused"), 1);
}

#[test]
fn medic_goes_to_whoever_is_worst_off() {
    const OTHER: ScriptId = ScriptId(5);
    let mut stage = Stage::new("medic.rhai");
    stage.give(ME, "bandage", 3);
    stage.app.world_mut().spawn((
        OTHER,
        Transform::from_xyz(0.0, 0.0, 8.0),
        Team("red".to_owned()),
        Health { current: 15.0, max: 100.0 },
    ));
    stage.hurt(FRIEND, 65.0);
    stage.ticks(2);
    assert_eq!((stage.health(OTHER), stage.health(FRIEND)), (15.0, 65.0), "it is on its way");
    stage.ticks(400);
    // Two bandages for the one; by then the other one is no worse off.
    assert_eq!((stage.health(OTHER), stage.health(FRIEND)), (75.0, 65.0));
    assert_eq!((stage.count(ME, "bandage"), stage.get("treated")), (0, Value::Int(3)));
    assert_eq!(stage.health(PLAYER), 100.0);

    // Whom nobody is left to heal for fights.
    for friend in [FRIEND, OTHER] {
        let friend = stage.entity(friend);
        stage.app.world_mut().despawn(friend);
    }
    stage.ticks(200);
    assert!(stage.health(PLAYER) < 100.0);
}

#[test]
fn squad_tactics_shoots_what_it_sees_and_goes_round_what_is_in_the_way() {
    let mut stage = Stage::new("squad_tactics.rhai");
    stage.ticks(65);
    assert!(stage.health(PLAYER) < 100.0);
    let before = stage.health(PLAYER);
    let wall = Hitbox(Shape::Box { half: Vec3::new(0.2, 5.0, 2.0) });
    stage.put(ME, Vec3::ZERO);
    stage.insert(STONE, (wall, Transform::from_xyz(2.0, 0.0, 0.0)));
    stage.ticks(1);
    assert_eq!(stage.get("doing"), "advancing".into());
    assert_eq!(stage.health(PLAYER), before);
    stage.ticks(400);
    assert!(stage.health(PLAYER) < before, "it found a way round the wall");
}

#[test]
fn squad_tactics_falls_back_to_its_friends_when_the_odds_are_bad() {
    let mut stage = Stage::new("squad_tactics.rhai");
    stage.insert(PLAYER, AttackPower(100.0));
    stage.hurt(ME, 20.0);
    stage.put(FRIEND, Vec3::new(-10.0, 0.0, 0.0));
    stage.ticks(32);
    assert_eq!(stage.get("doing"), "falling back".into());
    assert!(stage.place(ME).x < -1.0);
    // Not for ever.
    stage.ticks(320);
    assert!(stage.health(PLAYER) < 100.0);
}

#[test]
fn squad_tactics_steps_aside_in_the_open_and_stays_in_cover() {
    let mut stage = Stage::new("squad_tactics.rhai");
    // It shoots once in 64 ticks, and has not shot at first.
    stage.ticks(64);
    stage.until("doing", "shooting");
    stage.ticks(1);
    assert_eq!(stage.get("doing"), "looking for cover".into());
    stage.ticks(10);
    assert_ne!(stage.place(ME).z, 0.0);
    // A parapet: all but the eyes are behind it.
    let parapet = Hitbox(Shape::Box { half: Vec3::new(0.1, 1.0, 50.0) });
    stage.insert(STONE, (parapet, Transform::from_xyz(1.0, 0.0, 0.0)));
    stage.put(ME, Vec3::ZERO);
    stage.ticks(1);
    assert_eq!(stage.get("doing"), "in cover".into());
    stage.until("doing", "shooting");
    assert_eq!(stage.place(ME), Vec3::ZERO);
}

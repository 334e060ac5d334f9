//! Every function has a script, `assets/tests/api/<function>.rhai`, that says what it does. It throws
//! where that is not so, and publishes `("done", "<function>")` when it came to its end.

use std::{collections::BTreeSet, fs, path::PathBuf};

use bevy::prelude::*;
use bevy_cscript::{
    api::{ApiFunction, ApiTable},
    contract::{ScriptCommand, ScriptId, SoundOptions, SoundPlace, Value},
    prelude::*,
    runtime::{
        ScriptIds,
        gameplay::{Health, Inventory, StatusEffects, Team},
    },
    testing::ScriptTestApp,
};

use crate::stage::{Stats, Told, full_stage};

/// The names of API.md, by category.
const FUNCTIONS: [(Category, &[&str]); 6] = [
    (
        Category::MOVEMENT,
        &[
            "get_position",
            "set_position",
            "move_towards",
            "teleport",
            "face_direction",
            "get_velocity",
        ],
    ),
    (
        Category::COMBAT,
        &[
            "apply_damage",
            "heal",
            "get_health",
            "set_health",
            "is_alive",
            "get_armor",
            "apply_status_effect",
            "clear_status_effects",
        ],
    ),
    (
        Category::TACTICAL,
        &[
            "get_nearest_enemy",
            "get_allies_in_radius",
            "raycast",
            "line_of_sight",
            "cover_score",
            "threat_level",
        ],
    ),
    (
        Category::UTILITY,
        &[
            "get_tag",
            "set_tag",
            "get_component",
            "set_component",
            "spawn_entity",
            "destroy_entity",
            "find_entity_by_tag",
            "distance",
        ],
    ),
    (
        Category::AUDIO_VISUAL,
        &["play_sound", "stop_sound", "play_animation", "spawn_particle", "screen_shake"],
    ),
    (
        Category::INVENTORY,
        &["add_to_inventory", "remove_from_inventory", "has_item", "get_item_count"],
    ),
];

/// Long enough for every fixture.
const TICKS: usize = 8;

fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().flat_map(|(_, names)| names.iter().copied())
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/tests/api")
}

fn fixture(name: &str) -> String {
    let path = folder().join(format!("{name}.rhai"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn the_table_has_the_37_functions_of_the_contract() {
    let table = ApiTable::default();
    for (category, names) in &FUNCTIONS {
        let found: BTreeSet<_> = table.in_category(category).map(ApiFunction::name).collect();
        assert_eq!(found, names.iter().copied().collect(), "{category}");
    }
    assert_eq!(names().count(), 37);
    let granted = table.iter().filter(|function| *function.category() != Category::UNIVERSAL);
    assert_eq!(granted.count(), 37, "and there is no seventh category");
}

#[test]
fn every_function_has_its_fixture_and_none_is_left_over() {
    let entries = fs::read_dir(folder()).expect("the folder is there");
    let found: BTreeSet<String> = entries
        .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(found, names().map(|name| format!("{name}.rhai")).collect());
    for name in names() {
        let text = fixture(name);
        // As a word of its own: `get_position` is not `set_position`.
        assert!(text.contains(&format!("{name}(")), "{name} is not called in its fixture");
    }
}

/// What goes wrong when a fixture runs for some ticks, and what it leaves behind.
fn run(name: &str, text: &str) -> (Vec<String>, ScriptTestApp, Told) {
    let mut app = full_stage(&format!("tests/api/{name}.rhai"), text);
    let mut told = Told::default();
    told.ticks(&mut app, TICKS);
    let mut wrong: Vec<_> = app.take_faults().iter().map(|f| f.error.to_string()).collect();
    let refused = app.take_reloads().into_iter().flat_map(|reload| reload.refused);
    wrong.extend(refused.map(|error| error.to_string()));
    let done = told.published.all.iter().filter(|message| message.topic == "done");
    let done: Vec<_> = done.map(|message| message.value.clone()).collect();
    if done != [Value::from(name)] {
        wrong.push(format!("{name}: it did not come to its end, or not once: {done:?}"));
    }
    (wrong, app, told)
}

#[test]
fn every_fixture_comes_to_its_end_without_a_fault() {
    let wrong: Vec<_> = names().flat_map(|name| run(name, &fixture(name)).0).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_fixture_that_does_nothing_or_says_something_false_is_found() {
    let helper = fixture("get_tag");
    let helper = helper.split("fn on_update").next().expect("it begins with a helper");
    for (body, expected) in [
        ("", "did not come to its end"),
        ("publish(\"done\", \"get_health\");", "did not come to its end"),
        ("publish(\"done\", \"get_tag\");", "not once"),
        ("expect(get_tag(2), \"barrel\", \"the crate\");", "the crate: crate in place of barrel"),
        ("get_tag(999);", "no entity has the id 999"),
        ("let x = ;", "tests/api/get_tag.rhai"),
    ] {
        let (wrong, ..) = run("get_tag", &format!("{helper}fn on_update() {{ {body} }}"));
        let wrong = wrong.join("\n");
        assert!(wrong.contains(expected), "{body}: {wrong}");
    }
}

/// What a fixture leaves behind, looked at from Rust: in the world, and in what the game was told.
type Check = fn(&ScriptTestApp, &Told);

const CHECKS: &[(&str, Check)] = &[
    ("set_position", |app, _| {
        assert_eq!(place(app, 1).translation, Vec3::new(-7.0, 0.0, 8.0));
        assert_eq!(place(app, 2).translation, Vec3::new(0.0, 1.0, 0.0));
        // Its parent stands at [10, 0, 0] and is turned by a quarter.
        let local = place(app, 31).translation;
        assert!(local.distance(Vec3::new(-2.0, 1.0, 10.0)) < 1e-4, "{local}");
    }),
    ("move_towards", |app, _| {
        assert_eq!(place(app, 1).translation, Vec3::new(10.0, 0.0, 0.0));
        assert_eq!(place(app, 2).translation, Vec3::new(3.0, 0.0, 8.0));
    }),
    ("teleport", |app, _| {
        assert_eq!(place(app, 1).translation, Vec3::new(50.0, 0.0, 0.0));
        assert_eq!(place(app, 2).translation, Vec3::new(1.0, 2.0, 3.0));
    }),
    ("face_direction", |app, _| {
        let forward = *place(app, 1).forward();
        assert!(forward.distance(Vec3::new(0.6, 0.0, 0.8)) < 1e-5, "{forward}");
        assert_eq!(place(app, 1).translation, Vec3::ZERO);
        assert!(place(app, 2).forward().distance(Vec3::Y) < 1e-5);
        assert!(place(app, 4).forward().distance(Vec3::Z) < 1e-5);
        assert!(place(app, 5).forward().distance(Vec3::X) < 1e-5);
        // In the world, so half a turn against its parent's quarter.
        let in_world = place(app, 30).rotation * *place(app, 31).forward();
        assert!(in_world.distance(Vec3::X) < 1e-5, "{in_world}");
    }),
    ("apply_damage", |app, told| {
        let [me, dummy] = [1, 2].map(|id| entity(app, id));
        let hits: Vec<_> = told
            .damaged
            .all
            .iter()
            .map(|hit| (hit.entity, hit.amount, hit.kind.as_str()))
            .collect();
        assert_eq!(
            hits,
            [(dummy, 3.0, ""), (dummy, 4.5, "fire"), (me, 30.0, ""), (dummy, 98.0, "")]
        );
        assert!(told.damaged.all.iter().all(|hit| hit.source == ScriptId(1)));
        assert_eq!(told.died.all.len(), 1);
        assert_eq!((told.died.all[0].entity, told.died.all[0].source), (dummy, ScriptId(1)));
        assert_eq!((health(app, 1), health(app, 2)), (70.0, 0.0));
    }),
    ("heal", |app, told| {
        assert_eq!((health(app, 1), health(app, 2), health(app, 6)), (100.0, 23.0, 0.0));
        assert_eq!(told.damaged.all.len(), 1);
        assert_eq!(told.died.all.len(), 0);
    }),
    ("set_health", |app, told| {
        assert_eq!((health(app, 2), health(app, 4)), (3.0, 12.0));
        assert_eq!(told.damaged.all.len(), 0, "nobody was hit");
        assert_eq!(told.died.all.len(), 1);
    }),
    ("apply_status_effect", |app, told| {
        let effects = &get::<StatusEffects>(app, 2).0;
        let left: Vec<_> = effects.iter().map(|e| (e.name.as_str(), e.magnitude)).collect();
        assert_eq!(left, [("burn", 3.0), ("curse", -4.0)]);
        assert_eq!(effects[0].remaining, 2.0 - TICKS as f32 / 64.0);
        assert_eq!(told.applied.all.len(), 8);
        let ended: Vec<_> = told.ended.all.iter().map(|end| end.name.as_str()).collect();
        assert_eq!(ended, ["haste", "wink", "slow"]);
    }),
    ("clear_status_effects", |app, told| {
        assert!(get::<StatusEffects>(app, 1).0.is_empty());
        assert!(get::<StatusEffects>(app, 2).0.is_empty());
        let ended: Vec<_> = told.ended.all.iter().map(|end| end.name.as_str()).collect();
        assert_eq!(ended, ["burn", "slow", "slow", "burn", "curse", "haste"]);
    }),
    ("set_tag", |app, _| {
        assert_eq!(get::<Tag>(app, 2).0, "keg");
        for id in [1, 3] {
            assert!(app.world().get::<Tag>(entity(app, id)).is_none(), "{id}");
        }
    }),
    ("set_component", |app, _| {
        let stats = get::<Stats>(app, 2);
        assert_eq!((stats.power, stats.level, stats.title.as_str()), (4.0, 5, "heavy"));
        let own = get::<Stats>(app, 1);
        assert_eq!((own.power, own.level, own.title.as_str()), (0.0, 2, ""));
    }),
    ("spawn_entity", |app, _| {
        let sparks = team_of(app, "spark");
        let places: BTreeSet<_> = sparks.iter().map(ToString::to_string).collect();
        assert_eq!(places, BTreeSet::from(["[1, 2, 3]".to_owned(), "[7, 0, 8]".to_owned()]));
    }),
    ("destroy_entity", |app, _| {
        for id in [1, 2, 30, 31] {
            assert_eq!(app.entity(ScriptId(id)), None, "{id}");
        }
        assert!(app.entity(ScriptId(4)).is_some(), "the others stay");
    }),
    ("play_sound", |_, told| {
        let played: Vec<_> = told
            .shown
            .all
            .iter()
            .filter_map(|shown| match &shown.0 {
                ScriptCommand::PlaySound { path, options, .. } => {
                    Some((&**path, (**options).clone()))
                }
                _ => None,
            })
            .collect();
        let plain = SoundOptions::default();
        let at = |place| SoundOptions { at: Some(place), ..SoundOptions::default() };
        let loud = SoundOptions { volume: 0.5, speed: 2.0, looped: true, at: None };
        assert_eq!(
            played,
            [
                ("sounds/horn.ogg", plain.clone()),
                ("audio/theme.ogg", loud),
                ("sounds/step.ogg", at(SoundPlace::Position(Vec3::new(1.0, 0.0, 2.0)))),
                ("sounds/step.ogg", at(SoundPlace::Entity(ScriptId(1)))),
                ("sounds/step.ogg", at(SoundPlace::Position(Vec3::new(1.0, 2.0, 3.0)))),
                ("sounds/step.ogg", plain),
            ]
        );
    }),
    ("stop_sound", |_, told| {
        let (mut begun, mut stopped) = (Vec::new(), Vec::new());
        for shown in &told.shown.all {
            match shown.0 {
                ScriptCommand::PlaySound { handle, .. } => begun.push(handle),
                ScriptCommand::StopSound { handle } => stopped.push(handle),
                _ => panic!("{shown:?}"),
            }
        }
        assert_eq!(begun, stopped, "each is stopped once, and nothing else is");
        assert_eq!(begun.len(), 2);
    }),
    ("play_animation", |_, told| {
        let played: Vec<_> = told
            .shown
            .all
            .iter()
            .map(|shown| match &shown.0 {
                ScriptCommand::PlayAnimation { id, name, options } => {
                    (id.0, &**name, options.repeat, options.speed, options.blend)
                }
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            played,
            [
                (1, "wave", false, 1.0, 0.0),
                (2, "open", true, 2.0, 0.25),
                (2, "close", false, 1.0, 0.0)
            ]
        );
    }),
    ("spawn_particle", |_, told| {
        let dust = |x, y, z| ScriptCommand::SpawnParticle {
            effect: "dust".into(),
            position: Vec3::new(x, y, z),
        };
        let shown: Vec<_> = told.shown.all.iter().map(|shown| shown.0.clone()).collect();
        assert_eq!(shown, [dust(1.0, 0.0, 2.0), dust(3.0, 0.0, 4.0), dust(1.0, 2.0, 3.5)]);
    }),
    ("screen_shake", |_, told| {
        let shake = |intensity, seconds| ScriptCommand::ShakeScreen { intensity, seconds };
        let shown: Vec<_> = told.shown.all.iter().map(|shown| shown.0.clone()).collect();
        assert_eq!(shown, [shake(0.5, 2.0), shake(0.0, 0.0), shake(1.0, 0.25)]);
    }),
    ("add_to_inventory", |app, _| assert_eq!(carried(app), [("coin", 10), ("gem", 1)])),
    ("remove_from_inventory", |app, _| assert_eq!(carried(app), [("gem", 1)])),
];

fn entity(app: &ScriptTestApp, id: i64) -> Entity {
    app.entity(ScriptId(id)).unwrap_or_else(|| panic!("entity {id} is there"))
}

fn get<C: Component>(app: &ScriptTestApp, id: i64) -> &C {
    let component = app.world().get::<C>(entity(app, id));
    component.unwrap_or_else(|| panic!("entity {id} has it"))
}

fn place(app: &ScriptTestApp, id: i64) -> &Transform {
    get(app, id)
}

fn health(app: &ScriptTestApp, id: i64) -> f32 {
    get::<Health>(app, id).current
}

fn carried(app: &ScriptTestApp) -> Vec<(&str, u32)> {
    let stacks = &get::<Inventory>(app, 2).0.stacks;
    stacks.iter().map(|stack| (stack.item.as_str(), stack.count)).collect()
}

fn team_of(app: &ScriptTestApp, team: &str) -> Vec<Vec3> {
    let world = app.world();
    let all = world.resource::<ScriptIds>().iter().map(|(_, entity)| world.entity(entity));
    all.filter(|entity| entity.get::<Team>().is_some_and(|own| own.0 == team))
        .filter_map(|entity| entity.get::<Transform>().map(|at| at.translation))
        .collect()
}

#[test]
fn what_a_function_does_to_the_world_is_seen_from_rust() {
    let known: BTreeSet<_> = names().collect();
    let checked: BTreeSet<_> = CHECKS.iter().map(|(name, _)| *name).collect();
    assert!(checked.is_subset(&known));
    assert_eq!(checked.len(), CHECKS.len());
    for name in names() {
        let (wrong, app, told) = run(name, &fixture(name));
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let mut checks = CHECKS.iter().filter(|(checked, _)| *checked == name);
        if let Some((_, check)) = checks.next() {
            check(&app, &told);
        }
    }
}

use bevy::prelude::*;
use bevy_cscript::{
    contract::{ScriptCommand, ScriptId, Shape, StatusEffect, Value},
    prelude::*,
    runtime::{
        ScriptShow,
        gameplay::{
            Armor, AttackPower, Damaged, Died, EyeHeight, Health, Hitbox, Hostility, Inventory,
            SightRange, StatusEffectApplied, StatusEffectEnded, StatusEffects, Team,
        },
    },
    testing::ScriptTestApp,
};

use crate::stage::stage;

fn run(text: &str) -> (ScriptTestApp, Entity, Entity) {
    let (mut app, me, dummy) = stage(text);
    app.tick();
    let faults = app.take_faults();
    assert!(faults.is_empty(), "{}", faults[0].error);
    (app, me, dummy)
}

fn count<M: Message>(app: &ScriptTestApp) -> usize {
    app.world().resource::<Messages<M>>().len()
}

#[test]
fn damage_goes_through_armor_and_effects_of_several_scripts_add_up() {
    let text = "let seen = []; fn on_update() { seen.push(apply_damage(2, 5)); seen.push(get_health(2)); }";
    let (mut app, me, dummy) = stage(text);
    let other = app.script("other.rhai", text);
    app.world_mut().spawn(CScript::new(other));
    app.tick();
    assert_eq!(app.get(me, "seen").to_string(), "[3.0, 17.0]", "each sees its own blow");
    let health = app.world().get::<Health>(dummy).expect("it is there");
    assert_eq!(health.current, 14.0, "the world feels both");
    assert_eq!(count::<Damaged>(&app), 2);
}

#[test]
fn the_hurt_and_the_dying_hear_of_it_once() {
    let (mut app, me, dummy) = stage("fn on_update() { apply_damage(2, 12); }");
    let ears = app.script(
        "ears.rhai",
        "let heard = [];
        fn on_damage(amount, source) { heard.push([amount, source]); }
        fn on_death(source) { heard.push(source); }",
    );
    app.world_mut().entity_mut(dummy).insert(CScript::new(ears));
    app.ticks(6);
    assert_eq!(app.get(dummy, "heard").to_string(), "[[10.0, 1], [10.0, 1], 1]");
    assert_eq!(app.world().get::<Health>(dummy).map(|h| h.current), Some(0.0));
    assert!(app.take_faults().is_empty());
    assert_eq!(app.id(me), ScriptId(1));
}

#[test]
fn healing_stops_at_the_maximum_and_the_dead_stay_dead() {
    let (app, me, dummy) = run("let seen = [];
        fn on_update() {
            seen.push(heal(2, 4)); seen.push(heal(2, 100)); seen.push(get_health(2));
            set_health(2, 1000); seen.push(get_health(2));
            set_health(2, -5); seen.push(get_health(2)); seen.push(is_alive(2));
            seen.push(heal(2, 5)); seen.push(apply_damage(2, 5));
            seen.push(is_alive(999)); seen.push(get_armor(2));
        }");
    assert_eq!(
        app.get(me, "seen").to_string(),
        "[4.0, 6.0, 30.0, 30.0, 0.0, false, 0.0, 0.0, false, 2.0]"
    );
    assert_eq!(app.world().get::<Health>(dummy).map(|h| h.current), Some(0.0));
    assert_eq!(count::<Died>(&app), 1);
}

#[test]
fn status_effects_run_down_and_both_ends_are_told() {
    let (mut app, me, dummy) = stage(
        "let seen = [];
        fn on_spawn() {
            apply_status_effect(2, \"slow\", 0.03, 0.5);
            apply_status_effect(2, \"slow\", 0.01, 2.0);
            apply_status_effect(2, \"burn\", 10);
            apply_status_effect(entity_id, \"haste\", 1);
            seen.push(clear_status_effects(entity_id));
            seen.push(clear_status_effects(entity_id));
        }",
    );
    app.tick();
    assert_eq!(app.get(me, "seen").to_string(), "[1, 0]");
    let effects = app.world().get::<StatusEffects>(dummy).expect("health brings it").clone();
    assert_eq!(effects.0.len(), 2);
    assert_eq!((effects.0[0].name.as_str(), effects.0[0].magnitude), ("slow", 2.0));
    assert_eq!(count::<StatusEffectApplied>(&app), 4);
    app.tick();
    let effects = app.world().get::<StatusEffects>(dummy).expect("it is there").clone();
    assert_eq!(effects.0.len(), 1, "two ticks are longer than 0.03 seconds");
    assert_eq!(count::<StatusEffectEnded>(&app), 2);
    assert!(app.take_faults().is_empty());
}

#[test]
fn things_are_carried_within_stacks_and_slots() {
    let (app, me, dummy) = run("let seen = [];
        fn on_update() {
            seen.push(add_to_inventory(2, \"coin\", 15));
            seen.push(add_to_inventory(2, \"gem\", 1));
            seen.push(add_to_inventory(2, \"coin\", 15));
            seen.push(get_item_count(2, \"coin\"));
            seen.push(remove_from_inventory(2, \"coin\", 21));
            seen.push(remove_from_inventory(2, \"coin\", 12));
            seen.push(has_item(2, \"gem\"));
            seen.push(add_to_inventory(2, \"gem\", 5));
            seen.push(get_item_count(2, \"coin\"));
        }");
    assert_eq!(app.get(me, "seen").to_string(), "[15, 0, 5, 20, false, true, false, 1, 8]");
    let inventory = app.world().get::<Inventory>(dummy).expect("it is there");
    assert_eq!((inventory.0.count("coin"), inventory.0.count("gem")), (8, 1));
}

#[test]
fn enemies_allies_and_threats_are_found_by_distance_and_id() {
    let (mut app, me, _) = stage(
        "let nearest = (); let far = (); let allies = []; let near = []; let threat = 0.0; let after = ();
        fn on_update() {
            nearest = get_nearest_enemy(entity_id);
            far = get_nearest_enemy(entity_id, 1);
            allies = get_allies_in_radius(entity_id, 100);
            near = get_allies_in_radius(entity_id, 2.5);
            threat = threat_level(entity_id);
            set_position(2, [50, 0, 0]);
            after = get_nearest_enemy(entity_id);
        }",
    );
    let red = || Team("red".to_owned());
    let world = app.world_mut();
    world.spawn((ScriptId(12), Transform::from_xyz(2.0, 0.0, 0.0), red()));
    world.spawn((ScriptId(11), Transform::from_xyz(0.0, 0.0, 2.0), red()));
    world.spawn((ScriptId(13), Transform::from_xyz(9.0, 0.0, 0.0), red()));
    world.spawn((
        ScriptId(14),
        Transform::from_xyz(1.0, 0.0, 0.0),
        red(),
        Health { current: 0.0, max: 1.0 },
    ));
    world.spawn((
        ScriptId(21),
        Transform::from_xyz(0.0, 0.0, 5.0),
        Team("green".to_owned()),
        AttackPower(5.0),
    ));
    world.spawn((ScriptId(22), Transform::from_xyz(0.0, 0.0, 1.0), Team("white".to_owned())));
    world.spawn((
        ScriptId(23),
        Transform::from_xyz(0.0, 0.0, 30.0),
        Team("blue".to_owned()),
        AttackPower(99.0),
    ));
    world.resource_mut::<Hostility>().make_peace("red", "white");
    world.entity_mut(me).insert(SightRange(10.0));
    app.tick();
    assert!(app.take_faults().is_empty());
    assert_eq!(app.get(me, "nearest"), Value::Int(2), "2 and 21 are both 5 units away");
    assert_eq!(app.get(me, "far"), Value::Unit);
    assert_eq!(app.get(me, "allies").to_string(), "[11, 12, 13]");
    assert_eq!(app.get(me, "near").to_string(), "[11, 12]");
    assert_eq!(app.get(me, "threat"), Value::Float(3.0), "10 / 5 + 5 / 5");
    assert_eq!(app.get(me, "after"), Value::Int(21), "a call sees its own writes");
}

#[test]
fn rays_sight_and_cover() {
    let (mut app, me, _) = stage(
        "let hit = (); let miss = (); let sees = (); let cover = (); let after = (); let blocked = ();
        fn on_update() {
            hit = raycast([0, 0, -10], [0, 0, 2], 100);
            miss = raycast([0, 0, -10], [0, 0, 1], 4);
            sees = line_of_sight(entity_id, 2);
            blocked = line_of_sight(entity_id, 32);
            cover = cover_score(entity_id, 31);
            set_position(30, [100, 0, 0]);
            after = cover_score(entity_id, 31);
        }",
    );
    let world = app.world_mut();
    let wall = Hitbox(Shape::Box { half: Vec3::new(3.0, 3.0, 0.5) });
    world.spawn((ScriptId(30), Transform::from_xyz(0.0, 0.0, -5.0), wall));
    world.spawn((ScriptId(31), Transform::from_xyz(0.0, 0.0, -20.0)));
    world.spawn((ScriptId(32), Transform::from_xyz(0.0, 0.0, -10.0), EyeHeight(1.0)));
    app.tick();
    let faults = app.take_faults();
    assert!(faults.is_empty(), "{}", faults[0].error);
    assert_eq!(
        app.get(me, "hit").to_string(),
        "#{distance: 4.5, entity: 30, normal: vec3(0.0, 0.0, -1.0), position: vec3(0.0, 0.0, -5.5)}"
    );
    assert_eq!(app.get(me, "miss"), Value::Unit);
    assert_eq!(app.get(me, "sees"), Value::Bool(true));
    assert_eq!(app.get(me, "blocked"), Value::Bool(false));
    assert_eq!(app.get(me, "cover"), Value::Float(1.0));
    assert_eq!(app.get(me, "after"), Value::Float(0.0));
}

#[test]
fn what_is_heard_and_seen_is_told_and_changes_nothing() {
    let (mut app, me, _) = stage(
        "let horn = (); let seen = [];
        fn on_spawn() {
            horn = play_sound(\"sounds/horn.ogg\", #{ volume: 0.5, looped: true, at: [1, 2, 3] });
            play_animation(entity_id, \"wave\", #{ repeat: true });
            spawn_particle(\"dust\", [0, 0]);
            screen_shake(0.5, 1);
        }
        fn on_update() { if tick() == 2 { seen.push(stop_sound(horn)); seen.push(stop_sound(horn)); seen.push(stop_sound(7)); } }",
    );
    let before = app.hash();
    app.tick();
    let shown: Vec<_> = app
        .world()
        .resource::<Messages<ScriptShow>>()
        .iter_current_update_messages()
        .cloned()
        .collect();
    assert_eq!(shown.len(), 4);
    let ScriptCommand::PlaySound { path, options, .. } = &shown[0].0 else { panic!("{shown:?}") };
    assert_eq!((&**path, options.volume, options.looped), ("sounds/horn.ogg", 0.5, true));
    app.ticks(2);
    assert_eq!(app.get(me, "seen").to_string(), "[true, false, false]");
    assert_ne!(app.hash(), before, "the tick is in the hash");
    assert!(app.take_faults().is_empty());
}

#[test]
fn a_game_puts_its_own_health_behind_the_functions() {
    #[derive(Component, Reflect)]
    #[reflect(Component)]
    struct Hull(f64);
    let mut app = ScriptTestApp::new();
    app.app().back_script_function(ScriptFunction::backing("get_health").overload(
        ["e"],
        |context: &mut ScriptContext<'_>, e: Live| {
            context
                .host_component::<Hull>(e.0)
                .map(|hull| hull.0)
                .ok_or_else(|| ApiFault::not_found("no hull"))
        },
    ));
    let script =
        app.script("a.rhai", "let seen = (); fn on_update() { seen = get_health(entity_id); }");
    let ship = app.world_mut().spawn((Hull(7.5), CScript::new(script))).id();
    app.tick();
    assert_eq!(app.get(ship, "seen"), Value::Float(7.5));
    let host = app.world().resource::<bevy_cscript::runtime::ScriptHost>();
    let row = host.compiler().api().get("get_health").expect("it is in the table");
    assert_eq!(row.category(), &Category::COMBAT);
    assert!(row.doc().contains("health"));
}

#[test]
fn an_exposed_component_and_the_functions_over_it_agree_from_the_next_pass_on() {
    let (mut app, me, dummy) = stage(
        "let shown = []; let told = [];
        fn on_update() {
            if tick() == 0 { set_health(2, 7); set_component(2, \"Armor\", 3.0); }
            shown.push(get_component(2, \"Health\").current);
            shown.push(get_component(2, \"Armor\"));
            told.push(get_health(2));
            told.push(get_armor(2));
        }",
    );
    app.app().expose_component::<Health>("Health", Access::Read);
    app.app().expose_component::<Armor>("Armor", Access::ReadWrite);
    app.world_mut().entity_mut(dummy).insert(Armor(1.0));
    app.ticks(2);
    let faults = app.take_faults();
    assert!(faults.is_empty(), "{}", faults[0].error);
    assert_eq!(app.get(me, "shown").to_string(), "[20.0, 3.0, 7.0, 3.0]");
    assert_eq!(app.get(me, "told").to_string(), "[7.0, 1.0, 7.0, 3.0]");
}

#[test]
fn what_a_script_was_told_fitted_is_what_is_added() {
    let (mut app, me, dummy) = stage(
        "let told = (); fn on_update() { if tick() == 1 { remove_from_inventory(2, \"coin\", 20); } else if tick() == 0 { add_to_inventory(2, \"coin\", 20); } }",
    );
    let other = app.script(
        "other.rhai",
        "let told = (); fn on_update() { if tick() == 1 { told = add_to_inventory(2, \"coin\", 7); } }",
    );
    let other = app.world_mut().spawn(CScript::new(other)).id();
    app.ticks(2);
    assert_eq!(app.get(other, "told"), Value::Int(0), "it was full when the pass began");
    let inventory = app.world().get::<Inventory>(dummy).expect("it is there");
    assert_eq!(inventory.0.count("coin"), 0);
    assert!(app.take_faults().is_empty());
    assert_eq!(app.get(me, "told"), Value::Unit);
}

/// A cart, 40, that was turned by a quarter, on it a crate that scripts do not know, and on that a
/// wheel, 41, of the blue team, with a hitbox and a tag.
fn with_cart(text: &str) -> (ScriptTestApp, Entity) {
    let (mut app, me, _) = stage(text);
    let turned = Quat::from_rotation_y(std::f32::consts::FRAC_PI_2);
    let world = app.world_mut();
    let cart = Transform::from_xyz(10.0, 0.0, 0.0).with_rotation(turned);
    let cart = world.spawn((ScriptId(40), cart)).id();
    let load = world.spawn((Transform::from_xyz(0.0, 0.0, 2.0), ChildOf(cart))).id();
    let wheel = Transform::from_xyz(0.0, 0.0, 2.0);
    let blue = Team("blue".to_owned());
    world.spawn((
        (ScriptId(41), wheel, ChildOf(load)),
        (blue, Hitbox::default(), AttackPower(8.0), Tag("wheel".to_owned())),
    ));
    (app, me)
}

#[test]
fn what_stands_on_something_moves_with_it_at_once() {
    let (mut app, me) = with_cart(
        "let seen = []; let later = ();
        fn at(e) { let p = get_position(e); [(p.x * 10.0).round() / 10.0, (p.z * 10.0).round() / 10.0] }
        fn on_update() {
            if tick() > 0 { later = at(41); return; }
            seen.push(at(41));
            set_position(40, [10, 7]);
            seen.push(at(41));
            move_towards(40, [10, 0, 100], 1);
            seen.push(at(41));
            set_position(41, [0, 1]);
            seen.push(at(41));
            teleport(40, [11, 10]);
            seen.push(at(41));
            seen.push(at(40));
        }",
    );
    app.ticks(2);
    assert!(app.take_faults().is_empty());
    assert_eq!(
        app.get(me, "seen").to_string(),
        "[[14.0, 0.0], [14.0, 7.0], [14.0, 8.0], [0.0, 1.0], [1.0, 3.0], [11.0, 10.0]]"
    );
    assert_eq!(app.get(me, "later").to_string(), "[1.0, 3.0]", "as it was said");
}

#[test]
fn what_stands_on_something_turns_with_it_at_once() {
    let (mut app, me) = with_cart(
        "let seen = []; let later = (); let found = (); let eye = ();
        fn at(e) { let p = get_position(e); [(p.x * 10.0).round() / 10.0 + 0.0, (p.z * 10.0).round() / 10.0 + 0.0] }
        fn on_update() {
            if tick() > 0 { later = at(41); return; }
            seen.push(at(41));
            face_direction(40, [1, 0]);
            seen.push(at(41));
            seen.push(at(40));
            set_position(41, [10, 5]);
            seen.push(at(41));
            face_direction(40, [0, -1]);
            seen.push(at(41));
            set_position(40, [0, 0]);
            seen.push(at(41));
            face_direction(41, [1, 1]);
            face_direction(40, [0, 1]);
            seen.push(at(41));
            found = raycast([-50, 0], [1, 0], 100).entity;
            eye = raycast([50, 0], [-1, 0], 40);
        }",
    );
    app.ticks(2);
    let faults = app.take_faults();
    assert!(faults.is_empty(), "{}", faults[0].error);
    assert_eq!(
        app.get(me, "seen").to_string(),
        "[[14.0, 0.0], [6.0, 0.0], [10.0, 0.0], [10.0, 5.0], [15.0, 0.0], [5.0, 0.0], [-5.0, 0.0]]"
    );
    assert_eq!(app.get(me, "later").to_string(), "[-5.0, 0.0]", "as it was said");
    assert_eq!(app.get(me, "found"), Value::Int(41), "rays meet it there");
    assert_eq!(app.get(me, "eye"), Value::Unit, "and no longer here");
}

#[test]
fn what_stands_on_something_is_found_where_it_went() {
    let (mut app, me) = with_cart(
        "let seen = [];
        fn look(me) {
            let hit = raycast([-50, 0], [1, 0], 100);
            [
                get_nearest_enemy(me, 4.5), threat_level(me) > 1.0,
                hit.entity, hit.distance.round(), line_of_sight(me, 40),
            ]
        }
        fn on_update() {
            set_position(2, [0, 500]);
            seen.push(look(entity_id));
            set_position(40, [0, 0]);
            set_position(40, [-1, 0]);
            seen.push(look(entity_id));
            set_position(40, [20, 0]);
            set_position(41, [4, 0]);
            seen.push(look(entity_id));
        }",
    );
    app.tick();
    let faults = app.take_faults();
    assert!(faults.is_empty(), "{}", faults[0].error);
    assert_eq!(
        app.get(me, "seen").to_string(),
        "[[(), false, 41, 64.0, true], [41, true, 41, 53.0, true], [41, true, 41, 54.0, false]]"
    );
}

#[test]
fn what_stands_on_something_is_destroyed_with_it_at_once() {
    let (mut app, me) = with_cart(
        "let seen = []; let refused = ();
        fn on_update() {
            if tick() > 0 { return; }
            set_position(40, [1, 0]);
            destroy_entity(40);
            seen.push(is_alive(41));
            seen.push(find_entity_by_tag(\"wheel\"));
            seen.push(get_nearest_enemy(entity_id, 4.9));
            seen.push(raycast([-50, 0], [1, 0], 100));
            try { get_position(41); } catch (error) { refused = error.message; }
        }",
    );
    app.ticks(2);
    let faults = app.take_faults();
    assert!(faults.is_empty(), "{}", faults[0].error);
    assert_eq!(app.get(me, "seen").to_string(), "[false, (), (), ()]");
    assert_eq!(
        app.get(me, "refused"),
        Value::from("get_position: `e`: entity 41 was destroyed earlier in this call")
    );
    assert_eq!(app.entity(ScriptId(41)), None);
}

#[test]
fn nobody_is_near_what_stands_nowhere() {
    let (mut app, me, dummy) = stage(
        "let seen = [];
        fn on_update() {
            seen.push(get_nearest_enemy(entity_id));
            seen.push(get_allies_in_radius(entity_id, 100));
            seen.push(threat_level(entity_id));
        }",
    );
    let nowhere = Transform::from_xyz(f32::NAN, 0.0, 0.0);
    app.world_mut().entity_mut(me).insert(nowhere);
    app.world_mut().spawn((ScriptId(11), Transform::default(), Team("red".to_owned())));
    app.tick();
    assert_eq!(app.get(me, "seen").to_string(), "[(), [], 0.0]");
    app.world_mut().entity_mut(me).insert(Transform::default());
    app.world_mut().entity_mut(dummy).insert(nowhere);
    app.tick();
    assert_eq!(app.get(me, "seen").to_string(), "[(), [], 0.0, (), [11], 0.0]");
}

#[test]
fn the_dead_have_no_less_than_no_health() {
    let (mut app, me, dummy) = stage("let seen = (); fn on_update() { seen = get_health(2); }");
    app.world_mut().entity_mut(dummy).insert(Health { current: -5.0, max: 30.0 });
    app.tick();
    assert_eq!(app.get(me, "seen"), Value::Float(0.0));
}

#[test]
fn an_entity_has_no_more_status_effects_than_a_list_elements() {
    let (mut app, me, dummy) = stage(
        "let refused = ();
        fn on_update() {
            apply_status_effect(2, \"slow\", 9);
            try { apply_status_effect(2, `fresh ${tick()}`, 9); } catch (error) { refused = error.message; }
        }",
    );
    let effect = |i: usize| StatusEffect {
        name: if i == 0 { "slow".to_owned() } else { format!("old {i}") },
        remaining: 5.0,
        magnitude: 1.0,
    };
    app.world_mut().entity_mut(dummy).insert(StatusEffects((0..999).map(effect).collect()));
    app.ticks(3);
    let effects = &app.world().get::<StatusEffects>(dummy).expect("it is there").0;
    assert_eq!((effects.len(), effects[999].name.as_str()), (1000, "fresh 0"));
    let message = "apply_status_effect: an entity may have at most 1000 status effects";
    assert_eq!(app.get(me, "refused"), Value::from(message));
}

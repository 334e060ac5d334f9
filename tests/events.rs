use bevy::prelude::*;
use bevy_cscript::{
    contract::{ScriptCommand, ScriptId, StatusEffect, TIMERS},
    prelude::*,
    runtime::{
        AnimationClips, EventBudget, ScriptMetrics, ScriptPublished, ScriptShow, ShakenCamera,
        SoundLimit,
        gameplay::{
            AfflictEntity, Damaged, Died, GiveItems, HealEntity, Health, HurtEntity, Inventory,
            ItemGained, PublishMessage, StatusEffectEnded, StatusEffects,
        },
    },
    script::StateSnapshot,
    testing::ScriptTestApp,
};

fn all<M: Message + Clone>(app: &ScriptTestApp) -> Vec<M> {
    app.world().resource::<Messages<M>>().iter_current_update_messages().cloned().collect()
}

fn metrics(app: &ScriptTestApp) -> ScriptMetrics {
    app.world().resource::<ScriptMetrics>().clone()
}

#[track_caller]
fn without_faults(app: &mut ScriptTestApp) {
    let faults = app.take_faults();
    assert!(faults.is_empty(), "{}", faults[0].error);
}

fn seen(app: &ScriptTestApp, entity: Entity) -> String {
    let Value::Array(items) = app.get(entity, "seen") else { return "nothing".to_owned() };
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

const HERO: &str = "\
let seen = [];
fn on_damage(amount, source) { seen.push([\"hurt\", amount, source]); }
fn on_death(source) { seen.push([\"dead\", source]); }
fn on_item_gained(item, count) { seen.push([\"got\", item, count]); }
fn on_status_effect_end(name) { seen.push([\"over\", name]); }
fn on_message(topic, value) { seen.push([topic, value]); }
";

fn hero() -> (ScriptTestApp, Entity) {
    let mut app = ScriptTestApp::new();
    app.app().define_item("coin", 10);
    let script = app.script("hero.rhai", HERO);
    let hero = app.spawn(script);
    let carries = (Health::full(10.0), Inventory::with_slots(1));
    app.world_mut().entity_mut(hero).insert(carries);
    app.tick();
    (app, hero)
}

#[test]
fn the_game_asks_for_what_scripts_can_and_hears_what_came_of_it() {
    let (mut app, hero) = hero();
    let slow = StatusEffect { name: "slow".to_owned(), remaining: 2.5 / 64.0, magnitude: 1.0 };
    let world = app.world_mut();
    let hurt =
        |amount| HurtEntity { entity: hero, amount, kind: "fire".to_owned(), source: ScriptId(7) };
    world.write_message_batch([hurt(4.0), hurt(f32::NAN), hurt(-1.0)]);
    world.write_message(HealEntity { entity: hero, amount: 1.0 });
    world.write_message(AfflictEntity { entity: hero, effect: slow });
    world.write_message_batch(["coin", "unknown", "coin"].map(|item| GiveItems {
        entity: hero,
        item: item.to_owned(),
        count: 7,
    }));
    world.write_message(PublishMessage { topic: "hi".to_owned(), value: 1.into(), to: None });
    app.tick();
    assert_eq!(
        seen(&app, hero),
        "[\"hurt\", 4.0, 7] [\"got\", \"coin\", 7] [\"got\", \"coin\", 3] [\"hi\", 1]"
    );
    assert_eq!(app.world().get::<Health>(hero).map(|health| health.current), Some(7.0));
    assert_eq!(all::<Damaged>(&app).len(), 1);
    let gained: Vec<_> = all::<ItemGained>(&app).into_iter().map(|gained| gained.count).collect();
    assert_eq!(gained, [7, 3]);
    assert_eq!(all::<ScriptPublished>(&app).len(), 1);

    // The effect is over after three ticks and told in the pass after; death is told once.
    app.tick();
    app.world_mut().write_message_batch([hurt(100.0), hurt(100.0)]);
    app.tick();
    let text = seen(&app, hero);
    assert!(text.ends_with("[\"hurt\", 100.0, 7] [\"dead\", 7]"), "{text}");
    assert_eq!(all::<Died>(&app).len(), 1);
    assert_eq!(all::<StatusEffectEnded>(&app).len(), 1);
    app.ticks(2);
    let text = seen(&app, hero);
    assert!(text.ends_with("[\"dead\", 7] [\"over\", \"slow\"]"), "{text}");
    without_faults(&mut app);
}

#[test]
fn effects_that_a_script_clears_and_things_that_it_gives_are_told_to_whom_they_concern() {
    let (mut app, hero) = hero();
    let text = "fn on_update() {
        if tick() == 2 { add_to_inventory(1, \"coin\", 3); apply_status_effect(1, \"slow\", 9); }
        if tick() == 3 { clear_status_effects(1); }
    }";
    let script = app.script("giver.rhai", text);
    app.spawn(script);
    app.ticks(5);
    assert_eq!(seen(&app, hero), "[\"got\", \"coin\", 3] [\"over\", \"slow\"]");
    assert!(app.world().get::<StatusEffects>(hero).is_some_and(|effects| effects.0.is_empty()));
    without_faults(&mut app);
}

#[test]
fn what_nobody_defines_is_not_queued() {
    let mut app = ScriptTestApp::new();
    let script = app.script("deaf.rhai", "fn on_update() { }");
    let deaf = app.spawn(script);
    app.world_mut().entity_mut(deaf).insert(Health::full(10.0));
    // With no budget at all whatever is queued would wait.
    app.world_mut().insert_resource(EventBudget(0));
    app.tick();
    for _ in 0..10 {
        let hurt =
            HurtEntity { entity: deaf, amount: 1.0, kind: String::new(), source: ScriptId(1) };
        app.world_mut().write_message(hurt);
        app.send(ScriptEvent::custom("on_bell", []).to(ScriptId(1)));
        app.tick();
    }
    let metrics = metrics(&app);
    assert_eq!((metrics.events, metrics.waiting, metrics.unheard), (0, 0, 0));
}

#[test]
fn the_budget_leaves_the_rest_for_later_in_their_order_and_none_is_lost() {
    let mut app = ScriptTestApp::new();
    app.world_mut().insert_resource(EventBudget(4));
    let script = app.script(
        "a.rhai",
        "let seen = []; fn hit(n) { seen.push(n); } fn on_destroy() { publish(\"bye\", 0); }",
    );
    let entity = app.spawn(script.clone());
    app.tick();
    for n in 0..10 {
        app.send(ScriptEvent::custom("hit", [n.into()]).to(ScriptId(1)));
    }
    let mut told = Vec::new();
    for _ in 0..3 {
        app.tick();
        told.push((metrics(&app).events, metrics(&app).waiting));
    }
    assert_eq!(told, [(4, 6), (8, 2), (10, 0)]);
    assert_eq!(seen(&app, entity), "0 1 2 3 4 5 6 7 8 9");
    // Who is destroyed says its last words, however much waits.
    let killer = app.script("k.rhai", "fn kill() { destroy_entity(1); }");
    app.spawn(killer);
    app.tick();
    app.send(ScriptEvent::custom("kill", []));
    for n in 0..10 {
        app.send(ScriptEvent::custom("hit", [n.into()]).to(ScriptId(1)));
    }
    app.tick();
    app.tick();
    assert_eq!(all::<ScriptPublished>(&app).len(), 1);
    app.ticks(3);
    assert!(app.entity(ScriptId(1)).is_none());
    let metrics = metrics(&app);
    assert_eq!((metrics.events + metrics.unheard, metrics.waiting, metrics.dropped), (22, 0, 0));
    without_faults(&mut app);
}

#[test]
fn a_message_reaches_those_who_listen_to_its_topic() {
    let mut app = ScriptTestApp::new();
    let speaker = app.script(
        "s.rhai",
        "fn on_spawn() { publish(\"alarm\", 1); publish(\"weather\", 2); publish(\"x\", 3); }",
    );
    let hears = "let seen = []; fn on_message(topic, value) { seen.push(topic); }";
    let some = app.script(
        "some.rhai",
        &format!("const WEATHER = \"weather\"; const TOPICS = [\"alarm\", WEATHER]; {hears}"),
    );
    let none = app.script("none.rhai", &format!("const TOPICS = []; {hears}"));
    let all = app.script("all.rhai", hears);
    let [some, none, all] = [some, none, all].map(|script| app.spawn(script));
    app.spawn(speaker);
    app.ticks(2);
    assert_eq!(seen(&app, some), "alarm weather");
    assert_eq!(seen(&app, none), "");
    assert_eq!(seen(&app, all), "alarm weather x");
    // The game's own messages, too, whomever they are for.
    let to = |topic: &str, to| PublishMessage { topic: topic.to_owned(), value: 0.into(), to };
    app.world_mut().write_message(to("x", Some(ScriptId(1))));
    app.world_mut().write_message(to("alarm", Some(ScriptId(1))));
    app.tick();
    assert_eq!(seen(&app, some), "alarm weather alarm");
    assert_eq!(seen(&app, all), "alarm weather x");
    without_faults(&mut app);
}

#[test]
fn topics_that_are_none_are_refused_with_their_place() {
    for bad in ["\"alarm\"", "[1]", "[\"\"]", "#{}", "()"] {
        let mut app = ScriptTestApp::new();
        let text = format!("let n = 0;\nconst TOPICS = {bad};\nfn on_message(t, v) {{ }}");
        let script = app.script("a.rhai", &text);
        let entity = app.spawn(script);
        app.tick();
        let ScriptStatus::Failed { reason } = app.status(entity) else { panic!("{bad}") };
        assert!(reason.starts_with("a.rhai:2:") && reason.contains("TOPICS"), "{reason}");
    }
}

const BOMB: &str = "\
let seen = [];
fn on_spawn() { after(3.0 / 64.0, \"boom\"); every(2.0 / 64.0, \"beat\"); }
fn boom() { seen.push([\"boom\", tick()]); }
fn beat(timer) { seen.push([\"beat\", timer, tick()]); if tick() >= 6 { cancel(timer); } }
fn set(seconds, name) { seen.push(after(seconds, name)); }
fn fail() { after(1, \"boom\"); cancel(2); throw \"no\"; }
";

#[test]
fn timers_go_off_by_ticks_until_they_are_cancelled() {
    let mut app = ScriptTestApp::new();
    let script = app.script("bomb.rhai", BOMB);
    let bomb = app.spawn(script);
    app.ticks(20);
    assert_eq!(
        seen(&app, bomb),
        "[\"beat\", 2, 2] [\"boom\", 3] [\"beat\", 2, 4] [\"beat\", 2, 6]"
    );
    without_faults(&mut app);
}

#[test]
fn timers_live_through_new_versions_if_their_function_does() {
    let mut app = ScriptTestApp::new();
    let script = app.script("bomb.rhai", BOMB);
    let bomb = app.spawn(script.clone());
    app.ticks(2);
    // The top runs again, on_spawn does not; nothing goes off twice.
    app.replace(&script, "bomb.rhai", &BOMB.replace("[\"boom\"", "[\"BOOM\""));
    // It takes over in tick 3, and what goes off then is called in the next.
    app.ticks(3);
    assert_eq!(seen(&app, bomb), "[\"beat\", 2, 2] [\"BOOM\", 4] [\"beat\", 2, 4]");
    app.replace(&script, "bomb.rhai", &BOMB.replace("fn beat", "fn drum"));
    app.ticks(9);
    assert_eq!(seen(&app, bomb), "[\"beat\", 2, 2] [\"BOOM\", 4] [\"beat\", 2, 4]");
    let reloads = app.take_reloads();
    assert_eq!(
        reloads.last().map(|it| it.migration.timers_dropped.join(" ")),
        Some("beat".to_owned())
    );
    without_faults(&mut app);
}

#[test]
fn timers_are_saved_and_loaded_with_the_state() {
    let mut app = ScriptTestApp::new();
    let script = app.script("bomb.rhai", BOMB);
    let bomb = app.spawn(script);
    app.ticks(3);
    let slot = &app.world().get::<CScript>(bomb).expect("it is there").slots()[0];
    let saved = serde_json::to_string(&slot.snapshot()).expect("it is data");
    let hash = app.hash();
    app.ticks(9);
    let went_on = seen(&app, bomb);

    let mut loaded = ScriptTestApp::new();
    let script = loaded.script("bomb.rhai", BOMB);
    let again = loaded.spawn(script);
    loaded.tick();
    let snapshot: StateSnapshot = serde_json::from_str(&saved).expect("it is a snapshot");
    let mut scripts = loaded.world_mut().get_mut::<CScript>(again).expect("it is there");
    scripts.slots_mut()[0].restore(&snapshot).expect("it fits");
    loaded.world_mut().resource_mut::<bevy_cscript::runtime::ScriptClock>().tick = 3;
    assert_eq!(loaded.hash(), hash);
    loaded.ticks(9);
    assert_eq!(seen(&loaded, again), went_on);

    // What is none is refused and changes no timer.
    let mut broken = snapshot.clone();
    broken.0.insert(TIMERS.to_owned(), Value::from("soon"));
    let mut scripts = loaded.world_mut().get_mut::<CScript>(again).expect("it is there");
    let error = scripts.slots_mut()[0].restore(&broken).expect_err("no timers");
    assert!(error.to_string().contains("$timers"), "{error}");
}

#[test]
fn timers_of_a_call_that_failed_are_not_set_and_those_of_who_stands_still_wait() {
    let mut app = ScriptTestApp::with(ScriptingPlugin {
        error_policy: ErrorPolicy::PauseAfter(9),
        ..ScriptingPlugin::default()
    });
    let script = app.script("bomb.rhai", &BOMB.replace("tick() >= 6", "false"));
    let bomb = app.spawn(script);
    app.tick();
    app.send(ScriptEvent::custom("fail", []));
    app.tick();
    assert_eq!(app.take_faults().len(), 1);
    let timers = |app: &ScriptTestApp| {
        let slot = &app.world().get::<CScript>(bomb).expect("it is there").slots()[0];
        slot.snapshot().0.remove(TIMERS).expect("it has timers").to_string()
    };
    assert_eq!(timers(&app).matches("function").count(), 2, "{}", timers(&app));
    let enable = |app: &mut ScriptTestApp, enabled| {
        let mut scripts = app.world_mut().get_mut::<CScript>(bomb).expect("it is there");
        scripts.slots_mut()[0].enabled = enabled;
    };
    enable(&mut app, false);
    app.ticks(9);
    assert_eq!(seen(&app, bomb), "");
    enable(&mut app, true);
    app.ticks(3);
    // Once for all that it has missed, then in the rhythm that it had.
    assert_eq!(seen(&app, bomb), "[\"beat\", 2, 11] [\"boom\", 11] [\"beat\", 2, 12]");
}

#[test]
fn timers_that_cannot_be_are_errors() {
    let errors = |text: &str, call: Option<ScriptEvent>| {
        let mut app = ScriptTestApp::new();
        let script = app.script("a.rhai", text);
        app.spawn(script);
        app.tick();
        call.into_iter().for_each(|event| app.send(event));
        app.tick();
        app.take_faults().into_iter().map(|fault| fault.error.to_string()).collect::<String>()
    };
    let set = |seconds: Value, name: &str| Some(ScriptEvent::custom("set", [seconds, name.into()]));
    let unknown = errors(BOMB, set(1.into(), "bom"));
    assert!(unknown.contains("no function \"bom\"; did you mean \"boom\"?"), "{unknown}");
    for seconds in [Value::Float(-1.0), Value::Float(f64::NAN), Value::Float(f64::INFINITY)] {
        let error = errors(BOMB, set(seconds, "boom"));
        assert!(error.contains("after: `seconds`"), "{error}");
    }
    let top = errors("let t = every(1, \"f\"); fn f() { }", None);
    assert!(top.contains("top of the file"), "{top}");
    let many = "fn on_spawn() { for i in 0..65 { after(1, \"f\"); } } fn f() { }";
    let many = errors(many, None);
    assert!(many.contains("at most 64 timers"), "{many}");
}

#[test]
fn a_server_counts_what_it_does_not_show() {
    let mut app = ScriptTestApp::new();
    app.app().register_particle_effect("dust");
    let text = "fn on_update() {
        play_sound(\"sounds/horn.ogg\"); stop_sound(play_sound(\"sounds/horn.ogg\"));
        spawn_particle(\"dust\", [0, 0]); screen_shake(0.5, 1); play_animation(entity_id, \"wave\");
    }";
    let script = app.script("a.rhai", text);
    app.spawn(script);
    app.tick();
    assert_eq!(metrics(&app).shows, 6);
    assert_eq!(all::<ScriptShow>(&app).len(), 6);
    without_faults(&mut app);
}

#[test]
fn one_sound_too_many_stops_the_oldest_of_that_entity() {
    let mut app = ScriptTestApp::new();
    app.world_mut().insert_resource(SoundLimit(2));
    let text = "let own = []; let first = ();
        fn on_update() {
            own.push(play_sound(\"sounds/loop.ogg\", #{ looped: true }));
            if tick() == 2 { first = stop_sound(own[0]); }
            if tick() == 3 { first = [stop_sound(own[0]), stop_sound(own[2])]; }
        }";
    let script = app.script("a.rhai", text);
    let [entity, _] = [(); 2].map(|()| app.spawn(script.clone()));
    app.ticks(2);
    assert_eq!(all::<ScriptShow>(&app).len(), 2, "two each: nothing has to stop");
    app.tick();
    assert_eq!(app.get(entity, "first"), Value::Bool(true), "as the tick began it played");
    let stopped = |app: &ScriptTestApp| {
        let stops = all::<ScriptShow>(app);
        stops.iter().filter(|it| matches!(it.0, ScriptCommand::StopSound { .. })).count()
    };
    app.tick();
    assert_eq!(app.get(entity, "first"), Value::Array(vec![false.into(), true.into()]));
    assert!(stopped(&app) >= 2, "{}", stopped(&app));
    without_faults(&mut app);
}

#[test]
fn an_animation_that_an_entity_lacks_is_an_error_where_animations_are_known() {
    let mut app = ScriptTestApp::new();
    let text = "fn play(name) { play_animation(entity_id, name, #{ repeat: true }); }";
    let script = app.script("a.rhai", text);
    let entity = app.spawn(script.clone());
    app.spawn(script);
    app.world_mut().entity_mut(entity).insert(AnimationClips::new([("walk", 0), ("run", 1)]));
    app.tick();
    app.send(ScriptEvent::custom("play", ["walk".into()]));
    app.tick();
    without_faults(&mut app);
    app.send(ScriptEvent::custom("play", ["fly".into()]));
    app.tick();
    let faults = app.take_faults();
    assert_eq!(faults.len(), 1, "the other one takes any name");
    let error = faults[0].error.to_string();
    assert!(error.contains("entity 1 has no animation \"fly\""), "{error}");
}

#[test]
fn a_camera_shakes_while_it_is_drawn_and_the_game_does_not_notice() {
    let shaken = |shakes: bool| {
        let mut app = ScriptTestApp::new();
        let text = "fn on_update() { if tick() == 1 { screen_shake(1, 0.25); } }";
        let script = app.script("a.rhai", if shakes { text } else { "fn on_update() { }" });
        app.spawn(script);
        let at = Transform::from_xyz(1.0, 2.0, 3.0);
        let camera = app.world_mut().spawn((ScriptId(9), ShakenCamera::default(), at)).id();
        let mut farthest = 0.0_f32;
        for _ in 0..40 {
            app.tick();
            let place = app.world().get::<GlobalTransform>(camera).expect("it is there");
            farthest = farthest.max(place.translation().distance(at.translation));
        }
        let trauma = app.world().get::<ShakenCamera>(camera).map(ShakenCamera::trauma);
        assert_eq!(app.world().get::<Transform>(camera), Some(&at), "it is over");
        (farthest, trauma)
    };
    assert_eq!(shaken(false), (0.0, Some(0.0)));
    let (farthest, trauma) = shaken(true);
    assert!(farthest > 0.05 && farthest < 1.0, "{farthest}");
    assert_eq!(trauma, Some(0.0));
}

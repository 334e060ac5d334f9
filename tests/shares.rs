//! Mods beside each other: each gets its share of a tick, and those that keep failing are paused.

use bevy::prelude::*;
use bevy_cscript::{
    authority::ClientId,
    contract::{TickCaps, Value},
    prelude::*,
    runtime::{
        PausedMods, Quarantine, Script, ScriptMetrics, ScriptPublished, TickBudget,
        authority::Owner,
    },
    script::ScriptThreads,
    testing::ScriptTestApp,
    trust::{LevelLimits, TrustLevel, TrustPolicy, Unsigned},
};

fn app_of(level: TrustLevel, threads: usize, budget: TickBudget) -> ScriptTestApp {
    let mut limits = LevelLimits::default();
    for limits in [&mut limits.untrusted, &mut limits.mods] {
        // On a busy machine the clock would stop calls that have fuel left.
        limits.safety.deadline = None;
    }
    let mut app = ScriptTestApp::with(ScriptingPlugin {
        limits,
        policy: TrustPolicy { unsigned: Unsigned::Allow(level), ..TrustPolicy::default() },
        threads: ScriptThreads::Fixed(threads),
        // Whoever is to be paused is paused in a test of its own.
        quarantine: Quarantine { faults: u32::MAX, ..Quarantine::default() },
        ..ScriptingPlugin::default()
    });
    app.world_mut().insert_resource(budget);
    app
}

/// Keeps no more than it needs and does some honest work.
const HONEST: &str = "let n = 0; let seen = []; let sum = 0.0;
    fn on_update() { n += 1; for i in 0..20 { sum += random() * i; } }
    fn on_poke(x) { seen.push(x + n); if seen.len() > 8 { seen.remove(0); } }";

/// Uses all it gets, whatever it gets.
const HOSTILE: [&str; 5] = [
    "fn on_update() { loop { } } fn on_poke(x) { loop { } }",
    "let a = []; fn on_update() { while true { a.push(1); if a.len() > 900 { a.clear(); } } }",
    "fn on_update() { let s = \"x\"; loop { s += s; if s.len() > 9000 { s = \"y\"; } } }",
    "fn f(n) { if n > 25 { return n; } f(n + 1) + f(n + 1) } fn on_update() { f(0); } fn on_poke(x) { f(0); }",
    "fn on_update() { loop { try { throw 1; } catch { } } } fn on_poke(x) { [1, 2].map(|x| { loop { } }); }",
];

/// Twenty-five honest mods of three entities each, and as many hostile ones if `hostile`.
fn crowd(app: &mut ScriptTestApp, hostile: bool) -> Vec<Entity> {
    let mut honest = Vec::new();
    let spawn = |app: &mut ScriptTestApp, id: i64, script: &Handle<Script>| {
        let script = CScript::new(script.clone());
        app.world_mut().spawn((Transform::default(), ScriptId(id), script)).id()
    };
    for i in 0..25 {
        if hostile {
            let text = HOSTILE[i as usize % HOSTILE.len()];
            let script = app.script(&format!("mods/a_bad{i}/main.rhai"), text);
            for j in 0..4 {
                spawn(app, 10_000 + i * 10 + j, &script);
            }
        }
        let script = app.script(&format!("mods/good{i}/main.rhai"), HONEST);
        honest.extend((0..3).map(|j| spawn(app, 1 + i * 3 + j, &script)));
    }
    honest
}

/// What the honest ones keep after some ticks, the most fuel of a tick, how much was put off, and where each
/// failed call was stopped and why, with the fuel of all until then.
fn play(threads: usize, hostile: bool) -> (Vec<[Value; 3]>, u64, u64, Vec<String>) {
    let budget = TickBudget { fuel: 500_000, ..TickBudget::default() };
    let mut app = app_of(TrustLevel::Untrusted, threads, budget);
    let honest = crowd(&mut app, hostile);
    let mut most = 0;
    let mut stops = Vec::new();
    for tick in 0..40 {
        let before = app.world().resource::<ScriptMetrics>().fuel;
        app.send(ScriptEvent::custom("on_poke", [Value::Int(tick)]));
        app.tick();
        let fuel = app.world().resource::<ScriptMetrics>().fuel;
        most = most.max(fuel - before);
        let faults = app.take_faults();
        stops.extend(faults.iter().map(|fault| format!("{tick}, {fuel}: {}", fault.error)));
    }
    let kept = honest.iter().map(|entity| ["n", "seen", "sum"].map(|name| app.get(*entity, name)));
    (kept.collect(), most, app.world().resource::<ScriptMetrics>().put_off, stops)
}

#[test]
fn honest_mods_do_not_notice_hostile_ones() {
    let (alone, _, waited, stops) = play(1, false);
    assert_eq!((waited, alone.len()), (0, 75));
    assert_eq!(stops, [""; 0]);
    assert_eq!(alone[0][0], Value::Int(40));
    let (among, most, waited, stops) = play(1, true);
    assert!(stops.len() > 50, "{} calls failed", stops.len());
    assert_eq!(alone, among);
    assert!(waited > 0, "the others were put off");
    assert!((400_000..=500_000).contains(&most), "{most} of 500,000");
    assert_eq!(play(8, true), (among, most, waited, stops), "on 8 threads");
}

#[test]
fn events_that_do_not_fit_come_later_and_in_their_order() {
    for threads in [1, 2] {
        let budget = TickBudget { fuel: 20_000, ..TickBudget::default() };
        let mut app = app_of(TrustLevel::Mod, threads, budget);
        let script = app.script(
            "mods/a/a.rhai",
            "let last = 0; let wrong = 0; let updates = 0;
             fn on_update() { updates += 1; }
             fn on_count(x) { if x != last + 1 { wrong += 1; } last = x; for i in 0..100 { } }",
        );
        let entity = app.spawn(script);
        app.tick();
        for x in 1..=500 {
            app.send(ScriptEvent::custom("on_count", [Value::Int(x)]));
        }
        app.tick();
        let first = app.get(entity, "last").as_int().expect("a number");
        let waits = app.world().resource::<ScriptMetrics>().put_off;
        assert!((20..200).contains(&first), "{first} fitted");
        assert!(waits > 0);
        app.ticks(20);
        assert_eq!(app.get(entity, "last"), Value::Int(500));
        assert_eq!(app.get(entity, "wrong"), Value::Int(0));
        assert_eq!(app.get(entity, "updates"), Value::Int(22), "updates have their share");
        assert_eq!(app.world().resource::<ScriptMetrics>().unheard, 0);
    }
}

#[test]
fn updates_that_do_not_fit_take_turns() {
    let budget = TickBudget { fuel: 20_000, ..TickBudget::default() };
    let mut app = app_of(TrustLevel::Mod, 1, budget);
    let text = "let n = 0; fn on_update() { n += 1; for i in 0..200 { } }";
    let script = app.script("mods/a/a.rhai", text);
    let entities: Vec<_> = (0..100).map(|_| app.spawn(script.clone())).collect();
    app.ticks(40);
    let turns: Vec<i64> =
        entities.iter().map(|e| app.get(*e, "n").as_int().expect("a number")).collect();
    let (least, most) = (turns.iter().min().copied(), turns.iter().max().copied());
    let (least, most) = (least.unwrap_or_default(), most.unwrap_or_default());
    assert!(least > 5 && most < 40, "{least} to {most} updates of 40");
    assert!(most - least <= 1, "{least} to {most}: {turns:?}");
}

#[test]
fn what_updates_ask_for_is_in_order_whoever_began() {
    let text = "fn on_update() {
        let n = 0;
        while n < 50 { n += 1; }
        publish(\"m\", entity_id);
        publish(\"m\", -entity_id);
    }";
    let mut ever = Vec::new();
    for threads in [1, 2, 8] {
        // Some four updates of each client fit into a tick.
        let budget = TickBudget { fuel: 2_200, ..TickBudget::default() };
        let mut app = app_of(TrustLevel::Trusted, threads, budget);
        let script = app.script("a.rhai", text);
        for id in 1..=30 {
            let script = CScript::new(script.clone());
            let entity = app.world_mut().spawn((ScriptId(id), script)).id();
            if id % 3 != 0 {
                app.world_mut().entity_mut(entity).insert(Owner(ClientId(id as u64 % 3)));
            }
        }
        // They start.
        app.ticks(2);
        let mut cursor = app.world().resource::<Messages<ScriptPublished>>().get_cursor_current();
        let mut ticks = Vec::new();
        for _ in 0..20 {
            app.tick();
            let messages = app.world().resource::<Messages<ScriptPublished>>();
            let heard = cursor.read(messages).filter_map(|message| message.value.as_int());
            let heard: Vec<i64> = heard.collect();
            let ids: Vec<i64> = heard.iter().step_by(2).copied().collect();
            let twice: Vec<i64> = ids.iter().flat_map(|id| [*id, -*id]).collect();
            assert_eq!(heard, twice, "what one asks for stays together");
            assert!(ids.is_sorted(), "{ids:?}");
            ticks.push(ids);
        }
        let times = |id: i64| ticks.iter().filter(|ids| ids.contains(&id)).count();
        for id in 1..=30 {
            let fair = if id % 3 == 0 { 20..=20 } else { 4..=12 };
            assert!(fair.contains(&times(id)), "{id} had {} turns", times(id));
        }
        let wraps = |ids: &&Vec<i64>| {
            ids.contains(&1)
                && ids.contains(&28)
                && ids.iter().filter(|id| *id % 3 == 1).count() < 9
        };
        assert!(ticks.iter().any(|ids| wraps(&ids)), "some tick begins in the middle: {ticks:?}");
        ever.push(ticks);
    }
    assert!(ever.iter().all(|ticks| *ticks == ever[0]), "it is the same on any number of threads");
}

#[test]
fn scripts_of_the_game_are_held_to_nothing_but_their_own_limits() {
    let budget = TickBudget { fuel: 10, ..TickBudget::default() };
    let mut app = app_of(TrustLevel::Trusted, 1, budget);
    let script = app.script("a.rhai", "let n = 0; fn on_update() { for i in 0..100 { n += 1; } }");
    let entity = app.spawn(script);
    app.ticks(3);
    assert_eq!(app.get(entity, "n"), Value::Int(300));
}

#[test]
fn what_a_mod_asks_for_in_a_tick_is_capped_and_that_is_an_error() {
    let caps = TickCaps { messages: 30, commands: 50, log_lines: 5, ..TickCaps::default() };
    let mut app = app_of(TrustLevel::Mod, 1, TickBudget { caps, ..TickBudget::default() });
    let text = |count: i64| {
        format!(
            "let n = 0; fn on_update() {{ n += 1; for i in 0..{count} {{ publish(\"x\", i); }} log(\"a\"); log(\"b\"); log(\"c\"); }}"
        )
    };
    let (first, second) =
        (app.script("mods/a/1.rhai", &text(20)), app.script("mods/a/2.rhai", &text(20)));
    let other = app.script("mods/b/1.rhai", &text(20));
    let [first, second, other] = [first, second, other].map(|script| app.spawn(script));
    app.ticks(2);
    let faults = app.take_faults();
    assert_eq!(faults.len(), 2, "one a tick: {faults:?}");
    assert_eq!(faults[0].entity, second);
    let message = &faults[0].error.message;
    assert!(message.contains("the mod has used up its messages for this tick"), "{message}");
    assert_eq!([first, second, other].map(|e| app.get(e, "n")), [2, 0, 2].map(Value::Int));
    let lines = app.take_log();
    assert_eq!(lines.len(), 2 * 6, "what failed has said nothing: {lines:?}");
}

#[test]
fn each_kind_of_thing_that_a_mod_asks_for_has_a_cap_of_its_own() {
    let caps = TickCaps { commands: 20, spawns: 3, messages: 4, sounds: 5, log_lines: 6 };
    for (call, fits, words) in [
        ("set_tag(entity_id, `t${n}`)", 20, "commands"),
        ("spawn_entity(\"spark\", vec3(n, 0, 0))", 3, "entities to spawn"),
        ("publish(\"x\", n)", 4, "messages"),
        ("play_sound(\"sounds/a.ogg\")", 5, "sounds"),
    ] {
        let mut app = app_of(TrustLevel::Mod, 1, TickBudget { caps, ..TickBudget::default() });
        app.app().register_prefab("spark", |_| {});
        let text = |count: i64| {
            format!(
                "let done = 0; fn on_update() {{ for n in 0..{count} {{ {call}; }} done += 1; }}"
            )
        };
        let within = app.script("mods/a/a.rhai", &text(fits));
        let beyond = app.script("mods/b/b.rhai", &text(fits + 1));
        let [within, beyond] = [within, beyond].map(|script| app.spawn(script));
        app.ticks(3);
        let faults = app.take_faults();
        assert_eq!(faults.len(), 3, "{call}: {faults:?}");
        for fault in faults {
            let message = fault.error.message;
            let expected = format!("the mod has used up its {words} for this tick");
            assert!(fault.entity == beyond && message.contains(&expected), "{call}: {message}");
        }
        assert_eq!([within, beyond].map(|e| app.get(e, "done")), [3, 0].map(Value::Int), "{call}");
    }
}

/// How many events were heard and how many updates made in the first tick by scripts of which all want more
/// than there is.
fn lanes(events: usize, updates: usize) -> [usize; 2] {
    let mut app = app_of(TrustLevel::Mod, 1, TickBudget { fuel: 100_000, ..TickBudget::default() });
    let work = "for i in 0..300 { }";
    let hears = format!("let n = 0; fn on_poke(x) {{ n += 1; {work} }}");
    let updated = format!("let n = 0; fn on_update() {{ n += 1; {work} }}");
    let (hears, updated) =
        (app.script("mods/a/a.rhai", &hears), app.script("mods/b/b.rhai", &updated));
    let hears: Vec<_> = (0..events).map(|_| app.spawn(hears.clone())).collect();
    let updated: Vec<_> = (0..updates).map(|_| app.spawn(updated.clone())).collect();
    app.world_mut().resource_mut::<TickBudget>().fuel = 10_000_000;
    app.tick();
    app.world_mut().resource_mut::<TickBudget>().fuel = 100_000;
    let before: i64 = updated.iter().filter_map(|e| app.get(*e, "n").as_int()).sum();
    app.send(ScriptEvent::custom("on_poke", [Value::Int(1)]));
    app.tick();
    let done = |all: &[Entity]| all.iter().filter_map(|e| app.get(*e, "n").as_int()).sum::<i64>();
    let (heard, made) = (done(&hears), done(&updated) - before);
    [heard, made].map(|count| usize::try_from(count).unwrap_or_default())
}

#[test]
fn events_get_their_part_of_a_tick_and_what_one_lane_leaves_the_other_gets() {
    // One call of either costs the same, so counting them is counting fuel.
    let [alone, _] = lanes(400, 0);
    let [_, updates_alone] = lanes(0, 400);
    assert!(alone > 90 && alone.abs_diff(updates_alone) <= 2, "{alone} and {updates_alone}");
    let [heard, made] = lanes(400, 400);
    // The last one that began may not have fitted.
    assert!(heard.abs_diff(alone * 618 / 1_000) <= 1, "{heard} of {alone} were events");
    assert!(made.abs_diff(alone - heard) <= 1, "{made} of {alone} were updates");
    let [few, rest] = lanes(10, 400);
    assert_eq!(few, 10);
    assert!((few + rest).abs_diff(alone) <= 2, "{few} and {rest} of {alone}");
}

fn quarantined(quarantine: Quarantine) -> ScriptTestApp {
    ScriptTestApp::with(ScriptingPlugin {
        policy: TrustPolicy {
            unsigned: Unsigned::Allow(TrustLevel::Mod),
            ..TrustPolicy::default()
        },
        quarantine,
        ..ScriptingPlugin::default()
    })
}

#[test]
fn three_failures_in_sixty_ticks_pause_a_script() {
    let mut app = quarantined(Quarantine::default());
    let often = app.script("mods/a/a.rhai", "fn on_update() { if tick() % 20 == 1 { throw 1; } }");
    let seldom = app.script("mods/a/b.rhai", "fn on_update() { if tick() % 40 == 1 { throw 1; } }");
    let (often, seldom) = (app.spawn(often), app.spawn(seldom));
    app.ticks(200);
    assert_eq!(app.status(seldom), ScriptStatus::Ready);
    let ScriptStatus::Paused { reason } = app.status(often) else { panic!("it runs") };
    assert!(reason.starts_with("mods/a/a.rhai:1:"), "{reason}");
    let faults = app.take_faults();
    let own = faults.iter().filter(|fault| fault.entity == often).collect::<Vec<_>>();
    assert_eq!(own.len(), 3);
    assert_eq!(own.iter().map(|fault| fault.paused).collect::<Vec<_>>(), [false, false, true]);
}

#[test]
fn a_mod_that_keeps_failing_is_paused_as_a_whole_until_it_changes_or_is_resumed() {
    let quarantine = Quarantine { faults: 1, mod_pauses: 3, ..Quarantine::default() };
    let mut app = quarantined(quarantine);
    let good = app.script("mods/a/good.rhai", "let n = 0; fn on_update() { n += 1; }");
    let other = app.script("mods/b/good.rhai", "let n = 0; fn on_update() { n += 1; }");
    let bad = app.script("mods/a/bad.rhai", "fn on_update() { throw \"no\"; }");
    let (kept, other) = (app.spawn(good.clone()), app.spawn(other));
    for _ in 0..2 {
        app.spawn(bad.clone());
    }
    app.ticks(5);
    assert_eq!(app.get(kept, "n"), Value::Int(5), "two failures are not three");
    app.spawn(bad.clone());
    app.ticks(3);
    let paused = app.world().resource::<PausedMods>();
    let (name, reason) = paused.iter().next().expect("one is paused");
    assert_eq!(name, "mods/a");
    assert!(reason.contains("3 of its scripts") && reason.contains("resume"), "{reason}");
    let ScriptStatus::Paused { reason } = app.status(kept) else { panic!("it runs") };
    assert!(reason.contains("the mod `mods/a` is paused"), "{reason}");
    let stood = app.get(kept, "n");
    let late = app.spawn(good.clone());
    app.ticks(3);
    assert!(matches!(app.status(late), ScriptStatus::Paused { .. }), "new ones stand still, too");
    assert_eq!((app.get(kept, "n"), app.get(other, "n")), (stood.clone(), Value::Int(11)));

    app.world_mut().resource_mut::<PausedMods>().resume("mods/a");
    app.ticks(11);
    let went_on = app.get(kept, "n").as_int() > stood.as_int();
    assert!(went_on, "it was called until the bad ones failed again");
    let paused = app.world().resource::<PausedMods>().contains("mods/a");
    assert!(paused, "the bad ones failed again");

    app.replace(&bad, "mods/a/bad.rhai", "let m = 0; fn on_update() { m += 1; }");
    app.ticks(3);
    assert!(!app.world().resource::<PausedMods>().contains("mods/a"));
    assert_eq!([kept, late].map(|e| app.status(e)), [ScriptStatus::Ready, ScriptStatus::Ready]);
}

/// What comes of several ticks if some entities are a client's, and so held to its share, and the others are not.
fn mixed(threads: usize, is_owned: impl Fn(i64) -> bool, text: &str) -> (u64, Vec<String>) {
    let caps = TickCaps { commands: usize::MAX, log_lines: usize::MAX, ..TickCaps::default() };
    let budget = TickBudget { fuel: u64::MAX / 2, caps, ..TickBudget::default() };
    let mut app = app_of(TrustLevel::Trusted, threads, budget);
    let scripts = [
        app.script("first.rhai", text),
        app.script("second.rhai", &format!("const OTHER = 2;\n{text}")),
    ];
    app.world_mut().spawn((Transform::default(), ScriptId(9999)));
    for id in 1..=600 {
        let [first, second] = [0, 1].map(|i| scripts[(id as usize / 7 + i) % 2].clone());
        let mut script = CScript::new(first).every(if id % 11 == 0 { 2 } else { 1 }).and(second);
        script.slots_mut()[1].enabled = id % 5 != 0;
        let entity = (Transform::from_xyz(id as f32, 0.0, 0.0), ScriptId(id), script);
        let entity = app.world_mut().spawn(entity).id();
        if is_owned(id) {
            app.world_mut().entity_mut(entity).insert(Owner(ClientId(3)));
        }
    }
    let mut told = Vec::new();
    for tick in 0..8 {
        for id in (1..=600).filter(|id| tick > 2 && id % 4 == tick % 4) {
            let Some(entity) = app.entity(ScriptId(id)) else { panic!("{id} is gone") };
            if let Some(mut script) = app.world_mut().get_mut::<CScript>(entity) {
                script.slots_mut()[0].set_every((id % 3 + tick) as u32);
            }
        }
        app.tick();
        told.extend(
            app.take_log().iter().map(|line| format!("{} {}", line.entity, line.line.text)),
        );
        told.extend(app.take_faults().iter().map(|fault| fault.error.to_string()));
    }
    (app.hash(), told)
}

#[test]
fn who_is_held_to_a_share_keeps_his_place_among_the_others() {
    // What the last one asks for holds, and who tugs when makes a difference; some write, some fail.
    let tugging = "let n = 0;
        fn on_update() {
            n += 1;
            move_towards(9999, vec3(entity_id * (n % 3 - 1), n, entity_id % 13), 0.75);
            move_towards(entity_id, get_position(9999), 0.5);
            if entity_id % 97 == 0 { log(`${n}`); }
            if entity_id % 89 == 0 { n / (n - n); }
        }";
    let tagging = tugging.replace(
        "move_towards(entity_id,",
        "set_tag(9999, `${entity_id}`); move_towards(entity_id,",
    );
    for text in [tugging, &tagging] {
        let (hash, told) = mixed(1, |_| false, text);
        assert!(told.len() > 60, "{} lines and faults", told.len());
        for threads in [1, 2, 8] {
            for every in [1, 2, 3, 50, 599] {
                let (other, also) = mixed(threads, |id| id % every == 0, text);
                assert_eq!(
                    (other, &also),
                    (hash, &told),
                    "{threads} threads, every {every}th owned"
                );
            }
        }
    }
}

/// Walks by itself; what it uses and when it fails is different for each.
const MOD: &str = "
let n = 0; let to = vec3(2, 0, 0);
fn on_update() {
    n += 1;
    let at = get_position(entity_id);
    if distance(at, to) < 0.5 { to = vec3(1 - at.x, 0, n % 3); }
    let left = (n * entity_id) % 40;
    while left > 0 { left -= 1; }
    if (n + entity_id) % 9 == 2 { move_towards(7777, at, 0.125); }
    if n % 5 == 2 && (n + entity_id) % 71 == 5 { throw `${n}`; }
    if n % 7 == 3 && (n + entity_id) % 53 == 7 { log(`${n}`); }
    move_towards(entity_id, to, 0.25);
}
";

/// What comes of a game in which mods share a tick, and how many updates were put off. Neighbours run the same script, or
/// one in another file with the same text, so that nobody can be called side by side with the next one.
fn shared(threads: usize, budget: TickBudget, alternates: bool) -> (Vec<String>, u64) {
    let mut app = app_of(TrustLevel::Mod, threads, budget);
    app.world_mut().spawn((Transform::default(), ScriptId(7777)));
    let scripts = [0, 1, 2]
        .map(|of| ["a", "b"].map(|name| app.script(&format!("mods/m{of}/{name}.rhai"), MOD)));
    let mut entities = Vec::new();
    for i in 0..240 {
        let of = &scripts[if i % 80 < 60 { 0 } else { 1 + i / 80 % 2 }];
        let script = CScript::new(of[if alternates { i % 2 } else { 0 }].clone());
        let place = Transform::from_xyz(i as f32 * 0.25, 0.0, 0.0);
        entities.push(app.world_mut().spawn((place, ScriptId(i as i64), script)).id());
    }
    let (mut told, mut all_put_off) = (Vec::new(), 0);
    for _ in 0..30 {
        app.tick();
        let ScriptMetrics { callbacks, commands, errors, fuel, put_off, .. } =
            *app.world().resource::<ScriptMetrics>();
        all_put_off = put_off;
        let faults = app.take_faults();
        let faults: Vec<_> =
            faults.iter().map(|it| (it.entity, it.error.message.clone())).collect();
        let lines = app.take_log();
        let lines: Vec<_> = lines.iter().map(|it| (it.entity, it.line.text.clone())).collect();
        let counts = [callbacks, commands, errors, fuel, put_off];
        let kept: Vec<_> = entities.iter().map(|it| app.get(*it, "n")).collect();
        told.push(format!("{counts:?} {faults:?} {lines:?} {kept:?}"));
    }
    let places = entities.iter().map(|it| app.world().get::<Transform>(*it).copied());
    told.push(format!("{:?}", places.collect::<Vec<_>>()));
    (told, all_put_off)
}

#[test]
fn who_is_called_side_by_side_uses_no_more_than_the_share() {
    let mut ever = Vec::new();
    for (fuel, commands) in [
        (2_000_000, 4_096),
        (200_000, 4_096),
        (100_000, 4_096),
        (61_000, 4_096),
        (30_000, 4_096),
        (9_000, 4_096),
        (2_000_000, 190),
        (2_000_000, 70),
        (100_000, 64),
    ] {
        let caps = TickCaps { commands, ..TickCaps::default() };
        let budget = TickBudget { fuel, caps, ..TickBudget::default() };
        let (one_by_one, put_off) = shared(1, budget, true);
        for threads in [1, 2] {
            let (side_by_side, _) = shared(threads, budget, false);
            assert_eq!(side_by_side, one_by_one, "{fuel} units, {commands} commands");
        }
        ever.push(put_off);
    }
    assert!(ever.contains(&0) && ever.iter().any(|put_off| *put_off > 100), "{ever:?}");
}

#[test]
fn who_is_given_to_a_client_is_held_to_its_share_from_then_on() {
    let budget = TickBudget { fuel: 3_000, ..TickBudget::default() };
    let mut app = app_of(TrustLevel::Trusted, 1, budget);
    let text = "let n = 0; fn on_update() { n += 1; for i in 0..50 { } }";
    let script = app.script("a.rhai", text);
    let entities: Vec<_> = (0..100).map(|_| app.spawn(script.clone())).collect();
    app.ticks(3);
    let updates = |app: &mut ScriptTestApp| {
        let count = |app: &ScriptTestApp| app.world().resource::<ScriptMetrics>().callbacks;
        let before = count(app);
        app.tick();
        count(app) - before
    };
    assert_eq!(updates(&mut app), 100);
    for entity in &entities {
        app.world_mut().entity_mut(*entity).insert(Owner(ClientId(1)));
    }
    let held = updates(&mut app);
    assert!((1..50).contains(&held), "{held} updates");
    for entity in entities.iter().skip(10) {
        app.world_mut().entity_mut(*entity).remove::<Owner>();
    }
    assert_eq!(updates(&mut app), 100, "there is enough for ten");
}

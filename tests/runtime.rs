use bevy::prelude::*;
use bevy_cscript::{
    api::{Amount, ApiFault, Category, Live, ScriptContext},
    authority::ClientId,
    contract::{ErrorKind, LogLevel, ScriptEvent, ScriptId, Stage, Value},
    prelude::*,
    runtime::{ScriptMetrics, ScriptPass, ScriptPublished, authority::Owner},
    testing::ScriptTestApp,
};

const PATROL: &str = "
const REACH = 1.0;
let waypoint = 0;
let route = [vec3(0, 0, 0), vec3(10, 0, 0), vec3(10, 0, 10), vec3(0, 0, 10)];
fn on_update() {
    if distance(get_position(entity_id), route[waypoint]) < REACH { waypoint = (waypoint + 1) % route.len(); }
    else { move_towards(entity_id, route[waypoint], delta_time * 5.0); }
}";

fn place(app: &ScriptTestApp, entity: Entity) -> Vec3 {
    app.world().get::<Transform>(entity).map(|t| t.translation).unwrap_or(Vec3::NAN)
}

#[test]
fn the_patrol_walks_in_an_app() {
    let mut app = ScriptTestApp::new();
    let script = app.script("patrol.rhai", PATROL);
    let entity = app.spawn(script);
    assert_eq!(app.status(entity), ScriptStatus::Loading);
    app.ticks(65);
    assert_eq!(app.status(entity), ScriptStatus::Ready);
    assert_eq!(app.get(entity, "waypoint"), Value::Int(1));
    assert_eq!(place(&app, entity), Vec3::new(5.0, 0.0, 0.0));
    assert!(app.take_faults().is_empty());
}

#[test]
fn callbacks_of_the_start_run_once_in_their_order() {
    let mut app = ScriptTestApp::new();
    let script = app.script(
        "start.rhai",
        "let seen = [\"top\"];
        fn on_spawn() { seen.push(\"spawn\"); }
        fn configure(config) { seen.push(config.name); }
        fn init() { seen.push(\"init\"); }
        fn on_update() { seen.push(tick()); }",
    );
    let config = Value::map().with("name", "Ann");
    let entity = app
        .world_mut()
        .spawn((Transform::default(), CScript::new(script).with_config(config)))
        .id();
    app.ticks(2);
    assert_eq!(
        app.get(entity, "seen").to_string(),
        "[\"top\", \"init\", \"Ann\", \"spawn\", 0, 1]"
    );
}

#[test]
fn several_scripts_run_in_their_order() {
    let mut app = ScriptTestApp::new();
    let first =
        app.script("a.rhai", "let a = 0; fn on_update() { a += 1; set_tag(entity_id, \"a\"); }");
    let second =
        app.script("b.rhai", "let b = 0; fn on_update() { b += 10; set_tag(entity_id, \"b\"); }");
    let entity = app.world_mut().spawn(CScript::new(first).and(second)).id();
    app.ticks(2);
    assert_eq!((app.get(entity, "a"), app.get(entity, "b")), (Value::Int(2), Value::Int(20)));
    assert_eq!(app.world().get::<Tag>(entity), Some(&Tag("b".to_owned())));
}

#[test]
fn ids_follow_spawn_order_and_hosts_may_set_their_own() {
    let mut app = ScriptTestApp::new();
    let script = app.script("a.rhai", "let me = entity_id;");
    let ids: Vec<_> = (0..3).map(|_| app.spawn(script.clone())).collect();
    let own = app.world_mut().spawn((ScriptId(500), CScript::new(script.clone()))).id();
    let next = app.spawn(script.clone());
    let twice = app.world_mut().spawn((ScriptId(500), CScript::new(script))).id();
    app.tick();
    for (i, entity) in ids.into_iter().enumerate() {
        assert_eq!(app.get(entity, "me"), Value::Int(i as i64 + 1));
    }
    assert_eq!(app.get(own, "me"), Value::Int(500));
    assert_eq!(app.get(next, "me"), Value::Int(4));
    assert_eq!(app.get(twice, "me"), Value::Int(5), "a taken id is not given twice");
    assert_eq!(app.entity(ScriptId(500)), Some(own));
}

#[test]
fn what_is_applied_is_ordered_by_id_whatever_the_order_of_spawning() {
    let mut app = ScriptTestApp::new();
    let script = app.script("a.rhai", "fn on_update() { set_tag(1000, `${entity_id}`); }");
    let target = app.world_mut().spawn(ScriptId(1000)).id();
    for id in [30, 10, 20] {
        app.world_mut().spawn((ScriptId(id), CScript::new(script.clone())));
    }
    app.tick();
    assert_eq!(app.world().get::<Tag>(target), Some(&Tag("30".to_owned())));
}

#[test]
fn scripts_read_the_world_as_it_stood_when_the_pass_began() {
    let mut app = ScriptTestApp::new();
    let script = app.script(
        "a.rhai",
        "let seen = \"\"; fn on_update() { seen = get_tag(1000); set_tag(1000, `${entity_id}`); }",
    );
    app.world_mut().spawn((ScriptId(1000), Tag("start".to_owned())));
    let first = app.spawn(script.clone());
    let second = app.spawn(script);
    app.tick();
    assert_eq!(app.get(first, "seen"), Value::from("start"));
    assert_eq!(app.get(second, "seen"), Value::from("start"));
    app.tick();
    assert_eq!(app.get(first, "seen"), Value::from("2"));
}

#[test]
fn events_of_the_host_reach_one_or_all_in_order() {
    let mut app = ScriptTestApp::new();
    let script =
        app.script("a.rhai", "let seen = []; fn hit(by, power) { seen.push([by, power]); }");
    let deaf = app.script("deaf.rhai", "let seen = [];");
    let (a, b, c) = (app.spawn(script.clone()), app.spawn(script), app.spawn(deaf));
    app.tick();
    let to = app.id(b);
    app.send(ScriptEvent::custom("hit", [Value::Int(1), Value::Int(2)]));
    app.send(ScriptEvent::custom("hit", [Value::Int(3), Value::Int(4)]).to(to));
    app.send(ScriptEvent::custom("nobody_defines_this", []));
    app.tick();
    assert_eq!(app.get(a, "seen").to_string(), "[[1, 2]]");
    assert_eq!(app.get(b, "seen").to_string(), "[[1, 2], [3, 4]]");
    assert_eq!(app.get(c, "seen").to_string(), "[]");
    let calls = app.world().resource::<ScriptMetrics>().callbacks;
    assert_eq!(calls, 3, "what is not defined is not called");
}

#[test]
fn published_messages_reach_scripts_and_the_host() {
    let mut app = ScriptTestApp::new();
    let speaker = app.script("s.rhai", "fn on_spawn() { publish(\"news\", #{ n: 1 }); }");
    let listener = app.script(
        "l.rhai",
        "let heard = []; fn on_message(topic, value) { heard.push([topic, value.n]); }",
    );
    let listener = app.spawn(listener);
    app.spawn(speaker);
    app.ticks(2);
    assert_eq!(app.get(listener, "heard").to_string(), "[[\"news\", 1]]");
    let messages = app.world().resource::<Messages<ScriptPublished>>();
    assert_eq!(messages.len(), 1);
}

#[derive(Component, Reflect, Default)]
#[reflect(Component, Default)]
struct Stats {
    power: f32,
    level: u8,
    name: String,
}

#[derive(Resource, Reflect, Default)]
#[reflect(Resource)]
struct Treasury {
    gold: i64,
}

#[test]
fn exposed_components_are_read_and_patched() {
    let mut app = ScriptTestApp::new();
    app.app().expose_component::<Stats>("Stats", Access::ReadWrite);
    app.app().expose_component::<Transform>("Transform", Access::Read);
    let script = app.script(
        "a.rhai",
        "let before = (); let after = (); let failures = [];
        fn on_spawn() {
            before = get_component(entity_id, \"Stats\");
            set_component(entity_id, \"Stats\", #{ level: 3 });
            after = get_component(entity_id, \"Stats\");
            for value in [#{ level: 300 }, #{ levle: 1 }, #{ power: \"much\" }, 5] {
                try { set_component(entity_id, \"Stats\", value); } catch (e) { failures.push(e.message); }
            }
            try { set_component(entity_id, \"Transform\", #{}); } catch (e) { failures.push(e.message); }
            try { get_component(entity_id, \"Stat\"); } catch (e) { failures.push(e.message); }
        }",
    );
    let stats = Stats { power: 0.5, level: 1, name: "Ann".to_owned() };
    let entity = app.world_mut().spawn((Transform::default(), stats, CScript::new(script))).id();
    app.tick();
    assert_eq!(app.take_faults().len(), 0);
    assert_eq!(app.get(entity, "before").to_string(), "#{level: 1, name: \"Ann\", power: 0.5}");
    assert_eq!(app.get(entity, "after").to_string(), "#{level: 3, name: \"Ann\", power: 0.5}");
    let stats = app.world().get::<Stats>(entity).expect("it is there");
    assert_eq!((stats.power, stats.level, stats.name.as_str()), (0.5, 3, "Ann"));
    let Value::Array(failures) = app.get(entity, "failures") else { panic!("an array") };
    let failures: Vec<_> = failures.iter().map(ToString::to_string).collect();
    assert_eq!(failures.len(), 6, "{failures:#?}");
    assert!(failures[0].contains("Stats.level"), "{failures:#?}");
    assert!(failures[1].contains("levle"), "{failures:#?}");
    assert!(failures[2].contains("Stats.power"), "{failures:#?}");
    assert!(failures[4].contains("for reading only"), "{failures:#?}");
    assert!(failures[5].contains("did you mean \"Stats\"?"), "{failures:#?}");
}

#[test]
fn functions_of_the_host_read_return_refuse_and_take_effect() {
    let mut app = ScriptTestApp::new();
    app.app().insert_resource(Treasury { gold: 10 });
    app.app().add_script_function(
        ScriptFunction::new("pay", Category::new("economy"), "Takes gold out of the treasury.")
            .overload(
                ["who", "amount"],
                |context: &mut ScriptContext<'_>, _who: Live, amount: Amount| {
                    let gold = context.resource::<Treasury>().map_or(0, |treasury| treasury.gold);
                    if amount.0 as i64 > gold {
                        return Err(ApiFault::new("the treasury is empty"));
                    }
                    Ok(gold - amount.0 as i64)
                },
            )
            .effect(|world, call| {
                let amount = call.args[1].as_int().unwrap_or(0);
                world.resource_mut::<Treasury>().gold -= amount;
            }),
    );
    let script = app.script(
        "a.rhai",
        "let left = (); fn on_spawn() { left = pay(entity_id, 4); } fn rob() { pay(entity_id, 100); }",
    );
    let entity = app.spawn(script);
    app.tick();
    assert_eq!(app.get(entity, "left"), Value::Int(6));
    assert_eq!(app.world().resource::<Treasury>().gold, 6);
    app.send(ScriptEvent::custom("rob", []));
    app.tick();
    let faults = app.take_faults();
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].error.message, "pay: the treasury is empty");
    assert_eq!(app.world().resource::<Treasury>().gold, 6);
}

#[test]
fn a_panic_in_a_function_of_the_host_pauses_that_script_only() {
    let mut app = ScriptTestApp::with(ScriptingPlugin {
        error_policy: ErrorPolicy::KeepGoing,
        ..ScriptingPlugin::default()
    });
    app.app().add_script_function(
        ScriptFunction::new("explode", Category::new("bugs"), "Panics.")
            .overload([], |_: &mut ScriptContext<'_>| -> Result<(), ApiFault> { panic!("boom") }),
    );
    let bad =
        app.script("bad.rhai", "let n = 0; let kept = [1]; fn on_update() { n += 1; explode(); }");
    let good = app.script("good.rhai", "let n = 0; fn on_update() { n += 1; }");
    let (bad, good) = (app.spawn(bad), app.spawn(good));
    app.ticks(3);
    let faults = app.take_faults();
    assert_eq!(faults.len(), 1);
    assert_eq!(faults[0].error.kind, ErrorKind::Host);
    assert!(faults[0].error.message.contains("boom"), "{}", faults[0].error);
    assert!(matches!(app.status(bad), ScriptStatus::Paused { .. }));
    assert_eq!(
        (app.get(bad, "n"), app.get(bad, "kept")),
        (Value::Int(0), Value::from(vec![1_i64]))
    );
    assert_eq!(app.get(good, "n"), Value::Int(3));
}

#[test]
fn spawning_and_destroying_from_scripts() {
    let mut app = ScriptTestApp::new();
    let child = app.script(
        "child.rhai",
        "let born = -1; fn on_spawn() { born = tick(); } fn on_destroy() { publish(\"gone\", entity_id); }",
    );
    app.app().register_prefab("child", move |entity| {
        entity.insert(CScript::new(child.clone()));
    });
    let parent = app.script(
        "parent.rhai",
        "let child = (); let heard = ();
        fn on_spawn() { child = spawn_entity(\"child\", [1, 2, 3]); }
        fn end() { destroy_entity(child); }
        fn on_message(topic, value) { heard = value; }",
    );
    let parent = app.spawn(parent);
    app.ticks(2);
    let id = ScriptId(app.get(parent, "child").as_int().expect("an id"));
    let child = app.entity(id).expect("it was spawned");
    assert_eq!(place(&app, child), Vec3::new(1.0, 2.0, 3.0));
    assert_eq!(app.get(child, "born"), Value::Int(1));
    app.send(ScriptEvent::custom("end", []));
    app.tick();
    assert!(app.entity(id).is_some(), "its on_destroy comes in the next pass of events");
    app.tick();
    assert_eq!(app.entity(id), None);
    app.tick();
    assert_eq!(app.get(parent, "heard"), Value::Int(id.0));
    assert!(app.take_faults().is_empty());
}

#[test]
fn a_failing_script_is_paused_resumed_and_counted() {
    for (policy, calls) in
        [(ErrorPolicy::Pause, 1), (ErrorPolicy::PauseAfter(3), 3), (ErrorPolicy::KeepGoing, 10)]
    {
        let mut app = ScriptTestApp::with(ScriptingPlugin {
            error_policy: policy,
            ..ScriptingPlugin::default()
        });
        let script = app.script("a.rhai", "fn on_update() {\n  get_position(77);\n}");
        let entity = app.spawn(script);
        app.ticks(10);
        let faults = app.take_faults();
        assert_eq!(faults.len(), calls, "{policy:?}");
        let error = &faults[0].error;
        assert_eq!((error.stage, error.kind), (Stage::Run, ErrorKind::NotFound));
        assert_eq!(error.position.map(|p| p.line), Some(2));
        assert_eq!(error.entity, Some(app.id(entity)));
        if policy != ErrorPolicy::KeepGoing {
            let ScriptStatus::Paused { reason } = app.status(entity) else { panic!("{policy:?}") };
            assert!(reason.starts_with("a.rhai:2:"), "{reason}");
            app.world_mut().get_mut::<CScript>(entity).expect("it is there").resume();
            app.tick();
            assert_eq!(app.take_faults().len(), 1, "{policy:?}");
        }
    }
}

#[test]
fn a_new_version_takes_over_with_the_state_that_still_fits() {
    let mut app = ScriptTestApp::new();
    let handle = app
        .script("a.rhai", "let n = 0; let text = \"x\"; let old = 1; fn on_update() { n += 1; }");
    let entities: Vec<_> = (0..3).map(|_| app.spawn(handle.clone())).collect();
    app.ticks(5);
    app.replace(
        &handle,
        "a.rhai",
        "let n = 100; let text = 7; let fresh = true; let seen = ();
        fn on_update() { n += 10; }
        fn on_reload(old_state) { seen = old_state; }",
    );
    // The news of it comes at the end of the frame.
    app.ticks(2);
    for entity in entities {
        assert_eq!(app.get(entity, "n"), Value::Int(16));
        assert_eq!(app.get(entity, "text"), Value::Int(7));
        assert_eq!(app.get(entity, "fresh"), Value::Bool(true));
        assert_eq!(app.get(entity, "seen").to_string(), "#{n: 6, old: 1, text: \"x\"}");
    }
    let reloads = app.take_reloads();
    assert_eq!(reloads.len(), 1);
    assert_eq!((reloads[0].instances, reloads[0].path.as_str()), (3, "a.rhai"));
    assert_eq!(reloads[0].migration.kept, ["n"]);
    assert_eq!(reloads[0].migration.reset, ["text", "fresh", "seen"]);
    assert_eq!(reloads[0].migration.dropped, ["old"]);
}

#[test]
fn a_broken_version_never_replaces_a_running_one_and_is_told_once() {
    let mut app = ScriptTestApp::new();
    let handle = app.script("a.rhai", "let n = 0; fn on_update() { n += 1; }");
    let entity = app.spawn(handle.clone());
    app.ticks(3);
    app.replace(&handle, "a.rhai", "let n = 0; fn on_update( { n += 1; }");
    app.ticks(10);
    assert_eq!(app.get(entity, "n"), Value::Int(13));
    let reloads = app.take_reloads();
    assert_eq!(reloads.len(), 1);
    assert_eq!(reloads[0].refused[0].kind, ErrorKind::Syntax);
    // A top level that fails is refused too.
    app.replace(&handle, "a.rhai", "let n = 1 / 0;");
    app.ticks(3);
    assert_eq!(app.get(entity, "n"), Value::Int(16));
    assert_eq!(app.take_faults().len(), 1);
    assert_eq!(app.status(entity), ScriptStatus::Ready);
    // New instances get the last version that works.
    let late = app.spawn(handle.clone());
    app.replace(&handle, "a.rhai", "let n = 0; fn on_update() { n += 1000; }");
    app.ticks(2);
    assert_eq!(app.get(entity, "n"), Value::Int(1017));
    assert!(matches!(app.status(late), ScriptStatus::Ready));
}

#[test]
fn a_paused_script_goes_on_after_its_file_was_mended() {
    let mut app = ScriptTestApp::new();
    let handle = app.script("a.rhai", "let n = 5; fn on_update() { get_position(77); }");
    let entity = app.spawn(handle.clone());
    app.ticks(3);
    assert!(matches!(app.status(entity), ScriptStatus::Paused { .. }));
    app.replace(&handle, "a.rhai", "let n = 0; fn on_update() { n += 1; }");
    app.ticks(3);
    assert_eq!(app.status(entity), ScriptStatus::Ready);
    assert_eq!(app.get(entity, "n"), Value::Int(7));
}

#[test]
fn a_script_that_could_not_start_starts_with_the_next_version() {
    let mut app = ScriptTestApp::new();
    for broken in ["let n = ;", "let n = 1 / 0;", "loop {}"] {
        let handle = app.script("a.rhai", broken);
        let entity = app.spawn(handle.clone());
        app.ticks(3);
        let ScriptStatus::Failed { reason } = app.status(entity) else {
            panic!("{broken}: {:?}", app.status(entity));
        };
        assert!(reason.starts_with("a.rhai"), "{reason}");
        app.replace(&handle, "a.rhai", "let n = 1;");
        app.ticks(2);
        assert_eq!(app.status(entity), ScriptStatus::Ready, "{broken}");
        assert_eq!(app.get(entity, "n"), Value::Int(1));
    }
}

#[test]
fn the_host_reads_and_sets_state() {
    let mut app = ScriptTestApp::new();
    let script = app.script("a.rhai", "let n = 1; fn on_update() { n += 1; }");
    let entity = app.spawn(script);
    app.tick();
    let mut cscript = app.world_mut().get_mut::<CScript>(entity).expect("it is there");
    assert!(cscript.set("n", 40_i64).is_ok());
    assert!(cscript.set("nope", 1_i64).is_err());
    let saved = cscript.slots()[0].snapshot();
    app.tick();
    assert_eq!(app.get(entity, "n"), Value::Int(41));
    let mut cscript = app.world_mut().get_mut::<CScript>(entity).expect("it is there");
    assert!(cscript.slots_mut()[0].restore(&saved).is_ok());
    assert_eq!(app.get(entity, "n"), Value::Int(40));
}

#[test]
fn a_script_that_is_switched_off_keeps_its_state() {
    let mut app = ScriptTestApp::new();
    let script = app.script("a.rhai", "let n = 0; fn on_update() { n += 1; }");
    let entity = app.spawn(script);
    app.ticks(2);
    app.world_mut().get_mut::<CScript>(entity).expect("it is there").slots_mut()[0].enabled = false;
    app.ticks(5);
    assert_eq!(app.get(entity, "n"), Value::Int(2));
    app.world_mut().get_mut::<CScript>(entity).expect("it is there").slots_mut()[0].enabled = true;
    app.tick();
    assert_eq!(app.get(entity, "n"), Value::Int(3));
}

#[test]
fn velocity_is_measured_once_a_script_asks() {
    let mut app = ScriptTestApp::new();
    let walker =
        app.script("w.rhai", "fn on_update() { set_position(entity_id, [tick() + 1, 0, 0]); }");
    let walker = app.spawn(walker);
    let id = app.id(walker).0;
    let watcher =
        app.script("v.rhai", &format!("let v = (); fn on_update() {{ v = get_velocity({id}); }}"));
    let watcher = app.spawn(watcher);
    app.ticks(4);
    assert_eq!(app.get(watcher, "v"), Value::Vec3(Vec3::new(64.0, 0.0, 0.0)));
}

#[test]
fn positions_are_in_world_space_below_parents_too() {
    let mut app = ScriptTestApp::new();
    let script = app.script(
        "a.rhai",
        "let before = (); fn on_spawn() { before = get_position(entity_id); set_position(entity_id, [5, 5, 5]); face_direction(entity_id, [1, 0, 0]); }",
    );
    let turn = Quat::from_rotation_y(1.0);
    let parent =
        app.world_mut().spawn(Transform::from_xyz(10.0, 0.0, 0.0).with_rotation(turn)).id();
    let child = app
        .world_mut()
        .spawn((Transform::from_xyz(0.0, 1.0, 0.0), CScript::new(script), ChildOf(parent)))
        .id();
    app.tick();
    assert_eq!(app.get(child, "before"), Value::Vec3(Vec3::new(10.0, 1.0, 0.0)));
    let global = app.world().get::<GlobalTransform>(child).expect("propagated").to_owned();
    assert!(global.translation().abs_diff_eq(Vec3::splat(5.0), 1e-4), "{global:?}");
    assert!(global.forward().abs_diff_eq(Vec3::X, 1e-4), "{:?}", global.forward());
}

#[test]
fn the_hash_is_equal_on_any_number_of_threads_and_tells_differences() {
    let run_beside = |threads, seed, owned: Option<Owner>| {
        let mut app = ScriptTestApp::with(ScriptingPlugin {
            threads: ScriptThreads::Fixed(threads),
            world_seed: seed,
            ..ScriptingPlugin::default()
        });
        app.app().register_prefab("spark", |_| {});
        // Where somebody owns anything, scripts are taken out of their entities to be called.
        if let Some(owner) = owned {
            app.world_mut().spawn(owner);
        }
        let script = app.script(
            "w.rhai",
            "let sparks = [];
            fn on_update() {
                let at = get_position(entity_id);
                set_position(entity_id, at + vec3(random() - 0.5, 0, random() - 0.5));
                if random_bool(0.1) { sparks.push(spawn_entity(\"spark\", at)); }
                if sparks.len() > 3 { destroy_entity(sparks.shift()); }
            }",
        );
        for _ in 0..600 {
            app.spawn(script.clone());
        }
        app.ticks(30);
        assert!(app.take_faults().is_empty());
        app.hash()
    };
    let run = |threads, seed| run_beside(threads, seed, None);
    let hash = run(1, 7);
    assert_eq!(hash, run(2, 7));
    assert_eq!(hash, run(8, 7));
    assert_eq!(hash, run_beside(2, 7, Some(Owner(ClientId(1)))));
    assert_ne!(hash, run(1, 8));
}

#[test]
fn whoever_lies_elsewhere_in_the_world_by_then_is_moved_all_the_same() {
    #[derive(Component)]
    struct Mark;
    /// Moves one entity after the other to another table, and whoever came last into its row.
    fn shuffle(
        scripts: Query<(Entity, Has<Mark>), With<CScript>>,
        mut commands: Commands,
        mut next: Local<usize>,
    ) {
        let scripts: Vec<_> = scripts.iter().collect();
        let Some((entity, marked)) = scripts.get(*next % scripts.len().max(1)) else { return };
        *next += 1;
        if *marked {
            commands.entity(*entity).remove::<Mark>();
        } else {
            commands.entity(*entity).insert(Mark);
        }
    }
    // A few, and so many that several threads move them.
    for (count, threads) in [(7, 1), (6_000, 1), (6_000, 2), (6_000, 8)] {
        let mut app = ScriptTestApp::with(ScriptingPlugin {
            threads: ScriptThreads::Fixed(threads),
            ..ScriptingPlugin::default()
        });
        let script = app.script(
            "a.rhai",
            "fn on_update() {
                set_position(entity_id, get_position(entity_id) + vec3(1, 0, 0));
                face_direction(entity_id, vec3(1, 0, 0));
            }",
        );
        let entities: Vec<_> = (0..count).map(|_| app.spawn(script.clone())).collect();
        let shuffle = shuffle.after(ScriptSystems::Run).before(ScriptSystems::Apply);
        app.app().add_systems(ScriptPass, shuffle);
        app.ticks(20);
        for entity in entities {
            let place = app.world().get::<Transform>(entity).expect("it is there");
            assert_eq!(place.translation, Vec3::new(20.0, 0.0, 0.0));
            assert!(place.forward().abs_diff_eq(Vec3::X, 1e-6));
        }
    }
}

#[test]
fn logs_reach_the_host_with_entity_and_path() {
    let mut app = ScriptTestApp::new();
    let script = app.script("talk.rhai", "fn on_spawn() { print(\"hello\"); warn(1); }");
    let entity = app.spawn(script);
    app.tick();
    let log = app.take_log();
    let lines: Vec<_> =
        log.iter().map(|l| (l.entity, &*l.path, l.line.level, l.line.text.as_str())).collect();
    assert_eq!(
        lines,
        [
            (entity, "talk.rhai", LogLevel::Info, "hello"),
            (entity, "talk.rhai", LogLevel::Warn, "1")
        ]
    );
}

#[test]
fn an_entity_despawned_between_run_and_apply_takes_nothing_with_it() {
    #[derive(Resource)]
    struct Victim(Option<Entity>);
    fn despawn(mut victim: ResMut<Victim>, mut commands: Commands) {
        if let Some(victim) = victim.0.take() {
            commands.entity(victim).despawn();
        }
    }
    let mut app = ScriptTestApp::new();
    let script = app.script(
        "a.rhai",
        "let n = 0; fn on_update() { n += 1; set_tag(entity_id, \"x\"); print(n); }",
    );
    let entities: Vec<_> = (0..3).map(|_| app.spawn(script.clone())).collect();
    app.app()
        .insert_resource(Victim(None))
        .add_systems(ScriptPass, despawn.after(ScriptSystems::Run).before(ScriptSystems::Apply));
    // In the pass in which they start, and in one in which they run.
    for (round, victim) in entities[..2].iter().enumerate() {
        app.world_mut().resource_mut::<Victim>().0 = Some(*victim);
        app.ticks(2);
        assert!(app.world().get_entity(*victim).is_err());
        assert_eq!(app.get(entities[2], "n"), Value::Int(2 * round as i64 + 2));
    }
    assert!(app.take_faults().is_empty());
}

#[test]
fn scripts_that_destroy_the_same_entity_and_one_that_is_gone() {
    let mut app = ScriptTestApp::new();
    let script = app.script(
        "a.rhai",
        "let failed = false;
        fn on_update() { try { destroy_entity(1000); } catch { failed = true; } }
        fn hit() { destroy_entity(entity_id); set_position(entity_id, [1, 1]); }",
    );
    app.world_mut().spawn((ScriptId(1000), Transform::default()));
    let (a, b) = (app.spawn(script.clone()), app.spawn(script));
    app.tick();
    assert_eq!(app.entity(ScriptId(1000)), None);
    assert_eq!(
        (app.get(a, "failed"), app.get(b, "failed")),
        (Value::Bool(false), Value::Bool(false))
    );
    app.tick();
    assert_eq!(app.get(a, "failed"), Value::Bool(true), "the next tick sees that it is gone");
    // Itself, from within its callback: the call goes on, and what comes after is an error there.
    app.send(ScriptEvent::custom("hit", []).to(app.id(a)));
    app.tick();
    assert_eq!(app.take_faults()[0].error.kind, ErrorKind::NotFound);
    assert!(app.world().get_entity(a).is_ok(), "a failed call changes nothing");
}

#[test]
fn components_removed_and_replaced_while_running() {
    let mut app = ScriptTestApp::new();
    let first = app.script("a.rhai", "let n = 0; fn on_update() { n += 1; }");
    let second = app.script("b.rhai", "let n = 100; fn on_update() { n += 1; }");
    let entity = app.spawn(first.clone());
    app.ticks(2);
    app.world_mut().entity_mut(entity).remove::<CScript>();
    app.ticks(2);
    app.world_mut().entity_mut(entity).insert(CScript::new(second));
    app.ticks(2);
    assert_eq!(app.get(entity, "n"), Value::Int(102));
    app.world_mut().entity_mut(entity).insert(CScript::new(first.clone()));
    app.ticks(3);
    assert_eq!(app.get(entity, "n"), Value::Int(3));
    // The asset goes; whoever runs it goes on.
    app.world_mut().resource_mut::<Assets<Script>>().remove(&first);
    app.ticks(3);
    assert_eq!(app.get(entity, "n"), Value::Int(6));
    // A handle to nothing says so.
    let nothing = app.spawn(Handle::default());
    app.ticks(2);
    assert!(matches!(app.status(nothing), ScriptStatus::Failed { .. }));
    assert!(app.take_faults().is_empty());
}

#[test]
fn a_script_that_is_switched_off_does_not_even_start() {
    let mut app = ScriptTestApp::new();
    let script = app.script("a.rhai", "let n = 1; fn init() { n += 10; }");
    let entity = app.spawn(script);
    app.world_mut().get_mut::<CScript>(entity).expect("it is there").slots_mut()[0].enabled = false;
    app.ticks(3);
    assert_eq!(app.status(entity), ScriptStatus::Loading);
    app.world_mut().get_mut::<CScript>(entity).expect("it is there").slots_mut()[0].enabled = true;
    app.tick();
    assert_eq!(app.get(entity, "n"), Value::Int(11));
}

#[test]
fn a_reload_that_fails_is_tried_once_and_loses_no_events() {
    let mut app = ScriptTestApp::new();
    let script = app.script("a.rhai", "let seen = []; fn ping(n) { seen.push(n); }");
    // Its neighbour never loads, so the entity is looked at every tick.
    let waiting: Handle<Script> = app.world().resource::<AssetServer>().load("no/such/file.rhai");
    let entity = app.world_mut().spawn(CScript::new(script.clone()).and(waiting)).id();
    app.tick();
    app.replace(&script, "a.rhai", "let seen = 1 / 0; fn ping(n) { }");
    for n in 0..5 {
        app.send(ScriptEvent::custom("ping", [Value::Int(n)]));
        app.tick();
    }
    assert_eq!(app.get(entity, "seen").to_string(), "[0, 1, 2, 3, 4]");
    let faults = app.take_faults();
    assert_eq!(faults.len(), 1, "{faults:?}");
    let refused: Vec<_> = app.take_reloads().into_iter().filter(|r| r.path == "a.rhai").collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].refused.len(), 1);
}

#[test]
fn a_missing_file_is_told_and_found_again_when_it_appears() {
    let mut app = ScriptTestApp::new();
    let missing: Handle<Script> = app.world().resource::<AssetServer>().load("no/such/file.rhai");
    let entity = app.spawn(missing);
    for _ in 0..1_000 {
        app.tick();
        if app.status(entity) != ScriptStatus::Loading {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let ScriptStatus::Failed { reason } = app.status(entity) else { panic!("it is not there") };
    assert!(reason.starts_with("no/such/file.rhai: cannot be read"), "{reason}");
}

#[test]
fn velocities_are_found_through_pointers_too() {
    let mut app = ScriptTestApp::new();
    let walker =
        app.script("w.rhai", "fn on_update() { set_position(entity_id, [tick() + 1, 0, 0]); }");
    let walker = app.spawn(walker);
    let id = app.id(walker).0;
    let text =
        format!("let v = (); fn on_update() {{ v = Fn(\"get\" + \"_velocity\").call({id}); }}");
    let watcher = app.script("v.rhai", &text);
    let watcher = app.spawn(watcher);
    app.ticks(5);
    assert_eq!(app.get(watcher, "v"), Value::Vec3(Vec3::new(64.0, 0.0, 0.0)));
}

#[test]
fn every_call_of_a_tick_draws_its_own_numbers() {
    let mut app = ScriptTestApp::new();
    let script = app.script("a.rhai", "let drawn = []; fn on_update() { drawn.push(random()); }");
    let entity = app.spawn(script);
    app.tick();
    app.send(ScriptEvent::custom("on_update", []));
    app.send(ScriptEvent::custom("on_update", []));
    app.tick();
    let Value::Array(drawn) = app.get(entity, "drawn") else { panic!("an array") };
    assert_eq!(drawn.len(), 4);
    for (i, a) in drawn.iter().enumerate() {
        assert!(drawn[i + 1..].iter().all(|b| a != b), "{drawn:?}");
    }
}

#[test]
fn a_variable_declared_as_nothing_keeps_what_it_held() {
    let mut app = ScriptTestApp::new();
    let handle = app.script("a.rhai", "let target = (); fn on_spawn() { target = 7; }");
    let entity = app.spawn(handle.clone());
    app.tick();
    app.replace(&handle, "a.rhai", "let target = (); let more = 1;");
    app.ticks(2);
    assert_eq!(
        (app.get(entity, "target"), app.get(entity, "more")),
        (Value::Int(7), Value::Int(1))
    );
}

#[test]
fn an_emptied_file_does_not_take_the_state_with_it() {
    let mut app = ScriptTestApp::new();
    let handle = app.script("a.rhai", "let n = 0; fn on_update() { n += 1; }");
    let entity = app.spawn(handle.clone());
    app.ticks(3);
    app.replace(&handle, "a.rhai", "");
    app.ticks(3);
    assert_eq!(app.get(entity, "n"), Value::Int(6));
    assert_eq!(app.take_reloads()[0].refused[0].message, "the file is empty now");
    app.replace(&handle, "a.rhai", "let n = 0; fn on_update() { n += 10; }");
    app.ticks(2);
    assert_eq!(app.get(entity, "n"), Value::Int(17));
}

#[test]
fn a_mended_script_is_told_of() {
    let mut app = ScriptTestApp::new();
    let handle = app.script("a.rhai", "let n = ;");
    app.spawn(handle.clone());
    app.ticks(2);
    app.take_reloads();
    app.replace(&handle, "a.rhai", "let n = 1;");
    app.ticks(2);
    let reloads = app.take_reloads();
    assert_eq!((reloads.len(), reloads[0].instances), (1, 1));
}

#[test]
fn a_component_that_is_replaced_between_ticks_starts() {
    let mut app = ScriptTestApp::new();
    let script = app.script(
        "a.rhai",
        "let n = 0; fn on_update() { n += 1; } fn on_message(t, v) { n += 100; }",
    );
    let entity = app.spawn(script.clone());
    app.ticks(2);
    app.world_mut().entity_mut(entity).remove::<CScript>().insert(CScript::new(script.clone()));
    app.ticks(2);
    assert_eq!(app.get(entity, "n"), Value::Int(2));
    // And hears of a message once.
    app.world_mut().entity_mut(entity).insert(CScript::new(script));
    app.send(ScriptEvent::custom("on_message", [Value::Unit, Value::Unit]));
    app.tick();
    assert_eq!(app.get(entity, "n"), Value::Int(101));
}

#[test]
fn a_component_that_moves_to_another_entity_goes_on() {
    let mut app = ScriptTestApp::new();
    let script = app.script("a.rhai", "let n = 0; fn on_update() { n += 1; }");
    let entity = app.spawn(script);
    app.ticks(2);
    let taken = app.world_mut().entity_mut(entity).take::<CScript>().expect("it is there");
    app.tick();
    let other = app.world_mut().spawn(taken).id();
    app.ticks(2);
    assert_eq!(app.get(other, "n"), Value::Int(4));
}

#[test]
fn disabled_entities_keep_their_state_and_go_on_when_enabled() {
    use bevy::ecs::entity_disabling::Disabled;
    let mut app = ScriptTestApp::new();
    let script = app.script("a.rhai", "let n = 0; fn on_update() { n += 1; }");
    let entity = app.spawn(script.clone());
    let pooled = app.world_mut().spawn((Disabled, CScript::new(script))).id();
    app.ticks(2);
    app.world_mut().entity_mut(entity).insert(Disabled);
    app.ticks(3);
    assert_eq!(app.get(entity, "n"), Value::Int(2));
    app.world_mut().entity_mut(entity).remove::<Disabled>();
    app.world_mut().entity_mut(pooled).remove::<Disabled>();
    app.ticks(2);
    assert_eq!(app.get(entity, "n"), Value::Int(4));
    assert_eq!(app.get(pooled, "n"), Value::Int(2));
}

#[test]
fn an_entity_whose_id_changes_is_called_under_the_new_one() {
    let mut app = ScriptTestApp::new();
    let script = app.script(
        "a.rhai",
        "let seen = []; fn on_update() { get_tag(entity_id); seen.push(entity_id); }",
    );
    let entity = app.spawn(script.clone());
    app.tick();
    app.world_mut().entity_mut(entity).insert(ScriptId(77));
    let other = app.world_mut().spawn((ScriptId(1), CScript::new(script))).id();
    app.ticks(2);
    assert_eq!(app.get(entity, "seen").to_string(), "[1, 77, 77]");
    assert_eq!(app.get(other, "seen").to_string(), "[1, 1]");
    assert!(app.take_faults().is_empty());
}

#[test]
fn writing_a_component_leaves_what_reflection_ignores() {
    #[derive(Component, Reflect, Default)]
    #[reflect(Component, Default)]
    struct Lamp {
        power: f32,
        #[reflect(ignore)]
        wires: u32,
    }
    let mut app = ScriptTestApp::new();
    app.app().expose_component::<Lamp>("Lamp", Access::ReadWrite);
    let script = app
        .script("a.rhai", "fn on_spawn() { set_component(entity_id, \"Lamp\", #{ power: 2 }); }");
    let lamp = app.world_mut().spawn((Lamp { power: 1.0, wires: 7 }, CScript::new(script))).id();
    app.tick();
    let lamp = app.world().get::<Lamp>(lamp).expect("it is there");
    assert_eq!((lamp.power, lamp.wires), (2.0, 7));
}

#[test]
fn what_failed_at_the_start_starts_again_when_it_is_mended() {
    let mut app = ScriptTestApp::new();
    let handle = app
        .script("a.rhai", "let n = 1; fn init() { n = 10; } fn on_spawn() { get_position(77); }");
    let entity = app.spawn(handle.clone());
    app.ticks(2);
    assert!(matches!(app.status(entity), ScriptStatus::Paused { .. }));
    app.replace(&handle, "a.rhai", "let n = 1; fn init() { n += 10; } fn on_spawn() { n += 100; }");
    app.ticks(2);
    assert_eq!(app.get(entity, "n"), Value::Int(111));
}

#[test]
fn messages_that_multiply_are_capped() {
    let mut app = ScriptTestApp::with(ScriptingPlugin {
        error_policy: ErrorPolicy::KeepGoing,
        ..ScriptingPlugin::default()
    });
    let script = app.script(
        "a.rhai",
        "fn on_spawn() { publish(\"x\", 0); } fn on_message(t, v) { for i in 0..200 { publish(t, v); } }",
    );
    app.spawn(script);
    app.ticks(4);
    let metrics = app.world().resource::<ScriptMetrics>();
    assert!(metrics.dropped > 0);
    assert!(metrics.callbacks < 50_000, "{metrics:?}");
}

#[test]
fn a_place_below_a_parent_without_size_is_no_place() {
    let mut app = ScriptTestApp::new();
    let script = app.script(
        "a.rhai",
        "fn on_spawn() { set_position(entity_id, [1, 2, 3]); face_direction(entity_id, [1, 0]); }",
    );
    let parent = app.world_mut().spawn(Transform::from_scale(Vec3::ZERO)).id();
    let child =
        app.world_mut().spawn((Transform::default(), CScript::new(script), ChildOf(parent))).id();
    app.tick();
    assert!(app.world().get::<Transform>(child).is_some_and(Transform::is_finite));
}

#[test]
fn a_file_that_was_only_touched_is_no_news() {
    let mut app = ScriptTestApp::new();
    let text =
        "let n = 0; let reloads = 0; fn on_update() { n += 1; } fn on_reload() { reloads += 1; }";
    let handle = app.script("a.rhai", text);
    let entity = app.spawn(handle.clone());
    app.ticks(2);
    app.replace(&handle, "a.rhai", text);
    app.ticks(2);
    assert_eq!((app.get(entity, "n"), app.get(entity, "reloads")), (Value::Int(4), Value::Int(0)));
    assert!(app.take_reloads().is_empty());
    // After a broken version the same text is news again: it is mended.
    app.replace(&handle, "a.rhai", "let n = ;");
    app.ticks(2);
    app.replace(&handle, "a.rhai", "let n = ;");
    app.ticks(2);
    assert_eq!(app.take_reloads().len(), 1, "broken twice in the same way is told once");
    app.replace(&handle, "a.rhai", text);
    app.ticks(2);
    assert_eq!(app.get(entity, "n"), Value::Int(10));
}

#[test]
fn reflection_shows_what_scenes_and_inspectors_need() {
    use bevy::reflect::{PartialReflect, TypeRegistry, serde::ReflectSerializer};
    let mut app = ScriptTestApp::new();
    let script = app.script("a.rhai", "let n = 0;");
    let cscript = CScript::new(script).with_config(Value::map().with("speed", 2.5));
    let entity = app.world_mut().spawn(cscript).id();
    app.tick();
    let registry = app.world().resource::<AppTypeRegistry>().clone();
    let registry: &TypeRegistry = &registry.read();
    let cscript = app.world().get::<CScript>(entity).expect("it is there");
    let text = format!("{:?}", cscript.as_partial_reflect());
    for part in ["enabled: true", "Ready", "speed", "2.5"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    for id in [std::any::TypeId::of::<CScript>(), std::any::TypeId::of::<ScriptId>()] {
        assert!(registry.contains(id));
    }
    let id = app.world().get::<ScriptId>(entity).expect("it is there");
    let shown = serde_json::to_string(&ReflectSerializer::new(id, registry)).expect("plain data");
    assert!(shown.contains(&app.id(entity).to_string()), "{shown}");
}

#[test]
fn tags_are_found_by_the_lowest_id_whatever_comes_and_goes() {
    let mut app = ScriptTestApp::new();
    let finder = app
        .script("f.rhai", "let found = (); fn on_update() { found = find_entity_by_tag(\"x\"); }");
    let finder = app.world_mut().spawn((ScriptId(900), CScript::new(finder))).id();
    let found = |app: &mut ScriptTestApp| {
        app.tick();
        app.get(finder, "found")
    };
    let x = || Tag("x".to_owned());
    assert_eq!(found(&mut app), Value::Unit);
    let high = app.world_mut().spawn((x(), ScriptId(50))).id();
    let low = app.world_mut().spawn((ScriptId(20), x())).id();
    assert_eq!(found(&mut app), Value::Int(20));
    app.world_mut().entity_mut(low).insert(ScriptId(70));
    assert_eq!(found(&mut app), Value::Int(50));
    app.world_mut().entity_mut(high).insert(Tag("y".to_owned()));
    assert_eq!(found(&mut app), Value::Int(70));
    app.world_mut().entity_mut(low).despawn();
    assert_eq!(found(&mut app), Value::Unit);
    let given = app.world_mut().spawn((x(), ScriptId::AUTO)).id();
    assert_eq!(found(&mut app), Value::from(app.id(given)));
    app.world_mut().entity_mut(given).remove::<ScriptId>();
    assert_eq!(found(&mut app), Value::Unit);
}

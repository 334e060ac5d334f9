use bevy_cscript::{
    api::ApiTable,
    contract::{ErrorKind, LogLevel, ScriptCommand, ScriptId, ScriptLimits, Value},
    script::StateSnapshot,
    testing::{FakeEntity, FakeWorld, ScriptRunner},
};
use glam::Vec3;

const ME: ScriptId = ScriptId(1);

fn world() -> FakeWorld {
    let mut world = FakeWorld::default();
    world.entities.insert(ME, FakeEntity::at(Vec3::ZERO));
    world
}

fn started(text: &str) -> (ScriptRunner, FakeWorld) {
    let mut runner = ScriptRunner::new(text).unwrap_or_else(|errors| panic!("{}", errors[0]));
    let world = world();
    runner.start(&world, ME).unwrap_or_else(|error| panic!("{error}"));
    (runner, world)
}

/// Runs `on_update` once and gives the value of `result`.
fn result_of(text: &str) -> Value {
    let (mut runner, world) = started(text);
    runner.call(&world, "on_update", &[]).unwrap_or_else(|error| panic!("{error}"));
    runner.get("result")
}

const PATROL: &str = "
const REACH = 1.0;
let waypoint = 0;
let route = [vec3(0, 0, 0), vec3(10, 0, 0), vec3(10, 0, 10), vec3(0, 0, 10)];
fn on_update() {
    if distance(get_position(entity_id), route[waypoint]) < REACH { waypoint = (waypoint + 1) % route.len(); }
    else { move_towards(entity_id, route[waypoint], delta_time * 5.0); }
}";

#[test]
fn the_patrol_walks_its_round() {
    let (mut runner, mut world) = started(PATROL);
    let mut seen = Vec::new();
    for _ in 0..600 {
        let commands = runner.call(&world, "on_update", &[]).unwrap_or_else(|e| panic!("{e}"));
        world.apply(&commands);
        let waypoint = runner.get("waypoint").as_int().expect("an int");
        if seen.last() != Some(&waypoint) {
            seen.push(waypoint);
        }
    }
    assert_eq!(seen, [1, 2, 3, 0, 1, 2]);
}

#[test]
fn state_is_read_and_written_by_name_with_arrays_and_maps() {
    let (mut runner, world) = started(
        "let n = 0; let list = [1]; let map = #{ a: #{ b: [1, 2] } }; let text = \"x\";
        fn on_update() { n += 1; list.push(n); map.a.b[1] += n; map[\"k\"] = n; text += n; }",
    );
    for _ in 0..3 {
        runner.call(&world, "on_update", &[]).unwrap_or_else(|e| panic!("{e}"));
    }
    assert_eq!(runner.get("n"), Value::Int(3));
    assert_eq!(runner.get("list"), Value::from(vec![1_i64, 1, 2, 3]));
    assert_eq!(runner.get("map").to_string(), "#{a: #{b: [1, 8]}, k: 3}");
    assert_eq!(runner.get("text"), Value::from("x123"));
}

#[test]
fn helpers_called_with_a_bang_write_state() {
    assert_eq!(
        result_of(
            "let result = 0; const STEP = 2;
            fn leaf(n) { result += n * STEP; }
            fn middle(n) { leaf!(n); leaf!(n); }
            fn on_update() { middle!(3); }"
        ),
        Value::Int(12)
    );
}

#[test]
fn helpers_without_a_bang_see_constants() {
    assert_eq!(
        result_of(
            "const A = [1, 2]; let result = 0; fn f(x) { A[1] * x } fn on_update() { result = f(4); }"
        ),
        Value::Int(8)
    );
}

#[test]
fn closures_capture_state_and_the_state_stays_plain() {
    let (mut runner, world) = started(
        "let sum = 0; let list = [1, 2, 3]; const K = 10;
        fn on_update() { list.for_each(|| sum += this * K); }
        fn on_spawn() { sum = list.map(|x| x * K).reduce(|a, b| a + b, 0); }",
    );
    for _ in 0..2 {
        runner.call(&world, "on_update", &[]).unwrap_or_else(|e| panic!("{e}"));
    }
    assert_eq!(runner.get("sum"), Value::Int(120));
    runner.call(&world, "on_spawn", &[]).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(runner.get("sum"), Value::Int(60));
}

#[test]
fn a_closure_cannot_change_a_constant() {
    let errors = ScriptRunner::new(
        "const K = 10; let result = 0;
        fn on_update() { result = K; let f = |x| x + K; result += f.call(1); }
        fn on_spawn() { let f = |x| { K = 99; x }; f.call(1); }",
    );
    let errors = errors.err().expect("it is a constant");
    assert!(errors[0].message.contains("`K` is a constant"), "{}", errors[0]);
    let (mut runner, world) = started(
        "const LIST = [1]; let result = 0; fn on_update() { let f = |x| LIST.push(x); f.call(1); }",
    );
    for _ in 0..3 {
        let error = runner.call(&world, "on_update", &[]).expect_err("it is a constant");
        assert!(error.message.contains("constant"), "{error}");
    }
}

#[test]
fn locals_never_reach_the_state() {
    let (mut runner, world) = started(
        "let n = 0; fn on_update() { let a = 1; { let b = 2; } for i in 0..3 { let c = i; } n += a; }",
    );
    for _ in 0..10_000 {
        runner.call(&world, "on_update", &[]).unwrap_or_else(|e| panic!("{e}"));
    }
    let snapshot =
        runner.instance().map(bevy_cscript::script::ScriptInstance::snapshot).unwrap_or_default();
    assert_eq!(snapshot.0.into_iter().collect::<Vec<_>>(), [("n".to_owned(), Value::Int(10_000))]);
}

#[test]
fn a_failing_call_changes_nothing() {
    let (mut runner, world) = started(
        "let n = 0; let list = [1, 2]; let other = [5];
        fn on_update() {
            n += 1; list.push(3); list[0] = 9; other.clear();
            set_position(entity_id, [1, 1, 1]);
            throw \"no\";
        }",
    );
    let before = runner.instance().map(bevy_cscript::script::ScriptInstance::snapshot);
    let error = runner.call(&world, "on_update", &[]).expect_err("it throws");
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Runtime, "no"));
    assert_eq!(runner.instance().map(bevy_cscript::script::ScriptInstance::snapshot), before);
}

#[test]
fn closures_that_write_to_this_are_put_back_too() {
    for body in [
        "list.map(|| { this += 10; this }); throw 1;",
        "list.filter(|| { this += 10; true }); throw 1;",
        "list.for_each(|| this += 10); throw 1;",
        "list.some(|| { this += 10; false }); throw 1;",
        "list.reduce(|sum| { this += 10; sum }); throw 1;",
        "list.map(|| { this = || 1; 0 });",
        "let f = |x| { list.push(x); }; f.call(5); throw 1;",
        "list.sort(); list.insert(0, 9); list += 7; throw 1;",
        "push(list, 4); throw 1;",
        "list.split(1); throw 1;",
        "call(Fn(\"push\"), list, 4); throw 1;",
        "let f = Fn(\"push\"); f.call(list, 4); throw 1;",
        "swap!(); throw 1;",
    ] {
        let (mut runner, world) = started(&format!(
            "let list = [2, 1]; fn swap() {{ let x = list[0]; list[0] = list[1]; list[1] = x; }} fn on_update() {{ {body} }}"
        ));
        runner.call(&world, "on_update", &[]).expect_err(body);
        assert_eq!(runner.get("list"), Value::from(vec![2_i64, 1]), "{body}");
    }
}

#[test]
fn errors_name_the_place_the_stack_and_the_entity() {
    let (mut runner, world) = started(
        "fn half(x) {\n    x / 0\n}\nfn twice(x) {\n    half(x) + half(x)\n}\nfn on_update() {\n    twice(4);\n}",
    );
    let error = runner.call(&world, "on_update", &[]).expect_err("division by zero");
    assert_eq!(
        error.to_string(),
        "test.rhai:2:7: Division by zero: 4 / 0
    in half, called at test.rhai:5:5
    in twice, called at test.rhai:8:5
    in on_update
    for entity 1"
    );
}

#[test]
fn errors_of_the_api_name_function_and_argument() {
    for (call, kind, message) in [
        ("get_position(77)", ErrorKind::NotFound, "get_position: `e`: no entity has the id 77"),
        (
            "get_position(\"x\")",
            ErrorKind::Runtime,
            "get_position: `e`: expected an entity id (int), got string",
        ),
        (
            "set_position(1, [1, 2, 3, 4])",
            ErrorKind::Runtime,
            "set_position: `pos`: expected a position (Vec3, [x, y, z] or [x, z]), got array",
        ),
        (
            "move_towards(1, [1, 2], -1)",
            ErrorKind::Runtime,
            "move_towards: `step`: must be 0 or more, got -1",
        ),
        (
            "move_towards(1, [1, 2], 0.0 / 0.0)",
            ErrorKind::Runtime,
            "move_towards: `step`: must be finite, got NaN",
        ),
        (
            "set_position(1, [1.0 / 0.0, 2])",
            ErrorKind::Runtime,
            "set_position: `pos`: must be finite, got [inf, 0, 2]",
        ),
        (
            "face_direction(1, [0, 0])",
            ErrorKind::Runtime,
            "face_direction: `dir`: must not be zero",
        ),
        (
            "find_entity_by_tag(\"\")",
            ErrorKind::Runtime,
            "find_entity_by_tag: `tag`: must not be empty",
        ),
        (
            "spawn_entity(\"nope\", [0, 0])",
            ErrorKind::NotFound,
            "spawn_entity: no prefab \"nope\" is registered",
        ),
        (
            "get_component(1, \"Nope\")",
            ErrorKind::NotFound,
            "get_component: no component is exposed as \"Nope\"",
        ),
        ("random_bool(2)", ErrorKind::Runtime, "random_bool: `p`: must lie in 0..=1, got 2"),
        ("random_range(5, 1)", ErrorKind::Runtime, "random_range: `b` (1) is below `a` (5)"),
    ] {
        let (mut runner, world) = started(&format!("fn on_update() {{ {call}; }}"));
        let error = runner.call(&world, "on_update", &[]).expect_err(call);
        assert_eq!((error.kind, error.message.as_str()), (kind, message));
        assert_eq!(error.position.map(|p| p.line), Some(1), "{call}");
    }
}

#[test]
fn an_error_of_the_api_can_be_caught() {
    assert_eq!(
        result_of(
            "let result = (); fn on_update() { try { get_position(77); } catch (e) { result = e; } }"
        )
        .to_string(),
        "#{kind: \"not found\", message: \"get_position: `e`: no entity has the id 77\"}"
    );
}

#[test]
fn a_call_sees_its_own_writes() {
    let (mut runner, mut world) = started(
        "let seen = [];
        fn on_update() {
            set_position(entity_id, [3, 4, 0]);
            seen.push(get_position(entity_id));
            seen.push(move_towards(entity_id, vec3(3, 0, 0), 1));
            seen.push(get_position(entity_id).y);
            set_tag(entity_id, \"scout\");
            seen.push(get_tag(entity_id));
            seen.push(find_entity_by_tag(\"scout\"));
            let child = spawn_entity(\"crate\", [7, 7]);
            seen.push(distance(child, [7, 7]));
            set_tag(child, \"box\");
            seen.push(find_entity_by_tag(\"box\") == child);
            destroy_entity(child);
            seen.push(find_entity_by_tag(\"box\"));
            set_component(entity_id, \"Stats\", #{ power: 5 });
            set_component(entity_id, \"Stats\", #{ speed: 2 });
            seen.push(get_component(entity_id, \"Stats\"));
            teleport(entity_id, [0, 0]);
            seen.push(get_velocity(entity_id));
        }",
    );
    world.prefabs.insert("crate".to_owned());
    world.exposed.insert("Stats".to_owned(), true);
    world.entities.get_mut(&ME).expect("it exists").velocity = Vec3::X;
    let commands = runner.call(&world, "on_update", &[]).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(
        runner.get("seen").to_string(),
        "[vec3(3.0, 4.0, 0.0), false, 3.0, \"scout\", 1, 0.0, true, (), #{power: 5, speed: 2}, vec3(0.0, 0.0, 0.0)]"
    );
    world.apply(&commands);
    assert_eq!(world.entities.len(), 1);
    assert_eq!(world.entities[&ME].components["Stats"].to_string(), "#{power: 5, speed: 2}");
}

#[test]
fn a_destroyed_entity_is_gone_for_the_rest_of_the_call() {
    let (mut runner, mut world) = started("fn on_update() { destroy_entity(2); get_position(2); }");
    world.entities.insert(ScriptId(2), FakeEntity::at(Vec3::ONE));
    let error = runner.call(&world, "on_update", &[]).expect_err("it is gone");
    assert_eq!(error.message, "get_position: `e`: entity 2 was destroyed earlier in this call");
}

#[test]
fn ids_of_spawned_entities_are_known_at_once_and_repeat() {
    let spawn = || {
        let (mut runner, mut world) = started(
            "let a = 0; let b = 0; fn on_update() { a = spawn_entity(\"p\", [0, 0]); b = spawn_entity(\"p\", [0, 0]); }",
        );
        world.prefabs.insert("p".to_owned());
        runner.tick = 5;
        let commands = runner.call(&world, "on_update", &[]).unwrap_or_else(|e| panic!("{e}"));
        (runner.get("a"), runner.get("b"), commands)
    };
    let (a, b, commands) = spawn();
    assert_ne!(a, b);
    let ids: Vec<_> = commands
        .iter()
        .map(|command| match command {
            ScriptCommand::Spawn { id, .. } => Value::from(*id),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids, [a.clone(), b.clone()]);
    assert_eq!(spawn(), (a, b, commands));
}

#[test]
fn random_numbers_depend_on_seed_entity_and_tick_only() {
    let draw = |seed, tick, id| {
        let mut runner = ScriptRunner::new(
            "let result = []; fn on_update() { result = [random(), random_range(1, 6), random_range(0.0, 1.0), random_bool(0.5), choose([1, 2, 3]), shuffle([1, 2, 3, 4])]; }",
        )
        .unwrap_or_else(|e| panic!("{}", e[0]));
        let mut world = world();
        world.entities.insert(ScriptId(id), FakeEntity::default());
        (runner.world_seed, runner.tick) = (seed, tick);
        runner.start(&world, ScriptId(id)).unwrap_or_else(|e| panic!("{e}"));
        runner.call(&world, "on_update", &[]).unwrap_or_else(|e| panic!("{e}"));
        runner.get("result")
    };
    assert_eq!(draw(1, 2, 1), draw(1, 2, 1));
    assert_ne!(draw(1, 2, 1), draw(2, 2, 1));
    assert_ne!(draw(1, 2, 1), draw(1, 3, 1));
    assert_ne!(draw(1, 2, 1), draw(1, 2, 2));
}

#[test]
fn fuel_stops_every_kind_of_loop_and_nothing_catches_it() {
    for body in [
        "loop {}",
        "while true {}",
        "for i in 0..9223372036854775807 {}",
        "loop { try { loop {} } catch {} }",
        "[1, 2, 3].map(|x| [1, 2, 3].map(|y| [1, 2, 3].map(|z| { loop {} })));",
        "let a = [3, 1, 2]; a.sort(|x, y| { loop {} }); n = 1;",
        "let a = [3, 1, 2]; a.dedup(|x, y| { loop {} }); n = 1;",
        "let a = [3, 1, 2]; a.filter(|x| { loop {} }); n = 1;",
        "fib(25);",
    ] {
        let (mut runner, world) = started(&format!(
            "let n = 0; fn fib(x) {{ if x < 2 {{ x }} else {{ fib(x - 1) + fib(x - 2) }} }} fn on_update() {{ {body} }}"
        ));
        let error = runner.call(&world, "on_update", &[]).expect_err(body);
        assert_eq!(error.kind, ErrorKind::Fuel, "{body}: {error}");
        assert_eq!(runner.get("n"), Value::Int(0), "{body}");
        assert!(error.position.is_some(), "{body}: {error}");
    }
}

#[test]
fn fuel_is_counted_for_each_call_anew() {
    let mut runner = ScriptRunner::with(
        "test.rhai",
        "let n = 0; fn on_update() { for i in 0..100 { n += 1; } }",
        ApiTable::default(),
        ScriptLimits { fuel: 1_000, ..ScriptLimits::default() },
    )
    .unwrap_or_else(|e| panic!("{}", e[0]));
    let world = world();
    runner.start(&world, ME).unwrap_or_else(|e| panic!("{e}"));
    for _ in 0..20 {
        runner.call(&world, "on_update", &[]).unwrap_or_else(|e| panic!("{e}"));
    }
    assert_eq!(runner.get("n"), Value::Int(2_000));
}

#[test]
fn sizes_and_depth_are_limited() {
    for (body, kind) in [
        ("let s = \"x\"; loop { s += s; }", ErrorKind::Memory),
        ("let a = []; loop { a.push(1); }", ErrorKind::Memory),
        ("let m = #{}; for i in 0..1000 { m[`k${i}`] = i; } keep = m;", ErrorKind::Memory),
        ("deep(0)", ErrorKind::Memory),
        ("keep = || 1;", ErrorKind::Runtime),
        ("let a = []; for i in 0..40 { a = [a]; } keep = a;", ErrorKind::Memory),
        ("loop { set_tag(entity_id, \"x\"); }", ErrorKind::Memory),
    ] {
        let (mut runner, world) = started(&format!(
            "let keep = (); fn deep(n) {{ deep(n + 1) }} fn on_update() {{ {body} }}"
        ));
        let error = runner.call(&world, "on_update", &[]).expect_err(body);
        assert_eq!(error.kind, kind, "{body}: {error}");
        assert_eq!(runner.get("keep"), Value::Unit, "{body}");
    }
}

#[test]
fn a_top_level_that_fails_says_so_and_gives_no_instance() {
    for (text, kind) in [
        ("let x = 1;\nloop {}", ErrorKind::Fuel),
        ("throw \"bad day\";", ErrorKind::Runtime),
        ("let f = |x| x;", ErrorKind::Runtime),
        ("let x = 1 / 0;", ErrorKind::Runtime),
    ] {
        let mut runner = ScriptRunner::new(text).unwrap_or_else(|e| panic!("{}", e[0]));
        let error = runner.start(&world(), ME).expect_err(text);
        assert_eq!(error.kind, kind, "{text}: {error}");
        assert_eq!(error.entity, Some(ME));
        assert!(runner.instance().is_none());
    }
}

#[test]
fn the_top_level_runs_for_each_entity_in_its_own_world() {
    let (runner, _) = started(
        "let home = get_position(entity_id); let me = entity_id; for i in 0..3 { me += i; }",
    );
    assert_eq!(runner.get("home"), Value::Vec3(Vec3::ZERO));
    assert_eq!(runner.get("me"), Value::Int(4));
}

#[test]
fn print_and_the_log_are_cut_cleaned_and_counted() {
    let (mut runner, world) = started(
        "fn on_update() {
            print(\"a\\n\\u001b[31mb\"); debug(1); log([1, vec3(1, 2, 3)]); warn(\"w\"); error(#{ a: 1 });
            info(long());
            for i in 0..100 { print(i); }
        }
        fn long() { let s = \"\"; s.pad(5000, 'x'); s }",
    );
    runner.call(&world, "on_update", &[]).unwrap_or_else(|e| panic!("{e}"));
    let log = runner.take_log();
    assert_eq!(log.len(), 20);
    let shown: Vec<_> = log[..5].iter().map(|line| (line.level, line.text.as_str())).collect();
    assert_eq!(
        shown,
        [
            (LogLevel::Info, "a  [31mb"),
            (LogLevel::Debug, "1"),
            (LogLevel::Info, "[1, vec3(1.0, 2.0, 3.0)]"),
            (LogLevel::Warn, "w"),
            (LogLevel::Error, "#{a: 1}"),
        ]
    );
    assert_eq!(log[5].text.len(), 1024 + "…".len());
}

#[test]
fn vectors_have_operators_properties_and_methods() {
    for (expression, value) in [
        ("vec3(1, 2, 3) + vec3(1, 1, 1)", "vec3(2.0, 3.0, 4.0)"),
        ("vec3(1, 2, 3) - vec3(1, 1, 1)", "vec3(0.0, 1.0, 2.0)"),
        ("vec3(1, 2, 3) * 2", "vec3(2.0, 4.0, 6.0)"),
        ("0.5 * vec3(1, 2, 3)", "vec3(0.5, 1.0, 1.5)"),
        ("vec3(2, 4, 6) / 2.0", "vec3(1.0, 2.0, 3.0)"),
        ("-vec3(1, 2, 3)", "vec3(-1.0, -2.0, -3.0)"),
        ("vec3(1, 2, 3) == vec3(1, 2, 3)", "true"),
        ("vec3(1, 2, 3) != vec3(1, 2, 3)", "false"),
        ("vec3(1, 2, 3).y", "2.0"),
        ("{ let v = vec3(1, 2, 3); v.x = 7; v.z += 1.5; v }", "vec3(7.0, 2.0, 4.5)"),
        ("vec3(3, 4, 0).length()", "5.0"),
        ("vec3(0, 3, 0).normalize()", "vec3(0.0, 1.0, 0.0)"),
        ("vec3(1, 2, 3).dot(vec3(4, 5, 6))", "32.0"),
        ("vec3(1, 0, 0).cross(vec3(0, 1, 0))", "vec3(0.0, 0.0, 1.0)"),
        ("vec3(0, 0, 0).lerp(vec3(10, 0, 0), 0.5)", "vec3(5.0, 0.0, 0.0)"),
        ("`at ${vec3(1, 2, 3)}`", "at vec3(1.0, 2.0, 3.0)"),
        ("[vec3(1, 2, 3), 1].to_string()", "[vec3(1.0, 2.0, 3.0), 1]"),
        ("2.0 ** 0.5", "1.4142135623730951"),
        ("2 ** 10", "1024"),
        ("type_of(vec3(0, 0, 0))", "Vec3"),
    ] {
        let text = format!("let result = (); fn on_update() {{ result = {expression}; }}");
        assert_eq!(result_of(&text).to_string(), value, "{expression}");
    }
}

#[test]
fn log_writes_whatever_it_is_given() {
    let (mut runner, world) =
        started("fn on_update() { log(2.0); log(2); log(\"x\"); log([1]); log(()); }");
    runner.call(&world, "on_update", &[]).unwrap_or_else(|e| panic!("{e}"));
    let lines: Vec<_> = runner.take_log().into_iter().map(|line| line.text).collect();
    assert_eq!(lines, ["2.0", "2", "x", "[1]", "()"]);
}

#[test]
fn arguments_beyond_the_parameters_are_left_out() {
    let (mut runner, world) = started(
        "let seen = []; fn on_message(topic) { seen.push(topic); } fn on_trigger() { seen.push(0); }",
    );
    let args = [Value::from("news"), Value::Int(1)];
    runner.call(&world, "on_message", &args).unwrap_or_else(|e| panic!("{e}"));
    runner.call(&world, "on_trigger", &args).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(runner.get("seen").to_string(), "[\"news\", 0]");
}

#[test]
fn state_goes_through_serde_and_back() {
    let (mut runner, world) =
        started("let n = 1; let list = [vec3(1, 2, 3)]; fn on_update() { n += 1; }");
    runner.call(&world, "on_update", &[]).unwrap_or_else(|e| panic!("{e}"));
    let saved =
        runner.instance().map(bevy_cscript::script::ScriptInstance::snapshot).expect("it runs");
    let text = serde_json::to_string(&saved).expect("plain data");
    let back: StateSnapshot = serde_json::from_str(&text).expect("the same");
    assert_eq!(back, saved);

    let (fresh, _) = started("let n = 1; let list = [vec3(1, 2, 3)]; fn on_update() { n += 1; }");
    let mut instance = fresh.instance().cloned().expect("it runs");
    instance.restore(&back).expect("same variables");
    assert_eq!(instance.snapshot(), saved);
    assert!(instance.set("nope", &Value::Unit).is_err());
}

#[test]
fn a_variable_named_like_a_function_does_no_harm() {
    assert_eq!(
        result_of(
            "let distance = 5; let result = 0.0; fn on_update() { result = distance([0, 0], [3, 4]) + distance; }"
        ),
        Value::Float(10.0)
    );
}

#[test]
fn a_closure_has_the_name_of_its_place_in_pointers_and_in_errors() {
    // Rhai's own names are hashes that differ from build to build.
    let text = "let result = [];
fn on_update() {
    let f = || 1 / 0;
    try { f.call(); } catch (e) { result = [f.name, e.function]; }
}";
    let Value::Array(names) = result_of(text) else { panic!("an array") };
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["anon$0003000d", "anon$0003000d"]);
}

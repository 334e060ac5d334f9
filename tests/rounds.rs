use std::{slice::IterMut, sync::Arc};

use bevy::prelude::Transform;
use bevy_cscript::{
    api::{ApiFault, ApiFunction, ApiTable, CallScope, Category, ScriptContext},
    contract::{ErrorKind, ScriptError, ScriptId, ScriptLimits, ScriptSource, Value},
    runtime::{CScript, ScriptMetrics},
    script::{Backend, CompiledScript, Round, ScriptCompiler, ScriptInstance},
    testing::{FakeWorld, ScriptTestApp},
    trust::{TrustPolicy, Verified},
};

/// Each entity counts its calls; that of number 2 fails, that of number 3 makes the host panic. 4 and 5 know lists
/// and texts.
const SCRIPT: &str = "
let n = 0;
let seen = [];
let name = \"x\";
fn fails() { n += 100; seen.push(n); throw `no ${entity_id}`; }
fn on_update() {
    n += 1;
    print(`${entity_id} ${n}`);
    if entity_id == 2 { fails!(); }
    if entity_id == 3 { n += 100; name = \"y\"; explode(); }
    if entity_id >= 4 { seen.push(n); name += n; }
    if entity_id == 5 { try { fails!() } catch (e) { name = e; } }
}";

/// The same with a timer in it, which goes another way.
const TIMED: &str = "\nfn later() { after(1.0, \"on_update\"); }";

fn compiled(text: &str, backend: Backend) -> Arc<CompiledScript> {
    let source = Verified::check(ScriptSource::new("round.rhai", text), &TrustPolicy::default())
        .unwrap_or_else(|error| panic!("{error}"));
    let mut table = ApiTable::default();
    let explode = ApiFunction::new("explode", Category::UTILITY, "Panics.");
    let explode = explode
        .overload([], |_: &mut ScriptContext<'_>| -> Result<i64, ApiFault> { panic!("boom") });
    table.add(explode).unwrap_or_else(|error| panic!("{error}"));
    let compiler = ScriptCompiler::new(table, ScriptLimits::trusted()).with_backend(backend);
    Arc::new(compiler.compile(&source).unwrap_or_else(|errors| panic!("{}", errors[0])))
}

/// Calls all instances, and remembers what became of it.
struct All<'i> {
    instances: IterMut<'i, ScriptInstance>,
    id: i64,
    told: Vec<(i64, Result<(), (ErrorKind, String)>)>,
    panics_at: i64,
    ahead: bool,
}

impl<'i> Round for All<'i> {
    type Turn = &'i mut ScriptInstance;

    fn next(&mut self, context: &mut ScriptContext<'_>) -> Option<&'i mut ScriptInstance> {
        self.id += 1;
        assert!(self.id != self.panics_at, "the round itself");
        context.begin(ScriptId(self.id), 0);
        self.instances.next()
    }

    fn runs_ahead(&self) -> bool {
        self.ahead
    }

    fn done(
        &mut self,
        _: &mut ScriptContext<'_>,
        _: &mut ScriptInstance,
        called: Result<(), Box<ScriptError>>,
    ) {
        let id = self.told.len() as i64 + 1;
        self.told.push((id, called.map_err(|error| (error.kind, error.message.clone()))));
    }
}

fn scope(world: &FakeWorld) -> CallScope<'_> {
    CallScope { world, world_seed: 0, tick: 0, delta_time: 0.1 }
}

fn started(
    script: &Arc<CompiledScript>,
    context: &mut ScriptContext<'_>,
    count: i64,
) -> Vec<ScriptInstance> {
    let start = |id| {
        context.begin(ScriptId(id), 0);
        ScriptInstance::start(script.clone(), context).unwrap_or_else(|error| panic!("{error}"))
    };
    (1..=count).map(start).collect()
}

fn go_round(text: &str, backend: Backend, ahead: bool) {
    let script = compiled(text, backend);
    let Some(on_update) = script.function("on_update") else { panic!("it is there") };
    let (world, other) = (FakeWorld::default(), compiled("let n = 7; fn on_update() { }", backend));
    let mut context = ScriptContext::new(scope(&world));
    let mut instances = started(&script, &mut context, 6);
    // Somebody who does not belong here.
    instances.insert(5, started(&other, &mut context, 1).remove(0));
    let _ = context.take_fuel();
    for _ in 0..2 {
        let instances = instances.iter_mut();
        let mut all = All { instances, id: 0, told: Vec::new(), panics_at: -1, ahead };
        script.calls(&mut context, |calls| calls.each(on_update, &mut all));
        let ids: Vec<i64> = all.told.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, [1, 2, 3, 4, 5, 6, 7]);
        let failed: Vec<_> =
            all.told.iter().filter_map(|(id, told)| Some((*id, told.clone().err()?))).collect();
        let host = "a function of the host panicked: boom".to_owned();
        let foreign = "it was called among the instances of round.rhai".to_owned();
        let expected = [
            (2, (ErrorKind::Runtime, "no 2".to_owned())),
            (3, (ErrorKind::Host, host)),
            (6, (ErrorKind::Host, foreign)),
        ];
        assert_eq!(failed, expected);
    }
    let get = |i: usize, name: &str| instances[i].get(name).unwrap_or_default();
    let numbers: Vec<Value> = (0..7).map(|i| get(i, "n")).collect();
    // Who failed is as before; and who caught what failed keeps what was done until then.
    let expected = [2, 0, 0, 2, 202, 7, 2].map(Value::Int);
    assert_eq!(numbers, expected);
    assert_eq!((get(2, "name"), get(1, "seen")), ("x".into(), Value::Array(Vec::new())));
    assert_eq!((get(3, "name"), get(4, "name")), ("x12".into(), "no 5".into()));
    assert_eq!(get(6, "seen"), Value::Array(vec![Value::Int(1), Value::Int(2)]));
}

#[test]
fn a_round_calls_everybody_whatever_becomes_of_some() {
    for backend in [Backend::Compiled, Backend::Reference] {
        for ahead in [false, true] {
            go_round(SCRIPT, backend, ahead);
            go_round(&format!("{SCRIPT}{TIMED}"), backend, ahead);
        }
    }
}

#[test]
fn a_round_is_what_single_calls_are() {
    let script = compiled(SCRIPT, Backend::Compiled);
    let Some(on_update) = script.function("on_update") else { panic!("it is there") };
    let world = FakeWorld::default();
    let [mut one, mut other] = [(); 2].map(|()| ScriptContext::new(scope(&world)));
    let [mut together, mut alone] =
        [&mut one, &mut other].map(|context| started(&script, context, 6));
    for _ in 0..3 {
        let instances = together.iter_mut();
        let mut all = All { instances, id: 0, told: Vec::new(), panics_at: -1, ahead: false };
        script.calls(&mut one, |calls| calls.each(on_update, &mut all));
        for (id, instance) in (1..).zip(&mut alone) {
            other.begin(ScriptId(id), 0);
            let _ = instance.call(on_update, &[], &mut other);
        }
        assert_eq!(one.take_fuel(), other.take_fuel());
        assert_eq!(one.take_log(), other.take_log());
        for (a, b) in together.iter().zip(&alone) {
            assert_eq!((a.snapshot(), a.state_hash()), (b.snapshot(), b.state_hash()));
        }
    }
}

#[test]
fn a_round_that_panics_is_no_fault_of_a_script() {
    let script = compiled(SCRIPT, Backend::Compiled);
    let Some(on_update) = script.function("on_update") else { panic!("it is there") };
    let world = FakeWorld::default();
    let mut context = ScriptContext::new(scope(&world));
    let mut instances = started(&script, &mut context, 6);
    let went = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut all = All {
            instances: instances.iter_mut(),
            id: 0,
            told: Vec::new(),
            panics_at: 2,
            ahead: false,
        };
        script.calls(&mut context, |calls| calls.each(on_update, &mut all));
    }));
    let Err(panic) = went else { panic!("it goes on") };
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the round itself"));
    // The first one has its variables back.
    assert_eq!(instances[0].get("n"), Some(Value::Int(1)));
}

#[test]
fn a_function_that_is_not_there_changes_nothing_and_all_have_their_turn() {
    let script = compiled("let n = 1; fn on_update() { n += 1; }", Backend::Compiled);
    let more = compiled("fn a() { } fn b() { } fn c() { }", Backend::Compiled);
    let Some(of_another) = more.function("c") else { panic!("it is there") };
    let world = FakeWorld::default();
    let mut context = ScriptContext::new(scope(&world));
    let mut instances = started(&script, &mut context, 3);
    let mut all = All {
        instances: instances.iter_mut(),
        id: 0,
        told: Vec::new(),
        panics_at: -1,
        ahead: false,
    };
    script.calls(&mut context, |calls| calls.each(of_another, &mut all));
    assert_eq!(all.told, [(1, Ok(())), (2, Ok(())), (3, Ok(()))]);
    assert!(instances.iter().all(|instance| instance.get("n") == Some(Value::Int(1))));
}

/// What goes side by side, and takes two ways.
const ABREAST: &str = "
let n = 0;
let x = 1.5;
fn on_update() {
    n += 1;
    if n % 2 == 0 { x *= 2.0; } else { x += 1.0; }
    if entity_id == 30 { throw \"no 30\"; }
}";

#[test]
fn those_who_do_not_belong_to_them_are_told_in_turn_where_others_go_side_by_side() {
    let (script, other) = (compiled(ABREAST, Backend::Compiled), compiled("", Backend::Compiled));
    let Some(on_update) = script.function("on_update") else { panic!("it is there") };
    let world = FakeWorld::default();
    let mut context = ScriptContext::new(scope(&world));
    let mut instances = started(&script, &mut context, 150);
    for at in [2, 5, 70, 71, 152] {
        instances.insert(at, started(&other, &mut context, 1).remove(0));
    }
    for _ in 0..2 {
        let instances = instances.iter_mut();
        let mut all = All { instances, id: 0, told: Vec::new(), panics_at: -1, ahead: true };
        script.calls(&mut context, |calls| calls.each(on_update, &mut all));
        let ids: Vec<i64> = all.told.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, (1..=155).collect::<Vec<_>>());
        let failed: Vec<_> =
            all.told.into_iter().filter_map(|(id, told)| Some((id, told.err()?.0))).collect();
        let host = ErrorKind::Host;
        let expected =
            [(3, host), (6, host), (30, ErrorKind::Runtime), (71, host), (72, host), (153, host)];
        assert_eq!(failed, expected);
    }
    assert!(context.calls_abreast() > 250, "{} calls went side by side", context.calls_abreast());
    let get = |id: usize, name: &str| instances[id - 1].get(name);
    assert_eq!((get(1, "n"), get(1, "x")), (Some(2.into()), Some(5.0.into())));
    assert_eq!((get(140, "n"), get(140, "x")), (Some(2.into()), Some(5.0.into())));
    assert_eq!((get(30, "n"), get(30, "x")), (Some(0.into()), Some(1.5.into())));
}

#[test]
fn a_round_that_panics_while_it_runs_ahead_takes_nothing_from_anybody() {
    let script = compiled(ABREAST, Backend::Compiled);
    let Some(on_update) = script.function("on_update") else { panic!("it is there") };
    let world = FakeWorld::default();
    let mut context = ScriptContext::new(scope(&world));
    let mut instances = started(&script, &mut context, 120);
    let went = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let instances = instances.iter_mut();
        let mut all = All { instances, id: 0, told: Vec::new(), panics_at: 100, ahead: true };
        script.calls(&mut context, |calls| calls.each(on_update, &mut all));
    }));
    assert!(went.is_err());
    let all: Vec<_> = instances.iter().map(|instance| instance.get("x")).collect();
    let (changed, same) = (Some(Value::Float(2.5)), Some(Value::Float(1.5)));
    // Those who were done are done; the group that was being gathered has not begun.
    assert_eq!((&all[0], &all[67], &all[68], &all[99]), (&changed, &changed, &same, &same));
    assert!(all.iter().all(|x| *x == changed || *x == same), "{all:?}");
}

#[test]
fn what_a_tick_has_used_is_counted_whether_many_are_called_together_or_one() {
    let used = |count: u64| {
        let mut app = ScriptTestApp::new();
        let script = app.script(
            "a.rhai",
            "let n = 0; fn on_update() { n += 1; move_towards(entity_id, vec3(9, 0, n), 0.5); }",
        );
        (0..count).for_each(|_| {
            app.spawn(script.clone());
        });
        app.ticks(3);
        let counted = |app: &ScriptTestApp| {
            let ScriptMetrics { callbacks, fuel, commands, .. } = *app.world().resource();
            [callbacks, fuel, commands]
        };
        let before = counted(&app);
        app.tick();
        let after = counted(&app);
        assert!(app.take_faults().is_empty());
        [0, 1, 2].map(|i| after[i] - before[i])
    };
    let [callbacks, fuel, commands] = used(1);
    assert!(callbacks == 1 && fuel > 4 && commands == 1, "{callbacks}, {fuel}, {commands}");
    assert_eq!(used(150), [callbacks, fuel, commands].map(|one| one * 150));
}

#[test]
fn who_asks_for_others_is_told_where_they_are_whoever_was_called_in_its_place_before() {
    let mut app = ScriptTestApp::new();
    let script =
        app.script("a.rhai", "let first = 0.0; fn on_update() { first = get_position(1).x; }");
    let all: Vec<_> = (1..=300_i64)
        .map(|id| {
            let place = Transform::from_xyz(id as f32, 0.0, 0.0);
            app.world_mut().spawn((ScriptId(id), place, CScript::new(script.clone()))).id()
        })
        .collect();
    app.ticks(3);
    assert!(app.take_faults().is_empty());
    for entity in all {
        assert_eq!(app.get(entity, "first"), Value::Float(1.0), "{}", app.id(entity));
    }
}

#[test]
fn what_calls_side_by_side_have_changed_is_hashed() {
    let mut app = ScriptTestApp::new();
    let script = app.script("a.rhai", "let n = 0; let same = 7; fn on_update() { n += 1; }");
    let all: Vec<_> = (0..150).map(|_| app.spawn(script.clone())).collect();
    app.ticks(2);
    let mut before = 0;
    for _ in 0..4 {
        app.tick();
        let hashes = all.iter().map(|entity| {
            let scripts = app.world().get::<CScript>(*entity);
            scripts.map(|scripts| scripts.slots()[0].state_hash())
        });
        let hashes: Vec<_> = hashes.collect();
        // Those who were called one by one before the others, too.
        assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
        let now = hashes[0].unwrap_or_default();
        assert_ne!(now, before);
        before = now;
    }
}

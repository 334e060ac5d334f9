use bevy::{ecs::entity_disabling::Disabled, prelude::*};
use bevy_cscript::{
    authority::ClientId,
    contract::{ScriptEvent, ScriptId, ScriptLimits, Value},
    prelude::*,
    runtime::{ErrorPolicy, HashRecord, ScriptMetrics, authority::Owner},
    script::{Backend, ScriptThreads},
    testing::ScriptTestApp,
    trust::LevelLimits,
};

/// Whoever moves this one last in a tick has moved it.
const FLAG: ScriptId = ScriptId(7_777);

/// Walks, has a list of its own that events change, and fails now and then.
const WALKER: &str = "
let n = 0; let at = 0; let route = [vec3(1, 0, 0), vec3(0, 0, 1), vec3(-1, 0.5, 0)]; let slow = 0.25; let name = \"w\";
fn on_update() {
    n += 1;
    if move_towards(entity_id, route[at], slow) { at += 1; if at >= route.len() { at = 0; } }
    if n % 5 == at { set_position(7777, vec3(n, entity_id % 512, at)); }
    if n % 31 == 30 { throw `tired ${entity_id}`; }
}
fn on_bell(x) { n += x; route.push(vec3(x, 0, n % 3)); name += x; if x == 3 { slow = 1; } if x == 4 { slow = 0.5; } }
";

/// The next version: it keeps some variables, loses one, and has another.
const NEXT_WALKER: &str = "
let n = 0; let at = 0; let route = [vec3(1, 0, 0), vec3(0, 0, 1)]; let slow = 0.25; let steps = 0;
fn on_update() {
    n += 2; steps += 1;
    if at >= route.len() { at = 0; }
    if move_towards(entity_id, route[at], slow) { at += 1; }
}
fn on_bell(x) { steps -= x; route.push(vec3(0, x, 0)); }
";

/// Counts in several types, looks about, and sometimes writes.
const COUNTER: &str = "
let count = 0; let sum = 0.0; let even = false; let last = (); let said = [];
fn on_update() {
    count += 1; even = !even; sum += delta_time * count;
    if count % 3 == 1 { move_towards(7777, vec3(entity_id % 256, 0, 0), 0.5); }
    if even { sum -= distance(get_position(entity_id), vec3(0, 0, 0)); } else { last = get_position(entity_id); }
    if count % 50 == 49 { print(`${count}`); set_tag(entity_id, `t${count}`); }
}
fn on_bell(x) { said.push(x); if x == 2 { count = 0; last = (); } if x == 5 { sum = 7; } }
";

/// Does next to nothing.
const IDLER: &str = "let here = 0; fn on_update() { } fn on_bell(x) { here = x; }";

/// Puts itself where its count says, so that others' places depend on it.
const JUMPER: &str = "
let k = 0;
fn on_update() { k = (k + 7) % 31; set_position(entity_id, vec3(k, 0, delta_time)); }
fn on_bell(x) { k += x; }
";

/// Asks where it is and steps, mostly once, and sometimes in ways that have to be told apart from that.
const STROLLER: &str = "
let n = 0; let to = vec3(3, 0, 1);
fn on_update() {
    n += 1;
    let at = get_position(entity_id);
    if distance(at, to) < 0.5 { to = vec3(1 - at.x, n % 3, 1); }
    if n % 7 == 3 { move_towards(7777, get_position(entity_id), 0.2); }
    if n % 11 == 5 { move_towards(entity_id, at, 0.1); move_towards(entity_id, to, 0.2); }
    if n % 13 == 6 { move_towards(entity_id - n % 2, to, 0.2); }
    if n % 17 == 9 { set_position(entity_id, to); set_position(entity_id, vec3(0, n, 0)); }
    if n % 23 == 8 { set_position(entity_id, at * 0.5); let there = get_position(entity_id); to = vec3(there.x + 1.0, 0, n % 3); }
    let goal = to;
    let step = 0.25;
    let now = n + entity_id;
    if now % 97 == 4 || now % 95 == 9 { goal = vec3(1.0e38, entity_id % 2, 0) * 10.0; }
    if now % 101 == 20 { step = 0.1 - entity_id % 2; }
    if now % 5 == 4 { set_position(entity_id, goal); } else { move_towards(entity_id, goal, step); }
}
fn on_bell(x) { to = vec3(x, 0, n); }
";

#[derive(Component)]
struct Extra;

/// Numbers at random, the same ones for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// A game that all the same things are done to.
struct Game {
    app: ScriptTestApp,
    scripts: Vec<Handle<Script>>,
    entities: Vec<Entity>,
}

impl Game {
    fn new(
        backend: Backend,
        threads: usize,
        (error_policy, commands): (ErrorPolicy, usize),
    ) -> Self {
        let limits = LevelLimits::default();
        let trusted = limits.trusted.clone();
        let plugin = ScriptingPlugin {
            backend,
            threads: ScriptThreads::Fixed(threads),
            error_policy,
            limits: LevelLimits { trusted: ScriptLimits { commands, ..trusted }, ..limits },
            ..ScriptingPlugin::default()
        };
        let mut app = ScriptTestApp::with(plugin);
        app.world_mut().spawn((FLAG, Transform::default()));
        let scripts = [
            ("walker", WALKER),
            ("counter", COUNTER),
            ("idler", IDLER),
            ("jumper", JUMPER),
            ("stroller", STROLLER),
        ];
        let scripts =
            scripts.map(|(name, text)| app.script(&format!("{name}.rhai"), text)).to_vec();
        Self { app, scripts, entities: Vec::new() }
    }

    fn spawn(&mut self, script: usize, form: usize) {
        let place = Transform::from_xyz(form as f32, 0.0, self.entities.len() as f32);
        let script = CScript::new(self.scripts[script % self.scripts.len()].clone());
        let first = self.entities.first().copied();
        let mut entity = self.app.world_mut().spawn((place, script));
        match (form % 8, first) {
            (1, _) => drop(entity.insert(Extra)),
            (2, Some(above)) => drop(entity.insert(ChildOf(above))),
            (3, _) => {
                if let Some(mut scripts) = entity.get_mut::<CScript>() {
                    *scripts = std::mem::take(&mut *scripts).every(3);
                }
            }
            (4, _) => {
                let second = self.scripts[(form + 1) % self.scripts.len()].clone();
                if let Some(mut scripts) = entity.get_mut::<CScript>() {
                    *scripts = std::mem::take(&mut *scripts).and(second);
                }
            }
            _ => {}
        }
        self.entities.push(entity.id());
    }

    fn with_script(&mut self, entity: Entity, work: impl FnOnce(&mut CScript)) {
        if let Some(mut script) = self.app.world_mut().get_mut::<CScript>(entity) {
            work(&mut script);
        }
    }

    /// Does something to somebody.
    fn meddle(&mut self, what: usize, whom: usize, how: usize) {
        let Some(entity) = self.entities.get(whom % self.entities.len().max(1)).copied() else {
            return;
        };
        let other = self.entities[(whom / 7 + how) % self.entities.len()];
        let handle = self.scripts[how % self.scripts.len()].clone();
        let world = self.app.world_mut();
        match what {
            0 => self.with_script(entity, |script| {
                for name in ["n", "count", "k"] {
                    // Not all have all of them.
                    let _ = script.set(name, Value::Int(how as i64));
                }
            }),
            1 => self.with_script(entity, |script| {
                script.slots_mut().iter_mut().for_each(|slot| slot.enabled = !slot.enabled);
            }),
            2 => drop(world.entity_mut(entity).insert(Disabled)),
            3 => drop(world.entity_mut(entity).remove::<Disabled>()),
            4 => self.with_script(entity, |script| {
                script.slots_mut().iter_mut().for_each(|slot| slot.set_every(how as u32 % 3));
            }),
            5 => drop(world.entity_mut(entity).insert(CScript::new(handle))),
            6 if entity != other => {
                let mut query = world.query_filtered::<&mut CScript, Allow<Disabled>>();
                if let Ok([mut a, mut b]) = query.get_many_mut(world, [entity, other]) {
                    std::mem::swap(&mut *a, &mut *b);
                }
            }
            7 => drop(world.entity_mut(entity).insert(Extra)),
            8 => drop(world.entity_mut(entity).remove::<Extra>()),
            9 => drop(world.entity_mut(entity).insert(Asleep)),
            10 => drop(world.entity_mut(entity).remove::<Asleep>()),
            11 => {
                // Who is below somebody goes with him.
                let _ = world.despawn(entity);
                self.entities.retain(|it| self.app.world().get_entity(*it).is_ok());
            }
            12 => self.spawn(how, whom),
            13 => {
                let mut record = world.resource_mut::<HashRecord>();
                record.is_on = !record.is_on;
            }
            14 => self.with_script(entity, CScript::resume),
            15 => {
                let text = if how.is_multiple_of(2) { NEXT_WALKER } else { WALKER };
                let walker = self.scripts[0].clone();
                self.app.replace(&walker, "walker.rhai", text);
            }
            16 => {
                let mut places = world.query::<&mut Transform>();
                if let Ok(mut place) = places.get_mut(world, entity) {
                    place.translation.x += 0.5;
                }
            }
            // It counts as changed, and is not.
            17 => self.with_script(entity, |_| {}),
            18 => {
                if let Some(mut script) = world.get_mut::<CScript>(entity) {
                    // Nobody is told, but who asks for the slots may have switched one.
                    let slots = script.bypass_change_detection().slots_mut();
                    slots.iter_mut().for_each(|slot| slot.enabled = !slot.enabled);
                }
            }
            19 | 20 => {
                let all = self.entities.iter().copied().skip(whom % 3 * 50).take(120);
                for entity in all.collect::<Vec<_>>() {
                    let mut entity = self.app.world_mut().entity_mut(entity);
                    if what == 19 {
                        entity.insert(Disabled);
                    } else {
                        entity.remove::<Disabled>();
                    }
                }
            }
            // From then on the scripts of that entity are held to a share.
            21 | 22 => drop(world.entity_mut(entity).insert(Owner(ClientId(how as u64 % 3)))),
            23 => drop(world.entity_mut(entity).remove::<Owner>()),
            _ => {
                let id = self.app.id(entity);
                let bell = ScriptEvent::custom("on_bell", [Value::Int(how as i64 % 6)]);
                self.app.send(if how == 0 { bell } else { bell.to(id) });
            }
        }
    }

    /// What can be seen without calling anybody home.
    fn seen(&self) -> Option<(u64, u64)> {
        let record = self.app.world().resource::<HashRecord>();
        if !record.is_on {
            return None;
        }
        record.ticks().next_back().map(|tick| (tick.tick, tick.world))
    }

    /// What was counted: calls, commands, and on one backend fuel.
    fn counted(&self) -> ([u64; 3], u64) {
        let ScriptMetrics { callbacks, commands, errors, fuel, .. } =
            self.app.world().resource::<ScriptMetrics>();
        ([*callbacks, *commands, *errors], *fuel)
    }

    fn kept(&self) -> Vec<String> {
        let kept = |entity: &Entity| {
            let scripts = self.app.world().get::<CScript>(*entity);
            let slots = scripts.map(CScript::slots).unwrap_or_default();
            let slots: Vec<_> = slots
                .iter()
                .map(|slot| (slot.status(), slot.snapshot(), slot.state_hash()))
                .collect();
            format!("{entity} {slots:?}")
        };
        self.entities.iter().map(kept).collect()
    }

    fn told(&mut self) -> Vec<String> {
        let faults = self.app.take_faults();
        let faults = faults.iter().map(|fault| format!("{:?} {}", fault.entity, fault.error));
        let mut told: Vec<String> = faults.collect();
        let lines = self.app.take_log();
        told.extend(lines.iter().map(|line| format!("{:?} {}", line.entity, line.line.text)));
        told
    }
}

/// Plays games with many of one script, with some of others in between or not: then they lie side by side in the world.
fn play(seed: u64, rounds: usize, is_mixed: bool) {
    let mut dice = Dice(seed);
    let backends = [
        (Backend::Reference, 1),
        (Backend::Compiled, 1),
        (Backend::Compiled, 2),
        (Backend::Compiled, 8),
    ];
    let policy = if seed % 4 < 2 { ErrorPolicy::KeepGoing } else { ErrorPolicy::PauseAfter(2) };
    // Few may be too few for some calls.
    let commands = if seed % 3 == 1 { 2 } else { 1_000 };
    let mut games =
        backends.map(|(backend, threads)| Game::new(backend, threads, (policy, commands)));
    for i in 0..600 {
        let main = if seed.is_multiple_of(2) { 0 } else { 4 };
        let script = if is_mixed && i % 3 == 0 { i % 5 } else { main };
        let form = match is_mixed {
            true if dice.below(6) == 0 => dice.below(8),
            // All are below the first one.
            false if seed % 3 == 2 => 2,
            _ => 0,
        };
        games.iter_mut().for_each(|game| game.spawn(script, form));
    }
    for round in 0..rounds {
        for _ in 0..dice.below(4) {
            let (what, whom, how) = (dice.below(30), dice.below(1_000), dice.below(8));
            games.iter_mut().for_each(|game| game.meddle(what, whom, how));
        }
        games.iter_mut().for_each(|game| game.app.tick());
        let [of_reference, of_one, of_two, of_eight] = games.each_ref().map(Game::counted);
        assert_eq!((of_one, of_one), (of_two, of_eight), "seed {seed}, round {round}");
        assert_eq!(of_one.0, of_reference.0, "seed {seed}, round {round}");
        let [reference, others @ ..] = &mut games;
        let (seen, told) = (reference.seen(), reference.told());
        let kept = dice.below(8).eq(&0).then(|| reference.kept());
        for game in others {
            assert_eq!(game.told(), told, "seed {seed}, round {round}");
            assert_eq!(game.seen(), seen, "seed {seed}, round {round}");
            if let Some(kept) = &kept {
                assert_eq!(game.kept(), *kept, "seed {seed}, round {round}");
            }
        }
    }
    let [reference, others @ ..] = &mut games;
    for game in others {
        assert_eq!((game.kept(), game.app.hash()), (reference.kept(), reference.app.hash()));
    }
}

#[test]
fn nobody_notices_who_has_a_seat() {
    for seed in 0..6 {
        play(seed, 60, true);
        play(seed, 60, false);
    }
}

#[test]
fn many_may_look_at_once() {
    let mut app = ScriptTestApp::new();
    let script = app
        .script("counter.rhai", "let n = 0; let sum = 0.5; fn on_update() { n += 1; sum += n; }");
    let entities: Vec<_> = (0..100).map(|_| app.spawn(script.clone())).collect();
    app.ticks(2);
    for tick in 3..40_i64 {
        app.tick();
        let world = app.world();
        let seen = |entity: &Entity| {
            let scripts = world.get::<CScript>(*entity).into_iter();
            let slots = scripts.flat_map(CScript::slots);
            let seen = slots.map(|slot| {
                (
                    slot.get("n"),
                    slot.get("sum"),
                    slot.snapshot(),
                    slot.state_hash(),
                    format!("{slot:?}").len(),
                )
            });
            seen.collect::<Vec<_>>()
        };
        let seen = || entities.iter().map(seen).collect::<Vec<_>>();
        let expected = seen();
        assert_eq!(expected[0][0].0, Some(Value::Int(tick)));
        std::thread::scope(|scope| {
            let others: Vec<_> = (0..3).map(|_| scope.spawn(seen)).collect();
            for other in others {
                assert!(other.join().is_ok_and(|other| other == expected), "tick {tick}");
            }
        });
    }
}

//! Many instances of a script, called side by side and one by one: each must do the same, at the same cost.
//!
//! Programs are made of what goes side by side, with all that ends it: overflow, division by zero, lists that end,
//! variables that change their type, entities that are not there, too little fuel, things that never go so. What
//! they do depends on whose they are, so the ways of a group part and come together.

use std::{fmt::Write, slice::IterMut, sync::Arc};

use bevy_cscript::{
    api::{ApiTable, CallScope, ScriptContext},
    contract::{ErrorKind, Position, ScriptError, ScriptId, ScriptLimits, ScriptSource, Vitals},
    script::{CompiledScript, FunctionId, Round, ScriptCompiler, ScriptInstance},
    testing::{FakeEntity, FakeWorld},
    trust::{TrustPolicy, Verified},
};
use glam::Vec3;

use super::{choices::Choices, generated::number, generator};

/// More than go side by side at a time, and some more.
const INSTANCES: i64 = 90;

/// Everybody but each eleventh exists, and each thirteenth has no health.
fn world() -> FakeWorld {
    let mut world = FakeWorld::default();
    for id in (1..=INSTANCES).filter(|id| id % 11 != 0) {
        let at = Vec3::new((id % 7) as f32, 0.0, (id % 5) as f32 * 2.0);
        let vitals = (id % 13 != 0).then_some(Vitals { health: id as f32, max: 100.0, armor: 1.0 });
        let team = ["red", "blue"][id as usize % 2].to_owned();
        // Some threaten, and some see but a little way.
        let attack_power = (id % 4) as f32;
        let sight_range = (id % 3 == 0).then_some(2.5);
        let entity = FakeEntity { vitals, team, attack_power, sight_range, ..FakeEntity::at(at) };
        world.entities.insert(ScriptId(id), entity);
    }
    world
}

/// How a call ended, what it cost and asked for.
type Told = (Result<(), (ErrorKind, String, Option<Position>)>, u64);

fn told(context: &mut ScriptContext<'_>, called: Result<(), Box<ScriptError>>) -> Told {
    let called = called.map_err(|error| (error.kind, error.message.clone(), error.position));
    (called, context.take_fuel())
}

struct All<'i> {
    instances: IterMut<'i, ScriptInstance>,
    id: i64,
    ahead: bool,
    told: Vec<Told>,
}

impl<'i> Round for All<'i> {
    type Turn = &'i mut ScriptInstance;

    fn next(&mut self, context: &mut ScriptContext<'_>) -> Option<&'i mut ScriptInstance> {
        self.id += 1;
        context.begin(ScriptId(self.id), 7);
        self.instances.next()
    }

    fn runs_ahead(&self) -> bool {
        self.ahead
    }

    fn done(
        &mut self,
        context: &mut ScriptContext<'_>,
        _: &mut ScriptInstance,
        called: Result<(), Box<ScriptError>>,
    ) {
        self.told.push(told(context, called));
    }
}

/// What a pass has done: each call, all commands, all that was written, how many calls were done side by side.
type Pass = (Vec<Told>, String, u64);

fn pass(
    (script, function): (&CompiledScript, FunctionId),
    instances: &mut [ScriptInstance],
    (world, tick): (&FakeWorld, u64),
    ahead: bool,
) -> Pass {
    let scope = CallScope { world, world_seed: 3, tick, delta_time: 1.0 / 64.0 };
    let mut context = ScriptContext::new(scope);
    let mut all = All { instances: instances.iter_mut(), id: 0, ahead, told: Vec::new() };
    script.calls(&mut context, |calls| calls.each(function, &mut all));
    let told = all.told;
    let commands = context.take_commands();
    let rest = format!("{commands:?} {:?}", context.take_log());
    (told, rest, context.calls_abreast())
}

/// The first difference between the two ways, or how many calls were made and how many side by side.
fn compare(compiler: &ScriptCompiler, text: &str) -> Result<(u64, u64), String> {
    let source = Verified::check(ScriptSource::new("a.rhai", text), &TrustPolicy::default());
    let source = source.map_err(|error| error.to_string())?;
    let Ok(script) = compiler.compile(&source) else { return Ok((0, 0)) };
    let (script, mut world) = (Arc::new(script), world());
    let Some(function) = script.function("on_update") else { return Ok((0, 0)) };
    let scope = CallScope { world: &world, world_seed: 3, tick: 0, delta_time: 1.0 / 64.0 };
    let mut context = ScriptContext::new(scope);
    let mut one_by_one = Vec::new();
    for id in 1..=INSTANCES {
        context.begin(ScriptId(id), 0);
        match ScriptInstance::start(script.clone(), &mut context) {
            Ok(instance) => one_by_one.push(instance),
            Err(_) => return Ok((0, 0)),
        }
    }
    drop(context);
    let mut abreast = one_by_one.clone();
    let (mut calls, mut side_by_side) = (0, 0);
    for tick in 1..=4 {
        // What was known of a place in an earlier tick is wrong now.
        world
            .entities
            .values_mut()
            .filter_map(|it| it.position.as_mut())
            .for_each(|at| at.z += 0.5);
        let expected = pass((&script, function), &mut one_by_one, (&world, tick), false);
        let found = pass((&script, function), &mut abreast, (&world, tick), true);
        for (id, (expected, found)) in (1..).zip(expected.0.iter().zip(&found.0)) {
            if expected != found {
                return Err(format!("tick {tick}, entity {id}:\n  {expected:?}\n  {found:?}"));
            }
        }
        if expected.1 != found.1 || expected.0.len() != found.0.len() {
            return Err(format!("tick {tick}:\n  {}\n  {}", expected.1, found.1));
        }
        for (id, (expected, found)) in (1..).zip(one_by_one.iter().zip(&abreast)) {
            let states = (expected.snapshot(), found.snapshot());
            if format!("{:?}", states.0) != format!("{:?}", states.1) {
                return Err(format!(
                    "tick {tick}, entity {id} keeps\n  {:?}\n  {:?}",
                    states.0, states.1
                ));
            }
            if expected.state_hash() != found.state_hash() {
                return Err(format!("tick {tick}, entity {id} has another hash"));
            }
        }
        calls += found.0.len() as u64;
        side_by_side += found.2;
    }
    Ok((calls, side_by_side))
}

fn compilers() -> [ScriptCompiler; 3] {
    let limits = ScriptLimits::trusted().consensus();
    let fuel = ScriptLimits { fuel: 60, ..limits.clone() };
    let few = ScriptLimits { commands: 1, call_levels: 1, ..limits.clone() };
    [limits, fuel, few].map(|limits| ScriptCompiler::new(ApiTable::default(), limits))
}

/// A program of what goes side by side.
struct Writer<'c> {
    choices: &'c mut Choices,
    text: String,
    /// Loops around the statement.
    loops: usize,
}

const INTS: [&str; 4] = ["i", "j", "a", "b"];
const FLOATS: [&str; 3] = ["x", "y", "f"];
const VECTORS: [&str; 2] = ["v", "w"];
/// Variables that mostly are the number of an item: of the script, and of the call.
const INDICES: [&str; 4] = ["n", "i", "a", "b"];

impl Writer<'_> {
    fn int(&mut self, depth: u32) -> String {
        if depth == 0 || self.choices.once_in(3) {
            return match self.choices.below(5) {
                0 => "1".to_owned(),
                1 => self.choices.pick(&["0", "2", "-3", "7", "9223372036854775807"]).to_owned(),
                2 => "entity_id".to_owned(),
                3 => "places.len()".to_owned(),
                _ => self.choices.pick(&INTS).to_owned(),
            };
        }
        let (a, b) = (self.int(depth - 1), self.int(depth - 1));
        match self.choices.below(9) {
            0..5 => {
                let sign = self.choices.pick(&["+", "-", "*", "%", "/", "&", "<<"]);
                format!("({a} {sign} {b})")
            }
            5 => format!("-{a}"),
            6 => format!("(if {} {{ {a} }} else {{ {b} }})", self.condition(depth - 1)),
            7 => format!("twice({a})"),
            _ if self.choices.once_in(2) => format!("numbers[{}]", self.choices.pick(&INDICES)),
            _ => format!("numbers[{a} % 5]"),
        }
    }

    /// A number or nothing.
    fn optional(&mut self) -> String {
        match self.choices.below(5) {
            0 => "()".to_owned(),
            1 => self.int(1),
            2 => "d".to_owned(),
            _ => format!(
                "get_nearest_enemy({}, {})",
                self.choices.pick(&["entity_id", "entity_id", "2", "e"]),
                self.choices.pick(&["2.0", "1.0", "5", "x"])
            ),
        }
    }

    fn float(&mut self, depth: u32) -> String {
        if depth == 0 || self.choices.once_in(3) {
            return match self.choices.below(4) {
                0 => self.choices.pick(&["1.5", "0.0", "-2.25", "1e300"]).to_owned(),
                1 => "delta_time".to_owned(),
                _ => self.choices.pick(&FLOATS).to_owned(),
            };
        }
        let (a, b) = (self.float(depth - 1), self.float(depth - 1));
        match self.choices.below(10) {
            0..4 => {
                let sign = self.choices.pick(&["+", "-", "*", "/", "%"]);
                format!("({a} {sign} {b})")
            }
            4 => format!("({a} * {})", self.int(depth - 1)),
            5 => format!("({}).{}", self.vector(depth - 1), self.choices.pick(&["x", "y", "z"])),
            6 => format!("distance({}, {})", self.place(depth - 1), self.place(depth - 1)),
            7 => format!("get_health({})", self.choices.pick(&["entity_id", "entity_id", "i"])),
            8 => self
                .choices
                .pick(&["threat_level(entity_id)", "cover_score(entity_id, 2)"])
                .to_owned(),
            _ => format!("half({a})"),
        }
    }

    fn vector(&mut self, depth: u32) -> String {
        if depth == 0 || self.choices.once_in(3) {
            return self.choices.pick(&["v", "w", "HOME"]).to_owned();
        }
        let (a, b) = (self.vector(depth - 1), self.vector(depth - 1));
        match self.choices.below(8) {
            0 | 1 => format!("({a} {} {b})", self.choices.pick(&["+", "-", "*", "/"])),
            2 => format!("({a} * {})", self.float(depth - 1)),
            3 => format!(
                "get_position({})",
                self.choices.pick(&["entity_id", "entity_id", "2", "j"])
            ),
            4 if self.choices.once_in(2) => format!("places[{}]", self.choices.pick(&INDICES)),
            4 => format!("places[{} % 4]", self.int(depth - 1)),
            5 => format!("{a}.normalize()"),
            6 => format!("normalize({a})"),
            _ => format!("vec3({}, 0, {})", self.float(depth - 1), self.int(0)),
        }
    }

    fn place(&mut self, depth: u32) -> String {
        if self.choices.once_in(3) { "entity_id".to_owned() } else { self.vector(depth) }
    }

    fn condition(&mut self, depth: u32) -> String {
        let sign = self.choices.pick(&["<", "==", "!=", ">=", ">", "<="]);
        match self.choices.below(8) {
            0 | 1 => format!(
                "entity_id % {} {sign} {}",
                2 + self.choices.below(5),
                self.choices.below(4)
            ),
            2 => format!("{} {sign} {}", self.int(depth), self.int(depth)),
            3 => format!("{} {sign} {}", self.float(depth), self.float(depth)),
            4 => "flag".to_owned(),
            6 => {
                format!("line_of_sight(entity_id, {})", self.choices.pick(&["2", "entity_id", "j"]))
            }
            7 if self.choices.once_in(2) => self
                .choices
                .pick(&["e != ()", "e == ()", "() != e", "e == d", "d != ()"])
                .to_owned(),
            5 => format!("!({})", self.condition(0)),
            _ if depth > 0 => {
                let both = self.choices.pick(&["&&", "||"]);
                format!("({} {both} {})", self.condition(depth - 1), self.condition(depth - 1))
            }
            _ => "v == w".to_owned(),
        }
    }

    fn statements(&mut self, depth: u32, most: u32) {
        for _ in 0..1 + self.choices.below(most) {
            self.statement(depth);
        }
    }

    fn statement(&mut self, depth: u32) {
        let line = match self.choices.below(if depth > 0 { 21 } else { 14 }) {
            0 | 1 => {
                let variable = self.choices.pick(&INTS);
                let sign = self.choices.pick(&["=", "+=", "-=", "*="]);
                format!("{variable} {sign} {};", self.int(2))
            }
            2 => {
                let variable = self.choices.pick(&FLOATS);
                format!("{variable} {} {};", self.choices.pick(&["=", "+=", "/="]), self.float(2))
            }
            3 => {
                let variable = self.choices.pick(&VECTORS);
                format!("{variable} {} {};", self.choices.pick(&["=", "+="]), self.vector(2))
            }
            4 => format!("flag = {};", self.condition(2)),
            5 => format!("{} += {};", self.choices.pick(&["i", "n"]), self.choices.below(3)),
            6 => format!("move_towards(entity_id, {}, {});", self.vector(1), self.float(1)),
            7 => format!(
                "set_position({}, {});",
                self.choices.pick(&["entity_id", "2"]),
                self.vector(1)
            ),
            8 => format!(
                "apply_damage({}, {});",
                self.choices.pick(&["entity_id", "j"]),
                self.float(1)
            ),
            9 => format!("let c = {}; b = c;", self.int(2)),
            10 => match self.choices.below(12) {
                0 => format!("x = {};", self.int(1)),
                1 => format!("numbers.push({});", self.int(1)),
                2 => "print(i);".to_owned(),
                3 => "f = random();".to_owned(),
                4 => "throw i;".to_owned(),
                5 => format!("try {{ i = {}; }} catch {{ j += 1; }}", self.int(2)),
                6 if self.loops > 0 => "break;".to_owned(),
                7 if self.loops > 0 => "continue;".to_owned(),
                8 => "return;".to_owned(),
                _ => format!("flag = !flag; places[1] = {};", self.vector(1)),
            },
            11 => match self.choices.below(3) {
                0 => "clear_status_effects(entity_id);".to_owned(),
                1 => {
                    format!("b = clear_status_effects({});", self.choices.pick(&["2", "entity_id"]))
                }
                _ => "places[j % 3] = get_position(entity_id);".to_owned(),
            },
            12 => format!("e = {};", self.optional()),
            13 => match self.choices.below(4) {
                0 => "d = e;".to_owned(),
                1 => format!("b = e ?? {};", self.int(1)),
                2 => "i = e;".to_owned(),
                _ => "apply_damage(e, 1.0);".to_owned(),
            },
            18 | 19 => {
                let condition = self.choices.pick(&["e != ()", "e == ()", "() == e"]);
                let value = self.optional();
                let _ = write!(self.text, "e = {value};\nif {condition} {{ ");
                self.statements(depth - 1, 2);
                let what = self.choices.pick(&["a = e;", "apply_damage(e, 2.0);", "e = 2;"]);
                let _ = write!(self.text, "}} else {{ {what} ");
                self.statements(depth - 1, 2);
                "}".to_owned()
            }
            14 | 15 => {
                let condition = self.condition(1);
                let _ = write!(self.text, "if {condition} {{ ");
                self.statements(depth - 1, 3);
                if self.choices.once_in(2) {
                    self.text.push_str("} else { ");
                    self.statements(depth - 1, 3);
                }
                "}".to_owned()
            }
            16 => {
                let last = self.choices.pick(&["0..3", "0..entity_id % 4", "1..=2", "j..i"]);
                let _ = write!(self.text, "for k in {last} {{ a += k; ");
                self.loops += 1;
                self.statements(depth - 1, 2);
                self.loops -= 1;
                "}".to_owned()
            }
            17 => {
                let _ = write!(self.text, "while n < entity_id % 6 {{ n += 1; ");
                self.loops += 1;
                self.statements(depth - 1, 2);
                self.loops -= 1;
                "}".to_owned()
            }
            _ => format!("note({});", self.int(1)),
        };
        self.text.push_str(&line);
        self.text.push('\n');
    }
}

fn program(choices: &mut Choices) -> String {
    let text = "\
const HOME = vec3(1, 0, 2);
let n = 0; let i = 3; let j = 5; let x = 0.5; let y = 4.0; let v = vec3(1, 2, 3); let w = vec3(0, 0, 1);
let flag = false; let noted = 0;
let numbers = [1, 2, 3, 4]; let places = [vec3(0, 0, 0), vec3(4, 0, 4), vec3(9, 0, 1)];
fn twice(n) { if n > 100 { return n; } n * 2 }
fn half(z) { z / 2.0 }
fn note(k) { noted += k; if noted > 1000 { noted = 0; } }
fn on_update() { n = 0; let a = 1; let b = 2; let f = 0.25;
let e = (); let d = ();
";
    let mut writer = Writer { choices, text: text.to_owned(), loops: 0 };
    writer.statements(2, 6);
    writer.text.push_str("}\n");
    writer.text
}

#[test]
fn instances_do_the_same_side_by_side_as_one_by_one() {
    let (seed, programs) = (number("DIFF_SEED", 0), number("DIFF_PROGRAMS", 500));
    let compilers = compilers();
    let (mut calls, mut abreast) = (0, 0);
    for index in number("DIFF_FROM", 0)..programs {
        let text = program(&mut Choices::random(seed, index));
        for compiler in &compilers {
            match compare(compiler, &text) {
                Ok((made, side_by_side)) => {
                    calls += made;
                    abreast += side_by_side;
                }
                Err(difference) => panic!("program {index} of seed {seed}, {difference}\n{text}"),
            }
        }
    }
    println!("{calls} calls, {abreast} of them side by side");
    assert!(calls > programs * 500, "most of them run: {calls} calls");
    assert!(abreast * 4 > calls, "{abreast} of {calls} calls were done side by side");
}

/// Some see nobody, so each of these takes both ways.
#[test]
fn who_is_given_a_unit_instead_of_a_number_goes_side_by_side_with_the_others() {
    let bodies = [
        "let e = get_nearest_enemy(entity_id, 2.0); if e != () { apply_damage(e, 1.0); }",
        "let e = get_nearest_enemy(entity_id, 2.0); if e == () { n += 1; } else { n = e; }",
        "let e = get_nearest_enemy(entity_id, 2.0); if () != e { n = e; } n += 1;",
        "let e = get_nearest_enemy(entity_id, 2.0); flag = e != (); if flag { n += 1; }",
        "let e = get_nearest_enemy(entity_id, 2.0); flag = () == e; if !flag { n += 1; }",
        "n = get_nearest_enemy(entity_id, 2.0) ?? 7;",
        "let e = get_nearest_enemy(entity_id, 2.0); let other = e; if other != () { n = other; }",
        "let e = (); if entity_id % 2 == 0 { e = get_nearest_enemy(entity_id, 2.0); } n += 1;",
        "let e = get_nearest_enemy(entity_id, 2.0);
         while e != () && n < 90 { n += 1; e = get_nearest_enemy(e, 1.0); }",
        "let e = get_nearest_enemy(entity_id, 2.0);
         if e != () { let f = get_nearest_enemy(e, 1.0); if f != () && f == entity_id { n += 1; } }",
    ];
    let [compiler, ..] = compilers();
    for body in bodies {
        let text = format!("let n = 0; let flag = false; fn on_update() {{ {body} }}");
        match compare(&compiler, &text) {
            // But for those who do not exist, or hurt somebody who has no health.
            Ok((calls, abreast)) => {
                assert!(abreast * 4 >= calls * 3, "{abreast} of {calls} side by side:\n{text}");
            }
            Err(difference) => panic!("{difference}\n{text}"),
        }
    }
}

#[test]
fn any_program_does_the_same_side_by_side() {
    let [compiler, ..] = compilers();
    for index in 0..number("DIFF_PROGRAMS", 500) / 5 {
        let text = generator::program(&mut Choices::random(11, index));
        if let Err(difference) = compare(&compiler, &text) {
            panic!("program {index}, {difference}\n{text}");
        }
    }
}

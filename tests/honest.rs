//! Honest scripts, as people write them for games: no limit may stop one, and each writes what it
//! says it writes.
//!
//! The first line says what the script is; `ticks: 5` in it asks for more than one call of `on_update`. What
//! it is to write stands at the end, a comment after `// output:`. `BLESS=1` writes that anew.

use std::{fs, path::PathBuf};

use bevy_cscript::{
    api::ApiTable,
    contract::{
        Pack, ScriptCommand, ScriptId, ScriptLimits, ScriptSource, Shape, Stack, Value, Vitals,
    },
    script::{Backend, ScriptCompiler, ScriptInstance},
    testing::{FakeEntity, FakeWorld},
    trust::{TrustLevel, TrustPolicy, Unsigned, Verified},
};
use bevy_cscript::{
    api::{CallScope, ScriptContext},
    contract::{Callback, ScriptError},
};
use glam::Vec3;

const OUTPUT: &str = "// output:\n";

fn files() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/honest");
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{error}"));
    let mut files: Vec<_> =
        entries.map(|entry| entry.unwrap_or_else(|error| panic!("{error}")).path()).collect();
    files.sort();
    files
}

fn world() -> FakeWorld {
    let mut world = FakeWorld::default();
    for id in 1..=8_i64 {
        let place = Vec3::new((id - 1) as f32 * 3.0, 0.0, ((id - 1) % 3) as f32 * 4.0);
        let entity = FakeEntity {
            tag: format!("unit{id}"),
            team: if id % 2 == 1 { "red" } else { "blue" }.to_owned(),
            vitals: Some(Vitals { health: 100.0, max: 100.0, armor: 2.0 }),
            attack_power: id as f32,
            shape: Some(Shape::Sphere { radius: 0.5 }),
            pack: Some(Pack { stacks: vec![Stack { item: "coin".into(), count: 5 }], slots: 4 }),
            ..FakeEntity::at(place)
        };
        world.entities.insert(ScriptId(id), entity);
    }
    world.prefabs.insert("spark".into());
    world.particle_effects.insert("dust".into());
    world.exposed.insert("Stats".into(), true);
    world.items.extend([("coin".to_owned(), 10), ("potion".to_owned(), 3), ("ore".to_owned(), 20)]);
    if let Some(own) = world.entities.get_mut(&ScriptId(1)) {
        own.components.insert("Stats".into(), Value::map().with("power", 3.0).with("level", 2));
    }
    world
}

/// A script at work in a world of its own.
struct Play {
    world: FakeWorld,
    tick: u64,
    lines: Vec<String>,
    mail: Vec<(Value, Value)>,
}

impl Play {
    /// Everything that a script writes in some ticks.
    fn output(backend: Backend, text: &str, ticks: u64) -> Result<Vec<String>, ScriptError> {
        let limits = ScriptLimits::for_mods();
        let level = match backend {
            Backend::Compiled => TrustLevel::Mod,
            Backend::Reference => TrustLevel::Trusted,
        };
        let policy = TrustPolicy { unsigned: Unsigned::Allow(level), ..TrustPolicy::default() };
        let source = Verified::check(ScriptSource::new("honest.rhai", text), &policy)?;
        let compiler = ScriptCompiler::new(ApiTable::default(), limits).with_backend(backend);
        let script = compiler.compile(&source).map_err(|mut errors| errors.remove(0))?;
        let mut play = Self { world: world(), tick: 0, lines: Vec::new(), mail: Vec::new() };
        let script = std::sync::Arc::new(script);
        let mut instance =
            play.within(0, |context| ScriptInstance::start(script.clone(), context))?;
        play.call(&mut instance, Callback::Init, &[])?;
        play.call(&mut instance, Callback::OnSpawn, &[])?;
        for _ in 0..ticks {
            for (topic, value) in std::mem::take(&mut play.mail) {
                play.call(&mut instance, Callback::OnMessage, &[topic, value])?;
            }
            play.call(&mut instance, Callback::OnUpdate, &[])?;
            play.tick += 1;
        }
        play.call(&mut instance, Callback::OnDamage, &[Value::Float(5.0), Value::Int(2)])?;
        play.call(&mut instance, Callback::OnCollision, &[Value::Int(3)])?;
        play.call(&mut instance, Callback::OnTrigger, &["gate".into(), Value::Int(4)])?;
        play.call(&mut instance, Callback::OnDeath, &[Value::Int(2)])?;
        play.call(&mut instance, Callback::OnDestroy, &[])?;
        Ok(play.lines)
    }

    fn call(
        &mut self,
        instance: &mut ScriptInstance,
        callback: Callback,
        args: &[Value],
    ) -> Result<(), ScriptError> {
        let Some(function) = instance.script().callback(callback) else { return Ok(()) };
        let salt = instance.script().salt(function);
        self.within(salt, |context| instance.call(function, args, context))
    }

    fn within<R>(
        &mut self,
        salt: u64,
        work: impl FnOnce(&mut ScriptContext<'_>) -> Result<R, ScriptError>,
    ) -> Result<R, ScriptError> {
        let mut context = ScriptContext::new(CallScope {
            world: &self.world,
            world_seed: 7,
            tick: self.tick,
            delta_time: 1.0 / 64.0,
        });
        context.begin(ScriptId(1), salt);
        let result = work(&mut context);
        let (log, suppressed) = context.take_log();
        assert_eq!(suppressed, 0, "it writes more lines than a call may");
        self.lines.extend(log.into_iter().map(|line| line.text));
        let commands = context.take_commands();
        drop(context);
        self.world.apply(&commands);
        for command in commands {
            if let ScriptCommand::Publish { topic, value } = command {
                self.mail.push((Value::from(&*topic), *value));
            }
        }
        result
    }
}

/// A script and what stands in it about itself.
struct Honest {
    name: String,
    path: PathBuf,
    code: String,
    ticks: u64,
    expected: Vec<String>,
}

impl Honest {
    fn read(path: PathBuf) -> Self {
        let name = path.file_name().unwrap_or_default().display().to_string();
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (code, output) = text.split_once(OUTPUT).unwrap_or((&text, ""));
        let first = code.lines().next().unwrap_or_default();
        assert!(first.starts_with("// "), "{name}: the first line says what it is");
        let ticks = first.split_once("ticks: ").map_or(1, |(_, ticks)| {
            ticks.trim().parse().unwrap_or_else(|error| panic!("{name}: ticks: {error}"))
        });
        let expected = output.lines().map(|line| {
            line.strip_prefix("// ").or(line.strip_prefix("//")).unwrap_or(line).to_owned()
        });
        let (code, expected) = (code.to_owned(), expected.collect());
        Self { name, path, code, ticks, expected }
    }
}

#[test]
fn no_limit_stops_one_and_each_writes_what_it_should() {
    let bless = std::env::var_os("BLESS").is_some();
    let files = files();
    assert!(files.len() >= 150, "there are only {} scripts", files.len());
    let mut wrong = Vec::new();
    for path in files {
        let script = Honest::read(path);
        match Play::output(Backend::Compiled, &script.code, script.ticks) {
            Err(error) => wrong.push(format!("{}: {error}", script.name)),
            Ok(lines) if lines.is_empty() => wrong.push(format!("{}: writes nothing", script.name)),
            Ok(lines) if bless => {
                let output: String = lines.iter().map(|line| format!("// {line}\n")).collect();
                let text = format!("{}{OUTPUT}{output}", script.code);
                fs::write(&script.path, text).unwrap_or_else(|error| panic!("{error}"));
            }
            Ok(lines) if lines != script.expected => wrong.push(format!(
                "{}: wrote {lines:#?}, expected {:#?}",
                script.name, script.expected
            )),
            Ok(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Both backends were written by others, so what they agree on is no mistake of one.
#[test]
fn what_the_reference_takes_it_writes_as_well() {
    let mut taken = 0;
    let mut wrong = Vec::new();
    for path in files() {
        let script = Honest::read(path);
        match Play::output(Backend::Reference, &script.code, script.ticks) {
            // Helpers that use state are called with a mark there, and some limits are other ones.
            Err(_) => {}
            Ok(lines) if lines == script.expected => taken += 1,
            Ok(lines) => wrong.push(format!(
                "{}: wrote {lines:#?}, expected {:#?}",
                script.name, script.expected
            )),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(taken >= 100, "the reference takes only {taken}");
}

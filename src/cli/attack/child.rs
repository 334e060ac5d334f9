use std::{
    io::Write,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use clap::Args;

use super::{
    Level, Target,
    limits::limits,
    measure::measured,
    outcome::Outcome,
    ran::{Notes, Ran},
    stand::stand,
    stock,
    watch::TOO_MUCH_HEAP,
};
use crate::{
    alloc,
    api::{ApiTable, CallScope, ScriptContext},
    contract::{
        Callback, ErrorKind, ScriptCommand, ScriptError, ScriptId, ScriptSource, Stage, Value,
    },
    script::{
        Backend, CompiledScript, ScriptCompiler, ScriptInstance, ScriptThreads, ScriptWorkers,
    },
    testing::FakeWorld,
    trust::{LevelLimits, TrustPolicy, Unsigned, Verified},
};

/// What a child is told.
#[derive(Args)]
pub(crate) struct ChildOptions {
    /// The script.
    pub(super) file: PathBuf,
    #[arg(long, value_enum)]
    pub(super) trust: Level,
    #[arg(long, value_enum)]
    pub(super) backend: Target,
    #[arg(long)]
    pub(super) ticks: u64,
    #[arg(long)]
    pub(super) deadline_ms: Option<u64>,
}

/// Bytes of heap at which the child ends itself, to spare the machine.
const SPARE: isize = 512 * 1024 * 1024;

/// Runs one script and prints a [`Ran`].
pub(crate) fn run(options: &ChildOptions, out: &mut impl Write) -> std::io::Result<ExitCode> {
    let panics = Arc::new(Mutex::new(Vec::new()));
    let heard = panics.clone();
    std::panic::set_hook(Box::new(move |panic| {
        heard.lock().unwrap_or_else(PoisonError::into_inner).push(panic.to_string());
    }));
    std::thread::spawn(|| {
        while alloc::process().live < SPARE {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::process::exit(TOO_MUCH_HEAP);
    });
    let mut ran = catch_unwind(AssertUnwindSafe(|| attacked(options)))
        .unwrap_or_else(|_| Ok(Notes::new().finish(0)))?;
    let panics = panics.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(first) = panics.first() {
        ran.outcome = Outcome::Panic;
        ran.message.clone_from(first);
    }
    writeln!(out, "{}", serde_json::to_string(&ran)?)?;
    Ok(ExitCode::SUCCESS)
}

fn attacked(options: &ChildOptions) -> std::io::Result<Ran> {
    let workers = ScriptWorkers::new(ScriptThreads::Fixed(1))?;
    let bytes = std::fs::read(&options.file)?;
    let deadline = options.deadline_ms.map(Duration::from_millis);
    let limits = limits(options.trust.trust(), deadline);
    let backend = match options.backend {
        Target::Stock => {
            return Ok(workers.run(|| stock::attacked(&bytes, &limits, options.ticks)));
        }
        Target::Compiled => Backend::Compiled,
        Target::Reference => Backend::Reference,
    };
    let compiler =
        ScriptCompiler::new(ApiTable::default(), LevelLimits::from(limits)).with_backend(backend);
    let unsigned = Unsigned::Allow(options.trust.trust());
    let policy = TrustPolicy { unsigned, ..TrustPolicy::default() };
    let bench = Bench { compiler, policy, stand: stand() };
    Ok(workers.run(|| {
        // What is made once and kept is no cost of the script.
        bench.attacked(b"let n = [1, `${2}`]; fn on_update() { n += n.len(); }".to_vec(), 1);
        let before = alloc::process().live;
        let notes = bench.attacked(bytes.clone(), options.ticks);
        let left = alloc::process().live.saturating_sub(before);
        notes.finish(u64::try_from(left).unwrap_or_default())
    }))
}

/// What all scripts are run with.
struct Bench {
    compiler: ScriptCompiler,
    policy: TrustPolicy,
    stand: FakeWorld,
}

impl Bench {
    fn attacked(&self, bytes: Vec<u8>, ticks: u64) -> Notes {
        let mut notes = Notes::new();
        let (compiled, cost) = measured(|| {
            let source = ScriptSource::new("hostile.rhai", bytes);
            let verified = Verified::check(source, &self.policy).map_err(|error| vec![error])?;
            self.compiler.compile(&verified)
        });
        notes.compiled(cost);
        let script = match compiled {
            Ok(script) => Arc::new(script),
            Err(errors) => {
                for error in &errors {
                    notes.failed(refusal(error), &error.to_string());
                }
                return notes;
            }
        };
        let mut play = Play { bench: self, notes, tick: 0, mail: Vec::new() };
        play.run(&script, ticks);
        let mut notes = play.notes;
        let ((), cost) = measured(|| drop(script));
        notes.dropped(cost);
        notes
    }
}

/// How an error ends a script that is compiled. Constants are computed then.
fn refusal(error: &ScriptError) -> Outcome {
    match (error.stage, error.kind) {
        (_, ErrorKind::Host) => Outcome::Panic,
        (Stage::Run | Stage::Bind, kind) => Outcome::of(kind),
        _ => Outcome::Refused,
    }
}

/// Messages that are told in a tick, of those that the script sent itself.
const MAIL: usize = 16;

/// A script that is called, tick by tick.
struct Play<'a> {
    bench: &'a Bench,
    notes: Notes,
    tick: u64,
    /// What it published, to be told in the next tick.
    mail: Vec<(Value, Value)>,
}

impl Play<'_> {
    fn run(&mut self, script: &Arc<CompiledScript>, ticks: u64) {
        let (started, _) = self.within(0, |context| ScriptInstance::start(script.clone(), context));
        let Some(mut instance) = started else { return };
        let other = Value::Int(2);
        for callback in [Callback::Init, Callback::Configure, Callback::OnSpawn] {
            self.call(&mut instance, callback, &[Value::Map([].into())]);
        }
        for _ in 0..ticks {
            for (topic, value) in std::mem::take(&mut self.mail) {
                self.call(&mut instance, Callback::OnMessage, &[topic, value]);
            }
            self.call(&mut instance, Callback::OnUpdate, &[]);
            self.tick += 1;
        }
        let name = Value::from("gate");
        let events: [(Callback, &[Value]); 7] = [
            (Callback::OnCollision, std::slice::from_ref(&other)),
            (Callback::OnCollisionEnd, std::slice::from_ref(&other)),
            (Callback::OnTrigger, &[name.clone(), other.clone()]),
            (Callback::OnTriggerExit, &[name.clone(), other.clone()]),
            (Callback::OnDamage, &[Value::Float(1.0), other.clone()]),
            (Callback::OnDeath, std::slice::from_ref(&other)),
            (Callback::OnMessage, &[name, Value::Unit]),
        ];
        for (callback, args) in events {
            self.call(&mut instance, callback, args);
        }
        let old = instance.snapshot();
        self.notes.saw(&format!("{old:?}"));
        let old = Value::Map(old.0);
        self.call(&mut instance, Callback::OnReload, &[old]);
        for callback in [Callback::OnDestroy, Callback::Cleanup] {
            self.call(&mut instance, callback, &[]);
        }
        let before = alloc::process().live;
        let ((), cost) = measured(|| drop(instance));
        let kept = before.saturating_sub(alloc::process().live);
        self.notes.kept(u64::try_from(kept).unwrap_or_default());
        self.notes.dropped(cost);
    }

    fn call(&mut self, instance: &mut ScriptInstance, callback: Callback, args: &[Value]) {
        let Some(function) = instance.script().callback(callback) else { return };
        let salt = instance.script().salt(function);
        let (_, commands) = self.within(salt, |context| instance.call(function, args, context));
        for command in commands {
            if let ScriptCommand::Publish { topic, value } = command
                && self.mail.len() < MAIL
            {
                self.mail.push((Value::from(&*topic), *value));
            }
        }
    }

    /// Makes one call, and notes what it cost and did.
    fn within<R>(
        &mut self,
        salt: u64,
        work: impl FnOnce(&mut ScriptContext<'_>) -> Result<R, ScriptError>,
    ) -> (Option<R>, Vec<ScriptCommand>) {
        let scope = CallScope {
            world: &self.bench.stand,
            world_seed: 1,
            tick: self.tick,
            delta_time: 1.0 / 64.0,
        };
        let ((called, commands, log, fuel), cost) = measured(|| {
            let mut context = ScriptContext::new(scope);
            context.begin(ScriptId(1), salt);
            let called = work(&mut context);
            (called, context.take_commands(), context.take_log(), context.take_fuel())
        });
        self.notes.called(fuel, cost);
        self.notes.saw(&format!("{commands:?} {log:?}"));
        match called {
            Ok(result) => (Some(result), commands),
            Err(error) => {
                self.notes.failed(Outcome::of(error.kind), &error.to_string());
                (None, commands)
            }
        }
    }
}

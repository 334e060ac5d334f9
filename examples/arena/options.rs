use std::{ffi::OsString, ops::RangeInclusive, path::PathBuf};

use bevy_cscript::script::Backend;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Scripted entities in a world without a display. Scripts are read from assets/scripts and reloaded
when they change.

Usage: cargo run --release --example arena -- [OPTIONS]

Options:
  --scenario patrol|skirmish
                        patrol: entities that go about, for ever. skirmish: two teams, until one
                        is gone, as fast as possible. [default: patrol]
  --mods FOLDER         In place of a scenario: an entity for each entry script of the mods in a folder,
                        which are folders with a mod.toml and .cmod packages. For ever.
  --policy development|client|server|FILE.toml
                        With --mods: which of them are accepted. [default: server]
  --trust FILE          With --mods: a public key of a modder who is believed. Can be given several
                        times.
  --trust-store FILE    With --mods: where the newest accepted versions are kept. [default: nowhere]
  --ticks N             Run N ticks as fast as possible, then end.
                        Without it: 64 ticks a second until Ctrl-C; a skirmish is a draw after
                        20000 ticks.
  --record FILE         Write the run down: what the host told scripts, and the hash of every tick.
  --states N            With --record: of every N-th tick the whole state, too, so that a replay that
                        differs says in what. [default: 16]
  --replay FILE         Run a recording of the same scenario again. A tick that ends otherwise is an
                        error that names the tick, the entity, the script and the variable.
  --until TICK          With --replay: stop before this tick.
  --heavy               Save and load the world after every tick; it must be the same.
  --entities N          How many entities carry scripts. [default: 300; skirmish: 100]
  --seed N              Seed of all random numbers. [default: 0]
  --threads N           Threads that run scripts; the result does not depend on it.
                        [default: one for each processor]
  --backend compiled|reference
                        What runs scripts; the result does not depend on it. [default: compiled]
  --report text|json    The summary at the end, on stdout: for people, or one JSON object on one
                        line. [default: text]
  --help                This text.

Exit codes: 0 when it ran (failed scripts are counted in the summary), 1 when scripts cannot be
loaded or a replay differs, 2 when the command line is wrong.
";

/// What the command line asks for.
pub(crate) enum Asked {
    Run(Box<Options>),
    Help,
}

pub(crate) struct Options {
    pub scenario: Scenario,
    /// What is run in place of the scenario.
    pub mods: Option<Mods>,
    /// `None`: until Ctrl-C, in real time.
    pub ticks: Option<u64>,
    /// `None`: as the scenario likes.
    pub entities: Option<usize>,
    pub seed: u64,
    /// `None`: as many as there are processors.
    pub threads: Option<usize>,
    pub backend: Backend,
    pub report: Report,
    pub record: Option<PathBuf>,
    /// Of every how many ticks the whole state is written.
    pub states: u64,
    pub replay: Option<PathBuf>,
    pub until: Option<u64>,
    /// Whether the world is saved and loaded after every tick.
    pub heavy: bool,
}

/// Which mods are run, and who is believed.
#[derive(Default)]
pub(crate) struct Mods {
    pub folder: PathBuf,
    /// A preset or a file; `None` is the preset for servers.
    pub policy: Option<String>,
    /// Files of public keys.
    pub trust: Vec<PathBuf>,
    pub trust_store: Option<PathBuf>,
}

/// What is played.
#[derive(Clone, Copy)]
pub(crate) enum Scenario {
    Patrol,
    Skirmish,
}

#[derive(Clone, Copy)]
pub(crate) enum Report {
    Text,
    Json,
}

/// Reads the command line. `--flag value` and `--flag=value` are the same; of two the later counts.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Asked, String> {
    let mut options = Options {
        scenario: Scenario::Patrol,
        mods: None,
        ticks: None,
        entities: None,
        seed: 0,
        threads: None,
        backend: Backend::default(),
        report: Report::Text,
        record: None,
        states: 16,
        replay: None,
        until: None,
        heavy: false,
    };
    let mut mods = Mods::default();
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        let arg = text(arg)?;
        let (flag, attached) = match arg.split_once('=') {
            Some((flag, value)) => (flag, Some(value.to_owned())),
            None => (arg.as_str(), None),
        };
        let mut value = || match attached.clone() {
            Some(value) => Ok(value),
            None => args.next().ok_or_else(|| format!("{flag} needs a value")).and_then(text),
        };
        match flag {
            "--scenario" => {
                options.scenario = match value()?.as_str() {
                    "patrol" => Scenario::Patrol,
                    "skirmish" => Scenario::Skirmish,
                    other => {
                        return Err(format!("--scenario is patrol or skirmish, not `{other}`"));
                    }
                }
            }
            "--mods" => {
                mods.folder = value()?.into();
                if mods.folder.as_os_str().is_empty() {
                    return Err("--mods is a folder".to_owned());
                }
            }
            "--policy" => mods.policy = Some(value()?),
            "--trust" => mods.trust.push(value()?.into()),
            "--trust-store" => mods.trust_store = Some(value()?.into()),
            "--ticks" => options.ticks = Some(number(flag, &value()?, 1..=u64::MAX)?),
            "--entities" => {
                options.entities = Some(number(flag, &value()?, 1..=1_000_000)? as usize);
            }
            "--record" => options.record = Some(value()?.into()),
            "--states" => options.states = number(flag, &value()?, 1..=u64::MAX)?,
            "--replay" => options.replay = Some(value()?.into()),
            "--until" => options.until = Some(number(flag, &value()?, 0..=u64::MAX)?),
            "--heavy" if attached.is_none() => options.heavy = true,
            "--seed" => options.seed = number(flag, &value()?, 0..=u64::MAX)?,
            // More than any machine is helped by, and few enough for the system to give.
            "--threads" => options.threads = Some(number(flag, &value()?, 1..=256)? as usize),
            "--backend" => {
                options.backend = match value()?.as_str() {
                    "compiled" => Backend::Compiled,
                    "reference" => Backend::Reference,
                    other => {
                        return Err(format!("--backend is compiled or reference, not `{other}`"));
                    }
                }
            }
            "--report" => {
                options.report = match value()?.as_str() {
                    "text" => Report::Text,
                    "json" => Report::Json,
                    other => return Err(format!("--report is text or json, not `{other}`")),
                }
            }
            "--help" | "-h" if attached.is_none() => return Ok(Asked::Help),
            _ => return Err(format!("there is no option `{arg}`")),
        }
    }
    let has_mods = !mods.folder.as_os_str().is_empty();
    if !has_mods && (!mods.trust.is_empty() || mods.trust_store.is_some() || mods.policy.is_some())
    {
        return Err("--policy, --trust and --trust-store need --mods".to_owned());
    }
    if has_mods && (options.record.is_some() || options.replay.is_some()) {
        return Err("--record and --replay are for scenarios, not for --mods".to_owned());
    }
    if options.record.is_some() && options.replay.is_some() {
        return Err("--record and --replay exclude each other".to_owned());
    }
    if options.until.is_some() && options.replay.is_none() {
        return Err("--until needs --replay".to_owned());
    }
    options.mods = has_mods.then_some(mods);
    Ok(Asked::Run(Box::new(options)))
}

fn text(arg: OsString) -> Result<String, String> {
    arg.into_string().map_err(|arg| format!("`{}` is not readable text", arg.display()))
}

fn number(flag: &str, value: &str, range: RangeInclusive<u64>) -> Result<u64, String> {
    match value.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => {
            let (low, high) = (range.start(), range.end());
            Err(format!("{flag} is a whole number from {low} to {high}, not `{value}`"))
        }
    }
}

//! What a backend makes of a script: everything that can be observed from outside, as text, so that
//! NaN equals NaN and `1` is not `1.0`.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, LazyLock},
};

use bevy_cscript::{
    api::{ApiTable, CallScope, ScriptContext},
    contract::{
        ErrorKind, LogLevel, LogLine, Position, ScriptError, ScriptLimits, ScriptSource, Stage,
        Value,
    },
    script::{self, Libraries, ScriptCompiler, ScriptInstance},
    testing::FakeWorld,
    trust::{LevelLimits, TrustPolicy, Verified},
};

use super::stage::{Call, ME, WORLD};

/// Who runs scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backend {
    /// Stock Rhai, hardened.
    Reference,
    /// A program of our own.
    Compiled,
}

/// What a call may add to the heap on the reference, which has no limit of its own for all that it holds:
/// as much as the compiled backend lets a script of the game hold.
const HEAP_BYTES: usize = ScriptLimits::trusted().memory_bytes;

impl Backend {
    /// All of them; the first is the one that the others are held against.
    pub(super) const ALL: &[Self] = &[Self::Reference, Self::Compiled];

    fn compiler(self) -> &'static ScriptCompiler {
        static REFERENCE: LazyLock<ScriptCompiler> = LazyLock::new(|| {
            let mut limits = LevelLimits::default();
            limits.trusted.safety.heap_bytes = Some(HEAP_BYTES);
            let compiler = ScriptCompiler::new(ApiTable::default(), limits);
            compiler.with_backend(script::Backend::Reference)
        });
        static COMPILED: LazyLock<ScriptCompiler> = LazyLock::new(ScriptCompiler::default);
        match self {
            Self::Reference => &REFERENCE,
            Self::Compiled => &COMPILED,
        }
    }
}

/// What became of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Why it was refused when it was loaded; then it is never called.
    pub(super) refused: Vec<Fault>,
    /// The top level and the calls, in order, as far as it has functions for them.
    pub(super) steps: Vec<Step>,
    /// The value of `out` at the end, as scripts write it.
    pub(super) out: String,
}

/// What one call did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) function: &'static str,
    pub(super) commands: Vec<String>,
    pub(super) log: Vec<String>,
    /// All variables after it, by name.
    pub(super) state: BTreeMap<String, String>,
    pub(super) error: Option<Fault>,
}

/// An error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) stage: Stage,
    pub(super) kind: ErrorKind,
    pub(super) place: Place,
    pub(super) message: String,
    /// The call stack, innermost function first, each with where it was called.
    pub(super) stack: Vec<(String, Place)>,
}

/// How two outcomes compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// They are equal.
    Same,
    /// They are not.
    Different,
    /// They are equal as far as they can be compared: until one of them was stopped in a way that is
    /// a backend's own.
    Cut,
}

/// What may be a backend's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    /// How much fuel is used: a step of one backend is not a step of another.
    Fuel,
    /// That, and where limits of size and depth are noticed, waits for what a closure has borrowed,
    /// and what only one backend refuses.
    Limits,
}

/// What differs between two outcomes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Difference {
    Refusal,
    /// One failed, or both did in different words.
    Error,
    Place,
    Value,
    Output,
}

impl From<ScriptError> for Fault {
    fn from(error: ScriptError) -> Self {
        let stack = error.stack.into_iter().map(|frame| {
            let at = Place { file: frame.called_in, position: frame.called_at };
            (frame.function, at)
        });
        Self {
            stage: error.stage,
            kind: error.kind,
            place: Place { file: error.path, position: error.position },
            message: without_names(error.message),
            stack: stack.collect(),
        }
    }
}

/// What only the reference says: when a closure touches what a native has borrowed for it, after a
/// wait; and of what a closure has captured, when that is no bool.
///
/// Of constants in helpers each backend has its own view: the reference changes a copy. The words of an
/// overflow of `-x` depend on whether `**` stands anywhere in the file, on the reference.
const OWN_WORDS: [&str; 5] = [
    "Data race",
    "alloc::sync::Arc<",
    "Non-pure method",
    "Cannot modify constant",
    "Negation overflow",
];

/// A vector that has become text where the reference only says that it is one.
fn is_of_vector(text: &str) -> bool {
    let is_list = text.starts_with('[') || text.starts_with("#{");
    let is_text = text.starts_with('"');
    text == "Vec3"
        || text.contains("\"Vec3")
        || text.contains("\"vec3(")
        || ((is_list || is_text) && text.contains("Vec3"))
        // In upper or lower case it is no longer known for the name of a type.
        || text.to_lowercase().contains("glam::f32::vec3")
}

fn has_own_words(text: &str) -> bool {
    OWN_WORDS.iter().any(|words| text.contains(words))
}

/// What one backend refuses and others do not.
const REFUSED_ALONE: [&str; 2] = ["on this backend", "needs the name as a literal"];

/// Loads a script and calls it. The world is changed by what each call asked for.
///
/// Needs as much stack as a script thread has.
pub(super) fn run(backend: Backend, text: &str, calls: &[Call]) -> Outcome {
    run_with(backend, SCRIPT, text, &[], calls)
}

/// What scripts are called here, unless somebody says otherwise.
const SCRIPT: &str = "script";

/// As [`run`], of a script with libraries: the path and the text of each.
pub(super) fn run_with(
    backend: Backend,
    path: &str,
    text: &str,
    libraries: &[(String, String)],
    calls: &[Call],
) -> Outcome {
    let compiler = backend.compiler();
    let verify = |source| Verified::check(source, &TrustPolicy::default());
    let source = verify(ScriptSource::new(path, text)).expect("unsigned is allowed");
    let libraries = Libraries::read(compiler, &source, |path| {
        match libraries.iter().find(|(known, _)| known == path.as_str()) {
            Some((_, text)) => verify(path.source(text.as_str())),
            None => {
                let (stage, kind) = (Stage::Load, ErrorKind::NotFound);
                Err(ScriptError::new(stage, kind, path.as_str(), "cannot be read: it is missing"))
            }
        }
    });
    let script = match compiler.compile_with(&source, &libraries) {
        Ok(script) => Arc::new(script),
        Err(errors) => {
            let refused = errors.into_iter().map(Into::into).collect();
            return Outcome { refused, ..Outcome::default() };
        }
    };

    // The world is copied only if something comes to change it.
    let mut changed: Option<FakeWorld> = None;
    let mut instance = None;
    let mut steps = Vec::new();
    let bind = Call { function: "the top level", args: Vec::new(), tick: 0 };
    for call in std::iter::once(&bind).chain(calls) {
        let id = script.function(call.function);
        if instance.is_some() && id.is_none() {
            continue;
        }
        let mut context = ScriptContext::new(CallScope {
            world: changed.as_ref().unwrap_or(&WORLD),
            world_seed: 7,
            tick: call.tick,
            delta_time: 0.125,
        });
        context.begin(ME, id.map_or(0, |id| script.salt(id)));
        let result = match (&mut instance, id) {
            (Some(instance), Some(id)) => {
                ScriptInstance::call(instance, id, &call.args, &mut context)
            }
            _ => ScriptInstance::start(script.clone(), &mut context).map(|started| {
                instance = Some(started);
            }),
        };
        let (log, suppressed) = context.take_log();
        let mut log: Vec<String> = log.iter().map(shown_line).collect();
        if suppressed > 0 {
            log.push(format!("and {suppressed} more"));
        }
        let commands = context.take_commands();
        drop(context);
        let snapshot = instance.as_ref().map(ScriptInstance::snapshot).unwrap_or_default();
        steps.push(Step {
            function: call.function,
            commands: commands
                .iter()
                .map(|command| without_names(format!("{command:?}")))
                .collect(),
            log,
            state: snapshot
                .0
                .iter()
                .map(|(name, value)| (name.clone(), without_names(exact(value))))
                .collect(),
            error: result.err().map(Into::into),
        });
        if !commands.is_empty() {
            changed.get_or_insert_with(|| WORLD.clone()).apply(&commands);
        }
        // As in a game, nobody calls the script of an entity that is gone.
        let is_gone = changed.as_ref().is_some_and(|world| !world.entities.contains_key(&ME));
        if instance.is_none() || is_gone {
            break;
        }
    }
    let out = instance.and_then(|instance| instance.get("out")).unwrap_or_default();
    Outcome { refused: Vec::new(), steps, out: without_names(out.to_string()) }
}

fn shown_line(line: &LogLine) -> String {
    let level = match line.level {
        LogLevel::Debug => "debug",
        LogLevel::Info => "info",
        LogLevel::Warn => "warn",
        LogLevel::Error => "error",
    };
    without_names(format!("{level} {}", line.text))
}

/// Text in which all closures have one name, because theirs differ between builds and backends, and
/// types are called what scripts call them, not what Rust does.
fn without_names(text: String) -> String {
    const CLOSURE: &str = "anon$";
    const TYPES: [(&str, &str); 4] = [
        ("glam::f32::vec3::Vec3", "Vec3"),
        ("core::ops::range::RangeInclusive<i64>", "range="),
        ("core::ops::range::Range<i64>", "range"),
        ("rhai::packages::iter_basic::StepRange<i64>", "range"),
    ];
    let mut text = text;
    if text.contains("::") {
        for (rust, ours) in TYPES {
            text = text.replace(rust, ours);
        }
    }
    if !text.contains(CLOSURE) {
        return text;
    }
    let mut parts = text.split(CLOSURE);
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        result.push_str(CLOSURE);
        let part = part.trim_start_matches(|c: char| c.is_ascii_hexdigit());
        // The reference counts state that a closure captures among its arguments.
        let rest = part.strip_prefix(" (").and_then(|types| types.split_once(')'));
        match rest {
            Some((_, rest)) => {
                result.push_str(" (..)");
                result.push_str(rest);
            }
            None => result.push_str(part),
        }
    }
    result
}

/// As a script writes it, with strings and characters in quotes and all that tells one value from
/// another.
fn exact(value: &Value) -> String {
    match value {
        Value::Blob(bytes) => format!("blob {bytes:?}"),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(exact).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let entries: Vec<_> = map.iter().map(|(k, v)| format!("{k:?}: {}", exact(v))).collect();
            format!("#{{{}}}", entries.join(", "))
        }
        Value::String(text) => format!("{text:?}"),
        Value::Char(c) => format!("{c:?}"),
        other => other.to_string(),
    }
}

impl Outcome {
    /// The first error, with the call in which it came.
    pub(super) fn first_error(&self) -> Option<&Fault> {
        let of_steps = self.steps.iter().filter_map(|step| step.error.as_ref());
        self.refused.iter().chain(of_steps).next()
    }

    pub(super) fn compare(&self, other: &Self, own: Own) -> Verdict {
        let cut = self.cut(own).min(other.cut(own));
        if cut == usize::MAX {
            return if self == other { Verdict::Same } else { Verdict::Different };
        }
        let same = self.steps.iter().zip(&other.steps).take(cut).all(|(a, b)| a == b);
        if same { Verdict::Cut } else { Verdict::Different }
    }

    /// After how many steps the rest cannot be compared.
    fn cut(&self, own: Own) -> usize {
        let is_own = |step: &Step| match &step.error {
            Some(error) if error.kind == ErrorKind::Fuel => true,
            _ if own == Own::Fuel => false,
            Some(error) if error.kind == ErrorKind::Memory => true,
            Some(error) if has_own_words(&error.message) || is_of_vector(&error.message) => true,
            _ => step
                .state
                .values()
                .chain(&step.log)
                .any(|text| has_own_words(text) || is_of_vector(text)),
        };
        let refuses_alone = |fault: &Fault| REFUSED_ALONE.iter().any(|s| fault.message.contains(s));
        if own == Own::Limits && self.refused.iter().any(refuses_alone) {
            return 0;
        }
        self.steps.iter().position(is_own).unwrap_or(usize::MAX)
    }

    /// In what two outcomes differ that are different.
    pub(super) fn difference(&self, other: &Self) -> Difference {
        if self.refused != other.refused || self.steps.len() != other.steps.len() {
            return Difference::Refusal;
        }
        let mut steps = self.steps.iter().zip(&other.steps);
        let Some((a, b)) = steps.find(|(a, b)| a != b) else { return Difference::Value };
        match (&a.error, &b.error) {
            (Some(a), Some(b)) if a.message == b.message && a != b => Difference::Place,
            (a, b) if a != b => Difference::Error,
            _ if a.state != b.state => Difference::Value,
            _ => Difference::Output,
        }
    }

    /// What of this outcome another one has not: lines of the first call in which they differ.
    pub(super) fn beside(&self, other: &Self) -> String {
        let first = self.steps.iter().zip(&other.steps).take_while(|(a, b)| a == b).count();
        let lines = |outcome: &Self| {
            let refused = outcome.refused.iter().map(|fault| format!("refused: {fault}"));
            let step = outcome.steps.get(first).map(|step| step.lines(first)).unwrap_or_default();
            refused.chain(step).collect::<Vec<_>>()
        };
        let theirs = lines(other);
        let own = lines(self).into_iter().filter(|line| !theirs.contains(line));
        own.fold(String::new(), |text, line| format!("{text}        {line}\n"))
    }
}

impl Step {
    fn lines(&self, number: usize) -> Vec<String> {
        let name = format!("{number} {}", self.function);
        let mut lines = vec![match &self.error {
            Some(fault) => format!("{name}: error: {fault}"),
            None => format!("{name}: ok"),
        }];
        lines.extend(self.commands.iter().map(|command| format!("{name}: command: {command}")));
        lines.extend(self.log.iter().map(|line| format!("{name}: log: {line}")));
        lines.extend(self.state.iter().map(|(n, value)| format!("{name}: {n} = {value}")));
        lines
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.refused {
            writeln!(f, "refused: {fault}")?;
        }
        for line in self.steps.iter().enumerate().flat_map(|(i, step)| step.lines(i)) {
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stage, kind, place, message, stack } = self;
        write!(f, "{stage} {kind} {place}: {message:?}")?;
        for (function, at) in stack {
            write!(f, " in {function} at {at}")?;
        }
        Ok(())
    }
}

/// A place, or `-` for none; that of a library with its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) position: Option<Position>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() && self.file != SCRIPT {
            write!(f, "{}:", self.file)?;
        }
        match self.position {
            Some(position) => position.fmt(f),
            None => f.write_str("-"),
        }
    }
}

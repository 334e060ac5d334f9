use std::sync::OnceLock;

use super::{Backend, ScriptCompiler, ScriptInstance};
use crate::{
    api::{ApiTable, CallScope, ScriptContext},
    contract::{ErrorKind, ScriptError, ScriptId, ScriptLimits, ScriptSource, Stage, Value},
    trust::{TrustPolicy, Verified},
};

/// Something about this build that makes the sandbox untrustworthy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the sandbox does not hold in this build: {0}; look for a crate that switches on features of `rhai`"
)]
pub struct SelfTestError(String);

/// What a script computes wherever numbers are as wide as they should be, text is text and maths is ours.
const KNOWN: &str = r#"
    let result = [];
    fn run() {
        result = [
            9223372036854775807 - 1, 7 / -2, -7 % 3, 1 << 62, 0.1 + 0.2, 2.0 ** 0.5, sin(1.0),
            "a" + 1.5, [3, 1, 2].len(), #{b: 1, a: 2}.keys(), 5 in 1..6, 'x'.to_int(), -0.0 == 0.0,
        ];
        result.push(result.to_string().len());
    }
"#;

/// Its result.
const KNOWN_RESULT: &str = r#"[9223372036854775806, -3, -1, 4611686018427387904, 0.30000000000000004, 1.4142135623730951, 0.8414709848078965, "a1.5", 3, ["a", "b"], true, 120, true, 151]"#;

/// What each limit must stop, and as what.
const STOPPED: [(&str, ErrorKind); 9] = [
    ("fn run() { loop { } }", ErrorKind::Fuel),
    ("fn run() { try { loop { } } catch { } }", ErrorKind::Fuel),
    ("fn run() { run(); }", ErrorKind::Memory),
    ("fn run() { let s = \"x\"; loop { s += s; } }", ErrorKind::Memory),
    ("fn run() { let a = [1]; loop { a += a; } }", ErrorKind::Memory),
    ("fn run() { let m = #{}; for i in 0..10000 { m.set(\"k\" + i, i); } }", ErrorKind::Memory),
    ("fn run() { 9223372036854775807 + 1 }", ErrorKind::Runtime),
    ("fn run() { 1 / 0 }", ErrorKind::Runtime),
    ("fn run() { eval(\"1\") }", ErrorKind::Syntax),
];

impl ScriptCompiler {
    /// Tries whether the limits are active and numbers are as wide as they should be: another crate in the
    /// build may have switched on a feature of `rhai` that takes them away for everybody.
    /// `ScriptingPlugin` does this when it is built, and refuses to start. Costs some milliseconds the first
    /// time; call it on a thread of
    /// [`ScriptWorkers`](super::ScriptWorkers).
    ///
    /// # Errors
    /// What does not hold.
    pub fn self_test() -> Result<(), SelfTestError> {
        static RESULT: OnceLock<Result<(), SelfTestError>> = OnceLock::new();
        RESULT.get_or_init(|| tried(&STOPPED)).clone()
    }
}

/// Tries all; `stopped` are the scripts that must not come to their end.
fn tried(stopped: &[(&str, ErrorKind)]) -> Result<(), SelfTestError> {
    for backend in [Backend::Compiled, Backend::Reference] {
        let wrong = |what: String| SelfTestError(format!("{what} on the {backend} backend"));
        let known = run(backend, KNOWN)
            .map_err(|error| wrong(format!("a plain script fails ({error})")))?;
        if known.to_string() != KNOWN_RESULT {
            return Err(wrong(format!("a plain script gives {known}")));
        }
        for (text, kind) in stopped {
            match run(backend, text) {
                Err(error) if error.kind == *kind => {}
                Err(error) => {
                    return Err(wrong(format!("`{text}` ends as {} ({error})", error.kind)));
                }
                Ok(_) => return Err(wrong(format!("nothing stops `{text}`"))),
            }
        }
    }
    Ok(())
}

fn run(backend: Backend, text: &str) -> Result<Value, ScriptError> {
    // Without the clock: on a busy machine a millisecond may be over before anything has run.
    let limits = ScriptLimits::for_mods().consensus();
    let compiler = ScriptCompiler::new(ApiTable::default(), limits).with_backend(backend);
    let source = Verified::check(ScriptSource::new("self-test", text), &TrustPolicy::default())?;
    let compiled = compiler.compile(&source).map_err(|mut errors| {
        let none = ScriptError::new(Stage::Compile, ErrorKind::Compile, "self-test", "refused");
        if errors.is_empty() { none } else { errors.remove(0) }
    })?;
    let mut context = ScriptContext::new(CallScope {
        world: &super::compile::NoWorld,
        world_seed: 0,
        tick: 0,
        delta_time: 0.0,
    });
    context.begin(ScriptId(1), 0);
    let function = compiled.function("run");
    let mut instance = ScriptInstance::start(compiled.into(), &mut context)?;
    if let Some(function) = function {
        instance.call(function, &[], &mut context)?;
    }
    Ok(instance.get("result").unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_build_holds() {
        let workers = super::super::ScriptWorkers::new(super::super::ScriptThreads::Fixed(1));
        let Ok(workers) = workers else { panic!("threads can be started") };
        assert_eq!(workers.run(ScriptCompiler::self_test), Ok(()));
    }

    #[test]
    fn what_is_not_stopped_is_found() {
        let error =
            tried(&[("fn run() { let x = 1; }", ErrorKind::Fuel)]).map_err(|e| e.to_string());
        let Err(error) = error else { panic!("it is not found") };
        assert!(
            error.contains("nothing stops `fn run() { let x = 1; }` on the compiled"),
            "{error}"
        );
    }
}

use std::sync::Arc;

use crate::{
    api::{ApiTable, CallScope, ScriptContext},
    contract::{
        ErrorKind, LogLine, ScriptCommand, ScriptError, ScriptId, ScriptLimits, ScriptSource,
        Stage, Value, WorldView,
    },
    script::{Backend, CompiledScript, Libraries, ScriptCompiler, ScriptInstance},
    trust::{TrustPolicy, Verified},
};

/// One script and one instance of it, called by hand on the calling thread.
///
/// See [`FakeWorld`](super::FakeWorld) for an example.
pub struct ScriptRunner {
    script: Arc<CompiledScript>,
    instance: Option<ScriptInstance>,
    entity: ScriptId,
    log: Vec<LogLine>,
    /// The number of the tick; stays until it is set.
    pub tick: u64,
    /// Seconds of a tick. Default: **1/64**.
    pub delta_time: f64,
    /// The seed of random numbers. Default: **0**.
    pub world_seed: u64,
}

/// The libraries of a script, by the path and the text of each.
pub(super) fn read(
    compiler: &ScriptCompiler,
    script: &Verified<ScriptSource>,
    texts: &[(impl AsRef<str>, impl AsRef<str>)],
    verify: impl Fn(ScriptSource) -> Result<Verified<ScriptSource>, ScriptError>,
) -> Libraries {
    Libraries::read(compiler, script, |path| {
        let found = texts.iter().find(|(known, _)| known.as_ref() == path.as_str());
        let missing = || {
            let message = "cannot be read: there is no such text";
            ScriptError::new(Stage::Load, ErrorKind::NotFound, path.as_str(), message)
        };
        let (_, text) = found.ok_or_else(missing)?;
        verify(path.source(text.as_ref()))
    })
}

impl ScriptRunner {
    /// Compiles a script that may call the crate's own functions within the default limits.
    ///
    /// # Errors
    /// All errors in the script.
    pub fn new(text: &str) -> Result<Self, Vec<ScriptError>> {
        Self::with("test.rhai", text, ApiTable::default(), ScriptLimits::default())
    }

    /// Compiles a script that may call the functions of a table within limits.
    ///
    /// # Errors
    /// All errors in the script.
    pub fn with(
        path: &str,
        text: &str,
        api: ApiTable,
        limits: ScriptLimits,
    ) -> Result<Self, Vec<ScriptError>> {
        Self::on(Backend::default(), path, text, api, limits)
    }

    /// As [`with`](Self::with), on a backend.
    ///
    /// # Errors
    /// All errors in the script.
    pub fn on(
        backend: Backend,
        path: &str,
        text: &str,
        api: ApiTable,
        limits: ScriptLimits,
    ) -> Result<Self, Vec<ScriptError>> {
        Self::importing(backend, path, text, &[], api, limits)
    }

    /// As [`on`](Self::on), with libraries: the path and the text of each.
    ///
    /// ```
    /// use bevy_cscript::{
    ///     api::ApiTable,
    ///     contract::{ScriptId, ScriptLimits, Value},
    ///     script::Backend,
    ///     testing::{FakeWorld, ScriptRunner},
    /// };
    ///
    /// let mut runner = ScriptRunner::importing(
    ///     Backend::Compiled,
    ///     "scripts/a.rhai",
    ///     r#"import "lib/sums" as sums; let n = sums::twice(21);"#,
    ///     &[("scripts/lib/sums.rhai", "fn twice(x) { x * 2 }")],
    ///     ApiTable::default(),
    ///     ScriptLimits::default(),
    /// )
    /// .map_err(|errors| errors[0].clone())?;
    /// runner.start(&FakeWorld::default(), ScriptId(1))?;
    /// assert_eq!(runner.get("n"), Value::Int(42));
    /// # Ok::<(), bevy_cscript::contract::ScriptError>(())
    /// ```
    ///
    /// # Errors
    /// All errors in the script and its libraries.
    pub fn importing(
        backend: Backend,
        path: &str,
        text: &str,
        libraries: &[(&str, &str)],
        api: ApiTable,
        limits: ScriptLimits,
    ) -> Result<Self, Vec<ScriptError>> {
        let policy = TrustPolicy::default();
        let verify = |source| Verified::check(source, &policy);
        let source = verify(ScriptSource::new(path, text)).map_err(|error| vec![error])?;
        let compiler = ScriptCompiler::new(api, limits).with_backend(backend);
        let libraries = read(&compiler, &source, libraries, verify);
        let script = compiler.compile_with(&source, &libraries)?;
        Ok(Self {
            script: Arc::new(script),
            instance: None,
            entity: ScriptId::AUTO,
            log: Vec::new(),
            tick: 0,
            delta_time: 1.0 / 64.0,
            world_seed: 0,
        })
    }

    /// The compiled script.
    #[must_use]
    pub const fn script(&self) -> &Arc<CompiledScript> {
        &self.script
    }

    /// The running instance, once started.
    #[must_use]
    pub const fn instance(&self) -> Option<&ScriptInstance> {
        self.instance.as_ref()
    }

    /// Runs the top level for an entity and gives its commands.
    ///
    /// # Errors
    /// The top level failed.
    pub fn start(
        &mut self,
        world: &dyn WorldView,
        entity: ScriptId,
    ) -> Result<Vec<ScriptCommand>, ScriptError> {
        self.entity = entity;
        let script = self.script.clone();
        let (started, commands) =
            self.within(world, |context| ScriptInstance::start(script, context));
        self.instance = Some(started?);
        Ok(commands)
    }

    /// Calls a function and gives its commands.
    ///
    /// # Errors
    /// The call failed, the script has no such function, or it was not started.
    pub fn call(
        &mut self,
        world: &dyn WorldView,
        function: &str,
        args: &[Value],
    ) -> Result<Vec<ScriptCommand>, ScriptError> {
        let missing = |what: &str| {
            ScriptError::new(Stage::Collect, ErrorKind::NotFound, &**self.script.path(), what)
        };
        let Some(id) = self.script.function(function) else {
            return Err(missing(&format!("the script has no function `{function}`")));
        };
        let Some(mut instance) = self.instance.take() else {
            return Err(missing("the script was not started"));
        };
        let (called, commands) = self.within(world, |context| instance.call(id, args, context));
        self.instance = Some(instance);
        called.map(|()| commands)
    }

    /// The value of a variable; `()` if there is none of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Value {
        self.instance.as_ref().and_then(|instance| instance.get(name)).unwrap_or_default()
    }

    /// Takes the lines written so far.
    pub fn take_log(&mut self) -> Vec<LogLine> {
        std::mem::take(&mut self.log)
    }

    fn within<R>(
        &mut self,
        world: &dyn WorldView,
        work: impl FnOnce(&mut ScriptContext<'_>) -> R,
    ) -> (R, Vec<ScriptCommand>) {
        let mut context = ScriptContext::new(CallScope {
            world,
            world_seed: self.world_seed,
            tick: self.tick,
            delta_time: self.delta_time,
        });
        context.begin(self.entity, 0);
        let result = work(&mut context);
        self.log.extend(context.take_log().0);
        let commands = context.take_commands();
        (result, commands)
    }
}

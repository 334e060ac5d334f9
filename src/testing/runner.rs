use std::sync::Arc;

use crate::{
    api::{ApiTable, CallScope, ScriptContext},
    contract::{
        ErrorKind, LogLine, ScriptCommand, ScriptError, ScriptId, ScriptLimits, ScriptSource,
        Stage, Value, WorldView,
    },
    script::{Backend, CompiledScript, ScriptCompiler, ScriptInstance},
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
        let source = Verified::check(ScriptSource::new(path, text), &TrustPolicy::default())
            .map_err(|error| vec![error])?;
        let compiler = ScriptCompiler::new(api, limits).with_backend(backend);
        let script = compiler.compile(&source)?;
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

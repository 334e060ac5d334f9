use rhai::Dynamic;

use super::{
    CompiledScript, FunctionId, ScriptInstance,
    compiled::{Caller, Machine},
    compiled_script::Program,
    instance::Parts,
    marks::{self, Marks},
    reference::ReferenceProgram,
    state::ScriptState,
};
use crate::{
    api::ScriptContext,
    contract::{ErrorKind, ScriptError, Stage, Value},
};

/// Calls of one script's functions, one after the other, for one instance after the other: what is the same
/// for all of them is made ready once. See [`CompiledScript::calls`].
pub struct Calls<'a, 'w> {
    pub(super) script: &'a CompiledScript,
    pub(super) way: Way<'a, 'w>,
}

#[expect(
    clippy::large_enum_variant,
    reason = "a box would be an allocation for each call that comes alone"
)]
pub(super) enum Way<'a, 'w> {
    Compiled(Caller<'a, 'w>),
    Reference(&'a ReferenceProgram, &'a mut ScriptContext<'w>),
}

impl CompiledScript {
    /// Does something that calls this script, for as many instances as one likes: what is the same for all
    /// calls is made ready once. A game's tick calls all neighbours that run the same script like this, and
    /// [each](Calls::each) of them with the same function.
    ///
    /// ```
    /// use bevy_cscript::{
    ///     api::{CallScope, ScriptContext},
    ///     contract::{ScriptId, ScriptSource},
    ///     script::{ScriptCompiler, ScriptInstance},
    ///     testing::FakeWorld,
    ///     trust::{TrustPolicy, Verified},
    /// };
    ///
    /// let source = ScriptSource::new("counter.rhai", "let n = 0; fn on_update() { n += 1; }");
    /// let verified = Verified::check(source, &TrustPolicy::default())?;
    /// let script = ScriptCompiler::default().compile(&verified).map_err(|e| e[0].clone())?;
    /// let script = std::sync::Arc::new(script);
    /// let on_update = script.function("on_update").expect("it is there");
    ///
    /// let world = FakeWorld::default();
    /// let scope = CallScope { world: &world, world_seed: 0, tick: 0, delta_time: 0.02 };
    /// let mut context = ScriptContext::new(scope);
    /// let mut instances = Vec::new();
    /// for id in 1..=3 {
    ///     context.begin(ScriptId(id), 0);
    ///     instances.push(ScriptInstance::start(script.clone(), &mut context)?);
    /// }
    /// script.calls(&mut context, |calls| {
    ///     for (id, instance) in (1..).zip(&mut instances) {
    ///         calls.context().begin(ScriptId(id), script.salt(on_update));
    ///         calls.call(instance, on_update, &[]).map_err(|error| *error)?;
    ///     }
    ///     Ok::<(), bevy_cscript::contract::ScriptError>(())
    /// })?;
    /// assert_eq!(instances[2].get("n"), Some(1.into()));
    /// # Ok::<(), bevy_cscript::contract::ScriptError>(())
    /// ```
    pub fn calls<R>(
        &self,
        context: &mut ScriptContext<'_>,
        work: impl FnOnce(&mut Calls<'_, '_>) -> R,
    ) -> R {
        context.hold_to(self.shared_limits());
        match &self.program {
            Program::Compiled(program) => {
                let mut machine = Machine::take();
                let way = Way::Compiled(program.caller(&mut machine, context));
                let done = work(&mut Calls { script: self, way });
                machine.leave();
                done
            }
            Program::Reference(program) => {
                work(&mut Calls { script: self, way: Way::Reference(program, context) })
            }
        }
    }
}

impl<'w> Calls<'_, 'w> {
    /// The context of the calls: [begin](ScriptContext::begin) each of them there.
    pub const fn context(&mut self) -> &mut ScriptContext<'w> {
        match &mut self.way {
            Way::Compiled(caller) => caller.context(),
            Way::Reference(_, context) => context,
        }
    }

    /// Calls a function of an instance with as many of `args` as it takes.
    ///
    /// # Errors
    /// The call failed: its state is as it was before, its commands are dropped. Of the kind
    /// [`Host`](ErrorKind::Host) if the instance runs another script.
    pub fn call(
        &mut self,
        instance: &mut ScriptInstance,
        function: FunctionId,
        args: &[Value],
    ) -> Result<(), Box<ScriptError>> {
        if !instance.runs(self.script) {
            return Err(placed(foreign(self.script, instance), self.context()));
        }
        self.run(function, args, instance.parts())
    }

    pub(super) fn run(
        &mut self,
        function: FunctionId,
        args: &[Value],
        Parts { state, timers, marks }: Parts<'_>,
    ) -> Result<(), Box<ScriptError>> {
        if self.script.sets_timers() {
            return self.run_with_timers(function, args, Parts { state, timers, marks });
        }
        self.enter(function, args, state, marks)
    }

    /// The same, for a script that may set timers.
    #[inline(never)]
    fn run_with_timers(
        &mut self,
        function: FunctionId,
        args: &[Value],
        Parts { state, timers, marks }: Parts<'_>,
    ) -> Result<(), Box<ScriptError>> {
        let names = self.script.function_names().clone();
        self.context().lend_timers(std::mem::take(timers), names);
        let called = self.enter(function, args, state, marks);
        *timers = self.context().timers_back(called.is_ok());
        called
    }

    #[inline(always)]
    fn enter(
        &mut self,
        function: FunctionId,
        args: &[Value],
        state: &mut ScriptState,
        marks: &mut Marks,
    ) -> Result<(), Box<ScriptError>> {
        let changed = match (&mut self.way, state) {
            (Way::Compiled(caller), ScriptState::Compiled(slots)) => {
                caller.call(function.index(), slots, args)
            }
            (Way::Reference(program, context), ScriptState::Reference(slots)) => {
                on_reference(program, function, args, slots, context).map(|()| marks::ALL)
            }
            _ => unreachable!("a state belongs to the program that made it"),
        };
        match changed {
            Ok(changed) => {
                marks.touch(changed);
                Ok(())
            }
            // A call that failed has changed nothing.
            Err(error) => Err(placed(error, self.context())),
        }
    }
}

/// Apart, because it is long and mostly not what is wanted.
#[inline(never)]
fn on_reference(
    program: &ReferenceProgram,
    function: FunctionId,
    args: &[Value],
    state: &mut [Dynamic],
    context: &mut ScriptContext<'_>,
) -> Result<(), Box<ScriptError>> {
    program.call(function.index(), state, args, context).map_err(Box::new)
}

/// Says that an instance runs another script than those that it is called with.
#[cold]
pub(super) fn foreign(script: &CompiledScript, instance: &ScriptInstance) -> Box<ScriptError> {
    let path = instance.script().path();
    let message = format!("it was called among the instances of {}", script.path());
    Box::new(ScriptError::new(Stage::Run, ErrorKind::Host, &**path, message))
}

/// Drops what a call that failed asked for, and says whose call it was.
#[cold]
pub(super) fn placed(
    mut error: Box<ScriptError>,
    context: &mut ScriptContext<'_>,
) -> Box<ScriptError> {
    context.abandon();
    error.entity = Some(context.entity());
    error
}

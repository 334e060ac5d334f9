//! bevy_cscript, on either backend: metered, its world behind its API.

use std::{iter::Zip, ops::RangeFrom, slice::IterMut, sync::Arc};

use bevy_cscript::{
    api::{ApiTable, CallScope, ScriptContext},
    contract::{ScriptError, ScriptId, ScriptLimits, ScriptSource},
    script::{Backend, CompiledScript, FunctionId, Round, ScriptCompiler, ScriptInstance},
    trust::{TrustPolicy, Verified},
};

use super::{Contestant, Outcome, Turn};
use crate::{DELTA_TIME, ENTITIES, workload::Workload, world::Places};

pub struct Ours {
    workload: Workload,
    script: Arc<CompiledScript>,
    instances: Vec<ScriptInstance>,
    function: FunctionId,
    salt: u64,
    places: Places,
    turn: Turn,
    tick: u64,
}

/// A script, compiled within the default limits.
pub fn compiled(backend: Backend, path: &str, text: &str) -> Arc<CompiledScript> {
    let source = Verified::check(ScriptSource::new(path, text), &TrustPolicy::default())
        .expect("unsigned scripts are allowed");
    let compiler =
        ScriptCompiler::new(ApiTable::default(), ScriptLimits::default()).with_backend(backend);
    Arc::new(compiler.compile(&source).expect("it is a script"))
}

impl Ours {
    pub fn new(workload: Workload, backend: Backend) -> Self {
        let script = compiled(backend, workload.name(), workload.rhai());
        let function = script.function("on_update").expect("every workload has it");
        let salt = script.salt(function);
        let places = Places::new();
        let mut context = ScriptContext::new(scope(&places, 0));
        let start = |i: usize| {
            context.begin(ScriptId(i as i64 + 1), 0);
            ScriptInstance::start(script.clone(), &mut context).expect("it starts")
        };
        let instances = (0..ENTITIES).map(start).collect();
        drop(context);
        Self { workload, script, instances, function, salt, places, turn: Turn::default(), tick: 0 }
    }
}

fn scope(places: &Places, tick: u64) -> CallScope<'_> {
    CallScope { world: places, world_seed: 0, tick, delta_time: DELTA_TIME }
}

/// Instances whose callback is called, one after the other.
struct All<'i> {
    instances: Zip<RangeFrom<i64>, IterMut<'i, ScriptInstance>>,
    salt: u64,
}

impl<'i> Round for All<'i> {
    type Turn = &'i mut ScriptInstance;

    // As the game's own rounds are.
    #[inline(always)]
    fn next(&mut self, context: &mut ScriptContext<'_>) -> Option<&'i mut ScriptInstance> {
        let (id, instance) = self.instances.next()?;
        context.begin(ScriptId(id), self.salt);
        Some(instance)
    }

    fn done(
        &mut self,
        _: &mut ScriptContext<'_>,
        _: &mut ScriptInstance,
        called: Result<(), Box<ScriptError>>,
    ) {
        called.expect("the script runs");
    }
}

impl Contestant for Ours {
    fn run(&mut self, calls: usize) {
        let mut left = calls;
        while left > 0 {
            // As a game does it with scripts that are held to a share: a context for each pass, all that run one script
            // one after the other, and then what they ask for.
            let entities = self.turn.next(left);
            left -= entities.len();
            self.tick += 1;
            let mut context = ScriptContext::new(scope(&self.places, self.tick));
            let ids = entities.start as i64 + 1..;
            let mut all =
                All { instances: ids.zip(&mut self.instances[entities]), salt: self.salt };
            self.script.calls(&mut context, |calls| calls.each(self.function, &mut all));
            let commands = context.take_commands();
            drop(context);
            self.places.apply(&commands);
        }
    }

    fn outcomes(&mut self) -> Vec<Outcome> {
        let variable = self.workload.variable();
        let instances = self.instances.iter().enumerate();
        instances
            .map(|(i, instance)| Outcome {
                variable: instance.get(variable).and_then(|value| value.as_float()).unwrap_or(-1.0),
                place: self.places.of(i as i64 + 1),
            })
            .collect()
    }
}

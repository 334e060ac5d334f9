use std::{iter::Peekable, sync::Arc};

use super::{Called, ended, salt};
use crate::{
    api::ScriptContext,
    contract::ScriptError,
    runtime::{
        collect::{Job, Work},
        quarantine::{Discipline, Faults},
        run::BatchOutcome,
    },
    script::{CompiledScript, FunctionId, Round, ScriptInstance},
};

/// Neighbours that run the same script and are only to be updated.
pub(super) struct Alike<'r, 'j, J: Iterator<Item = (usize, &'j mut Job)>> {
    pub(super) jobs: &'r mut Peekable<J>,
    pub(super) script: &'r Arc<CompiledScript>,
    pub(super) function: FunctionId,
    pub(super) discipline: Discipline,
    pub(super) hashing: bool,
    pub(super) outcome: &'r mut BatchOutcome,
    /// How many commands there were before the call at hand.
    pub(super) before: usize,
    /// Whose call it is.
    pub(super) at_hand: Option<(usize, &'j mut Faults)>,
}

impl<'j, J: Iterator<Item = (usize, &'j mut Job)>> Round for Alike<'_, 'j, J> {
    type Turn = &'j mut ScriptInstance;

    #[inline]
    fn next(&mut self, context: &mut ScriptContext<'_>) -> Option<&'j mut ScriptInstance> {
        let Self { script, function, .. } = *self;
        let (i, job) = self.jobs.next_if(|(_, job)| job.updates(script, function))?;
        let Job { id, slot, every, faults, work: Work::Call(instance), .. } = job else {
            return None;
        };
        self.before = context.command_count();
        self.at_hand = Some((i, faults));
        context.begin(*id, salt(script.salt(function), *slot, 0));
        context.span(*every);
        Some(instance)
    }

    #[inline]
    fn done(
        &mut self,
        context: &mut ScriptContext<'_>,
        instance: &mut ScriptInstance,
        called: Result<(), Box<ScriptError>>,
    ) {
        let Self { script, discipline, outcome, .. } = self;
        outcome.ends.push(context.command_count() - self.before);
        if let Some((job, faults)) = self.at_hand.take() {
            let _: Called =
                ended(outcome, (job, context), script, (*discipline, faults), called, false);
        }
        if self.hashing {
            outcome.states.push(Some(instance.refreshed_hash()));
        }
    }
}

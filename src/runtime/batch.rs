mod alike;

use std::{iter::Peekable, sync::Arc};

use self::alike::Alike;
use super::{
    collect::{Call, Calls, EventCalls, Job, Start, Work},
    quarantine::{Discipline, Faults},
    run::{BatchOutcome, Note, What},
    shares::{Piece, fell_short},
};
use crate::{
    api::{CallScope, ScriptContext},
    contract::{Callback, ErrorKind, RunReport, ScriptError, TIMERS, TickCaps, Value},
    script::{CompiledScript, FunctionId, ScriptInstance, StateSnapshot},
};

/// Does the jobs of one batch, one after the other.
pub(super) struct BatchRunner<'w> {
    context: ScriptContext<'w>,
    discipline: Discipline,
    outcome: BatchOutcome,
    /// The job at hand.
    index: usize,
    /// What the calls may use together, if they are held to a share.
    purse: Option<u64>,
    /// Whether to hash what scripts keep, while it is at hand.
    hashing: bool,
}

/// What became of a call.
#[derive(PartialEq, Eq)]
pub(super) enum Called {
    /// The next one may come.
    Done,
    /// It failed, and the script is paused.
    Paused,
    /// The purse did not suffice; it is as if it had not begun.
    Waits,
}

/// What tells a call from all others of its entity in this tick: what is called, in which slot, and
/// how many calls its job made before. Updates count as the 0th.
pub(super) const fn salt(function: u64, slot: u16, ordinal: u64) -> u64 {
    function ^ ((slot as u64) << 48).wrapping_add(ordinal.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// The salt of the top level, which has no name.
const START: u64 = 0;

impl<'w> BatchRunner<'w> {
    pub(super) fn new(scope: CallScope<'w>, discipline: Discipline) -> Self {
        let context = ScriptContext::new(scope);
        let outcome = BatchOutcome::default();
        Self { context, discipline, outcome, index: 0, purse: None, hashing: false }
    }

    /// Whether to hash what scripts keep after their job. Default: **false**.
    pub(super) const fn hashing(mut self, hashing: bool) -> Self {
        self.hashing = hashing;
        self
    }

    /// Does jobs that are held to nothing but their own limits.
    pub(super) fn run(mut self, jobs: &mut [Job]) -> BatchOutcome {
        self.outcome.jobs = jobs.len();
        self.outcome.ends.reserve(jobs.len());
        if self.hashing {
            self.outcome.states.reserve(jobs.len());
        }
        let mut jobs = jobs.iter_mut().enumerate().peekable();
        while let Some((i, job)) = jobs.peek_mut() {
            if let Some((script, function)) = job.updated() {
                let script = script.clone();
                self.update_alike(&script, function, &mut jobs);
                continue;
            }
            self.index = *i;
            let before = self.context.command_count();
            self.do_job(job);
            self.outcome.ends.push(self.context.command_count() - before);
            if self.hashing {
                let state = match &mut job.work {
                    Work::Call(instance) => Some(instance.refreshed_hash()),
                    _ => None,
                };
                self.outcome.states.push(state);
            }
            jobs.next();
        }
        self.outcome.commands = self.context.take_commands();
        self.outcome
    }

    /// Updates neighbours for as long as they run the same script.
    fn update_alike<'j>(
        &mut self,
        script: &Arc<CompiledScript>,
        function: FunctionId,
        jobs: &mut Peekable<impl Iterator<Item = (usize, &'j mut Job)>>,
    ) {
        let Self { context, outcome, discipline, hashing, .. } = self;
        let mut alike = Alike {
            jobs,
            script,
            function,
            discipline: *discipline,
            hashing: *hashing,
            outcome,
            before: 0,
            at_hand: None,
        };
        script.calls(context, |calls| calls.each(function, &mut alike));
    }

    /// Goes on with a job within a share of the tick; says whether it came to its end. If not, what is
    /// left of it is what the job holds.
    pub(super) fn go_on(&mut self, piece: &mut Piece, fuel: u64, caps: &mut TickCaps) -> bool {
        self.purse = Some(fuel);
        self.context.share(fuel, *caps);
        let finished = self.do_job(&mut piece.job);
        *caps = self.context.caps_left().unwrap_or(*caps);
        self.context.move_commands(&mut piece.commands);
        piece.notes.extend(self.outcome.notes.drain(..).map(|note| note.what));
        piece.calls += std::mem::take(&mut self.outcome.calls);
        piece.fuel += std::mem::take(&mut self.outcome.fuel);
        finished
    }

    fn do_job(&mut self, job: &mut Job) -> bool {
        if let Work::Start(_) = job.work
            && !self.start(job)
        {
            return false;
        }
        self.call_all(job)
    }

    fn call_all(&mut self, job: &mut Job) -> bool {
        let Job { id, slot, every, faults, work: Work::Call(instance), calls, .. } = job else {
            return true;
        };
        let every = *every;
        // Which of its calls it is, from 1, and whether it comes with a start.
        type Which = (u64, bool);
        let mut call = |runner: &mut Self, function, args: &[Value], (ordinal, starting): Which| {
            let limit = instance.script().limits().fuel;
            if runner.left() == Some(0) {
                return Called::Waits;
            }
            let salt = salt(instance.script().salt(function), *slot, ordinal);
            runner.context.begin(*id, salt);
            runner.context.span(every);
            let called = instance.run(function, args, &mut runner.context);
            if runner.waits(called.as_ref().err().map(|error| &**error), limit) {
                return Called::Waits;
            }
            let BatchRunner { context, outcome, discipline, index, .. } = runner;
            let judge = (*discipline, &mut *faults);
            ended(outcome, (*index, context), instance.script(), judge, called, starting)
        };
        match calls {
            Calls::Update(function) => call(self, *function, &[], (0, false)) != Called::Waits,
            Calls::Events(events) => {
                let EventCalls { calls: events, called, starting } = &mut **events;
                let before = *called;
                let mut end = Called::Done;
                for Call { function, args } in &*events {
                    let starts = *called < *starting;
                    end = call(self, *function, args, (*called + 1, starts));
                    if end == Called::Waits {
                        break;
                    }
                    *called += 1;
                    if end == Called::Paused {
                        break;
                    }
                }
                events.drain(..(*called - before) as usize);
                if end == Called::Paused && !events.is_empty() {
                    self.note(What::LeftOut(events.len()));
                }
                end != Called::Waits
            }
        }
    }

    /// What is left of the purse.
    fn left(&self) -> Option<u64> {
        self.purse.map(|purse| purse.saturating_sub(self.outcome.fuel))
    }

    /// Whether a call failed only because the purse held less than its limit; takes note of what it has
    /// used.
    fn waits(&mut self, error: Option<&ScriptError>, limit: u64) -> bool {
        let Some(left) = self.left() else { return false };
        let waits = fell_short(left, limit, error);
        self.outcome.fuel += self.context.take_fuel();
        if waits {
            // What it wrote it will write again.
            self.context.take_log();
        }
        self.context.share_fuel(self.left().unwrap_or(u64::MAX));
        waits
    }

    /// Starts an instance; the calls that come with a start go before those that wait already.
    /// Says whether it got that far: if not, the job is as it was.
    fn start(&mut self, job: &mut Job) -> bool {
        if self.left() == Some(0) {
            return false;
        }
        let Work::Start(start) = std::mem::replace(&mut job.work, Work::Nothing) else {
            return true;
        };
        self.context.begin(job.id, salt(START, job.slot, 0));
        let (Start::Fresh { new, .. } | Start::Reload { new, .. }) = &*start;
        let new = new.clone();
        let mut first = Vec::new();
        let mut add = |callback, args: Vec<Value>| {
            let args = args.into();
            first.extend(new.callback(callback).map(|function| Call { function, args }));
        };
        let started = match *start {
            Start::Fresh { new, config } => {
                add(Callback::Init, Vec::new());
                let kept = config.clone();
                if let Some(config) = config {
                    add(Callback::Configure, vec![config]);
                }
                add(Callback::OnSpawn, Vec::new());
                let limit = new.limits().start_fuel;
                let started = ScriptInstance::start(new.clone(), &mut self.context);
                if self.waits(started.as_ref().err(), limit) {
                    job.work = Work::Start(Box::new(Start::Fresh { new, config: kept }));
                    return false;
                }
                started.map(|instance| (instance, None)).map_err(|error| (error, None))
            }
            Start::Reload { old, new, goes_on } => {
                match old.reloaded(new.clone(), &mut self.context) {
                    Err(error) if self.waits(Some(&error), new.limits().start_fuel) => {
                        job.work = Work::Start(Box::new(Start::Reload { old, new, goes_on }));
                        return false;
                    }
                    Ok((instance, migration)) => {
                        let StateSnapshot(mut state) = old.snapshot();
                        state.remove(TIMERS);
                        add(Callback::OnReload, vec![Value::Map(state)]);
                        Ok((instance, Some(migration)))
                    }
                    Err(error) => Err((error, Some((old, goes_on)))),
                }
            }
        };
        self.note_log(new.path());
        let Calls::Events(events) = &mut job.calls else { return true };
        let waiting = &mut events.calls;
        match started {
            Ok((instance, migration)) => {
                let migration_is_none = migration.is_none();
                self.note(What::Started(migration));
                job.work = Work::Call(Box::new(instance));
                if migration_is_none {
                    events.starting = first.len() as u64;
                }
                first.append(waiting);
                *waiting = first;
            }
            Err((error, old)) => {
                self.note(What::StartFailed { error: Box::new(error), version: new.clone() });
                let known = |call: &Call| {
                    let (old, goes_on) = old.as_ref()?;
                    let function = old.script().function(new.function_name(call.function))?;
                    goes_on.then(|| Call { function, args: call.args.clone() })
                };
                // What was meant for the new version, the old one hears.
                let heard: Vec<_> = waiting.iter().filter_map(known).collect();
                let left_out = waiting.len() - heard.len();
                if left_out > 0 {
                    self.note(What::LeftOut(left_out));
                }
                *waiting = heard;
                if let Some((old, _)) = old {
                    job.work = Work::Call(old);
                }
            }
        }
        true
    }

    fn note(&mut self, what: What) {
        self.outcome.notes.push(Note { job: self.index, what });
    }

    fn note_log(&mut self, path: &Arc<str>) {
        let Self { context, outcome, index, .. } = self;
        outcome.fuel += context.take_fuel();
        if context.has_log() {
            note_log(outcome, *index, context, path);
        }
    }
}

/// Takes note of how a call ended, of the job of a number.
#[inline]
pub(super) fn ended(
    outcome: &mut BatchOutcome,
    (job, context): (usize, &mut ScriptContext<'_>),
    script: &CompiledScript,
    judge: (Discipline, &mut Faults),
    called: Result<(), Box<ScriptError>>,
    starting: bool,
) -> Called {
    counted(outcome, context);
    if called.is_err() || context.has_log() {
        told(outcome, (job, context), script, judge, called, starting)
    } else {
        Called::Done
    }
}

/// Counts a call and what it has used.
#[inline(always)]
pub(super) fn counted(outcome: &mut BatchOutcome, context: &mut ScriptContext<'_>) {
    outcome.calls += 1;
    outcome.fuel += context.take_fuel();
}

/// Takes note of what a call wrote, and of how it failed.
#[cold]
#[inline(never)]
pub(super) fn told(
    outcome: &mut BatchOutcome,
    (job, context): (usize, &mut ScriptContext<'_>),
    script: &CompiledScript,
    (discipline, faults): (Discipline, &mut Faults),
    called: Result<(), Box<ScriptError>>,
    starting: bool,
) -> Called {
    if context.has_log() {
        note_log(outcome, job, context, script.path());
    }
    let Err(error) = called else { return Called::Done };
    let frequent = discipline.pauses(script.level(), faults, context.tick());
    let pauses = frequent || error.kind == ErrorKind::Host;
    outcome.notes.push(Note { job, what: What::Failed { error, pauses, starting } });
    if pauses { Called::Paused } else { Called::Done }
}

/// Takes the lines that calls wrote.
#[cold]
fn note_log(
    outcome: &mut BatchOutcome,
    job: usize,
    context: &mut ScriptContext<'_>,
    path: &Arc<str>,
) {
    let (log, log_suppressed) = context.take_log();
    let report = RunReport { log, log_suppressed, ..RunReport::default() };
    outcome.notes.push(Note { job, what: What::Wrote { path: path.clone(), report } });
}

use std::{collections::HashMap, sync::Arc};

use bevy::prelude::*;

use super::{
    authority::{Ledger, Owners},
    cscript::{CScript, Scripts},
    event_queue::{EventBudget, EventQueue},
    ids::ScriptIds,
    plugin::{Pass, ScriptClock},
    quarantine::Faults,
    roster::{Noticed, Roster, RosterEntry},
};
use crate::{
    contract::{Callback, ScriptEvent, ScriptId, Target, Value},
    script::{CompiledScript, FunctionId, ScriptInstance},
    trust::TrustLevel,
};

/// What one script is to do in a pass: start, perhaps, and then be called so many times. A pass moves
/// one for each script, so it is kept to a line of the cache.
pub(super) struct Job {
    pub(super) id: ScriptId,
    pub(super) entity: Entity,
    pub(super) slot: u16,
    /// An update is for so many ticks.
    pub(super) every: u32,
    /// Whether its script is the game's own.
    pub(super) is_trusted: bool,
    /// Only its end is still to come.
    pub(super) dying: bool,
    /// Failures so far.
    pub(super) faults: Faults,
    pub(super) work: Work,
    pub(super) calls: Calls,
}

const _: () = assert!(size_of::<Job>() <= 64, "a job fits into a line of the cache");

/// The instance to work with, or how to get one.
pub(super) enum Work {
    Call(Box<ScriptInstance>),
    Start(Box<Start>),
    /// The instance has been called where it is.
    Stayed,
    /// Between the two, and after a start that failed.
    Nothing,
}

/// How a script starts.
pub(super) enum Start {
    Fresh {
        new: Arc<CompiledScript>,
        config: Option<Value>,
    },
    Reload {
        old: Box<ScriptInstance>,
        new: Arc<CompiledScript>,
        /// Whether the old version is called if the new one cannot start: it may be paused.
        goes_on: bool,
    },
}

/// The calls of a job, in order.
pub(super) enum Calls {
    /// `on_update`.
    Update(FunctionId),
    /// Events.
    Events(Box<EventCalls>),
}

/// The events that a job is called for.
#[derive(Default)]
pub(super) struct EventCalls {
    pub(super) calls: Vec<Call>,
    /// How many it was called for in this pass.
    pub(super) called: u64,
    /// How many of them come with its start.
    pub(super) starting: u64,
}

/// One call of one function.
pub(super) struct Call {
    pub(super) function: FunctionId,
    pub(super) args: Arc<[Value]>,
}

impl Job {
    pub(super) fn starting(id: ScriptId, entity: Entity, slot: usize, start: Start) -> Self {
        let (Start::Fresh { new, .. } | Start::Reload { new, .. }) = &start;
        Self {
            id,
            entity,
            slot: slot as u16,
            every: 1,
            is_trusted: new.level() == TrustLevel::Trusted,
            faults: Faults::default(),
            dying: false,
            work: Work::Start(Box::new(start)),
            calls: Calls::Events(Box::default()),
        }
    }

    /// One update that was done without it: what is left is to take note of what came of it.
    pub(super) fn done(entry: &RosterEntry, function: FunctionId) -> Self {
        Self {
            id: entry.id,
            entity: entry.entity,
            slot: entry.slot,
            every: entry.every,
            is_trusted: entry.is_trusted,
            faults: Faults::default(),
            dying: false,
            work: Work::Stayed,
            calls: Calls::Update(function),
        }
    }

    /// The script as it will be once the job has started.
    pub(super) fn script(&self) -> Option<&Arc<CompiledScript>> {
        match &self.work {
            Work::Call(instance) => Some(instance.script()),
            Work::Start(start) => {
                let (Start::Fresh { new, .. } | Start::Reload { new, .. }) = &**start;
                Some(new)
            }
            Work::Stayed | Work::Nothing => None,
        }
    }

    /// The script and the function, if all that is to be done is one update.
    pub(super) fn updated(&self) -> Option<(&Arc<CompiledScript>, FunctionId)> {
        match (&self.work, &self.calls) {
            (Work::Call(instance), Calls::Update(function)) => Some((instance.script(), *function)),
            _ => None,
        }
    }

    /// Whether all that is to be done is one update, by a function of a script.
    pub(super) fn updates(&self, script: &Arc<CompiledScript>, function: FunctionId) -> bool {
        self.updated().is_some_and(|(other, of)| Arc::ptr_eq(other, script) && of == function)
    }

    fn may_hear(&self, call: &Call) -> bool {
        let ends = [Callback::OnDestroy, Callback::Cleanup];
        !self.dying
            || self.script().is_some_and(|script| {
                ends.iter().any(|end| script.callback(*end) == Some(call.function))
            })
    }
}

/// The jobs of the pass, by (id, slot).
#[derive(Resource, Default)]
pub(super) struct PassJobs {
    /// From the bind stage, for the next pass of events.
    pub(super) starting: Vec<Job>,
    /// For the pass that runs now.
    pub(super) jobs: Vec<Job>,
    /// Whether the pass that runs now updates scripts where they are; then there are no jobs.
    pub(super) in_place: bool,
    /// What was found out about the roster. It must not change until all who are due have had their turn.
    pub(super) noticed: Noticed,
    /// Calls that did not fit into the budget of a tick.
    waiting: Vec<Addressed>,
}

impl PassJobs {
    /// Keeps what did not fit for the next pass of events, in front of what comes then.
    pub(super) fn put_off(&mut self, calls: Vec<Addressed>, starts: Vec<Job>) {
        self.waiting.extend(calls);
        self.starting.extend(starts);
    }

    /// The calls that wait, as they are saved: whose, of which function, with what.
    pub(super) fn saved(&self, scripts: &World) -> Vec<SavedCall> {
        let saved = |waiting: &Addressed| {
            let script = scripts.get::<CScript>(waiting.entity)?;
            let script = script.slots().get(usize::from(waiting.slot))?.resident.script()?;
            let function = script.function_name(waiting.call.function).to_owned();
            Some((waiting.id, waiting.slot, function, waiting.call.args.to_vec()))
        };
        self.waiting.iter().filter_map(saved).collect()
    }

    /// Puts those that were saved in the place of what waits.
    pub(super) fn restore(&mut self, calls: Vec<SavedCall>, world: &World) {
        let restored = |(id, slot, function, args): SavedCall| {
            let entity = world.resource::<ScriptIds>().entity(id)?;
            let script = world.get::<CScript>(entity)?;
            let script = script.slots().get(usize::from(slot))?.resident.script()?;
            let function = script.function(&function)?;
            Some(Addressed { id, slot, entity, call: Call { function, args: args.into() } })
        };
        *self =
            Self { waiting: calls.into_iter().filter_map(restored).collect(), ..Self::default() };
    }

    /// A script of which a new version waits to take over an instance.
    pub(super) fn reloading(&self) -> Option<&CompiledScript> {
        let reloads = |job: &Job| matches!(&job.work, Work::Start(start) if matches!(**start, Start::Reload { .. }));
        self.starting.iter().find(|job| reloads(job)).and_then(Job::script).map(|script| &**script)
    }

    /// Whether calls or starts wait.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty() || !self.starting.is_empty()
    }
}

/// A call that waits, as it is saved.
pub(super) type SavedCall = (ScriptId, u16, String, Vec<Value>);

/// Gathers what is to be called in this pass, in the order of (id, slot, event).
pub(super) fn collect(
    pass: Res<Pass>,
    budget: Res<EventBudget>,
    mut queue: ResMut<EventQueue>,
    mut roster: ResMut<Roster>,
    mut jobs: ResMut<PassJobs>,
    ids: Res<ScriptIds>,
    clock: Res<ScriptClock>,
    (owners, ledger): (Res<Owners>, Res<Ledger>),
    mut scripts: Scripts,
) {
    let is_gone = |entry: &RosterEntry| {
        let Ok((id, script, _)) = scripts.get(entry.entity) else { return true };
        let slot = script.slots().get(usize::from(entry.slot));
        *id != entry.id || slot.is_none_or(|slot| !slot.resident.is_started())
    };
    roster.prune(is_gone);
    jobs.in_place = false;
    match *pass {
        Pass::Events => {
            let PassJobs { starting, jobs, waiting, .. } = &mut *jobs;
            jobs.append(starting);
            // What was put off comes first, then timers, then the events of one instance in their order.
            let mut calls = std::mem::take(waiting);
            calls.extend(take_due(&clock, &mut roster, &mut scripts));
            calls.extend(address(&mut queue, *budget, &mut roster, &ids, jobs, &scripts));
            // Stable.
            calls.sort_by_key(|call| (call.id, call.slot));
            let told = calls.len() as u64;
            let unheard = take_called(calls, jobs, &mut scripts);
            queue.told += told - unheard;
            queue.unheard += unheard;
            jobs.sort_by_key(|job| (job.id, job.slot));
        }
        Pass::PutOff => {
            let PassJobs { starting, jobs, waiting, .. } = &mut *jobs;
            jobs.append(starting);
            queue.unheard += take_called(std::mem::take(waiting), jobs, &mut scripts);
            jobs.sort_by_key(|job| (job.id, job.slot));
        }
        Pass::Update => {
            jobs.in_place = !ledger.is_kept();
            roster.note_owners(&owners);
            // What is looked at by itself is taken by itself.
            if !jobs.in_place {
                let jobs = &mut *jobs;
                jobs.noticed = take_updated(clock.tick, &mut roster, &mut jobs.jobs, &mut scripts);
            }
        }
    }
}

/// A call and whom it is for.
pub(super) struct Addressed {
    pub(super) id: ScriptId,
    pub(super) slot: u16,
    pub(super) entity: Entity,
    pub(super) call: Call,
}

/// Finds the functions that are to be called for the waiting events, by (id, slot, event). Scripts
/// that start in this pass hear of events too.
fn address(
    queue: &mut EventQueue,
    EventBudget(budget): EventBudget,
    roster: &mut Roster,
    ids: &ScriptIds,
    starting: &[Job],
    scripts: &Scripts,
) -> Vec<Addressed> {
    let starting: HashMap<(Entity, u16), &Job> =
        starting.iter().map(|job| ((job.entity, job.slot), job)).collect();
    let function = |entity: Entity, slot: u16, name: &str, topic: Option<&str>| {
        let find = |script: &CompiledScript| {
            let hears = topic.is_none_or(|topic| script.hears(topic));
            script.function(name).filter(|_| hears)
        };
        if let Some(job) = starting.get(&(entity, slot)) {
            return find(job.script()?);
        }
        let (_, script, _) = scripts.get(entity).ok()?;
        let slot = script.slots().get(usize::from(slot))?;
        find(&*slot.resident.script()?)
    };
    let mut addressed = Vec::new();
    let ends = queue.take_ends();
    let next = |queue: &mut EventQueue, told| if told < budget { queue.pop() } else { None };
    let mut ends = ends.into_iter();
    while let Some(event) = next(queue, addressed.len()).or_else(|| ends.next()) {
        let ScriptEvent { callback, args, target } = event;
        let is_message = callback == Callback::OnMessage.name();
        let args: Arc<[Value]> = args.into();
        let topic = args.first().and_then(Value::as_str).filter(|_| is_message);
        let mut offer = |id: ScriptId, entity: Entity, slot: u16| {
            if let Some(function) = function(entity, slot, &callback, topic) {
                let call = Call { function, args: args.clone() };
                addressed.push(Addressed { id, slot, entity, call });
            }
        };
        match target {
            Target::One(id) => {
                let entity = ids.entity(id);
                let slots = entity.and_then(|entity| scripts.get(entity).ok());
                match (entity, slots) {
                    (Some(entity), Some((_, script, _))) => {
                        (0..script.slots().len()).for_each(|slot| offer(id, entity, slot as u16));
                    }
                    (None, _) => queue.unheard += 1,
                    // It exists, and has no scripts that could hear.
                    (Some(_), None) => {}
                }
            }
            Target::All => {
                let entries = if is_message { roster.listeners() } else { roster.ordered() };
                for entry in entries {
                    if !starting.contains_key(&(entry.entity, entry.slot)) {
                        offer(entry.id, entry.entity, entry.slot);
                    }
                }
                for job in starting.values() {
                    offer(job.id, job.entity, job.slot);
                }
            }
        }
    }
    queue.left = queue.len() as u64;
    addressed
}

/// The calls of timers that go off now, by (id, slot). Those of scripts that stand still wait.
fn take_due(clock: &ScriptClock, roster: &mut Roster, scripts: &mut Scripts) -> Vec<Addressed> {
    let mut due = Vec::new();
    for RosterEntry { id, slot, entity, .. } in roster.timed().iter().copied() {
        let Ok((_, mut script, disabled)) = scripts.get_mut(entity) else { continue };
        let slots = script.bypass_change_detection().slots_mut();
        let Some(state) = slots.get_mut(usize::from(slot)) else { continue };
        if disabled || !state.is_running() || state.dying {
            continue;
        }
        let Some(instance) = state.instance_mut() else { continue };
        due.extend(instance.take_due(clock.tick).into_iter().map(|(function, timer)| {
            let args = [Value::Int(timer)].into();
            Addressed { id, slot, entity, call: Call { function, args } }
        }));
    }
    due
}

/// Gives each call to the job of its instance; says how many found none that may be called.
fn take_called(calls: Vec<Addressed>, jobs: &mut Vec<Job>, scripts: &mut Scripts) -> u64 {
    let mut unheard = 0;
    let mut places: HashMap<(Entity, u16), usize> =
        jobs.iter().enumerate().map(|(i, job)| ((job.entity, job.slot), i)).collect();
    for Addressed { id, slot, entity, call } in calls {
        let place = places.get(&(entity, slot)).copied().or_else(|| {
            let (_, mut script, disabled) = scripts.get_mut(entity).ok()?;
            let state = script.bypass_change_detection().slots_mut().get_mut(usize::from(slot))?;
            if disabled || !state.is_running() {
                return None;
            }
            let instance = state.instance_mut().take()?;
            let faults = std::mem::take(state.resident.faults_mut());
            jobs.push(Job {
                id,
                entity,
                slot,
                every: 1,
                is_trusted: instance.script().level() == TrustLevel::Trusted,
                faults,
                dying: state.dying,
                work: Work::Call(instance),
                calls: Calls::Events(Box::default()),
            });
            places.insert((entity, slot), jobs.len() - 1);
            Some(jobs.len() - 1)
        });
        let job = place.and_then(|place| jobs.get_mut(place)).filter(|job| job.may_hear(&call));
        match job.map(|job| &mut job.calls) {
            Some(Calls::Events(events)) => events.calls.push(call),
            _ => unheard += 1,
        }
    }
    unheard
}

/// Takes the instances that are to be updated; gives what it found out about the roster.
fn take_updated(
    tick: u64,
    roster: &mut Roster,
    jobs: &mut Vec<Job>,
    scripts: &mut Scripts,
) -> Noticed {
    let mut noticed = Noticed::default();
    for entry in roster.due(tick) {
        let Some(on_update) = entry.on_update else { continue };
        let Ok((_, mut script, disabled)) = scripts.get_mut(entry.entity) else {
            noticed.stale = true;
            continue;
        };
        if noticed.of(entry, &script, disabled).is_none() {
            continue;
        }
        let slots = script.bypass_change_detection().slots_mut();
        let Some(slot) = slots.get_mut(usize::from(entry.slot)) else { continue };
        let Some(instance) = slot.instance_mut().take() else {
            noticed.stale = true;
            continue;
        };
        jobs.push(Job {
            id: entry.id,
            entity: entry.entity,
            slot: entry.slot,
            every: entry.every,
            is_trusted: entry.is_trusted,
            faults: std::mem::take(slot.resident.faults_mut()),
            dying: false,
            work: Work::Call(instance),
            calls: Calls::Update(on_update),
        });
    }
    noticed
}

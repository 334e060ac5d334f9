use std::{collections::HashMap, sync::Arc};

use bevy::prelude::*;

use super::{
    cscript::Scripts,
    ids::ScriptIds,
    plugin::Pass,
    quarantine::Faults,
    recording::ScriptRecorder,
    roster::{Roster, RosterEntry},
};
use crate::{
    contract::{Callback, ScriptEvent, ScriptId, Target, Value},
    script::{CompiledScript, FunctionId, ScriptInstance},
};

/// What one script is to do in a pass: start, perhaps, and then be called so many times.
pub(super) struct Job {
    pub(super) id: ScriptId,
    pub(super) entity: Entity,
    pub(super) slot: u16,
    /// Failures so far.
    pub(super) faults: Faults,
    /// Only its end is still to come.
    pub(super) dying: bool,
    pub(super) work: Work,
    pub(super) calls: Calls,
    /// How many events it was called for in this pass.
    pub(super) called: u64,
    /// How many of its calls come with its start.
    pub(super) starting: u64,
}

/// The instance to work with, or how to get one.
pub(super) enum Work {
    Call(Box<ScriptInstance>),
    Start(Start),
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
    Events(Vec<Call>),
}

/// One call of one function.
pub(super) struct Call {
    pub(super) function: FunctionId,
    pub(super) args: Arc<[Value]>,
}

impl Job {
    pub(super) fn starting(id: ScriptId, entity: Entity, slot: usize, start: Start) -> Self {
        Self {
            id,
            entity,
            slot: slot as u16,
            faults: Faults::default(),
            dying: false,
            work: Work::Start(start),
            calls: Calls::Events(Vec::new()),
            called: 0,
            starting: 0,
        }
    }

    /// The script as it will be once the job has started.
    pub(super) fn script(&self) -> Option<&Arc<CompiledScript>> {
        match &self.work {
            Work::Call(instance) => Some(instance.script()),
            Work::Start(Start::Fresh { new, .. } | Start::Reload { new, .. }) => Some(new),
            Work::Nothing => None,
        }
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
    /// Calls that did not fit into the budget of a tick.
    waiting: Vec<Addressed>,
}

impl PassJobs {
    /// Keeps what did not fit for the next pass of events, in front of what comes then.
    pub(super) fn put_off(&mut self, calls: Vec<Addressed>, starts: Vec<Job>) {
        self.waiting.extend(calls);
        self.starting.extend(starts);
    }

    /// Whether calls or starts wait.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty() || !self.starting.is_empty()
    }
}

/// Events that wait for the next pass of events.
#[derive(Resource, Default)]
pub(super) struct EventQueue {
    events: Vec<ScriptEvent>,
    /// Events that found their instances away or paused, or no longer there.
    pub(super) unheard: u64,
}

/// So many events may wait for a pass before messages are dropped; a script that answers every message with two would fill the
/// memory otherwise.
const MOST_EVENTS: usize = 10_000;

impl EventQueue {
    /// Adds an event of the game: somebody was hurt, somebody goes.
    pub(super) fn push(&mut self, event: ScriptEvent) {
        self.events.push(event);
    }

    /// The events that wait, in order.
    pub(super) fn waiting(&self) -> &[ScriptEvent] {
        &self.events
    }

    /// Puts others in their place.
    pub(super) fn set_waiting(&mut self, events: Vec<ScriptEvent>) {
        self.events = events;
    }

    /// Adds what a script published. Beyond [`MOST_EVENTS`] messages are dropped and counted.
    pub(super) fn push_message(&mut self, event: ScriptEvent) {
        if self.events.len() < MOST_EVENTS {
            self.events.push(event);
        } else {
            self.unheard += 1;
        }
    }
}

/// Hands the host's events over.
pub(super) fn receive_events(
    mut sent: MessageReader<ScriptEvent>,
    mut queue: ResMut<EventQueue>,
    mut recorder: Option<ResMut<ScriptRecorder>>,
) {
    for event in sent.read() {
        if let Some(recorder) = &mut recorder {
            recorder.hear(event);
        }
        queue.events.push(event.clone());
    }
}

/// Gathers what is to be called in this pass, in the order of (id, slot, event).
pub(super) fn collect(
    pass: Res<Pass>,
    mut queue: ResMut<EventQueue>,
    mut roster: ResMut<Roster>,
    mut jobs: ResMut<PassJobs>,
    ids: Res<ScriptIds>,
    mut scripts: Scripts,
) {
    let is_gone = |entry: &RosterEntry| {
        let Ok((id, script, _)) = scripts.get(entry.entity) else { return true };
        let slot = script.slots().get(usize::from(entry.slot));
        *id != entry.id || slot.is_none_or(|slot| slot.instance.is_none())
    };
    roster.prune(is_gone);
    match *pass {
        Pass::Events => {
            let PassJobs { starting, jobs, waiting } = &mut *jobs;
            jobs.append(starting);
            let mut calls = std::mem::take(waiting);
            calls.extend(address(&mut queue, &mut roster, &ids, jobs, &scripts));
            // Stable: events of one instance stay in their order.
            calls.sort_by_key(|addressed| (addressed.id, addressed.slot));
            queue.unheard += take_called(calls, jobs, &mut scripts);
            jobs.sort_by_key(|job| (job.id, job.slot));
        }
        Pass::PutOff => {
            let PassJobs { starting, jobs, waiting } = &mut *jobs;
            jobs.append(starting);
            queue.unheard += take_called(std::mem::take(waiting), jobs, &mut scripts);
            jobs.sort_by_key(|job| (job.id, job.slot));
        }
        Pass::Update => take_updated(&mut roster, &mut jobs.jobs, &mut scripts),
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
    roster: &mut Roster,
    ids: &ScriptIds,
    starting: &[Job],
    scripts: &Scripts,
) -> Vec<Addressed> {
    let events = std::mem::take(&mut queue.events);
    if events.is_empty() {
        return Vec::new();
    }
    let starting: HashMap<(Entity, u16), &Job> =
        starting.iter().map(|job| ((job.entity, job.slot), job)).collect();
    let function = |entity: Entity, slot: u16, name: &str| {
        if let Some(job) = starting.get(&(entity, slot)) {
            return job.script()?.function(name);
        }
        let (_, script, _) = scripts.get(entity).ok()?;
        let slot = script.slots().get(usize::from(slot))?;
        slot.instance.as_ref()?.script().function(name)
    };
    let mut addressed = Vec::new();
    for ScriptEvent { callback, args, target } in events {
        let args: Arc<[Value]> = args.into();
        let mut offer = |id: ScriptId, entity: Entity, slot: u16| {
            if let Some(function) = function(entity, slot, &callback) {
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
                for entry in roster.ordered() {
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
    addressed
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
            let instance = state.instance.take()?;
            jobs.push(Job {
                id,
                entity,
                slot,
                faults: std::mem::take(&mut state.faults),
                dying: state.dying,
                work: Work::Call(instance),
                calls: Calls::Events(Vec::new()),
                called: 0,
                starting: 0,
            });
            places.insert((entity, slot), jobs.len() - 1);
            Some(jobs.len() - 1)
        });
        let job = place.and_then(|place| jobs.get_mut(place)).filter(|job| job.may_hear(&call));
        match job.map(|job| &mut job.calls) {
            Some(Calls::Events(calls)) => calls.push(call),
            _ => unheard += 1,
        }
    }
    unheard
}

fn take_updated(roster: &mut Roster, jobs: &mut Vec<Job>, scripts: &mut Scripts) {
    let mut stale = false;
    for entry in roster.ordered() {
        let Some(on_update) = entry.on_update else { continue };
        let Ok((_, mut script, disabled)) = scripts.get_mut(entry.entity) else {
            stale = true;
            continue;
        };
        let slots = script.bypass_change_detection().slots_mut();
        let Some(slot) = slots.get_mut(usize::from(entry.slot)) else {
            stale = true;
            continue;
        };
        if disabled || !slot.is_running() || slot.dying {
            continue;
        }
        let Some(instance) = slot.instance.take() else {
            stale = true;
            continue;
        };
        jobs.push(Job {
            id: entry.id,
            entity: entry.entity,
            slot: entry.slot,
            faults: std::mem::take(&mut slot.faults),
            dying: false,
            work: Work::Call(instance),
            calls: Calls::Update(on_update),
            called: 0,
            starting: 0,
        });
    }
    if stale {
        roster.mark_stale();
    }
}

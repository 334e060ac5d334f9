use std::collections::VecDeque;

use bevy::prelude::*;

use super::{
    cscript::{CScript, Scripts},
    ids::ScriptIds,
    recording::ScriptRecorder,
};
use crate::contract::{Callback, ScriptEvent, ScriptId, Target, Value};

/// How many calls of events a tick may make before the rest waits for the next one. Default: **4,096**.
///
/// Counted in calls, so the same on every machine. An event that has begun is told to all whom it is
/// for; timers, starts and the last words of who is destroyed are always told.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventBudget(pub usize);

impl Default for EventBudget {
    fn default() -> Self {
        Self(4_096)
    }
}

/// Events that wait for the next pass of events, the oldest first.
#[derive(Resource, Default)]
pub(super) struct EventQueue {
    waiting: VecDeque<Waiting>,
    /// What must be told in the next pass, because whom it is for goes away then.
    ends: Vec<ScriptEvent>,
    /// How many of those that wait are messages of scripts.
    messages: usize,
    /// Events that found their instances away or paused, or no longer there.
    pub(super) unheard: u64,
    /// Events that were too many to wait.
    pub(super) dropped: u64,
    /// Calls that were handed to scripts.
    pub(super) told: u64,
    /// How many events the budget has left for the next pass.
    pub(super) left: u64,
}

struct Waiting {
    event: ScriptEvent,
    is_message: bool,
}

/// So many messages may wait for a pass before more are dropped; a script that answers every message
/// with two would fill the memory otherwise.
const MOST_MESSAGES: usize = 10_000;

/// So many events may wait, whatever they are: more than this many ticks will never tell.
const MOST_EVENTS: usize = 250_000;

impl EventQueue {
    /// Adds an event of the game: somebody was hurt, two touch.
    pub(super) fn push(&mut self, event: ScriptEvent) {
        self.add(event, false);
    }

    /// Adds something that one entity is to hear of.
    pub(super) fn tell(&mut self, id: ScriptId, callback: Callback, args: Vec<Value>) {
        self.push(ScriptEvent::custom(callback.name(), args).to(id));
    }

    /// Adds what a script published. Beyond [`MOST_MESSAGES`] messages are dropped and counted.
    pub(super) fn push_message(&mut self, event: ScriptEvent) {
        if self.messages < MOST_MESSAGES {
            self.messages += 1;
            self.add(event, true);
        } else {
            self.dropped += 1;
        }
    }

    /// Adds the last words of who goes away after the next pass.
    pub(super) fn push_end(&mut self, event: ScriptEvent) {
        self.ends.push(event);
    }

    fn add(&mut self, event: ScriptEvent, is_message: bool) {
        if self.waiting.len() < MOST_EVENTS {
            self.waiting.push_back(Waiting { event, is_message });
        } else {
            self.messages -= usize::from(is_message);
            self.dropped += 1;
        }
    }

    /// The events that wait, in order, last words behind the others.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &ScriptEvent> {
        self.waiting.iter().map(|waiting| &waiting.event).chain(&self.ends)
    }

    /// Puts others in their place.
    pub(super) fn set_waiting(&mut self, events: Vec<ScriptEvent>) {
        let ends = [Callback::OnDestroy, Callback::Cleanup].map(Callback::name);
        let (ends, waiting) =
            events.into_iter().partition(|event| ends.contains(&event.callback.as_str()));
        (self.ends, self.messages) = (ends, 0);
        self.waiting.clear();
        let waiting: Vec<ScriptEvent> = waiting;
        for event in waiting {
            let is_message =
                event.callback == Callback::OnMessage.name() && event.target == Target::All;
            self.messages += usize::from(is_message);
            self.add(event, is_message);
        }
    }

    /// Takes the event that has waited longest.
    pub(super) fn pop(&mut self) -> Option<ScriptEvent> {
        let Waiting { event, is_message } = self.waiting.pop_front()?;
        self.messages -= usize::from(is_message);
        Some(event)
    }

    /// Takes what must be told now.
    pub(super) fn take_ends(&mut self) -> Vec<ScriptEvent> {
        std::mem::take(&mut self.ends)
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }
}

/// Takes in the host's events.
pub(super) fn receive_events(
    mut sent: MessageReader<ScriptEvent>,
    mut queue: ResMut<EventQueue>,
    mut recorder: Option<ResMut<ScriptRecorder>>,
    ids: Res<ScriptIds>,
    scripts: Scripts,
) {
    for event in sent.read() {
        if let Some(recorder) = &mut recorder {
            recorder.hear(event);
        }
        // What is for nobody is queued all the same: it counts as unheard.
        let is_heard = match event.target {
            Target::All => true,
            Target::One(id) => ids
                .entity(id)
                .and_then(|entity| scripts.get(entity).ok())
                .is_none_or(|(_, scripts, _)| scripts.may_hear(&event.callback)),
        };
        if is_heard {
            queue.push(event.clone());
        }
    }
}

/// Tells an entity of something in the next pass of events, if any of its scripts would hear it: what
/// nobody hears is not queued.
pub(super) fn tell(
    world: &mut World,
    entity: Entity,
    callback: Callback,
    args: impl FnOnce() -> Vec<Value>,
) {
    if let Some(id) = hearer(world.get(entity), world.get(entity), callback) {
        world.resource_mut::<EventQueue>().tell(id, callback, args());
    }
}

/// The id of an entity, given what is known of it, if any of its scripts would hear of something.
pub(super) fn hearer(
    id: Option<&ScriptId>,
    scripts: Option<&CScript>,
    callback: Callback,
) -> Option<ScriptId> {
    id.copied().filter(|_| scripts.is_some_and(|scripts| scripts.may_be_told(callback)))
}

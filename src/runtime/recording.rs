use bevy::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    authority::own,
    desync::{Desync, desync_report},
    plugin::ScriptClock,
    save::{SaveError, load_scripts, save_scripts},
    world_hash::world_hash,
};
use crate::{
    authority::ClientId,
    contract::{ScriptEvent, ScriptId},
};

/// What a recording begins with: what it is, and in which version of the format.
const HEAD: &[u8] = b"bevy_cscript recording\0\x02";

/// A run of scripts: the world as it began, and of every tick what the host told the scripts and the world's
/// hash at its end. Enough to run it again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// The world before the first tick, as [`save_scripts`] gives it.
    pub start: Vec<u8>,
    /// The ticks.
    pub ticks: Vec<RecordedTick>,
}

/// A tick of a [`Recording`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordedTick {
    /// Its number.
    pub tick: u64,
    /// What the host told scripts.
    pub events: Vec<ScriptEvent>,
    /// Whose entities were whose from then on, where that changed with an
    /// [order](crate::authority::Order).
    pub owners: Vec<(ScriptId, Option<ClientId>)>,
    /// The [`world_hash`] at its end.
    pub hash: u64,
    /// The world at its end, as a save, if it was [wanted](ScriptRecorder::with_states).
    pub state: Option<Vec<u8>>,
}

impl Recording {
    /// The recording as bytes, for a file.
    ///
    /// # Errors
    /// [`SaveError::Malformed`]; never happens.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SaveError> {
        let mut bytes = HEAD.to_vec();
        rmp_serde::encode::write(&mut bytes, self)
            .map_err(|error| SaveError::Malformed(error.to_string()))?;
        Ok(bytes)
    }

    /// A recording from its bytes.
    ///
    /// # Errors
    /// [`SaveError::Malformed`] if they are anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SaveError> {
        let wrong = |reason: &str| SaveError::Malformed(reason.to_owned());
        let body = bytes.strip_prefix(HEAD).ok_or_else(|| wrong("it begins otherwise"))?;
        rmp_serde::from_slice(body).map_err(|error| wrong(&error.to_string()))
    }
}

/// Records every tick while it is there. Insert what [`ScriptRecorder::begin`] gives, and take it out when
/// enough was recorded. Costs a [`world_hash`] a tick.
#[derive(Resource, Debug)]
pub struct ScriptRecorder {
    recording: Recording,
    /// What was heard in the tick that runs.
    heard: Vec<ScriptEvent>,
    owned: Vec<(ScriptId, Option<ClientId>)>,
    /// Of every how many ticks the whole state is kept; of none if it is 0.
    states: u64,
}

impl ScriptRecorder {
    /// A recorder that begins with the world as it is. Call it between two frames.
    ///
    /// # Errors
    /// As [`save_scripts`].
    pub fn begin(world: &World) -> Result<Self, SaveError> {
        let recording = Recording { start: save_scripts(world)?, ticks: Vec::new() };
        Ok(Self { recording, heard: Vec::new(), owned: Vec::new(), states: 0 })
    }

    /// The same, and of every so many ticks it keeps the whole state, so that a replay that differs can say in
    /// what. 0 is for never. Costs a save each time, in time and in the file.
    #[must_use]
    pub const fn with_states(mut self, every: u64) -> Self {
        self.states = every;
        self
    }

    /// What was recorded.
    #[must_use]
    pub fn finish(self) -> Recording {
        self.recording
    }

    pub(super) fn own(&mut self, entity: ScriptId, owner: Option<ClientId>) {
        self.owned.push((entity, owner));
    }

    pub(super) fn hear(&mut self, event: &ScriptEvent) {
        self.heard.push(event.clone());
    }
}

/// Notes the tick that has just run, if somebody records.
pub(super) fn record(world: &mut World) {
    if !world.contains_resource::<ScriptRecorder>() {
        return;
    }
    let (tick, hash) = (world.resource::<ScriptClock>().tick, world_hash(world));
    let every = world.resource::<ScriptRecorder>().states;
    let state =
        if every > 0 && tick.is_multiple_of(every) { save_scripts(world).ok() } else { None };
    let mut recorder = world.resource_mut::<ScriptRecorder>();
    let events = std::mem::take(&mut recorder.heard);
    let owners = std::mem::take(&mut recorder.owned);
    recorder.recording.ticks.push(RecordedTick { tick, events, owners, hash, state });
}

/// Runs a [`Recording`] again, tick by tick, in a world that has its scripts:
///
/// ```
/// # use bevy_cscript::{prelude::*, runtime::*, testing::ScriptTestApp};
/// # let mut app = ScriptTestApp::new();
/// # let script = app.script("a.rhai", "let n = 0; fn on_update() { n += 1; }");
/// # app.spawn(script);
/// # app.ticks(2);
/// # let recorder = ScriptRecorder::begin(app.world())?;
/// # app.world_mut().insert_resource(recorder);
/// # app.ticks(3);
/// # let recorder = app.world_mut().remove_resource::<ScriptRecorder>();
/// # let recording = recorder.map(ScriptRecorder::finish).unwrap_or_default();
/// let mut replay = Replay::begin(app.world_mut(), recording)?;
/// while replay.feed(app.world_mut()) {
///     app.tick(); // whatever runs a tick of your game
///     replay.check(app.world())?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// What the host tells scripts comes from the recording; systems of the game that send
/// [`ScriptEvent`]s of their own must not run meanwhile.
#[derive(Debug)]
pub struct Replay {
    recording: Recording,
    /// How many ticks were fed.
    fed: usize,
}

/// A tick of a replay that ended otherwise than it was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tick {tick} was {recorded:016x} when it was recorded and is {replayed:016x} now")]
pub struct Diverged {
    /// The first tick that did.
    pub tick: u64,
    /// The hash that was recorded.
    pub recorded: u64,
    /// The hash now.
    pub replayed: u64,
}

impl Replay {
    /// Puts the world to where the recording begins.
    ///
    /// # Errors
    /// As [`load_scripts`].
    pub fn begin(world: &mut World, recording: Recording) -> Result<Self, SaveError> {
        load_scripts(world, &recording.start)?;
        Ok(Self { recording, fed: 0 })
    }

    /// Tells scripts what the host told them in the next tick; says whether there is one.
    pub fn feed(&mut self, world: &mut World) -> bool {
        let Some(tick) = self.recording.ticks.get(self.fed) else { return false };
        for (id, owner) in &tick.owners {
            own(world, *id, *owner);
        }
        world.write_message_batch(tick.events.iter().cloned());
        self.fed += 1;
        true
    }

    /// The same, but only if the next tick comes before this one: for stopping at it.
    pub fn feed_before(&mut self, world: &mut World, tick: u64) -> bool {
        world.resource::<ScriptClock>().tick < tick && self.feed(world)
    }

    /// In what the world differs from the recording at the end of the tick that has just run; `None` if the
    /// recording has no state of that tick.
    ///
    /// # Errors
    /// As [`desync_report`] and [`save_scripts`].
    pub fn report(&self, world: &World) -> Result<Option<Vec<Desync>>, SaveError> {
        let last = self.fed.checked_sub(1).and_then(|last| self.recording.ticks.get(last));
        let Some(state) = last.and_then(|tick| tick.state.as_ref()) else { return Ok(None) };
        desync_report(&save_scripts(world)?, state).map(Some)
    }

    /// Holds the tick that has just run against the recording.
    ///
    /// # Errors
    /// It ended otherwise. [`Replay::report`] says in what.
    pub fn check(&self, world: &World) -> Result<(), Diverged> {
        let last = self.fed.checked_sub(1).and_then(|last| self.recording.ticks.get(last));
        let Some(RecordedTick { tick, hash: recorded, .. }) = last.cloned() else { return Ok(()) };
        let replayed = world_hash(world);
        if replayed == recorded { Ok(()) } else { Err(Diverged { tick, recorded, replayed }) }
    }
}

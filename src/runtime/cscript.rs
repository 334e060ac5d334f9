use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bevy::{
    ecs::{entity_disabling::Disabled, lifecycle::HookContext, world::DeferredWorld},
    prelude::*,
};

use serde::{Deserialize, Serialize};

use super::{bind::Unbound, load::Script, quarantine::Faults, resident::Resident, save::SaveError};
use crate::{
    contract::{Callback, ScriptId, Value},
    script::{CompiledScript, ScriptInstance, StateError, StateSnapshot},
    trust::Digest,
};

/// The scripts of an entity, with their state.
///
/// ```
/// # use bevy::prelude::*;
/// # use bevy_cscript::prelude::*;
/// fn spawn_guard(mut commands: Commands, assets: Res<AssetServer>) {
///     commands.spawn((
///         Transform::default(),
///         CScript::new(assets.load("scripts/patrol.rhai")).and(assets.load("scripts/shout.rhai")),
///     ));
/// }
/// ```
///
/// Several scripts run one after the other, in their order. An entity without a [`Transform`] is a
/// fine home for a script that works on others.
///
/// What scripts keep may lie elsewhere while they run; it comes along when a component is moved to another entity, as long as
/// Bevy may see that: whoever exchanges two of them must not
/// [bypass](bevy::ecs::change_detection::DetectChangesMut::bypass_change_detection) its notes of what has changed.
#[derive(Component, Debug, Default, Reflect)]
#[component(on_insert = await_binding)]
#[require(ScriptId)]
#[reflect(Component, Default)]
pub struct CScript {
    slots: Vec<ScriptSlot>,
    /// A hash of what the scripts keep, as long as nobody has had a chance to change it. It lies here because
    /// whoever hashes a tick comes by here anyway, and the way to the variables is long.
    #[reflect(ignore)]
    states: AtomicU64,
}

/// Stands for a hash that is not known. One that happens to be the same is found anew each time.
const UNKNOWN: u64 = 0;

/// Stands for what a script keeps that has not started.
const NO_INSTANCE: u64 = 0x9e37_79b9_7f4a_7c15;

/// One script of an entity. What every tick asks for stands first and together, in this order: the slots
/// lie anywhere in memory, and each line of it costs.
#[derive(Debug, Default, Reflect)]
#[repr(C)]
pub struct ScriptSlot {
    #[reflect(ignore)]
    pub(super) resident: Resident,
    /// It is updated once in so many ticks; 0 counts as 1.
    every: u32,
    /// Whether it is called. Switch it at any time; state stays.
    pub enabled: bool,
    /// Destroyed by a script: only `on_destroy` and `cleanup` are still to come.
    #[reflect(ignore)]
    pub(super) dying: bool,
    /// One of the calls that come with a start failed; the next version starts from scratch.
    #[reflect(ignore)]
    pub(super) uninitialised: bool,
    status: ScriptStatus,
    /// The script.
    handle: Handle<Script>,
    /// What `configure` is called with.
    config: Option<Value>,
    /// The version that could not start here; it is not tried again.
    #[reflect(ignore)]
    pub(super) declined: Option<Arc<CompiledScript>>,
}

/// How a script is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Reflect, Serialize, Deserialize)]
#[reflect(Default, PartialEq)]
pub enum ScriptStatus {
    /// Not read yet, or not started yet.
    #[default]
    Loading,
    /// It is called.
    Ready,
    /// It failed while running and is not called until its file changes or the host resumes it.
    Paused {
        /// Why, as the log says it.
        reason: String,
    },
    /// It cannot run at all until its file changes.
    Failed {
        /// Why, as the log says it.
        reason: String,
    },
}

impl CScript {
    /// One script.
    #[must_use]
    pub fn new(script: Handle<Script>) -> Self {
        Self::default().and(script)
    }

    /// One more script, which runs after those before it.
    #[must_use]
    pub fn and(mut self, script: Handle<Script>) -> Self {
        self.slots.push(ScriptSlot { handle: script, enabled: true, ..ScriptSlot::default() });
        self
    }

    /// What the last script's `configure` is called with.
    #[must_use]
    pub fn with_config(mut self, config: impl Into<Value>) -> Self {
        if let Some(slot) = self.slots.last_mut() {
            slot.config = Some(config.into());
        }
        self
    }

    /// How often the last script's `on_update` is called: once in so many ticks; 0 counts as 1. Default:
    /// **1**.
    ///
    /// In between, the script costs nothing. Entities take turns by their ids, so that the calls spread
    /// over the ticks, and `delta_time` is the time since the call before, if that was in its turn. Events
    /// and timers come when they come.
    ///
    /// ```
    /// # use bevy::prelude::*;
    /// # use bevy_cscript::prelude::*;
    /// fn spawn_merchant(mut commands: Commands, assets: Res<AssetServer>) {
    ///     commands.spawn(CScript::new(assets.load("scripts/shop.rhai")).every(16));
    /// }
    /// ```
    #[must_use]
    pub fn every(mut self, ticks: u32) -> Self {
        if let Some(slot) = self.slots.last_mut() {
            slot.set_every(ticks);
        }
        self
    }

    /// The scripts, in the order in which they run.
    #[must_use]
    pub fn slots(&self) -> &[ScriptSlot] {
        &self.slots
    }

    /// The scripts, in the order in which they run.
    pub fn slots_mut(&mut self) -> &mut [ScriptSlot] {
        *self.states.get_mut() = UNKNOWN;
        self.slots.iter_mut().for_each(|slot| slot.resident.call_home());
        &mut self.slots
    }

    /// A hash of what the scripts keep.
    pub(super) fn states_hash(&mut self) -> u64 {
        let known = self.states.get_mut();
        if *known == UNKNOWN {
            let states = self
                .slots
                .iter_mut()
                .map(|slot| slot.resident.refreshed_hash().unwrap_or(NO_INSTANCE));
            // Each is mixed well, so a sum will do; it tells the slots apart.
            *known = states.fold(0, |hash: u64, state| hash.rotate_left(17).wrapping_add(state));
        }
        *known
    }

    /// Takes note of the hash of what the script in a slot keeps, right after its calls.
    #[inline]
    pub(super) fn note_state(&self, state: Option<u64>) {
        let known = state.filter(|_| self.slots.len() == 1).unwrap_or(UNKNOWN);
        // Whoever asks for it has the whole component to itself. What is not written to need not be brought back to memory.
        if self.states.load(Ordering::Relaxed) != known {
            self.states.store(known, Ordering::Relaxed);
        }
    }

    /// How the first script is doing.
    #[must_use]
    pub fn status(&self) -> &ScriptStatus {
        self.slots.first().map_or(&ScriptStatus::Loading, ScriptSlot::status)
    }

    /// The value of a variable, of the first script that has one of this name.
    #[must_use]
    pub fn get(&self, variable: &str) -> Option<Value> {
        self.slots.iter().find_map(|slot| slot.get(variable))
    }

    /// Sets a variable of the first script that has one of this name.
    ///
    /// # Errors
    /// No script that has started has such a variable, or the value is over a limit.
    pub fn set(&mut self, variable: &str, value: impl Into<Value>) -> Result<(), StateError> {
        let slot = self.slots_mut().iter_mut().find(|slot| slot.get(variable).is_some());
        slot.ok_or_else(|| StateError::Unknown(variable.to_owned()))?.set(variable, value)
    }

    /// Whether any of the scripts would hear an event, as far as can be told: those that have not
    /// started may.
    pub(super) fn may_hear(&self, event: &str) -> bool {
        self.may(|script| script.function(event).is_some())
    }

    /// The same of an event that has a callback of its own: that is known without looking for the name.
    pub(super) fn may_be_told(&self, callback: Callback) -> bool {
        self.may(|script| script.callback(callback).is_some())
    }

    fn may(&self, hears: impl Fn(&CompiledScript) -> bool) -> bool {
        self.slots.iter().any(|slot| match slot.resident.script() {
            Some(script) => hears(&script),
            None => !matches!(slot.status, ScriptStatus::Failed { .. }),
        })
    }

    /// Sets all paused scripts going again.
    pub fn resume(&mut self) {
        for slot in self.slots_mut() {
            slot.resume();
        }
    }
}

impl ScriptSlot {
    /// The script.
    #[must_use]
    pub const fn handle(&self) -> &Handle<Script> {
        &self.handle
    }

    /// How it is doing.
    #[must_use]
    pub const fn status(&self) -> &ScriptStatus {
        &self.status
    }

    /// It is updated once in so many ticks, at least 1.
    #[must_use]
    pub fn every(&self) -> u32 {
        self.every.max(1)
    }

    /// Changes how often it is updated, see [`CScript::every`]. Noticed when its next turn comes.
    pub const fn set_every(&mut self, ticks: u32) {
        self.every = ticks;
    }

    /// The value of a variable; `None` if there is none of this name or the script has not started.
    #[must_use]
    pub fn get(&self, variable: &str) -> Option<Value> {
        self.resident.read(|instance| instance.get(variable))?
    }

    /// Sets a variable.
    ///
    /// # Errors
    /// The script has no such variable or has not started, or the value is over a limit.
    pub fn set(&mut self, variable: &str, value: impl Into<Value>) -> Result<(), StateError> {
        let unknown = || StateError::Unknown(variable.to_owned());
        let instance = self.instance_mut().as_mut().ok_or_else(unknown)?;
        instance.set(variable, &value.into())
    }

    /// A copy of all variables; empty until the script has started.
    #[must_use]
    pub fn snapshot(&self) -> StateSnapshot {
        self.resident.read(ScriptInstance::snapshot).unwrap_or_default()
    }

    /// A hash of all variables and timers; 0 until the script has started. Costs nothing for variables that no call
    /// has changed since the last tick.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        self.resident.state_hash().unwrap_or_default()
    }

    /// Sets every variable that a snapshot names.
    ///
    /// # Errors
    /// See [`ScriptSlot::set`]; variables before the one that failed are set.
    pub fn restore(&mut self, snapshot: &StateSnapshot) -> Result<(), StateError> {
        match self.instance_mut() {
            Some(instance) => instance.restore(snapshot),
            None => snapshot
                .0
                .keys()
                .next()
                .map_or(Ok(()), |first| Err(StateError::Unknown(first.clone()))),
        }
    }

    /// Sets it going again if it is paused, and forgets its failures.
    pub fn resume(&mut self) {
        if let ScriptStatus::Paused { .. } = self.status {
            self.status = ScriptStatus::Ready;
            *self.resident.faults_mut() = Faults::default();
        }
    }

    pub(super) fn instance_mut(&mut self) -> &mut Option<Box<ScriptInstance>> {
        self.resident.instance_mut()
    }

    pub(super) const fn config(&self) -> Option<&Value> {
        self.config.as_ref()
    }

    pub(super) fn set_status(&mut self, status: ScriptStatus) {
        self.status = status;
    }

    /// Whether it may be called now.
    pub(super) fn is_running(&self) -> bool {
        self.enabled && self.status == ScriptStatus::Ready
    }
}

/// A slot as it is saved.
#[derive(Serialize, Deserialize)]
pub(super) struct SavedSlot {
    /// What the script is called, the digest of its bytes and a hash of them and its libraries'; empty if none
    /// had started.
    running: Option<(String, Digest, u64, StateSnapshot)>,
    /// What the script is called of one that had not started.
    awaited: Option<String>,
    enabled: bool,
    every: u32,
    status: ScriptStatus,
    config: Option<Value>,
    faults: Faults,
    dying: bool,
    uninitialised: bool,
}

impl SavedSlot {
    /// What the script is called.
    pub(super) fn name(&self) -> String {
        let running = self.running.as_ref().map(|(path, ..)| path);
        running.or(self.awaited.as_ref()).cloned().unwrap_or_default()
    }

    /// All there is to know of it, for people: variables by their names in backquotes.
    pub(super) fn facts(&self) -> Vec<(String, String)> {
        let mut facts = vec![
            ("whether it is on".to_owned(), self.enabled.to_string()),
            ("how often it is updated".to_owned(), format!("once in {} ticks", self.every.max(1))),
            ("its status".to_owned(), format!("{:?}", self.status)),
            ("its failures".to_owned(), self.faults.count().to_string()),
        ];
        if let Some((_, digest, sources, StateSnapshot(state))) = &self.running {
            facts.push(("its file".to_owned(), digest.to_string()));
            facts.push(("its file and its libraries".to_owned(), format!("{sources:016x}")));
            let variables = state.iter();
            facts
                .extend(variables.map(|(name, value)| (format!("`{name}`"), format!("{value:?}"))));
        }
        facts
    }
}

impl CScript {
    /// The slots as they are saved.
    pub(super) fn saved(&self, scripts: &Assets<Script>) -> Vec<SavedSlot> {
        let awaited = |handle: &Handle<Script>| {
            let script = scripts.get(handle).and_then(|script| script.result.as_ref().ok());
            let path = script.map(|script| script.path().to_string());
            path.or_else(|| handle.path().map(ToString::to_string))
        };
        let saved = |slot: &ScriptSlot| SavedSlot {
            running: slot.resident.read(|instance| {
                let script = instance.script();
                let path = script.path().to_string();
                (path, *script.digest(), script.source_hash(), instance.snapshot())
            }),
            awaited: awaited(&slot.handle),
            enabled: slot.enabled,
            every: slot.every,
            status: slot.status.clone(),
            config: slot.config.clone(),
            faults: slot.resident.faults().clone(),
            dying: slot.dying,
            uninitialised: slot.uninitialised,
        };
        self.slots.iter().map(saved).collect()
    }

    /// The slots of a save. `find` gives a script that runs by what it is called, `load` one that has never
    /// run by its asset path.
    pub(super) fn from_saved(
        saved: &[SavedSlot],
        find: impl Fn(&str) -> Option<(Handle<Script>, Arc<CompiledScript>)>,
        load: impl Fn(&str) -> Handle<Script>,
    ) -> Result<Self, SaveError> {
        let slot = |saved: &SavedSlot| {
            let (handle, instance) = match (&saved.running, &saved.awaited) {
                (None, None) => (Handle::default(), None),
                (None, Some(path)) => {
                    let handle = find(path).map_or_else(|| load(path), |(handle, _)| handle);
                    (handle, None)
                }
                (Some((path, digest, sources, state)), _) => {
                    let (handle, script) =
                        find(path).ok_or_else(|| SaveError::NoScript(path.clone()))?;
                    // A library may be another one where the script is the same.
                    if digest != script.digest() || *sources != script.source_hash() {
                        return Err(SaveError::OtherScript(path.clone()));
                    }
                    let instance = ScriptInstance::resumed(script, state).map_err(|error| {
                        SaveError::State { script: path.clone(), reason: error.to_string() }
                    })?;
                    (handle, Some(Box::new(instance)))
                }
            };
            Ok(ScriptSlot {
                handle,
                enabled: saved.enabled,
                every: saved.every,
                status: saved.status.clone(),
                config: saved.config.clone(),
                resident: Resident::new(instance, saved.faults.clone()),
                dying: saved.dying,
                declined: None,
                uninitialised: saved.uninitialised,
            })
        };
        Ok(Self { slots: saved.iter().map(slot).collect::<Result<_, _>>()?, ..Self::default() })
    }
}

/// The scripts of all entities, those that are disabled included: they keep their state and are not
/// called.
pub(super) type Scripts<'w, 's> =
    Query<'w, 's, (&'static ScriptId, &'static mut CScript, Has<Disabled>), Allow<Disabled>>;

fn await_binding(mut world: DeferredWorld<'_>, HookContext { entity, .. }: HookContext) {
    if let Some(mut unbound) = world.get_resource_mut::<Unbound>() {
        unbound.0.push(entity);
    }
}

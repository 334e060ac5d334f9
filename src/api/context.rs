mod audio_visual;
mod call;
mod combat;
mod commands;
mod component;
mod inventory;
mod lanes;
mod place;
mod tactical;
mod timing;
mod unbegun;

use std::{
    any::{Any, TypeId},
    cell::Cell,
    sync::{Arc, LazyLock},
};

use glam::Vec3;

use self::call::AtHand;
pub use self::call::Begun;
pub use self::lanes::CallsAhead;
pub(crate) use self::lanes::{BeforeLanes, LaneCalls};
pub(crate) use self::unbegun::CallsAlike;
use super::{ApiFault, random::CallRandom};
use crate::contract::{
    LogLevel, LogLine, Position, ScriptCommand, ScriptId, ScriptLimits, TickCaps, WorldView,
};

/// What holds before the first script comes.
static DEFAULT_LIMITS: LazyLock<Arc<ScriptLimits>> = LazyLock::new(Arc::default);

/// What is the same for all calls of a pass.
#[derive(Clone, Copy)]
pub struct CallScope<'w> {
    /// The world as it stood when the pass began.
    pub world: &'w dyn WorldView,
    /// The seed of every random number.
    pub world_seed: u64,
    /// The number of the tick, from 0.
    pub tick: u64,
    /// Seconds of a tick.
    pub delta_time: f64,
}

/// What a function of the API is handed: the world to read, the commands to add to, and whose call
/// it is. Host state arrives with the call; functions capture none.
///
/// One context serves many calls, one after the other.
pub struct ScriptContext<'w> {
    scope: CallScope<'w>,
    call: AtHand,
    /// Those of the script at hand.
    limits: Arc<ScriptLimits>,
    /// What is left of the tick's share of fuel for whoever runs.
    purse: u64,
    /// What is left for whoever runs in this tick, and what was when the call began.
    caps: Option<TickCaps>,
    caps_before: Option<TickCaps>,
    /// Whether the call may look at what it has done. If not, nobody needs to know what that has led to.
    looks_back: bool,
    commands: Vec<ScriptCommand>,
    /// Of each command that of its call, if calls come in another order than that of their commands.
    ranks: Vec<u32>,
    is_ranked: bool,
    /// Room to put commands in order, kept from one time to the next.
    places: Vec<(u32, u32)>,
    /// How many ids this call has derived: of entities and of sounds.
    derived: u32,
    /// The timers of the script, while a call may set some.
    lent: Option<timing::Lent>,
    random: Option<CallRandom>,
    log: Vec<LogLine>,
    log_suppressed: u32,
    fuel: u64,
    /// How many calls were done side by side with others.
    abreast: u64,
    /// Fuel that the function of the API which runs has asked for, beside its price.
    owed: Cell<u64>,
    /// What the backend keeps from call to call.
    kept: Option<Box<dyn Any>>,
    /// Room for those that a search finds, kept from call to call.
    found: Cell<Vec<(ScriptId, f64)>>,
    watcher: Option<Box<dyn FnMut(&Watched<'_>) + 'w>>,
}

/// A statement of a watched script that is about to run.
#[derive(Clone, Copy, Debug)]
pub struct Watched<'a> {
    /// The file that it stands in: the script, or a library.
    pub path: &'a str,
    /// The function that it stands in.
    pub function: &'a str,
    /// Where it begins.
    pub place: Option<Position>,
    /// The fuel that the call has left.
    pub fuel: u64,
}

impl<'w> ScriptContext<'w> {
    /// A context for a pass.
    #[must_use]
    pub fn new(scope: CallScope<'w>) -> Self {
        Self {
            scope,
            call: AtHand::nobody(scope.delta_time),
            limits: DEFAULT_LIMITS.clone(),
            purse: u64::MAX,
            caps: None,
            caps_before: None,
            looks_back: true,
            commands: Vec::new(),
            ranks: Vec::new(),
            is_ranked: false,
            places: Vec::new(),
            derived: 0,
            lent: None,
            random: None,
            log: Vec::new(),
            log_suppressed: 0,
            fuel: 0,
            abreast: 0,
            owed: Cell::new(0),
            kept: None,
            watcher: None,
            found: Cell::default(),
        }
    }

    /// Tells `watcher` of each statement that a script is about to run, if the script was
    /// [compiled to be watched](crate::script::ScriptCompiler::watched): for debuggers, coverage and
    /// profilers. Other scripts do not even ask whether somebody watches.
    #[must_use]
    pub fn watched_by(mut self, watcher: impl FnMut(&Watched<'_>) + 'w) -> Self {
        self.watcher = Some(Box::new(watcher));
        self
    }

    pub(crate) fn watch(&mut self, statement: &Watched<'_>) {
        if let Some(watcher) = &mut self.watcher {
            watcher(statement);
        }
    }

    /// Takes the log of all calls since it was last taken, and how many lines were too many.
    pub fn take_log(&mut self) -> (Vec<LogLine>, u32) {
        (std::mem::take(&mut self.log), std::mem::take(&mut self.log_suppressed))
    }

    /// Whether calls have written lines, or too many, since the log was last taken.
    #[cfg(feature = "bevy")]
    pub(crate) const fn has_log(&self) -> bool {
        !self.log.is_empty() || self.log_suppressed > 0
    }

    /// Holds the calls that follow to a share of a tick: each has so much fuel at most, whatever its
    /// own limit, and together they may ask for so much.
    pub const fn share(&mut self, fuel: u64, caps: TickCaps) {
        self.purse = fuel;
        self.caps = Some(caps);
    }

    /// The same, as to fuel alone.
    pub const fn share_fuel(&mut self, fuel: u64) {
        self.purse = fuel;
    }

    /// What is left of the tick's caps; `None` if nobody set any.
    #[must_use]
    pub const fn caps_left(&self) -> Option<TickCaps> {
        self.caps
    }

    /// The fuel that is left for whoever runs.
    pub(crate) const fn purse(&self) -> u64 {
        self.purse
    }

    /// Adds to the steps used, for the backend that counts them.
    pub(crate) const fn spend(&mut self, fuel: u64) {
        // Centuries of work would have to come together.
        self.fuel = self.fuel.wrapping_add(fuel);
    }

    /// The steps used by all calls since they were last taken.
    pub fn take_fuel(&mut self) -> u64 {
        std::mem::take(&mut self.fuel)
    }

    /// Makes the script pay for what a function of the API has looked at, copied or made, beside the
    /// [price](crate::api::ApiFunction::costs) of its call: a unit for some 10 ns. It is taken when the
    /// function is done, whether it fails or not.
    ///
    /// Charge by what is the same on every machine, such as how many were found, and never by what
    /// depends on the order in which entities came or on the shape of a search tree: fuel is part of
    /// the result.
    pub fn charge(&self, units: u64) {
        self.owed.set(self.owed.get().saturating_add(units));
    }

    /// What functions have [asked for](Self::charge) since this was last taken.
    pub(crate) fn take_owed(&self) -> u64 {
        let owed = self.owed.get();
        if owed != 0 {
            self.owed.set(0);
        }
        owed
    }

    /// A place for what the backend keeps from call to call.
    pub(crate) const fn kept(&mut self) -> &mut Option<Box<dyn Any>> {
        &mut self.kept
    }

    /// The number of the tick, from 0.
    #[must_use]
    pub const fn tick(&self) -> u64 {
        self.scope.tick
    }

    /// Seconds of a tick.
    #[must_use]
    pub const fn tick_seconds(&self) -> f64 {
        self.scope.delta_time
    }

    /// What this call may use.
    #[must_use]
    pub fn limits(&self) -> &ScriptLimits {
        &self.limits
    }

    /// Holds what follows to the limits of a script.
    pub(crate) fn hold_to(&mut self, limits: &Arc<ScriptLimits>) {
        // Neighbours mostly run the same script.
        if !Arc::ptr_eq(&self.limits, limits) {
            self.limits = limits.clone();
        }
    }

    /// Writes a line to the log. Control characters become spaces, long lines are cut, lines beyond
    /// [`ScriptLimits::log_lines`] are only counted.
    pub fn log(&mut self, level: LogLevel, text: &str) {
        let left = self.caps.as_mut().map(|caps| &mut caps.log_lines);
        if self.log.len() >= self.limits.log_lines || left.as_deref() == Some(&0) {
            self.log_suppressed = self.log_suppressed.saturating_add(1);
            return;
        }
        if let Some(left) = left {
            *left -= 1;
        }
        let limit = self.limits.log_line_bytes;
        let end = if text.len() > limit { text.floor_char_boundary(limit) } else { text.len() };
        let mut line: String =
            text[..end].chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if end < text.len() {
            line.push('…');
        }
        self.log.push(LogLine { level, text: line });
    }

    /// The random numbers of this call.
    pub(crate) fn random(&mut self) -> &mut CallRandom {
        let Self { scope, call, random, .. } = self;
        let Begun { entity, callback, .. } = call.begun;
        random
            .get_or_insert_with(|| CallRandom::new(scope.world_seed, entity, scope.tick, callback))
    }

    /// Whether an entity exists, as this call sees it.
    #[must_use]
    #[inline(always)]
    pub fn exists(&self, id: ScriptId) -> bool {
        if self.call.overlay.is_empty() { self.existed(id) } else { self.exists_still(id) }
    }

    /// The same, where the call has written something.
    #[inline(never)]
    fn exists_still(&self, id: ScriptId) -> bool {
        match self.call.overlay.get(id).and_then(|writes| writes.exists) {
            Some(exists) => exists,
            None => self.existed(id) && !self.has_destroyed(id),
        }
    }

    /// Whether an entity existed when the pass began.
    #[inline(always)]
    fn existed(&self, id: ScriptId) -> bool {
        // Who stood somewhere, existed.
        self.call.stood(id).is_some() || self.scope.world.exists(id)
    }

    /// Whether this call has destroyed an entity, or one above it.
    #[must_use]
    pub fn has_destroyed(&self, id: ScriptId) -> bool {
        if !self.call.overlay.has_destroyed() {
            return false;
        }
        let is_destroyed = |id: &ScriptId| {
            self.call.overlay.get(*id).is_some_and(|writes| writes.exists == Some(false))
        };
        self.upwards(id).any(|id| is_destroyed(&id))
    }

    /// An entity and all above it.
    fn upwards(&self, id: ScriptId) -> impl Iterator<Item = ScriptId> {
        std::iter::successors(Some(id), |id| self.scope.world.parent(*id))
    }

    /// Linear velocity, as this call sees it.
    #[must_use]
    pub fn velocity(&self, id: ScriptId) -> Vec3 {
        match self.call.overlay.get(id).and_then(|writes| writes.velocity) {
            Some(velocity) => velocity,
            None => self.scope.world.velocity(id),
        }
    }

    /// The entity's tag, as this call sees it; empty for none.
    #[must_use]
    pub fn tag(&self, id: ScriptId) -> &str {
        match self.call.overlay.get(id).and_then(|writes| writes.tag.as_deref()) {
            Some(tag) => tag,
            None => self.scope.world.tag(id).unwrap_or_default(),
        }
    }

    /// The lowest id with a tag, as this call sees it.
    #[must_use]
    pub fn find_by_tag(&self, tag: &str) -> Option<ScriptId> {
        self.charge(self.call.overlay.len());
        let written = self
            .call
            .overlay
            .iter()
            .filter(|(id, writes)| writes.tag.as_deref() == Some(tag) && self.exists(*id))
            .map(|(id, _)| id)
            .min();
        let standing = self.scope.world.find_by_tag(tag, &|id| {
            self.charge(1);
            self.call.overlay.get(id).is_none_or(|writes| writes.tag.is_none())
                && !self.has_destroyed(id)
        });
        match (written, standing) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Whether a prefab is registered.
    #[must_use]
    pub fn is_prefab(&self, name: &str) -> bool {
        self.scope.world.is_prefab(name)
    }

    /// A resource of the host. In a Bevy app every resource that derives `Reflect` with
    /// `#[reflect(Resource)]` can be read; `None` for all others.
    #[must_use]
    pub fn resource<R: 'static>(&self) -> Option<&R> {
        self.scope.world.resource(TypeId::of::<R>())?.downcast_ref()
    }

    /// A component of an entity by its Rust type, as it stood when the pass began. In a Bevy app
    /// every component that derives `Reflect` with `#[reflect(Component)]` can be read; `None` for
    /// all others, for `CScript`, which changes while scripts run, and where the entity lacks it.
    #[must_use]
    pub fn host_component<C: 'static>(&self, id: ScriptId) -> Option<&C> {
        self.scope.world.host_component(id, TypeId::of::<C>())?.downcast_ref()
    }

    /// Gives an entity a tag.
    ///
    /// # Errors
    /// See [`ScriptContext::command`].
    pub fn set_tag(&mut self, id: ScriptId, tag: &str) -> Result<(), ApiFault> {
        self.command(ScriptCommand::SetTag { id, tag: tag.into() })?;
        self.call.overlay.get_mut(id).tag = Some(tag.into());
        Ok(())
    }

    /// Spawns an entity and says at once which id it will have.
    ///
    /// # Errors
    /// No prefab of that name is registered; see also [`ScriptContext::command`].
    pub fn spawn(&mut self, prefab: &str, position: Vec3) -> Result<ScriptId, ApiFault> {
        if !self.is_prefab(prefab) {
            return Err(ApiFault::not_found(format!("no prefab \"{prefab}\" is registered")));
        }
        let id = loop {
            let id = self.derive_id();
            if !self.exists(id) {
                break id;
            }
        };
        self.command(ScriptCommand::Spawn { id, prefab: prefab.into(), position })?;
        self.call.overlay.get_mut(id).exists = Some(true);
        self.call.overlay.place_new(id, position);
        Ok(id)
    }

    /// A number that no other call has derived.
    fn derive_id(&mut self) -> ScriptId {
        self.derived += 1;
        let Begun { entity, callback, .. } = self.call.begun;
        ScriptId::derived(entity, self.scope.tick, callback, self.derived)
    }

    /// Destroys an entity and its children.
    ///
    /// # Errors
    /// See [`ScriptContext::command`].
    pub fn destroy(&mut self, id: ScriptId) -> Result<(), ApiFault> {
        self.ask(|| ScriptCommand::Destroy { id })?;
        self.call.overlay.destroy(id);
        Ok(())
    }
}

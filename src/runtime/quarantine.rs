//! Scripts of mods that keep failing are paused, and mods whose scripts keep being paused.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use bevy::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    cscript::{ScriptStatus, Scripts},
    error_policy::ErrorPolicy,
    plugin::{ScriptClock, ScriptSettings},
    report::Reports,
};
use crate::{script::CompiledScript, trust::TrustLevel};

/// When the scripts of mods and strangers are paused because they keep failing. Those of the game itself
/// follow [`ErrorPolicy`].
///
/// A changed file sets a paused script, and with it its paused mod, going again;
/// [`CScript::resume`](super::CScript::resume) and [`PausedMods::resume`] do too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// So many failed calls of an instance pause it. Default: **3**.
    pub faults: u32,
    /// If they lie within so many ticks. Default: **60**.
    pub ticks: u64,
    /// So many paused instances of a mod pause all of it. Default: **8**.
    pub mod_pauses: u32,
    /// If they were paused within so many ticks. Default: **600**.
    pub mod_ticks: u64,
}

impl Default for Quarantine {
    fn default() -> Self {
        Self { faults: 3, ticks: 60, mod_pauses: 8, mod_ticks: 600 }
    }
}

/// What is done about failures.
#[derive(Clone, Copy)]
pub(super) struct Discipline {
    pub(super) policy: ErrorPolicy,
    pub(super) quarantine: Quarantine,
}

/// The failures of an instance. Most have none, and those who do must not make all others larger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Faults(Option<Box<Failures>>);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Failures {
    count: u32,
    /// The ticks of the last ones, as far as they matter.
    recent: VecDeque<u64>,
}

impl Faults {
    /// How many there were since it was started, reloaded or resumed.
    pub(super) fn count(&self) -> u32 {
        self.0.as_ref().map_or(0, |failures| failures.count)
    }
}

impl Discipline {
    /// Takes note of a failure; says whether it pauses the instance.
    pub(super) fn pauses(&self, level: TrustLevel, faults: &mut Faults, tick: u64) -> bool {
        let faults = faults.0.get_or_insert_default();
        faults.count = faults.count.saturating_add(1);
        if level == TrustLevel::Trusted {
            return self.policy.pauses(faults.count);
        }
        let Quarantine { faults: most, ticks, .. } = self.quarantine;
        is_frequent(&mut faults.recent, tick, most, ticks)
    }
}

/// Takes note of something that happened in a tick; says whether it has happened `most` times within
/// `ticks`.
fn is_frequent(recent: &mut VecDeque<u64>, tick: u64, most: u32, ticks: u64) -> bool {
    recent.push_back(tick);
    while recent.front().is_some_and(|first| first.saturating_add(ticks) <= tick) {
        recent.pop_front();
    }
    recent.len() >= most.max(1) as usize
}

/// The mods that are paused as a whole, by the folders of their scripts.
#[derive(Resource, Clone, Debug, Default, Serialize, Deserialize)]
pub struct PausedMods {
    mods: BTreeMap<Arc<str>, String>,
    resumed: Vec<Arc<str>>,
    /// When instances of each mod were paused.
    pauses: BTreeMap<Arc<str>, VecDeque<u64>>,
    /// Paused since they were last stopped.
    new: Vec<Arc<str>>,
}

impl PausedMods {
    /// The mods, and why each is paused.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.mods.iter().map(|(name, reason)| (&**name, reason.as_str()))
    }

    /// Whether a mod is paused.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.mods.contains_key(name)
    }

    /// Sets a mod going again, from the next tick on: all its scripts, whatever paused them.
    pub fn resume(&mut self, name: &str) {
        self.resumed.push(name.into());
    }

    /// Why a script that starts is to stand still.
    pub(super) fn reason(&self, name: &str) -> Option<String> {
        self.mods.get(name).cloned()
    }

    /// Takes note that an instance was paused.
    pub(super) fn note(&mut self, name: &Arc<str>, tick: u64, quarantine: &Quarantine, last: &str) {
        let Quarantine { mod_pauses, mod_ticks, .. } = *quarantine;
        // Mods come and go: of those that were quiet for long nothing is kept.
        let counts = |last: &u64| last.saturating_add(mod_ticks) > tick;
        self.pauses.retain(|_, recent| recent.back().is_some_and(counts));
        let recent = self.pauses.entry(name.clone()).or_default();
        if !is_frequent(recent, tick, mod_pauses, mod_ticks) || self.mods.contains_key(name) {
            return;
        }
        recent.clear();
        let last = last.lines().next().unwrap_or_default();
        let reason = format!(
            "the mod `{name}` is paused: {mod_pauses} of its scripts were paused within {mod_ticks} ticks, \
             the last for: {last}; change one of its files or resume it"
        );
        self.mods.insert(name.clone(), reason);
        self.new.push(name.clone());
    }
}

/// Stops the scripts of mods that were paused, and lets those go that were resumed.
pub(super) fn quarantine(
    mut paused: ResMut<PausedMods>,
    mut reports: ResMut<Reports>,
    mut scripts: Scripts,
) {
    if paused.new.is_empty() && paused.resumed.is_empty() {
        return;
    }
    let paused = &mut *paused;
    let resumed = std::mem::take(&mut paused.resumed);
    for name in &resumed {
        paused.mods.remove(name);
        paused.pauses.remove(name);
    }
    for name in std::mem::take(&mut paused.new) {
        if let Some(reason) = paused.mods.get(&name) {
            reports.warn(reason);
        }
    }
    for (_, mut script, _) in &mut scripts {
        for i in 0..script.slots().len() {
            let Some(slot) = script.slots().get(i) else { break };
            let Some(compiled) = slot.resident.script() else { continue };
            if compiled.level() == TrustLevel::Trusted {
                continue;
            }
            let reason = paused.mods.get(compiled.mod_name()).cloned();
            let resumes = resumed.contains(compiled.mod_name());
            let stops = *slot.status() == ScriptStatus::Ready;
            drop(compiled);
            let Some(slot) = script.slots_mut().get_mut(i) else { break };
            match reason {
                Some(reason) if stops => slot.set_status(ScriptStatus::Paused { reason }),
                None if resumes => slot.resume(),
                _ => {}
            }
        }
    }
}

/// What the systems of the settle stage share.
#[derive(bevy::ecs::system::SystemParam)]
pub(super) struct Wardens<'w> {
    pub(super) paused: ResMut<'w, PausedMods>,
    pub(super) clock: Res<'w, ScriptClock>,
    pub(super) settings: Res<'w, ScriptSettings>,
}

impl Wardens<'_> {
    /// Why a script that has started is to stand still.
    pub(super) fn stands_still(&self, script: &CompiledScript) -> Option<String> {
        let held = script.level() != TrustLevel::Trusted;
        held.then(|| self.paused.reason(script.mod_name())).flatten()
    }

    /// Takes note that an instance was paused.
    pub(super) fn note(&mut self, script: &CompiledScript, reason: &str) {
        if script.level() != TrustLevel::Trusted {
            let quarantine = &self.settings.discipline.quarantine;
            self.paused.note(script.mod_name(), self.clock.tick, quarantine, reason);
        }
    }
}

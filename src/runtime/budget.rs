use std::{collections::BTreeMap, sync::Arc};

use bevy::prelude::*;

use super::plugin::Pass;
use crate::contract::{ScriptId, TickCaps};

/// What the scripts of mods and strangers may use of one tick, all together. Scripts of the game itself
/// ([`Trusted`](crate::trust::TrustLevel::Trusted)) are not held to it: each call of them has its own
/// limits, and no other mod can take anything from them.
///
/// Every mod (the scripts of one folder) gets an equal share; what it leaves goes to those that need more, in
/// turns. What does not fit is put off to the next tick, in order, and counted in
/// [`ScriptMetrics::put_off`](super::ScriptMetrics::put_off). No mod can use up what another one's share would pay for,
/// and the budget is never exceeded. All of it counts fuel, never time: it is the same on every machine.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq)]
pub struct TickBudget {
    /// Fuel of a tick. Default: **2,000,000**, which took 4 to 40 ms.
    pub fuel: u64,
    /// How much of the fuel events may use, in thousandths; updates get what is left, and what updates
    /// leave goes to events that were put off. Default: **618**.
    pub urgent: u64,
    /// What each mod may ask for in a tick.
    pub caps: TickCaps,
}

impl Default for TickBudget {
    fn default() -> Self {
        Self { fuel: 2_000_000, urgent: 618, caps: TickCaps::default() }
    }
}

/// In so many ticks a mod is forgotten that got no more than its share.
const FORGETS: u64 = 256;

/// What has been used of the budget in the tick that runs.
#[derive(Resource, Default)]
pub(super) struct TickUse {
    /// By all mods so far.
    used: u64,
    /// By each mod.
    mods: BTreeMap<Arc<str>, ModUse>,
    tick: u64,
}

/// The turn of a mod, as it is saved.
pub(super) type SavedTurn = (Arc<str>, u64, Option<(ScriptId, u16)>);

/// What one mod has used.
#[derive(Default)]
struct ModUse {
    caps: Option<TickCaps>,
    /// When it last got more than its share.
    served: u64,
    /// The update that is first in the next tick, because it was put off in this one.
    first: Option<(ScriptId, u16)>,
}

impl TickUse {
    /// Begins a tick.
    pub(super) fn begin(&mut self, tick: u64) {
        (self.used, self.tick) = (0, tick);
        self.mods.values_mut().for_each(|one| one.caps = None);
        if tick.is_multiple_of(FORGETS) {
            // Mods come and go; who was not served for so long waits as long as any other.
            let last = tick.saturating_sub(FORGETS);
            self.mods.retain(|_, one| one.first.is_some() || one.served > last);
        }
    }

    /// The fuel for a pass.
    pub(super) fn lane(&self, pass: Pass, budget: &TickBudget) -> u64 {
        let lane = match pass {
            Pass::Events => budget.fuel / 1_000 * budget.urgent.min(1_000),
            Pass::Update | Pass::PutOff => budget.fuel,
        };
        lane.saturating_sub(self.used)
    }

    /// Takes note of fuel that was used.
    pub(super) fn spend(&mut self, fuel: u64) {
        self.used = self.used.saturating_add(fuel);
    }

    /// What a mod may still ask for in this tick.
    pub(super) fn caps(&mut self, name: &Arc<str>, budget: &TickBudget) -> TickCaps {
        *self.of(name).caps.get_or_insert(budget.caps)
    }

    pub(super) fn keep_caps(&mut self, name: &Arc<str>, caps: TickCaps) {
        self.of(name).caps = Some(caps);
    }

    /// Whose turn it is to get more than a share: who has waited longest, then by name.
    pub(super) fn turn(&self, name: &Arc<str>) -> (u64, Arc<str>) {
        (self.mods.get(name).map_or(0, |one| one.served), name.clone())
    }

    pub(super) fn serve(&mut self, name: &Arc<str>) {
        let tick = self.tick;
        self.of(name).served = tick + 1;
    }

    /// The update with which a mod begins in this tick; asked once.
    pub(super) fn take_first(&mut self, name: &Arc<str>) -> Option<(ScriptId, u16)> {
        self.of(name).first.take()
    }

    pub(super) fn begin_with(&mut self, name: &Arc<str>, job: (ScriptId, u16)) {
        self.of(name).first = Some(job);
    }

    /// What of it outlasts a tick: by mod, when it last got more than its share, and with which update it begins.
    pub(super) fn saved(&self) -> Vec<SavedTurn> {
        self.mods.iter().map(|(name, one)| (name.clone(), one.served, one.first)).collect()
    }

    /// Puts that back.
    pub(super) fn restore(&mut self, turns: Vec<SavedTurn>) {
        let turn = |(name, served, first)| (name, ModUse { caps: None, served, first });
        *self = Self { mods: turns.into_iter().map(turn).collect(), ..Self::default() };
    }

    fn of(&mut self, name: &Arc<str>) -> &mut ModUse {
        self.mods.entry(name.clone()).or_default()
    }
}

use std::{
    collections::BTreeMap,
    io::{Result, Write as _, stdout},
    time::Duration,
};

use bevy::prelude::*;
use bevy_cscript::{
    prelude::*,
    runtime::{ScriptIds, ScriptMetrics, world_hash},
};
use serde::Serialize;

/// How long ticks took: how many of each number of microseconds, so that a run of days needs no
/// more memory than one of minutes.
#[derive(Default)]
pub(crate) struct TickTimes {
    micros: BTreeMap<u64, u64>,
    count: u64,
}

impl TickTimes {
    pub(crate) fn add(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        *self.micros.entry(micros).or_default() += 1;
        self.count += 1;
    }

    /// The time that so many percent of all ticks did not exceed; 0 if there was no tick.
    fn percentile(&self, percent: u64) -> u64 {
        let rank = (self.count * percent).div_ceil(100).max(1);
        let mut seen = 0;
        for (micros, count) in &self.micros {
            seen += count;
            if seen >= rank {
                return *micros;
            }
        }
        0
    }
}

/// What is told at the end.
#[derive(Serialize)]
pub(crate) struct Summary {
    ticks: u64,
    /// Those that carry scripts.
    entities: usize,
    callbacks: u64,
    commands: u64,
    errors: u64,
    reloads: u64,
    tick_us_p50: u64,
    tick_us_p99: u64,
    /// 16 hexadecimal digits: as a number it would not survive most JSON readers.
    world_hash: String,
    /// The team that is left, or "draw"; not told where nobody fights.
    #[serde(skip_serializing_if = "Option::is_none")]
    winner: Option<&'static str>,
    /// How many mods or entry scripts of mods did not run at the start; not told where there are no mods.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<usize>,
    /// Entities without scripts that scripts know: sparks, rocks.
    #[serde(skip)]
    others: usize,
}

impl Summary {
    pub(crate) fn of(world: &mut World, times: &TickTimes) -> Self {
        let entities = world.query::<&CScript>().iter(world).count();
        let others = world.resource::<ScriptIds>().iter().count().saturating_sub(entities);
        let hash = world_hash(world);
        let ScriptMetrics { ticks, callbacks, commands, errors, reloads, .. } =
            *world.resource::<ScriptMetrics>();
        Self {
            ticks,
            entities,
            callbacks,
            commands,
            errors,
            reloads,
            tick_us_p50: times.percentile(50),
            tick_us_p99: times.percentile(99),
            world_hash: format!("{hash:016x}"),
            winner: None,
            refused: None,
            others,
        }
    }

    pub(crate) fn won_by(self, winner: &'static str) -> Self {
        Self { winner: Some(winner), ..self }
    }

    pub(crate) fn that_refused(self, refused: usize) -> Self {
        Self { refused: Some(refused), ..self }
    }

    pub(crate) fn print_json(&self) -> Result<()> {
        let json = serde_json::to_string(self)?;
        writeln!(stdout(), "{json}")
    }

    pub(crate) fn print_text(&self) -> Result<()> {
        if let Some(winner) = self.winner {
            writeln!(stdout(), "winner      {winner}")?;
        }
        if let Some(refused) = self.refused {
            writeln!(stdout(), "refused     {refused}")?;
        }
        writeln!(
            stdout(),
            "ticks       {}
entities    {} with scripts, {} others
callbacks   {}
commands    {}
errors      {}
reloads     {}
tick time   {} us p50, {} us p99
world hash  {}",
            self.ticks,
            self.entities,
            self.others,
            self.callbacks,
            self.commands,
            self.errors,
            self.reloads,
            self.tick_us_p50,
            self.tick_us_p99,
            self.world_hash,
        )
    }
}

//! What has to be reached.

use stage::Workload::{self, Empty, Patrol, Undefined};

use crate::{
    contestants::{NATIVE, OURS, OURS_TWO},
    figures::count,
    matrix::Matrix,
    threads::{ENTITIES, Gain},
};

/// Something measured beside its floor.
pub struct Figure {
    pub what: String,
    pub measured: f64,
    pub floor: f64,
    pub unit: &'static str,
    /// Whether more is better.
    pub rises: bool,
}

impl Figure {
    pub fn is_kept(&self) -> bool {
        if self.rises { self.measured >= self.floor } else { self.measured <= self.floor }
    }
}

/// How many times quicker than the best of some ours must be with 1,000 entities.
struct Ahead {
    workload: Workload,
    /// In words.
    of: &'static str,
    /// The quickest of those counts.
    names: &'static [&'static str],
    floor: f64,
}

const AHEAD: &[Ahead] = &[
    Ahead { workload: Patrol, of: "bevy_mod_scripting, Rhai", names: &["mod-rhai"], floor: 50.0 },
    Ahead {
        workload: Patrol,
        of: "bevy_mod_scripting, Lua",
        names: &["mod-lua54", "mod-luajit"],
        floor: 15.0,
    },
    Ahead {
        workload: Patrol,
        of: "bevy_mod_scripting, Rhai, past its bindings",
        names: &["mod-rhai-past"],
        floor: 50.0,
    },
    Ahead {
        workload: Patrol,
        of: "bevy_mod_scripting, Lua, past its bindings",
        names: &["mod-lua54-past", "mod-luajit-past"],
        floor: 15.0,
    },
    Ahead { workload: Patrol, of: "bevy_scriptum, Rhai", names: &["scriptum-rhai"], floor: 3.0 },
    Ahead {
        workload: Patrol,
        of: "bevy_scriptum, LuaJIT",
        names: &["scriptum-luajit"],
        floor: 3.0,
    },
    Ahead {
        workload: Patrol,
        of: "bevy_scriptum, Rhai, past its queue",
        names: &["scriptum-rhai-past"],
        floor: 3.0,
    },
    Ahead {
        workload: Patrol,
        of: "bevy_scriptum, LuaJIT, past its queue",
        names: &["scriptum-luajit-past"],
        floor: 3.0,
    },
    Ahead { workload: Patrol, of: "mlua, Luau", names: &["luau", "luau-all"], floor: 1.0 },
    Ahead {
        workload: Patrol,
        of: "mlua, LuaJIT",
        names: &["luajit", "luajit-all"],
        floor: 1.0 / 1.5,
    },
    Ahead {
        workload: Empty,
        of: "bevy_mod_scripting",
        names: &["mod-rhai", "mod-lua54", "mod-luajit"],
        floor: 50.0,
    },
    Ahead {
        workload: Empty,
        of: "bevy_mod_scripting, past its bindings",
        names: &["mod-rhai-past", "mod-lua54-past", "mod-luajit-past"],
        floor: 50.0,
    },
    Ahead {
        workload: Empty,
        of: "bevy_scriptum",
        names: &["scriptum-rhai", "scriptum-luajit"],
        floor: 5.0,
    },
];

/// All figures for which there is something measured.
pub fn judged(matrix: &Matrix, threads: &[Gain]) -> Vec<Figure> {
    let mut figures = Vec::new();
    for Ahead { workload, of, names, floor } in AHEAD {
        let ours = matrix.tick(OURS, *workload, 1_000);
        let theirs = names.iter().filter_map(|name| matrix.tick(name, *workload, 1_000));
        if let (Some(ours), Some(theirs)) = (ours, theirs.reduce(f64::min)) {
            let what = format!("{}, 1,000 entities: times as quick as {of}", workload.name());
            let measured = theirs / ours;
            figures.push(Figure { what, measured, floor: *floor, unit: "x", rises: true });
        }
    }
    let mut at_most = |what: &str, measured: Option<f64>, floor: f64, unit| {
        if let Some(measured) = measured {
            figures.push(Figure { what: what.to_owned(), measured, floor, unit, rises: false });
        }
    };
    let tick = |name, workload, entities| matrix.tick(name, workload, entities);
    let ratio = |a: Option<f64>, b: Option<f64>| Some(a? / b?);
    at_most(
        "undefined callback: ns an entity among 10,000",
        tick(OURS, Undefined, 10_000).map(|tick| tick / 1e4),
        2.0,
        " ns",
    );
    at_most(
        "patrol, 1,000 entities: times the system by hand",
        ratio(tick(OURS, Patrol, 1_000), tick(NATIVE, Patrol, 1_000)),
        6.0,
        "x",
    );
    let ms = |tick: Option<f64>| tick.map(|tick| tick / 1e6);
    at_most("1,000 patrols, one thread", ms(tick(OURS, Patrol, 1_000)), 0.4, " ms");
    at_most("10,000 patrols, one thread", ms(tick(OURS, Patrol, 10_000)), 4.0, " ms");
    at_most("100,000 patrols, two threads", ms(tick(OURS_TWO, Patrol, 100_000)), 16.0, " ms");
    let growth = ratio(tick(OURS, Patrol, 100_000), tick(OURS, Patrol, 1_000));
    at_most(
        "patrol: cost an entity at 100,000 / at 1,000",
        growth.map(|growth| growth / 100.0),
        1.3,
        "x",
    );
    figures.extend(threads.iter().map(|gain| {
        let (workload, pace) = (gain.workload.name(), gain.pace.title());
        let what = format!("{workload}, {} entities, {pace}: two threads / one", count(ENTITIES));
        Figure { what, measured: gain.times(), floor: 1.7, unit: "x", rises: true }
    }));
    figures
}

//! Those who run the scripts.

#[cfg(any(feature = "luau", feature = "luajit", feature = "lua54"))]
mod lua;
pub mod ours;
mod stock;

use std::ops::Range;

use bevy_cscript::script::Backend;
use glam::Vec3;

use self::{ours::Ours, stock::Stock};
use crate::{ENTITIES, workload::Workload};

/// The scripts of all entities in the hands of one language.
pub trait Contestant {
    /// Calls `on_update` so many times, for one entity after the other, from where it stopped last.
    fn run(&mut self, calls: usize);

    /// What each entity's script came to.
    fn outcomes(&mut self) -> Vec<Outcome>;
}

/// What a script came to: its variable, and where its entity is now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    pub variable: f64,
    pub place: Vec3,
}

pub const COMPILED: &str = "ours, compiled";
pub const STOCK: &str = "stock Rhai";
pub const STOCK_ARGUMENTS: &str = "stock Rhai, arguments";
#[cfg(feature = "luau")]
pub const LUAU: &str = "Luau";
#[cfg(feature = "luajit")]
pub const LUAJIT: &str = "LuaJIT";
#[cfg(feature = "luajit")]
pub const LUAJIT_USERDATA: &str = "LuaJIT, userdata";

/// The compiled backend alone.
pub fn ours(workload: Workload) -> Vec<(&'static str, Box<dyn Contestant>)> {
    vec![(COMPILED, Box::new(Ours::new(workload, Backend::Compiled)))]
}

/// All who take part, [`COMPILED`] first.
pub fn all(workload: Workload) -> Vec<(&'static str, Box<dyn Contestant>)> {
    let mut all = ours(workload);
    all.push(("ours, reference", Box::new(Ours::new(workload, Backend::Reference))));
    all.push((STOCK, Box::new(Stock::new(workload, Passing::Nothing))));
    all.push((STOCK_ARGUMENTS, Box::new(Stock::new(workload, Passing::Arguments))));
    #[cfg(any(feature = "luau", feature = "luajit", feature = "lua54"))]
    all.extend(lua::all(workload));
    all
}

/// How a script learns whose it is and how long a tick takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Passing {
    /// From variables that it has once and for all, which is the quickest way.
    Nothing,
    /// From the arguments of each call: `on_update(entity_id, delta_time)`.
    Arguments,
}

impl Passing {
    /// A script whose `on_update` takes what is passed.
    fn in_text(self, text: &str) -> String {
        match self {
            Self::Nothing => text.to_owned(),
            Self::Arguments => text.replace("on_update()", "on_update(entity_id, delta_time)"),
        }
    }
}

/// Whose turn it is.
#[derive(Default)]
struct Turn(usize);

impl Turn {
    /// The next entities, at most so many, not beyond the last.
    fn next(&mut self, calls: usize) -> Range<usize> {
        let begin = self.0;
        let end = ENTITIES.min(begin + calls);
        self.0 = end % ENTITIES;
        begin..end
    }
}

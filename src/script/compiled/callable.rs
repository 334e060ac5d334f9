use std::sync::Arc;

use super::{
    Val,
    heap::{Counted, HEADER},
};

/// What a script calls a function through: a name, or a function of the script with the variables
/// that it shares.
#[derive(Clone)]
pub(crate) struct FnValue {
    /// What it is called in messages; by this name it is looked up unless `closure` is there.
    pub(crate) name: Arc<str>,
    /// The file in which the name is looked up.
    pub(crate) file: u16,
    /// The closure's function, by its number in the program.
    pub(crate) closure: Option<u32>,
    /// The variables that the closure shares: cells, handed over before the arguments.
    pub(crate) shared: Box<[Val]>,
    /// What it takes to keep it.
    _held: Counted<()>,
}

impl FnValue {
    /// A pointer to whatever is called so in a file when it is called.
    pub(crate) fn named(name: impl Into<Arc<str>>, file: u16) -> Self {
        let name = name.into();
        let _held = Counted::new((), 2 * HEADER + name.len());
        Self { name, file, closure: None, shared: Box::default(), _held }
    }

    /// A pointer to a closure, whose name is that of its place.
    pub(crate) fn closure(
        name: Arc<str>,
        file: u16,
        closure: Option<u32>,
        shared: Box<[Val]>,
    ) -> Self {
        // What it shares lies in cells, whose list grows by doubling.
        let each = 3 * size_of::<Val>();
        let _held = Counted::new((), 2 * HEADER + shared.len() * each);
        Self { name, file, closure, shared, _held }
    }

    /// Fuel for looking at the name: to find what it stands for, or to quote it.
    pub(crate) fn name_steps(&self) -> u64 {
        if self.closure.is_some() { 0 } else { (self.name.len() / 16) as u64 }
    }
}

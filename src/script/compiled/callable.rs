use std::sync::Arc;

use super::Val;

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
}

impl FnValue {
    /// A pointer to whatever is called so in a file when it is called.
    pub(crate) fn named(name: impl Into<Arc<str>>, file: u16) -> Self {
        Self { name: name.into(), file, closure: None, shared: Box::default() }
    }
}

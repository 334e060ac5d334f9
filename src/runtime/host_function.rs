use std::{collections::HashMap, sync::Arc};

use bevy::prelude::*;

use crate::{
    api::{ApiFunction, Category, Native},
    contract::{ScriptId, Value},
};

/// A function that the host adds to the table: what it does in the script, and what it does to the
/// world afterwards.
///
/// The first part is a Rust function over typed arguments. It reads what it needs through the
/// [`ScriptContext`](crate::api::ScriptContext) and returns what the script gets, or an error. The
/// second, the [`effect`](Self::effect), runs with all other commands after the pass.
#[derive(Clone)]
pub struct ScriptFunction {
    pub(super) function: ApiFunction,
    pub(super) effect: Option<Effect>,
}

pub(super) type Effect = Arc<dyn Fn(&mut World, &HostCall<'_>) + Send + Sync>;

/// A call of a host's function that takes effect now.
#[derive(Clone, Copy, Debug)]
pub struct HostCall<'a> {
    /// The entity whose script called it; it may be gone by now.
    pub caller: ScriptId,
    /// The arguments as the script passed them, checked already.
    pub args: &'a [Value],
}

/// The effects of the host's functions, by name.
#[derive(Resource, Default)]
pub(super) struct Effects(pub(super) HashMap<String, Effect>);

impl ScriptFunction {
    /// A function without any way of calling it yet: add [`overload`](Self::overload)s.
    #[must_use]
    pub fn new(name: impl Into<String>, category: Category, doc: impl Into<String>) -> Self {
        Self { function: ApiFunction::new(name, category, doc), effect: None }
    }

    /// Code for a function that is in the table already; see
    /// [`ScriptingAppExt::back_script_function`](super::ScriptingAppExt::back_script_function).
    #[must_use]
    pub fn backing(name: impl Into<String>) -> Self {
        Self::new(name, Category::UNIVERSAL, "")
    }

    /// Adds a way of calling it; see [`ApiFunction::overload`].
    #[must_use]
    pub fn overload<const N: usize, F: Native<M, N>, M>(
        mut self,
        parameters: [&str; N],
        function: F,
    ) -> Self {
        self.function = self.function.overload(parameters, function);
        self
    }

    /// Sets what a call costs; see [`ApiFunction::costs`].
    #[must_use]
    pub fn costs(mut self, fuel: u64) -> Self {
        self.function = self.function.costs(fuel);
        self
    }

    /// What a successful call does to the world, after the pass, in order with all commands.
    #[must_use]
    pub fn effect(
        mut self,
        effect: impl Fn(&mut World, &HostCall<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.effect = Some(Arc::new(effect));
        self
    }
}

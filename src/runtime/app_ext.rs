use std::sync::Arc;

use bevy::{
    ecs::component::Mutable,
    prelude::*,
    reflect::{FromReflect, GetTypeRegistration, TypePath, Typed},
};

use super::{
    expose::{Access, Exposed, ExposedComponents},
    gameplay::ItemDefinitions,
    host_function::{Effects, ScriptFunction},
    load::ScriptHost,
    prefab::Prefabs,
    show::ParticleEffects,
};

/// What a game gives its scripts. Call these after [`ScriptingPlugin`](super::ScriptingPlugin) was
/// added.
pub trait ScriptingAppExt {
    /// Adds a function to the table, or replaces the one of its name. Call it before the first script
    /// is loaded: the table is fixed then.
    ///
    /// A function that cannot be added (its name cannot be called, scripts were compiled already) is
    /// reported as an error in the log and left out.
    fn add_script_function(&mut self, function: ScriptFunction) -> &mut Self;

    /// Puts code of the game behind a function that is in the table already: name, text, permission and
    /// example stay, the ways of calling it are those of `backing`. For a game that has its own health,
    /// its own inventory. Call it before the first script is loaded.
    ///
    /// A function that is not in the table is reported as an error in the log and left out.
    fn back_script_function(&mut self, backing: ScriptFunction) -> &mut Self;

    /// Defines an item and how many of it fit in one slot of an inventory.
    fn define_item(&mut self, name: impl Into<String>, max_stack: u32) -> &mut Self;

    /// Lets scripts show a particle effect by a name.
    fn register_particle_effect(&mut self, name: impl Into<String>) -> &mut Self;

    /// Lets scripts read a component by a name, and write it if they may.
    fn expose_component<C>(&mut self, name: impl Into<String>, access: Access) -> &mut Self
    where
        C: Component<Mutability = Mutable> + FromReflect + Typed + TypePath + GetTypeRegistration;

    /// Lets scripts spawn something by a name: `prefab` adds its components to an entity that has its
    /// id and its place.
    fn register_prefab(
        &mut self,
        name: impl Into<String>,
        prefab: impl Fn(&mut EntityWorldMut<'_>) + Send + Sync + 'static,
    ) -> &mut Self;
}

impl ScriptingAppExt for App {
    fn add_script_function(&mut self, function: ScriptFunction) -> &mut Self {
        let ScriptFunction { mut function, effect } = function;
        let name = function.name().to_owned();
        if effect.is_some() {
            function = function.with_effect();
        }
        let Some(host) = self.world().get_resource::<ScriptHost>() else {
            error!("add ScriptingPlugin before the script function `{name}`");
            return self;
        };
        match host.add(function) {
            Ok(()) => {
                let mut effects = self.world_mut().resource_mut::<Effects>();
                match effect {
                    Some(effect) => effects.0.insert(name, effect),
                    None => effects.0.remove(&name),
                };
            }
            Err(error) => error!("a script function is left out: {error}"),
        }
        self
    }

    fn back_script_function(&mut self, backing: ScriptFunction) -> &mut Self {
        let ScriptFunction { function, effect } = backing;
        let known =
            self.world().get_resource::<ScriptHost>().and_then(|host| host.row(function.name()));
        match known {
            Some(row) => {
                let function = row.with_overloads_of(function);
                self.add_script_function(ScriptFunction { function, effect })
            }
            None => {
                error!("there is no script function `{}` to put anything behind", function.name());
                self
            }
        }
    }

    fn define_item(&mut self, name: impl Into<String>, max_stack: u32) -> &mut Self {
        let mut items = self.world_mut().get_resource_or_init::<ItemDefinitions>();
        items.0.insert(name.into(), max_stack);
        self
    }

    fn register_particle_effect(&mut self, name: impl Into<String>) -> &mut Self {
        self.world_mut().get_resource_or_init::<ParticleEffects>().0.insert(name.into());
        self
    }

    fn expose_component<C>(&mut self, name: impl Into<String>, access: Access) -> &mut Self
    where
        C: Component<Mutability = Mutable> + FromReflect + Typed + TypePath + GetTypeRegistration,
    {
        self.register_type::<C>();
        let mut exposed = self.world_mut().get_resource_or_init::<ExposedComponents>();
        exposed.0.insert(name.into(), Exposed::new::<C>(access));
        self
    }

    fn register_prefab(
        &mut self,
        name: impl Into<String>,
        prefab: impl Fn(&mut EntityWorldMut<'_>) + Send + Sync + 'static,
    ) -> &mut Self {
        let mut prefabs = self.world_mut().get_resource_or_init::<Prefabs>();
        prefabs.0.insert(name.into(), Arc::new(prefab));
        self
    }
}

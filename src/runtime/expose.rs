use std::collections::BTreeMap;

use bevy::{
    ecs::component::Mutable,
    prelude::*,
    reflect::{FromReflect, GetTypeRegistration, PartialReflect, TypePath, TypeRegistry, Typed},
};

use super::reflect_value::{Form, Plan};
use crate::{
    api::closest,
    contract::{ComponentFault, Value},
};

/// What scripts may do with an exposed component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// `get_component` only.
    Read,
    /// `get_component` and `set_component`.
    ReadWrite,
}

/// A component that scripts know by name.
#[derive(Clone, Copy)]
pub(super) struct Exposed {
    pub(super) access: Access,
    plan: &'static Plan,
    get: fn(&World, Entity) -> Option<&dyn PartialReflect>,
    patched: Patched,
    write: fn(&mut World, Entity, &Value, &Plan, &TypeRegistry) -> Result<(), ComponentFault>,
}

type Patched =
    fn(&World, Option<Entity>, &[&Value], &Plan, &TypeRegistry) -> Result<Value, ComponentFault>;

/// All components that scripts know, by name.
#[derive(Resource, Default)]
pub(super) struct ExposedComponents(pub(super) BTreeMap<String, Exposed>);

impl ExposedComponents {
    pub(super) fn get(&self, name: &str) -> Result<&Exposed, ComponentFault> {
        self.0.get(name).ok_or_else(|| ComponentFault::Unknown {
            name: name.to_owned(),
            nearest: closest(name, self.0.keys().map(String::as_str)).map(str::to_owned),
        })
    }

    pub(super) fn writable(&self, name: &str) -> Result<&Exposed, ComponentFault> {
        match self.get(name)? {
            exposed if exposed.access == Access::ReadWrite => Ok(exposed),
            _ => Err(ComponentFault::ReadOnly { name: name.to_owned() }),
        }
    }
}

impl Exposed {
    pub(super) fn new<C>(access: Access) -> Self
    where
        C: Component<Mutability = Mutable> + FromReflect + Typed + TypePath + GetTypeRegistration,
    {
        Self {
            access,
            plan: Plan::of::<C>(),
            get: |world, entity| world.get::<C>(entity).map(C::as_partial_reflect),
            patched: patched::<C>,
            write: write::<C>,
        }
    }

    /// What an entity has of the component.
    pub(super) fn read<F: Form>(
        &self,
        world: &World,
        entity: Entity,
    ) -> Result<Option<F>, ComponentFault> {
        let component = (self.get)(world, entity);
        component.map(|component| self.plan.read(component).map_err(rejected)).transpose()
    }

    /// What the component would hold after patches.
    pub(super) fn patched(
        &self,
        world: &World,
        entity: Option<Entity>,
        patches: &[&Value],
        registry: &TypeRegistry,
    ) -> Result<Value, ComponentFault> {
        (self.patched)(world, entity, patches, self.plan, registry)
    }

    /// Writes a patch.
    pub(super) fn write(
        &self,
        world: &mut World,
        entity: Entity,
        patch: &Value,
    ) -> Result<(), ComponentFault> {
        let registry = world.resource::<AppTypeRegistry>().clone();
        (self.write)(world, entity, patch, self.plan, &registry.read())
    }
}

fn rejected(error: impl ToString) -> ComponentFault {
    ComponentFault::Rejected(error.to_string())
}

/// A copy of what the entity has, or the type's default where it has none.
fn copy<C: Component + FromReflect + TypePath>(
    world: &World,
    entity: Option<Entity>,
    registry: &TypeRegistry,
) -> Result<C, ComponentFault> {
    let own = entity.and_then(|entity| world.get::<C>(entity));
    let copied = match own {
        Some(component) => C::from_reflect(component.as_partial_reflect()),
        None => registry
            .get_type_data::<ReflectDefault>(std::any::TypeId::of::<C>())
            .and_then(|default| default.default().downcast::<C>().ok())
            .map(|default| *default),
    };
    copied.ok_or_else(|| {
        let name = C::short_type_path();
        rejected(format!("the entity has no {name}, and the host gave it no default to start from"))
    })
}

fn patched<C: Component + FromReflect + TypePath>(
    world: &World,
    entity: Option<Entity>,
    patches: &[&Value],
    plan: &Plan,
    registry: &TypeRegistry,
) -> Result<Value, ComponentFault> {
    let mut component = copy::<C>(world, entity, registry)?;
    for patch in patches {
        plan.apply(component.as_partial_reflect_mut(), patch, registry).map_err(rejected)?;
    }
    plan.read(component.as_partial_reflect()).map_err(rejected)
}

fn write<C: Component<Mutability = Mutable> + FromReflect + TypePath>(
    world: &mut World,
    entity: Entity,
    patch: &Value,
    plan: &Plan,
    registry: &TypeRegistry,
) -> Result<(), ComponentFault> {
    // First on a copy: a patch that does not fit must change nothing.
    let mut component = copy::<C>(world, Some(entity), registry)?;
    plan.apply(component.as_partial_reflect_mut(), patch, registry).map_err(rejected)?;
    let Ok(mut entity) = world.get_entity_mut(entity) else { return Ok(()) };
    match entity.get_mut::<C>() {
        // And not the copy itself: it lacks what reflection ignores.
        Some(mut place) => {
            plan.apply(place.as_partial_reflect_mut(), patch, registry).map_err(rejected)
        }
        None => {
            entity.insert(component);
            Ok(())
        }
    }
}

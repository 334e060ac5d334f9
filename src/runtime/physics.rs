//! Real physics behind the API: avian3d tells scripts who touches whom, and answers for bodies.
//!
//! Nothing to switch on but the feature `avian3d` and avian's own `PhysicsPlugins`. Without these
//! plugins in the app nothing here does anything.
//!
//! | module | what is there |
//! |---|---|
//! | `contacts` | collisions and volumes become events |
//! | `listen` | only colliders of scripts that hear of it report contacts |
//! | `rays` | `raycast`, `line_of_sight` and `cover_score` ask the engine |

mod contacts;
mod listen;
mod rays;

use avian3d::prelude::{
    AngularVelocity, CollisionEnd, CollisionEventsEnabled, CollisionStart, LinearVelocity,
    PhysicsSystems, RigidBody, Sensor,
};
use bevy::{
    ecs::{entity_disabling::Disabled, system::SystemParam},
    prelude::*,
};

use self::contacts::Contacts;
pub(super) use self::{
    listen::Fresh,
    rays::{OpenPhysics, PhysicsQueries},
};
use super::{
    ids::ScriptIds,
    plugin::{ScriptSystems, ScriptTick, run_passes},
};
use crate::contract::ScriptId;

/// A sensor with a name: scripts are told who comes and goes, as `on_trigger(name, other)` and
/// `on_trigger_exit(name, other)`.
///
/// Put it on a collider. Whose volume it is hears of it: the nearest entity at or above the collider
/// that has a [`ScriptId`], with the id of whoever comes. A volume that is nobody's tells whoever comes,
/// and `other` is `()`. What has no id, such as the ground, does not enter volumes, and neither do other
/// volumes.
///
/// ```
/// use avian3d::prelude::*;
/// use bevy::prelude::*;
/// use bevy_cscript::{prelude::*, runtime::physics::TriggerVolume};
///
/// fn spawn_lava(mut commands: Commands, assets: Res<AssetServer>) {
///     commands.spawn((
///         Transform::default(),
///         RigidBody::Static,
///         Collider::cuboid(4.0, 1.0, 4.0),
///         TriggerVolume::new("lava"),
///         CScript::new(assets.load("scripts/damage_zone.rhai")),
///     ));
/// }
/// ```
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Reflect)]
#[require(Sensor)]
#[reflect(Component, Default, PartialEq)]
pub struct TriggerVolume {
    /// What scripts get as its name.
    pub name: String,
}

impl TriggerVolume {
    /// A volume of a name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

pub(super) fn build(app: &mut App) {
    app.add_message::<CollisionStart>()
        .add_message::<CollisionEnd>()
        .init_resource::<Contacts>()
        .init_resource::<Fresh>()
        .register_type::<TriggerVolume>()
        .add_observer(listen::note_collider)
        .add_observer(listen::note_volume)
        .add_systems(ScriptTick, listen::listen.in_set(ScriptSystems::Passes).after(run_passes))
        .add_systems(FixedPostUpdate, contacts::note.after(PhysicsSystems::Last));
}

/// The nearest entity at or above a collider that scripts know.
fn owner(world: &World, collider: Entity) -> Option<(Entity, ScriptId)> {
    let ids = world.resource::<ScriptIds>();
    let mut entity = collider;
    loop {
        if let Some(id) = world.get::<ScriptId>(entity)
            && ids.entity(*id) == Some(entity)
        {
            return Some((entity, *id));
        }
        let ChildOf(parent) = world.get::<ChildOf>(entity)?;
        entity = *parent;
    }
}

/// The velocity of a dynamic body; others move as they are moved, which is measured.
pub(super) fn velocity(world: &World, entity: Entity) -> Option<Vec3> {
    let body = world.get::<RigidBody>(entity)?;
    body.is_dynamic().then(|| world.get::<LinearVelocity>(entity).map(|velocity| velocity.0))?
}

/// The velocities of bodies.
#[derive(SystemParam)]
pub(super) struct Bodies<'w, 's> {
    linear: Query<'w, 's, &'static mut LinearVelocity, Allow<Disabled>>,
    angular: Query<'w, 's, &'static mut AngularVelocity, Allow<Disabled>>,
}

impl Bodies<'_, '_> {
    /// Brings a body to rest.
    pub(super) fn rest(&mut self, entity: Entity) {
        if let Ok(mut velocity) = self.linear.get_mut(entity) {
            velocity.0 = Vec3::ZERO;
        }
        if let Ok(mut velocity) = self.angular.get_mut(entity) {
            velocity.0 = Vec3::ZERO;
        }
    }
}

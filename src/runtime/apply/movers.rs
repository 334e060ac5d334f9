//! Moving and turning, which scripts ask for more than for anything else.

use bevy::{
    ecs::{
        entity_disabling::Disabled,
        system::{SystemParam, SystemState},
    },
    prelude::*,
};

use crate::{
    contract::{ScriptCommand, facing, moved_towards},
    runtime::{
        ids::ScriptIds,
        motion::Motion,
        report::Reports,
        view::{place_under, rotation_of},
    },
};

/// What moving needs of the world, found once for all commands that come one after the other.
#[derive(SystemParam)]
struct Movers<'w, 's> {
    ids: Res<'w, ScriptIds>,
    places: Query<'w, 's, (&'static mut Transform, Option<&'static ChildOf>), Allow<Disabled>>,
    motions: Query<'w, 's, &'static mut Motion, Allow<Disabled>>,
    #[cfg(feature = "avian3d")]
    bodies: crate::runtime::physics::Bodies<'w, 's>,
}

/// Kept from pass to pass.
#[derive(Resource)]
pub(in crate::runtime) struct MoverState(SystemState<Movers<'static, 'static>>);

impl FromWorld for MoverState {
    fn from_world(world: &mut World) -> Self {
        Self(SystemState::new(world))
    }
}

/// Does the first of some commands for as long as they are about moving and turning, and says how many they
/// were.
pub(super) fn apply(
    world: &mut World,
    MoverState(state): &mut MoverState,
    reports: &mut Reports,
    commands: &[ScriptCommand],
) -> usize {
    if !commands.first().is_some_and(moves) {
        return 0;
    }
    let mut movers = state.get_mut(world).unwrap_or_else(|error| panic!("{error}"));
    let moving = commands.iter().take_while(|command| moves(command));
    moving.map(|command| movers.apply(reports, command)).count()
}

const fn moves(command: &ScriptCommand) -> bool {
    matches!(
        command,
        ScriptCommand::SetPosition { .. }
            | ScriptCommand::MoveTowards { .. }
            | ScriptCommand::Teleport { .. }
            | ScriptCommand::Face { .. }
    )
}

impl Movers<'_, '_> {
    fn apply(&mut self, reports: &mut Reports, command: &ScriptCommand) {
        match *command {
            ScriptCommand::SetPosition { id, position } => match self.ids.entity(id) {
                Some(entity) => self.put(entity, |_| position),
                None => reports.nobody(id, "set_position"),
            },
            ScriptCommand::MoveTowards { id, target, step } => match self.ids.entity(id) {
                Some(entity) => self.put(entity, |place| moved_towards(place, target, step)),
                None => reports.nobody(id, "move_towards"),
            },
            ScriptCommand::Teleport { id, position } => match self.ids.entity(id) {
                Some(entity) => {
                    self.put(entity, |_| position);
                    self.rest(entity, position);
                }
                None => reports.nobody(id, "teleport"),
            },
            ScriptCommand::Face { id, direction } => match self.ids.entity(id) {
                Some(entity) => self.face(entity, direction),
                None => reports.nobody(id, "face_direction"),
            },
            _ => {}
        }
    }

    /// Puts an entity where `to` says, which is told where it stands; both in world space.
    fn put(&mut self, entity: Entity, to: impl FnOnce(Vec3) -> Vec3) {
        let Ok((mut place, parent)) = self.places.get_mut(entity) else { return };
        let Some(ChildOf(parent)) = parent else {
            let position = to(place.translation);
            if position.is_finite() {
                place.translation = position;
            }
            return;
        };
        let (place, parent) = (*place, *parent);
        let stands = place_under(&place, Some(parent), |entity| self.places.get(entity).ok());
        // Below a parent of no size there is no such place.
        let local = self.above(parent).inverse().transform_point3(to(stands.translation.into()));
        if let Ok((mut place, _)) = self.places.get_mut(entity)
            && local.is_finite()
        {
            place.translation = local;
        }
    }

    /// Leaves an entity at rest where it was put.
    fn rest(&mut self, entity: Entity, position: Vec3) {
        #[cfg(feature = "avian3d")]
        self.bodies.rest(entity);
        if let Ok(mut motion) = self.motions.get_mut(entity) {
            *motion = Motion { last: Some(position), velocity: Vec3::ZERO };
        }
    }

    fn face(&mut self, entity: Entity, direction: Vec3) {
        let Ok((_, parent)) = self.places.get(entity) else { return };
        let above = parent.map(|ChildOf(parent)| rotation_of(self.above(*parent)));
        let rotation = above.unwrap_or(Quat::IDENTITY).inverse() * facing(direction);
        if let Ok((mut place, _)) = self.places.get_mut(entity)
            && rotation.is_finite()
        {
            place.rotation = rotation;
        }
    }

    /// The place of an entity with all that is above it.
    fn above(&self, entity: Entity) -> bevy::math::Affine3A {
        place_under(&Transform::IDENTITY, Some(entity), |entity| self.places.get(entity).ok())
    }
}

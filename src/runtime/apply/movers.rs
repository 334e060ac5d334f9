//! Moving and turning, which scripts ask for more than for anything else.

use bevy::{
    ecs::{
        entity_disabling::Disabled,
        system::{SystemParam, SystemState},
    },
    prelude::*,
};

use super::Moves;
use crate::{
    contract::{ScriptCommand, ScriptId, facing, is_finite, moved_towards},
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

/// Kept from pass to pass, in a box: it is taken out of the world for each.
#[derive(Resource)]
pub(in crate::runtime) struct MoverState(Box<SystemState<Movers<'static, 'static>>>);

impl FromWorld for MoverState {
    fn from_world(world: &mut World) -> Self {
        Self(Box::new(SystemState::new(world)))
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

/// Whether somebody of those who are moved has something above it.
pub(super) fn have_parents(
    world: &mut World,
    MoverState(state): &mut MoverState,
    moves: &[Moves],
) -> bool {
    let movers = state.get_mut(world).unwrap_or_else(|error| panic!("{error}"));
    let mut moved = moves.iter().flat_map(Moves::commands).filter_map(Step::whose);
    moved.any(|id| {
        let entity = movers.ids.entity(id);
        entity.is_some_and(|entity| matches!(movers.places.get(entity), Ok((_, Some(_)))))
    })
}

const fn moves(command: &ScriptCommand) -> bool {
    matches!(command, ScriptCommand::Teleport { .. }) || Step::of(command).is_some()
}

/// A step or a turn, in world space.
#[derive(Clone, Copy)]
pub(super) enum Step {
    To(Vec3),
    /// By at most so many units.
    Towards(Vec3, f32),
    Facing(Vec3),
}

impl Step {
    /// Whose step a command asks for.
    #[inline]
    pub(super) const fn whose(command: &ScriptCommand) -> Option<ScriptId> {
        match Self::of(command) {
            Some((id, _)) => Some(id),
            None => None,
        }
    }

    /// Whether a command asks for a step of a certain entity towards a place.
    #[inline(always)]
    pub(super) fn is_way_of(command: &ScriptCommand, whose: ScriptId) -> bool {
        matches!(command, ScriptCommand::MoveTowards { id, .. } if *id == whose)
    }

    /// The step that a command asks for, and whose it is.
    pub(super) const fn of(command: &ScriptCommand) -> Option<(ScriptId, Self)> {
        Some(match *command {
            ScriptCommand::SetPosition { id, position } => (id, Self::To(position)),
            ScriptCommand::MoveTowards { id, target, step } => (id, Self::Towards(target, step)),
            ScriptCommand::Face { id, direction } => (id, Self::Facing(direction)),
            _ => return None,
        })
    }

    /// What scripts call it.
    const fn name(self) -> &'static str {
        match self {
            Self::To(_) => "set_position",
            Self::Towards(..) => "move_towards",
            Self::Facing(_) => "face_direction",
        }
    }

    /// Takes the one that a command asks for, for an entity with nothing above it, if it is that one's; says whether there
    /// is such a place. `None` if it is not.
    // Not by way of a step: that would be put together in memory for each.
    #[inline(always)]
    pub(super) fn take_own(
        command: &ScriptCommand,
        whose: ScriptId,
        place: &mut Transform,
    ) -> Option<bool> {
        match command {
            ScriptCommand::MoveTowards { .. } => Self::go_own(command, whose, place),
            ScriptCommand::SetPosition { id, position } if *id == whose => {
                Some(Self::To(*position).take(place))
            }
            ScriptCommand::Face { id, direction } if *id == whose => {
                Some(Self::Facing(*direction).take(place))
            }
            _ => None,
        }
    }

    /// The same, of a step towards a place.
    #[inline(always)]
    pub(super) fn go_own(
        command: &ScriptCommand,
        whose: ScriptId,
        place: &mut Transform,
    ) -> Option<bool> {
        match command {
            ScriptCommand::MoveTowards { id, target, step } if *id == whose => {
                Some(Self::Towards(*target, *step).take(place))
            }
            _ => None,
        }
    }

    /// Takes it, for an entity with nothing above it; says whether there is such a place.
    #[inline(always)]
    pub(super) fn take(self, place: &mut Transform) -> bool {
        match self {
            Self::To(position) => put(place, position),
            Self::Towards(target, step) => {
                put(place, moved_towards(place.translation, target, step))
            }
            Self::Facing(direction) => turn(place, Quat::IDENTITY, direction),
        }
    }
}

fn put(place: &mut Transform, position: Vec3) -> bool {
    let possible = is_finite(position);
    if possible {
        place.translation = position;
    }
    possible
}

/// Turns what is below something that is turned itself.
fn turn(place: &mut Transform, above: Quat, direction: Vec3) -> bool {
    let rotation = above.inverse() * facing(direction);
    let possible = rotation.is_finite();
    if possible {
        place.rotation = rotation;
    }
    possible
}

/// Does steps, wherever those are who take them.
pub(super) fn take_steps(
    world: &mut World,
    MoverState(state): &mut MoverState,
    reports: &mut Reports,
    steps: Vec<(ScriptId, Step)>,
) {
    if steps.is_empty() {
        return;
    }
    let mut movers = state.get_mut(world).unwrap_or_else(|error| panic!("{error}"));
    steps.into_iter().for_each(|(id, step)| movers.find(reports, id, step));
}

impl Movers<'_, '_> {
    fn apply(&mut self, reports: &mut Reports, command: &ScriptCommand) {
        if let ScriptCommand::Teleport { id, position } = *command {
            match self.ids.entity(id) {
                Some(entity) => {
                    self.step(entity, Step::To(position));
                    self.rest(entity, position);
                }
                None => reports.nobody(id, "teleport"),
            }
        } else if let Some((id, step)) = Step::of(command) {
            self.find(reports, id, step);
        }
    }

    fn find(&mut self, reports: &mut Reports, id: ScriptId, step: Step) {
        match self.ids.entity(id) {
            Some(entity) => self.step(entity, step),
            None => reports.nobody(id, step.name()),
        }
    }

    fn step(&mut self, entity: Entity, step: Step) {
        let Ok((mut place, parent)) = self.places.get_mut(entity) else { return };
        let Some(ChildOf(parent)) = parent else {
            if step.take(place.bypass_change_detection()) {
                place.set_changed();
            }
            return;
        };
        let (mut local, parent) = (*place, *parent);
        let above = self.above(parent);
        let stands = || {
            let look = |entity| self.places.get(entity).ok();
            place_under(&local, Some(parent), look).translation.into()
        };
        let possible = match step {
            Step::Facing(direction) => turn(&mut local, rotation_of(above), direction),
            // Below a parent of no size there is no such place.
            Step::To(position) => put(&mut local, above.inverse().transform_point3(position)),
            Step::Towards(target, step) => {
                let position = moved_towards(stands(), target, step);
                put(&mut local, above.inverse().transform_point3(position))
            }
        };
        if possible && let Ok((mut place, _)) = self.places.get_mut(entity) {
            *place = local;
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

    /// The place of an entity with all that is above it.
    fn above(&self, entity: Entity) -> bevy::math::Affine3A {
        place_under(&Transform::IDENTITY, Some(entity), |entity| self.places.get(entity).ok())
    }
}

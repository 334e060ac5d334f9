//! Where a call sees and puts entities.

use glam::Vec3;

use super::ScriptContext;
use crate::{
    api::{
        ApiFault, Standing,
        carry::Carry,
        overlay::{Before, Placed, Turned},
    },
    contract::{Body, ScriptCommand, ScriptId, facing, moved_towards},
};

impl ScriptContext<'_> {
    /// World-space translation, as this call sees it.
    ///
    /// # Errors
    /// The entity has no place in the world.
    #[inline(always)]
    pub fn position(&self, id: ScriptId) -> Result<Vec3, ApiFault> {
        self.place(id).ok_or_else(|| self.no_place(id))
    }

    #[cold]
    fn no_place(&self, id: ScriptId) -> ApiFault {
        if self.exists(id) {
            ApiFault::not_found(format!("entity {id} has no place in the world"))
        } else {
            ApiFault::no_entity(id)
        }
    }

    /// Position, eye height and shape, as this call sees them.
    ///
    /// # Errors
    /// The entity has no place in the world.
    pub fn body(&self, id: ScriptId) -> Result<Body, ApiFault> {
        let body = self.scope.world.body(id);
        if self.call.overlay.is_empty() {
            return body.ok_or_else(|| self.no_place(id));
        }
        let position = self.position(id)?;
        // What this call has spawned has no body yet.
        let unseen = Body { position, eye_height: 0.0, shape: None };
        Ok(Body { position, ..body.unwrap_or(unseen) })
    }

    /// Where an entity stood when the pass began. Scripts mostly ask for one entity several times.
    #[inline]
    fn stood(&self, id: ScriptId) -> Option<Vec3> {
        match self.call.stood(id) {
            Some(at) => Some(at),
            None => self.look_up(id),
        }
    }

    #[inline(never)]
    fn look_up(&self, id: ScriptId) -> Option<Vec3> {
        let at = self.scope.world.position(id)?;
        self.call.note_asked(id, at);
        Some(at)
    }

    /// Where an entity stands of which that is at hand.
    #[inline(always)]
    fn at_hand(&self, id: ScriptId) -> Option<Vec3> {
        let call = &*self.call;
        if call.overlay.is_empty() { call.stood(id) } else { None }
    }

    #[inline(always)]
    fn place(&self, id: ScriptId) -> Option<Vec3> {
        match self.at_hand(id) {
            Some(at) => Some(at),
            None => self.find_place(id),
        }
    }

    #[inline(never)]
    fn find_place(&self, id: ScriptId) -> Option<Vec3> {
        if self.call.overlay.is_empty() { self.stood(id) } else { self.stands(id) }
    }

    /// Where an entity stands that exists and has a place.
    #[inline(always)]
    pub(in crate::api) fn standing(&self, id: ScriptId) -> Option<Vec3> {
        match self.at_hand(id) {
            Some(at) => Some(at),
            None => self.find_standing(id),
        }
    }

    #[inline(never)]
    fn find_standing(&self, id: ScriptId) -> Option<Vec3> {
        if self.exists(id) { self.find_place(id) } else { None }
    }

    /// Where an entity stands, if the call has written something.
    #[inline(never)]
    fn stands(&self, id: ScriptId) -> Option<Vec3> {
        let (at, before) = match self.call.overlay.place_of(id) {
            Some(placed) => (placed.at, placed.carried.get()),
            None => (self.stood(id)?, Carry::NONE),
        };
        Some(self.carried(id).since(before).of(at))
    }

    /// How this call has carried an entity by moving and turning what is above it.
    #[inline]
    fn carried(&self, id: ScriptId) -> Carry {
        if self.call.overlay.has_moved() { self.carried_by(id) } else { Carry::NONE }
    }

    /// The same, as it is kept with what the call writes of the entity.
    #[inline]
    fn before(&self, id: ScriptId) -> Before {
        if self.call.overlay.has_moved() { self.carried_by(id).into() } else { Before::default() }
    }

    /// The same, where it has moved something.
    #[inline(never)]
    fn carried_by(&self, id: ScriptId) -> Carry {
        let carrier = self.upwards(id).skip(1).find(|id| self.call.overlay.carries(*id));
        carrier.and_then(|carrier| self.carry_of(carrier)).unwrap_or(Carry::NONE)
    }

    /// How an entity that this call put or turned carries what is below it. `None` if there can be
    /// nothing.
    fn carry_of(&self, id: ScriptId) -> Option<Carry> {
        let stood = self.stood(id)?;
        let carried = self.carried(id);
        let stands = match self.call.overlay.place_of(id) {
            Some(placed) => carried.since(placed.carried.get()).of(placed.at),
            None => carried.of(stood),
        };
        let turn = match self.call.overlay.turn_of(id) {
            Some(turned) => {
                let faced = self.scope.world.rotation(id).as_dquat();
                carried.since(turned.carried.get()).turn * turned.to * faced.inverse()
            }
            None => carried.turn,
        };
        Some(Carry::between(stood, stands, turn))
    }

    /// Whether this call may have moved an entity, itself or by what is above it.
    pub(super) fn is_moved(&self, id: ScriptId) -> bool {
        self.call.overlay.has_moved() && self.upwards(id).any(|id| self.call.overlay.carries(id))
    }

    /// Visits what this call has moved, and where it is now, in any order.
    pub(super) fn each_moved(&self, visit: &mut dyn FnMut(ScriptId, Vec3)) {
        if !self.call.overlay.has_moved() {
            return;
        }
        let mut visit = |id| {
            if let Some(place) = self.place(id) {
                visit(id, place);
            }
        };
        for id in self.call.overlay.carriers() {
            visit(id);
            self.scope.world.each_below(id, &mut |below| {
                // Of several above it that were moved, it comes with the nearest.
                if self.upwards(below).find(|id| self.call.overlay.carries(*id)) == Some(id) {
                    visit(below);
                }
            });
        }
    }

    #[inline]
    fn put(&mut self, id: ScriptId, at: Vec3) {
        if !self.looks_back {
            return;
        }
        let carried = self.before(id);
        self.call.overlay.place(id, Placed { at, carried });
    }

    /// Moves an entity, and all below it.
    ///
    /// # Errors
    /// See [`ScriptContext::command`].
    pub fn set_position(&mut self, id: ScriptId, position: Vec3) -> Result<(), ApiFault> {
        self.ask(|| ScriptCommand::SetPosition { id, position })?;
        self.put(id, position);
        Ok(())
    }

    /// Moves an entity by at most `step` towards a place; `true` when it is there.
    ///
    /// # Errors
    /// The entity has no place in the world; see also [`ScriptContext::command`].
    pub fn move_towards(
        &mut self,
        id: ScriptId,
        target: Vec3,
        step: f32,
    ) -> Result<bool, ApiFault> {
        let at = self.position(id)?;
        self.step_towards(Standing { id, at }, target, step)
    }

    /// The same, of an entity of which it is known where it stands.
    #[inline(always)]
    pub(in crate::api) fn step_towards(
        &mut self,
        Standing { id, at }: Standing,
        target: Vec3,
        step: f32,
    ) -> Result<bool, ApiFault> {
        let Vec3 { x, y, z } = target;
        self.ask_step(id, x, y, z, step)?;
        Ok(self.looks_back && self.moves_to(id, at, target, step))
    }

    /// Adds the command.
    // By itself, so that what calls it is small enough to be made part of a loop over many calls; and number by number,
    // because a vector is handed over in memory.
    #[inline(never)]
    fn ask_step(
        &mut self,
        id: ScriptId,
        x: f32,
        y: f32,
        z: f32,
        step: f32,
    ) -> Result<(), ApiFault> {
        self.ask(|| ScriptCommand::MoveTowards { id, target: Vec3::new(x, y, z), step })
    }

    /// Where a step has led to.
    #[inline(never)]
    fn moves_to(&mut self, id: ScriptId, stands: Vec3, target: Vec3, step: f32) -> bool {
        let position = moved_towards(stands, target, step);
        self.put(id, position);
        position == target
    }

    /// Turns an entity, and all below it around it.
    ///
    /// # Errors
    /// See [`ScriptContext::command`].
    pub fn face(&mut self, id: ScriptId, direction: Vec3) -> Result<(), ApiFault> {
        self.ask(|| ScriptCommand::Face { id, direction })?;
        let carried = self.before(id);
        self.call.overlay.turn(id, Turned { to: facing(direction).as_dquat(), carried });
        Ok(())
    }

    /// Puts an entity at a place at rest.
    ///
    /// # Errors
    /// See [`ScriptContext::command`].
    pub fn teleport(&mut self, id: ScriptId, position: Vec3) -> Result<(), ApiFault> {
        self.ask(|| ScriptCommand::Teleport { id, position })?;
        self.put(id, position);
        self.call.overlay.get_mut(id).velocity = Some(Vec3::ZERO);
        Ok(())
    }
}

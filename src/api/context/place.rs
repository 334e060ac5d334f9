//! Where a call sees and puts entities.

use glam::{DVec3, Vec3};

use super::ScriptContext;
use crate::{
    api::{ApiFault, overlay::Placed},
    contract::{Body, ScriptCommand, ScriptId, moved_towards},
};

impl ScriptContext<'_> {
    /// World-space translation, as this call sees it.
    ///
    /// # Errors
    /// The entity has no place in the world.
    pub fn position(&self, id: ScriptId) -> Result<Vec3, ApiFault> {
        self.place(id).ok_or_else(|| self.no_place(id))
    }

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
        if self.overlay.is_empty() {
            return body.ok_or_else(|| self.no_place(id));
        }
        let position = self.position(id)?;
        // What this call has spawned has no body yet.
        let unseen = Body { position, eye_height: 0.0, shape: None };
        Ok(Body { position, ..body.unwrap_or(unseen) })
    }

    fn place(&self, id: ScriptId) -> Option<Vec3> {
        if self.overlay.is_empty() {
            return self.scope.world.position(id);
        }
        let written = self.overlay.get(id).and_then(|writes| writes.position);
        let (at, before) = match written {
            Some(Placed { at, carried }) => (at, carried),
            None => (self.scope.world.position(id)?, DVec3::ZERO),
        };
        let carried = self.carried(id) - before;
        Some(if carried == DVec3::ZERO { at } else { (at.as_dvec3() + carried).as_vec3() })
    }

    /// How far this call has carried an entity by moving what is above it.
    fn carried(&self, id: ScriptId) -> DVec3 {
        if !self.overlay.has_moved() {
            return DVec3::ZERO;
        }
        let carrier = self.upwards(id).skip(1).find(|id| self.is_placed(*id));
        let way = carrier.and_then(|carrier| {
            let stood = self.scope.world.position(carrier)?;
            Some(self.place(carrier)?.as_dvec3() - stood.as_dvec3())
        });
        way.unwrap_or_default()
    }

    /// Whether this call has put an entity somewhere.
    fn is_placed(&self, id: ScriptId) -> bool {
        self.overlay.get(id).is_some_and(|writes| writes.position.is_some())
    }

    /// Whether this call has moved an entity, or one above it.
    pub(super) fn is_moved(&self, id: ScriptId) -> bool {
        self.overlay.has_moved() && self.upwards(id).any(|id| self.is_placed(id))
    }

    /// Visits what this call has moved, and where it is now, in any order.
    pub(super) fn each_moved(&self, visit: &mut dyn FnMut(ScriptId, Vec3)) {
        if !self.overlay.has_moved() {
            return;
        }
        let mut visit = |id| {
            if let Some(place) = self.place(id) {
                visit(id, place);
            }
        };
        for (id, _) in self.overlay.iter().filter(|(_, writes)| writes.position.is_some()) {
            visit(id);
            self.scope.world.each_below(id, &mut |below| {
                // Of several above it that were moved, it comes with the nearest.
                if self.upwards(below).find(|id| self.is_placed(*id)) == Some(id) {
                    visit(below);
                }
            });
        }
    }

    fn put(&mut self, id: ScriptId, at: Vec3) {
        let carried = self.carried(id);
        self.overlay.place(id, Placed { at, carried });
    }

    /// Moves an entity, and all below it.
    ///
    /// # Errors
    /// See [`ScriptContext::command`].
    pub fn set_position(&mut self, id: ScriptId, position: Vec3) -> Result<(), ApiFault> {
        self.command(ScriptCommand::SetPosition { id, position })?;
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
        let position = moved_towards(self.position(id)?, target, step);
        self.command(ScriptCommand::MoveTowards { id, target, step })?;
        self.put(id, position);
        Ok(position == target)
    }

    /// Puts an entity at a place at rest.
    ///
    /// # Errors
    /// See [`ScriptContext::command`].
    pub fn teleport(&mut self, id: ScriptId, position: Vec3) -> Result<(), ApiFault> {
        self.command(ScriptCommand::Teleport { id, position })?;
        self.put(id, position);
        self.overlay.get_mut(id).velocity = Some(Vec3::ZERO);
        Ok(())
    }
}

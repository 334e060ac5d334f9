use std::any::{Any, TypeId};

use glam::{Quat, Vec3};

use super::{Body, ComponentView, Pack, ScriptId, Shape, Space, StatusEffect, Value, Vitals};

/// Why a component could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ComponentFault {
    /// The host exposed nothing under this name.
    #[error("no component is exposed as \"{name}\"{}", suggestion(.nearest))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The most similar name that is exposed.
        nearest: Option<String>,
    },
    /// The host exposed it for reading only.
    #[error("component \"{name}\" is exposed for reading only")]
    ReadOnly {
        /// The name asked for.
        name: String,
    },
    /// The value does not fit the component; the text names the field.
    #[error("{0}")]
    Rejected(String),
}

fn suggestion(name: &Option<String>) -> String {
    name.as_ref().map_or_else(String::new, |name| format!("; did you mean \"{name}\"?"))
}

/// The facts of a world as scripts see them: the one window through which they read.
///
/// A view shows the world as it stood when the pass began. It must give the same answers for the
/// whole pass and for every thread. Implementations: the Bevy world in the runtime, a plain struct
/// in `testing`.
pub trait WorldView: Sync {
    /// Whether an entity of this id exists.
    fn exists(&self, id: ScriptId) -> bool;

    /// World-space translation; `None` if the entity has none.
    fn position(&self, id: ScriptId) -> Option<Vec3>;

    /// Which way the entity faces in world space.
    fn rotation(&self, _id: ScriptId) -> Quat {
        Quat::IDENTITY
    }

    /// The nearest entity above that scripts know: when that one moves, turns or is destroyed, so does
    /// this.
    fn parent(&self, _id: ScriptId) -> Option<ScriptId> {
        None
    }

    /// Visits all entities below that scripts know, in any order.
    fn each_below(&self, _id: ScriptId, _visit: &mut dyn FnMut(ScriptId)) {}

    /// Linear velocity in units a second; zero for what does not move.
    fn velocity(&self, id: ScriptId) -> Vec3;

    /// The entity's tag; `None` if it has none.
    fn tag(&self, id: ScriptId) -> Option<&str>;

    /// The lowest id that has this tag and that `accept` takes.
    fn find_by_tag(&self, tag: &str, accept: &dyn Fn(ScriptId) -> bool) -> Option<ScriptId>;

    /// An exposed component of an entity; `None` if the entity lacks it.
    ///
    /// # Errors
    /// The component is not exposed, or holds something that scripts cannot be shown.
    fn component(&self, id: ScriptId, name: &str) -> Result<Option<Value>, ComponentFault>;

    /// As [`component`](Self::component), as scripts are shown it.
    ///
    /// # Errors
    /// As of [`component`](Self::component).
    fn component_view(
        &self,
        id: ScriptId,
        name: &str,
    ) -> Result<Option<ComponentView>, ComponentFault> {
        Ok(self.component(id, name)?.map(ComponentView::from))
    }

    /// What an exposed component would hold after `patches` were written to it one after the other.
    ///
    /// # Errors
    /// The component is not exposed for writing, or a patch does not fit it.
    fn patched_component(
        &self,
        id: ScriptId,
        name: &str,
        patches: &[&Value],
    ) -> Result<Value, ComponentFault>;

    /// Whether a prefab of this name is registered.
    fn is_prefab(&self, name: &str) -> bool;

    /// Health and armor; `None` if the entity has no health to lose.
    fn vitals(&self, _id: ScriptId) -> Option<Vitals> {
        None
    }

    /// Whether the entity has health left, or none to lose.
    fn is_alive(&self, id: ScriptId) -> bool {
        self.vitals(id).is_none_or(|vitals| vitals.is_alive())
    }

    /// What works on the entity at the moment; `None` if nothing can.
    fn status_effects(&self, _id: ScriptId) -> Option<&[StatusEffect]> {
        None
    }

    /// The entity's team; `None` if it has none.
    fn team(&self, _id: ScriptId) -> Option<&str> {
        None
    }

    /// Whether the members of one team fight those of another.
    fn are_hostile(&self, team: &str, other: &str) -> bool {
        team != other
    }

    /// How much damage the entity threatens to do.
    fn attack_power(&self, _id: ScriptId) -> f32 {
        0.0
    }

    /// How far the entity sees, in units.
    fn sight_range(&self, _id: ScriptId) -> f32 {
        f32::INFINITY
    }

    /// How high above its position the entity's eyes are, in units.
    fn eye_height(&self, _id: ScriptId) -> f32 {
        0.0
    }

    /// What of the entity stands in the way of rays.
    fn shape(&self, _id: ScriptId) -> Option<Shape> {
        None
    }

    /// Position, eye height and shape at once; `None` if the entity has no position.
    fn body(&self, id: ScriptId) -> Option<Body> {
        let position = self.position(id)?;
        Some(Body { position, eye_height: self.eye_height(id), shape: self.shape(id) })
    }

    /// Who is where; `None` if nobody keeps count.
    fn space(&self) -> Option<&dyn Space> {
        None
    }

    /// What the entity carries; `None` if it cannot carry anything.
    fn pack(&self, _id: ScriptId) -> Option<&Pack> {
        None
    }

    /// How many of an item fit in one slot; `None` for an unknown item.
    fn max_stack(&self, _item: &str) -> Option<u32> {
        None
    }

    /// Whether a sound of this path may be played.
    fn is_sound_allowed(&self, _path: &str) -> bool {
        true
    }

    /// Whether a sound was started and neither stopped nor, if it is not looped, long over.
    fn is_sound_known(&self, _handle: i64) -> bool {
        false
    }

    /// Whether an entity has an animation of this name; `None` if it cannot be animated at all.
    fn has_animation(&self, _id: ScriptId, _name: &str) -> Option<bool> {
        None
    }

    /// Whether a particle effect of this name is registered.
    fn is_particle_effect(&self, _name: &str) -> bool {
        false
    }

    /// A resource of the host, for functions that the host added.
    fn resource(&self, _type_id: TypeId) -> Option<&dyn Any> {
        None
    }

    /// A component of the host by its Rust type, for functions that the host added.
    fn host_component(&self, _id: ScriptId, _type_id: TypeId) -> Option<&dyn Any> {
        None
    }
}

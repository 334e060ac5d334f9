use glam::Vec3;
use serde::{Deserialize, Serialize};

use super::{ScriptId, Value};

/// What a script asked to be done to the world. Plain data: it can be compared, saved and sent.
///
/// Commands apply after the pass, ordered by ([`ScriptId`] of the script's entity, order of the
/// call). They say what was meant rather than what was computed, so that the effects of several
/// scripts on one entity add up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ScriptCommand {
    /// Put an entity at a place; its velocity is kept.
    SetPosition {
        /// The entity.
        id: ScriptId,
        /// Where to, in world space.
        position: Vec3,
    },
    /// Move an entity by at most `step` towards a place.
    MoveTowards {
        /// The entity.
        id: ScriptId,
        /// Where to, in world space.
        target: Vec3,
        /// The longest way to go, in units.
        step: f32,
    },
    /// Put an entity at a place at rest.
    Teleport {
        /// The entity.
        id: ScriptId,
        /// Where to, in world space.
        position: Vec3,
    },
    /// Turn an entity so that its forward (-Z) points along a direction.
    Face {
        /// The entity.
        id: ScriptId,
        /// The direction; not zero, of any length.
        direction: Vec3,
    },
    /// Give an entity a tag.
    SetTag {
        /// The entity.
        id: ScriptId,
        /// The tag; empty for none.
        tag: Box<str>,
    },
    /// Write fields of an exposed component.
    SetComponent {
        /// The entity.
        id: ScriptId,
        /// The name under which the host exposed it.
        name: Box<str>,
        /// The new value, or a map of the fields to change.
        value: Box<Value>,
    },
    /// Spawn an entity from a registered prefab.
    Spawn {
        /// The id that the script was already given for it.
        id: ScriptId,
        /// The prefab.
        prefab: Box<str>,
        /// Where, in world space.
        position: Vec3,
    },
    /// Destroy an entity and its children, after its `on_destroy` ran.
    Destroy {
        /// The entity.
        id: ScriptId,
    },
    /// Send a message to every script that listens.
    Publish {
        /// What it is about.
        topic: Box<str>,
        /// What it says.
        value: Box<Value>,
    },
    /// The world's part of a function that the host added.
    Host {
        /// The function.
        function: Box<str>,
        /// The entity whose script called it.
        caller: ScriptId,
        /// Its arguments, as the script passed them.
        args: Vec<Value>,
    },
}

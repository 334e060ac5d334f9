use std::any::{Any, TypeId};

use glam::Vec3;

use super::{ScriptId, Value};

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

    /// A resource of the host, for functions that the host added.
    fn resource(&self, _type_id: TypeId) -> Option<&dyn Any> {
        None
    }

    /// A component of the host by its Rust type, for functions that the host added.
    fn host_component(&self, _id: ScriptId, _type_id: TypeId) -> Option<&dyn Any> {
        None
    }
}

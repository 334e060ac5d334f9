use crate::contract::{ComponentFault, ErrorKind, ScriptId};

/// Why a function of the API refused. The table puts the function's name in front; the backend adds
/// the place in the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiFault {
    /// What kind of thing went wrong.
    pub kind: ErrorKind,
    /// What happened and what to do.
    pub message: String,
}

impl ApiFault {
    /// A fault of kind [`ErrorKind::Runtime`].
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Runtime, message: message.into() }
    }

    /// A fault of kind [`ErrorKind::NotFound`].
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::NotFound, message: message.into() }
    }

    /// A fault of kind [`ErrorKind::Memory`]: something would become too large.
    #[must_use]
    pub fn too_large(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Memory, message: message.into() }
    }

    pub(crate) fn no_entity(id: ScriptId) -> Self {
        Self::not_found(format!("no entity has the id {id}"))
    }

    pub(crate) fn expected(wanted: &str, found: &str) -> Self {
        Self::new(format!("expected {wanted}, got {found}"))
    }
}

impl From<ComponentFault> for ApiFault {
    fn from(fault: ComponentFault) -> Self {
        let message = fault.to_string();
        match fault {
            ComponentFault::Unknown { .. } => Self::not_found(message),
            ComponentFault::ReadOnly { .. } => Self { kind: ErrorKind::Permission, message },
            ComponentFault::Rejected(_) => Self::new(message),
        }
    }
}

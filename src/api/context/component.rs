//! Components that the host exposed, as a call sees and writes them.

use super::ScriptContext;
use crate::{
    api::ApiFault,
    contract::{ComponentFault, ComponentView, ScriptCommand, ScriptId, Value, WorldView},
};

impl ScriptContext<'_> {
    /// An exposed component, as this call sees it.
    ///
    /// # Errors
    /// See [`WorldView::component`].
    pub fn component(&self, id: ScriptId, name: &str) -> Result<Option<Value>, ApiFault> {
        self.read_component(id, name, |world| world.component(id, name))
    }

    /// As [`component`](Self::component), as scripts are shown it.
    ///
    /// # Errors
    /// See [`WorldView::component`].
    pub fn component_view(
        &self,
        id: ScriptId,
        name: &str,
    ) -> Result<Option<ComponentView>, ApiFault> {
        self.read_component(id, name, |world| world.component_view(id, name))
    }

    fn read_component<T: From<Value>>(
        &self,
        id: ScriptId,
        name: &str,
        read: impl FnOnce(&dyn WorldView) -> Result<Option<T>, ComponentFault>,
    ) -> Result<Option<T>, ApiFault> {
        if let Some(value) = self.written_component(id, name) {
            return Ok(Some(value.clone().into()));
        }
        let read = read(self.scope.world);
        self.charge_for_hint(name, read.is_err());
        Ok(read?)
    }

    /// For a name that nobody knows one is looked for that is like it.
    fn charge_for_hint(&self, name: &str, is_unknown: bool) {
        if is_unknown {
            self.charge(16 * name.len().min(64) as u64);
        }
    }

    fn written_component(&self, id: ScriptId, name: &str) -> Option<&Value> {
        let components = &self.call.overlay.get(id)?.components;
        components.iter().find(|(other, _)| **other == *name).map(|(_, value)| value)
    }

    /// Writes fields of an exposed component.
    ///
    /// # Errors
    /// See [`WorldView::patched_component`] and [`ScriptContext::command`].
    pub fn set_component(
        &mut self,
        id: ScriptId,
        name: &str,
        value: Value,
    ) -> Result<(), ApiFault> {
        let patches = match self.written_component(id, name) {
            Some(before) => vec![before, &value],
            None => vec![&value],
        };
        // What is there is read, patched and kept.
        let bytes = |value: &Value| (value.held_bytes() / 8) as u64;
        let before: u64 = patches.iter().map(|patch| bytes(patch)).sum();
        let after = self.scope.world.patched_component(id, name, &patches);
        self.charge(before + after.as_ref().map_or(0, bytes));
        self.charge_for_hint(name, after.is_err());
        let after = after?;
        self.command(ScriptCommand::SetComponent {
            id,
            name: name.into(),
            value: Box::new(value),
        })?;
        let components = &mut self.call.overlay.get_mut(id).components;
        match components.iter_mut().find(|(other, _)| **other == *name) {
            Some((_, value)) => *value = after,
            None => components.push((name.into(), after)),
        }
        Ok(())
    }
}

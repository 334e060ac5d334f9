//! What a call does for ears and eyes.

use glam::Vec3;

use super::ScriptContext;
use crate::{
    api::ApiFault,
    contract::{AnimationOptions, ScriptCommand, ScriptId, SoundOptions},
};

impl ScriptContext<'_> {
    /// Starts a sound and gives the number that it is known by.
    ///
    /// # Errors
    /// The host does not let scripts play this path; see also [`ScriptContext::command`].
    pub fn play_sound(&mut self, path: &str, options: SoundOptions) -> Result<i64, ApiFault> {
        if !self.scope.world.is_sound_allowed(path) {
            let message = format!("\"{path}\" does not lie in a folder that scripts may play from");
            return Err(ApiFault { kind: crate::contract::ErrorKind::Permission, message });
        }
        let ScriptId(handle) = self.derive_id();
        let options = Box::new(options);
        let (path, source) = (path.into(), self.entity());
        self.command(ScriptCommand::PlaySound { handle, path, options, source })?;
        self.call.overlay.sound(handle, true);
        Ok(handle)
    }

    /// Stops a sound; `false` when there was nothing to stop.
    ///
    /// # Errors
    /// See [`ScriptContext::command`].
    pub fn stop_sound(&mut self, handle: i64) -> Result<bool, ApiFault> {
        let own = self.call.overlay.plays(handle);
        let plays = own.unwrap_or_else(|| self.scope.world.is_sound_known(handle));
        if plays {
            self.command(ScriptCommand::StopSound { handle })?;
            self.call.overlay.sound(handle, false);
        }
        Ok(plays)
    }

    /// Starts an animation of an entity.
    ///
    /// # Errors
    /// The entity can be animated, and has no clip of this name; see also
    /// [`ScriptContext::command`].
    pub fn play_animation(
        &mut self,
        id: ScriptId,
        name: &str,
        options: AnimationOptions,
    ) -> Result<(), ApiFault> {
        if self.scope.world.has_animation(id, name) == Some(false) {
            return Err(ApiFault::not_found(format!("entity {id} has no animation \"{name}\"")));
        }
        self.command(ScriptCommand::PlayAnimation { id, name: name.into(), options })
    }

    /// Shows a particle effect.
    ///
    /// # Errors
    /// No effect of this name is registered; see also [`ScriptContext::command`].
    pub fn spawn_particle(&mut self, effect: &str, position: Vec3) -> Result<(), ApiFault> {
        if !self.scope.world.is_particle_effect(effect) {
            let message = format!("no particle effect \"{effect}\" is registered");
            return Err(ApiFault::not_found(message));
        }
        self.command(ScriptCommand::SpawnParticle { effect: effect.into(), position })
    }
}

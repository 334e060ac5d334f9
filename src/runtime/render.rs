//! What scripts show is seen: `spawn_particle`, and `play_animation` by
//! [`animation`](super::animation). Cameras are shaken without it, by
//! [`ShakenCamera`](super::ShakenCamera).

mod particles;

use bevy::prelude::*;
use bevy_hanabi::HanabiPlugin;

use self::particles::KnownEffects;
use super::animation::ScriptAnimationPlugin;

/// Plays animations and shows particles for scripts. Add it where there are eyes, after `DefaultPlugins`
/// and [`ScriptingPlugin`](super::ScriptingPlugin); a server leaves it out and the game is the same.
///
/// - `play_animation` works as [`ScriptAnimationPlugin`] says, which it adds if you have not.
/// - `spawn_particle` shows what [`ParticleFile`](super::ParticleFile)s describe. An effect that was only
///   registered by its name is the game's own to show.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScriptRenderPlugin;

impl Plugin for ScriptRenderPlugin {
    fn build(&self, app: &mut App) {
        if !app.is_plugin_added::<HanabiPlugin>() {
            app.add_plugins(HanabiPlugin);
        }
        if !app.is_plugin_added::<ScriptAnimationPlugin>() {
            app.add_plugins(ScriptAnimationPlugin);
        }
        app.init_resource::<KnownEffects>()
            .add_systems(Update, (particles::learn, particles::show).chain())
            .add_systems(Update, particles::fade);
    }
}

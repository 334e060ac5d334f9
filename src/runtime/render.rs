//! What scripts show is seen: `play_animation` and `spawn_particle`. Cameras are shaken without it, by
//! [`ShakenCamera`](super::ShakenCamera).

mod animation;
mod particles;

use bevy::prelude::*;
use bevy_hanabi::HanabiPlugin;

use self::particles::KnownEffects;

/// Plays animations and shows particles for scripts. Add it where there are eyes, after `DefaultPlugins`
/// and [`ScriptingPlugin`](super::ScriptingPlugin); a server leaves it out and the game is the same.
///
/// - `play_animation` works on entities with [`AnimationClips`](super::AnimationClips) and an
///   `AnimationPlayer` with its graph, on the entity itself or the first one below it.
/// - `spawn_particle` shows what [`ParticleFile`](super::ParticleFile)s describe. An effect that was only
///   registered by its name is the game's own to show.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScriptRenderPlugin;

impl Plugin for ScriptRenderPlugin {
    fn build(&self, app: &mut App) {
        if !app.is_plugin_added::<HanabiPlugin>() {
            app.add_plugins(HanabiPlugin);
        }
        app.init_resource::<KnownEffects>()
            .add_systems(Update, (animation::play, particles::learn, particles::show).chain())
            .add_systems(Update, particles::fade);
    }
}

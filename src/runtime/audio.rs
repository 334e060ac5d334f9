//! What scripts play is heard: `play_sound` and `stop_sound` through Bevy's audio.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Cursor,
};

use bevy::{
    asset::LoadState,
    audio::{AudioPlayer, AudioSource, PlaybackMode, PlaybackSettings, Volume},
    prelude::*,
};

use super::{ids::ScriptIds, show::ScriptShow};
use crate::contract::{ScriptCommand, ScriptId, SoundOptions, SoundPlace};

/// Plays what scripts ask for. Add it where there are ears, after `AudioPlugin` and
/// [`ScriptingPlugin`](super::ScriptingPlugin); a server leaves it out and the game is the same.
///
/// A sound with a place is heard from there by the entity with a `SpatialListener`; one that was given
/// an entity goes with it, and ends when that one is gone. A file that is missing or cannot be decoded
/// is warned of once, and nothing else happens. Formats: Ogg Vorbis and WAV, and what other features of
/// Bevy add.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScriptAudioPlugin;

impl Plugin for ScriptAudioPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<ScriptVoices>().add_systems(
            PostUpdate,
            (hear, begin, follow).chain().before(TransformSystems::Propagate),
        );
    }
}

/// The sounds of scripts that are being loaded or played.
#[derive(Resource, Debug, Default)]
pub struct ScriptVoices {
    voices: BTreeMap<i64, Entity>,
    /// Files that were asked for, kept so that they need not be read again.
    files: BTreeMap<Box<str>, Handle<AudioSource>>,
    /// Files that were warned of.
    unusable: BTreeSet<String>,
}

impl ScriptVoices {
    /// The entity that plays a sound, by the number that the script got.
    #[must_use]
    pub fn entity(&self, handle: i64) -> Option<Entity> {
        self.voices.get(&handle).copied()
    }

    /// The files that could not be played, each once.
    pub fn unusable(&self) -> impl Iterator<Item = &str> {
        self.unusable.iter().map(String::as_str)
    }

    fn warn_of(&mut self, path: &str, why: &str) {
        if self.unusable.insert(path.to_owned()) {
            warn!(target: "script", "sound \"{path}\" is not played: {why}");
        }
    }
}

/// A sound that waits for its file.
#[derive(Component)]
struct Awaited {
    path: Box<str>,
    source: Handle<AudioSource>,
    options: SoundOptions,
}

/// A sound of a script.
#[derive(Component)]
struct Voice {
    handle: i64,
    /// Whom it goes with.
    with: Option<ScriptId>,
    looped: bool,
    age: f32,
}

/// A sound that is not looped is let go after so many seconds; without a device none ever ends.
const LONGEST_SECONDS: f32 = 60.0;

/// So many files are kept.
const MOST_FILES: usize = 256;

fn hear(
    mut shown: MessageReader<ScriptShow>,
    mut voices: ResMut<ScriptVoices>,
    server: Res<AssetServer>,
    mut commands: Commands,
) {
    for ScriptShow(command) in shown.read() {
        match command {
            ScriptCommand::PlaySound { handle, path, options, .. } => {
                if voices.unusable.contains(&**path) {
                    continue;
                }
                let (place, with) = match options.at {
                    Some(SoundPlace::Position(at)) => (at, None),
                    Some(SoundPlace::Entity(id)) => (Vec3::ZERO, Some(id)),
                    None => (Vec3::ZERO, None),
                };
                if voices.files.len() >= MOST_FILES {
                    voices.files.clear();
                }
                let source = voices
                    .files
                    .entry(path.clone())
                    .or_insert_with(|| server.load(path.to_string()))
                    .clone();
                let entity = commands
                    .spawn((
                        Awaited { path: path.clone(), source, options: (**options).clone() },
                        Voice { handle: *handle, with, looped: options.looped, age: 0.0 },
                        Transform::from_translation(place),
                    ))
                    .id();
                if let Some(before) = voices.voices.insert(*handle, entity) {
                    commands.entity(before).try_despawn();
                }
            }
            ScriptCommand::StopSound { handle } => {
                if let Some(entity) = voices.voices.remove(handle) {
                    commands.entity(entity).try_despawn();
                }
            }
            _ => {}
        }
    }
}

/// Plays what has been loaded.
fn begin(
    awaited: Query<(Entity, &Awaited)>,
    mut voices: ResMut<ScriptVoices>,
    server: Res<AssetServer>,
    sources: Res<Assets<AudioSource>>,
    mut commands: Commands,
) {
    for (entity, Awaited { path, source, options }) in &awaited {
        let mut refuse = |why: &str| {
            voices.warn_of(path, why);
            commands.entity(entity).try_despawn();
        };
        if let LoadState::Failed(error) = server.load_state(source) {
            // Bevy's text may go on with a backtrace.
            refuse(error.to_string().lines().next().unwrap_or_default());
            continue;
        }
        let Some(sound) = sources.get(source) else { continue };
        if let Err(error) = rodio::Decoder::new(Cursor::new(sound.clone())) {
            // Bevy would panic.
            refuse(&error.to_string());
            continue;
        }
        let mode = if options.looped { PlaybackMode::Loop } else { PlaybackMode::Despawn };
        let settings = PlaybackSettings {
            mode,
            volume: Volume::Linear(options.volume.clamp(0.0, 16.0)),
            speed: options.speed.clamp(0.01, 16.0),
            spatial: options.at.is_some(),
            ..PlaybackSettings::ONCE
        };
        commands
            .entity(entity)
            .remove::<Awaited>()
            .insert((AudioPlayer::<AudioSource>(source.clone()), settings));
    }
}

/// Lets sounds go with their entities, and forgets those that are over.
fn follow(
    time: Res<Time>,
    ids: Res<ScriptIds>,
    mut playing: Query<(Entity, &mut Voice, &mut Transform)>,
    places: Query<&GlobalTransform, Without<Voice>>,
    mut voices: ResMut<ScriptVoices>,
    mut commands: Commands,
) {
    for (entity, mut voice, mut place) in &mut playing {
        voice.age += time.delta_secs();
        let mut ends = !voice.looped && voice.age > LONGEST_SECONDS;
        if let Some(id) = voice.with {
            match ids.entity(id).map(|entity| places.get(entity)) {
                Some(Ok(at)) => place.translation = at.translation(),
                Some(Err(_)) => {}
                None => ends = true,
            }
        }
        if ends {
            voices.voices.remove(&voice.handle);
            commands.entity(entity).try_despawn();
        }
    }
    if !voices.voices.is_empty() {
        voices.voices.retain(|_, entity| commands.get_entity(*entity).is_ok());
    }
}

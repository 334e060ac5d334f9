use std::hash::Hasher;

use glam::Vec3;
use serde::{Deserialize, Serialize};

use super::{ScriptId, StatusEffect, Value, hash_bytes, hash_vec3};

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
    /// Hurt an entity: armor is taken off when it is done.
    ApplyDamage {
        /// The entity.
        id: ScriptId,
        /// The damage before armor.
        amount: f32,
        /// What kind of damage; empty for none in particular.
        kind: Box<str>,
        /// Whose script it was.
        source: ScriptId,
    },
    /// Heal an entity.
    Heal {
        /// The entity.
        id: ScriptId,
        /// The most health to gain.
        amount: f32,
    },
    /// Set an entity's health.
    SetHealth {
        /// The entity.
        id: ScriptId,
        /// The health; clamped when it is done.
        value: f32,
        /// Whose script it was.
        source: ScriptId,
    },
    /// Let something work on an entity for a while.
    ApplyStatusEffect {
        /// The entity.
        id: ScriptId,
        /// What, how long and how strongly.
        effect: Box<StatusEffect>,
    },
    /// Take everything away that works on an entity.
    ClearStatusEffects {
        /// The entity.
        id: ScriptId,
    },
    /// Give an entity things, as many as fit when it is done.
    AddItems {
        /// The entity.
        id: ScriptId,
        /// The item.
        item: Box<str>,
        /// How many.
        count: u32,
    },
    /// Take things from an entity, all or none.
    RemoveItems {
        /// The entity.
        id: ScriptId,
        /// The item.
        item: Box<str>,
        /// How many.
        count: u32,
    },
    /// Start a sound.
    PlaySound {
        /// The number that the script was already given for it.
        handle: i64,
        /// The asset.
        path: Box<str>,
        /// How.
        options: Box<SoundOptions>,
        /// The entity whose script it was.
        source: ScriptId,
    },
    /// Stop a sound.
    StopSound {
        /// The number that the script was given for it.
        handle: i64,
    },
    /// Start an animation of an entity.
    PlayAnimation {
        /// The entity.
        id: ScriptId,
        /// The clip.
        name: Box<str>,
        /// How.
        options: AnimationOptions,
    },
    /// Show a particle effect.
    SpawnParticle {
        /// The effect.
        effect: Box<str>,
        /// Where, in world space.
        position: Vec3,
    },
    /// Shake the cameras that can be shaken.
    ShakeScreen {
        /// How strongly, 0 to 1.
        intensity: f32,
        /// For how many seconds.
        seconds: f32,
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

impl ScriptCommand {
    /// What it holds beside its numbers, in bytes that are counted alike on every machine. What a call
    /// sees of its own writes holds tags and components once more.
    #[inline]
    pub(crate) fn held_bytes(&self) -> usize {
        match self {
            Self::SetTag { tag, .. } => tag.len().saturating_mul(2),
            Self::ApplyStatusEffect { effect, .. } => effect.name.len().saturating_mul(2),
            Self::SetComponent { name, value, .. } => {
                name.len().saturating_add(value.held_bytes()).saturating_mul(2)
            }
            Self::Spawn { prefab: name, .. }
            | Self::ApplyDamage { kind: name, .. }
            | Self::AddItems { item: name, .. }
            | Self::RemoveItems { item: name, .. }
            | Self::PlaySound { path: name, .. }
            | Self::PlayAnimation { name, .. }
            | Self::SpawnParticle { effect: name, .. } => name.len(),
            Self::Publish { topic, value } => topic.len().saturating_add(value.held_bytes()),
            Self::Host { function, args, .. } => {
                let args = args.iter().map(Value::held_bytes).fold(0, usize::saturating_add);
                function.len().saturating_add(args)
            }
            _ => 0,
        }
    }

    /// Feeds this command to `hasher` in a form that is equal on every machine: a tag byte, then what it
    /// says. All NaNs count as one.
    pub fn hash_canonical(&self, hasher: &mut impl Hasher) {
        fn head(tag: u8, id: i64, hasher: &mut impl Hasher) {
            hasher.write(&[tag]);
            hasher.write(&id.to_le_bytes());
        }
        fn text(text: &str, hasher: &mut impl Hasher) {
            hash_bytes(text.as_bytes(), hasher);
        }
        fn numbers(a: f32, b: f32, hasher: &mut impl Hasher) {
            hash_vec3(Vec3::new(a, b, 0.0), hasher);
        }
        match self {
            Self::SetPosition { id, position } => {
                head(0, id.0, hasher);
                hash_vec3(*position, hasher);
            }
            Self::MoveTowards { id, target, step } => {
                head(1, id.0, hasher);
                hash_vec3(*target, hasher);
                numbers(*step, 0.0, hasher);
            }
            Self::Teleport { id, position } => {
                head(2, id.0, hasher);
                hash_vec3(*position, hasher);
            }
            Self::Face { id, direction } => {
                head(3, id.0, hasher);
                hash_vec3(*direction, hasher);
            }
            Self::SetTag { id, tag } => {
                head(4, id.0, hasher);
                text(tag, hasher);
            }
            Self::SetComponent { id, name, value } => {
                head(5, id.0, hasher);
                text(name, hasher);
                value.hash_canonical(hasher);
            }
            Self::Spawn { id, prefab, position } => {
                head(6, id.0, hasher);
                text(prefab, hasher);
                hash_vec3(*position, hasher);
            }
            Self::Destroy { id } => head(7, id.0, hasher),
            Self::ApplyDamage { id, amount, kind, source } => {
                head(8, id.0, hasher);
                numbers(*amount, 0.0, hasher);
                text(kind, hasher);
                hasher.write(&source.0.to_le_bytes());
            }
            Self::Heal { id, amount } => {
                head(9, id.0, hasher);
                numbers(*amount, 0.0, hasher);
            }
            Self::SetHealth { id, value, source } => {
                head(10, id.0, hasher);
                numbers(*value, 0.0, hasher);
                hasher.write(&source.0.to_le_bytes());
            }
            Self::ApplyStatusEffect { id, effect } => {
                head(11, id.0, hasher);
                text(&effect.name, hasher);
                numbers(effect.remaining, effect.magnitude, hasher);
            }
            Self::ClearStatusEffects { id } => head(12, id.0, hasher),
            Self::AddItems { id, item, count } => {
                head(13, id.0, hasher);
                text(item, hasher);
                hasher.write(&count.to_le_bytes());
            }
            Self::RemoveItems { id, item, count } => {
                head(14, id.0, hasher);
                text(item, hasher);
                hasher.write(&count.to_le_bytes());
            }
            Self::PlaySound { handle, path, options, source } => {
                head(15, *handle, hasher);
                text(path, hasher);
                numbers(options.volume, options.speed, hasher);
                hasher.write(&[u8::from(options.looped)]);
                match options.at {
                    None => hasher.write(&[0]),
                    Some(SoundPlace::Position(place)) => {
                        hasher.write(&[1]);
                        hash_vec3(place, hasher);
                    }
                    Some(SoundPlace::Entity(id)) => head(2, id.0, hasher),
                }
                hasher.write(&source.0.to_le_bytes());
            }
            Self::StopSound { handle } => head(16, *handle, hasher),
            Self::PlayAnimation { id, name, options } => {
                head(17, id.0, hasher);
                text(name, hasher);
                numbers(options.speed, options.blend, hasher);
                hasher.write(&[u8::from(options.repeat)]);
            }
            Self::SpawnParticle { effect, position } => {
                head(18, 0, hasher);
                text(effect, hasher);
                hash_vec3(*position, hasher);
            }
            Self::ShakeScreen { intensity, seconds } => {
                head(19, 0, hasher);
                numbers(*intensity, *seconds, hasher);
            }
            Self::Publish { topic, value } => {
                head(20, 0, hasher);
                text(topic, hasher);
                value.hash_canonical(hasher);
            }
            Self::Host { function, caller, args } => {
                head(21, caller.0, hasher);
                text(function, hasher);
                hasher.write(&(args.len() as u64).to_le_bytes());
                args.iter().for_each(|arg| arg.hash_canonical(hasher));
            }
        }
    }
}

/// How a sound is played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SoundOptions {
    /// How loud: 1 as recorded.
    pub volume: f32,
    /// How fast: 1 as recorded.
    pub speed: f32,
    /// Whether it begins again at its end.
    pub looped: bool,
    /// Where it is heard from; everywhere alike if `None`.
    pub at: Option<SoundPlace>,
}

impl Default for SoundOptions {
    fn default() -> Self {
        Self { volume: 1.0, speed: 1.0, looped: false, at: None }
    }
}

/// Where a sound is heard from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum SoundPlace {
    /// A place that stays.
    Position(Vec3),
    /// Wherever an entity is.
    Entity(ScriptId),
}

/// How an animation is played.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnimationOptions {
    /// Whether it begins again at its end.
    pub repeat: bool,
    /// How fast: 1 as recorded.
    pub speed: f32,
    /// Over how many seconds it takes over from what was played before.
    pub blend: f32,
}

impl Default for AnimationOptions {
    fn default() -> Self {
        Self { repeat: false, speed: 1.0, blend: 0.0 }
    }
}

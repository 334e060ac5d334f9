use std::collections::{BTreeMap, BTreeSet};

use bevy::prelude::*;

use super::plugin::ScriptClock;
use crate::contract::ScriptCommand;

/// A script asked for something to be heard or seen: one of the commands `PlaySound`, `StopSound`,
/// `PlayAnimation`, `SpawnParticle` and `ShakeScreen`. Whoever renders and plays sound reads these; on
/// a server nobody does, and the game is the same.
#[derive(Message, Clone, Debug, PartialEq)]
pub struct ScriptShow(pub ScriptCommand);

/// The folders, as beginnings of asset paths, from which scripts may play sounds. Default:
/// **`sounds/` and `audio/`**.
#[derive(Resource, Clone, Debug, PartialEq, Eq)]
pub struct SoundFolders(pub Vec<String>);

impl Default for SoundFolders {
    fn default() -> Self {
        Self(vec!["sounds/".to_owned(), "audio/".to_owned()])
    }
}

impl SoundFolders {
    /// Whether a path lies in one of the folders and does not lead out of it.
    #[must_use]
    pub fn allows(&self, path: &str) -> bool {
        let leaves = path.split(['/', '\\']).any(|part| part == "..") || path.contains(':');
        !leaves && self.0.iter().any(|folder| path.starts_with(folder.as_str()))
    }
}

/// The particle effects that scripts can show.
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq)]
pub struct ParticleEffects(pub BTreeSet<String>);

/// The sounds that scripts have started: when, and whether they begin again at their end.
#[derive(Resource, Default)]
pub(super) struct Sounds(pub(super) BTreeMap<i64, (u64, bool)>);

/// A sound that is not looped counts as over after so many seconds. Ticks decide and not ears, so that
/// servers and clients agree.
const LONGEST_SECONDS: f64 = 60.0;

impl Sounds {
    pub(super) fn is_known(&self, handle: i64, clock: &ScriptClock) -> bool {
        self.0.get(&handle).is_some_and(|(begun, looped)| *looped || !is_over(*begun, clock))
    }

    pub(super) fn start(&mut self, handle: i64, looped: bool, clock: &ScriptClock) {
        self.0.insert(handle, (clock.tick, looped));
    }

    pub(super) fn stop(&mut self, handle: i64) {
        self.0.remove(&handle);
    }
}

fn is_over(begun: u64, clock: &ScriptClock) -> bool {
    clock.tick.saturating_sub(begun) as f64 * clock.delta_time > LONGEST_SECONDS
}

/// Forgets sounds that are over.
pub(super) fn forget_sounds(clock: Res<ScriptClock>, mut sounds: ResMut<Sounds>) {
    // Once a second is often enough.
    if clock.tick.is_multiple_of(64) {
        sounds.0.retain(|_, (begun, looped)| *looped || !is_over(*begun, &clock));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sounds_come_from_their_folders_only() {
        let folders = SoundFolders::default();
        assert!(folders.allows("sounds/horn.ogg"));
        for path in [
            "horn.ogg",
            "sounds/../secret.ogg",
            "sounds\\..\\secret.ogg",
            "/sounds/horn.ogg",
            "mods://sounds/horn.ogg",
            "sounds",
            "",
        ] {
            assert!(!folders.allows(path), "{path}");
        }
    }
}

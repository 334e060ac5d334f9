use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bevy::prelude::*;
use serde::{Deserialize, Serialize};

use super::plugin::ScriptClock;
use crate::contract::{ScriptCommand, ScriptId};

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

/// How many sounds of one entity's scripts may play at a time; when one more begins, the oldest is
/// stopped. Default: **16**.
#[derive(Resource, Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoundLimit(pub usize);

impl Default for SoundLimit {
    fn default() -> Self {
        Self(16)
    }
}

/// The sounds that scripts have started.
#[derive(Resource, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sounds {
    playing: BTreeMap<i64, Playing>,
    /// The sounds of each entity, the oldest first.
    of: BTreeMap<ScriptId, VecDeque<i64>>,
}

/// A sound that was started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Playing {
    begun: u64,
    /// Whether it begins again at its end.
    looped: bool,
    source: ScriptId,
}

/// A sound that is not looped counts as over after so many seconds. Ticks decide and not ears, so that
/// servers and clients agree.
const LONGEST_SECONDS: f64 = 60.0;

impl Sounds {
    pub(super) fn is_known(&self, handle: i64, clock: &ScriptClock) -> bool {
        self.playing.get(&handle).is_some_and(|sound| !sound.is_over(clock))
    }

    /// Adds a sound; gives the one that has to stop for it.
    pub(super) fn start(
        &mut self,
        handle: i64,
        source: ScriptId,
        looped: bool,
        clock: &ScriptClock,
        SoundLimit(limit): SoundLimit,
    ) -> Option<i64> {
        let own = self.of.entry(source).or_default();
        let oldest = if own.len() >= limit.max(1) { own.pop_front() } else { None };
        own.push_back(handle);
        self.playing.insert(handle, Playing { begun: clock.tick, looped, source });
        let stopped = oldest.and_then(|oldest| Some((oldest, self.playing.remove(&oldest)?)));
        stopped.filter(|(_, sound)| !sound.is_over(clock)).map(|(oldest, _)| oldest)
    }

    pub(super) fn stop(&mut self, handle: i64) {
        if let Some(sound) = self.playing.remove(&handle)
            && let Some(own) = self.of.get_mut(&sound.source)
        {
            own.retain(|other| *other != handle);
        }
    }

    fn forget(&mut self, clock: &ScriptClock) {
        let Self { playing, of } = self;
        playing.retain(|_, sound| !sound.is_over(clock));
        of.retain(|_, own| {
            own.retain(|handle| playing.contains_key(handle));
            !own.is_empty()
        });
    }
}

impl Playing {
    fn is_over(&self, clock: &ScriptClock) -> bool {
        !self.looped && is_over(self.begun, clock)
    }
}

fn is_over(begun: u64, clock: &ScriptClock) -> bool {
    clock.tick.saturating_sub(begun) as f64 * clock.delta_time > LONGEST_SECONDS
}

/// Forgets sounds that are over.
pub(super) fn forget_sounds(clock: Res<ScriptClock>, mut sounds: ResMut<Sounds>) {
    // Once a second is often enough.
    if clock.tick.is_multiple_of(64) {
        sounds.forget(&clock);
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

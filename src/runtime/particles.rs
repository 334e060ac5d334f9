use std::collections::BTreeMap;

use bevy::{
    asset::{AssetLoader, AsyncReadExt as _, LoadContext, io::Reader},
    prelude::*,
    reflect::TypePath,
};
use serde::{Deserialize, Serialize};

use super::show::ParticleEffects;

/// A file of particle effects by their names: `*.particles.json`.
///
/// Keep its handle for as long as scripts may show the effects. A server loads it too, so that a name
/// that does not exist is the same script error everywhere; only clients with a renderer show anything.
///
/// ```json
/// {
///   "dust": { "count": 24, "lifetime": [0.4, 0.9], "speed": [0.5, 1.5], "size": [0.15, 0.0] }
/// }
/// ```
#[derive(Asset, TypePath, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ParticleFile(pub BTreeMap<String, ParticleEffectSpec>);

/// What a particle effect looks like. All fields may be left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ParticleEffectSpec {
    /// How many particles there are in all, 1 to 10,000. Default: **32**.
    pub count: u32,
    /// Over how many seconds they come; 0 for all at once. Default: **0**.
    pub duration: f32,
    /// How long a particle lives, in seconds, at least and at most. Default: **0.5 to 1**.
    pub lifetime: [f32; 2],
    /// How large the ball is in which they come, in units. Default: **0.1**.
    pub radius: f32,
    /// How fast they fly off from its centre, in units a second, at least and at most. Default: **1 to 2**.
    pub speed: [f32; 2],
    /// What pulls them, in units a second each second. Default: **[0, 0, 0]**.
    pub pull: [f32; 3],
    /// How much the air slows them down, a second. Default: **0**.
    pub drag: f32,
    /// How large a particle is at its beginning and at its end, in units. Default: **0.1, 0**.
    pub size: [f32; 2],
    /// Its colours from its beginning to its end: red, green, blue, opacity; above 1 it glows.
    /// Default: **white**.
    pub colors: Vec<[f32; 4]>,
}

impl Default for ParticleEffectSpec {
    fn default() -> Self {
        Self {
            count: 32,
            duration: 0.0,
            lifetime: [0.5, 1.0],
            radius: 0.1,
            speed: [1.0, 2.0],
            pull: [0.0; 3],
            drag: 0.0,
            size: [0.1, 0.0],
            colors: vec![[1.0; 4]],
        }
    }
}

impl ParticleEffectSpec {
    /// How many seconds pass from its first particle to the end of its last.
    #[must_use]
    pub fn seconds(&self) -> f32 {
        self.duration + self.lifetime[1]
    }

    fn check(&self) -> Result<(), String> {
        let Self { count, duration, lifetime, radius, speed, pull, drag, size, colors } = self;
        if !(1..=10_000).contains(count) {
            return Err(format!("`count` must lie in 1..=10000, got {count}"));
        }
        let amounts = [
            ("duration", &[*duration][..]),
            ("lifetime", lifetime),
            ("radius", &[*radius]),
            ("speed", speed),
            ("drag", &[*drag]),
            ("size", size),
        ];
        for (field, values) in amounts {
            if let Some(bad) = values.iter().find(|x| !(0.0..=1e4).contains(*x)) {
                return Err(format!("`{field}` must lie in 0..=10000, got {bad}"));
            }
        }
        for (field, [low, high]) in [("lifetime", lifetime), ("speed", speed)] {
            if low > high {
                return Err(format!("`{field}`: the least, {low}, is above the most, {high}"));
            }
        }
        if lifetime[1] <= 0.0 {
            return Err("`lifetime`: a particle must live".to_owned());
        }
        if let Some(bad) = pull.iter().find(|x| !x.is_finite()) {
            return Err(format!("`pull` must be finite, got {bad}"));
        }
        if colors.is_empty() || colors.len() > 16 {
            return Err(format!("`colors` must be 1 to 16, got {}", colors.len()));
        }
        if let Some(bad) = colors.iter().flatten().find(|x| !(0.0..=1e4).contains(*x)) {
            return Err(format!("`colors` must lie in 0..=10000, got {bad}"));
        }
        Ok(())
    }
}

/// Why a file of particle effects cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ParticleFileError {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// It is not what it should be; the text names the line.
    #[error("is no file of particle effects: {0}")]
    Parse(#[from] serde_json::Error),
    /// A field of an effect is out of range.
    #[error("effect \"{effect}\": {message}")]
    Field {
        /// The effect.
        effect: String,
        /// Which field, and what it may be.
        message: String,
    },
}

impl ParticleFile {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// It is not JSON, has a field that does not exist, or one that is out of range.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParticleFileError> {
        let file: Self = serde_json::from_slice(bytes)?;
        for (effect, spec) in &file.0 {
            spec.check()
                .map_err(|message| ParticleFileError::Field { effect: effect.clone(), message })?;
        }
        Ok(file)
    }
}

/// Loads `*.particles.json`.
#[derive(TypePath)]
struct ParticleFileLoader;

/// So many bytes a file may have.
const MOST_BYTES: u64 = 1 << 20;

impl AssetLoader for ParticleFileLoader {
    type Asset = ParticleFile;
    type Settings = ();
    type Error = ParticleFileError;

    async fn load(
        &self,
        reader: &mut dyn Reader,
        (): &(),
        _: &mut LoadContext<'_>,
    ) -> Result<ParticleFile, ParticleFileError> {
        let mut bytes = Vec::new();
        reader.take(MOST_BYTES).read_to_end(&mut bytes).await?;
        ParticleFile::parse(&bytes)
    }

    fn extensions(&self) -> &[&str] {
        &["particles.json"]
    }
}

pub(super) fn build(app: &mut App) {
    app.init_resource::<ParticleEffects>()
        .init_asset::<ParticleFile>()
        .register_asset_loader(ParticleFileLoader)
        .add_systems(PreUpdate, learn);
}

/// Lets scripts show what the files have.
fn learn(
    mut events: MessageReader<AssetEvent<ParticleFile>>,
    files: Res<Assets<ParticleFile>>,
    mut effects: ResMut<ParticleEffects>,
) {
    for event in events.read() {
        if let AssetEvent::Added { id } | AssetEvent::Modified { id } = event
            && let Some(ParticleFile(file)) = files.get(*id)
        {
            effects.0.extend(file.keys().cloned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        ParticleFile::parse(text.as_bytes())
            .map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn a_file_says_what_it_wants_and_the_rest_is_usual() {
        let file = ParticleFile::parse(b"{ \"dust\": { \"count\": 3 }, \"fog\": {} }");
        let file = file.unwrap_or_else(|error| panic!("{error}"));
        let usual = ParticleEffectSpec::default();
        assert_eq!(file.0["fog"], usual);
        assert_eq!(file.0["dust"], ParticleEffectSpec { count: 3, ..usual });
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_place() {
        assert!(refused("{").contains("line 1"));
        assert!(refused("{ \"a\": { \"cuont\": 1 } }").contains("unknown field `cuont`"));
        for (field, value) in [
            ("count", "0"),
            ("count", "10001"),
            ("duration", "-1"),
            ("lifetime", "[2, 1]"),
            ("lifetime", "[0, 0]"),
            ("speed", "[1e9, 1e9]"),
            ("size", "[-1, 0]"),
            ("colors", "[]"),
            ("colors", "[[0, 0, 0, -1]]"),
        ] {
            let error = refused(&format!("{{ \"a\": {{ \"{field}\": {value} }} }}"));
            assert!(error.contains("\"a\"") && error.contains(field), "{field} {value}: {error}");
        }
    }
}

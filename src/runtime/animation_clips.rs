use std::collections::BTreeMap;

use bevy::prelude::*;
use serde::{Deserialize, Serialize};

/// The clips that scripts can play on an entity: names, and the node of each in the entity's animation
/// graph.
///
/// It needs no renderer: a server gives it to its entities too, so that a name which does not exist is
/// the same script error everywhere. An entity without it takes any name, and nothing is played there.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Reflect, Serialize, Deserialize)]
#[reflect(Component, Default, PartialEq, Serialize, Deserialize)]
pub struct AnimationClips(pub BTreeMap<String, u32>);

impl AnimationClips {
    /// Clips by their names and nodes.
    pub fn new<N: Into<String>>(clips: impl IntoIterator<Item = (N, u32)>) -> Self {
        Self(clips.into_iter().map(|(name, node)| (name.into(), node)).collect())
    }
}

use std::{collections::BTreeMap, sync::Arc};

use bevy::prelude::*;

/// What makes an entity of a prefab: adds components to one that has its id and place already.
pub(super) type PrefabFn = Arc<dyn Fn(&mut EntityWorldMut<'_>) + Send + Sync>;

/// What scripts can spawn.
#[derive(Resource, Default)]
pub(super) struct Prefabs(pub(super) BTreeMap<String, PrefabFn>);

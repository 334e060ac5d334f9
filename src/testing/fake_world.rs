use std::collections::{BTreeMap, BTreeSet};

use glam::Vec3;

use crate::{
    api::closest,
    contract::{ComponentFault, ScriptCommand, ScriptId, Value, WorldView},
};

/// A world of plain facts: scripts can read it, and their commands can be applied to it, without
/// Bevy.
///
/// ```
/// use bevy_cscript::{contract::ScriptId, testing::{FakeEntity, FakeWorld, ScriptRunner}};
/// use glam::Vec3;
///
/// let mut world = FakeWorld::default();
/// world.entities.insert(ScriptId(1), FakeEntity::at(Vec3::ZERO));
/// let mut runner = ScriptRunner::new("fn on_update() { set_position(entity_id, [1, 2, 3]); }")
///     .expect("the script compiles");
/// runner.start(&world, ScriptId(1)).expect("the script starts");
/// let commands = runner.call(&world, "on_update", &[]).expect("the call succeeds");
/// world.apply(&commands);
/// assert_eq!(world.entities[&ScriptId(1)].position, Some(Vec3::new(1.0, 2.0, 3.0)));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FakeWorld {
    /// What exists.
    pub entities: BTreeMap<ScriptId, FakeEntity>,
    /// What can be spawned.
    pub prefabs: BTreeSet<String>,
    /// Components that are exposed, and whether for writing.
    pub exposed: BTreeMap<String, bool>,
    /// What was published, in order.
    pub published: Vec<(String, Value)>,
    /// Functions of the host that were called for their effect, in order.
    pub host_calls: Vec<(String, Vec<Value>)>,
}

/// An entity of a [`FakeWorld`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FakeEntity {
    /// World-space translation, if it has one.
    pub position: Option<Vec3>,
    /// Where it faces.
    pub facing: Option<Vec3>,
    /// Linear velocity.
    pub velocity: Vec3,
    /// Its tag; empty for none.
    pub tag: String,
    /// Its exposed components.
    pub components: BTreeMap<String, Value>,
}

impl FakeEntity {
    /// An entity at a place.
    #[must_use]
    pub fn at(position: Vec3) -> Self {
        Self { position: Some(position), ..Self::default() }
    }
}

impl FakeWorld {
    /// Does what scripts asked for, in order. Commands for entities that are gone do nothing.
    pub fn apply(&mut self, commands: &[ScriptCommand]) {
        for command in commands {
            self.apply_one(command);
        }
    }

    fn apply_one(&mut self, command: &ScriptCommand) {
        match command {
            ScriptCommand::Spawn { id, position, .. } => {
                self.entities.insert(*id, FakeEntity::at(*position));
            }
            ScriptCommand::Destroy { id } => {
                self.entities.remove(id);
            }
            ScriptCommand::Publish { topic, value } => {
                self.published.push((topic.to_string(), (**value).clone()));
            }
            ScriptCommand::Host { function, args, .. } => {
                self.host_calls.push((function.to_string(), args.clone()));
            }
            ScriptCommand::SetPosition { id, position } => {
                self.change(*id, |entity| entity.position = Some(*position));
            }
            ScriptCommand::MoveTowards { id, target, step } => self.change(*id, |entity| {
                entity.position = entity.position.map(|at| at.move_towards(*target, *step));
            }),
            ScriptCommand::Teleport { id, position } => self.change(*id, |entity| {
                entity.position = Some(*position);
                entity.velocity = Vec3::ZERO;
            }),
            ScriptCommand::Face { id, direction } => {
                self.change(*id, |entity| entity.facing = direction.try_normalize());
            }
            ScriptCommand::SetTag { id, tag } => {
                self.change(*id, |entity| entity.tag = tag.to_string());
            }
            ScriptCommand::SetComponent { id, name, value } => self.change(*id, |entity| {
                let before = entity.components.remove(&**name);
                let after = patched(before, value);
                entity.components.insert(name.to_string(), after);
            }),
        }
    }

    fn change(&mut self, id: ScriptId, change: impl FnOnce(&mut FakeEntity)) {
        if let Some(entity) = self.entities.get_mut(&id) {
            change(entity);
        }
    }

    fn access(&self, name: &str) -> Result<bool, ComponentFault> {
        self.exposed.get(name).copied().ok_or_else(|| ComponentFault::Unknown {
            name: name.to_owned(),
            nearest: closest(name, self.exposed.keys().map(String::as_str)).map(str::to_owned),
        })
    }
}

/// A map patches a map entry by entry; everything else replaces what was there.
fn patched(before: Option<Value>, patch: &Value) -> Value {
    match (before, patch) {
        (Some(Value::Map(mut before)), Value::Map(patch)) => {
            for (key, value) in patch {
                let old = before.remove(key);
                before.insert(key.clone(), patched(old, value));
            }
            Value::Map(before)
        }
        (_, patch) => patch.clone(),
    }
}

impl WorldView for FakeWorld {
    fn exists(&self, id: ScriptId) -> bool {
        self.entities.contains_key(&id)
    }

    fn position(&self, id: ScriptId) -> Option<Vec3> {
        self.entities.get(&id)?.position
    }

    fn velocity(&self, id: ScriptId) -> Vec3 {
        self.entities.get(&id).map_or(Vec3::ZERO, |entity| entity.velocity)
    }

    fn tag(&self, id: ScriptId) -> Option<&str> {
        self.entities.get(&id).map(|entity| entity.tag.as_str())
    }

    fn find_by_tag(&self, tag: &str, accept: &dyn Fn(ScriptId) -> bool) -> Option<ScriptId> {
        self.entities
            .iter()
            .find(|(id, entity)| entity.tag == tag && accept(**id))
            .map(|(id, _)| *id)
    }

    fn component(&self, id: ScriptId, name: &str) -> Result<Option<Value>, ComponentFault> {
        self.access(name)?;
        Ok(self.entities.get(&id).and_then(|entity| entity.components.get(name)).cloned())
    }

    fn patched_component(
        &self,
        id: ScriptId,
        name: &str,
        patches: &[&Value],
    ) -> Result<Value, ComponentFault> {
        if !self.access(name)? {
            return Err(ComponentFault::ReadOnly { name: name.to_owned() });
        }
        let mut value = self.component(id, name)?;
        for patch in patches {
            value = Some(patched(value, patch));
        }
        Ok(value.unwrap_or_default())
    }

    fn is_prefab(&self, name: &str) -> bool {
        self.prefabs.contains(name)
    }
}

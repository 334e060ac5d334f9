use std::collections::{BTreeMap, BTreeSet};

use glam::Vec3;

use crate::{
    api::closest,
    contract::{
        ComponentFault, Neighbor, Pack, RayHit, ScriptCommand, ScriptId, Shape, Space,
        StatusEffect, Value, Vitals, WorldView, moved_towards,
    },
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
    /// Items, and how many fit in a slot.
    pub items: BTreeMap<String, u32>,
    /// Particle effects that are registered.
    pub particle_effects: BTreeSet<String>,
    /// Sounds that were started and not stopped.
    pub sounds: BTreeSet<i64>,
    /// What was shown or played and changes nothing else, in order.
    pub shown: Vec<ScriptCommand>,
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
    /// Health and armor, if it has any to lose.
    pub vitals: Option<Vitals>,
    /// What works on it.
    pub effects: Vec<StatusEffect>,
    /// Its team; empty for none.
    pub team: String,
    /// How much damage it threatens to do.
    pub attack_power: f32,
    /// How far it sees; everything if `None`.
    pub sight_range: Option<f32>,
    /// How high its eyes are.
    pub eye_height: f32,
    /// What of it stands in the way of rays.
    pub shape: Option<Shape>,
    /// What it carries, if it can carry anything.
    pub pack: Option<Pack>,
    /// Its animations, if it can be animated.
    pub animations: Option<BTreeSet<String>>,
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
                entity.position = entity.position.map(|at| moved_towards(at, *target, *step));
            }),
            ScriptCommand::Teleport { id, position } => self.change(*id, |entity| {
                entity.position = Some(*position);
                entity.velocity = Vec3::ZERO;
            }),
            ScriptCommand::Face { id, direction } => {
                self.change(*id, |entity| entity.facing = direction.try_normalize());
            }
            ScriptCommand::ApplyDamage { id, amount, .. } => self.change_vitals(*id, |vitals| {
                vitals.hurt(*amount);
            }),
            ScriptCommand::Heal { id, amount } => self.change_vitals(*id, |vitals| {
                vitals.heal(*amount);
            }),
            ScriptCommand::SetHealth { id, value, .. } => {
                self.change_vitals(*id, |vitals| vitals.set(*value));
            }
            ScriptCommand::ApplyStatusEffect { id, effect } => {
                self.change(*id, |entity| (**effect).clone().add_to(&mut entity.effects));
            }
            ScriptCommand::ClearStatusEffects { id } => {
                self.change(*id, |entity| entity.effects.clear());
            }
            ScriptCommand::AddItems { id, item, count } => {
                let max_stack = self.items.get(&**item).copied().unwrap_or(0);
                self.change(*id, |entity| {
                    if let Some(pack) = &mut entity.pack {
                        pack.add(item, *count, max_stack);
                    }
                });
            }
            ScriptCommand::RemoveItems { id, item, count } => self.change(*id, |entity| {
                if let Some(pack) = &mut entity.pack {
                    pack.remove(item, *count);
                }
            }),
            ScriptCommand::PlaySound { handle, .. } => {
                self.sounds.insert(*handle);
                self.shown.push(command.clone());
            }
            ScriptCommand::StopSound { handle } => {
                self.sounds.remove(handle);
                self.shown.push(command.clone());
            }
            ScriptCommand::PlayAnimation { .. }
            | ScriptCommand::SpawnParticle { .. }
            | ScriptCommand::ShakeScreen { .. } => self.shown.push(command.clone()),
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

    fn change_vitals(&mut self, id: ScriptId, change: impl FnOnce(&mut Vitals)) {
        self.change(id, |entity| {
            if let Some(vitals) = &mut entity.vitals {
                change(vitals);
            }
        });
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

    fn vitals(&self, id: ScriptId) -> Option<Vitals> {
        self.entities.get(&id)?.vitals
    }

    fn status_effects(&self, id: ScriptId) -> Option<&[StatusEffect]> {
        self.entities.get(&id).map(|entity| entity.effects.as_slice())
    }

    fn team(&self, id: ScriptId) -> Option<&str> {
        self.entities.get(&id).map(|entity| entity.team.as_str()).filter(|team| !team.is_empty())
    }

    fn attack_power(&self, id: ScriptId) -> f32 {
        self.entities.get(&id).map_or(0.0, |entity| entity.attack_power)
    }

    fn sight_range(&self, id: ScriptId) -> f32 {
        self.entities.get(&id).and_then(|entity| entity.sight_range).unwrap_or(f32::INFINITY)
    }

    fn eye_height(&self, id: ScriptId) -> f32 {
        self.entities.get(&id).map_or(0.0, |entity| entity.eye_height)
    }

    fn shape(&self, id: ScriptId) -> Option<Shape> {
        self.entities.get(&id)?.shape
    }

    fn space(&self) -> Option<&dyn Space> {
        Some(self)
    }

    fn pack(&self, id: ScriptId) -> Option<&Pack> {
        self.entities.get(&id)?.pack.as_ref()
    }

    fn max_stack(&self, item: &str) -> Option<u32> {
        self.items.get(item).copied()
    }

    fn is_sound_allowed(&self, path: &str) -> bool {
        path.starts_with("sounds/") && !path.contains("..")
    }

    fn is_sound_known(&self, handle: i64) -> bool {
        self.sounds.contains(&handle)
    }

    fn has_animation(&self, id: ScriptId, name: &str) -> Option<bool> {
        Some(self.entities.get(&id)?.animations.as_ref()?.contains(name))
    }

    fn is_particle_effect(&self, name: &str) -> bool {
        self.particle_effects.contains(name)
    }
}

/// Looks at everybody, each time.
impl Space for FakeWorld {
    fn each_team(&self, visit: &mut dyn FnMut(&str)) {
        let teams: BTreeSet<_> = self.entities.keys().filter_map(|id| self.team(*id)).collect();
        teams.into_iter().for_each(visit);
    }

    fn by_distance(&self, team: &str, from: Vec3, visit: &mut dyn FnMut(Neighbor) -> bool) {
        let members = self.entities.iter().filter(|(_, entity)| entity.team == team);
        let mut members: Vec<_> = members
            .filter_map(|(id, entity)| entity.position.map(|at| (from.distance(at), *id)))
            .collect();
        members.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let _ = members.into_iter().all(|(distance, id)| {
            let (is_alive, attack_power) = (self.is_alive(id), self.attack_power(id));
            visit(Neighbor { id, distance, is_alive, attack_power })
        });
    }

    fn raycast(
        &self,
        origin: Vec3,
        direction: Vec3,
        max_distance: f32,
        accept: &dyn Fn(ScriptId) -> bool,
    ) -> Option<RayHit> {
        let hit = |(id, entity): (&ScriptId, &FakeEntity)| {
            let body = (*id, entity.position?);
            accept(*id).then(|| entity.shape?.hit_by(body, origin, direction, max_distance))?
        };
        RayHit::first(self.entities.iter().filter_map(hit))
    }
}

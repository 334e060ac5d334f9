use glam::Vec3;

use crate::contract::{
    ComponentFault, Neighbor, Pack, RayHit, ScriptId, Shape, Space, Stack, StatusEffect, Value,
    Vitals, WorldView,
};

/// The world that scripts are attacked in: plain facts that stay as they are, so that every function
/// of the API has something to work on.
///
/// Entities 1 to 32 stand in a square, the script's own is 1. The odd ones are of the team `red`, the
/// even ones of `blue`; all have a tag, health, a shape and something in their packs.
pub(super) struct Stand {
    entities: Vec<Entity>,
}

struct Entity {
    id: ScriptId,
    position: Vec3,
    tag: String,
    team: &'static str,
    effects: Vec<StatusEffect>,
    pack: Pack,
}

/// How many entities there are.
const ENTITIES: i64 = 32;

impl Stand {
    pub(super) fn new() -> Self {
        let entity = |id: i64| Entity {
            id: ScriptId(id),
            position: Vec3::new((id % 8) as f32 * 3.0, 0.0, (id / 8) as f32 * 3.0),
            tag: format!("tag{id}"),
            team: if id % 2 == 1 { "red" } else { "blue" },
            effects: Vec::new(),
            pack: Pack { stacks: vec![Stack { item: "coin".to_owned(), count: 5 }], slots: 8 },
        };
        Self { entities: (1..=ENTITIES).map(entity).collect() }
    }

    fn get(&self, id: ScriptId) -> Option<&Entity> {
        let place = usize::try_from(id.0.checked_sub(1)?).ok()?;
        self.entities.get(place)
    }
}

const SHAPE: Shape = Shape::Sphere { radius: 0.5 };

impl WorldView for Stand {
    fn exists(&self, id: ScriptId) -> bool {
        self.get(id).is_some()
    }
    fn position(&self, id: ScriptId) -> Option<Vec3> {
        self.get(id).map(|entity| entity.position)
    }
    fn velocity(&self, _: ScriptId) -> Vec3 {
        Vec3::X
    }
    fn tag(&self, id: ScriptId) -> Option<&str> {
        self.get(id).map(|entity| &*entity.tag)
    }
    fn find_by_tag(&self, tag: &str, accept: &dyn Fn(ScriptId) -> bool) -> Option<ScriptId> {
        let tagged = self.entities.iter().filter(|entity| entity.tag == tag);
        tagged.map(|entity| entity.id).find(|id| accept(*id))
    }
    fn component(&self, id: ScriptId, name: &str) -> Result<Option<Value>, ComponentFault> {
        match name {
            "Stats" => Ok(self.get(id).map(|_| Value::map().with("power", 10.0))),
            _ => Err(ComponentFault::Unknown { name: name.to_owned(), nearest: None }),
        }
    }
    fn patched_component(
        &self,
        id: ScriptId,
        name: &str,
        patches: &[&Value],
    ) -> Result<Value, ComponentFault> {
        let now = self.component(id, name)?.unwrap_or_default();
        Ok(patches.last().map_or(now, |patch| (*patch).clone()))
    }
    fn is_prefab(&self, name: &str) -> bool {
        name == "spark"
    }
    fn vitals(&self, id: ScriptId) -> Option<Vitals> {
        self.get(id).map(|_| Vitals { health: 100.0, max: 100.0, armor: 1.0 })
    }
    fn status_effects(&self, id: ScriptId) -> Option<&[StatusEffect]> {
        self.get(id).map(|entity| &*entity.effects)
    }
    fn team(&self, id: ScriptId) -> Option<&str> {
        self.get(id).map(|entity| entity.team)
    }
    fn attack_power(&self, id: ScriptId) -> f32 {
        self.get(id).map_or(0.0, |_| 5.0)
    }
    fn eye_height(&self, id: ScriptId) -> f32 {
        self.get(id).map_or(0.0, |_| 1.7)
    }
    fn shape(&self, id: ScriptId) -> Option<Shape> {
        self.get(id).map(|_| SHAPE)
    }
    fn space(&self) -> Option<&dyn Space> {
        Some(self)
    }
    fn pack(&self, id: ScriptId) -> Option<&Pack> {
        self.get(id).map(|entity| &entity.pack)
    }
    fn max_stack(&self, item: &str) -> Option<u32> {
        (item == "coin").then_some(10)
    }
    fn has_animation(&self, id: ScriptId, name: &str) -> Option<bool> {
        self.get(id).map(|_| name == "walk")
    }
    fn is_particle_effect(&self, name: &str) -> bool {
        name == "dust"
    }
}

impl Space for Stand {
    fn each_team(&self, visit: &mut dyn FnMut(&str)) {
        ["blue", "red"].into_iter().for_each(visit);
    }

    fn by_distance(&self, team: &str, from: Vec3, visit: &mut dyn FnMut(Neighbor) -> bool) {
        let members = self.entities.iter().filter(|entity| entity.team == team);
        let mut members: Vec<_> =
            members.map(|entity| (from.distance(entity.position), entity.id)).collect();
        members.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let _ = members.into_iter().all(|(distance, id)| {
            visit(Neighbor { id, distance, is_alive: true, attack_power: self.attack_power(id) })
        });
    }

    fn raycast(
        &self,
        origin: Vec3,
        direction: Vec3,
        max_distance: f32,
        accept: &dyn Fn(ScriptId) -> bool,
    ) -> Option<RayHit> {
        let others = self.entities.iter().filter(|entity| accept(entity.id));
        RayHit::first(others.filter_map(|entity| {
            SHAPE.hit_by((entity.id, entity.position), origin, direction, max_distance)
        }))
    }
}

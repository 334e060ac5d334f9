//! The worlds behind the scripts: places in a list, and nothing else, so that what is measured is the
//! way there.

use std::cell::RefCell;

use bevy_cscript::contract::{ComponentFault, ScriptCommand, ScriptId, Value, WorldView};
use glam::Vec3;

use crate::ENTITIES;

/// Where the entities are: the entity 1 is the first.
#[derive(Default)]
pub struct Places(Vec<Vec3>);

impl Places {
    /// All entities on a grid around the square that they walk.
    pub fn new() -> Self {
        let place = |i: usize| Vec3::new((i % 10) as f32, 0.0, (i / 10 % 10) as f32);
        Self((0..ENTITIES).map(place).collect())
    }

    pub fn of(&self, entity: i64) -> Vec3 {
        self.0[(entity - 1) as usize]
    }

    /// Moves an entity by at most `step`; whether it is there.
    pub fn move_towards(&mut self, entity: i64, target: Vec3, step: f32) -> bool {
        let place = &mut self.0[(entity - 1) as usize];
        *place = moved(*place, target, step);
        *place == target
    }

    /// Does what scripts of ours asked for.
    pub fn apply(&mut self, commands: &[ScriptCommand]) {
        for command in commands {
            let ScriptCommand::MoveTowards { id, target, step } = command else {
                panic!("nobody asks for {command:?}")
            };
            self.move_towards(id.0, *target, *step);
        }
    }
}

/// As bevy_cscript has it.
fn moved(from: Vec3, target: Vec3, step: f32) -> Vec3 {
    let way = target.as_dvec3() - from.as_dvec3();
    let (distance, step) = (way.length(), f64::from(step));
    if distance <= step {
        return target;
    }
    if step <= 0.0 { from } else { (from.as_dvec3() + way * (step / distance)).as_vec3() }
}

/// As bevy_cscript has it.
pub fn distance(a: Vec3, b: Vec3) -> f64 {
    a.as_dvec3().distance(b.as_dvec3())
}

thread_local! {
    /// The world of the contestant that is running, for the functions of stock Rhai and Lua.
    static WORLD: RefCell<Places> = const { RefCell::new(Places(Vec::new())) };
}

/// Runs something with a world that [`place_of`] and [`move_towards`] mean.
pub fn within<R>(places: &mut Places, work: impl FnOnce() -> R) -> R {
    let swap = |places: &mut Places| {
        WORLD.with_borrow_mut(|world| std::mem::swap(world, places));
    };
    swap(places);
    let result = work();
    swap(places);
    result
}

pub fn place_of(entity: i64) -> Vec3 {
    WORLD.with_borrow(|world| world.of(entity))
}

pub fn move_towards(entity: i64, target: Vec3, step: f64) -> bool {
    WORLD.with_borrow_mut(|world| world.move_towards(entity, target, step as f32))
}

impl WorldView for Places {
    fn exists(&self, id: ScriptId) -> bool {
        (1..=self.0.len() as i64).contains(&id.0)
    }

    fn position(&self, id: ScriptId) -> Option<Vec3> {
        self.0.get(usize::try_from(id.0 - 1).ok()?).copied()
    }

    fn velocity(&self, _: ScriptId) -> Vec3 {
        Vec3::ZERO
    }

    fn tag(&self, _: ScriptId) -> Option<&str> {
        None
    }

    fn find_by_tag(&self, _: &str, _: &dyn Fn(ScriptId) -> bool) -> Option<ScriptId> {
        None
    }

    fn component(&self, _: ScriptId, _: &str) -> Result<Option<Value>, ComponentFault> {
        Ok(None)
    }

    fn patched_component(
        &self,
        _: ScriptId,
        name: &str,
        _: &[&Value],
    ) -> Result<Value, ComponentFault> {
        Err(ComponentFault::ReadOnly { name: name.to_owned() })
    }

    fn is_prefab(&self, _: &str) -> bool {
        false
    }
}

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
};

use bevy::{ecs::entity_disabling::Disabled, prelude::*};
use serde::{Deserialize, Serialize};

use super::{
    apply::Dying,
    authority::Owner,
    bind::Versions,
    budget::{SavedTurn, TickUse},
    collect::{PassJobs, SavedCall},
    cscript::{CScript, SavedSlot},
    event_queue::EventQueue,
    expose::ExposedComponents,
    gameplay::{
        Armor, AttackPower, EyeHeight, Health, Hitbox, Inventory, SightRange, StatusEffects, Team,
    },
    ids::ScriptIds,
    load::Script,
    motion::{Motion, MotionWanted},
    plugin::{ScriptClock, ScriptSettings},
    quarantine::PausedMods,
    show::Sounds,
    sleep::{Asleep, KeepsAwake, SleepBeyond},
    tag::Tag,
};
use crate::{
    authority::ClientId,
    contract::{ScriptEvent, ScriptId, Value},
    script::CompiledScript,
};

/// What a save begins with: what it is, and in which version of the format.
const HEAD: &[u8] = b"bevy_cscript save\0\x03";

/// All that scripts see and keep, as it was between two ticks.
#[derive(Serialize, Deserialize)]
pub(super) struct Save {
    pub(super) tick: u64,
    pub(super) world_seed: u64,
    pub(super) last_id: i64,
    pub(super) measures_motion: bool,
    /// Events that wait for the next tick.
    pub(super) events: Vec<ScriptEvent>,
    pub(super) sounds: Sounds,
    /// Whom scripts destroyed and who hears of it in the next tick.
    pub(super) dying: Vec<ScriptId>,
    /// Calls that did not fit into a tick.
    pub(super) calls: Vec<SavedCall>,
    /// Whose turn it is, among those who share a tick.
    pub(super) turns: Vec<SavedTurn>,
    pub(super) paused: PausedMods,
    /// By id.
    pub(super) entities: Vec<SavedEntity>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct SavedEntity {
    pub(super) id: ScriptId,
    pub(super) parent: Option<ScriptId>,
    pub(super) owner: Option<ClientId>,
    pub(super) disabled: bool,
    /// Whether it is asleep, beyond which distance it sleeps, whether it keeps others awake.
    pub(super) sleep: (bool, Option<f32>, bool),
    pub(super) place: Option<([f32; 3], [f32; 4], [f32; 3])>,
    pub(super) motion: (Option<Vec3>, Vec3),
    pub(super) tag: Option<Tag>,
    pub(super) health: Option<Health>,
    pub(super) armor: Option<Armor>,
    pub(super) effects: Option<StatusEffects>,
    pub(super) attack: Option<AttackPower>,
    pub(super) sight: Option<SightRange>,
    pub(super) eyes: Option<EyeHeight>,
    pub(super) hitbox: Option<Hitbox>,
    pub(super) team: Option<Team>,
    pub(super) inventory: Option<Inventory>,
    pub(super) exposed: BTreeMap<String, Value>,
    pub(super) scripts: Option<Vec<SavedSlot>>,
}

/// What loading did to the world, for the game to add what scripts do not see: meshes, markers, sounds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Entities that were not there and are now.
    pub spawned: Vec<(ScriptId, Entity)>,
    /// Entities that were there and are not in the save.
    pub despawned: Vec<ScriptId>,
}

/// Why a save cannot be made or loaded. Loading that fails has changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// The bytes are no save of this format.
    #[error("this is no save of this version of the game: {0}")]
    Malformed(String),
    /// A script of the save is not there.
    #[error("{0}: the save needs this script; load it, and run a tick, before the save")]
    NoScript(String),
    /// A new version of a script waits for its turn, because its mod has used up its share of the tick: what
    /// the old one holds belongs to neither.
    #[error(
        "{0}: a new version of this script has not taken over everywhere; save after the next tick"
    )]
    Reloading(String),
    /// A script is another one than when the game was saved.
    #[error("{0}: the save is of another version of this script; restore that version")]
    OtherScript(String),
    /// A script's variables are not those of the save.
    #[error("{script}: {reason}")]
    State {
        /// The script.
        script: String,
        /// What does not fit.
        reason: String,
    },
    /// A component cannot be read or written, or the host does not expose it any more.
    #[error("component {name} of entity {id}: {reason}")]
    Component {
        /// The entity.
        id: ScriptId,
        /// The component.
        name: String,
        /// What does not fit.
        reason: String,
    },
}

/// Saves all that scripts see and keep: the tick, ids, events that wait, sounds that play, and of every entity
/// with a [`ScriptId`] its place, tag, gameplay and exposed components and its scripts with their
/// variables. With them goes what mods have still to get: calls that were put off, whose turn it is, and which mods are
/// paused. Call it between two frames, not in the midst of a tick.
///
/// What scripts do not see, and what the host keeps for itself, the host saves. So are [`ScriptEvent`]s that
/// it has sent and that no tick has taken in yet.
///
/// # Errors
/// [`SaveError::Component`] if an exposed component cannot be shown as a value, [`SaveError::Reloading`] in the few
/// ticks in which a new version waits for its turn.
pub fn save_scripts(world: &World) -> Result<Vec<u8>, SaveError> {
    if let Some(script) = world.resource::<PassJobs>().reloading() {
        return Err(SaveError::Reloading(script.path().to_string()));
    }
    let mut ids: Vec<_> = world.resource::<ScriptIds>().iter().collect();
    ids.sort_unstable_by_key(|(id, _)| *id);
    let entities = ids.into_iter().map(|(id, entity)| saved(world, id, entity));
    let Dying { new, last } = world.resource::<Dying>();
    let dying = last.iter().chain(new);
    let save = Save {
        tick: world.resource::<ScriptClock>().tick,
        world_seed: world.resource::<ScriptSettings>().world_seed,
        last_id: world.resource::<ScriptIds>().last(),
        measures_motion: world.resource::<MotionWanted>().0.load(Ordering::Relaxed),
        events: world.resource::<EventQueue>().waiting().cloned().collect(),
        sounds: world.resource::<Sounds>().clone(),
        dying: dying.filter_map(|entity| world.get(*entity).copied()).collect(),
        calls: world.resource::<PassJobs>().saved(world),
        turns: world.resource::<TickUse>().saved(),
        paused: world.resource::<PausedMods>().clone(),
        entities: entities.collect::<Result<_, _>>()?,
    };
    let mut bytes = HEAD.to_vec();
    rmp_serde::encode::write(&mut bytes, &save)
        .map_err(|error| SaveError::Malformed(error.to_string()))?;
    Ok(bytes)
}

fn saved(world: &World, id: ScriptId, entity: Entity) -> Result<SavedEntity, SaveError> {
    let mut exposed = BTreeMap::new();
    for (name, component) in &world.resource::<ExposedComponents>().0 {
        let read = component.read(world, entity).map_err(|fault| SaveError::Component {
            id,
            name: name.clone(),
            reason: format!("{fault:?}"),
        })?;
        exposed.extend(read.map(|value| (name.clone(), value)));
    }
    let assets = world.resource::<Assets<Script>>();
    let parent = world.get::<ChildOf>(entity).map(ChildOf::parent);
    let motion = world.get::<Motion>(entity).copied().unwrap_or_default();
    Ok(SavedEntity {
        id,
        parent: parent.and_then(|parent| world.get(parent)).copied(),
        owner: world.get::<Owner>(entity).map(|Owner(client)| *client),
        disabled: world.get::<Disabled>(entity).is_some(),
        sleep: (
            world.get::<Asleep>(entity).is_some(),
            world.get::<SleepBeyond>(entity).map(|SleepBeyond(distance)| *distance),
            world.get::<KeepsAwake>(entity).is_some(),
        ),
        place: world.get::<Transform>(entity).map(|place| {
            (place.translation.to_array(), place.rotation.to_array(), place.scale.to_array())
        }),
        motion: (motion.last, motion.velocity),
        tag: world.get(entity).cloned(),
        health: world.get(entity).cloned(),
        armor: world.get(entity).cloned(),
        effects: world.get(entity).cloned(),
        attack: world.get(entity).cloned(),
        sight: world.get(entity).cloned(),
        eyes: world.get(entity).cloned(),
        hitbox: world.get(entity).cloned(),
        team: world.get(entity).cloned(),
        inventory: world.get(entity).cloned(),
        exposed,
        scripts: world.get::<CScript>(entity).map(|script| script.saved(assets)),
    })
}

/// Puts the world back as [`save_scripts`] saw it: entities of the save that are there get back what they
/// had, those that are not are spawned, and entities with a [`ScriptId`] that are not in it are despawned. From
/// there on the same inputs give the same [`world_hash`](super::world_hash) as they did after the save.
///
/// The scripts must have been loaded, in the versions of the save, and a tick have passed since.
///
/// # Errors
/// See [`SaveError`]; the world is as it was then, but for exposed components that cannot be written, which
/// are told of and left out.
pub fn load_scripts(world: &mut World, bytes: &[u8]) -> Result<Loaded, SaveError> {
    let save = decoded(bytes)?;
    let scripts = prepared(world, &save)?;

    let kept: HashSet<ScriptId> = save.entities.iter().map(|entity| entity.id).collect();
    let mut loaded = Loaded::default();
    let mut present: Vec<_> = world.resource::<ScriptIds>().iter().collect();
    present.sort_unstable_by_key(|(id, _)| *id);
    for (id, entity) in present {
        if !kept.contains(&id) {
            world.despawn(entity);
            loaded.despawned.push(id);
        }
    }
    // Whoever was a child of one that had to go went with it.
    let mut entities = HashMap::new();
    for SavedEntity { id, .. } in &save.entities {
        let entity = world.resource::<ScriptIds>().entity(*id).unwrap_or_else(|| {
            let entity = world.spawn(*id).id();
            loaded.spawned.push((*id, entity));
            entity
        });
        entities.insert(*id, entity);
    }
    let mut unwritable = None;
    for (saved, script) in save.entities.into_iter().zip(scripts) {
        if let Some(entity) = entities.get(&saved.id) {
            let parent = saved.parent.and_then(|parent| entities.get(&parent)).copied();
            let fault = put(world, *entity, parent, saved, script);
            unwritable = unwritable.or(fault.err());
        }
    }
    world.resource_mut::<ScriptClock>().tick = save.tick;
    world.resource_mut::<ScriptSettings>().world_seed = save.world_seed;
    world.resource_mut::<ScriptIds>().set_last(save.last_id);
    world.resource::<MotionWanted>().0.store(save.measures_motion, Ordering::Relaxed);
    world.resource_mut::<EventQueue>().set_waiting(save.events);
    *world.resource_mut::<Sounds>() = save.sounds;
    *world.resource_mut::<PausedMods>() = save.paused;
    world.resource_mut::<TickUse>().restore(save.turns);
    let mut jobs = std::mem::take(&mut *world.resource_mut::<PassJobs>());
    jobs.restore(save.calls, world);
    *world.resource_mut::<PassJobs>() = jobs;
    let new = save.dying.iter().filter_map(|id| entities.get(id).copied()).collect();
    *world.resource_mut::<Dying>() = Dying { new, last: Vec::new() };
    match unwritable {
        None => Ok(loaded),
        Some(error) => Err(error),
    }
}

/// Reads a save, and does nothing with it.
pub(super) fn decoded(bytes: &[u8]) -> Result<Save, SaveError> {
    let wrong = |reason: &str| SaveError::Malformed(reason.to_owned());
    let body = bytes.strip_prefix(HEAD).ok_or_else(|| {
        let (mark, version) = HEAD.split_at(HEAD.len() - 1);
        match bytes.strip_prefix(mark) {
            Some([other, ..]) => wrong(&format!(
                "it is of version {other} of the format, and this is version {}",
                version[0]
            )),
            _ => wrong("it begins otherwise"),
        }
    })?;
    let mut reader = rmp_serde::Deserializer::new(body);
    let save = Save::deserialize(&mut reader).map_err(|error| wrong(&error.to_string()))?;
    if !reader.get_ref().is_empty() {
        return Err(wrong("there is something behind its end"));
    }
    Ok(save)
}

/// The scripts of each entity, ready to run; or what is missing, before anything was changed.
fn prepared(world: &mut World, save: &Save) -> Result<Vec<Option<CScript>>, SaveError> {
    let mut known: HashMap<String, (Handle<Script>, Arc<CompiledScript>)> = HashMap::new();
    world.resource_scope(|world, versions: Mut<Versions>| {
        let mut scripts = world.resource_mut::<Assets<Script>>();
        for (id, script) in versions.running() {
            if let Some(handle) = scripts.get_strong_handle(id) {
                known.insert(script.path().to_string(), (handle, script.clone()));
            }
        }
    });
    let server = world.resource::<AssetServer>();
    let find = |path: &str| known.get(path).cloned();
    let await_ = |path: &str| server.load(path.to_owned());
    let entity = |entity: &SavedEntity| {
        entity.scripts.as_ref().map(|slots| CScript::from_saved(slots, find, await_)).transpose()
    };
    save.entities.iter().map(entity).collect()
}

/// Gives an entity what the save has of it, and takes away what it has not.
fn put(
    world: &mut World,
    entity: Entity,
    parent: Option<Entity>,
    saved: SavedEntity,
    script: Option<CScript>,
) -> Result<(), SaveError> {
    let Ok(mut target) = world.get_entity_mut(entity) else { return Ok(()) };
    fn set<C: Component>(target: &mut EntityWorldMut<'_>, component: Option<C>) {
        match component {
            Some(component) => target.insert(component),
            None => target.remove::<C>(),
        };
    }
    let place = saved.place.map(|(translation, rotation, scale)| Transform {
        translation: translation.into(),
        rotation: Quat::from_array(rotation),
        scale: scale.into(),
    });
    set(&mut target, place);
    // `Health` brings others with it; what the save has of them comes after.
    set(&mut target, saved.health);
    set(&mut target, saved.armor);
    set(&mut target, saved.effects);
    set(&mut target, saved.tag);
    set(&mut target, saved.attack);
    set(&mut target, saved.sight);
    set(&mut target, saved.eyes);
    set(&mut target, saved.hitbox);
    set(&mut target, saved.team);
    set(&mut target, saved.inventory);
    set(&mut target, saved.owner.map(Owner));
    let (asleep, beyond, keeps_awake) = saved.sleep;
    set(&mut target, beyond.map(SleepBeyond));
    set(&mut target, keeps_awake.then_some(KeepsAwake));
    set(&mut target, asleep.then_some(Asleep));
    set(&mut target, script);
    let (last, velocity) = saved.motion;
    target.insert(Motion { last, velocity });
    if saved.disabled {
        target.insert(Disabled);
    } else {
        target.remove::<Disabled>();
    }
    if let Some(parent) = parent {
        target.insert(ChildOf(parent));
    }
    for (name, value) in saved.exposed {
        let exposed = world.resource::<ExposedComponents>().get(&name).copied();
        let written = exposed.and_then(|exposed| exposed.write(world, entity, &value));
        if let Err(fault) = written {
            let reason = format!("{fault:?}");
            return Err(SaveError::Component { id: saved.id, name, reason });
        }
    }
    Ok(())
}

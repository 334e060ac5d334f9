use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use super::save::{Save, SaveError, SavedEntity, decoded};
use crate::contract::ScriptId;

/// Something that is not the same in two worlds that should be equal.
#[derive(Clone, Debug, PartialEq)]
pub struct Desync {
    /// The tick, of ours.
    pub tick: u64,
    /// The entity; `None` if it is not one entity's.
    pub entity: Option<ScriptId>,
    /// The script, if it is a script's.
    pub script: Option<String>,
    /// The variable of the script, or what else it is.
    pub what: String,
    /// What it is here.
    pub ours: String,
    /// What it is there.
    pub theirs: String,
}

impl fmt::Display for Desync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tick {}", self.tick)?;
        if let Some(entity) = self.entity {
            write!(f, ", entity {entity}")?;
        }
        if let Some(script) = &self.script {
            write!(f, ", {script}")?;
        }
        write!(f, ": {} is {} here and {} there", self.what, self.ours, self.theirs)
    }
}

/// What is not the same in two [saves](super::save_scripts), by entity, script and variable: two machines
/// whose [`world_hash`](super::world_hash)es differ at a tick hold their saves of that tick against each other,
/// and this says in what they differ. Nothing if the saves are equal.
///
/// # Errors
/// [`SaveError::Malformed`] if one of them is no save.
pub fn desync_report(ours: &[u8], theirs: &[u8]) -> Result<Vec<Desync>, SaveError> {
    let (ours, theirs) = (decoded(ours)?, decoded(theirs)?);
    let mut found = Vec::new();
    let tick = ours.tick;
    compare(tick, None, &whole(&ours), &whole(&theirs), &mut found);
    let (ours, theirs) = (by_id(&ours), by_id(&theirs));
    let ids: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    for id in ids {
        let facts_of = |entities: &BTreeMap<ScriptId, &SavedEntity>| {
            entities.get(id).map_or_else(Facts::new, |entity| facts(entity))
        };
        compare(tick, Some(*id), &facts_of(&ours), &facts_of(&theirs), &mut found);
    }
    Ok(found)
}

/// What there is to know, by script and by name. What is of no script comes first.
type Facts = BTreeMap<(Option<String>, String), String>;

fn compare(
    tick: u64,
    entity: Option<ScriptId>,
    ours: &Facts,
    theirs: &Facts,
    found: &mut Vec<Desync>,
) {
    let nothing = || "nothing".to_owned();
    let all: BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    for key in all {
        let (ours, theirs) = (ours.get(key), theirs.get(key));
        if ours != theirs {
            let (script, what) = key.clone();
            let ours = ours.cloned().unwrap_or_else(nothing);
            let theirs = theirs.cloned().unwrap_or_else(nothing);
            found.push(Desync { tick, entity, script, what, ours, theirs });
        }
    }
}

fn by_id(save: &Save) -> BTreeMap<ScriptId, &SavedEntity> {
    save.entities.iter().map(|entity| (entity.id, entity)).collect()
}

/// What is of no entity.
fn whole(save: &Save) -> Facts {
    let mut facts = Facts::new();
    let mut fact = |what: &str, text: String| facts.insert((None, what.to_owned()), text);
    fact("the tick", save.tick.to_string());
    fact("the world seed", save.world_seed.to_string());
    fact("the last id", save.last_id.to_string());
    fact("the sounds that play", format!("{:?}", save.sounds));
    fact("who is about to go", format!("{:?}", save.dying));
    for (i, event) in save.events.iter().enumerate() {
        fact(&format!("waiting event {i}"), format!("{event:?}"));
    }
    for (id, slot, function, args) in &save.calls {
        fact(
            &format!("a waiting call of entity {id}, script {slot}"),
            format!("{function}{args:?}"),
        );
    }
    for (name, served, first) in &save.turns {
        fact(&format!("the turn of `{name}`"), format!("{served}, {first:?}"));
    }
    fact("which mods are paused", format!("{:?}", save.paused));
    facts
}

fn facts(entity: &SavedEntity) -> Facts {
    let mut facts = Facts::new();
    let mut fact = |what: &str, text: Option<String>| {
        facts.extend(text.map(|text| ((None, what.to_owned()), text)));
    };
    fn shown<T: fmt::Debug>(component: &Option<T>) -> Option<String> {
        component.as_ref().map(|component| format!("{component:?}"))
    }
    fact("its place", shown(&entity.place));
    fact("its parent", shown(&entity.parent));
    fact("its owner", shown(&entity.owner));
    fact("its movement", Some(format!("{:?}", entity.motion)));
    fact("whether it is disabled", Some(entity.disabled.to_string()));
    fact("whether it sleeps", Some(format!("{:?}", entity.sleep)));
    fact("its tag", shown(&entity.tag));
    fact("its health", shown(&entity.health));
    fact("its armor", shown(&entity.armor));
    fact("its status effects", shown(&entity.effects));
    fact("its attack power", shown(&entity.attack));
    fact("its sight range", shown(&entity.sight));
    fact("its eye height", shown(&entity.eyes));
    fact("its hitbox", shown(&entity.hitbox));
    fact("its team", shown(&entity.team));
    fact("its inventory", shown(&entity.inventory));
    for (name, value) in &entity.exposed {
        fact(&format!("the component {name}"), Some(format!("{value:?}")));
    }
    for slot in entity.scripts.iter().flatten() {
        let script = slot.name();
        for (what, text) in slot.facts() {
            facts.insert((Some(script.clone()), what), text);
        }
    }
    facts
}

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
};

use bevy::{
    asset::{AssetLoadFailedEvent, LoadState},
    ecs::entity_disabling::Disabled,
    prelude::*,
};

use super::{
    collect::{Job, PassJobs, Start},
    cscript::{CScript, ScriptStatus},
    load::Script,
    motion::MotionWanted,
    report::Reports,
    roster::{Roster, RosterEntry},
};
use crate::{
    contract::{ErrorKind, ScriptError, ScriptId, Stage},
    script::CompiledScript,
};

/// Entities whose `CScript` is new.
#[derive(Resource, Default)]
pub(super) struct Unbound(pub(super) Vec<Entity>);

/// The newest version of each script that runs, and why a newer one does not.
#[derive(Resource, Default)]
pub(super) struct Versions(HashMap<AssetId<Script>, Version>);

#[derive(Default)]
struct Version {
    good: Option<Arc<CompiledScript>>,
    refused: Option<Arc<[ScriptError]>>,
}

impl Versions {
    /// The scripts that run or could, in no order.
    pub(super) fn good(&self) -> impl Iterator<Item = &Arc<CompiledScript>> {
        self.0.values().filter_map(|version| version.good.as_ref())
    }

    /// Forgets versions, so that nothing starts with them. What runs is not touched.
    pub(super) fn forget(&mut self, is_forgotten: impl Fn(&CompiledScript) -> bool) {
        for version in self.0.values_mut() {
            if version.good.as_ref().is_some_and(|good| is_forgotten(good)) {
                version.good = None;
            }
        }
    }

    /// The same, with their assets.
    pub(super) fn running(&self) -> impl Iterator<Item = (AssetId<Script>, &Arc<CompiledScript>)> {
        self.0.iter().filter_map(|(id, version)| Some((*id, version.good.as_ref()?)))
    }

    /// Takes note of what was loaded; says whether it is news. A version that does not verify or
    /// compile never replaces one that does.
    fn note(
        &mut self,
        id: AssetId<Script>,
        asset: &Script,
        reports: &mut Reports,
        wanted: &MotionWanted,
    ) -> bool {
        let version = self.0.entry(id).or_default();
        match &asset.result {
            Ok(script) => {
                // A file that was only touched is no news.
                let same = |good: &Arc<CompiledScript>| {
                    // Libraries are part of it, and what the level lets it do.
                    good.identity() == script.identity() && good.granted() == script.granted()
                };
                if version.refused.is_none() && version.good.as_ref().is_some_and(same) {
                    return false;
                }
                if script.is_empty() && version.good.as_ref().is_some_and(|good| !good.is_empty()) {
                    // Some editors empty a file before they write it.
                    let message = "the file is empty now";
                    let error = ScriptError::new(
                        Stage::Load,
                        ErrorKind::NotFound,
                        script.path().to_string(),
                        message,
                    );
                    let errors: Arc<[ScriptError]> = [error].into();
                    version.refused = Some(errors.clone());
                    reports.refused(script.path(), &errors, true);
                    return true;
                }
                reports.warn_of(script);
                if script.calls_api("get_velocity") {
                    wanted.0.store(true, Ordering::Relaxed);
                }
                version.refused = None;
                version.good = Some(script.clone());
            }
            Err(errors) => {
                if version.refused.as_ref().is_some_and(|refused| refused == errors) {
                    return false;
                }
                version.refused = Some(errors.clone());
                reports.refused(&asset.path, errors, version.good.is_some());
            }
        }
        true
    }
}

/// Takes note of every version that was loaded since the last tick.
pub(in crate::runtime) fn note_versions(
    mut events: MessageReader<AssetEvent<Script>>,
    mut failures: MessageReader<AssetLoadFailedEvent<Script>>,
    assets: Res<Assets<Script>>,
    mut versions: ResMut<Versions>,
    mut changed: ResMut<ChangedScripts>,
    mut reports: ResMut<Reports>,
    wanted: Res<MotionWanted>,
) {
    for event in events.read() {
        let (AssetEvent::Added { id } | AssetEvent::Modified { id }) = event else {
            if let AssetEvent::Removed { id } = event {
                // Whoever runs it goes on.
                versions.0.remove(id);
            }
            continue;
        };
        let Some(script) = assets.get(*id) else { continue };
        if versions.note(*id, script, &mut reports, &wanted) {
            changed.0.push(*id);
        }
    }
    for failure in failures.read() {
        // Bevy's text may go on with a backtrace.
        let reason = failure.error.to_string();
        let message = format!("cannot be read: {}", reason.lines().next().unwrap_or_default());
        let error =
            ScriptError::new(Stage::Load, ErrorKind::NotFound, failure.path.to_string(), message);
        let version = versions.0.entry(failure.id).or_default();
        let errors: Arc<[ScriptError]> = [error].into();
        version.refused = Some(errors.clone());
        reports.refused(&failure.path.to_string(), &errors, version.good.is_some());
        changed.0.push(failure.id);
    }
}

/// Scripts of which a version came or was refused since the last tick.
#[derive(Resource, Default)]
pub(super) struct ChangedScripts(Vec<AssetId<Script>>);

/// Gives jobs to every script that is to start or to change versions, in the order of their ids. They
/// run at the head of the next pass.
pub(super) fn bind(
    mut unbound: ResMut<Unbound>,
    mut changed: ResMut<ChangedScripts>,
    mut versions: ResMut<Versions>,
    assets: Res<Assets<Script>>,
    server: Res<AssetServer>,
    mut jobs: ResMut<PassJobs>,
    mut reports: ResMut<Reports>,
    wanted: Res<MotionWanted>,
    mut roster: ResMut<Roster>,
    mut scripts: Query<(Entity, &ScriptId, &mut CScript, Has<Disabled>), Allow<Disabled>>,
) {
    let changed = std::mem::take(&mut changed.0);
    let mut waiting: Vec<Entity> = std::mem::take(&mut unbound.0);
    if !changed.is_empty() {
        waiting = scripts
            .iter()
            .filter(|(_, _, script, _)| {
                script.slots().iter().any(|slot| changed.contains(&slot.handle().id()))
            })
            .map(|(entity, ..)| entity)
            .chain(waiting)
            .collect();
    }
    waiting.sort_unstable();
    waiting.dedup();
    for entity in waiting {
        let Ok((_, id, mut script, disabled)) = scripts.get_mut(entity) else { continue };
        // What is disabled starts when it is enabled.
        let mut still_waiting = disabled;
        for (i, slot) in script.bypass_change_detection().slots_mut().iter_mut().enumerate() {
            if slot.dying {
                continue;
            }
            let handle = slot.handle().id();
            if !versions.0.contains_key(&handle)
                && let Some(script) = assets.get(handle)
            {
                // The asset is there, its event comes at the end of the frame.
                versions.note(handle, script, &mut reports, &wanted);
            }
            let version = versions.0.get(&handle);
            let good = version.and_then(|version| version.good.clone());
            let start = match (good, slot.instance_mut().take()) {
                (Some(good), Some(old)) if Arc::ptr_eq(old.script(), &good) => {
                    // It runs already, perhaps under another id or on another entity than before.
                    roster.add(RosterEntry::new(*id, i as u16, entity, slot.every(), &good));
                    *slot.instance_mut() = Some(old);
                    continue;
                }
                // It could not start here, and has not changed since.
                (Some(good), old)
                    if slot.declined.as_ref().is_some_and(|other| Arc::ptr_eq(other, &good)) =>
                {
                    *slot.instance_mut() = old;
                    continue;
                }
                // It starts when it is switched on.
                (Some(_), old) if disabled || !slot.enabled => {
                    *slot.instance_mut() = old;
                    still_waiting = true;
                    continue;
                }
                (Some(new), Some(_)) if slot.uninitialised => {
                    Start::Fresh { new, config: slot.config().cloned() }
                }
                (Some(new), Some(old)) => {
                    Start::Reload { old, new, goes_on: *slot.status() == ScriptStatus::Ready }
                }
                (Some(new), None) => Start::Fresh { new, config: slot.config().cloned() },
                // Whoever runs goes on, whatever became of the asset.
                (None, Some(old)) => {
                    *slot.instance_mut() = Some(old);
                    continue;
                }
                (None, None) => {
                    match version.and_then(|version| version.refused.as_ref()) {
                        Some(errors) => {
                            let reason =
                                errors.first().map_or_else(String::new, ToString::to_string);
                            slot.set_status(ScriptStatus::Failed { reason });
                        }
                        None if is_gone(&server, slot.handle()) => {
                            let reason = "the script's handle points to nothing; load it with the asset server or add it to `Assets<Script>`".to_owned();
                            slot.set_status(ScriptStatus::Failed { reason });
                        }
                        None => {
                            slot.set_status(ScriptStatus::Loading);
                            still_waiting = true;
                        }
                    }
                    continue;
                }
            };
            jobs.starting.push(Job::starting(*id, entity, i, start));
        }
        if still_waiting {
            unbound.0.push(entity);
        }
    }
}

/// Whether nothing will ever come of a handle.
fn is_gone(server: &AssetServer, handle: &Handle<Script>) -> bool {
    *handle == Handle::default()
        || matches!(server.get_load_state(handle.id()), Some(LoadState::NotLoaded))
}

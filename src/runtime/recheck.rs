use bevy::prelude::*;

use super::{
    bind::Versions,
    cscript::{CScript, ScriptStatus},
    load::{Script, ScriptHost},
};
use crate::{
    contract::ScriptId,
    script::CompiledScript,
    trust::{TrustPolicy, Unsigned},
};

/// Holds all scripts against the policy of now: call it after a key or a file was revoked, a key removed, or the
/// policy made stricter ([`Verifier::set_policy`](crate::trust::Verifier::set_policy)).
///
/// Scripts that are no longer believed are paused at once, wherever they run, and none of them starts again; their
/// entities' ids come back. All that came from files is loaded again, so that what is signed by now runs by now. Call
/// it between two frames.
pub fn recheck_scripts(world: &mut World) -> Vec<ScriptId> {
    let host = world.resource::<ScriptHost>().clone();
    let policy = host.verifier().policy();
    let mut stopped = Vec::new();
    let mut scripts = world.query::<(&ScriptId, &mut CScript)>();
    for (id, mut script) in scripts.iter_mut(world) {
        let mut stops = false;
        for slot in script.slots_mut() {
            let running = slot.instance_mut().as_ref().map(|instance| instance.script());
            if running.is_some_and(|script| !is_believed(script, &policy)) {
                let reason = "it is no longer believed: its key or its file was revoked; take a newer version";
                slot.set_status(ScriptStatus::Paused { reason: reason.to_owned() });
                stops = true;
            }
        }
        if stops {
            stopped.push(*id);
        }
    }
    stopped.sort_unstable();
    world.resource_mut::<Versions>().forget(|script| !is_believed(script, &policy));
    let server = world.resource::<AssetServer>().clone();
    let scripts = world.resource::<Assets<Script>>();
    for path in scripts.ids().filter_map(|id| server.get_path(id)) {
        server.reload(path);
    }
    stopped
}

/// Whether a policy still takes a script that runs: it may have changed since that was loaded.
pub(super) fn is_believed(script: &CompiledScript, policy: &TrustPolicy) -> bool {
    if policy.revoked.files.contains(script.digest()) {
        return false;
    }
    match script.signer() {
        Some(signer) => {
            !policy.revoked.keys.contains(&signer.key) && policy.keys.get(signer.key).is_some()
        }
        None => policy.unsigned != Unsigned::Refuse || policy.broken != Unsigned::Refuse,
    }
}

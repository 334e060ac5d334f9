use bevy::prelude::*;

use super::ledger::Ledger;
use crate::{runtime::ScriptHost, trust::TrustPolicy};

/// The role of who writes scripts: unsigned ones run as the game's own, changed files take over at once, notes
/// are taken of what each script does ([`Ledger`]), and tools such as debuggers may look in.
///
/// Needs [`ScriptingPlugin`](crate::runtime::ScriptingPlugin) and takes the place of its policy. It orders no
/// ticks and waits for none; together with the other roles it makes a game of one that can be tried at home.
/// Whoever ships a game leaves it out: it is also a resource, which tools look for before they open anything.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Development;

impl Plugin for Development {
    fn build(&self, app: &mut App) {
        if let Some(host) = app.world().get_resource::<ScriptHost>() {
            let before = host.verifier().policy();
            // Who is believed stays; what is not signed is taken.
            let keys = before.keys.clone();
            let development = TrustPolicy::development();
            host.verifier().set_policy(TrustPolicy { keys, ..development });
        }
        app.insert_resource(*self);
        app.init_resource::<Ledger>().world_mut().resource_mut::<Ledger>().all = true;
    }
}

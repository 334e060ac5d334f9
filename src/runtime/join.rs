use bevy::prelude::*;

use super::{bind::Versions, load::ScriptHost};
use crate::script::JoinOffer;

/// What this app brings to a game that it joins: its engine, and the versions of all scripts that run or
/// could. Send it, and hold what comes back against it with [`JoinOffer::differences`].
///
/// Scripts count from the first tick after they were loaded.
#[must_use]
pub fn join_offer(world: &World) -> JoinOffer {
    let tick = world.resource::<Time<Fixed>>().timestep();
    let tick_nanos = u64::try_from(tick.as_nanos()).unwrap_or(u64::MAX);
    let compiler = world.resource::<ScriptHost>().compiler();
    let mut offer = JoinOffer::new(compiler.fingerprint(tick_nanos));
    for script in world.resource::<Versions>().good() {
        offer.add(script);
    }
    offer
}

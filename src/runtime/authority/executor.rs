use bevy::prelude::*;

use super::{
    AuthoritySystems,
    ledger::Ledger,
    post::{LOCAL, Sent},
    seat::{Seat, add_seat},
};
use crate::{
    authority::{Claim, SignedBy, ToServer, Wish},
    contract::{ScriptEvent, ScriptId, Target},
    runtime::ScriptClock,
};

/// The role of who plays: runs each tick when it is ordered, which is before the server does, and claims
/// what the scripts of its own entities did in it.
///
/// Needs [`ScriptingPlugin`](crate::runtime::ScriptingPlugin). [`Seat`] says how joining went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Executor;

/// The player wants one of their entities to be told something. It comes to all machines with one of the next
/// ticks, this one included, or is refused with a verdict.
#[derive(Message, Clone, Debug, PartialEq)]
pub struct Tell {
    /// The entity.
    pub entity: ScriptId,
    /// What; whom the event names does not matter.
    pub event: ScriptEvent,
}

impl Plugin for Executor {
    fn build(&self, app: &mut App) {
        add_seat(app);
        app.init_resource::<Ledger>()
            .add_message::<Tell>()
            .add_systems(FixedUpdate, (claim, wish).chain().in_set(AuthoritySystems::Judge));
    }
}

/// Claims what this client's scripts did in the tick that has run.
fn claim(mut seat: ResMut<Seat>, ledger: Res<Ledger>, mut sent: MessageWriter<Sent<ToServer>>) {
    let (Some(tick), Some(client)) = (seat.running(), seat.client()) else { return };
    for (entity, slot, entry) in ledger.entries(tick) {
        if entry.owner != Some(client) {
            continue;
        }
        let Some(seal) = seat.seal() else { return };
        let claim = Claim {
            seal,
            tick,
            entity,
            slot,
            script: *entry.script.digest(),
            program: entry.script.identity(),
            signed_by: SignedBy::of(&entry.script),
            commands: entry.work.commands.clone(),
            state: entry.work.state,
            result: entry.work.result(tick, entity, slot),
        };
        sent.write(Sent { to: LOCAL, message: ToServer::Claim(Box::new(claim)) });
    }
}

fn wish(
    mut seat: ResMut<Seat>,
    clock: Res<ScriptClock>,
    mut told: MessageReader<Tell>,
    mut sent: MessageWriter<Sent<ToServer>>,
) {
    for Tell { entity, event } in told.read() {
        // Who is not in has nobody to ask.
        let Some(seal) = seat.seal() else { continue };
        let event = ScriptEvent { target: Target::One(*entity), ..event.clone() };
        let wish = Wish { seal, tick: clock.tick.saturating_sub(1), event };
        sent.write(Sent { to: LOCAL, message: ToServer::Wish(wish) });
    }
}

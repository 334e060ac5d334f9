use std::collections::BTreeMap;

use bevy::prelude::*;

use super::{
    AuthoritySystems, Step,
    ledger::{Entry, Ledger, Pick},
    owner::Owners,
    post::{LOCAL, Received, Sent},
    seat::{Seat, add_seat},
};
use crate::{
    authority::{Claim, ClientId, Objection, Seal, SignedBy, ToClient, ToServer, Verdict},
    runtime::{ScriptClock, ScriptHost, ScriptIds, recheck::is_believed},
    trust::TrustPolicy,
};

/// The role of who checks: runs each tick in its own sandbox, from its own state and its own world, and
/// holds what clients claim against what it did itself. Nothing of a claim is ever applied: one that holds says what
/// the referee's world knows already, one that does not is refused.
///
/// So a claim costs a comparison, not a run. What the scripts of a client cost to run is bounded by the client's
/// share of the [budget of the tick](crate::runtime::TickBudget), claims or no claims.
///
/// Needs [`ScriptingPlugin`](crate::runtime::ScriptingPlugin). In the coordinator's app it gets claims at once. In an
/// app of its own it joins as [`Role::Referee`](crate::authority::Role::Referee), runs the ticks that are
/// ordered, and sends back what it finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Referee {
    /// Which claims are compared. Default: **all**.
    pub check: Check,
}

/// Which claims are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Check {
    /// Each of them.
    #[default]
    All,
    /// One in so many, of each entity and script now this tick, now that. Of the others only the form is looked at,
    /// and no notes are kept of what their scripts did. Whoever cheats in every tick is found after so many ticks on
    /// average.
    Sample {
        /// In how many; 0 and 1 are all.
        one_in: u64,
        /// A number that clients do not know, or they would know which.
        salt: u64,
    },
}

/// What referees of this app have found so far, by client.
#[derive(Resource, Clone, Debug, Default, PartialEq, Eq)]
pub struct Rulings {
    /// Claims that were compared and hold.
    pub held: BTreeMap<ClientId, u64>,
    /// Claims that were not compared, because they were not picked.
    pub passed: BTreeMap<ClientId, u64>,
    /// Claims that were refused, and why.
    pub refused: BTreeMap<ClientId, BTreeMap<Objection, u64>>,
}

impl Rulings {
    /// How many were refused in all.
    #[must_use]
    pub fn refusals(&self) -> u64 {
        self.refused.values().flat_map(BTreeMap::values).sum()
    }
}

/// Claims that wait for their tick to run here.
#[derive(Resource, Default)]
struct Bench(Vec<(ClientId, Box<Claim>)>);

/// Present where claims can be judged in this app.
#[derive(Resource)]
pub(super) struct Judges;

impl Plugin for Referee {
    fn build(&self, app: &mut App) {
        add_seat(app);
        let pick = match self.check {
            Check::All => Pick { one_in: 1, salt: 0 },
            Check::Sample { one_in, salt } => Pick { one_in, salt },
        };
        app.init_resource::<Ledger>()
            .init_resource::<Bench>()
            .init_resource::<Rulings>()
            .insert_resource(Judges)
            .add_systems(
                FixedUpdate,
                (listen.in_set(Step::Sit), judge.in_set(AuthoritySystems::Judge)),
            );
        app.world_mut().resource_mut::<Ledger>().owned = Some(pick);
    }
}

fn listen(mut received: MessageReader<Received<ToClient>>, mut bench: ResMut<Bench>) {
    for Received { message, .. } in received.read() {
        if let ToClient::Examine { client, claim } = message {
            bench.0.push((*client, claim.clone()));
        }
    }
}

/// Holds each claim whose tick has run against what was done here.
fn judge(
    mut bench: ResMut<Bench>,
    mut ledger: ResMut<Ledger>,
    mut rulings: ResMut<Rulings>,
    mut seat: ResMut<Seat>,
    clock: Res<ScriptClock>,
    host: Res<ScriptHost>,
    (owners, ids): (Res<Owners>, Res<ScriptIds>),
    mut sent: MessageWriter<Sent<ToServer>>,
) {
    if bench.0.is_empty() {
        return;
    }
    let policy = host.verifier().policy();
    let (ripe, waiting): (Vec<_>, Vec<_>) =
        std::mem::take(&mut bench.0).into_iter().partition(|(_, claim)| claim.tick < clock.tick);
    bench.0 = waiting;
    for (client, claim) in ripe {
        let owner = ids.entity(claim.entity).and_then(|entity| owners.of(entity));
        let outcome = compare(&mut ledger, &policy, owner, client, &claim);
        match &outcome {
            Ok(true) => *rulings.held.entry(client).or_default() += 1,
            Ok(false) => *rulings.passed.entry(client).or_default() += 1,
            Err(objection) => {
                let refused = rulings.refused.entry(client).or_default();
                *refused.entry(objection.clone()).or_default() += 1;
            }
        }
        let Claim { seal: Seal { nonce, sequence }, tick, entity, slot, .. } = *claim;
        let verdict = Verdict { nonce, sequence, tick, entity, slot, outcome };
        let seal = seat.seal().unwrap_or_default();
        let message = ToServer::Finding { seal, client, verdict };
        sent.write(Sent { to: LOCAL, message });
    }
}

fn compare(
    ledger: &mut Ledger,
    policy: &TrustPolicy,
    owner: Option<ClientId>,
    client: ClientId,
    claim: &Claim,
) -> Result<bool, Objection> {
    if !claim.is_whole() {
        return Err(Objection::Garbled);
    }
    let (tick, id, slot) = (claim.tick, claim.entity, claim.slot);
    let is_picked = ledger.owned.is_none_or(|pick| pick.takes(tick, id, slot));
    let Some(entry) = ledger.entry(tick, id, slot) else {
        return match owner {
            Some(owner) if owner == client && !is_picked => Ok(false),
            Some(owner) if owner == client => Err(Objection::DidNotRun),
            _ => Err(Objection::NotYours),
        };
    };
    let Entry { owner, script, work, claimed } = entry;
    if *owner != Some(client) {
        return Err(Objection::NotYours);
    }
    if claim.script != *script.digest() || claim.program != script.identity() {
        return Err(Objection::OtherScript);
    }
    if claim.signed_by != SignedBy::of(script) {
        return Err(Objection::OtherSigner);
    }
    if !is_believed(script, policy) {
        return Err(Objection::NotBelieved);
    }
    if std::mem::replace(claimed, true) {
        return Err(Objection::Again);
    }
    if claim.commands.len() != work.commands.len() || claim.commands_hash() != work.commands_hash()
    {
        return Err(Objection::Commands);
    }
    if claim.state != work.state {
        return Err(Objection::State);
    }
    Ok(true)
}

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use bevy::prelude::*;

use super::{coordinator::Coordinator, post::Peer};
use crate::{
    authority::{ClientId, Gate, Nonce, Objection, Order, Purse, Role, ToServer},
    contract::{ScriptEvent, ScriptId},
    script::JoinOffer,
};

/// The game as the [`Coordinator`] knows it: who takes part, whose entities are whose, and how far ticks are
/// ordered.
#[derive(Resource, Debug)]
pub struct Session {
    pub(super) settings: Coordinator,
    pub(super) nonce: Nonce,
    pub(super) clients: BTreeMap<ClientId, Client>,
    pub(super) peers: HashMap<Peer, ClientId>,
    /// Those that were expelled: not even read.
    barred: BTreeSet<Peer>,
    unread: HashMap<Peer, u32>,
    /// Who has asked to be let in, how often, and in which step last.
    asked: HashMap<Peer, (u32, u64)>,
    /// How many steps there were.
    steps: u64,
    /// How many were let in so far.
    pub(super) stays: u64,
    /// The tick that is ordered next.
    pub(super) next: u64,
    pub(super) issued: VecDeque<Order>,
    pub(super) events: Vec<ScriptEvent>,
    pub(super) changes: Vec<(ScriptId, Option<ClientId>)>,
    pub(super) owners: HashMap<ScriptId, ClientId>,
    /// What those who join are held against, where this app has no scripts of its own.
    pub(super) offer: Option<JoinOffer>,
}

/// Steps before somebody may ask again to be let in: a second.
const WAIT: u64 = 64;
/// How often that is doubled at most: to four minutes.
const MOST_DOUBLINGS: u32 = 8;

/// Somebody who was let in.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) peer: Peer,
    pub(super) role: Role,
    pub(super) gate: Gate,
    pub(super) purse: Purse,
    /// What was not looked at yet.
    pub(super) waiting: VecDeque<ToServer>,
    pub(super) conduct: Conduct,
}

/// How somebody behaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conduct {
    /// Claims that hold, and wishes that were granted.
    pub held: u64,
    /// Claims that were not compared.
    pub passed: u64,
    /// Claims and wishes that were refused, and why.
    pub refused: BTreeMap<Objection, u64>,
    /// How often a message had to wait because the client's purse was empty.
    pub put_off: u64,
}

impl Conduct {
    fn grave(&self) -> u64 {
        let grave = self.refused.iter().filter(|(objection, _)| objection.is_grave());
        grave.map(|(_, count)| count).sum()
    }

    fn light(&self) -> u64 {
        self.refused.values().sum::<u64>() - self.grave()
    }
}

impl Session {
    pub(super) fn new(settings: Coordinator) -> Self {
        Self {
            nonce: settings.nonce.unwrap_or_else(Nonce::fresh),
            settings,
            clients: BTreeMap::new(),
            peers: HashMap::new(),
            barred: BTreeSet::new(),
            unread: HashMap::new(),
            asked: HashMap::new(),
            steps: 0,
            stays: 0,
            next: 0,
            issued: VecDeque::new(),
            events: Vec::new(),
            changes: Vec::new(),
            owners: HashMap::new(),
            offer: None,
        }
    }

    /// Who takes part.
    pub fn clients(&self) -> impl Iterator<Item = (ClientId, Peer, Role)> {
        self.clients.iter().map(|(id, client)| (*id, client.peer, client.role))
    }

    /// The client of a connection.
    #[must_use]
    pub fn client(&self, peer: Peer) -> Option<ClientId> {
        self.peers.get(&peer).copied()
    }

    /// How a client behaves.
    #[must_use]
    pub fn conduct(&self, client: ClientId) -> Option<&Conduct> {
        self.clients.get(&client).map(|client| &client.conduct)
    }

    /// How many ticks were ordered.
    #[must_use]
    pub const fn ordered(&self) -> u64 {
        self.next
    }

    /// Whose an entity is, as of the newest order.
    #[must_use]
    pub fn owner(&self, entity: ScriptId) -> Option<ClientId> {
        self.owners.get(&entity).copied()
    }

    /// Takes a client out of the game, because its connection is gone. Its entities are nobody's with the
    /// next order.
    pub fn leave(&mut self, peer: Peer) {
        self.unread.remove(&peer);
        self.asked.remove(&peer);
        self.take_out(peer);
    }

    /// The same, of somebody whose connection stays.
    pub(super) fn take_out(&mut self, peer: Peer) {
        let Some(client) = self.peers.remove(&peer) else { return };
        self.clients.remove(&client);
        let mut lost: Vec<_> =
            self.owners.iter().filter(|(_, owner)| **owner == client).map(|(id, _)| *id).collect();
        lost.sort_unstable();
        self.changes.extend(lost.into_iter().map(|id| (id, None)));
    }

    /// Whether this app's own world may run a tick: it goes behind the orders.
    pub(super) const fn is_due(&self, tick: u64) -> bool {
        tick.saturating_add(self.settings.lead) < self.next
    }

    /// Whether somebody was expelled.
    pub(super) fn is_barred(&self, peer: Peer) -> bool {
        self.barred.contains(&peer)
    }

    pub(super) const fn begin_step(&mut self) {
        self.steps += 1;
    }

    /// Whether somebody may ask to be let in: what an answer costs, the whole world, is not for every step.
    /// Who asks again waits a second, and twice as long each time. Who does not wait is at last not heard.
    pub(super) fn may_ask(&mut self, peer: Peer) -> bool {
        let steps = self.steps;
        let (times, last) = self.asked.entry(peer).or_insert((0, steps));
        if *times == 0 || steps - *last >= WAIT << (*times - 1).min(MOST_DOUBLINGS) {
            (*times, *last) = (times.saturating_add(1), steps);
            return true;
        }
        self.note_unread(peer);
        false
    }

    /// Takes note of bytes that were no message, or too many.
    pub(super) fn note_unread(&mut self, peer: Peer) {
        let Some(id) = self.peers.get(&peer) else {
            // Whoever has not even joined is not spoken with any more.
            let count = self.unread.entry(peer).or_default();
            *count += 1;
            if u64::from(*count) > self.settings.most_refused {
                self.barred.insert(peer);
            }
            return;
        };
        if let Some(client) = self.clients.get_mut(id) {
            *client.conduct.refused.entry(Objection::Garbled).or_default() += 1;
        }
    }

    /// Clients that have had too much refused; they are taken out, and barred.
    pub(super) fn expel(&mut self) -> Vec<(Peer, Nonce)> {
        let most = self.settings.most_refused;
        let bad = |client: &&Client| {
            client.conduct.grave() > most || client.conduct.light() > most.saturating_mul(100)
        };
        let expelled: Vec<_> =
            self.clients.values().filter(bad).map(|it| (it.peer, it.gate.nonce())).collect();
        for (peer, _) in &expelled {
            self.take_out(*peer);
            self.barred.insert(*peer);
        }
        expelled
    }
}

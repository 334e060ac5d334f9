use std::collections::VecDeque;

use bevy::{ecs::message::MessageCursor, prelude::*};

use super::{
    Step, add_common,
    clients::{Client, Conduct, Session},
    post::{LOCAL, Peer, Received, Sent},
    referee::Judges,
    seat::Seat,
};
use crate::{
    authority::{
        Claim, ClientId, Gate, Hello, Nonce, Objection, Order, Purse, Refusal, Role, Seal,
        ToClient, ToServer, Verdict, Welcome, Wish,
    },
    contract::{ScriptEvent, ScriptId, Target},
    runtime::{ScriptClock, ScriptHost, join_offer, plugin::ScriptSettings, save_scripts},
    script::{JoinDifference, JoinOffer},
};

/// The role of who decides when: lets in whoever has the same game, orders ticks and what comes with them,
/// hands out numbers, ids, the seed and entities, and passes claims on to referees. Believes nobody: a message
/// counts only if it is of its sender's stay, new, of this time, and paid for.
///
/// Runs no script itself. In an app with a [`Referee`](super::Referee), which has the world of the game, it can give
/// that world to who comes late; in an app of its own, clients join before the first tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coordinator {
    /// What tells this game from all others. Default: **a fresh one**.
    pub nonce: Option<Nonce>,
    /// How many ticks are ordered before the server runs the first of them, so that claims are there by then:
    /// ticks of 1/64 s that a message takes to a client and back. Default: **2**.
    pub lead: u64,
    /// The seed of all random numbers of scripts, in an app that has no
    /// [`ScriptingPlugin`](crate::runtime::ScriptingPlugin) to take it from. Default: **0**.
    pub world_seed: u64,
    /// No tick is ordered before so many have joined. Default: **0**.
    pub starts_with: usize,
    /// How many may take part. Default: **64**.
    pub most_clients: usize,
    /// What each client's messages may cost in a tick, in [fuel](Purse), saved up for ten ticks. What does not fit
    /// waits for the next tick and is counted; what is too much to wait is refused. Default: **20,000**, some 200
    /// claims.
    pub fuel: u64,
    /// Whose connections may join as referees. Default: **nobody's**.
    pub referees: Vec<Peer>,
    /// What clients may tell their entities. Default: **`on_input`**.
    pub wishes: Vec<String>,
    /// A client of whom more than this was refused as only a cheat's, or a broken game's, is: expelled. Default:
    /// **100**.
    pub most_refused: u64,
}

impl Default for Coordinator {
    fn default() -> Self {
        Self {
            nonce: None,
            lead: 2,
            world_seed: 0,
            starts_with: 0,
            most_clients: 64,
            fuel: 20_000,
            referees: Vec::new(),
            wishes: vec!["on_input".to_owned()],
            most_refused: 100,
        }
    }
}

/// The host wants scripts of all machines to be told something: with the next order. In an app with a coordinator
/// write this and no [`ScriptEvent`]s, which only this app would hear of.
#[derive(Message, Clone, Debug, PartialEq)]
pub struct Announce(pub ScriptEvent);

/// The host gives an entity to a client, or takes it back, with the next order.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assign {
    /// The entity.
    pub entity: ScriptId,
    /// Whose it is from then on.
    pub owner: Option<ClientId>,
}

/// Messages of one client that may wait.
const MOST_WAITING: usize = 256;

/// Differences that are told to who cannot join.
const MOST_DIFFERENCES: usize = 64;

impl Plugin for Coordinator {
    fn build(&self, app: &mut App) {
        add_common(app);
        app.insert_resource(Session::new(self.clone()))
            .add_message::<Announce>()
            .add_message::<Assign>()
            .add_systems(FixedUpdate, (listen.in_set(Step::Hear), order.in_set(Step::Order)));
    }
}

/// Reads what came, each client's within its purse, and answers.
fn listen(world: &mut World, mut cursor: Local<MessageCursor<Received<ToServer>>>) {
    let messages = world.resource::<Messages<Received<ToServer>>>();
    let heard: Vec<_> = cursor.read(messages).cloned().collect();
    let judges_here = world.contains_resource::<Judges>();
    world.resource_mut::<Session>().begin_step();
    let mut shown = Shown::default();
    for Received { from, message } in heard {
        match message {
            ToServer::Hello(hello) => admit(world, from, &hello, &mut shown),
            // This app's own referee has no stay.
            ToServer::Finding { client, verdict, .. } if from == LOCAL && judges_here => {
                conclude(world, client, verdict);
            }
            message => queue(world, from, message),
        }
    }
    let ids: Vec<_> = world.resource::<Session>().clients.keys().copied().collect();
    for client in ids {
        work_off(world, client);
    }
    for (peer, nonce) in world.resource_mut::<Session>().expel() {
        send(world, peer, ToClient::Refused { nonce, refusal: Refusal::Expelled });
    }
}

fn send(world: &mut World, to: Peer, message: ToClient) {
    world.write_message(Sent { to, message });
}

/// What those who come are shown. It is made once in a step, however many come: the world stays as it is
/// meanwhile.
#[derive(Default)]
struct Shown {
    offer: Option<JoinOffer>,
    save: Option<Vec<u8>>,
}

/// Lets somebody in, or says why not.
fn admit(world: &mut World, from: Peer, hello: &Hello, shown: &mut Shown) {
    match welcome(world, from, hello, shown) {
        Err(refusal) => send(world, from, ToClient::Refused { nonce: hello.nonce, refusal }),
        Ok((welcome, orders)) => {
            let nonce = welcome.nonce;
            send(world, from, ToClient::Welcome(Box::new(welcome)));
            for order in orders {
                let seal = Seal { nonce, sequence: order.tick };
                send(world, from, ToClient::Order { seal, order });
            }
        }
    }
}

fn welcome(
    world: &mut World,
    from: Peer,
    hello: &Hello,
    shown: &mut Shown,
) -> Result<(Welcome, Vec<Order>), Refusal> {
    let mut session = world.resource_mut::<Session>();
    if session.is_barred(from) {
        return Err(Refusal::Expelled);
    }
    // Before anything that costs more.
    if !session.may_ask(from) {
        return Err(Refusal::TooSoon);
    }
    if hello.role == Role::Referee && !session.settings.referees.contains(&from) {
        return Err(Refusal::NotAllowed);
    }
    // Who joins again has left before.
    let others = session.clients.values().filter(|client| client.peer != from).count();
    if others >= session.settings.most_clients {
        return Err(Refusal::Full);
    }
    let differences = differences(world, hello, shown);
    if !differences.is_empty() {
        return Err(Refusal::Differs(differences));
    }
    let has_world = world.contains_resource::<ScriptHost>();
    let tick = world.get_resource::<ScriptClock>().map_or(0, |clock| clock.tick);
    if has_world && from != LOCAL && shown.save.is_none() {
        let save = save_scripts(world).map_err(|error| {
            error!("nobody can join: {error}");
            Refusal::Begun
        });
        shown.save = Some(save?);
    }
    let save = if from == LOCAL { None } else { shown.save.clone() };
    let own_seed = world.get_resource::<ScriptSettings>().map(|settings| settings.world_seed);
    let mut session = world.resource_mut::<Session>();
    let world_seed = own_seed.unwrap_or(session.settings.world_seed);
    if !has_world && session.next > 0 {
        return Err(Refusal::Begun);
    }
    session.take_out(from);
    session.stays += 1;
    let client = ClientId(session.stays);
    let nonce = session.nonce.of_stay(client, session.stays, &hello.offer.digest());
    let newcomer = Client {
        peer: from,
        role: hello.role,
        gate: Gate::new(nonce),
        purse: Purse::new(session.settings.fuel),
        waiting: VecDeque::new(),
        conduct: Conduct::default(),
    };
    session.clients.insert(client, newcomer);
    session.peers.insert(from, client);
    let orders = session.issued.iter().filter(|order| order.tick >= tick).cloned().collect();
    let ids = client.ids();
    let answers = hello.nonce;
    Ok((Welcome { answers, client, nonce, world_seed, ids, tick, world: save }, orders))
}

/// What of a newcomer's game is not as it is here. Where this app has no scripts, the first one who comes says
/// what is played.
fn differences(world: &mut World, hello: &Hello, shown: &mut Shown) -> Vec<JoinDifference> {
    let mut differences = if world.contains_resource::<ScriptHost>() {
        shown.offer.get_or_insert_with(|| join_offer(world)).differences(&hello.offer)
    } else {
        let mut session = world.resource_mut::<Session>();
        session.offer.get_or_insert_with(|| hello.offer.clone()).differences(&hello.offer)
    };
    differences.truncate(MOST_DIFFERENCES);
    differences
}

/// Puts a message into its sender's queue. Who was not let in is not heard.
fn queue(world: &mut World, from: Peer, message: ToServer) {
    let mut session = world.resource_mut::<Session>();
    let Some(id) = session.client(from) else { return };
    let Some(client) = session.clients.get_mut(&id) else { return };
    if client.waiting.len() < MOST_WAITING {
        client.waiting.push_back(message);
    } else if let Some(about) = About::of(&message) {
        answer(world, id, about, Err(Objection::OverBudget));
    }
}

/// What a message is about, for the answer.
#[derive(Clone, Copy)]
struct About {
    seal: Seal,
    tick: u64,
    entity: ScriptId,
    slot: u16,
}

impl About {
    fn of(message: &ToServer) -> Option<Self> {
        match message {
            ToServer::Hello(_) => None,
            ToServer::Claim(claim) => {
                let Claim { seal, tick, entity, slot, .. } = **claim;
                Some(Self { seal, tick, entity, slot })
            }
            ToServer::Wish(Wish { seal, tick, event }) => {
                let entity = match event.target {
                    Target::One(id) => id,
                    Target::All => ScriptId::AUTO,
                };
                Some(Self { seal: *seal, tick: *tick, entity, slot: 0 })
            }
            ToServer::Finding { seal, verdict, .. } => {
                let Verdict { tick, entity, slot, .. } = *verdict;
                Some(Self { seal: *seal, tick, entity, slot })
            }
        }
    }
}

fn answer(world: &mut World, client: ClientId, about: About, outcome: Result<bool, Objection>) {
    let About { seal: Seal { nonce, sequence }, tick, entity, slot } = about;
    conclude(world, client, Verdict { nonce, sequence, tick, entity, slot, outcome });
}

/// Takes note of a verdict and tells whom it is about.
fn conclude(world: &mut World, client: ClientId, verdict: Verdict) {
    let mut session = world.resource_mut::<Session>();
    // Gone since.
    let Some(client) = session.clients.get_mut(&client) else { return };
    match &verdict.outcome {
        Ok(true) => client.conduct.held += 1,
        Ok(false) => client.conduct.passed += 1,
        Err(objection) => *client.conduct.refused.entry(objection.clone()).or_default() += 1,
    }
    let peer = client.peer;
    send(world, peer, ToClient::Verdict(verdict));
}

/// Looks at as many of a client's messages as its purse pays for.
fn work_off(world: &mut World, id: ClientId) {
    loop {
        let mut session = world.resource_mut::<Session>();
        // The tick that was ordered last.
        let now = session.next.saturating_sub(1);
        let Some(client) = session.clients.get_mut(&id) else { return };
        let Some(message) = client.waiting.front() else { return };
        let cost = match message {
            ToServer::Claim(claim) => Purse::cost_of_claim(claim),
            // A referee works for us; others have nothing to find.
            ToServer::Finding { .. } if client.role == Role::Referee => 0,
            ToServer::Finding { .. } | ToServer::Hello(_) => Purse::cost_of_message(),
            ToServer::Wish(_) => Purse::cost_of_wish(),
        };
        if !client.purse.pay(cost) {
            client.conduct.put_off += 1;
            return;
        }
        let (Some(message), role) = (client.waiting.pop_front(), client.role) else { return };
        let Some(about) = About::of(&message) else { continue };
        // A referee speaks of claims that passed the gate when they came.
        let tick = if role == Role::Referee { now } else { about.tick };
        if let Err(objection) = client.gate.pass(about.seal, tick, now) {
            answer(world, id, about, Err(objection));
            continue;
        }
        match message {
            ToServer::Claim(claim) => examine(world, id, &claim),
            ToServer::Wish(wish) => {
                let granted = grant(&mut session, id, wish.event);
                answer(world, id, about, granted.map(|()| true));
            }
            ToServer::Finding { client, verdict, .. } if role == Role::Referee => {
                conclude(world, client, verdict);
            }
            ToServer::Finding { .. } => answer(world, id, about, Err(Objection::NotAllowed)),
            ToServer::Hello(_) => {}
        }
    }
}

/// Hands a claim to whoever can judge it.
fn examine(world: &mut World, client: ClientId, claim: &Claim) {
    let session = world.resource::<Session>();
    let referees = session.clients.values().filter(|client| client.role == Role::Referee);
    let mut to: Vec<_> = referees.map(|client| client.peer).collect();
    if world.contains_resource::<Judges>() {
        to.push(LOCAL);
    }
    for to in to {
        send(world, to, ToClient::Examine { client, claim: Box::new(claim.clone()) });
    }
}

fn grant(session: &mut Session, client: ClientId, event: ScriptEvent) -> Result<(), Objection> {
    let Target::One(entity) = event.target else { return Err(Objection::NotYours) };
    if session.owner(entity) != Some(client) {
        return Err(Objection::NotYours);
    }
    if !session.settings.wishes.contains(&event.callback) {
        return Err(Objection::NotAllowed);
    }
    session.events.push(event);
    Ok(())
}

/// Orders the next tick.
fn order(
    mut session: ResMut<Session>,
    mut announced: MessageReader<Announce>,
    mut assigned: MessageReader<Assign>,
    clock: Option<Res<ScriptClock>>,
    seat: Option<Res<Seat>>,
    mut sent: MessageWriter<Sent<ToClient>>,
) {
    let session = &mut *session;
    session.events.extend(announced.read().map(|Announce(event)| event.clone()));
    let assigned = assigned.read().map(|Assign { entity, owner }| (*entity, *owner));
    session.changes.extend(assigned);
    let players = session.clients.values().filter(|client| client.role == Role::Executor).count();
    if session.next == 0 && players < session.settings.starts_with {
        return;
    }
    // A world that cannot keep up is not driven further away.
    let world_tick = clock.as_ref().filter(|_| seat.is_some()).map(|clock| clock.tick);
    if world_tick.is_some_and(|tick| session.next > tick.saturating_add(session.settings.lead)) {
        return;
    }
    // A game that was loaded goes on where it is.
    session.next = session.next.max(world_tick.unwrap_or_default());
    let order = Order {
        tick: session.next,
        owners: std::mem::take(&mut session.changes),
        events: std::mem::take(&mut session.events),
    };
    session.next += 1;
    for (entity, owner) in &order.owners {
        match owner {
            Some(owner) => session.owners.insert(*entity, *owner),
            None => session.owners.remove(entity),
        };
    }
    let stays = session.clients.values().map(|client| (client.peer, client.gate.nonce()));
    let others = stays.filter(|(peer, _)| *peer != LOCAL);
    let local = seat.is_some().then_some((LOCAL, Nonce::default()));
    for (to, nonce) in others.chain(local) {
        // Ticks are ordered in their order, and each once.
        let seal = Seal { nonce, sequence: order.tick };
        sent.write(Sent { to, message: ToClient::Order { seal, order: order.clone() } });
    }
    session.issued.push_back(order);
    let keeps = world_tick.unwrap_or(session.next);
    while session.issued.front().is_some_and(|order| order.tick < keeps) {
        session.issued.pop_front();
    }
    session.clients.values_mut().for_each(|client| client.purse.fill());
}

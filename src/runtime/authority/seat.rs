use std::collections::BTreeMap;

use bevy::{
    app::{FixedMain, RunFixedMainLoop, RunFixedMainLoopSystems},
    prelude::*,
};

use super::{
    Step, add_common,
    clients::Session,
    ledger::Ledger,
    owner::Owner,
    post::{LOCAL, Received, Sent},
};
use crate::{
    authority::{
        ClientId, Gate, Hello, Nonce, Order, Refusal, Role, Seal, ToClient, ToServer, Welcome,
    },
    contract::ScriptId,
    runtime::{
        ScriptClock, ScriptIds, ScriptRecorder, ScriptSystems, bind, join_offer, load_scripts,
        plugin::ScriptSettings,
    },
};

/// This app's place in a game: how far it has come with joining, and the orders that it has.
///
/// Load the scripts, then [`knock`](Seat::knock). Until it is let in, no tick runs.
#[derive(Resource, Debug, Default)]
pub struct Seat {
    state: SeatState,
    knocks: Option<Role>,
    /// Of the hello that was not answered yet.
    asked: Nonce,
    sequence: u64,
    /// What lets orders of this stay in, each once.
    gate: Option<Gate>,
    /// Messages of other stays, or that came again, or too late.
    ignored: u64,
    orders: BTreeMap<u64, Order>,
    /// The tick that runs in this step.
    running: Option<u64>,
}

/// How far an app has come with joining a game.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SeatState {
    /// It has not asked.
    #[default]
    Out,
    /// It has asked.
    Asked,
    /// It was let in.
    In {
        /// Its number.
        client: ClientId,
        /// Its stay.
        nonce: Nonce,
        /// Ids for entities that this app spawns for itself: the first, and the first behind them.
        ids: (i64, i64),
    },
    /// It was not let in, or not let stay.
    Refused(Refusal),
    /// It was let in, and cannot read the world that it was given. The text says why.
    Lost(String),
}

impl Seat {
    /// Asks to be let in, with the scripts that are loaded by now, in the next step. An [`Executor`](super::Executor)
    /// asks to play, a [`Referee`](super::Referee) alone to check.
    pub fn knock(&mut self, role: Role) {
        self.knocks = Some(role);
    }

    /// How far it has come.
    #[must_use]
    pub const fn state(&self) -> &SeatState {
        &self.state
    }

    /// The number that it was given, once it is in.
    #[must_use]
    pub const fn client(&self) -> Option<ClientId> {
        match self.state {
            SeatState::In { client, .. } => Some(client),
            _ => None,
        }
    }

    /// How many ticks were ordered that have not run here.
    #[must_use]
    pub fn behind(&self) -> usize {
        self.orders.len()
    }

    /// The tick that runs, or has just run, in this step.
    #[must_use]
    pub const fn running(&self) -> Option<u64> {
        self.running
    }

    /// How many messages of the server were not heeded: of another stay, sent again, behind one that was sent
    /// later, or an answer to what was not asked.
    #[must_use]
    pub const fn ignored(&self) -> u64 {
        self.ignored
    }

    /// Whether an order is one of this stay, and the next.
    fn heeds(&mut self, seal: Seal) -> bool {
        let heeds = self.gate.as_mut().is_some_and(|gate| gate.pass_in_order(seal).is_ok());
        self.ignored += u64::from(!heeds);
        heeds
    }

    /// The seal of the next message; `None` if it is not in.
    pub(super) const fn seal(&mut self) -> Option<Seal> {
        let SeatState::In { nonce, .. } = self.state else { return None };
        self.sequence += 1;
        Some(Seal { nonce, sequence: self.sequence })
    }
}

/// What an app needs that runs ordered ticks; added once.
struct Seated;

impl Plugin for Seated {
    fn build(&self, app: &mut App) {
        app.init_resource::<Seat>()
            // So that scripts are known before the first tick.
            .add_systems(PreUpdate, bind::note_versions.run_if(is_out))
            .configure_sets(FixedUpdate, ScriptSystems::Tick.run_if(may_tick))
            .add_systems(FixedUpdate, knock.in_set(Step::Open))
            .add_systems(FixedUpdate, (listen, begin).chain().in_set(Step::Sit))
            .add_systems(
                RunFixedMainLoop,
                catch_up.in_set(RunFixedMainLoopSystems::AfterFixedMainLoop),
            );
    }
}

pub(super) fn add_seat(app: &mut App) {
    add_common(app);
    if !app.is_plugin_added::<Seated>() {
        app.add_plugins(Seated);
    }
}

fn is_out(seat: Res<Seat>) -> bool {
    !matches!(seat.state, SeatState::In { .. })
}

fn may_tick(seat: Res<Seat>, clock: Res<ScriptClock>) -> bool {
    seat.running == Some(clock.tick)
}

fn knock(world: &mut World) {
    let Some(role) = world.resource_mut::<Seat>().knocks.take() else { return };
    let nonce = Nonce::fresh();
    let hello = Box::new(Hello { nonce, role, offer: join_offer(world) });
    let mut seat = world.resource_mut::<Seat>();
    (seat.state, seat.asked, seat.gate) = (SeatState::Asked, nonce, None);
    world.write_message(Sent { to: LOCAL, message: ToServer::Hello(hello) });
}

/// Takes in what the coordinator says to whoever has a seat.
fn listen(
    world: &mut World,
    mut cursor: Local<bevy::ecs::message::MessageCursor<Received<ToClient>>>,
) {
    let messages = world.resource::<Messages<Received<ToClient>>>();
    let is_for_seats = |it: &&Received<ToClient>| {
        use ToClient as To;
        matches!(it.message, To::Welcome(_) | To::Refused { .. } | To::Order { .. })
    };
    let heard: Vec<_> =
        cursor.read(messages).filter(is_for_seats).map(|it| it.message.clone()).collect();
    // Who orders ticks itself says them to itself, let in or not.
    let at_home = world.contains_resource::<Session>();
    for message in heard {
        match message {
            ToClient::Welcome(welcome) => sit(world, *welcome),
            ToClient::Refused { nonce, refusal } => {
                let mut seat = world.resource_mut::<Seat>();
                let of = match &seat.state {
                    SeatState::Asked => Some(seat.asked),
                    SeatState::In { nonce, .. } => Some(*nonce),
                    _ => None,
                };
                if of == Some(nonce) {
                    seat.state = SeatState::Refused(refusal);
                    seat.gate = None;
                } else {
                    seat.ignored += 1;
                }
            }
            ToClient::Order { seal, order } => {
                let mut seat = world.resource_mut::<Seat>();
                if at_home || seat.heeds(seal) {
                    seat.orders.insert(order.tick, order);
                }
            }
            ToClient::Verdict(_) | ToClient::Examine { .. } => {}
        }
    }
}

fn sit(world: &mut World, welcome: Welcome) {
    let Welcome { answers, client, nonce, world_seed, ids, tick, world: save } = welcome;
    // Of a welcome that nobody asked for nothing comes, nor of an old one.
    let mut seat = world.resource_mut::<Seat>();
    if seat.state != SeatState::Asked || seat.asked != answers {
        seat.ignored += 1;
        return;
    }
    let at_home = world.contains_resource::<Session>();
    let loaded = match save {
        Some(save) if !at_home => load_scripts(world, &save).map(|_| ()),
        _ => Ok(()),
    };
    if !at_home {
        world.resource_mut::<ScriptSettings>().world_seed = world_seed;
        world.resource_mut::<ScriptClock>().tick = tick;
    }
    world.resource_mut::<Ledger>().own = Some(client);
    let mut seat = world.resource_mut::<Seat>();
    (seat.sequence, seat.gate) = (0, Some(Gate::new(nonce)));
    if at_home {
        seat.orders.retain(|ordered, _| *ordered >= tick);
    } else {
        seat.orders.clear();
    }
    seat.state = match loaded {
        Ok(()) => SeatState::In { client, nonce, ids },
        Err(error) => SeatState::Lost(error.to_string()),
    };
}

/// How many ticks at most are made up for in a frame.
const CATCH_UP: usize = 16;

/// Runs further fixed steps while there are orders: who joins, or was held up, gets ahead of the server again.
fn catch_up(world: &mut World) {
    // The world of the game goes as fast as it orders.
    if world.contains_resource::<Session>() {
        return;
    }
    for _ in 0..CATCH_UP {
        let tick = world.resource::<ScriptClock>().tick;
        if !world.resource::<Seat>().orders.contains_key(&tick) {
            break;
        }
        let step = world.resource::<Time<Fixed>>().timestep();
        world.resource_mut::<Time<Fixed>>().advance_by(step);
        *world.resource_mut::<Time>() = world.resource::<Time<Fixed>>().as_generic();
        world.run_schedule(FixedMain);
    }
    *world.resource_mut::<Time>() = world.resource::<Time<Virtual>>().as_generic();
}

/// Does what the order of the next tick says, if it is there and may run.
fn begin(world: &mut World) {
    let tick = world.resource::<ScriptClock>().tick;
    let session = world.get_resource::<Session>();
    // The world of the game goes behind, so that claims are there when it has run.
    let is_due = session.map(|session| session.is_due(tick));
    let mut seat = world.resource_mut::<Seat>();
    seat.running = None;
    let is_in = matches!(seat.state, SeatState::In { .. });
    if !is_due.unwrap_or(is_in) {
        return;
    }
    let Some(order) = seat.orders.remove(&tick) else { return };
    seat.running = Some(tick);
    // What was ordered for ticks that were over before it came.
    seat.orders = seat.orders.split_off(&tick);
    for (id, owner) in order.owners {
        if let Some(mut recorder) = world.get_resource_mut::<ScriptRecorder>() {
            recorder.own(id, owner);
        }
        own(world, id, owner);
    }
    world.write_message_batch(order.events);
}

/// Makes an entity somebody's, or nobody's.
pub(in crate::runtime) fn own(world: &mut World, id: ScriptId, owner: Option<ClientId>) {
    let Some(entity) = world.resource::<ScriptIds>().entity(id) else { return };
    let Ok(mut entity) = world.get_entity_mut(entity) else { return };
    match owner {
        Some(client) => entity.insert(Owner(client)),
        None => entity.remove::<Owner>(),
    };
}

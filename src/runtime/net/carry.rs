use std::collections::HashMap;

use bevy::prelude::*;
use bevy_replicon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    authority::{ToClient, ToServer},
    runtime::authority::{LOCAL, Packet, Peer, Received, Sent, Session},
};

/// A [`ToServer`] as bytes: it is read once its sender's share of a step allows it.
#[derive(Message, Serialize, Deserialize)]
struct Up(Vec<u8>);

/// A [`ToClient`] as bytes.
#[derive(Message, Serialize, Deserialize)]
struct Down(Vec<u8>);

/// Which connection is which peer. Numbers are given in the order in which clients connect and not twice; none
/// of them is [`LOCAL`], whatever a client calls itself.
#[derive(Resource, Debug, Default)]
pub struct Peers {
    peers: HashMap<Entity, Peer>,
    connections: HashMap<Peer, Entity>,
    last: u64,
}

impl Peers {
    /// The peer of a connection.
    #[must_use]
    pub fn of(&self, connection: Entity) -> Option<Peer> {
        self.peers.get(&connection).copied()
    }

    /// The connection of a peer.
    #[must_use]
    pub fn connection(&self, peer: Peer) -> Option<Entity> {
        self.connections.get(&peer).copied()
    }

    /// How many are connected.
    #[must_use]
    pub fn count(&self) -> usize {
        self.peers.len()
    }
}

pub(super) fn build(app: &mut App) {
    app.init_resource::<Peers>()
        .add_client_message::<Up>(Channel::Ordered)
        .add_server_message::<Down>(Channel::Ordered)
        .add_observer(welcome)
        .add_observer(forget)
        .add_systems(
            PreUpdate,
            (
                take_up.after(ServerSystems::Receive).run_if(in_state(ServerState::Running)),
                take_down.after(ClientSystems::Receive).run_if(in_state(ClientState::Connected)),
            ),
        )
        .add_systems(
            PostUpdate,
            (
                send_up.before(ClientSystems::Send).run_if(in_state(ClientState::Connected)),
                send_down.before(ServerSystems::Send).run_if(in_state(ServerState::Running)),
            ),
        );
}

fn welcome(added: On<Add, ConnectedClient>, mut peers: ResMut<Peers>) {
    peers.last += 1;
    let peer = Peer(peers.last);
    peers.peers.insert(added.entity, peer);
    peers.connections.insert(peer, added.entity);
}

fn forget(
    removed: On<Remove, ConnectedClient>,
    mut peers: ResMut<Peers>,
    session: Option<ResMut<Session>>,
) {
    let Some(peer) = peers.peers.remove(&removed.entity) else { return };
    peers.connections.remove(&peer);
    if let Some(mut session) = session {
        session.leave(peer);
    }
}

fn take_up(
    mut came: MessageReader<FromClient<Up>>,
    peers: Res<Peers>,
    mut packets: MessageWriter<Packet>,
) {
    for FromClient { client_id, message: Up(bytes) } in came.read() {
        let connection = client_id.entity();
        if let Some(from) = connection.and_then(|connection| peers.of(connection)) {
            packets.write(Packet { from, bytes: bytes.clone() });
        }
    }
}

fn take_down(mut came: MessageReader<Down>, mut received: MessageWriter<Received<ToClient>>) {
    for Down(bytes) in came.read() {
        match ToClient::from_bytes(bytes) {
            Ok(message) => {
                received.write(Received { from: LOCAL, message });
            }
            Err(error) => warn!("what the server says cannot be read: {error}"),
        }
    }
}

fn send_up(mut sent: MessageReader<Sent<ToServer>>, mut up: MessageWriter<Up>) {
    for Sent { message, .. } in sent.read() {
        match message.to_bytes() {
            Ok(bytes) => {
                up.write(Up(bytes));
            }
            Err(error) => warn!("a message is not sent: {error}"),
        }
    }
}

fn send_down(
    mut sent: MessageReader<Sent<ToClient>>,
    peers: Res<Peers>,
    mut down: MessageWriter<ToClients<Down>>,
) {
    for Sent { to, message } in sent.read() {
        let Some(connection) = peers.connection(*to) else { continue };
        match message.to_bytes() {
            Ok(bytes) => {
                let targets = SendTargets::Single(ClientId::Client(connection));
                down.write(ToClients { targets, message: Down(bytes) });
            }
            Err(error) => warn!("a message is not sent: {error}"),
        }
    }
}

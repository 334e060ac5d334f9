use std::collections::BTreeMap;

use bevy::{ecs::message::MessageCursor, prelude::*};

use super::clients::Session;
use crate::authority::{ToClient, ToServer};

/// The other end of a connection, by the number that the transport gave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer(pub u64);

/// This app itself, and to clients the server: no transport gives this number to anybody else.
pub const LOCAL: Peer = Peer(0);

/// A message to be carried to another app: by a transport, or by the host.
#[derive(Message, Clone, Debug)]
pub struct Sent<M: Send + Sync + 'static> {
    /// To whom. Of [`ToServer`] always [`LOCAL`]: to the server, wherever it is.
    pub to: Peer,
    /// What.
    pub message: M,
}

/// A message that came.
#[derive(Message, Clone, Debug)]
pub struct Received<M: Send + Sync + 'static> {
    /// From whom. Of [`ToClient`] always [`LOCAL`].
    pub from: Peer,
    /// What.
    pub message: M,
}

/// Bytes that came from a client and are said to be a [`ToServer`]: for transports, which need not look
/// into them. What one peer may send in a step is bounded before anything is read.
#[derive(Message, Clone, Debug)]
pub struct Packet {
    /// From whom.
    pub from: Peer,
    /// What.
    pub bytes: Vec<u8>,
}

/// Packets of one peer that are read in a step; the others are dropped and counted.
const PACKETS: usize = 128;
/// Bytes of one peer that are read in a step.
const BYTES: usize = 512 * 1024;

/// Reads packets, as many of each peer as it may send.
pub(super) fn open_packets(
    mut packets: MessageReader<Packet>,
    mut received: MessageWriter<Received<ToServer>>,
    mut session: Option<ResMut<Session>>,
) {
    let mut spent: BTreeMap<Peer, (usize, usize)> = BTreeMap::new();
    for Packet { from, bytes } in packets.read() {
        let (count, total) = spent.entry(*from).or_default();
        *count += 1;
        *total = total.saturating_add(bytes.len());
        let fits = *count <= PACKETS && *total <= BYTES;
        let barred = session.as_ref().is_some_and(|session| session.is_barred(*from));
        let opened = if fits && !barred { ToServer::from_bytes(bytes).ok() } else { None };
        match (opened, &mut session) {
            (Some(message), _) => {
                received.write(Received { from: *from, message });
            }
            (None, Some(session)) if !barred => session.note_unread(*from),
            _ => {}
        }
    }
}

/// How far this app has read what it says to itself.
#[derive(Resource, Default)]
pub(super) struct Carried {
    up: MessageCursor<Sent<ToServer>>,
    down: MessageCursor<Sent<ToClient>>,
}

/// Carries what this app says to itself.
pub(super) fn loop_back(
    mut carried: ResMut<Carried>,
    (to_server, to_client): (Res<Messages<Sent<ToServer>>>, Res<Messages<Sent<ToClient>>>),
    mut at_server: MessageWriter<Received<ToServer>>,
    mut at_client: MessageWriter<Received<ToClient>>,
    session: Option<Res<Session>>,
) {
    let Carried { up, down } = &mut *carried;
    let up = up.read(&to_server);
    let down = down.read(&to_client).filter(|sent| sent.to == LOCAL);
    // Without a coordinator all of it is for others.
    if session.is_some() {
        at_server
            .write_batch(up.map(|sent| Received { from: LOCAL, message: sent.message.clone() }));
        at_client
            .write_batch(down.map(|sent| Received { from: LOCAL, message: sent.message.clone() }));
    } else {
        up.for_each(drop);
        down.for_each(drop);
    }
}

//! The game over UDP: what the [roles](super::authority) say, and the state of scripted entities, carried by
//! [`bevy_replicon`] with renet (feature `net`).
//!
//! Add [`NetPlugin`] behind the roles, let the app [finish](bevy::app::App::finish), then [`serve`] or [`connect`].
//! Never both in one app.
//!
//! ```no_run
//! use bevy::prelude::*;
//! use bevy_cscript::{
//!     prelude::*,
//!     runtime::{
//!         authority::{Coordinator, Referee},
//!         net::{NetPlugin, ServerAuthentication, serve},
//!     },
//! };
//!
//! let mut app = App::new();
//! app.add_plugins((MinimalPlugins, AssetPlugin::default(), TransformPlugin, ScriptingPlugin::default()));
//! app.add_plugins((Coordinator::default(), Referee::default(), NetPlugin));
//! app.finish();
//! app.cleanup();
//! let address = ([127, 0, 0, 1], 5055).into();
//! serve(app.world_mut(), address, 8, ServerAuthentication::Unsecure)?;
//! app.run();
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! `Unsecure` is for one's own machine and network. Over the internet give both sides what netcode calls secure: a
//! private key here, and to each client a token that whoever knows the players made with it. Then nobody
//! else can read or change what is said, or speak in somebody's name.

mod carry;
mod shown;

pub use bevy_replicon;
pub use bevy_replicon_renet::{
    self,
    netcode::{ClientAuthentication, ServerAuthentication},
};
pub use carry::Peers;
pub use shown::Shown;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bevy::{prelude::*, state::app::StatesPlugin};
use bevy_replicon::prelude::{ClientState, RepliconChannels, RepliconPlugins, ServerState};
use bevy_replicon_renet::{
    RenetChannelsExt as _, RenetClient, RenetServer, RepliconRenetPlugins,
    netcode::{NetcodeClientTransport, NetcodeServerTransport, ServerConfig},
    renet::ConnectionConfig,
};

/// What netcode calls the game: other programs' packets are dropped. The format's version is in it.
pub const PROTOCOL: u64 = u64::from_le_bytes(*b"cscript\x01");

/// Carries what the roles say, and shows clients the state of scripted entities.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetPlugin;

impl Plugin for NetPlugin {
    fn build(&self, app: &mut App) {
        if !app.is_plugin_added::<StatesPlugin>() {
            app.add_plugins(StatesPlugin);
        }
        app.add_plugins((RepliconPlugins, RepliconRenetPlugins));
        super::authority::add_common(app);
        carry::build(app);
        shown::build(app);
    }
}

/// Listens on an address for so many clients. Gives the address; with port 0 the system chose it.
///
/// # Errors
/// The address cannot be had, or the clock is before 1970.
pub fn serve(
    world: &mut World,
    address: SocketAddr,
    most_clients: usize,
    authentication: ServerAuthentication,
) -> io::Result<SocketAddr> {
    let socket = UdpSocket::bind(address)?;
    let address = socket.local_addr()?;
    let config = ServerConfig {
        current_time: now()?,
        max_clients: most_clients,
        protocol_id: PROTOCOL,
        public_addresses: vec![address],
        authentication,
    };
    let transport = NetcodeServerTransport::new(config, socket).map_err(io::Error::other)?;
    let connection = connection(world);
    world.insert_resource(RenetServer::new(connection));
    world.insert_resource(transport);
    Ok(address)
}

/// Connects to a server; [`is_connected`] says when it is done.
///
/// # Errors
/// There is no socket to be had, the token is none, or the clock is before 1970.
pub fn connect(world: &mut World, authentication: ClientAuthentication) -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    let transport = NetcodeClientTransport::new(now()?, authentication, socket);
    let transport = transport.map_err(io::Error::other)?;
    let connection = connection(world);
    world.insert_resource(RenetClient::new(connection));
    world.insert_resource(transport);
    Ok(())
}

/// Connects to a server that does not ask who one is: for one's own machine and network. `number` is to be
/// different for each client.
///
/// # Errors
/// As [`connect`].
pub fn connect_unsecured(world: &mut World, server: SocketAddr, number: u64) -> io::Result<()> {
    connect(
        world,
        ClientAuthentication::Unsecure {
            protocol_id: PROTOCOL,
            client_id: number,
            server_addr: server,
            user_data: None,
        },
    )
}

/// Whether this client is connected: now it can [knock](super::authority::Seat::knock).
#[must_use]
pub fn is_connected(world: &World) -> bool {
    world
        .get_resource::<State<ClientState>>()
        .is_some_and(|state| **state == ClientState::Connected)
}

/// Whether this app is a server that listens.
#[must_use]
pub fn is_serving(world: &World) -> bool {
    world.get_resource::<State<ServerState>>().is_some_and(|state| **state == ServerState::Running)
}

fn connection(world: &World) -> ConnectionConfig {
    let channels = world.resource::<RepliconChannels>();
    ConnectionConfig {
        server_channels_config: channels.server_configs(),
        client_channels_config: channels.client_configs(),
        ..ConnectionConfig::default()
    }
}

fn now() -> io::Result<Duration> {
    SystemTime::now().duration_since(UNIX_EPOCH).map_err(io::Error::other)
}

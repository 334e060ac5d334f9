//! Several machines, one game: who orders the ticks, who plays, who checks. Each is a plugin that can be
//! added alone and with the others in one app, after [`ScriptingPlugin`](super::ScriptingPlugin).
//!
//! | role | what it does | needs scripts |
//! |---|---|---|
//! | [`Coordinator`] | lets in whoever has the same game, orders ticks, hands out ids, the seed and entities | no |
//! | [`Executor`] | runs ticks as they are ordered, ahead of the server, and claims what its entities' scripts did | yes |
//! | [`Referee`] | runs the same ticks in its own sandbox and holds claims against what it did itself | yes |
//! | [`Development`] | runs unsigned scripts, keeps notes of what each did, lets debuggers in | yes |
//!
//! All they say goes through messages of the app, [`Sent`] and [`Received`]. What carries them from one
//! app to another is the host's, or the feature `net`'s; in one app nothing has to be carried.
//!
//! A step of `FixedUpdate`: what came is read and judged by its form and its sender's purse; the next tick is
//! ordered; the tick that was ordered runs ([`ScriptSystems::Tick`](super::ScriptSystems)); executors claim, referees
//! compare. An app with one of the first three roles runs no tick that was not ordered.

mod clients;
mod coordinator;
mod development;
mod executor;
mod ledger;
mod owner;
mod post;
mod referee;
mod seat;

pub use clients::{Conduct, Session};
pub use coordinator::{Announce, Assign, Coordinator};
pub use development::Development;
pub use executor::{Executor, Tell};
pub use ledger::Ledger;
pub use owner::Owner;
pub(super) use owner::Owners;
pub use post::{LOCAL, Packet, Peer, Received, Sent};
pub use referee::{Check, Referee, Rulings};
pub(super) use seat::own;
pub use seat::{Seat, SeatState};

use bevy::prelude::*;

/// The parts of a step, in their order, around [`ScriptSystems::Tick`](super::ScriptSystems::Tick) in `FixedUpdate`.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthoritySystems {
    /// What came is read. Transports write [`Packet`]s and [`Received`] before it.
    Receive,
    /// The next tick is ordered, and the one that may run is begun.
    Order,
    /// Behind the tick: claims are made and compared. Transports read [`Sent`] after it.
    Judge,
}

/// The parts of [`Receive`](AuthoritySystems::Receive) and [`Order`](AuthoritySystems::Order).
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    /// Bytes become messages, and whoever knocks says so.
    Open,
    /// What this app says to itself gets there.
    CarryUp,
    /// The coordinator reads.
    Hear,
    /// It orders the next tick.
    Order,
    /// What it says to this app gets there.
    CarryDown,
    /// Whoever has a seat reads, and the tick that may run is begun.
    Sit,
}

/// What all roles share; added once.
struct Common;

impl Plugin for Common {
    fn build(&self, app: &mut App) {
        use super::ScriptSystems::Tick;
        use AuthoritySystems::{Judge, Order, Receive};
        app.init_resource::<post::Carried>()
            .add_message::<Packet>()
            .add_message::<Sent<crate::authority::ToServer>>()
            .add_message::<Sent<crate::authority::ToClient>>()
            .add_message::<Received<crate::authority::ToServer>>()
            .add_message::<Received<crate::authority::ToClient>>()
            .configure_sets(FixedUpdate, (Receive, Order, Tick, Judge).chain())
            .configure_sets(
                FixedUpdate,
                (
                    (Step::Open, Step::CarryUp, Step::Hear).chain().in_set(Receive),
                    (Step::Order, Step::CarryDown, Step::Sit).chain().in_set(Order),
                ),
            )
            .add_systems(
                FixedUpdate,
                (
                    post::open_packets.in_set(Step::Open),
                    post::loop_back.in_set(Step::CarryUp),
                    post::loop_back.in_set(Step::CarryDown),
                ),
            );
    }
}

pub(super) fn add_common(app: &mut App) {
    if !app.is_plugin_added::<Common>() {
        app.add_plugins(Common);
    }
}

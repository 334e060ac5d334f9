//! A server for as many clients as come: it orders the ticks, runs them itself, and believes nobody.
//!
//! ```sh
//! cargo run --features net --example server
//! cargo run --features net --example client      # in another terminal, and another
//! ```
//!
//! `--port N` [5055], `--clients N`: wait for so many before the first tick [1], `--entities N` [20],
//! `--ticks N`: end after so many ticks, and tell the hash of the world. Exit codes: 0 all that clients
//! claimed holds, 1 something could not be done, 3 claims were refused.

#![expect(clippy::print_stderr, clippy::print_stdout, reason = "it is a program for a terminal")]

mod game;

use std::{
    collections::BTreeSet,
    process::ExitCode,
    time::{Duration, Instant},
};

use bevy::prelude::*;
use bevy_cscript::{
    authority::{ClientId, Role},
    prelude::*,
    runtime::{
        authority::{Assign, Coordinator, Referee, Rulings, Session},
        net::{NetPlugin, Peers, ServerAuthentication, serve},
    },
};

use game::{Goal, PATIENCE, option};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, String> {
    let port: u16 = option("--port", 5055)?;
    let clients: usize = option("--clients", 1)?;
    let entities: usize = option("--entities", 20)?;
    let ticks: u64 = option("--ticks", u64::MAX)?;

    let mut app = game::app(ticks);
    app.add_plugins((
        Coordinator { starts_with: clients, lead: 4, ..default() },
        Referee::default(),
        NetPlugin,
    ));
    let scripts = game::load(&mut app)?;
    for i in 0..entities {
        let place = Transform::from_xyz((i % 10) as f32, 0.0, (i / 10) as f32);
        app.world_mut().spawn((place, CScript::new(scripts[i % scripts.len()].clone())));
    }
    let address =
        serve(app.world_mut(), ([127, 0, 0, 1], port).into(), 64, ServerAuthentication::Unsecure)
            .map_err(|error| format!("port {port}: {error}"))?;
    println!("listening on {address}");

    let mut known: BTreeSet<ClientId> = BTreeSet::new();
    let mut done: Option<Instant> = None;
    loop {
        app.update();
        deal_out(&mut app, &mut known, entities);
        if app.world().resource::<Goal>().hash.is_some() {
            // The clients have still to hear of their last claims.
            let since = *done.get_or_insert_with(Instant::now);
            if app.world().resource::<Peers>().count() == 0 || since.elapsed() > PATIENCE {
                break;
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let hash = app.world().resource::<Goal>().hash.unwrap_or_default();
    let rulings = app.world().resource::<Rulings>();
    println!("tick {ticks}: world {hash:016x}");
    println!("claims that hold: {:?}", rulings.held);
    println!("claims refused: {:?}", rulings.refused);
    Ok(if rulings.refusals() == 0 { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

/// Gives everybody who plays their part of the entities whenever somebody comes or goes.
fn deal_out(app: &mut App, known: &mut BTreeSet<ClientId>, entities: usize) {
    let session = app.world().resource::<Session>();
    let players = session.clients().filter(|(.., role)| *role == Role::Executor);
    let players: BTreeSet<ClientId> = players.map(|(client, ..)| client).collect();
    if players == *known {
        return;
    }
    println!("playing: {players:?}");
    known.clone_from(&players);
    let players: Vec<_> = players.into_iter().collect();
    for i in 0..entities {
        let owner = (!players.is_empty()).then(|| players[i % players.len()]);
        let entity = ScriptId(i as i64 + 1);
        app.world_mut().write_message(Assign { entity, owner });
    }
}

//! A player: runs the ticks that the server orders, ahead of it, and claims what the scripts of its entities do.
//!
//! `--server ADDRESS` [127.0.0.1:5055], `--ticks N`: end after so many ticks, and tell the hash of the world;
//! `--cheat`: change a variable of an own script now and then. Exit codes: 0 all claims held, 1 something
//! could not be done, 3 claims were refused.

#![expect(clippy::print_stderr, clippy::print_stdout, reason = "it is a program for a terminal")]

mod game;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    process::ExitCode,
    time::{Duration, Instant},
};

use bevy::{ecs::message::MessageCursor, prelude::*};
use bevy_cscript::{
    authority::{Role, ToClient},
    prelude::*,
    runtime::{
        ScriptClock,
        authority::{Executor, Owner, Received, Seat, SeatState},
        net::{NetPlugin, Shown, connect_unsecured, is_connected},
    },
};

use game::{Goal, PATIENCE, flag, option};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("client: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, String> {
    let server: SocketAddr = option("--server", ([127, 0, 0, 1], 5055).into())?;
    let ticks: u64 = option("--ticks", u64::MAX)?;
    let cheats = flag("--cheat");

    let mut app = game::app(ticks);
    app.add_plugins((Executor, NetPlugin));
    let _scripts = game::load(&mut app)?;
    // Different for each process of this machine.
    connect_unsecured(app.world_mut(), server, u64::from(std::process::id()))
        .map_err(|error| format!("{server}: {error}"))?;
    wait(&mut app, "the server does not answer", is_connected)?;
    app.world_mut().resource_mut::<Seat>().knock(Role::Executor);
    wait(&mut app, "the server does not let us in", |world| {
        !matches!(world.resource::<Seat>().state(), SeatState::Out | SeatState::Asked)
    })?;
    let SeatState::In { client, .. } = *app.world().resource::<Seat>().state() else {
        return Err(format!("not let in: {:?}", app.world().resource::<Seat>().state()));
    };
    println!("playing as {client}");

    let mut cursor = MessageCursor::<Received<ToClient>>::default();
    let (mut held, mut refused) = (0_u64, BTreeMap::<String, u64>::new());
    let mut last_judged = 0;
    let mut heard = Instant::now();
    loop {
        app.update();
        let messages = app.world().resource::<Messages<Received<ToClient>>>();
        for Received { message, .. } in cursor.read(messages) {
            heard = Instant::now();
            let ToClient::Verdict(verdict) = message else { continue };
            last_judged = last_judged.max(verdict.tick);
            match &verdict.outcome {
                Ok(_) => held += 1,
                Err(objection) => *refused.entry(objection.to_string()).or_default() += 1,
            }
        }
        if cheats {
            cheat(app.world_mut());
        }
        if let SeatState::Refused(refusal) = app.world().resource::<Seat>().state() {
            println!("thrown out: {refusal}");
            return Ok(ExitCode::from(3));
        }
        if app.world().resource::<Goal>().hash.is_some() && last_judged + 1 >= ticks {
            break;
        }
        if heard.elapsed() > PATIENCE || !is_connected(app.world()) {
            return Err("the server is gone".to_owned());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let hash = app.world().resource::<Goal>().hash.unwrap_or_default();
    let world = app.world_mut();
    let shown = world.query::<&Shown>().iter(world).count();
    println!("tick {ticks}: world {hash:016x}");
    println!("entities shown by the server: {shown}");
    println!("claims that hold: {held}, refused: {refused:?}");
    if held == 0 && refused.is_empty() {
        return Err("nothing was claimed".to_owned());
    }
    Ok(if refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

fn wait(app: &mut App, what: &str, is_done: impl Fn(&World) -> bool) -> Result<(), String> {
    let began = Instant::now();
    while !is_done(app.world()) {
        if began.elapsed() > PATIENCE {
            return Err(what.to_owned());
        }
        app.update();
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Sends the scripts of the own entities somewhere else.
fn cheat(world: &mut World) {
    let tick = world.resource::<ScriptClock>().tick;
    if tick % 50 != 49 {
        return;
    }
    let own = world.resource::<Seat>().client();
    let mut scripts = world.query::<(&Owner, &mut CScript)>();
    for (Owner(owner), mut script) in scripts.iter_mut(world) {
        // Who has no such variable cheats in no way.
        if Some(*owner) == own && script.set("waypoint", (tick / 50 % 4) as i64).is_ok() {
            return;
        }
    }
}

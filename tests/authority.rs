//! Several machines, one game. They are apps in one process; all that goes between them goes as bytes.

use bevy::{ecs::message::MessageCursor, prelude::*, time::TimeUpdateStrategy};
use bevy_cscript::{
    authority::{
        Claim, ClientId, Nonce, Objection, Order, Refusal, Role, Seal, ToClient, ToServer, Verdict,
    },
    contract::ScriptId,
    prelude::*,
    runtime::{
        ScriptClock,
        authority::{
            Announce, Assign, Check, Coordinator, Development, Executor, LOCAL, Ledger, Packet,
            Peer, Received, Referee, Rulings, Seat, SeatState, Sent, Session, Tell,
        },
    },
    testing::ScriptTestApp,
};

/// Moves about by chance, keeps a bit of everything, and hears what its player says.
pub(crate) const WALKER: &str = r#"
let steps = 0; let seen = []; let said = ""; let luck = 0.0;
fn on_update() {
    steps += 1; luck = random();
    if steps % 3 == 0 { seen = [get_position(entity_id), luck]; }
    move_towards(entity_id, [10.0 * random(), 0, 10.0 * random()], 5.0 * delta_time);
    if steps % 5 == 0 { publish("step", steps); }
}
fn on_message(topic, value) { said = `${topic} ${value}`; }
fn on_input(text) { said = text; set_tag(entity_id, text); }
"#;

const SEED: u64 = 11;

/// An app and what it has sent so far.
pub(crate) struct Machine {
    pub(crate) app: ScriptTestApp,
    up: MessageCursor<Sent<ToServer>>,
    down: MessageCursor<Sent<ToClient>>,
    verdicts: MessageCursor<Received<ToClient>>,
    /// So that it stays.
    _script: Handle<Script>,
}

impl Machine {
    pub(crate) fn new(script: &str, entities: usize, roles: impl FnOnce(&mut App)) -> Self {
        let plugin =
            ScriptingPlugin { world_seed: SEED, threads: ScriptThreads::Fixed(1), ..default() };
        Self::with(plugin, script, entities, roles)
    }

    fn with(
        plugin: ScriptingPlugin,
        script: &str,
        entities: usize,
        roles: impl FnOnce(&mut App),
    ) -> Self {
        let mut app = ScriptTestApp::with(plugin);
        let script = app.script("walker.rhai", script);
        roles(app.app());
        for i in 0..entities {
            let place = Transform::from_xyz(i as f32, 0.0, 0.0);
            app.world_mut().spawn((place, CScript::new(script.clone())));
        }
        // Bevy's first frame takes no time; assets arrive in it.
        app.app().insert_resource(TimeUpdateStrategy::ManualDuration(std::time::Duration::ZERO));
        app.app().update();
        app.app().update();
        app.app().insert_resource(TimeUpdateStrategy::FixedTimesteps(1));
        Self { app, up: default(), down: default(), verdicts: default(), _script: script }
    }

    pub(crate) fn world(&self) -> &World {
        self.app.world()
    }

    pub(crate) fn tick(&self) -> u64 {
        self.world().resource::<ScriptClock>().tick
    }

    fn sent_up(&mut self) -> Vec<ToServer> {
        let messages = self.app.world().resource::<Messages<Sent<ToServer>>>();
        self.up.read(messages).map(|sent| sent.message.clone()).collect()
    }

    fn sent_down(&mut self) -> Vec<(Peer, ToClient)> {
        let messages = self.app.world().resource::<Messages<Sent<ToClient>>>();
        self.down.read(messages).map(|sent| (sent.to, sent.message.clone())).collect()
    }

    /// What was said of this client's claims and wishes since it was last asked.
    fn verdicts(&mut self) -> Vec<Verdict> {
        let messages = self.app.world().resource::<Messages<Received<ToClient>>>();
        let verdict = |it: &Received<ToClient>| match &it.message {
            ToClient::Verdict(verdict) => Some(verdict.clone()),
            _ => None,
        };
        self.verdicts.read(messages).filter_map(verdict).collect()
    }

    pub(crate) fn knock(&mut self, role: Role) {
        self.app.world_mut().resource_mut::<Seat>().knock(role);
    }

    pub(crate) fn seat(&self) -> &SeatState {
        self.world().resource::<Seat>().state()
    }

    fn hash(&self) -> u64 {
        self.app.hash()
    }

    fn rulings(&self) -> &Rulings {
        self.world().resource()
    }
}

/// A server and its clients; the i-th of them is peer i + 1.
pub(crate) struct Game {
    pub(crate) server: Machine,
    pub(crate) clients: Vec<Machine>,
    /// What somebody on the line makes of what clients send.
    pub(crate) line: Box<dyn FnMut(usize, ToServer) -> Vec<ToServer>>,
}

pub(crate) fn server(app: &mut App) {
    app.add_plugins((Coordinator::default(), Referee::default()));
}

pub(crate) fn player(app: &mut App) {
    app.add_plugins(Executor);
}

impl Game {
    pub(crate) fn new(server: Machine, clients: Vec<Machine>) -> Self {
        Self { server, clients, line: Box::new(|_, message| vec![message]) }
    }

    /// A server with so many walkers, and so many players.
    fn of(players: usize, entities: usize) -> Self {
        let clients = (0..players).map(|_| Machine::new(WALKER, 0, player)).collect();
        Self::new(Machine::new(WALKER, entities, server), clients)
    }

    /// A step of every machine, and then the post.
    pub(crate) fn step(&mut self) {
        self.server.app.app().update();
        for (to, message) in self.server.sent_down() {
            let Some(client) = (to.0 as usize).checked_sub(1).and_then(|i| self.clients.get_mut(i))
            else {
                continue;
            };
            let again = message.to_bytes().and_then(|bytes| ToClient::from_bytes(&bytes));
            let message = again.unwrap_or_else(|error| panic!("{error}"));
            client.app.world_mut().write_message(Received { from: LOCAL, message });
        }
        for (i, client) in self.clients.iter_mut().enumerate() {
            client.app.app().update();
            for message in client.sent_up() {
                for message in (self.line)(i, message) {
                    let bytes = message.to_bytes().unwrap_or_else(|error| panic!("{error}"));
                    let packet = Packet { from: Peer(i as u64 + 1), bytes };
                    self.server.app.world_mut().write_message(packet);
                }
            }
        }
    }

    pub(crate) fn steps(&mut self, count: usize) {
        (0..count).for_each(|_| self.step());
    }

    /// Everybody joins, and the i-th entity is the i-th player's, round and round.
    pub(crate) fn join(&mut self, entities: usize) {
        self.clients.iter_mut().for_each(|client| client.knock(Role::Executor));
        self.steps(4);
        for client in &self.clients {
            assert!(matches!(client.seat(), SeatState::In { .. }), "{:?}", client.seat());
        }
        for i in 0..entities {
            let owner = self.clients[i % self.clients.len()].world().resource::<Seat>().client();
            let assign = Assign { entity: ScriptId(i as i64 + 1), owner };
            self.server.app.world_mut().write_message(assign);
        }
        self.steps(8);
    }

    fn conduct(&self, client: usize) -> bevy_cscript::runtime::authority::Conduct {
        let session = self.server.world().resource::<Session>();
        let id = session.client(Peer(client as u64 + 1));
        id.and_then(|id| session.conduct(id)).cloned().unwrap_or_else(|| panic!("it is out"))
    }
}

/// Notes of a tick, for comparing.
fn works(machine: &Machine, tick: u64) -> Vec<(ScriptId, u16, u64)> {
    let ledger = machine.world().resource::<Ledger>();
    ledger.works(tick).map(|(id, slot, work)| (id, slot, work.result(tick, id, slot))).collect()
}

#[test]
fn one_script_does_the_same_in_all_four_roles() {
    // A coordinator that has no scripts, a player, a referee of its own, a developer: four apps. And all in one.
    let settings =
        || Coordinator { world_seed: SEED, starts_with: 1, referees: vec![Peer(2)], ..default() };
    let mut coordinator = App::new();
    coordinator.add_plugins((MinimalPlugins, settings()));
    coordinator.insert_resource(TimeUpdateStrategy::FixedTimesteps(1));
    coordinator.update();
    let mut executor = Machine::new(WALKER, 3, player);
    let mut referee = Machine::new(WALKER, 3, |app| _ = app.add_plugins(Referee::default()));
    let mut development = Machine::new(WALKER, 3, |app| _ = app.add_plugins(Development));
    let mut all = Machine::new(WALKER, 3, |app| {
        app.add_plugins((settings(), Executor, Referee::default(), Development));
    });
    referee.knock(Role::Referee);
    executor.knock(Role::Executor);
    all.knock(Role::Executor);
    for i in 1..=3 {
        let assign = Assign { entity: ScriptId(i), owner: Some(ClientId(1)) };
        all.app.world_mut().write_message(assign);
        // In the other game the referee was first.
        let assign = Assign { entity: ScriptId(i), owner: Some(ClientId(2)) };
        coordinator.world_mut().write_message(assign);
    }
    let mut cursor = MessageCursor::<Sent<ToClient>>::default();
    let mut compared = 0;
    for step in 0..80 {
        for (i, machine) in [(1, &mut executor), (2, &mut referee)] {
            // The referee is let in first.
            if i == 1 && step < 3 {
                continue;
            }
            machine.app.app().update();
            for message in machine.sent_up() {
                let packet = Packet { from: Peer(i), bytes: message.to_bytes().unwrap() };
                coordinator.world_mut().write_message(packet);
            }
        }
        coordinator.update();
        let sent: Vec<_> = cursor.read(coordinator.world().resource()).cloned().collect();
        for Sent { to, message } in sent {
            let machine = if to == Peer(1) { &mut executor } else { &mut referee };
            machine.app.world_mut().write_message(Received { from: LOCAL, message });
        }
        development.app.app().update();
        all.app.app().update();
        for tick in 0..referee.tick().min(executor.tick()).min(all.tick()) {
            let (a, b, c, d) = (
                works(&executor, tick),
                works(&referee, tick),
                works(&development, tick),
                works(&all, tick),
            );
            if tick + 60 > referee.tick() {
                assert_eq!((a.len(), &a), (3, &b), "tick {tick}: executor and referee");
                assert_eq!(a, c, "tick {tick}: executor and development");
                assert_eq!(a, d, "tick {tick}: executor and all in one");
                compared += 1;
            }
        }
    }
    assert!(compared > 500, "{compared}");
    let session = coordinator.world().resource::<Session>();
    let conduct = session.conduct(ClientId(2)).unwrap();
    assert!(conduct.held > 100 && conduct.refused.is_empty(), "{conduct:?}");
    assert_eq!(referee.rulings().refusals(), 0);
    let conduct = all.world().resource::<Session>().conduct(ClientId(1)).unwrap();
    assert!(conduct.held > 100 && conduct.refused.is_empty(), "{conduct:?}");
}

#[test]
fn players_see_the_world_of_the_server_and_their_claims_hold() {
    let mut game = Game::of(3, 9);
    game.join(9);
    let tell =
        Tell { entity: ScriptId(2), event: ScriptEvent::custom("on_input", [Value::from("hi")]) };
    game.clients[1].app.world_mut().write_message(tell);
    let news = [Value::from("news"), Value::from(7_i64)];
    let announce = Announce(ScriptEvent::custom("on_message", news));
    game.server.app.world_mut().write_message(announce);
    let mut hashes = std::collections::BTreeMap::new();
    let mut compared = 0;
    for _ in 0..100 {
        game.step();
        for client in &game.clients {
            hashes.entry(client.tick()).or_insert_with(|| client.hash());
        }
        if let Some(hash) = hashes.get(&game.server.tick()) {
            assert_eq!(*hash, game.server.hash(), "tick {}", game.server.tick());
            compared += 1;
        }
        for client in &game.clients {
            assert!(client.tick() > game.server.tick(), "players are ahead");
        }
    }
    assert!(compared > 90, "{compared}");
    assert_eq!(game.server.rulings().refusals(), 0, "{:?}", game.server.rulings());
    assert!(game.server.rulings().held.values().all(|held| *held > 200));
    let (id, tag) = (game.server.app.entity(ScriptId(2)).unwrap(), "hi".to_owned());
    assert_eq!(game.server.world().get::<Tag>(id).map(|tag| tag.0.clone()), Some(tag));
}

/// Joins late, and sees what all see.
#[test]
fn who_comes_late_gets_the_world_as_it_is() {
    let mut game = Game::of(2, 4);
    game.clients[0].knock(Role::Executor);
    game.steps(50);
    game.clients[1].knock(Role::Executor);
    game.steps(50);
    let ticks: Vec<_> = game.clients.iter().map(Machine::tick).collect();
    assert_eq!(ticks[0], ticks[1]);
    assert_eq!(game.clients[0].hash(), game.clients[1].hash());
}

#[test]
fn only_the_same_game_is_let_in() {
    let other = WALKER.replace("5.0 * delta_time", "50.0 * delta_time");
    let clients = vec![Machine::new(&other, 0, player), Machine::new(WALKER, 0, player)];
    let mut game = Game::new(Machine::new(WALKER, 2, server), clients);
    game.clients[0].knock(Role::Executor);
    game.clients[1].knock(Role::Referee);
    game.steps(5);
    let SeatState::Refused(refusal) = game.clients[0].seat() else { panic!() };
    assert_eq!(refusal.to_string(), "the games are not the same: walker.rhai: another file there");
    assert_eq!(*game.clients[1].seat(), SeatState::Refused(Refusal::NotAllowed));
    assert_eq!(game.clients[0].tick(), 0, "and runs nothing");
}

/// What somebody makes of an honest claim, and what is said of it.
#[test]
fn a_forged_claim_is_found_in_the_tick_in_which_it_comes() {
    let change: [(fn(&mut Claim), Objection); 9] = [
        (|claim| claim.commands.push(claim.commands[0].clone()), Objection::Commands),
        (|claim| claim.commands.clear(), Objection::Commands),
        (|claim| claim.state ^= 1, Objection::State),
        (|claim| claim.entity = ScriptId(2), Objection::NotYours),
        (|claim| claim.entity = ScriptId(77), Objection::NotYours),
        (|claim| claim.slot = 3, Objection::DidNotRun),
        (|claim| claim.program ^= 1, Objection::OtherScript),
        (|claim| claim.script = bevy_cscript::trust::Digest::of(b"x"), Objection::OtherScript),
        (
            |claim| {
                let key = bevy_cscript::trust::KeyId::parse(&"ab".repeat(16)).unwrap();
                let id = "walker".to_owned();
                claim.signed_by = Some(bevy_cscript::authority::SignedBy { key, id, counter: 1 });
            },
            Objection::OtherSigner,
        ),
    ];
    for (change, wanted) in change {
        let mut game = Game::of(2, 4);
        game.join(4);
        let before = game.server.hash();
        let forged_tick = std::rc::Rc::new(std::cell::Cell::new(None));
        let note = forged_tick.clone();
        game.line = Box::new(move |client, message| match message {
            ToServer::Claim(mut claim) if client == 0 && note.get().is_none() => {
                change(&mut claim);
                let work = bevy_cscript::authority::Work {
                    commands: claim.commands.clone(),
                    state: claim.state,
                };
                // Whoever forges does it well.
                claim.result = work.result(claim.tick, claim.entity, claim.slot);
                note.set(Some(claim.tick));
                vec![ToServer::Claim(claim)]
            }
            message => vec![message],
        });
        game.step();
        let forged = forged_tick.get().unwrap();
        let mut honest = Game::of(2, 4);
        honest.join(4);
        honest.step();
        // The server has the claim, and runs its tick in at most so many steps: as many as it goes behind.
        let (mut found, mut verdicts) = (None, Vec::new());
        for _ in 0..4 {
            game.step();
            verdicts.extend(game.clients[0].verdicts());
            honest.step();
            found = found.or_else(|| {
                let refused = game.server.rulings().refused.get(&ClientId(1))?.get(&wanted)?;
                assert_eq!(*refused, 1);
                Some(game.server.tick())
            });
        }
        // `tick` is the number of the next one.
        assert_eq!(found, Some(forged + 1), "{wanted}");
        assert!(verdicts.iter().any(|it| it.tick == forged && it.outcome == Err(wanted.clone())));
        assert_eq!(game.server.rulings().refusals(), 1);
        assert_ne!(game.server.hash(), before);
        assert_eq!(game.server.hash(), honest.server.hash(), "nothing of it came into the world");
    }
}

#[test]
fn what_is_replayed_reordered_or_of_another_session_is_refused() {
    let mut game = Game::of(1, 1);
    game.join(1);
    let overheard = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let line = overheard.clone();
    game.line = Box::new(move |_, message| {
        line.borrow_mut().push(message.clone());
        vec![message]
    });
    game.steps(5);
    let claims = std::mem::take(&mut *overheard.borrow_mut());
    assert!(claims.len() >= 5);
    let refused = |game: &Game, objection: &Objection| {
        game.conduct(0).refused.get(objection).copied().unwrap_or_default()
    };
    assert!(game.conduct(0).refused.is_empty());

    // Once more.
    game.line = Box::new(|_, _| Vec::new());
    let say = |game: &mut Game, message: &ToServer| {
        let packet = Packet { from: Peer(1), bytes: message.to_bytes().unwrap() };
        game.server.app.world_mut().write_message(packet);
        game.step();
    };
    say(&mut game, &claims[4]);
    say(&mut game, &claims[1]);
    assert_eq!(refused(&game, &Objection::Replayed), 2);
    // With a new number the work was claimed already.
    let renewed = |claim: &ToServer, change: &dyn Fn(&mut Claim)| {
        let ToServer::Claim(claim) = claim else { panic!() };
        let mut claim = claim.clone();
        claim.seal.sequence += 1_000;
        change(&mut claim);
        ToServer::Claim(claim)
    };
    say(&mut game, &renewed(&claims[1], &|_| {}));
    game.steps(3);
    assert_eq!(refused(&game, &Objection::Again), 1);
    // Of another session, with the number that would be next.
    let foreign = renewed(&claims[1], &|claim| claim.seal.nonce = Nonce::fresh());
    say(&mut game, &foreign);
    assert_eq!(refused(&game, &Objection::OtherSession), 1);
    // Of a tick to come, and of one long gone.
    say(
        &mut game,
        &renewed(&claims[2], &|claim| {
            claim.seal.sequence += 1;
            claim.tick += 1_000;
        }),
    );
    assert_eq!(refused(&game, &Objection::TooEarly), 1);
    game.steps(70);
    say(&mut game, &renewed(&claims[2], &|claim| claim.seal.sequence += 2));
    assert_eq!(refused(&game, &Objection::TooLate), 1);

    // The stay of yesterday's client is over when it joins again.
    let old = claims[4].clone();
    game.clients[0] = Machine::new(WALKER, 0, player);
    game.line = Box::new(|_, message| vec![message]);
    game.clients[0].knock(Role::Executor);
    game.steps(4);
    game.line = Box::new(|_, _| Vec::new());
    say(&mut game, &old);
    assert_eq!(refused(&game, &Objection::OtherSession), 1);
}

#[test]
fn clients_say_only_what_they_may_to_what_is_theirs() {
    let mut game = Game::of(2, 2);
    game.join(2);
    let say = |game: &mut Game, entity, what: &str| {
        let event = ScriptEvent::custom(what, [Value::from("x")]);
        game.clients[0].app.world_mut().write_message(Tell { entity: ScriptId(entity), event });
        game.steps(6);
        game.conduct(0).refused
    };
    assert!(say(&mut game, 1, "on_input").is_empty());
    assert_eq!(say(&mut game, 2, "on_input").get(&Objection::NotYours), Some(&1));
    assert_eq!(say(&mut game, 1, "on_damaged").get(&Objection::NotAllowed), Some(&1));
    let tag =
        |id| game.server.app.entity(ScriptId(id)).and_then(|it| game.server.world().get::<Tag>(it));
    assert!(tag(1).is_some() && tag(2).is_none());
    assert_eq!(game.clients[0].hash(), game.clients[1].hash());
}

#[test]
fn whoever_makes_too_much_work_waits_and_then_goes() {
    let server = |app: &mut App| {
        let coordinator = Coordinator { fuel: 500, ..default() };
        app.add_plugins((coordinator, Referee::default()));
    };
    let clients = (0..2).map(|_| Machine::new(WALKER, 0, player)).collect();
    let mut game = Game::new(Machine::new(WALKER, 2, server), clients);
    game.join(2);
    let honest = game.conduct(1);
    assert_eq!((honest.put_off, honest.refused.len()), (0, 0));
    // A hundred claims for each that the script did.
    game.line = Box::new(|client, message| match message {
        ToServer::Claim(claim) if client == 0 => (0..100)
            .map(|i| {
                let mut claim = claim.clone();
                claim.seal.sequence = claim.seal.sequence * 1_000 + i;
                ToServer::Claim(claim)
            })
            .collect(),
        message => vec![message],
    });
    game.steps(10);
    let conduct = game.conduct(0);
    assert!(conduct.put_off >= 9, "{conduct:?}");
    assert!(conduct.refused.contains_key(&Objection::OverBudget), "{conduct:?}");
    let compared = conduct.held + conduct.refused.get(&Objection::Again).copied().unwrap_or(0);
    assert!(compared < 100, "a purse of 500 pays for at most 4 a tick: {conduct:?}");
    game.steps(400);
    assert_eq!(*game.clients[0].seat(), SeatState::Refused(Refusal::Expelled));
    // The others play on, and his entity is nobody's.
    let session = game.server.world().resource::<Session>();
    assert_eq!((session.client(Peer(1)), session.owner(ScriptId(1))), (None, None));
    let honest = game.conduct(1);
    assert_eq!((honest.put_off, honest.refused.len()), (0, 0), "{honest:?}");
    assert!(honest.held > 300);
}

#[test]
fn a_clients_scripts_have_no_more_than_their_share() {
    let greedy = "let n = 0; fn on_update() { for i in 0..3000 { n += 1; } }";
    let mut app = Machine::new(greedy, 8, |_| {});
    // Trusted scripts that nobody owns are not held to it.
    app.app
        .world_mut()
        .insert_resource(bevy_cscript::runtime::TickBudget { fuel: 60_000, ..default() });
    app.app.ticks(5);
    assert_eq!(app.world().resource::<ScriptMetrics>().put_off, 0);
    let owned: Vec<_> = (1..=8).map(|id| app.app.entity(ScriptId(id)).unwrap()).collect();
    for (i, entity) in owned.iter().enumerate() {
        let owner = ClientId(if i == 0 { 1 } else { 2 });
        app.app
            .world_mut()
            .entity_mut(*entity)
            .insert(bevy_cscript::runtime::authority::Owner(owner));
    }
    let n = |app: &Machine, i: usize| app.app.get(owned[i], "n").as_int().unwrap();
    let before: Vec<_> = (0..8).map(|i| n(&app, i)).collect();
    app.app.ticks(20);
    assert!(app.world().resource::<ScriptMetrics>().put_off > 0);
    let done: Vec<_> = (0..8).map(|i| n(&app, i) - before[i]).collect();
    assert_eq!(done[0], 20 * 3_000, "one's share is not used up by the other's seven: {done:?}");
    assert!(done[1..].iter().all(|done| *done < 20 * 3_000), "{done:?}");
}

#[test]
fn a_referee_that_samples_finds_a_steady_cheat() {
    let server = |app: &mut App| {
        let check = Check::Sample { one_in: 8, salt: 5 };
        app.add_plugins((Coordinator::default(), Referee { check }));
    };
    let mut game = Game::new(
        Machine::new(WALKER, 2, server),
        (0..2).map(|_| Machine::new(WALKER, 0, player)).collect(),
    );
    game.join(2);
    game.line = Box::new(|client, message| match message {
        ToServer::Claim(mut claim) if client == 0 => {
            claim.commands.clear();
            let (commands, state) = (Vec::new(), claim.state);
            let work = bevy_cscript::authority::Work { commands, state };
            claim.result = work.result(claim.tick, claim.entity, claim.slot);
            vec![ToServer::Claim(claim)]
        }
        message => vec![message],
    });
    game.steps(200);
    let rulings = game.server.rulings();
    let found = rulings.refused[&ClientId(1)][&Objection::Commands];
    assert!((10..50).contains(&found), "{rulings:?}");
    assert!(rulings.passed[&ClientId(1)] > 100 && rulings.refused.len() == 1, "{rulings:?}");
}

#[test]
fn a_script_that_is_revoked_while_it_runs_is_believed_no_more() {
    let mut game = Game::of(1, 1);
    game.join(1);
    let host = game.server.world().resource::<bevy_cscript::runtime::ScriptHost>().clone();
    let mut policy = (*host.verifier().policy()).clone();
    policy.revoked.files.insert(bevy_cscript::trust::Digest::of(WALKER.as_bytes()));
    host.verifier().set_policy(policy);
    game.steps(5);
    assert!(game.conduct(0).refused.contains_key(&Objection::NotBelieved));
    // And the host can have it stopped.
    let stopped = bevy_cscript::runtime::recheck_scripts(game.server.app.world_mut());
    assert_eq!(stopped, [ScriptId(1)]);
    let entity = game.server.app.entity(ScriptId(1)).unwrap();
    assert!(matches!(game.server.app.status(entity), ScriptStatus::Paused { .. }));
    let steps = game.server.app.get(entity, "steps");
    game.steps(5);
    assert_eq!(game.server.app.get(entity, "steps"), steps);
}

/// What somebody says who has the server's scripts.
fn hello(server: &Machine) -> ToServer {
    let offer = bevy_cscript::runtime::join_offer(server.world());
    let (nonce, role) = (Nonce::fresh(), Role::Executor);
    ToServer::Hello(Box::new(bevy_cscript::authority::Hello { nonce, role, offer }))
}

/// An answer to a hello is the world, which costs more than any other.
#[test]
fn who_asks_again_and_again_is_not_given_the_world_each_time() {
    let mut game = Game::of(2, 4);
    game.join(4);
    let hello = hello(&game.server).to_bytes().unwrap();
    let mut ear = MessageCursor::<Sent<ToClient>>::default();
    ear.clear(game.server.world().resource());
    // Who plays, and somebody who never did; each says it thirty times in a step.
    let (mut welcomes, mut too_soon, mut expelled) = ([0; 2], [0; 2], [0; 2]);
    for step in 0..40 {
        for _ in 0..30 {
            for peer in [Peer(1), Peer(9)] {
                let packet = Packet { from: peer, bytes: hello.clone() };
                game.server.app.world_mut().write_message(packet);
            }
        }
        game.step();
        for Sent { to, message } in ear.read(game.server.world().resource()) {
            let Some(who) = [1, 9].iter().position(|peer| *to == Peer(*peer)) else { continue };
            match message {
                ToClient::Welcome(_) => welcomes[who] += 1,
                ToClient::Refused { refusal: Refusal::TooSoon, .. } => too_soon[who] += 1,
                ToClient::Refused { refusal: Refusal::Expelled, .. } => expelled[who] += 1,
                _ => {}
            }
        }
        assert!(step < 20 || expelled == [1, 1], "{welcomes:?} {too_soon:?} {expelled:?}");
    }
    // Who plays was let in before, and so is not the first time.
    assert_eq!(welcomes, [0, 1], "{too_soon:?}");
    assert!(too_soon.iter().all(|count| (90..160).contains(count)), "{too_soon:?}");
    // The other one plays on.
    let honest = game.conduct(1);
    assert!(honest.refused.is_empty() && honest.held > 50, "{honest:?}");
}

/// Who waits may ask again, and waits twice as long each time.
#[test]
fn who_waits_is_answered() {
    let mut game = Game::of(0, 2);
    let hello = hello(&game.server).to_bytes().unwrap();
    let mut ear = MessageCursor::<Sent<ToClient>>::default();
    let mut ask = |game: &mut Game, peers: &[u64]| {
        for peer in peers {
            let packet = Packet { from: Peer(*peer), bytes: hello.clone() };
            game.server.app.world_mut().write_message(packet);
        }
        game.step();
        let sent = ear.read(game.server.world().resource::<Messages<Sent<ToClient>>>());
        let answers = sent.filter_map(|Sent { message, .. }| match message {
            ToClient::Welcome(welcome) => Some(Ok((welcome.nonce, welcome.world.clone()))),
            ToClient::Refused { refusal, .. } => Some(Err(refusal.clone())),
            _ => None,
        });
        answers.collect::<Vec<_>>()
    };
    // Who comes in one step sees one world, and has a stay of its own.
    let first = ask(&mut game, &[1, 2, 3]);
    let worlds: Vec<_> = first.iter().map(|it| it.as_ref().unwrap()).collect();
    assert_eq!(worlds.len(), 3);
    assert!(worlds.iter().all(|(_, world)| world.is_some() && *world == worlds[0].1));
    assert!(worlds[0].0 != worlds[1].0 && worlds[1].0 != worlds[2].0);
    game.steps(40);
    assert_eq!(ask(&mut game, &[1]), [Err(Refusal::TooSoon)]);
    game.steps(30);
    assert!(ask(&mut game, &[1])[0].is_ok());
    game.steps(70);
    assert_eq!(ask(&mut game, &[1]), [Err(Refusal::TooSoon)]);
    game.steps(70);
    assert!(ask(&mut game, &[1])[0].is_ok());
    // Another one has not asked so often.
    assert!(ask(&mut game, &[2])[0].is_ok());
}

/// The other way down the line: what the server said once, out of order, or to another stay.
#[test]
fn what_the_server_says_is_of_this_stay_in_order_and_heard_once() {
    let mut game = Game::of(1, 2);
    let mut ear = MessageCursor::<Sent<ToClient>>::default();
    let mut heard = Vec::new();
    game.clients[0].knock(Role::Executor);
    for _ in 0..20 {
        game.step();
        let sent = ear.read(game.server.world().resource::<Messages<Sent<ToClient>>>());
        heard.extend(sent.filter(|it| it.to == Peer(1)).map(|it| it.message.clone()));
    }
    let ignored = |game: &Game| game.clients[0].world().resource::<Seat>().ignored();
    assert_eq!(ignored(&game), 0);
    let say = |game: &mut Game, message: &ToClient| {
        let before = ignored(game);
        let message = Received { from: LOCAL, message: message.clone() };
        game.clients[0].app.world_mut().write_message(message);
        game.clients[0].app.app().update();
        ignored(game) - before
    };
    let orders: Vec<_> =
        heard.iter().filter(|message| matches!(message, ToClient::Order { .. })).collect();
    assert!(orders.len() > 15);
    let (tick, hash) = (game.clients[0].tick(), game.clients[0].hash());
    // Once more, the newest and an old one.
    assert_eq!(say(&mut game, orders[orders.len() - 1]), 1);
    assert_eq!(say(&mut game, orders[3]), 1);
    let next = |nonce: Option<Nonce>, by: u64| {
        let ToClient::Order { seal, order } = orders[orders.len() - 1] else { panic!() };
        let (mut seal, mut order) = (*seal, order.clone());
        seal.nonce = nonce.unwrap_or(seal.nonce);
        seal.sequence += by;
        order.tick += by;
        ToClient::Order { seal, order }
    };
    // The next ones, of another session.
    assert_eq!(say(&mut game, &next(Some(Nonce::fresh()), 1)), 1);
    assert_eq!(say(&mut game, &next(Some(Nonce::default()), 1)), 1);
    // A welcome that nobody asked for, and a word of another stay.
    assert_eq!(say(&mut game, &heard[0]), 1);
    let out = |nonce| ToClient::Refused { nonce, refusal: Refusal::Expelled };
    assert_eq!(say(&mut game, &out(Nonce::fresh())), 1);
    assert!(matches!(game.clients[0].seat(), SeatState::In { .. }));
    assert_eq!(
        (game.clients[0].tick(), game.clients[0].hash()),
        (tick, hash),
        "nothing came of it"
    );
    // One that came behind a later one. The later one itself is of this stay, and heard.
    assert_eq!(say(&mut game, &next(None, 2)), 0);
    assert_eq!(say(&mut game, &next(None, 1)), 1);
    // The welcome of the first time is not the answer to the second.
    game.clients[0].knock(Role::Executor);
    game.clients[0].app.app().update();
    assert_eq!(*game.clients[0].seat(), SeatState::Asked);
    assert_eq!(say(&mut game, &heard[0]), 1);
    assert_eq!(say(&mut game, &out(Nonce::default())), 1);
    assert_eq!(say(&mut game, &next(None, 3)), 1, "the stay is over");
    assert_eq!(*game.clients[0].seat(), SeatState::Asked);
}

/// Findings are a referee's; from others they cost what other messages cost.
#[test]
fn what_is_of_no_use_is_paid_for_too() {
    let server = |app: &mut App| {
        let coordinator = Coordinator { fuel: 500, most_refused: 100_000, ..default() };
        app.add_plugins((coordinator, Referee::default()));
    };
    let clients = vec![Machine::new(WALKER, 0, player)];
    let mut game = Game::new(Machine::new(WALKER, 2, server), clients);
    game.join(1);
    game.line = Box::new(|_, message| match message {
        ToServer::Claim(claim) => {
            let Claim { seal, tick, entity, slot, .. } = *claim;
            let (nonce, sequence, outcome) = (seal.nonce, seal.sequence, Ok(true));
            let verdict = Verdict { nonce, sequence, tick, entity, slot, outcome };
            vec![ToServer::Finding { seal, client: ClientId(1), verdict }; 60]
        }
        message => vec![message],
    });
    let held = game.conduct(0).held;
    game.steps(30);
    let conduct = game.conduct(0);
    assert!(conduct.put_off > 10 && conduct.held <= held + 4, "{conduct:?}");
    assert!(conduct.refused.contains_key(&Objection::OverBudget), "{conduct:?}");
}

/// Bytes of all kinds from somebody who never joined, and from somebody who did.
#[test]
fn noise_is_not_heard_and_its_sender_goes() {
    let mut game = Game::of(1, 1);
    game.join(1);
    let order = ToClient::Order { seal: Seal::default(), order: Order::default() };
    let order = order.to_bytes().unwrap();
    let finding = ToServer::Finding {
        seal: Seal::default(),
        client: ClientId(1),
        verdict: Verdict {
            nonce: Nonce::default(),
            sequence: 0,
            tick: 0,
            entity: ScriptId(1),
            slot: 0,
            outcome: Err(Objection::State),
        },
    };
    let finding = finding.to_bytes().unwrap();
    for i in 0..200_u64 {
        for bytes in [b"noise".to_vec(), Vec::new(), order.clone(), finding.clone()] {
            game.server.app.world_mut().write_message(Packet { from: Peer(9), bytes });
        }
        if i == 5 {
            let packet = Packet { from: Peer(1), bytes: b"noise".to_vec() };
            game.server.app.world_mut().write_message(packet);
        }
        game.step();
    }
    let conduct = game.conduct(0);
    assert_eq!(conduct.refused, [(Objection::Garbled, 1)].into());
    assert!(conduct.held > 190);
}

/// The hashes that every machine keeps, tick by tick: equal where the game is, and where it is not they say whose.
#[test]
fn the_hashes_of_every_tick_say_when_and_who() {
    use bevy_cscript::runtime::HashRecord;
    let (mut ours, mut theirs) = (Machine::new(WALKER, 5, |_| {}), Machine::new(WALKER, 5, |_| {}));
    let record = |machine: &Machine, tick| {
        machine.world().resource::<HashRecord>().tick(tick).cloned().unwrap()
    };
    for tick in 0..60 {
        ours.app.tick();
        theirs.app.tick();
        let (ours, theirs) = (record(&ours, tick), record(&theirs, tick));
        assert_eq!((&ours, ours.differences(&theirs)), (&theirs, Vec::new()));
        assert_eq!(ours.entities.len(), 5);
    }
    // What is kept up to date is what there is.
    let fresh = |machine: &mut Machine| {
        let world = machine.app.world_mut();
        let mut scripts = world.query::<(&ScriptId, &CScript)>();
        let scripts = scripts
            .iter(world)
            .flat_map(|(id, it)| it.slots().iter().map(|slot| (*id, slot.state_hash())));
        scripts.collect::<Vec<_>>()
    };
    assert_eq!(fresh(&mut ours), fresh(&mut theirs));
    // One variable of one script.
    let entity = theirs.app.entity(ScriptId(3)).unwrap();
    let mut entity = theirs.app.world_mut().entity_mut(entity);
    entity.get_mut::<CScript>().unwrap().set("luck", 0.25).unwrap();
    assert_ne!(fresh(&mut ours), fresh(&mut theirs));
    ours.app.tick();
    theirs.app.tick();
    // `luck` is written anew in each tick.
    assert_eq!(record(&ours, 60), record(&theirs, 60));
    let mut entity =
        theirs.app.entity(ScriptId(3)).map(|it| theirs.app.world_mut().entity_mut(it)).unwrap();
    entity.get_mut::<CScript>().unwrap().set("steps", 9_i64).unwrap();
    ours.app.tick();
    theirs.app.tick();
    let (ours, theirs) = (record(&ours, 61), record(&theirs, 61));
    assert_ne!(ours.world, theirs.world);
    assert_eq!(ours.differences(&theirs), [ScriptId(3)]);
}

/// What bounds how long the long runs below are: `AUTHORITY_TICKS`, else `default`.
fn long(default: u64) -> u64 {
    std::env::var("AUTHORITY_TICKS").ok().and_then(|ticks| ticks.parse().ok()).unwrap_or(default)
}

/// A false alarm is an honest claim that is refused. 100 entities, 4 players, 1 referee: 10,000 ticks are a million
/// script ticks. `cargo test --release --test authority -- --ignored million --nocapture`
#[test]
#[ignore = "takes minutes"]
fn a_million_script_ticks_bring_no_false_alarm() {
    // So many claims are more than a client's messages may usually cost.
    let roomy = |app: &mut App| {
        let coordinator = Coordinator { fuel: 200_000, ..default() };
        app.add_plugins((coordinator, Referee::default()));
    };
    let clients = (0..4).map(|_| Machine::new(WALKER, 0, player)).collect();
    let mut game = Game::new(Machine::new(WALKER, 100, roomy), clients);
    game.join(100);
    let ticks = long(10_000);
    let began = std::time::Instant::now();
    let start = game.server.tick();
    while game.server.tick() < start + ticks {
        game.step();
    }
    let rulings = game.server.rulings();
    let held: u64 = rulings.held.values().sum();
    println!(
        "{held} claims hold, {} refused, {:.1} s",
        rulings.refusals(),
        began.elapsed().as_secs_f64()
    );
    assert_eq!(rulings.refusals(), 0, "{rulings:?}");
    assert!(held >= ticks * 100 - 1_000, "{held}");
}

/// How long a tick of the server takes with and without a hundred clients who send whatever they can.
/// `cargo test --release --test authority -- --ignored hostile --nocapture`
#[test]
#[ignore = "measures"]
fn a_hundred_hostile_clients_hardly_slow_the_server_down() {
    let server = |app: &mut App| {
        let coordinator = Coordinator { most_clients: 256, ..default() };
        app.add_plugins((coordinator, Referee::default()));
    };
    let honest = || (0..4).map(|_| Machine::new(WALKER, 0, player)).collect::<Vec<_>>();
    let mut calm = Game::new(Machine::new(WALKER, 400, server), honest());
    let mut rough = Game::new(Machine::new(WALKER, 400, server), honest());
    for game in [&mut calm, &mut rough] {
        game.join(4);
    }
    // What they send: claims of others, with a stay of their own or none, noise, and much of it.
    let overheard = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let line = overheard.clone();
    rough.line = Box::new(move |_, message| {
        if line.borrow().len() < 64 {
            line.borrow_mut().push(message.to_bytes().unwrap());
        }
        vec![message]
    });
    rough.steps(20);
    rough.line = Box::new(|_, message| vec![message]);
    let hello = hello(&rough.server).to_bytes().unwrap();
    for i in 0..100 {
        let packet = Packet { from: Peer(1_000 + i), bytes: hello.clone() };
        rough.server.app.world_mut().write_message(packet);
    }
    rough.steps(5);
    calm.steps(25);
    let mut times = [Vec::new(), Vec::new()];
    let ticks = long(400);
    for tick in 0..ticks {
        for i in 0..100 {
            for message in overheard.borrow().iter().cycle().skip(tick as usize % 7).take(20) {
                let packet = Packet { from: Peer(1_000 + i), bytes: message.clone() };
                rough.server.app.world_mut().write_message(packet);
            }
        }
        for (game, times) in [&mut calm, &mut rough].into_iter().zip(&mut times) {
            let began = std::time::Instant::now();
            game.server.app.app().update();
            times.push(began.elapsed());
            game.step();
        }
    }
    let [calm_time, rough_time] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    println!(
        "a frame of the server takes {calm_time:?}, with a hundred hostile clients {rough_time:?}"
    );
    assert_eq!(rough.server.rulings().refused.get(&ClientId(1)), None);
    assert!(rough_time.as_secs_f64() < calm_time.as_secs_f64() * 1.1);
}

/// What hashing each tick adds to a pass of patrols.
/// `cargo test --release --test authority -- --ignored hashing --nocapture`
#[test]
#[ignore = "measures"]
fn hashing_every_tick_costs_little() {
    use bevy_cscript::runtime::HashRecord;
    let patrol = include_str!("../assets/scripts/patrol.rhai");
    let app = |is_on: bool| {
        let mut machine = Machine::new(patrol, 1_000, |_| {});
        machine.app.world_mut().resource_mut::<HashRecord>().is_on = is_on;
        machine.app.ticks(5);
        machine
    };
    let mut machines = [app(false), app(true)];
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..long(2_000) {
        for (machine, times) in machines.iter_mut().zip(&mut times) {
            machine.app.tick();
            times.push(machine.world().resource::<ScriptMetrics>().tick_time);
        }
    }
    let [off, on] = times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    });
    let added = on.as_secs_f64() / off.as_secs_f64() - 1.0;
    println!("a tick of 1,000 patrols takes {off:?}, hashed {on:?}: {:+.1} %", added * 100.0);
    assert!(added < 0.5);
}

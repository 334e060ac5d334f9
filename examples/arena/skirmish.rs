//! The scenario `skirmish`: two teams of scripted fighters, until one is gone.
//!
//! The fighters do everything themselves; the game only sets them up and counts who is left.

use bevy::prelude::*;
use bevy_cscript::{
    contract::{ScriptId, Shape},
    prelude::*,
    runtime::gameplay::{
        Armor, AttackPower, EyeHeight, Health, Hitbox, Inventory, SightRange, Team,
    },
};

/// The two teams.
const TEAMS: [&str; 2] = ["red", "blue"];

/// The fighters of a team that stand beside each other.
const RANK: usize = 10;

/// Units between two of them.
const SPACING: f32 = 3.0;

/// Units from the middle to the first rank.
const NO_MANS_LAND: f32 = 15.0;

/// Bandages that a medic begins with.
const BANDAGES: u32 = 6;

/// Further than anybody is from anybody.
const EVERYWHERE: f64 = 10_000.0;

const SCRIPTS: [&str; 4] = [
    "scripts/squad_tactics.rhai",
    "scripts/enemy_aggro.rhai",
    "scripts/enemy_patrol.rhai",
    "scripts/medic.rhai",
];

/// Spawns the fighters, red and blue in turn, and some rocks to hide behind.
pub(crate) fn populate(app: &mut App, count: usize) -> Result<(), String> {
    let [soldier, beast, guard, medic] = super::load(app, SCRIPTS)?;
    app.define_item("bandage", 10);

    let places = Places { team_size: count.div_ceil(2) };
    for i in 0..count {
        let (side, number) = (i % 2, i / 2);
        let here = places.of(side, number);
        // The one who stands on the other side, in the same lane.
        let there = places.of(1 - side, number);
        let mut fighter = app.world_mut().spawn((
            Transform::from_translation(here),
            Team(TEAMS[side].to_owned()),
            Health::full(100.0),
            EyeHeight::default(),
            Hitbox(Shape::Sphere { radius: 0.4 }),
        ));
        // Of every ten fighters five are soldiers, two beasts, two guards, and one is a medic. The
        // attack power is what their scripts say: scripts hit, and the component is what others
        // fear.
        match number % 10 {
            1 => fighter.insert((
                Armor(1.0),
                AttackPower(4.0),
                SightRange(20.0),
                Inventory(carrying("bandage", BANDAGES)),
                CScript::new(medic.clone()),
            )),
            3 | 6 => fighter.insert((
                Armor(0.0),
                AttackPower(7.0),
                SightRange(30.0),
                Inventory::default(),
                CScript::new(beast.clone())
                    .with_config(Value::map().with("notice", EVERYWHERE).with("leash", EVERYWHERE)),
            )),
            4 | 8 => fighter.insert((
                Armor(3.0),
                AttackPower(9.0),
                SightRange(12.0),
                Inventory::default(),
                CScript::new(guard.clone()).with_config(
                    Value::map().with("route", [there, here].map(Value::from).to_vec()),
                ),
            )),
            _ => fighter.insert((
                Armor(2.0),
                AttackPower(10.0),
                SightRange(20.0),
                Inventory::default(),
                CScript::new(soldier.clone()),
            )),
        };
    }

    // Rocks: known to scripts, without a script.
    let rock = Hitbox(Shape::Box { half: Vec3::new(1.0, 2.0, 1.0) });
    for i in 0..places.width() {
        let x = if i % 2 == 0 { -4.0 } else { 4.0 };
        let place = Vec3::new(x, 0.0, (i as f32 + 0.5) * SPACING);
        app.world_mut().spawn((ScriptId::AUTO, Transform::from_translation(place), rock));
    }
    Ok(())
}

fn carrying(item: &str, count: u32) -> bevy_cscript::contract::Pack {
    let Inventory(mut pack) = Inventory::default();
    pack.add(item, count, count);
    pack
}

/// Where fighters stand at first: ranks behind each other, a team on each side.
struct Places {
    team_size: usize,
}

impl Places {
    fn width(&self) -> usize {
        self.team_size.min(RANK)
    }

    fn of(&self, side: usize, number: usize) -> Vec3 {
        let (rank, file) = (number / RANK, number % RANK);
        let x = NO_MANS_LAND + rank as f32 * SPACING;
        Vec3::new(if side == 0 { -x } else { x }, 0.0, file as f32 * SPACING)
    }
}

/// How many of each team are left.
pub(crate) fn alive(world: &mut World) -> [usize; 2] {
    let mut alive = [0; 2];
    for (team, health) in world.query::<(&Team, &Health)>().iter(world) {
        for (name, alive) in TEAMS.iter().zip(&mut alive) {
            if *name == team.0 && health.current > 0.0 {
                *alive += 1;
            }
        }
    }
    alive
}

/// Whether nobody is left to fight with.
pub(crate) fn is_over(world: &mut World) -> bool {
    alive(world).contains(&0)
}

/// The team that is left; "draw" when both are, or none.
pub(crate) fn winner(world: &mut World) -> &'static str {
    match alive(world) {
        [red, 0] if red > 0 => TEAMS[0],
        [0, blue] if blue > 0 => TEAMS[1],
        _ => "draw",
    }
}

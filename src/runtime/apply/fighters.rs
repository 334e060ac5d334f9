//! Hurting and healing, which scripts that fight ask for in every tick.

use bevy::{
    ecs::{
        entity_disabling::Disabled,
        system::{SystemParam, SystemState},
    },
    prelude::*,
};

use crate::{
    contract::{Callback, ScriptCommand, ScriptId, Vitals},
    runtime::{
        cscript::CScript,
        event_queue::{EventQueue, hearer},
        gameplay::{Armor, Damaged, Died, Health},
        ids::ScriptIds,
        report::Reports,
    },
};

/// What it takes to change somebody's health, and to tell whom it concerns.
#[derive(SystemParam)]
pub(in crate::runtime) struct Fighters<'w, 's> {
    ids: Res<'w, ScriptIds>,
    bodies: Query<
        'w,
        's,
        (
            &'static mut Health,
            Option<&'static Armor>,
            Option<&'static ScriptId>,
            Option<&'static CScript>,
        ),
        Allow<Disabled>,
    >,
    events: ResMut<'w, EventQueue>,
    damaged: MessageWriter<'w, Damaged>,
    died: MessageWriter<'w, Died>,
}

/// Kept from pass to pass, in a box: it is taken out of the world for each.
#[derive(Resource)]
pub(in crate::runtime) struct FightState(Box<SystemState<Fighters<'static, 'static>>>);

impl FromWorld for FightState {
    fn from_world(world: &mut World) -> Self {
        Self(Box::new(SystemState::new(world)))
    }
}

impl FightState {
    pub(in crate::runtime) fn get<'a>(&'a mut self, world: &'a mut World) -> Fighters<'a, 'a> {
        self.0.get_mut(world).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// Does the first of some commands for as long as they are about health, and says how many they were.
pub(super) fn apply(
    world: &mut World,
    state: &mut FightState,
    reports: &mut Reports,
    commands: &[ScriptCommand],
) -> usize {
    if !commands.first().is_some_and(fights) {
        return 0;
    }
    let mut fighters = state.get(world);
    let fighting = commands.iter().take_while(|command| fights(command));
    fighting.map(|command| fighters.apply(reports, command)).count()
}

const fn fights(command: &ScriptCommand) -> bool {
    matches!(
        command,
        ScriptCommand::ApplyDamage { .. }
            | ScriptCommand::Heal { .. }
            | ScriptCommand::SetHealth { .. }
    )
}

impl Fighters<'_, '_> {
    fn apply(&mut self, reports: &mut Reports, command: &ScriptCommand) {
        let mut of = |id, command| {
            let entity = self.ids.entity(id);
            if entity.is_none() {
                reports.nobody(id, command);
            }
            entity
        };
        match *command {
            ScriptCommand::ApplyDamage { id, amount, ref kind, source } => {
                if let Some(entity) = of(id, "apply_damage") {
                    self.damage(entity, amount, kind, source);
                }
            }
            ScriptCommand::Heal { id, amount } => {
                if let Some(entity) = of(id, "heal") {
                    self.heal(entity, amount);
                }
            }
            ScriptCommand::SetHealth { id, value, source } => {
                if let Some(entity) = of(id, "set_health") {
                    self.change(entity, source, |vitals| vitals.set(value));
                }
            }
            _ => {}
        }
    }

    /// Hurts an entity.
    pub(in crate::runtime) fn damage(
        &mut self,
        entity: Entity,
        amount: f32,
        kind: &str,
        source: ScriptId,
    ) {
        let Ok((health, armor, id, scripts)) = self.bodies.get(entity) else { return };
        let hurt = vitals(health, armor).hurt(amount);
        if hurt > 0.0 {
            // It hears of the hit before it hears that the hit killed it.
            if let Some(id) = hearer(id, scripts, Callback::OnDamage) {
                let args = vec![f64::from(hurt).into(), source.into()];
                self.events.tell(id, Callback::OnDamage, args);
            }
            let kind = kind.to_owned();
            self.damaged.write(Damaged { entity, amount: hurt, kind, source });
        }
        self.change(entity, source, |vitals| vitals.hurt(amount));
    }

    /// Heals an entity.
    pub(in crate::runtime) fn heal(&mut self, entity: Entity, amount: f32) {
        self.change(entity, ScriptId::AUTO, |vitals| vitals.heal(amount));
    }

    /// Changes an entity's health, and tells it if that killed it.
    fn change<R>(
        &mut self,
        entity: Entity,
        source: ScriptId,
        change: impl FnOnce(&mut Vitals) -> R,
    ) {
        let Ok((mut health, armor, id, scripts)) = self.bodies.get_mut(entity) else { return };
        let mut vitals = vitals(&health, armor);
        let was_alive = vitals.is_alive();
        change(&mut vitals);
        if health.current != vitals.health {
            health.current = vitals.health;
        }
        if was_alive && !vitals.is_alive() {
            if let Some(id) = hearer(id, scripts, Callback::OnDeath) {
                self.events.tell(id, Callback::OnDeath, vec![source.into()]);
            }
            self.died.write(Died { entity, source });
        }
    }
}

fn vitals(health: &Health, armor: Option<&Armor>) -> Vitals {
    let armor = armor.map_or(0.0, |armor| armor.0);
    Vitals { health: health.current, max: health.max, armor }
}

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
                    self.change((entity, source), |vitals| vitals.set(value), |(), _, _, _| ());
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
        self.change(
            (entity, source),
            |vitals| vitals.hurt(amount),
            |hurt, (id, scripts), events, damaged| {
                if hurt <= 0.0 {
                    return;
                }
                if let Some(id) = hearer(id, scripts, Callback::OnDamage) {
                    let args = vec![f64::from(hurt).into(), source.into()];
                    events.tell(id, Callback::OnDamage, args);
                }
                let kind = kind.to_owned();
                damaged.write(Damaged { entity, amount: hurt, kind, source });
            },
        );
    }

    /// Heals an entity.
    pub(in crate::runtime) fn heal(&mut self, entity: Entity, amount: f32) {
        self.change((entity, ScriptId::AUTO), |vitals| vitals.heal(amount), |_, _, _, _| ());
    }

    /// Changes an entity's health, lets `tell` say what the change gave, and tells the entity if it has died of it.
    fn change<R>(
        &mut self,
        (entity, source): (Entity, ScriptId),
        change: impl FnOnce(&mut Vitals) -> R,
        tell: impl FnOnce(R, Hearer<'_>, &mut EventQueue, &mut MessageWriter<'_, Damaged>),
    ) {
        let Self { bodies, events, damaged, died, .. } = self;
        let Ok((mut health, armor, id, scripts)) = bodies.get_mut(entity) else { return };
        let armor = armor.map_or(0.0, |armor| armor.0);
        let mut vitals = Vitals { health: health.current, max: health.max, armor };
        let was_alive = vitals.is_alive();
        let changed = change(&mut vitals);
        if health.current != vitals.health {
            health.current = vitals.health;
        }
        // It hears of a hit before it hears that the hit killed it.
        tell(changed, (id, scripts), events, damaged);
        if was_alive && !vitals.is_alive() {
            if let Some(id) = hearer(id, scripts, Callback::OnDeath) {
                events.tell(id, Callback::OnDeath, vec![source.into()]);
            }
            died.write(Died { entity, source });
        }
    }
}

/// Who may hear of what happens to an entity.
type Hearer<'a> = (Option<&'a ScriptId>, Option<&'a CScript>);

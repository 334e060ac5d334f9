//! What the game asks for and scripts could: the same rules, the same callbacks, the same messages.
//!
//! They are done at the beginning of the next tick, before its events are told, in the order of their
//! kinds below and then in the order in which they were sent.

use bevy::{ecs::message::MessageCursor, prelude::*};

use crate::{
    contract::{Callback, ScriptEvent, ScriptId, StatusEffect, Value},
    runtime::{
        apply::{FightState, combat},
        event_queue::EventQueue,
        report::ScriptPublished,
    },
};

/// Hurts an entity: armor is taken off, [`Damaged`](super::Damaged) and [`Died`](super::Died) follow,
/// its scripts hear `on_damage(amount, source)` and `on_death(source)`.
#[derive(Message, Clone, Debug, PartialEq)]
pub struct HurtEntity {
    /// The entity.
    pub entity: Entity,
    /// The damage before armor, 0 or more; anything else does nothing.
    pub amount: f32,
    /// What kind of damage; empty for none in particular.
    pub kind: String,
    /// Who did it; [`ScriptId::AUTO`] for nobody.
    pub source: ScriptId,
}

/// Heals an entity.
#[derive(Message, Clone, Debug, PartialEq)]
pub struct HealEntity {
    /// The entity.
    pub entity: Entity,
    /// The most health to gain, 0 or more; anything else does nothing.
    pub amount: f32,
}

/// Lets something work on an entity for a while;
/// [`StatusEffectApplied`](super::StatusEffectApplied) and, at its end,
/// [`StatusEffectEnded`](super::StatusEffectEnded) follow.
#[derive(Message, Clone, Debug, PartialEq)]
pub struct AfflictEntity {
    /// The entity.
    pub entity: Entity,
    /// What, how long and how strongly.
    pub effect: StatusEffect,
}

/// Puts things into an entity's inventory, as many as fit; [`ItemGained`](super::ItemGained) follows and
/// says how many did.
#[derive(Message, Clone, Debug, PartialEq, Eq)]
pub struct GiveItems {
    /// The entity.
    pub entity: Entity,
    /// What, as it was defined.
    pub item: String,
    /// How many.
    pub count: u32,
}

/// Sends a message as if a script had published it: scripts hear `on_message(topic, value)` in this
/// tick, and [`ScriptPublished`] is sent, too.
#[derive(Message, Clone, Debug, PartialEq)]
pub struct PublishMessage {
    /// What it is about.
    pub topic: String,
    /// What it says.
    pub value: Value,
    /// Whom it is for; everybody if `None`.
    pub to: Option<ScriptId>,
}

/// How far the requests have been read.
#[derive(Resource, Default)]
pub(super) struct Requests {
    hurts: MessageCursor<HurtEntity>,
    heals: MessageCursor<HealEntity>,
    afflictions: MessageCursor<AfflictEntity>,
    gifts: MessageCursor<GiveItems>,
    messages: MessageCursor<PublishMessage>,
}

fn new<M: Message + Clone>(cursor: &mut MessageCursor<M>, world: &World) -> Vec<M> {
    cursor.read(world.resource()).cloned().collect()
}

const fn is_amount(x: f32) -> bool {
    x.is_finite() && x >= 0.0
}

/// Does what the game has asked for.
pub(in crate::runtime) fn receive(world: &mut World) {
    world.resource_scope(|world, mut requests: Mut<'_, Requests>| {
        let Requests { hurts, heals, afflictions, gifts, messages } = &mut *requests;
        let (hurts, heals) = (new(hurts, world), new(heals, world));
        world.resource_scope(|world, mut state: Mut<'_, FightState>| {
            let mut fighters = state.get(world);
            for HurtEntity { entity, amount, kind, source } in hurts {
                if is_amount(amount) {
                    fighters.damage(entity, amount, &kind, source);
                }
            }
            for HealEntity { entity, amount } in heals {
                if is_amount(amount) {
                    fighters.heal(entity, amount);
                }
            }
        });
        for AfflictEntity { entity, effect } in new(afflictions, world) {
            combat::apply_effect(world, entity, effect);
        }
        for GiveItems { entity, item, count } in new(gifts, world) {
            combat::add_items(world, entity, &item, count);
        }
        for PublishMessage { topic, value, to } in new(messages, world) {
            let args = [topic.as_str().into(), value.clone()];
            let event = ScriptEvent::custom(Callback::OnMessage.name(), args);
            let event = if let Some(id) = to { event.to(id) } else { event };
            world.resource_mut::<EventQueue>().push(event);
            world.write_message(ScriptPublished { topic, value });
        }
    });
}

//! The components behind the functions of the API: small, and all optional.
//!
//! An entity gets what its game gives it: [`Health`] makes it vulnerable, [`Team`] makes it somebody's
//! friend or foe, [`Inventory`] lets it carry things, [`Hitbox`] lets it stand in the way. A game that
//! has components of its own for any of this puts them behind the same functions with
//! [`ScriptingAppExt::back_script_function`](super::ScriptingAppExt::back_script_function).

mod health;
mod hitbox;
mod inventory;
mod requests;
mod senses;
mod status;
mod team;

use bevy::prelude::*;

use super::plugin::{ScriptSystems, ScriptTick};

pub use health::{Armor, Damaged, Died, Health};
pub use hitbox::Hitbox;
pub use inventory::{Inventory, ItemDefinitions, ItemGained};
pub(super) use requests::receive as receive_requests;
pub use requests::{AfflictEntity, GiveItems, HealEntity, HurtEntity, PublishMessage};
pub use senses::{AttackPower, EyeHeight, SightRange};
pub(super) use status::end as end_status_effect;
pub use status::{StatusEffectApplied, StatusEffectEnded, StatusEffects};
pub use team::{Hostility, Team};

pub(super) fn build(app: &mut App) {
    app.init_resource::<Hostility>()
        .init_resource::<ItemDefinitions>()
        .add_message::<Damaged>()
        .add_message::<Died>()
        .add_message::<StatusEffectApplied>()
        .add_message::<StatusEffectEnded>()
        .add_message::<ItemGained>()
        .add_message::<HurtEntity>()
        .add_message::<HealEntity>()
        .add_message::<AfflictEntity>()
        .add_message::<GiveItems>()
        .add_message::<PublishMessage>()
        .init_resource::<requests::Requests>()
        .register_type::<Health>()
        .register_type::<Armor>()
        .register_type::<Hitbox>()
        .register_type::<Inventory>()
        .register_type::<AttackPower>()
        .register_type::<EyeHeight>()
        .register_type::<SightRange>()
        .register_type::<StatusEffects>()
        .register_type::<Team>()
        .add_systems(ScriptTick, status::run_down.in_set(ScriptSystems::RunDown));
}

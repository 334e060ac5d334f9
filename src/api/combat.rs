//! Who is hurt, healed, alive.

use super::{
    Amount, ApiFault, ApiFunction, Category, Finite, Live, Name, ScriptContext, Text, arg::single,
};
use crate::contract::{ScriptId, StatusEffect};

type Context<'a, 'w> = &'a mut ScriptContext<'w>;

const NO_ENTITY: &str = "no entity has the id `e`";
const NO_HEALTH: &str = "the entity has no health";

pub(super) fn functions() -> Vec<ApiFunction> {
    let row = |name, doc| ApiFunction::new(name, Category::COMBAT, doc).abreast();
    vec![
        row(
            "apply_damage",
            "Hurts an entity and returns the damage after armor. Its `on_damage(amount, source)` runs in the next event pass, at 0 health `on_death(source)` once. The dead take none: 0.0.",
        )
        .overload(["e", "amount"], |context: Context<'_, '_>, e: Live, amount: Amount| {
            damage(context, e, amount, "")
        })
        .overload(
            ["e", "amount", "kind"],
            |context: Context<'_, '_>, e: Live, amount: Amount, kind: Text| {
                damage(context, e, amount, &kind.0)
            },
        )
        .errors([NO_ENTITY, NO_HEALTH, "`amount` is negative, NaN or infinite"])
        .example(
            "fn on_update() {\n    let before = get_health(2);\n    let damage = apply_damage(2, 5);\n    if get_health(2) != before - damage { throw \"armor counts once\"; }\n}",
        ),
        row("heal", "Heals an entity and returns the health really gained. The dead are not healed: 0.0.")
            .overload(["e", "amount"], heal)
            .errors([NO_ENTITY, NO_HEALTH, "`amount` is negative, NaN or infinite"])
            .example(
                "fn on_update() {\n    set_health(2, 10);\n    if heal(2, 3) != 3.0 { throw \"there was room\"; }\n    if get_health(2) != 13.0 { throw \"it is healed\"; }\n}",
            ),
        row("get_health", "The health of an entity, 0.0 when it is dead.")
            .overload(["e"], get_health)
            .errors([NO_ENTITY, NO_HEALTH])
            .example(
                "fn on_update() {\n    if get_health(2) < 10.0 { info(\"it will not last\"); }\n}",
            ),
        row("set_health", "Sets the health of an entity, clamped to what it can have.")
            .overload(["e", "value"], set_health)
            .errors([NO_ENTITY, NO_HEALTH, "`value` is NaN or infinite"])
            .example(
                "fn on_update() {\n    set_health(2, 7);\n    if get_health(2) != 7.0 { throw \"own writes are seen\"; }\n}",
            ),
        row(
            "is_alive",
            "Whether an entity exists and has health left; what has no health counts as alive. The one function that accepts the id of an entity that is gone.",
        )
        .overload(["e"], is_alive)
        .example(
            "let target = 2;\nfn on_update() {\n    if !is_alive(target) { target = (); }\n    if is_alive(987654) { throw \"nobody has this id\"; }\n}",
        ),
        row("get_armor", "What is taken off every hit on an entity.")
            .overload(["e"], get_armor)
            .errors([NO_ENTITY, NO_HEALTH])
            .example(
                "fn on_update() {\n    if get_armor(2) > 5 { info(\"bring a bigger hammer\"); }\n}",
            ),
        row(
            "apply_status_effect",
            "Lets something work on an entity for some seconds, with magnitude 1.0 unless one is given. If it works already, the longer remaining time and the greater magnitude stay.",
        )
        .costs(10)
        .overload(
            ["e", "name", "seconds"],
            |context: Context<'_, '_>, e: Live, name: Name, seconds: Amount| {
                effect(context, e, name, seconds, 1.0)
            },
        )
        .overload(
            ["e", "name", "seconds", "magnitude"],
            |context: Context<'_, '_>, e: Live, name: Name, seconds: Amount, magnitude: Finite| {
                effect(context, e, name, seconds, magnitude.0)
            },
        )
        .errors([
            NO_ENTITY,
            "the entity cannot have status effects",
            "`name` is empty",
            "`seconds` is negative, NaN or infinite",
            "`magnitude` is NaN or infinite",
        ])
        .example(
            "fn on_update() {\n    apply_status_effect(2, \"slow\", 3.0, 0.5);\n    if clear_status_effects(2) != 1 { throw \"it is slow\"; }\n}",
        ),
        row("clear_status_effects", "Takes everything away that works on an entity and returns how many there were.")
            .overload(["e"], clear_status_effects)
            .errors([NO_ENTITY, "the entity cannot have status effects"])
            .example(
                "fn on_update() {\n    apply_status_effect(2, \"burn\", 1);\n    apply_status_effect(2, \"slow\", 2);\n    if clear_status_effects(2) != 2 { throw \"two worked\"; }\n    if clear_status_effects(2) != 0 { throw \"none is left\"; }\n}",
            ),
    ]
}

fn damage(context: Context<'_, '_>, e: Live, amount: Amount, kind: &str) -> Result<f64, ApiFault> {
    context.apply_damage(e.0, amount.0 as f32, kind).map(f64::from)
}

fn heal(context: Context<'_, '_>, e: Live, amount: Amount) -> Result<f64, ApiFault> {
    context.heal(e.0, amount.0 as f32).map(f64::from)
}

fn get_health(context: Context<'_, '_>, e: Live) -> Result<f64, ApiFault> {
    context.health(e.0).map(f64::from)
}

fn set_health(context: Context<'_, '_>, e: Live, value: Finite) -> Result<(), ApiFault> {
    context.set_health(e.0, named("value", value.0)?)
}

fn is_alive(context: Context<'_, '_>, e: i64) -> Result<bool, ApiFault> {
    Ok(context.is_alive(ScriptId(e)))
}

fn get_armor(context: Context<'_, '_>, e: Live) -> Result<f64, ApiFault> {
    context.armor(e.0).map(f64::from)
}

fn effect(
    context: Context<'_, '_>,
    e: Live,
    name: Name,
    seconds: Amount,
    magnitude: f64,
) -> Result<(), ApiFault> {
    let effect = StatusEffect {
        name: name.0,
        remaining: seconds.0 as f32,
        magnitude: named("magnitude", magnitude)?,
    };
    context.apply_status_effect(e.0, effect)
}

fn clear_status_effects(context: Context<'_, '_>, e: Live) -> Result<i64, ApiFault> {
    context.clear_status_effects(e.0).map(|count| count as i64)
}

/// A number as the world keeps it; the error names the argument.
fn named(argument: &str, x: f64) -> Result<f32, ApiFault> {
    single(x).map_err(|fault| ApiFault::new(format!("`{argument}`: {}", fault.message)))
}

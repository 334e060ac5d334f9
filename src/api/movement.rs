//! Where things are and where they go.

use glam::Vec3;

use super::{
    Amount, AnyColumn, ApiFault, ApiFunction, Arg, Category, Live, Point, ScriptContext, Standing,
    arg::direction_of,
};
use crate::contract::ScriptCommand;

const NO_PLACE: &str = "the entity has no place in the world";
const NO_ENTITY: &str = "no entity has the id `e`";

pub(super) fn functions() -> Vec<ApiFunction> {
    let row = |name, doc| ApiFunction::new(name, Category::MOVEMENT, doc).abreast();
    vec![
        row("get_position", "World-space translation of an entity.")
            .errors([NO_ENTITY, NO_PLACE])
            .example(
                "\
fn on_spawn() {
    let crate_at = get_position(2);
    if crate_at != vec3(3, 0, 4) { throw `the crate is at ${crate_at}`; }
}",
            )
            .overload(["e"], get_position)
            .at_once(own_positions),
        row(
            "set_position",
            "Moves an entity; physics sees a kinematic move and the velocity is kept.",
        )
        .errors([NO_ENTITY, NO_PLACE, "`pos` is NaN or infinite"])
        .example(
            "\
fn on_spawn() {
    set_position(entity_id, [1, 2, 3]);
    // What a call has changed, it sees at once.
    let here = get_position(entity_id);
    if here != vec3(1, 2, 3) { throw `it is at ${here}`; }
}",
        )
        .overload(["e", "pos"], set_position)
        .at_once(set_own_positions),
        row(
            "move_towards",
            "Moves an entity by at most `step` units towards `target`, never past it; true when it is there.",
        )
        .errors([
            NO_ENTITY,
            NO_PLACE,
            "`target` is NaN or infinite",
            "`step` is negative, NaN or infinite",
        ])
        .example(
            "\
let steps = 0;

fn on_update() {
    steps += 1;
    // The crate is five units away, so two a tick get there in the third.
    let there = move_towards(entity_id, get_position(2), 2.0);
    if there != (steps >= 3) { throw `step ${steps}: ${there}`; }
}",
        )
        .overload(["e", "target", "step"], move_towards)
        .at_once(own_steps),
        row(
            "teleport",
            "As `set_position`, but the velocity becomes zero and interpolation starts anew.",
        )
        .costs(2)
        .errors([NO_ENTITY, NO_PLACE, "`pos` is NaN or infinite"])
        .example(
            "\
fn on_update() {
    teleport(entity_id, [tick(), 0]);
    let velocity = get_velocity(entity_id);
    if velocity != vec3(0, 0, 0) { throw `it moves by ${velocity}`; }
}",
        )
        .overload(["e", "pos"], teleport),
        row(
            "face_direction",
            "Turns an entity so that its forward (-Z) points along `dir`, which must not be zero.",
        )
        .errors([
            NO_ENTITY,
            NO_PLACE,
            "`dir` is NaN or infinite",
            "`dir` is zero",
        ])
        .example(
            "\
fn on_spawn() {
    face_direction(entity_id, get_position(2) - get_position(entity_id));

    let refused = false;
    try { face_direction(entity_id, [0, 0, 0]); } catch { refused = true; }
    if !refused { throw \"zero points nowhere\"; }
}",
        )
        .overload(["e", "dir"], face_direction),
        row(
            "get_velocity",
            "Linear velocity in units a second: from physics where there is any, else from the last two ticks.",
        )
        .errors([NO_ENTITY])
        .example(
            "\
let moves = 0;

fn on_update() {
    let velocity = get_velocity(entity_id);
    if moves >= 2 && velocity != vec3(0.5 / delta_time, 0, 0) { throw `it is ${velocity}`; }
    moves += 1;
    set_position(entity_id, [moves * 0.5, 0]);
}",
        )
        .overload(["e"], get_velocity),
    ]
}

fn get_position(_: &mut ScriptContext<'_>, e: Standing) -> Result<Vec3, ApiFault> {
    Ok(e.at)
}

fn own_positions(
    context: &mut ScriptContext<'_>,
    args: &[AnyColumn<'_>],
    to: AnyColumn<'_>,
    mask: u64,
) -> Option<u64> {
    let ([AnyColumn::Int(e), ..], AnyColumn::Vec3(to)) = (args, to) else { return None };
    context.own_positions(e, mask, to).then_some(0)
}

fn set_position(context: &mut ScriptContext<'_>, e: Standing, pos: Point) -> Result<(), ApiFault> {
    context.set_position(e.id, pos.0)
}

fn set_own_positions(
    context: &mut ScriptContext<'_>,
    args: &[AnyColumn<'_>],
    _: AnyColumn<'_>,
    mask: u64,
) -> Option<u64> {
    let [AnyColumn::Int(e), AnyColumn::Vec3(pos), ..] = args else { return None };
    let fit = Point::sieve(pos, mask);
    let asked = context.ask_own_steps(e, fit, |id, lane| ScriptCommand::SetPosition {
        id,
        position: pos[lane].get(),
    });
    asked.then_some(mask & !fit)
}

fn move_towards(
    context: &mut ScriptContext<'_>,
    e: Standing,
    target: Point,
    step: Amount,
) -> Result<bool, ApiFault> {
    context.step_towards(e, target.0, step.0 as f32)
}

fn own_steps(
    context: &mut ScriptContext<'_>,
    args: &[AnyColumn<'_>],
    _: AnyColumn<'_>,
    mask: u64,
) -> Option<u64> {
    let [AnyColumn::Int(e), AnyColumn::Vec3(target), AnyColumn::Float(step), ..] = args else {
        return None;
    };
    let fit = Amount::sieve(step, Point::sieve(target, mask));
    let asked = context.ask_own_steps(e, fit, |id, lane| {
        // Number by number: as a whole it would be copied twice.
        let Vec3 { x, y, z } = target[lane].get();
        let step = step[lane].get() as f32;
        ScriptCommand::MoveTowards { id, target: Vec3::new(x, y, z), step }
    });
    asked.then_some(mask & !fit)
}

fn teleport(context: &mut ScriptContext<'_>, e: Standing, pos: Point) -> Result<(), ApiFault> {
    context.teleport(e.id, pos.0)
}

fn face_direction(
    context: &mut ScriptContext<'_>,
    e: Standing,
    dir: Point,
) -> Result<(), ApiFault> {
    let direction = direction_of(dir)?;
    context.face(e.id, direction)
}

fn get_velocity(context: &mut ScriptContext<'_>, e: Live) -> Result<Vec3, ApiFault> {
    Ok(context.velocity(e.0))
}

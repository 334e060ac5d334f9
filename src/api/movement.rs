//! Where things are and where they go.

use glam::Vec3;

use super::{Amount, ApiFault, ApiFunction, Category, Live, Point, ScriptContext};
use crate::contract::ScriptCommand;

pub(super) fn functions() -> Vec<ApiFunction> {
    let row = |name, doc| ApiFunction::new(name, Category::MOVEMENT, doc);
    vec![
        row("get_position", "World-space translation of an entity.").overload(["e"], get_position),
        row(
            "set_position",
            "Moves an entity; physics sees a kinematic move and the velocity is kept.",
        )
        .overload(["e", "pos"], set_position),
        row(
            "move_towards",
            "Moves an entity by at most `step` units towards `target`, never past it; true when it is there.",
        )
        .overload(["e", "target", "step"], move_towards),
        row(
            "teleport",
            "As `set_position`, but the velocity becomes zero and interpolation starts anew.",
        )
        .overload(["e", "pos"], teleport),
        row(
            "face_direction",
            "Turns an entity so that its forward (-Z) points along `dir`, which must not be zero.",
        )
        .overload(["e", "dir"], face_direction),
        row(
            "get_velocity",
            "Linear velocity in units a second: from physics where there is any, else from the last two ticks.",
        )
        .overload(["e"], get_velocity),
    ]
}

fn get_position(context: &mut ScriptContext<'_>, e: Live) -> Result<Vec3, ApiFault> {
    context.position(e.0)
}

fn set_position(context: &mut ScriptContext<'_>, e: Live, pos: Point) -> Result<(), ApiFault> {
    context.position(e.0)?;
    context.set_position(e.0, pos.0)
}

fn move_towards(
    context: &mut ScriptContext<'_>,
    e: Live,
    target: Point,
    step: Amount,
) -> Result<bool, ApiFault> {
    context.move_towards(e.0, target.0, step.0 as f32)
}

fn teleport(context: &mut ScriptContext<'_>, e: Live, pos: Point) -> Result<(), ApiFault> {
    context.position(e.0)?;
    context.teleport(e.0, pos.0)
}

fn face_direction(context: &mut ScriptContext<'_>, e: Live, dir: Point) -> Result<(), ApiFault> {
    context.position(e.0)?;
    if dir.0.try_normalize().is_none() {
        return Err(ApiFault::new("`dir`: must not be zero"));
    }
    context.command(ScriptCommand::Face { id: e.0, direction: dir.0 })
}

fn get_velocity(context: &mut ScriptContext<'_>, e: Live) -> Result<Vec3, ApiFault> {
    Ok(context.velocity(e.0))
}

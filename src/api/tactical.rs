//! Who is near, who sees whom.

use glam::Vec3;

use super::{
    Amount, ApiFault, ApiFunction, Category, Live, Point, ScriptContext, arg::direction_of,
};
use crate::contract::{RayHit, ScriptId};

type Context<'a, 'w> = &'a mut ScriptContext<'w>;

const NO_ENTITY: &str = "no entity has the id `e`";
const NO_PLACE: &str = "the entity has no place in the world";

pub(super) fn functions() -> Vec<ApiFunction> {
    let row = |name, doc| ApiFunction::new(name, Category::TACTICAL, doc).abreast();
    vec![
        row(
            "get_nearest_enemy",
            "The nearest living entity of a hostile team, within `max_range` units if that is given; of several at one distance the lowest id; () when there is none. An entity without a team has no enemies.",
        )
        .costs(35)
        .overload(["e"], |context: Context<'_, '_>, e: Live| context.nearest_enemy(e.0, f32::INFINITY))
        .overload(["e", "max_range"], |context: Context<'_, '_>, e: Live, max_range: Amount| {
            context.nearest_enemy(e.0, max_range.0 as f32)
        })
        .errors([NO_ENTITY, NO_PLACE, "`max_range` is negative, NaN or infinite"])
        .example(
            "fn on_update() {\n    let enemy = get_nearest_enemy(entity_id, 10);\n    if enemy != () { face_direction(entity_id, get_position(enemy) - get_position(entity_id)); }\n}",
        ),
        row(
            "get_allies_in_radius",
            "The living members of an entity's team within `radius` units, itself not counted; the nearest first, of several at one distance the lower id.",
        )
        .costs(25)
        .overload(["e", "radius"], allies)
        .errors([NO_ENTITY, NO_PLACE, "`radius` is negative, NaN or infinite"])
        .example(
            "fn on_update() {\n    for ally in get_allies_in_radius(entity_id, 5) {\n        if ally == entity_id { throw \"not oneself\"; }\n    }\n}",
        ),
        row(
            "raycast",
            "The first thing within `max_distance` units that a ray from `origin` along `dir` meets: a map of `entity`, `position`, `normal` and `distance`, or () for nothing. `entity` is () for what is no scripted entity. A ray that begins inside of something does not meet it.",
        )
        .costs(75)
        .overload(["origin", "dir", "max_distance"], raycast)
        .errors(["`origin` or `dir` is NaN or infinite",
            "`dir` is zero",
            "`max_distance` is negative, NaN or infinite",])
        .example(
            "fn on_update() {\n    let from = get_position(2) + vec3(-5, 0, 0);\n    let hit = raycast(from, [1, 0, 0], 100);\n    if hit != () && hit.distance > 100.0 { throw \"too far\"; }\n}",
        ),
        row(
            "line_of_sight",
            "Whether nothing solid stands between the eyes of two entities, the two themselves not counted.",
        )
        .costs(25)
        .overload(["a", "b"], line_of_sight)
        .errors(["no entity has the id `a` or `b`", NO_PLACE])
        .example(
            "fn on_update() {\n    if line_of_sight(entity_id, 2) { info(\"I see you\"); }\n}",
        ),
        row(
            "cover_score",
            "The share, 0.0 to 1.0, of sample points on an entity's body that a ray from the eyes of `threat` does not reach.",
        )
        .costs(75)
        .overload(["e", "threat"], |context: Context<'_, '_>, e: Live, threat: Live| {
            context.cover_score(e.0, threat.0)
        })
        .errors(["no entity has the id `e` or `threat`", NO_PLACE])
        .example(
            "fn on_update() {\n    let cover = cover_score(entity_id, 2);\n    if cover < 0.0 || cover > 1.0 { throw \"a share\"; }\n}",
        ),
        row(
            "threat_level",
            "The sum, over all living hostiles in the entity's sight range, of their attack power divided by their distance; nearer than a unit counts as a unit.",
        )
        .costs(25)
        .overload(["e"], |context: Context<'_, '_>, e: Live| context.threat_level(e.0))
        .errors([NO_ENTITY, NO_PLACE])
        .example(
            "fn on_update() {\n    if threat_level(entity_id) > 10 { publish(\"retreat\", entity_id); }\n}",
        ),
    ]
}

fn allies(context: Context<'_, '_>, e: Live, radius: Amount) -> Result<Vec<ScriptId>, ApiFault> {
    context.allies(e.0, radius.0 as f32)
}

fn raycast(
    context: Context<'_, '_>,
    origin: Point,
    dir: Point,
    max_distance: Amount,
) -> Result<Option<RayHit>, ApiFault> {
    let direction = direction_of(dir)?;
    Ok(context.raycast(origin.0, direction, max_distance.0 as f32, &|_| true))
}

fn line_of_sight(context: Context<'_, '_>, a: Live, b: Live) -> Result<bool, ApiFault> {
    let (from, to): (Vec3, Vec3) = (context.eyes(a.0)?, context.eyes(b.0)?);
    Ok(context.is_clear(from, to, &|id| id != a.0 && id != b.0))
}

//! Tags, components, spawning, distances.

use super::{ApiFault, ApiFunction, Category, Live, Name, Place, Point, ScriptContext, Text};
use crate::contract::{ScriptId, Value};

pub(super) fn functions() -> Vec<ApiFunction> {
    let row = |name, doc| ApiFunction::new(name, Category::UTILITY, doc);
    vec![
        row("get_tag", "The entity's tag, \"\" when it has none.").overload(["e"], get_tag),
        row("set_tag", "Gives an entity a tag; \"\" takes it away.").overload(["e", "tag"], set_tag),
        row(
            "get_component",
            "A component that the host exposed under this name, as a map or a value; () when the entity has none.",
        )
        .overload(["e", "name"], get_component),
        row(
            "set_component",
            "Writes a component that the host exposed for writing; fields that the map leaves out keep their value.",
        )
        .overload(["e", "name", "value"], set_component),
        row(
            "spawn_entity",
            "Spawns an entity from a prefab of the host. The id can be used at once, also in state.",
        )
        .overload(["prefab", "pos"], spawn_entity),
        row("destroy_entity", "Runs the entity's `on_destroy`, then removes it and its children.")
            .overload(["e"], destroy_entity),
        row("find_entity_by_tag", "The lowest id that has this tag; () when none has.")
            .overload(["tag"], find_entity_by_tag),
        row("distance", "The distance between two positions, two entities, or one of each.")
            .overload(["a", "b"], distance),
    ]
}

fn get_tag(context: &mut ScriptContext<'_>, e: Live) -> Result<String, ApiFault> {
    Ok(context.tag(e.0).to_owned())
}

fn set_tag(context: &mut ScriptContext<'_>, e: Live, tag: Text) -> Result<(), ApiFault> {
    context.set_tag(e.0, &tag.0)
}

fn get_component(
    context: &mut ScriptContext<'_>,
    e: Live,
    name: Name,
) -> Result<Option<Value>, ApiFault> {
    context.component(e.0, &name.0)
}

fn set_component(
    context: &mut ScriptContext<'_>,
    e: Live,
    name: Name,
    value: Value,
) -> Result<(), ApiFault> {
    context.set_component(e.0, &name.0, value)
}

fn spawn_entity(
    context: &mut ScriptContext<'_>,
    prefab: Name,
    pos: Point,
) -> Result<ScriptId, ApiFault> {
    context.spawn(&prefab.0, pos.0)
}

fn destroy_entity(context: &mut ScriptContext<'_>, e: Live) -> Result<(), ApiFault> {
    context.destroy(e.0)
}

fn find_entity_by_tag(
    context: &mut ScriptContext<'_>,
    tag: Name,
) -> Result<Option<ScriptId>, ApiFault> {
    Ok(context.find_by_tag(&tag.0))
}

fn distance(_: &mut ScriptContext<'_>, a: Place, b: Place) -> Result<f64, ApiFault> {
    Ok(f64::from(a.0.distance(b.0)))
}

//! Tags, components, spawning, distances.

use super::{ApiFault, ApiFunction, Category, Live, Name, Place, Point, ScriptContext, Text};
use crate::contract::{ComponentView, ScriptId, Value};

const NO_NAME: &str = "`name` is empty";
const NO_ENTITY: &str = "no entity has the id `e`";
const NOT_EXPOSED: &str = "the host exposed no component under this name";

pub(super) fn functions() -> Vec<ApiFunction> {
    let row = |name, doc| ApiFunction::new(name, Category::UTILITY, doc);
    vec![
        row("get_tag", "The entity's tag, \"\" when it has none.")
            .errors([NO_ENTITY])
            .example(
                "\
fn on_spawn() {
    if get_tag(2) != \"crate\" { throw get_tag(2); }
}",
            )
            .overload(["e"], get_tag),
        row("set_tag", "Gives an entity a tag; \"\" takes it away.")
            .costs(2)
            .errors([NO_ENTITY, "`tag` is longer than the limit for strings"])
            .example(
                "\
fn on_spawn() {
    set_tag(2, \"barrel\");
    if find_entity_by_tag(\"barrel\") != 2 { throw \"no barrel\"; }
    set_tag(2, \"\");
    if get_tag(2) != \"\" { throw get_tag(2); }
}",
            )
            .overload(["e", "tag"], set_tag),
        row(
            "get_component",
            "A component that the host exposed under this name, as a map or a value; () when the entity has none. Of what functions such as `set_health` wrote in this call it shows nothing yet.",
        )
        .costs(30)
        .errors([
            NO_ENTITY,
            NO_NAME,
            NOT_EXPOSED,
            "the component holds something that scripts cannot be shown",
        ])
        .example(
            "\
fn on_spawn() {
    let stats = get_component(2, \"Stats\");
    if stats.power != 10.0 { throw `power is ${stats.power}`; }
    if get_component(entity_id, \"Stats\") != () { throw \"only the crate has stats\"; }
}",
        )
        .overload(["e", "name"], get_component),
        row(
            "set_component",
            "Writes a component that the host exposed for writing; fields that the map leaves out keep their value. `get_component` sees it at once, functions that work on the same data in the next pass.",
        )
        .costs(60)
        .errors([
            NO_ENTITY,
            NO_NAME,
            NOT_EXPOSED,
            "the host exposed the component for reading only",
            "`value` has a field that the component does not have",
            "a value does not fit its field: another type, or out of range",
            "`value` holds something that is not plain data, such as a function",
            "the entity lacks the component, and it has no default to start from",
        ])
        .example(
            "\
fn on_spawn() {
    set_component(2, \"Stats\", #{ level: 3 });
    let stats = get_component(2, \"Stats\");
    if stats.level != 3 || stats.power != 10.0 { throw `stats are ${stats}`; }
}",
        )
        .overload(["e", "name", "value"], set_component),
        row(
            "spawn_entity",
            "Spawns an entity from a prefab of the host. The id can be used at once, also in state.",
        )
        .costs(60)
        .errors([
            "`prefab` is empty",
            "the host registered no prefab of this name",
            "`pos` is NaN or infinite",
        ])
        .example(
            "\
let spark = ();

fn on_spawn() {
    spark = spawn_entity(\"spark\", [0, 1, 0]);
    set_tag(spark, \"mine\");
}

fn on_update() {
    let found = find_entity_by_tag(\"mine\");
    if found != spark { throw `found ${found}`; }
}",
        )
        .overload(["prefab", "pos"], spawn_entity),
        row("destroy_entity", "Runs the entity's `on_destroy`, then removes it and its children.")
            .errors([NO_ENTITY])
            .example(
                "\
fn on_spawn() {
    destroy_entity(2);
    if find_entity_by_tag(\"crate\") != () { throw \"the crate is still there\"; }
}",
            )
            .overload(["e"], destroy_entity),
        row("find_entity_by_tag", "The lowest id that has this tag; () when none has.")
        .costs(5)
            .errors(["`tag` is empty"])
            .example(
                "\
fn on_spawn() {
    if find_entity_by_tag(\"crate\") != 2 { throw \"the crate has the id 2\"; }
    if find_entity_by_tag(\"dragon\") != () { throw \"there are no dragons\"; }
}",
            )
            .overload(["tag"], find_entity_by_tag),
        row("distance", "The distance between two positions, two entities, or one of each.")
            .abreast()
            .plain()
            .errors([
                "no entity has the id `a` or `b`",
"the entity has no place in the world",
                "a position is NaN or infinite",
            ])
            .example(
                "\
fn on_spawn() {
    if distance(entity_id, 2) != 5.0 { throw \"between two entities\"; }
    if distance(2, [3, 0, 0]) != 4.0 { throw \"from an entity to a position\"; }
    if distance([0, 0], vec3(0, 7, 0)) != 7.0 { throw \"between two positions\"; }
}",
            )
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
) -> Result<Option<ComponentView>, ApiFault> {
    context.component_view(e.0, &name.0)
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
    // In double precision: the way between two places that fit a float may not fit one.
    Ok(a.0.as_dvec3().distance(b.0.as_dvec3()))
}

//! Who carries what.

use super::{ApiFault, ApiFunction, Category, Count, Live, Name, ScriptContext};

type Context<'a, 'w> = &'a mut ScriptContext<'w>;

const ERRORS: [&str; 4] = [
    "no entity has the id `e`",
    "the entity has no inventory",
    "`item` is empty, or the host has defined no such item",
    "`count` is negative or over 4294967295",
];

pub(super) fn functions() -> Vec<ApiFunction> {
    let row = |name, doc| ApiFunction::new(name, Category::INVENTORY, doc).abreast();
    let [no_entity, no_inventory, no_item, bad_count] = ERRORS;
    vec![
        row(
            "add_to_inventory",
            "Gives an entity things and returns how many fitted; stacks and slots are limited.",
        )
        .overload(["e", "item", "count"], add_to_inventory)
        .errors([no_entity, no_inventory, no_item, bad_count])
        .example(
            "fn on_spawn() {\n    let before = get_item_count(2, \"coin\");\n    let fitted = add_to_inventory(2, \"coin\", 3);\n    if get_item_count(2, \"coin\") != before + fitted { throw \"own writes are seen\"; }\n}",
        ),
        row("remove_from_inventory", "Takes things from an entity, all or none, and says whether.")
            .overload(["e", "item", "count"], remove_from_inventory)
            .errors([no_entity, no_inventory, no_item, bad_count])
            .example(
                "fn on_update() {\n    add_to_inventory(2, \"coin\", 3);\n    if remove_from_inventory(2, \"coin\", 4) { throw \"there were three\"; }\n    if !remove_from_inventory(2, \"coin\", 3) { throw \"there were three\"; }\n}",
            ),
        row("has_item", "Whether an entity carries at least one of an item.")
            .overload(["e", "item"], has_item)
            .errors([no_entity, no_inventory, no_item])
            .example(
                "fn on_update() {\n    if has_item(2, \"coin\") { info(\"it can pay\"); }\n}",
            ),
        row("get_item_count", "How many of an item an entity carries.")
            .overload(["e", "item"], get_item_count)
            .errors([no_entity, no_inventory, no_item])
            .example(
                "fn on_update() {\n    if get_item_count(2, \"coin\") != 0 { throw \"it is poor\"; }\n}",
            ),
    ]
}

fn add_to_inventory(
    context: Context<'_, '_>,
    e: Live,
    item: Name,
    count: Count,
) -> Result<i64, ApiFault> {
    context.add_items(e.0, &item.0, count.0).map(i64::from)
}

fn remove_from_inventory(
    context: Context<'_, '_>,
    e: Live,
    item: Name,
    count: Count,
) -> Result<bool, ApiFault> {
    context.remove_items(e.0, &item.0, count.0)
}

fn has_item(context: Context<'_, '_>, e: Live, item: Name) -> Result<bool, ApiFault> {
    get_item_count(context, e, item).map(|count| count > 0)
}

fn get_item_count(context: Context<'_, '_>, e: Live, item: Name) -> Result<i64, ApiFault> {
    context.max_stack(&item.0)?;
    Ok(i64::try_from(context.item_count(e.0, &item.0)?).unwrap_or(i64::MAX))
}

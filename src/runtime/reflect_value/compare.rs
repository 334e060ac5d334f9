//! Reading and writing as the tests do it: with a plan and by looking, which must come to the same.

use bevy::reflect::{PartialReflect, TypeRegistry};

use super::{Path, Plan, Result, read::read, write::write};
use crate::contract::{ComponentView, Value};

fn root(reflected: &dyn PartialReflect) -> Path<'static> {
    let name = reflected.get_represented_type_info().and_then(|info| info.ty().ident());
    Path::root(name.unwrap_or("value"))
}

fn plan(reflected: &dyn PartialReflect) -> Option<Plan> {
    reflected.get_represented_type_info().map(Plan::new)
}

/// Equal, NaNs included.
#[track_caller]
fn assert_same<T: std::fmt::Debug>(planned: &T, looked: &T) {
    assert_eq!(format!("{planned:?}"), format!("{looked:?}"), "with a plan, and by looking");
}

#[track_caller]
pub(super) fn to_value(reflected: &dyn PartialReflect) -> Result<Value> {
    let looked = read(reflected, root(reflected));
    if let Some(plan) = plan(reflected) {
        assert_same(&plan.read::<Value>(reflected), &looked);
        assert_same(&plan.read::<ComponentView>(reflected).map(Value::from), &looked);
    }
    looked
}

#[track_caller]
pub(super) fn apply_value(
    target: &mut dyn PartialReflect,
    patch: &Value,
    registry: &TypeRegistry,
) -> Result<()> {
    let twin = target.reflect_clone().ok();
    let path = root(target);
    let looked = write(target, patch, path, registry);
    if let (Some(mut twin), Some(plan)) = (twin, plan(target)) {
        let planned = plan.apply(twin.as_partial_reflect_mut(), patch, registry);
        assert_same(&planned, &looked);
        // What an error leaves behind, too.
        assert_same(&to_value(twin.as_partial_reflect()), &to_value(target));
    }
    looked
}

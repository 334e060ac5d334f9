use std::{collections::BTreeMap, sync::Arc};

use super::Value;

/// A component as a script is shown it: the same as a [`Value`], but the keys of its maps were made
/// before and are shared, so that showing it makes no text.
#[derive(Clone, Debug, PartialEq)]
pub enum ComponentView {
    /// Something without keys to share.
    Value(Value),
    /// A list.
    Array(Vec<ComponentView>),
    /// Named values: as many keys, each once and in any order, as values.
    Map {
        /// The names.
        keys: Arc<[Arc<str>]>,
        /// The value of each.
        values: Vec<ComponentView>,
    },
}

impl From<Value> for ComponentView {
    #[inline]
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl From<ComponentView> for Value {
    fn from(view: ComponentView) -> Self {
        match view {
            ComponentView::Value(value) => value,
            ComponentView::Array(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            ComponentView::Map { keys, values } => {
                let mut entries = BTreeMap::new();
                for (key, value) in keys.iter().zip(values) {
                    entries.insert(String::from(&**key), value.into());
                }
                Self::Map(entries)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_the_value_that_it_shows() {
        let view = ComponentView::Map {
            keys: ["z", "a"].map(Arc::from).into(),
            values: vec![
                ComponentView::Array(vec![Value::Int(1).into(), Value::Unit.into()]),
                ComponentView::Map { keys: [].into(), values: vec![] },
            ],
        };
        let value = Value::map()
            .with("a", Value::map())
            .with("z", Value::Array(vec![Value::Int(1), Value::Unit]));
        assert_eq!(Value::from(view), value);
        assert_eq!(Value::from(ComponentView::from(value.clone())), value);
    }
}

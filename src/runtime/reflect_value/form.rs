use std::{collections::BTreeMap, sync::Arc};

use super::Result;
use crate::contract::{ComponentView, Value};

/// What a component can be read as.
pub(crate) trait Form: From<Value> {
    /// A map of values in the order of their keys. The first error ends it.
    fn map(keys: &Arc<[Arc<str>]>, values: impl Iterator<Item = Result<Self>>) -> Result<Self>;
    /// A list of at most so many values.
    fn array(count: usize, items: impl Iterator<Item = Result<Self>>) -> Result<Self>;
}

fn all<T>(count: usize, items: impl Iterator<Item = Result<T>>) -> Result<Vec<T>> {
    let mut all = Vec::with_capacity(count);
    for item in items {
        all.push(item?);
    }
    Ok(all)
}

impl Form for Value {
    fn map(keys: &Arc<[Arc<str>]>, values: impl Iterator<Item = Result<Self>>) -> Result<Self> {
        let mut map = BTreeMap::new();
        for (key, value) in keys.iter().zip(values) {
            map.insert(String::from(&**key), value?);
        }
        Ok(Self::Map(map))
    }

    fn array(count: usize, items: impl Iterator<Item = Result<Self>>) -> Result<Self> {
        all(count, items).map(Self::Array)
    }
}

impl Form for ComponentView {
    fn map(keys: &Arc<[Arc<str>]>, values: impl Iterator<Item = Result<Self>>) -> Result<Self> {
        Ok(Self::Map { keys: keys.clone(), values: all(keys.len(), values)? })
    }

    fn array(count: usize, items: impl Iterator<Item = Result<Self>>) -> Result<Self> {
        all(count, items).map(Self::Array)
    }
}

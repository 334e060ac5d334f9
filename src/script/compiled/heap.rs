//! What values hold that does not fit into them: text, lists, maps, bytes. Shared until written,
//! counted as it grows and shrinks.

mod live;
mod weight;

use std::{collections::BTreeMap, ops::Deref, sync::Arc};

pub(crate) use self::{
    live::{Counted, live_bytes},
    weight::Weight,
};
use super::Val;

/// The key of a map's entry.
pub(crate) type Key = Arc<str>;

/// What the two words of an `Arc` and the bookkeeping of an allocation take.
pub(super) const HEADER: usize = 32;
/// What an entry of a map takes beside its key's text and its value's own data.
const ENTRY: usize = 56;

/// Text.
#[derive(Clone)]
pub(crate) struct Text(Counted<String>);

impl Text {
    pub(crate) fn new(text: String) -> Self {
        let bytes = HEADER + text.len();
        Self(Counted::new(text, bytes))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.get()
    }

    /// Changes the text in place.
    pub(crate) fn edit<R>(&mut self, change: impl FnOnce(&mut String) -> R) -> R {
        self.0.edit(change, |text| HEADER + text.len())
    }
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

/// Bytes.
#[derive(Clone)]
pub(crate) struct Blob(Counted<Vec<u8>>);

impl Blob {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        let size = HEADER + bytes.len();
        Self(Counted::new(bytes, size))
    }

    /// Changes the bytes in place.
    pub(crate) fn edit<R>(&mut self, change: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        self.0.edit(change, |bytes| HEADER + bytes.len())
    }
}

impl Deref for Blob {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.0.get()
    }
}

/// A list of values. It knows what it weighs.
#[derive(Clone)]
pub(crate) struct List {
    items: Counted<Vec<Val>>,
    weight: Weight,
}

impl List {
    /// Up to this depth it does no harm if a list takes itself for deeper than it is.
    pub(crate) const SHALLOW: u32 = 8;

    const fn bytes(len: usize) -> usize {
        HEADER + size_of::<Weight>() + len * size_of::<Val>()
    }

    pub(crate) fn new(items: Vec<Val>) -> Self {
        let weight = Weight::of_items(&items);
        let bytes = Self::bytes(items.len());
        Self { items: Counted::new(items, bytes), weight }
    }

    pub(crate) const fn weight(&self) -> Weight {
        self.weight
    }

    pub(crate) fn push(&mut self, item: Val) {
        self.weight = self.weight.plus(Weight::of_item(&item));
        self.items.edit(|items| items.push(item), |items| Self::bytes(items.len()));
    }

    /// Puts an item in before the one at a place, or at the end if there is none.
    pub(crate) fn insert(&mut self, index: usize, item: Val) {
        self.weight = self.weight.plus(Weight::of_item(&item));
        let index = index.min(self.len());
        self.items.edit(|items| items.insert(index, item), |items| Self::bytes(items.len()));
    }

    /// Takes an item out; `None` if there is none at that place. Of a list that is not
    /// [shallow](Self::SHALLOW) all items are weighed anew.
    pub(crate) fn remove(&mut self, index: usize) -> Option<Val> {
        if index >= self.len() {
            return None;
        }
        let item = self.items.edit(|items| items.remove(index), |items| Self::bytes(items.len()));
        self.weight = if self.is_empty() || self.weight.depth > Self::SHALLOW {
            Weight::of_items(self.items.get())
        } else {
            self.weight.minus(Weight::of_item(&item))
        };
        Some(item)
    }

    /// Changes one item in place; `None` if there is none at that place.
    pub(crate) fn with_item<R>(
        &mut self,
        index: usize,
        change: impl FnOnce(&mut Val) -> R,
    ) -> Option<R> {
        let item = self.items.get_mut().get_mut(index)?;
        let before = item.weight();
        let result = change(item);
        self.weight = self.weight.replaced(before, item.weight());
        Some(result)
    }

    /// Changes the list in any way; what it weighs is counted anew.
    pub(crate) fn edit<R>(&mut self, change: impl FnOnce(&mut Vec<Val>) -> R) -> R {
        let result = self.items.edit(change, |items| Self::bytes(items.len()));
        self.weight = Weight::of_items(self.items.get());
        result
    }
}

impl Deref for List {
    type Target = [Val];
    fn deref(&self) -> &[Val] {
        self.items.get()
    }
}

/// Named values, in the order of their names. It knows what it weighs.
#[derive(Clone)]
pub(crate) struct Dict {
    entries: Counted<BTreeMap<Key, Val>>,
    weight: Weight,
}

impl Dict {
    fn bytes(entries: &BTreeMap<Key, Val>) -> usize {
        HEADER + size_of::<Weight>() + entries.len() * ENTRY
    }

    pub(crate) fn new(entries: BTreeMap<Key, Val>) -> Self {
        let weight = Weight::of_entries(&entries);
        let bytes = Self::bytes(&entries);
        Self { entries: Counted::new(entries, bytes), weight }
    }

    pub(crate) const fn weight(&self) -> Weight {
        self.weight
    }

    /// Adds or replaces an entry.
    pub(crate) fn insert(&mut self, key: Key, value: Val) -> Option<Val> {
        let added = Weight::of_entry(&key, &value);
        let key_weight = Weight::of_entry(&key, &Val::Unit);
        let old = self.entries.edit(|entries| entries.insert(key, value), Self::bytes);
        if let Some(old) = &old {
            self.weight = self.weight.minus(key_weight).minus(old.weight());
        }
        self.weight = self.weight.plus(added);
        old
    }

    /// Takes an entry out.
    pub(crate) fn remove(&mut self, key: &str) -> Option<Val> {
        let entry = self.entries.edit(|entries| entries.remove_entry(key), Self::bytes);
        let (key, value) = entry?;
        self.weight = self.weight.minus(Weight::of_entry(&key, &value));
        Some(value)
    }

    /// Changes the value of one entry in place; `None` if there is no such entry.
    pub(crate) fn with_entry<R>(
        &mut self,
        key: &str,
        change: impl FnOnce(&mut Val) -> R,
    ) -> Option<R> {
        let value = self.entries.get_mut().get_mut(key)?;
        let before = value.weight();
        let result = change(value);
        self.weight = self.weight.replaced(before, value.weight());
        Some(result)
    }
}

impl Deref for Dict {
    type Target = BTreeMap<Key, Val>;
    fn deref(&self) -> &BTreeMap<Key, Val> {
        self.entries.get()
    }
}

use std::collections::BTreeMap;

use super::{super::Val, Key};

/// How much a value holds, everything nested in it included: what the limits are held against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weight {
    /// Elements of lists, and bytes of blobs.
    pub(crate) items: u32,
    /// Entries of maps.
    pub(crate) entries: u32,
    /// Bytes of text, keys included.
    pub(crate) bytes: u32,
    /// How deeply lists and maps are nested; taking something out may leave it too high.
    pub(crate) depth: u32,
}

impl Weight {
    /// Of a list with these items.
    pub(super) fn of_items(items: &[Val]) -> Self {
        let nothing = Self { depth: 1, ..Self::default() };
        items.iter().fold(nothing, |weight, item| weight.plus(Self::of_item(item)))
    }

    /// What a list grows by when an item is added.
    pub(super) fn of_item(item: &Val) -> Self {
        let mut weight = item.weight();
        weight.items = weight.items.saturating_add(1);
        weight.depth += 1;
        weight
    }

    /// Of a map with these entries.
    pub(super) fn of_entries(entries: &BTreeMap<Key, Val>) -> Self {
        let nothing = Self { depth: 1, ..Self::default() };
        entries.iter().fold(nothing, |weight, (key, val)| weight.plus(Self::of_entry(key, val)))
    }

    /// What a map grows by when an entry is added.
    pub(super) fn of_entry(key: &str, value: &Val) -> Self {
        let mut weight = value.weight();
        weight.entries = weight.entries.saturating_add(1);
        weight.bytes = weight.bytes.saturating_add(u32::try_from(key.len()).unwrap_or(u32::MAX));
        weight.depth += 1;
        weight
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            items: self.items.saturating_add(other.items),
            entries: self.entries.saturating_add(other.entries),
            bytes: self.bytes.saturating_add(other.bytes),
            depth: self.depth.max(other.depth),
        }
    }

    pub(super) const fn minus(self, other: Self) -> Self {
        Self {
            items: self.items.saturating_sub(other.items),
            entries: self.entries.saturating_sub(other.entries),
            bytes: self.bytes.saturating_sub(other.bytes),
            depth: self.depth,
        }
    }

    /// Of a container one of whose values has become another.
    pub(super) fn replaced(self, before: Self, after: Self) -> Self {
        if before == after {
            return self;
        }
        self.minus(before).plus(Self { depth: after.depth + 1, ..after })
    }

    /// Bytes that it holds, in a measure that is equal on every machine.
    pub(crate) const fn bytes_held(self) -> u64 {
        self.bytes as u64 + 16 * self.items as u64 + 64 * self.entries as u64
    }

    /// How many values and pieces of text a walk over all of it meets: what comparing, copying or
    /// printing it costs.
    pub(crate) const fn steps(self) -> u64 {
        self.items as u64 + self.entries as u64 + (self.bytes as u64) / 16
    }
}

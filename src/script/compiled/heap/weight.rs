use std::collections::BTreeMap;

use super::{super::Val, Dict, ENTRY, HEADER, KEY, Key, List};

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
    /// Bytes of heap that it takes with no room to spare. What is shared counts wherever it occurs.
    pub(crate) held: u32,
}

/// As the fields of a weight are counted.
fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Weight {
    /// Of text, or of a key, so many bytes long.
    pub(crate) fn of_text(bytes: usize) -> Self {
        Self { bytes: count(bytes), held: count(HEADER + bytes), ..Self::default() }
    }

    /// Of so many bytes.
    pub(crate) fn of_blob(bytes: usize) -> Self {
        let items = count(bytes).saturating_add(1);
        Self { items, held: count(HEADER + bytes), ..Self::default() }
    }

    /// Of what holds nothing that is counted but takes so many bytes.
    pub(crate) fn of_bytes(bytes: usize) -> Self {
        Self { held: count(bytes), ..Self::default() }
    }

    /// Of a list with these items.
    pub(super) fn of_items(items: &[Val]) -> Self {
        let nothing = Self { depth: 1, held: count(List::OWN), ..Self::default() };
        items.iter().fold(nothing, |weight, item| weight.plus(Self::of_item(item)))
    }

    /// What a list grows by when an item is added.
    pub(super) fn of_item(item: &Val) -> Self {
        let mut weight = item.weight();
        weight.items = weight.items.saturating_add(1);
        weight.depth += 1;
        weight.held = weight.held.saturating_add(count(size_of::<Val>()));
        weight
    }

    /// Of a map with these entries.
    pub(super) fn of_entries(entries: &BTreeMap<Key, Val>) -> Self {
        let nothing = Self { depth: 1, held: count(Dict::OWN), ..Self::default() };
        entries.iter().fold(nothing, |weight, (key, val)| weight.plus(Self::of_entry(key, val)))
    }

    /// What a map grows by when an entry is added.
    pub(super) fn of_entry(key: &str, value: &Val) -> Self {
        let mut weight = value.weight();
        weight.entries = weight.entries.saturating_add(1);
        weight.bytes = weight.bytes.saturating_add(count(key.len()));
        weight.depth += 1;
        weight.held = weight.held.saturating_add(count(ENTRY + KEY + key.len()));
        weight
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            items: self.items.saturating_add(other.items),
            entries: self.entries.saturating_add(other.entries),
            bytes: self.bytes.saturating_add(other.bytes),
            depth: self.depth.max(other.depth),
            held: self.held.saturating_add(other.held),
        }
    }

    pub(super) const fn minus(self, other: Self) -> Self {
        Self {
            items: self.items.saturating_sub(other.items),
            entries: self.entries.saturating_sub(other.entries),
            bytes: self.bytes.saturating_sub(other.bytes),
            depth: self.depth,
            held: self.held.saturating_sub(other.held),
        }
    }

    /// Of a container one of whose values has become another.
    pub(super) fn replaced(self, before: Self, after: Self) -> Self {
        if before == after {
            return self;
        }
        self.minus(before).plus(Self { depth: after.depth + 1, ..after })
    }

    /// What comparing it with another costs: entries are found by their names.
    pub(crate) fn compared_with(self, other: Self) -> u64 {
        let entries = u64::from(self.entries.min(other.entries));
        1 + self.steps().min(other.steps()) + entries / 2
    }

    /// How many values and pieces of text a walk over all of it meets: what comparing, copying or
    /// printing it costs.
    pub(crate) const fn steps(self) -> u64 {
        self.items as u64 + self.entries as u64 + (self.bytes as u64) / 16
    }
}

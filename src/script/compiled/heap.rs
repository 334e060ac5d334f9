//! What values hold that does not fit into them: text, lists, maps, bytes. Shared until written,
//! counted as it grows and shrinks.

mod live;
mod weight;

use std::{collections::BTreeMap, ops::Deref, sync::Arc};

pub(crate) use self::{
    live::{Counted, Small, live_bytes},
    weight::Weight,
};
use super::Val;

/// The key of a map's entry.
pub(crate) type Key = Arc<str>;

/// What the two words of an `Arc`, and what knows where the data lies and how much of it there is, take.
pub(super) const HEADER: usize = 48;
/// What an entry of a map takes beside its key's text and its value's own data, in nodes that are half
/// full.
const ENTRY: usize = 88;
/// What the first node of a map takes.
const NODE: usize = 368;
/// What a key takes beside its text.
const KEY: usize = 16;

/// The room that something has which grew from one length to another: at least so much, and what is added
/// to it one by one makes it twice as large each time.
///
/// Collections of the standard library do the same, but nobody promises that they always will. Bytes decide
/// where a script is stopped, so they are counted by this rule and not asked for, and who has taken
/// more room than the rule says gives it back.
const fn room(before: usize, len: usize, least: usize) -> usize {
    if len <= before {
        return before;
    }
    let doubled = before.saturating_mul(2);
    let room = if len > doubled { len } else { doubled };
    if room > least { room } else { least }
}

/// Whether something has taken so much more room than it should that giving it back is worth the work.
const fn is_roomy(capacity: usize, room: usize) -> bool {
    capacity > room + room / 10
}

/// The least room of what grows: of bytes, and of values.
const LEAST: (usize, usize) = (8, 4);

/// Text.
pub(crate) struct Text(Counted<String>);

/// What is copied has no room to spare.
impl Clone for Text {
    fn clone(&self) -> Self {
        Self::new(self.0.get().clone())
    }
}

impl Text {
    fn bytes(text: &mut String, before: usize) -> usize {
        let room = room(before.saturating_sub(HEADER), text.len(), LEAST.0);
        if is_roomy(text.capacity(), room) {
            text.shrink_to(room);
        }
        HEADER + room
    }

    pub(crate) fn new(mut text: String) -> Self {
        let bytes = Self::bytes(&mut text, 0);
        Self(Counted::new(text, bytes))
    }

    pub(crate) const fn as_str(&self) -> &str {
        self.0.get().as_str()
    }

    /// Whether it has no room to spare.
    pub(crate) fn is_tight(&self) -> bool {
        self.0.bytes() == HEADER + room(0, self.len(), LEAST.0)
    }

    /// Gives back the room that it has to spare.
    pub(crate) fn tighten(&mut self) {
        self.0.edit(String::shrink_to_fit, |text, _| Self::bytes(text, 0));
    }

    /// Changes the text in place.
    pub(crate) fn edit<R>(&mut self, change: impl FnOnce(&mut String) -> R) -> R {
        self.0.edit(change, Self::bytes)
    }
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

/// Bytes.
pub(crate) struct Blob(Counted<Vec<u8>>);

impl Clone for Blob {
    fn clone(&self) -> Self {
        Self::new(self.0.get().clone())
    }
}

impl Blob {
    fn size(bytes: &mut Vec<u8>, before: usize) -> usize {
        let room = room(before.saturating_sub(HEADER), bytes.len(), LEAST.0);
        if is_roomy(bytes.capacity(), room) {
            bytes.shrink_to(room);
        }
        HEADER + room
    }

    pub(crate) fn new(mut bytes: Vec<u8>) -> Self {
        let size = Self::size(&mut bytes, 0);
        Self(Counted::new(bytes, size))
    }

    /// As of text.
    pub(crate) fn is_tight(&self) -> bool {
        self.0.bytes() == HEADER + room(0, self.len(), LEAST.0)
    }

    /// As of text.
    pub(crate) fn tighten(&mut self) {
        self.0.edit(Vec::shrink_to_fit, |bytes, _| Self::size(bytes, 0));
    }

    /// Changes the bytes in place.
    pub(crate) fn edit<R>(&mut self, change: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        self.0.edit(change, Self::size)
    }
}

impl Deref for Blob {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.0.get()
    }
}

/// A list of values. It knows what it weighs.
pub(crate) struct List {
    items: Counted<Vec<Val>>,
    weight: Weight,
}

impl Clone for List {
    fn clone(&self) -> Self {
        let mut items = self.items.get().clone();
        let bytes = Self::bytes(&mut items, 0);
        Self { items: Counted::new(items, bytes), weight: self.weight }
    }
}

impl List {
    /// Up to this depth it does no harm if a list takes itself for deeper than it is.
    pub(crate) const SHALLOW: u32 = 8;

    /// What it takes beside its items.
    const OWN: usize = HEADER + size_of::<Weight>();

    fn bytes(items: &mut Vec<Val>, before: usize) -> usize {
        let room = room(before.saturating_sub(Self::OWN) / size_of::<Val>(), items.len(), LEAST.1);
        if is_roomy(items.capacity(), room) {
            items.shrink_to(room);
        }
        Self::OWN + room * size_of::<Val>()
    }

    /// Whether it has no room to spare. Says nothing of what is in it.
    pub(crate) fn is_tight(&self) -> bool {
        self.items.bytes() == Self::OWN + room(0, self.len(), LEAST.1) * size_of::<Val>()
    }

    /// Gives back the room that it has to spare, does something with each of its items that leaves them what
    /// they are, and weighs itself anew.
    pub(crate) fn tighten(&mut self, each: impl FnMut(&mut Val)) {
        self.items.get_mut().iter_mut().for_each(each);
        self.items.edit(Vec::shrink_to_fit, |items, _| Self::bytes(items, 0));
        self.weight = Weight::of_items(self.items.get());
    }

    pub(crate) fn new(mut items: Vec<Val>) -> Self {
        let weight = Weight::of_items(&items);
        let bytes = Self::bytes(&mut items, 0);
        Self { items: Counted::new(items, bytes), weight }
    }

    pub(crate) const fn weight(&self) -> Weight {
        self.weight
    }

    /// What it weighs with the room that short lists have.
    pub(crate) fn weight_kept(&self) -> Weight {
        let spare = if self.is_empty() { 0 } else { LEAST.1.saturating_sub(self.len()) };
        if spare == 0 {
            return self.weight;
        }
        self.weight.plus(Weight::of_bytes(spare * size_of::<Val>()))
    }

    pub(crate) fn push(&mut self, item: Val) {
        self.weight = self.weight.plus(Weight::of_item(&item));
        self.items.edit(|items| items.push(item), Self::bytes);
    }

    /// Puts an item in before the one at a place, or at the end if there is none.
    pub(crate) fn insert(&mut self, index: usize, item: Val) {
        self.weight = self.weight.plus(Weight::of_item(&item));
        let index = index.min(self.len());
        self.items.edit(|items| items.insert(index, item), Self::bytes);
    }

    /// Takes an item out; `None` if there is none at that place. Of a list that is not
    /// [shallow](Self::SHALLOW) all items are weighed anew.
    pub(crate) fn remove(&mut self, index: usize) -> Option<Val> {
        if index >= self.len() {
            return None;
        }
        let item = self.items.edit(|items| items.remove(index), Self::bytes);
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
        let result = self.items.edit(change, Self::bytes);
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
    /// Bytes of all keys.
    keys: usize,
}

impl Dict {
    /// What it takes beside its entries.
    const OWN: usize = HEADER + size_of::<Weight>() + size_of::<u64>();

    /// What its nodes take.
    fn nodes(entries: usize) -> usize {
        if entries == 0 { 0 } else { NODE.max(entries * ENTRY) }
    }

    fn bytes(entries: &BTreeMap<Key, Val>, keys: usize) -> usize {
        Self::OWN + Self::nodes(entries.len()) + keys
    }

    /// Does something with each of its values that leaves them what they are, and weighs itself anew.
    pub(crate) fn tighten(&mut self, each: impl FnMut(&mut Val)) {
        self.entries.get_mut().values_mut().for_each(each);
        self.weight = Weight::of_entries(self.entries.get());
    }

    pub(crate) fn new(entries: BTreeMap<Key, Val>) -> Self {
        let weight = Weight::of_entries(&entries);
        let keys = entries.keys().map(|key| KEY + key.len()).sum();
        let bytes = Self::bytes(&entries, keys);
        Self { entries: Counted::new(entries, bytes), weight, keys }
    }

    pub(crate) fn weight(&self) -> Weight {
        // Its first node has room for several entries.
        let more = Self::nodes(self.len()) - self.len() * ENTRY;
        self.weight.plus(Weight::of_bytes(more))
    }

    /// Adds or replaces an entry.
    pub(crate) fn insert(&mut self, key: Key, value: Val) -> Option<Val> {
        let added = Weight::of_entry(&key, &value);
        let key_weight = Weight::of_entry(&key, &Val::Unit);
        let key_bytes = KEY + key.len();
        let old = self.entries.get_mut().insert(key, value);
        if old.is_none() {
            self.keys += key_bytes;
        }
        let keys = self.keys;
        self.entries.edit(|_| (), |entries, _| Self::bytes(entries, keys));
        if let Some(old) = &old {
            self.weight = self.weight.minus(key_weight).minus(old.weight());
        }
        self.weight = self.weight.plus(added);
        old
    }

    /// Takes an entry out.
    pub(crate) fn remove(&mut self, key: &str) -> Option<Val> {
        let (key, value) = self.entries.get_mut().remove_entry(key)?;
        self.keys = self.keys.saturating_sub(KEY + key.len());
        let keys = self.keys;
        self.entries.edit(|_| (), |entries, _| Self::bytes(entries, keys));
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What a list is counted as having, in values.
    fn counted(before: i64) -> usize {
        (live_bytes() - before) as usize
    }

    #[test]
    fn what_is_counted_is_what_is_taken() {
        let before = live_bytes();
        let mut list = List::new(Vec::with_capacity(500));
        let mut text = Text::new(String::with_capacity(500));
        for i in 0..3000_usize {
            list.push(Val::Int(1));
            text.edit(|text| text.push('x'));
            if i % 700 == 699 {
                list.edit(|items| items.truncate(items.len() / 3));
                text.edit(|text| *text = String::with_capacity(9000) + &**text);
            }
            let taken = list.items.get().capacity() * size_of::<Val>() + text.0.get().capacity();
            let counted = counted(before);
            assert!(taken * 10 <= counted * 11, "{taken} taken and {counted} counted");
            let used = list.len() * size_of::<Val>() + text.len();
            let widest = 8 * used + 700 * 2 * size_of::<Val>() + 200;
            assert!(counted <= widest, "{used} used and {counted} counted");
        }
        let copies = (list.clone(), text.clone());
        drop((list, text));
        let used = copies.0.len() * size_of::<Val>() + copies.1.len();
        assert!((used..used + 200).contains(&counted(before)), "copies have no room to spare");
        drop(copies);
        assert_eq!(live_bytes(), before);
    }

    #[test]
    fn room_grows_by_doubling() {
        let grown = |steps: &[usize]| steps.iter().fold(0, |before, len| room(before, *len, 4));
        assert_eq!(grown(&[]), 0);
        assert_eq!(grown(&[0]), 0);
        assert_eq!(grown(&[1]), 4);
        assert_eq!(grown(&[4, 5]), 8);
        assert_eq!(grown(&[10, 11, 3, 20]), 20);
        assert_eq!(grown(&[10, 100]), 100);
        assert_eq!(room(usize::MAX, 3, 4), usize::MAX);
    }
}

use serde::{Deserialize, Serialize};

/// Things of one kind in one slot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bevy", derive(bevy::reflect::Reflect))]
pub struct Stack {
    /// The item.
    pub item: String,
    /// How many; never 0 in an inventory.
    pub count: u32,
}

/// What an entity carries: stacks in a number of slots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bevy", derive(bevy::reflect::Reflect))]
pub struct Pack {
    /// The stacks, in the order in which they were begun.
    pub stacks: Vec<Stack>,
    /// How many stacks there may be.
    pub slots: u32,
}

impl Pack {
    /// How many of an item there are.
    #[must_use]
    pub fn count(&self, item: &str) -> u64 {
        let own = self.stacks.iter().filter(|stack| stack.item == item);
        own.map(|stack| u64::from(stack.count)).sum()
    }

    /// Adds as many as fit, filling stacks that are begun before new ones; gives how many fitted.
    pub fn add(&mut self, item: &str, count: u32, max_stack: u32) -> u32 {
        let mut left = count;
        for stack in self.stacks.iter_mut().filter(|stack| stack.item == item) {
            let fits = max_stack.saturating_sub(stack.count).min(left);
            stack.count += fits;
            left -= fits;
        }
        while left > 0 && max_stack > 0 && self.stacks.len() < self.slots as usize {
            let fits = max_stack.min(left);
            self.stacks.push(Stack { item: item.to_owned(), count: fits });
            left -= fits;
        }
        count - left
    }

    /// Takes so many out, the last stacks first, or none if there are not enough.
    pub fn remove(&mut self, item: &str, count: u32) -> bool {
        if self.count(item) < u64::from(count) {
            return false;
        }
        let mut left = count;
        for stack in self.stacks.iter_mut().rev().filter(|stack| stack.item == item) {
            let taken = stack.count.min(left);
            stack.count -= taken;
            left -= taken;
        }
        self.stacks.retain(|stack| stack.count > 0);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_fill_up_before_new_ones_begin_and_slots_end() {
        let mut pack = Pack { slots: 3, ..Pack::default() };
        assert_eq!(pack.add("coin", 7, 5), 7);
        assert_eq!(pack.add("gem", 1, 5), 1);
        assert_eq!(pack.add("coin", 10, 5), 3);
        assert_eq!(pack.add("rope", 1, 5), 0);
        assert_eq!((pack.count("coin"), pack.count("gem"), pack.count("rope")), (10, 1, 0));
        assert!(!pack.remove("coin", 11));
        assert_eq!(pack.count("coin"), 10);
        assert!(pack.remove("coin", 6));
        assert_eq!((pack.count("coin"), pack.stacks.len()), (4, 2));
        assert!(pack.remove("nothing", 0));
    }
}

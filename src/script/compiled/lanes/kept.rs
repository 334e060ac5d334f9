//! Variables of instances that are called together in one round after the other: they stay in columns in between.

use super::{
    columns::Columns,
    place_of,
    plan::{Plan, Variable},
};
use crate::{
    api::{LANES, lanes_of},
    script::{compiled::Val, marks},
};

/// The variables of up to 64 instances, as far as a plan has to do with them. Whatever else an instance keeps stays
/// where it is.
pub(crate) struct Kept {
    columns: Columns,
    /// In the order of those of the plan.
    lists: Box<[List]>,
    /// Of each variable that the plan writes the lanes in which it is another one than that of the instance.
    changed: Box<[u64]>,
    /// The hashes of what instances keep, if they are wanted: sums of [marks].
    hashes: Option<Box<[u64; LANES]>>,
}

/// A list that calls read items of. It is the one of the instance, too, and nobody changes it as long as it is kept.
#[derive(Default)]
enum List {
    #[default]
    Nobodys,
    /// All have the same one.
    Same(Val),
    Own(Box<[Val; LANES]>),
}

impl List {
    fn take(&mut self, lane: usize, list: &Val) {
        match self {
            Self::Nobodys => *self = Self::Same(list.clone()),
            Self::Same(same) if same.is_same(list) => {}
            Self::Same(same) => {
                let mut own = Box::new(std::array::from_fn(|_| same.clone()));
                own[lane % LANES] = list.clone();
                *self = Self::Own(own);
            }
            Self::Own(own) if own[lane % LANES].is_same(list) => {}
            Self::Own(own) => own[lane % LANES] = list.clone(),
        }
    }
}

impl Kept {
    /// Nobody's, for a plan. All that is done with it must be done with the same one.
    pub(crate) fn new(plan: &Plan, is_hashed: bool) -> Self {
        let mut columns = Columns::default();
        columns.fit(plan.kept);
        let written = plan.written().count();
        Self {
            columns,
            lists: plan.lists.iter().map(|_| List::default()).collect(),
            changed: vec![0; written].into(),
            hashes: is_hashed.then(|| Box::new([0; LANES])),
        }
    }

    /// The hash of what the instance in a lane keeps; 0 if none are wanted.
    #[inline(always)]
    pub(crate) fn hash(&self, lane: usize) -> u64 {
        self.hashes.as_ref().map_or(0, |hashes| hashes[lane % LANES])
    }

    /// Takes the variables of an instance into a lane, given their hash; `false` if they are not of the types of the plan.
    pub(crate) fn take(&mut self, plan: &Plan, lane: usize, state: &[Val], hash: u64) -> bool {
        for Variable { slot, kept, .. } in &plan.variables {
            let value = state.get(usize::from(*slot));
            if !value.is_some_and(|value| self.columns.put(*kept, lane, value)) {
                return false;
            }
        }
        for (slot, list) in plan.lists.iter().zip(&mut self.lists) {
            let Some(value) = state.get(usize::from(*slot)) else { return false };
            list.take(lane, value);
        }
        self.changed.iter_mut().for_each(|lanes| *lanes &= !(1 << lane));
        if let Some(hashes) = &mut self.hashes {
            hashes[lane % LANES] = hash;
        }
        true
    }

    /// Gives an instance the variables in a lane; says which it has changed, as [bits](marks::bit).
    pub(crate) fn give(&self, plan: &Plan, lane: usize, state: &mut [Val]) -> u64 {
        let mut noted = 0;
        for (variable, changed) in plan.written().zip(&self.changed) {
            if *changed >> lane & 1 == 0 {
                continue;
            }
            noted |= variable.bit;
            if let Some(place) = state.get_mut(usize::from(variable.slot)) {
                *place = self.columns.get(variable.kept, lane);
            }
        }
        noted
    }

    /// Fills the columns of calls.
    pub(super) fn load(&self, plan: &Plan, columns: &Columns, mask: u64) {
        for Variable { place, kept, .. } in &plan.variables {
            columns.take(mask, *place, &self.columns, kept.column);
        }
    }

    /// Keeps what the calls have left that are done, given the lanes that have changed each variable; gives all that have
    /// changed any.
    pub(super) fn store(
        &mut self,
        plan: &Plan,
        columns: &Columns,
        done: u64,
        changed: &[u64],
    ) -> u64 {
        let mut all = 0;
        for (at, variable) in plan.written().enumerate() {
            let lanes = changed.get(place_of(variable.bit)).copied().unwrap_or_default() & done;
            if lanes == 0 {
                continue;
            }
            all |= lanes;
            if let Some(changed) = self.changed.get_mut(at) {
                *changed |= lanes;
            }
            if let Some(hashes) = &mut self.hashes {
                for lane in lanes_of(lanes) {
                    let mark = |value| marks::of(variable.slot, &value);
                    let before = mark(self.columns.get(variable.kept, lane));
                    let now = mark(columns.get(variable.place, lane));
                    hashes[lane] = hashes[lane].wrapping_sub(before).wrapping_add(now);
                }
            }
            // The others have it as it was: what they have is not even touched.
            self.columns.take(lanes, variable.kept, columns, variable.place.column);
        }
        all
    }
}

/// Where the variables of calls are that are done side by side.
pub(super) enum Variables<'a, 's> {
    /// Each instance has its own.
    Own(&'a mut [&'s mut [Val]]),
    Kept(&'a mut Kept),
}

/// Where calls find a list.
pub(super) enum ListOf<'a, 's> {
    /// Among the variables of their instances.
    Variable(&'a [&'s mut [Val]], usize),
    Same(&'a Val),
    Own(&'a [Val; LANES]),
}

impl<'s> Variables<'_, 's> {
    /// The list that is a variable.
    pub(super) fn list(&self, plan: &Plan, slot: u16) -> Option<ListOf<'_, 's>> {
        match self {
            Self::Own(states) => Some(ListOf::Variable(states, usize::from(slot))),
            Self::Kept(kept) => {
                let at = plan.lists.iter().position(|list| *list == slot)?;
                match kept.lists.get(at)? {
                    List::Nobodys => None,
                    List::Same(list) => Some(ListOf::Same(list)),
                    List::Own(lists) => Some(ListOf::Own(lists)),
                }
            }
        }
    }
}

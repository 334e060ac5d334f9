use crate::script::{compiled::Val, marks};

/// How many variables have a place of their own.
const OWN: usize = marks::OWN_BITS as usize;

/// What the variables were that the running call has changed: a call that fails leaves them as they were.
/// Whoever writes to a variable asks for a note of it first.
pub(super) struct Journal {
    /// The variables that were noted, as [bits](marks::bit).
    noted: u64,
    /// Whether any of them may hold something, now or before.
    may_hold: bool,
    before: [Val; OWN],
    /// The same of those that have no place there.
    more: Vec<(u16, Val)>,
}

impl Default for Journal {
    fn default() -> Self {
        Self { noted: 0, may_hold: false, before: [const { Val::Unit }; OWN], more: Vec::new() }
    }
}

impl Journal {
    /// Takes note of a variable that is about to be changed, unless there is a note of it.
    #[inline]
    pub(super) fn note(&mut self, slot: u16, value: &Val) {
        self.may_hold = true;
        self.note_inline(slot, value);
    }

    /// The same, where both what it is and what it becomes [lie in the value itself](Val::is_inline).
    #[inline(always)]
    pub(super) fn note_inline(&mut self, slot: u16, value: &Val) {
        match self.before.get_mut(usize::from(slot)) {
            Some(_) if self.noted & marks::bit(slot) != 0 => {}
            Some(before) => {
                self.noted |= marks::bit(slot);
                before.assign(value);
            }
            None => self.note_more(slot, value),
        }
    }

    /// The same, of a variable that is a whole number and stays one.
    #[inline(always)]
    pub(super) fn note_int(&mut self, slot: u16, value: i64) {
        match self.before.get_mut(usize::from(slot)) {
            Some(_) if self.noted & marks::bit(slot) != 0 => {}
            Some(before) => {
                self.noted |= marks::bit(slot);
                before.put_int(value);
            }
            None => self.note_more(slot, &Val::Int(value)),
        }
    }

    #[cold]
    fn note_more(&mut self, slot: u16, value: &Val) {
        self.noted |= marks::bit(slot);
        self.may_hold = true;
        if self.more.iter().all(|(noted, _)| *noted != slot) {
            self.more.push((slot, value.clone()));
        }
    }

    /// The variables that were noted. Takes memory only if there are more than have a place of their own.
    pub(super) fn slots(&self) -> impl Iterator<Item = u16> + use<> {
        let more: Vec<u16> = self.more.iter().map(|(slot, _)| *slot).collect();
        own(self.noted).chain(more)
    }

    /// Whether any of the variables that were noted may hold something, now or before.
    #[inline(always)]
    pub(super) const fn may_hold(&self) -> bool {
        self.may_hold
    }

    /// Forgets all notes, and gives of which variables they were, as [bits](marks::bit); what they hold must
    /// be [freed](Self::free) before.
    #[inline(always)]
    pub(super) const fn take_noted(&mut self) -> u64 {
        std::mem::replace(&mut self.noted, 0)
    }

    /// Frees what the notes hold.
    #[inline(never)]
    pub(super) fn free(&mut self) {
        for slot in own(self.noted) {
            if let Some(before) = self.before.get_mut(usize::from(slot)) {
                *before = Val::Unit;
            }
        }
        self.more.clear();
        self.may_hold = false;
    }

    /// Puts everything back as it was.
    #[cold]
    pub(super) fn put_back(&mut self, state: &mut [Val]) {
        let mut put = |slot: u16, value| {
            if let Some(place) = state.get_mut(usize::from(slot)) {
                *place = value;
            }
        };
        for slot in own(self.noted) {
            if let Some(before) = self.before.get_mut(usize::from(slot)) {
                put(slot, std::mem::take(before));
            }
        }
        (self.noted, self.may_hold) = (0, false);
        self.more.drain(..).for_each(|(slot, value)| put(slot, value));
    }
}

/// The variables among some bits that have a bit of their own.
fn own(mut bits: u64) -> impl Iterator<Item = u16> {
    bits &= (1 << OWN) - 1;
    std::iter::from_fn(move || {
        let slot = bits.trailing_zeros() as u16;
        let rest = bits.checked_sub(1)?;
        bits &= rest;
        Some(slot)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_put_back_however_many_variables_there_are() {
        let state = |shift: i64| -> Vec<Val> {
            (0..80).map(|i| if i % 2 == 0 { Val::Int(i + shift) } else { Val::text("a") }).collect()
        };
        let (mut journal, mut now) = (Journal::default(), state(0));
        for round in 1..4_usize {
            for slot in [0, 1, 62, 63, 64, 79, 64, 1] {
                journal.note(slot, &now[usize::from(slot)]);
                now[usize::from(slot)] = Val::array(vec![Val::Int(7)]);
            }
            let slots: Vec<u16> = journal.slots().collect();
            assert_eq!(slots, [0, 1, 62, 63, 64, 79]);
            assert_eq!(journal.noted, 1 << 63 | 1 << 62 | 3);
            assert!(journal.may_hold());
            journal.put_back(&mut now);
            let same = now.iter().zip(state(0)).filter(|(a, b)| match (a, b) {
                (Val::Int(a), Val::Int(b)) => a == b,
                (Val::Text(a), Val::Text(b)) => a.as_str() == b.as_str(),
                _ => false,
            });
            assert_eq!(same.count(), 80, "round {round}");
            assert_eq!((journal.slots().count(), journal.noted, journal.may_hold()), (0, 0, false));
        }
    }

    #[test]
    fn numbers_hold_nothing() {
        let mut journal = Journal::default();
        journal.note_inline(3, &Val::Int(1));
        journal.note_int(4, 2);
        assert!(!journal.may_hold());
        assert_eq!((journal.take_noted(), journal.noted), (24, 0));
        journal.note(3, &Val::Int(1));
        assert!(journal.may_hold());
        journal.free();
        assert_eq!((journal.take_noted(), journal.may_hold()), (8, false));
    }
}

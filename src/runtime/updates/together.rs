//! Updates of those who have seats side by side.

use std::sync::Arc;

use bevy::prelude::*;

use super::{
    Mark, Updates, in_order,
    walk::{Walk, look},
};
use crate::{
    api::{CallsAlike, Progression, ScriptContext},
    runtime::{
        batch::salt,
        roster::RosterEntry,
        run::BatchOutcome,
        stretches::{Cohort, Stretch},
        view::{Finger, Neighbours},
    },
    script::{CompiledScript, Seats},
};

/// The members of a cohort who have their turn in a tick, each a bit.
#[derive(Default)]
struct Present<'w> {
    /// They have their seats.
    seated: u64,
    /// They have had them not for long.
    fresh: u64,
    /// They are called by themselves.
    alone: u64,
    /// Who they are, if they lie side by side. If not, where each stands is [noted](Stood).
    neighbours: Option<Neighbours<'w>>,
}

/// Where members of a cohort stand, if that is at hand.
type Stood = [Option<Vec3>; Seats::COUNT];

impl Present<'_> {
    /// Takes note of where they stand, as far as that is at hand, and says of whom it is.
    #[inline(always)]
    fn stand(&self, stood: &Stood, places: &mut [Vec3; Seats::COUNT]) -> u64 {
        if let Some(neighbours) = &self.neighbours {
            let known = neighbours.places.iter().zip(&mut *places);
            known.for_each(|(known, place)| *place = known.translation);
            return if neighbours.places.is_empty() { 0 } else { self.seated };
        }
        let mut is_known = 0;
        for ((place, stood), at) in places.iter_mut().zip(stood).zip(0..) {
            *place = stood.unwrap_or_default();
            is_known |= u64::from(stood.is_some()) << at;
        }
        is_known
    }
}

/// Who is called by himself, in what order.
type Alone<'w> = Vec<&'w RosterEntry>;

impl<'w> Updates<'w> {
    /// Updates some stretches, and those of some entries that are in them beside those who are updated in every tick. What
    /// comes of it is in the order of (id, slot), and it is said where that of others belongs who have left their marks.
    pub(in crate::runtime) fn run_together(
        &self,
        stretches: &'w mut [Stretch],
        paced: &'w [RosterEntry],
        marks: &[Mark],
    ) -> BatchOutcome {
        let mut context = ScriptContext::new(self.scope);
        context.rank_commands();
        let mut outcome = BatchOutcome::default();
        // Mostly each of them moves, or none.
        context.expect_commands(
            stretches.iter().map(|stretch| stretch.count).sum::<usize>() + paced.len(),
        );
        let mut paced = paced.chunk_by(|a, b| a.stretch == b.stretch).peekable();
        let mut marks = marks.chunk_by(|a, b| a.stretch == b.stretch).peekable();
        // Their memory is used again.
        let (mut alone, mut others) = (Alone::new(), Alone::new());
        let mut stood = [None; Seats::COUNT];
        for stretch in stretches {
            let before = context.begin_part();
            let Stretch { cohorts, loose, number, .. } = stretch;
            let mut groups = cohorts.len();
            alone.clear();
            for cohort in cohorts {
                self.run_cohort(cohort, (&mut context, &mut stood), &mut outcome, &mut alone);
            }
            groups += alone.len();
            self.walk(&alone, false, &mut context, &mut outcome);
            let is_here = |entries: &&[RosterEntry]| {
                entries.first().is_some_and(|entry| entry.stretch == *number)
            };
            let paced = paced.next_if(is_here).unwrap_or_default();
            others.clear();
            others.extend(loose.iter().chain(paced));
            others.sort_unstable_by_key(|entry| (entry.script, entry.rank));
            self.walk(&others, true, &mut context, &mut outcome);
            // What one cohort asks for is in order.
            let is_mixed = groups + others.len() > 1;
            let is_here =
                |marks: &&[Mark]| marks.first().is_some_and(|mark| mark.stretch == *number);
            let marks = marks.next_if(is_here).unwrap_or_default();
            let others = marks.iter().map(|mark| mark.rank);
            context.end_part(before, is_mixed, others, |after| outcome.gaps.push(after));
        }
        if !outcome.told.is_empty() {
            in_order(&mut outcome);
        }
        self.finish(&mut context, &mut outcome);
        outcome
    }

    /// Updates some one after the other, or side by side where that pays.
    fn walk(
        &self,
        entries: &[&'w RosterEntry],
        side_by_side: bool,
        context: &mut ScriptContext<'w>,
        outcome: &mut BatchOutcome,
    ) {
        if entries.is_empty() {
            return;
        }
        let entries = entries.iter().map(|entry| (entry.rank, *entry));
        let mut walk = Walk::new(*self, entries, side_by_side, outcome);
        self.follow(&mut walk, context, outcome);
    }

    /// Updates a cohort, but for those who are to be called by themselves.
    fn run_cohort(
        &self,
        cohort: &'w mut Cohort,
        (context, stood): (&mut ScriptContext<'w>, &mut Stood),
        outcome: &mut BatchOutcome,
        alone: &mut Alone<'w>,
    ) {
        if cohort.seats.as_ref().is_some_and(|seats| seats.is_hashed() != self.hashing) {
            // All come home from those that they have.
            cohort.seats = None;
        }
        if !cohort.rest.is_over() {
            alone.extend(&cohort.members);
            return;
        }
        let mut present = self.find_members(cohort, stood, outcome);
        if let (Some(seats), Some(function)) = (&cohort.seats, cohort.on_update)
            && present.seated != 0
        {
            let calls = CallsAlike {
                entities: &cohort.ids,
                ranks: &cohort.ranks,
                callback: salt(seats.script().salt(function), cohort.slot, 0),
                delta_time: context.tick_seconds(),
            };
            let mut finger = Finger::new();
            let hashed = |place: usize, hash: u64| {
                let scripts = match &present.neighbours {
                    Some(neighbours) => neighbours.scripts.get(place),
                    None => cohort
                        .members
                        .get(place)
                        .and_then(|entry| Some(self.window.scripts(entry.entity, &mut finger)?.0)),
                };
                if let Some(scripts) = scripts {
                    scripts.note_state(Some(hash));
                }
            };
            let stand = |places: &mut _| present.stand(stood, places);
            let called = seats.script().calls(context, |caller| {
                caller.seated(seats, (present.seated, present.fresh), (calls, stand), hashed)
            });
            outcome.calls += u64::from(called.done.count_ones());
            outcome.fuel += called.fuel;
            present.alone |= present.seated & !called.done;
            present.seated = called.done;
        }
        cohort.rest.note(present.alone.count_ones() <= present.seated.count_ones());
        let cohort = &*cohort;
        if present.alone != 0 {
            let members = cohort.members.iter().enumerate();
            let is_alone = |(place, _): &(usize, _)| present.alone >> place & 1 == 1;
            alone.extend(members.filter(is_alone).map(|(_, entry)| entry));
        }
    }

    /// Finds out which members of a cohort have their turn, and gives those a seat who have none.
    #[inline(always)]
    fn find_members(
        &self,
        cohort: &mut Cohort,
        stood: &mut Stood,
        outcome: &mut BatchOutcome,
    ) -> Present<'w> {
        let count = cohort.members.len();
        let all = u64::MAX >> (Seats::COUNT - count);
        let taken = cohort.seats.as_ref().map_or(0, |seats| seats.taken());
        if taken == all
            && let Some(neighbours) = self.window.neighbours(&cohort.entities, count)
            && cohort.seen.begins_with(neighbours.changed.iter().map(|tick| tick.get().into()))
        {
            return Present { seated: all, neighbours: Some(neighbours), ..Present::default() };
        }
        self.find_each(cohort, taken, stood, outcome)
    }

    /// The same, of each by himself.
    #[inline(never)]
    fn find_each(
        &self,
        cohort: &mut Cohort,
        taken: u64,
        stood: &mut Stood,
        outcome: &mut BatchOutcome,
    ) -> Present<'w> {
        let mut present = Present::default();
        let (mut finger, mut others) = (Finger::new(), 0_u64);
        let Cohort { entities, seen, spots, .. } = cohort;
        for (place, (spot, stood)) in spots.iter_mut().zip(stood).enumerate() {
            let entity = entities.get(place).and_then(Entity::try_from_bits);
            let entity = entity.unwrap_or(Entity::PLACEHOLDER);
            let changed = self.window.scripts_changed(entity, (spot, &mut finger));
            let changed = changed.map(|tick| tick.get().into());
            let is_as_seen =
                taken >> place & 1 == 1 && changed.is_some() && changed == seen.get(place);
            present.seated |= u64::from(is_as_seen) << place;
            others |= u64::from(!is_as_seen) << place;
            *stood = finger.place(entity);
        }
        if others != 0 {
            self.look_closer(cohort, others, &mut present, outcome);
        }
        present
    }

    /// Looks at those members in a mask of whom it is not known that they are where they were.
    #[cold]
    #[inline(never)]
    fn look_closer(
        &self,
        cohort: &mut Cohort,
        others: u64,
        present: &mut Present<'_>,
        outcome: &mut BatchOutcome,
    ) {
        let Cohort { members, seats, seen: all_seen, spots, .. } = cohort;
        let mut finger = Finger::new();
        let mut ticks = [0; Seats::COUNT];
        let ticks = &mut ticks[..members.len()];
        all_seen.put(ticks, |tick| tick);
        for (place, ((entry, seen), spot)) in members.iter().zip(&mut *ticks).zip(spots).enumerate()
        {
            if others >> place & 1 == 0 {
                continue;
            }
            let found = look(self.window, entry, &mut finger, &mut outcome.noticed);
            let Some((scripts, slot)) = found else { continue };
            let resident = &slot.resident;
            let is_seated = seats.as_ref().is_some_and(|seats| resident.has_seat(seats, place));
            let is_seated = is_seated || {
                let Some(script) = resident.script().map(|script| script.clone()) else {
                    outcome.noticed.stale = true;
                    continue;
                };
                self.seats(seats, entry, &script).is_some_and(|seats| {
                    scripts.note_state(None);
                    resident.take_seat(seats, place)
                })
            };
            if is_seated {
                present.seated |= 1 << place;
                present.fresh |= 1 << place;
                let found = (spot, &mut Finger::new());
                let changed = self.window.scripts_changed(entry.entity, found);
                *seen = changed.map_or(*seen, |tick| tick.get().into());
            } else {
                present.alone |= 1 << place;
            }
        }
        *all_seen = Progression::of(ticks.iter().copied());
    }

    /// The seats of a cohort for those who run a script, if it is that script.
    fn seats<'s>(
        &self,
        seats: &'s mut Option<Arc<Seats>>,
        entry: &RosterEntry,
        script: &Arc<CompiledScript>,
    ) -> Option<&'s Arc<Seats>> {
        let function = entry.on_update.filter(|_| script.serial() == entry.script)?;
        let fresh = || Arc::new(Seats::new(script.clone(), function, self.hashing));
        Some(seats.get_or_insert_with(fresh)).map(|seats| &*seats)
    }
}

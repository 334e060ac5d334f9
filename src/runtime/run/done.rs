use std::iter::Peekable;

use super::{BatchOutcome, Note, What};
use crate::runtime::{
    apply::Moves,
    collect::{Addressed, Calls, Job, Work},
    shares::Piece,
    updates::{Gap, HeldDone, Mark},
    view::WorldWindow,
};

/// What a pass has done.
#[derive(Default)]
pub(super) struct Done {
    pub(super) batches: Vec<BatchOutcome>,
    pub(super) jobs: Vec<Job>,
    /// Calls for the next tick.
    pub(super) put_off: Vec<Addressed>,
    /// Starts for the next tick.
    pub(super) not_started: Vec<Job>,
    /// How many calls and starts were put off, updates included.
    pub(super) count: u64,
}

impl Done {
    /// One batch of all pieces, in their order.
    pub(super) fn put_together(pieces: Vec<Piece>) -> Self {
        let mut done = Self::default();
        let mut batch = BatchOutcome::default();
        for Piece { mut job, mut commands, notes, calls, fuel, waits, .. } in pieces {
            let given = commands.len();
            batch.commands.append(&mut commands);
            batch.calls += calls;
            batch.fuel += fuel;
            if waits {
                if let Work::Start(_) = job.work {
                    done.count += 1;
                    done.not_started.push(job);
                    continue;
                }
                let Job { id, slot, entity, calls, .. } = &mut job;
                match calls {
                    Calls::Update(_) => done.count += 1,
                    Calls::Events(events) => {
                        let calls = std::mem::take(&mut events.calls);
                        done.count += calls.len() as u64;
                        let (id, slot, entity) = (*id, *slot, *entity);
                        let address = |call| Addressed { id, slot, entity, call };
                        done.put_off.extend(calls.into_iter().map(address));
                    }
                }
            }
            let place = done.jobs.len();
            batch.ends.push(given);
            batch.notes.extend(notes.into_iter().map(|what| Note { job: place, what }));
            done.jobs.push(job);
        }
        batch.jobs = done.jobs.len();
        done.batches.push(batch);
        done
    }

    /// One batch of the updates of scripts that are held to a share, and of those that passed them by, all in the
    /// order of (id, slot).
    pub(super) fn among(
        held: Vec<HeldDone>,
        batches: Vec<BatchOutcome>,
        window: &WorldWindow<'_>,
    ) -> Self {
        let (mut commands, mut told, mut sums) = (Vec::new(), Vec::new(), BatchOutcome::default());
        let (mut marks, mut givers, mut put_off) = (Vec::new(), Vec::new(), 0);
        for (giver, mut one) in held.into_iter().enumerate() {
            marks.extend(one.marks.into_iter().map(|mark| (mark, giver)));
            givers.push(std::mem::take(&mut one.outcome.commands).into_iter());
            put_off += one.put_off as u64;
            add(one.outcome, &mut sums, &mut told);
        }
        // It merges what is in order.
        marks.sort_by_key(|(Mark { id, slot, .. }, _)| (*id, *slot));
        let mut next = marks.into_iter().peekable();
        for mut batch in batches {
            let mut own = std::mem::take(&mut batch.commands).into_iter();
            let mut before = 0;
            for Gap { id, slot, after } in std::mem::take(&mut batch.gaps) {
                commands.extend(own.by_ref().take(after - before));
                before = after;
                // Not everybody was called and has given something.
                let is_next = |(mark, _): &(Mark, usize)| (mark.id, mark.slot) == (id, slot);
                if let Some((mark, giver)) = next.next_if(is_next)
                    && let Some(giver) = givers.get_mut(giver)
                {
                    commands.extend(giver.take(mark.count));
                }
            }
            commands.extend(own);
            add(batch, &mut sums, &mut told);
        }
        told.sort_unstable_by_key(|piece| (piece.job.id, piece.job.slot));
        let mut done = Self::put_together(told);
        done.count += put_off;
        if let Some(all) = done.batches.first_mut() {
            all.calls += sums.calls;
            all.fuel += sums.fuel;
            all.noticed = sums.noticed;
            match Moves::of(commands, window) {
                Ok(moves) => all.moves = Some(moves),
                Err(commands) => all.commands = commands,
            }
        }
        done
    }
}

/// Adds what was counted of updates where they are to `sums`, and what is to be told to `told`.
fn add(batch: BatchOutcome, sums: &mut BatchOutcome, told: &mut Vec<Piece>) {
    sums.calls += batch.calls;
    sums.fuel += batch.fuel;
    sums.noticed.add(batch.noticed);
    let mut notes = batch.notes.into_iter().peekable();
    for (i, job) in batch.told.into_iter().enumerate() {
        told.push(Piece::of(job, notes_of(i, &mut notes)));
    }
}

/// The outcome of batches, cut into pieces.
pub(super) fn cut(batches: Vec<BatchOutcome>, places: Vec<usize>, jobs: Vec<Job>) -> Vec<Piece> {
    let mut jobs = places.into_iter().zip(jobs);
    let mut pieces = Vec::new();
    for batch in batches {
        let mut commands = batch.commands.into_iter();
        let mut notes = batch.notes.into_iter().peekable();
        for (i, end) in batch.ends.into_iter().enumerate() {
            let Some((place, job)) = jobs.next() else { break };
            let piece = Piece::of(job, notes_of(i, &mut notes));
            pieces.push(Piece { place, commands: commands.by_ref().take(end).collect(), ..piece });
        }
        // Only sums are told of these.
        if let Some(last) = pieces.last_mut() {
            last.calls += batch.calls;
            last.fuel += batch.fuel;
        }
    }
    pieces
}

/// Takes the notes of a job, which come next if there are any.
fn notes_of(job: usize, notes: &mut Peekable<impl Iterator<Item = Note>>) -> Vec<What> {
    std::iter::from_fn(|| notes.next_if(|note| note.job == job)).map(|note| note.what).collect()
}

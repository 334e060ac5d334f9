use std::iter::Peekable;

use super::{BatchOutcome, Note, What};
use crate::{
    contract::ScriptCommand,
    runtime::{
        collect::{Addressed, Calls, Job, Work},
        shares::Piece,
        updates::{HeldDone, Mark},
        view::WorldWindow,
    },
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

    /// The updates of scripts that are held to a share, and those of others that were told of their marks, all in the order of
    /// (id, slot).
    pub(super) fn among(
        held: AllHeld,
        batches: Vec<BatchOutcome>,
        window: &WorldWindow<'_>,
    ) -> Self {
        let AllHeld { marks, givers, mut givers_left, mut told, mut sums, put_off } = held;
        let mut given = marks.iter().zip(givers);
        let mut next = |commands: &mut Vec<ScriptCommand>| {
            if let Some((mark, giver)) = given.next()
                && let Some(giver) = givers_left.get_mut(giver)
            {
                commands.extend(giver.take(mark.count));
                return true;
            }
            false
        };
        let mut asked = Vec::new();
        for mut batch in batches {
            add_sums(&mut batch, &mut sums, &mut told);
            let mut own = BatchOutcome { moves: batch.moves, ..BatchOutcome::default() };
            if batch.gaps.is_empty() {
                own.commands = batch.commands;
            } else {
                let mut rest = batch.commands.into_iter();
                let mut before = 0;
                for after in batch.gaps {
                    own.commands.extend(rest.by_ref().take(after - before));
                    before = after;
                    next(&mut own.commands);
                }
                own.commands.extend(rest);
                own.find_moves(window);
            }
            asked.push(own);
        }
        let mut alone = BatchOutcome::default();
        // There may be nobody but them.
        while next(&mut alone.commands) {}
        alone.find_moves(window);
        asked.push(alone);
        told.sort_unstable_by_key(|piece| (piece.job.id, piece.job.slot));
        let mut done = Self::put_together(told);
        done.count += put_off;
        if let Some(all) = done.batches.first_mut() {
            all.calls += sums.calls;
            all.fuel += sums.fuel;
            all.noticed = sums.noticed;
        }
        done.batches.append(&mut asked);
        done
    }
}

/// What the updates of all have done that are held to a share.
pub(super) struct AllHeld {
    /// Who has given commands, in order.
    pub(super) marks: Vec<Mark>,
    /// By which of those who give them.
    givers: Vec<usize>,
    givers_left: Vec<std::vec::IntoIter<ScriptCommand>>,
    told: Vec<Piece>,
    pub(super) sums: BatchOutcome,
    put_off: u64,
}

impl AllHeld {
    pub(super) fn of(held: Vec<HeldDone>) -> Self {
        let (mut marks, mut givers_left) = (Vec::new(), Vec::new());
        let (mut told, mut sums, mut put_off) = (Vec::new(), BatchOutcome::default(), 0);
        for (giver, HeldDone { mut outcome, marks: own, put_off: waiting }) in
            held.into_iter().enumerate()
        {
            marks.extend(own.into_iter().map(|mark| (mark, giver)));
            givers_left.push(std::mem::take(&mut outcome.commands).into_iter());
            put_off += waiting as u64;
            add_sums(&mut outcome, &mut sums, &mut told);
        }
        // It merges what is in order.
        marks.sort_by_key(|(mark, _)| mark.key());
        let (marks, givers) = marks.into_iter().unzip();
        Self { marks, givers, givers_left, told, sums, put_off }
    }
}

/// Adds what was counted of updates where they are to `sums`, and what is to be told to `told`.
fn add_sums(batch: &mut BatchOutcome, sums: &mut BatchOutcome, told: &mut Vec<Piece>) {
    sums.calls += batch.calls;
    sums.fuel += batch.fuel;
    sums.noticed.add(std::mem::take(&mut batch.noticed));
    let mut notes = std::mem::take(&mut batch.notes).into_iter().peekable();
    for (i, job) in std::mem::take(&mut batch.told).into_iter().enumerate() {
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

//! What mods and clients do, each mod and each client within its share of the tick.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use super::{
    authority::Owners,
    batch::BatchRunner,
    budget::{TickBudget, TickUse},
    collect::{Calls, Job, Work},
    quarantine::Discipline,
    roster::{Noticed, RosterEntry},
    run::What,
    updates::{HeldDone, HeldUpdates, Updates},
};
use crate::{
    api::CallScope,
    contract::{ErrorKind, ScriptCommand, ScriptError, ScriptId, TickCaps},
    script::ScriptWorkers,
};

/// A job that was done, or as much of it as fitted: the job holds the rest.
pub(super) struct Piece {
    /// Its place among the jobs of the pass.
    pub(super) place: usize,
    pub(super) job: Job,
    pub(super) commands: Vec<ScriptCommand>,
    pub(super) notes: Vec<What>,
    pub(super) calls: u64,
    pub(super) fuel: u64,
    /// Whether something of it did not fit.
    pub(super) waits: bool,
}

impl Piece {
    /// A job that asked for nothing.
    pub(super) const fn of(job: Job, notes: Vec<What>) -> Self {
        let commands = Vec::new();
        Self { place: 0, job, commands, notes, calls: 0, fuel: 0, waits: false }
    }
}

/// What a mod or a client may use and has used.
pub(super) struct Account {
    pub(super) name: Arc<str>,
    /// The fuel that is left of what it was given.
    pub(super) left: u64,
    pub(super) caps: TickCaps,
    /// Since it was last asked.
    used: u64,
}

/// The work of a mod or of a client.
pub(super) trait Sharing: Send {
    fn account(&self) -> &Account;

    fn account_mut(&mut self) -> &mut Account;

    /// What its next call may use, if there is one.
    fn needs(&self) -> Option<u64>;
}

/// The jobs of one mod.
struct ModRun {
    account: Account,
    /// Still to do, or to go on with.
    queue: VecDeque<Piece>,
    done: Vec<Piece>,
}

/// Whether a script is held to the budget of its tick: that of a mod, of a stranger, and of a client's
/// entity whoever wrote it.
pub(super) const fn is_held(is_trusted: bool, is_owned: bool) -> bool {
    !is_trusted || is_owned
}

/// Whether a call failed only because there was less left than its limit.
pub(super) fn fell_short(left: u64, limit: u64, error: Option<&ScriptError>) -> bool {
    left < limit && error.is_some_and(|error| error.kind == ErrorKind::Fuel)
}

/// So often what is left of the budget is given out again.
const ROUNDS: usize = 8;

/// Runs jobs, each mod's one after the other, within `lane` units of fuel. What does not fit comes back
/// marked so.
pub(super) fn run(
    jobs: Vec<(usize, Job)>,
    lane: u64,
    (budget, used, owners): (&TickBudget, &mut TickUse, &Owners),
    workers: &ScriptWorkers,
    (scope, discipline): (CallScope<'_>, Discipline),
) -> Vec<Piece> {
    let mut mods: BTreeMap<Arc<str>, ModRun> = BTreeMap::new();
    for (place, job) in jobs {
        let of_mod = || job.script().map(|script| script.mod_name());
        let Some(name) = owners.payer(job.entity).or_else(of_mod).cloned() else { continue };
        let run = mods.entry(name).or_insert_with_key(|name| ModRun {
            account: Account::open(name, used, budget),
            queue: VecDeque::new(),
            done: Vec::new(),
        });
        run.queue.push_back(Piece { place, ..Piece::of(job, Vec::new()) });
    }
    let mut mods: Vec<ModRun> = mods.into_values().collect();
    for one in &mut mods {
        one.rotate(used);
    }
    let done = share_out(mods, lane, used, workers, |one| one.run(scope, discipline));
    done.into_iter().flat_map(|one| one.finish(used)).collect()
}

/// Does the updates of those who are held to a share, where the scripts are, within `lane` units of fuel.
pub(super) fn update<'w>(
    entries: &'w [RosterEntry],
    updates: Updates<'w>,
    lane: u64,
    (budget, used, owners): (&TickBudget, &mut TickUse, &Owners),
    workers: &ScriptWorkers,
) -> (Vec<HeldDone>, Noticed) {
    let mut noticed = Noticed::default();
    let open = |name: &Arc<str>| Account::open(name, used, budget);
    let mut mods = HeldUpdates::of(entries, updates.window, owners, open, &mut noticed);
    mods.iter_mut().for_each(|one| one.rotate(used));
    let done = share_out(mods, lane, used, workers, |one| one.go_on(&updates));
    (done.into_iter().map(|one| one.finish(used)).collect(), noticed)
}

/// Lets everybody go on with what it has to do, each within its share of `lane` units of fuel, and gives what is
/// left to those that need more.
fn share_out<S: Sharing>(
    mut mods: Vec<S>,
    lane: u64,
    used: &mut TickUse,
    workers: &ScriptWorkers,
    go_on: impl Fn(&mut S) + Sync,
) -> Vec<S> {
    mods.sort_by(|a, b| a.account().name.cmp(&b.account().name));
    let share = lane / (mods.len() as u64).max(1);
    let mut left = lane;
    mods.iter_mut().for_each(|one| one.account_mut().left = share);
    let mut chosen: Vec<usize> = (0..mods.len()).collect();
    for _ in 0..ROUNDS {
        let mut round: Vec<S> = Vec::with_capacity(chosen.len());
        // From the back, so that the places of the others stay.
        chosen.sort_unstable();
        for i in chosen.drain(..).rev() {
            round.push(mods.swap_remove(i));
        }
        workers.run_batches(&mut round, 1, |batch| batch.iter_mut().for_each(&go_on));
        for one in &mut round {
            let spent = std::mem::take(&mut one.account_mut().used);
            left = left.saturating_sub(spent);
            used.spend(spent);
        }
        mods.append(&mut round);
        mods.sort_by(|a, b| a.account().name.cmp(&b.account().name));
        // What is left goes to those that need more, each as much as its next call may use.
        let mut hungry: Vec<usize> = (0..mods.len()).collect();
        hungry.sort_by_cached_key(|i| used.turn(&mods[*i].account().name));
        let mut rest = left;
        for i in hungry {
            let Some(needs) = mods[i].needs().filter(|needs| *needs <= rest) else { continue };
            rest -= needs;
            let account = mods[i].account_mut();
            account.left = needs;
            used.serve(&account.name);
            chosen.push(i);
        }
        if chosen.is_empty() {
            break;
        }
        // The last in line may as well have what nobody else asked for.
        if let Some(last) = chosen.last() {
            mods[*last].account_mut().left += rest;
        }
    }
    mods
}

impl Account {
    fn open(name: &Arc<str>, used: &mut TickUse, budget: &TickBudget) -> Self {
        Self { caps: used.caps(name, budget), name: name.clone(), left: 0, used: 0 }
    }

    /// Keeps what lasts: the caps, and with which update the next tick begins because it was put off in this one.
    pub(super) fn close(&self, put_off: Option<(ScriptId, u16)>, used: &mut TickUse) {
        used.keep_caps(&self.name, self.caps);
        if let Some(first) = put_off {
            used.begin_with(&self.name, first);
        }
    }

    /// Takes what was used.
    pub(super) const fn spend(&mut self, fuel: u64) {
        self.left = self.left.saturating_sub(fuel);
        self.used += fuel;
    }
}

impl ModRun {
    /// Lets the update that was put off last time begin.
    fn rotate(&mut self, used: &mut TickUse) {
        if !self.queue.iter().all(|piece| matches!(piece.job.calls, Calls::Update(_))) {
            return;
        }
        let Some(first) = used.take_first(&self.account.name) else { return };
        let at = self.queue.iter().position(|piece| (piece.job.id, piece.job.slot) >= first);
        self.queue.rotate_left(at.unwrap_or_default());
    }

    /// Does as many jobs as the account pays for.
    fn run(&mut self, scope: CallScope<'_>, discipline: Discipline) {
        let mut runner = BatchRunner::new(scope, discipline);
        while let Some(piece) = self.queue.front_mut() {
            let before = piece.fuel;
            let finished = runner.go_on(piece, self.account.left, &mut self.account.caps);
            self.account.spend(piece.fuel - before);
            if !finished {
                break;
            }
            self.done.extend(self.queue.pop_front());
        }
    }

    /// All its jobs; those that are not done are marked.
    fn finish(mut self, used: &mut TickUse) -> Vec<Piece> {
        let front = self.queue.front().map(|piece| &piece.job);
        let update = front.filter(|job| matches!(job.calls, Calls::Update(_)));
        self.account.close(update.map(|job| (job.id, job.slot)), used);
        self.queue.iter_mut().for_each(|piece| piece.waits = true);
        self.done.extend(self.queue);
        self.done
    }
}

impl Sharing for ModRun {
    fn account(&self) -> &Account {
        &self.account
    }

    fn account_mut(&mut self) -> &mut Account {
        &mut self.account
    }

    fn needs(&self) -> Option<u64> {
        let job = &self.queue.front()?.job;
        let limits = job.script()?.limits();
        Some(match job.work {
            Work::Start(_) => limits.start_fuel,
            _ => limits.fuel,
        })
    }
}

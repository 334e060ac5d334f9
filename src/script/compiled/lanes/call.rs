use std::sync::Arc;

use glam::Vec3;

use super::{
    columns::{Columns, Kind, Place},
    fuel::Own,
};
use crate::{
    api::{
        Answer, AnyColumn, Column, Handed, LANES, Native, Passed, Scalar, ScriptContext, each,
        lanes_of,
    },
    contract::{ScriptId, Value},
};

/// A function of the API made to be called for several calls of scripts side by side: see [`LaneCall::each`].
/// It gives the lanes for which it has failed, or has given what columns do not hold.
pub(crate) type LaneFn = Arc<dyn Fn(&mut ScriptContext<'_>, LaneCall<'_>) -> u64 + Send + Sync>;

/// The ways of calling a function of the API for several calls of scripts side by side.
#[derive(Clone)]
pub(crate) struct LaneFns {
    pub(crate) each: LaneFn,
    /// Where no integer is handed over, which may name an entity: without a context.
    pub(crate) plain: Option<LaneFn>,
}

/// The most arguments that a function of the API takes.
const MOST: usize = 5;

/// One call of a function of the API, for several calls of scripts.
pub(crate) struct LaneCall<'a> {
    pub(super) args: LaneArgs<'a>,
    pub(super) to: AnyColumn<'a>,
    /// Where it is said whose answer is no unit, if it may be one.
    pub(super) there: Option<&'a Column<bool>>,
    /// For whom.
    pub(super) mask: u64,
    pub(super) fuel: &'a mut Own,
}

/// A way of calling a function of the API for all of several calls of scripts at once, where that goes: given what they hand
/// over, where what they are given goes, and for whom, the lanes for which it has failed.
pub(crate) type AtOnce =
    fn(&mut ScriptContext<'_>, &[AnyColumn<'_>], AnyColumn<'_>, u64) -> Option<u64>;

impl LaneCall<'_> {
    /// Calls the function for all of them at once, if that goes.
    #[inline(always)]
    pub(crate) fn at_once(&self, context: &mut ScriptContext<'_>, function: AtOnce) -> Option<u64> {
        function(context, &self.args.args, self.to, self.mask)
    }

    /// Calls the function for each of them.
    #[inline(always)]
    pub(crate) fn each<M, const N: usize>(
        self,
        context: &mut ScriptContext<'_>,
        function: &impl Native<M, N>,
    ) -> u64 {
        let Self { args, to, there, mask, fuel } = self;
        call(function, (args, (to, there), mask), &mut Entering { context, fuel })
    }

    /// The same, for a function that has nothing to do with the context.
    #[inline(always)]
    pub(crate) fn each_plain<M, const N: usize>(
        self,
        context: &mut ScriptContext<'_>,
        function: &impl Native<M, N>,
    ) -> u64 {
        let Self { args, to, there, mask, .. } = self;
        call(function, (args, (to, there), mask), &mut Staying(context))
    }
}

/// How the context gets from one call of a script to the next.
trait Way<'w> {
    /// Does something for one of them; says whether it has succeeded.
    fn with(&mut self, at: usize, work: impl FnOnce(&mut ScriptContext<'w>) -> bool) -> bool;
}

/// It goes on with each of them.
struct Entering<'a, 'w> {
    context: &'a mut ScriptContext<'w>,
    fuel: &'a mut Own,
}

impl<'w> Way<'w> for Entering<'_, 'w> {
    #[inline(always)]
    fn with(&mut self, at: usize, work: impl FnOnce(&mut ScriptContext<'w>) -> bool) -> bool {
        self.context.enter(at);
        let is_done = work(self.context);
        self.fuel.add(at, self.context.take_owed());
        is_done
    }
}

/// It does not matter whose call it is.
struct Staying<'a, 'w>(&'a mut ScriptContext<'w>);

impl<'w> Way<'w> for Staying<'_, 'w> {
    #[inline(always)]
    fn with(&mut self, _: usize, work: impl FnOnce(&mut ScriptContext<'w>) -> bool) -> bool {
        work(self.0)
    }
}

/// Calls a function for each lane in a mask; gives those for which it has failed.
#[inline(always)]
fn call<'w, F: Native<M, N>, M, const N: usize>(
    function: &F,
    (args, (to, there), mask): (LaneArgs<'_>, (AnyColumn<'_>, Option<&Column<bool>>), u64),
    way: &mut impl Way<'w>,
) -> u64 {
    let Some(to) = F::Answer::column(to) else { return mask };
    let there = there.filter(|_| F::MAY_GIVE_NOTHING);
    if let Some(there) = there {
        each(mask, |lane| there[lane].set(true));
    }
    let Some(columns) = F::columns(|at| args.column(at)) else {
        return call_as_passed(function, (args, (to, there), mask), way);
    };
    let fit = F::sieve(columns, mask);
    let failed = failing(fit, |lane| {
        let mut answer = LaneAnswer::<F::Answer> { to, there, lane, fits: true };
        way.with(lane, |context| function.call_lane(context, columns, lane, &mut answer))
            && answer.fits
    });
    mask & !fit | failed
}

/// The same, where other types are handed over than mostly.
#[inline(never)]
fn call_as_passed<'w, F: Native<M, N>, M, const N: usize>(
    function: &F,
    (mut args, (to, there), mask): (LaneArgs<'_>, Answers<'_, F::Answer>, u64),
    way: &mut impl Way<'w>,
) -> u64 {
    failing(mask, |lane| {
        let mut answer = LaneAnswer::<F::Answer> { to, there, lane, fits: true };
        args.lane = lane;
        way.with(lane, |context| function.call_quick(context, &args, &mut answer)) && answer.fits
    })
}

/// The lanes of a mask for which something does not succeed.
#[inline(always)]
fn failing(mask: u64, mut succeeds: impl FnMut(usize) -> bool) -> u64 {
    let mut failed = 0;
    for lane in lanes_of(mask) {
        if !succeeds(lane) {
            failed = with(failed, lane);
        }
    }
    failed
}

/// One lane more. They are few, so this is better jumped to than reckoned for each.
#[cold]
#[inline(never)]
const fn with(mask: u64, lane: usize) -> u64 {
    mask | 1 << lane
}

/// The column at a place.
pub(super) fn column_at(columns: &Columns, Place { kind, column }: Place) -> Option<AnyColumn<'_>> {
    let column = usize::from(column);
    Some(match kind {
        Kind::Unit => AnyColumn::Unit,
        Kind::Bool => AnyColumn::Bool(columns.bools.get(column)?),
        Kind::Int => AnyColumn::Int(columns.ints.get(column)?),
        Kind::Float => AnyColumn::Float(columns.floats.get(column)?),
        Kind::Vec3 => AnyColumn::Vec3(columns.vec3s.get(column)?),
    })
}

/// What they hand over.
pub(crate) struct LaneArgs<'a> {
    args: [AnyColumn<'a>; MOST],
    /// Whose turn it is.
    lane: usize,
}

impl<'a> LaneArgs<'a> {
    pub(super) fn of(columns: &'a Columns, places: &[Place]) -> Self {
        let arg = |i| places.get(i).and_then(|place| column_at(columns, *place));
        Self { args: std::array::from_fn(|i| arg(i).unwrap_or(AnyColumn::Unit)), lane: 0 }
    }

    fn column(&self, at: usize) -> AnyColumn<'a> {
        self.args.get(at).copied().unwrap_or(AnyColumn::Unit)
    }
}

impl Handed for LaneArgs<'_> {
    #[inline(always)]
    fn passed(&self, at: usize) -> Passed<'_> {
        let lane = self.lane % LANES;
        match self.column(at) {
            AnyColumn::Bool(column) => Passed::Bool(column[lane].get()),
            AnyColumn::Int(column) => Passed::Int(column[lane].get()),
            AnyColumn::Float(column) => Passed::Float(column[lane].get()),
            AnyColumn::Vec3(column) => Passed::Vec3(column[lane].get()),
            AnyColumn::Unit => Passed::Unit,
        }
    }
}

/// Where what they are given goes, and where it is said who is given anything, if not all are.
type Answers<'a, T> = (<T as Scalar>::In<'a>, Option<&'a Column<bool>>);

/// Where what one of them is given goes.
struct LaneAnswer<'a, T: Scalar> {
    to: T::In<'a>,
    there: Option<&'a Column<bool>>,
    lane: usize,
    /// Whether it was of the type that the column holds.
    fits: bool,
}

impl<T: Scalar> LaneAnswer<'_, T> {
    #[inline(always)]
    fn put(&mut self, value: Passed<'_>) {
        match (T::of(value), self.there) {
            (Some(value), _) => T::set(self.to, self.lane, value),
            (None, Some(there)) if matches!(value, Passed::Unit) => {
                there[self.lane % LANES].set(false);
            }
            (None, _) => self.fits = false,
        }
    }
}

impl<T: Scalar> Answer for LaneAnswer<'_, T> {
    #[inline(always)]
    fn bool(&mut self, value: bool) {
        self.put(Passed::Bool(value));
    }

    #[inline(always)]
    fn int(&mut self, value: i64) {
        self.put(Passed::Int(value));
    }

    #[inline(always)]
    fn float(&mut self, value: f64) {
        self.put(Passed::Float(value));
    }

    #[inline(always)]
    fn vec3(&mut self, value: Vec3) {
        self.put(Passed::Vec3(value));
    }

    fn ids(&mut self, _: &[ScriptId]) {
        self.fits = false;
    }

    fn map(&mut self, _: &[Arc<str>], _: &[Value]) {
        self.fits = false;
    }

    #[inline(always)]
    fn value(&mut self, value: Value) {
        match value {
            Value::Unit => self.put(Passed::Unit),
            _ => self.fits = false,
        }
    }
}

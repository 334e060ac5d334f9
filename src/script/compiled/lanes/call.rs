use std::sync::Arc;

use glam::Vec3;

use super::{
    LANES,
    columns::{Column, Columns, Kind, Place},
    groups::lanes_of,
};
use crate::{
    api::{Answer, Handed, Lane, Passed, ScriptContext},
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
    pub(super) to: LaneAnswer<'a>,
    /// For whom.
    pub(super) mask: u64,
    pub(super) lanes: &'a mut [Lane],
    pub(super) fuel: &'a mut [u64; LANES],
}

impl LaneCall<'_> {
    /// Calls the function for each of them.
    #[inline(always)]
    pub(crate) fn each(
        self,
        context: &mut ScriptContext<'_>,
        function: impl Fn(&mut ScriptContext<'_>, &LaneArgs<'_>, &mut LaneAnswer<'_>) -> bool,
    ) -> u64 {
        let Self { mut args, mut to, mask, lanes, fuel } = self;
        let mut failed = 0;
        for at in lanes_of(mask) {
            let Some(lane) = lanes.get_mut(at) else { break };
            let mut entered = context.enter(lane);
            (args.lane, to.lane, to.fits) = (at, at, true);
            let is_done = function(&mut entered, &args, &mut to) && to.fits;
            drop(entered);
            fuel[at % LANES] += context.take_owed();
            failed |= u64::from(!is_done) << at;
        }
        failed
    }

    /// The same, for a function that has nothing to do with the context.
    #[inline(always)]
    pub(crate) fn each_plain(
        self,
        context: &mut ScriptContext<'_>,
        function: impl Fn(&mut ScriptContext<'_>, &LaneArgs<'_>, &mut LaneAnswer<'_>) -> bool,
    ) -> u64 {
        let Self { mut args, mut to, mask, .. } = self;
        let mut failed = 0;
        for at in lanes_of(mask) {
            (args.lane, to.lane, to.fits) = (at, at, true);
            let is_done = function(context, &args, &mut to) && to.fits;
            failed |= u64::from(!is_done) << at;
        }
        failed
    }
}

#[derive(Clone, Copy)]
enum Reader<'a> {
    Unit,
    Bool(&'a Column<bool>),
    Int(&'a Column<i64>),
    Float(&'a Column<f64>),
    Vec3(&'a Column<Vec3>),
}

impl<'a> Reader<'a> {
    fn of(columns: &'a Columns, Place { kind, column }: Place) -> Option<Self> {
        let column = usize::from(column);
        Some(match kind {
            Kind::Unit => Self::Unit,
            Kind::Bool => Self::Bool(columns.bools.get(column)?),
            Kind::Int => Self::Int(columns.ints.get(column)?),
            Kind::Float => Self::Float(columns.floats.get(column)?),
            Kind::Vec3 => Self::Vec3(columns.vec3s.get(column)?),
        })
    }
}

/// What one of them hands over.
pub(crate) struct LaneArgs<'a> {
    args: [Reader<'a>; MOST],
    lane: usize,
}

impl<'a> LaneArgs<'a> {
    pub(super) fn of(columns: &'a Columns, places: &[Place]) -> Self {
        let arg = |i| places.get(i).and_then(|place| Reader::of(columns, *place));
        Self { args: std::array::from_fn(|i| arg(i).unwrap_or(Reader::Unit)), lane: 0 }
    }
}

impl Handed for LaneArgs<'_> {
    #[inline(always)]
    fn passed(&self, at: usize) -> Passed<'_> {
        let lane = self.lane % LANES;
        match self.args.get(at) {
            Some(Reader::Bool(column)) => Passed::Bool(column[lane].get()),
            Some(Reader::Int(column)) => Passed::Int(column[lane].get()),
            Some(Reader::Float(column)) => Passed::Float(column[lane].get()),
            Some(Reader::Vec3(column)) => Passed::Vec3(column[lane].get()),
            Some(Reader::Unit) | None => Passed::Unit,
        }
    }
}

/// Where what one of them is given goes.
pub(crate) struct LaneAnswer<'a> {
    to: Reader<'a>,
    lane: usize,
    /// Whether it was of the kind that the column holds.
    fits: bool,
}

impl<'a> LaneAnswer<'a> {
    pub(super) fn of(columns: &'a Columns, to: Place) -> Self {
        Self { to: Reader::of(columns, to).unwrap_or(Reader::Unit), lane: 0, fits: true }
    }
}

impl Answer for LaneAnswer<'_> {
    #[inline(always)]
    fn bool(&mut self, value: bool) {
        match self.to {
            Reader::Bool(column) => column[self.lane % LANES].set(value),
            _ => self.fits = false,
        }
    }

    #[inline(always)]
    fn int(&mut self, value: i64) {
        match self.to {
            Reader::Int(column) => column[self.lane % LANES].set(value),
            _ => self.fits = false,
        }
    }

    #[inline(always)]
    fn float(&mut self, value: f64) {
        match self.to {
            Reader::Float(column) => column[self.lane % LANES].set(value),
            _ => self.fits = false,
        }
    }

    #[inline(always)]
    fn vec3(&mut self, value: Vec3) {
        match self.to {
            Reader::Vec3(column) => column[self.lane % LANES].set(value),
            _ => self.fits = false,
        }
    }

    fn ids(&mut self, _: &[ScriptId]) {
        self.fits = false;
    }

    fn map(&mut self, _: &[Arc<str>], _: &[Value]) {
        self.fits = false;
    }

    #[inline(always)]
    fn value(&mut self, value: Value) {
        self.fits &= matches!((value, self.to), (Value::Unit, Reader::Unit));
    }
}

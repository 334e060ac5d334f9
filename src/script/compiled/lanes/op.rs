use super::{
    call::LaneFn,
    columns::{Kind, Place},
};
use crate::script::compiled::operators::Operator;

/// A column of a kind that is known where it is used.
pub(super) type Col = u16;

/// A line: an instruction whose operands are columns of known kinds.
pub(super) enum LaneOp {
    /// Nothing; it only costs.
    Skip,
    Copy {
        kind: Kind,
        to: Col,
        from: Col,
    },
    /// Copies what some have, and [which](Known::there).
    ///
    /// [Known::there]: super::typing::Known::there
    CopyOptional {
        kind: Kind,
        to: Col,
        from: Col,
        to_there: Col,
        there: Col,
    },
    /// Takes note that a variable is changed, by its [bit](crate::script::marks::bit).
    Note {
        bit: u64,
        kind: Kind,
        to: Col,
        from: Col,
    },
    Ints {
        what: Arithmetic,
        to: Col,
        a: Col,
        b: Col,
    },
    /// Adds to a variable of the script.
    IntsNoted {
        bit: u64,
        to: Col,
        b: Col,
    },
    Floats {
        what: Arithmetic,
        to: Col,
        a: Col,
        b: Col,
    },
    /// Whatever else the language itself makes of two operands.
    Binary {
        operator: Operator,
        to: Place,
        a: Place,
        b: Place,
    },
    /// The same for a variable of the script.
    BinaryNoted {
        bit: u64,
        operator: Operator,
        to: Place,
        b: Place,
    },
    Not {
        to: Col,
        a: Col,
    },
    Negate {
        to: Place,
        a: Place,
    },
    Jump {
        to: usize,
    },
    /// Copies, and jumps: the value of a called function goes to its caller.
    Give {
        kind: Kind,
        to: Col,
        from: Col,
        next: usize,
    },
    JumpIs {
        is: bool,
        condition: Col,
        to: usize,
    },
    JumpUnlessInts {
        operator: Operator,
        a: Col,
        b: Col,
        to: usize,
    },
    JumpUnlessFloats {
        operator: Operator,
        a: Col,
        b: Col,
        to: usize,
    },
    JumpUnless {
        operator: Operator,
        a: Place,
        b: Place,
        to: usize,
    },
    /// `over` becomes the number after the last, and `next` the first.
    Range {
        inclusive: bool,
        start: Col,
        end: Col,
        over: Col,
        next: Col,
    },
    Next {
        over: Col,
        next: Col,
        to: Col,
        exit: usize,
    },
    /// Reads an item of a list that is a variable of the script.
    Item {
        slot: u16,
        index: Col,
        to: Place,
    },
    /// How many items a list has that is a variable of the script.
    Length {
        slot: u16,
        to: Col,
    },
    Part {
        to: Col,
        of: Col,
        part: u8,
    },
    /// Calls a function of the API.
    Api(Box<Call>),
    /// The call ends here.
    End,
    /// The call must be made by itself.
    Alone,
}

/// Arithmetic that instructions do by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// A call of a function of the API.
pub(super) struct Call {
    pub(super) code: LaneFn,
    pub(super) args: Box<[Place]>,
    pub(super) to: Place,
    /// The column that says whose answer is no unit, if it may be one.
    pub(super) there: Option<Col>,
    /// Whether the script may call another one after it.
    pub(super) asks_again: bool,
    /// Whether it looks at what this one gives.
    pub(super) is_used: bool,
}

impl LaneOp {
    /// The lines that may come after it, which stands on a line.
    pub(super) fn next(&self, line: usize) -> impl Iterator<Item = usize> + use<> {
        let (falls, jumps) = match self {
            Self::Jump { to } | Self::Give { next: to, .. } => (false, Some(*to)),
            Self::JumpIs { to, .. }
            | Self::JumpUnlessInts { to, .. }
            | Self::JumpUnlessFloats { to, .. }
            | Self::JumpUnless { to, .. }
            | Self::Next { exit: to, .. } => (true, Some(*to)),
            Self::End | Self::Alone => (false, None),
            _ => (true, None),
        };
        falls.then_some(line + 1).into_iter().chain(jumps)
    }

    /// The columns that it writes.
    pub(super) fn writes(&self) -> impl Iterator<Item = Place> + use<> {
        let of = |kind, column: &Col| Some(Place { kind, column: *column });
        let both = match self {
            Self::Copy { kind, to, .. }
            | Self::Note { kind, to, .. }
            | Self::Give { kind, to, .. } => [of(*kind, to), None],
            Self::Ints { to, .. } | Self::IntsNoted { to, .. } | Self::Length { to, .. } => {
                [of(Kind::Int, to), None]
            }
            Self::Floats { to, .. } | Self::Part { to, .. } => [of(Kind::Float, to), None],
            Self::Binary { to, .. }
            | Self::BinaryNoted { to, .. }
            | Self::Negate { to, .. }
            | Self::Item { to, .. } => [Some(*to), None],
            Self::CopyOptional { kind, to, to_there, .. } => {
                [of(*kind, to), of(Kind::Bool, to_there)]
            }
            Self::Not { to, .. } => [of(Kind::Bool, to), None],
            Self::Range { over, next, .. } => [of(Kind::Int, over), of(Kind::Int, next)],
            Self::Next { next, to, .. } => [of(Kind::Int, next), of(Kind::Int, to)],
            Self::Api(call) => {
                [Some(call.to), call.there.as_ref().and_then(|there| of(Kind::Bool, there))]
            }
            Self::Skip
            | Self::Jump { .. }
            | Self::JumpIs { .. }
            | Self::JumpUnlessInts { .. }
            | Self::JumpUnlessFloats { .. }
            | Self::JumpUnless { .. }
            | Self::End
            | Self::Alone => [None, None],
        };
        both.into_iter().flatten()
    }

    /// Calls something for each column that it only reads.
    pub(super) fn reads(&mut self, mut read: impl FnMut(Kind, &mut Col)) {
        match self {
            Self::Copy { kind, from, .. }
            | Self::Note { kind, from, .. }
            | Self::Give { kind, from, .. } => read(*kind, from),
            Self::CopyOptional { kind, from, there, .. } => {
                read(*kind, from);
                read(Kind::Bool, there);
            }
            Self::Ints { a, b, .. } | Self::JumpUnlessInts { a, b, .. } => {
                read(Kind::Int, a);
                read(Kind::Int, b);
            }
            Self::IntsNoted { b, .. } => read(Kind::Int, b),
            Self::Floats { a, b, .. } | Self::JumpUnlessFloats { a, b, .. } => {
                read(Kind::Float, a);
                read(Kind::Float, b);
            }
            Self::Binary { a, b, .. } | Self::JumpUnless { a, b, .. } => {
                read(a.kind, &mut a.column);
                read(b.kind, &mut b.column);
            }
            Self::BinaryNoted { b, .. } => read(b.kind, &mut b.column),
            Self::Not { a, .. } => read(Kind::Bool, a),
            Self::Negate { a, .. } => read(a.kind, &mut a.column),
            Self::JumpIs { condition, .. } => read(Kind::Bool, condition),
            Self::Range { start, end, .. } => {
                read(Kind::Int, start);
                read(Kind::Int, end);
            }
            Self::Next { over, .. } => read(Kind::Int, over),
            Self::Item { index, .. } => read(Kind::Int, index),
            Self::Part { of, .. } => read(Kind::Vec3, of),
            Self::Api(call) => {
                call.args.iter_mut().for_each(|arg| read(arg.kind, &mut arg.column));
            }
            Self::Skip | Self::Jump { .. } | Self::Length { .. } | Self::End | Self::Alone => {}
        }
    }

    /// The variable of which it reads items.
    pub(super) const fn list(&self) -> Option<u16> {
        match self {
            Self::Item { slot, .. } | Self::Length { slot, .. } => Some(*slot),
            _ => None,
        }
    }

    /// The column that it changes: what it writes there depends on what was there.
    pub(super) const fn changes(&self) -> Option<Place> {
        match self {
            Self::IntsNoted { to, .. } | Self::Next { next: to, .. } => {
                Some(Place { kind: Kind::Int, column: *to })
            }
            Self::BinaryNoted { to, .. } => Some(*to),
            _ => None,
        }
    }
}

impl Arithmetic {
    /// That of an operator, if instructions do it by themselves for floats.
    pub(super) const fn of(operator: Operator) -> Option<Self> {
        Some(match operator {
            Operator::Add => Self::Add,
            Operator::Subtract => Self::Subtract,
            Operator::Multiply => Self::Multiply,
            Operator::Divide => Self::Divide,
            Operator::Remainder => Self::Remainder,
            _ => return None,
        })
    }
}

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

    /// Calls something for each column that it reads.
    pub(super) fn reads(&self, mut read: impl FnMut(Place)) {
        let mut all = |kind, columns: &[Col]| {
            columns.iter().for_each(|column| read(Place { kind, column: *column }));
        };
        match self {
            Self::Copy { kind, from, .. }
            | Self::Note { kind, from, .. }
            | Self::Give { kind, from, .. } => all(*kind, &[*from]),
            Self::Ints { a, b, .. } | Self::JumpUnlessInts { a, b, .. } => {
                all(Kind::Int, &[*a, *b]);
            }
            Self::IntsNoted { to, b, .. } => all(Kind::Int, &[*to, *b]),
            Self::Floats { a, b, .. } | Self::JumpUnlessFloats { a, b, .. } => {
                all(Kind::Float, &[*a, *b]);
            }
            Self::Binary { a, b, .. }
            | Self::BinaryNoted { to: a, b, .. }
            | Self::JumpUnless { a, b, .. } => {
                read(*a);
                read(*b);
            }
            Self::Not { a, .. } => all(Kind::Bool, &[*a]),
            Self::Negate { a, .. } => read(*a),
            Self::JumpIs { condition, .. } => all(Kind::Bool, &[*condition]),
            Self::Range { start, end, .. } => all(Kind::Int, &[*start, *end]),
            Self::Next { over, next, .. } => all(Kind::Int, &[*over, *next]),
            Self::Item { index, .. } => all(Kind::Int, &[*index]),
            Self::Part { of, .. } => all(Kind::Vec3, &[*of]),
            Self::Api(call) => call.args.iter().for_each(|arg| read(*arg)),
            Self::Skip | Self::Jump { .. } | Self::Length { .. } | Self::End | Self::Alone => {}
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

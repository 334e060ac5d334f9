//! Registers that hold a value for some calls and a unit for the others, as functions give it that find something or
//! nothing. Beside the column of the values there is one of booleans that says for whom there is one. Whoever has asked
//! for a unit and jumped knows which of the two it is; before that, nothing else can be done with such a register.

use super::{
    columns::{Kind, Place},
    instruction::by_call,
    op::{Col, LaneOp},
    typing::{Known, Step, Typist},
};
use crate::script::compiled::{
    Val,
    operators::{self, Operator},
};

/// What is a value for some calls and a unit for the others, and is compared with a unit.
#[derive(Clone, Copy)]
pub(super) struct Optional {
    pub(super) kind: Kind,
    pub(super) there: Col,
    /// Whether it is the first of the two.
    pub(super) is_first: bool,
}

impl Optional {
    /// One of two that are compared, if it is that and the other one a unit.
    pub(super) fn of(a: Option<Known>, b: Option<Known>) -> Option<Self> {
        let (of_a, of_b) = (a?, b?);
        let (of, other, is_first) =
            if of_a.there.is_some() { (of_a, of_b, true) } else { (of_b, of_a, false) };
        let is_unit = other.kind == Kind::Unit && other.there.is_none();
        is_unit.then_some(Self { kind: of.kind, there: of.there?, is_first })
    }

    /// What is compared where there is a value, and where there is none.
    fn ways(self) -> [(Place, Place); 2] {
        [self.kind, Kind::Unit].map(|kind| {
            let [own, unit] = [kind, Kind::Unit].map(|kind| Place { kind, column: 0 });
            if self.is_first { (own, unit) } else { (unit, own) }
        })
    }

    /// Whether a comparison holds where there is a value and nowhere else; `false` if it holds where there is none and
    /// nowhere else.
    pub(super) fn is_there_where_it_holds(self, operator: Operator) -> Option<bool> {
        let compare = |(a, b): (Place, Place)| match operators::plain(
            operator,
            &a.kind.sample(),
            &b.kind.sample(),
        )? {
            Ok(Val::Bool(holds)) => Some(holds),
            _ => None,
        };
        let [there, nothing] = self.ways();
        let holds = compare(there)?;
        (holds != compare(nothing)?).then_some(holds)
    }

    /// The fuel of an operator, if it costs the same both ways.
    pub(super) fn price(self, operator: Operator) -> Option<u64> {
        let [there, nothing] = self.ways().map(|(a, b)| by_call(operator, a, b));
        (there == nothing).then_some(there)
    }
}

/// A jump of those for whom there is a value in a register, or of the others; behind it all have the same there.
pub(super) fn jump_if_there(
    is: bool,
    (register, kind, there): (usize, Kind, Col),
    to: u32,
) -> Step {
    let jump = LaneOp::JumpIs { is, condition: there, to: to as usize };
    let (value, unit) = (Known::of(kind), Known::of(Kind::Unit));
    let ways = if is { [unit, value] } else { [value, unit] };
    Step { narrows: Some((register, ways)), ..Step::new(jump) }
}

impl Typist<'_> {
    /// The column that says who has a value in a register, and no unit. As long as it says that, nobody has a boolean there.
    pub(super) fn there(&mut self, register: usize) -> Col {
        self.places.of(register, Kind::Bool).column
    }

    /// What is known of a literal, if columns hold it.
    pub(super) fn literal(&self, index: u16) -> Option<Known> {
        Kind::of(self.program.literals.get(usize::from(index))?).map(Known::of)
    }

    /// Whether there is a value, as a comparison says it that holds for a value or for none.
    pub(super) fn is_there(
        &mut self,
        to: usize,
        operator: Operator,
        optional: Optional,
    ) -> Option<Step> {
        let (column, there) = (self.places.of(to, Kind::Bool).column, optional.there);
        let op = if optional.is_there_where_it_holds(operator)? {
            LaneOp::Copy { kind: Kind::Bool, to: column, from: there }
        } else {
            LaneOp::Not { to: column, a: there }
        };
        Some(Step::new(op).costing(optional.price(operator)?).setting(to, Kind::Bool))
    }

    /// A copy of what some calls have.
    pub(super) fn copy_optional(&mut self, to: usize, from: usize, kind: Kind, there: Col) -> Step {
        let (place, from) = (self.places.of(to, kind), self.places.of(from, kind));
        let (to_column, from, to_there) = (place.column, from.column, self.there(to));
        let op = LaneOp::CopyOptional { kind, to: to_column, from, to_there, there };
        Step::new(op).setting_where(to, kind, Some(to_there))
    }
}

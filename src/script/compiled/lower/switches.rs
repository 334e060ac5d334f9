use std::collections::BTreeMap;

use rhai::{Expr, SwitchCasesCollection};

use super::body::Body;
use crate::script::{
    compiled::{
        Val, literal,
        op::{Op, Reg},
        program::{Switch, SwitchRange},
    },
    outline::position,
};

impl Body<'_, '_> {
    /// A `switch`: a table leads to the cases of a value, then the ranges are asked in order, then the
    /// default runs.
    pub(super) fn switch(&mut self, value: &Expr, cases: &SwitchCasesCollection, to: Option<Reg>) {
        let mark = self.mark();
        let register = self.fresh();
        self.expression(value, register);
        let at = position(value.start_position());
        let table = self.lowering.program.switches.len() as u16;
        self.lowering.program.switches.push(Switch::default());
        self.emit_at(at, Op::Switch { value: register, table });

        // Jumps to the code of a case, by its number.
        let mut jumps: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        let mut to_ranges = Vec::new();
        let mut switch = Switch::default();
        let mut lists: Vec<(Val, &[usize])> = cases
            .cases
            .values()
            .filter_map(|list| Some((literal::of_dynamic(&list.value)?, &*list.blocks)))
            .collect();
        // The parser keeps cases by hash.
        lists.sort_by_key(|(_, blocks)| blocks.first().copied());
        let mut lists_at: BTreeMap<Vec<usize>, u32> = BTreeMap::new();
        for (value, blocks) in lists {
            let here = match lists_at.get(blocks) {
                Some(here) => *here,
                None => {
                    let here = self.here();
                    lists_at.insert(blocks.to_vec(), here);
                    let exhausted = self.candidates(cases, blocks, &mut jumps);
                    if exhausted {
                        to_ranges.push(self.emit_jump(None, Op::Jump { to: 0 }));
                    }
                    here
                }
            };
            match value {
                Val::Int(i) => switch.ints.push((i, here)),
                other => switch.others.push((other, here)),
            }
        }
        switch.ints.sort_unstable_by_key(|(i, _)| *i);
        for jump in to_ranges {
            self.land(jump);
        }
        switch.otherwise = self.here();
        for range in &cases.ranges {
            let number = self.lowering.program.ranges.len() as u16;
            let (start, end, inclusive) = match range {
                rhai::RangeCase::ExclusiveInt(range, _) => (range.start, range.end, false),
                rhai::RangeCase::InclusiveInt(range, _) => (*range.start(), *range.end(), true),
            };
            self.lowering.program.ranges.push(SwitchRange { start, end, inclusive });
            let inside =
                self.emit_jump(at, Op::JumpIfInRange { value: register, range: number, to: 0 });
            let past = self.emit_jump(None, Op::Jump { to: 0 });
            self.land(inside);
            self.candidates(cases, &[range.index()], &mut jumps);
            self.land(past);
        }
        switch.unhashable = self.here();
        let mut ends = Vec::new();
        match cases.def_case.and_then(|index| cases.expressions.get(index)) {
            Some(default) => self.case(&default.rhs, to),
            None => {
                if let Some(to) = to {
                    self.emit(Op::Unit { to });
                }
            }
        }
        ends.push(self.emit_jump(None, Op::Jump { to: 0 }));
        for (index, jumps) in jumps {
            for jump in jumps {
                self.land(jump);
            }
            if let Some(case) = cases.expressions.get(index) {
                self.case(&case.rhs, to);
            }
            ends.push(self.emit_jump(None, Op::Jump { to: 0 }));
        }
        for end in ends {
            self.land(end);
        }
        if let Some(slot) = self.lowering.program.switches.get_mut(usize::from(table)) {
            *slot = switch;
        }
        self.release(mark);
    }

    fn case(&mut self, code: &Expr, to: Option<Reg>) {
        let mark = self.mark();
        let result = to.unwrap_or_else(|| self.fresh());
        self.expression(code, result);
        self.release(mark);
    }

    /// Goes to the first of some cases whose condition holds; says whether none may.
    fn candidates(
        &mut self,
        cases: &SwitchCasesCollection,
        blocks: &[usize],
        jumps: &mut BTreeMap<usize, Vec<u32>>,
    ) -> bool {
        for index in blocks {
            let Some(case) = cases.expressions.get(*index) else { continue };
            match &case.lhs {
                Expr::BoolConstant(true, _) => {
                    let jump = self.emit_jump(None, Op::Jump { to: 0 });
                    jumps.entry(*index).or_default().push(jump);
                    return false;
                }
                Expr::BoolConstant(false, _) => {}
                condition => {
                    let mark = self.mark();
                    let unless = self.unless(condition);
                    self.release(mark);
                    let jump = self.emit_jump(None, Op::Jump { to: 0 });
                    jumps.entry(*index).or_default().push(jump);
                    for unless in unless {
                        self.land(unless);
                    }
                }
            }
        }
        true
    }
}

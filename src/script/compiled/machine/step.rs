//! The loop over the instructions.
//!
//! What matters for speed is told here once: the running frame's registers are an array of 256, so
//! that an operand needs no check; operands are looked at through references and results written as
//! payloads where the type stays; whatever is not an integer, a float or a jump is done elsewhere, so
//! that this loop keeps its own state in the machine's registers.

use std::sync::Arc;

use super::{Run, Turns, WINDOW, frames::is_unbound, items, paths::unbound};
use crate::script::compiled::{
    Val,
    callable::FnValue,
    fault::Fault,
    op::{Op, Reg},
    operators::{self, Operator},
    program::SwitchRange,
};

type Window = [Val; WINDOW];

fn window(registers: &mut [Val], base: usize) -> Option<&mut Window> {
    registers.get_mut(base..)?.first_chunk_mut()
}

#[inline(never)]
fn copy_slowly(window: &mut Window, to: Reg, from: Reg) {
    window[usize::from(to)] = window[usize::from(from)].clone();
}

fn copy(window: &mut Window, to: Reg, from: Reg) {
    match &window[usize::from(from)] {
        Val::Int(value) => {
            let value = *value;
            window[usize::from(to)].put_int(value);
        }
        Val::Float(value) => {
            let value = *value;
            window[usize::from(to)].put_float(value);
        }
        Val::Vec3(value) => {
            let value = *value;
            window[usize::from(to)].put_vec3(value);
        }
        _ => copy_slowly(window, to, from),
    }
}

#[inline(never)]
fn take_slowly(window: &mut Window, to: Reg, from: Reg) {
    window[usize::from(to)] = std::mem::take(&mut window[usize::from(from)]);
}

fn take(window: &mut Window, to: Reg, from: Reg) {
    if window[usize::from(from)].is_inline() {
        copy(window, to, from);
    } else {
        take_slowly(window, to, from);
    }
}

fn compare_ints(operator: Operator, a: i64, b: i64) -> bool {
    match operator {
        Operator::Equal => a == b,
        Operator::NotEqual => a != b,
        Operator::Less => a < b,
        Operator::LessOrEqual => a <= b,
        Operator::Greater => a > b,
        _ => a >= b,
    }
}

fn is_within(range: &SwitchRange, value: &Val) -> bool {
    let SwitchRange { start, end, inclusive } = *range;
    match value {
        Val::Int(i) => *i >= start && if inclusive { *i <= end } else { *i < end },
        Val::Float(x) => {
            let (start, end) = (start as f64, end as f64);
            *x >= start && if inclusive { *x <= end } else { *x < end }
        }
        _ => false,
    }
}

impl<'w> Run<'_, 'w> {
    /// Runs until the frame above `floor` has given its value, which lies in the machine's `result` then.
    /// If that is the frame of a call from outside, the next of them comes.
    ///
    /// # Errors
    /// What no `catch` above `floor` took; all frames above are closed.
    #[inline]
    pub(super) fn run(&mut self, floor: usize, turns: &mut dyn Turns<'w>) -> Result<(), Fault> {
        loop {
            match self.run_frames(floor, turns) {
                Ok(()) => return Ok(()),
                Err(fault) => self.unwind(fault, floor)?,
            }
        }
    }

    #[expect(clippy::too_many_lines, reason = "an instruction set is long")]
    fn run_frames(&mut self, floor: usize, turns: &mut dyn Turns<'w>) -> Result<(), Fault> {
        let program = self.program;
        'frame: loop {
            let Some(frame) = self.machine.frames.last() else { return Ok(()) };
            let Some(function) = program.functions.get(frame.function as usize) else {
                return Ok(());
            };
            let code = &*function.code;
            let (base, frame_function) = (frame.base as usize, frame.function);
            let is_outermost = floor == 0 && self.machine.frames.len() == 1;
            // What is still to come: two pointers, which the processor's registers hold. A place and a length
            // beside the list itself do not fit there.
            let mut ops = code.get(frame.pc as usize..).unwrap_or_default().iter();
            let mut fuel = self.fuel;
            let Some(mut w) = window(&mut self.machine.registers, base) else {
                return Ok(());
            };

            /// The place of the instruction that comes next.
            macro_rules! pc {
                () => {
                    code.len() - ops.len()
                };
            }
            /// Leaves the loop with an error.
            macro_rules! fail {
                ($fault:expr) => {{
                    let fault = $fault;
                    self.fuel = fuel;
                    if let Some(frame) = self.machine.frames.last_mut() {
                        frame.pc = pc!() as u32;
                    }
                    return Err(fault);
                }};
            }
            macro_rules! check {
                ($result:expr) => {
                    match $result {
                        Ok(value) => value,
                        Err(fault) => fail!(fault),
                    }
                };
            }
            /// Does something that needs the whole call.
            macro_rules! whole {
                ($work:expr) => {{
                    self.fuel = fuel;
                    if let Some(frame) = self.machine.frames.last_mut() {
                        frame.pc = pc!() as u32;
                    }
                    let result = $work;
                    fuel = self.fuel;
                    let Some(again) = window(&mut self.machine.registers, base) else {
                        return Ok(());
                    };
                    w = again;
                    match result {
                        Ok(value) => value,
                        Err(fault) => return Err(fault),
                    }
                }};
            }
            /// Ends a call from outside, whose value nobody wants, and goes on with the next one.
            macro_rules! again {
                () => {{
                    if !turns.turn_over(self, function) {
                        return Ok(());
                    }
                    fuel = self.fuel;
                    let Some(again) = window(&mut self.machine.registers, base) else {
                        return Ok(());
                    };
                    w = again;
                    ops = code.iter();
                    continue;
                }};
            }
            macro_rules! r {
                ($register:expr) => {
                    w[usize::from($register)]
                };
            }
            macro_rules! jump {
                ($to:expr) => {{
                    let Some(rest) = code.get($to as usize..) else { return Ok(()) };
                    ops = rest.iter();
                }};
            }
            macro_rules! binary {
                ($operator:expr, $to:expr, $a:expr, $b:expr) => {{
                    let value = whole!(self.operate_registers($operator, base, $a, $b));
                    r!($to) = value;
                }};
            }

            loop {
                let Some(op) = ops.next() else { return Ok(()) };
                match fuel.checked_sub(1) {
                    Some(left) => fuel = left,
                    None => whole!(self.refuel(1)),
                }
                match *op {
                    Op::Unit { to } => r!(to).put_unit(),
                    Op::Bool { to, value } => r!(to).put_bool(value),
                    Op::Int { to, value } => r!(to).put_int(i64::from(value)),
                    Op::Literal { to, index } => {
                        if let Some(value) = program.literals.get(usize::from(index)) {
                            r!(to).assign(value);
                        }
                    }
                    Op::Constant { to, index } => {
                        let constants = match &self.constants {
                            Some(evaluated) => evaluated,
                            None => &program.constants,
                        };
                        if let Some(value) = constants.get(usize::from(index)) {
                            r!(to).assign(value);
                        }
                    }
                    Op::Entity { to } => {
                        let id = self.context.entity().0;
                        r!(to).put_int(id);
                    }
                    Op::DeltaTime { to } => {
                        let seconds = self.context.delta_time();
                        r!(to).put_float(seconds);
                    }
                    Op::Copy { to, from } => copy(w, to, from),
                    Op::Take { to, from } => take(w, to, from),

                    Op::LoadState { to, slot } => {
                        if let Some(value) = self.state.get(usize::from(slot)) {
                            r!(to).assign(value);
                        }
                    }
                    Op::StoreState { slot, from } => {
                        if let Some(place) = self.state.get_mut(usize::from(slot)) {
                            if place.is_inline() && r!(from).is_inline() {
                                self.machine.journal.note_inline(slot, place);
                            } else {
                                self.machine.journal.note(slot, place);
                            }
                            place.take_from(&mut r!(from));
                        }
                    }
                    Op::Share { at } => {
                        let value = std::mem::take(&mut r!(at));
                        let cell = self.machine.cells.len();
                        let held = std::mem::size_of::<Val>() * cell;
                        if held > self.context.limits().memory_bytes {
                            fail!(Fault::stopped(
                                crate::contract::ErrorKind::Memory,
                                "the call shares too many variables with closures",
                            ));
                        }
                        self.machine.is_untidy = true;
                        self.machine.cells.push(value);
                        r!(at) = Val::Cell(cell as u32);
                    }
                    Op::LoadShared { to, cell } => {
                        let value = match r!(cell) {
                            Val::Cell(cell) => self.machine.cells.get(cell as usize),
                            _ => None,
                        };
                        r!(to) = value.cloned().unwrap_or_default();
                    }
                    Op::StoreShared { cell, from } => {
                        let value = std::mem::take(&mut r!(from));
                        if let Val::Cell(cell) = r!(cell)
                            && let Some(place) = self.machine.cells.get_mut(cell as usize)
                        {
                            *place = value;
                        }
                    }
                    Op::LoadThis { to } => {
                        if is_unbound(&w[0]) {
                            fail!(unbound());
                        }
                        copy(w, to, 0);
                    }
                    Op::Closure { to, first, index } => {
                        if let Some(Val::Fn(bare)) = program.literals.get(usize::from(index)) {
                            let count = bare.closure.map_or(0, |f| self.shared_by(f));
                            let Some(again) = window(&mut self.machine.registers, base) else {
                                return Ok(());
                            };
                            w = again;
                            let at = usize::from(first);
                            let shared = w.get(at..at + count).unwrap_or_default().into();
                            let FnValue { name, file, closure, .. } = &**bare;
                            let (name, file, closure) = (name.clone(), *file, *closure);
                            let pointer = FnValue::closure(name, file, closure, shared);
                            r!(to) = Val::Fn(Arc::new(pointer));
                            // A chain of closures grows without any list.
                            whole!(self.fits_memory());
                        }
                    }

                    Op::Add { to, a, b } => {
                        if let (Val::Int(a), Val::Int(b)) = (&r!(a), &r!(b)) {
                            let sum = check!(operators::add(*a, *b));
                            r!(to).put_int(sum);
                        } else if let (Val::Float(a), Val::Float(b)) = (&r!(a), &r!(b)) {
                            let sum = operators::canonical(a + b);
                            r!(to).put_float(sum);
                        } else {
                            binary!(Operator::Add, to, a, b);
                        }
                    }
                    Op::Subtract { to, a, b } => {
                        if let (Val::Int(a), Val::Int(b)) = (&r!(a), &r!(b)) {
                            let difference = check!(operators::subtract(*a, *b));
                            r!(to).put_int(difference);
                        } else if let (Val::Float(a), Val::Float(b)) = (&r!(a), &r!(b)) {
                            let difference = operators::canonical(a - b);
                            r!(to).put_float(difference);
                        } else {
                            binary!(Operator::Subtract, to, a, b);
                        }
                    }
                    Op::Multiply { to, a, b } => {
                        if let (Val::Int(a), Val::Int(b)) = (&r!(a), &r!(b)) {
                            let product = check!(operators::multiply(*a, *b));
                            r!(to).put_int(product);
                        } else if let (Val::Float(a), Val::Float(b)) = (&r!(a), &r!(b)) {
                            let product = operators::canonical(a * b);
                            r!(to).put_float(product);
                        } else {
                            binary!(Operator::Multiply, to, a, b);
                        }
                    }
                    Op::Binary { operator, to, a, b } => {
                        if let (Operator::Remainder, Val::Int(a), Val::Int(b)) =
                            (operator, &r!(a), &r!(b))
                        {
                            let rest = check!(operators::remainder(*a, *b));
                            r!(to).put_int(rest);
                        } else {
                            binary!(operator, to, a, b);
                        }
                    }
                    Op::AddInt { to, a, value } => {
                        if let Val::Int(a) = r!(a) {
                            let sum = check!(operators::add(a, i64::from(value)));
                            r!(to).put_int(sum);
                        } else {
                            r!(to) = whole!(self.operate_int(Operator::Add, base, a, value));
                        }
                    }
                    Op::BinaryInt { operator, to, a, value } => {
                        if let Val::Int(a) = r!(a) {
                            let b = i64::from(value);
                            match operator {
                                Operator::Subtract => {
                                    let difference = check!(operators::subtract(a, b));
                                    r!(to).put_int(difference);
                                    continue;
                                }
                                Operator::Multiply => {
                                    let product = check!(operators::multiply(a, b));
                                    r!(to).put_int(product);
                                    continue;
                                }
                                Operator::Remainder => {
                                    let rest = check!(operators::remainder(a, b));
                                    r!(to).put_int(rest);
                                    continue;
                                }
                                _ => {}
                            }
                        }
                        r!(to) = whole!(self.operate_int(operator, base, a, value));
                    }
                    Op::BinaryLiteral { operator, to, a, index } => {
                        let literal = program.literals.get(usize::from(index));
                        if let (Operator::Remainder, Val::Int(a), Some(Val::Int(b))) =
                            (operator, &r!(a), literal)
                        {
                            let rest = check!(operators::remainder(*a, *b));
                            r!(to).put_int(rest);
                            continue;
                        }
                        if let (Val::Float(a), Some(Val::Float(b))) = (&r!(a), literal) {
                            let value = match operator {
                                Operator::Add => Some(a + b),
                                Operator::Subtract => Some(a - b),
                                Operator::Multiply => Some(a * b),
                                Operator::Divide => Some(a / b),
                                _ => None,
                            };
                            if let Some(value) = value {
                                r!(to).put_float(operators::canonical(value));
                                continue;
                            }
                        }
                        r!(to) = whole!(self.operate_literal(operator, base, a, index));
                    }
                    Op::Not { to, a } => {
                        if let Val::Bool(value) = r!(a) {
                            r!(to).put_bool(!value);
                        } else {
                            r!(to) = whole!(self.operate_one("!", base, a));
                        }
                    }
                    Op::Negate { to, a } => r!(to) = whole!(self.operate_one("-", base, a)),
                    Op::Plus { to, a } => r!(to) = whole!(self.operate_one("+", base, a)),
                    Op::Assign { operator, to, from } => {
                        if let (Operator::Add, Val::Int(a), Val::Int(b)) =
                            (operator, &r!(to), &r!(from))
                        {
                            let sum = check!(operators::add(*a, *b));
                            r!(to).put_int(sum);
                        } else {
                            whole!(self.assign_register(operator, base, to, from));
                        }
                    }
                    Op::AssignInt { operator, to, value } => {
                        if let Val::Int(a) = r!(to) {
                            let sum = check!(operators::add(a, i64::from(value)));
                            r!(to).put_int(sum);
                        } else {
                            whole!(self.assign_int(operator, base, to, value));
                        }
                    }
                    Op::AssignState { operator, slot, from } => {
                        let value = std::mem::take(&mut r!(from));
                        whole!(self.assign_state(operator, slot, value));
                    }
                    Op::AddIntState { slot, value } => {
                        if let Some(place) = self.state.get_mut(usize::from(slot))
                            && let Val::Int(number) = place
                        {
                            let sum = check!(operators::add(*number, i64::from(value)));
                            self.machine.journal.note_int(slot, *number);
                            *number = sum;
                        } else {
                            let value = Val::Int(i64::from(value));
                            whole!(self.assign_state(Operator::Add, slot, value));
                        }
                    }
                    Op::AssignShared { operator, cell, from } => {
                        let value = std::mem::take(&mut r!(from));
                        if let Val::Cell(cell) = r!(cell) {
                            whole!(self.assign_cell(operator, cell, value));
                        }
                    }

                    Op::Jump { to } => jump!(to),
                    Op::JumpIf { condition, to } => match &r!(condition) {
                        Val::Bool(true) => jump!(to),
                        Val::Bool(false) => {}
                        other => fail!(Fault::mismatch("bool", other.type_name())),
                    },
                    Op::JumpUnless { condition, to } => match &r!(condition) {
                        Val::Bool(true) => {}
                        Val::Bool(false) => jump!(to),
                        other => fail!(Fault::mismatch("bool", other.type_name())),
                    },
                    Op::JumpIfUnit { value, to } => {
                        if matches!(r!(value), Val::Unit) {
                            jump!(to);
                        }
                    }
                    Op::JumpUnlessUnit { value, to } => {
                        if !matches!(r!(value), Val::Unit) {
                            jump!(to);
                        }
                    }
                    Op::JumpUnlessCompare { operator, a, b, to } => {
                        let holds = if let (Val::Int(a), Val::Int(b)) = (&r!(a), &r!(b)) {
                            compare_ints(operator, *a, *b)
                        } else if let (Val::Float(a), Val::Float(b)) = (&r!(a), &r!(b)) {
                            operators::compare_floats(operator, *a, *b)
                        } else {
                            match whole!(self.operate_registers(operator, base, a, b)) {
                                Val::Bool(holds) => holds,
                                other => fail!(Fault::mismatch("bool", other.type_name())),
                            }
                        };
                        if !holds {
                            jump!(to);
                        }
                    }
                    Op::JumpUnlessCompareInt { operator, a, value, to } => {
                        let holds = if let Val::Int(a) = r!(a) {
                            compare_ints(operator, a, i64::from(value))
                        } else {
                            match whole!(self.operate_int(operator, base, a, i32::from(value))) {
                                Val::Bool(holds) => holds,
                                other => fail!(Fault::mismatch("bool", other.type_name())),
                            }
                        };
                        if !holds {
                            jump!(to);
                        }
                    }
                    Op::CheckBool { value } => match &r!(value) {
                        Val::Bool(_) => {}
                        other => fail!(Fault::mismatch("bool", other.type_name())),
                    },
                    Op::Switch { value, table } => {
                        if let Some(switch) = program.switches.get(usize::from(table)) {
                            let to = match &r!(value) {
                                Val::Int(i) => switch
                                    .ints
                                    .binary_search_by_key(i, |(case, _)| *case)
                                    .ok()
                                    .and_then(|found| switch.ints.get(found))
                                    .map_or(switch.otherwise, |(_, to)| *to),
                                other => switch.other(other),
                            };
                            jump!(to);
                        }
                    }
                    Op::JumpIfInRange { value, range, to } => {
                        if let Some(range) = program.ranges.get(usize::from(range))
                            && is_within(range, &r!(value))
                        {
                            jump!(to);
                        }
                    }

                    Op::Iterate { at } => check!(items::ready(w, at)),
                    Op::IterateRange { at, inclusive } => {
                        whole!(self.ready_range(base, at, inclusive));
                    }
                    Op::Next { at, to, exit } => {
                        let over = usize::from(at);
                        if let (Val::Int(end), Val::Int(next)) =
                            (&w[over], &w[usize::from(at.wrapping_add(1))])
                        {
                            let (end, next) = (*end, *next);
                            if next < end {
                                w[usize::from(at.wrapping_add(1))].put_int(next + 1);
                                r!(to).put_int(next);
                            } else {
                                jump!(exit);
                            }
                        } else {
                            match items::next(w, at) {
                                Some(item) => r!(to) = item,
                                None => jump!(exit),
                            }
                        }
                    }

                    Op::NewArray { to, capacity } => {
                        let items = Vec::with_capacity(capacity.min(1024) as usize);
                        r!(to) = Val::array(items);
                    }
                    Op::Push { array, value } => {
                        let value = std::mem::take(&mut r!(value));
                        whole!(self.push_item(base, array, value));
                    }
                    Op::NewMap { to, index } => {
                        if let Some(value) = program.literals.get(usize::from(index)) {
                            r!(to) = value.clone();
                        }
                    }
                    Op::Insert { map, value, key } => {
                        let value = std::mem::take(&mut r!(value));
                        whole!(self.insert_entry(base, map, key, value));
                    }
                    Op::Interpolate { text, value } => {
                        let value = r!(value).clone();
                        whole!(self.interpolate(base, text, &value));
                    }

                    Op::Item { to, index, slot, path } => {
                        if let Some(Val::Array(list)) = self.state.get(usize::from(slot))
                            && let Val::Int(index) = r!(index)
                            && let Ok(index) = usize::try_from(index)
                            && let Some(item) = list.get(index)
                        {
                            r!(to).assign(item);
                        } else if let Some(path) = program.paths.get(usize::from(path)) {
                            whole!(self.get_path(path, base, to));
                        }
                    }
                    Op::Part { to, of, part, path } => {
                        if let Val::Vec3(v) = &r!(of)
                            && let Some(part) = v.as_ref().get(usize::from(part))
                        {
                            let part = f64::from(*part);
                            r!(to).put_float(part);
                        } else if let Some(path) = program.paths.get(usize::from(path)) {
                            whole!(self.get_path(path, base, to));
                        }
                    }
                    Op::Get { to, path } => {
                        if let Some(path) = program.paths.get(usize::from(path)) {
                            whole!(self.get_path(path, base, to));
                        }
                    }
                    Op::Set { from, path } => {
                        if let Some(path) = program.paths.get(usize::from(path)) {
                            let value = std::mem::take(&mut r!(from));
                            whole!(self.write_path(path, base, value));
                        }
                    }
                    Op::Update { operator, from, path } => {
                        if let Some(path) = program.paths.get(usize::from(path)) {
                            let value = std::mem::take(&mut r!(from));
                            whole!(self.update_path(operator, path, base, value));
                        }
                    }

                    Op::Call { to, base: at, function } => {
                        self.fuel = fuel;
                        if let Some(frame) = self.machine.frames.last_mut() {
                            frame.pc = pc!() as u32;
                        }
                        self.call_function(u32::from(function), base + usize::from(at), to)?;
                        continue 'frame;
                    }
                    Op::CallApi { to, base: at, site } => {
                        let Some(called) = program.sites.get(usize::from(site)) else {
                            return Ok(());
                        };
                        let Some(api) = &called.api else {
                            fail!(self.not_found(called, base, base + usize::from(at)))
                        };
                        match fuel.checked_sub(api.price) {
                            Some(left) => fuel = left,
                            None => whole!(self.refuel(api.price)),
                        }
                        // Most functions are handed scalars, and give one: nothing is to be weighed or
                        // dropped, and it goes straight to where it is wanted.
                        let (below, args) = w.split_at_mut(usize::from(at));
                        let args = args.get(..usize::from(called.arguments)).unwrap_or_default();
                        match below.get_mut(usize::from(to)) {
                            Some(answer) if args.iter().all(Val::is_inline) => {
                                let result = (api.code)(self.context, args, answer);
                                let owed = self.context.take_owed();
                                match fuel.checked_sub(owed) {
                                    Some(left) => fuel = left,
                                    None => whole!(self.refuel(owed)),
                                }
                                if let Err(fault) = result {
                                    fail!(Fault::api(fault));
                                }
                                if !r!(to).is_inline() {
                                    whole!(self.weigh(base, to));
                                }
                            }
                            _ => whole!(self.call_api(api, called, (base, at), to)),
                        }
                    }
                    Op::CallMethod { to, base: at, site } => {
                        match whole!(self.call_site(site, base, at, to)) {
                            Some(value) => r!(to) = value,
                            None => {
                                self.fuel = fuel;
                                continue 'frame;
                            }
                        }
                    }
                    Op::CallPointer { to, base: at, site } => {
                        match whole!(self.call_pointer_at(site, base, at, to)) {
                            Some(value) => r!(to) = value,
                            None => {
                                self.fuel = fuel;
                                continue 'frame;
                            }
                        }
                    }
                    Op::MakePointer { to, name } => {
                        let steps = super::work::name_steps(&r!(name));
                        whole!(self.charge(steps));
                        let file = program.file_of(frame_function);
                        let pointer = check!(super::work::pointer_to(&r!(name), file));
                        r!(to) = pointer;
                    }
                    Op::IsDefined { to, base: at } => {
                        let (name, count) = (r!(at).clone(), r!(at + 1).clone());
                        r!(to) = Val::Bool(whole!(self.is_defined(None, &name, &count)));
                    }
                    Op::IsDefinedFor { to, base: at } => {
                        let this = r!(at).clone();
                        let (name, count) = (r!(at + 1).clone(), r!(at + 2).clone());
                        r!(to) = Val::Bool(whole!(self.is_defined(Some(&this), &name, &count)));
                    }
                    Op::IsVariable { to, base: at } => {
                        let found = check!(super::work::is_among(&r!(at), &r!(at + 1)));
                        r!(to).put_bool(found);
                    }
                    Op::TypeOf { to, value } => {
                        let name = Val::text(r!(value).type_name());
                        r!(to) = name;
                    }
                    Op::StoreConstant { index, from } => {
                        let value = std::mem::take(&mut r!(from));
                        if let Some(constants) = &mut self.constants
                            && let Some(place) = constants.get_mut(usize::from(index))
                        {
                            *place = value;
                        }
                    }
                    Op::Return { from } => {
                        self.fuel = fuel;
                        if is_outermost {
                            again!();
                        }
                        if !self.close(from, floor) {
                            return Ok(());
                        }
                        continue 'frame;
                    }

                    Op::ReturnUnit => {
                        self.fuel = fuel;
                        if is_outermost {
                            again!();
                        }
                        if !self.close_empty(floor) {
                            return Ok(());
                        }
                        continue 'frame;
                    }

                    Op::Try { error, catch } => {
                        whole!({
                            self.open_try(catch, error);
                            Ok(())
                        });
                    }
                    Op::EndTry => {
                        self.machine.handlers.pop();
                    }
                    Op::Throw { value } => {
                        let value = std::mem::take(&mut r!(value));
                        fail!(Fault::thrown(value));
                    }
                    Op::ThrowAgain { value, error } => {
                        let value = std::mem::take(&mut r!(value));
                        if !matches!(value, Val::Unit) {
                            fail!(Fault::thrown(value));
                        }
                        let at = function.places.get(pc!() - 1).copied().flatten();
                        let fault = self.caught_again(error, at);
                        fail!(fault);
                    }
                    Op::Statement => {
                        // Being watched costs a script nothing.
                        fuel += 1;
                        whole!({
                            self.watched(frame_function, pc!());
                            Ok(())
                        });
                    }
                }
            }
        }
    }
}

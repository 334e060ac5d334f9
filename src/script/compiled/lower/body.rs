use std::collections::HashSet;

use rhai::{Expr, ImmutableString, Stmt};

use super::{
    Definition, Lowering,
    loops::Loop,
    scope::{Local, Place},
};
use crate::{
    contract::Position,
    script::{
        compiled::{
            Val,
            op::{Op, Reg},
            program::Function,
        },
        outline::position,
    },
};

/// The most registers that a function may use.
const MOST_REGISTERS: usize = 240;

/// Few functions have more instructions.
const USUAL_CODE: usize = 64;

/// A function while it is lowered.
pub(super) struct Body<'l, 'a> {
    pub(super) lowering: &'l mut Lowering<'a>,
    code: Vec<Op>,
    places: Vec<Option<Position>>,
    /// Where the instructions that follow stand in the text.
    pub(super) at: Option<Position>,
    pub(super) locals: Vec<Local>,
    /// The first register that is free.
    pub(super) next: usize,
    pub(super) highest: usize,
    /// Variables that closures share.
    pub(super) shared: HashSet<String>,
    pub(super) has_this: bool,
    pub(super) changes_this: bool,
    pub(super) loops: Vec<Loop>,
    /// How many `try` are open.
    pub(super) tries: usize,
    /// The registers with the errors that the `catch` blocks around here handle, and how many `try`
    /// were open then.
    pub(super) caught: Vec<(Reg, usize)>,
    /// Whether the variables of the script can be seen.
    pub(super) sees_state: bool,
    /// Whether `let` outside any block declares a variable of the script.
    pub(super) top_level: bool,
    /// How many blocks are open.
    pub(super) depth: usize,
    parameters: usize,
    /// How many parameters are variables that a closure shares.
    captured: usize,
}

impl<'l, 'a> Body<'l, 'a> {
    fn new(lowering: &'l mut Lowering<'a>) -> Self {
        Self {
            lowering,
            code: Vec::with_capacity(USUAL_CODE),
            places: Vec::with_capacity(USUAL_CODE),
            at: None,
            locals: Vec::new(),
            next: 0,
            highest: 0,
            shared: HashSet::new(),
            has_this: false,
            changes_this: false,
            loops: Vec::new(),
            tries: 0,
            caught: Vec::new(),
            sees_state: true,
            top_level: false,
            depth: 0,
            parameters: 0,
            captured: 0,
        }
    }

    pub(super) fn of_function(lowering: &'l mut Lowering<'a>, definition: &Definition) -> Self {
        let mut body = Self::new(lowering);
        body.begin(definition);
        for name in definition.parameters {
            body.parameter(name);
        }
        body
    }

    /// A closure. What it captures is either shared, or known by name wherever the closure runs.
    pub(super) fn of_closure(
        lowering: &'l mut Lowering<'a>,
        definition: &Definition,
        captured: &[(ImmutableString, Place, bool)],
    ) -> Self {
        let mut body = Self::new(lowering);
        body.begin(definition);
        for (name, place, constant) in captured {
            let place = match place {
                Place::Register(_) | Place::Shared(_) => {
                    body.parameters += 1;
                    body.captured += 1;
                    Place::Shared(body.fresh())
                }
                known => known.clone(),
            };
            body.locals.push(Local { name: name.clone(), place, constant: *constant });
        }
        for name in definition.parameters.iter().skip(captured.len()) {
            body.parameter(name);
        }
        body
    }

    pub(super) fn of_top_level(lowering: &'l mut Lowering<'a>, statements: &[&Stmt]) -> Self {
        let mut body = Self::new(lowering);
        body.top_level = true;
        for statement in statements {
            body.shared.extend(super::Glance::at(std::slice::from_ref(statement)).shared);
        }
        body
    }

    pub(super) fn of_constants(lowering: &'l mut Lowering<'a>, statements: &[&Stmt]) -> Self {
        let mut body = Self::of_top_level(lowering, statements);
        body.sees_state = false;
        body.top_level = false;
        body
    }

    fn begin(&mut self, definition: &Definition) {
        self.shared.clone_from(&definition.glance.shared);
        self.has_this = definition.glance.this;
        self.at = definition.at;
        if self.has_this {
            self.fresh();
        }
    }

    fn parameter(&mut self, name: &ImmutableString) {
        self.parameters += 1;
        let register = self.fresh();
        if let Place::Shared(at) = self.declare(name, register, false) {
            self.emit(Op::Share { at });
        }
    }

    /// Lowers the statements and puts the function into the program.
    pub(super) fn finish(mut self, number: u32, definition: &Definition<'_>) {
        if gives_nothing(definition.body) {
            self.block(definition.body.iter(), None);
            self.emit(Op::ReturnUnit);
        } else {
            let result = self.fresh();
            self.block(definition.body.iter(), Some(result));
            self.emit(Op::Return { from: result });
        }
        self.put(number, definition.at);
    }

    pub(super) fn finish_top_level(mut self, number: u32, statements: &[&Stmt]) {
        for statement in statements {
            self.statement(statement, None);
        }
        self.emit(Op::ReturnUnit);
        self.put(number, None);
    }

    pub(super) fn finish_constants(mut self, number: u32, statements: &[&Stmt]) {
        for statement in statements {
            let Stmt::Var(parts, _, at) = statement else { continue };
            let (name, value, _) = &**parts;
            let register = self.fresh();
            self.expression(value, register);
            if let Some(index) = self.lowering.scope().constants.get(name.name.as_str()).copied() {
                self.at = position(*at);
                self.emit(Op::StoreConstant { index, from: register });
            }
        }
        self.emit(Op::ReturnUnit);
        self.put(number, None);
    }

    fn put(self, number: u32, at: Option<Position>) {
        let function = &mut self.lowering.program.functions[number as usize];
        *function = Function {
            name: function.name.clone(),
            file: self.lowering.file as u16,
            at,
            code: self.code.into(),
            places: self.places.into(),
            parameters: self.parameters as u8,
            shared: self.captured as u8,
            has_this: self.has_this,
            changes_this: self.changes_this,
            registers: self.highest as u16,
        };
        if self.highest > MOST_REGISTERS {
            let message = format!(
                "`{}` has more variables and intermediate values than a function may have; split it",
                function.name
            );
            self.lowering.refuse(at, message);
        }
        if self.lowering.tables.full {
            self.lowering.refuse(at, "the script is too large");
        }
    }

    pub(super) fn emit(&mut self, op: Op) {
        self.code.push(op);
        self.places.push(self.at);
    }

    /// An instruction that stands elsewhere in the text than what follows.
    pub(super) fn emit_at(&mut self, at: Option<Position>, op: Op) {
        self.code.push(op);
        self.places.push(at);
    }

    /// Where the next instruction comes to lie.
    pub(super) fn here(&self) -> u32 {
        self.code.len() as u32
    }

    /// An instruction that jumps to where nobody knows yet.
    pub(super) fn emit_jump(&mut self, at: Option<Position>, op: Op) -> u32 {
        self.emit_at(at, op);
        self.here() - 1
    }

    /// Lets a jump go to where the next instruction comes to lie.
    pub(super) fn land(&mut self, jump: u32) {
        let here = self.here();
        self.land_at(jump, here);
    }

    pub(super) fn land_at(&mut self, jump: u32, target: u32) {
        match self.code.get_mut(jump as usize).and_then(Op::target) {
            Some(to) => *to = target,
            None => debug_assert!(false, "the instruction {jump} does not jump"),
        }
    }

    /// Puts a literal into a register.
    pub(super) fn load_literal(&mut self, value: Val, to: Reg) {
        let op = match value {
            Val::Unit => Op::Unit { to },
            Val::Bool(value) => Op::Bool { to, value },
            Val::Int(i) => match i32::try_from(i) {
                Ok(value) => Op::Int { to, value },
                Err(_) => Op::Literal { to, index: self.lowering.tables.literal(Val::Int(i)) },
            },
            other => Op::Literal { to, index: self.lowering.tables.literal(other) },
        };
        self.emit(op);
    }

    /// Puts the value of a place into a register.
    pub(super) fn load(&mut self, name: &str, place: &Place, to: Reg) {
        match *place {
            Place::Register(from) if from == to => {}
            Place::Register(from) => self.emit(Op::Copy { to, from }),
            Place::Shared(cell) => self.emit(Op::LoadShared { to, cell }),
            Place::State(slot) => self.emit(Op::LoadState { to, slot }),
            Place::Constant(index) => self.emit(Op::Constant { to, index }),
            Place::Entity => self.emit(Op::Entity { to }),
            Place::DeltaTime => self.emit(Op::DeltaTime { to }),
            Place::Function => {
                let pointer = self.pointer(name);
                self.load_literal(pointer, to);
            }
        }
    }

    /// Moves a value from a register that nobody needs afterwards to a place.
    pub(super) fn store(&mut self, place: &Place, from: Reg) {
        match *place {
            Place::Register(to) if from == to => {}
            Place::Register(to) => self.emit(Op::Take { to, from }),
            Place::Shared(cell) => self.emit(Op::StoreShared { cell, from }),
            Place::State(slot) => self.emit(Op::StoreState { slot, from }),
            // The checks of names have refused this already.
            Place::Constant(_) | Place::Entity | Place::DeltaTime | Place::Function => {
                self.lowering.refuse(self.at, "a constant cannot be assigned to");
            }
        }
    }

    /// A register that holds the value of an expression: its variable's own, if it is one and nothing
    /// that comes before the value is used may change it.
    pub(super) fn operand(&mut self, expression: &Expr, stays: bool) -> Reg {
        if let Expr::Variable(variable, _, at) = expression
            && let Some(Place::Register(register)) = self.place(variable)
            && stays
        {
            self.at = position(*at);
            return register;
        }
        let register = self.fresh();
        self.expression(expression, register);
        register
    }

    /// Whether a `let` here declares a variable of the script.
    pub(super) const fn is_at_top_level(&self) -> bool {
        self.top_level && self.depth == 0
    }
}

/// Whether the last of some statements has no value whatever happens.
fn gives_nothing(body: &[Stmt]) -> bool {
    match body.last() {
        None | Some(Stmt::Assignment(_) | Stmt::Var(..) | Stmt::Noop(_)) => true,
        Some(Stmt::If(flow, _)) => {
            gives_nothing(flow.body.statements()) && gives_nothing(flow.branch.statements())
        }
        Some(Stmt::Block(block)) => gives_nothing(block.statements()),
        _ => false,
    }
}

//! From the parsed text to a program: names become registers and slots, calls become entries of
//! tables, and everything that can be decided is decided here.

mod assignment;
mod body;
mod calls;
mod chains;
mod closures;
mod expressions;
mod glance;
mod loops;
mod scope;
mod statements;
mod switches;
mod tables;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use rhai::{AST, ASTFlags, Stmt};

use self::{body::Body, glance::Glance};
use super::program::{Function, Library, Program};
use crate::{
    contract::{ErrorKind, Position, ScriptError, Stage},
    script::{
        outline::{Outline, position},
        parsed::{Parsed, ParsedFunction},
    },
};

/// A function of the script as the parser gives it.
struct Definition<'a> {
    name: Arc<str>,
    parameters: Vec<Arc<str>>,
    this_type: Option<Arc<str>>,
    body: &'a [Stmt],
    at: Option<Position>,
    glance: Glance,
}

impl Definition<'_> {
    fn is_closure(&self) -> bool {
        self.name.starts_with("anon$")
    }
}

/// What a function does to the state, as far as its own code shows.
#[derive(Default)]
struct Reach {
    writes: BTreeSet<u16>,
    calls: BTreeSet<u32>,
    /// Whether it may call any function.
    anything: bool,
}

/// A program while it is made.
struct Lowering<'a> {
    program: Program,
    definitions: &'a HashMap<Arc<str>, Vec<Definition<'a>>>,
    state: HashMap<String, u16>,
    constants: HashMap<String, u16>,
    reach: Vec<Reach>,
    tables: tables::Tables,
    errors: Vec<(Option<Position>, ErrorKind, String)>,
    /// Whether each statement is marked for a debugger.
    hooks: bool,
}

/// The function that runs the top level.
pub(crate) const START: &str = "the top level";

/// A program, and which of its functions are entered from outside.
pub(crate) struct Lowered {
    pub(crate) program: Program,
    /// The functions of the outline, in its order.
    pub(crate) functions: Vec<u32>,
    /// Runs the top level.
    pub(crate) start: u32,
    /// Evaluates the constants.
    pub(crate) constants: u32,
}

/// Lowers a script whose outline has been checked.
///
/// # Errors
/// What the language has and this backend does not.
pub(crate) fn lower(
    path: &str,
    parsed: &Parsed,
    outline: &Outline,
    library: Arc<Library>,
    hooks: bool,
) -> Result<Lowered, Vec<ScriptError>> {
    let mut definitions: HashMap<Arc<str>, Vec<Definition<'_>>> = HashMap::new();
    for ParsedFunction { def, body } in &parsed.functions {
        let definition = Definition {
            name: def.name.as_str().into(),
            parameters: def.params.iter().map(|name| name.as_str().into()).collect(),
            this_type: def.this_type.as_ref().map(|name| type_named(name)),
            glance: Glance::at(body),
            body,
            at: position(def.body.start_position()),
        };
        definitions.entry(definition.name.clone()).or_default().push(definition);
    }
    let number = |names: &[String]| -> HashMap<String, u16> {
        names.iter().enumerate().map(|(i, name)| (name.clone(), i as u16)).collect()
    };
    let mut lowering = Lowering {
        program: Program { path: path.into(), library, ..Program::default() },
        definitions: &definitions,
        state: number(&outline.state),
        constants: number(&outline.constants),
        reach: Vec::new(),
        tables: tables::Tables::default(),
        errors: Vec::new(),
        hooks,
    };
    let lowered = lowering.all(&parsed.ast, outline);
    let Lowering { mut program, errors, tables, .. } = lowering;
    if !errors.is_empty() {
        let mut errors: Vec<_> = errors
            .into_iter()
            .map(|(at, kind, message)| ScriptError::new(Stage::Compile, kind, path, message).at(at))
            .collect();
        errors.sort_by_key(|error| error.position);
        return Err(errors);
    }
    tables.finish(&mut program);
    let (functions, start, constants) = lowered;
    Ok(Lowered { program, functions, start, constants })
}

/// The name by which values know their type.
fn type_named(written: &str) -> Arc<str> {
    match written {
        "int" => "i64".into(),
        "float" => "f64".into(),
        other => other.into(),
    }
}

impl<'a> Lowering<'a> {
    fn all(&mut self, ast: &AST, outline: &Outline) -> (Vec<u32>, u32, u32) {
        let definitions = self.definitions;
        let mut callable: Vec<&Definition<'_>> =
            definitions.values().flatten().filter(|definition| !definition.is_closure()).collect();
        callable.sort_by_key(|definition| (definition.at, definition.name.clone()));
        // Numbers first, so that functions can call each other.
        for (i, definition) in callable.iter().enumerate() {
            let (name, count) = (definition.name.clone(), definition.parameters.len());
            match &definition.this_type {
                Some(this) => {
                    self.program.by_type.insert((this.clone(), name, count), i as u32);
                }
                None => {
                    self.program.by_name.insert((name, count), i as u32);
                }
            }
            self.reserve();
        }
        for (i, definition) in callable.iter().enumerate() {
            let body = Body::of_function(self, definition);
            body.finish(i as u32, definition);
        }
        let start = self.reserve();
        let (constants, rest): (Vec<&Stmt>, Vec<&Stmt>) = ast.statements().iter().partition(
            |s| matches!(s, Stmt::Var(_, flags, _) if flags.intersects(ASTFlags::CONSTANT)),
        );
        Body::of_top_level(self, &rest).finish_top_level(start, &rest);
        let evaluation = self.reserve();
        Body::of_constants(self, &constants).finish_constants(evaluation, &constants);
        self.spread_reach(start);
        let functions = outline
            .functions
            .iter()
            .map(|function| {
                let found = callable.iter().position(|definition| {
                    *definition.name == *function.name
                        && definition.parameters.len() == function.parameters
                        && definition.at == function.position
                });
                found.unwrap_or_default() as u32
            })
            .collect();
        (functions, start, evaluation)
    }

    /// A number for a function that is lowered later.
    fn reserve(&mut self) -> u32 {
        self.program.functions.push(Function {
            name: "".into(),
            at: None,
            code: Box::default(),
            places: Box::default(),
            parameters: 0,
            shared: 0,
            has_this: false,
            changes_this: false,
            registers: 0,
            may_change: Box::default(),
        });
        self.reach.push(Reach::default());
        (self.program.functions.len() - 1) as u32
    }

    /// Which variables each function may change, with all that it calls.
    fn spread_reach(&mut self, start: u32) {
        // Nothing can call the top level.
        let callable = self.reach.iter().enumerate().filter(|(i, _)| *i != start as usize);
        let everything: BTreeSet<u16> =
            callable.flat_map(|(_, reach)| reach.writes.iter().copied()).collect();
        loop {
            let mut changed = false;
            for i in 0..self.reach.len() {
                let before = self.reach[i].writes.len();
                let mut writes = std::mem::take(&mut self.reach[i].writes);
                if self.reach[i].anything {
                    writes.extend(&everything);
                }
                for callee in &self.reach[i].calls {
                    writes.extend(&self.reach[*callee as usize].writes);
                }
                changed |= writes.len() != before;
                self.reach[i].writes = writes;
            }
            if !changed {
                break;
            }
        }
        for (function, reach) in self.program.functions.iter_mut().zip(&self.reach) {
            function.may_change = reach.writes.iter().copied().collect();
        }
    }

    fn refuse(&mut self, at: Option<Position>, message: impl Into<String>) {
        self.errors.push((at, ErrorKind::Compile, message.into()));
    }
}

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

use std::{collections::HashMap, sync::Arc};

use rhai::{ASTFlags, ImmutableString, Stmt};

use self::{body::Body, glance::Glance};
use super::program::{File, Function, Library, Program};
use crate::{
    contract::{ErrorKind, Position, ScriptError, Stage},
    script::{
        outline::{Outline, position},
        parsed::ParsedFunction,
        units::Unit,
    },
};

/// A function of the script as the parser gives it.
struct Definition<'a> {
    name: &'a str,
    parameters: &'a [ImmutableString],
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

/// What the names of a file mean.
struct FileScope<'a> {
    definitions: HashMap<&'a str, Vec<Definition<'a>>>,
    /// Slots of the variables; a library has none.
    state: HashMap<String, u16>,
    /// Places among the constants of the program.
    constants: HashMap<String, u16>,
    /// The files that are imported, by alias.
    imports: HashMap<&'a str, usize>,
}

/// A program while it is made.
struct Lowering<'a> {
    program: Program,
    files: &'a [FileScope<'a>],
    /// The file that is being lowered.
    file: usize,
    /// Of each function that can be called by name, whether it names `this`.
    has_this: Vec<bool>,
    tables: tables::Tables,
    errors: Vec<(usize, Option<Position>, ErrorKind, String)>,
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
    /// Evaluate the constants, those of a file after those of its libraries.
    pub(crate) constants: Vec<u32>,
}

/// Lowers a script whose outline has been checked, with its libraries.
///
/// # Errors
/// What the language has and this backend does not.
pub(crate) fn lower(
    units: &[Unit<'_>],
    outlines: &[Outline],
    library: Arc<Library>,
    hooks: bool,
) -> Result<Lowered, Vec<ScriptError>> {
    let mut scopes = Vec::new();
    let mut constants = 0;
    for (unit, outline) in units.iter().zip(outlines) {
        scopes.push(scope_of(unit, outline, constants));
        constants += outline.constants.len();
    }
    let path = |unit: &Unit<'_>| Arc::from(unit.path());
    let own = units.last().map(path).unwrap_or_default();
    let file = |unit| File { path: path(unit), ..File::default() };
    let files = units.iter().map(file).collect();
    let mut lowering = Lowering {
        program: Program { path: own, files, library, ..Program::default() },
        files: &scopes,
        file: 0,
        has_this: Vec::new(),
        tables: tables::Tables::default(),
        errors: Vec::new(),
        hooks,
    };
    let (functions, start, constants) = lowering.all(units, outlines);
    let Lowering { mut program, mut errors, tables, .. } = lowering;
    if !errors.is_empty() {
        errors.sort_by_key(|(file, at, ..)| (*file, *at));
        let error = |(file, at, kind, message): (usize, _, _, _)| {
            let path = units.get(file).map_or("", Unit::path);
            ScriptError::new(Stage::Compile, kind, path, message).at(at)
        };
        return Err(errors.into_iter().map(error).collect());
    }
    tables.finish(&mut program);
    Ok(Lowered { program, functions, start, constants })
}

fn scope_of<'a>(unit: &'a Unit<'_>, outline: &Outline, first_constant: usize) -> FileScope<'a> {
    let mut definitions: HashMap<&str, Vec<Definition<'_>>> =
        HashMap::with_capacity(unit.parsed.functions.len());
    for ParsedFunction { def, body } in &unit.parsed.functions {
        let definition = Definition {
            name: &def.name,
            parameters: &def.params,
            this_type: def.this_type.as_ref().map(|name| type_named(name)),
            glance: Glance::at(body),
            body,
            at: position(def.body.start_position()),
        };
        definitions.entry(definition.name).or_default().push(definition);
    }
    let number = |names: &[String], first: usize| -> HashMap<String, u16> {
        names.iter().enumerate().map(|(i, name)| (name.clone(), (first + i) as u16)).collect()
    };
    FileScope {
        definitions,
        state: number(&outline.state, 0),
        constants: number(&outline.constants, first_constant),
        imports: unit.imports.iter().map(|import| (&*import.alias, import.unit)).collect(),
    }
}

/// The name by which values know their type.
fn type_named(written: &str) -> Arc<str> {
    match written {
        "int" => "i64".into(),
        "float" => "f64".into(),
        other => other.into(),
    }
}

/// Imports have led to what they lead to.
const fn is_import(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Import(..))
}

impl<'a> Lowering<'a> {
    fn all(&mut self, units: &[Unit<'_>], outlines: &[Outline]) -> (Vec<u32>, u32, Vec<u32>) {
        let files = self.files;
        let mut callable: Vec<(usize, &Definition<'_>)> = files
            .iter()
            .enumerate()
            .flat_map(|(file, scope)| {
                scope.definitions.values().flatten().map(move |definition| (file, definition))
            })
            .filter(|(_, definition)| !definition.is_closure())
            .collect();
        callable.sort_by_key(|(file, definition)| (*file, definition.at, definition.name));
        // Numbers first, so that functions can call each other.
        for (file, definition) in &callable {
            let (name, count) = (Arc::<str>::from(definition.name), definition.parameters.len());
            let number = self.reserve(name.clone());
            self.has_this.push(definition.glance.this);
            let Some(names) = self.program.files.get_mut(*file) else { continue };
            match &definition.this_type {
                Some(this) => {
                    names.by_type.insert((this.clone(), name, count), number);
                }
                None => {
                    names.by_name.entry(name).or_default().push((count, number));
                }
            }
        }
        for (i, (file, definition)) in callable.iter().enumerate() {
            self.file = *file;
            Body::of_function(self, definition).finish(i as u32, definition);
        }
        let mut evaluations = Vec::new();
        let mut start = 0;
        for (file, unit) in units.iter().enumerate() {
            self.file = file;
            let (constants, rest): (Vec<&Stmt>, Vec<&Stmt>) =
                unit.parsed.ast.statements().iter().filter(|s| !is_import(s)).partition(
                    |s| matches!(s, Stmt::Var(_, flags, _) if flags.intersects(ASTFlags::CONSTANT)),
                );
            if file + 1 == units.len() {
                start = self.reserve(START.into());
                Body::of_top_level(self, &rest).finish_top_level(start, &rest);
            }
            let evaluation = self.reserve(START.into());
            Body::of_constants(self, &constants).finish_constants(evaluation, &constants);
            evaluations.push(evaluation);
        }
        let own = units.len().saturating_sub(1);
        let functions = outlines.last().map_or(&[][..], |outline| &outline.functions);
        let functions = functions
            .iter()
            .map(|function| {
                let found = callable.iter().position(|(file, definition)| {
                    *file == own
                        && definition.name == function.name
                        && definition.parameters.len() == function.parameters
                        && definition.at == function.position
                });
                found.unwrap_or_default() as u32
            })
            .collect();
        (functions, start, evaluations)
    }

    /// What the names of the file mean that is being lowered.
    fn scope(&self) -> &'a FileScope<'a> {
        &self.files[self.file]
    }

    /// The number of a function of the file that is being lowered.
    fn function(&self, name: &str, count: usize) -> Option<u32> {
        self.program.named(self.file as u16, name, count)
    }

    /// A number for a function that is lowered later.
    fn reserve(&mut self, name: Arc<str>) -> u32 {
        self.program.functions.push(Function {
            name,
            file: self.file as u16,
            at: None,
            code: Box::default(),
            places: Box::default(),
            parameters: 0,
            shared: 0,
            has_this: false,
            changes_this: false,
            registers: 0,
        });
        (self.program.functions.len() - 1) as u32
    }

    fn refuse(&mut self, at: Option<Position>, message: impl Into<String>) {
        self.errors.push((self.file, at, ErrorKind::Compile, message.into()));
    }
}

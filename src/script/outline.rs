//! What a script declares and what its functions touch, found by walking the parsed text once when
//! it is loaded. Both backends read their layout and their checks off it.

mod calls;
mod exports;
mod names;
mod one_space;
mod scope;
mod walk;

use std::{
    cell::Cell,
    collections::{BTreeSet, HashMap, HashSet, hash_map::Entry},
};

use self::walk::{Declared, Use, Walker};
pub(crate) use self::{exports::Exports, one_space::OneSpace};
use rhai::{FnAccess, ImmutableString};

use super::{
    Backend,
    parsed::{Parsed, ParsedFunction},
    reference::Standard,
};
use crate::{
    api::{ApiFunction, ApiTable, Category},
    contract::{CALLBACKS, ErrorKind, Position, ScriptError, ScriptLimits, Stage},
};

/// Variables that every callback finds beside the script's own. Nobody can assign to them.
pub(crate) const GIVEN: [&str; 2] = ["entity_id", "delta_time"];

/// A script's declarations.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// Top-level `let`s, in order, each once.
    pub(crate) state: Vec<String>,
    /// Top-level `const`s, in order, each once.
    pub(crate) constants: Vec<String>,
    /// Where the constant `TOPICS` stands, if there is one.
    pub(crate) topics_at: Option<Position>,
    /// Functions that can be called by name, in the order of the text; closures are not among them.
    pub(crate) functions: Vec<FunctionOutline>,
    /// Whether there is nothing in it at all.
    pub(crate) is_empty: bool,
    /// Whether `**` occurs anywhere, which the reference backend must know.
    pub(crate) uses_power: bool,
    /// Which of the [`GIVEN`] variables are read anywhere.
    pub(crate) reads_given: [bool; GIVEN.len()],
    /// The functions of the API that are called by name.
    pub(crate) api_calls: BTreeSet<String>,
    /// What importers find in it.
    pub(crate) exports: Exports,
    /// Things that are probably not meant.
    pub(crate) warnings: Vec<ScriptError>,
}

/// A function of a script.
#[derive(Debug)]
pub(crate) struct FunctionOutline {
    pub(crate) name: String,
    pub(crate) parameters: usize,
    /// Where it stands in the text.
    pub(crate) position: Option<Position>,
    /// The state variables that a call on the reference backend may change, by index; there all
    /// others are certainly as they were. The compiled backend finds its own, because its helpers
    /// see the state however they are called.
    pub(crate) may_change: BTreeSet<usize>,
}

pub(crate) fn position(at: rhai::Position) -> Option<Position> {
    let line = u16::try_from(at.line()?).unwrap_or(u16::MAX);
    let column = u16::try_from(at.position().unwrap_or(1)).unwrap_or(u16::MAX);
    Some(Position { line, column: column.max(1) })
}

/// What a script is held against.
#[derive(Clone, Copy)]
pub(crate) struct Rules<'a> {
    pub(crate) api: &'a ApiTable,
    /// The functions that need no permission because they are Rhai's own.
    pub(crate) standard: &'a Standard,
    /// The categories that the script may not call.
    pub(crate) denied: &'a BTreeSet<Category>,
    pub(crate) limits: &'a ScriptLimits,
    pub(crate) backend: Backend,
}

/// A file that is looked at.
#[derive(Clone, Copy)]
pub(crate) struct File<'a> {
    pub(crate) path: &'a str,
    pub(crate) parsed: &'a Parsed,
    pub(crate) is_library: bool,
    /// What it imports, by alias, in the order of the text.
    pub(crate) imports: &'a [Imported<'a>],
}

/// An import of a file that is looked at.
pub(crate) struct Imported<'a> {
    pub(crate) alias: &'a str,
    pub(crate) position: Option<Position>,
    pub(crate) exports: &'a Exports,
}

/// Walks a parsed file. All errors are found, not only the first. What importers find in it is known
/// even then.
pub(crate) fn outline(
    file: File<'_>,
    rules: Rules<'_>,
    space: &mut OneSpace,
) -> Result<Outline, (Vec<ScriptError>, Exports)> {
    let mut survey = Survey::new(file, rules);
    survey.check_functions();
    survey.check_names();
    survey.check_calls();
    let mut needs_scope = Vec::new();
    if rules.backend == Backend::Reference {
        needs_scope = survey.find_scope_users();
        survey.check_scopes(&needs_scope);
    }
    survey.check_qualified();
    if file.is_library {
        survey.check_library();
    } else {
        survey.warn_of_lookalikes();
    }
    // A name that means nothing is told of as that.
    if rules.backend == Backend::Reference && survey.errors.is_empty() {
        survey.check_space(space);
    }
    survey.warn_of_repeats();
    survey.warn_of_idle_imports();
    let exports = survey.exports(&needs_scope);
    survey.finish(exports)
}

struct Survey<'a> {
    path: &'a str,
    file: File<'a>,
    rules: Rules<'a>,
    state: Vec<&'a str>,
    /// Where each is declared first.
    state_places: HashMap<&'a str, Option<Position>>,
    constants: Vec<&'a str>,
    /// The code at the top level.
    body: Use<'a>,
    is_empty: bool,
    functions: Vec<Function<'a>>,
    errors: Vec<ScriptError>,
    warnings: Vec<ScriptError>,
    hints_left: Cell<usize>,
}

/// So many errors are told of one script.
const MOST_ERRORS: usize = 32;

/// How many names are told the nearest one.
const HINTS: usize = 32;

struct Function<'a> {
    name: &'a str,
    parameters: &'a [ImmutableString],
    position: Option<Position>,
    is_private: bool,
    /// Whether it is for one type of `this`.
    is_typed: bool,
    uses: Use<'a>,
}

impl Function<'_> {
    fn is_closure(&self) -> bool {
        self.name.starts_with("anon$")
    }
}

impl<'a> Survey<'a> {
    fn new(file: File<'a>, rules: Rules<'a>) -> Self {
        let Parsed { ast, functions } = file.parsed;
        let own: BTreeSet<&str> = functions.iter().map(|f| f.def.name.as_str()).collect();
        // A standard function of the same name as one of the table is still there for other types.
        let is_pure = |name: &str| {
            let only_api = rules.api.get(name).is_some() && rules.standard.arities(name).is_none();
            !own.contains(name) && (walk::is_pure_native(name) || only_api)
        };

        let mut walker = Walker::of_top_level(&is_pure);
        for statement in ast.statements() {
            walker.statement(statement);
        }
        let top = walker.finish();

        // The parser keeps functions by hash.
        let place = |function: &ParsedFunction| position(function.def.body.start_position());
        let mut functions: Vec<&ParsedFunction> = functions.iter().collect();
        functions.sort_by_key(|function| (place(function), function.def.name.as_str()));
        let functions = functions
            .into_iter()
            .map(|function| {
                let ParsedFunction { def, body } = function;
                let mut walker = Walker::new(&def.params, &is_pure);
                for statement in body {
                    walker.statement(statement);
                }
                Function {
                    name: &def.name,
                    parameters: &def.params,
                    position: place(function),
                    is_private: def.access == FnAccess::Private,
                    is_typed: def.this_type.is_some(),
                    uses: walker.finish(),
                }
            })
            .collect();

        let mut survey = Self {
            path: file.path,
            file,
            rules,
            state: Vec::new(),
            state_places: HashMap::new(),
            constants: Vec::new(),
            body: top,
            is_empty: ast.statements().is_empty() && !ast.has_functions(),
            functions,
            errors: Vec::new(),
            warnings: Vec::new(),
            hints_left: Cell::new(HINTS),
        };
        let mut constants = HashSet::new();
        for Declared { name, constant, position } in &survey.body.declared {
            if *constant {
                if constants.insert(*name) {
                    survey.constants.push(name);
                }
            } else if let Entry::Vacant(place) = survey.state_places.entry(name) {
                place.insert(*position);
                survey.state.push(name);
            }
        }
        survey
    }

    fn is_state(&self, name: &str) -> bool {
        self.state_places.contains_key(name)
    }

    /// A function of the table that this script may not call.
    fn denied(&self, name: &str) -> Option<&'a ApiFunction> {
        let function = self.rules.api.get(name)?;
        self.rules.denied.contains(function.category()).then_some(function)
    }

    fn error(&mut self, kind: ErrorKind, at: Option<Position>, message: impl Into<String>) {
        self.errors.push(ScriptError::new(Stage::Compile, kind, self.path, message).at(at));
    }

    fn warning(&mut self, at: Option<Position>, message: impl Into<String>) {
        self.warnings
            .push(ScriptError::new(Stage::Compile, ErrorKind::Compile, self.path, message).at(at));
    }

    fn check_functions(&mut self) {
        let mut found = Vec::new();
        for function in self.functions.iter().filter(|f| !f.is_closure()) {
            let Function { name, parameters, position, .. } = function;
            if !self.file.is_library
                && let Some(row) = CALLBACKS.iter().find(|row| row.name == *name)
                && parameters.len() > row.parameters.len()
            {
                let takes = match row.parameters {
                    [] => "no parameters".to_owned(),
                    known => format!("at most ({})", known.join(", ")),
                };
                found.push((*position, format!("callback `{name}` takes {takes}")));
            }
            let limit = self.rules.limits.parameters;
            if parameters.len() > limit {
                found.push((*position, format!("`{name}` has more than {limit} parameters")));
            }
            if self.rules.api.get(name).is_some() {
                let message = format!("`{name}` is a function of the API; choose another name");
                found.push((*position, message));
            }
        }
        let (variables, limit) =
            (self.state.len() + self.constants.len(), self.rules.limits.variables);
        if variables > limit {
            let message = format!(
                "{variables} top-level variables and constants are over the limit of {limit}"
            );
            found.push((None, message));
        }
        for (at, why) in self.all_uses().flat_map(|uses| &uses.refused) {
            found.push((*at, (*why).to_owned()));
        }
        for (at, message) in found {
            self.error(ErrorKind::Compile, at, message);
        }
    }

    fn all_uses(&self) -> impl Iterator<Item = &Use<'a>> {
        self.functions.iter().map(|function| &function.uses).chain([&self.body])
    }

    fn finish(mut self, exports: Exports) -> Result<Outline, (Vec<ScriptError>, Exports)> {
        if !self.errors.is_empty() {
            let mut errors = self.errors;
            errors.sort_by_key(|error| error.position);
            errors.dedup();
            let more = errors.len().saturating_sub(MOST_ERRORS);
            if more > 0 {
                errors.truncate(MOST_ERRORS);
                let message = format!("and {more} more errors");
                errors.push(ScriptError::new(
                    Stage::Compile,
                    ErrorKind::Compile,
                    self.path,
                    message,
                ));
            }
            return Err((errors, exports));
        }
        self.warnings.sort_by_key(|warning| warning.position);
        let changes = self.find_changes();
        let uses_power = self.all_uses().any(|uses| uses.power);
        let reads_given =
            GIVEN.map(|given| self.all_uses().any(|uses| uses.names.contains_key(given)));
        let called = self.all_uses().flat_map(|uses| uses.calls.iter().map(|call| call.name));
        let pointed = self.all_uses().flat_map(|uses| uses.pointers.iter().map(|(name, _)| *name));
        let api_calls = called
            .chain(pointed)
            .filter(|name| self.rules.api.get(name).is_some())
            .map(str::to_owned)
            .collect();
        let mut declared = self.body.declared.iter();
        let topics_at =
            declared.find(|it| it.constant && it.name == "TOPICS").and_then(|it| it.position);
        let functions = self
            .functions
            .into_iter()
            .zip(changes)
            .filter(|(function, _)| !function.is_closure())
            .map(|(function, may_change)| FunctionOutline {
                parameters: function.parameters.len(),
                position: function.position,
                name: function.name.to_owned(),
                may_change,
            })
            .collect();
        Ok(Outline {
            state: self.state.into_iter().map(str::to_owned).collect(),
            constants: self.constants.into_iter().map(str::to_owned).collect(),
            topics_at,
            functions,
            is_empty: self.is_empty,
            uses_power,
            reads_given,
            api_calls,
            exports,
            warnings: self.warnings,
        })
    }
}

//! What a script declares and what its functions touch, found by walking the parsed text once when
//! it is loaded. Both backends read their layout and their checks off it.

mod walk;

use std::collections::BTreeSet;

use rhai::{AST, ASTNode, Module, ScriptFuncDef, Shared, Stmt};

use self::walk::{Use, Walker};
use crate::{
    api::{ApiTable, closest},
    contract::{CALLBACKS, ErrorKind, Position, ScriptError, ScriptLimits, Stage},
};

/// Variables that every callback finds beside the script's own. Nobody can assign to them.
pub(crate) const GIVEN: [&str; 2] = ["entity_id", "delta_time"];

/// A script's declarations.
#[derive(Debug)]
pub(crate) struct Outline {
    /// Top-level `let`s, in order, each once.
    pub(crate) state: Vec<String>,
    /// Top-level `const`s, in order, each once.
    pub(crate) constants: Vec<String>,
    /// Functions that can be called by name, in the order of the text; closures are not among them.
    pub(crate) functions: Vec<FunctionOutline>,
    /// Whether there is nothing in it at all.
    pub(crate) is_empty: bool,
    /// Whether `**` occurs anywhere.
    pub(crate) uses_power: bool,
    /// Which of the [`GIVEN`] variables are read anywhere.
    pub(crate) reads_given: [bool; GIVEN.len()],
    /// The functions of the API that are called by name.
    pub(crate) api_calls: BTreeSet<String>,
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
    /// The state variables that a call may change, by index. All others are certainly as they were.
    pub(crate) may_change: BTreeSet<usize>,
}

pub(crate) fn position(at: rhai::Position) -> Option<Position> {
    let line = u16::try_from(at.line()?).unwrap_or(u16::MAX);
    let column = u16::try_from(at.position().unwrap_or(1)).unwrap_or(u16::MAX);
    Some(Position { line, column: column.max(1) })
}

/// The statements of a function. Their type is not public; a script that has only this function lets
/// us see them.
pub(crate) fn body(function: &Shared<ScriptFuncDef>) -> Vec<Stmt> {
    let mut alone = Module::new();
    alone.set_script_fn(function.clone());
    let mut statements = Vec::new();
    AST::new_from_module(alone).walk(&mut |path| {
        if let [ASTNode::Stmt(statement)] = path {
            statements.push((*statement).clone());
        }
        true
    });
    statements
}

/// Walks a parsed script. All errors are found, not only the first.
pub(crate) fn outline(
    path: &str,
    ast: &AST,
    api: &ApiTable,
    limits: &ScriptLimits,
) -> Result<Outline, Vec<ScriptError>> {
    let mut survey = Survey::new(path, ast, api);
    survey.check_functions(limits);
    survey.check_names();
    let needs_scope = survey.find_scope_users();
    survey.check_calls(&needs_scope);
    survey.warn_of_lookalikes();
    survey.finish()
}

struct Survey<'a> {
    path: &'a str,
    api: &'a ApiTable,
    state: Vec<String>,
    constants: Vec<String>,
    /// The code at the top level.
    body: Use,
    is_empty: bool,
    functions: Vec<Function>,
    errors: Vec<ScriptError>,
    warnings: Vec<ScriptError>,
}

struct Function {
    name: String,
    parameters: Vec<String>,
    position: Option<Position>,
    uses: Use,
}

impl Function {
    fn is_closure(&self) -> bool {
        self.name.starts_with("anon$")
    }
}

impl<'a> Survey<'a> {
    fn new(path: &'a str, ast: &AST, api: &'a ApiTable) -> Self {
        let own: BTreeSet<&str> = ast.iter_fn_def().map(|def| def.name.as_str()).collect();
        let is_pure = |name: &str| {
            !own.contains(name) && (walk::is_pure_native(name) || api.get(name).is_some())
        };

        let mut walker = Walker::new(&[], &is_pure);
        for statement in ast.statements() {
            walker.statement(statement);
        }
        let top = walker.finish();

        let mut functions: Vec<Function> = ast
            .iter_fn_def()
            .map(|def| {
                let parameters: Vec<_> = def.params.iter().map(ToString::to_string).collect();
                let mut walker = Walker::new(&parameters, &is_pure);
                for statement in &body(def) {
                    walker.statement(statement);
                }
                Function {
                    name: def.name.to_string(),
                    parameters,
                    position: position(def.body.start_position()),
                    uses: walker.finish(),
                }
            })
            .collect();
        // The parser keeps functions by hash.
        functions.sort_by(|a, b| (a.position, &a.name).cmp(&(b.position, &b.name)));

        let mut survey = Self {
            path,
            api,
            state: Vec::new(),
            constants: Vec::new(),
            body: top,
            is_empty: ast.statements().is_empty() && !ast.has_functions(),
            functions,
            errors: Vec::new(),
            warnings: Vec::new(),
        };
        for declared in &survey.body.declared {
            let names = if declared.constant { &mut survey.constants } else { &mut survey.state };
            if !names.contains(&declared.name) {
                names.push(declared.name.clone());
            }
        }
        survey
    }

    fn error(&mut self, kind: ErrorKind, at: Option<Position>, message: impl Into<String>) {
        self.errors.push(ScriptError::new(Stage::Compile, kind, self.path, message).at(at));
    }

    fn warning(&mut self, at: Option<Position>, message: impl Into<String>) {
        self.warnings
            .push(ScriptError::new(Stage::Compile, ErrorKind::Compile, self.path, message).at(at));
    }

    fn check_functions(&mut self, limits: &ScriptLimits) {
        let mut found = Vec::new();
        for function in self.functions.iter().filter(|f| !f.is_closure()) {
            let Function { name, parameters, position, .. } = function;
            if let Some(row) = CALLBACKS.iter().find(|row| row.name == name)
                && parameters.len() > row.parameters.len()
            {
                let takes = match row.parameters {
                    [] => "no parameters".to_owned(),
                    known => format!("at most ({})", known.join(", ")),
                };
                found.push((*position, format!("callback `{name}` takes {takes}")));
            }
            if parameters.len() > limits.parameters {
                let limit = limits.parameters;
                found.push((*position, format!("`{name}` has more than {limit} parameters")));
            }
            if self.api.get(name).is_some() {
                let message = format!("`{name}` is a function of the API; choose another name");
                found.push((*position, message));
            }
        }
        for (at, why) in self.all_uses().flat_map(|uses| &uses.refused) {
            found.push((*at, (*why).to_owned()));
        }
        for (at, message) in found {
            self.error(ErrorKind::Compile, at, message);
        }
    }

    fn all_uses(&self) -> impl Iterator<Item = &Use> {
        self.functions.iter().map(|function| &function.uses).chain([&self.body])
    }

    /// Free names must be state, constants, given, or functions; only state can be assigned to.
    fn check_names(&mut self) {
        let mut found = Vec::new();
        for uses in self.all_uses() {
            for (name, at) in &uses.names {
                let known = || {
                    let own = self.state.iter().chain(&self.constants).map(String::as_str);
                    own.chain(GIVEN).chain(self.functions.iter().map(|f| f.name.as_str()))
                };
                if !known().any(|other| other == name) {
                    let hint = closest(name, known())
                        .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                    found.push((
                        ErrorKind::NotFound,
                        *at,
                        format!("unknown variable `{name}`{hint}"),
                    ));
                }
            }
            for (name, at) in &uses.assigned {
                if self.constants.contains(name) {
                    let message = format!("`{name}` is a constant and cannot be assigned to");
                    found.push((ErrorKind::Compile, *at, message));
                } else if GIVEN.contains(&name.as_str()) {
                    let message = format!("`{name}` is given and cannot be assigned to");
                    found.push((ErrorKind::Compile, *at, message));
                }
            }
        }
        for name in GIVEN {
            if self.state.iter().chain(&self.constants).any(|own| own == name) {
                let message = format!("`{name}` is given; choose another name for this variable");
                found.push((ErrorKind::Compile, None, message));
            }
        }
        for (kind, at, message) in found {
            self.error(kind, at, message);
        }
    }

    /// The functions of a name that can take so many arguments.
    fn resolve(&self, name: &str, arguments: Option<usize>) -> impl Iterator<Item = usize> {
        self.functions
            .iter()
            .enumerate()
            .filter(move |(_, f)| {
                f.name == name && arguments.is_none_or(|count| f.parameters.len() == count)
            })
            .map(|(i, _)| i)
    }

    /// For each function, the name because of which it must see its caller's variables, if any: it
    /// names state itself, or calls with `!` something that does.
    fn find_scope_users(&self) -> Vec<Option<String>> {
        let lent = |name: &&String| self.state.contains(name) || GIVEN.contains(&name.as_str());
        let mut needs: Vec<Option<String>> = self
            .functions
            .iter()
            .map(|function| {
                let uses = &function.uses;
                let captured = uses.captured.iter().find(|name| self.constants.contains(name));
                uses.names.keys().find(lent).or(captured).cloned()
            })
            .collect();
        loop {
            let mut changed = false;
            for i in 0..needs.len() {
                if needs[i].is_some() {
                    continue;
                }
                let because =
                    self.functions[i].uses.calls.iter().filter(|c| c.with_scope).find_map(|call| {
                        let mut callees = self.resolve(&call.name, Some(call.arguments));
                        callees.find_map(|callee| needs[callee].clone())
                    });
                changed |= because.is_some();
                needs[i] = because;
            }
            if !changed {
                return needs;
            }
        }
    }

    /// A function that needs its caller's variables must be called so that it sees them.
    fn check_calls(&mut self, needs_scope: &[Option<String>]) {
        let mut found = Vec::new();
        for uses in self.all_uses() {
            for call in &uses.calls {
                for callee in self.resolve(&call.name, Some(call.arguments)) {
                    let (name, Some(variable)) = (&call.name, &needs_scope[callee]) else {
                        continue;
                    };
                    if call.method {
                        found.push((
                            call.position,
                            format!(
                                "`{name}` uses `{variable}` and cannot be called as a method on this backend; pass `{variable}` as an argument"
                            ),
                        ));
                    } else if !call.with_scope {
                        found.push((
                            call.position,
                            format!(
                                "`{name}` uses `{variable}` of the script; on this backend call it as `{name}!(..)`"
                            ),
                        ));
                    }
                }
            }
            let by_name = uses.names.iter().map(|(name, at)| (name, *at));
            for (name, at) in by_name.chain(uses.pointers.iter().map(|(name, at)| (name, *at))) {
                for callee in self.resolve(name, None) {
                    if let Some(variable) = &needs_scope[callee] {
                        found.push((
                            at,
                            format!(
                                "`{name}` uses `{variable}` and cannot be called through a pointer on this backend; pass `{variable}` as an argument"
                            ),
                        ));
                    }
                }
            }
        }
        for (i, variable) in needs_scope.iter().enumerate() {
            if let (true, Some(variable)) = (self.functions[i].is_closure(), variable) {
                found.push((
                    self.functions[i].position,
                    format!(
                        "a closure cannot call a function that uses `{variable}` on this backend; read `{variable}` outside of it"
                    ),
                ));
            }
        }
        for (at, message) in found {
            self.error(ErrorKind::Compile, at, message);
        }
    }

    fn warn_of_lookalikes(&mut self) {
        let mut found = Vec::new();
        for function in self.functions.iter().filter(|f| !f.is_closure()) {
            let name = &function.name;
            let called = self.all_uses().any(|uses| {
                uses.calls.iter().any(|call| call.name == *name) || uses.names.contains_key(name)
            });
            let is_callback = CALLBACKS.iter().any(|row| row.name == name);
            if !called
                && !is_callback
                && let Some(near) = closest(name, CALLBACKS.iter().map(|row| row.name))
            {
                found.push((
                    function.position,
                    format!("`{name}` is never called by the runtime; did you mean `{near}`?"),
                ));
            }
            let locals = function.uses.locals.iter().map(|(name, at)| (name, *at));
            let parameters = function.parameters.iter().map(|name| (name, function.position));
            for (local, at) in parameters.chain(locals) {
                if self.state.contains(local) {
                    found.push((at, format!("this `{local}` hides the script's own `{local}`")));
                }
            }
        }
        for name in &self.state {
            if self.api.get(name).is_some() {
                found.push((
                    None,
                    format!("variable `{name}` has the name of a function of the API"),
                ));
            }
        }
        for (at, message) in found {
            self.warning(at, message);
        }
    }

    /// What each function may change, calls with `!` included.
    fn find_changes(&self) -> Vec<BTreeSet<usize>> {
        let mut changes: Vec<BTreeSet<usize>> = self
            .functions
            .iter()
            .map(|function| {
                let touched = &function.uses.touched;
                (0..self.state.len()).filter(|i| touched.contains(&self.state[*i])).collect()
            })
            .collect();
        loop {
            let mut changed = false;
            for i in 0..changes.len() {
                for call in self.functions[i].uses.calls.iter().filter(|call| call.with_scope) {
                    for callee in self.resolve(&call.name, Some(call.arguments)) {
                        let more: Vec<_> =
                            changes[callee].difference(&changes[i]).copied().collect();
                        changed |= !more.is_empty();
                        changes[i].extend(more);
                    }
                }
            }
            if !changed {
                return changes;
            }
        }
    }

    fn finish(self) -> Result<Outline, Vec<ScriptError>> {
        if !self.errors.is_empty() {
            let mut errors = self.errors;
            errors.sort_by_key(|error| error.position);
            errors.dedup();
            return Err(errors);
        }
        let changes = self.find_changes();
        let uses_power = self.all_uses().any(|uses| uses.power);
        let reads_given =
            GIVEN.map(|given| self.all_uses().any(|uses| uses.names.contains_key(given)));
        let called = self.all_uses().flat_map(|uses| uses.calls.iter().map(|call| &call.name));
        let pointed = self.all_uses().flat_map(|uses| uses.pointers.iter().map(|(name, _)| name));
        let api_calls =
            called.chain(pointed).filter(|name| self.api.get(name).is_some()).cloned().collect();
        let functions = self
            .functions
            .into_iter()
            .zip(changes)
            .filter(|(function, _)| !function.is_closure())
            .map(|(function, may_change)| FunctionOutline {
                parameters: function.parameters.len(),
                position: function.position,
                name: function.name,
                may_change,
            })
            .collect();
        Ok(Outline {
            state: self.state,
            constants: self.constants,
            functions,
            is_empty: self.is_empty,
            uses_power,
            reads_given,
            api_calls,
            warnings: self.warnings,
        })
    }
}

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
};

use rhai::{
    AST, Caches, Dynamic, Engine, EvalAltResult, ImmutableString, Module, OptimizationLevel, Scope,
    Shared, Stmt, module_resolvers::DummyModuleResolver,
};

use super::{
    convert,
    faults::{self, Files},
    meter,
    modules::{Modules, is_of_constants},
    natives::{self, Library},
    session::{OpenSessions, Session, SessionPool},
    tally,
};
use crate::{
    api::ScriptContext,
    contract::{ErrorKind, LogLevel, Position, ScriptError, ScriptLimits, Stage, Value},
    script::{
        outline::{FunctionOutline, GIVEN, Outline, position},
        parsed::Parsed,
        units::Unit,
    },
};

/// A script compiled for the reference backend.
pub(crate) struct ReferenceProgram {
    path: String,
    files: Files,
    /// The libraries, by alias.
    imports: Vec<(String, Shared<Module>)>,
    engine: Engine,
    ast: AST,
    state: Vec<String>,
    constants: Vec<(String, Dynamic)>,
    functions: Vec<Function>,
    sessions: SessionPool,
    /// Which of the given variables the script reads.
    reads: [bool; GIVEN.len()],
}

struct Function {
    name: String,
    position: Option<Position>,
    parameters: Vec<ImmutableString>,
    body: Box<[Stmt]>,
    may_change: Box<[bool]>,
}

/// An engine that parses within limits, and knows no function.
pub(crate) fn parser(limits: &ScriptLimits) -> Engine {
    let mut engine = Engine::new_raw();
    meter::install(&mut engine);
    tally::install(&mut engine);
    set_limits(&mut engine, limits);
    // Folding would use the machine's own maths and change what a script costs.
    engine.set_optimization_level(OptimizationLevel::None);
    engine.set_module_resolver(DummyModuleResolver::new());
    engine.disable_symbol("eval");
    // Doubles the size of a function pointer at each turn of a loop, and no limit sees it.
    engine.disable_symbol("curry");
    engine.on_print(|text| natives::log(LogLevel::Info, text));
    engine.on_debug(|text, _, _| natives::log(LogLevel::Debug, text));
    engine
}

/// Parses a script.
///
/// # Errors
/// What the parser says.
pub(crate) fn parse(
    engine: &Engine,
    path: &str,
    text: &str,
    limits: &ScriptLimits,
) -> Result<AST, ScriptError> {
    let (parsed, verdict) = tally::within(limits, || engine.compile(text));
    if let Some((kind, message, at)) = verdict {
        return Err(ScriptError::new(Stage::Compile, kind, path, message).at(position(at)));
    }
    let mut ast = parsed.map_err(|error| faults::from_parse(path, &error))?;
    ast.set_source(path);
    Ok(ast)
}

fn set_limits(engine: &mut Engine, limits: &ScriptLimits) {
    engine.set_max_call_levels(limits.call_levels);
    engine.set_max_expr_depths(limits.expression_depth, limits.function_expression_depth);
    engine.set_max_string_size(limits.string_bytes);
    engine.set_max_array_size(limits.array_items);
    engine.set_max_map_size(limits.map_items);
    engine.set_max_variables(limits.variables);
    engine.set_max_functions(limits.functions);
    engine.set_max_modules(0);
}

impl ReferenceProgram {
    /// The value of a constant.
    pub(crate) fn constant(&self, name: &str) -> Option<Value> {
        let (_, value) = self.constants.iter().find(|(other, _)| other == name)?;
        convert::to_value(value).ok()
    }

    /// Makes a script whose files were checked ready to run, and evaluates the constants.
    ///
    /// # Errors
    /// A constant cannot be evaluated.
    pub(crate) fn new(
        mut units: Vec<Unit<'_>>,
        outlines: &[Outline],
        library: &Library,
        context: &mut ScriptContext<'_>,
    ) -> Result<Self, ScriptError> {
        let none = Outline::default();
        let outline = outlines.last().unwrap_or(&none);
        let files = Files::new(&units);
        let limits = context.limits().clone();
        let mut modules = Modules::default();
        let Some(own) = units.pop() else {
            let message = "there is no script";
            return Err(ScriptError::new(Stage::Compile, ErrorKind::Host, "", message));
        };
        for (unit, outline) in units.iter().zip(outlines) {
            let constants = evaluate_constants(unit, &modules, &files, outline, library, context)?;
            modules.add(unit, constants, &limits, &files)?;
        }
        // A script of this backend has an engine of its own.
        let mut engine = parser(&limits);
        // The built-in `**` of floats is the machine's; ours is not looked up unless all operators
        // are, which costs scripts that never use it nothing this way.
        engine.set_fast_operators(!outlines.iter().any(|outline| outline.uses_power));
        library.install(&mut engine);
        modules.install(&mut engine, &own, &limits);
        let constants = evaluate_constants(&own, &modules, &files, outline, library, context)?;
        if !constants.is_empty() || !modules.constants.is_empty() {
            // For helpers, which do not see the scope of their caller.
            let mut module = Module::new();
            for (name, value) in &constants {
                module.set_var(name.as_str(), value.clone());
            }
            for (name, value) in &modules.constants {
                module.set_var(name.as_str(), value.clone());
            }
            module.build_index();
            engine.register_global_module(module.into());
        }
        let imports = modules.imports(&own).collect();
        let Parsed { ast, functions: parsed } = own.parsed;
        let function = |f: &FunctionOutline| {
            let defined = parsed.iter().find(|parsed| {
                parsed.def.name.as_str() == f.name && parsed.def.params.len() == f.parameters
            });
            Function {
                name: f.name.clone(),
                position: f.position,
                parameters: defined.map(|parsed| parsed.def.params.to_vec()).unwrap_or_default(),
                body: defined.map(|parsed| parsed.body.clone().into()).unwrap_or_default(),
                may_change: (0..outline.state.len()).map(|i| f.may_change.contains(&i)).collect(),
            }
        };
        let functions = outline.functions.iter().map(function).collect();
        Ok(Self {
            path: own.source.path().to_owned(),
            files,
            imports,
            engine,
            ast,
            state: outline.state.clone(),
            constants,
            functions,
            sessions: SessionPool::default(),
            reads: outline.reads_given,
        })
    }

    /// Runs the code at the top level once and gives the state that it leaves.
    pub(crate) fn start(
        &self,
        context: &mut ScriptContext<'_>,
    ) -> Result<Box<[Dynamic]>, ScriptError> {
        let mut scope = Scope::new();
        scope.push(GIVEN[0], context.entity().0).push(GIVEN[1], context.delta_time());
        let limits = context.limits().clone();
        meter::fill(limits.start_fuel, &limits.safety);
        let result = catch(|| {
            natives::with_host(context, || {
                self.engine.eval_ast_with_scope::<Dynamic>(&mut scope, &self.ast)
            })
        });
        context.spend(limits.start_fuel - meter::left());
        self.judge(Stage::Bind, None, result)?;
        let mut slots = Vec::with_capacity(self.state.len());
        for name in &self.state {
            let mut value = scope.get_mut(name).map(std::mem::take).unwrap_or_default().flatten();
            self.check(Stage::Bind, name, &mut value, &limits)?;
            slots.push(value);
        }
        Ok(slots.into())
    }

    /// Calls a function. If it fails the state is as it was before.
    pub(crate) fn call(
        &self,
        function: usize,
        state: &mut [Dynamic],
        args: &[Value],
        context: &mut ScriptContext<'_>,
    ) -> Result<(), ScriptError> {
        let function = &self.functions[function];
        let mut session =
            OpenSessions::of(context.kept()).take(&self.sessions, || self.new_session());
        let Session { scope, global, caches } = &mut *session;
        let given =
            [Dynamic::from_int(context.entity().0), Dynamic::from_float(context.delta_time())];
        for (i, value) in given.into_iter().enumerate().filter(|(i, _)| self.reads[*i]) {
            if let Some(place) = scope.get_mut(GIVEN[i]) {
                *place = value;
            }
        }
        for (i, name) in self.state.iter().enumerate() {
            if let Some(place) = scope.get_mut(name) {
                let slot = &mut state[i];
                *place = if function.may_change[i] { slot.clone() } else { std::mem::take(slot) };
            }
        }
        let depth = scope.len();
        for (i, name) in function.parameters.iter().enumerate() {
            let arg = args.get(i).map_or(Dynamic::UNIT, convert::from_value);
            scope.push_dynamic(name.as_str(), arg);
        }
        let limits = context.limits().clone();
        meter::fill(limits.fuel, &limits.safety);
        let result = catch(|| {
            natives::with_host(context, || {
                #[expect(deprecated, reason = "to be removed in Rhai 2; rhai is pinned")]
                self.engine.eval_statements_raw(global, caches, scope, &function.body)
            })
        });
        scope.rewind(depth);
        context.spend(limits.fuel - meter::left());
        let mut result = self.judge(Stage::Run, Some(&function.name), result);
        if let Err(error) = &mut result {
            // Some errors, such as a stop in an empty loop, come without a place.
            error.position = error.position.or(function.position);
        }
        // First what was only lent, whether the call failed or not.
        for (i, name) in self.state.iter().enumerate().filter(|(i, _)| !function.may_change[*i]) {
            if let Some(place) = scope.get_mut(name) {
                state[i] = std::mem::take(place);
            }
        }
        if result.is_ok() {
            let changed = || self.state.iter().enumerate().filter(|(i, _)| function.may_change[*i]);
            for (_, name) in changed() {
                if let Some(place) = scope.get_mut(name) {
                    if place.is_shared() {
                        *place = std::mem::take(place).flatten();
                    }
                    if let Err(error) = self.check(Stage::Run, name, place, &limits) {
                        result = Err(error);
                        break;
                    }
                }
            }
            if result.is_ok() {
                for (i, name) in changed() {
                    if let Some(place) = scope.get_mut(name) {
                        state[i] = std::mem::take(place);
                    }
                }
            }
        }
        // A session may hold anything after a call that failed.
        if result.is_ok() {
            OpenSessions::of(context.kept()).give_back(session);
        }
        result
    }

    fn new_session(&self) -> Session {
        let mut scope = Scope::with_capacity(GIVEN.len() + self.constants.len() + self.state.len());
        for name in GIVEN {
            scope.push_dynamic(name, Dynamic::UNIT);
        }
        for (name, value) in &self.constants {
            scope.push_constant_dynamic(name.as_str(), value.clone());
        }
        for name in &self.state {
            scope.push_dynamic(name.as_str(), Dynamic::UNIT);
        }
        let mut global = self.engine.new_global_runtime_state();
        global.lib.push(self.ast.shared_lib().clone());
        for (alias, module) in &self.imports {
            global.push_import(alias.as_str(), module.clone());
        }
        global.source = Some(self.path.as_str().into());
        // As inside a function that the top level called.
        (global.level, global.scope_level) = (1, 1);
        let mut caches = Caches::new();
        caches.push_fn_resolution_cache();
        Session { scope, global, caches }
    }

    /// What became of a call, whatever it returned: one that was stopped has failed even if a native
    /// swallowed the stop.
    fn judge(
        &self,
        stage: Stage,
        callback: Option<&str>,
        result: Result<Result<Dynamic, Box<EvalAltResult>>, String>,
    ) -> Result<(), ScriptError> {
        let error = match result {
            Err(panic) => {
                return Err(ScriptError::new(
                    stage,
                    ErrorKind::Host,
                    &self.path,
                    format!("a function of the host panicked: {panic}"),
                ));
            }
            Ok(Err(error)) => *error,
            Ok(Ok(_)) => match meter::stopped() {
                Some(stop) => EvalAltResult::ErrorTerminated(stop.token(), rhai::Position::NONE),
                None => return Ok(()),
            },
        };
        Err(faults::from_eval(&self.files, &self.path, stage, callback, error))
    }

    /// Whether a variable may keep a value. What closures still share is copied out of its cell.
    fn check(
        &self,
        stage: Stage,
        name: &str,
        value: &mut Dynamic,
        limits: &ScriptLimits,
    ) -> Result<(), ScriptError> {
        let Err(fault) = convert::check_plain(value, limits) else { return Ok(()) };
        if fault.kind == ErrorKind::Runtime
            && let Ok(plain) = convert::to_value(value)
        {
            *value = convert::from_owned(plain);
            return Ok(());
        }
        let message = format!("variable `{name}` cannot be kept: {}", fault.message);
        Err(ScriptError::new(stage, fault.kind, &self.path, message))
    }
}

/// Runs something; `Err` with the message if it panicked. Only functions of the host may panic, and
/// what they could leave half-done is thrown away with the call.
fn catch<R>(work: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        payload
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned())
    })
}

/// The values of the top-level constants, which all instances share: evaluated once, without the
/// rest of the script and without a world.
fn evaluate_constants(
    unit: &Unit<'_>,
    modules: &Modules,
    files: &Files,
    outline: &Outline,
    library: &Library,
    context: &mut ScriptContext<'_>,
) -> Result<Vec<(String, Dynamic)>, ScriptError> {
    if outline.constants.is_empty() {
        return Ok(Vec::new());
    }
    let (path, ast) = (unit.path(), &unit.parsed.ast);
    let mut engine = Engine::new_raw();
    meter::install(&mut engine);
    set_limits(&mut engine, context.limits());
    engine.set_fast_operators(false);
    library.install(&mut engine);
    modules.install(&mut engine, unit, context.limits());
    let imported = modules.constants.clone();
    // The parser counted how far each variable lies from the end of the scope; without the `let`s
    // in between, only names can be trusted.
    let functions: BTreeSet<String> = ast.iter_fn_def().map(|def| def.name.to_string()).collect();
    #[expect(deprecated, reason = "marked so because its shape may change; rhai is pinned")]
    engine.on_var(move |name, offset, context| {
        // What a constant or a function declares for itself lies where the parser says.
        let scope = context.scope();
        // Entries come last first, and offsets count from 1.
        let own = offset.checked_sub(1).and_then(|i| scope.iter_raw().nth(i));
        let is_own = own.is_some_and(|(at, ..)| at == name);
        if is_own || functions.contains(name) {
            return Ok(None);
        }
        // Functions of a library see its constants.
        let imported = imported.get(name).filter(|_| context.call_level() > 0);
        match scope.get(name).or(imported) {
            Some(value) => Ok(Some(value.clone())),
            None => {
                Err(format!("a constant can only use other constants, and `{name}` is none").into())
            }
        }
    });
    let constants = ast.statements().iter().filter(|statement| is_of_constants(statement));
    let mut alone = AST::new(constants.cloned(), ast.shared_lib().clone());
    alone.set_source(path);
    let mut scope = Scope::new();
    meter::fill(context.limits().start_fuel, &context.limits().safety);
    let result = catch(|| {
        natives::with_host(context, || engine.eval_ast_with_scope::<Dynamic>(&mut scope, &alone))
    });
    match result {
        Ok(Ok(_)) => {
            if let Some(stop) = meter::stopped() {
                let (kind, message) = stop.told();
                return Err(ScriptError::new(Stage::Compile, kind, path, message));
            }
        }
        Ok(Err(error)) => return Err(faults::from_eval(files, path, Stage::Compile, None, *error)),
        Err(panic) => {
            let message = format!("a function of the host panicked: {panic}");
            return Err(ScriptError::new(Stage::Compile, ErrorKind::Host, path, message));
        }
    }
    Ok(outline
        .constants
        .iter()
        .map(|name| (name.clone(), scope.get(name).cloned().unwrap_or_default()))
        .collect())
}

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    hash::Hasher,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use twox_hash::XxHash3_64;

use super::{
    Backend,
    compiled::{self, CompiledProgram},
    outline::{Outline, Rules, outline},
    reference::{self, ReferenceProgram, Standard},
};
use crate::{
    api::{ApiFunction, ApiTable, CallScope, Category, ScriptContext},
    contract::{
        CALLBACKS, Callback, ComponentFault, ErrorKind, ScriptError, ScriptId, ScriptLimits,
        ScriptSource, Stage, Value, WorldView,
    },
    trust::{Permissions, TrustLevel, Verified},
};

/// Turns verified text into something that can be called. A pure function of the text, its
/// permissions, the table and the limits: the same script is accepted or refused on every machine.
pub struct ScriptCompiler {
    api: ApiTable,
    limits: ScriptLimits,
    standard: OnceLock<Standard>,
    /// What scripts may call, by the categories that are denied to them.
    libraries: Mutex<BTreeMap<BTreeSet<Category>, Libraries>>,
    backend: Backend,
    watched: bool,
}

/// What scripts may call, as each backend has it; made when the first script of it needs it.
#[derive(Clone, Default)]
struct Libraries {
    compiled: Option<Arc<compiled::Library>>,
    reference: Option<reference::Library>,
}

impl Default for ScriptCompiler {
    fn default() -> Self {
        Self::new(ApiTable::default(), ScriptLimits::default())
    }
}

/// A function of a [`CompiledScript`], found by name once and called by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(u32);

/// A script that can be called: an interface, not a tree. Shared by all its instances.
pub struct CompiledScript {
    source_hash: u64,
    identity: u64,
    path: Arc<str>,
    level: TrustLevel,
    granted: Permissions,
    state: Vec<String>,
    functions: HashMap<String, FunctionId>,
    callbacks: [Option<FunctionId>; CALLBACKS.len()],
    names: Arc<[String]>,
    salts: Vec<u64>,
    warnings: Vec<ScriptError>,
    api_calls: Vec<String>,
    sets_timers: bool,
    /// What messages it hears; all if `None`.
    topics: Option<Vec<String>>,
    limits: ScriptLimits,
    is_empty: bool,
    pub(super) program: Program,
}

/// Which backend runs a script.
pub(super) enum Program {
    Compiled(Box<CompiledProgram>),
    Reference(Box<ReferenceProgram>),
}

impl fmt::Debug for CompiledScript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompiledScript")
            .field("path", &self.path)
            .field("level", &self.level)
            .field("state", &self.state)
            .field("functions", &self.names)
            .finish_non_exhaustive()
    }
}

impl ScriptCompiler {
    /// A compiler for scripts that may call the functions of a table within limits.
    #[must_use]
    pub const fn new(api: ApiTable, limits: ScriptLimits) -> Self {
        Self {
            api,
            limits,
            standard: OnceLock::new(),
            libraries: Mutex::new(BTreeMap::new()),
            backend: Backend::Compiled,
            watched: false,
        }
    }

    /// The same, for another backend. [`Backend::Reference`] is for trusted scripts only; of others the
    /// compiler says so.
    #[must_use]
    pub const fn with_backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// The same, with a mark at each statement that tells
    /// [watchers](crate::api::ScriptContext::watched_by) of it. Scripts mean the same and use the same
    /// fuel, and are slower. Only for the compiled backend.
    #[must_use]
    pub const fn watched(mut self) -> Self {
        self.watched = true;
        self
    }

    /// Which backend runs the scripts.
    #[must_use]
    pub const fn backend(&self) -> Backend {
        self.backend
    }

    /// The table.
    #[must_use]
    pub const fn api(&self) -> &ApiTable {
        &self.api
    }

    /// The limits.
    #[must_use]
    pub const fn limits(&self) -> &ScriptLimits {
        &self.limits
    }

    /// Parses, checks and compiles a script, and evaluates its constants.
    ///
    /// Call it on a thread of [`ScriptWorkers`](super::ScriptWorkers): the parser recurses. Costs
    /// some 10 µs a line.
    ///
    /// # Errors
    /// [`ErrorKind::Permission`] if [`Backend::Reference`] is to run a script that is not
    /// [trusted](TrustLevel::Trusted). Every error that the checks find, in the order of the text; a single one if the text is no
    /// script at all. [`ErrorKind::Permission`] where the script calls what it
    /// [may not](Verified::granted).
    pub fn compile(
        &self,
        source: &Verified<ScriptSource>,
    ) -> Result<CompiledScript, Vec<ScriptError>> {
        let path = source.get().path();
        if self.backend == Backend::Reference && source.level() != TrustLevel::Trusted {
            let message = "the reference backend is for trusted scripts only: nothing bounds what one step of it may cost; let the compiled backend run this";
            let kind = ErrorKind::Permission;
            return Err(vec![ScriptError::new(Stage::Compile, kind, path, message)]);
        }
        let text = self.read(source.get()).map_err(|error| vec![error])?;
        let parsed = reference::parse(path, text, &self.limits).map_err(|error| vec![error])?;
        let denied = self.denied(source.granted());
        let rules = Rules {
            api: &self.api,
            standard: self.standard(),
            denied: &denied,
            limits: &self.limits,
            backend: self.backend,
        };
        let outline = outline(path, &parsed.1, rules)?;
        let mut context = ScriptContext::new(CallScope {
            world: &NoWorld,
            limits: &self.limits,
            world_seed: 0,
            tick: 0,
            delta_time: 0.0,
        });
        let program = match self.backend {
            Backend::Compiled => {
                let library = self.compiled_library(denied);
                let ast = &parsed.1;
                let program =
                    CompiledProgram::new(path, ast, &outline, library, self.watched, &mut context)?;
                Program::Compiled(Box::new(program))
            }
            Backend::Reference => {
                let library = self.reference_library(denied);
                let program = ReferenceProgram::new(path, parsed, &outline, &library, &mut context)
                    .map_err(|error| vec![error])?;
                Program::Reference(Box::new(program))
            }
        };
        let topics = topics(path, &outline, &program).map_err(|error| vec![error])?;
        let identity = self.identity(source);
        Ok(CompiledScript::new(source, identity, &self.limits, outline, program, topics))
    }

    fn identity(&self, source: &Verified<ScriptSource>) -> u64 {
        let mut hasher = XxHash3_64::default();
        let mut part = |bytes: &[u8]| {
            hasher.write(&(bytes.len() as u64).to_le_bytes());
            hasher.write(bytes);
        };
        part(env!("CARGO_PKG_VERSION").as_bytes());
        part(self.backend.to_string().as_bytes());
        part(format!("{:?}", self.limits).as_bytes());
        part(source.get().bytes());
        for function in self.api.iter() {
            let category = function.category();
            let granted =
                *category == Category::UNIVERSAL || source.granted().allows(category.name());
            if granted {
                function.signatures().iter().for_each(|signature| part(signature.as_bytes()));
            }
        }
        hasher.finish()
    }

    fn standard(&self) -> &Standard {
        self.standard.get_or_init(Standard::new)
    }

    /// The categories of the table that need a permission which is not granted.
    fn denied(&self, granted: &Permissions) -> BTreeSet<Category> {
        let categories = self.api.iter().map(ApiFunction::category);
        categories
            .filter(|category| {
                **category != Category::UNIVERSAL && !granted.allows(category.name())
            })
            .cloned()
            .collect()
    }

    fn compiled_library(&self, denied: BTreeSet<Category>) -> Arc<compiled::Library> {
        let mut libraries = self.libraries.lock().unwrap_or_else(PoisonError::into_inner);
        let build = || compiled::library(&self.api, &denied);
        libraries.entry(denied.clone()).or_default().compiled.get_or_insert_with(build).clone()
    }

    fn reference_library(&self, denied: BTreeSet<Category>) -> reference::Library {
        let mut libraries = self.libraries.lock().unwrap_or_else(PoisonError::into_inner);
        let build = || self.standard().library(&self.api, &denied);
        libraries.entry(denied.clone()).or_default().reference.get_or_insert_with(build).clone()
    }

    fn read<'a>(&self, source: &'a ScriptSource) -> Result<&'a str, ScriptError> {
        let limit = self.limits.source_bytes;
        let size = source.bytes().len();
        if size > limit {
            let message = format!("the file has {size} bytes, the limit is {limit}");
            return Err(ScriptError::new(Stage::Load, ErrorKind::Memory, source.path(), message));
        }
        // Some editors begin a file with a mark that is no part of the text.
        let bytes = source.bytes().strip_prefix(b"\xef\xbb\xbf").unwrap_or(source.bytes());
        std::str::from_utf8(bytes).map_err(|error| {
            let valid = &bytes[..error.valid_up_to()];
            let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
            let message = format!("not a text file: line {line} is not UTF-8");
            ScriptError::new(Stage::Load, ErrorKind::Syntax, source.path(), message)
        })
    }
}

impl CompiledScript {
    fn new(
        source: &Verified<ScriptSource>,
        identity: u64,
        limits: &ScriptLimits,
        outline: Outline,
        program: Program,
        topics: Option<Vec<String>>,
    ) -> Self {
        let mut functions: HashMap<String, (FunctionId, usize)> = HashMap::new();
        let mut names = Vec::new();
        for (i, function) in outline.functions.iter().enumerate() {
            let id = FunctionId(i as u32);
            names.push(function.name.clone());
            // Of several with one name the one with most parameters tells its caller most.
            let entry = functions.entry(function.name.clone()).or_insert((id, function.parameters));
            if function.parameters > entry.1 {
                *entry = (id, function.parameters);
            }
        }
        let functions: HashMap<_, _> =
            functions.into_iter().map(|(name, (id, _))| (name, id)).collect();
        let callbacks = std::array::from_fn(|i| functions.get(CALLBACKS[i].name).copied());
        Self {
            source_hash: XxHash3_64::oneshot(source.get().bytes()),
            identity,
            path: source.get().path().into(),
            level: source.level(),
            granted: source.granted().clone(),
            state: outline.state,
            functions,
            callbacks,
            salts: names.iter().map(|name| XxHash3_64::oneshot(name.as_bytes())).collect(),
            names: names.into(),
            warnings: outline.warnings,
            sets_timers: ["after", "every"].iter().any(|name| outline.api_calls.contains(*name)),
            topics,
            api_calls: outline.api_calls.into_iter().collect(),
            limits: limits.clone(),
            is_empty: outline.is_empty,
            program,
        }
    }

    /// A hash of the bytes that it was compiled from.
    #[must_use]
    pub const fn source_hash(&self) -> u64 {
        self.source_hash
    }

    /// What the program is, for machines that must run the same one: a hash of its text, the compiler's
    /// version, the backend, the limits, and the functions that it may call.
    #[must_use]
    pub const fn identity(&self) -> u64 {
        self.identity
    }

    /// What error messages call this script.
    #[must_use]
    pub const fn path(&self) -> &Arc<str> {
        &self.path
    }

    /// How far it is believed.
    #[must_use]
    pub const fn level(&self) -> TrustLevel {
        self.level
    }

    /// What it may call.
    #[must_use]
    pub const fn granted(&self) -> &Permissions {
        &self.granted
    }

    /// The limits that it was compiled for.
    #[must_use]
    pub const fn limits(&self) -> &ScriptLimits {
        &self.limits
    }

    /// Its top-level variables, in the order of the text.
    #[must_use]
    pub fn state_names(&self) -> &[String] {
        &self.state
    }

    /// The function that it defines for a callback.
    #[must_use]
    pub const fn callback(&self, callback: Callback) -> Option<FunctionId> {
        self.callbacks[callback as usize]
    }

    /// The function of a name.
    #[must_use]
    pub fn function(&self, name: &str) -> Option<FunctionId> {
        self.functions.get(name).copied()
    }

    /// The name of a function.
    #[must_use]
    pub fn function_name(&self, id: FunctionId) -> &str {
        self.names.get(id.0 as usize).map_or("", String::as_str)
    }

    /// What tells the calls of a function from the calls of all others: see
    /// [`ScriptContext::begin`].
    #[must_use]
    pub fn salt(&self, id: FunctionId) -> u64 {
        self.salts.get(id.0 as usize).copied().unwrap_or_default()
    }

    /// Things in it that are probably not meant.
    #[must_use]
    pub fn warnings(&self) -> &[ScriptError] {
        &self.warnings
    }

    /// Whether there is nothing in it: no variable, no constant, no function, no statement.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// Whether messages of a topic are told to it: all are, unless it has `const TOPICS = [..]`.
    #[must_use]
    pub fn hears(&self, topic: &str) -> bool {
        self.topics.as_ref().is_none_or(|topics| topics.iter().any(|heard| heard == topic))
    }

    /// Whether it may set timers.
    #[must_use]
    pub const fn sets_timers(&self) -> bool {
        self.sets_timers
    }

    /// The names of all functions, by number.
    pub(super) const fn function_names(&self) -> &Arc<[String]> {
        &self.names
    }

    /// Whether it calls a function of the API by name.
    #[must_use]
    pub fn calls_api(&self, function: &str) -> bool {
        self.api_calls.iter().any(|name| name == function)
    }
}

impl FunctionId {
    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The topics that a script says it listens to.
fn topics(
    path: &str,
    outline: &Outline,
    program: &Program,
) -> Result<Option<Vec<String>>, ScriptError> {
    const TOPICS: &str = "TOPICS";
    let Some(i) = outline.constants.iter().position(|name| name == TOPICS) else {
        return Ok(None);
    };
    let value = match program {
        Program::Compiled(program) => program.constant(i),
        Program::Reference(program) => program.constant(TOPICS),
    };
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let topics = match &value {
        Some(Value::Array(topics)) => topics.iter().map(text).collect(),
        _ => None,
    };
    topics.map(Some).ok_or_else(|| {
        let message = "`TOPICS` says which messages `on_message` hears: an array of texts, such as `const TOPICS = [\"alarm\"];`";
        ScriptError::new(Stage::Compile, ErrorKind::Compile, path, message).at(outline.topics_at)
    })
}

/// What constants see of the world: nothing.
struct NoWorld;

impl WorldView for NoWorld {
    fn exists(&self, _: ScriptId) -> bool {
        false
    }
    fn position(&self, _: ScriptId) -> Option<glam::Vec3> {
        None
    }
    fn velocity(&self, _: ScriptId) -> glam::Vec3 {
        glam::Vec3::ZERO
    }
    fn tag(&self, _: ScriptId) -> Option<&str> {
        None
    }
    fn find_by_tag(&self, _: &str, _: &dyn Fn(ScriptId) -> bool) -> Option<ScriptId> {
        None
    }
    fn component(&self, _: ScriptId, _: &str) -> Result<Option<Value>, ComponentFault> {
        Ok(None)
    }
    fn patched_component(
        &self,
        _: ScriptId,
        _: &str,
        _: &[&Value],
    ) -> Result<Value, ComponentFault> {
        Err(ComponentFault::Rejected("constants cannot change the world".to_owned()))
    }
    fn is_prefab(&self, _: &str) -> bool {
        false
    }
}

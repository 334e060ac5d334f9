use std::{
    collections::{BTreeMap, BTreeSet},
    hash::Hasher,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use rhai::Engine;
use twox_hash::XxHash3_64;

use super::{
    Backend, ImportPath, Libraries,
    compiled::{self, CompiledProgram},
    compiled_script::{CompiledScript, Program},
    imports::imports,
    outline::{Exports, File, Imported, OneSpace, Outline, Rules, outline},
    reference::{self, ReferenceProgram, Standard},
    units::{self, Unit, UnitImport},
};
use crate::{
    api::{ApiFunction, ApiTable, CallScope, Category, ScriptContext},
    contract::{
        ComponentFault, ErrorKind, ScriptError, ScriptId, ScriptLimits, ScriptSource, Stage, Value,
        WorldView,
    },
    trust::{LevelLimits, Permissions, TrustLevel, Verified},
};

/// Turns verified text into something that can be called. A pure function of the text, its
/// permissions, the table and the limits: the same script is accepted or refused on every machine.
pub struct ScriptCompiler {
    api: ApiTable,
    limits: Limits,
    standard: OnceLock<Standard>,
    /// What scripts may call, by the categories that are denied to them.
    offers: Mutex<BTreeMap<BTreeSet<Category>, Offer>>,
    backend: Backend,
    watched: bool,
}

/// What scripts may use, by their level, and what parses them within it.
#[derive(Default)]
struct Limits {
    untrusted: Bounds,
    mods: Bounds,
    trusted: Bounds,
}

#[derive(Default)]
struct Bounds {
    limits: Arc<ScriptLimits>,
    parser: OnceLock<Engine>,
}

impl Limits {
    fn new(limits: LevelLimits) -> Self {
        let bounds = |limits| Bounds { limits: Arc::new(limits), parser: OnceLock::new() };
        let LevelLimits { untrusted, mods, trusted } = limits;
        Self { untrusted: bounds(untrusted), mods: bounds(mods), trusted: bounds(trusted) }
    }

    const fn of(&self, level: TrustLevel) -> &Bounds {
        match level {
            TrustLevel::Untrusted => &self.untrusted,
            TrustLevel::Mod => &self.mods,
            TrustLevel::Trusted => &self.trusted,
        }
    }
}

impl Bounds {
    fn parser(&self) -> &Engine {
        self.parser.get_or_init(|| reference::parser(&self.limits))
    }
}

/// What scripts may call, as each backend has it; made when the first script of it needs it.
#[derive(Clone, Default)]
struct Offer {
    compiled: Option<Arc<compiled::Library>>,
    reference: Option<reference::Library>,
    /// See [`ScriptCompiler::offered`].
    identity: BTreeMap<TrustLevel, u64>,
}

impl Default for ScriptCompiler {
    fn default() -> Self {
        Self::new(ApiTable::default(), LevelLimits::default())
    }
}

impl ScriptCompiler {
    /// A compiler for scripts that may call the functions of a table within limits.
    #[must_use]
    pub fn new(api: ApiTable, limits: impl Into<LevelLimits>) -> Self {
        Self {
            api,
            limits: Limits::new(limits.into()),
            standard: OnceLock::new(),
            offers: Mutex::new(BTreeMap::new()),
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

    /// The limits of all levels.
    #[must_use]
    pub fn level_limits(&self) -> LevelLimits {
        let of = |level| self.limits(level).clone();
        LevelLimits {
            untrusted: of(TrustLevel::Untrusted),
            mods: of(TrustLevel::Mod),
            trusted: of(TrustLevel::Trusted),
        }
    }

    /// The limits of a level.
    #[must_use]
    pub fn limits(&self, level: TrustLevel) -> &ScriptLimits {
        &self.limits.of(level).limits
    }

    /// Parses, checks and compiles a script that imports nothing, and evaluates its constants.
    ///
    /// Call it on a thread of [`ScriptWorkers`](super::ScriptWorkers): the parser recurses. Costs
    /// some 3 µs a line.
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
        self.compile_with(source, &Libraries::default())
    }

    /// What a file imports, without what that imports in turn; see [`Libraries`]. Only parses.
    ///
    /// # Errors
    /// The file is no script, or one of its imports leads nowhere.
    pub fn imports(
        &self,
        source: &Verified<ScriptSource>,
    ) -> Result<Vec<ImportPath>, Vec<ScriptError>> {
        let bounds = self.limits.of(source.level());
        let source = source.get();
        // Most scripts have no import, and need not be parsed to see it.
        const WORD: &[u8] = b"import";
        if !source.bytes().windows(WORD.len()).any(|part| part == WORD) {
            return Ok(Vec::new());
        }
        let ast =
            units::parse(bounds.parser(), &bounds.limits, source).map_err(|error| vec![error])?;
        let (imports, errors) = imports(source, &ast);
        if !errors.is_empty() {
            return Err(errors);
        }
        let paths: BTreeSet<_> = imports.into_iter().map(|import| import.path).collect();
        Ok(paths.into_iter().collect())
    }

    /// Parses, checks and compiles a script together with its libraries, and evaluates the constants of
    /// all. A library may call what the script may, and must be [believed](Verified::level) as far.
    ///
    /// # Errors
    /// As [`compile`](Self::compile), of the script and its libraries; each names its file.
    pub fn compile_with(
        &self,
        source: &Verified<ScriptSource>,
        libraries: &Libraries,
    ) -> Result<CompiledScript, Vec<ScriptError>> {
        if self.backend == Backend::Reference && source.level() != TrustLevel::Trusted {
            let message = "the reference backend is for trusted scripts only: nothing bounds what one step of it may cost; let the compiled backend run this";
            let (kind, path) = (ErrorKind::Permission, source.get().path());
            return Err(vec![ScriptError::new(Stage::Compile, kind, path, message)]);
        }
        let bounds = self.limits.of(source.level());
        let limits = &bounds.limits;
        let units = units::units(bounds.parser(), limits, source, libraries)?;
        let denied = self.denied(source.granted());
        let outlines = self.outlines(&units, &denied, limits)?;
        let mut context = ScriptContext::new(CallScope {
            world: &NoWorld,
            world_seed: 0,
            tick: 0,
            delta_time: 0.0,
        });
        context.hold_to(limits);
        let (identity, source_hash) = self.hashes(source, &denied, &units);
        let program = match self.backend {
            Backend::Compiled => {
                let library = self.compiled_library(&denied);
                let program =
                    CompiledProgram::new(&units, &outlines, library, self.watched, &mut context)?;
                Program::Compiled(Box::new(program))
            }
            Backend::Reference => {
                let library = self.reference_library(&denied);
                let program = ReferenceProgram::new(units, &outlines, &library, &mut context)
                    .map_err(|error| vec![error])?;
                Program::Reference(Box::new(program))
            }
        };
        let topics = match outlines.split_last() {
            Some((own, libraries)) => topics(source.get().path(), own, libraries, &program),
            None => Ok(None),
        };
        let topics = topics.map_err(|error| vec![error])?;
        let hashes = (identity, source_hash);
        Ok(CompiledScript::new(source, hashes, limits, outlines, (program, topics)))
    }

    /// What is known of each file, in the order of the units.
    fn outlines(
        &self,
        units: &[Unit<'_>],
        denied: &BTreeSet<Category>,
        limits: &ScriptLimits,
    ) -> Result<Vec<Outline>, Vec<ScriptError>> {
        let standard = self.standard();
        let (api, backend) = (&self.api, self.backend);
        let rules = Rules { api, standard, denied, limits, backend };
        let mut space = OneSpace::default();
        let mut found: Vec<Result<Outline, Exports>> = Vec::new();
        let mut errors = Vec::new();
        for (i, unit) in units.iter().enumerate() {
            let exports = |import: &UnitImport| match found.get(import.unit)? {
                Ok(outline) => Some(&outline.exports),
                Err(exports) => Some(exports),
            };
            let imports: Vec<Imported<'_>> = unit
                .imports
                .iter()
                .filter_map(|import| {
                    let exports = exports(import)?;
                    Some(Imported { alias: &import.alias, position: import.position, exports })
                })
                .collect();
            let file = File {
                path: unit.path(),
                parsed: &unit.parsed,
                is_library: i + 1 < units.len(),
                imports: &imports,
            };
            found.push(match outline(file, rules, &mut space) {
                Ok(outline) => Ok(outline),
                Err((more, exports)) => {
                    errors.extend(more);
                    Err(exports)
                }
            });
        }
        if errors.is_empty() { Ok(found.into_iter().flatten().collect()) } else { Err(errors) }
    }

    /// The identity of a program and the hash of its texts.
    fn hashes(
        &self,
        source: &Verified<ScriptSource>,
        denied: &BTreeSet<Category>,
        units: &[Unit<'_>],
    ) -> (u64, u64) {
        let mut identity = XxHash3_64::default();
        identity.write(&self.offered(source.level(), denied).to_le_bytes());
        let mut texts = XxHash3_64::default();
        let (own, libraries) = match units.split_last() {
            Some((own, libraries)) => (own.source.bytes(), libraries),
            None => (source.get().bytes(), units),
        };
        for hasher in [&mut identity, &mut texts] {
            hasher.write(own);
            for library in libraries {
                for part in [library.path().as_bytes(), library.source.bytes()] {
                    hasher.write(&(part.len() as u64).to_le_bytes());
                    hasher.write(part);
                }
            }
        }
        (identity.finish(), texts.finish())
    }

    /// A hash of what a script finds: the compiler, the backend, the limits, the functions that it may
    /// call.
    fn offered(&self, level: TrustLevel, denied: &BTreeSet<Category>) -> u64 {
        let hash = || {
            let mut hasher = XxHash3_64::default();
            let mut part = |text: &str| {
                hasher.write(&(text.len() as u64).to_le_bytes());
                hasher.write(text.as_bytes());
            };
            part(env!("CARGO_PKG_VERSION"));
            part(&self.backend.to_string());
            part(&format!("{:?}", self.limits(level).clone().consensus()));
            let functions = self.api.iter().filter(|f| !denied.contains(f.category()));
            for function in functions {
                function.signatures().iter().for_each(|signature| part(signature));
                part(&function.fuel().to_string());
            }
            hasher.finish()
        };
        self.offer(denied, |offer| *offer.identity.entry(level).or_insert_with(hash))
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

    fn compiled_library(&self, denied: &BTreeSet<Category>) -> Arc<compiled::Library> {
        let build = || compiled::library(&self.api, denied);
        self.offer(denied, |offer| offer.compiled.get_or_insert_with(build).clone())
    }

    fn reference_library(&self, denied: &BTreeSet<Category>) -> reference::Library {
        let build = || self.standard().library(&self.api, denied);
        self.offer(denied, |offer| offer.reference.get_or_insert_with(build).clone())
    }

    /// Looks at what scripts may call to which some categories are denied.
    fn offer<R>(&self, denied: &BTreeSet<Category>, look: impl FnOnce(&mut Offer) -> R) -> R {
        let mut offers = self.offers.lock().unwrap_or_else(PoisonError::into_inner);
        look(offers.entry(denied.clone()).or_default())
    }
}

/// The topics that a script says it listens to.
fn topics(
    path: &str,
    outline: &Outline,
    libraries: &[Outline],
    program: &Program,
) -> Result<Option<Vec<String>>, ScriptError> {
    const TOPICS: &str = "TOPICS";
    let Some(i) = outline.constants.iter().position(|name| name == TOPICS) else {
        return Ok(None);
    };
    let value = match program {
        Program::Compiled(program) => {
            // Behind those of the libraries.
            let before = libraries.iter().map(|library| library.constants.len()).sum::<usize>();
            program.constant(before + i)
        }
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
pub(super) struct NoWorld;

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

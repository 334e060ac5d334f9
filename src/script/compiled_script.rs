use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use twox_hash::XxHash3_64;

use super::{compiled::CompiledProgram, outline::Outline, reference::ReferenceProgram};
use crate::{
    contract::{CALLBACKS, Callback, ScriptError, ScriptLimits, ScriptSource},
    trust::{Digest, ModLabel, Permissions, Signer, TrustLevel, Verified},
};

/// A function of a [`CompiledScript`], found by name once and called by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(u32);

/// A script that can be called: an interface, not a tree. Shared by all its instances.
pub struct CompiledScript {
    source_hash: u64,
    digest: Digest,
    identity: u64,
    path: Arc<str>,
    mod_name: Arc<str>,
    level: TrustLevel,
    granted: Permissions,
    signer: Option<Signer>,
    of_mod: Option<ModLabel>,
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
    limits: Arc<ScriptLimits>,
    is_empty: bool,
    serial: u64,
    pub(super) program: Program,
}

/// That of the script that was compiled last. Nothing but the order in which work is done depends on it.
static LAST_SERIAL: AtomicU64 = AtomicU64::new(0);

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

impl CompiledScript {
    pub(super) fn new(
        source: &Verified<ScriptSource>,
        (identity, source_hash): (u64, u64),
        limits: &Arc<ScriptLimits>,
        mut outlines: Vec<Outline>,
        (program, topics): (Program, Option<Vec<String>>),
    ) -> Self {
        let outline = outlines.pop().unwrap_or_default();
        let mut api_calls = outline.api_calls;
        let mut warnings = [source.warnings(), &outline.warnings].concat();
        for library in outlines {
            api_calls.extend(library.api_calls);
            warnings.extend(library.warnings);
        }
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
            source_hash,
            digest: *source.digest(),
            identity,
            path: source.get().path().into(),
            mod_name: source.of_mod().map_or(source.get().folder(), |of_mod| &of_mod.id).into(),
            level: source.level(),
            granted: source.granted().clone(),
            signer: source.signer().cloned(),
            of_mod: source.of_mod().cloned(),
            state: outline.state,
            functions,
            callbacks,
            salts: names.iter().map(|name| XxHash3_64::oneshot(name.as_bytes())).collect(),
            names: names.into(),
            sets_timers: ["after", "every"].iter().any(|name| api_calls.contains(*name)),
            topics,
            warnings,
            api_calls: api_calls.into_iter().collect(),
            limits: limits.clone(),
            is_empty: outline.is_empty,
            serial: LAST_SERIAL.fetch_add(1, Relaxed) + 1,
            program,
        }
    }

    /// A hash of the bytes that it was compiled from, its libraries' too.
    #[must_use]
    pub const fn source_hash(&self) -> u64 {
        self.source_hash
    }

    /// What the program is, for machines that must run the same one: a hash of its text and that of
    /// its libraries, the compiler's version, the backend, the limits, and the functions that it may call.
    #[must_use]
    pub const fn identity(&self) -> u64 {
        self.identity
    }

    /// What error messages call this script.
    #[must_use]
    pub const fn path(&self) -> &Arc<str> {
        &self.path
    }

    /// The name under which it shares a tick with others: the id of its mod, or the folder that it lies
    /// in.
    #[must_use]
    pub const fn mod_name(&self) -> &Arc<str> {
        &self.mod_name
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

    /// The digest of the bytes that it was compiled from, without its libraries.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Who signed it, where the policy looked at a signature and it held.
    #[must_use]
    pub const fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
    }

    /// Which mod it belongs to.
    #[must_use]
    pub const fn of_mod(&self) -> Option<&ModLabel> {
        self.of_mod.as_ref()
    }

    /// The limits that it was compiled for.
    #[must_use]
    pub fn limits(&self) -> &ScriptLimits {
        &self.limits
    }

    pub(super) const fn shared_limits(&self) -> &Arc<ScriptLimits> {
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
    /// [`ScriptContext::begin`](crate::api::ScriptContext::begin).
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

    /// What tells it from all others that this process has compiled: a number that is quickly compared. It is another one
    /// in every run.
    #[must_use]
    pub const fn serial(&self) -> u64 {
        self.serial
    }

    /// Whether it may set timers.
    #[must_use]
    pub const fn sets_timers(&self) -> bool {
        self.sets_timers
    }

    /// Whether it calls any function of the API.
    #[cfg(feature = "bevy")]
    pub(crate) fn calls_any_api(&self) -> bool {
        !self.api_calls.is_empty()
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
    /// The first function of some script.
    #[cfg(all(test, feature = "bevy"))]
    pub(crate) const FIRST: Self = Self(0);

    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

mod libraries;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bevy::{
    asset::{AssetLoader, AsyncReadExt as _, LoadContext, io::Reader},
    prelude::*,
    reflect::TypePath,
};

use crate::{
    api::{ApiFunction, ApiTable, TableError},
    contract::{ErrorKind, ScriptError, ScriptSource, Stage},
    script::{Backend, CompiledScript, Libraries, ScriptCompiler, ScriptWorkers},
    trust::{LevelLimits, Papers, TrustHost, TrustPolicy, Verified, Verifier},
};

use super::{
    papers::{ServerLink, read_papers},
    trust_store::TrustStore,
};

/// A script file as an asset: the compiled script, or why there is none.
///
/// A file that cannot be compiled is loaded all the same, with its errors; so whoever runs an older
/// version goes on running it.
#[derive(Asset, TypePath, Clone, Debug)]
pub struct Script {
    /// What error messages call the file.
    pub path: Arc<str>,
    /// What the file holds.
    pub result: Result<Arc<CompiledScript>, Arc<[ScriptError]>>,
}

impl Script {
    /// A file that is no script, by the error that names it.
    #[must_use]
    pub fn refused(error: ScriptError) -> Self {
        Self { path: error.path.as_str().into(), result: Err([error].into()) }
    }
}

/// What all stages share: the table, the compiler, the policy and the script threads.
#[derive(Resource, Clone)]
pub struct ScriptHost(Arc<Shared>);

struct Shared {
    limits: LevelLimits,
    verifier: Verifier,
    workers: ScriptWorkers,
    table: Mutex<ApiTable>,
    /// Made from the table when the first script is compiled; the table is fixed then.
    backend: Backend,
    compiler: OnceLock<ScriptCompiler>,
}

impl ScriptHost {
    pub(super) fn new(
        limits: LevelLimits,
        policy: TrustPolicy,
        workers: ScriptWorkers,
        backend: Backend,
    ) -> Self {
        Self(Arc::new(Shared {
            limits,
            verifier: Verifier::new(policy, Arc::new(TrustStore::in_memory())),
            workers,
            backend,
            table: Mutex::default(),
            compiler: OnceLock::new(),
        }))
    }

    pub(super) fn add(&self, function: ApiFunction) -> Result<(), TableError> {
        if self.0.compiler.get().is_some() {
            return Err(TableError::TooLate(function.name().to_owned()));
        }
        self.0.table.lock().unwrap_or_else(PoisonError::into_inner).add(function)
    }

    /// The row of a function.
    pub(super) fn row(&self, name: &str) -> Option<ApiFunction> {
        self.0.table.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// The compiler. From the first call on, no functions can be added.
    #[must_use]
    pub fn compiler(&self) -> &ScriptCompiler {
        self.0.compiler.get_or_init(|| {
            let table = self.0.table.lock().unwrap_or_else(PoisonError::into_inner).clone();
            ScriptCompiler::new(table, self.0.limits.clone()).with_backend(self.0.backend)
        })
    }

    /// What scripts may use, by their level.
    #[must_use]
    pub fn limits(&self) -> &LevelLimits {
        &self.0.limits
    }

    /// The threads on which scripts run.
    #[must_use]
    pub fn workers(&self) -> &ScriptWorkers {
        &self.0.workers
    }

    /// What decides which scripts run. Its policy can be changed while the game runs; scripts that run
    /// already go on until their files are loaded again ([`AssetServer::reload`]).
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }

    /// Lets something of the game's own tell the time and keep the highest counters. Call it before scripts
    /// are loaded; until then it is a [`TrustStore`] in memory.
    pub fn set_trust_host(&self, host: Arc<dyn TrustHost>) {
        self.0.verifier.set_host(host);
    }

    /// Holds a source, with what lay beside it, against the policy.
    ///
    /// # Errors
    /// The policy does not take it.
    pub fn verify(
        &self,
        source: ScriptSource,
        papers: &Papers,
    ) -> Result<Verified<ScriptSource>, ScriptError> {
        let path = source.path().to_owned();
        self.0.verifier.verify(source, papers).map_err(|error| error.of(&path))
    }

    /// Verifies and compiles a script that comes alone and imports nothing, on a script thread, and waits
    /// for it.
    #[must_use]
    pub fn compile(&self, source: ScriptSource) -> Script {
        match self.verify(source, &Papers::NONE) {
            Ok(source) => self.compile_with(&source, &Libraries::default()),
            Err(error) => Script::refused(error),
        }
    }

    /// Compiles a script together with its libraries, on a script thread, and waits for it.
    #[must_use]
    pub fn compile_with(&self, source: &Verified<ScriptSource>, libraries: &Libraries) -> Script {
        let compile = || self.compiler().compile_with(source, libraries);
        let result = self.0.workers.run(compile);
        let path = source.get().path().into();
        Script { path, result: result.map(Arc::new).map_err(Into::into) }
    }
}

/// Loads `.rhai` files: reads them and their signatures and manifests, verifies them, compiles them.
#[derive(TypePath)]
pub struct ScriptLoader {
    pub(super) host: ScriptHost,
    pub(super) server: ServerLink,
}

impl AssetLoader for ScriptLoader {
    type Asset = Script;
    type Settings = ();
    type Error = std::io::Error;

    async fn load(
        &self,
        reader: &mut dyn Reader,
        (): &(),
        context: &mut LoadContext<'_>,
    ) -> Result<Script, std::io::Error> {
        let path = context.path().to_string();
        // Whose limit it is shows once it is read.
        let LevelLimits { untrusted, mods, trusted } = self.host.limits();
        let limits = [untrusted, mods, trusted].map(|limits| limits.source_bytes);
        let limit = limits.into_iter().max().unwrap_or_default();
        // One byte more than allowed shows that there is too much, without reading it all.
        let mut bytes = Vec::new();
        reader.take(limit as u64 + 1).read_to_end(&mut bytes).await?;
        if bytes.len() > limit {
            let message = format!("the file has more than {limit} bytes, which is the limit");
            let error = ScriptError::new(Stage::Load, ErrorKind::Memory, path, message);
            return Ok(Script::refused(error));
        }
        let at = context.path().path().to_owned();
        let papers = read_papers(&self.server, context, &at).await;
        let source = match self.host.verify(ScriptSource::new(path, bytes), &papers) {
            Ok(source) => source,
            Err(error) => return Ok(Script::refused(error)),
        };
        let libraries = libraries::read(&self.host, &self.server, &source, context).await;
        Ok(self.host.compile_with(&source, &libraries))
    }

    fn extensions(&self) -> &[&str] {
        &["rhai"]
    }
}

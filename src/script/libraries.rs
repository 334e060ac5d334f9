use std::collections::{BTreeMap, BTreeSet};

use super::{ImportPath, ScriptCompiler};
use crate::{
    contract::{ErrorKind, ScriptError, ScriptLimits, ScriptSource, Stage},
    trust::Verified,
};

/// The libraries of a script as they were read, for [`ScriptCompiler::compile_with`]: by their paths, or
/// why there is none.
///
/// ```
/// use bevy_cscript::{
///     contract::ScriptSource,
///     script::{Libraries, ScriptCompiler},
///     trust::{TrustPolicy, Verified},
/// };
///
/// let policy = TrustPolicy::default();
/// let text = r#"import "lib/sums" as sums; let n = 0; fn on_update() { n = sums::twice(21); }"#;
/// let script = Verified::check(ScriptSource::new("scripts/a.rhai", text), &policy)?;
/// let compiler = ScriptCompiler::default();
/// let libraries = Libraries::read(&compiler, &script, |path| {
///     assert_eq!(path.as_str(), "scripts/lib/sums.rhai");
///     Verified::check(path.source("fn twice(x) { x * 2 }"), &policy)
/// });
/// assert!(compiler.compile_with(&script, &libraries).is_ok());
/// # Ok::<(), bevy_cscript::contract::ScriptError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Libraries {
    files: BTreeMap<ImportPath, File>,
    bytes: usize,
}

#[derive(Clone, Debug)]
struct File {
    read: Result<Verified<ScriptSource>, ScriptError>,
    imports: Vec<ImportPath>,
}

impl Libraries {
    /// Reads all that a script imports, and what that imports, by a function that reads and verifies
    /// one file. What cannot be read or parsed is told when the script is compiled.
    pub fn read(
        compiler: &ScriptCompiler,
        script: &Verified<ScriptSource>,
        mut read: impl FnMut(&ImportPath) -> Result<Verified<ScriptSource>, ScriptError>,
    ) -> Self {
        let mut libraries = Self::default();
        let mut wanted = libraries.next(compiler, script);
        while let Some(path) = wanted.pop() {
            if !libraries.holds(&path) && !libraries.is_full(compiler.limits(script.level())) {
                wanted.extend(libraries.add(compiler, &path, read(&path)));
            }
        }
        libraries
    }

    /// Whether there are more libraries than a script may have, so that no further one need be read.
    #[must_use]
    pub fn is_full(&self, limits: &ScriptLimits) -> bool {
        self.files.len() > limits.libraries || self.bytes > limits.total_source_bytes
    }

    /// Whether a library was read, or was tried to be.
    #[must_use]
    pub fn holds(&self, path: &ImportPath) -> bool {
        self.files.contains_key(path)
    }

    /// What a file imports that was not read yet.
    #[must_use]
    pub fn next(
        &self,
        compiler: &ScriptCompiler,
        file: &Verified<ScriptSource>,
    ) -> Vec<ImportPath> {
        let imports = compiler.imports(file).unwrap_or_default();
        imports.into_iter().filter(|path| !self.holds(path)).collect()
    }

    /// Adds what was read and gives what that imports in turn. What was added first stays.
    pub fn add(
        &mut self,
        compiler: &ScriptCompiler,
        path: &ImportPath,
        read: Result<Verified<ScriptSource>, ScriptError>,
    ) -> Vec<ImportPath> {
        if self.holds(path) {
            return Vec::new();
        }
        let read = read.and_then(|file| {
            // Its own imports are looked for beside its path.
            if file.get().path() == path.as_str() {
                return Ok(file);
            }
            let message = format!("was read as `{}`", file.get().path());
            Err(ScriptError::new(Stage::Load, ErrorKind::Host, path.as_str(), message))
        });
        let mut imports = Vec::new();
        if let Ok(file) = &read {
            self.bytes = self.bytes.saturating_add(file.get().bytes().len());
            imports = compiler.imports(file).unwrap_or_default();
        }
        self.files.insert(path.clone(), File { read, imports: imports.clone() });
        imports.retain(|path| !self.holds(path));
        imports
    }

    /// All of them, by path.
    pub fn iter(
        &self,
    ) -> impl Iterator<Item = (&ImportPath, &Result<Verified<ScriptSource>, ScriptError>)> {
        self.files.iter().map(|(path, file)| (path, &file.read))
    }

    /// Whether a library imports a file of a path, itself or through others.
    #[must_use]
    pub fn reaches(&self, library: &ImportPath, path: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![library];
        while let Some(library) = open.pop() {
            if !seen.insert(library) {
                continue;
            }
            let Some(file) = self.files.get(library) else { continue };
            if file.imports.iter().any(|import| import.as_str() == path) {
                return true;
            }
            open.extend(&file.imports);
        }
        false
    }

    pub(crate) fn get(
        &self,
        path: &ImportPath,
    ) -> Option<&Result<Verified<ScriptSource>, ScriptError>> {
        self.files.get(path).map(|file| &file.read)
    }
}

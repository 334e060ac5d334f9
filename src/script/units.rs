//! A script and all its libraries, parsed, and in an order in which each comes behind what it imports.

use std::collections::HashMap;

use rhai::{AST, Engine};

use super::{
    Libraries,
    imports::{Import, imports},
    parsed::Parsed,
};
use crate::{
    contract::{ErrorKind, Position, ScriptError, ScriptLimits, ScriptSource, Stage},
    trust::{TrustLevel, Verified},
};

/// A file: the script itself, or a library.
pub(crate) struct Unit<'a> {
    pub(crate) source: &'a ScriptSource,
    pub(crate) parsed: Parsed,
    pub(crate) imports: Vec<UnitImport>,
    /// How many libraries lie one below the other here, this one counted if it is one.
    height: usize,
}

/// An import, and the unit that it leads to.
pub(crate) struct UnitImport {
    pub(crate) alias: String,
    pub(crate) unit: usize,
    pub(crate) position: Option<Position>,
}

impl Unit<'_> {
    pub(crate) fn path(&self) -> &str {
        self.source.path()
    }
}

/// The libraries first, each behind those that it imports, and the script last.
///
/// # Errors
/// A file cannot be read or parsed, an import leads nowhere, in a circle or too far.
pub(crate) fn units<'a>(
    parser: &Engine,
    limits: &ScriptLimits,
    script: &'a Verified<ScriptSource>,
    libraries: &'a Libraries,
) -> Result<Vec<Unit<'a>>, Vec<ScriptError>> {
    let mut gathering = Gathering {
        parser,
        limits,
        libraries,
        level: script.level(),
        units: Vec::new(),
        known: HashMap::new(),
        open: Vec::new(),
        bytes: 0,
        errors: Vec::new(),
        is_over: false,
    };
    gathering.file(script.get());
    if gathering.errors.is_empty() { Ok(gathering.units) } else { Err(gathering.errors) }
}

/// The text of a file.
///
/// # Errors
/// It is too large, or no text.
pub(crate) fn text<'a>(
    source: &'a ScriptSource,
    limits: &ScriptLimits,
) -> Result<&'a str, ScriptError> {
    let limit = limits.source_bytes;
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

/// Parses a file.
///
/// # Errors
/// It is too large, no text, or no script.
pub(crate) fn parse(
    parser: &Engine,
    limits: &ScriptLimits,
    source: &ScriptSource,
) -> Result<AST, ScriptError> {
    super::reference::parse(parser, source.path(), text(source, limits)?, limits)
}

struct Gathering<'a, 'e> {
    parser: &'e Engine,
    limits: &'e ScriptLimits,
    libraries: &'a Libraries,
    /// How far the script itself is believed.
    level: TrustLevel,
    units: Vec<Unit<'a>>,
    /// The unit of each library that was looked at; `None` for those that are none.
    known: HashMap<&'a str, Option<usize>>,
    /// The files whose imports are being looked at, the script first.
    open: Vec<&'a str>,
    bytes: usize,
    errors: Vec<ScriptError>,
    /// Whether it was told that there are too many libraries, or that they are too large.
    is_over: bool,
}

impl<'a> Gathering<'a, '_> {
    /// Adds a file behind all that it imports.
    fn file(&mut self, source: &'a ScriptSource) -> Option<usize> {
        self.bytes = self.bytes.saturating_add(source.bytes().len());
        let ast = match parse(self.parser, self.limits, source) {
            Ok(ast) => ast,
            Err(error) => {
                self.errors.push(error);
                return None;
            }
        };
        let (imports, errors) = imports(source, &ast);
        let before = self.errors.len();
        self.errors.extend(errors);
        self.open.push(source.path());
        let mut found = Vec::new();
        let mut height = 0;
        for import in imports {
            let Some(unit) = self.import(source, &import) else { continue };
            height = height.max(self.units.get(unit).map_or(0, |unit| unit.height));
            let Import { alias, position, .. } = import;
            found.push(UnitImport { alias, unit, position });
            if height > self.limits.import_depth {
                let limit = self.limits.import_depth;
                let message = format!("imports are nested deeper than the limit of {limit}");
                self.error(source, ErrorKind::Memory, position, message);
                break;
            }
        }
        self.open.pop();
        if self.errors.len() > before {
            return None;
        }
        let height = height + usize::from(!self.open.is_empty());
        self.units.push(Unit { source, parsed: Parsed::new(ast), imports: found, height });
        Some(self.units.len() - 1)
    }

    fn error(
        &mut self,
        source: &ScriptSource,
        kind: ErrorKind,
        at: Option<Position>,
        message: impl Into<String>,
    ) {
        let error = ScriptError::new(Stage::Compile, kind, source.path(), message);
        self.errors.push(error.at(at));
    }

    fn import(&mut self, importer: &ScriptSource, import: &Import) -> Option<usize> {
        let (path, at) = (&import.path, import.position);
        if let Some(first) = self.open.iter().position(|open| *open == path.as_str()) {
            let chain: Vec<&str> =
                self.open.iter().skip(first).copied().chain([path.as_str()]).collect();
            let message =
                format!("imports go in a circle: {}; take one of them out", chain.join(" -> "));
            self.error(importer, ErrorKind::Compile, at, message);
            return None;
        }
        if let Some(known) = self.known.get(path.as_str()) {
            return *known;
        }
        let limits = self.limits;
        let library = match self.libraries.get(path) {
            Some(Ok(library)) => library,
            Some(Err(error)) => {
                let message = match error.stage {
                    Stage::Load => format!("library `{path}` {}", error.message),
                    _ => format!("library `{path}`: {}", error.message),
                };
                self.error(importer, error.kind, at, message);
                return None;
            }
            None => {
                if !self.libraries.is_full(limits) {
                    let message = format!("library `{path}` was not read by whoever compiles this");
                    self.error(importer, ErrorKind::NotFound, at, message);
                } else if !self.is_over {
                    self.over(importer, at);
                }
                return None;
            }
        };
        let source = library.get();
        self.known.insert(source.path(), None);
        if self.known.len() > limits.libraries
            || self.bytes.saturating_add(source.bytes().len()) > limits.total_source_bytes
        {
            if !self.is_over {
                self.over(importer, at);
            }
            return None;
        }
        if library.level() < self.level {
            let message = format!(
                "library `{path}` is believed less ({:?}) than the script that uses it ({:?})",
                library.level(),
                self.level
            );
            self.error(importer, ErrorKind::Permission, at, message);
            return None;
        }
        let unit = self.file(source);
        self.known.insert(source.path(), unit);
        unit
    }

    /// Tells once that there is too much.
    fn over(&mut self, importer: &ScriptSource, at: Option<Position>) {
        self.is_over = true;
        let (count, bytes) = (self.limits.libraries, self.limits.total_source_bytes);
        let message = format!(
            "a script may have {count} libraries, and {bytes} bytes with all of them; this is more"
        );
        self.error(importer, ErrorKind::Memory, at, message);
    }
}

use std::collections::HashMap;

use rhai::{AST, Expr, Stmt};

use super::{ImportPath, outline::position};
use crate::contract::{ErrorKind, Position, ScriptError, ScriptSource, Stage};

/// An `import "path" as alias;`.
pub(crate) struct Import {
    pub(crate) alias: String,
    pub(crate) path: ImportPath,
    pub(crate) position: Option<Position>,
}

/// What to write.
const FORM: &str = "write `import \"lib/steering\" as steering;`";

/// What a file imports, in the order of the text, and what is wrong with its imports. Those in
/// functions and blocks are not looked at.
pub(crate) fn imports(source: &ScriptSource, ast: &AST) -> (Vec<Import>, Vec<ScriptError>) {
    let (mut found, mut errors): (Vec<Import>, Vec<ScriptError>) = (Vec::new(), Vec::new());
    let mut aliases: HashMap<&str, Option<Position>> = HashMap::new();
    let mut is_first = true;
    for statement in ast.statements() {
        let Stmt::Import(parts, at) = statement else {
            is_first &= matches!(statement, Stmt::Noop(_));
            continue;
        };
        let (path, alias) = &**parts;
        let at = position(*at);
        let mut error = |at, message: String| {
            let error =
                ScriptError::new(Stage::Compile, ErrorKind::Compile, source.path(), message);
            errors.push(error.at(at));
        };
        if !is_first {
            error(
                at,
                "an `import` comes first in a file, before all else but functions".to_owned(),
            );
        }
        let alias_at = position(alias.pos);
        if alias.name.is_empty() {
            error(at, format!("the library needs a name here; {FORM}"));
        } else if alias.name.as_str() == "global" {
            error(alias_at, "`global` is a word of the language; choose another name".to_owned());
        } else if let Some(before) = aliases.insert(alias.name.as_str(), at) {
            let before = before.map_or_else(String::new, |at| format!(", at {at}"));
            let name = &alias.name;
            error(alias_at, format!("`{name}` is the name of another import already{before}"));
        }
        let written = match path {
            Expr::StringConstant(written, _) => written,
            other => {
                let at = position(other.start_position()).or(at);
                error(at, format!("the path of an import is a text as it is; {FORM}"));
                continue;
            }
        };
        match ImportPath::of(source, written) {
            Ok(path) => {
                found.push(Import { alias: alias.name.to_string(), path, position: at });
            }
            Err(message) => error(position(path.start_position()).or(at), message),
        }
    }
    (found, errors)
}

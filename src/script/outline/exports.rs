//! What a library offers to those who import it, and whether names with `::` lead there.

use std::collections::{BTreeMap, BTreeSet};

use rhai::{ASTFlags, Stmt};

use super::{Backend, Survey, calls::wrong_count, position, walk::Qualified};
use crate::contract::{CALLBACKS, ErrorKind};

/// The functions and constants of a library, its own ones only.
#[derive(Debug, Default)]
pub(crate) struct Exports {
    /// What error messages call the library.
    pub(crate) path: String,
    functions: BTreeMap<String, BTreeMap<usize, Exported>>,
    constants: BTreeSet<String>,
    /// Whether it has more at the top level than a library may.
    pub(crate) is_no_library: bool,
}

/// A function of a library, by its number of parameters.
#[derive(Debug)]
struct Exported {
    is_private: bool,
    /// Of its caller's variables, which a call with `::` cannot show it, the one that it uses.
    needs: Option<String>,
}

const NO_LIBRARY: &str = "a library has functions and constants only";

impl Survey<'_> {
    /// What importers find. Nobody imports the script itself.
    pub(super) fn exports(&self, needs_scope: &[Option<String>]) -> Exports {
        if !self.file.is_library {
            return Exports::default();
        }
        let mut functions: BTreeMap<String, BTreeMap<usize, Exported>> = BTreeMap::new();
        for (i, function) in self.functions.iter().enumerate() {
            if function.is_closure() || function.is_typed {
                continue;
            }
            let needs = needs_scope.get(i).cloned().flatten();
            let exported = Exported { is_private: function.is_private, needs };
            let counts = functions.entry(function.name.to_owned()).or_default();
            counts.insert(function.parameters.len(), exported);
        }
        Exports {
            path: self.path.to_owned(),
            functions,
            constants: self.constants.iter().map(ToString::to_string).collect(),
            is_no_library: self.strays().next().is_some(),
        }
    }

    /// Statements at the top level that a library has not.
    fn strays(&self) -> impl Iterator<Item = &Stmt> {
        self.file.parsed.ast.statements().iter().filter(|statement| match statement {
            Stmt::Var(_, flags, _) => !flags.intersects(ASTFlags::CONSTANT),
            Stmt::Import(..) | Stmt::Noop(_) => false,
            _ => true,
        })
    }

    /// A library has no state, and nothing that runs by itself.
    pub(super) fn check_library(&mut self) {
        let strays: Vec<_> = self
            .strays()
            .map(|statement| match statement {
                Stmt::Var(parts, _, at) => {
                    let name = &parts.0.name;
                    let message = format!(
                        "{NO_LIBRARY}; make `{name}` a `const`, or let those keep it who import this"
                    );
                    (position(*at), message)
                }
                other => (position(other.position()), NO_LIBRARY.to_owned()),
            })
            .collect();
        for (at, message) in strays {
            self.error(ErrorKind::Compile, at, message);
        }
        let callbacks: Vec<_> = self
            .functions
            .iter()
            .filter(|function| CALLBACKS.iter().any(|row| row.name == function.name))
            .map(|function| (function.position, function.name))
            .collect();
        for (at, name) in callbacks {
            self.warning(at, format!("`{name}` of a library is never called by the runtime"));
        }
    }

    /// Names with `::` must lead to a function or a constant of what is imported.
    pub(super) fn check_qualified(&mut self) {
        let mut found = Vec::new();
        for import in self.file.imports {
            if import.exports.is_no_library {
                let message = format!("`{}` is no library: {NO_LIBRARY}", import.exports.path);
                found.push((import.position, ErrorKind::Compile, message));
            }
        }
        for used in self.all_uses().flat_map(|uses| &uses.qualified) {
            if let Some((kind, message)) = self.judge_qualified(used) {
                found.push((used.position, kind, message));
            }
        }
        for (at, kind, message) in found {
            self.error(kind, at, message);
        }
    }

    fn judge_qualified(&self, used: &Qualified) -> Option<(ErrorKind, String)> {
        let Qualified { alias, name, arguments, assigned, .. } = used;
        let name = *name;
        let imports = self.file.imports;
        let Some(import) = imports.iter().find(|import| import.alias == alias) else {
            let message = match alias.rsplit_once("::") {
                Some((_, last)) => format!(
                    "`{alias}::{name}`: one name stands before `::`; import `{last}` in this file, too"
                ),
                None if imports.is_empty() => format!(
                    "unknown library `{alias}`; import it first: `import \"lib/{alias}\" as {alias};`"
                ),
                None => {
                    let hint = self.hint(alias, imports.iter().map(|import| import.alias));
                    format!("unknown library `{alias}`{hint}")
                }
            };
            return Some((ErrorKind::NotFound, message));
        };
        let library = import.exports;
        let is_constant = library.constants.contains(name);
        let functions = library.functions.get(name);
        let full = format!("{alias}::{name}");
        let Some(count) = *arguments else {
            return match (is_constant, functions) {
                (true, _) if *assigned => {
                    let message = format!("`{full}` is a constant and cannot be assigned to");
                    Some((ErrorKind::Compile, message))
                }
                (true, _) => None,
                (false, Some(_)) => {
                    let message = format!(
                        "`{full}` is a function; call it, or write a closure that does: `|x| {full}(x)`"
                    );
                    Some((ErrorKind::Compile, message))
                }
                (false, None) => {
                    let hint = self.hint(name, library.constants.iter().map(String::as_str));
                    let message = format!("`{}` has no constant `{name}`{hint}", library.path);
                    Some((ErrorKind::NotFound, message))
                }
            };
        };
        let Some(functions) = functions else {
            let message = if is_constant {
                format!("`{full}` is a constant; what it holds is called by `{full}.call(..)`")
            } else {
                let public = library.functions.iter();
                let public = public.filter(|(_, all)| all.values().any(|f| !f.is_private));
                let hint = self.hint(name, public.map(|(name, _)| name.as_str()));
                format!("`{}` has no function `{name}`{hint}", library.path)
            };
            return Some((ErrorKind::NotFound, message));
        };
        match functions.get(&count) {
            Some(function) if function.is_private => {
                let message = format!("`{name}` is private to `{}`", library.path);
                Some((ErrorKind::Compile, message))
            }
            Some(Exported { needs: Some(needs), .. })
                if self.rules.backend == Backend::Reference =>
            {
                let message = format!(
                    "`{full}` uses `{needs}` and cannot be called on this backend; pass `{needs}` as an argument"
                );
                Some((ErrorKind::Compile, message))
            }
            Some(_) => None,
            None => {
                let counts = functions.iter().filter(|(_, f)| !f.is_private);
                let counts = counts.map(|(count, _)| *count).collect();
                Some((ErrorKind::Compile, wrong_count(&full, &counts, count, false)))
            }
        }
    }

    /// An import that nothing uses is a mistake, or left over.
    pub(super) fn warn_of_idle_imports(&mut self) {
        let used: BTreeSet<&str> = self
            .all_uses()
            .flat_map(|uses| uses.qualified.iter().map(|used| used.alias.as_str()))
            .collect();
        let idle: Vec<_> = self
            .file
            .imports
            .iter()
            .filter(|import| !used.contains(import.alias))
            .map(|import| (import.position, format!("`{}` is imported and not used", import.alias)))
            .collect();
        for (at, message) in idle {
            self.warning(at, message);
        }
    }
}

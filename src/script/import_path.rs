use std::fmt;

use crate::contract::ScriptSource;

/// Where a library lies, as its importer and error messages call it. Made of what an `import` says and
/// of the importer's own path, so that it never leaves the importer's root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImportPath {
    path: String,
    /// How much of it names the root.
    root: usize,
}

impl ImportPath {
    /// What an importer means by the path that it writes: beside itself, or from the root if it begins
    /// with `/`. The ending is added.
    ///
    /// # Errors
    /// What is wrong with it and what to write.
    pub(crate) fn of(importer: &ScriptSource, written: &str) -> Result<Self, String> {
        let (folder, below) = match written.strip_prefix('/') {
            Some(below) => (importer.root(), below),
            None => {
                let path = importer.path();
                let end = path.rfind('/').map_or(0, |at| at + 1).max(importer.root().len());
                (path.get(..end).unwrap_or_default(), written)
            }
        };
        if below.is_empty() {
            return Err("the path of an import is empty; write where the library lies, such as \"lib/steering\"".to_owned());
        }
        if below.ends_with(".rhai") {
            return Err(format!("`{written}`: leave out `.rhai`; an import adds it"));
        }
        for part in below.split('/') {
            if let Some(what) = fault_in(part) {
                return Err(format!("`{written}` cannot be imported: {what}"));
            }
        }
        Ok(Self { path: format!("{folder}{below}.rhai"), root: importer.root().len() })
    }

    /// All of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.path
    }

    /// What comes behind the root.
    #[must_use]
    pub fn below_root(&self) -> &str {
        self.path.get(self.root..).unwrap_or_default()
    }

    /// The library of this path, from its bytes.
    #[must_use]
    pub fn source(&self, bytes: impl Into<Vec<u8>>) -> ScriptSource {
        let root = self.path.get(..self.root).unwrap_or_default();
        ScriptSource::new(self.path.as_str(), bytes).with_root(root)
    }
}

/// Why something cannot be the name of a folder or a file in an import. What is left means the same on
/// every system and names nothing outside of the root.
fn fault_in(part: &str) -> Option<String> {
    let wrong = part.chars().find(|c| !c.is_alphanumeric() && !"_-. ".contains(*c));
    Some(match wrong {
        _ if part.is_empty() => "a name is missing between two `/`".to_owned(),
        _ if part == ".." || part == "." => {
            format!("`{part}` is not available; begin with `/` to start at the asset folder")
        }
        Some('\\') => "write `/` in place of `\\`".to_owned(),
        Some(':') => "it names a drive or another asset source; libraries come from the source of their importer".to_owned(),
        Some(c) => format!("{c:?} cannot be in the name of a library"),
        None if part.starts_with(['.', ' ']) || part.ends_with(['.', ' ']) => {
            format!("`{part}` begins or ends with a dot or a space")
        }
        None => return None,
    })
}

impl fmt::Display for ImportPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(importer: &str, written: &str) -> Result<String, String> {
        ImportPath::of(&ScriptSource::new(importer, ""), written).map(|path| path.to_string())
    }

    #[test]
    fn a_path_is_beside_its_importer_or_from_the_root() {
        for (importer, written, expected) in [
            ("a.rhai", "b", "b.rhai"),
            ("a.rhai", "/b", "b.rhai"),
            ("scripts/a.rhai", "b", "scripts/b.rhai"),
            ("scripts/a.rhai", "lib/b", "scripts/lib/b.rhai"),
            ("scripts/a.rhai", "/lib/b", "lib/b.rhai"),
            ("net://a.rhai", "b", "net://b.rhai"),
            ("net://x/a.rhai", "b.2", "net://x/b.2.rhai"),
            ("net://x/a.rhai", "/b", "net://b.rhai"),
            ("a.rhai", "höhle/weg nach-oben_2", "höhle/weg nach-oben_2.rhai"),
        ] {
            assert_eq!(path(importer, written).as_deref(), Ok(expected), "{importer} {written}");
        }
        let deep = ScriptSource::new("home/game/assets/x/a.rhai", "").with_root("home/game/assets");
        let found = ImportPath::of(&deep, "/lib/b").expect("a path");
        assert_eq!(
            (found.as_str(), found.below_root()),
            ("home/game/assets/lib/b.rhai", "lib/b.rhai")
        );
        assert_eq!(found.source("").root(), "home/game/assets/");
    }

    #[test]
    fn what_leads_elsewhere_is_refused() {
        for written in [
            "",
            "/",
            "//b",
            "a//b",
            "b/",
            "..",
            "../b",
            "a/../b",
            "./b",
            ".",
            "/../b",
            "C:/b",
            "C:b",
            "net://b",
            "a\\b",
            "\\\\host\\b",
            "b.rhai",
            ".hidden",
            "b.",
            "b ",
            " b",
            "b#label",
            "b?c",
            "a\0b",
            "a\nb",
            "*",
            "~",
            "%2e%2e/b",
            "a/..",
            "a/.. /b",
        ] {
            let refused = path("scripts/a.rhai", written);
            assert!(refused.is_err(), "{written:?}: {refused:?}");
        }
    }
}

/// A script as it was read: its name and its bytes, not yet trusted, not yet parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptSource {
    path: String,
    /// How much of the path names the root that imports cannot leave.
    root: usize,
    bytes: Vec<u8>,
}

impl ScriptSource {
    /// A script from its bytes. `path` is what error messages call it; imports are looked for beside
    /// it. Its root is what stands before and with `://`, or nothing.
    #[must_use]
    pub fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        let path = path.into();
        let root = path.find("://").map_or(0, |at| at + 3);
        Self { path, root, bytes: bytes.into() }
    }

    /// The same, with the folder in which an import that begins with `/` is looked for. It must be
    /// what the path begins with; otherwise nothing changes.
    #[must_use]
    pub fn with_root(mut self, folder: &str) -> Self {
        if let Some(rest) = self.path.strip_prefix(folder)
            && (folder.is_empty() || folder.ends_with('/') || rest.starts_with('/'))
        {
            self.root = folder.len() + usize::from(rest.starts_with('/'));
        }
        self
    }

    /// What error messages call this script.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The folder that it lies in; empty for none.
    #[must_use]
    pub fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// What of the path names the root.
    #[must_use]
    pub fn root(&self) -> &str {
        self.path.get(..self.root).unwrap_or_default()
    }

    /// The bytes as they were read.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_what_the_path_begins_with() {
        let root = |path: &str, folder: &str| {
            ScriptSource::new(path, "").with_root(folder).root().to_owned()
        };
        assert_eq!(root("a/b.rhai", ""), "");
        assert_eq!(root("a/b.rhai", "a"), "a/");
        assert_eq!(root("a/b.rhai", "a/"), "a/");
        assert_eq!(root("ab/c.rhai", "a"), "");
        assert_eq!(root("/b.rhai", ""), "/");
        assert_eq!(root("b.rhai", "elsewhere"), "");
        assert_eq!(ScriptSource::new("net://a/b.rhai", "").root(), "net://");
    }
}

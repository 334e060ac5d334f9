/// A script as it was read: its name and its bytes, not yet trusted, not yet parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptSource {
    path: String,
    bytes: Vec<u8>,
}

impl ScriptSource {
    /// A script from its bytes. `path` is what error messages call it.
    #[must_use]
    pub fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: bytes.into() }
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

    /// The bytes as they were read.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

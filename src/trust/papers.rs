use super::ModPath;

/// What lies beside a script and says who wrote it and what it asks for. Read once, with the script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Papers {
    /// The script's own signature: `x.rhai.sig` beside `x.rhai`.
    pub signature: Option<Paper>,
    /// The mods that the script belongs to: each folder above it that has a `mod.toml`, the nearest first. All
    /// of them narrow what it may call; the nearest may be signed.
    pub mods: Vec<ModPapers>,
}

/// What lies beside a `mod.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModPapers {
    /// The file `mod.toml`.
    pub manifest: Paper,
    /// The file `mod.sig`.
    pub signature: Option<Paper>,
    /// The script's path in the mod, as it stands on disk.
    pub script: String,
}

/// A file as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// What errors call it.
    pub path: String,
    /// Its bytes, up to one more than may be; or why they cannot be read.
    pub bytes: Result<Vec<u8>, String>,
}

impl Paper {
    /// A file that was read.
    #[must_use]
    pub fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: Ok(bytes.into()) }
    }
}

impl Papers {
    /// No papers: the script comes alone.
    pub const NONE: Self = Self { signature: None, mods: Vec::new() };

    /// The papers of a script in a folder or package that is a mod.
    #[must_use]
    pub fn of_mod(manifest: Paper, signature: Option<Paper>, script: &ModPath) -> Self {
        let script = script.to_string();
        Self { signature: None, mods: vec![ModPapers { manifest, signature, script }] }
    }
}

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use super::{failure::Failure, key_file::read_at_most};
use crate::trust::{
    Claim, FileClaim, MANIFEST_BYTES, ModManifest, ModPath, PACKAGE_BYTES, SIGNATURE_BYTES,
};

/// A mod as a folder: `mod.toml`, every script below it, and the files that the manifest names. Other files
/// are no part of it.
pub(super) struct ModFolder {
    pub(super) path: PathBuf,
    pub(super) manifest: ModManifest,
    /// Its files, without the signature.
    pub(super) files: BTreeMap<ModPath, Vec<u8>>,
    /// `mod.sig`, if it is there.
    pub(super) signature: Option<Vec<u8>>,
}

impl ModFolder {
    /// Whether a path is a folder with a manifest.
    pub(super) fn is_one(path: &Path) -> bool {
        path.is_dir() && path.join("mod.toml").is_file()
    }

    /// Reads a mod. Follows no links: what a link points to is not the mod's.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let shown = |name: &str| path.join(name).display().to_string();
        let manifest_bytes = read_at_most(&path.join("mod.toml"), MANIFEST_BYTES as u64)?;
        let manifest = ModManifest::parse(&shown("mod.toml"), &manifest_bytes)?;
        let mut wanted = Vec::new();
        find_scripts(path, path, &mut wanted)?;
        wanted.extend(manifest.files.iter().chain(&manifest.entry).cloned());
        wanted.sort();
        wanted.dedup();
        let mut files = BTreeMap::new();
        let mut left = PACKAGE_BYTES as u64;
        for file in wanted {
            let place = path.join(file.as_str());
            no_link(path, &file)?;
            let bytes = read_at_most(&place, left)?;
            left -= bytes.len() as u64;
            files.insert(file, bytes);
        }
        if let Ok(file) = "mod.toml".parse() {
            files.insert(file, manifest_bytes);
        }
        let signature = path.join("mod.sig");
        let signature = if signature.exists() {
            Some(read_at_most(&signature, SIGNATURE_BYTES as u64)?)
        } else {
            None
        };
        Ok(Self { path: path.to_owned(), manifest, files, signature })
    }

    /// What is to be signed.
    pub(super) fn claim(&self) -> Claim {
        let of = |(path, bytes): (&ModPath, &Vec<u8>)| (path.clone(), FileClaim::of(bytes));
        Claim::Mod(self.files.iter().map(of).collect())
    }

    /// All files, the signature among them.
    pub(super) fn with_signature(&self) -> BTreeMap<ModPath, Vec<u8>> {
        let mut files = self.files.clone();
        if let (Some(signature), Ok(path)) = (&self.signature, "mod.sig".parse()) {
            files.insert(path, signature.clone());
        }
        files
    }
}

/// Scripts below a folder, in no order. Names that begin with a `.` are left out.
fn find_scripts(root: &Path, folder: &Path, found: &mut Vec<ModPath>) -> Result<(), Failure> {
    let entries = fs::read_dir(folder).map_err(|error| Failure::at(folder, error))?;
    for entry in entries {
        let entry = entry.map_err(|error| Failure::at(folder, error))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(|error| Failure::at(&path, error))?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            find_scripts(root, &path, found)?;
        } else if path.extension().is_some_and(|ending| ending == "rhai") {
            let inner = path.strip_prefix(root).unwrap_or(&path);
            let parts: Vec<_> = inner.iter().map(|part| part.to_string_lossy()).collect();
            found.push(parts.join("/").parse().map_err(|error| Failure::at(&path, error))?);
        }
    }
    Ok(())
}

/// Refuses a file that is a link or lies behind one.
fn no_link(root: &Path, file: &ModPath) -> Result<(), Failure> {
    let mut place = root.to_owned();
    for part in file.as_str().split('/') {
        place.push(part);
        let about = fs::symlink_metadata(&place).map_err(|error| Failure::at(&place, error))?;
        if about.is_symlink() {
            let message = "it is a link; put the file itself into the mod";
            return Err(Failure::at(&place, message));
        }
    }
    Ok(())
}

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;

use super::{
    failure::Failure,
    key_file::{read_at_most, read_text},
    mod_folder::ModFolder,
};
use crate::trust::{
    Digest, FileClaim, KeyError, ModManifest, ModPath, PACKAGE_BYTES, Package, PublicKey,
    SIGNATURE_BYTES, SecretKey, SignedStatement,
};

#[derive(Args)]
pub(super) struct Inspect {
    /// A `.sig` file, the folder of a mod, a `.cmod` package, or a key.
    path: PathBuf,
}

impl Inspect {
    pub(super) fn run(&self, out: &mut impl Write) -> Result<ExitCode, Failure> {
        let path = &self.path;
        let ending = path.extension().unwrap_or_default();
        if path.is_dir() {
            let folder = ModFolder::read(path)?;
            writeln!(out, "mod in {}", folder.path.display())?;
            show_mod(path, &folder.manifest, &folder.files, folder.signature.as_deref(), out)?;
        } else if ending == "cmod" {
            let bytes = read_at_most(path, PACKAGE_BYTES as u64)?;
            let package = Package::parse(&path.display().to_string(), &bytes)?;
            let manifest = package.file("mod.toml").unwrap_or_default();
            let manifest = ModManifest::parse(&format!("{}#mod.toml", path.display()), manifest)?;
            writeln!(out, "package of {} bytes, sha256 {}", bytes.len(), Digest::of(&bytes))?;
            show_mod(path, &manifest, package.files(), package.file("mod.sig"), out)?;
        } else if ending == "sig" {
            show_signature(path, &read_at_most(path, SIGNATURE_BYTES as u64)?, out)?;
        } else {
            show_key(path, out)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show_mod<'a>(
    path: &Path,
    manifest: &ModManifest,
    files: impl IntoIterator<Item = (&'a ModPath, &'a Vec<u8>)>,
    signature: Option<&[u8]>,
    out: &mut impl Write,
) -> Result<(), Failure> {
    writeln!(out, "id: {}", manifest.id)?;
    writeln!(out, "version: {}", manifest.version)?;
    let asked: Vec<_> = manifest.permissions.iter().map(String::as_str).collect();
    let asked = if asked.is_empty() { "none".to_owned() } else { asked.join(", ") };
    writeln!(out, "permissions asked for: {asked}")?;
    for entry in &manifest.entry {
        writeln!(out, "entry: {entry}")?;
    }
    for (file, bytes) in files {
        let FileClaim { digest, size } = FileClaim::of(bytes);
        writeln!(out, "holds: {digest} {size} {file}")?;
    }
    match signature {
        Some(signature) => show_signature(&path.join("mod.sig"), signature, out),
        None => Ok(writeln!(out, "not signed")?),
    }
}

fn show_signature(path: &Path, bytes: &[u8], out: &mut impl Write) -> Result<(), Failure> {
    let signed = SignedStatement::parse(&path.display().to_string(), bytes)?;
    writeln!(out, "signature (not checked: `cscript verify` does that):")?;
    write!(out, "{}", signed.to_text())?;
    Ok(())
}

fn show_key(path: &Path, out: &mut impl Write) -> Result<(), Failure> {
    let text = read_text(path)?;
    let (what, public) = match text.parse::<PublicKey>() {
        Ok(public) => ("public key", public),
        Err(KeyError::Weak) => return Err(Failure::at(path, KeyError::Weak)),
        Err(_) => match SecretKey::from_pem(&text) {
            Ok(key) => ("private key", key.public()),
            Err(KeyError::Password) => {
                writeln!(out, "private key, encrypted")?;
                return Ok(());
            }
            Err(_) => {
                let message = format!(
                    "{} is no signature, mod, package or key: those are .sig and .cmod files, folders with mod.toml, and PEM",
                    path.display()
                );
                return Err(Failure::Usage(message));
            }
        },
    };
    writeln!(out, "{what} {public}\nkey id: {}", public.id())?;
    Ok(())
}

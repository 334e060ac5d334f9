use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::Args;

use super::{failure::Failure, key_file::write, mod_folder::ModFolder};
use crate::trust::{Digest, Package, SignedStatement};

#[derive(Args)]
pub(super) struct Pack {
    /// The folder of the mod.
    folder: PathBuf,
    /// The package to write. Default: `<id>-<version>.cmod` in the current folder.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Packs a mod that is not signed.
    #[arg(long)]
    unsigned: bool,
}

impl Pack {
    pub(super) fn run(&self, out: &mut impl Write) -> Result<ExitCode, Failure> {
        if !ModFolder::is_one(&self.folder) {
            let message = format!("{} is no folder with a mod.toml", self.folder.display());
            return Err(Failure::Usage(message));
        }
        let folder = ModFolder::read(&self.folder)?;
        match &folder.signature {
            Some(signature) => {
                let path = self.folder.join("mod.sig").display().to_string();
                let signed = SignedStatement::parse(&path, signature)?;
                if signed.statement().claim != folder.claim() {
                    let message = format!(
                        "{path}: the mod has changed since it was signed; sign it anew with `cscript sign`"
                    );
                    return Err(Failure::Failed(message));
                }
            }
            None if self.unsigned => {}
            None => {
                let message = format!(
                    "{} is not signed; sign it with `cscript sign`, or say --unsigned",
                    self.folder.display()
                );
                return Err(Failure::Usage(message));
            }
        }
        let file = self.out.clone().unwrap_or_else(|| {
            format!("{}-{}.cmod", folder.manifest.id, folder.manifest.version).into()
        });
        let package = Package::new(&file.display().to_string(), folder.with_signature())?;
        let bytes = package.to_bytes();
        write(&file, &bytes)?;
        let (files, digest) = (package.files().len(), Digest::of(&bytes));
        writeln!(out, "{}: {files} files, {} bytes, sha256 {digest}", file.display(), bytes.len())?;
        Ok(ExitCode::SUCCESS)
    }
}

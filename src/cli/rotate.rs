use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::Args;

use super::{
    failure::Failure,
    key_file::{SecretKeyFile, read_public},
    sign::Terms,
};
use crate::trust::Claim;

#[derive(Args)]
pub(super) struct Rotate {
    /// The new public key.
    #[arg(value_name = "FILE")]
    new: PathBuf,
    #[command(flatten)]
    old: SecretKeyFile,
    /// Where the signed statement is written.
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    terms: Terms,
}

impl Rotate {
    pub(super) fn run(&self, out: &mut impl Write) -> Result<ExitCode, Failure> {
        let new = read_public(&self.new)?;
        let old = self.old.read()?;
        if new == old.public() {
            return Err(Failure::Usage("the new key is the old one; make another".to_owned()));
        }
        let claim = Claim::Rotation(new);
        let said = self.terms.sign(claim, "keys".to_owned(), &old, &self.out)?;
        writeln!(out, "{}: key {} replaces {}", self.out.display(), new.id(), said.key)?;
        Ok(ExitCode::SUCCESS)
    }
}

use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::Args;

use super::{
    failure::Failure,
    key_file::{SecretKeyFile, read_at_most},
    sign::Terms,
};
use crate::trust::{Claim, Digest, KeyId, PACKAGE_BYTES, Revocations};

#[derive(Args)]
pub(super) struct Revoke {
    /// The id of a key that is no longer believed. Can be given several times.
    #[arg(long, value_name = "ID", value_parser = key_id)]
    revoke_key: Vec<KeyId>,
    /// A file of which this version is no longer believed. Can be given several times.
    #[arg(long, value_name = "FILE")]
    revoke_file: Vec<PathBuf>,
    /// The same by the 64 digits of its SHA-256.
    #[arg(long, value_name = "SHA256", value_parser = digest)]
    revoke_digest: Vec<Digest>,
    #[command(flatten)]
    key: SecretKeyFile,
    /// Where the signed list is written.
    #[arg(long, short, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    terms: Terms,
}

fn key_id(text: &str) -> Result<KeyId, String> {
    KeyId::parse(text)
        .ok_or_else(|| "a key id has 32 digits; `cscript inspect` shows it".to_owned())
}

fn digest(text: &str) -> Result<Digest, String> {
    Digest::parse(text).ok_or_else(|| "a SHA-256 has 64 small hexadecimal digits".to_owned())
}

impl Revoke {
    pub(super) fn run(&self, out: &mut impl Write) -> Result<ExitCode, Failure> {
        let mut revoked = Revocations::default();
        revoked.keys.extend(&self.revoke_key);
        revoked.files.extend(&self.revoke_digest);
        for file in &self.revoke_file {
            revoked.files.insert(Digest::of(&read_at_most(file, PACKAGE_BYTES as u64)?));
        }
        if revoked == Revocations::default() {
            let message = "say what is revoked: --revoke-key, --revoke-file or --revoke-digest";
            return Err(Failure::Usage(message.to_owned()));
        }
        let (keys, files) = (revoked.keys.len(), revoked.files.len());
        let key = self.key.read()?;
        let claim = Claim::Revocations(revoked);
        self.terms.sign(claim, "revoked".to_owned(), &key, &self.out)?;
        writeln!(out, "{}: revokes {keys} keys and {files} files", self.out.display())?;
        Ok(ExitCode::SUCCESS)
    }
}

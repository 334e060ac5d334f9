use std::{io::Write, path::PathBuf, process::ExitCode};

use clap::Args;

use super::{
    failure::Failure,
    key_file::{Password, write, write_secret},
};
use crate::trust::SecretKey;

#[derive(Args)]
pub(super) struct Keygen {
    /// Where the private key is written. The public one comes beside it, with `.pub` behind its name. Files
    /// that are there are not written over.
    #[arg(value_name = "FILE")]
    out: PathBuf,
    /// Encrypts the private key with a password.
    #[arg(long)]
    encrypt: bool,
    #[command(flatten)]
    password: Password,
}

impl Keygen {
    pub(super) fn run(&self, out: &mut impl Write) -> Result<ExitCode, Failure> {
        let mut public_path = self.out.clone().into_os_string();
        public_path.push(".pub");
        let public_path = PathBuf::from(public_path);
        for path in [&self.out, &public_path] {
            if path.exists() {
                let message = format!("{} is there already; choose another name", path.display());
                return Err(Failure::Usage(message));
            }
        }
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)
            .map_err(|error| Failure::Failed(format!("the system has no random bytes: {error}")))?;
        let key = SecretKey::from_bytes(&seed);
        seed.fill(0);
        let pem = if self.encrypt {
            let Some(password) = self.password.read()? else {
                let message = "give a password with --password-file or in CSCRIPT_PASSWORD";
                return Err(Failure::Usage(message.to_owned()));
            };
            key.to_encrypted_pem(password.as_bytes())
        } else {
            key.to_pem()
        };
        let pem = pem.map_err(|error| Failure::Failed(error.to_string()))?;
        let public = key.public();
        write_secret(&self.out, &pem)?;
        write(&public_path, public.to_pem().unwrap_or_default().as_bytes())?;
        writeln!(out, "private key: {} (keep it to yourself)", self.out.display())?;
        writeln!(out, "public key:  {}", public_path.display())?;
        writeln!(out, "             {public}")?;
        writeln!(out, "key id:      {}", public.id())?;
        Ok(ExitCode::SUCCESS)
    }
}

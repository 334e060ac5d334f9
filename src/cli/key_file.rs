use std::{
    fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use clap::Args;

use super::failure::Failure;
use crate::trust::{KeyError, PublicKey, SecretKey};

/// Bytes of a key file or a password; more are not read.
const MOST: u64 = 16 * 1024;

/// Where a password comes from. Never from the command line, which others on the machine can read.
#[derive(Args)]
pub(super) struct Password {
    /// The file that holds the password of the key in its first line; `-` is stdin. Without it the
    /// environment variable `CSCRIPT_PASSWORD` is looked at.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Password {
    /// The password, if there is one.
    pub(super) fn read(&self) -> Result<Option<String>, Failure> {
        let Some(path) = &self.password_file else {
            return Ok(std::env::var("CSCRIPT_PASSWORD").ok());
        };
        let text = if path.as_os_str() == "-" {
            let mut text = String::new();
            std::io::stdin()
                .take(MOST)
                .read_to_string(&mut text)
                .map_err(|error| Failure::at(path, error))?;
            text
        } else {
            read_text(path)?
        };
        let line = text.lines().next().unwrap_or_default();
        if line.is_empty() {
            return Err(Failure::at(path, "its first line, the password, is empty"));
        }
        Ok(Some(line.to_owned()))
    }
}

/// A private key and where it lies.
#[derive(Args)]
pub(super) struct SecretKeyFile {
    /// The private key, as `cscript keygen` or OpenSSL writes it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    password: Password,
}

impl SecretKeyFile {
    pub(super) fn read(&self) -> Result<SecretKey, Failure> {
        let pem = read_text(&self.key)?;
        match SecretKey::from_pem(&pem) {
            Err(KeyError::Password) => {}
            Ok(key) => return Ok(key),
            Err(error) => return Err(Failure::at(&self.key, error)),
        }
        let Some(password) = self.password.read()? else {
            let message = format!(
                "{}: the key is encrypted; give its password with --password-file or in CSCRIPT_PASSWORD",
                self.key.display()
            );
            return Err(Failure::Usage(message));
        };
        SecretKey::from_encrypted_pem(&pem, password.as_bytes())
            .map_err(|error| Failure::at(&self.key, error))
    }
}

/// A public key from a file, in PEM or in 64 digits.
pub(super) fn read_public(path: &Path) -> Result<PublicKey, Failure> {
    read_text(path)?.parse().map_err(|error| Failure::at(path, error))
}

/// A short text from a file.
pub(super) fn read_text(path: &Path) -> Result<String, Failure> {
    let bytes = read_at_most(path, MOST)?;
    String::from_utf8(bytes).map_err(|_| Failure::at(path, "it is not text"))
}

/// The bytes of a file, which are no more than so many.
pub(super) fn read_at_most(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| Failure::at(path, error))?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| Failure::at(path, error))?;
    if bytes.len() as u64 > most {
        return Err(Failure::at(path, format!("it has more than {most} bytes")));
    }
    Ok(bytes)
}

/// Writes a file in one step, so that who watches it never reads half of it.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = path.with_file_name(format!(".{name}.new"));
    fs::write(&aside, bytes)
        .and_then(|()| fs::rename(&aside, path))
        .map_err(|error| Failure::at(path, error))
}

/// Writes a file that is not there yet and that nobody else may read, where the system knows such a thing.
pub(super) fn write_secret(path: &Path, text: &str) -> Result<(), Failure> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Failure::at(path, error))
}

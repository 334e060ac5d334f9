use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::Args;

use super::{
    failure::Failure,
    key_file::{SecretKeyFile, read_at_most, write},
    mod_folder::ModFolder,
};
use crate::{
    contract::ScriptLimits,
    trust::{Claim, FileClaim, SIGNATURE_BYTES, SecretKey, SignedStatement, Statement, is_id},
};

#[derive(Args)]
pub(super) struct Sign {
    /// A script, or the folder of a mod: the one with `mod.toml`. The signature comes beside it:
    /// `x.rhai.sig` or `mod.sig`.
    path: PathBuf,
    #[command(flatten)]
    key: SecretKeyFile,
    /// What a script is called; a key's versions of one id count together. Default: the name of its file
    /// without the ending. A mod's id is in `mod.toml`.
    #[arg(long)]
    id: Option<String>,
    #[command(flatten)]
    terms: Terms,
}

/// What a signature says besides what it is for.
#[derive(Args)]
pub(super) struct Terms {
    /// The id of the game that it is for. Default: `*`, all games.
    #[arg(long, default_value = "*")]
    game: String,
    /// The number of the version; a lower one is not accepted after a higher one. Default: one more than the
    /// signature has that is there, or 1.
    #[arg(long)]
    counter: Option<u64>,
    /// For how many days it holds. Default: for ever.
    #[arg(long, conflicts_with = "not_after")]
    days: Option<u32>,
    /// The last second at which it holds, in Unix time.
    #[arg(long, value_name = "SECONDS")]
    not_after: Option<u64>,
}

impl Terms {
    /// Signs a claim, writes it to a file, and gives what was signed.
    pub(super) fn sign(
        &self,
        claim: Claim,
        id: String,
        key: &SecretKey,
        file: &Path,
    ) -> Result<Statement, Failure> {
        for (what, text) in [("id", &id), ("game", &self.game)] {
            let is_any = what == "game" && text == "*";
            if !is_any && !is_id(text) {
                let message = format!(
                    "the {what} is 1 to 64 small letters, digits, `_` and `-`, not {text:?}; give one with --{what}"
                );
                return Err(Failure::Usage(message));
            }
        }
        let not_after = match (self.days, self.not_after) {
            (Some(days), _) => Some(now()?.saturating_add(u64::from(days) * 86_400)),
            (None, second) => second,
        };
        let counter = match self.counter {
            Some(counter) => counter,
            None => 1 + last_counter(file)?,
        };
        let (game, key_id) = (self.game.clone(), key.public().id());
        let statement = Statement { claim, id, game, counter, not_after, key: key_id };
        let signed = SignedStatement::sign(statement, key);
        let text = signed.to_text();
        if text.len() > SIGNATURE_BYTES {
            return Err(Failure::at(file, "it names too many files; make several mods of it"));
        }
        write(file, text.as_bytes())?;
        Ok(signed.statement().clone())
    }
}

/// The time, in seconds of Unix time.
pub(super) fn now() -> Result<u64, Failure> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since
        .map(|since| since.as_secs())
        .map_err(|_| Failure::Failed("the system's clock stands before 1970".to_owned()))
}

/// The counter of the signature that is there; 0 if there is none.
fn last_counter(file: &Path) -> Result<u64, Failure> {
    if !file.exists() {
        return Ok(0);
    }
    let bytes = read_at_most(file, SIGNATURE_BYTES as u64)?;
    let last = SignedStatement::parse(&file.display().to_string(), &bytes).map_err(|error| {
        Failure::Failed(format!(
            "{error}\n  the last version is not known; give one with --counter"
        ))
    })?;
    Ok(last.statement().counter.min(u64::MAX - 1))
}

impl Sign {
    pub(super) fn run(&self, out: &mut impl Write) -> Result<ExitCode, Failure> {
        let (claim, id, file) = if ModFolder::is_one(&self.path) {
            if self.id.is_some() {
                let message = "the id of a mod is the one in mod.toml; leave out --id";
                return Err(Failure::Usage(message.to_owned()));
            }
            let folder = ModFolder::read(&self.path)?;
            (folder.claim(), folder.manifest.id, self.path.join("mod.sig"))
        } else if self.path.is_dir() {
            let message = format!("{} has no mod.toml; write one first", self.path.display());
            return Err(Failure::Usage(message));
        } else {
            self.script()?
        };
        let key = self.key.read()?;
        let said = self.terms.sign(claim, id, &key, &file)?;
        writeln!(
            out,
            "{}: {}, version {}, {} files, by key {}",
            file.display(),
            said.subject(),
            said.counter,
            said.claim.files().count(),
            said.key
        )?;
        Ok(ExitCode::SUCCESS)
    }

    fn script(&self) -> Result<(Claim, String, PathBuf), Failure> {
        let path = &self.path;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix(".rhai") else {
            let message = format!("{} is neither a .rhai file nor a mod's folder", path.display());
            return Err(Failure::Usage(message));
        };
        let id = self.id.clone().unwrap_or_else(|| stem.to_ascii_lowercase());
        let bytes = read_at_most(path, ScriptLimits::default().source_bytes as u64)?;
        let in_statement = name.parse().map_err(|error| Failure::at(path, error))?;
        let file = path.with_file_name(format!("{name}.sig"));
        Ok((Claim::Script(in_statement, FileClaim::of(&bytes)), id, file))
    }
}

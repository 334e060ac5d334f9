use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::{Args, ValueEnum};

use super::{
    failure::Failure,
    find_scripts,
    key_file::{read_at_most, read_public, read_text},
    mod_folder::ModFolder,
    sign,
};
use crate::{
    contract::{ScriptLimits, ScriptSource},
    trust::{
        KnownKey, MANIFEST_BYTES, ModPapers, ModPath, PACKAGE_BYTES, Package, Paper, Papers,
        SIGNATURE_BYTES, TrustLevel, TrustMemory, TrustPolicy, Verifier,
    },
};

#[derive(Args)]
pub(super) struct Verify {
    /// Scripts, folders of mods, `.cmod` packages, or folders of scripts.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// A public key that is believed. Can be given several times.
    #[arg(long, value_name = "FILE")]
    trust: Vec<PathBuf>,
    /// The level of what those keys signed.
    #[arg(long, value_enum, default_value_t = Level::Mod)]
    level: Level,
    /// The policy: `development`, `client`, `server`, or a TOML file.
    #[arg(long, default_value = "server")]
    policy: String,
    /// The time to go by, in seconds of Unix time. Default: now.
    #[arg(long, value_name = "SECONDS")]
    now: Option<u64>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Level {
    Untrusted,
    Mod,
    Trusted,
}

impl Verify {
    pub(super) fn run(&self, out: &mut impl Write) -> Result<ExitCode, Failure> {
        let mut policy = match TrustPolicy::preset(&self.policy) {
            Some(policy) => policy,
            None => read_policy(Path::new(&self.policy))?,
        };
        let level = match self.level {
            Level::Untrusted => TrustLevel::Untrusted,
            Level::Mod => TrustLevel::Mod,
            Level::Trusted => TrustLevel::Trusted,
        };
        for path in &self.trust {
            let name = path.display().to_string();
            policy.keys.add(KnownKey::new(name, read_public(path)?, level));
        }
        let memory = TrustMemory::default();
        memory.set_now(self.now.map_or_else(sign::now, Ok)?);
        let verifier = Verifier::new(policy, Arc::new(memory));
        let mut refused = 0;
        for path in &self.paths {
            refused += verify(&verifier, path, out)?;
        }
        Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

fn read_policy(path: &Path) -> Result<TrustPolicy, Failure> {
    if !path.exists() {
        let message = format!(
            "a policy is development, client, server or a TOML file, not {}",
            path.display()
        );
        return Err(Failure::Usage(message));
    }
    TrustPolicy::from_toml(&read_text(path)?).map_err(|error| Failure::at(path, error))
}

/// Says of each thing at a path whether it is accepted, and gives how many are not.
fn verify(verifier: &Verifier, path: &Path, out: &mut impl Write) -> Result<u32, Failure> {
    let is_package = path.extension().is_some_and(|ending| ending == "cmod");
    let whole = |files: &BTreeMap<ModPath, Vec<u8>>| {
        let shown =
            |file: &str| format!("{}{}{file}", path.display(), if is_package { '#' } else { '/' });
        verifier.verify_mod(files, shown)
    };
    let done = if ModFolder::is_one(path) {
        let folder = ModFolder::read(path)?;
        whole(&folder.with_signature())
    } else if is_package {
        let bytes = read_at_most(path, PACKAGE_BYTES as u64)?;
        Package::parse(&path.display().to_string(), &bytes)
            .and_then(|package| whole(package.files()))
    } else {
        return verify_scripts(verifier, path, out);
    };
    match done {
        Ok((key, said)) => {
            let (path, counter) = (path.display(), said.counter);
            let (name, id) = (&key.name, key.key.id());
            writeln!(out, "{path}: mod {}, version {counter}, signed by {name} ({id})", said.id)?;
            Ok(0)
        }
        Err(error) => {
            writeln!(out, "{error}")?;
            Ok(1)
        }
    }
}

fn verify_scripts(verifier: &Verifier, path: &Path, out: &mut impl Write) -> Result<u32, Failure> {
    let mut files = Vec::new();
    find_scripts(path, &mut files).map_err(|error| Failure::at(path, error))?;
    files.sort();
    let mut refused = 0;
    for file in files {
        let shown = file.display().to_string();
        let bytes = read_at_most(&file, ScriptLimits::default().source_bytes as u64)?;
        let papers = papers(&file)?;
        match verifier.verify(ScriptSource::new(&shown, bytes), &papers) {
            Ok(script) => {
                let level = script.level();
                match script.signer() {
                    Some(signer) => {
                        let (name, key, counter) = (&signer.name, signer.key, signer.counter);
                        writeln!(
                            out,
                            "{shown}: version {counter}, signed by {name} ({key}), runs as {level:?}"
                        )?;
                    }
                    None => writeln!(out, "{shown}: not signed, runs as {level:?}")?,
                }
                for warning in script.warnings() {
                    writeln!(out, "{warning} (warning)")?;
                }
            }
            Err(error) => {
                refused += 1;
                writeln!(out, "{error}")?;
            }
        }
    }
    Ok(refused)
}

/// What lies beside a script, as a game would find it whose scripts are in the folder that the path begins
/// with.
fn papers(script: &Path) -> Result<Papers, Failure> {
    let read = |path: &Path, most: usize| {
        if !path.exists() {
            return Ok(None);
        }
        let bytes = read_at_most(path, most as u64)?;
        Ok::<_, Failure>(Some(Paper::new(path.display().to_string(), bytes)))
    };
    let mut signature = script.as_os_str().to_owned();
    signature.push(".sig");
    let signature = read(Path::new(&signature), SIGNATURE_BYTES)?;
    let mut mods = Vec::new();
    for folder in script.ancestors().skip(1) {
        let Some(manifest) = read(&folder.join("mod.toml"), MANIFEST_BYTES)? else { continue };
        let signature =
            if mods.is_empty() { read(&folder.join("mod.sig"), SIGNATURE_BYTES)? } else { None };
        let inner = script.strip_prefix(folder).unwrap_or(script);
        let parts: Vec<_> = inner.iter().map(|part| part.to_string_lossy()).collect();
        mods.push(ModPapers { manifest, signature, script: parts.join("/") });
    }
    Ok(Papers { signature, mods })
}

use crate::contract::{ErrorKind, Refusal, ScriptError, ScriptSource, Stage};

use super::{
    Digest, KeyId, KnownKey, ModManifest, Permissions, Statement, TrustLevel, TrustPolicy, Unsigned,
};

/// Something that a [`TrustPolicy`] has accepted, and what it may call. Only a policy makes one
/// ([`Verified::check`], [`Verifier::verify`](super::Verifier::verify)), and only verified sources are
/// parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T> {
    inner: T,
    digest: Digest,
    level: TrustLevel,
    granted: Permissions,
    signer: Option<Signer>,
    of_mod: Option<ModLabel>,
    warnings: Vec<ScriptError>,
}

/// Who signed something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The key.
    pub key: KeyId,
    /// Whose it is, as the key ring has it.
    pub name: String,
    /// What was signed was called.
    pub id: String,
    /// Which version it is.
    pub counter: u64,
}

/// Which mod something belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModLabel {
    /// What the mod is called.
    pub id: String,
    /// Its version.
    pub version: semver::Version,
    /// The path of the script in the mod.
    pub script: String,
}

impl Verified<ScriptSource> {
    /// Accepts or refuses a source that comes alone, without a signature. Looks at the very bytes that will be
    /// compiled. What is accepted may call as much as the policy allows its level.
    ///
    /// # Errors
    /// [`ErrorKind::Signature`] if the policy does not take the script.
    pub fn check(source: ScriptSource, policy: &TrustPolicy) -> Result<Self, ScriptError> {
        let digest = Digest::of(source.bytes());
        Self::unsigned(source, digest, policy)
    }

    pub(super) fn unsigned(
        source: ScriptSource,
        digest: Digest,
        policy: &TrustPolicy,
    ) -> Result<Self, ScriptError> {
        if policy.revoked.files.contains(&digest) {
            return Err(revoked_file(source.path()));
        }
        match policy.unsigned {
            Unsigned::Allow(level) => Ok(Self::at(source, digest, level, policy)),
            Unsigned::Warn(level) => {
                let message = "the script is not signed";
                let warning =
                    ScriptError::new(Stage::Verify, ErrorKind::Signature, source.path(), message);
                let mut verified = Self::at(source, digest, level, policy);
                verified.warnings.push(warning);
                Ok(verified)
            }
            Unsigned::Refuse => Err(ScriptError::refused(
                Refusal::Unsigned,
                source.path(),
                "the script is not signed and the trust policy refuses unsigned scripts; sign it with `cscript sign`",
            )),
        }
    }

    /// What becomes of a script whose signature does not hold.
    pub(super) fn broken(
        source: ScriptSource,
        digest: Digest,
        policy: &TrustPolicy,
        error: ScriptError,
    ) -> Result<Self, ScriptError> {
        let (level, warns) = match policy.broken {
            _ if error.refusal == Some(Refusal::Revoked) => return Err(error),
            _ if policy.revoked.files.contains(&digest) => return Err(revoked_file(source.path())),
            Unsigned::Refuse => return Err(error),
            Unsigned::Allow(level) => (level, false),
            Unsigned::Warn(level) => (level, true),
        };
        let mut verified = Self::at(source, digest, level, policy);
        if warns {
            verified.warnings.push(error);
        }
        Ok(verified)
    }

    pub(super) fn signed(
        source: ScriptSource,
        digest: Digest,
        policy: &TrustPolicy,
        by: &KnownKey,
        statement: &Statement,
    ) -> Self {
        let mut verified = Self::at(source, digest, by.level, policy).asking_for(&by.ceiling);
        verified.signer = Some(Signer {
            key: statement.key,
            name: by.name.clone(),
            id: statement.id.clone(),
            counter: statement.counter,
        });
        verified
    }

    fn at(source: ScriptSource, digest: Digest, level: TrustLevel, policy: &TrustPolicy) -> Self {
        Self {
            inner: source,
            digest,
            level,
            granted: policy.ceilings.of(level).clone(),
            signer: None,
            of_mod: None,
            warnings: Vec::new(),
        }
    }
}

pub(super) fn revoked_file(path: &str) -> ScriptError {
    let message = "this version of the file was revoked; take a newer one";
    ScriptError::refused(Refusal::Revoked, path, message)
}

impl<T> Verified<T> {
    /// What was verified.
    pub const fn get(&self) -> &T {
        &self.inner
    }

    /// The digest of its bytes.
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// How far it is believed.
    pub const fn level(&self) -> TrustLevel {
        self.level
    }

    /// What it may call.
    pub const fn granted(&self) -> &Permissions {
        &self.granted
    }

    /// Who signed it; `None` if the policy took it without a signature that holds.
    pub const fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
    }

    /// Which mod it belongs to, if any.
    pub const fn of_mod(&self) -> Option<&ModLabel> {
        self.of_mod.as_ref()
    }

    /// What the policy wants to be said of it, though it was accepted.
    pub fn warnings(&self) -> &[ScriptError] {
        &self.warnings
    }

    /// Grants no more than what was asked for, as a mod does in its manifest. Never grants more than
    /// before.
    #[must_use]
    pub fn asking_for(mut self, asked: &Permissions) -> Self {
        self.granted = self.granted.within(asked);
        self
    }

    /// As a script of a mod, which asks for what its manifest says.
    pub(super) fn in_mod(mut self, manifest: &ModManifest, script: &str) -> Self {
        if self.of_mod.is_none() {
            let (id, version) = (manifest.id.clone(), manifest.version.clone());
            self.of_mod = Some(ModLabel { id, version, script: script.to_owned() });
        }
        self.asking_for(&manifest.permissions())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(level: TrustLevel) -> Verified<ScriptSource> {
        let policy = TrustPolicy { unsigned: Unsigned::Allow(level), ..TrustPolicy::default() };
        match Verified::check(ScriptSource::new("a.rhai", "let x = 1;"), &policy) {
            Ok(verified) => verified,
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn the_policy_decides() {
        let source = ScriptSource::new("a.rhai", "let x = 1;");
        let allowed = Verified::check(source.clone(), &TrustPolicy::default());
        assert_eq!(allowed.as_ref().map(Verified::level), Ok(TrustLevel::Trusted));
        let warned = Verified::check(source.clone(), &TrustPolicy::client());
        assert_eq!(
            warned.map(|script| (script.level(), script.warnings().len())),
            Ok((TrustLevel::Untrusted, 1))
        );
        let refused = Verified::check(source, &TrustPolicy::server());
        assert_eq!(
            refused.map_err(|e| (e.stage, e.kind, e.refusal)).err(),
            Some((Stage::Verify, ErrorKind::Signature, Some(Refusal::Unsigned)))
        );
    }

    #[test]
    fn what_was_revoked_runs_under_no_policy() {
        let source = ScriptSource::new("a.rhai", "let x = 1;");
        let mut policy = TrustPolicy::development();
        policy.revoked.files.insert(Digest::of(b"let x = 1;"));
        let error = Verified::check(source, &policy).err();
        assert_eq!(error.and_then(|error| error.refusal), Some(Refusal::Revoked));
    }

    #[test]
    fn the_level_grants_and_a_manifest_only_takes_away() {
        assert_eq!(at(TrustLevel::Trusted).granted(), &Permissions::All);
        assert!(at(TrustLevel::Mod).granted().allows("combat"));
        assert!(!at(TrustLevel::Mod).granted().allows("economy"));
        assert!(!at(TrustLevel::Untrusted).granted().allows("combat"));

        let asked = Permissions::only(["combat", "economy", "tactical"]);
        let granted = |level| at(level).asking_for(&asked).granted().clone();
        assert_eq!(granted(TrustLevel::Trusted), asked);
        assert_eq!(granted(TrustLevel::Mod), Permissions::only(["combat", "tactical"]));
        assert_eq!(granted(TrustLevel::Untrusted), Permissions::only(["tactical"]));
        let all = at(TrustLevel::Untrusted).asking_for(&Permissions::All);
        assert_eq!(all, at(TrustLevel::Untrusted));
    }
}

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use super::{
    Claim, Digest, FileClaim, KnownKey, ModManifest, ModPapers, Paper, Papers, SignedStatement,
    Statement, TrustHost, TrustPolicy, Verified, verify::revoked_file,
};
use crate::contract::{Refusal, ScriptError, ScriptSource};

/// Decides by a [`TrustPolicy`] what runs. Verifies before anything is parsed, on the very bytes that are
/// compiled.
///
/// ```
/// use std::sync::Arc;
/// use bevy_cscript::{
///     contract::{Refusal, ScriptSource},
///     trust::{
///         Claim, FileClaim, KeyRing, KnownKey, Paper, Papers, SecretKey, SignedStatement, Statement, TrustLevel,
///         TrustMemory, TrustPolicy, Verifier,
///     },
/// };
///
/// // Who wrote the script signs it. Real keys come from `cscript keygen`.
/// let text = "let x = 1;";
/// let key = SecretKey::from_bytes(&[7; 32]);
/// let statement = Statement {
///     claim: Claim::Script("a.rhai".parse()?, FileClaim::of(text.as_bytes())),
///     id: "a".into(), game: "*".into(), counter: 1, not_after: None, key: key.public().id(),
/// };
/// let signature = SignedStatement::sign(statement, &key).to_text();
///
/// // Who runs the game says whom they believe.
/// let keys = KeyRing::new().with(KnownKey::new("Ada", key.public(), TrustLevel::Mod));
/// let verifier = Verifier::new(TrustPolicy::server().with_keys(keys), Arc::new(TrustMemory::default()));
/// let papers = Papers { signature: Some(Paper::new("a.rhai.sig", signature)), ..Papers::NONE };
/// let verified = verifier.verify(ScriptSource::new("a.rhai", text), &papers)?;
/// assert_eq!(verified.level(), TrustLevel::Mod);
///
/// let changed = verifier.verify(ScriptSource::new("a.rhai", "let x = 2;"), &papers);
/// assert_eq!(changed.map_err(|error| error.refusal).err(), Some(Some(Refusal::Changed)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Verifier {
    policy: RwLock<Arc<TrustPolicy>>,
    host: RwLock<Arc<dyn TrustHost>>,
    /// Held from the look at a counter until the new one is stored.
    counters: Mutex<()>,
}

impl Verifier {
    /// One that goes by a policy and what the host knows.
    #[must_use]
    pub fn new(policy: TrustPolicy, host: Arc<dyn TrustHost>) -> Self {
        Self {
            policy: RwLock::new(Arc::new(policy)),
            host: RwLock::new(host),
            counters: Mutex::new(()),
        }
    }

    fn host(&self) -> Arc<dyn TrustHost> {
        self.host.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks another host from now on.
    pub fn set_host(&self, host: Arc<dyn TrustHost>) {
        *self.host.write().unwrap_or_else(PoisonError::into_inner) = host;
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> Arc<TrustPolicy> {
        self.policy.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes by another policy from now on. What was accepted stays so until it is verified again.
    pub fn set_policy(&self, policy: TrustPolicy) {
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
    }

    /// Accepts or refuses a script with what lies beside it.
    ///
    /// The script's own signature decides if there is one, else that of the nearest mod, else the script is
    /// unsigned. Manifests narrow what it may call, signed or not. Costs some 0.1 ms where there is a
    /// signature.
    ///
    /// # Errors
    /// [`ErrorKind::Signature`](crate::contract::ErrorKind::Signature) with the
    /// [rule](ScriptError::refusal) and the file.
    pub fn verify(
        &self,
        source: ScriptSource,
        papers: &Papers,
    ) -> Result<Verified<ScriptSource>, ScriptError> {
        let policy = self.policy();
        let digest = Digest::of(source.bytes());
        let manifests = papers
            .mods
            .iter()
            .map(|papers| ModManifest::parse(&papers.manifest.path, bytes(&papers.manifest)?))
            .collect::<Result<Vec<_>, _>>()?;
        let of_mod = papers.mods.first().zip(manifests.first());
        let held = if let Some(paper) = &papers.signature {
            Some(self.check_script(&policy, paper, &source, digest))
        } else {
            of_mod.and_then(|(papers, manifest)| {
                let paper = papers.signature.as_ref()?;
                Some(self.check_mod(&policy, paper, papers, manifest, &source, digest))
            })
        };
        let mut verified = match held {
            None => Verified::unsigned(source, digest, &policy)?,
            Some(Ok((key, statement))) => {
                Verified::signed(source, digest, &policy, &key, &statement)
            }
            Some(Err(error)) => Verified::broken(source, digest, &policy, error)?,
        };
        for (papers, manifest) in papers.mods.iter().zip(&manifests) {
            verified = verified.in_mod(manifest, &papers.script);
        }
        Ok(verified)
    }

    fn check_script(
        &self,
        policy: &TrustPolicy,
        paper: &Paper,
        source: &ScriptSource,
        digest: Digest,
    ) -> Result<(KnownKey, Statement), ScriptError> {
        let signed = SignedStatement::parse(&paper.path, bytes(paper)?)?;
        let key = self.believed(policy, paper, &signed)?;
        let Claim::Script(path, file) = &signed.statement().claim else {
            return Err(other_kind(paper, &signed, "a script"));
        };
        let name = source.path().rsplit(['/', '\\']).next().unwrap_or_default();
        let found = FileClaim { digest, size: source.bytes().len() as u64 };
        if name == path.as_str() {
            same(source.path(), *file, found)?;
        } else {
            let (refusal, message) = if file.digest == digest {
                (
                    Refusal::Renamed,
                    format!("the script is signed as {path}; give it that name again"),
                )
            } else {
                (
                    Refusal::NotListed,
                    format!(
                        "{} is for {path}, another script; take this one's, or sign it",
                        paper.path
                    ),
                )
            };
            return Err(ScriptError::refused(refusal, source.path(), message));
        }
        not_revoked(policy, source.path(), digest)?;
        self.in_time(policy, paper, &signed)?;
        self.not_rolled_back(policy, paper, signed.statement())?;
        Ok((key, signed.statement().clone()))
    }

    fn check_mod(
        &self,
        policy: &TrustPolicy,
        paper: &Paper,
        papers: &ModPapers,
        manifest: &ModManifest,
        source: &ScriptSource,
        digest: Digest,
    ) -> Result<(KnownKey, Statement), ScriptError> {
        let signed = SignedStatement::parse(&paper.path, bytes(paper)?)?;
        let key = self.believed(policy, paper, &signed)?;
        let Claim::Mod(files) = &signed.statement().claim else {
            return Err(other_kind(paper, &signed, "a mod"));
        };
        same_mod(paper, signed.statement(), manifest)?;
        let manifest_bytes = bytes(&papers.manifest)?;
        listed(&papers.manifest.path, "mod.toml", files, FileClaim::of(manifest_bytes))?;
        let found = FileClaim { digest, size: source.bytes().len() as u64 };
        listed(source.path(), &papers.script, files, found)?;
        not_revoked(policy, source.path(), digest)?;
        self.in_time(policy, paper, &signed)?;
        self.not_rolled_back(policy, paper, signed.statement())?;
        Ok((key, signed.statement().clone()))
    }

    /// Accepts or refuses all files of a mod at once: those that the signature names are there and are the
    /// signed ones, and there are no others. `name` gives a file's path for errors.
    ///
    /// # Errors
    /// As [`Verifier::verify`]; [`Refusal::Unsigned`] if there is no `mod.sig`.
    pub fn verify_mod<'a>(
        &self,
        files: &BTreeMap<super::ModPath, Vec<u8>>,
        name: impl Fn(&str) -> String + 'a,
    ) -> Result<(KnownKey, Statement), ScriptError> {
        let policy = self.policy();
        let file = |path: &str| files.get(&path.parse().ok()?);
        let manifest = file("mod.toml").ok_or_else(|| {
            let message = "there is no mod.toml; every mod has one in its folder";
            ScriptError::refused(Refusal::Missing, name("mod.toml"), message)
        })?;
        let manifest = ModManifest::parse(&name("mod.toml"), manifest)?;
        let paper = file("mod.sig").ok_or_else(|| {
            let message = "there is no mod.sig; sign the mod with `cscript sign`";
            ScriptError::refused(Refusal::Unsigned, name("mod.sig"), message)
        })?;
        let paper = Paper::new(name("mod.sig"), paper.as_slice());
        let signed = SignedStatement::parse(&paper.path, bytes(&paper)?)?;
        let key = self.believed(&policy, &paper, &signed)?;
        let Claim::Mod(claims) = &signed.statement().claim else {
            return Err(other_kind(&paper, &signed, "a mod"));
        };
        same_mod(&paper, signed.statement(), &manifest)?;
        for (path, bytes) in files.iter().filter(|(path, _)| path.as_str() != "mod.sig") {
            let found = FileClaim::of(bytes);
            listed(&name(path.as_str()), path.as_str(), claims, found)?;
            not_revoked(&policy, &name(path.as_str()), found.digest)?;
        }
        for path in claims.keys().chain(&manifest.entry).chain(&manifest.files) {
            if !files.contains_key(path) {
                let message = format!(
                    "it is named in {} or mod.toml and is not there; restore it, or sign the mod anew",
                    paper.path
                );
                return Err(ScriptError::refused(Refusal::Missing, name(path.as_str()), message));
            }
        }
        self.in_time(&policy, &paper, &signed)?;
        self.not_rolled_back(&policy, &paper, signed.statement())?;
        Ok((key, signed.statement().clone()))
    }

    /// Takes a signed list of what is revoked into the policy.
    ///
    /// # Errors
    /// If it is not by a key that [may revoke](KnownKey::may_revoke), or an older list than the last.
    pub fn revoke(&self, paper: &Paper) -> Result<(), ScriptError> {
        let mut policy = (*self.policy()).clone();
        let signed = SignedStatement::parse(&paper.path, bytes(paper)?)?;
        let key = self.believed(&policy, paper, &signed)?;
        let Claim::Revocations(revoked) = &signed.statement().claim else {
            return Err(other_kind(paper, &signed, "a list of what is revoked"));
        };
        if !key.may_revoke {
            let message =
                format!("the key {} may not revoke; the key ring says who may", key.key.id());
            return Err(ScriptError::refused(Refusal::UnknownKey, &paper.path, message));
        }
        self.in_time(&policy, paper, &signed)?;
        self.not_rolled_back(&policy, paper, signed.statement())?;
        policy.revoked.add(revoked);
        self.set_policy(policy);
        Ok(())
    }

    /// Takes a new key into the policy that the old one signed. It gets the level and the ceiling of the old
    /// one and counts anew. Versions of the old one that were accepted before still are; no others.
    ///
    /// # Errors
    /// If the signature does not hold, the old key was revoked or replaced before, or the new one is known.
    pub fn rotate(&self, paper: &Paper) -> Result<KnownKey, ScriptError> {
        let mut policy = (*self.policy()).clone();
        let signed = SignedStatement::parse(&paper.path, bytes(paper)?)?;
        let old = self.believed(&policy, paper, &signed)?;
        let Claim::Rotation(new) = signed.statement().claim else {
            return Err(other_kind(paper, &signed, "a new key"));
        };
        let refuse = |refusal, message| Err(ScriptError::refused(refusal, &paper.path, message));
        if let Some(other) = old.replaced_by {
            let message = format!(
                "the key {} was replaced before, by {other}; let that one sign the new one",
                old.key.id()
            );
            return refuse(Refusal::Replaced, message);
        }
        if policy.revoked.keys.contains(&new.id()) {
            return refuse(
                Refusal::Revoked,
                format!("the new key {} was revoked; make another", new.id()),
            );
        }
        if policy.keys.get(new.id()).is_some() {
            let message = format!("the new key {} is known already; make another", new.id());
            return refuse(Refusal::Replaced, message);
        }
        self.in_time(&policy, paper, &signed)?;
        self.not_rolled_back(&policy, paper, signed.statement())?;
        let known = KnownKey { key: new, ..old.clone() };
        if let Some(old) = policy.keys.get_mut(old.key.id()) {
            old.replaced_by = Some(new.id());
            old.may_revoke = false;
        }
        policy.keys.add(known.clone());
        self.set_policy(policy);
        Ok(known)
    }

    /// The key of a signature, if it is known, good, and has made it.
    fn believed(
        &self,
        policy: &TrustPolicy,
        paper: &Paper,
        signed: &SignedStatement,
    ) -> Result<KnownKey, ScriptError> {
        let statement = signed.statement();
        let id = statement.key;
        let refuse = |refusal, message| Err(ScriptError::refused(refusal, &paper.path, message));
        if policy.revoked.keys.contains(&id) {
            let message = format!("the key {id} was revoked; take a version by another key");
            return refuse(Refusal::Revoked, message);
        }
        let Some(key) = policy.keys.get(id) else {
            let message =
                format!("the key {id} is not in the key ring; add it only if you trust its owner");
            return refuse(Refusal::UnknownKey, message);
        };
        if !signed.is_by(&key.key) {
            let message = format!(
                "the signature is not one of the key {id} for what the file says; take an unchanged copy or sign anew"
            );
            return refuse(Refusal::BadSignature, message);
        }
        if let Some(game) = &policy.game
            && statement.game != "*"
            && statement.game != *game
        {
            let message = format!(
                "it is signed for the game {}, this one is {game}; take a version that is signed for it",
                statement.game
            );
            return refuse(Refusal::OtherGame, message);
        }
        Ok(key.clone())
    }

    fn in_time(
        &self,
        policy: &TrustPolicy,
        paper: &Paper,
        signed: &SignedStatement,
    ) -> Result<(), ScriptError> {
        let Some(end) = signed.statement().not_after.filter(|_| policy.no_expired) else {
            return Ok(());
        };
        match self.host().now() {
            Some(now) if now <= end => Ok(()),
            Some(now) => {
                let message = format!(
                    "the signature ended at {end} (Unix time), it is {now}; take a newer version or sign anew"
                );
                Err(ScriptError::refused(Refusal::Expired, &paper.path, message))
            }
            None => {
                let message = format!(
                    "the signature ends at {end} (Unix time) and nobody tells the time; give the game a `TrustHost` that does"
                );
                Err(ScriptError::refused(Refusal::NoClock, &paper.path, message))
            }
        }
    }

    /// The last check: only what passed all others moves the counter.
    fn not_rolled_back(
        &self,
        policy: &TrustPolicy,
        paper: &Paper,
        statement: &Statement,
    ) -> Result<(), ScriptError> {
        if !policy.no_rollback {
            return Ok(());
        }
        let store = |reason| {
            let message =
                format!("the highest counters are not at hand: {reason}; mend the host's store");
            ScriptError::refused(Refusal::Store, &paper.path, message)
        };
        let (subject, key, counter) = (statement.subject(), statement.key, statement.counter);
        let _one_at_a_time = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let highest = self.host().highest(&subject, key).map_err(store)?;
        if highest.is_some_and(|highest| counter < highest) {
            let message = format!(
                "version {counter} of {subject} is older than version {}, which was accepted before; take a newer one",
                highest.unwrap_or_default()
            );
            return Err(ScriptError::refused(Refusal::RolledBack, &paper.path, message));
        }
        if highest.is_some_and(|highest| counter == highest) {
            return Ok(());
        }
        if policy.keys.get(key).is_some_and(|key| key.replaced_by.is_some()) {
            let message =
                format!("the key {key} was replaced; newer versions are signed by the new one");
            return Err(ScriptError::refused(Refusal::Replaced, &paper.path, message));
        }
        self.host().remember(&subject, key, counter).map_err(store)
    }
}

fn bytes(paper: &Paper) -> Result<&[u8], ScriptError> {
    paper.bytes.as_deref().map_err(|reason| {
        ScriptError::refused(
            Refusal::Unreadable,
            &paper.path,
            format!("cannot be read: {reason}; see to the file and its rights"),
        )
    })
}

fn other_kind(paper: &Paper, signed: &SignedStatement, wanted: &str) -> ScriptError {
    let kind = signed.statement().claim.kind();
    let message = format!("this is the signature of a {kind}, not of {wanted}; take the right one");
    ScriptError::refused(Refusal::OtherKind, &paper.path, message)
}

fn same_mod(paper: &Paper, said: &Statement, manifest: &ModManifest) -> Result<(), ScriptError> {
    if said.id == manifest.id {
        return Ok(());
    }
    let message = format!(
        "it is the signature of the mod {}, this is {}; take the mod.sig of this mod, or sign it",
        said.id, manifest.id
    );
    Err(ScriptError::refused(Refusal::OtherMod, &paper.path, message))
}

fn not_revoked(policy: &TrustPolicy, path: &str, digest: Digest) -> Result<(), ScriptError> {
    if policy.revoked.files.contains(&digest) { Err(revoked_file(path)) } else { Ok(()) }
}

/// Whether a file of a mod is the signed one.
fn listed(
    path: &str,
    in_mod: &str,
    files: &BTreeMap<super::ModPath, FileClaim>,
    found: FileClaim,
) -> Result<(), ScriptError> {
    let twin = files.iter().find(|(other, claim)| {
        other.as_str() != in_mod && claim.digest == found.digest && claim.size == found.size
    });
    let claim = in_mod.parse().ok().and_then(|in_mod| files.get(&in_mod));
    match (claim, twin) {
        (Some(claim), _) if claim.digest == found.digest => Ok(()),
        (Some(_), Some((other, _))) => {
            let message =
                format!("the file holds what {other} should hold; put both back in place");
            Err(ScriptError::refused(Refusal::Swapped, path, message))
        }
        (Some(claim), None) => same(path, *claim, found),
        (None, Some((other, _))) => {
            let message = format!("the file is signed as {other}; give it that name again");
            Err(ScriptError::refused(Refusal::Renamed, path, message))
        }
        (None, None) => {
            let message =
                "mod.sig does not name this file; remove it, or sign the mod anew with it";
            Err(ScriptError::refused(Refusal::NotListed, path, message))
        }
    }
}

/// Whether a file holds what was signed.
fn same(path: &str, said: FileClaim, found: FileClaim) -> Result<(), ScriptError> {
    if said.digest == found.digest {
        return Ok(());
    }
    let (refusal, what) = if found.size < said.size {
        (Refusal::Truncated, format!("it has {} bytes, {} were signed", found.size, said.size))
    } else {
        (Refusal::Changed, "it is not the file that was signed".to_owned())
    };
    let message = format!("{what}; take an unchanged copy, or sign anew with `cscript sign`");
    Err(ScriptError::refused(refusal, path, message))
}

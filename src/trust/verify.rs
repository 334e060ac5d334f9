use crate::contract::{ErrorKind, ScriptError, ScriptSource, Stage};

use super::{Permissions, TrustLevel, TrustPolicy, Unsigned};

/// Something that a [`TrustPolicy`] has accepted, and what it may call. [`Verified::check`] is the
/// only way to get one, and only verified sources are parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T> {
    inner: T,
    level: TrustLevel,
    granted: Permissions,
}

impl Verified<ScriptSource> {
    /// Accepts or refuses a source. Looks at the very bytes that will be compiled. What is accepted
    /// may call as much as the policy allows its level.
    ///
    /// # Errors
    /// [`ErrorKind::Signature`] if the policy does not take the script.
    pub fn check(source: ScriptSource, policy: &TrustPolicy) -> Result<Self, ScriptError> {
        match policy.unsigned {
            Unsigned::Allow(level) => {
                Ok(Self { inner: source, level, granted: policy.ceilings.of(level).clone() })
            }
            Unsigned::Refuse => Err(ScriptError::new(
                Stage::Verify,
                ErrorKind::Signature,
                source.path(),
                "the script is not signed and the trust policy refuses unsigned scripts",
            )),
        }
    }
}

impl<T> Verified<T> {
    /// What was verified.
    pub const fn get(&self) -> &T {
        &self.inner
    }

    /// How far it is believed.
    pub const fn level(&self) -> TrustLevel {
        self.level
    }

    /// What it may call.
    pub const fn granted(&self) -> &Permissions {
        &self.granted
    }

    /// Grants no more than what was asked for, as a mod does in its manifest. Never grants more than
    /// before.
    #[must_use]
    pub fn asking_for(mut self, asked: &Permissions) -> Self {
        self.granted = self.granted.within(asked);
        self
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
        let refuse = TrustPolicy { unsigned: Unsigned::Refuse, ..TrustPolicy::default() };
        let refused = Verified::check(source, &refuse);
        assert_eq!(
            refused.map_err(|e| (e.stage, e.kind)).err(),
            Some((Stage::Verify, ErrorKind::Signature))
        );
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

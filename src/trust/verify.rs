use crate::contract::{ErrorKind, ScriptError, ScriptSource, Stage};

use super::{TrustLevel, TrustPolicy, Unsigned};

/// Something that a [`TrustPolicy`] has accepted. [`Verified::check`] is the only way to get one, and
/// only verified sources are parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T> {
    inner: T,
    level: TrustLevel,
}

impl Verified<ScriptSource> {
    /// Accepts or refuses a source. Looks at the very bytes that will be compiled.
    ///
    /// # Errors
    /// [`ErrorKind::Signature`] if the policy does not take the script.
    pub fn check(source: ScriptSource, policy: &TrustPolicy) -> Result<Self, ScriptError> {
        match policy.unsigned {
            Unsigned::Allow(level) => Ok(Self { inner: source, level }),
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_decides() {
        let source = ScriptSource::new("a.rhai", "let x = 1;");
        let allowed = Verified::check(source.clone(), &TrustPolicy::default());
        assert_eq!(allowed.as_ref().map(Verified::level), Ok(TrustLevel::Trusted));
        let refused = Verified::check(source, &TrustPolicy { unsigned: Unsigned::Refuse });
        assert_eq!(
            refused.map_err(|e| (e.stage, e.kind)).err(),
            Some((Stage::Verify, ErrorKind::Signature))
        );
    }
}

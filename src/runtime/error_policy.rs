/// What happens to an instance of the game's own scripts whose call failed. Those of mods follow
/// [`Quarantine`](super::Quarantine).
///
/// Whatever the policy, the failed call has changed nothing, other scripts go on, and a changed file
/// or [`CScript::resume`](super::CScript::resume) sets a paused instance going again. A panic in a
/// function of the host always pauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum ErrorPolicy {
    /// Pause it at once. The default: a script that fails is seldom right in the next tick.
    #[default]
    Pause,
    /// Pause it after so many failed calls since it was started, reloaded or resumed.
    PauseAfter(u32),
    /// Never pause it.
    KeepGoing,
}

impl ErrorPolicy {
    pub(super) const fn pauses(self, faults: u32) -> bool {
        match self {
            Self::Pause => true,
            Self::PauseAfter(limit) => faults >= limit,
            Self::KeepGoing => false,
        }
    }
}

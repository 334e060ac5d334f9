use super::{Nonce, Objection, Seal};

/// Whether a message is of this stay, new, and of this time. One for each client, at both ends of the line.
#[derive(Clone, Copy, Debug)]
pub struct Gate {
    nonce: Nonce,
    /// The highest sequence number so far.
    last: Option<u64>,
}

impl Gate {
    /// How many ticks a claim may be behind.
    pub const WINDOW: u64 = 64;

    /// One for a stay.
    #[must_use]
    pub const fn new(nonce: Nonce) -> Self {
        Self { nonce, last: None }
    }

    /// The stay.
    #[must_use]
    pub const fn nonce(&self) -> Nonce {
        self.nonce
    }

    /// Lets an order through that is of this stay, and before which none came that was sent later.
    ///
    /// # Errors
    /// [`Objection::OtherSession`] or [`Objection::Replayed`].
    pub fn pass_in_order(&mut self, seal: Seal) -> Result<(), Objection> {
        self.pass(seal, 0, 0)
    }

    /// Lets a message through that speaks of a tick, if the last tick that was ordered is `now`. What was
    /// let through once is not again, and nothing that was sent before it is.
    ///
    /// # Errors
    /// [`Objection::OtherSession`], [`Objection::Replayed`], [`Objection::TooEarly`] or
    /// [`Objection::TooLate`]. What is of another session does not count as seen.
    pub fn pass(&mut self, seal: Seal, tick: u64, now: u64) -> Result<(), Objection> {
        if seal.nonce != self.nonce {
            return Err(Objection::OtherSession);
        }
        if self.last.is_some_and(|last| seal.sequence <= last) {
            return Err(Objection::Replayed);
        }
        self.last = Some(seal.sequence);
        if tick > now {
            return Err(Objection::TooEarly);
        }
        if now - tick > Self::WINDOW {
            return Err(Objection::TooLate);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_old_foreign_or_of_another_time_is_kept_out() {
        let nonce = Nonce([1; 16]);
        let mut gate = Gate::new(nonce);
        let seal = |sequence| Seal { nonce, sequence };
        assert_eq!(gate.pass(seal(5), 100, 100), Ok(()));
        assert_eq!(gate.pass(seal(5), 100, 100), Err(Objection::Replayed));
        assert_eq!(gate.pass(seal(4), 100, 100), Err(Objection::Replayed));
        let foreign = Seal { nonce: Nonce([2; 16]), sequence: u64::MAX };
        assert_eq!(gate.pass(foreign, 100, 100), Err(Objection::OtherSession));
        assert_eq!(gate.pass(seal(7), 101, 100), Err(Objection::TooEarly));
        assert_eq!(gate.pass(seal(8), 100 - Gate::WINDOW, 100), Ok(()));
        assert_eq!(gate.pass(seal(9), 99 - Gate::WINDOW, 100), Err(Objection::TooLate));
        assert_eq!(gate.pass(seal(u64::MAX), u64::MAX, u64::MAX), Ok(()));
        assert_eq!(gate.pass(seal(u64::MAX), 0, 0), Err(Objection::Replayed));
    }
}

use super::Claim;

/// How much work somebody may make others do with messages: so much a tick, saved up for some ticks. It counts
/// fuel, the unit in which scripts pay for their steps, and never time, so it runs out at the same message on
/// every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purse {
    left: u64,
    a_tick: u64,
    most: u64,
}

impl Purse {
    /// For how many ticks it can be saved up.
    const SAVED: u64 = 10;
    /// What it costs to look at a message at all.
    const MESSAGE: u64 = 100;
    /// What it costs to compare a command.
    const COMMAND: u64 = 20;
    /// What it costs to hand an event to a script.
    const EVENT: u64 = 500;

    /// One with so much fuel a tick, and as much in it.
    #[must_use]
    pub const fn new(a_tick: u64) -> Self {
        Self { left: a_tick, a_tick, most: a_tick.saturating_mul(Self::SAVED) }
    }

    /// A tick has passed.
    pub fn fill(&mut self) {
        self.left = self.left.saturating_add(self.a_tick).min(self.most);
    }

    /// What is in it.
    #[must_use]
    pub const fn left(&self) -> u64 {
        self.left
    }

    /// Pays, if there is enough in it.
    pub const fn pay(&mut self, fuel: u64) -> bool {
        let enough = self.left >= fuel;
        if enough {
            self.left -= fuel;
        }
        enough
    }

    /// What it costs to look at a message of which nothing comes.
    #[must_use]
    pub const fn cost_of_message() -> u64 {
        Self::MESSAGE
    }

    /// What it costs to hold a claim against what was done.
    #[must_use]
    pub fn cost_of_claim(claim: &Claim) -> u64 {
        Self::MESSAGE.saturating_add(Self::COMMAND.saturating_mul(claim.commands.len() as u64))
    }

    /// What it costs to have an event told. The call itself is paid from the share of the tick that the client's
    /// scripts have.
    #[must_use]
    pub const fn cost_of_wish() -> u64 {
        Self::MESSAGE + Self::EVENT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_used_is_saved_up_for_a_while() {
        let mut purse = Purse::new(10);
        assert!(purse.pay(10) && !purse.pay(1));
        for _ in 0..100 {
            purse.fill();
        }
        assert_eq!(purse.left(), 100);
        assert!(!purse.pay(101) && purse.pay(100) && purse.left() == 0);
    }
}

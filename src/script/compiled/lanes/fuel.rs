use crate::api::{LANES, each, lanes_of};

/// What calls have used that are done side by side. As long as all of them are together, it is counted once for all.
#[derive(Default)]
pub(super) struct Fuel {
    /// Who are together still.
    all: u64,
    /// What those have used.
    shared: u64,
    /// What each has used beside that.
    own: Own,
}

/// What each of them has used by himself.
pub(super) struct Own {
    of: [u64; LANES],
    /// None has used more.
    most: u64,
}

impl Default for Own {
    fn default() -> Self {
        Self { of: [0; LANES], most: 0 }
    }
}

impl Own {
    /// Adds to what one has used.
    #[inline(always)]
    pub(super) const fn add(&mut self, lane: usize, units: u64) {
        if units != 0 {
            let own = &mut self.of[lane % LANES];
            *own = own.saturating_add(units);
            if *own > self.most {
                self.most = *own;
            }
        }
    }
}

impl Fuel {
    /// Forgets it all. The calls in a mask begin, together.
    pub(super) const fn begin(&mut self, mask: u64) {
        (self.all, self.shared) = (mask, 0);
        if self.own.most != 0 {
            self.own = Own { of: [0; LANES], most: 0 };
        }
    }

    /// What each uses by himself.
    pub(super) const fn own(&mut self) -> &mut Own {
        &mut self.own
    }

    /// Leaves some out: what they have used is of no interest any more.
    pub(super) const fn leave_out(&mut self, mask: u64) {
        self.all &= !mask;
    }

    /// Whether anybody may have used more than a limit, with so much that is not counted yet.
    #[inline(always)]
    pub(super) const fn may_be_spent(&self, units: u64, limit: u64) -> bool {
        self.shared.saturating_add(self.own.most).saturating_add(units) > limit
    }

    /// Adds to what the calls in a mask have used; gives those that have used more than a limit.
    #[inline(always)]
    pub(super) fn add(&mut self, mask: u64, units: u64, limit: u64) -> u64 {
        let shared = self.shared.saturating_add(units);
        if mask == self.all && shared.saturating_add(self.own.most) <= limit {
            self.shared = shared;
            return 0;
        }
        self.add_each(mask, units, limit)
    }

    #[inline(never)]
    fn add_each(&mut self, mask: u64, units: u64, limit: u64) -> u64 {
        let mut spent = 0;
        each(mask, |lane| {
            self.own.add(lane, units);
            spent |= u64::from(self.of(lane) > limit) << lane;
        });
        spent
    }

    /// What a call has used.
    pub(super) const fn of(&self, lane: usize) -> u64 {
        self.own.of[lane % LANES].saturating_add(self.shared)
    }

    /// What all in a mask have used.
    pub(super) fn sum(&self, mask: u64) -> u64 {
        let shared = self.shared * u64::from(mask.count_ones());
        if self.own.most == 0 {
            return shared;
        }
        lanes_of(mask).fold(shared, |sum, lane| sum + self.own.of[lane])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_used_what_he_has_used_wherever_it_is_counted() {
        let mut fuel = Fuel::default();
        fuel.begin(0b1111);
        assert_eq!(fuel.add(0b1111, 10, 100), 0);
        fuel.own().add(2, 85);
        assert!(!fuel.may_be_spent(5, 100) && fuel.may_be_spent(6, 100));
        assert_eq!(fuel.add(0b1111, 5, 100), 0, "one hundred is not too much");
        assert_eq!(fuel.add(0b1111, 1, 100), 0b0100);
        fuel.leave_out(0b0100);
        assert_eq!(fuel.add(0b0011, 7, 100), 0, "they have parted");
        assert_eq!(fuel.add(0b1011, 1, 100), 0);
        assert_eq!([0, 1, 3].map(|lane| fuel.of(lane)), [24, 24, 17]);
        assert_eq!((fuel.sum(0b1011), fuel.sum(0b1000), fuel.sum(0)), (65, 17, 0));
        assert_eq!(fuel.add(0b1011, u64::MAX, 100), 0b1011, "it does not begin again at 0");
        fuel.begin(0b1);
        assert_eq!((fuel.of(0), fuel.of(2), fuel.add(0b1, 101, 100)), (0, 0, 0b1));
    }
}

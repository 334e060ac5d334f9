/// Lanes that are at the same line, and others that wait elsewhere. Whoever is behind goes on first, so that
/// those whose ways come together go on together.
pub(super) struct Groups {
    /// The lanes at hand.
    pub(super) mask: u64,
    /// The line that they come to next.
    pub(super) line: usize,
    /// Fuel that they have used since they are together.
    pub(super) owed: u64,
    /// The others, each group at another line.
    waiting: Vec<(usize, u64)>,
    /// The first line at which some wait.
    next: usize,
}

impl Default for Groups {
    fn default() -> Self {
        Self { mask: 0, line: 0, owed: 0, waiting: Vec::new(), next: usize::MAX }
    }
}

impl Groups {
    /// All of them at the first line.
    pub(super) fn begin(&mut self, mask: u64) {
        (self.mask, self.line, self.owed, self.next) = (mask, 0, 0, usize::MAX);
        self.waiting.clear();
    }

    /// Whether it is not the turn of those at hand.
    pub(super) const fn is_over(&self) -> bool {
        self.mask == 0 || self.line >= self.next
    }

    /// Lets those wait who do not go on at once. What they owe must be paid.
    pub(super) fn wait(&mut self, line: usize, mask: u64) {
        match self.waiting.iter_mut().find(|(waits, _)| *waits == line) {
            Some((_, waiting)) => *waiting |= mask,
            None => self.waiting.push((line, mask)),
        }
        self.next = self.next.min(line);
    }

    /// Goes on with those who are behind all others; `false` if there is nobody. What those at hand owe must be
    /// paid.
    pub(super) fn turn(&mut self) -> bool {
        if self.mask != 0 {
            self.wait(self.line, self.mask);
        }
        let first = self.waiting.iter().enumerate().min_by_key(|(_, (line, _))| *line);
        let Some((at, _)) = first else {
            self.mask = 0;
            return false;
        };
        (self.line, self.mask) = self.waiting.swap_remove(at);
        self.next = self.waiting.iter().map(|(line, _)| *line).min().unwrap_or(usize::MAX);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_behind_goes_first_and_ways_come_together() {
        let mut groups = Groups::default();
        groups.begin(0b1111);
        assert!(!groups.is_over());
        groups.wait(9, 0b0001);
        groups.wait(5, 0b0010);
        (groups.mask, groups.line) = (0b1100, 5);
        assert!(groups.is_over());
        assert!(groups.turn());
        assert_eq!((groups.line, groups.mask), (5, 0b1110));
        groups.line = 9;
        assert!(groups.turn());
        assert_eq!((groups.line, groups.mask), (9, 0b1111));
        groups.mask = 0;
        assert!(groups.is_over() && !groups.turn());
    }
}

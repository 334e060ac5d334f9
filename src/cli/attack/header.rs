use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use super::{Level, outcome::Outcome};

/// What the first line of a script says of it:
///
/// ```text
/// // class: cpu; expect: stopped by the operation budget; outcome: fuel | memory; level: mod
/// ```
///
/// All of it may be missing. `class` and `expect` are for people. `outcome` is what the run is held
/// against; without it any outcome will do that breaks nothing. `level` is the least level whose
/// permissions the script needs: below it, it must be refused.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) class: String,
    pub(super) expect: String,
    pub(super) outcomes: Vec<Outcome>,
    level: Option<Level>,
    /// What is wrong with the line.
    pub(super) mistake: Option<String>,
}

/// Bytes of a first line that are looked at.
const LONGEST: u64 = 4096;

impl Header {
    /// Reads a file's. What cannot be read says nothing; the child tells why.
    pub(super) fn of(file: &Path) -> Self {
        let mut line = Vec::new();
        let read = File::open(file)
            .and_then(|file| BufReader::new(file.take(LONGEST)).read_until(b'\n', &mut line));
        if read.is_err() {
            return Self::default();
        }
        Self::parse(&String::from_utf8_lossy(&line))
    }

    fn parse(line: &str) -> Self {
        let mut header = Self::default();
        let Some(fields) = line.trim_start_matches('\u{feff}').trim().strip_prefix("//") else {
            return header;
        };
        for field in fields.split(';') {
            let Some((name, value)) = field.split_once(':') else { continue };
            let value = value.trim();
            match name.trim() {
                "class" => value.clone_into(&mut header.class),
                "expect" => value.clone_into(&mut header.expect),
                "outcome" => header.outcomes(value),
                "level" => header.level(value),
                _ => {}
            }
        }
        header
    }

    fn outcomes(&mut self, value: &str) {
        for name in value.split('|') {
            match Outcome::named(name.trim()) {
                Ok(outcome) => self.outcomes.push(outcome),
                Err(mistake) => self.mistake = Some(mistake),
            }
        }
    }

    fn level(&mut self, value: &str) {
        match [Level::Untrusted, Level::Mod, Level::Trusted].iter().find(|l| l.name() == value) {
            Some(level) => self.level = Some(*level),
            None => {
                self.mistake = Some(format!(
                    "the first line names the level `{value}`; there are untrusted, mod, trusted"
                ));
            }
        }
    }

    /// The outcomes that a script may have at a level; none if any will do.
    pub(super) fn outcomes_at(&self, level: Level) -> &[Outcome] {
        if self.level.is_some_and(|needed| level < needed) {
            &[Outcome::Refused]
        } else {
            &self.outcomes
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_says_what_is_expected() {
        let header = Header::parse(
            "// class: one-op cpu; expect: stopped, or an error; outcome: fuel | memory; level: mod\n",
        );
        assert_eq!(header.class, "one-op cpu");
        assert_eq!(header.expect, "stopped, or an error");
        assert_eq!(header.outcomes_at(Level::Mod), [Outcome::Fuel, Outcome::Memory]);
        assert_eq!(header.outcomes_at(Level::Trusted), [Outcome::Fuel, Outcome::Memory]);
        assert_eq!(header.outcomes_at(Level::Untrusted), [Outcome::Refused]);
        assert_eq!(header.mistake, None);
    }

    #[test]
    fn a_script_without_one_may_end_in_any_way_that_breaks_nothing() {
        for line in ["let x = 1;", "", "// a comment", "// class: cpu; expect: bounded"] {
            let header = Header::parse(line);
            assert!(header.outcomes_at(Level::Mod).is_empty(), "{line}");
            assert_eq!(header.mistake, None, "{line}");
        }
    }

    #[test]
    fn mistakes_are_told() {
        for line in ["// outcome: nonsense", "// outcome: fuel | ", "// level: admin"] {
            assert!(Header::parse(line).mistake.is_some(), "{line}");
        }
    }
}

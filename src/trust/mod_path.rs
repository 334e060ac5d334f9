use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Bytes of a path.
const LONGEST: usize = 160;
/// Folders and the file.
const DEEPEST: usize = 8;
/// Bytes of one name in it.
const LONGEST_NAME: usize = 64;

/// The place of a file in its mod, such as `scripts/guard.rhai`: below the mod's folder, and one that every
/// system can have.
///
/// Names are of ASCII letters, digits, `_`, `-` and `.`, and neither begin nor end with a `.`; so there is no
/// `..`, no drive, no backslash, no hidden file, and no two ways to write one name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModPath(String);

/// Why something is no [`ModPath`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path:?} is no path of a mod: {reason}")]
pub struct ModPathError {
    /// The path.
    pub path: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl ModPath {
    /// The path as text, its parts apart by `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the file, without folders.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// What it is on systems that do not tell large letters from small ones.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

fn problem(path: &str) -> Option<&'static str> {
    if path.len() > LONGEST {
        return Some("it has more than 160 bytes");
    }
    if path.split('/').count() > DEEPEST {
        return Some("it is more than 8 levels deep");
    }
    path.split('/').find_map(name_problem)
}

fn name_problem(name: &str) -> Option<&'static str> {
    let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if name.is_empty() {
        Some("it has an empty part; write it as `folder/file`, from the folder of mod.toml")
    } else if name.len() > LONGEST_NAME {
        Some("a name in it has more than 64 bytes")
    } else if !name.bytes().all(is_fine) {
        Some("names are of ASCII letters, digits, `_`, `-` and `.`, and parts are apart by `/`")
    } else if name.starts_with('.') || name.ends_with('.') {
        Some("a name neither begins nor ends with a `.`")
    } else if is_device(name) {
        Some("Windows keeps that name for a device")
    } else {
        None
    }
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
        || (stem.len() == 4
            && (stem.starts_with("com") || stem.starts_with("lpt"))
            && stem.ends_with(|last: char| last.is_ascii_digit()))
}

impl FromStr for ModPath {
    type Err = ModPathError;

    fn from_str(path: &str) -> Result<Self, ModPathError> {
        match problem(path) {
            None => Ok(Self(path.to_owned())),
            Some(reason) => {
                let shown = path.chars().take(LONGEST).collect();
                Err(ModPathError { path: shown, reason })
            }
        }
    }
}

impl fmt::Display for ModPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ModPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ModPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_in_its_mod_on_every_system() {
        for good in ["a.rhai", "scripts/guard.rhai", "a/b/c/d/e/f/g/h", "A-1_b.tar.gz", "com10"] {
            assert_eq!(good.parse::<ModPath>().map(|path| path.to_string()), Ok(good.to_owned()));
        }
        let long = "a".repeat(65);
        let deep = "a/".repeat(8) + "a";
        for bad in [
            "",
            "/",
            "/a",
            "a/",
            "a//b",
            ".",
            "..",
            "../a",
            "a/../b",
            "a/..",
            "./a",
            ".git/a",
            "a.",
            "a\\b",
            "..\\a",
            "C:a",
            "C:/a",
            "\\\\host\\a",
            "a b",
            "a\n",
            "a\0b",
            "é",
            "a\u{202e}b",
            "con",
            "NUL.txt",
            "a/COM1.rhai",
            "lpt9",
            "~",
            "a:b",
            &long,
            &deep,
        ] {
            assert!(bad.parse::<ModPath>().is_err(), "{bad:?}");
        }
        let huge = "../".repeat(1_000_000).parse::<ModPath>().unwrap_err();
        assert!(huge.to_string().len() < 300);
        let folded = |path: &str| path.parse::<ModPath>().map(|path| path.folded());
        assert_eq!(folded("A/b.RHAI"), folded("a/B.rhai"));
    }
}

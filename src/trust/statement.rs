use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::{Digest, KeyError, KeyId, ModPath, ModPathError, PublicKey, Revocations, hex};
use crate::contract::Refusal;

/// The first line of every signature. What the crate signs begins with it, so nothing that a key signed for
/// other programs is taken for a signature of a script.
const TAG: &str = "bevy_cscript signature v1";

/// What every file that a signature names must be below, all together.
pub(super) const MOST_FILES: usize = 1000;

/// What somebody says of files, of keys or of what is revoked. Signed, it is a
/// [`SignedStatement`](super::SignedStatement).
///
/// As text it has one line for each thing in a fixed order, and there is one way to write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What is said.
    pub claim: Claim,
    /// Of which mod or script: 1 to 64 small letters, digits, `_` and `-`.
    pub id: String,
    /// For which game; `*` for all.
    pub game: String,
    /// Counts the versions: of those with one id by one key, one with a lower counter is never accepted after
    /// one with a higher one.
    pub counter: u64,
    /// The last second at which it holds, in Unix time. `None`: it does not end.
    pub not_after: Option<u64>,
    /// By which key.
    pub key: KeyId,
}

/// Why a text is no statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoStatement {
    pub(super) refusal: Refusal,
    pub(super) reason: String,
}

impl From<&str> for NoStatement {
    fn from(reason: &str) -> Self {
        reason.to_owned().into()
    }
}

impl From<String> for NoStatement {
    fn from(reason: String) -> Self {
        Self { refusal: Refusal::Malformed, reason }
    }
}

impl From<KeyError> for NoStatement {
    fn from(error: KeyError) -> Self {
        let is_weak = error == KeyError::Weak;
        let refusal = if is_weak { Refusal::WeakKey } else { Refusal::Malformed };
        Self { refusal, reason: error.to_string() }
    }
}

impl From<ModPathError> for NoStatement {
    fn from(error: ModPathError) -> Self {
        Self { refusal: Refusal::Path, reason: error.to_string() }
    }
}

/// What a [`Statement`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// These are the bytes of a script of that file name.
    Script(ModPath, FileClaim),
    /// These are the files of a mod, `mod.toml` among them.
    Mod(BTreeMap<ModPath, FileClaim>),
    /// This key takes the place of the one that signs.
    Rotation(PublicKey),
    /// These are no longer to be believed.
    Revocations(Revocations),
}

/// What a [`Statement`] says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileClaim {
    /// The hash of its bytes.
    pub digest: Digest,
    /// How many there are.
    pub size: u64,
}

impl FileClaim {
    /// What is to be said of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self { digest: Digest::of(bytes), size: bytes.len() as u64 }
    }
}

impl Claim {
    /// Its word.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Script(..) => "script",
            Self::Mod(_) => "mod",
            Self::Rotation(_) => "rotation",
            Self::Revocations(_) => "revocations",
        }
    }

    /// The files that it names.
    pub fn files(&self) -> impl Iterator<Item = (&ModPath, &FileClaim)> {
        let (one, many) = match self {
            Self::Script(path, file) => (Some((path, file)), None),
            Self::Mod(files) => (None, Some(files)),
            Self::Rotation(_) | Self::Revocations(_) => (None, None),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}

/// Whether a text can be an id of a mod: 1 to 64 small letters, digits, `_` and `-`.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let is_fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
    (1..=64).contains(&text.len()) && text.bytes().all(is_fine)
}

impl Statement {
    /// Whose versions its counter counts, for one key: statements of one kind about one id.
    #[must_use]
    pub fn subject(&self) -> String {
        format!("{}:{}", self.claim.kind(), self.id)
    }

    /// The text that is signed.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Self { claim, id, game, counter, not_after, key } = self;
        let until = not_after.map_or_else(|| "never".to_owned(), |second| second.to_string());
        let mut text = format!(
            "{TAG}\nkind: {}\nid: {id}\ngame: {game}\ncounter: {counter}\nnot-after: {until}\nkey: {key}\n",
            claim.kind()
        );
        for (path, FileClaim { digest, size }) in claim.files() {
            let _ = writeln!(text, "file: {digest} {size} {path}");
        }
        match claim {
            Claim::Rotation(new) => {
                let _ = writeln!(text, "new-key: {new}");
            }
            Claim::Revocations(revoked) => {
                for key in &revoked.keys {
                    let _ = writeln!(text, "revoked-key: {key}");
                }
                for file in &revoked.files {
                    let _ = writeln!(text, "revoked-file: {file}");
                }
            }
            Claim::Script(..) | Claim::Mod(_) => {}
        }
        text
    }

    /// Reads a text that [`Statement::to_text`] could have written, and no other.
    pub(super) fn parse(text: &str) -> Result<Self, NoStatement> {
        let mut lines = text.split_terminator('\n');
        if lines.next() != Some(TAG) {
            return Err(format!("its first line is not `{TAG}`").into());
        }
        let mut field = |name: &str| -> Result<&str, String> {
            let value = lines.next().and_then(|line| line.strip_prefix(name)?.strip_prefix(": "));
            value.ok_or_else(|| format!("there is no line `{name}: ..` in its place"))
        };
        let kind = field("kind")?;
        let id = field("id")?.to_owned();
        let game = field("game")?.to_owned();
        let counter = number(field("counter")?).ok_or("its counter is no number")?;
        let not_after = match field("not-after")? {
            "never" => None,
            second => Some(number(second).ok_or("its not-after is no number of seconds")?),
        };
        let key = KeyId::parse(field("key")?).ok_or("its key is no key id")?;
        if !is_id(&id) || !(game == "*" || is_id(&game)) {
            return Err("its id or game is not of small letters, digits, `_` and `-`".into());
        }
        let claim = match kind {
            "script" => {
                let (path, file) = file(lines.next().ok_or("it names no file")?)?;
                if path.as_str().contains('/') {
                    return Err("a script is named without folders".into());
                }
                Claim::Script(path, file)
            }
            "mod" => Claim::Mod(files(&mut lines)?),
            "rotation" => {
                let key = lines.next().and_then(|line| line.strip_prefix("new-key: "));
                let bytes = key.and_then(hex::decode).ok_or("it names no new key")?;
                Claim::Rotation(PublicKey::from_bytes(&bytes)?)
            }
            "revocations" => Claim::Revocations(revocations(&mut lines)?),
            _ => return Err("its kind is none that there is".into()),
        };
        let statement = Self { claim, id, game, counter, not_after, key };
        // Whatever is written in another way (order, spaces, ends of lines) is not what was signed.
        if statement.to_text() == text {
            Ok(statement)
        } else {
            Err("it is not written as `cscript sign` writes it".into())
        }
    }
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok()
}

fn file(line: &str) -> Result<(ModPath, FileClaim), NoStatement> {
    let wrong = "a line is not `file: <digest> <size> <path>`";
    let mut parts = line.strip_prefix("file: ").ok_or(wrong)?.splitn(3, ' ');
    let mut part = || parts.next().ok_or(wrong);
    let digest = Digest::parse(part()?).ok_or(wrong)?;
    let size = number(part()?).ok_or(wrong)?;
    let path = part()?.parse()?;
    Ok((path, FileClaim { digest, size }))
}

fn files<'a>(
    lines: &mut impl Iterator<Item = &'a str>,
) -> Result<BTreeMap<ModPath, FileClaim>, NoStatement> {
    let mut files = BTreeMap::new();
    let mut folded = BTreeSet::new();
    for line in lines {
        let (path, claim) = file(line)?;
        if !folded.insert(path.folded()) {
            return Err(format!("it names {path} twice").into());
        }
        files.insert(path, claim);
        if files.len() > MOST_FILES {
            return Err(format!("it names more than {MOST_FILES} files").into());
        }
    }
    Ok(files)
}

fn revocations<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Result<Revocations, String> {
    let mut revoked = Revocations::default();
    for line in lines {
        if let Some(key) = line.strip_prefix("revoked-key: ").and_then(KeyId::parse) {
            revoked.keys.insert(key);
        } else if let Some(file) = line.strip_prefix("revoked-file: ").and_then(Digest::parse) {
            revoked.files.insert(file);
        } else {
            return Err("a line of it revokes neither a key nor a file".to_owned());
        }
    }
    Ok(revoked)
}

#[cfg(test)]
mod tests {
    use super::{super::SecretKey, *};

    fn statements() -> Vec<Statement> {
        let key = SecretKey::from_bytes(&[7; 32]).public();
        let file = |name: &str| (name.parse::<ModPath>().unwrap(), FileClaim::of(name.as_bytes()));
        let (path, claim) = file("guard.rhai");
        let revoked = Revocations {
            keys: [key.id(), KeyId([3; 16])].into(),
            files: [Digest::of(b"a")].into(),
        };
        [
            Claim::Script(path, claim),
            Claim::Mod([file("mod.toml"), file("scripts/a.rhai")].into()),
            Claim::Rotation(key),
            Claim::Revocations(revoked),
        ]
        .into_iter()
        .map(|claim| Statement {
            claim,
            id: "guards".to_owned(),
            game: "*".to_owned(),
            counter: 7,
            not_after: Some(1_900_000_000),
            key: key.id(),
        })
        .collect()
    }

    #[test]
    fn every_kind_goes_through_text() {
        for statement in statements() {
            let text = statement.to_text();
            assert_eq!(Statement::parse(&text), Ok(statement.clone()), "{text}");
            let mut endless = statement;
            endless.not_after = None;
            assert_eq!(Statement::parse(&endless.to_text()), Ok(endless));
        }
    }

    #[test]
    fn there_is_one_way_to_write_it() {
        for statement in statements() {
            let text = statement.to_text();
            for other in [
                text.replace('\n', "\r\n"),
                text.replace(": ", ":  "),
                text.replace("counter: 7", "counter: 07"),
                text.replace("counter: 7", "counter: +7"),
                text.replace("v1", "v2"),
                text.replace("id: guards", "id: Guards"),
                text.replace("id: guards", "id: "),
                text.replace("game: *", "game: a b"),
                text.replace("key: ", "key: 0"),
                text.clone() + "\n",
                text.clone() + "file: x\n",
                format!("\u{feff}{text}"),
                text.trim_end().to_owned(),
                text.lines().rev().collect::<Vec<_>>().join("\n"),
                String::new(),
            ] {
                assert!(Statement::parse(&other).is_err(), "{other:?}");
            }
        }
    }

    #[test]
    fn files_are_named_once_in_order_and_below_the_mod() {
        let statement = &statements()[1];
        let text = statement.to_text();
        let line = text.lines().last().unwrap();
        for other in [
            format!("{text}{line}\n"),
            format!("{text}{}\n", line.replace("a.rhai", "A.rhai")),
            format!("{text}{}\n", line.replace("scripts/a.rhai", "../a.rhai")),
            format!("{text}{}\n", line.replace("scripts/a.rhai", "/etc/passwd")),
            format!("{text}{}\n", line.replace("scripts/a.rhai", "aa.rhai")),
            text.replace(" 8 mod.toml", " 99999999999999999999 mod.toml"),
        ] {
            assert!(Statement::parse(&other).is_err(), "{other}");
        }
    }
}

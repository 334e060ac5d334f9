use std::collections::BTreeSet;

use serde::Deserialize;

use super::{ModPath, Permissions, statement::is_id};
use crate::contract::{Refusal, ScriptError};

/// Bytes of a `mod.toml`: more are not read.
pub const MANIFEST_BYTES: usize = 64 * 1024;

/// The version of what mods can rely on: the functions and callbacks, and how a mod is laid out. A mod of
/// another version is refused.
pub const API_VERSION: u32 = 1;

/// What a mod says of itself, in the file `mod.toml` in its folder.
///
/// ```
/// use bevy_cscript::trust::ModManifest;
///
/// let manifest = ModManifest::parse("guards/mod.toml", br#"
///     id = "guards"
///     version = "1.2.0"
///     api = 1
///     permissions = ["movement", "combat"]
///     entry = ["scripts/guard.rhai"]
///     files = ["sounds/alarm.ogg"]
/// "#)?;
/// assert!(manifest.permissions().allows("combat") && !manifest.permissions().allows("economy"));
/// # Ok::<(), bevy_cscript::contract::ScriptError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModManifest {
    /// What the mod is called: 1 to 64 small letters, digits, `_` and `-`.
    pub id: String,
    /// Its version.
    pub version: semver::Version,
    /// The [version of the API](API_VERSION) that it was written for.
    pub api: u32,
    /// The categories of functions that its scripts ask for. Default: **none**. They get no others, whoever
    /// wrote them.
    #[serde(default)]
    pub permissions: BTreeSet<String>,
    /// The scripts that a game attaches to entities. Default: **none**.
    #[serde(default)]
    pub entry: Vec<ModPath>,
    /// Files that belong to it besides scripts. Default: **none**.
    #[serde(default)]
    pub files: Vec<ModPath>,
}

impl ModManifest {
    /// Reads a `mod.toml`. `path` is what errors call it.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`], [`Refusal::ApiVersion`], and [`Refusal::Manifest`] with the place.
    pub fn parse(path: &str, bytes: &[u8]) -> Result<Self, ScriptError> {
        if bytes.len() > MANIFEST_BYTES {
            let message = format!("a manifest has no more than {MANIFEST_BYTES} bytes; shorten it");
            return Err(ScriptError::refused(Refusal::TooLarge, path, message));
        }
        let wrong = |message: String| {
            let message = format!("{message}; mend the manifest, as docs/signing.md describes it");
            ScriptError::refused(Refusal::Manifest, path, message)
        };
        let text = std::str::from_utf8(bytes)
            .map_err(|_| wrong("the manifest is not text in UTF-8".to_owned()))?;
        let manifest: Self = toml::from_str(text).map_err(|error| {
            let place = error.span().map_or_else(String::new, |span| {
                let before = text.get(..span.start).unwrap_or(text);
                format!("line {}: ", 1 + before.matches('\n').count())
            });
            wrong(format!("{place}{}", error.message()))
        })?;
        if !is_id(&manifest.id) {
            let message = "its id is not 1 to 64 small letters, digits, `_` and `-`";
            return Err(wrong(message.to_owned()));
        }
        if manifest.api != API_VERSION {
            let message = format!(
                "the mod was written for version {} of the API, and this is version {API_VERSION}; take a version of the mod that was made for it",
                manifest.api
            );
            return Err(ScriptError::refused(Refusal::ApiVersion, path, message));
        }
        Ok(manifest)
    }

    /// What it asks for.
    #[must_use]
    pub fn permissions(&self) -> Permissions {
        Permissions::Only(self.permissions.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "id = \"guards\"\nversion = \"1.2.0\"\napi = 1\n";

    fn refusal(text: &str) -> (Option<Refusal>, String) {
        let error = ModManifest::parse("m/mod.toml", text.as_bytes()).unwrap_err();
        (error.refusal, error.message)
    }

    #[test]
    fn what_is_left_out_is_not_asked_for() {
        let manifest = ModManifest::parse("mod.toml", GOOD.as_bytes()).unwrap();
        assert_eq!(manifest.permissions(), Permissions::none());
        assert!(manifest.entry.is_empty() && manifest.files.is_empty());
        assert_eq!(manifest.version, semver::Version::new(1, 2, 0));
    }

    #[test]
    fn each_mistake_has_its_place() {
        for (text, part) in [
            (GOOD.replace("1.2.0", "1.2"), "line 2: "),
            (GOOD.replace("id", "name"), "line 1: unknown field `name`"),
            (GOOD.to_owned() + "permission = []", "line 4: unknown field `permission`"),
            (GOOD.to_owned() + "entry = [\"../a.rhai\"]", "line 4: "),
            (GOOD.to_owned() + "entry = [\"/a.rhai\"]", "no path of a mod"),
            (GOOD.to_owned() + "id = \"b\"", "line 4: "),
            (GOOD.replace("guards", "Guards"), "its id is not"),
            (GOOD.replace("guards", "../x"), "its id is not"),
            (GOOD.replace("api = 1", "api = -1"), "line 3: "),
            (String::new(), "missing field"),
        ] {
            let (refusal, message) = refusal(&text);
            assert_eq!(refusal, Some(Refusal::Manifest), "{text}");
            assert!(message.contains(part), "{message}");
        }
        assert_eq!(refusal(&GOOD.replace("api = 1", "api = 2")).0, Some(Refusal::ApiVersion));
        let large = format!("{GOOD}# {}", " ".repeat(MANIFEST_BYTES));
        assert_eq!(refusal(&large).0, Some(Refusal::TooLarge));
        let error = ModManifest::parse("mod.toml", b"id = \"\xff\"").unwrap_err();
        assert_eq!(error.refusal, Some(Refusal::Manifest));
    }

    #[test]
    fn deep_nesting_is_refused_and_costs_no_stack() {
        for open in ["[", "{a=", "[[", "{\"\"="] {
            let text = format!("x = {}", open.repeat(MANIFEST_BYTES / open.len() - 8));
            assert_eq!(refusal(&text).0, Some(Refusal::Manifest));
            let text = format!("{GOOD}x = {}1", open.repeat(1000));
            assert_eq!(refusal(&text).0, Some(Refusal::Manifest));
        }
        let dotted = format!("x{} = 1", ".x".repeat(20_000));
        assert_eq!(refusal(&dotted).0, Some(Refusal::Manifest));
    }
}

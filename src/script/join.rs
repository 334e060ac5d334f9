use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::{Backend, CompiledScript, ScriptCompiler};
use crate::{
    api::ApiFunction,
    trust::{Digest, LevelLimits},
};

/// The parser whose language this is; a test holds it against `Cargo.toml`.
const RHAI: &str = "1.27.0";

/// Bytes of a name or a value of another machine that are shown.
const SHOWN: usize = 160;

/// What must be equal on all machines that run the same scripts, or they will not agree. Server and client
/// send each other theirs before anything else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineFingerprint {
    /// The version of this crate.
    pub crate_version: String,
    /// The version of Rhai.
    pub rhai_version: String,
    /// What runs the scripts.
    pub backend: Backend,
    /// What scripts may use, by their level; without what depends on the machine.
    pub limits: LevelLimits,
    /// A digest of the table: of all functions their names, parameters, results and permissions. What a
    /// game's own functions *do* is not in it.
    pub functions: Digest,
    /// Nanoseconds of a tick.
    pub tick_nanos: u64,
}

/// What a machine brings to a game that it joins: its engine and its scripts. A value for messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinOffer {
    /// The engine.
    pub engine: EngineFingerprint,
    /// The scripts: `mod:path` for those of a mod, wherever it lies, the asset path for others.
    pub scripts: BTreeMap<String, OfferedScript>,
}

/// A script in a [`JoinOffer`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedScript {
    /// Of its bytes.
    pub digest: Digest,
    /// Of the program that it was compiled to, what it was granted included.
    pub identity: u64,
    /// The version of its mod, if it is of one.
    pub mod_version: Option<String>,
}

/// What is not the same on two machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JoinDifference {
    /// Something of the engine.
    Engine {
        /// What.
        what: String,
        /// What it is here.
        ours: String,
        /// What it is there.
        theirs: String,
    },
    /// A script that only we have.
    OnlyOurs(String),
    /// A script that only they have.
    OnlyTheirs(String),
    /// A file that is another one there.
    File {
        /// The script.
        script: String,
        /// The version of the mod here, if it is of one.
        ours: Option<String>,
        /// The version of the mod there.
        theirs: Option<String>,
    },
    /// A file that is the same there, and may call other functions.
    Grant(String),
}

impl fmt::Display for JoinDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let version =
            |version: &Option<String>| version.clone().unwrap_or_else(|| "none".to_owned());
        match self {
            Self::Engine { what, ours, theirs } => {
                write!(f, "{what}: {ours} here, {} there", shown(theirs))
            }
            Self::OnlyOurs(script) => write!(f, "{}: only here", shown(script)),
            Self::OnlyTheirs(script) => write!(f, "{}: only there", shown(script)),
            Self::File { script, ours: None, theirs: None } => {
                write!(f, "{}: another file there", shown(script))
            }
            Self::File { script, ours, theirs } => {
                let (script, theirs) = (shown(script), version(theirs));
                let (ours, theirs) = (version(ours), shown(&theirs));
                write!(f, "{script}: another file there (version {ours} here, {theirs} there)")
            }
            Self::Grant(script) => write!(f, "{}: granted other functions there", shown(script)),
        }
    }
}

/// A text of another machine, made harmless for logs.
fn shown(text: &str) -> String {
    let mut text: String = text.chars().filter(|letter| !letter.is_control()).collect();
    if text.len() > SHOWN {
        text.truncate(text.floor_char_boundary(SHOWN));
        text.push_str("..");
    }
    text
}

impl ScriptCompiler {
    /// What must be equal where scripts are to agree. `tick_nanos` is how long a tick is.
    #[must_use]
    pub fn fingerprint(&self, tick_nanos: u64) -> EngineFingerprint {
        let mut rows: Vec<_> = self.api().iter().map(row).collect();
        rows.sort();
        EngineFingerprint {
            crate_version: env!("CARGO_PKG_VERSION").to_owned(),
            rhai_version: RHAI.to_owned(),
            backend: self.backend(),
            limits: self.level_limits().consensus(),
            functions: Digest::of(rows.concat().as_bytes()),
            tick_nanos,
        }
    }
}

fn row(function: &ApiFunction) -> String {
    let (category, fuel) = (function.category().name(), function.fuel());
    format!("{} [{category}, {fuel}]\n", function.signatures().join("\n"))
}

impl JoinOffer {
    /// An offer of no scripts.
    #[must_use]
    pub const fn new(engine: EngineFingerprint) -> Self {
        Self { engine, scripts: BTreeMap::new() }
    }

    /// A digest of all of it: equal where two can play together.
    #[must_use]
    pub fn digest(&self) -> Digest {
        // Writing plain data to memory does not fail.
        Digest::of(&rmp_serde::to_vec(self).unwrap_or_default())
    }

    /// Adds a script.
    pub fn add(&mut self, script: &CompiledScript) {
        let name = match script.of_mod() {
            Some(label) => format!("{}:{}", label.id, label.script),
            None => script.path().to_string(),
        };
        let offered = OfferedScript {
            digest: *script.digest(),
            identity: script.identity(),
            mod_version: script.of_mod().map(|label| label.version.to_string()),
        };
        self.scripts.insert(name, offered);
    }

    /// What is not the same in another machine's offer; nothing if the two can play together.
    #[must_use]
    pub fn differences(&self, theirs: &Self) -> Vec<JoinDifference> {
        let mut found = self.engine.differences(&theirs.engine);
        // Other engines make other programs of the same file; that was told.
        let same_engine = found.is_empty();
        for (name, ours) in &self.scripts {
            match theirs.scripts.get(name) {
                None => found.push(JoinDifference::OnlyOurs(name.clone())),
                Some(other) if other.digest != ours.digest => found.push(JoinDifference::File {
                    script: name.clone(),
                    ours: ours.mod_version.clone(),
                    theirs: other.mod_version.clone(),
                }),
                Some(other) if same_engine && other.identity != ours.identity => {
                    found.push(JoinDifference::Grant(name.clone()));
                }
                Some(_) => {}
            }
        }
        let only_theirs = theirs.scripts.keys().filter(|name| !self.scripts.contains_key(*name));
        found.extend(only_theirs.cloned().map(JoinDifference::OnlyTheirs));
        found
    }
}

impl EngineFingerprint {
    /// What is not the same in another machine's engine.
    #[must_use]
    pub fn differences(&self, theirs: &Self) -> Vec<JoinDifference> {
        let pairs = |it: &Self| {
            let mut pairs = vec![
                ("the version of bevy_cscript".to_owned(), it.crate_version.clone()),
                ("the version of Rhai".to_owned(), it.rhai_version.clone()),
                ("the backend".to_owned(), it.backend.to_string()),
                ("the table of functions".to_owned(), it.functions.to_string()),
                ("nanoseconds a tick".to_owned(), it.tick_nanos.to_string()),
            ];
            // By their names: limits are added now and then.
            if let Ok(serde_json::Value::Object(levels)) = serde_json::to_value(&it.limits) {
                for (level, limits) in levels {
                    let serde_json::Value::Object(limits) = limits else { continue };
                    let named = |(name, value)| {
                        (format!("the limit {name} of {level} scripts"), format!("{value}"))
                    };
                    pairs.extend(limits.into_iter().map(named));
                }
            }
            pairs
        };
        let pairs = pairs(self).into_iter().zip(pairs(theirs));
        pairs
            .filter(|(ours, theirs)| ours != theirs)
            .map(|((what, ours), (_, theirs))| JoinDifference::Engine { what, ours, theirs })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        api::{ApiTable, Category, ScriptContext},
        contract::{ScriptLimits, ScriptSource},
        trust::{Permissions, TrustPolicy, Verified},
    };

    fn offer(compiler: &ScriptCompiler, scripts: &[(&str, &str)], may: &Permissions) -> JoinOffer {
        let mut offer = JoinOffer::new(compiler.fingerprint(15_625_000));
        for (path, text) in scripts {
            let source = Verified::check(ScriptSource::new(*path, *text), &TrustPolicy::default());
            let script = compiler.compile(&source.unwrap().asking_for(may)).unwrap();
            offer.add(&script);
        }
        offer
    }

    fn texts(ours: &JoinOffer, theirs: &JoinOffer) -> Vec<String> {
        ours.differences(theirs).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_version_of_rhai_is_the_one_that_is_built_in() {
        let wanted = format!("rhai = {{ version = \"={RHAI}\"");
        assert!(include_str!("../../Cargo.toml").contains(&wanted));
    }

    #[test]
    fn files_that_differ_are_named() {
        let compiler = ScriptCompiler::default();
        let all = Permissions::All;
        let ours = offer(&compiler, &[("a", "let x = 1;"), ("b", "let y = 1;"), ("c", "")], &all);
        let theirs = offer(&compiler, &[("a", "let x = 1;"), ("b", "let y = 2;"), ("d", "")], &all);
        assert!(texts(&ours, &ours).is_empty());
        assert_eq!(ours.digest(), ours.clone().digest());
        assert_ne!(ours.digest(), theirs.digest());
        assert_eq!(
            texts(&ours, &theirs),
            ["b: another file there", "c: only here", "d: only there"]
        );
        let fewer = offer(&compiler, &[("a", "let x = 1;")], &Permissions::none());
        let ours = offer(&compiler, &[("a", "let x = 1;")], &all);
        assert_eq!(texts(&ours, &fewer), ["a: granted other functions there"]);
        // It travels.
        let json = serde_json::to_string(&ours).unwrap();
        assert_eq!(serde_json::from_str::<JoinOffer>(&json).unwrap(), ours);
    }

    #[test]
    fn engines_that_differ_say_in_what() {
        let ours = offer(&ScriptCompiler::default(), &[("a", "let x = 1;")], &Permissions::All);
        let mods = ScriptLimits { fuel: 7, ..ScriptLimits::for_mods() };
        let limits = LevelLimits { mods, ..LevelLimits::default() };
        let other = ScriptCompiler::new(ApiTable::default(), limits.clone());
        let theirs = offer(&other, &[("a", "let x = 1;")], &Permissions::All);
        let fuel = ScriptLimits::for_mods().fuel;
        let told = format!("the limit fuel of mods scripts: {fuel} here, 7 there");
        assert_eq!(texts(&ours, &theirs), [told]);

        let mut table = ApiTable::default();
        let sell = ApiFunction::new("sell", Category::new("economy"), "Trades.")
            .overload(["count"], |_: &mut ScriptContext<'_>, count: i64| Ok(count));
        table.add(sell).unwrap();
        let other = ScriptCompiler::new(table, LevelLimits::default());
        let other = other.with_backend(Backend::Reference);
        let found = texts(&ours, &offer(&other, &[("a", "let x = 1;")], &Permissions::All));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0].starts_with("the backend: ")
                && found[1].starts_with("the table of functions: ")
        );
        let mut slow = ours.clone();
        slow.engine.tick_nanos = 1;
        slow.engine.rhai_version = format!("\u{1b}[2J{}", "9".repeat(1_000_000));
        let found = texts(&ours, &slow);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().all(|text| text.len() < 300 && !text.contains('\u{1b}')));
    }
}

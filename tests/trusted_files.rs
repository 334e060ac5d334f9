use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bevy::{
    asset::io::{AssetReader, AssetReaderError, AssetSourceBuilder, PathStream, Reader, VecReader},
    prelude::*,
};
use bevy_cscript::{
    contract::{Refusal, Value},
    prelude::*,
    runtime::{ModPackage, ScriptHost, ScriptReloaded, join_offer},
    testing::ScriptTestApp,
    trust::{
        Claim, FileClaim, KeyRing, KnownKey, ModPath, Package, SIGNATURE_BYTES, SecretKey,
        SignedStatement, Statement, TrustLevel, TrustMemory, TrustPolicy,
    },
};

use crate::folder::{Folder, PATIENCE, spawn, until, until_ready};

const MANIFEST: &str =
    "id = \"guards\"\nversion = \"1.0.0\"\napi = 1\npermissions = [\"movement\"]\n";

fn key() -> SecretKey {
    SecretKey::from_bytes(&[1; 32])
}

fn said(claim: Claim, id: &str, counter: u64) -> String {
    let (id, game, key_id) = (id.to_owned(), "*".to_owned(), key().public().id());
    let statement = Statement { claim, id, game, counter, not_after: None, key: key_id };
    SignedStatement::sign(statement, &key()).to_text()
}

fn signature(name: &str, text: &str, counter: u64) -> String {
    let path = name.parse().unwrap_or_else(|error| panic!("{error}"));
    said(Claim::Script(path, FileClaim::of(text.as_bytes())), "a", counter)
}

fn mod_files(files: &[(&str, &str)], counter: u64) -> Vec<(ModPath, Vec<u8>)> {
    let parsed = |name: &str| name.parse::<ModPath>().unwrap_or_else(|error| panic!("{error}"));
    let claims = files.iter().map(|(name, text)| (parsed(name), FileClaim::of(text.as_bytes())));
    let sig = said(Claim::Mod(claims.collect()), "guards", counter);
    let files = files.iter().map(|(name, text)| (parsed(name), text.as_bytes().to_vec()));
    files.chain([(parsed("mod.sig"), sig.into_bytes())]).collect()
}

fn server() -> TrustPolicy {
    let keys = KeyRing::new().with(KnownKey::new("Ada", key().public(), TrustLevel::Mod));
    TrustPolicy::server().with_keys(keys)
}

fn app(folder: &Folder, policy: TrustPolicy) -> ScriptTestApp {
    folder.app(ScriptingPlugin { policy, ..default() })
}

fn until_is(app: &mut ScriptTestApp, entity: Entity, name: &str, value: i64) {
    let what = format!("{name} is {value}");
    until(app, &what, |app| app.get(entity, name) == Value::Int(value));
}

/// Waits for a message about a file that is like this.
fn told(
    app: &mut ScriptTestApp,
    file: &str,
    what: &str,
    mut is_so: impl FnMut(&ScriptReloaded) -> bool,
) -> ScriptReloaded {
    let mut told = None;
    until(app, &format!("{file} is told of: {what}"), |app| {
        let news = app.take_reloads().into_iter();
        told = told.take().or(news.filter(|news| news.path == file).find(|news| is_so(news)));
        told.is_some()
    });
    told.unwrap_or_else(|| unreachable!("it was waited for"))
}

fn refused(app: &mut ScriptTestApp, file: &str, refusal: Refusal) {
    told(
        app,
        file,
        &refusal.to_string(),
        |news| matches!(&news.refused[..], [error] if error.refusal == Some(refusal)),
    );
}

fn reloaded(app: &mut ScriptTestApp, file: &str) {
    told(app, file, "a new version", |news| news.refused.is_empty());
}

#[test]
fn a_signature_that_comes_changes_or_goes_wrong_is_seen_while_the_game_runs() {
    let folder = Folder::new();
    let text = |n: u8| format!("let n = {n};");
    folder.put("a.rhai", text(1));
    let mut app = app(&folder, server());
    let entity = spawn(&mut app, "a.rhai");
    refused(&mut app, "a.rhai", Refusal::Unsigned);
    assert!(matches!(app.status(entity), ScriptStatus::Failed { .. }));

    // It comes.
    folder.put("a.rhai.sig", signature("a.rhai", &text(1), 1));
    until_ready(&mut app, entity);
    assert_eq!(app.get(entity, "n"), Value::Int(1));

    // The script changes, its signature does not yet.
    folder.put("a.rhai", "let n = 1; let m = 2;");
    refused(&mut app, "a.rhai", Refusal::Changed);
    assert_eq!(app.status(entity), ScriptStatus::Ready, "the version before it goes on");
    folder.put("a.rhai.sig", signature("a.rhai", "let n = 1; let m = 2;", 2));
    until_is(&mut app, entity, "m", 2);

    // It is spoilt, too large, and old.
    let _ = app.take_reloads();
    folder.put("a.rhai.sig", "nonsense");
    refused(&mut app, "a.rhai", Refusal::Malformed);
    folder.put("a.rhai.sig", " ".repeat(4 * SIGNATURE_BYTES));
    refused(&mut app, "a.rhai", Refusal::TooLarge);
    folder.put("a.rhai.sig", signature("a.rhai", "let n = 1; let m = 2;", 1));
    refused(&mut app, "a.rhai", Refusal::RolledBack);
    assert_eq!(app.status(entity), ScriptStatus::Ready);
    assert_eq!(app.get(entity, "m"), Value::Int(2));

    folder.put("a.rhai.sig", signature("a.rhai", "let n = 1; let m = 2;", 3));
    folder.put("a.rhai", "let n = 1; let m = 2;");
    app.ticks(3);
    folder.put("a.rhai", "let n = 1; let z = 7;");
    folder.put("a.rhai.sig", signature("a.rhai", "let n = 1; let z = 7;", 4));
    until_is(&mut app, entity, "z", 7);
    assert!(app.take_faults().is_empty());
}

#[test]
fn a_manifest_narrows_what_the_scripts_below_it_may_call() {
    let folder = Folder::new();
    let calls = "let n = 1; fn on_update() { get_tag(entity_id); }";
    folder.put("m/sub/a.rhai", calls);
    // Unsigned scripts run, as the game's own.
    let mut app = app(&folder, TrustPolicy::default());
    let entity = spawn(&mut app, "m/sub/a.rhai");
    until_ready(&mut app, entity);

    // A manifest comes, two folders up.
    folder.put("m/mod.toml", MANIFEST);
    let needs = |news: &ScriptReloaded| {
        let needs = "`get_tag` needs permission \"utility\"";
        news.refused.iter().any(|error| error.message == needs)
    };
    told(&mut app, "m/sub/a.rhai", "a missing permission", needs);
    // It changes.
    folder.put("m/mod.toml", MANIFEST.replace("movement", "utility"));
    reloaded(&mut app, "m/sub/a.rhai");
    // One comes that is nearer; both count.
    folder.put("m/sub/mod.toml", MANIFEST);
    told(&mut app, "m/sub/a.rhai", "a missing permission", needs);
    folder.put("m/sub/mod.toml", MANIFEST.replace("movement", "utility\", \"movement"));
    reloaded(&mut app, "m/sub/a.rhai");
    // It is no manifest any more.
    folder.put("m/sub/mod.toml", "id = ");
    refused(&mut app, "m/sub/a.rhai", Refusal::Manifest);
    assert_eq!(app.status(entity), ScriptStatus::Ready);

    // Narrower permissions take away what is called by a name that is made at run time.
    folder.put(
        "m/b.rhai",
        "let n = 0; fn on_update() { n += 1; Fn(\"get\" + \"_tag\").call(entity_id); }",
    );
    let other = spawn(&mut app, "m/b.rhai");
    until_ready(&mut app, other);
    app.ticks(2);
    assert!(app.take_faults().is_empty());
    folder.put("m/mod.toml", MANIFEST);
    until(&mut app, "it is paused", |app| matches!(app.status(other), ScriptStatus::Paused { .. }));
    assert!(app.take_faults()[0].error.message.contains("needs permission"));
}

#[test]
fn a_mods_folder_runs_by_its_signature() {
    let folder = Folder::new();
    let mut app = app(&folder, server());
    let write = |files: &[(ModPath, Vec<u8>)]| {
        for (path, bytes) in files {
            folder.put(&format!("m/{path}"), bytes);
        }
    };
    let files = [("mod.toml", MANIFEST), ("a.rhai", "let a = 1;"), ("sub/b.rhai", "let b = 2;")];
    write(&mod_files(&files, 1));
    folder.put("m/c.rhai", "let c = 3;");
    let (a, b, c) =
        (spawn(&mut app, "m/a.rhai"), spawn(&mut app, "m/sub/b.rhai"), spawn(&mut app, "m/c.rhai"));
    until_ready(&mut app, a);
    until_ready(&mut app, b);
    refused(&mut app, "m/c.rhai", Refusal::NotListed);
    assert!(matches!(app.status(c), ScriptStatus::Failed { .. }));

    // A newer version, its signature last.
    let files = [
        ("mod.toml", MANIFEST),
        ("a.rhai", "let a = 1; let v = 2;"),
        ("sub/b.rhai", "let b = 2; let v = 2;"),
        ("c.rhai", "let c = 3;"),
    ];
    write(&mod_files(&files, 2));
    until_is(&mut app, a, "v", 2);
    until_is(&mut app, b, "v", 2);
    until_ready(&mut app, c);
    assert!(app.take_faults().is_empty());

    // Whoever has the first version cannot join.
    let ours = join_offer(app.world());
    let names: Vec<_> = ours.scripts.keys().map(String::as_str).collect();
    assert_eq!(names, ["guards:a.rhai", "guards:c.rhai", "guards:sub/b.rhai"]);
    let mut theirs = ours.clone();
    assert!(ours.differences(&theirs).is_empty());
    theirs.scripts.remove("guards:c.rhai");
    let script = theirs.scripts.get_mut("guards:a.rhai").unwrap();
    script.digest = bevy_cscript::trust::Digest::of(b"let a = 1;");
    script.mod_version = Some("0.9.0".to_owned());
    let found: Vec<_> = ours.differences(&theirs).iter().map(ToString::to_string).collect();
    let a = "guards:a.rhai: another file there (version 1.0.0 here, 0.9.0 there)";
    assert_eq!(found, [a, "guards:c.rhai: only here"]);
}

#[test]
fn a_package_runs_by_its_signature() {
    let folder = Folder::new();
    let mut app = app(&folder, server());
    let pack = |text: &str, counter| {
        let files = mod_files(&[("mod.toml", MANIFEST), ("sub/a.rhai", text)], counter);
        Package::new("m.cmod", files.into_iter().collect()).unwrap().to_bytes()
    };
    folder.put("m.cmod", pack("let a = 1;", 1));
    let entity = spawn(&mut app, "m.cmod#sub/a.rhai");
    until_ready(&mut app, entity);
    let package: Handle<ModPackage> = app.world().resource::<AssetServer>().load("m.cmod");
    until(&mut app, "the package is there", |app| {
        app.world().resource::<Assets<ModPackage>>().get(&package).is_some()
    });
    let loaded = app.world().resource::<Assets<ModPackage>>().get(&package).unwrap();
    assert_eq!((loaded.manifest.id.as_str(), loaded.scripts.len()), ("guards", 1));

    folder.put("m.cmod", pack("let a = 1; let v = 2;", 2));
    until_is(&mut app, entity, "v", 2);
    let _ = app.take_reloads();
    folder.put("m.cmod", pack("let a = 1; let v = 3;", 1));
    refused(&mut app, "m.cmod#sub/a.rhai", Refusal::RolledBack);
    assert_eq!(app.get(entity, "v"), Value::Int(2));

    // No package at all: the script that runs goes on, and one that would start says why it does not.
    folder.put("n.cmod", "no package");
    let other = spawn(&mut app, "n.cmod#sub/a.rhai");
    until(&mut app, "it fails", |app| matches!(app.status(other), ScriptStatus::Failed { .. }));
    let ScriptStatus::Failed { reason } = app.status(other) else { panic!("it failed") };
    assert!(reason.contains("cscript pack"), "{reason}");
    assert!(app.take_faults().is_empty());
}

/// A folder that somebody changes between two looks at it: what is read a second time is another file.
#[derive(Clone)]
struct Fickle {
    files: Arc<BTreeMap<&'static str, [String; 2]>>,
    reads: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl AssetReader for Fickle {
    async fn read<'a>(&'a self, path: &'a Path) -> Result<impl Reader + 'a, AssetReaderError> {
        let name = path.to_string_lossy().into_owned();
        let Some(versions) = self.files.get(&*name) else {
            return Err(AssetReaderError::NotFound(path.to_owned()));
        };
        let mut reads = self.reads.lock().unwrap_or_else(PoisonError::into_inner);
        let count = reads.entry(name).or_default();
        *count += 1;
        Ok(VecReader::new(versions[usize::from(*count > 1)].clone().into_bytes()))
    }

    async fn read_meta<'a>(&'a self, path: &'a Path) -> Result<impl Reader + 'a, AssetReaderError> {
        Err::<VecReader, _>(AssetReaderError::NotFound(path.to_owned()))
    }

    async fn read_directory<'a>(
        &'a self,
        path: &'a Path,
    ) -> Result<Box<PathStream>, AssetReaderError> {
        Err(AssetReaderError::NotFound(path.to_owned()))
    }

    async fn is_directory<'a>(&'a self, _: &'a Path) -> Result<bool, AssetReaderError> {
        Ok(false)
    }
}

/// What was verified is what is compiled: nobody reads it again in between.
#[test]
fn a_file_that_changes_behind_the_check_is_not_read_again() {
    let (good, evil) = ("let n = 1;", "let n = 666;");
    let (of_good, of_evil) = (signature("a.rhai", good, 1), "nonsense".to_owned());
    let files =
        [("a.rhai", [good.to_owned(), evil.to_owned()]), ("a.rhai.sig", [of_good, of_evil])];
    let fickle = Fickle { files: Arc::new(files.into()), reads: Arc::default() };
    let (reader, reads) = (fickle.clone(), fickle.reads);
    let mut app = App::new();
    let source = AssetSourceBuilder::new(move || Box::new(reader.clone()));
    app.register_asset_source("fickle", source);
    let scripting = ScriptingPlugin { policy: server(), ..default() };
    app.add_plugins((MinimalPlugins, AssetPlugin::default(), TransformPlugin, scripting));
    app.finish();
    app.cleanup();
    let script: Handle<Script> = app.world().resource::<AssetServer>().load("fickle://a.rhai");
    let entity = app.world_mut().spawn(CScript::new(script)).id();
    let began = Instant::now();
    let n = |app: &App| app.world().get::<CScript>(entity).and_then(|script| script.get("n"));
    while n(&app).is_none() {
        assert!(began.elapsed() < PATIENCE, "it does not start");
        app.update();
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(n(&app), Some(Value::Int(1)));
    let reads = reads.lock().unwrap().clone();
    assert_eq!(reads, [("a.rhai".to_owned(), 1), ("a.rhai.sig".to_owned(), 1)].into());
}

/// The asset server keeps the loaders; a loader that kept the server would keep all of it, watchers and
/// threads included, for ever.
#[test]
fn nothing_is_left_of_an_app_that_has_gone() {
    let folder = Folder::new();
    folder.put("a.rhai", "let n = 1;");
    let mut app = app(&folder, TrustPolicy::default());
    let memory = Arc::new(TrustMemory::default());
    app.world().resource::<ScriptHost>().set_trust_host(memory.clone());
    let entity = spawn(&mut app, "a.rhai");
    until_ready(&mut app, entity);
    assert!(Arc::strong_count(&memory) > 1);
    drop(app);
    let began = Instant::now();
    while Arc::strong_count(&memory) > 1 {
        assert!(began.elapsed() < PATIENCE, "somebody keeps {}", Arc::strong_count(&memory) - 1);
        std::thread::sleep(Duration::from_millis(1));
    }
}

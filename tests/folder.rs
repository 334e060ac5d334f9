//! A folder of scripts that a test writes to while a game watches it.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use bevy::{asset::AssetPlugin, prelude::*};
use bevy_cscript::{prelude::*, testing::ScriptTestApp};

/// How long something may take that the file watcher takes 0.3 s for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A folder of scripts, which goes away with the test. Make it before the app that watches it, so
/// that the app goes first.
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("bevy_cscript-folder-{}-{count}", std::process::id());
        let folder = Self { path: std::env::temp_dir().join(name) };
        for part in ["assets/m/sub", "aside"] {
            let path = folder.path.join(part);
            fs::create_dir_all(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
        folder
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join("assets").join(name)
    }

    /// Writes a file where it stands, as simple editors do.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.file(name);
        fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// Puts a file there in one step, so that the watcher tells of it exactly once.
    pub(crate) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let aside = self.path.join("aside/file");
        fs::write(&aside, bytes).unwrap_or_else(|error| panic!("{}: {error}", aside.display()));
        rename(&aside, &self.file(name));
    }

    pub(crate) fn remove(&self, name: &str) {
        let path = self.file(name);
        fs::remove_file(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// An app that reads and watches this folder.
    pub(crate) fn app(&self, plugin: ScriptingPlugin) -> ScriptTestApp {
        let file_path = self.path.join("assets").to_string_lossy().into_owned();
        ScriptTestApp::with_assets(plugin, AssetPlugin { file_path, ..default() })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // One that is left behind in the system's temporary folder is no reason to fail.
        let _ = fs::remove_dir_all(&self.path);
    }
}

pub(crate) fn rename(from: &Path, to: &Path) {
    fs::rename(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
}

pub(crate) fn spawn(app: &mut ScriptTestApp, file: &str) -> Entity {
    let script: Handle<Script> = app.world().resource::<AssetServer>().load(file.to_owned());
    app.spawn(script)
}

/// Runs ticks until something is so.
pub(crate) fn until(
    app: &mut ScriptTestApp,
    what: &str,
    mut is_so: impl FnMut(&mut ScriptTestApp) -> bool,
) {
    let began = Instant::now();
    while !is_so(app) {
        assert!(began.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        app.tick();
        std::thread::sleep(Duration::from_millis(1));
    }
}

pub(crate) fn until_ready(app: &mut ScriptTestApp, entity: Entity) {
    until(app, "the script starts", |app| app.status(entity) == ScriptStatus::Ready);
}

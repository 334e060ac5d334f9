use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use bevy::{
    asset::{
        AssetLoader, AssetPath, AssetServerMode, AsyncReadExt as _, LoadContext,
        io::{AssetReaderError, Reader, VecReader},
    },
    prelude::*,
    reflect::TypePath,
};

use crate::trust::{MANIFEST_BYTES, ModPapers, Paper, Papers, SIGNATURE_BYTES};

/// A loader's way to the asset server. The server keeps the loader, so the loader must not keep the server, or
/// neither would ever go, nor the threads that watch files: [`ServerKeeper`] cuts the way when the world goes.
#[derive(Clone)]
pub(super) struct ServerLink(Arc<Mutex<Option<AssetServer>>>);

/// Stays with the world of a [`ServerLink`].
#[derive(Resource)]
pub(super) struct ServerKeeper(ServerLink);

impl ServerLink {
    pub(super) fn new(server: AssetServer) -> (Self, ServerKeeper) {
        let link = Self(Arc::new(Mutex::new(Some(server))));
        (link.clone(), ServerKeeper(link))
    }

    fn server(&self) -> Option<AssetServer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for ServerKeeper {
    fn drop(&mut self) {
        let server = self.0.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Not while the lock is held: who knows what goes with it.
        drop(server);
    }
}

/// Reads what lies beside a script: its signature, and the manifest and signature of each mod above it. What
/// there is and what there could be is watched, so that the script is loaded again when one of them comes or
/// changes.
pub(super) async fn read_papers(
    link: &ServerLink,
    context: &mut LoadContext<'_>,
    script: &Path,
) -> Papers {
    let signature = beside(script, "sig");
    let Some(server) = &link.server() else {
        // What cannot be read is not taken for what is not there.
        let path = signature.display().to_string();
        let signature = Some(Paper { path, bytes: Err("the app has ended".to_owned()) });
        return Papers { signature, mods: Vec::new() };
    };
    let signature = read(server, context, &signature, SIGNATURE_BYTES).await;
    let mut mods = Vec::new();
    for folder in script.ancestors().skip(1) {
        let manifest = folder.join("mod.toml");
        let Some(manifest) = read(server, context, &manifest, MANIFEST_BYTES).await else {
            continue;
        };
        // Only the nearest mod says who wrote the script.
        let signature = if mods.is_empty() {
            read(server, context, &folder.join("mod.sig"), SIGNATURE_BYTES).await
        } else {
            None
        };
        let script = slashed(script.strip_prefix(folder).unwrap_or(script));
        mods.push(ModPapers { manifest, signature, script });
    }
    Papers { signature, mods }
}

/// `a.rhai` and `sig` give `a.rhai.sig`.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(".");
    path.push(ending);
    path.into()
}

/// A path with its parts apart by `/`, on every system.
fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// Reads a file, at most one byte more than it may have; `None` if there is none.
async fn read(
    server: &AssetServer,
    context: &mut LoadContext<'_>,
    path: &Path,
    limit: usize,
) -> Option<Paper> {
    let source = context.path().source().clone_owned();
    let asset_path = AssetPath::from_path_buf(path.to_owned()).with_source(source);
    watch(context, asset_path.clone()).await;
    let name = asset_path.to_string();
    let unreadable = |reason: String| {
        let reason = reason.lines().next().unwrap_or_default().to_owned();
        Some(Paper { path: name.clone(), bytes: Err(reason) })
    };
    let source = match server.get_source(asset_path.source()) {
        Ok(source) => source,
        Err(error) => return unreadable(error.to_string()),
    };
    let reader = match server.mode() {
        AssetServerMode::Unprocessed => source.reader(),
        AssetServerMode::Processed => match source.processed_reader() {
            Ok(reader) => reader,
            Err(error) => return unreadable(error.to_string()),
        },
    };
    let mut file = match reader.read(path).await {
        Ok(file) => file,
        Err(AssetReaderError::NotFound(_)) => return None,
        Err(error) => return unreadable(error.to_string()),
    };
    let mut bytes = Vec::new();
    let file: &mut dyn Reader = &mut file;
    match file.take(limit as u64 + 1).read_to_end(&mut bytes).await {
        Ok(_) => Some(Paper::new(name.clone(), bytes)),
        Err(error) => unreadable(error.to_string()),
    }
}

/// Makes a file one that the asset depends on, whether it is there or not.
///
/// Bevy notes a dependency only of what it has loaded, and reads all of what it loads. So it is given
/// nothing to load, under that file's name.
async fn watch(context: &mut LoadContext<'_>, path: AssetPath<'static>) {
    let mut nothing = VecReader::new(Vec::new());
    let loaded = context.load_builder().load_value_from_reader::<Watched>(path, &mut nothing);
    if let Err(error) = loaded.await {
        debug!(target: "script", "a file is not watched: {error}");
    }
}

/// Stands for a file that is watched.
#[derive(Asset, TypePath)]
pub(super) struct Watched;

/// Makes a [`Watched`] of nothing.
#[derive(TypePath)]
pub(super) struct WatchedLoader;

impl AssetLoader for WatchedLoader {
    type Asset = Watched;
    type Settings = ();
    type Error = std::io::Error;

    async fn load(
        &self,
        _: &mut dyn Reader,
        (): &(),
        _: &mut LoadContext<'_>,
    ) -> Result<Watched, std::io::Error> {
        Ok(Watched)
    }

    fn extensions(&self) -> &[&str] {
        &[]
    }
}

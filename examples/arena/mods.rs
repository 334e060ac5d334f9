//! The scenario `mods`: an entity for each entry script of each mod in a folder, run under a trust policy.
//! It has no end.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use bevy::{asset::LoadState, prelude::*};
use bevy_cscript::{
    prelude::*,
    runtime::{ScriptHost, TrustStore},
    trust::{
        KnownKey, MANIFEST_BYTES, ModManifest, PACKAGE_BYTES, Package, TrustLevel, TrustPolicy,
    },
};

use super::{PATIENCE, first_line, options::Mods};

/// The asset source that the folder of mods is.
pub(crate) const SOURCE: &str = "mods";

/// Units between two entities at the start.
const SPACING: f32 = 4.0;

/// The policy that the command line asks for.
pub(crate) fn policy(mods: &Mods) -> Result<TrustPolicy, String> {
    let wanted = mods.policy.as_deref().unwrap_or("server");
    let mut policy = match TrustPolicy::preset(wanted) {
        Some(policy) => policy,
        None => {
            let path = Path::new(wanted);
            let text = read(path, 1024 * 1024)?;
            let text = String::from_utf8_lossy(&text);
            TrustPolicy::from_toml(&text).map_err(|error| at(path, error))?
        }
    };
    for path in &mods.trust {
        let text = read(path, 16 * 1024)?;
        let key = String::from_utf8_lossy(&text).parse().map_err(|error| at(path, error))?;
        policy.keys.add(KnownKey::new(path.display().to_string(), key, TrustLevel::Mod));
    }
    Ok(policy)
}

/// Spawns the entities and waits for their scripts, those that are refused included. Gives the number of
/// those.
pub(crate) fn populate(app: &mut App, mods: &Mods) -> Result<usize, String> {
    if let Some(file) = &mods.trust_store {
        let store = TrustStore::open(file).map_err(|error| error.to_string())?;
        app.world().resource::<ScriptHost>().set_trust_host(Arc::new(store));
    }
    let (entries, mut refused) = entries(&mods.folder)?;
    let server = app.world().resource::<AssetServer>().clone();
    let scripts: Vec<Handle<Script>> =
        entries.iter().map(|entry| server.load(format!("{SOURCE}://{entry}"))).collect();
    app.finish();
    app.cleanup();
    let began = Instant::now();
    let is_there =
        |script| matches!(server.load_state(script), LoadState::Loaded | LoadState::Failed(_));
    while !scripts.iter().all(is_there) {
        app.update();
        if began.elapsed() > PATIENCE {
            return Err(format!("the mods did not load within {} seconds", PATIENCE.as_secs()));
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    for (i, script) in scripts.into_iter().enumerate() {
        let place = Vec3::X * (i as f32) * SPACING;
        let loaded = app.world().resource::<Assets<Script>>().get(&script);
        refused += usize::from(loaded.is_none_or(|script| script.result.is_err()));
        app.world_mut().spawn((Transform::from_translation(place), CScript::new(script)));
    }
    Ok(refused)
}

/// The entry scripts of all mods in a folder, as asset paths in it, in their order. A mod that cannot be
/// read has none, and is counted and told of.
fn entries(folder: &Path) -> Result<(Vec<String>, usize), String> {
    let listed = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut paths: Vec<PathBuf> =
        listed.map_err(|error| at(folder, error))?.iter().map(fs::DirEntry::path).collect();
    paths.sort();
    let (mut entries, mut refused) = (Vec::new(), 0);
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (manifest, apart) = if path.join("mod.toml").is_file() {
            (manifest(&path), '/')
        } else if name.ends_with(".cmod") {
            (packed_manifest(&path), '#')
        } else {
            continue;
        };
        match manifest {
            Ok(manifest) => {
                entries.extend(manifest.entry.iter().map(|entry| format!("{name}{apart}{entry}")));
            }
            Err(error) => {
                refused += 1;
                error!("{error}");
            }
        }
    }
    Ok((entries, refused))
}

fn manifest(folder: &Path) -> Result<ModManifest, String> {
    let path = folder.join("mod.toml");
    let bytes = read(&path, MANIFEST_BYTES as u64)?;
    ModManifest::parse(&path.display().to_string(), &bytes).map_err(|error| error.to_string())
}

fn packed_manifest(path: &Path) -> Result<ModManifest, String> {
    let shown = path.display().to_string();
    let package = Package::parse(&shown, &read(path, PACKAGE_BYTES as u64)?);
    let package = package.map_err(|error| error.to_string())?;
    let manifest = package.file("mod.toml").unwrap_or_default();
    ModManifest::parse(&format!("{shown}#mod.toml"), manifest).map_err(|error| error.to_string())
}

/// The bytes of a file, of which there are no more than so many.
fn read(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    use io::Read as _;
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| at(path, error))?;
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| at(path, error))?;
    if bytes.len() as u64 > most {
        return Err(at(path, format!("it has more than {most} bytes")));
    }
    Ok(bytes)
}

fn at(path: &Path, what: impl std::fmt::Display) -> String {
    format!("{}: {}", path.display(), first_line(&what.to_string()))
}

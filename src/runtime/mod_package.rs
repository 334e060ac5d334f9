use std::collections::BTreeMap;

use bevy::{
    asset::{AssetLoader, AsyncReadExt as _, LoadContext, io::Reader},
    prelude::*,
    reflect::TypePath,
};

use super::load::{Script, ScriptHost};
use crate::{
    contract::{ErrorKind, Refusal, ScriptError, ScriptSource, Stage},
    script::{ImportPath, Libraries},
    trust::{ModManifest, ModPath, PACKAGE_BYTES, Package, Paper, Papers, Unsigned},
};

/// A mod in one file, as `cscript pack` makes it: `assets.load("mods/guards.cmod")`. Its scripts are assets of
/// their own: `assets.load("mods/guards.cmod#scripts/guard.rhai")`.
#[derive(Asset, TypePath, Clone, Debug)]
pub struct ModPackage {
    /// What the mod says of itself.
    pub manifest: ModManifest,
    /// Its scripts, by their paths in it.
    pub scripts: BTreeMap<ModPath, Handle<Script>>,
    /// All its files, the scripts among them.
    pub files: Package,
}

/// Loads `.cmod` files: reads them, verifies them, compiles their scripts.
#[derive(TypePath)]
pub struct ModPackageLoader {
    pub(super) host: ScriptHost,
}

impl AssetLoader for ModPackageLoader {
    type Asset = ModPackage;
    type Settings = ();
    type Error = PackageFault;

    async fn load(
        &self,
        reader: &mut dyn Reader,
        (): &(),
        context: &mut LoadContext<'_>,
    ) -> Result<ModPackage, PackageFault> {
        let path = context.path().to_string();
        let mut bytes = Vec::new();
        reader.take(PACKAGE_BYTES as u64 + 1).read_to_end(&mut bytes).await?;
        let files = Package::parse(&path, &bytes)?;
        drop(bytes);
        let name = |file: &str| format!("{path}#{file}");
        let manifest_bytes = files.file("mod.toml").ok_or_else(|| {
            let message = "there is no mod.toml in the package; every mod has one";
            ScriptError::refused(Refusal::Missing, &path, message)
        })?;
        let manifest = ModManifest::parse(&name("mod.toml"), manifest_bytes)?;
        let signature = files.file("mod.sig").map(|bytes| Paper::new(name("mod.sig"), bytes));
        // A signature is for the whole: no script runs of a mod that lacks a file or has one too many.
        let whole = match signature {
            None => Ok(()),
            Some(_) => self.host.verifier().verify_mod(files.files(), name).map(|_| ()),
        };
        let whole = whole.or_else(|error| {
            let lenient = self.host.verifier().policy().broken != Unsigned::Refuse;
            if lenient && error.refusal != Some(Refusal::Revoked) { Ok(()) } else { Err(error) }
        });
        let mut scripts = BTreeMap::new();
        for (file, text) in files.files() {
            if !file.as_str().ends_with(".rhai") {
                continue;
            }
            let root = name("");
            let verify = |file: &ModPath, text: &[u8]| {
                let manifest = Paper::new(name("mod.toml"), manifest_bytes);
                let papers = Papers::of_mod(manifest, signature.clone(), file);
                let source = ScriptSource::new(name(file.as_str()), text).with_root(&root);
                self.host.verify(source, &papers)
            };
            // Libraries come out of the same package.
            let find = |import: &ImportPath| {
                let file = import.below_root().parse::<ModPath>().ok();
                let found = file.and_then(|file| Some((files.files().get(&file)?, file)));
                let (text, file) = found.ok_or_else(|| {
                    let message = "cannot be read: it is not in the package";
                    let kind = ErrorKind::NotFound;
                    ScriptError::new(Stage::Load, kind, import.as_str(), message)
                })?;
                verify(&file, text)
            };
            let script = match &whole {
                Ok(()) => match verify(file, text) {
                    Ok(source) => {
                        let compiler = self.host.compiler();
                        let read = || Libraries::read(compiler, &source, find);
                        let libraries = self.host.workers().run(read);
                        self.host.compile_with(&source, &libraries)
                    }
                    Err(error) => Script::refused(error),
                },
                Err(error) => Script::refused(error.clone().of(&name(file.as_str()))),
            };
            let handle = context.add_labeled_asset(file.to_string(), script);
            scripts.insert(file.clone(), handle);
        }
        Ok(ModPackage { manifest, scripts, files })
    }

    fn extensions(&self) -> &[&str] {
        &["cmod"]
    }
}

/// Why a package cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum PackageFault {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// It is no package, or one without a manifest.
    #[error(transparent)]
    Refused(#[from] ScriptError),
}

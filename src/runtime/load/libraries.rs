//! The libraries of a script, read beside it.

use std::path::{Path, PathBuf};

use bevy::asset::{AssetPath, LoadContext};

use super::{
    super::papers::{ServerLink, read_papers},
    ScriptHost,
};
use crate::{
    contract::{ErrorKind, ScriptError, ScriptSource, Stage},
    script::{ImportPath, Libraries},
    trust::Verified,
};

/// A file that changes while it is read is read again, so often.
const TRIES: usize = 3;

/// Reads and verifies all that a script imports, and makes it what the script depends on: when one of
/// these files changes, Bevy loads the script again.
pub(super) async fn read(
    host: &ScriptHost,
    server: &ServerLink,
    script: &Verified<ScriptSource>,
    context: &mut LoadContext<'_>,
) -> Libraries {
    let mut libraries = gather(host, server, script, context).await;
    for _ in 1..TRIES {
        if depend(server, script, &libraries, context).await {
            break;
        }
        libraries = gather(host, server, script, context).await;
    }
    libraries
}

async fn gather(
    host: &ScriptHost,
    server: &ServerLink,
    script: &Verified<ScriptSource>,
    context: &LoadContext<'_>,
) -> Libraries {
    // What it reads is no dependency yet.
    let mut aside = context.begin_labeled_asset();
    let mut libraries = Libraries::default();
    let compiler = host.compiler();
    let mut wanted = host.workers().run(|| libraries.next(compiler, script));
    while let Some(path) = wanted.pop() {
        if libraries.holds(&path) || libraries.is_full(host.limits().of(script.level())) {
            continue;
        }
        let at = asset_path(&path, context);
        let read = match aside.read_asset_bytes(at).await {
            Ok(bytes) => {
                let papers = read_papers(server, &mut aside, Path::new(path.below_root())).await;
                host.verify(path.source(bytes), &papers)
            }
            Err(error) => {
                // Bevy's text may go on with a backtrace.
                let reason = error.to_string();
                let message =
                    format!("cannot be read: {}", reason.lines().next().unwrap_or_default());
                let kind = ErrorKind::NotFound;
                Err(ScriptError::new(Stage::Load, kind, path.as_str(), message))
            }
        };
        wanted.extend(host.workers().run(|| libraries.add(compiler, &path, read)));
    }
    libraries
}

/// Says whether all files are still what they were.
async fn depend(
    server: &ServerLink,
    script: &Verified<ScriptSource>,
    libraries: &Libraries,
    context: &mut LoadContext<'_>,
) -> bool {
    let mut are_same = true;
    for (path, library) in libraries.iter() {
        // Two scripts that import each other are refused. If each depended on the other, Bevy would
        // follow that circle without end.
        if libraries.reaches(path, script.get().path()) {
            continue;
        }
        let at = asset_path(path, context);
        let again = context.read_asset_bytes(at).await;
        // So that it is read again when its signature changes.
        read_papers(server, context, Path::new(path.below_root())).await;
        are_same &= match (again, library) {
            (Ok(again), Ok(library)) => again == library.get().bytes(),
            (again, library) => again.is_err() == library.is_err(),
        };
    }
    are_same
}

fn asset_path(path: &ImportPath, context: &LoadContext<'_>) -> AssetPath<'static> {
    let source = context.path().source().clone_owned();
    AssetPath::from_path_buf(PathBuf::from(path.below_root())).with_source(source)
}

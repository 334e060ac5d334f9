//! Runs that are written down and run again, and the heavy mode.

use std::{fs, path::Path};

use bevy::prelude::*;
use bevy_cscript::{
    prelude::*,
    runtime::{Recording, Replay, ScriptRecorder, desync_report, load_scripts, save_scripts},
};

/// Differences that are shown.
const SHOWN: usize = 20;

/// Writes the run down from here on: of every so many ticks the whole state.
pub(crate) fn begin_recording(app: &mut App, states: u64) -> Result<(), String> {
    let recorder = ScriptRecorder::begin(app.world()).map_err(|error| error.to_string())?;
    app.world_mut().insert_resource(recorder.with_states(states));
    Ok(())
}

/// Ends the recording and writes the file; gives how many ticks are in it.
pub(crate) fn end_recording(app: &mut App, file: &Path) -> Result<usize, String> {
    let recorder = app.world_mut().remove_resource::<ScriptRecorder>();
    let recording = recorder.map(ScriptRecorder::finish).unwrap_or_default();
    let bytes = recording.to_bytes().map_err(|error| error.to_string())?;
    fs::write(file, bytes).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(recording.ticks.len())
}

/// Runs a recording again, until its end or a tick. Every tick must end as it did.
pub(crate) fn replay(app: &mut App, file: &Path, until: Option<u64>) -> Result<usize, String> {
    let named = |error: String| format!("{}: {error}", file.display());
    let bytes = fs::read(file).map_err(|error| named(error.to_string()))?;
    let recording = Recording::from_bytes(&bytes).map_err(|error| named(error.to_string()))?;
    // The scripts are known once a tick has run.
    app.update();
    let mut replay =
        Replay::begin(app.world_mut(), recording).map_err(|error| named(error.to_string()))?;
    let mut done = 0;
    let mut diverged = None;
    while replay.feed_before(app.world_mut(), until.unwrap_or(u64::MAX)) {
        app.update();
        if diverged.is_none() {
            diverged = replay.check(app.world()).err();
        }
        let Some(diverged) = diverged else {
            done += 1;
            continue;
        };
        // The first tick after it whose whole state was written down says in what.
        let report = replay.report(app.world()).map_err(|error| named(error.to_string()))?;
        if let Some(report) = report {
            let mut lines =
                vec![diverged.to_string(), "here is this run, there the recording:".to_owned()];
            lines.extend(report.iter().take(SHOWN).map(|it| format!("  {it}")));
            let more = report.len().saturating_sub(SHOWN);
            if more > 0 {
                lines.push(format!("  and {more} more"));
            }
            return Err(lines.join("\n"));
        }
    }
    match diverged {
        None => Ok(done),
        Some(diverged) => {
            Err(format!("{diverged}; the recording has no state behind it to compare with"))
        }
    }
}

/// What became of the heavy mode.
#[derive(Resource, Default)]
pub(crate) struct Heavy(pub(crate) Option<String>);

/// Saves and loads the world after every tick, and sees that it is the same.
pub(crate) fn add_heavy_mode(app: &mut App) {
    app.init_resource::<Heavy>().add_systems(FixedUpdate, heavy.after(ScriptSystems::Tick));
}

fn heavy(world: &mut World) {
    if world.resource::<Heavy>().0.is_some() {
        return;
    }
    let result = (|| {
        let (hash, before) = (world_hash(world), save_scripts(world)?);
        load_scripts(world, &before)?;
        let after = save_scripts(world)?;
        let differences = desync_report(&after, &before)?;
        let same = differences.is_empty() && before == after && hash == world_hash(world);
        let first =
            differences.first().map_or_else(|| "the bytes differ".to_owned(), ToString::to_string);
        Ok::<_, bevy_cscript::runtime::SaveError>((!same).then_some(first))
    })();
    let failed = result.unwrap_or_else(|error| Some(error.to_string()));
    world.resource_mut::<Heavy>().0 = failed;
}

//! The scenario `patrol`: those who walk squares, those who stroll about, fires that throw sparks, and
//! a herald who calls them together. It has no end.

use bevy::prelude::*;
use bevy_cscript::prelude::*;

/// Units between two entities at the start.
const SPACING: f32 = 4.0;

const SCRIPTS: [&str; 4] =
    ["scripts/patrol.rhai", "scripts/wanderer.rhai", "scripts/spawner.rhai", "scripts/herald.rhai"];

/// Spawns the entities, always the same ones in the same order: that is what their ids follow.
pub(crate) fn populate(app: &mut App, count: usize) -> Result<(), String> {
    let [patrol, wanderer, spawner, herald] = super::load(app, SCRIPTS)?;

    // What the spawner makes: sparks, which have no script, and its own successor.
    let successor = spawner.clone();
    app.register_prefab("spark", |_| {}).register_prefab("spawner", move |entity| {
        entity.insert(CScript::new(successor.clone()));
    });

    let side = (count as f64).sqrt().ceil() as usize;
    for i in 0..count {
        // Of every ten entities five patrol, four wander and one throws sparks; one herald will do
        // for all.
        let script = match (i, i % 10) {
            (10, _) => {
                app.world_mut().spawn(CScript::new(herald.clone()));
                continue;
            }
            (_, 0..5) => &patrol,
            (_, 5..9) => &wanderer,
            _ => &spawner,
        };
        let place = Vec3::new((i % side) as f32, 0.0, (i / side) as f32) * SPACING;
        app.world_mut().spawn((Transform::from_translation(place), CScript::new(script.clone())));
    }
    Ok(())
}

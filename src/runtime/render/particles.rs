use std::collections::HashMap;

use bevy::prelude::*;
use bevy_hanabi::{
    AccelModifier, Attribute, ColorOverLifetimeModifier, EffectAsset, ExprWriter, Gradient,
    LinearDragModifier, OrientModifier, ParticleEffect, SetAttributeModifier,
    SetPositionSphereModifier, SetVelocitySphereModifier, ShapeDimension, SizeOverLifetimeModifier,
    SpawnerSettings,
};

use crate::{
    contract::ScriptCommand,
    runtime::{ParticleEffectSpec, ParticleFile, show::ScriptShow},
};

/// The effects of all files, made for the graphics card, and how long each is seen.
#[derive(Resource, Default)]
pub(super) struct KnownEffects(HashMap<String, (Handle<EffectAsset>, f32)>);

/// An effect that is seen, and for how many seconds more.
#[derive(Component)]
pub(super) struct Fading(f32);

/// So many effects are shown at a time; more are left out.
const MOST_EFFECTS: usize = 256;

pub(super) fn learn(
    mut events: MessageReader<AssetEvent<ParticleFile>>,
    files: Res<Assets<ParticleFile>>,
    mut assets: ResMut<Assets<EffectAsset>>,
    mut known: ResMut<KnownEffects>,
) {
    for event in events.read() {
        if let AssetEvent::Added { id } | AssetEvent::Modified { id } = event
            && let Some(ParticleFile(file)) = files.get(*id)
        {
            for (name, spec) in file {
                let handle = assets.add(effect(name, spec));
                known.0.insert(name.clone(), (handle, spec.seconds()));
            }
        }
    }
}

fn effect(name: &str, spec: &ParticleEffectSpec) -> EffectAsset {
    let writer = ExprWriter::new();
    let range = |[low, high]: [f32; 2]| {
        let low_expr = writer.lit(low);
        if low < high { low_expr.uniform(writer.lit(high)).expr() } else { low_expr.expr() }
    };
    let center = writer.lit(Vec3::ZERO).expr();
    let age = SetAttributeModifier::new(Attribute::AGE, writer.lit(0.0).expr());
    let lifetime = SetAttributeModifier::new(Attribute::LIFETIME, range(spec.lifetime));
    let position = SetPositionSphereModifier {
        center,
        // Flight begins away from the centre, so a ball of no size has no directions.
        radius: writer.lit(spec.radius.max(0.01)).expr(),
        dimension: ShapeDimension::Volume,
    };
    let velocity = SetVelocitySphereModifier { center, speed: range(spec.speed) };
    let pull = AccelModifier::new(writer.lit(Vec3::from(spec.pull)).expr());
    let drag = LinearDragModifier::new(writer.lit(spec.drag).expr());
    let [first, last] = spec.size;
    let mut colors = Gradient::new();
    let steps = (spec.colors.len() - 1).max(1) as f32;
    for (i, color) in spec.colors.iter().enumerate() {
        colors.add_key(i as f32 / steps, Vec4::from(*color));
    }
    let count = spec.count as f32;
    let spawner = SpawnerSettings::new(count.into(), spec.duration.into(), 0.0.into(), 1);
    EffectAsset::new(spec.count, spawner, writer.finish())
        .with_name(name)
        .init(position)
        .init(velocity)
        .init(age)
        .init(lifetime)
        .update(drag)
        .update(pull)
        .render(ColorOverLifetimeModifier::new(colors))
        .render(SizeOverLifetimeModifier {
            gradient: Gradient::linear(Vec3::splat(first), Vec3::splat(last)),
            screen_space_size: false,
        })
        .render(OrientModifier::default())
}

pub(super) fn show(
    mut shown: MessageReader<ScriptShow>,
    known: Res<KnownEffects>,
    seen: Query<(), With<Fading>>,
    mut commands: Commands,
) {
    let mut room = MOST_EFFECTS.saturating_sub(seen.iter().len());
    for ScriptShow(command) in shown.read() {
        if let ScriptCommand::SpawnParticle { effect, position } = command
            && let Some((handle, seconds)) = known.0.get(&**effect)
            && room > 0
        {
            room -= 1;
            commands.spawn((
                ParticleEffect::new(handle.clone()),
                Transform::from_translation(*position),
                // The first frames may go by before the graphics card has what it needs.
                Fading(seconds + 0.5),
            ));
        }
    }
}

pub(super) fn fade(
    time: Res<Time>,
    mut seen: Query<(Entity, &mut Fading)>,
    mut commands: Commands,
) {
    for (entity, mut fading) in &mut seen {
        fading.0 -= time.delta_secs();
        if fading.0 <= 0.0 {
            commands.entity(entity).try_despawn();
        }
    }
}

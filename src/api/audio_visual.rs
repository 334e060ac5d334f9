//! What is heard and seen. Nothing here changes the game: on a server it is recorded and no more.

use super::{
    Amount, ApiFault, ApiFunction, Arg as _, Category, Live, Name, Passed, Point, ScriptContext,
    arg::{point_of, single},
};
use crate::contract::{AnimationOptions, SoundOptions, SoundPlace, Value};

type Context<'a, 'w> = &'a mut ScriptContext<'w>;

const NO_ENTITY: &str = "no entity has the id `e`";

pub(super) fn functions() -> Vec<ApiFunction> {
    let row = |name, doc| ApiFunction::new(name, Category::AUDIO_VISUAL, doc);
    vec![
        row(
            "play_sound",
            "Starts a sound and returns the number to stop it by. The options are `volume` and `speed` (1.0 as recorded), `looped` (false), and `at`: a position or an entity that it is heard from.",
        )
        .costs(3)
        .overload(["path"], |context: Context<'_, '_>, path: Name| {
            context.play_sound(&path.0, SoundOptions::default())
        })
        .overload(["path", "options"], |context: Context<'_, '_>, path: Name, options: Value| {
            let options = sound_options(context, &options)?;
            context.play_sound(&path.0, options)
        })
        .errors([
            "`path` is empty, or does not lie in a folder that scripts may play from",
            "an option is unknown, or its value does not fit",
        ])
        .example(
            "let music = ();\nfn on_spawn() {\n    music = play_sound(\"sounds/theme.ogg\", #{ looped: true, volume: 0.5 });\n}\nfn on_update() {\n    if music != () && !stop_sound(music) { throw \"it was playing\"; }\n    music = ();\n}",
        ),
        row(
            "stop_sound",
            "Stops a sound; false when it was stopped before or never started. A sound that has come to its end by itself may still answer true: scripts have no ears.",
        )
        .overload(["handle"], |context: Context<'_, '_>, handle: i64| context.stop_sound(handle))
        .example(
            "fn on_update() {\n    let horn = play_sound(\"sounds/horn.ogg\");\n    if !stop_sound(horn) { throw \"it had just begun\"; }\n    if stop_sound(horn) { throw \"it is stopped\"; }\n}",
        ),
        row(
            "play_animation",
            "Starts a clip of an entity's animations. The options are `repeat` (false), `speed` (1.0 as recorded) and `blend`: the seconds over which it takes over. A clip that repeats and plays already goes on, so that it can be asked for in every tick.",
        )
        .overload(["e", "name"], |context: Context<'_, '_>, e: Live, name: Name| {
            context.play_animation(e.0, &name.0, AnimationOptions::default())
        })
        .overload(
            ["e", "name", "options"],
            |context: Context<'_, '_>, e: Live, name: Name, options: Value| {
                context.play_animation(e.0, &name.0, animation_options(&options)?)
            },
        )
        .errors([
            NO_ENTITY,
            "`name` is empty, or the entity has animations and none of this name",
            "an option is unknown, or its value does not fit",
        ])
        .example(
            "fn on_update() {\n    play_animation(entity_id, \"wave\", #{ repeat: true, blend: 0.2 });\n}",
        ),
        row("spawn_particle", "Shows a particle effect that the host registered.")
            .costs(2)
            .overload(["effect", "pos"], |context: Context<'_, '_>, effect: Name, pos: Point| {
                context.spawn_particle(&effect.0, pos.0)
            })
            .errors(["`effect` is empty, or no such effect is registered", "`pos` is NaN or infinite"])
            .example(
                "fn on_update() {\n    spawn_particle(\"dust\", get_position(entity_id));\n}",
            ),
        row(
            "screen_shake",
            "Shakes the cameras that can be shaken, by 0.0 (not at all) to 1.0, for some seconds.",
        )
        .overload(["intensity", "seconds"], screen_shake)
        .errors(["`intensity` is not in 0..=1", "`seconds` is negative, NaN or infinite"])
        .example("fn on_spawn() {\n    screen_shake(0.3, 0.5);\n}"),
    ]
}

fn screen_shake(
    context: Context<'_, '_>,
    intensity: Amount,
    seconds: Amount,
) -> Result<(), ApiFault> {
    if intensity.0 > 1.0 {
        return Err(ApiFault::new(format!("`intensity`: must lie in 0..=1, got {}", intensity.0)));
    }
    context.command(crate::contract::ScriptCommand::ShakeScreen {
        intensity: intensity.0 as f32,
        seconds: seconds.0 as f32,
    })
}

/// Walks an options map; `set` says `false` for a key that it does not know.
fn options(
    value: &Value,
    known: &str,
    mut set: impl FnMut(&str, &Value) -> Option<Result<(), ApiFault>>,
) -> Result<(), ApiFault> {
    let Value::Map(map) = value else {
        return Err(ApiFault::new(format!("`options`: expected a map, got {}", value.kind())));
    };
    for (key, value) in map {
        match set(key, value) {
            Some(done) => done?,
            None => {
                let message = format!("`options`: unknown option `{key}`; there are {known}");
                return Err(ApiFault::new(message));
            }
        }
    }
    Ok(())
}

fn amount(key: &str, value: &Value, to: &mut f32) -> Result<(), ApiFault> {
    match value.as_float() {
        Some(x) if x.is_finite() && x >= 0.0 => {
            *to =
                single(x).map_err(|fault| ApiFault::new(format!("`{key}`: {}", fault.message)))?;
            Ok(())
        }
        Some(x) => Err(ApiFault::new(format!("`{key}`: must be finite and 0 or more, got {x}"))),
        None => Err(ApiFault::new(format!("`{key}`: expected a number, got {}", value.kind()))),
    }
}

fn flag(key: &str, value: &Value, to: &mut bool) -> Result<(), ApiFault> {
    *to = value.as_bool().ok_or_else(|| {
        ApiFault::new(format!("`{key}`: expected true or false, got {}", value.kind()))
    })?;
    Ok(())
}

fn sound_options(context: &ScriptContext<'_>, value: &Value) -> Result<SoundOptions, ApiFault> {
    let mut sound = SoundOptions::default();
    options(value, "volume, speed, looped, at", |key, value| {
        Some(match key {
            "volume" => amount(key, value, &mut sound.volume),
            "speed" => amount(key, value, &mut sound.speed),
            "looped" => flag(key, value, &mut sound.looped),
            "at" => sound_place(context, value).map(|place| sound.at = Some(place)),
            _ => return None,
        })
    })?;
    Ok(sound)
}

fn sound_place(context: &ScriptContext<'_>, value: &Value) -> Result<SoundPlace, ApiFault> {
    let place = match value {
        Value::Int(id) => {
            Live::take(context, Passed::Int(*id)).map(|Live(id)| SoundPlace::Entity(id))
        }
        other => point_of(other).map(SoundPlace::Position),
    };
    place.map_err(|ApiFault { kind, message }| ApiFault {
        kind,
        message: format!("`at`: {message}"),
    })
}

fn animation_options(value: &Value) -> Result<AnimationOptions, ApiFault> {
    let mut animation = AnimationOptions::default();
    options(value, "repeat, speed, blend", |key, value| {
        Some(match key {
            "repeat" => flag(key, value, &mut animation.repeat),
            "speed" => amount(key, value, &mut animation.speed),
            "blend" => amount(key, value, &mut animation.blend),
            _ => return None,
        })
    })?;
    Ok(animation)
}

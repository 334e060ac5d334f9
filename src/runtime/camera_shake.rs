use bevy::prelude::*;

use super::show::ScriptShow;
use crate::contract::ScriptCommand;

/// A camera that `screen_shake` shakes: put it beside the camera.
///
/// Each call adds trauma, 1 at the most, which runs off evenly over the call's seconds; the camera shakes
/// by its square. It is no part of the game: the camera's [`Transform`] is changed only while a frame is
/// drawn, and is as it was for everything else.
#[derive(Component, Clone, Debug, PartialEq, Reflect)]
#[require(Transform)]
#[reflect(Component, Default, PartialEq)]
pub struct ShakenCamera {
    /// How far it is moved at trauma 1, in units, to each side. Default: **0.35**.
    pub offset: f32,
    /// How far it is turned at trauma 1, in radians. Default: **0.06**.
    pub angle: f32,
    /// How often it goes to and fro in a second. Default: **11**.
    pub frequency: f32,
    trauma: f32,
    /// Seconds that are left.
    left: f32,
    age: f32,
    /// Where it was before it was shaken, while a frame is drawn.
    rest: Option<Transform>,
}

impl Default for ShakenCamera {
    fn default() -> Self {
        Self {
            offset: 0.35,
            angle: 0.06,
            frequency: 11.0,
            trauma: 0.0,
            left: 0.0,
            age: 0.0,
            rest: None,
        }
    }
}

impl ShakenCamera {
    /// A camera that is moved and turned so far at trauma 1: units to each side, and radians.
    #[must_use]
    pub fn with_strength(offset: f32, angle: f32) -> Self {
        Self { offset, angle, ..Self::default() }
    }

    /// How much it is shaken, 0 to 1.
    #[must_use]
    pub const fn trauma(&self) -> f32 {
        self.trauma
    }

    /// Adds trauma that runs off over some seconds.
    pub fn add(&mut self, intensity: f32, seconds: f32) {
        self.trauma = (self.trauma + intensity.max(0.0)).min(1.0);
        self.left = self.left.max(seconds);
    }

    fn run_down(&mut self, seconds: f32) {
        self.age += seconds;
        if self.left <= seconds {
            (self.trauma, self.left) = (0.0, 0.0);
        } else {
            self.trauma *= 1.0 - seconds / self.left;
            self.left -= seconds;
        }
    }

    /// How it is moved and turned now.
    fn shake(&self) -> (Vec3, Quat) {
        let strength = self.trauma * self.trauma;
        // Waves that do not meet: it looks like chance and needs no memory.
        let wave = |pace: f32, phase: f32| {
            let turns = self.age * self.frequency * pace + phase;
            (turns.sin() + (turns * 1.7 + phase).sin()) * 0.5
        };
        let offset = Vec3::new(wave(5.1, 0.3), wave(6.3, 1.9), wave(4.7, 4.1));
        let angle =
            Vec3::new(wave(5.7, 2.7), wave(6.1, 5.3), wave(4.9, 0.9)) * self.angle * strength;
        let turn = Quat::from_euler(EulerRot::XYZ, angle.x, angle.y, angle.z);
        (offset * self.offset * strength, turn)
    }
}

pub(super) fn build(app: &mut App) {
    app.register_type::<ShakenCamera>()
        .add_systems(First, put_back)
        .add_systems(PostUpdate, (hear, shake).chain().before(TransformSystems::Propagate));
}

fn hear(mut shown: MessageReader<ScriptShow>, mut cameras: Query<&mut ShakenCamera>) {
    for ScriptShow(command) in shown.read() {
        if let ScriptCommand::ShakeScreen { intensity, seconds } = command {
            for mut camera in &mut cameras {
                camera.add(*intensity, *seconds);
            }
        }
    }
}

fn shake(time: Res<Time>, mut cameras: Query<(&mut ShakenCamera, &mut Transform)>) {
    for (mut camera, mut place) in &mut cameras {
        if camera.trauma <= 0.0 {
            continue;
        }
        let (offset, turn) = camera.shake();
        camera.rest = Some(*place);
        let offset = place.rotation * offset;
        place.translation += offset;
        place.rotation *= turn;
        camera.run_down(time.delta_secs());
    }
}

fn put_back(mut cameras: Query<(&mut ShakenCamera, &mut Transform)>) {
    for (mut camera, mut place) in &mut cameras {
        if camera.rest.is_some()
            && let Some(rest) = camera.rest.take()
        {
            *place = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trauma_adds_up_to_one_and_runs_off_in_its_time() {
        let mut camera = ShakenCamera::default();
        assert_eq!(camera.shake(), (Vec3::ZERO, Quat::IDENTITY));
        camera.add(0.6, 1.0);
        camera.add(0.7, 0.5);
        assert_eq!(camera.trauma(), 1.0);
        let mut before = camera.trauma();
        for _ in 0..60 {
            camera.run_down(1.0 / 64.0);
            assert!(camera.trauma() < before, "{before}");
            before = camera.trauma();
            let (offset, _) = camera.shake();
            assert!(offset.abs().max_element() <= camera.offset);
        }
        assert!((before - 4.0 / 64.0).abs() < 1e-3, "it runs off evenly: {before}");
        (0..4).for_each(|_| camera.run_down(1.0 / 64.0));
        assert_eq!(camera.trauma(), 0.0);
    }
}

//! The scene in a window, or in a picture of it.

use bevy::{
    prelude::*,
    render::view::screenshot::{Screenshot, save_to_disk},
    time::TimeUpdateStrategy,
    window::WindowResolution,
};
use bevy_cscript::runtime::{ScriptClock, ShakenCamera, render::ScriptRenderPlugin};

use crate::scene::{Files, Look};

pub(crate) fn app(is_picture: bool) -> App {
    let mut app = App::new();
    let window = Window {
        title: "bevy_cscript: playground".to_owned(),
        resolution: WindowResolution::new(960, 540),
        ..default()
    };
    app.add_plugins(DefaultPlugins.set(WindowPlugin { primary_window: Some(window), ..default() }));
    if is_picture {
        // A tick a frame, however slow the frames are.
        app.insert_resource(TimeUpdateStrategy::ManualDuration(std::time::Duration::ZERO));
    }
    app
}

/// What to do once so many ticks have passed.
#[derive(Resource)]
struct Picture {
    file: String,
    ticks: u64,
    /// Frames since the picture was asked for.
    asked: Option<u32>,
}

pub(crate) fn add(app: &mut App, picture: Option<String>, ticks: u64) {
    app.add_plugins(ScriptRenderPlugin);
    #[cfg(feature = "audio")]
    app.add_plugins(bevy_cscript::runtime::audio::ScriptAudioPlugin);
    app.insert_resource(ClearColor(Color::srgb(0.55, 0.7, 0.85)))
        .add_systems(Startup, light)
        .add_systems(Update, dress);
    if let Some(file) = picture {
        app.insert_resource(Picture { file, ticks, asked: None }).add_systems(Last, take_picture);
    }
}

fn light(mut commands: Commands) {
    let place =
        Transform::from_xyz(-3.0, 11.0, 17.0).looking_at(Vec3::new(-2.0, 0.5, 0.0), Vec3::Y);
    let camera = commands.spawn((Camera3d::default(), ShakenCamera::default(), place)).id();
    #[cfg(feature = "audio")]
    commands.entity(camera).insert(SpatialListener::new(0.3));
    #[cfg(not(feature = "audio"))]
    let _ = camera;
    commands.spawn((
        DirectionalLight { illuminance: 9_000.0, shadow_maps_enabled: true, ..default() },
        Transform::from_xyz(6.0, 14.0, 8.0).looking_at(Vec3::ZERO, Vec3::Y),
    ));
}

/// Gives everything its look.
fn dress(
    new: Query<(Entity, &Look), Added<Look>>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<StandardMaterial>>,
    mut commands: Commands,
) {
    for (entity, look) in &new {
        let (mesh, [r, g, b]) = match *look {
            Look::Box(size, color) => (Mesh::from(Cuboid::from_size(size)), color),
            Look::Ball(radius, color) => (Mesh::from(Sphere::new(radius)), color),
            Look::Pillar(radius, length, color) => {
                (Mesh::from(Capsule3d::new(radius, length)), color)
            }
        };
        let material = StandardMaterial {
            base_color: Color::srgb(r, g, b),
            perceptual_roughness: 0.8,
            ..default()
        };
        commands
            .entity(entity)
            .insert((Mesh3d(meshes.add(mesh)), MeshMaterial3d(materials.add(material))));
    }
}

fn take_picture(world: &mut World, mut frames: Local<u32>) {
    *frames += 1;
    let loaded = world.resource::<Files>().are_loaded(world);
    // Shaders are compiled while the first frames go by.
    if loaded && *frames == 40 {
        world.insert_resource(TimeUpdateStrategy::FixedTimesteps(1));
    }
    let tick = world.resource::<ScriptClock>().tick;
    let mut picture = world.resource_mut::<Picture>();
    let is_time = tick >= picture.ticks;
    match &mut picture.asked {
        None if is_time => {
            picture.asked = Some(0);
            let file = picture.file.clone();
            world.spawn(Screenshot::primary_window()).observe(save_to_disk(file));
        }
        Some(asked) if *asked > 10 => {
            world.write_message(AppExit::Success);
        }
        Some(asked) => *asked += 1,
        None => {}
    }
}

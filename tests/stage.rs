//! The world that tests of the API play in.

use bevy::{ecs::message::MessageCursor, prelude::*};
use bevy_cscript::{
    contract::{ScriptId, Shape},
    prelude::*,
    runtime::{
        AnimationClips, ScriptPublished, ScriptShow,
        gameplay::{
            Armor, AttackPower, Damaged, Died, EyeHeight, Health, Hitbox, Hostility, Inventory,
            SightRange, StatusEffectApplied, StatusEffectEnded, StatusEffects, Team,
        },
    },
    testing::ScriptTestApp,
};

/// What the crate has: exposed as "Stats", to be written.
#[derive(Component, Reflect, Default)]
#[reflect(Component, Default)]
pub(crate) struct Stats {
    pub(crate) power: f32,
    pub(crate) level: u8,
    pub(crate) title: String,
}

/// Exposed as "Sealed", to be read only.
#[derive(Component, Reflect, Default)]
#[reflect(Component, Default)]
struct Sealed(i32);

/// Exposed as "Strange", and nothing that scripts can hold.
#[derive(Component, Reflect)]
#[reflect(Component)]
struct Strange(Entity);

/// Exposed as "Oath", without a default.
#[derive(Component, Reflect)]
#[reflect(Component)]
struct Oath(String);

fn team(name: &str) -> Team {
    Team(name.to_owned())
}

/// A script's entity 1 at the origin with health and a team, beside a dummy, entity 2, at [3, 0, 4]
/// with everything that gameplay knows: 20 of 30 health, 2 armor.
pub(crate) fn stage(text: &str) -> (ScriptTestApp, Entity, Entity) {
    stage_of("stage.rhai", text)
}

fn stage_of(path: &str, text: &str) -> (ScriptTestApp, Entity, Entity) {
    let limits = ScriptLimits::for_mods().into();
    let mut app = ScriptTestApp::with(ScriptingPlugin { limits, ..ScriptingPlugin::default() });
    app.app().define_item("coin", 10).define_item("gem", 1).register_particle_effect("dust");
    let script = app.script(path, text);
    let me =
        (ScriptId(1), Transform::default(), Health::full(100.0), team("red"), CScript::new(script));
    let dummy = (
        ScriptId(2),
        Transform::from_xyz(3.0, 0.0, 4.0),
        Health { current: 20.0, max: 30.0 },
        Armor(2.0),
        team("blue"),
        Inventory::with_slots(2),
        AttackPower(10.0),
        Hitbox::default(),
    );
    let me = app.world_mut().spawn(me).id();
    let dummy = app.world_mut().spawn(dummy).id();
    (app, me, dummy)
}

/// The [`stage`] with everybody on it: friends and foes of entity 1, who sees 10 units far; a wall
/// between it and two who stand behind; a cart with a wheel; and entity 3, which has nothing at all.
pub(crate) fn full_stage(path: &str, text: &str) -> ScriptTestApp {
    let (mut app, me, dummy) = stage_of(path, text);
    app.app()
        .expose_component::<Stats>("Stats", Access::ReadWrite)
        .expose_component::<Sealed>("Sealed", Access::Read)
        .expose_component::<Strange>("Strange", Access::ReadWrite)
        .expose_component::<Oath>("Oath", Access::ReadWrite)
        .expose_component::<Transform>("Transform", Access::Read)
        .expose_component::<StatusEffects>("StatusEffects", Access::Read)
        .register_prefab("spark", |entity| {
            entity.insert((Health::full(5.0), team("spark")));
        });
    // What the dummy and the wheel hear, they tell.
    let witness = app.script(
        "witness.rhai",
        "fn on_damage(amount, source) { publish(\"hurt\", [amount, source]); }
        fn on_death(source) { publish(\"dead\", source); }
        fn on_destroy() { if entity_id != 2 { publish(\"farewell\", entity_id); } }",
    );
    let world = app.world_mut();
    world.entity_mut(me).insert((Tag("me".to_owned()), SightRange(10.0)));
    let stats = Stats { power: 10.0, level: 1, title: "plain".to_owned() };
    let more = (Tag("crate".to_owned()), stats, Sealed(7), CScript::new(witness.clone()));
    world.entity_mut(dummy).insert(more);
    let clips = AnimationClips::new([("wave", 1), ("open", 2), ("close", 3)]);
    world.entity_mut(dummy).insert((Strange(me), clips));
    world.spawn(ScriptId(3));

    let at = Transform::from_xyz;
    world.spawn((ScriptId(4), at(0.0, 0.0, 2.0), team("red"), Health::full(50.0)));
    world.spawn((ScriptId(5), at(2.0, 0.0, 0.0), team("red")));
    let dead = Health { current: 0.0, max: 10.0 };
    world.spawn((ScriptId(6), at(1.0, 0.0, 0.0), team("red"), dead));
    world.spawn((ScriptId(7), at(9.0, 0.0, 0.0), team("red")));
    world.spawn((ScriptId(8), at(0.0, 0.0, 5.0), team("green"), AttackPower(5.0)));
    world.spawn((ScriptId(9), at(0.0, 0.0, 1.0), team("white")));
    world.spawn((ScriptId(10), at(0.0, 0.0, 30.0), team("blue"), AttackPower(99.0)));
    let mut hostility = world.resource_mut::<Hostility>();
    hostility.make_peace("red", "white");

    let wall = Hitbox(Shape::Box { half: Vec3::new(3.0, 3.0, 0.5) });
    world.spawn((ScriptId(20), at(0.0, 0.0, -5.0), wall));
    world.spawn((ScriptId(21), at(0.0, 0.0, -10.0), EyeHeight(1.0)));
    world.spawn((ScriptId(22), at(0.0, 0.0, -20.0)));
    let turned = Quat::from_rotation_y(std::f32::consts::FRAC_PI_2);
    let cart = world.spawn((ScriptId(30), at(10.0, 0.0, 0.0).with_rotation(turned))).id();
    world.spawn((ScriptId(31), at(1.0, 0.0, 0.0), CScript::new(witness), ChildOf(cart)));
    app
}

/// The messages of one kind since the app was first listened to.
#[derive(Debug)]
pub(crate) struct Heard<M: Message> {
    pub(crate) all: Vec<M>,
    cursor: MessageCursor<M>,
}

impl<M: Message> Default for Heard<M> {
    fn default() -> Self {
        Self { all: Vec::new(), cursor: MessageCursor::default() }
    }
}

impl<M: Message + Clone> Heard<M> {
    fn listen(&mut self, app: &ScriptTestApp) {
        let messages = app.world().resource::<Messages<M>>();
        self.all.extend(self.cursor.read(messages).cloned());
    }
}

/// Everything that the functions of the API tell the game.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) published: Heard<ScriptPublished>,
    pub(crate) shown: Heard<ScriptShow>,
    pub(crate) damaged: Heard<Damaged>,
    pub(crate) died: Heard<Died>,
    pub(crate) applied: Heard<StatusEffectApplied>,
    pub(crate) ended: Heard<StatusEffectEnded>,
}

impl Told {
    /// Runs so many ticks and listens.
    pub(crate) fn ticks(&mut self, app: &mut ScriptTestApp, count: usize) {
        for _ in 0..count {
            app.tick();
            self.published.listen(app);
            self.shown.listen(app);
            self.damaged.listen(app);
            self.died.listen(app);
            self.applied.listen(app);
            self.ended.listen(app);
        }
    }

    /// How many messages there were.
    pub(crate) fn count(&self) -> usize {
        self.published.all.len()
            + self.shown.all.len()
            + self.damaged.all.len()
            + self.died.all.len()
            + self.applied.all.len()
            + self.ended.all.len()
    }
}

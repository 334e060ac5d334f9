use bevy::{asset::AssetPlugin, prelude::*, time::TimeUpdateStrategy};

use crate::{
    contract::{ScriptEvent, ScriptId, ScriptSource, Value},
    runtime::{
        CScript, Script, ScriptClock, ScriptFault, ScriptHost, ScriptIds, ScriptLogged,
        ScriptReloaded, ScriptStatus, ScriptingPlugin, world_hash,
    },
    trust::Papers,
};

/// A small headless app whose time is moved by hand: one [`tick`](Self::tick) is one fixed step.
///
/// ```
/// use bevy::prelude::*;
/// use bevy_cscript::{contract::Value, testing::ScriptTestApp};
///
/// let mut app = ScriptTestApp::new();
/// let script = app.script("count.rhai", "let n = 0; fn on_update() { n += 1; }");
/// let entity = app.spawn(script);
/// app.ticks(3);
/// assert_eq!(app.get(entity, "n"), Value::Int(3));
/// assert!(app.take_faults().is_empty());
/// ```
pub struct ScriptTestApp {
    app: App,
    libraries: Vec<(String, String)>,
    faults: Vec<ScriptFault>,
    logged: Vec<ScriptLogged>,
    reloads: Vec<ScriptReloaded>,
    started: bool,
}

/// What was sent since the app was last looked at.
#[derive(Resource, Default)]
struct Heard {
    faults: Vec<ScriptFault>,
    logged: Vec<ScriptLogged>,
    reloads: Vec<ScriptReloaded>,
}

fn hear(
    mut heard: ResMut<Heard>,
    mut faults: MessageReader<ScriptFault>,
    mut logged: MessageReader<ScriptLogged>,
    mut reloads: MessageReader<ScriptReloaded>,
) {
    heard.faults.extend(faults.read().cloned());
    heard.logged.extend(logged.read().cloned());
    heard.reloads.extend(reloads.read().cloned());
}

impl Default for ScriptTestApp {
    fn default() -> Self {
        Self::new()
    }
}

impl ScriptTestApp {
    /// An app with the plugin as it comes.
    #[must_use]
    pub fn new() -> Self {
        Self::with(ScriptingPlugin::default())
    }

    /// An app with the plugin as you set it.
    #[must_use]
    pub fn with(plugin: ScriptingPlugin) -> Self {
        Self::with_assets(plugin, AssetPlugin::default())
    }

    /// An app that reads its files as you say.
    #[must_use]
    pub fn with_assets(plugin: ScriptingPlugin, assets: AssetPlugin) -> Self {
        let mut app = App::new();
        app.add_plugins((MinimalPlugins, assets, TransformPlugin, plugin))
            .insert_resource(TimeUpdateStrategy::FixedTimesteps(1))
            .init_resource::<Heard>()
            .add_systems(FixedPostUpdate, hear);
        Self {
            app,
            libraries: Vec::new(),
            faults: Vec::new(),
            logged: Vec::new(),
            reloads: Vec::new(),
            started: false,
        }
    }

    /// The app itself, to add prefabs, functions and systems to.
    pub const fn app(&mut self) -> &mut App {
        &mut self.app
    }

    /// The world.
    #[must_use]
    pub fn world(&self) -> &World {
        self.app.world()
    }

    /// The world.
    pub fn world_mut(&mut self) -> &mut World {
        self.app.world_mut()
    }

    /// Gives scripts that are compiled from text from here on a library to import, in place of one of
    /// the same path.
    pub fn library(&mut self, path: &str, text: &str) {
        self.libraries.retain(|(known, _)| known != path);
        self.libraries.push((path.to_owned(), text.to_owned()));
    }

    /// Compiles a script from text. It need not compile: that is what status and faults are for.
    pub fn script(&mut self, path: &str, text: &str) -> Handle<Script> {
        let script = self.compile(path, text);
        self.world_mut().resource_mut::<Assets<Script>>().add(script)
    }

    /// Puts a new version in the place of a script, as if its file had changed.
    pub fn replace(&mut self, handle: &Handle<Script>, path: &str, text: &str) {
        let script = self.compile(path, text);
        let mut scripts = self.world_mut().resource_mut::<Assets<Script>>();
        // The handle is in our hand, so its place exists.
        let _ = scripts.insert(handle.id(), script);
    }

    fn compile(&self, path: &str, text: &str) -> Script {
        let host = self.world().resource::<ScriptHost>();
        match host.verify(ScriptSource::new(path, text), &Papers::NONE) {
            Ok(source) => {
                let (compiler, texts) = (host.compiler(), &self.libraries);
                let verify = |source| host.verify(source, &Papers::NONE);
                let libraries =
                    host.workers().run(|| super::runner::read(compiler, &source, texts, verify));
                host.compile_with(&source, &libraries)
            }
            Err(error) => Script::refused(error),
        }
    }

    /// Spawns an entity at the origin with a script.
    pub fn spawn(&mut self, script: Handle<Script>) -> Entity {
        self.world_mut().spawn((Transform::default(), CScript::new(script))).id()
    }

    /// Runs exactly one fixed step, and what else belongs to a frame.
    pub fn tick(&mut self) {
        if !self.started {
            self.started = true;
            self.app.finish();
            self.app.cleanup();
        }
        // Bevy's first frame takes no time at all.
        let before = self.world().resource::<ScriptClock>().tick;
        self.app.update();
        if self.world().resource::<ScriptClock>().tick == before {
            self.app.update();
        }
        let heard = std::mem::take(&mut *self.world_mut().resource_mut::<Heard>());
        self.faults.extend(heard.faults);
        self.logged.extend(heard.logged);
        self.reloads.extend(heard.reloads);
    }

    /// Runs so many frames.
    pub fn ticks(&mut self, count: usize) {
        for _ in 0..count {
            self.tick();
        }
    }

    /// Sends an event of the host.
    pub fn send(&mut self, event: ScriptEvent) {
        self.world_mut().write_message(event);
    }

    /// The value of a variable of an entity's scripts; `()` if there is none.
    #[must_use]
    pub fn get(&self, entity: Entity, variable: &str) -> Value {
        let script = self.world().get::<CScript>(entity);
        script.and_then(|script| script.get(variable)).unwrap_or_default()
    }

    /// How an entity's first script is doing.
    #[must_use]
    pub fn status(&self, entity: Entity) -> ScriptStatus {
        self.world().get::<CScript>(entity).map(|s| s.status().clone()).unwrap_or_default()
    }

    /// The entity of an id.
    #[must_use]
    pub fn entity(&self, id: ScriptId) -> Option<Entity> {
        self.world().resource::<ScriptIds>().entity(id)
    }

    /// The id of an entity; [`ScriptId::AUTO`] if it has none.
    #[must_use]
    pub fn id(&self, entity: Entity) -> ScriptId {
        self.world().get::<ScriptId>(entity).copied().unwrap_or_default()
    }

    /// The hash of everything that scripts see and keep.
    #[must_use]
    pub fn hash(&self) -> u64 {
        world_hash(self.world())
    }

    /// Takes the faults of the ticks so far.
    pub fn take_faults(&mut self) -> Vec<ScriptFault> {
        std::mem::take(&mut self.faults)
    }

    /// Takes the lines that scripts wrote so far.
    pub fn take_log(&mut self) -> Vec<ScriptLogged> {
        std::mem::take(&mut self.logged)
    }

    /// Takes what was told of reloads so far.
    pub fn take_reloads(&mut self) -> Vec<ScriptReloaded> {
        std::mem::take(&mut self.reloads)
    }
}

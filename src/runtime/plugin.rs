use std::time::Instant;

use bevy::{
    ecs::schedule::{
        LogLevel as Detection, ScheduleBuildSettings, ScheduleLabel, SingleThreadedExecutor,
    },
    prelude::*,
};

use super::{
    animation_clips::AnimationClips,
    apply::{self, Dying, FightState, MoverState, TableState},
    authority::{Ledger, Owner, Owners},
    bind::{self, ChangedScripts, Unbound, Versions},
    budget::{TickBudget, TickUse},
    camera_shake,
    collect::{self, PassJobs},
    cscript::CScript,
    error_policy::ErrorPolicy,
    event_queue::{self, EventBudget, EventQueue},
    expose::ExposedComponents,
    gameplay,
    hash_record::{self, HashRecord},
    host_function::Effects,
    ids::ScriptIds,
    load::{Script, ScriptHost, ScriptLoader},
    mod_package::{ModPackage, ModPackageLoader},
    motion::{self, Motion, MotionWanted},
    pace::Paces,
    papers::{ServerLink, Watched, WatchedLoader},
    particles,
    prefab::Prefabs,
    quarantine::{self, Discipline, PausedMods, Quarantine},
    recording,
    report::{
        self, Reports, ScriptFault, ScriptLogged, ScriptMetrics, ScriptPublished, ScriptReloaded,
    },
    roster::Roster,
    run::{self, PassOutcome},
    settle::{self, PassCommands},
    show::{self, ScriptShow, SoundFolders, SoundLimit, Sounds},
    sleep,
    tag::{Tag, TagIndex},
    view::KeptQueries,
};
use crate::{
    contract::{ScriptEvent, ScriptId},
    script::{Backend, ScriptCompiler, ScriptThreads, ScriptWorkers},
    trust::{LevelLimits, TrustPolicy},
};

/// Scripts for entities. Add it after `DefaultPlugins`, or after `MinimalPlugins`, `AssetPlugin` and
/// `TransformPlugin`.
///
/// ```
/// use bevy::prelude::*;
/// use bevy_cscript::prelude::*;
///
/// App::new()
///     .add_plugins((MinimalPlugins, AssetPlugin::default(), TransformPlugin))
///     .add_plugins(ScriptingPlugin { world_seed: 42, ..default() });
/// ```
#[derive(Clone, Debug, Default)]
pub struct ScriptingPlugin {
    /// What scripts may use, by how far they are believed. Default: a preset for each level, see
    /// [`ScriptLimits`](crate::contract::ScriptLimits).
    pub limits: LevelLimits,
    /// Which scripts are accepted. Default: unsigned ones too, as the game's own.
    pub policy: TrustPolicy,
    /// How many threads run scripts; the result does not depend on it. Default: **Auto**.
    pub threads: ScriptThreads,
    /// What runs scripts. Default: **Compiled**.
    pub backend: Backend,
    /// The seed of all random numbers of scripts. Default: **0**.
    pub world_seed: u64,
    /// What happens to a script of the game itself whose call failed. Default: **Pause**.
    pub error_policy: ErrorPolicy,
    /// When scripts of mods and strangers are paused. Default: **after 3 failures in 60 ticks**.
    pub quarantine: Quarantine,
}

/// The schedule of a tick, run once in every `FixedUpdate`. Its order is fixed, ambiguity in it is an
/// error.
#[derive(ScheduleLabel, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScriptTick;

/// The schedule of a pass: of events first, of updates then.
#[derive(ScheduleLabel, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScriptPass;

/// The stages, in their order.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScriptSystems {
    /// In `FixedUpdate`: the whole tick. For games that order their own systems before or after it.
    /// Physics steps in `FixedPostUpdate`, so scripts come before it.
    Tick,
    /// In [`ScriptTick`]: empty, for games that want something done before scripts.
    First,
    /// In [`ScriptTick`]: new scripts and new versions are noticed, and the host's [`ScriptEvent`]s
    /// taken in. Those sent later are heard in the next tick.
    Bind,
    /// In [`ScriptTick`]: the two passes.
    Passes,
    /// In [`ScriptTick`]: time runs off status effects.
    RunDown,
    /// In [`ScriptTick`]: logs, messages, metrics.
    Report,
    /// In [`ScriptTick`]: empty, for games that want something done after scripts.
    Last,
    /// In [`ScriptPass`], so twice a tick: what is to be called.
    Collect,
    /// In [`ScriptPass`]: the calls.
    Run,
    /// In [`ScriptPass`]: their commands. A game may look at the result after it.
    Apply,
}

/// The time of scripts: ticks, not clocks.
#[derive(Resource, Clone, Copy, Debug, PartialEq)]
pub struct ScriptClock {
    /// The number of the tick, from 0. A game that loads a save sets it.
    pub tick: u64,
    /// Seconds of a tick, taken from `Time<Fixed>`.
    pub delta_time: f64,
}

/// What [`ScriptingPlugin`] was told that calls depend on.
#[derive(Resource, Clone, Copy)]
pub(super) struct ScriptSettings {
    pub(super) world_seed: u64,
    pub(super) discipline: Discipline,
}

/// Which pass is running.
#[derive(Resource, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    Events,
    Update,
    /// Events again that did not fit, if updates have left something.
    PutOff,
}

impl Plugin for ScriptingPlugin {
    /// # Panics
    /// Without `AssetPlugin`, where the system has no threads to give, or if the
    /// [sandbox does not hold](ScriptCompiler::self_test) in this build.
    fn build(&self, app: &mut App) {
        assert!(
            app.is_plugin_added::<AssetPlugin>(),
            "ScriptingPlugin needs AssetPlugin: add DefaultPlugins or AssetPlugin before it"
        );
        let workers = ScriptWorkers::new(self.threads)
            .unwrap_or_else(|error| panic!("script threads cannot be started: {error}"));
        if let Err(error) = workers.run(ScriptCompiler::self_test) {
            panic!("{error}");
        }
        let host = ScriptHost::new(self.limits.clone(), self.policy.clone(), workers, self.backend);

        let (server, keeper) = ServerLink::new(app.world().resource::<AssetServer>().clone());

        app.init_asset::<Script>()
            .init_asset::<ModPackage>()
            .init_asset::<Watched>()
            .register_asset_loader(ScriptLoader { host: host.clone(), server })
            .register_asset_loader(ModPackageLoader { host: host.clone() })
            .register_asset_loader(WatchedLoader)
            .insert_resource(keeper)
            .insert_resource(host)
            .insert_resource(ScriptSettings {
                world_seed: self.world_seed,
                discipline: Discipline { policy: self.error_policy, quarantine: self.quarantine },
            })
            .insert_resource(ScriptClock { tick: 0, delta_time: 1.0 / 64.0 })
            .insert_resource(Pass::Events)
            .init_resource::<TickBudget>()
            .init_resource::<TickUse>()
            .init_resource::<Paces>()
            .init_resource::<PausedMods>()
            .init_resource::<ScriptIds>()
            .init_resource::<Owners>()
            .init_resource::<Ledger>()
            .init_resource::<HashRecord>()
            .init_resource::<TagIndex>()
            .init_resource::<Unbound>()
            .init_resource::<Versions>()
            .init_resource::<ChangedScripts>()
            .init_resource::<Roster>()
            .init_resource::<EventBudget>()
            .init_resource::<EventQueue>()
            .init_resource::<PassJobs>()
            .init_resource::<PassOutcome>()
            .init_resource::<PassCommands>()
            .init_resource::<Dying>()
            .init_resource::<FightState>()
            .init_resource::<MoverState>()
            .init_resource::<TableState>()
            .init_resource::<MotionWanted>()
            .init_resource::<ExposedComponents>()
            .init_resource::<Prefabs>()
            .init_resource::<Effects>()
            .init_resource::<Reports>()
            .init_resource::<Sounds>()
            .init_resource::<SoundFolders>()
            .init_resource::<SoundLimit>()
            .add_message::<ScriptShow>()
            .init_resource::<ScriptMetrics>()
            .init_resource::<KeptQueries>()
            .add_message::<ScriptEvent>()
            .add_message::<ScriptFault>()
            .add_message::<ScriptLogged>()
            .add_message::<ScriptReloaded>()
            .add_message::<ScriptPublished>()
            .register_type::<ScriptId>()
            .register_type::<CScript>()
            .register_type::<Tag>()
            .register_type::<Owner>()
            .register_type::<AnimationClips>()
            .register_required_components::<ScriptId, Motion>();

        build_schedules(app);
        gameplay::build(app);
        camera_shake::build(app);
        particles::build(app);
        sleep::build(app);
        #[cfg(feature = "avian3d")]
        super::physics::build(app);
        app.add_systems(FixedUpdate, run_tick.in_set(ScriptSystems::Tick));
    }
}

fn build_schedules(app: &mut App) {
    use ScriptSystems::{Apply, Bind, Collect, First, Last, Passes, Report, Run, RunDown};
    let strict = || ScheduleBuildSettings {
        ambiguity_detection: Detection::Error,
        ..ScheduleBuildSettings::default()
    };
    app.init_schedule(ScriptTick)
        .edit_schedule(ScriptTick, |schedule| {
            schedule.set_executor(SingleThreadedExecutor::new()).set_build_settings(strict());
        })
        .init_schedule(ScriptPass)
        .edit_schedule(ScriptPass, |schedule| {
            schedule.set_executor(SingleThreadedExecutor::new()).set_build_settings(strict());
        })
        .configure_sets(ScriptTick, (First, Bind, Passes, RunDown, Report, Last).chain())
        .configure_sets(ScriptPass, (Collect, Run, Apply).chain())
        .add_systems(
            ScriptTick,
            (
                (
                    settle::forget_removed,
                    bind::note_versions,
                    bind::bind,
                    sleep::sleep_by_distance,
                    #[cfg(feature = "render")]
                    sleep::sleep_unseen,
                    motion::track_motion,
                    gameplay::receive_requests,
                    event_queue::receive_events,
                )
                    .chain()
                    .in_set(Bind),
                run_passes.in_set(Passes),
                (report::report, show::forget_sounds).chain().in_set(Report),
            ),
        )
        .add_systems(
            ScriptPass,
            (
                collect::collect.in_set(Collect),
                run::run.in_set(Run),
                (settle::settle, quarantine::quarantine, apply::apply).chain().in_set(Apply),
            ),
        );
}

/// Runs a tick of scripts.
fn run_tick(world: &mut World) {
    let began = Instant::now();
    let delta_time = world.resource::<Time<Fixed>>().timestep().as_secs_f64();
    world.resource_mut::<ScriptClock>().delta_time = delta_time;
    world.run_schedule(ScriptTick);
    if let Err(error) = world.run_system_cached(hash_record::record) {
        error!("the tick is not hashed: {error}");
    }
    world.resource_mut::<ScriptClock>().tick += 1;
    world.resource_mut::<ScriptMetrics>().tick_time = began.elapsed();
    recording::record(world);
}

/// Runs the pass of events, then the pass of updates, then what did not fit into the first and fits now.
pub(super) fn run_passes(world: &mut World) {
    let tick = world.resource::<ScriptClock>().tick;
    world.resource_mut::<TickUse>().begin(tick);
    for pass in [Pass::Events, Pass::Update, Pass::PutOff] {
        let waits = || world.resource::<PassJobs>().waits();
        if pass == Pass::PutOff && !waits() {
            break;
        }
        *world.resource_mut::<Pass>() = pass;
        world.run_schedule(ScriptPass);
    }
}

/// The host's events come as messages.
impl Message for ScriptEvent {}

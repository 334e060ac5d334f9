//! Scripts in a Bevy app: the stages as systems, the components, and what a game adds to them.
//!
//! | module | stage or concept |
//! |---|---|
//! | `load` | the asset, its loader, and the host that all stages share |
//! | `bind` | new scripts and new versions get their instances |
//! | `collect` | what is to be called this pass, in order |
//! | `run` | the calls, on script threads, each mod's within its share of the tick |
//! | `settle` | instances go back to their entities |
//! | `apply` | **the one file that writes the world** |
//! | `report` | logs, messages, metrics |
//! | [`authority`] | several machines, one game: who orders, who plays, who checks |
//! | `net` | several machines over UDP (feature `net`) |
//! | `physics` | avian3d: who touches whom, bodies, rays (feature `avian3d`) |
//! | `audio` | sounds are heard (feature `audio`) |
//! | `animation` | clips are played (feature `animation`) |
//! | `render` | particles are seen (feature `render`) |
//! | `view` | **the one file that reads the world for scripts** |

#[cfg(feature = "animation")]
pub mod animation;
mod animation_clips;
mod app_ext;
mod apply;
#[cfg(feature = "audio")]
pub mod audio;
pub mod authority;
mod batch;
mod bind;
mod budget;
mod camera_shake;
mod collect;
mod cscript;
mod desync;
mod error_policy;
mod event_queue;
mod expose;
pub mod gameplay;
mod hash_record;
mod host_function;
mod ids;
mod join;
mod load;
mod mod_package;
mod motion;
#[cfg(feature = "net")]
pub mod net;
mod pace;
mod papers;
mod particles;
#[cfg(feature = "avian3d")]
pub mod physics;
mod plugin;
mod prefab;
mod quarantine;
mod recheck;
mod recording;
mod reflect_value;
#[cfg(feature = "render")]
pub mod render;
mod report;
mod resident;
mod roster;
mod run;
mod save;
mod settle;
mod shares;
mod show;
mod sleep;
mod space;
mod stretches;
mod tag;
mod trust_store;
mod updates;
mod view;
mod world_hash;

pub use animation_clips::AnimationClips;
pub use app_ext::ScriptingAppExt;
pub use budget::TickBudget;
pub use camera_shake::ShakenCamera;
pub use cscript::{CScript, ScriptSlot, ScriptStatus};
pub use desync::{Desync, desync_report};
pub use error_policy::ErrorPolicy;
pub use event_queue::EventBudget;
pub use expose::Access;
pub use hash_record::{HashRecord, TickHashes};
pub use host_function::{HostCall, ScriptFunction};
pub use ids::ScriptIds;
pub use join::join_offer;
pub use load::{Script, ScriptHost, ScriptLoader};
pub use mod_package::{ModPackage, ModPackageLoader, PackageFault};
pub use particles::{ParticleEffectSpec, ParticleFile, ParticleFileError};
pub use plugin::{ScriptClock, ScriptPass, ScriptSystems, ScriptTick, ScriptingPlugin};
pub use quarantine::{PausedMods, Quarantine};
pub use recheck::recheck_scripts;
pub use recording::{Diverged, RecordedTick, Recording, Replay, ScriptRecorder};
pub use report::{ScriptFault, ScriptLogged, ScriptMetrics, ScriptPublished, ScriptReloaded};
pub use save::{Loaded, SaveError, load_scripts, save_scripts};
pub use show::{ParticleEffects, ScriptShow, SoundFolders, SoundLimit};
#[cfg(feature = "render")]
pub use sleep::SleepUnseen;
pub use sleep::{Asleep, KeepsAwake, SleepBeyond};
pub use tag::Tag;
pub use trust_store::TrustStore;
pub use world_hash::world_hash;

//! A thousand scripts that come and go leave nothing behind.
//!
//! A binary of its own, because it counts the heap of the whole process: nothing else may run meanwhile.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bevy_cscript::{
    alloc::{self, Counting},
    contract::{Callback, ScriptId},
    script::{ScriptThreads, ScriptWorkers},
    testing::{FakeEntity, FakeWorld, ScriptRunner},
};

#[global_allocator]
static ALLOC: Counting = Counting::system();

static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Cycles until all is there that is made once and kept.
const FIRST: usize = 200;
const CYCLES: usize = 1_000;
/// Less than 100 bytes for each cycle that is counted.
const MOST: isize = 64 * 1024;

/// State, closures that share variables, timers, messages, what is spawned; and every other one fails.
fn text(cycle: usize) -> String {
    let end = if cycle.is_multiple_of(2) { "" } else { "throw `no ${n}`;" };
    format!(
        "let n = {cycle}; let list = []; let map = #{{ a: [1, 2], b: \"text {cycle}\" }};
         const TOPICS = [\"t{cycle}\"];
         fn on_spawn() {{ after(0.5, \"ring\"); every(0.01, \"ring\"); }}
         fn ring(timer) {{ n += 1; }}
         fn on_message(topic, value) {{ list.push(value); }}
         fn on_update() {{
             let own = [1]; let add = |x| {{ own.push(x); own.len() }};
             for i in 0..20 {{ list.push(add.call(i)); map[`k${{i}}`] = `v${{i}}`; }}
             publish(\"t{cycle}\", list);
             log(`cycle {cycle}: ${{random()}}`);
             try {{ no_such_{cycle}(); }} catch (e) {{ map.e = e.to_string(); }}
             if list.len() > 50 {{ list.clear(); }}
             {end}
         }}"
    )
    .replace(&format!("no_such_{cycle}()"), "[][1]")
}

/// Does something again and again; gives by how many bytes the heap has grown in the second part.
fn growth(mut cycle: impl FnMut(usize)) -> isize {
    let mut before = 0;
    for number in 0..FIRST + CYCLES {
        if number == FIRST {
            before = alloc::process().live;
        }
        cycle(number);
    }
    assert!(alloc::is_active(), "nothing was counted");
    alloc::process().live - before
}

#[test]
fn scripts_and_instances_leave_nothing() {
    let _alone = alone();
    let mut world = FakeWorld::default();
    world.entities.insert(ScriptId(1), FakeEntity::default());
    let workers = ScriptWorkers::new(ScriptThreads::Fixed(1)).unwrap_or_else(|e| panic!("{e}"));
    let mut failed = 0;
    let grown = growth(|number| {
        workers.run(|| {
            let mut runner = match ScriptRunner::new(&text(number)) {
                Ok(runner) => runner,
                Err(errors) => panic!("{errors:?}"),
            };
            runner.start(&world, ScriptId(1)).unwrap_or_else(|e| panic!("{e}"));
            for callback in [Callback::OnSpawn, Callback::OnUpdate, Callback::OnUpdate] {
                failed += usize::from(runner.call(&world, callback.name(), &[]).is_err());
            }
        });
    });
    assert_eq!(failed, FIRST + CYCLES, "every other one fails twice");
    assert!(grown < MOST, "{CYCLES} cycles left {grown} bytes");
}

/// The bar is one that a leak breaks.
#[test]
fn what_is_left_would_be_seen() {
    let _alone = alone();
    let mut kept = Vec::with_capacity(FIRST + CYCLES);
    let grown = growth(|number| kept.push(text(number)));
    assert!(grown > MOST, "{grown} bytes");
}

#[cfg(feature = "bevy")]
mod app {
    use bevy::prelude::*;
    use bevy_cscript::{
        contract::ScriptLimits,
        prelude::{Script, ScriptThreads, ScriptingPlugin},
        testing::ScriptTestApp,
        trust::{LevelLimits, TrustLevel, TrustPolicy, Unsigned},
    };

    use super::{CYCLES, FIRST, MOST, alone, growth, text};

    #[test]
    fn an_app_that_loads_and_unloads_keeps_nothing() {
        let _alone = alone();
        let mut app = ScriptTestApp::with(ScriptingPlugin {
            threads: ScriptThreads::Fixed(1),
            limits: LevelLimits::from(ScriptLimits::for_mods().consensus()),
            policy: TrustPolicy {
                unsigned: Unsigned::Allow(TrustLevel::Mod),
                ..TrustPolicy::default()
            },
            ..ScriptingPlugin::default()
        });
        let mut faults = 0;
        let grown = growth(|number| {
            // Places that fail are remembered for the log, up to a number of them.
            let name = if number % 2 == 0 { number } else { number % 50 };
            let script = app.script(&format!("mods/m{name}/a.rhai"), &text(number));
            let entity = app.spawn(script);
            app.ticks(4);
            faults += app.take_faults().len();
            app.take_log();
            app.take_reloads();
            app.world_mut().entity_mut(entity).despawn();
            app.ticks(2);
            app.take_faults();
            app.take_log();
        });
        assert!(faults >= (FIRST + CYCLES) / 2, "every other one fails: {faults}");
        let left = app.world().resource::<Assets<Script>>().len();
        assert_eq!(left, 0, "scripts that nobody uses are gone");
        assert!(grown < MOST, "{CYCLES} cycles left {grown} bytes");
    }
}

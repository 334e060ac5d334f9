//! Rhai as it comes, set up by somebody who knows it: state in a scope that lasts, the body not run
//! again, the world in a thread-local. No limits are set.

use glam::Vec3;
use rhai::{AST, CallFnOptions, Dynamic, Engine, FuncArgs, OptimizationLevel, Scope};

use super::{Contestant, Outcome, Passing, Turn};
use crate::{
    DELTA_TIME, ENTITIES,
    workload::Workload,
    world::{self, Places},
};

pub struct Stock {
    workload: Workload,
    passing: Passing,
    engine: Engine,
    ast: AST,
    scopes: Vec<Scope<'static>>,
    places: Places,
    turn: Turn,
}

fn engine() -> Engine {
    let mut engine = Engine::new();
    engine.set_optimization_level(OptimizationLevel::None);
    engine.register_type_with_name::<Vec3>("Vec3");
    engine.register_fn("vec3", |x: i64, y: i64, z: i64| Vec3::new(x as f32, y as f32, z as f32));
    engine.register_fn("distance", world::distance);
    engine.register_fn("get_position", world::place_of);
    engine.register_fn("move_towards", world::move_towards);
    engine
}

impl Stock {
    pub fn new(workload: Workload, passing: Passing) -> Self {
        let engine = engine();
        let ast = engine.compile(passing.in_text(workload.rhai())).expect("it is a script");
        let scope = |i: usize| {
            let mut scope = Scope::new();
            scope.push("entity_id", i as i64 + 1).push("delta_time", DELTA_TIME);
            engine.run_ast_with_scope(&mut scope, &ast).expect("it runs");
            scope
        };
        let scopes = (0..ENTITIES).map(scope).collect();
        let (places, turn) = (Places::new(), Turn::default());
        Self { workload, passing, engine, ast, scopes, places, turn }
    }
}

fn call(engine: &Engine, scope: &mut Scope<'static>, ast: &AST, args: impl FuncArgs) {
    let options = CallFnOptions::new().eval_ast(false);
    let called = engine.call_fn_with_options::<Dynamic>(options, scope, ast, "on_update", args);
    assert!(called.is_ok(), "{called:?}");
}

impl Contestant for Stock {
    fn run(&mut self, calls: usize) {
        let Self { passing, engine, ast, scopes, places, turn, .. } = self;
        world::within(places, || {
            let mut left = calls;
            while left > 0 {
                let entities = turn.next(left);
                left -= entities.len();
                for i in entities {
                    let scope = &mut scopes[i];
                    match passing {
                        Passing::Nothing => call(engine, scope, ast, ()),
                        Passing::Arguments => call(engine, scope, ast, (i as i64 + 1, DELTA_TIME)),
                    }
                }
            }
        });
    }

    fn outcomes(&mut self) -> Vec<Outcome> {
        let variable = self.workload.variable();
        let scopes = self.scopes.iter().enumerate();
        scopes
            .map(|(i, scope)| Outcome {
                variable: scope.get_value::<i64>(variable).map_or(-1.0, |value| value as f64),
                place: self.places.of(i as i64 + 1),
            })
            .collect()
    }
}

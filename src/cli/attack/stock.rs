use rhai::{AST, CallFnOptions, Dynamic, Engine, EvalAltResult, Scope};

use super::{
    measure::measured,
    outcome::Outcome,
    ran::{Notes, Ran},
};
use crate::{alloc, contract::ScriptLimits};

/// Runs a script on Rhai as it comes, with every limit set that Rhai has, and nothing else done: what a
/// game has that follows Rhai's own book. Rhai's count of operations is not told from outside, so the
/// fuel is 0.
pub(super) fn attacked(bytes: &[u8], limits: &ScriptLimits, ticks: u64) -> Ran {
    let before = alloc::process().live;
    let notes = play(bytes, limits, ticks);
    let left = alloc::process().live.saturating_sub(before);
    notes.finish(u64::try_from(left).unwrap_or_default())
}

fn play(bytes: &[u8], limits: &ScriptLimits, ticks: u64) -> Notes {
    let mut notes = Notes::new();
    let engine = engine(limits);
    let (compiled, cost) = measured(|| {
        std::str::from_utf8(bytes)
            .map_err(|error| error.to_string())
            .and_then(|text| engine.compile(text).map_err(|error| error.to_string()))
    });
    notes.compiled(cost);
    let ast = match compiled {
        Ok(ast) => ast,
        Err(message) => {
            notes.failed(Outcome::Refused, &message);
            return notes;
        }
    };
    let mut scope = Scope::new();
    scope.push_constant("entity_id", 1_i64).push_constant("delta_time", 1.0 / 64.0);
    let call = |notes: &mut Notes, work: &mut dyn FnMut() -> Result<(), Box<EvalAltResult>>| {
        let (called, cost) = measured(work);
        notes.called(0, cost);
        let is_well = called.is_ok();
        if let Err(error) = called {
            notes.failed(outcome(&error), &error.to_string());
        }
        is_well
    };
    if call(&mut notes, &mut || engine.run_ast_with_scope(&mut scope, &ast)) {
        for _ in 0..ticks {
            if has_update(&ast) {
                call(&mut notes, &mut || {
                    let options = CallFnOptions::new().eval_ast(false);
                    engine
                        .call_fn_with_options::<Dynamic>(options, &mut scope, &ast, "on_update", ())
                        .map(|_| ())
                });
            }
        }
    }
    let ((), cost) = measured(|| drop((scope, ast, engine)));
    notes.dropped(cost);
    notes
}

fn has_update(ast: &AST) -> bool {
    ast.iter_functions().any(|function| function.name == "on_update" && function.params.is_empty())
}

fn engine(limits: &ScriptLimits) -> Engine {
    let mut engine = Engine::new();
    engine
        .set_max_operations(limits.fuel)
        .set_max_call_levels(limits.call_levels)
        .set_max_expr_depths(limits.expression_depth, limits.function_expression_depth)
        .set_max_string_size(limits.string_bytes)
        .set_max_array_size(limits.array_items)
        .set_max_map_size(limits.map_items)
        .set_max_variables(limits.variables)
        .set_max_functions(limits.functions)
        .set_max_modules(8)
        .on_print(|_| {})
        .on_debug(|_, _, _| {});
    engine
}

fn outcome(error: &EvalAltResult) -> Outcome {
    match error.unwrap_inner() {
        EvalAltResult::ErrorTooManyOperations(..) => Outcome::Fuel,
        EvalAltResult::ErrorStackOverflow(..)
        | EvalAltResult::ErrorDataTooLarge(..)
        | EvalAltResult::ErrorTooManyVariables(..)
        | EvalAltResult::ErrorTooManyModules(..) => Outcome::Memory,
        _ => Outcome::Error,
    }
}

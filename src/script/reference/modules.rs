//! Libraries as modules of Rhai.

use std::collections::HashMap;

use rhai::{
    AST, ASTFlags, Dynamic, Engine, EvalAltResult, Expr, Module, ModuleResolver, Position, Shared,
    Stmt,
};

use super::{
    faults::{self, Files},
    meter,
};
use crate::{
    contract::{ScriptError, ScriptLimits, Stage},
    script::units::Unit,
};

/// The modules of the libraries so far, by unit, and all their constants.
#[derive(Default)]
pub(super) struct Modules {
    modules: Vec<Shared<Module>>,
    /// No two files have a constant of the same name: the checks see to it.
    pub(super) constants: HashMap<String, Dynamic>,
}

impl Modules {
    /// Makes a library a module: its functions, with what they can see, and its constants.
    ///
    /// # Errors
    /// Rhai cannot load it.
    pub(super) fn add(
        &mut self,
        unit: &Unit<'_>,
        constants: Vec<(String, Dynamic)>,
        limits: &ScriptLimits,
        files: &Files,
    ) -> Result<(), ScriptError> {
        let mut engine = super::parser(limits);
        self.install(&mut engine, unit, limits);
        let imports = unit.parsed.ast.statements().iter();
        let imports = imports.filter(|statement| matches!(statement, Stmt::Import(..)));
        let mut ast = AST::new(imports.cloned(), unit.parsed.ast.shared_lib().clone());
        ast.set_source(unit.path());
        meter::fill(limits.start_fuel, &limits.safety);
        let made = Module::eval_ast_as_new(rhai::Scope::new(), &ast, &engine);
        let mut module = made
            .map_err(|error| faults::from_eval(files, unit.path(), Stage::Compile, None, *error))?;
        if let Some(stop) = meter::stopped() {
            let (kind, message) = stop.told();
            return Err(ScriptError::new(Stage::Compile, kind, unit.path(), message));
        }
        for (name, value) in &constants {
            module.set_var(name.as_str(), value.clone());
        }
        module.build_index();
        self.modules.push(module.into());
        self.constants.extend(constants);
        Ok(())
    }

    /// Lets the `import`s of a file find their modules.
    pub(super) fn install(&self, engine: &mut Engine, unit: &Unit<'_>, limits: &ScriptLimits) {
        if unit.imports.is_empty() {
            return;
        }
        let written = imported(&unit.parsed.ast).map(ToOwned::to_owned);
        let modules = self.imports(unit).map(|(_, module)| module);
        engine.set_module_resolver(Resolver(written.zip(modules).collect()));
        // As often as the file is run from its top.
        engine.set_max_modules(limits.libraries.max(unit.imports.len()));
    }

    /// What a file imports, by alias, in the order of the text.
    pub(super) fn imports(
        &self,
        unit: &Unit<'_>,
    ) -> impl Iterator<Item = (String, Shared<Module>)> {
        unit.imports.iter().filter_map(|import| {
            self.modules.get(import.unit).map(|module| (import.alias.clone(), module.clone()))
        })
    }
}

/// The modules of one file, by the paths that it writes.
struct Resolver(HashMap<String, Shared<Module>>);

impl ModuleResolver for Resolver {
    fn resolve(
        &self,
        _: &Engine,
        _: Option<&str>,
        path: &str,
        at: Position,
    ) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let module = self.0.get(path).cloned();
        module.ok_or_else(|| Box::new(EvalAltResult::ErrorModuleNotFound(path.to_owned(), at)))
    }
}

/// The paths of the imports of a file, as they are written.
fn imported(ast: &AST) -> impl Iterator<Item = &str> {
    ast.statements().iter().filter_map(|statement| match statement {
        Stmt::Import(parts, _) => match &parts.0 {
            Expr::StringConstant(written, _) => Some(written.as_str()),
            _ => None,
        },
        _ => None,
    })
}

/// The statements of a file by which its constants come about.
pub(super) fn is_of_constants(statement: &Stmt) -> bool {
    match statement {
        Stmt::Var(_, flags, _) => flags.intersects(ASTFlags::CONSTANT),
        Stmt::Import(..) => true,
        _ => false,
    }
}

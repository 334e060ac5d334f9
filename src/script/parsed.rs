use rhai::{AST, ASTNode, Module, ScriptFuncDef, Shared, Stmt};

/// A script as the parser gives it, with the bodies of its functions.
pub(crate) struct Parsed {
    pub(crate) ast: AST,
    /// The functions, closures included, in no order that means anything.
    pub(crate) functions: Vec<ParsedFunction>,
}

/// A function of a script as the parser gives it.
pub(crate) struct ParsedFunction {
    pub(crate) def: Shared<ScriptFuncDef>,
    pub(crate) body: Vec<Stmt>,
}

impl Parsed {
    pub(crate) fn new(ast: AST) -> Self {
        let functions = ast
            .iter_fn_def()
            .map(|def| ParsedFunction { def: def.clone(), body: body(def) })
            .collect();
        Self { ast, functions }
    }
}

/// The statements of a function. Their type is not public; a script that has only this function lets
/// us see them.
fn body(function: &Shared<ScriptFuncDef>) -> Vec<Stmt> {
    let mut alone = Module::new();
    alone.set_script_fn(function.clone());
    let mut statements = Vec::new();
    AST::new_from_module(alone).walk(&mut |path| {
        if let [ASTNode::Stmt(statement)] = path {
            statements.push((*statement).clone());
        }
        true
    });
    statements
}

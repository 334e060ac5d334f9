use std::collections::HashSet;

use rhai::{ASTNode, Expr, Stmt};

/// What has to be known of a function before it is lowered.
#[derive(Default)]
pub(super) struct Glance {
    /// Variables that closures share.
    pub(super) shared: HashSet<String>,
    /// Whether it names `this`.
    pub(super) this: bool,
}

impl Glance {
    pub(super) fn at(body: &[Stmt]) -> Self {
        let mut glance = Self::default();
        let mut path = Vec::new();
        for statement in body {
            statement.walk(&mut path, &mut |path| glance.node(path));
        }
        glance
    }

    fn node(&mut self, path: &[ASTNode<'_>]) -> bool {
        match path.last() {
            Some(ASTNode::Expr(Expr::ThisPtr(..))) => self.this = true,
            Some(ASTNode::Stmt(Stmt::Share(names))) => {
                self.shared.extend(names.iter().map(|(name, _)| name.name.to_string()));
            }
            // The parser's own walk leaves the value of a `break` out.
            Some(ASTNode::Stmt(Stmt::BreakLoop(Some(value), ..))) => {
                value.walk(&mut Vec::new(), &mut |path| self.node(path));
            }
            _ => {}
        }
        true
    }
}

/// Whether evaluating an expression may change a variable of the function that it stands in.
pub(super) fn may_write(expression: &Expr) -> bool {
    // The walk would find nothing, and needs a list.
    if matches!(expression, Expr::Variable(..)) || expression.is_constant() {
        return false;
    }
    let mut found = false;
    expression.walk(&mut Vec::new(), &mut |path| {
        found |= match path.last() {
            Some(ASTNode::Stmt(_)) => true,
            Some(ASTNode::Expr(Expr::MethodCall(..) | Expr::Stmt(_))) => true,
            Some(ASTNode::Expr(Expr::FnCall(call, _))) => {
                call.op_token.is_none()
                    && matches!(call.args.first(), Some(Expr::Variable(..) | Expr::ThisPtr(_)))
            }
            _ => false,
        };
        !found
    });
    found
}

use std::fmt::Write;

use bevy_cscript::{
    api::ApiTable,
    script::standard::{self, StandardForm},
};

use crate::{
    chance::Chance,
    values::{LARGE, edge},
};

/// Calls in a case: more of them make a case quicker, fewer make what is found smaller.
pub(crate) const CALLS: usize = 32;

/// A way of calling something that is there, with so many arguments.
enum Way {
    Function(String, usize),
    Getter(String),
    Setter(String),
    Operator(String),
}

/// All natives: standard functions, properties, operators, and the functions of the API.
pub(crate) struct Natives(Vec<Way>);

impl Natives {
    pub(crate) fn new() -> Self {
        let mut ways = Vec::new();
        for function in standard::functions() {
            let name = function.name.to_owned();
            ways.push(match function.form {
                StandardForm::Getter => Way::Getter(name),
                StandardForm::Setter => Way::Setter(name),
                StandardForm::Operator => Way::Operator(name),
                _ => Way::Function(name, function.arguments),
            });
        }
        for function in ApiTable::default().iter() {
            for overload in function.overloads() {
                ways.push(Way::Function(function.name().to_owned(), overload.parameters.len()));
            }
        }
        for operator in [
            "+", "-", "*", "/", "%", "**", "<<", ">>", "&", "|", "^", "==", "!=", "<", "<=", ">",
            ">=", "in", "!in", "??", "..", "..=", "&&", "||",
        ] {
            ways.push(Way::Operator(operator.to_owned()));
        }
        for name in ["a", "x"] {
            ways.push(Way::Getter(name.to_owned()));
            ways.push(Way::Setter(name.to_owned()));
        }
        Self(ways)
    }

    /// The statements of a case: each calls one native with values at the edges.
    pub(crate) fn case(&self, chance: &mut Chance) -> Vec<String> {
        (0..CALLS).map(|_| self.call(chance)).collect()
    }

    fn call(&self, chance: &mut Chance) -> String {
        let call = match chance.of(&self.0) {
            Way::Function(name, 0) => format!("{name}()"),
            Way::Function(name, count) => {
                let mut arguments: Vec<_> = (0..*count).map(|_| edge(chance)).collect();
                match chance.below(4) {
                    0 => format!("{name}({})", arguments.join(", ")),
                    // Put together, so that it is looked for when it is called.
                    1 => format!("Fn(\"{name}\" + \"\").call({})", arguments.join(", ")),
                    _ => {
                        let receiver = arguments.remove(0);
                        return format!(
                            "let r = {receiver}; try {{ let s = r.{name}({}); r == s; }} catch (e) {{ }}",
                            arguments.join(", ")
                        );
                    }
                }
            }
            Way::Getter(name) => format!("({}).{name}", edge(chance)),
            Way::Setter(name) => {
                return format!(
                    "let r = {}; try {{ r.{name} = {}; }} catch (e) {{ }}",
                    edge(chance),
                    edge(chance)
                );
            }
            Way::Operator(name)
                if name.ends_with('=') && !["==", "!=", "<=", ">=", "..="].contains(&&**name) =>
            {
                return format!(
                    "let r = {}; try {{ r {name} {}; r.to_string(); }} catch (e) {{ }}",
                    edge(chance),
                    edge(chance)
                );
            }
            Way::Operator(name) => match chance.below(4) {
                0 => format!("{}[{}]", edge(chance).replace("..", " .. "), edge(chance)),
                1 => {
                    return format!(
                        "let r = {}; try {{ r[{}] = {}; }} catch (e) {{ }}",
                        edge(chance),
                        edge(chance),
                        edge(chance)
                    );
                }
                _ => format!("({}) {name} ({})", edge(chance), edge(chance)),
            },
        };
        format!(
            "try {{ let s = {call}; if chance {{ state.push(s); }} `${{s}}`; }} catch (e) {{ }}"
        )
    }
}

/// The program of some statements.
pub(crate) fn program(statements: &[String]) -> Vec<u8> {
    let mut text = LARGE.to_owned();
    text.push_str("let chance = true;\n");
    for (i, statement) in statements.iter().enumerate() {
        let _ = writeln!(text, "if true {{ let n = {i}; {statement} }}");
    }
    text.push_str("}\n");
    text.into_bytes()
}

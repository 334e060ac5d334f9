//! The standard functions of scripts: what the language brings along, beside the functions of the
//! [API](crate::api).
//!
//! The table is that of the compiled backend. How each function of stock Rhai compares to it is told on
//! the page that is made from it, `docs/standard-functions.md`.
//!
//! # What holds for all of them
//!
//! - *They are deterministic.* The same arguments give the same result, the same error and the same
//!   price on every machine: what IEEE 754 does not fix is computed by `libm`, there is one NaN, maps are
//!   in the order of their keys, and nothing reads a clock, an address or chance.
//! - *They are paid for.* A call takes the unit of fuel of its instruction, five more, and the
//!   [price](StandardFunction::price) of the function; what a function calls back pays for itself.
//! - *They are bounded.* What a function would make is held against the
//!   [limits](crate::contract::ScriptLimits); it fails before it makes too much.
//!
//! ```
//! use bevy_cscript::script::standard;
//!
//! let push = standard::functions()
//!     .find(|function| function.name == "push" && function.receiver == Some("array"))
//!     .expect("arrays can grow");
//! assert_eq!(push.signature, "push(array: array, item: any)");
//! assert!(push.changes);
//! assert!(standard::markdown().contains("`push(array: array, item: any)`"));
//! ```

mod page;

use serde::Serialize;

use super::{compiled::natives, reference::Standard};

/// A standard function, property or operator for one type of its first argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StandardFunction {
    /// Its name, that of the property, or the operator.
    pub name: &'static str,
    /// How it is written.
    pub form: StandardForm,
    /// The type of the first argument; `None` if it takes none, `any` if it takes every type.
    pub receiver: Option<&'static str>,
    /// How many arguments it takes, the receiver included.
    pub arguments: usize,
    /// What is written, with the types: `push(array: array, item: any)`, `text.len -> int`,
    /// `v.x = value: float | int`, `map += other: map`. Without `->` it gives `()`; `range` is also
    /// what only `for` can use.
    pub signature: &'static str,
    /// What it does, in a sentence or two.
    pub doc: &'static str,
    /// What a call costs beside its instruction:
    ///
    /// - `nothing`
    /// - `its work`: a unit of fuel for each item, entry and 16 bytes of text or of a blob that it copies,
    ///   moves, compares or looks at, taken before it does so
    /// - `its receiver`: a unit, and so much for everything in the receiver, nested values included;
    ///   what it makes of that is paid for as work
    /// - `its arguments`: the same for all arguments together
    ///
    /// A change of what something else holds, too, costs the copy as well.
    pub price: &'static str,
    /// Whether it counts as a change of its receiver, so that it is refused as a method of a constant.
    /// As in stock Rhai, there are some that only look and count all the same, such as `extract`.
    pub changes: bool,
}

/// How a [`StandardFunction`] is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StandardForm {
    /// `name(receiver, ..)` or `receiver.name(..)`.
    Function,
    /// `receiver.name`.
    Getter,
    /// `receiver.name = value`.
    Setter,
    /// `receiver name value`.
    Operator,
}

impl StandardForm {
    /// The form, and the name without what marks it in tables of functions.
    fn of(name: &'static str) -> (Self, &'static str) {
        if let Some(property) = name.strip_prefix("get$") {
            (Self::Getter, property)
        } else if let Some(property) = name.strip_prefix("set$") {
            (Self::Setter, property)
        } else if rhai::is_valid_identifier(name) {
            (Self::Function, name)
        } else {
            (Self::Operator, name)
        }
    }
}

/// The types of receivers in the order of references, and what is said of them.
const RECEIVERS: [(Option<&str>, &str); 12] = [
    (Some("any"), "Any value"),
    (Some("int"), "int"),
    (Some("float"), "float"),
    (Some("char"), "char"),
    (Some("string"), "string"),
    (Some("array"), "array"),
    (Some("map"), "map"),
    (Some("blob"), "blob"),
    (Some("range"), "range"),
    (Some("Fn"), "Fn"),
    (Some("Vec3"), "Vec3"),
    (None, "No argument"),
];

/// All standard functions, by the types of their receivers, and by name. Of those that differ in other
/// arguments only, the first that takes them is called.
pub fn functions() -> impl Iterator<Item = StandardFunction> {
    let mut all: Vec<_> = natives()
        .map(|native| {
            let (form, name) = StandardForm::of(native.name);
            StandardFunction {
                name,
                form,
                receiver: native.receiver.name(),
                arguments: native.arity,
                signature: native.signature,
                doc: native.doc,
                price: native.price.words(),
                changes: native.effect.changes(),
            }
        })
        .collect();
    let place = |receiver| RECEIVERS.iter().position(|(known, _)| *known == receiver);
    all.sort_by_key(|f| {
        (place(f.receiver), f.form == StandardForm::Operator, f.name, f.form, f.arguments)
    });
    all.into_iter()
}

/// A page in Markdown: what holds for all functions, and a table of them for each type.
#[must_use]
pub fn markdown() -> String {
    page::page("")
}

/// The page as it lies in the repository, with a section on how it compares to stock Rhai.
#[doc(hidden)]
#[must_use]
pub fn markdown_with(section: &str) -> String {
    page::page(section)
}

/// A JSON array of the functions, each with the fields of [`StandardFunction`].
#[must_use]
pub fn json() -> String {
    array(&functions().collect::<Vec<_>>())
}

#[expect(clippy::expect_used, reason = "texts and numbers always serialize")]
fn array(functions: &[StandardFunction]) -> String {
    let mut text = serde_json::to_string_pretty(functions).expect("rows of texts are JSON");
    text.push('\n');
    text
}

/// The names of all functions that the reference backend can call, with the numbers of arguments.
#[doc(hidden)]
#[must_use]
pub fn of_the_reference() -> Vec<(String, usize)> {
    let standard = Standard::new();
    let arities = |name: &str| standard.arities(name).into_iter().flatten().copied().collect();
    let each = |name: &str| -> Vec<_> {
        let arities: Vec<usize> = arities(name);
        arities.into_iter().map(|count| (name.to_owned(), count)).collect()
    };
    standard.names().flat_map(each).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_say_how_they_are_written() {
        for (name, wanted) in [
            ("len", (StandardForm::Function, "len")),
            ("get$len", (StandardForm::Getter, "len")),
            ("set$x", (StandardForm::Setter, "x")),
            ("+=", (StandardForm::Operator, "+=")),
            ("E", (StandardForm::Function, "E")),
        ] {
            assert_eq!(StandardForm::of(name), wanted);
        }
    }

    #[test]
    fn every_row_is_written_as_its_form_and_its_receiver_say() {
        let mut seen = BTreeSet::new();
        for function in functions() {
            let StandardFunction { name, receiver, signature, doc, .. } = function;
            assert!(seen.insert((receiver, signature)), "{signature} is there twice");
            assert!(doc.ends_with('.') && !doc.contains('|'), "{signature}: {doc}");
            assert!(RECEIVERS.iter().any(|(known, _)| *known == receiver), "{signature}");
            let fits = match (function.form, receiver) {
                (StandardForm::Function, None) => signature.starts_with(&format!("{name}()")),
                (StandardForm::Function, Some(of)) => {
                    let parameters = signature.strip_prefix(&format!("{name}("));
                    let first = parameters.and_then(|rest| rest.split([',', ')']).next());
                    first.is_some_and(|first| first.ends_with(&format!(": {of}")))
                }
                (StandardForm::Getter, _) => signature.contains(&format!(".{name} -> ")),
                (StandardForm::Setter, _) => signature.contains(&format!(".{name} = value: ")),
                (StandardForm::Operator, _) => signature.contains(&format!(" {name} ")),
            };
            assert!(fits, "{signature}");
        }
        assert_eq!(seen.len(), natives().count());
    }

    #[test]
    fn json_is_an_array_of_all_rows() {
        let rows: Vec<serde_json::Value> = serde_json::from_str(&json()).expect("it is JSON");
        assert_eq!(rows.len(), functions().count());
        let first = &rows[0];
        assert_eq!(first["name"], "debug");
        assert_eq!(first["form"], "function");
        assert_eq!(first["receiver"], "any");
        assert_eq!(first["price"], "its work");
    }
}

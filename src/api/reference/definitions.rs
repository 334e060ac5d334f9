//! The table in the form of Rhai's definition files.

use std::fmt::Write;

use super::{Section, permission};
use crate::{
    api::{ApiFunction, Overload},
    contract::CALLBACKS,
};

const GENERATED: &str = "// Generated from the table of functions. Do not edit.\n";

/// What a script is given beside functions.
const GIVEN: [(&str, &str, &str); 2] = [
    ("entity_id", "int", "The entity that the script runs for."),
    (
        "delta_time",
        "float",
        "Seconds since the last tick; in `on_update`, since it was called last in its turn.",
    ),
];

pub(super) fn of_section(section: &Section<'_>) -> String {
    let mut text = format!(
        "{GENERATED}\n/// {}\n///\n/// {}\nmodule static;\n",
        section.about,
        permission(section.category)
    );
    for function in &section.functions {
        for overload in function.overloads() {
            text.push('\n');
            push_doc(&mut text, &doc(function));
            push_signature(&mut text, function.name(), overload);
        }
    }
    text
}

pub(super) fn of_callbacks() -> String {
    let mut text = format!(
        "{GENERATED}\n/// What every script is given, and the functions that it may define.\nmodule static;\n"
    );
    for (name, type_name, about) in GIVEN {
        // Writing to a string cannot fail; so everywhere in this file.
        let _ =
            write!(text, "\n/// {about} Nobody can assign to it.\nconst {name}: {type_name};\n");
    }
    text.push_str(
        "\n// A script defines these callbacks itself, so they are not declared here. Each may take fewer\n// parameters than it has here.\n",
    );
    for callback in CALLBACKS {
        let parameters = callback.parameters.join(", ");
        let _ = write!(text, "\n// {}\n// fn {}({parameters})\n", callback.doc, callback.name);
    }
    text
}

fn doc(function: &ApiFunction) -> String {
    let mut doc = function.doc().to_owned();
    if !function.error_docs().is_empty() {
        doc.push_str("\n\n# Errors\n");
        for error in function.error_docs() {
            let _ = write!(doc, "\n- {error}");
        }
    }
    if !function.example_script().is_empty() {
        let _ = write!(doc, "\n\n# Example\n\n```rhai\n{}\n```", function.example_script().trim());
    }
    doc
}

fn push_doc(text: &mut String, doc: &str) {
    for line in doc.lines() {
        let _ = writeln!(text, "{}", format!("/// {line}").trim_end());
    }
}

fn push_signature(text: &mut String, name: &str, overload: &Overload) {
    let parameters: Vec<_> = overload
        .parameters
        .iter()
        .map(|parameter| format!("{}: {}", parameter.name, rhai_type(parameter.type_name)))
        .collect();
    let _ =
        writeln!(text, "fn {name}({}) -> {};", parameters.join(", "), rhai_type(overload.returns));
}

/// A type as Rhai's definition files write it.
fn rhai_type(type_name: &str) -> String {
    let types = type_name.split(" | ").map(|one| match one {
        "any" => "?",
        "string" => "String",
        "array" => "Array",
        "map" => "Map",
        same => same,
    });
    let types: Vec<_> = types.collect();
    // `?` is any type already.
    if types.contains(&"?") { "?".to_owned() } else { types.join(" | ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_those_of_rhai() {
        for (ours, theirs) in [
            ("int", "int"),
            ("Vec3 | int", "Vec3 | int"),
            ("string", "String"),
            ("array", "Array"),
            ("int | ()", "int | ()"),
            ("any | ()", "?"),
        ] {
            assert_eq!(rhai_type(ours), theirs);
        }
    }
}

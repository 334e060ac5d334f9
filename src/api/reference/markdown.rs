//! The table as a page for people who write scripts.

use std::fmt::Write;

use super::{Section, permission, script_type};
use crate::{
    api::{ApiFunction, Parameter},
    contract::CALLBACKS,
};

const HEAD: &str = "\
<!-- Generated from the table of functions. Do not edit; `BLESS=1 cargo test reference` writes it anew. -->

# Scripting API reference

Every function that scripts can call and every callback that they can define. How scripts work is told in
the [scripting guide](scripting-guide.md). A game may add functions of its own.
";

/// What is not said again in each row.
const COMMON: &str = "\
## What holds for all of them

- Entities are `int`s. A script's own is `entity_id`.
- A position is a `Vec3`; `[x, y, z]` and `[x, z]` (with y = 0) are accepted wherever a position is, an `int`
  wherever a `float` is.
- `()` means nothing, as in Rhai: `int | ()` is an `int` or nothing.
- A script sees the world as it stood when the pass began, and what this very call has changed.
- What a call asks for is done after the pass. If the call fails, none of it is done and the script's
  variables are as they were before.
- A function needs the permission of its category. A call without it is an error when the script is loaded.

Any call fails for these reasons, which are not repeated below; the message names the function and the
argument:

- an argument has another type than the parameter takes
- a string is longer than the limit of the game
- the call has asked for more changes than the limit of the game

Nothing has the id of an entity that this very call has destroyed.
";

/// What the examples rely on; `tests/reference.rs` builds it.
const STAGE: &str = "\
## The examples

A test runs them for some ticks; they `throw` if something is not as they say. Their world:

- Entity 1 is the script's own. It stands at the origin, is tagged `me`, has 100 of 100 health and belongs to
  the team `red`.
- Entity 2 stands at `[3, 0, 4]`, is tagged `crate`, has 20 of 30 health, an armor of 2, an attack power of 10
  and an empty inventory with two slots, and belongs to the hostile team `blue`. Its component `Stats` has
  `power` 10.0 and `level` 1.
- There are the prefab `spark`, the item `coin`, of which 10 fit in a slot, and the particle effect `dust`.
";

pub(super) fn page(sections: &[Section<'_>]) -> String {
    let mut page = format!("{HEAD}\n");
    push_contents(&mut page, sections);
    let _ = write!(page, "\n{COMMON}\n{STAGE}");
    for section in sections {
        // Writing to a string cannot fail; so everywhere in this file.
        let _ = write!(
            page,
            "\n## {}\n\n{} {}\n",
            section.title,
            section.about,
            permission(section.category)
        );
        for function in &section.functions {
            push_function(&mut page, function);
        }
    }
    push_callbacks(&mut page);
    page
}

fn push_contents(page: &mut String, sections: &[Section<'_>]) {
    page.push_str("- [What holds for all of them](#what-holds-for-all-of-them)\n");
    page.push_str("- [The examples](#the-examples)\n");
    for section in sections {
        let _ = writeln!(page, "- [{}](#{})", section.title, anchor(section.title));
        for function in &section.functions {
            let name = function.name();
            let _ = writeln!(page, "  - [`{name}`](#{})", anchor(name));
        }
    }
    page.push_str("- [Callbacks](#callbacks)\n");
}

/// What a heading is linked by.
fn anchor(heading: &str) -> String {
    heading.to_lowercase().replace(' ', "-")
}

fn push_function(page: &mut String, function: &ApiFunction) {
    let _ = write!(page, "\n### `{}`\n\n```text\n", function.name());
    for signature in function.signatures() {
        let _ = writeln!(page, "{signature}");
    }
    let _ = write!(page, "```\n\n{}\n", function.doc());

    let parameters = parameters(function);
    if !parameters.is_empty() {
        page.push_str("\nParameters:\n\n");
        for (name, types) in parameters {
            let _ = writeln!(page, "- `{name}`: {}", types.join(" or "));
        }
    }
    match function.error_docs() {
        [] => page.push_str("\nErrors: none of its own\n"),
        errors => {
            page.push_str("\nErrors:\n\n");
            for error in errors {
                let _ = writeln!(page, "- {error}");
            }
        }
    }
    if function.fuel() > 0 {
        let _ = write!(page, "\nFuel: {} beside that of every call\n", function.fuel());
    }
    let _ = write!(page, "\n{}\n", permission_line(function));
    let example = function.example_script().trim();
    if !example.is_empty() {
        let _ = write!(page, "\n```rhai\n{example}\n```\n");
    }
}

fn permission_line(function: &ApiFunction) -> String {
    if *function.category() == crate::api::Category::UNIVERSAL {
        "Permission: none needed.".to_owned()
    } else {
        permission(function.category())
    }
}

/// The parameters of all overloads in their order, each once, with every type that it takes.
fn parameters(function: &ApiFunction) -> Vec<(&str, Vec<String>)> {
    let mut all: Vec<(&str, Vec<String>)> = Vec::new();
    for parameter in function.overloads().iter().flat_map(|overload| &overload.parameters) {
        let i = all.iter().position(|(name, _)| *name == parameter.name).unwrap_or_else(|| {
            all.push((&parameter.name, Vec::new()));
            all.len() - 1
        });
        for type_name in types(parameter) {
            if !all[i].1.contains(&type_name) {
                all[i].1.push(type_name);
            }
        }
    }
    all
}

fn types(parameter: &Parameter) -> impl Iterator<Item = String> {
    // A position is the one type that takes arrays of a certain form only.
    let is_place = parameter.type_name.contains("Vec3");
    parameter.accepts.iter().map(move |accepts| match script_type(*accepts) {
        "array" if is_place => "an array of two or three numbers".to_owned(),
        "int" if is_place => "`int` (an entity)".to_owned(),
        "anything" => "anything".to_owned(),
        name => format!("`{name}`"),
    })
}

fn push_callbacks(page: &mut String) {
    page.push_str(
        "\n## Callbacks\n\nA script defines those that it needs. A callback may take fewer parameters than it has here, and never\nmore. A game may call functions of other names, too.\n\n| function | when |\n|---|---|\n",
    );
    for callback in CALLBACKS {
        let parameters = callback.parameters.join(", ");
        let doc = callback.doc.replace('|', "\\|");
        let _ = writeln!(page, "| `{}({parameters})` | {doc} |", callback.name);
    }
}

//! What is written about the API for people and for tools: a page, data and editor definitions. Each
//! is a pure function of the [`ApiTable`] and of [`CALLBACKS`](crate::contract::CALLBACKS).
//!
//! The files in the repository are made by these functions and a test compares them. A game that adds
//! functions of its own can write the same files about its own table:
//!
//! ```
//! use bevy_cscript::api::{ApiTable, reference};
//!
//! let table = ApiTable::default();
//! assert!(reference::markdown(&table).contains("### `get_position`"));
//! assert!(reference::json(&table).starts_with('['));
//! for (file, text) in reference::definitions(&table) {
//!     assert!(file.ends_with(".d.rhai") && text.contains("module static;"));
//! }
//! ```

mod definitions;
mod json;
mod markdown;

use super::{Accepts, ApiFunction, ApiTable, Category};

/// A page in Markdown: every function with its signatures, parameters, errors, permission and a
/// script that runs, then the callbacks.
#[must_use]
pub fn markdown(table: &ApiTable) -> String {
    Reference::new(table).markdown()
}

/// A JSON array of functions, each with `name`, `category`, `signature` (one string an overload),
/// `doc` and `errors`.
#[must_use]
pub fn json(table: &ApiTable) -> String {
    Reference::new(table).json()
}

/// Definitions for editors that understand Rhai's `.d.rhai` files: names and texts of files, one a
/// category and `callbacks.d.rhai`.
#[must_use]
pub fn definitions(table: &ApiTable) -> Vec<(String, String)> {
    Reference::new(table).definitions()
}

/// A table, or some categories of it, in the order of the references.
pub(crate) struct Reference<'a> {
    sections: Vec<Section<'a>>,
}

impl<'a> Reference<'a> {
    pub(crate) fn new(table: &'a ApiTable) -> Self {
        Self { sections: sections(table) }
    }

    /// Leaves the other categories out.
    #[cfg(any(test, feature = "cli"))]
    pub(crate) fn only(mut self, category: &Category) -> Self {
        self.sections.retain(|section| section.category == category);
        self
    }

    #[cfg(any(test, feature = "cli"))]
    pub(crate) fn categories(&self) -> impl Iterator<Item = &'a Category> {
        self.sections.iter().map(|section| section.category)
    }

    pub(crate) fn functions(&self) -> impl Iterator<Item = &'a ApiFunction> {
        self.sections.iter().flat_map(|section| section.functions.iter().copied())
    }

    pub(crate) fn markdown(&self) -> String {
        markdown::page(&self.sections)
    }

    pub(crate) fn json(&self) -> String {
        json::array(self.functions())
    }

    pub(crate) fn definitions(&self) -> Vec<(String, String)> {
        let file = |section: &Section<'_>| {
            (format!("{}.d.rhai", section.category), definitions::of_section(section))
        };
        let callbacks = ("callbacks.d.rhai".to_owned(), definitions::of_callbacks());
        self.sections.iter().map(file).chain([callbacks]).collect()
    }
}

/// The functions of one category.
struct Section<'a> {
    category: &'a Category,
    title: &'a str,
    about: &'a str,
    /// By name.
    functions: Vec<&'a ApiFunction>,
}

/// The order of the categories, their titles and what they are about.
const CATEGORIES: [(&str, &str, &str); 6] = [
    ("movement", "Movement", "Where things are and where they go."),
    ("combat", "Combat", "Health, damage and status effects."),
    ("tactical", "Tactical", "Who is near, who sees whom, and where it is safe."),
    ("utility", "Utility", "Tags, components, spawning, distances."),
    (
        "audio_visual",
        "Audio and visual",
        "What players hear and see. A server without sound and picture only records it.",
    ),
    ("inventory", "Inventory", "Items that entities carry."),
];

/// The category of every script, which comes last.
const ALWAYS: (&str, &str) = (
    "Always there",
    "Vectors, the log, the time, random numbers and messages. `print` and `debug` write to the log, too.",
);

/// The categories that a table has: ours in their order, the host's by name, and last what every
/// script may call.
fn sections(table: &ApiTable) -> Vec<Section<'_>> {
    let place = |category: &Category| {
        let known = CATEGORIES.iter().position(|(name, ..)| *name == category.name());
        (*category == Category::UNIVERSAL, known.unwrap_or(CATEGORIES.len()))
    };
    let mut categories: Vec<&Category> = table.iter().map(ApiFunction::category).collect();
    categories.sort_by_key(|category| (place(category), category.name()));
    categories.dedup();
    categories
        .into_iter()
        .map(|category| {
            let (title, about) = match CATEGORIES.iter().find(|(name, ..)| *name == category.name())
            {
                Some((_, title, about)) => (*title, *about),
                None if *category == Category::UNIVERSAL => ALWAYS,
                None => (category.name(), "Functions of the game."),
            };
            Section { category, title, about, functions: table.in_category(category).collect() }
        })
        .collect()
}

/// Whose scripts may call the functions of a category.
fn permission(category: &Category) -> String {
    if *category == Category::UNIVERSAL {
        "Every script may call these; they need no permission.".to_owned()
    } else {
        format!("Permission: `{category}`.")
    }
}

/// What a script calls the types of a parameter.
const fn script_type(accepts: Accepts) -> &'static str {
    match accepts {
        Accepts::Bool => "bool",
        Accepts::Int => "int",
        Accepts::Float => "float",
        Accepts::Str => "string",
        Accepts::Vec3 => "Vec3",
        Accepts::Array => "array",
        Accepts::Map => "map",
        Accepts::Anything => "anything",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ApiFault, Live, ScriptContext};

    fn with_a_function_of_the_host() -> ApiTable {
        let mut table = ApiTable::default();
        let ring = |_: &mut ScriptContext<'_>, _: Live| Ok::<_, ApiFault>(());
        let function = ApiFunction::new("ring", Category::new("bells"), "Says \"dong\" | twice.")
            .errors(["the bell is \\cracked\\"])
            .example("fn on_spawn() {\n    ring(entity_id);\n}\n")
            .overload(["bell"], ring);
        table.add(function).expect("a name that can be called");
        table
    }

    #[test]
    fn categories_stand_in_their_order_and_the_hosts_before_the_universal_one() {
        let table = with_a_function_of_the_host();
        let reference = Reference::new(&table);
        let found: Vec<_> = reference.categories().map(Category::name).collect();
        let known = CATEGORIES.iter().map(|(name, ..)| *name);
        let wanted: Vec<_> =
            known.chain(["bells", "universal"]).filter(|name| found.contains(name)).collect();
        assert_eq!(found, wanted);
        assert!(found.ends_with(&["bells", "universal"]));
        let count = reference.functions().count();
        assert_eq!(count, table.iter().count(), "every function stands in one section");
        let bells: Vec<_> =
            reference.only(&Category::new("bells")).functions().map(ApiFunction::name).collect();
        assert_eq!(bells, ["ring"]);
    }

    #[test]
    fn functions_of_the_host_are_written_like_ours() {
        let table = with_a_function_of_the_host();
        let page = markdown(&table);
        assert!(page.contains("### `ring`"), "{page}");
        assert!(page.contains("- the bell is \\cracked\\"), "{page}");
        let files = definitions(&table);
        let (_, bells) = files.iter().find(|(name, _)| name == "bells.d.rhai").expect("a file");
        assert!(bells.contains("\nfn ring(bell: int) -> ();\n"), "{bells}");
        assert!(
            bells.contains("/// fn on_spawn() {\n///     ring(entity_id);\n/// }\n"),
            "{bells}"
        );
    }

    #[test]
    fn json_is_json_whatever_the_texts_hold() {
        let table = with_a_function_of_the_host();
        let text = json(&table);
        let parsed: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        let functions = parsed.as_array().expect("an array");
        assert_eq!(functions.len(), table.iter().count());
        let ring = functions.iter().find(|f| f["name"] == "ring").expect("it is there");
        assert_eq!(ring["category"], "bells");
        assert_eq!(ring["signature"][0], "ring(bell: int) -> ()");
        assert_eq!(ring["doc"], "Says \"dong\" | twice.");
        assert_eq!(ring["errors"][0], "the bell is \\cracked\\");
        assert_eq!(ring.as_object().expect("an object").len(), 5);
    }
}

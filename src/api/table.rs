use std::collections::BTreeMap;

use super::{
    ApiFunction, Category, audio_visual, combat, inventory, movement, tactical, universal, utility,
    vector,
};

/// The only list of the functions. Registration, checks, references and tests are read off it.
#[derive(Clone, Debug)]
pub struct ApiTable {
    functions: BTreeMap<String, ApiFunction>,
}

/// Why a function could not be added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// The name cannot be called from a script.
    #[error("`{0}` is not a name that a script can call")]
    BadName(String),
    /// There is no way of calling it.
    #[error("`{0}` has no overload: say how it is called")]
    NoOverload(String),
    /// Scripts were compiled already; the table is fixed then.
    #[error("`{0}` comes too late: add functions before the first script is loaded")]
    TooLate(String),
}

/// Words that the parser keeps for itself; functions of these names could not be called.
const RESERVED: &[&str] = &[
    "as",
    "async",
    "await",
    "break",
    "catch",
    "const",
    "continue",
    "do",
    "else",
    "export",
    "false",
    "fn",
    "for",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "private",
    "return",
    "switch",
    "throw",
    "true",
    "try",
    "while",
    "case",
    "curry",
    "default",
    "eval",
    "go",
    "goto",
    "is",
    "is_def_fn",
    "is_def_var",
    "is_shared",
    "match",
    "module",
    "new",
    "nil",
    "null",
    "package",
    "print",
    "protected",
    "public",
    "shared",
    "spawn",
    "static",
    "super",
    "sync",
    "thread",
    "type_of",
    "until",
    "use",
    "var",
    "void",
    "with",
    "yield",
    "call",
    "Fn",
    "debug",
    "this",
    "global",
];

impl Default for ApiTable {
    /// The functions that come with the crate.
    fn default() -> Self {
        let functions = [
            movement::functions(),
            combat::functions(),
            tactical::functions(),
            utility::functions(),
            audio_visual::functions(),
            inventory::functions(),
            universal::functions(),
            vector::functions(),
        ];
        Self { functions: functions.into_iter().flatten().map(|f| (f.name.clone(), f)).collect() }
    }
}

impl ApiTable {
    /// Adds a function, or replaces the one of that name.
    ///
    /// # Errors
    /// The name cannot be called from a script, or there is no overload.
    pub fn add(&mut self, function: ApiFunction) -> Result<(), TableError> {
        let name = &function.name;
        if !rhai::is_valid_identifier(name.as_str()) || RESERVED.contains(&name.as_str()) {
            return Err(TableError::BadName(name.clone()));
        }
        if function.overloads.is_empty() {
            return Err(TableError::NoOverload(name.clone()));
        }
        self.functions.insert(name.clone(), function);
        Ok(())
    }

    /// The function of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&ApiFunction> {
        self.functions.get(name)
    }

    /// All functions by name.
    pub fn iter(&self) -> impl Iterator<Item = &ApiFunction> {
        self.functions.values()
    }

    /// The functions of one category, by name.
    pub fn in_category(&self, category: &Category) -> impl Iterator<Item = &ApiFunction> {
        self.iter().filter(move |function| function.category == *category)
    }
}

/// Letters of the longest name that is looked for: comparing costs their square, and names come from
/// scripts.
const LONGEST_NAME: usize = 64;

/// The name most like `wanted` among `known`, if any is like it at all. Names of more than 64 letters
/// are like none.
#[must_use]
pub fn closest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = wanted.chars().take(LONGEST_NAME + 1).count();
    if length > LONGEST_NAME {
        return None;
    }
    let letters = letters_of(wanted);
    let most = |name: &str| (wanted.len().min(name.len()) + 1) / 3;
    // What differs too much in length, or in the letters that occur, differs too much.
    let may_be_like = |name: &&str| {
        let (others, most) = (letters_of(name), most(name));
        name.chars().count().abs_diff(length) <= most
            && (letters & !others).count_ones() as usize <= most
            && (others & !letters).count_ones() as usize <= most
    };
    known
        .into_iter()
        .filter(may_be_like)
        .map(|name| (edit_distance(wanted, name), name))
        .filter(|(distance, name)| *distance <= most(name))
        .min()
        .map(|(_, name)| name)
}

/// A bit for each letter of a name; those of ASCII have one of their own.
fn letters_of(name: &str) -> u128 {
    name.chars().fold(0, |letters, letter| letters | 1 << (u32::from(letter) % u128::BITS))
}

/// How many letters to insert, drop, replace or swap to make one word of the other.
fn edit_distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{ApiFault, ScriptContext};

    #[test]
    fn every_row_is_complete() {
        for function in ApiTable::default().iter() {
            assert!(!function.doc.is_empty(), "{} has no doc", function.name);
            assert!(!function.overloads.is_empty(), "{} cannot be called", function.name);
            assert!(
                rhai::is_valid_identifier(function.name.as_str())
                    && !RESERVED.contains(&function.name()),
                "{} cannot be called",
                function.name
            );
        }
    }

    #[test]
    fn long_names_are_like_none() {
        let (long, longer) = ("x".repeat(64), "x".repeat(65));
        assert_eq!(closest(&long, [&*longer, "y"]), Some(&*longer));
        assert_eq!(closest(&longer, [&*longer, "y"]), None);
        let (wanted, known) = ("x".repeat(200_000), vec!["y".repeat(200_000); 100]);
        // Were they compared, this test would take hours.
        assert_eq!(closest(&wanted, known.iter().map(String::as_str)), None);
        let known = vec!["x".repeat(200_000); 100];
        assert_eq!(closest(&long, known.iter().map(String::as_str)), None);
        assert_eq!(closest("on_updat", known.iter().map(String::as_str)), None);
    }

    #[test]
    fn the_37_functions_are_all_there() {
        let table = ApiTable::default();
        let expected: [(Category, &[&str]); 6] = [
            (
                Category::MOVEMENT,
                &[
                    "face_direction",
                    "get_position",
                    "get_velocity",
                    "move_towards",
                    "set_position",
                    "teleport",
                ],
            ),
            (
                Category::COMBAT,
                &[
                    "apply_damage",
                    "apply_status_effect",
                    "clear_status_effects",
                    "get_armor",
                    "get_health",
                    "heal",
                    "is_alive",
                    "set_health",
                ],
            ),
            (
                Category::TACTICAL,
                &[
                    "cover_score",
                    "get_allies_in_radius",
                    "get_nearest_enemy",
                    "line_of_sight",
                    "raycast",
                    "threat_level",
                ],
            ),
            (
                Category::UTILITY,
                &[
                    "destroy_entity",
                    "distance",
                    "find_entity_by_tag",
                    "get_component",
                    "get_tag",
                    "set_component",
                    "set_tag",
                    "spawn_entity",
                ],
            ),
            (
                Category::AUDIO_VISUAL,
                &["play_animation", "play_sound", "screen_shake", "spawn_particle", "stop_sound"],
            ),
            (
                Category::INVENTORY,
                &["add_to_inventory", "get_item_count", "has_item", "remove_from_inventory"],
            ),
        ];
        let mut count = 0;
        for (category, names) in expected {
            let found: Vec<_> = table.in_category(&category).map(ApiFunction::name).collect();
            assert_eq!(found, names, "{category}");
            count += found.len();
        }
        assert_eq!(count, 37);
    }

    #[test]
    fn names_that_no_script_could_call_are_refused() {
        let mut table = ApiTable::default();
        let nothing = |_: &mut ScriptContext<'_>| Ok::<_, ApiFault>(());
        for name in ["spawn", "a b", "", "fn", "eval"] {
            let function = ApiFunction::new(name, Category::new("x"), "doc").overload([], nothing);
            assert_eq!(table.add(function), Err(TableError::BadName(name.to_owned())), "{name}");
        }
        let mute = ApiFunction::new("mute", Category::new("x"), "doc");
        assert_eq!(table.add(mute), Err(TableError::NoOverload("mute".to_owned())));
    }

    #[test]
    fn the_closest_name_is_found_and_nonsense_is_not() {
        let names = ["on_collision", "on_update", "on_trigger"];
        assert_eq!(closest("on_colision", names), Some("on_collision"));
        assert_eq!(closest("on_udpate", names), Some("on_update"));
        assert_eq!(closest("banana", names), None);
    }
}

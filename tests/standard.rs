use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::Path,
};

use bevy_cscript::script::standard::{self, StandardForm, StandardFunction};

/// What the backends make of calls of listed functions.
mod calls;

/// A standard function of Rhai, as the lists in `tests/standard` have it.
pub(crate) struct Entry {
    /// The file and the line.
    place: String,
    name: String,
    /// The types of its parameters.
    parameters: Vec<String>,
    returns: String,
    pub(crate) verdict: Verdict,
    /// Why, unless it is the same.
    pub(crate) reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Same,
    Different,
    Absent,
}

/// The types that scripts have.
const TYPES: [&str; 14] = [
    "()", "bool", "int", "float", "char", "string", "array", "map", "blob", "range", "range=",
    "Fn", "Vec3", "any",
];

impl Entry {
    /// A line such as `get(map: map, key: string) -> any | same`.
    fn parse(place: String, line: &str) -> Result<Self, String> {
        // An operator may have a bar in it, and so may a type.
        let (signature, verdict) = line.rsplit_once(" | ").ok_or("there is no ` | `")?;
        let (verdict, reason) = match verdict.split_once(": ") {
            None if verdict == "same" => (Verdict::Same, ""),
            Some(("different", why)) if !why.is_empty() => (Verdict::Different, why),
            Some(("absent", why)) if !why.is_empty() => (Verdict::Absent, why),
            _ => {
                return Err(format!(
                    "`{verdict}` is neither `same`, `different: ..` nor `absent: ..`"
                ));
            }
        };
        let (name, rest) = signature.split_once('(').ok_or("there is no `(`")?;
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(format!("`{name}` is no name"));
        }
        let (_, returns) = signature.rsplit_once(") -> ").ok_or("there is no ` -> `")?;
        let parameters = parameters(rest).ok_or("there is no `)`")?;
        if parameters.iter().any(String::is_empty) {
            return Err("a parameter is empty".to_owned());
        }
        let (name, returns, reason) = (name.to_owned(), returns.to_owned(), reason.to_owned());
        Ok(Self { place, name, parameters, returns, verdict, reason })
    }

    /// The function with the types of its parameters.
    pub(crate) fn called(&self) -> String {
        format!("{}({})", self.name, self.parameters.join(", "))
    }

    /// Whether scripts can have values of all its types.
    fn can_be_called(&self) -> bool {
        self.parameters.iter().all(|of| TYPES.contains(&of.as_str()))
    }
}

/// The types up to the parenthesis that closes the list.
fn parameters(text: &str) -> Option<Vec<String>> {
    let (mut depth, mut from, mut parts) = (0, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            ',' | ')' if depth == 0 => {
                parts.push(text[from..at].trim());
                from = at + 1;
                if c == ')' {
                    let none = parts.len() == 1 && parts[0].is_empty();
                    let parts = if none { &[][..] } else { &parts[..] };
                    return Some(parts.iter().map(|part| type_of(part)).collect());
                }
            }
            _ => {}
        }
    }
    None
}

fn type_of(parameter: &str) -> String {
    parameter.split_once(": ").map_or(parameter, |(_, of)| of).trim().to_owned()
}

/// The names of all functions of Rhai's own packages.
pub(crate) fn names_of_stock_rhai() -> Vec<String> {
    let (entries, wrong) = lists().unwrap_or_else(|error| panic!("{error}"));
    assert!(wrong.is_empty(), "{wrong:?}");
    entries.into_iter().map(|entry| entry.name).collect()
}

/// All lists, by their names, and what is wrong with them.
pub(crate) fn lists() -> io::Result<(Vec<Entry>, Vec<String>)> {
    let (mut entries, mut wrong) = (Vec::new(), Vec::new());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/standard");
    let mut files: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    files.sort_by_key(fs::DirEntry::file_name);
    for file in files {
        if file.path().extension().is_none_or(|ending| ending != "txt") {
            continue;
        }
        let text = fs::read_to_string(file.path())?;
        let lines = text.lines().enumerate();
        for (number, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            let place = format!("{}:{}", file.file_name().display(), number + 1);
            match Entry::parse(place.clone(), line) {
                Ok(entry) => entries.push(entry),
                Err(why) => wrong.push(format!("{place}: {why}")),
            }
        }
    }
    Ok((entries, wrong))
}

/// A row of the table of standard functions, as lists name it.
struct Row {
    /// `get$len` for the property `len`.
    name: String,
    /// For each argument, the types that it may have.
    parameters: Vec<Vec<String>>,
    returns: Vec<String>,
    signature: &'static str,
    price: &'static str,
    changes: bool,
}

impl Row {
    fn of(function: &StandardFunction) -> Option<Self> {
        let StandardFunction { signature, receiver, name, price, changes, .. } = *function;
        let (call, returns) = signature.split_once(" -> ").unwrap_or((signature, "()"));
        let options = |types: &str| -> Vec<_> { types.split(" | ").map(str::to_owned).collect() };
        let behind = || call.split_once(": ").map(|(_, types)| options(types));
        let receiver = receiver.map(options);
        let (name, parameters) = match function.form {
            StandardForm::Function => {
                let rest = call.strip_prefix(name)?.strip_prefix('(')?;
                (name.to_owned(), parameters(rest)?.iter().map(|types| options(types)).collect())
            }
            StandardForm::Getter => (format!("get${name}"), vec![receiver?]),
            StandardForm::Setter => (format!("set${name}"), vec![receiver?, behind()?]),
            StandardForm::Operator => (name.to_owned(), vec![receiver?, behind()?]),
        };
        let row = Self { name, parameters, returns: options(returns), signature, price, changes };
        (row.parameters.len() == function.arguments).then_some(row)
    }

    /// Whether it is made for arguments of some types.
    fn takes(&self, name: &str, types: &[String]) -> bool {
        let fits = |(options, of): (&Vec<String>, &String)| {
            options.iter().any(|option| option == "any" || option == of.trim_end_matches('='))
        };
        self.name == name
            && self.parameters.len() == types.len()
            && self.parameters.iter().zip(types).all(fits)
    }

    /// Every combination of types that it is made for. Lists tell two types of ranges.
    fn combinations(&self) -> Vec<Vec<String>> {
        let both = |of: &String| match of.as_str() {
            "range" => vec!["range".to_owned(), "range=".to_owned()],
            _ => vec![of.clone()],
        };
        self.parameters.iter().fold(vec![Vec::new()], |before, options| {
            let options: Vec<_> = options.iter().flat_map(both).collect();
            let with = |types: Vec<String>| {
                options
                    .iter()
                    .map(move |option| [&types[..], std::slice::from_ref(option)].concat())
            };
            before.into_iter().flat_map(with).collect()
        })
    }
}

/// The table.
fn rows() -> Vec<Row> {
    let row = |function| Row::of(&function).unwrap_or_else(|| panic!("{function:?}"));
    standard::functions().map(row).collect()
}

/// Whether an entry is about arguments of some types.
fn is_about(entry: &Entry, name: &str, types: &[String]) -> bool {
    let fits = |(listed, of): (&String, &String)| listed == of || listed == "any";
    entry.name == name
        && entry.parameters.len() == types.len()
        && entry.parameters.iter().zip(types).all(fits)
}

#[test]
fn the_lists_are_well_formed() {
    let (entries, wrong) = lists().expect("the lists are there");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for verdict in [Verdict::Same, Verdict::Different, Verdict::Absent] {
        assert!(entries.iter().any(|entry| entry.verdict == verdict), "{verdict:?}");
    }
}

#[test]
fn nothing_is_listed_twice() {
    let mut places = BTreeMap::<_, Vec<_>>::new();
    let (entries, _) = lists().expect("the lists are there");
    for entry in entries {
        places.entry(entry.called()).or_default().push(entry.place);
    }
    places.retain(|_, places| places.len() > 1);
    assert!(places.is_empty(), "{places:#?}");
}

#[test]
fn a_line_that_is_wrong_is_found() {
    let parse = |line| Entry::parse(String::new(), line);
    for line in [
        "len(map: map) -> int",
        "len(map: map) -> int | the same",
        "len(map: map) -> int | absent: ",
        "len | same",
        "len(map: map -> int | same",
        "a len(map: map) -> int | same",
        "len(map: map, ) -> int | same",
        "len(map: map) | same",
    ] {
        assert!(parse(line).is_err(), "{line}");
    }
    let entry = parse("|(a: (), b: i8 | u8, f: Fn(a, b)) -> int | different: so").unwrap();
    assert_eq!(entry.called(), "|((), i8 | u8, Fn(a, b))");
    assert_eq!((entry.verdict, entry.reason.as_str()), (Verdict::Different, "so"));
    assert_eq!(entry.returns, "int");
    assert_eq!(parse("E() -> float | same").unwrap().called(), "E()");
}

#[test]
fn what_is_listed_is_a_row_unless_it_is_absent() {
    let (entries, _) = lists().expect("the lists are there");
    let rows = rows();
    let mut wrong = Vec::new();
    for entry in entries.iter().filter(|entry| entry.can_be_called()) {
        let row = rows.iter().find(|row| row.takes(&entry.name, &entry.parameters));
        match (row, entry.verdict) {
            (Some(row), Verdict::Absent) => {
                wrong.push(format!(
                    "{}: `{}` is a row: {}",
                    entry.place,
                    entry.called(),
                    row.signature
                ));
            }
            (None, Verdict::Same | Verdict::Different) => {
                wrong.push(format!("{}: `{}` is no row", entry.place, entry.called()));
            }
            (Some(row), _) => {
                let any =
                    |of: &str| of == "any" || row.returns.iter().any(|returns| returns == "any");
                if !any(&entry.returns) && !row.returns.contains(&entry.returns) {
                    let Entry { place, returns, .. } = entry;
                    wrong.push(format!("{place}: gives {returns}, and the row: {}", row.signature));
                }
            }
            (None, Verdict::Absent) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_scripts_cannot_have_is_absent() {
    let (entries, _) = lists().expect("the lists are there");
    for entry in entries.iter().filter(|entry| !entry.can_be_called()) {
        assert_eq!(entry.verdict, Verdict::Absent, "{}: {}", entry.place, entry.called());
    }
}

/// A row that takes only those ranges whose end does not belong to them.
const WITHOUT_END: &str = "range(range: range, step: int) -> range";

#[test]
fn every_row_is_listed() {
    let (mut entries, _) = lists().expect("the lists are there");
    entries.retain(|entry| entry.verdict != Verdict::Absent);
    let mut wrong = Vec::new();
    for row in rows() {
        for types in row.combinations() {
            if row.signature == WITHOUT_END && types.iter().any(|of| of == "range=") {
                continue;
            }
            if !entries.iter().any(|entry| is_about(entry, &row.name, &types)) {
                wrong.push(format!("{}: not listed for ({})", row.signature, types.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the language itself makes of a call, on both backends.
const LANGUAGE: [&str; 5] = ["Fn", "is_def_fn", "is_def_var", "is_shared", "type_of"];

#[test]
fn what_the_reference_can_call_is_a_row_or_listed_as_absent() {
    let (entries, _) = lists().expect("the lists are there");
    let absent: BTreeSet<_> = entries
        .iter()
        .filter(|entry| entry.verdict == Verdict::Absent)
        .map(|entry| (entry.name.clone(), entry.parameters.len()))
        .collect();
    let rows: BTreeSet<_> = standard::functions()
        .filter(|function| function.form == StandardForm::Function)
        .map(|function| (function.name.to_owned(), function.arguments))
        .collect();
    let mut reference: BTreeSet<_> = standard::of_the_reference().into_iter().collect();
    reference.retain(|(name, _)| !LANGUAGE.contains(&name.as_str()));
    assert!(reference.len() > 100, "only {} were found", reference.len());

    let missing: Vec<_> =
        reference.iter().filter(|f| !rows.contains(*f) && !absent.contains(*f)).collect();
    assert!(missing.is_empty(), "of the reference, and neither a row nor absent: {missing:?}");
    let added: Vec<_> = rows.difference(&reference).collect();
    assert!(added.is_empty(), "rows that the reference does not have: {added:?}");
}

#[test]
fn a_row_without_an_entry_and_an_entry_without_a_row_are_found() {
    let rows = rows();
    let row = |signature: &str| rows.iter().find(|row| row.signature == signature).unwrap();
    let types = |types: &[&str]| -> Vec<String> { types.iter().map(ToString::to_string).collect() };

    let max = row("max(x: float, y: float | int) -> float");
    assert!(max.takes("max", &types(&["float", "int"])));
    assert!(!max.takes("max", &types(&["int", "float"])) && !max.takes("max", &types(&["float"])));
    assert_eq!(max.combinations(), [types(&["float", "float"]), types(&["float", "int"])]);

    let drain = row("drain(array: array, range: range) -> array");
    assert!(drain.takes("drain", &types(&["array", "range="])));
    let both = [types(&["array", "range"]), types(&["array", "range="])];
    assert_eq!(drain.combinations(), both);

    let x = row("v.x = value: float | int");
    assert!(
        x.takes("set$x", &types(&["Vec3", "int"])) && !x.takes("set$x", &types(&["Vec3", "map"]))
    );

    let entry =
        Entry::parse(String::new(), "+(item: any, string: string) -> string | same").unwrap();
    assert!(is_about(&entry, "+", &types(&["blob", "string"])));
    assert!(!is_about(&entry, "+", &types(&["blob", "blob"])) && !is_about(&entry, "+", &[]));
}

use std::{collections::BTreeMap, fs, io, path::Path};

/// A standard function of Rhai, as the lists in `tests/standard` have it.
struct Entry {
    /// The file and the line.
    place: String,
    name: String,
    /// The types of its parameters, where the list gives them, and else their names.
    parameters: Vec<String>,
    verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Same,
    Different,
    Absent,
}

impl Entry {
    /// A line such as `get(map: map, key: string) -> any | same`.
    fn parse(place: String, line: &str) -> Result<Self, String> {
        // An operator may have a bar in it, and so may a type.
        let (signature, verdict) = line.rsplit_once(" | ").ok_or("there is no ` | `")?;
        let verdict = match verdict.split_once(": ") {
            None if verdict == "same" => Verdict::Same,
            Some(("different", why)) if !why.is_empty() => Verdict::Different,
            Some(("absent", why)) if !why.is_empty() => Verdict::Absent,
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
        let parameters = parameters(rest).ok_or("there is no `)`")?;
        if parameters.iter().any(String::is_empty) {
            return Err("a parameter is empty".to_owned());
        }
        Ok(Self { place, name: name.to_owned(), parameters, verdict })
    }

    fn called(&self) -> String {
        format!("{}({})", self.name, self.parameters.join(", "))
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

/// All lists, and what is wrong with them.
fn lists() -> io::Result<(Vec<Entry>, Vec<String>)> {
    let (mut entries, mut wrong) = (Vec::new(), Vec::new());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/standard");
    for file in fs::read_dir(folder)? {
        let file = file?;
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
    ] {
        assert!(parse(line).is_err(), "{line}");
    }
    let entry = parse("|(a: (), b: i8 | u8, f: Fn(a, b)) -> int | different: so").unwrap();
    assert_eq!(entry.called(), "|((), i8 | u8, Fn(a, b))");
    assert_eq!(entry.verdict, Verdict::Different);
    assert_eq!(parse("E() -> float | same").unwrap().called(), "E()");
}

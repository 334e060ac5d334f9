//! The table as a page for people who write scripts.

use std::fmt::Write;

use super::{RECEIVERS, StandardForm, StandardFunction, functions};

const HEAD: &str = "\
<!-- Generated from the table of standard functions. Do not edit; `BLESS=1 cargo test reference` writes it anew. -->

# Standard functions

What the language brings along: functions, properties, and operators that are no arithmetic. The functions
that reach the game are in the [reference of the API](scripting-api-reference.md). Arithmetic, comparing,
indexing, and `type_of`, `is_shared`, `is_def_fn`, `is_def_var`, `Fn`, `call` and `curry` belong to
[the language](language.md) itself and are not told here.
";

/// What is not said again in each row.
const COMMON: &str = "\
## What holds for all of them

- A function is called as `push(list, 1)` or as `list.push(1)`. Where a property is listed beside a function,
  both do the same.
- `int | range` takes either, `any` takes everything. A `range` is `1..5` or `1..=5`; what only a `for` can use
  counts as one, too. A function without `->` gives `()`.
- A call with other types than those listed is an error, which a script can catch.
- A negative place counts from the end where the text says so. A part that goes beyond the end is cut.
- What would be larger than the limits of the game is an error.
- *All of them are deterministic*: the same arguments give the same result, the same error and the same price
  on every machine.
- *Constants*: a function marked \"refused\" changes its receiver, or counts as if it did, and cannot be called
  as a method of a constant. Written as a function it is given a copy.

Every call costs the step of its instruction and 5 for finding the function, and beside them:

| price | steps (\"fuel\") |
|---|---|
| nothing | none |
| its work | 1 for each item, entry and 16 bytes of text or of a blob that it copies, moves, compares or looks at; 7 for each function that it calls, which pays for itself |
| its receiver | 1, and 1 for each 16 bytes of text and each item and entry in the receiver; what it makes of it is its work |
| its arguments | the same for all arguments together |

Changing an array, a map, a text or a blob that something else holds, too, copies it first, which is work.
Text in another case costs 1 for each 4 bytes more, text that is looked for 1 for each 8 bytes, a float that is
written out 5, and a character beyond ASCII that is quoted 12.
";

pub(super) fn page(compared: &str) -> String {
    let mut page = format!("{HEAD}\n- [What holds for all of them](#what-holds-for-all-of-them)\n");
    let all: Vec<_> = functions().collect();
    for (receiver, title) in RECEIVERS {
        let count = all.iter().filter(|function| function.receiver == receiver).count();
        // Writing to a string cannot fail; so everywhere in this file.
        let _ = writeln!(page, "- [{title}](#{}): {count}", anchor(title));
    }
    if let Some(title) = compared.lines().find_map(|line| line.strip_prefix("## ")) {
        let _ = writeln!(page, "- [{title}](#{})", anchor(title));
    }
    let _ = write!(page, "\n{COMMON}");
    for (receiver, title) in RECEIVERS {
        let _ = write!(
            page,
            "\n## {title}\n\n| call | what it does | price | constants |\n|---|---|---|---|\n"
        );
        for function in all.iter().filter(|function| function.receiver == receiver) {
            push_row(&mut page, function);
        }
    }
    if !compared.is_empty() {
        let _ = write!(page, "\n{compared}");
    }
    page
}

/// What a heading is linked by.
fn anchor(heading: &str) -> String {
    heading.to_lowercase().replace(' ', "-")
}

fn push_row(page: &mut String, function: &StandardFunction) {
    let signature = function.signature.replace('|', "\\|");
    let refused = match function.form {
        StandardForm::Function if function.changes => "refused",
        // An assignment to a constant is one in whatever form it is written.
        _ => "",
    };
    let _ = writeln!(page, "| `{signature}` | {} | {} | {refused} |", function.doc, function.price);
}

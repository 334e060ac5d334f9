//! The table as data.

use serde::Serialize;

use crate::api::ApiFunction;

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    category: &'a str,
    signature: Vec<String>,
    doc: &'a str,
    errors: &'a [String],
}

#[expect(clippy::expect_used, reason = "texts and lists of texts always serialize")]
pub(super) fn array<'a>(functions: impl Iterator<Item = &'a ApiFunction>) -> String {
    let rows: Vec<_> = functions
        .map(|function| Row {
            name: function.name(),
            category: function.category().name(),
            signature: function.signatures(),
            doc: function.doc(),
            errors: function.error_docs(),
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&rows).expect("rows of texts are JSON");
    text.push('\n');
    text
}

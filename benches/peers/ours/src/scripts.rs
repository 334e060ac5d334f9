//! The scripts.

use std::fmt::Write;

use stage::{Job, Workload};

/// The text of the script of a number; scripts of different numbers are different.
pub fn text(job: &Job, number: usize) -> String {
    let text = match job.workload {
        Workload::Empty => "fn on_update() { }".to_owned(),
        Workload::Undefined => "let n = 0;".to_owned(),
        Workload::Counter => counter(job),
        Workload::Patrol => include_str!("../../../../assets/scripts/patrol.rhai").to_owned(),
        Workload::Skirmish => include_str!("../scripts/skirmish.rhai").to_owned(),
        Workload::Crunch => include_str!("../scripts/crunch.rhai").to_owned(),
        Workload::Events => "let n = 0;\nfn on_bell(x) { n += x; }".to_owned(),
    };
    format!("const NUMBER = {number};\n{text}")
}

/// A counter among other state.
fn counter(job: &Job) -> String {
    let mut text = "let n = 0;\n".to_owned();
    for i in 0..job.variables {
        writeln!(text, "let v{i} = {i};").expect("text takes text");
    }
    if job.elements > 0 {
        let elements = vec!["0"; job.elements].join(", ");
        writeln!(text, "let list = [{elements}];").expect("text takes text");
        text.push_str("fn on_update() { list[n % list.len()] += 1; n += 1; }");
    } else {
        text.push_str("fn on_update() { n += 1; }");
    }
    text
}

/// The variable that tells what a script came to.
pub fn variable(workload: Workload) -> Option<&'static str> {
    match workload {
        Workload::Empty | Workload::Undefined | Workload::Skirmish => None,
        Workload::Counter | Workload::Events => Some("n"),
        Workload::Patrol => Some("waypoint"),
        Workload::Crunch => Some("seed"),
    }
}

//! bevy_cscript beside other ways to script a Bevy game: see the README.

mod builds;
mod contestants;
mod figures;
mod floors;
mod growth;
mod json;
mod markdown;
mod matrix;
mod options;
mod plot;
mod process;
mod sample;
mod threads;

use std::{path::Path, process::ExitCode};

use self::{builds::Builds, options::Options};

/// Something that keeps the benches from being run, for people.
type Failure = String;

fn main() -> ExitCode {
    let Some(options) = Options::parse(std::env::args().skip(1)) else {
        eprint!("{}", options::USAGE);
        return ExitCode::FAILURE;
    };
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everybody came to the same results.
fn run(options: &Options) -> Result<bool, Failure> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let contestants = options.contestants();
    let builds = Builds::new(here, &contestants, options.build)?;
    let matrix = matrix::measured(options, &contestants, &builds)?;
    let growth = options.growth.then(|| growth::measured(options, &builds));
    let threads = if options.growth { threads::measured(options, &builds)? } else { Vec::new() };
    let floors = floors::judged(&matrix, &threads);

    let text = markdown::figures(here, options, &matrix, (&threads, growth.as_ref()), &floors);
    println!("{text}");
    let docs = match (&options.out, options.is_whole()) {
        (Some(out), _) => Some(out.clone()),
        (None, true) => Some(here.join("../../docs")),
        // Half a table shall not take the place of a whole one.
        (None, false) => None,
    };
    if let Some(docs) = docs {
        markdown::write(&docs, &text)?;
        json::write(&docs, options, &matrix, (&threads, growth.as_ref()), &floors)?;
        plot::write(&docs, &matrix, growth.as_ref())?;
        eprintln!("written to {}", docs.display());
    }
    let grown = growth.iter().flat_map(|growth| &growth.0).flat_map(|series| &series.wrong);
    let threaded = threads.iter().flat_map(|gain| &gain.wrong);
    let wrong: Vec<String> = matrix.wrong().chain(grown.chain(threaded).cloned()).collect();
    for wrong in &wrong {
        eprintln!("error: {wrong}");
    }
    Ok(wrong.is_empty())
}

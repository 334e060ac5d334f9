//! The `cscript` command-line tool: thin commands over the library. Builds without Bevy.

mod failure;
mod inspect;
mod key_file;
mod keygen;
mod mod_folder;
mod pack;
mod revoke;
mod rotate;
mod sign;
mod verify;

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand, ValueEnum};

use crate::{
    api::{ApiTable, Category, reference::Reference},
    contract::{ErrorKind, ScriptError, ScriptSource, Stage},
    script::{ScriptCompiler, ScriptThreads, ScriptWorkers, standard},
    trust::{TrustPolicy, Verified},
};

/// Tools for scripts of `bevy_cscript`.
#[derive(Parser)]
#[command(name = "cscript", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Checks scripts: parses them, checks their names and calls, evaluates their constants.
    ///
    /// Prints every error and warning as `path:line:column: message`. Functions that a game adds of
    /// its own are unknown here.
    Check {
        /// Scripts, or folders that are searched for `.rhai` files.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
    },
    /// Lists the functions that scripts can call.
    Api {
        /// Only this category.
        #[arg(long)]
        category: Option<String>,
        /// Those that the language brings along, in place of those of the API.
        #[arg(long, conflicts_with = "category")]
        standard: bool,
        /// How they are written.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Makes a key pair to sign with.
    Keygen(keygen::Keygen),
    /// Signs a script or a mod.
    Sign(sign::Sign),
    /// Says whether a policy accepts scripts, mods and packages.
    Verify(verify::Verify),
    /// Shows what is in a signature, a mod, a package or a key, whether it holds or not.
    Inspect(inspect::Inspect),
    /// Makes a package of a mod: one file, the same for the same mod.
    Pack(pack::Pack),
    /// Signs a new key with the old one.
    Rotate(rotate::Rotate),
    /// Signs a list of keys and files that are no longer to be believed.
    Revoke(revoke::Revoke),
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Signatures with one line each.
    Text,
    /// A page with errors and examples.
    Markdown,
    /// An array of functions with name, signature, doc and so on.
    Json,
    /// Rhai definition files for editors, one after the other.
    Definitions,
}

/// Runs the tool on the process's arguments. Exit codes: 0 all is well, 1 something was found or refused,
/// 2 bad usage.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = std::io::stdout().lock();
    let done = match cli.command {
        Command::Check { paths } => check(&paths, &mut out),
        Command::Api { standard: true, format, .. } => standard_functions(format, &mut out),
        Command::Api { category, format, .. } => api(category, format, &mut out),
        Command::Keygen(command) => failure::tell(command.run(&mut out)),
        Command::Sign(command) => failure::tell(command.run(&mut out)),
        Command::Verify(command) => failure::tell(command.run(&mut out)),
        Command::Inspect(command) => failure::tell(command.run(&mut out)),
        Command::Pack(command) => failure::tell(command.run(&mut out)),
        Command::Rotate(command) => failure::tell(command.run(&mut out)),
        Command::Revoke(command) => failure::tell(command.run(&mut out)),
    };
    // A reader that closed the pipe has seen enough.
    done.unwrap_or(ExitCode::SUCCESS)
}

fn check(paths: &[PathBuf], out: &mut impl Write) -> std::io::Result<ExitCode> {
    let workers = ScriptWorkers::new(ScriptThreads::Fixed(1))?;
    let compiler = ScriptCompiler::default();
    let mut files = Vec::new();
    let mut failed = 0;
    for path in paths {
        if let Err(error) = find_scripts(path, &mut files) {
            failed += 1;
            writeln!(out, "{}: {error}", path.display())?;
        }
    }
    files.sort();
    for file in &files {
        let found = read(file)
            .and_then(|source| workers.run(|| compiler.compile(&source)))
            .map(|script| script.warnings().to_vec());
        let errors = match found {
            Ok(warnings) => {
                for warning in warnings {
                    writeln!(out, "{warning} (warning)")?;
                }
                continue;
            }
            Err(errors) => errors,
        };
        failed += 1;
        for error in errors {
            writeln!(out, "{error}")?;
        }
    }
    writeln!(out, "{} scripts checked, {failed} with errors", files.len())?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn read(file: &Path) -> Result<Verified<ScriptSource>, Vec<ScriptError>> {
    let path = file.display().to_string();
    let bytes = std::fs::read(file).map_err(|error| {
        let message = format!("cannot be read: {error}");
        vec![ScriptError::new(Stage::Load, ErrorKind::NotFound, &path, message)]
    })?;
    Verified::check(ScriptSource::new(path, bytes), &TrustPolicy::default())
        .map_err(|error| vec![error])
}

/// A file counts whatever its name; in folders only `.rhai` files do. Links are not followed.
fn find_scripts(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let path = entry.path();
        if kind.is_dir() {
            find_scripts(&path, files)?;
        } else if kind.is_file() && path.extension().is_some_and(|ending| ending == "rhai") {
            files.push(path);
        }
    }
    Ok(())
}

fn api(
    category: Option<String>,
    format: Format,
    out: &mut impl Write,
) -> std::io::Result<ExitCode> {
    let table = ApiTable::default();
    let mut reference = Reference::new(&table);
    if let Some(category) = category {
        let category = Category::new(category);
        let known = reference.categories().map(Category::name).collect::<Vec<_>>().join(", ");
        reference = reference.only(&category);
        if reference.categories().next().is_none() {
            writeln!(out, "no such category; there are: {known}")?;
            return Ok(ExitCode::from(2));
        }
    }
    match format {
        Format::Text => {
            for function in reference.functions() {
                for signature in function.signatures() {
                    writeln!(out, "{signature}")?;
                }
                writeln!(out, "    {} [{}]", function.doc(), function.category())?;
            }
        }
        Format::Markdown => out.write_all(reference.markdown().as_bytes())?,
        Format::Json => out.write_all(reference.json().as_bytes())?,
        Format::Definitions => {
            for (file, text) in reference.definitions() {
                writeln!(out, "// ---- {file} ----\n{text}")?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn standard_functions(format: Format, out: &mut impl Write) -> std::io::Result<ExitCode> {
    match format {
        Format::Text => {
            for function in standard::functions() {
                writeln!(out, "{}\n    {}", function.signature, function.doc)?;
            }
        }
        Format::Markdown => out.write_all(standard::markdown().as_bytes())?,
        Format::Json => out.write_all(standard::json().as_bytes())?,
        Format::Definitions => {
            writeln!(
                out,
                "there are no definitions of standard functions: editors have their own"
            )?;
            return Ok(ExitCode::from(2));
        }
    }
    Ok(ExitCode::SUCCESS)
}

//! The `cscript` command-line tool: thin commands over the library. Builds without Bevy.

mod attack;
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
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand, ValueEnum};

use crate::{
    api::{ApiTable, Category, reference::Reference},
    contract::{ErrorKind, ScriptError, ScriptSource, Stage},
    script::{ImportPath, Libraries, ScriptCompiler, ScriptThreads, ScriptWorkers, standard},
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
        /// The folder at which imports that begin with `/` start. Without it, the nearest folder around
        /// a script that is called `assets`.
        #[arg(long)]
        root: Option<PathBuf>,
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
    /// Runs hostile scripts, each in a process of its own, and says whether all were contained.
    ///
    /// A script is compiled, started, and its callbacks are called for some ticks. A breach is a process
    /// that crashes or hangs, a panic, a call over its CPU or heap, memory that is left, and an outcome
    /// that the first line of the script does not expect. Exit codes: 0 all are contained, 1 one is
    /// not, 2 there was nothing to run.
    Attack(attack::AttackOptions),
    /// The process in which `attack` runs one script.
    #[command(hide = true)]
    AttackChild(attack::ChildOptions),
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
        Command::Check { paths, root } => check(&paths, root.as_deref(), &mut out),
        Command::Api { standard: true, format, .. } => standard_functions(format, &mut out),
        Command::Api { category, format, .. } => api(category, format, &mut out),
        Command::Attack(options) => attack::attack(&options, &mut out),
        Command::AttackChild(options) => attack::run_child(&options, &mut out),
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

fn check(
    paths: &[PathBuf],
    root: Option<&Path>,
    out: &mut impl Write,
) -> std::io::Result<ExitCode> {
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
    // What is wrong in a library is found with each script that imports it, and told once.
    let mut told = BTreeSet::new();
    for file in &files {
        let compile = |source| {
            workers.run(|| {
                let read = |path: &ImportPath| {
                    read(path.as_str().as_ref(), path.as_str(), |bytes| path.source(bytes))
                };
                let libraries = Libraries::read(&compiler, &source, read);
                compiler.compile_with(&source, &libraries)
            })
        };
        let found = source(file, root).map_err(|error| vec![error]).and_then(compile);
        let lines: Vec<String> = match found {
            Ok(script) => {
                script.warnings().iter().map(|warning| format!("{warning} (warning)")).collect()
            }
            Err(errors) => {
                failed += 1;
                errors.iter().map(ToString::to_string).collect()
            }
        };
        for line in lines {
            if !told.contains(&line) {
                writeln!(out, "{line}")?;
                told.insert(line);
            }
        }
    }
    writeln!(out, "{} scripts checked, {failed} with errors", files.len())?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// A script, with the folder at which its imports may start.
fn source(file: &Path, root: Option<&Path>) -> Result<Verified<ScriptSource>, ScriptError> {
    let nearest = || file.ancestors().skip(1).find(|folder| folder.ends_with("assets"));
    let root = root.or_else(nearest).unwrap_or(Path::new(""));
    let root = with_slashes(root);
    let path = with_slashes(file);
    read(file, &path, |bytes| ScriptSource::new(&*path, bytes).with_root(&root))
}

/// Imports are written with `/` on every system.
fn with_slashes(path: &Path) -> String {
    path.display().to_string().replace(std::path::MAIN_SEPARATOR, "/")
}

fn read(
    file: &Path,
    path: &str,
    source: impl FnOnce(Vec<u8>) -> ScriptSource,
) -> Result<Verified<ScriptSource>, ScriptError> {
    let bytes = std::fs::read(file).map_err(|error| {
        let message = format!("cannot be read: {error}");
        ScriptError::new(Stage::Load, ErrorKind::NotFound, path, message)
    })?;
    Verified::check(source(bytes), &TrustPolicy::default())
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

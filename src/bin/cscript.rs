//! The `cscript` command-line tool; all of it is in the library.

fn main() -> std::process::ExitCode {
    bevy_cscript::cli::main()
}
